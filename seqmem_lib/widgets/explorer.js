// The Explorer: curves of a small grid of settings. Sliders choose the setting, the pointer or a third slider the point
// whose numbers are read. Nothing is computed here but places on the page: every number is looked up.
import { inOne, translator, widest } from "./language.js";
import { element, follow, shape, steady } from "./page.js";
import { along, bandPath, height, linePath, nearest } from "./places.js";
import { decode, offset, reading, short, tick } from "./readings.js";

const HEIGHT = 280; // of the plot, in CSS pixels
const LINE = 2; // the width of a curve; dashes are counted in it

export function mount(root, data) {
  const { x, limits, log, floor, reference } = data;
  const tr = translator(data);
  const curves = data.curves.map((curve) => ({ ...curve, values: curve.values.map(decode) }));
  const counts = data.sliders.map(({ values }) => values.length);
  const indices = [...data.start];
  const places = along(x);
  let point = Math.floor(x.length / 2);
  let wanted = 0; // the animation frame that is asked for, if any

  // --- What is on the page -------------------------------------------------------------------------------------
  const texts = [...data.sliders.map(({ values }) => values.map(short)), x.map(short)];
  const controls = [...data.sliders.map(({ name }) => name), data.xlabel].map((name, k) => {
    const input = element("input", {
      type: "range", min: 0, max: texts[k].length - 1, step: 1, "aria-label": name, class: "seqmem-slider",
      "data-lm-suppress-shortcuts": "true", // Jupyter leaves the arrow keys of this element alone
    });
    const value = steady("seqmem-value", widest(texts[k]));
    const row = element("div", { class: "seqmem-setting" },
      element("span", { class: "seqmem-name", "aria-hidden": "true" }, name), // the slider says the same
      element("div", { class: "seqmem-control" }, input), value.root);
    input.addEventListener("input", () => {
      if (k < indices.length) indices[k] = Number(input.value);
      else point = Number(input.value);
      ask();
    });
    return { input, value, row };
  });
  // A slider has equal steps. Where x has not, its thumb is drawn where the point lies, and is led there by the pointer.
  const way = controls.at(-1).input.parentNode;
  const thumb = element("div", { class: "seqmem-thumb" });
  const even = places.every((place, k) => Math.abs(place - k / Math.max(1, x.length - 1)) < 1e-3);
  if (!even) way.append(element("div", { class: "seqmem-way" }, thumb));

  const svg = shape("svg", { role: "img", height: HEIGHT, width: 0 });
  const stage = element("div", { class: "seqmem-plot" }, svg);
  const axes = shape("g", { class: "seqmem-axes" });
  const cursor = shape("line", { class: "seqmem-hair", y1: 0, y2: HEIGHT });
  const level = shape("line", { class: "seqmem-reference" });
  const readings = element("div", { class: "seqmem-table" });
  const strokes = ({ color, dash }) => ({
    stroke: color, "stroke-width": LINE, "stroke-dasharray": dash.map((length) => length * LINE).join(" "), fill: "none",
  });
  // A row of the key: how a line looks, what it is called, and its number.
  const row = (line, label, band) => {
    line.setAttribute("d", "M0,7H34");
    const value = element("span", { class: "seqmem-number" });
    const interval = element("span", { class: band ? "seqmem-interval seqmem-known" : "seqmem-interval" });
    readings.append(shape("svg", { width: 34, height: 14, "aria-hidden": "true" }, line), element("span", {}, label));
    readings.append(value, interval);
    return { value, interval };
  };
  const views = curves.map((curve) => ({
    ...row(shape("path", strokes(curve)), curve.label, curve.values.length > 1),
    band: shape("path", { class: "seqmem-band", fill: curve.color, stroke: curve.color }),
    line: shape("path", { ...strokes(curve), "stroke-linejoin": "round" }),
    dot: shape("circle", { r: 4, fill: curve.color }),
  }));
  if (reference) row(shape("path", { class: "seqmem-reference" }), reference[1]).value.textContent = short(reference[0]);
  svg.append(axes, ...(reference ? [level] : []), ...views.map(({ band }) => band), cursor);
  svg.append(...views.map(({ line }) => line), ...views.map(({ dot }) => dot));
  const yticks = data.yticks.map((value) => (value === floor ? "≤ " : "") + tick(value, log));
  const gutter = Math.max(...yticks.map((text) => text.length));
  const end = tick(data.xticks.at(-1), false).length / 2; // half of it stands beyond the plot
  root.replaceChildren(
    element("div", { class: "seqmem-explorer", style: `--gutter:${gutter}ch;--end:${end}ch` },
      element("div", { class: "seqmem-bar" }, ...controls.slice(0, -1).map((control) => control.row)),
      element("div", { class: "seqmem-ylabel" }, data.ylabel), stage, controls.at(-1).row, readings),
  );

  // --- Drawing -------------------------------------------------------------------------------------------------
  const y = (value) => (Number.isNaN(value) ? value : HEIGHT * (1 - height(value, limits, log)));
  let drawnWidth = 0;

  function drawAxes(width) {
    drawnWidth = width;
    svg.setAttribute("width", width);
    const label = (text, attributes) => {
      const node = shape("text", attributes);
      node.textContent = text;
      return node;
    };
    const span = x.at(-1) - x[0];
    axes.replaceChildren(
      ...data.yticks.map((value) => shape("line", { x1: 0, x2: width, y1: y(value), y2: y(value) })),
      ...data.yticks.map((value, k) => label(yticks[k], { x: -10, y: y(value), dy: "0.35em", "text-anchor": "end" })),
      ...data.xticks.map((value) => {
        const left = width * (span ? (value - x[0]) / span : 0.5);
        return label(tick(value, false), { x: left, y: HEIGHT + 20, "text-anchor": "middle" });
      }),
    );
    for (const [name, value] of Object.entries({ x1: 0, x2: width, y1: 0, y2: 0 })) level.setAttribute(name, value);
    if (reference) level.setAttribute("transform", `translate(0 ${y(reference[0])})`);
  }

  function draw() {
    wanted = 0;
    const from = offset(indices, counts, x.length);
    const at = (values, k) => values[from + k];
    for (const [k, { input, value }] of controls.entries()) {
      const index = k < indices.length ? indices[k] : point;
      input.value = index;
      input.setAttribute("aria-valuetext", texts[k][index]);
      value.say(texts[k][index]);
    }
    const read = (values, k) => reading(at(values, k), floor, tr);
    for (const [k, { values: [middle, low, high] }] of curves.entries()) {
      views[k].value.textContent = read(middle, point);
      const known = low && !Number.isNaN(at(low, point));
      views[k].interval.textContent = known ? tr("{low} to {high}", { low: read(low, point), high: read(high, point) }) : "";
    }
    const value = (values) => (k) => tr("{y} at {x}", { y: read(values, k), x: texts.at(-1)[k] });
    const ends = ({ label, values: [middle] }) =>
      tr("{name}: {what}.", { name: label, what: [0, x.length - 1].map(value(middle)).join(tr(", ")) });
    const where = data.sliders.map(({ name }, k) => `${name} ${texts[k][indices[k]]}`).join(tr(", "));
    const said = [tr("{y} over {x} at {where}.", { y: data.ylabel, x: data.xlabel, where }), ...curves.map(ends)];
    if (reference) said.push(tr("{name}: {what}.", { name: reference[1], what: short(reference[0]) }));
    svg.setAttribute("aria-label", inOne(said));
    root.dataset.shown = indices.join(",");
    root.dataset.point = point;
    thumb.style.left = `${100 * places[point]}%`;

    const width = stage.clientWidth;
    if (!width) return; // hidden; the observer calls again when it shows
    if (width !== drawnWidth) drawAxes(width);
    const xs = places.map((place) => place * width);
    for (const [k, { values }] of curves.entries()) {
      const [middle, low, high] = values.map((all) => Array.from(all.subarray(from, from + x.length), y));
      views[k].line.setAttribute("d", linePath(xs, middle));
      if (low) views[k].band.setAttribute("d", bandPath(xs, low, high));
      views[k].dot.setAttribute("cx", xs[point]);
      views[k].dot.setAttribute("cy", middle[point]);
    }
    cursor.setAttribute("transform", `translate(${xs[point]} 0)`);
  }

  function ask() {
    if (!wanted) wanted = requestAnimationFrame(draw);
  }

  function lead(event) {
    const { left, width } = stage.getBoundingClientRect();
    point = nearest((event.clientX - left) / width, places);
    ask();
  }
  stage.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse") lead(event); // it reads the curves as it passes
  });
  follow(stage, lead);
  if (!even) {
    follow(way, lead);
    way.addEventListener("pointerup", () => controls.at(-1).input.focus({ preventScroll: true }));
  }

  ask(); // the numbers can be read before there is room for the picture
  // The observer holds nothing alive: it goes with the node that it watches.
  new ResizeObserver(ask).observe(stage);
}
