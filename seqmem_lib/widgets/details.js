// What happens inside one unit at one step: for each trace its cell diagram and its equations with that step's
// numbers.
import { cellDiagram } from "./diagram.js";
import { EQUATIONS, equation } from "./equation.js";
import { format, wholeFor } from "./numbers.js";
import { element } from "./page.js";

// Returns the node, and `fill()`, which puts in the numbers of what is shown `now`.
export function buildDetails(data, now) {
  const details = element("div", { class: "seqmem-details" });
  const fills = data.views.map((view) => {
    const equations = EQUATIONS[view.kind].map(([left, right]) => equation(left, right, view.panels));
    const diagram = cellDiagram(view.plan, view.panels, data.colors);
    const title = view.label ? [element("b", {}, view.label)] : [];
    const detail = element("div", { class: "seqmem-detail", role: "group", "aria-label": `${view.label} ${data.tr("one unit")}` });
    detail.append(...title, diagram.root, element("div", {}, ...equations.map(({ math }) => math)));
    details.append(detail);
    const whole = (letter) => wholeFor(letter, view.panels, view.unit(), now.step, view.reverse, now.checkpoint);
    const decimals = (letter) => view.panels[letter.replace("₋₁", "")].decimals;
    const print = (letter) => format(whole(letter), decimals(letter));
    return () => {
      for (const { fill } of equations) fill(print);
      diagram.fill((letter) => whole(letter) / 10 ** decimals(letter), print);
    };
  });

  // A wire and the letters of its equation light up together.
  function light({ type, target }) {
    const terms = type === "pointerleave" ? [] : target.closest("[data-terms]")?.dataset.terms.split(" ") ?? [];
    const here = target.closest(".seqmem-detail");
    for (const node of details.querySelectorAll("[data-terms]")) {
      const linked = node.dataset.terms.split(" ").some((term) => terms.includes(term));
      node.classList.toggle("seqmem-lit", linked && node.closest(".seqmem-detail") === here);
    }
  }
  details.addEventListener("pointerover", light);
  details.addEventListener("pointerleave", light);

  return { details, fill: () => fills.forEach((one) => one()) };
}
