// What the Playground computes, held to closed forms.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lastDue, lookInto, renew, setWeight, threeDigits, viewOf, weightAt, weightsOf, wilson } from "../../seqmem_lib/widgets/futures.js";
import { translator } from "../../seqmem_lib/widgets/language.js";
import { answer, softmax } from "../../seqmem_lib/widgets/learning.js";
import { firstModel, generator, latch, storeAndRecall, temporalOrder } from "../../seqmem_lib/widgets/tasks.js";
import { begin, report, run } from "../../seqmem_lib/widgets/trainings.js";

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

test("the gradient says what nudges do to the last answer", () => {
  for (const task of [temporalOrder(12), storeAndRecall(12)]) {
    const { x } = task.draw(1, generator(5));
    for (const cell of ["RNN", "ReLU RNN", "LSTM", "GRU"]) {
      const model = firstModel(cell, task, 2, generator(2));
      for (const weights of Object.values(model.weights)) weights.forEach((weight, k) => (weights[k] = 0.3 * weight + 0.1));
      const { step, output } = lastDue(task, x), when = step - 3, still = lookInto(model, task, x);
      const moved = [0, 1].map((unit) => lookInto(model, task, x, { nudged: { step: when, unit } }));
      const changes = moved.map(({ answers }) => {
        const at = step * task.output_size + output;
        return (answers[at] - still.answers[at]) / 0.1;
      });
      near(Math.hypot(...changes) / still.gradient[when], 1, 0.1); // a nudge is not infinitely small
      assert.ok(still.gradient.slice(step + 1).every((one) => one === 0), "what comes after the answer");
    }
  }
});

test("a nudge adds a tenth to the memory of one unit at one step, beside what is held", () => {
  const task = latch(9), { x } = task.draw(1, generator(3));
  for (const [cell, name] of [["RNN", "h"], ["ReLU RNN", "h"], ["LSTM", "c"], ["GRU", "h"]]) {
    const model = firstModel(cell, task, 3, generator(4));
    const hold = name === "c" ? [{ name: "o", value: 0.5 }] : [];
    const still = lookInto(model, task, x, { hold }), moved = lookInto(model, task, x, { hold, nudged: { step: 4, unit: 1 } });
    for (let k = 0; k < 5 * 3; k++) near(moved.values[name][k] - still.values[name][k], k === 4 * 3 + 1 ? 0.1 : 0);
    near(moved.difference[4], 0.1);
    for (let t = 5; t < 10; t++) {
      near(moved.difference[t], Math.hypot(...[0, 1, 2].map((unit) => moved.values[name][3 * t + unit] - still.values[name][3 * t + unit])));
    }
    if (hold.length) assert.ok(moved.values.o.every((one) => one === 0.5));
    assert.deepEqual(lookInto(model, task, x, { hold, nudged: { step: 4, unit: 3 } }), still, "it has no such unit");
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
  const words = latch(3), heard = new Float64Array(4 * 8);
  [2, 5, 6, 7].forEach((letter, t) => words.setMark(heard, t, letter));
  assert.deepEqual(lastDue(words, heard), { step: 3, output: 2 });
  words.setMark(heard, 0, 4);
  assert.deepEqual(lastDue(words, heard), { step: 3, output: 0 }, "no class is due");
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

test("a weight has the name of what it joins: moved, it moves that and nothing beside it", () => {
  const inputs = ["value", "write", "read"], task = storeAndRecall(3);
  const x = Float64Array.from({ length: 9 }, (_, k) => 0.3 + 0.1 * k);
  const unsigmoid = (gate) => Math.log(gate / (1 - gate));
  const sum = { i: unsigmoid, f: unsigmoid, o: unsigmoid, r: unsigmoid, z: unsigmoid, g: Math.atanh, n: Math.atanh, a: (one) => one };
  for (const [cell, units] of [["RNN", 1], ["LSTM", 3], ["GRU", 3]]) {
    const model = firstModel(cell, task, units, generator(2)), unit = units - 1;
    const list = weightsOf(model, unit, inputs, tr);
    const gates = { RNN: "a", LSTM: "ifgo", GRU: "rzn" }[cell];
    assert.equal(new Set(list.map(([name]) => name)).size, gates.length * (3 + units + 1) + 1, "no name twice");
    for (const one of list) {
      const [gate, source] = one[0].split(" ← "), value = weightAt(model, one), before = answer(model, x);
      setWeight(model, one, value + 0.5);
      near(weightAt(model, one), value + 0.5);
      const after = answer(model, x);
      setWeight(model, one, value);
      const [, , of] = source.match(/^h( of unit (\d))?$/) ?? [], remembers = source.startsWith("h");
      if (gate === "answer") {
        for (let t = 0; t < 3; t++) near(after.output[t] - before.output[t], 0.5 * before.run.values.h[t * units + unit]);
        continue;
      }
      const t = remembers ? 1 : 0; // before the first step there is no h
      const heard = remembers ? before.run.values.h[Number(of ?? 0)] : source === "bias" ? 1 : x[inputs.indexOf(source)];
      const { values } = before.run, reset = gate === "n" && remembers ? values.r[units + unit] : 1;
      for (let k = 0; k < units; k++) {
        for (const name of gates) {
          const [then, now] = [values, after.run.values].map((all) => sum[name](all[name][t * units + k]));
          if (name === "n" && gate === "r") continue; // which the reset gate is in
          near(now - then, name === gate && k === unit ? 0.5 * heard * reset : 0, 1e-9);
        }
      }
    }
  }
  const model = firstModel("RNN", latch(3), 2, generator(1)), answers = weightsOf(model, 1, [..."ABCDabcd"], tr).slice(-4);
  assert.deepEqual(answers.map(([name]) => name), ["answer 0 ← h", "answer 1 ← h", "answer 2 ← h", "answer 3 ← h"]);
  assert.deepEqual(answers.map((one) => weightAt(model, one)), [1, 3, 5, 7].map((k) => model.weights.readout_weight[k]));
});

const look = (name) => ({ name, label: name, color: "ifozr".includes(name) ? "#112233" : null, line: { color: "#000000", dash: "" } });
const KINDS = {
  LSTM: { plan: {}, panels: [..."ifgoch"].map(look), curve: { color: "#0000bb" } },
  RNN: { plan: {}, panels: [..."ah"].map(look), curve: { color: "#aa0000" } },
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

const NETWORKS = (task) => ({ RNN: firstModel("RNN", task, 1, generator(1)), LSTM: firstModel("LSTM", task, 2, generator(1)) });
const seenOf = (networks, task, x, changed = x, options = {}) =>
  viewOf(networks, task, x, changed, { hold: [], ...options }, { kinds: KINDS, colors: {} }, { step: 0, unit: 0 });

test("beside the gates stand what is answered, what is due, and two futures if there are two", () => {
  const task = storeAndRecall(5), x = Float64Array.from([0.1, 0, 0, 0.25, 1, 0, 0.3, 0, 1, 0.4, 0, 0, 0.5, 0, 1]);
  const networks = NETWORKS(task), looks = Object.values(networks).map((model) => lookInto(model, task, x));
  const [answered, gradient, ...others] = seenOf(networks, task, x).readouts;
  assert.deepEqual(others, []);
  assert.deepEqual(answered.due, [["", "", "0.25", "", "0.25"]]);
  const values = (readout) => readout.lines.map(({ values }) => values);
  assert.deepEqual(values(answered), looks.map(({ answers }) => [[...answers].map(threeDigits)]));
  assert.deepEqual(values(gradient), looks.map((one) => [one.gradient.map(threeDigits)]));
  assert.deepEqual(answered.lines.map(({ of, color }) => [of, color]), [["RNN", "#aa0000"], ["LSTM", "#0000bb"]]);
  const early = Float64Array.from(x);
  task.setMark(early, 1, 2);
  assert.deepEqual(seenOf(networks, task, x, early).readouts[0].due, [["", "0", "0", "", "0"]], "nothing was written");
  const nudged = { step: 2, unit: 1 }, moved = lookInto(networks.LSTM, task, x, { nudged });
  const { readouts } = seenOf(networks, task, x, x, { nudged }); // of a unit that one of both has
  assert.equal(readouts.length, 3);
  assert.equal(new Set(readouts.map(({ name }) => name)).size, 3);
  assert.deepEqual(values(readouts[2]), [[["", "", "", "", ""]], [moved.difference.map(threeDigits)]]);
});

test("a class is answered by its probability, and none by nothing", () => {
  const task = latch(3), x = new Float64Array(4 * 8), model = firstModel("LSTM", task, 2, generator(3));
  [2, 5, 6, 7].forEach((letter, t) => task.setMark(x, t, letter));
  const [answered] = seenOf({ LSTM: model }, task, x).readouts, { output } = answer(model, x);
  const shares = (due) => [0, 1, 2, 3].map((t) => threeDigits(softmax(output.subarray(4 * t, 4 * t + 4))[due]));
  assert.deepEqual(answered.lines, [{ of: "", values: [shares(2)] }], "alone, it needs no name");
  assert.equal(answered.due, undefined);
  const answeredTo = (letter) => {
    const changed = Float64Array.from(x);
    task.setMark(changed, 0, letter);
    const late = seenOf({ LSTM: model }, { ...task, due: () => task.due(changed) }, x).readouts[0];
    return late.lines[0].values;
  };
  assert.deepEqual(answeredTo(0), [shares(0)]);
  assert.deepEqual(answeredTo(5), [["", "", "", ""]], "none is due");
});

test("full colour is the least of a few round numbers that holds all, and a gate's is 1", () => {
  const task = storeAndRecall(4), { x } = task.draw(1, generator(2)), { LSTM } = NETWORKS(task);
  for (const [held, scale, shown] of [[0, 0.1, 0], [-0.2, 0.2, -200], [0.21, 0.5, 210], [-3, 5, -3000], [5, 5, 5000], [99, 100, 99000],
    [101, 100, 101000], [1e7, 100, 1e8], [-1e7, 100, -1e8]]) {
    const [{ panels }] = seenOf({ LSTM }, task, x, x, { hold: [{ name: "c", value: held }, { name: "f", value: 0.25 }] }).views;
    const [f, c] = ["f", "c"].map((name) => panels.find((one) => one.name === name));
    assert.deepEqual([c.scale, ...c.values], [scale, ...Array(8).fill(shown)]);
    assert.deepEqual([f.scale, f.rows, ...f.values], [1, 2, ...Array(8).fill(250)]);
  }
});

test("what is read has a name and stands there as it was changed", () => {
  const task = storeAndRecall(4), { x } = task.draw(1, generator(2)), changed = Float64Array.from(x);
  task.setMark(changed, 3, 1);
  const shown = seenOf(NETWORKS(task), task, x, changed);
  assert.deepEqual([shown.inputs, shown.tokens[3], shown.seq], [["value", "write", "read"], "write", 4]);
  assert.deepEqual([shown.input.name, shown.input.rows, shown.input.scale], ["x", 3, 1]);
  assert.deepEqual([...shown.input.values], [...changed].map((value) => Math.round(1000 * value)));
  assert.match(shown.alt, /, RNN, LSTM, reading one sequence of store and recall, 4 steps\. The/);
  assert.deepEqual(shown.views.map(({ label }) => label), ["RNN", "LSTM"]);
  const letters = latch(3), heard = letters.draw(1, generator(2)).x;
  const alone = seenOf({ RNN: firstModel("RNN", letters, 1, generator(1)) }, letters, heard);
  assert.deepEqual([alone.inputs, alone.views[0].label], [[..."ABCDabcd"], ""]);
});

test("a view is renewed with all its numbers, and not if another panel, curve, mark or step is there", () => {
  const task = storeAndRecall(6), { x } = task.draw(1, generator(2));
  [1, 3, 5].forEach((t, k) => task.setMark(x, t, [1, 2, 2][k]));
  const other = Float64Array.from(x);
  const fresh = () => seenOf(NETWORKS(task), task, x);
  const networks = NETWORKS(task);
  Object.values(networks.LSTM.weights).forEach((weights) => weights.forEach((one, k) => (weights[k] = 3 * one)));
  other[3] = 0.7;
  other[12] = -0.3;
  const next = seenOf(networks, task, other), shown = fresh();
  assert.ok(renew(shown, next));
  assert.deepEqual(shown.readouts[0].due, [["", "", "", "0.7", "", "0.7"]]);
  const plain = (view) => JSON.parse(JSON.stringify(view)); // what is due at a gradient is not said at all
  assert.deepEqual(plain(shown), plain(next));
  const others = {
    seq: { seq: 7 },
    tokens: { tokens: ["other", ...shown.tokens.slice(1)] },
    readouts: { readouts: [{ ...shown.readouts[0], name: "other" }, shown.readouts[1]] },
    kinds: { views: [{ ...shown.views[0], kind: "other" }, shown.views[1]] },
    units: { views: [shown.views[0], { ...shown.views[1], units: 3 }] },
    fewer: { views: [shown.views[0]] },
  };
  for (const [name, one] of Object.entries(others)) {
    const still = fresh();
    assert.equal(renew(still, { ...next, ...one }), false, name);
    assert.deepEqual(still, fresh(), "it is left as it was");
  }
});

test("Wilson's interval is that of seeds.py", () => {
  [[7, 10, 0.3967781, 0.8922087], [0, 20, 0, 0.1611252], [39, 100, 0.3001687, 0.4879698]].forEach(([solved, of, low, high]) => {
    const seen = wilson(solved, of);
    near(seen[0], low, 1e-6);
    near(seen[1], high, 1e-6);
  });
});

test("small numbers are written so that zeros can be told from them", () => {
  const written = { 0: "", 0.1234567: "0.123", "-2": "-2", 4.218e-6: "4.22e-6", 0.001: "0.001", "-9.99e-4": "-9.99e-4", NaN: "", Infinity: "" };
  assert.deepEqual(Object.keys(written).map((one) => threeDigits(Number(one))), Object.values(written));
});

test("a training counts, learns and says so; those of one seed read the same batches", () => {
  const task = latch(3), settings = { units: 4, keep: null, seed: 3 };
  const one = begin("GRU", task, settings), same = begin("GRU", task, settings), other = begin("GRU", task, { ...settings, seed: 4 });
  one.judge();
  assert.match(report("GRU", one, tr), /^GRU: 0 updates, right \d+ %$/);
  for (let k = 1; k <= 300; k++) {
    const { metric } = same;
    one.step(0.02);
    same.step(0.02);
    if (k % 50) assert.deepEqual(same.metric, metric, "it is judged after 50 updates");
    else assert.notEqual(same.metric, k === 50 ? metric : NaN);
  }
  other.step(0.02);
  assert.equal(one.loss, same.loss);
  assert.notDeepEqual(other.model.weights, begin("GRU", task, settings).model.weights);
  assert.ok(one.solved && one.metric >= 0.9, `right: ${one.metric}`);
  assert.match(report("GRU", one, tr), /^GRU: 300 updates, loss 0\.\d+, right \d+ %, solved$/);
  assert.deepEqual([...begin("LSTM", task, { ...settings, keep: 2 }).model.weights.bias_ih.subarray(4, 8)], [2, 2, 2, 2]);
});

test("what a training has reached is said in the numbers of its task", () => {
  const reached = { updates: 7, loss: 0.0123, metric: 0.456, solved: false };
  const numbers = { ...reached, task: storeAndRecall(5) }, letters = { ...reached, task: latch(3) };
  assert.equal(report("RNN", numbers, tr), "RNN: 7 updates, loss 0.012, squared error at the reads 0.46");
  assert.equal(report("RNN", { ...letters, loss: 3 }, tr), "RNN: 7 updates, loss 3.0, right 46 %");
  assert.equal(report("RNN", { ...letters, loss: NaN, solved: true }, tr), "RNN: 7 updates, loss not a number, right 46 %, solved");
  assert.equal(report("RNN", { ...letters, updates: 0, loss: NaN }, tr), "RNN: 0 updates, right 46 %");
});

const { performance } = globalThis;

// A training in a page whose clock stands still but for a millisecond a step; `frames(count)` lets frames come, 16 ms apart.
function inFrames(t, steps) {
  const root = new EventTarget(), log = { steps: 0, shown: [], done: 0, clock: 0 };
  let now = 1000, asked = null;
  root.isConnected = true;
  const clock = { now: () => ((log.clock += 1), now) };
  Object.defineProperty(globalThis, "performance", { configurable: true, writable: true, value: clock });
  globalThis.requestAnimationFrame = (frame) => ((asked = frame), 7);
  globalThis.cancelAnimationFrame = (number) => (asked = number === 7 ? null : asked);
  t.after(() => (globalThis.performance = performance));
  const end = run(root, () => ((now += 1), (log.steps += 1) < steps), () => log.shown.push(now), () => (log.done += 1));
  const frames = (count) => Array.from({ length: count }, () => {
    const frame = asked, before = log.steps;
    asked = null;
    frame?.();
    now += 16;
    return log.steps - before;
  });
  return { root, log, frames, end, wait: (time) => (now += time) };
}

test("a training takes a part of each frame, and little of it while a reader moves something", (t) => {
  const { root, log, frames, wait } = inFrames(t, 1e6);
  assert.deepEqual(frames(3), [10, 10, 10]);
  for (const kind of ["input", "keydown", "pointermove"]) {
    root.dispatchEvent(new Event(kind));
    assert.deepEqual(frames(2), [2, 2], kind);
    wait(300);
    assert.deepEqual(frames(1), [10]);
  }
  const { shown } = log, until = shown.length;
  frames(100);
  const apart = shown.slice(until + 1).map((time, k) => time - shown[until + k]);
  assert.ok(apart.length > 10 && apart.every((time) => time > 100 && time <= 126), `${apart}`);
});

test("a training ends with a picture: by itself, by the reader, or with its page", (t) => {
  const itself = inFrames(t, 25);
  assert.deepEqual(itself.frames(4), [10, 10, 5, 0]);
  assert.deepEqual([itself.log.done, itself.log.shown.length], [1, 2], "the first frame and the last");
  const ended = inFrames(t, 1e6);
  ended.frames(2);
  const { clock } = ended.log;
  ended.end();
  ended.root.dispatchEvent(new Event("input"));
  assert.equal(ended.log.clock, clock, "it hears no more");
  assert.deepEqual([...ended.frames(1), ended.log.done, ended.log.shown.length], [0, 0, 2]);
  const gone = inFrames(t, 1e6);
  gone.frames(1);
  gone.root.isConnected = false;
  assert.deepEqual([...gone.frames(2), gone.log.done, gone.log.shown.length], [0, 0, 1, 1]);
  gone.end();
  assert.equal(gone.log.shown.length, 1);
});
