// The ShapeExplorer: what a recurrent layer returns, as blocks. Which block is which, and every expression, was written
// by Python; here numbers are put in, and places on the page are computed. The functions above `mount` touch no page, so
// that Node can test them.

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

// Diagonal lines within a box, from its lower left to its upper right.
export function hatch(x, y, width, height, gap = 5) {
  let path = "";
  for (let start = gap - height; start < width; start += gap) {
    const from = Math.max(start, 0);
    const to = Math.min(start + height, width);
    path += `M${x + from},${y + height - (from - start)}L${x + to},${y + height - (to - start)}`;
  }
  return path;
}

// The blocks of one tensor. Its first axis goes down, its second across, and its third lies within a block.
//   parts : what lies side by side in one block: {count, color, light}
//   empty(row, column), marked(row, column, part) : what is padding, and what h_n repeats
const NUMBER = 5; // the width of one number, in CSS pixels
const HEIGHT = 22;
const ROW = 36;
const BETWEEN = 6; // two parts of a block
const LEFT = 46;
const TOP = 24;

export function blockWidth(parts) {
  return parts.reduce((sum, { count }) => sum + count * NUMBER, 0) + BETWEEN * (parts.length - 1);
}

export function pitch(parts) {
  return Math.max(36, blockWidth(parts) + 14);
}

function drawBlocks({ rows, columns, parts, step, empty, marked, paint = (part) => part }) {
  const nodes = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      let x = LEFT + column * step + (step - blockWidth(parts)) / 2;
      const y = TOP + row * ROW + (ROW - HEIGHT) / 2;
      for (const [k, part] of parts.entries()) {
        const { count, color, light } = paint(part, row);
        const width = count * NUMBER;
        const padding = empty(row, column);
        const box = { x, y, width, height: HEIGHT };
        const kind = padding ? "seqmem-padding" : light ? "seqmem-light" : "seqmem-full";
        const group = shape("g", { class: kind, ...(padding ? {} : { style: `--color:${color}` }) }, shape("rect", box));
        const lines = Array.from({ length: count - 1 }, (_, n) => `M${x + (n + 1) * NUMBER},${y}v${HEIGHT}`).join("");
        const inside = padding ? hatch(x, y, width, HEIGHT) : lines;
        if (inside) group.append(shape("path", { d: inside }));
        group.dataset.at = [row, column, k];
        nodes.push(group);
        if (marked(row, column, k)) {
          const around = { x: x - 3, y: y - 3, width: width + 6, height: HEIGHT + 6, rx: 2, class: "seqmem-same" };
          nodes.push(shape("rect", { ...around, "data-at": [row, column, k] }));
        }
        x += width + BETWEEN;
      }
    }
  }
  return nodes;
}

function label(text, attributes) {
  const node = shape("text", attributes);
  node.textContent = text;
  return node;
}

export function mount(root, data) {
  const chosen = Object.fromEntries([...data.options, ...data.sizes].map(({ name, start }) => [name, start]));
  let wanted = 0; // the animation frame that is asked for, if any

  // --- What is on the page -------------------------------------------------------------------------------------
  const quiet = { "data-lm-suppress-shortcuts": "true" }; // Jupyter leaves the keys of this element alone
  const listen = (input, name, read) => {
    input.addEventListener("input", () => {
      chosen[name] = read(input.value);
      ask();
    });
  };
  const selects = data.options.map(({ name, values, start }) => {
    const select = element("select", { class: "seqmem-select", ...quiet },
      ...values.map((text) => element("option", { value: text }, text)));
    select.value = start;
    listen(select, name, String);
    return element("label", {}, element("span", { class: "seqmem-mono" }, name), select);
  });
  const sliders = data.sizes.map(({ letter, name, low, high }) => {
    const input = element("input", {
      type: "range", min: low, max: high, step: 1, "aria-label": `${letter}, ${name}`, class: "seqmem-slider", ...quiet,
    });
    listen(input, name, Number);
    const number = element("span", { class: "seqmem-value", "aria-hidden": "true" });
    const text = element("span", { "aria-hidden": "true" }, element("b", {}, letter), ` ${name}`); // the slider says it
    return { input, number, name, row: element("div", {}, text, element("div", { class: "seqmem-control" }, input), number) };
  });
  const tensors = Object.fromEntries(["x", "output", "h_n", "c_n"].map((name) => {
    const formula = element("span");
    const shown = element("b");
    const axes = element("small");
    const svg = shape("svg", { role: "img" });
    const caption = element("div", { class: "seqmem-caption" }, element("b", { class: "seqmem-mono" }, name), formula, shown, axes);
    return [name, { formula, shown, axes, svg, node: element("div", { class: "seqmem-tensor", "data-tensor": name }, caption, svg) }];
  }));
  const status = element("div", { class: "seqmem-status", role: "status" });
  const code = element("div", { class: "seqmem-code seqmem-mono" });
  const list = () => element("div", { class: "seqmem-claims", role: "list" });
  const claims = { true: list(), false: list() };
  const parameters = element("div", { class: "seqmem-parameters" });
  const heading = (text) => element("div", { class: "seqmem-heading" }, text);
  const section = (text, ...nodes) => element("div", {}, heading(text), ...nodes);
  const column = (...names) => element("div", { class: "seqmem-column" }, ...names.map((name) => tensors[name].node));
  const key = [
    ["seqmem-full", "forward"], ["seqmem-light", "backward"], ["seqmem-same", "outlined: the same numbers in output and in h_n"],
    ["seqmem-padding", "padding"],
  ].map(([kind, text]) => {
    const same = kind === "seqmem-same";
    const box = shape("rect", same ? { x: 1, y: 1, width: 18, height: 12, rx: 2, class: kind } : { x: 1, y: 1, width: 18, height: 12 });
    const inside = kind === "seqmem-padding" ? [shape("path", { d: hatch(1, 1, 18, 12) })] : [];
    const swatch = shape("svg", { width: 20, height: 14, "aria-hidden": "true" }, same ? box : shape("g", { class: kind }, box, ...inside));
    return element("span", {}, swatch, ` ${text}`);
  });
  root.replaceChildren(element("div", { class: "seqmem-shapes" },
    element("div", { class: "seqmem-options" }, ...selects),
    element("div", { class: "seqmem-sizes" }, ...sliders.map(({ row }) => row)),
    status,
    element("div", { class: "seqmem-tensors" }, column("x", "output"), column("h_n", "c_n")),
    element("div", { class: "seqmem-legend-line seqmem-small" }, "Each small box is one number.", ...key),
    section("The code", code),
    element("div", { class: "seqmem-answers" },
      section("Python answers True", claims.true), section("Python answers False", claims.false)),
    section("Parameters", element("div", { class: "seqmem-small" },
      "directions · blocks of rows · (weights of the input + weights of the state + two biases)"), parameters),
  ));

  // --- Drawing -------------------------------------------------------------------------------------------------
  function draw() {
    wanted = 0;
    for (const { input, number, name } of sliders) {
      input.value = chosen[name];
      number.textContent = chosen[name];
    }
    const names = Object.fromEntries(data.sizes.map(({ letter, name }) => [letter, chosen[name]]));
    names.lengths = data.lengths[names.T].slice(0, names.B);
    const places = data.choices[data.options.map(({ name }) => chosen[name]).join(" ")];
    const facts = Object.fromEntries(Object.entries(places).map(([name, at]) => [name, at.map((k) => data.pool[k])]));
    const ends = chosen.lengths === "equal" ? Array(names.B).fill(names.T) : names.lengths;

    const said = [];
    for (const { node } of Object.values(tensors)) node.hidden = true;
    for (const [name, template] of facts.shapes) {
      const { formula, shown, node } = tensors[name];
      node.hidden = false;
      formula.textContent = `${symbolic(template)} =`;
      shown.textContent = fill(template, names);
      said.push(`${name} ${shown.textContent}`);
    }
    drawTensors(facts, names, ends);

    code.textContent = facts.code.map(([line]) => fill(line, names)).join("\n");
    for (const answer of [true, false]) {
      claims[answer].replaceChildren(...facts.claims.filter((claim) => claim[1] === answer).map(([expression, , why]) =>
        element("div", { role: "listitem" },
          element("div", { class: "seqmem-mono" }, fill(expression, names)), element("div", {}, why))));
    }
    const counts = facts.parameters.map(([formula]) => value(formula, names));
    const total = counts.reduce((sum, count) => sum + count);
    parameters.replaceChildren(
      ...facts.parameters.flatMap(([formula], layer) => [
        element("span", {}, `layer ${layer}`),
        element("span", {}, `${symbolic(formula)} = ${numeric(formula, names)}`),
        element("span", {}, `= ${counts[layer]}`),
      ]),
      element("b", {}, "together"), element("span"), element("b", {}, `= ${total}`),
    );
    said.push(`${total} parameters`);
    status.textContent = said.join(", ");
    root.dataset.shown = [...Object.values(chosen)].join(" ");
  }

  function drawTensors({ blocks }, { B, T, I, H }, ends) {
    const first = chosen.batch_first === "True";
    const [rows, columns, down, across] = first ? [B, T, "b", "t"] : [T, B, "t", "b"];
    const at = (row, column) => (first ? [row, column] : [column, row]); // sequence, step
    const empty = (row, column) => at(row, column)[1] >= ends[at(row, column)[0]];
    const look = ([layer, direction]) => ({ count: H, color: data.colors[layer], light: direction === "backward" });
    const shown = blocks.filter(([, , , place]) => place);
    const parts = shown.map(look);
    const stepOf = (sequence, place) => (place === "end" ? ends[sequence] - 1 : 0);
    const marked = (row, column, part) => {
      const [sequence, step] = at(row, column);
      return step === stepOf(sequence, shown[part][3]);
    };
    const step = pitch(parts); // the steps of x and output stand below each other
    const outer = { rows, columns, step, empty, down: (k) => `${down}=${k}`, across: (k) => `${across}=${k}` };
    const axes = first ? "batch ↓  time →" : "time ↓  batch →";
    put("x", { ...outer, parts: [{ count: I, color: "var(--ink)", light: true }], marked: () => false }, axes);
    put("output", { ...outer, parts, marked }, axes, shown.map(([layer, direction]) => `layer ${layer}, ${direction}`));
    for (const name of ["h_n", "c_n"]) {
      const inside = name === "h_n";
      put(name, {
        rows: blocks.length, columns: B, parts: [look(blocks[0])], step: pitch([look(blocks[0])]),
        empty: () => false, marked: (row) => inside && Boolean(blocks[row][3]), paint: (_, row) => look(blocks[row]),
        down: (k) => `${name}[${k}]`, across: (k) => `b=${k}`,
        beside: blocks.map(([layer, direction, where]) => [
          `layer ${layer}, ${direction}`, inside ? fill(where, { H }) : "in no output",
        ]),
      }, "layer and direction ↓  batch →");
    }
  }

  function put(name, blocks, axes, inside = []) {
    const { svg, axes: said, shown } = tensors[name];
    said.textContent = axes;
    const { rows, columns, step, down, across, beside } = blocks;
    const width = LEFT + columns * step + (beside ? 172 : 4);
    const height = TOP + rows * ROW;
    for (const [attribute, number] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) {
      svg.setAttribute(attribute, number);
    }
    const middle = (row) => TOP + (row + 0.5) * ROW;
    const nodes = drawBlocks(blocks);
    for (let row = 0; row < rows; row += 1) {
      nodes.push(label(down(row), { x: 0, y: middle(row), dy: "0.35em" }));
      if (!beside) continue;
      const x = LEFT + columns * step + 8;
      nodes.push(label(beside[row][0], { x, y: middle(row) - 4 }));
      nodes.push(label(beside[row][1], { x, y: middle(row) + 11, class: beside[row][1].startsWith("=") ? "seqmem-mono" : "" }));
    }
    for (let column = 0; column < columns; column += 1) {
      nodes.push(label(across(column), { x: LEFT + (column + 0.5) * step, y: 14, "text-anchor": "middle" }));
    }
    svg.replaceChildren(...nodes);
    const lines = beside ? beside.map(([what, where], row) => `${down(row)}: ${what}, ${where}`) : inside;
    svg.setAttribute("aria-label", `${name} ${shown.textContent}: ${[axes, ...lines].join("; ")}.`);
  }

  function ask() {
    if (!wanted) wanted = requestAnimationFrame(draw);
  }

  draw(); // nothing here depends on how much room there is
}
