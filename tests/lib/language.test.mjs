// What a widget says in another language.
import assert from "node:assert/strict";
import { test } from "node:test";
import { columns, inOne, translator, widest } from "../../seqmem_lib/widgets/language.js";

test("a sentence is said in the language that came with the data, and else in English", () => {
  const english = translator({}), chinese = translator({ sentences: { "unit {unit}": "单元 {unit}" } });
  assert.equal(english("unit {unit}", { unit: 3 }), "unit 3");
  assert.equal(chinese("unit {unit}", { unit: 0 }), "单元 0");
  assert.equal(chinese("unit {unit}", { unit: "{unit}" }), "单元 {unit}", "a value is no place for another");
  assert.equal(chinese("Play"), "Play");
  assert.equal(english("h_{t-1} {other}", { unit: 3 }), "h_{t-1} {other}", "what has no value stays");
});

test("sentences stand one after the other", () => {
  assert.equal(inOne(["One.", "", "Two."]), "One. Two.");
  assert.equal(inOne(["一。", "二。"]), "一。二。");
  assert.equal(inOne([null, "One."]), "One.");
  assert.equal(inOne(["一。", "Words: 。 0.5, 好 0.2.", "Two."]), "一。Words: 。 0.5, 好 0.2. Two.", "inside, all stays");
});

test("a Chinese letter is as wide as two", () => {
  assert.deepEqual(["abc", "−₀·", "写", "写，a", "𠀀", ""].map(columns), [3, 3, 2, 5, 2, 0]);
  assert.equal(widest(["abc", "写入", "ab"]), "写入");
  assert.equal(widest([]), "");
});
