// The equations of a cell, as MathML in which numbers are filled in.

// How each kind of cell makes its states. Letters that name an activation are replaced by numbers; "c₋₁" is c one
// step earlier.
export const EQUATIONS = {
  "RNN": [["h", ["tanh", "(", "a", ")"]]],
  "ReLU RNN": [["h", ["max", "(", "0", ",", "a", ")"]]],
  "LSTM": [
    ["c", ["f", "·", "c₋₁", "+", "i", "·", "g"]],
    ["h", ["o", "·", "tanh", "(", "c", ")"]],
  ],
  "GRU": [["h", ["(", "1", "−", "z", ")", "·", "n", "+", "z", "·", "h₋₁"]]],
};
EQUATIONS["published GRU"] = EQUATIONS.GRU;

const MATHML = "http://www.w3.org/1998/Math/MathML";

// One equation: a row of symbols, and below it, aligned, their numbers and the result, so that the widest numbers fit in
// the narrowest column. Returns the <math> node and a function that fills in the numbers.
export function equation(left, right, panels) {
  const holes = [];
  const node = (tag, text) => {
    const item = document.createElementNS(MATHML, tag);
    item.textContent = text;
    if (text === "(" || text === ")") item.setAttribute("stretchy", "false");
    return item;
  };
  const group = (tag, ...children) => {
    const item = document.createElementNS(MATHML, tag);
    item.append(...children);
    return item;
  };
  const isLetter = (part) => part.replace("₋₁", "") in panels;
  const symbol = (part) => {
    let item = node(isLetter(part) || /^[a-z]+$/.test(part) ? "mi" : /^\d/.test(part) ? "mn" : "mo", part);
    if (part.endsWith("₋₁")) item = group("msub", node("mi", part.slice(0, -2)), node("mtext", "t−1"));
    if (isLetter(part)) item.setAttribute("data-terms", part);
    return item;
  };
  const number = (part, place, parts) => {
    if (!isLetter(part)) return symbol(part);
    const item = node("mn", "");
    item.setAttribute("data-terms", part);
    // A negative number gets brackets inside a sum or a product, and none after "=" or another bracket.
    holes.push({ letter: part, item, bracket: ["·", "+", "−"].includes(parts?.[place - 1]) });
    return item;
  };
  const symbols = group("mtd", node("mo", "="), ...right.map(symbol));
  const numbers = group("mtd", node("mo", "="), ...right.map(number));
  const result = group("mtd", node("mo", "="), number(left));
  const below = [numbers, result].map((cell) => group("mtr", group("mtd"), cell));
  const rows = [group("mtr", group("mtd", symbol(left)), symbols), ...below];
  const math = group("math", group("mtable", ...rows));
  math.setAttribute("class", "seqmem-equation");
  holes.at(-1).item.setAttribute("class", "seqmem-result");
  const fill = (print) => {
    for (const { letter, item, bracket } of holes) {
      const text = print(letter);
      item.textContent = bracket && text.startsWith("−") ? `(${text})` : text;
    }
  };
  return { math, fill };
}
