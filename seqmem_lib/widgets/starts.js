// Twenty starts of one network: how much of a training is luck.
import { button } from "./choices.js";
import { wilson } from "./futures.js";
import { element } from "./page.js";
import { UPDATES, begin, run } from "./trainings.js";

const STARTS = 20;

// `now` holds the settings. `chosen(training)` is called with a finished training that the reader wants to see.
export function buildStarts(now, chosen) {
  const strip = element("span", { class: "seqmem-strip", role: "group", "aria-label": "starts" });
  const count = element("span", { class: "seqmem-count" }), said = element("span", { class: "seqmem-status", "aria-live": "polite" });
  const go = button(`Train ${STARTS} starts`, () => (pause ? stop() : start()));
  const root = element("div", { class: "seqmem-starts" }, go, strip, count, said);
  let pause = null; // null while nothing is trained

  function stop() {
    pause?.();
    pause = null;
    go.textContent = `Train ${STARTS} starts`;
    said.textContent = count.textContent;
  }

  function start() {
    go.textContent = "Stop";
    const settings = { ...now, cell: now.cells[0] };
    const finished = [];
    let current = null;
    strip.replaceChildren(...Array.from({ length: STARTS }, (_, k) => button("", () => finished[k] && chosen(finished[k]))));
    [...strip.children].forEach((node, k) => {
      node.setAttribute("aria-label", `seed ${settings.seed + k}: not trained yet`);
      node.disabled = true;
    });
    pause = run(root, () => {
      current ??= begin(settings.cell, settings.task, { ...settings, seed: settings.seed + finished.length });
      current.step(settings.lr);
      if (current.updates < UPDATES) return true;
      const node = strip.children[finished.length];
      node.textContent = current.solved ? "✓" : "×";
      node.classList.add(current.solved ? "seqmem-solved" : "seqmem-failed");
      node.setAttribute("aria-label", `seed ${current.seed}: ${current.solved ? "solved" : "not solved"}, show it`);
      node.disabled = false;
      finished.push(current);
      current = null;
      return finished.length < STARTS;
    }, () => {
      const done = (current?.updates ?? 0) / UPDATES;
      strip.children[finished.length]?.style.setProperty("--done", done);
      const solved = finished.filter((one) => one.solved).length;
      if (!finished.length) count.textContent = `${settings.cell}, 1 of ${STARTS} …`;
      else {
        const [low, high] = wilson(solved, finished.length).map((share) => Math.round(100 * share));
        count.textContent = `${settings.cell}: solved ${solved} of ${finished.length} (95 % interval ${low} to ${high} %)`;
      }
    }, stop);
  }

  return { root };
}
