// The cell diagram: what happens inside one unit at one step. Wires carry this step's numbers and thicken with them,
// valves open as far as the gates do. Where everything stands was sent by diagrams.py, which the still picture follows
// too.
import { format } from "./numbers.js";
import { shape } from "./page.js";

// What a wire carries: the product of its terms. `number` gives the value of a letter.
export function carried(terms, number) {
  if (terms.join() === "z,n") return (1 - number("z")) * number("n");
  if (terms[0] === "tanh") return Math.tanh(number(terms[1]));
  return terms.reduce((product, term) => product * number(term), 1);
}

export function wireWidth(value, scale) {
  return 1 + 5 * Math.min(1, Math.abs(value) / (scale || 1));
}

const written = (letter) => letter.replace("₋₁", "ₜ₋₁");
const textAt = ([x, y, anchor], text = "") => shape("text", { x, y, "text-anchor": anchor }, text);

// Returns the picture and a function that shows one step: `fill(number, text)`, where both take a letter.
export function cellDiagram(plan, panels, colors) {
  const root = shape("svg", { viewBox: `0 0 320 ${plan.height}`, class: "seqmem-diagram", "aria-hidden": "true" });
  const wires = plan.wires.map(({ terms, corners, number }) => {
    const line = shape("path", { d: `M${corners.join("L")}`, fill: "none", "stroke-linejoin": "round" });
    const label = number && textAt(number);
    root.append(shape("g", { "data-terms": terms.join(" ") }, line, ...(label ? [label] : [])));
    return { terms, line, label };
  });
  const valves = plan.valves.map((valve) => {
    const { letter, x, y, number } = valve;
    const { color } = panels[letter];
    const opening = shape("circle", { cx: x, cy: y, fill: color });
    const label = textAt(number);
    const around = shape("circle", { class: "seqmem-valve", cx: x, cy: y, r: 13, stroke: color });
    root.append(shape("g", { "data-terms": letter }, around, opening, label));
    return { ...valve, opening, label };
  });
  for (const [text, x, y] of plan.marks) {
    const wide = text.length > 1;
    const box = { x: x - (wide ? 19 : 10), y: y - 10, width: wide ? 38 : 20, height: 20, rx: 10, class: "seqmem-mark-box" };
    root.append(shape("rect", box), textAt([x, y + 4.5, "middle"], text));
  }
  for (const [text, x, y, anchor] of plan.ends) {
    const end = textAt([x, y + 5, anchor], written(text));
    end.setAttribute("class", "seqmem-end");
    end.dataset.terms = text;
    root.append(end);
  }
  const known = wires.map(({ terms }) => panels[terms.at(-1).replace("₋₁", "")]).filter((panel) => panel && !panel.hidden);
  const scale = Math.max(...known.map((panel) => panel.scale));
  const fill = (number, print) => {
    for (const { terms, line, label } of wires) {
      const now = carried(terms, number);
      line.setAttribute("stroke", now < 0 ? colors.negative : colors.positive);
      line.setAttribute("stroke-width", wireWidth(now, scale));
      line.setAttribute("stroke-opacity", Math.abs(now) < 0.0005 ? 0.35 : 1);
      if (label) label.textContent = terms.length === 1 ? print(terms[0]) : format(Math.round(now * 1000), 3);
    }
    for (const { letter, closes, opening, label } of valves) {
      const open = closes ? 1 - number(letter) : number(letter);
      opening.setAttribute("r", 11 * open);
      label.textContent = `${closes ? "1−z" : letter} ${closes ? format(Math.round(open * 1000), 3) : print(letter)}`;
    }
  };
  return { root, fill };
}
