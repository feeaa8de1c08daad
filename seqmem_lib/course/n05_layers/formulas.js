// Formulas that Python wrote for the ShapeExplorer: their values, and how they are shown. Nothing here touches a page,
// so that Node can test it.

// The value of a formula of sums and products, such as "2*(H*I + H)".
export function value(formula, names) {
  const tokens = formula.match(/\w+|[*+()]/g);
  const atom = () => {
    const token = tokens.shift();
    if (token !== "(") return names[token] ?? Number(token);
    const inside = sum();
    tokens.shift(); // ")"
    return inside;
  };
  const chain = (sign, part, join) => {
    let total = part();
    while (tokens[0] === sign) {
      tokens.shift();
      total = join(total, part());
    }
    return total;
  };
  const product = () => chain("*", atom, (a, b) => a * b);
  const sum = () => chain("+", product, (a, b) => a + b);
  return sum();
}

// A template with a number in place of each {formula}; a list is written as Python writes it.
export function fill(template, names) {
  return template.replace(/\{(.*?)\}/g, (_, formula) => {
    const found = value(formula, names);
    return Array.isArray(found) ? `[${found.join(", ")}]` : String(found);
  });
}

// A template as people write mathematics.
export function symbolic(template) {
  return template.replace(/[{}]/g, "").replaceAll("*", "·");
}

// The formula with the numbers in it that it multiplies and adds.
export function numeric(formula, names) {
  return symbolic(formula).replace(/[A-Z]/g, (letter) => names[letter]);
}
