// The Scrubber: heatmaps of one trace over time, a cursor that moves through it, and the equation of one unit with
// that step's numbers. One plain module: `mount(root, data)` builds the view inside `root`. The functions above it
// touch no page, so that Node can test them.

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

// Values travel as whole numbers, 16 bits each, in units of the last decimal shown: what is printed is exact.
export function decode(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Int16Array.from({ length: bytes.length / 2 }, (_, k) => view.getInt16(2 * k, true));
}

// A fixed number of decimals and a true minus sign, so that digits keep their place while they change.
export function format(whole, decimals) {
  const digits = String(Math.abs(whole)).padStart(decimals + 1, "0");
  const cut = digits.length - decimals;
  return (whole < 0 ? "−" : "") + digits.slice(0, cut) + (decimals ? "." + digits.slice(cut) : "");
}

// The whole number stored for a panel, a row (a unit or an input feature) and a step.
export function at(panel, row, step) {
  return panel.values[step * panel.rows + row];
}

// Which number stands for a letter of an equation. Before the first step every state is zero.
export function numberFor(letter, panels, unit, step, reverse) {
  const earlier = letter.endsWith("₋₁");
  const panel = panels[earlier ? letter.slice(0, -2) : letter];
  const from = earlier ? step + (reverse ? 1 : -1) : step;
  const inside = from >= 0 && from < panel.values.length / panel.rows;
  return format(inside ? at(panel, unit, from) : 0, panel.decimals);
}

// Colour and opacity of one value: zero is transparent, so the page itself is the colour of zero in any theme.
export function paint(share, panel, colors) {
  const color = panel.color ?? (share < 0 ? colors.negative : colors.positive);
  const channel = (k) => parseInt(color.slice(k, k + 2), 16);
  return [channel(1), channel(3), channel(5), Math.round(255 * Math.min(1, Math.abs(share)))];
}

// Inputs have a name and a number beside each row; units are many and share the space.
export function panelHeight(panel) {
  if (panel.name === "x") return panel.rows * 18;
  return panel.rows === 1 ? 24 : Math.max(Math.min(panel.rows * 10, 96), panel.rows);
}

// Which row of which panel lies under a height inside the stage; null in the gaps.
export function rowUnder(y, boxes) {
  for (const box of boxes) {
    if (y >= box.top && y < box.top + box.height) {
      return { name: box.name, row: Math.min(box.rows - 1, Math.floor(((y - box.top) / box.height) * box.rows)) };
    }
  }
  return null;
}

const GAP = 7; // between panels, in CSS pixels
const THUMB = 16; // the width of the slider's thumb, as in seqmem.css
const STEPS_PER_SECOND = 6;

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const MATHML = "http://www.w3.org/1998/Math/MathML";

// One equation: symbols, then numbers. Returns the <math> node and a function that fills in the numbers.
function equation(left, right, panels) {
  const holes = [];
  const node = (tag, text) => {
    const item = document.createElementNS(MATHML, tag);
    item.textContent = text;
    return item;
  };
  const isLetter = (part) => part.replace("₋₁", "") in panels;
  const symbol = (part) => {
    if (part.endsWith("₋₁")) {
      const sub = document.createElementNS(MATHML, "msub");
      sub.append(node("mi", part.slice(0, -2)), node("mtext", "t−1"));
      return sub;
    }
    return node(isLetter(part) || /^[a-z]+$/.test(part) ? "mi" : /^\d/.test(part) ? "mn" : "mo", part);
  };
  const number = (part, place, parts) => {
    if (!isLetter(part)) return symbol(part);
    const item = node("mn", "");
    // A negative number gets brackets inside a sum or a product, and none after "=" or another bracket.
    holes.push({ letter: part, item, bracket: ["·", "+", "−"].includes(parts?.[place - 1]) });
    return item;
  };
  const math = document.createElementNS(MATHML, "math");
  math.setAttribute("class", "seqmem-equation");
  math.append(symbol(left), node("mo", "="), ...right.map(symbol));
  math.append(node("mo", "="), ...right.map(number), node("mo", "="), number(left));
  holes.at(-1).item.setAttribute("class", "seqmem-result");
  const fill = (unit, step, reverse) => {
    for (const { letter, item, bracket } of holes) {
      const text = numberFor(letter, panels, unit, step, reverse);
      item.textContent = bracket && text.startsWith("−") ? `(${text})` : text;
    }
  };
  return { math, fill };
}

export function mount(root, data) {
  const panels = Object.fromEntries(data.panels.map((p) => [p.name, { ...p, values: decode(p.values) }]));
  const list = Object.values(panels);
  let { step, unit } = data;
  let wanted = 0; // the animation frame that is asked for, if any
  let playing = null; // when Play showed its last step, or null

  // --- What is on the page -------------------------------------------------------------------------------------
  const own = { "data-lm-suppress-shortcuts": "true" }; // Jupyter leaves the arrow keys of these elements alone
  const play = element("button", { type: "button", class: "seqmem-play", ...own }, "Play");
  const slider = element("input", {
    type: "range", min: 0, max: data.seq - 1, step: 1, "aria-label": "Time step", class: "seqmem-slider", ...own,
  });
  const when = element("span", { class: "seqmem-when", "aria-hidden": "true" }); // the slider says the same
  const chooser = element("input", { type: "number", min: 0, max: data.units - 1, step: 1, ...own });
  const chosen = element("label", { class: "seqmem-unit" }, "unit ", chooser, ` of 0 to ${data.units - 1}`);

  const canvas = element("canvas", { "aria-hidden": "true" });
  const cursor = element("div", { class: "seqmem-cursor", style: `width:${100 / data.seq}%` });
  const stage = element("div", { class: "seqmem-stage", role: "img", "aria-label": data.alt }, canvas);
  const labels = element("div", { class: "seqmem-labels" });
  const readings = element("div", { class: "seqmem-readings" });
  const boxes = [];
  const marks = []; // outlines of the chosen unit's row
  const numbers = [];
  let top = 0;
  for (const panel of list) {
    const height = panelHeight(panel);
    const place = `top:${top}px;height:${height}px`;
    boxes.push({ name: panel.name, top, height, rows: panel.rows });
    stage.append(element("div", { class: "seqmem-panel", style: place }));
    const letter = element("i", {}, panel.name);
    labels.append(element("div", { style: place }, element("span", {}, panel.label + " "), letter));
    const isInput = panel.name === "x";
    const rows = isInput ? panel.rows : 1;
    for (let row = 0; row < rows; row++) {
      const cell = element("div", { style: `top:${top + (row * height) / rows}px;height:${height / rows}px` });
      cell.dataset.of = isInput ? data.inputs[row] : panel.name;
      numbers.push([panel, isInput ? row : null, cell]);
      readings.append(cell);
    }
    if (!isInput && panel.rows > 1) {
      const mark = element("div", { class: "seqmem-mark", style: `height:${height / panel.rows}px` });
      marks.push([mark, top, height / panel.rows]);
      stage.append(mark);
    }
    top += height + GAP;
  }
  const stageHeight = top - GAP;
  const tokens = (data.tokens ?? []).map((text, t) =>
    element("span", { title: text, style: `left:${(100 * (t + 0.5)) / data.seq}%` }, text));
  const axis = element("div", { class: "seqmem-axis", "aria-hidden": "true" }, ...tokens);
  if (!tokens.length) axis.append(element("b", {}, "t = 0"), element("b", {}, `t = ${data.seq - 1}`));
  for (const node of [stage, labels, readings]) node.style.height = `${stageHeight}px`;
  stage.append(cursor);
  const control = element("div", { class: "seqmem-control" }, slider);
  const grid = element("div", { class: "seqmem-grid" }, play, control, when, labels, stage, readings, element("div"), axis);

  const equations = EQUATIONS[data.kind].map(([left, right]) => equation(left, right, panels));
  const lines = element("div", { class: "seqmem-equations" }, ...equations.map(({ math }) => math));
  if (data.units > 1) lines.prepend(chosen);
  const key = element("div", { class: "seqmem-key" });
  for (const { name, color, scale } of list) {
    const bound = Number(scale.toPrecision(2));
    const colors = color ? ["transparent", color] : [data.colors.negative, "transparent", data.colors.positive];
    const ramp = element("span", { class: "seqmem-ramp", style: `background:linear-gradient(90deg, ${colors})` });
    key.append(element("span", {}, element("i", {}, name), color ? " 0 " : ` −${bound} `, ramp, ` ${bound}`));
  }
  root.replaceChildren(grid, lines, key);

  // --- Drawing -------------------------------------------------------------------------------------------------
  // One pixel for each value, painted once; the browser stretches them to the room there is.
  const pictures = list.map((panel) => {
    const picture = new OffscreenCanvas(data.seq, panel.rows);
    const pixels = new ImageData(data.seq, panel.rows);
    for (let row = 0; row < panel.rows; row++) {
      for (let t = 0; t < data.seq; t++) {
        const share = at(panel, row, t) / (panel.scale * 10 ** panel.decimals);
        pixels.data.set(paint(share, panel, data.colors), 4 * (row * data.seq + t));
      }
    }
    picture.getContext("2d").putImageData(pixels, 0, 0);
    return picture;
  });

  function drawHeatmaps() {
    const width = stage.clientWidth;
    if (!width) return; // hidden; the observer calls again when it shows
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(stageHeight * ratio);
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    for (const [k, picture] of pictures.entries()) {
      context.drawImage(picture, 0, boxes[k].top * ratio, canvas.width, boxes[k].height * ratio);
    }
    const column = width / data.seq;
    // The slider's ends lie over the middle of the first and the last column: its thumb points at the cursor.
    slider.style.margin = `0 ${column / 2 - THUMB / 2}px`;
    placeTokens(column);
    ask();
  }

  // Texts stand under their columns: level if they fit, else upright, else only the current one is named above.
  function placeTokens(column) {
    if (!tokens.length) return;
    axis.classList.remove("seqmem-upright", "seqmem-no-room");
    const level = Math.max(...tokens.map((span) => span.offsetWidth)) <= column - 2;
    axis.classList.toggle("seqmem-upright", !level);
    axis.classList.toggle("seqmem-no-room", !level && column < 11);
    axis.style.height = `${Math.max(...tokens.map((span) => span.offsetHeight))}px`;
  }

  function draw() {
    wanted = 0;
    cursor.style.left = `${(100 * step) / data.seq}%`;
    for (const [mark, from, height] of marks) mark.style.transform = `translateY(${from + unit * height}px)`;
    for (const [panel, row, cell] of numbers) cell.textContent = format(at(panel, row ?? unit, step), panel.decimals);
    for (const { fill } of equations) fill(unit, step, data.reverse);
    axis.querySelector(".seqmem-current")?.classList.remove("seqmem-current");
    tokens[step]?.classList.add("seqmem-current");
    const text = `t = ${step}${data.tokens ? `: ${data.tokens[step]}` : ""}`;
    when.textContent = when.title = text;
    slider.value = step;
    slider.setAttribute("aria-valuetext", text);
    // Not while nothing has changed: somebody may be typing.
    if (root.dataset.unit !== String(unit)) chooser.value = unit;
    root.dataset.shown = step;
    root.dataset.unit = unit;
  }

  function ask() {
    if (!wanted) wanted = requestAnimationFrame(draw);
  }

  function show(newStep, newUnit = unit) {
    step = Math.max(0, Math.min(data.seq - 1, Math.round(newStep)));
    unit = Math.max(0, Math.min(data.units - 1, Math.round(newUnit)));
    ask();
  }

  // --- Moving --------------------------------------------------------------------------------------------------
  function stop() {
    playing = null;
    play.textContent = "Play";
  }

  function tick(now) {
    if (playing === null) return;
    if (!root.isConnected || step === data.seq - 1) return stop();
    if (now - playing >= 1000 / STEPS_PER_SECOND) {
      playing = now;
      show(step + 1);
    }
    requestAnimationFrame(tick);
  }

  play.addEventListener("click", () => {
    if (playing !== null) return stop();
    if (step === data.seq - 1) show(0);
    playing = performance.now();
    play.textContent = "Pause";
    requestAnimationFrame(tick);
  });
  slider.addEventListener("input", () => {
    stop();
    show(Number(slider.value));
  });
  chooser.addEventListener("change", () => {
    show(step, chooser.value === "" ? unit : Number(chooser.value));
    chooser.value = unit; // what was typed may lie outside
  });

  function point(event) {
    stop();
    const { left, top: above, width } = stage.getBoundingClientRect();
    const t = Math.floor(((event.clientX - left) / width) * data.seq);
    const under = rowUnder(event.clientY - above, boxes);
    show(t, event.type === "pointerdown" && under && under.name !== "x" ? under.row : unit);
  }
  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return; // a right click asks for the menu
    stage.setPointerCapture(event.pointerId);
    point(event);
  });
  stage.addEventListener("pointermove", (event) => {
    if (stage.hasPointerCapture(event.pointerId)) point(event);
  });

  ask(); // the numbers can be read before there is room for the picture
  // The observer holds nothing alive: it goes with the node that it watches.
  new ResizeObserver(drawHeatmaps).observe(stage);
}

// Mount every view of one widget that is not mounted yet: the same output may stand on a page twice.
export function mountAll(key, data) {
  for (const root of document.querySelectorAll(`[data-seqmem="${key}"]`)) {
    if (root.seqmemMounted) continue; // not an attribute, which a saved page would keep
    root.seqmemMounted = true;
    mount(root, data);
  }
}
