// In which order a search of the site names what it found. Sphinx calls this script with
// [page, title, anchor, description, score, file] of each result.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

(0, eval)(readFileSync(new URL("../../publish/site/scorer.js", import.meta.url), "utf8"));
const { Scorer } = globalThis;
globalThis.splitQuery = (query) => query.split(/\P{L}+/u).filter(Boolean); // as Sphinx has it

const COUNTS = {
  often: { "output gate": 9, output: 20, gate: 30 },
  once: { "output gate": 1, output: 300, gate: 300 },
  apart: { output: 90, gate: 40 },
  rarely: { output: 300, gate: 2 },
  half: { output: 300 },
};
const scoreOf = (page, { anchor = "", score = 2 } = {}) => Scorer.score([page, "title", anchor, "", score, `${page}.rst`]);

test("notebooks stand in the order of how often they say it, words that stand side by side before words apart", () => {
  Object.assign(globalThis, { COUNTS, location: { search: "?q=Output++GATE" } });
  const order = Object.keys(COUNTS).map((page) => scoreOf(page));
  assert.deepEqual(order, order.toSorted((a, b) => b - a));
  assert.equal(new Set(order).size, 5);
  assert.ok(scoreOf("apart", { score: 50 }) === scoreOf("apart"), "whatever Sphinx makes of it");
});

test("pages about the notebooks come after those that say it, and a heading stays where Sphinx has it", () => {
  Object.assign(globalThis, { COUNTS, location: { search: "?q=output+gate" } });
  assert.ok(scoreOf("teachers", { score: 50 }) < scoreOf("often"));
  assert.ok(scoreOf("teachers", { score: 50 }) > scoreOf("teachers"), "among themselves as Sphinx has them");
  for (const page of ["often", "teachers"]) assert.equal(scoreOf(page, { anchor: "#gates", score: 15 }), 15);
  globalThis.COUNTS = undefined; // not loaded
  assert.equal(scoreOf("often"), 2);
});

test("a name that matters more comes first, and a title before its parts and the text", () => {
  const { objPrio, objPrioDefault } = Scorer;
  assert.ok(objPrio[0] > objPrio[1] && objPrio[1] > objPrioDefault && objPrioDefault > objPrio[2]);
  assert.ok(Scorer.objNameMatch > Scorer.objPartialMatch);
  assert.ok(Scorer.title > Scorer.partialTitle && Scorer.partialTitle > Scorer.term && Scorer.term > Scorer.partialTerm);
});
