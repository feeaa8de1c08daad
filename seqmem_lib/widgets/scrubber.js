// The Scrubber: heatmaps of one or several traces over time, a cursor that moves through all of them, and the equation
// and the cell diagram of one unit with that step's numbers. `mount(root, data)` builds the view inside `root`. The
// functions above it touch no page, so that Node can test them.

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

// The whole number stored for a panel, a row (a unit or an input feature), a step and a checkpoint. What is the same at
// every checkpoint, as the input, is stored once.
export function at(panel, row, step, checkpoint = 0) {
  const stored = panel.values.length / (panel.seq * panel.rows);
  return panel.values[(Math.min(checkpoint, stored - 1) * panel.seq + step) * panel.rows + row];
}

// The whole number that stands for a letter of an equation. Before the first step every state is zero.
export function wholeFor(letter, panels, unit, step, reverse, checkpoint = 0) {
  const earlier = letter.endsWith("₋₁");
  const panel = panels[earlier ? letter.slice(0, -2) : letter];
  const from = earlier ? step + (reverse ? 1 : -1) : step;
  return from >= 0 && from < panel.seq ? at(panel, unit, from, checkpoint) : 0;
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

// Heights between 0 (the top) and 1 of a curve's points: on a logarithmic axis if the values span a factor of 1000.
export function heights(values) {
  const log = values.every((v) => v > 0) && Math.max(...values) > 1000 * Math.min(...values);
  const scaled = log ? values.map(Math.log) : values;
  const low = log ? Math.min(...scaled) : Math.min(0, ...scaled);
  const high = Math.max(low + 1e-30, ...scaled);
  return { log, points: scaled.map((v) => 1 - (v - low) / (high - low)) };
}

const GAP = 7; // between panels, in CSS pixels
const HEADING = 24; // above the panels of a trace, if there are several
const LINES = 72; // the height of a panel with curves
const THUMB = 16; // the width of the slider's thumb, as in seqmem.css
const READOUT = "#808080"; // a readout's curve: stands out from white and from black, whatever theme comes
const SPEEDS = [2, 6, 20]; // steps per second

const MATHML = "http://www.w3.org/1998/Math/MathML";

// One equation: a row of symbols, and below it, aligned, a row of numbers, which would not fit beside it. Returns the
// <math> node and a function that fills in the numbers.
function equation(left, right, panels) {
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
  const numbers = group("mtd", node("mo", "="), ...right.map(number), node("mo", "="), number(left));
  const rows = [group("mtr", group("mtd", symbol(left)), symbols), group("mtr", group("mtd"), numbers)];
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

// Builds the view, and returns `show(step, unit, checkpoint)` and `destroy()`. `changed(step, unit, checkpoint)` is
// called after each frame that shows something new.
export function mount(root, data, changed = () => {}) {
  let { step, unit, checkpoint } = data;
  let wanted = 0; // the animation frame that is asked for, if any
  let playing = null; // when Play showed its last step, or null
  const last = data.seq - 1;
  const decoded = (panel) => ({ ...panel, seq: data.seq, values: decode(panel.values) });
  const views = data.views.map((view) => {
    const panels = Object.fromEntries(view.panels.map((panel) => [panel.name, decoded(panel)]));
    return { ...view, panels, unit: () => Math.min(unit, view.units - 1) };
  });
  const units = Math.max(...views.map((view) => view.units));

  // --- What is on the page -------------------------------------------------------------------------------------
  const own = { "data-lm-suppress-shortcuts": "true" }; // Jupyter leaves the arrow keys of these elements alone
  const range = (name, most) =>
    element("input", { type: "range", min: 0, max: most, step: 1, "aria-label": name, class: "seqmem-slider", ...own });
  const play = element("button", { type: "button", class: "seqmem-play", ...own }, "Play");
  const speed = element("select", { class: "seqmem-speed", "aria-label": "Speed", ...own });
  speed.append(...SPEEDS.map((value) => element("option", { value }, `${value}/s`)));
  speed.value = SPEEDS[1];
  const slider = range("Time step", last);
  const when = element("span", { class: "seqmem-when", "aria-hidden": "true" }); // the slider says the same
  const learned = range(data.differIn, Math.max(0, data.checkpoints.length - 1));
  const which = element("span", { class: "seqmem-when", "aria-hidden": "true" });
  const chooser = element("input", { type: "number", min: 0, max: units - 1, step: 1, ...own });

  const canvas = element("canvas", { "aria-hidden": "true" });
  const cursor = element("div", { class: "seqmem-cursor", style: `width:${100 / data.seq}%` });
  const stage = element("div", { class: "seqmem-stage", role: "img", "aria-label": data.alt }, canvas);
  const labels = element("div", { class: "seqmem-labels" });
  const readings = element("div", { class: "seqmem-readings" });
  const boxes = []; // where each panel stands, and how it is painted
  const marks = []; // outlines of the chosen unit's row
  const numbers = []; // [cell, text to print in it]
  let top = 0;

  function addPanel(height, box, ...label) {
    const place = `top:${top}px;height:${height}px`;
    boxes.push({ top, height, ...box });
    stage.append(element("div", { class: "seqmem-panel", style: place }));
    labels.append(element("div", { style: place }, ...label));
    top += height + GAP;
  }
  function addReading(from, height, of, text) {
    const cell = element("div", { style: `top:${from}px;height:${height}px` });
    if (of) cell.dataset.of = of;
    numbers.push([cell, text]);
    readings.append(cell);
  }
  if (data.input) {
    const panel = decoded(data.input);
    for (const [row, name] of data.inputs.entries()) {
      addReading(top + row * 18, 18, name, () => format(at(panel, row, step, checkpoint), panel.decimals));
    }
    addPanel(panelHeight(panel), { name: "x", rows: panel.rows, panel }, element("span", {}, "input "), element("i", {}, "x"));
  }
  for (const view of views) {
    if (view.label) {
      labels.append(element("b", { style: `top:${top}px;height:${HEADING}px` }, view.label));
      top += HEADING;
    }
    for (const panel of Object.values(view.panels)) {
      const height = panelHeight(panel);
      if (panel.rows > 1) {
        const mark = element("div", { class: "seqmem-mark", style: `height:${height / panel.rows}px` });
        marks.push([mark, top, height / panel.rows, view]);
        stage.append(mark);
      }
      addReading(top, height, panel.name, () => format(at(panel, view.unit(), step, checkpoint), panel.decimals));
      const title = [element("span", {}, `${panel.label} `), element("i", {}, panel.name)];
      addPanel(height, { name: panel.name, rows: panel.rows, panel, of: view.label }, ...title);
    }
    view.unitLabel = element("span");
    addPanel(LINES, { name: "lines", rows: 1, view }, view.unitLabel);
    const legend = element("div", { class: "seqmem-legend", style: `top:${top - LINES - GAP}px;height:${LINES}px` });
    for (const { name, line } of Object.values(view.panels)) {
      const sample = shape("svg", { viewBox: "0 0 22 6", width: 22, height: 6 });
      sample.append(shape("path", { d: "M0 3H22", stroke: line.color, "stroke-width": 2, "stroke-dasharray": line.dash }));
      legend.append(element("span", {}, sample, element("i", {}, name)));
    }
    readings.append(legend);
  }
  for (const readout of data.readouts) {
    const values = readout.values.flat().map(Number);
    addReading(top, LINES, null, () => readout.values[Math.min(checkpoint, readout.values.length - 1)][step].replaceAll("-", "−"));
    const curve = heights(values);
    const scale = curve.log ? [element("small", {}, "log scale")] : [];
    addPanel(LINES, { name: "readout", rows: 1, readout, curve }, element("span", {}, readout.name), ...scale);
  }
  const stageHeight = top - GAP;
  const tokens = (data.tokens ?? []).map((text, t) =>
    element("span", { title: text, style: `left:${(100 * (t + 0.5)) / data.seq}%` }, text));
  const axis = element("div", { class: "seqmem-axis", "aria-hidden": "true" }, ...tokens);
  if (!tokens.length) axis.append(element("b", {}, "t = 0"), element("b", {}, `t = ${last}`));
  for (const node of [stage, labels, readings]) node.style.height = `${stageHeight}px`;
  stage.append(cursor);

  const grid = element("div", { class: "seqmem-grid" });
  grid.append(element("div", { class: "seqmem-controls" }, play, speed), element("div", { class: "seqmem-control" }, slider), when);
  if (data.checkpoints.length > 1) {
    const name = element("div", { class: "seqmem-name" }, data.differIn);
    grid.append(name, element("div", { class: "seqmem-control" }, learned), which);
  }
  grid.append(labels, stage, readings, element("div"), axis);

  const details = element("div", { class: "seqmem-details" });
  const fills = [];
  for (const view of views) {
    const equations = EQUATIONS[view.kind].map(([left, right]) => equation(left, right, view.panels));
    const diagram = cellDiagram(view.kind, view.panels, data.colors);
    const title = view.label ? [element("b", {}, view.label)] : [];
    // It scrolls sideways where it is too wide, so the keyboard must be able to reach it.
    const detail = element("div", { class: "seqmem-detail", tabindex: 0, role: "group", "aria-label": `${view.label} one unit` });
    detail.append(...title, diagram.root, ...equations.map(({ math }) => math));
    details.append(detail);
    const whole = (letter) => wholeFor(letter, view.panels, view.unit(), step, view.reverse, checkpoint);
    const decimals = (letter) => view.panels[letter.replace("₋₁", "")].decimals;
    const print = (letter) => format(whole(letter), decimals(letter));
    fills.push(() => {
      for (const { fill } of equations) fill(print);
      diagram.fill((letter) => whole(letter) / 10 ** decimals(letter), print);
    });
  }
  const key = element("div", { class: "seqmem-key" });
  const explained = new Set(); // a gate means the same in every trace; a state has a scale of its own in each
  for (const { panel, of } of boxes.filter((box) => box.panel)) {
    const { name, color, scale } = panel;
    const bound = Number(scale.toPrecision(2));
    const colors = color ? ["transparent", color] : [data.colors.negative, "transparent", data.colors.positive];
    const ramp = element("span", { class: "seqmem-ramp", style: `background-image:linear-gradient(90deg, ${colors})` });
    const label = color || !of ? "" : `${of} `;
    if (explained.has(label + name)) continue;
    explained.add(label + name);
    key.append(element("span", {}, label, element("i", {}, name), color ? " 0 " : ` −${bound} `, ramp, ` ${bound}`));
  }
  const chosen = element("label", { class: "seqmem-unit" }, "unit ", chooser, ` of 0 to ${units - 1}`);
  root.replaceChildren(grid, ...(units > 1 ? [chosen] : []), details, key);

  // --- Drawing -------------------------------------------------------------------------------------------------
  // One pixel for each value, painted once for each checkpoint; the browser stretches them to the room there is.
  const pictures = new Map();
  function pictureOf(panel) {
    const name = `${boxes.findIndex((box) => box.panel === panel)} ${checkpoint}`;
    if (!pictures.has(name)) {
      const picture = new OffscreenCanvas(data.seq, panel.rows);
      const pixels = new ImageData(data.seq, panel.rows);
      for (let row = 0; row < panel.rows; row++) {
        for (let t = 0; t < data.seq; t++) {
          const share = at(panel, row, t, checkpoint) / (panel.scale * 10 ** panel.decimals);
          pixels.data.set(paint(share, panel, data.colors), 4 * (row * data.seq + t));
        }
      }
      picture.getContext("2d").putImageData(pixels, 0, 0);
      pictures.set(name, picture);
    }
    return pictures.get(name);
  }

  // What does not change from step to step. It is redrawn for another width, unit or checkpoint.
  function drawStill() {
    const width = stage.clientWidth;
    if (!width) return; // hidden; the observer calls again when it shows
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(stageHeight * ratio);
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    for (const box of boxes) {
      const { top: from, height, panel, view, curve } = box;
      if (panel) context.drawImage(pictureOf(panel), 0, from * ratio, canvas.width, height * ratio);
      const x = (t) => ((t + 0.5) / data.seq) * canvas.width;
      const draw = (points, color, dash) => {
        context.beginPath();
        for (const [t, y] of points.entries()) context.lineTo(x(t), (from + 4 + y * (height - 8)) * ratio);
        context.setLineDash(dash.split(" ").filter(Boolean).map((length) => Number(length) * ratio));
        context.strokeStyle = color;
        context.lineWidth = 1.6 * ratio;
        context.stroke();
      };
      if (view) {
        const all = Object.values(view.panels);
        const bound = Math.max(1, ...all.map(({ scale }) => scale));
        draw(new Array(data.seq).fill(0.5), "rgba(128, 128, 128, 0.5)", "");
        for (const { line, decimals, ...rest } of all) {
          const share = (t) => at(rest, view.unit(), t, checkpoint) / 10 ** decimals / bound;
          const point = (_, t) => 0.5 - Math.max(-1, Math.min(1, share(t))) / 2;
          draw(Array.from({ length: data.seq }, point), line.color, line.dash);
        }
      }
      if (curve) {
        const from0 = Math.min(checkpoint, box.readout.values.length - 1) * data.seq;
        draw(curve.points.slice(from0, from0 + data.seq), READOUT, "");
      }
    }
    drawn = `${unit} ${checkpoint}`;
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

  let drawn = ""; // the unit and the checkpoint on the canvas
  function draw() {
    wanted = 0;
    cursor.style.left = `${(100 * step) / data.seq}%`;
    for (const [mark, from, height, view] of marks) {
      mark.style.transform = `translateY(${from + view.unit() * height}px)`;
    }
    for (const [cell, text] of numbers) cell.textContent = text();
    for (const fill of fills) fill();
    axis.querySelector(".seqmem-current")?.classList.remove("seqmem-current");
    tokens[step]?.classList.add("seqmem-current");
    const text = `t = ${step}${data.tokens ? `: ${data.tokens[step]}` : ""}`;
    when.textContent = when.title = text;
    slider.value = step;
    slider.setAttribute("aria-valuetext", text);
    learned.value = checkpoint;
    const trained = data.checkpoints[checkpoint] ?? "";
    which.textContent = trained;
    learned.setAttribute("aria-valuetext", trained);
    for (const view of views) view.unitLabel.textContent = `unit ${view.unit()}`;
    if (drawn !== `${unit} ${checkpoint}`) drawStill();
    // Not while nothing has changed: somebody may be typing.
    if (root.dataset.unit !== String(unit)) chooser.value = unit;
    const before = [root.dataset.shown, root.dataset.unit, root.dataset.checkpoint].join();
    Object.assign(root.dataset, { shown: step, unit, checkpoint });
    if (before !== [step, unit, checkpoint].join()) changed(step, unit, checkpoint);
  }

  function ask() {
    if (!wanted) wanted = requestAnimationFrame(draw);
  }

  function show(newStep, newUnit = unit, newCheckpoint = checkpoint) {
    const within = (value, most) => Math.max(0, Math.min(most, Math.round(value) || 0));
    step = within(newStep, last);
    unit = within(newUnit, units - 1);
    checkpoint = within(newCheckpoint, data.checkpoints.length - 1);
    ask();
  }

  // --- Moving --------------------------------------------------------------------------------------------------
  function stop() {
    playing = null;
    play.textContent = "Play";
  }

  function tick(now) {
    if (playing === null) return;
    if (!root.isConnected || step === last) return stop();
    if (now - playing >= 1000 / Number(speed.value)) {
      playing = now;
      show(step + 1);
    }
    requestAnimationFrame(tick);
  }

  play.addEventListener("click", () => {
    if (playing !== null) return stop();
    if (step === last) show(0);
    playing = performance.now();
    play.textContent = "Pause";
    requestAnimationFrame(tick);
  });
  slider.addEventListener("input", () => {
    stop();
    show(Number(slider.value));
  });
  learned.addEventListener("input", () => show(step, unit, Number(learned.value)));
  chooser.addEventListener("change", () => {
    show(step, chooser.value === "" ? unit : Number(chooser.value));
    chooser.value = unit; // what was typed may lie outside
  });

  function point(event) {
    stop();
    const { left, top: above, width } = stage.getBoundingClientRect();
    const t = Math.floor(((event.clientX - left) / width) * data.seq);
    const under = rowUnder(event.clientY - above, boxes);
    const row = under?.name !== "x" && under?.name !== "lines" && under?.name !== "readout" ? under?.row : undefined;
    show(t, event.type === "pointerdown" ? row : unit);
  }
  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return; // a right click asks for the menu
    stage.setPointerCapture(event.pointerId);
    point(event);
  });
  stage.addEventListener("pointerup", () => slider.focus({ preventScroll: true }));
  stage.addEventListener("pointermove", (event) => {
    if (stage.hasPointerCapture(event.pointerId)) point(event);
  });
  // The wheel moves the cursor once the reader has turned to the widget; a reader who scrolls past is not held up.
  stage.addEventListener("wheel", (event) => {
    if (!root.contains(document.activeElement)) return;
    event.preventDefault();
    stop();
    show(step + Math.sign(event.deltaY || event.deltaX));
  }, { passive: false });

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

  const observer = new ResizeObserver(() => {
    drawStill();
    // The sliders' ends lie over the middle of the first and the last column: the thumb points at the cursor.
    const column = stage.clientWidth / data.seq;
    slider.style.margin = `0 ${column / 2 - THUMB / 2}px`;
    placeTokens(column);
  });
  observer.observe(stage);
  ask(); // the numbers can be read before there is room for the picture
  const destroy = () => {
    stop();
    observer.disconnect();
    cancelAnimationFrame(wanted);
    root.replaceChildren();
  };
  return { show, destroy };
}

// Where the reader is. If they moved on while the kernel sent shorter data, that place is not there any more.
export function positions(model, data) {
  const most = { step: data.seq, unit: Math.max(...data.views.map((view) => view.units)), checkpoint: data.checkpoints.length };
  return Object.fromEntries(Object.entries(most).map(([name, count]) => [name, Math.min(model.get(name), count - 1)]));
}

// The live face: an anywidget whose step, unit and checkpoint are shared with Python.
export default {
  render({ model, el }) {
    el.classList.add("seqmem");
    let shown;
    const build = () => {
      shown = model.get("data");
      return mount(el, { ...shown, ...positions(model, shown) }, (step, unit, checkpoint) => {
        model.set({ step, unit, checkpoint });
        model.save_changes(); // once a frame at most, and ipywidgets sends only the latest to a busy kernel
      });
    };
    let view = build();
    const again = () => {
      view.destroy();
      view = build();
    };
    const follow = () => {
      // A position that came with other data is for the view that they will get, and may not exist in this one.
      if (model.get("data") === shown) view.show(model.get("step"), model.get("unit"), model.get("checkpoint"));
    };
    model.on("change:step change:unit change:checkpoint", follow);
    model.on("change:data", again);
    return () => {
      model.off("change:step change:unit change:checkpoint", follow);
      model.off("change:data", again);
      view.destroy();
    };
  },
};
