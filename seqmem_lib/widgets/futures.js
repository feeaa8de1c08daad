// What a Playground computes of its networks for one sequence: every gate and state, the answers, and two futures, with
// and without what a reader has changed. Nothing here touches a page, so that Node can test it.
import { CELLS } from "./engine.js";
import { inOne, translator } from "./language.js";
import { answer, backpropagate, softmax } from "./learning.js";
import { markCalled } from "./tasks.js";

const DECIMALS = 3;
export const NUDGE = 0.1; // how much is added to a state
const BOUNDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]; // one of them has the full colour

// The state that carries the memory from step to step.
export const memoryOf = (model) => CELLS[model.cell].states[0];

// Where the last answer is due: its step, and which of the outputs it is.
export function lastDue(task, x) {
  const y = task.due(x);
  if (y.length === 1) return { step: task.seq - 1, output: Math.max(0, y[0]) };
  const marks = Array.from({ length: task.seq }, (_, t) => task.marks[task.markAt(x, t)]);
  return { step: marks.includes("read") ? marks.lastIndexOf("read") : task.seq - 1, output: 0 };
}

// One network on one sequence. x: as it was drawn; changed: the same with other marks, if any; nudged: { step, unit }
// whose memory is moved a little, or null. Difference: of the memory, the norm over units at each step, from a future in
// which nothing was changed. Gradient: of the last answer with respect to the memory of each step, its norm.
export function lookInto(model, task, x, { changed = x, hold = [], nudged = null } = {}) {
  const name = memoryOf(model), units = model.hidden_size;
  const undisturbed = answer(model, x, { hold });
  const moved = nudged && nudged.unit < units ? [nudgeOf(name, undisturbed.run, nudged)] : [];
  const now = answer(model, changed, { hold: [...hold, ...moved] });
  const { step, output } = lastDue(task, changed);
  const wanted = new Float64Array(now.output.length);
  wanted[step * task.output_size + output] = 1;
  const gradients = backpropagate(now, wanted).values[name];
  const apart = now.run.values[name].map((value, k) => value - undisturbed.run.values[name][k]);
  return { values: now.run.values, answers: now.output, difference: norms(apart, units), gradient: norms(gradients, units) };
}

function nudgeOf(name, run, { step, unit }) {
  const value = run.values[name][step * run.model.hidden_size + unit] + NUDGE;
  return { name, unit, value, from: step, to: step + 1 };
}

function norms(values, units) {
  return Array.from({ length: values.length / units }, (_, t) => Math.hypot(...values.subarray(t * units, (t + 1) * units)));
}

// As a Scrubber prints it: three digits, and nothing for a zero, which has no place on a logarithmic axis.
export function threeDigits(value) {
  if (!value || !Number.isFinite(value)) return "";
  return Math.abs(value) < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(3)));
}

// What is read beside the gates, a curve for each network: the answers beside what is due, and the two futures.
function readoutsOf(looks, task, x, tr) {
  const y = task.due(x), outputs = task.output_size;
  const lines = (curve) => looks.map(({ label, line, look }) => ({ ...line, of: label, values: [curve(look).map(threeDigits)] }));
  const answered = ({ answers }) => Array.from({ length: task.seq }, (_, t) => {
    const scores = answers.subarray(t * outputs, (t + 1) * outputs);
    return y.length > 1 ? scores[0] : y[0] < 0 ? 0 : softmax(scores)[y[0]];
  });
  const changed = looks.some(({ look }) => look.difference.some(Boolean));
  return [
    { name: y.length > 1 ? tr("answer") : tr("probability of the right answer"), lines: lines(answered), ...(y.length > 1 && { due: [dueAt(task, x, y)] }) },
    { name: tr("gradient of the last answer"), lines: lines(({ gradient }) => gradient) },
    ...(changed ? [{ name: tr("difference to the other future"), lines: lines(({ difference }) => difference) }] : []),
  ];
}

function dueAt(task, x, y) {
  return Array.from(y, (value, t) => (task.marks[task.markAt(x, t)] === "read" ? threeDigits(value) || "0" : ""));
}

// What scrubber_view.js draws. networks: label -> model; kinds: of each cell, its diagram and how its panels look.
export function viewOf(networks, task, x, changed, options, { kinds, colors, sentences }, now) {
  const tr = translator({ sentences });
  const alone = Object.keys(networks).length === 1;
  const looks = Object.entries(networks).map(([cell, model]) => {
    const hold = options.hold.filter(({ name }) => [...CELLS[cell].gates, ...CELLS[cell].states].includes(name));
    const look = lookInto(model, task, x, { ...options, hold, changed });
    return alone ? { label: "", line: {}, model, look } : { label: cell, line: kinds[cell].curve, model, look };
  });
  const bound = (values) => BOUNDS.find((one) => values.every((value) => Math.abs(value) <= one)) ?? BOUNDS.at(-1);
  const panel = (values, rows, look) =>
    ({ rows, scale: look.color ? 1 : bound(values), decimals: DECIMALS, ...look, values: wholes(values) });
  const marks = task.marks.map((mark) => markCalled(mark, tr));
  const inputs = task.output_size > 1 ? marks : [tr("value"), ...marks.slice(1)];
  const cells = Object.keys(networks).join(tr(", "));
  return {
    ...now,
    ...{ seq: task.seq, checkpoint: 0, checkpoints: ["0"], differIn: "", inputs, colors, sentences },
    tokens: Array.from({ length: task.seq }, (_, t) => marks[task.markAt(changed, t)]),
    input: panel(changed, task.input_size, { name: "x", ...kinds.x }),
    alt: inOne([
      tr("Gates and states over time, {cells}, reading one sequence of {task}.", { cells, task: task.called(tr) }),
      tr("The numbers of the step stand beside them."),
    ]),
    views: looks.map(({ label, model, look: { values } }) => {
      const { plan, panels } = kinds[model.cell], units = model.hidden_size;
      return { label, kind: model.cell, units, reverse: false, plan, panels: panels.map((look) => panel(values[look.name], units, look)) };
    }),
    readouts: readoutsOf(looks, task, changed, tr),
  };
}

function wholes(values) {
  return Int32Array.from(values, (value) => Math.round(Math.max(-1e5, Math.min(1e5, value)) * 10 ** DECIMALS));
}

// Copies the numbers of a newly computed view into the one that is shown. True if they fit: the same panels and curves.
export function renew(shown, next) {
  const fits = shown.seq === next.seq && shown.tokens.join() === next.tokens.join()
    && shown.readouts.map(({ name }) => name).join() === next.readouts.map(({ name }) => name).join()
    && shown.views.map(({ kind, units }) => kind + units).join() === next.views.map(({ kind, units }) => kind + units).join();
  if (!fits) return false;
  const copy = (panel, { values, scale }) => {
    panel.values.set(values);
    panel.scale = scale;
  };
  shown.views.forEach((view, k) => view.panels.forEach((panel, j) => copy(panel, next.views[k].panels[j])));
  copy(shown.input, next.input);
  shown.readouts.forEach((readout, k) => {
    readout.due = next.readouts[k].due;
    readout.lines.forEach((line, j) => (line.values = next.readouts[k].lines[j].values));
  });
  return true;
}

// Every number inside one unit that a reader may move: [its name, where it stands, the value that is read]. A gate has two
// biases, which are added: moving their sum moves the first.
export function weightsOf({ cell, hidden_size, weights }, unit, inputs, tr) {
  const { gates } = CELLS[cell], found = [];
  gates.forEach((gate, k) => {
    const row = k * hidden_size + unit;
    inputs.forEach((input, j) => found.push([`${gate} ← ${input}`, "weight_ih", row * inputs.length + j]));
    for (let j = 0; j < hidden_size; j++) found.push([hidden_size > 1 ? tr("{gate} ← h of unit {j}", { gate, j }) : `${gate} ← h`, "weight_hh", row * hidden_size + j]);
    found.push([tr("{gate} ← bias", { gate }), "bias_ih", row]);
  });
  for (let j = 0; j < weights.readout_bias.length; j++) {
    const name = weights.readout_bias.length > 1 ? tr("answer {j} ← h", { j }) : tr("answer ← h");
    found.push([name, "readout_weight", j * hidden_size + unit]);
  }
  return found;
}

export const weightAt = ({ weights }, [, name, k]) => weights[name][k] + (name === "bias_ih" ? weights.bias_hh[k] : 0);

export function setWeight({ weights }, [, name, k], value) {
  weights[name][k] = value - (name === "bias_ih" ? weights.bias_hh[k] : 0);
}

// The 95 % interval of a share (Wilson 1927), as wilson_interval of seeds.py computes it.
export function wilson(successes, trials) {
  const z = 1.959963984540054, share = successes / trials;
  const middle = share + (z * z) / (2 * trials);
  const half = z * Math.sqrt((share * (1 - share) + (z * z) / (4 * trials)) / trials);
  return [-1, 1].map((side) => (middle + side * half) / (1 + (z * z) / trials));
}
