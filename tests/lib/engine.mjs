// The page's engine as a program: test_engine.py writes one question a line, as JSON, and reads one answer a line.
import { createInterface } from "node:readline";
import { backward, forward } from "../../seqmem_lib/widgets/engine.js";
import { translator } from "../../seqmem_lib/widgets/language.js";
import { answer, backpropagate, score, training } from "../../seqmem_lib/widgets/learning.js";
import * as tasks from "../../seqmem_lib/widgets/tasks.js";

const each = (lists, make) => Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, make(list)]));
const array = (list) => Float64Array.from(list);
const list = (numbers) => [...numbers];

const QUESTIONS = {
  // All that a model computes from x, and the gradients of the sum of its output times `d_output`.
  run({ model, x, start, d_output, ...options }) {
    const weights = each(model.weights, array), input = weights.embedding ? x : array(x);
    const now = answer({ ...model, weights }, input, { ...options, start: each(start, array) });
    const d = backpropagate(now, array(d_output)), width = options.batch * model.hidden_size;
    const d_start = each(d.before, (all) => list(all.subarray(0, width)));
    const states = { values: each(now.run.values, list), d: each(d.values, list), d_start };
    return { output: list(now.output), ...states, weights: each(d.weights, list) };
  },
  // The gradients of the sum of each state times what `direct` has for it.
  layer({ model, x, start, direct, ...options }) {
    const layer = { ...model, weights: each(model.weights, array) };
    const run = forward(layer, array(x), { ...options, start: each(start, array) });
    const { values, weights } = backward(run, each(direct, array));
    return { d: each(values, list), weights: each(weights, list) };
  },
  // A training, and the batches that it drew.
  train({ task: [name, ...sizes], cell, hidden_size, keep, seed, updates, batch, lr }) {
    const task = tasks[name](...sizes), random = tasks.generator(seed), again = tasks.generator(seed);
    const model = tasks.firstModel(cell, task, hidden_size, random, { keep });
    tasks.firstModel(cell, task, hidden_size, again);
    const first = each(model.weights, list), learn = training(model, task, random, batch);
    const losses = Array.from({ length: updates }, () => learn(lr));
    const batches = Array.from({ length: updates }, () => each(task.draw(batch, again), list));
    const test = each(task.draw(batch, tasks.generator(1)), list);
    const metric = score(model, task, tasks.generator(1), batch);
    return { first, losses, batches, weights: each(model.weights, list), test, score: metric };
  },
  draw({ task: [name, ...sizes], batch, seed }) {
    const { draw, called, ...task } = tasks[name](...sizes), { x, y } = draw(batch, tasks.generator(seed));
    return { x: list(x), y: list(y), due: list(task.due(x, batch)), task: { ...task, name: called(translator({})) } };
  },
  random: ({ seed, count }) => Array.from({ length: count }, tasks.generator(seed)),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { ask, ...question } = JSON.parse(line);
  let answered;
  try {
    answered = QUESTIONS[ask](question);
  } catch (error) {
    answered = { error: error.message };
  }
  console.log(JSON.stringify(answered));
}
