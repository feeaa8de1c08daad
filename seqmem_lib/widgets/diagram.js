// The cell diagram: what happens inside one unit at one step. Wires carry this step's numbers and thicken with them,
// valves open as far as the gates do.
import { format } from "./numbers.js";
import { shape } from "./page.js";

// Where everything stands. A wire names its terms (what lights up together with the equation), the path it takes, its
// value as a function of the letters' numbers, and where its number is written. The letters are those of EQUATIONS.
export const DIAGRAMS = {
  LSTM: {
    height: 176,
    wires: [
      { terms: ["c₋₁"], path: "M44 40H130", value: (n) => n("c₋₁"), text: [84, 28] },
      { terms: ["f", "c₋₁"], path: "M130 40H240", value: (n) => n("f") * n("c₋₁"), text: [186, 28] },
      { terms: ["g"], path: "M240 156V104", value: (n) => n("g"), text: [264, 140] },
      { terms: ["i", "g"], path: "M240 104V40", value: (n) => n("i") * n("g"), text: [264, 74] },
      { terms: ["c"], path: "M240 40H416", value: (n) => n("c"), text: [290, 28] },
      { terms: ["tanh", "c"], path: "M340 40V104", value: (n) => Math.tanh(n("c")), text: null },
      { terms: ["h"], path: "M340 104V156H416", value: (n) => n("h"), text: [376, 144] },
    ],
    valves: [{ letter: "f", x: 130, y: 40 }, { letter: "i", x: 240, y: 104 }, { letter: "o", x: 340, y: 104 }],
    marks: [{ text: "+", x: 240, y: 40 }, { text: "tanh", x: 340, y: 70 }],
    ends: [{ text: "c₋₁", x: 24, y: 40 }, { text: "c", x: 428, y: 40 }, { text: "g", x: 240, y: 168 },
      { text: "h", x: 428, y: 156 }],
  },
  GRU: {
    height: 152,
    wires: [
      { terms: ["h₋₁"], path: "M44 40H150", value: (n) => n("h₋₁"), text: [94, 28] },
      { terms: ["z", "h₋₁"], path: "M150 40H280", value: (n) => n("z") * n("h₋₁"), text: [214, 28] },
      { terms: ["r", "h₋₁"], path: "M84 40V120H170", value: (n) => n("r") * n("h₋₁"), text: [136, 108] },
      { terms: ["n"], path: "M210 120H280V108", value: (n) => n("n"), text: [240, 140] },
      { terms: ["z", "n"], path: "M280 96V40", value: (n) => (1 - n("z")) * n("n"), text: [306, 66] },
      { terms: ["h"], path: "M280 40H416", value: (n) => n("h"), text: [360, 28] },
    ],
    valves: [{ letter: "z", x: 150, y: 40 }, { letter: "z", x: 280, y: 98, closes: true }, { letter: "r", x: 84, y: 92 }],
    marks: [{ text: "+", x: 280, y: 40 }, { text: "tanh", x: 190, y: 120 }],
    ends: [{ text: "h₋₁", x: 24, y: 40 }, { text: "h", x: 428, y: 40 }],
  },
  RNN: {
    height: 76,
    wires: [
      { terms: ["h₋₁"], path: "M44 46H150", value: (n) => n("h₋₁"), text: [94, 34] },
      { terms: ["a"], path: "M150 46H280", value: (n) => n("a"), text: [214, 34] },
      { terms: ["h"], path: "M280 46H416", value: (n) => n("h"), text: [360, 34] },
    ],
    valves: [],
    marks: [{ text: "+", x: 150, y: 46 }, { text: "tanh", x: 280, y: 46 }],
    ends: [{ text: "h₋₁", x: 24, y: 46 }, { text: "h", x: 428, y: 46 }],
  },
};
DIAGRAMS["ReLU RNN"] = { ...DIAGRAMS.RNN, marks: [DIAGRAMS.RNN.marks[0], { ...DIAGRAMS.RNN.marks[1], text: "max" }] };

export function wireWidth(value, scale) {
  return 1 + 5 * Math.min(1, Math.abs(value) / (scale || 1));
}

const written = (letter) => letter.replace("₋₁", "ₜ₋₁");

// Returns the picture and a function that shows one step: `fill(number, text)`, where both take a letter.
export function cellDiagram(kind, panels, colors) {
  const plan = DIAGRAMS[kind];
  const root = shape("svg", { viewBox: `0 0 450 ${plan.height}`, class: "seqmem-diagram", "aria-hidden": "true" });
  const wires = plan.wires.map((wire) => {
    const group = shape("g", { "data-terms": wire.terms.join(" ") });
    const line = shape("path", { d: wire.path, fill: "none", "stroke-linejoin": "round" });
    const label = wire.text && shape("text", { x: wire.text[0], y: wire.text[1], "text-anchor": "middle" });
    group.append(line, ...(label ? [label] : []));
    root.append(group);
    return { ...wire, line, label };
  });
  const valves = plan.valves.map((valve) => {
    const color = panels[valve.letter].color;
    const group = shape("g", { "data-terms": valve.letter });
    const opening = shape("circle", { cx: valve.x, cy: valve.y, fill: color });
    const label = shape("text", { x: valve.x - 19, y: valve.y + (valve.y < 60 ? 30 : 5), "text-anchor": "end" });
    if (valve.y < 60) label.setAttribute("text-anchor", "middle"), label.setAttribute("x", valve.x);
    group.append(shape("circle", { class: "seqmem-valve", cx: valve.x, cy: valve.y, r: 13, stroke: color }), opening, label);
    root.append(group);
    return { ...valve, opening, label };
  });
  for (const { text, x, y } of plan.marks) {
    const wide = text.length > 1;
    const box = { x: x - (wide ? 20 : 10), y: y - 10, width: wide ? 40 : 20, height: 20, rx: 10, class: "seqmem-mark-box" };
    root.append(shape("rect", box), shape("text", { x, y: y + 4.5, "text-anchor": "middle" }, text));
  }
  for (const { text, x, y } of plan.ends) {
    const terms = { "data-terms": text };
    root.append(shape("text", { x, y: y + 5, "text-anchor": "middle", class: "seqmem-end", ...terms }, written(text)));
  }
  const scale = Math.max(...wires.map(({ terms }) => panels[terms.at(-1).replace("₋₁", "")]?.scale ?? 1));
  const fill = (number, print) => {
    for (const { terms, value, line, label } of wires) {
      const now = value(number);
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
