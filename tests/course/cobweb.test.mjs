// The maps of the Cobweb.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fixedPoints, followed, MAPS } from "../../seqmem_lib/course/n01_rnn/maps.js";

const near = (a, b, within = 1e-9) => assert.ok(Math.abs(a - b) <= within, `${a} is not ${b}`);
const SETTINGS = {
  "tanh(w·h + b)": { w: 1.7, b: -0.3 }, "f·c + i·g": { f: 0.8, i: 0.5, g: -0.4 }, "z·h + (1-z)·n": { z: 0.8, n: -0.4 },
};

test("a slope is the derivative of its map", () => {
  for (const [name, { value, slope }] of Object.entries(MAPS)) {
    for (const state of [-0.9, -0.1, 0, 0.4, 1]) {
      const difference = value(state + 1e-6, SETTINGS[name]) - value(state - 1e-6, SETTINGS[name]);
      near(slope(state, SETTINGS[name]), difference / 2e-6, 1e-7);
    }
  }
});

test("what is left of a small change is the product of the slopes on the way", () => {
  const tanh = MAPS["tanh(w·h + b)"];
  const { states, left } = followed(tanh, 0.5, { w: 0.9, b: 0.2 }, 6);
  assert.equal(states.length, 7);
  near(states[1], Math.tanh(0.65));
  const moved = followed(tanh, 0.5 + 1e-6, { w: 0.9, b: 0.2 }, 6).states;
  near(left[6], (moved[6] - states[6]) / 1e-6, 1e-5);
});

test("fixed points", () => {
  const tanh = MAPS["tanh(w·h + b)"];
  const two = fixedPoints(tanh, { w: 2, b: 0 }, -1.1, 1.1);
  [-0.9575040240772687, 0, 0.9575040240772687].forEach((at, k) => near(two[k][0], at));
  near(two[1][1], 2);
  near(two[2][1], 2 * (1 - two[2][0] ** 2));
  assert.equal(fixedPoints(tanh, { w: 0.5, b: 0 }, -1.1, 1.1).length, 1);
  assert.equal(fixedPoints(tanh, { w: 2, b: 1 }, -1.1, 1.1).length, 1);
  const gated = MAPS["z·h + (1-z)·n"];
  near(fixedPoints(gated, { z: 0.9, n: 0.5 }, -1.1, 1.1)[0][0], 0.5);
  assert.equal(fixedPoints(gated, { z: 1, n: 0.5 }, -1.1, 1.1), null); // nothing ever changes
  assert.deepEqual(fixedPoints(MAPS["f·c + i·g"], { f: 1, i: 1, g: 0.5 }, -3.3, 3.3), []); // it only climbs
  near(fixedPoints(MAPS["f·c + i·g"], { f: 0, i: 1, g: 1 }, -3.3, 3.3)[0][0], 1);
});

test("the equation in a map's name is what it computes", () => {
  near(MAPS["f·c + i·g"].value(2, { f: 0.5, i: 0.4, g: -0.3 }), 0.88);
  near(MAPS["z·h + (1-z)·n"].value(2, { z: 0.75, n: -1 }), 1.25);
  near(MAPS["tanh(w·h + b)"].value(2, { w: 0.5, b: -1 }), 0);
});

test("a fixed point is found once wherever it lies: between the points that are tried, on one, at an end", () => {
  const found = (at) => fixedPoints(MAPS["f·c + i·g"], { f: 0, i: 1, g: at }, 0, 401); // 0, 1, 2, ... are tried
  for (const at of [0, 0.5, 200, 200.25, 400.5, 401]) {
    assert.equal(found(at).length, 1, `${at}`);
    near(found(at)[0][0], at);
    assert.equal(found(at)[0][1], 0);
  }
  for (const at of [-0.5, 401.5]) assert.deepEqual(found(at), []);
});
