// The Scrubber: heatmaps of one or several traces over time, a cursor that moves through all of them, and the equation
// and the cell diagram of one unit with that step's numbers. Here are its controls, and what is shown now.
import { buildDetails } from "./details.js";
import { columns, translator, widest } from "./language.js";
import { decode } from "./numbers.js";
import { element, follow, hearEnter, steady } from "./page.js";
import { buildStage, row } from "./stage.js";

const THUMB = 16; // the width of the slider's thumb, as in page.css
const SPEEDS = [2, 6, 20]; // steps per second

// The data with their numbers decoded. A view's own unit is the one that is shown, if it has so many.
function unpack(data, now) {
  const numbers = (values) => (typeof values === "string" ? decode(values) : values);
  // What else is said of a panel is read where it was sent: whoever changes its numbers may change that.
  const decoded = (panel) =>
    ({ __proto__: panel, seq: data.seq, values: numbers(panel.values), first: numbers(panel.first ?? "") });
  const views = data.views.map((view) => {
    const panels = Object.fromEntries(view.panels.map((panel) => [panel.name, decoded(panel)]));
    return { ...view, panels, unit: () => Math.min(now.unit, view.units - 1) };
  });
  return { ...data, tr: translator(data), views, input: data.input && decoded(data.input) };
}

// Builds the view inside `root`, and returns `show(step, unit, checkpoint)`, `destroy()`, and `refresh()`, for whoever
// sent numbers as arrays and has changed them. `changed(step, unit, checkpoint)` is called after each frame that shows
// another place.
export function buildScrubber(root, sent, changed = () => {}) {
  const { step, unit, checkpoint } = sent;
  const now = { step, unit, checkpoint };
  const data = unpack(sent, now);
  const { tr } = data;
  let wanted = 0; // the animation frame that is asked for, if any
  let playing = null; // when Play showed its last step, or null
  const last = data.seq - 1;
  const units = Math.max(...data.views.map((view) => view.units));

  // --- What is on the page -------------------------------------------------------------------------------------
  const own = { "data-lm-suppress-shortcuts": "true" }; // Jupyter leaves the arrow keys of these elements alone
  const range = (name, most) =>
    element("input", { type: "range", min: 0, max: most, step: 1, "aria-label": name, class: "seqmem-slider", ...own });
  const play = element("button", { type: "button", class: "seqmem-play", ...own }, tr("Play"));
  const speed = element("select", { class: "seqmem-speed", "aria-label": tr("Speed"), ...own });
  speed.append(...SPEEDS.map((value) => element("option", { value }, tr("{n}/s", { n: value }))));
  speed.value = SPEEDS[1];
  const slider = range(tr("Time step"), last);
  const when = steady("seqmem-when", `t = ${last}${data.tokens ? `: ${widest(data.tokens)}` : ""}`);
  const learned = range(data.differIn, Math.max(0, data.checkpoints.length - 1));
  const which = steady("seqmem-when", widest(data.checkpoints));
  const chooser = element("input", { type: "number", min: 0, max: units - 1, step: 1, ...own });

  const { stage, panels, axis, key, ...picture } = buildStage(data, now);
  const { details, fill } = buildDetails(data, now);
  const control = (input) => element("div", { class: "seqmem-control" }, input);
  const bar = element("div", { class: "seqmem-bar" }, row([play, speed], control(slider), [when.root]));
  if (data.checkpoints.length > 1) bar.append(row([data.differIn], control(learned), [which.root]));
  const wide = Math.max(0, ...(data.input ? data.inputs : []).map(columns));
  const chosen = element("label", { class: "seqmem-unit" }, `${tr("unit")} `, chooser, tr(" of 0 to {last}", { last: units - 1 }));
  root.replaceChildren(
    element("div", { class: "seqmem-scrubber", style: `--names:${wide}ch` }, bar, row([], axis, []), panels),
    ...(units > 1 ? [chosen] : []), details, key,
  );

  // --- What is shown now ---------------------------------------------------------------------------------------
  function draw() {
    wanted = 0;
    const { step, unit, checkpoint } = now;
    picture.draw();
    fill();
    const text = `t = ${step}${data.tokens ? `: ${data.tokens[step]}` : ""}`;
    when.say(text);
    slider.value = step;
    slider.setAttribute("aria-valuetext", text);
    learned.value = checkpoint;
    const trained = data.checkpoints[checkpoint] ?? "";
    which.say(trained);
    learned.setAttribute("aria-valuetext", trained);
    // Not while nothing has changed: somebody may be typing.
    if (root.dataset.unit !== String(unit)) chooser.value = unit;
    const before = [root.dataset.shown, root.dataset.unit, root.dataset.checkpoint].join();
    Object.assign(root.dataset, { shown: step, unit, checkpoint });
    if (before !== [step, unit, checkpoint].join()) changed(step, unit, checkpoint);
  }

  function ask() {
    if (!wanted) wanted = requestAnimationFrame(draw);
  }

  function show(step, unit = now.unit, checkpoint = now.checkpoint) {
    const within = (value, most) => Math.max(0, Math.min(most, Math.round(value) || 0));
    now.step = within(step, last);
    now.unit = within(unit, units - 1);
    now.checkpoint = within(checkpoint, data.checkpoints.length - 1);
    ask();
  }

  // --- Moving --------------------------------------------------------------------------------------------------
  function stop() {
    playing = null;
    play.textContent = tr("Play");
  }

  function tick(time) {
    if (playing === null) return;
    if (!root.isConnected || now.step === last) return stop();
    if (time - playing >= 1000 / Number(speed.value)) {
      playing = time;
      show(now.step + 1);
    }
    requestAnimationFrame(tick);
  }

  play.addEventListener("click", () => {
    if (playing !== null) return stop();
    if (now.step === last) show(0);
    playing = performance.now();
    play.textContent = tr("Pause");
    requestAnimationFrame(tick);
  });
  slider.addEventListener("input", () => {
    stop();
    show(Number(slider.value));
  });
  learned.addEventListener("input", () => show(now.step, now.unit, Number(learned.value)));
  chooser.addEventListener("change", () => {
    show(now.step, chooser.value === "" ? now.unit : Number(chooser.value));
    chooser.value = now.unit; // what was typed may lie outside
  });
  hearEnter(chooser);

  follow(stage, (event, tapped) => {
    stop();
    const { step, row: under } = picture.placeOf(event);
    show(step, tapped ? under : now.unit);
  });
  stage.addEventListener("pointerup", () => slider.focus({ preventScroll: true }));
  // The wheel moves the cursor once the reader has turned to the widget; a reader who scrolls past is not held up.
  stage.addEventListener("wheel", (event) => {
    if (!root.contains(document.activeElement)) return;
    event.preventDefault();
    stop();
    show(now.step + Math.sign(event.deltaY || event.deltaX));
  }, { passive: false });

  const observer = new ResizeObserver(() => {
    picture.fit();
    // The sliders' ends lie over the middle of the first and the last column: the thumb points at the cursor.
    slider.style.margin = `0 ${stage.clientWidth / data.seq / 2 - THUMB / 2}px`;
  });
  observer.observe(stage);
  ask(); // the numbers can be read before there is room for the picture
  const destroy = () => {
    stop();
    observer.disconnect();
    cancelAnimationFrame(wanted);
    root.replaceChildren();
    ["shown", "unit", "checkpoint"].forEach((name) => delete root.dataset[name]); // the next view draws all anew
  };
  const refresh = () => {
    picture.forget();
    ask();
  };
  return { show, refresh, destroy };
}
