// The stage of the Scrubber: its panels stand below each other over one time axis, each with its name and the numbers of
// this step beside it, or above it where there is little room, and the cursor goes through all of them.
import { at, format, heights, paint, panelHeight, rowUnder } from "./numbers.js";
import { element, shape } from "./page.js";

const LINES = 64; // the height of a panel with curves, in CSS pixels
// A readout's curve: stands out from white and from black, whatever theme comes.
const CURVE = "#808080";

// The panels of a view; the diagram alone shows what is hidden.
const shownOf = (view) => Object.values(view.panels).filter(({ hidden }) => !hidden);

// What stands in one row: a name, what lies over the time axis, and what is read.
export function row(label, panel, reading) {
  return element("div", { class: "seqmem-row" },
    element("div", { class: "seqmem-label" }, ...label), panel, element("div", { class: "seqmem-reading" }, ...reading));
}

// `now` holds the step, the unit and the checkpoint that are shown. Whoever changes them calls `draw()`, and `fit()` if
// there is another width to draw in.
export function buildStage(data, now) {
  const { seq, tr } = data;
  const canvas = element("canvas", { "aria-hidden": "true" });
  const stage = element("div", { class: "seqmem-stage", role: "img", "aria-label": data.alt }, canvas);
  const panels = element("div", { class: "seqmem-panels" }, stage);
  panels.style.setProperty("--seq", seq);
  const boxes = []; // where each panel stands, and how it is painted
  const marks = []; // outlines of the chosen unit's row
  const numbers = []; // [cell, text to print in it]

  function addPanel(height, box, label, reading) {
    const cursor = element("div", { class: "seqmem-cursor" });
    const node = element("div", { class: "seqmem-panel", style: `height:${height}px` }, cursor);
    boxes.push({ node, height, ...box });
    panels.append(row(label, node, reading));
    return node;
  }
  function reading(of, text, height) {
    const cell = element("div", height ? { style: `--high:${height}px` } : {});
    if (of) cell.dataset.of = of;
    numbers.push([cell, text]);
    return cell;
  }
  const numberIn = (panel, row) => format(at(panel, row, now.step, now.checkpoint), panel.decimals);
  // What somebody asked for by name comes first.
  for (const readout of data.readouts) {
    const printed = (values) => values[Math.min(now.checkpoint, values.length - 1)][now.step].replaceAll("-", "−");
    const due = () => (readout.due && printed(readout.due) ? tr(", due: {value}", { value: printed(readout.due) }) : "");
    const lines = readout.lines ?? [readout];
    const numbers = lines.map((line, k) => reading(line.of, () => (printed(line.values) || "0") + (k ? "" : due())));
    const log = element("small", {}, tr("log scale"));
    addPanel(LINES, { name: "readout", rows: 1, readout, lines, log }, [element("span", {}, readout.name), log], numbers);
  }
  if (data.input) {
    const { input: panel, inputs } = data;
    const read = inputs.map((name, k) => reading(name, () => numberIn(panel, k), 18));
    addPanel(panelHeight(panel), { name: "x", rows: panel.rows, panel }, [element("span", {}, `${tr("input")} `), element("i", {}, "x")], read);
  }
  for (const view of data.views) {
    if (view.label) panels.append(element("b", { class: "seqmem-heading" }, view.label));
    for (const panel of shownOf(view)) {
      const { name, rows } = panel;
      const height = panelHeight(panel, data.views.length);
      const title = [element("span", {}, `${panel.label} `), element("i", {}, name)];
      const node = addPanel(height, { name, rows, panel, of: view.label }, title, [reading(name, () => numberIn(panel, view.unit()))]);
      if (rows > 1) {
        const mark = element("div", { class: "seqmem-mark", style: `height:${height / rows}px` });
        marks.push([mark, height / rows, view]);
        node.append(mark);
      }
    }
    view.unitLabel = element("span");
    const legend = element("div", { class: "seqmem-legend" });
    for (const { name, line } of shownOf(view)) {
      const sample = shape("svg", { viewBox: "0 0 22 6", width: 22, height: 6, "aria-hidden": "true" });
      sample.append(shape("path", { d: "M0 3H22", stroke: line.color, "stroke-width": 2, "stroke-dasharray": line.dash }));
      legend.append(element("span", {}, sample, element("i", {}, name)));
    }
    addPanel(LINES, { name: "lines", rows: 1, view }, [view.unitLabel], [legend]);
  }
  const tokens = (data.tokens ?? []).map((text, t) =>
    element("span", { title: text, style: `left:${(100 * (t + 0.5)) / seq}%` }, text));
  const ends = [element("b", {}, "t = 0"), element("b", {}, `t = ${seq - 1}`)]; // where no token has room
  const axis = element("div", { class: "seqmem-axis", "aria-hidden": "true" }, ...tokens, ...ends);

  // One pixel for each value, painted once for each checkpoint; the browser stretches them to the room there is.
  const pictures = new Map();
  function pictureOf(panel) {
    const name = `${boxes.findIndex((box) => box.panel === panel)} ${now.checkpoint}`;
    if (!pictures.has(name)) {
      const picture = new OffscreenCanvas(seq, panel.rows);
      const pixels = new ImageData(seq, panel.rows);
      for (let row = 0; row < panel.rows; row++) {
        for (let t = 0; t < seq; t++) {
          const share = at(panel, row, t, now.checkpoint) / (panel.scale * 10 ** panel.decimals);
          pixels.data.set(paint(share, panel, data.colors), 4 * (row * seq + t));
        }
      }
      picture.getContext("2d").putImageData(pixels, 0, 0);
      pictures.set(name, picture);
    }
    return pictures.get(name);
  }

  let drawn = ""; // the unit and the checkpoint on the canvas
  const chosen = () => `${now.unit} ${now.checkpoint}`;

  // What does not change from step to step. It is redrawn for another width, unit or checkpoint.
  function drawStill() {
    const width = stage.clientWidth;
    if (!width) return; // hidden; `fit` is called again when it shows
    const ratio = window.devicePixelRatio || 1;
    const { offsetHeight } = stage;
    for (const box of boxes) box.top = box.node.offsetTop;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(offsetHeight * ratio);
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    for (const box of boxes) {
      const { top: from, height, panel, view, readout, lines } = box;
      if (panel) context.drawImage(pictureOf(panel), 0, from * ratio, canvas.width, height * ratio);
      const x = (t) => ((t + 0.5) / seq) * canvas.width;
      const ring = (left, top) => {
        context.beginPath();
        context.arc(left, top, 4 * ratio, 0, 2 * Math.PI);
        context.setLineDash([]);
        context.strokeStyle = data.colors.positive;
        context.lineWidth = 1.6 * ratio;
        context.stroke();
      };
      const draw = (points, color, dash) => {
        context.beginPath();
        for (const [t, y] of points.entries()) context.lineTo(x(t), (from + 4 + y * (height - 8)) * ratio);
        context.setLineDash(dash.split(" ").filter(Boolean).map((length) => Number(length) * ratio));
        context.strokeStyle = color;
        context.lineWidth = 1.6 * ratio;
        context.stroke();
      };
      if (view) {
        const all = shownOf(view);
        const bound = Math.max(1, ...all.map(({ scale }) => scale));
        draw(new Array(seq).fill(0.5), "rgba(128, 128, 128, 0.5)", "");
        for (const panel of all) {
          const { line, decimals } = panel;
          const share = (t) => at(panel, view.unit(), t, now.checkpoint) / 10 ** decimals / bound;
          const point = (_, t) => 0.5 - Math.max(-1, Math.min(1, share(t))) / 2;
          draw(Array.from({ length: seq }, point), line.color, line.dash);
        }
      }
      if (readout) {
        const rows = [...lines.map(({ values }) => values), readout.due ?? []]; // each (checkpoints, seq)
        const curve = heights(rows.flat(2).map((text) => (text === "" ? NaN : Number(text))), readout.range);
        const points = rows.map((values) => values.map(() => curve.points.splice(0, seq)));
        box.log.hidden = !curve.log;
        for (const [k, { color = CURVE, dash = "" }] of lines.entries()) draw(points[k][Math.min(now.checkpoint, points[k].length - 1)], color, dash);
        for (const [t, y] of (points.at(-1)[0] ?? []).entries()) if (!Number.isNaN(y)) ring(x(t), (from + 4 + y * (height - 8)) * ratio);
      }
    }
    drawn = chosen();
  }

  // Texts stand over their columns: level if they fit, else upright, else only the current one is named above.
  function placeTokens(column) {
    axis.classList.remove("seqmem-upright", "seqmem-no-room");
    const level = Math.max(...tokens.map((span) => span.offsetWidth)) <= column - 2;
    const room = tokens.length > 0 && (level || column >= 13);
    axis.classList.toggle("seqmem-upright", room && !level);
    axis.classList.toggle("seqmem-no-room", !room);
    axis.style.height = room ? `${Math.max(...tokens.map((span) => span.offsetHeight))}px` : "";
  }

  function fit() {
    drawStill();
    placeTokens(stage.clientWidth / seq);
  }

  function draw() {
    panels.style.setProperty("--step", now.step);
    for (const [mark, height, view] of marks) mark.style.transform = `translateY(${view.unit() * height}px)`;
    for (const [cell, text] of numbers) cell.textContent = text();
    axis.querySelector(".seqmem-current")?.classList.remove("seqmem-current");
    tokens[now.step]?.classList.add("seqmem-current");
    for (const view of data.views) view.unitLabel.textContent = tr("unit {unit}", { unit: view.unit() });
    if (drawn !== chosen()) drawStill();
  }

  // The step and, in a heatmap of units, the row that the pointer of an event is at.
  function placeOf(event) {
    const { left, top, width, height } = stage.getBoundingClientRect(); // as seen: a slide may be scaled
    const under = rowUnder(((event.clientY - top) / height) * stage.offsetHeight, boxes);
    const row = ["x", "lines", "readout"].includes(under?.name) ? undefined : under?.row;
    return { step: Math.floor(((event.clientX - left) / width) * seq), row };
  }

  const key = element("div", { class: "seqmem-key" }, ...colorKey(boxes, data.colors));
  // For numbers that have changed.
  function forget() {
    pictures.clear();
    drawn = "";
    key.replaceChildren(...colorKey(boxes, data.colors));
  }

  return { stage, panels, axis, key, draw, fit, forget, placeOf };
}

// What the colours of the heatmaps mean. A gate means the same in every trace; a state has a scale of its own in each.
function colorKey(boxes, { negative, positive }) {
  const key = [];
  const explained = new Set();
  for (const { panel, of } of boxes.filter((box) => box.panel)) {
    const { name, color, scale } = panel;
    const bound = Number(scale.toPrecision(2));
    const colors = color ? ["transparent", color] : [negative, "transparent", positive];
    const ramp = element("span", { class: "seqmem-ramp", style: `background-image:linear-gradient(90deg, ${colors})` });
    const label = color || !of ? "" : `${of} `;
    if (explained.has(label + name)) continue;
    explained.add(label + name);
    key.push(element("span", {}, label, element("i", {}, name), color ? " 0 " : ` −${bound} `, ramp, ` ${bound}`));
  }
  return key;
}
