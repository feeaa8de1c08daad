// The Playground: small networks that are trained in the page, and what becomes of them if something is changed.
import { OWN, button, select, slide } from "./choices.js";
import { CELLS } from "./engine.js";
import { NUDGE, setWeight, viewOf, renew, weightAt, weightsOf } from "./futures.js";
import { inOne, translator } from "./language.js";
import { element, hearEnter } from "./page.js";
import { buildScrubber } from "./scrubber_view.js";
import { buildStarts } from "./starts.js";
import { UPDATES, begin, report, run } from "./trainings.js";
import { counting, generator, latch, markCalled, storeAndRecall, temporalOrder } from "./tasks.js";

const TASKS = { storeAndRecall, latch, counting, temporalOrder };
const RATES = [0.001, 0.003, 0.01, 0.02, 0.05, 0.1];
const MOST_UNITS = 8;
const SEEDS = 1000; // what the die can show
const GATE = [0, 1], STATE = [-1, 1]; // what can be held

const minus = (value) => String(value).replace("-", "−");
const numbersOf = (base64) => new Float64Array(Uint8Array.from(atob(base64), (one) => one.charCodeAt(0)).buffer);

export function mount(root, sent) {
  const tr = translator(sent);
  const tasks = sent.tasks.map(([kind, size]) => TASKS[kind](size));
  const now = { task: tasks[0], cells: sent.cells, units: sent.units, keep: sent.keep, lr: sent.lr, seed: sent.seed };
  const place = { step: sent.step, unit: sent.unit };
  const settings = () => JSON.stringify([now.units, now.keep, now.seed]);
  const given = settings(); // with the first task
  let networks = {}; // label -> a training: its model, and how far it is
  let x, changed, held = "", nudged = null, view, shown, pause = null; // null while nothing is trained

  // --- Networks and the sequence they read ------------------------------------------------------------------------
  function startOf(cell) {
    const weights = now.task === tasks[0] && settings() === given && sent.weights[cell];
    const started = begin(cell, now.task, now);
    for (const name in weights) started.model.weights[name].set(numbersOf(weights[name]));
    started.judge();
    return started;
  }
  function reset() {
    stop();
    networks = Object.fromEntries(now.cells.map((cell) => [cell, startOf(cell)]));
    nudged = null;
    held = "";
    rebuild();
  }
  function read(sequence) {
    x = sequence;
    changed = Float64Array.from(x);
    nudged = null;
  }

  // --- Controls ---------------------------------------------------------------------------------------------------
  const again = (change) => (value) => {
    stop(); // what was trained is of the old settings
    starts.forget();
    change(value);
    reset();
  };
  const cells = element("fieldset", { class: "seqmem-cells" }, element("legend", {}, tr("cells")));
  for (const cell of Object.keys(CELLS)) {
    const box = element("input", { type: "checkbox", ...OWN });
    box.checked = now.cells.includes(cell);
    box.addEventListener("change", again(() => {
      const wanted = Object.keys(CELLS).filter((one) => (one === cell ? box.checked : now.cells.includes(one)));
      if (wanted.length) now.cells = wanted;
      else box.checked = true; // one is left
    }));
    cells.append(element("label", {}, box, ` ${cell}`));
  }
  // Some values to choose from, and the one that was sent.
  const among = (values, own) => [...new Set([...values, own ?? values[0]])].sort((a, b) => a - b).map((one) => [one, minus(one)]);
  const seed = element("input", { type: "number", min: 0, max: SEEDS - 1, step: 1, class: "seqmem-select seqmem-seed", ...OWN });
  seed.addEventListener("change", again(() => (now.seed = Math.max(0, Math.min(SEEDS - 1, Math.round(seed.value) || 0)))));
  hearEnter(seed);
  const die = button("⚄", again(() => (now.seed = Math.floor(SEEDS * Math.random()))));
  die.setAttribute("aria-label", tr("Throw the die for another seed"));
  const choices = element("div", { class: "seqmem-choices" },
    select(tr("task"), again((k) => {
      now.task = tasks[k];
      read(Number(k) ? now.task.draw(1, generator(1)).x : numbersOf(sent.x));
    })).offer(tasks.map((task, k) => [k, task.called(tr)]), 0),
    cells,
    select(tr("units"), again((units) => (now.units = Number(units)))).offer(among([1, 2, 3, 4, 5, 6, 7, MOST_UNITS], now.units), now.units),
    select(tr("forget or update bias"), again((bias) => (now.keep = bias === "" ? null : Number(bias))))
      .offer([["", tr("as drawn")], ...among([0, 1, 2, 3], now.keep)], now.keep ?? ""),
    select(tr("learning rate"), (lr) => (now.lr = Number(lr))).offer(among(RATES, now.lr), now.lr),
    element("span", {}, element("label", {}, `${tr("seed")} `, seed), die));
  const begins = tr("Train"), go = button(begins, () => (pause ? stop() : train()));
  const state = element("span", { class: "seqmem-state" }), said = element("span", { class: "seqmem-status", "aria-live": "polite" });
  const one = button(tr("One update"), () => {
    advance();
    showReached();
  });
  const bar = element("div", { class: "seqmem-run" },
    element("span", {}, go, one, button(tr("Reset"), reset)), state, said);

  const marks = element("span", { role: "group" });
  const holding = select(tr("hold"), (name) => {
    held = name;
    level.set(1, name in GATES ? GATE : STATE);
    refresh();
  });
  const GATES = { i: 0, f: 0, o: 0, r: 0, z: 0 };
  const level = slide(tr("value that is held"), 0, 1, 0.01, refresh);
  const weights = select(tr("weight"), showWeight);
  const weight = slide(tr("weight"), -10, 10, 0.05, (value) => {
    setWeight(movable(), listOf()[weights.node.value], value);
    refresh();
  });
  const push = button(tr("Nudge"), () => {
    nudged = nudged ? null : { ...place };
    rebuild();
  });
  const fresh = button(tr("New sequence"), () => {
    read(now.task.draw(1, generator(Math.floor(2 ** 31 * Math.random()))).x);
    rebuild();
  });
  const note = element("span", { class: "seqmem-note", role: "note" });
  const what = element("fieldset", { class: "seqmem-what" }, element("legend", {}, tr("What if")), marks,
    element("span", {}, push, fresh), element("span", {}, holding.root, level.root), element("span", {}, weights.root, weight.root), note);

  const scrubber = element("div");
  const starts = buildStarts(now, tr, (training) => {
    stop();
    now.seed = training.seed;
    networks = { [now.cells[0]]: training, ...Object.fromEntries(now.cells.slice(1).map((cell) => [cell, startOf(cell)])) };
    rebuild();
  });
  root.replaceChildren(element("div", { class: "seqmem-playground" }, choices, bar, what, scrubber, starts.root));

  // --- What is shown ----------------------------------------------------------------------------------------------
  const movable = () => networks[now.cells[0]].model; // the one whose weights can be moved
  const listOf = () => weightsOf(movable(), place.unit, shown.inputs, tr);
  function seen() {
    const models = Object.fromEntries(Object.entries(networks).map(([cell, { model }]) => [cell, model]));
    const hold = held ? [{ name: held, value: Number(level.node.value) }] : [];
    return viewOf(models, now.task, x, changed, { hold, nudged }, sent, place);
  }
  // Another sequence, network or curve: everything is built anew.
  function rebuild() {
    view?.destroy();
    shown = seen();
    place.step = Math.min(place.step, shown.seq - 1);
    place.unit = Math.min(place.unit, now.units - 1);
    view = buildScrubber(scrubber, { ...shown, ...place }, (step, unit) => {
      const other = unit !== place.unit;
      Object.assign(place, { step, unit });
      root.dataset.shown = step;
      showPlace();
      if (other) offerWeights();
    });
    const names = [...new Set(Object.values(networks).flatMap(({ model }) => [...CELLS[model.cell].gates, ...CELLS[model.cell].states]))];
    holding.offer([["", tr("nothing")], ...names.filter((name) => name !== "a").map((name) => [name, name])], held);
    offerWeights();
    showPlace();
    tell();
  }
  function refresh() {
    if (renew(shown, seen())) view.refresh();
    else rebuild();
    tell();
  }
  function offerWeights() {
    const name = now.cells.length > 1 ? tr("weight of the {cell}", { cell: now.cells[0] }) : tr("weight");
    weights.root.firstChild.textContent = `${name} `;
    weights.offer(listOf().map(([name], k) => [k, name]), weights.node.value);
    if (weights.node.value === "") weights.node.value = 0;
    showWeight();
  }
  function showWeight() {
    weight.set(weightAt(movable(), listOf()[weights.node.value]));
  }
  // What belongs to the step at which the cursor is.
  function showPlace() {
    const { step } = place, { task } = now;
    const current = task.markAt(changed, step);
    const buttons = task.marks.map((text, mark) => {
      const one = button(markCalled(text, tr), () => {
        task.setMark(changed, step, mark);
        rebuild();
        marks.children[mark].focus();
      });
      one.setAttribute("aria-pressed", mark === current);
      return one;
    });
    const focused = [...marks.children].indexOf(document.activeElement);
    marks.replaceChildren(tr("at t = {step} it reads", { step }), ...buttons);
    marks.children[focused]?.focus();
    push.textContent = nudged ? tr("Undo the nudge") : tr("Nudge at t = {step}", { step });
  }
  function tell() {
    level.root.hidden = !held;
    state.textContent = Object.entries(networks).map(([cell, one]) => report(cell, one, tr)).join(" · ");
    seed.value = now.seed;
    const moved = nudged
      && tr("At t = {step} the memory of unit {unit} is {nudge} more than its equation says.", { ...nudged, nudge: NUDGE });
    const fixed = ["c", "h"].includes(held) && tr("Whatever its equation says, {held} is held.", { held });
    note.textContent = inOne([moved, fixed]);
  }

  // --- Training ---------------------------------------------------------------------------------------------------
  function advance() {
    for (const one of Object.values(networks)) one.step(now.lr);
  }
  function showReached() {
    showWeight();
    refresh();
  }
  function stop() {
    pause?.();
    pause = null;
    go.textContent = begins;
    said.textContent = state.textContent;
  }
  function train() {
    go.textContent = tr("Pause");
    let left = UPDATES;
    pause = run(root, () => {
      advance();
      left -= 1;
      return left > 0;
    }, showReached, stop);
  }

  read(numbersOf(sent.x));
  reset();
}
