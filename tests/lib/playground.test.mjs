// What the Playground computes, held to closed forms.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lastDue, lookInto, renew, setWeight, threeDigits, viewOf, weightAt, weightsOf, wilson } from "../../seqmem_lib/widgets/futures.js";
import { translator } from "../../seqmem_lib/widgets/language.js";
import { firstModel, generator, latch, storeAndRecall, temporalOrder } from "../../seqmem_lib/widgets/tasks.js";
import { begin, report } from "../../seqmem_lib/widgets/trainings.js";

const tr = translator({});

const near = (seen, wanted, tolerance = 1e-12) =>
  assert.ok(Math.abs(seen - wanted) <= tolerance * Math.max(1, Math.abs(wanted)), `${seen} is not ${wanted}`);
const sigmoid = (sum) => 1 / (1 + Math.exp(-sum));

// One LSTM unit that hears nothing: its gates are what its biases say.
function deaf(task, { i, f, g, o }, readout = 1) {
  const model = firstModel("LSTM", task, 1, generator(1));
  Object.values(model.weights).forEach((weights) => weights.fill(0));
  model.weights.bias_ih.set([i, f, g, o]);
  model.weights.readout_weight.fill(readout);
  return model;
}

test("a nudge of c and the gradient decay with f, step by step", () => {
  const task = latch(20), { x } = task.draw(1, generator(3));
  const model = deaf(task, { i: 0, f: 1.5, g: 0, o: 0 }, 2); // g = 0: c stays at 0
  const { difference, gradient } = lookInto(model, task, x, { nudged: { step: 4, unit: 0 } });
  for (let t = 0; t < 4; t++) assert.equal(difference[t], 0);
  for (let t = 4; t < 21; t++) near(difference[t], 0.1 * sigmoid(1.5) ** (t - 4));
  const now = lookInto(model, task, x);
  assert.ok(now.difference.every((one) => one === 0), "without a change there is one future");
  for (let t = 0; t < 21; t++) near(now.gradient[t], 2 * 0.5 * sigmoid(1.5) ** (20 - t));
  assert.notEqual(gradient[4], now.gradient[4], "tanh'(c) is another after the nudge");
});

test("the gradient says what a nudge does to the last answer", () => {
  const task = temporalOrder(12), { x } = task.draw(1, generator(5));
  for (const cell of ["RNN", "ReLU RNN", "LSTM", "GRU"]) {
    const model = firstModel(cell, task, 1, generator(2));
    for (const weights of Object.values(model.weights)) weights.forEach((weight, k) => (weights[k] = 0.3 * weight + 0.1));
    const { step, output } = lastDue(task, x);
    const at = step * task.output_size + output;
    const still = lookInto(model, task, x), moved = lookInto(model, task, x, { nudged: { step: 8, unit: 0 } });
    const change = Math.abs(moved.answers[at] - still.answers[at]) / 0.1;
    near(change / still.gradient[8], 1, 0.1); // a nudge is not infinitely small
  }
});

test("a changed mark leaves the past alone, and what is held stays", () => {
  const task = storeAndRecall(12), { x } = task.draw(1, generator(4)), changed = Float64Array.from(x);
  task.setMark(changed, 5, task.markAt(x, 5) === 1 ? 0 : 1);
  const look = lookInto(firstModel("GRU", task, 3, generator(1)), task, x, { changed, hold: [{ name: "z", value: 0.25 }] });
  assert.ok(look.difference.slice(0, 5).every((one) => one === 0) && look.difference[5] > 0);
  assert.ok(look.values.z.every((one) => one === 0.25));
});

test("the last answer is at the last read, or at the end", () => {
  const task = storeAndRecall(8), x = new Float64Array(24);
  assert.deepEqual(lastDue(task, x), { step: 7, output: 0 });
  task.setMark(x, 1, 1);
  task.setMark(x, 4, 2);
  task.setMark(x, 6, 2);
  assert.deepEqual(lastDue(task, x), { step: 6, output: 0 });
  const words = latch(3), { x: heard, y } = words.draw(1, generator(1));
  assert.deepEqual(lastDue(words, heard), { step: 3, output: y[0] });
});

test("a weight that is moved is the sum of both biases, and nothing else moves", () => {
  const task = storeAndRecall(8), model = firstModel("LSTM", task, 2, generator(6));
  const list = weightsOf(model, 1, ["value", "write", "read"], tr);
  assert.equal(list.length, 4 * (3 + 2 + 1) + 1);
  const before = list.map((one) => weightAt(model, one));
  const { bias_ih, bias_hh, weight_ih } = model.weights;
  const named = Object.fromEntries(list.map((one) => [one[0], one]));
  near(weightAt(model, named["f ← bias"]), bias_ih[3] + bias_hh[3]);
  assert.equal(weightAt(model, named["o ← read"]), weight_ih[(3 * 2 + 1) * 3 + 2]);
  setWeight(model, named["f ← bias"], 2.5);
  near(bias_ih[3] + bias_hh[3], 2.5);
  list.forEach((one, k) => one[0] !== "f ← bias" && assert.equal(weightAt(model, one), before[k], one[0]));
});

const look = (name) => ({ name, label: name, color: "ifozr".includes(name) ? "#112233" : null, line: { color: "#000000", dash: "" } });
const KINDS = {
  LSTM: { plan: {}, panels: [..."ifgoch"].map(look), curve: {} },
  RNN: { plan: {}, panels: [..."ah"].map(look), curve: {} },
  x: look("x"),
};

test("a view shows every network's numbers, and is renewed in place if nothing else has changed", () => {
  const task = latch(5), { x } = task.draw(1, generator(1));
  const networks = { RNN: firstModel("RNN", task, 1, generator(1)), LSTM: firstModel("LSTM", task, 2, generator(1)) };
  const view = (options) => viewOf(networks, task, x, x, { hold: [], ...options }, { kinds: KINDS, colors: {} }, { step: 0, unit: 0 });
  const shown = view({}), { LSTM } = networks;
  assert.deepEqual(shown.views.map(({ kind, units }) => [kind, units]), [["RNN", 1], ["LSTM", 2]]);
  const c = shown.views[1].panels.find(({ name }) => name === "c");
  assert.equal(c.values[3], Math.round(1000 * lookInto(LSTM, task, x).values.c[3]));
  assert.deepEqual(shown.tokens, Array.from({ length: 6 }, (_, t) => task.marks[task.markAt(x, t)]));
  const held = view({ hold: [{ name: "f", value: 1 }] }); // which the RNN does not have
  assert.ok(held.views[1].panels.find(({ name }) => name === "f").values.every((one) => one === 1000));
  LSTM.weights.bias_ih[0] += 1;
  const next = view({});
  assert.ok(renew(shown, next));
  assert.deepEqual(c.values, next.views[1].panels.find(({ name }) => name === "c").values);
  assert.equal(renew(shown, view({ nudged: { step: 2, unit: 0 } })), false, "a curve more");
});

test("Wilson's interval is that of seeds.py", () => {
  [[7, 10, 0.3967781, 0.8922087], [0, 20, 0, 0.1611252], [39, 100, 0.3001687, 0.4879698]].forEach(([solved, of, low, high]) => {
    const seen = wilson(solved, of);
    near(seen[0], low, 1e-6);
    near(seen[1], high, 1e-6);
  });
});

test("small numbers are written so that zeros can be told from them", () => {
  assert.deepEqual([0, 0.1234567, -2, 4.218e-6, NaN].map(threeDigits), ["", "0.123", "-2", "4.22e-6", ""]);
});

test("a training counts, learns and says so; those of one seed read the same batches", () => {
  const task = latch(3), settings = { units: 4, keep: null, seed: 3 };
  const one = begin("GRU", task, settings), same = begin("GRU", task, settings);
  one.judge();
  assert.match(report("GRU", one, tr), /^GRU: 0 updates, right \d+ %$/);
  for (let k = 0; k < 300; k++) one.step(0.02);
  for (let k = 0; k < 300; k++) same.step(0.02);
  assert.equal(one.loss, same.loss);
  assert.ok(one.solved && one.metric >= 0.9, `right: ${one.metric}`);
  assert.match(report("GRU", one, tr), /^GRU: 300 updates, loss 0\.\d+, right \d+ %, solved$/);
});
