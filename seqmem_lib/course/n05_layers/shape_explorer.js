// The ShapeExplorer: what a recurrent layer returns, as blocks. Which block is which, and every expression, was written
// by Python; here numbers are put in, and places on the page are computed.
import { translator } from "../../widgets/language.js";
import { element, shape } from "../../widgets/page.js";
import { LEAST, drawTensor, fit, hatch } from "./blocks.js";
import { fill, numeric, symbolic, value } from "./formulas.js";

export function mount(root, data) {
  const tr = translator(data);
  const chosen = Object.fromEntries([...data.options, ...data.sizes].map(({ name, start }) => [name, start]));
  let wanted = 0; // the animation frame that is asked for, if any

  // --- What is on the page -------------------------------------------------------------------------------------
  const layerName = ([layer, direction]) =>
    direction === "backward" ? tr("layer {layer}, backward", { layer }) : tr("layer {layer}, forward", { layer });
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
    const number = element("span", { "aria-hidden": "true" });
    const text = element("span", { "aria-hidden": "true" }, element("b", {}, letter), ` ${name}`); // the slider says it
    return { input, number, name, row: element("div", {}, text, number, element("div", { class: "seqmem-control" }, input)) };
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
    ["seqmem-full", tr("forward")], ["seqmem-light", tr("backward")],
    ["seqmem-same", tr("outlined: the same numbers in output and in h_n")], ["seqmem-padding", tr("padding")],
  ].map(([kind, text]) => {
    const same = kind === "seqmem-same";
    const box = shape("rect", same ? { x: 1, y: 1, width: 18, height: 12, rx: 2, class: kind } : { x: 1, y: 1, width: 18, height: 12 });
    const inside = kind === "seqmem-padding" ? [shape("path", { d: hatch(1, 1, 18, 12) })] : [];
    const swatch = shape("svg", { width: 20, height: 14, "aria-hidden": "true" }, same ? box : shape("g", { class: kind }, box, ...inside));
    return element("span", {}, swatch, ` ${text}`);
  });
  const left = column("x", "output");
  const right = column("h_n", "c_n");
  const answers = element("div", { class: "seqmem-answers" },
    section(tr("Python answers True"), claims.true), section(tr("Python answers False"), claims.false));
  root.replaceChildren(element("div", { class: "seqmem-shapes" },
    element("div", { class: "seqmem-options" }, ...selects),
    element("div", { class: "seqmem-bar seqmem-sizes" }, ...sliders.map(({ row }) => row)),
    status,
    element("div", { class: "seqmem-tensors" }, left, right),
    element("div", { class: "seqmem-legend-line seqmem-small" }, tr("Each small box is one number."), ...key),
    section(tr("The code"), code),
    answers,
    section(tr("Parameters"), element("div", { class: "seqmem-small" },
      tr("directions · blocks of rows · (weights of the input + weights of the state + two biases)")), parameters),
  ));

  // --- Drawing -------------------------------------------------------------------------------------------------
  const longest = Object.fromEntries(data.sizes.map(({ name, high }) => [name, high]));
  let kept = ""; // the choice and the width for which there is room for the longest texts

  function draw() {
    wanted = 0;
    for (const { input, number, name } of sliders) {
      input.value = chosen[name];
      number.textContent = chosen[name];
    }
    const now = [left.clientWidth, ...data.options.map(({ name }) => chosen[name])].join(" ");
    if (kept !== now) {
      kept = now;
      for (const node of [code, answers, parameters]) node.style.minHeight = "";
      show({ ...chosen, ...longest });
      const heights = [code, answers, parameters].map((node) => node.offsetHeight);
      for (const [k, node] of [code, answers, parameters].entries()) node.style.minHeight = `${heights[k]}px`;
    }
    show(chosen);
    root.dataset.shown = [...Object.values(chosen)].join(" ");
  }

  function show(chosen) {
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
    drawTensors(chosen, facts, names, ends);

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
        element("span", {}, tr("layer {layer}", { layer })),
        element("span", {}, `${symbolic(formula)} = ${numeric(formula, names)}`),
        element("span", {}, `= ${counts[layer]}`),
      ]),
      element("b", {}, tr("together")), element("span"), element("b", {}, `= ${total}`),
    );
    said.push(tr("{total} parameters", { total }));
    status.textContent = said.join(tr(", "));
  }

  function drawTensors(chosen, { blocks }, { B, T, I, H }, ends) {
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
    const most = { T: data.sizes[1].high, B: data.sizes[0].high, H: longest.hidden_size };
    // 0 in a hidden page. `clientWidth` is rounded up where a column ends within a pixel, and what is wider is made smaller.
    const roomOf = (node, usual) => Math.max(Math.floor(node.getBoundingClientRect().width) || usual, LEAST);
    const room = roomOf(left, 540);
    // The steps of x and output stand below each other, and blocks do not shrink while there are more of them.
    const outside = fit(room, first ? most.T : most.B, parts.length, most.H);
    const outer = { rows, most: first ? most.B : most.T, columns, room, ...outside, empty, down: (k) => `${down}=${k}`, across: (k) => `${across}=${k}` };
    const axes = first ? tr("batch ↓  time →") : tr("time ↓  batch →");
    put("x", { ...outer, parts: [{ count: I, color: "var(--ink)", light: true }], marked: () => false }, axes);
    put("output", { ...outer, parts, marked }, axes, shown.map(layerName));
    for (const name of ["h_n", "c_n"]) {
      const inside = name === "h_n";
      const room = roomOf(right, 374);
      put(name, {
        rows: blocks.length, most: blocks.length, columns: B, parts: [look(blocks[0])], room, ...fit(room, most.B, 1, most.H, true),
        empty: () => false, marked: (row) => inside && Boolean(blocks[row][3]), paint: (_, row) => look(blocks[row]),
        down: (k) => `${name}[${k}]`, across: (k) => `b=${k}`,
        beside: blocks.map((block) => [layerName(block), inside ? fill(block[2], { H }) : tr("in no output")]),
      }, tr("layer and direction ↓  batch →"));
    }
  }

  function put(name, blocks, axes, inside = []) {
    const { svg, axes: said, shown } = tensors[name];
    said.textContent = axes;
    drawTensor(svg, blocks);
    const { down, beside } = blocks;
    const lines = beside ? beside.map((said, row) => tr("{label}: {said}", { label: down(row), said: said.join(tr(", ")) })) : inside;
    const what = [axes, ...lines].join(tr("; "));
    svg.setAttribute("aria-label", tr("{name}: {what}.", { name: `${name} ${shown.textContent}`, what }));
  }

  function ask() {
    if (!wanted) wanted = requestAnimationFrame(draw);
  }

  draw();
  new ResizeObserver(ask).observe(left); // it holds nothing alive: it goes with the node that it watches
}
