// Twenty starts of one network: how much of a training is luck.
import { button } from "./choices.js";
import { wilson } from "./futures.js";
import { element } from "./page.js";
import { UPDATES, begin, run } from "./trainings.js";

const STARTS = 20;

// `now` holds the settings, `tr` the language. `chosen(training)` is called with a finished training that the reader wants to see.
// Returns the node, and `forget()`, for when the settings are others.
export function buildStarts(now, tr, chosen) {
  const strip = element("span", { class: "seqmem-strip", role: "group", "aria-label": tr("starts") });
  const count = element("span", { class: "seqmem-count" }), said = element("span", { class: "seqmem-status", "aria-live": "polite" });
  const begins = tr("Train {count} starts", { count: STARTS });
  const go = button(begins, () => (pause ? stop() : start()));
  const root = element("div", { class: "seqmem-starts" }, go, strip, count, said);
  let pause = null; // null while nothing is trained

  function stop() {
    pause?.();
    pause = null;
    go.textContent = begins;
    said.textContent = count.textContent;
  }

  function start() {
    go.textContent = tr("Stop");
    const settings = { ...now, cell: now.cells[0] };
    const finished = [];
    let current = null;
    strip.replaceChildren(...Array.from({ length: STARTS }, (_, k) => button("", () => chosen(finished[k]))));
    [...strip.children].forEach((node, k) => {
      node.setAttribute("aria-label", tr("seed {seed}: not trained yet", { seed: settings.seed + k }));
      node.disabled = true;
    });
    pause = run(root, () => {
      current ??= begin(settings.cell, settings.task, { ...settings, seed: settings.seed + finished.length });
      current.step(settings.lr);
      if (current.updates < UPDATES) return true;
      const node = strip.children[finished.length];
      node.textContent = current.solved ? "✓" : "×";
      node.classList.add(current.solved ? "seqmem-solved" : "seqmem-failed");
      const { seed } = current;
      const said = current.solved ? tr("seed {seed}: solved, show it", { seed }) : tr("seed {seed}: not solved, show it", { seed });
      node.setAttribute("aria-label", said);
      node.disabled = false;
      finished.push(current);
      current = null;
      return finished.length < STARTS;
    }, () => {
      const done = (current?.updates ?? 0) / UPDATES;
      strip.children[finished.length]?.style.setProperty("--done", done);
      const solved = finished.filter((one) => one.solved).length;
      const { cell } = settings;
      if (!finished.length) count.textContent = tr("{cell}, 1 of {count} …", { cell, count: STARTS });
      else {
        const [low, high] = wilson(solved, finished.length).map((share) => Math.round(100 * share));
        const numbers = { cell, solved, count: finished.length, low, high };
        count.textContent = tr("{cell}: solved {solved} of {count} (95 % interval {low} to {high} %)", numbers);
      }
    }, stop);
  }

  // Of other settings.
  function forget() {
    stop();
    [strip, count, said].forEach((node) => node.replaceChildren());
  }

  return { root, forget };
}
