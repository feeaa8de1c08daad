// The pure functions of the Scrubber.
import assert from "node:assert/strict";
import { test } from "node:test";
// No package.json says that these are modules: Node sees it by their `import` and `export`, from 20.19 on.
import { carried, wireWidth } from "../../seqmem_lib/widgets/diagram.js";
import { EQUATIONS } from "../../seqmem_lib/widgets/equation.js";
import { positions } from "../../seqmem_lib/widgets/live_scrubber.js";
import { at, decode, format, heights, paint, panelHeight, rowUnder, wholeFor } from "../../seqmem_lib/widgets/numbers.js";

const panel = (name, rows, seq, values) => ({ name, rows, seq, values, decimals: 3 });

test("decode reads little-endian 16-bit numbers with a sign", () => {
  assert.deepEqual([...decode("AQD//wCAmQM=")], [1, -1, -32768, 921]);
});

test("format has a fixed number of decimals and a true minus sign", () => {
  assert.equal(format(685, 3), "0.685");
  assert.equal(format(-5, 3), "−0.005");
  assert.equal(format(0, 3), "0.000");
  assert.equal(format(-12345, 2), "−123.45");
  assert.equal(format(-7, 0), "−7");
  assert.equal(format(32767, 3), "32.767");
});

test("at finds a row, a step and a checkpoint", () => {
  const two = panel("c", 2, 3, [10, 11, 20, 21, 30, 31]);
  assert.equal(at(two, 0, 2), 30);
  assert.equal(at(two, 1, 0), 11);
  assert.equal(at(two, 1, 0, 5), 11, "stored once, for every checkpoint");
  const learned = panel("c", 1, 2, [10, 20, 30, 40]);
  assert.equal(at(learned, 0, 1, 0), 20);
  assert.equal(at(learned, 0, 1, 1), 40);
});

test("an earlier state is the step before in reading order, and zero at the first", () => {
  const panels = { c: panel("c", 1, 3, [100, 200, 300]) };
  assert.equal(wholeFor("c", panels, 0, 1, false), 200);
  assert.equal(wholeFor("c₋₁", panels, 0, 1, false), 100);
  assert.equal(wholeFor("c₋₁", panels, 0, 0, false), 0);
  assert.equal(wholeFor("c₋₁", panels, 0, 1, true), 300);
  assert.equal(wholeFor("c₋₁", panels, 0, 2, true), 0);
});

test("a state that did not start from zero is what it started from, at each checkpoint", () => {
  const panels = { c: { ...panel("c", 2, 2, [1, 2, 3, 4, 5, 6, 7, 8]), first: [10, 20, 30, 40] } };
  assert.equal(wholeFor("c₋₁", panels, 0, 0, false, 0), 10);
  assert.equal(wholeFor("c₋₁", panels, 1, 0, false, 1), 40);
  assert.equal(wholeFor("c₋₁", panels, 1, 1, true, 1), 40);
  assert.equal(wholeFor("c₋₁", panels, 1, 1, false, 1), 6);
  assert.equal(wholeFor("c₋₁", { c: { ...panels.c, first: [] } }, 1, 0, false), 0);
  assert.equal(wholeFor("c₋₁", { c: { ...panels.c, first: [10, 20] } }, 1, 0, false, 3), 20, "stored once");
});

test("colours: nothing at zero, full at the ends, by sign or by gate", () => {
  const colors = { negative: "#0000ff", positive: "#ff8000" };
  assert.deepEqual(paint(0, { color: null }, colors), [255, 128, 0, 0]);
  assert.deepEqual(paint(1, { color: null }, colors), [255, 128, 0, 255]);
  assert.deepEqual(paint(-0.5, { color: null }, colors), [0, 0, 255, 128]);
  assert.deepEqual(paint(1, { color: "#102030" }, colors), [16, 32, 48, 255]);
  assert.equal(paint(1.2, { color: null }, colors)[3], 255);
});

test("panels are as high as their rows need", () => {
  assert.equal(panelHeight({ name: "c", rows: 1 }), 24);
  assert.equal(panelHeight({ name: "c", rows: 4 }), 40);
  assert.equal(panelHeight({ name: "c", rows: 32 }), 96);
  assert.equal(panelHeight({ name: "c", rows: 32 }, 3), 48, "beside others");
  assert.equal(panelHeight({ name: "c", rows: 128 }), 128);
  assert.equal(panelHeight({ name: "x", rows: 3 }), 54);
});

test("a height inside the stage finds its row, and nothing in a gap", () => {
  const boxes = [{ name: "f", top: 0, height: 40, rows: 4 }, { name: "c", top: 47, height: 40, rows: 4 }];
  assert.deepEqual(rowUnder(0, boxes), { name: "f", row: 0 });
  assert.deepEqual(rowUnder(39.9, boxes), { name: "f", row: 3 });
  assert.equal(rowUnder(40, boxes), null);
  assert.equal(rowUnder(43, boxes), null);
  assert.deepEqual(rowUnder(58, boxes), { name: "c", row: 1 });
  assert.equal(rowUnder(-1, boxes), null);
});

test("curves fill their panel, on a logarithmic axis if they must", () => {
  assert.deepEqual(heights([0, 1, 2]), { log: false, points: [1, 0.5, 0] });
  assert.deepEqual(heights([-1, 1]), { log: false, points: [1, 0] });
  const { log, points } = heights([1, 100, 10000]);
  assert.ok(log);
  assert.ok(Math.abs(points[1] - 0.5) < 1e-12);
  assert.deepEqual([[2, 2000], [2, 2002], [5, 600]].map((values) => heights(values).log), [false, true, false]);
  assert.deepEqual(heights([1, NaN, 2]).points, [0.5, NaN, 0], "a point that is not there");
  assert.deepEqual(heights([3, 3]).points, [0, 0]);
  assert.deepEqual(heights([0.001, 0.25, 0.5], [0, 1]), { log: false, points: [0.999, 0.75, 0.5] }, "a range is kept");
  assert.ok(heights([0, 0]).points.every(Number.isFinite));
});

test("wires thicken with what they carry", () => {
  assert.equal(wireWidth(0, 1), 1);
  assert.equal(wireWidth(-0.5, 1), 3.5);
  assert.equal(wireWidth(9, 1), 6);
  assert.ok(Number.isFinite(wireWidth(1, 0)));
});

test("a position that shorter data lack becomes their last", () => {
  const model = new Map(Object.entries({ step: 4, unit: 7, checkpoint: 1 }));
  const data = { seq: 1, views: [{ units: 2 }, { units: 4 }], checkpoints: ["0", "1", "2"] };
  assert.deepEqual(positions(model, data), { step: 0, unit: 3, checkpoint: 1 });
});

test("the wires of the diagrams carry what the equations say", () => {
  const value = { i: 0.9, f: 0.3, g: -0.6, o: 0.7, r: 0.4, z: 0.2, n: -0.5, Wh: -1.5, "c₋₁": 1.1, "h₋₁": 0.35 };
  value.c = value.f * value["c₋₁"] + value.i * value.g;
  const wire = (terms) => carried(terms.split(" "), (letter) => value[letter]);
  const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-12, `${a} ${b}`);
  near(wire("f c₋₁") + wire("i g"), value.c);
  near(wire("tanh c"), Math.tanh(value.c));
  near(wire("z h₋₁") + wire("z n"), 0.8 * -0.5 + 0.2 * 0.35);
  near(wire("r Wh"), 0.4 * -1.5);
});

test("the equations are right: their numbers make the state", () => {
  // Each equation is evaluated as it is written, with random numbers, and compared with the cell's definition.
  const value = { i: 0.9, f: 0.3, g: -0.6, o: 0.7, r: 0.4, z: 0.2, n: -0.5, a: -0.8, "c₋₁": 1.1, "h₋₁": 0.35 };
  const evaluate = (parts) => {
    const text = parts.map((part) => ({ "·": "*", "−": "-", tanh: "Math.tanh", max: "Math.max" })[part] ?? value[part] ?? part);
    return Function(`return ${text.join(" ")}`)();
  };
  value.c = evaluate(EQUATIONS.LSTM[0][1]);
  const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-12, `${a} ${b}`);
  near(value.c, 0.3 * 1.1 + 0.9 * -0.6);
  near(evaluate(EQUATIONS.LSTM[1][1]), 0.7 * Math.tanh(value.c));
  near(evaluate(EQUATIONS.GRU[0][1]), 0.8 * -0.5 + 0.2 * 0.35);
  near(evaluate(EQUATIONS.RNN[0][1]), Math.tanh(-0.8));
  near(evaluate(EQUATIONS["ReLU RNN"][0][1]), 0);
  assert.deepEqual(EQUATIONS.LSTM.map(([state]) => state), ["c", "h"]);
});
