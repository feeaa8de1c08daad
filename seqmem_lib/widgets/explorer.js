// The Explorer: curves of a small grid of settings. Sliders choose the setting, the pointer or a third slider the point
// whose numbers are read. Nothing is computed here but places on the page: every number is looked up. The functions
// above `mount` touch no page, so that Node can test them.

// Values travel as little-endian float32.
export function decode(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, k) => view.getFloat32(4 * k, true));
}

// "1.5e-12" as people write it, with a true minus sign.
export function scientific(text) {
  const [factor, power] = text.split("e");
  const raised = [...String(Number(power))].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit] ?? "⁻").join("");
  return `${factor === "1" ? "" : factor.replace("-", "−") + "×"}10${raised}`;
}

// A measured number: four significant digits, always, so that digits keep their place while they change.
export function format(value) {
  if (value === 0) return "0";
  const exponential = value.toExponential(3);
  const power = Number(exponential.split("e")[1]);
  return power < -3 || power > 3 ? scientific(exponential) : value.toPrecision(4).replace("-", "−");
}

// A number that somebody chose, as short as it was: a setting, a point, a tick.
export function short(value) {
  if (typeof value === "string") return value;
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value).replace("-", "−");
  const rounded = Number(value.toPrecision(6));
  const size = Math.abs(rounded);
  return size < 1e-4 || size >= 1e6 ? scientific(rounded.toExponential()) : String(rounded).replace("-", "−");
}

// Powers of ten beside a logarithmic axis look alike: 10⁻³, not 0.001 between 10⁻⁶ and 1.
export function tick(value, log) {
  const exponential = Number(value.toPrecision(6)).toExponential();
  return log && exponential.startsWith("1e") && Math.abs(exponential.slice(2)) > 1 ? scientific(exponential) : short(value);
}

// What is printed for a value. At the floor and below it, all that is known is that.
export function reading(value, floor) {
  return floor !== null && value <= floor ? `below ${tick(floor, true)}` : format(value);
}

// Where the points of one setting begin in the values of a whole grid.
export function offset(indices, counts, points) {
  return indices.reduce((at, index, k) => at * counts[k] + index, 0) * points;
}

// How far up the axis a value lies, from 0 to 1.
export function height(value, [low, high], log) {
  const scale = log ? Math.log : (v) => v;
  return (scale(Math.min(high, Math.max(low, value))) - scale(low)) / (scale(high) - scale(low));
}

// How far along each point lies, from 0 to 1. A single point lies in the middle.
export function along(x) {
  const span = x.at(-1) - x[0];
  return x.map((value) => (span ? (value - x[0]) / span : 0.5));
}

// The point nearest to a place.
export function nearest(place, places) {
  let best = 0;
  for (const [k, there] of places.entries()) if (Math.abs(there - place) < Math.abs(places[best] - place)) best = k;
  return best;
}

const join = (points) => points.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join("L");

export function linePath(xs, ys) {
  return `M${join(xs.map((x, k) => [x, ys[k]]))}`;
}

// There and back again; NaN, a point without an interval, leaves a gap.
export function bandPath(xs, lows, highs) {
  const pieces = [[]];
  for (const [k, x] of xs.entries()) {
    if (Number.isNaN(lows[k])) pieces.push([]);
    else pieces.at(-1).push([x, lows[k], highs[k]]);
  }
  const outline = (piece) => [...piece.map(([x, , high]) => [x, high]), ...piece.map(([x, low]) => [x, low]).reverse()];
  return pieces.filter((piece) => piece.length).map((piece) => `M${join(outline(piece))}Z`).join("");
}

const HEIGHT = 280; // of the plot, in CSS pixels
const LINE = 2; // the width of a curve; dashes are counted in it

export function mount(root, data) {
  const { x, limits, log, floor, reference } = data;
  const curves = data.curves.map((curve) => ({ ...curve, values: curve.values.map(decode) }));
  const counts = data.sliders.map(({ values }) => values.length);
  const indices = [...data.start];
  const places = along(x);
  let point = Math.floor(x.length / 2);
  let wanted = 0; // the animation frame that is asked for, if any

  // --- What is on the page -------------------------------------------------------------------------------------
  const texts = [...data.sliders.map(({ values }) => values.map(short)), x.map(short)];
  const widest = Math.max(...texts.flat().map((text) => text.length)); // keeps its room while the text changes
  const controls = [...data.sliders.map(({ name }) => name), data.xlabel].map((name, k) => {
    const input = element("input", {
      type: "range", min: 0, max: texts[k].length - 1, step: 1, "aria-label": name, class: "seqmem-slider",
      "data-lm-suppress-shortcuts": "true", // Jupyter leaves the arrow keys of this element alone
    });
    const value = element("span", { class: "seqmem-value", "aria-hidden": "true", style: `min-width:${widest}ch` });
    const row = [
      element("span", { class: "seqmem-name", "aria-hidden": "true" }, name), // the slider says the same
      element("div", { class: "seqmem-control" }, input),
      value,
    ];
    input.addEventListener("input", () => {
      if (k < indices.length) indices[k] = Number(input.value);
      else point = Number(input.value);
      ask();
    });
    return { input, value, row };
  });

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
  const row = (line, label) => {
    line.setAttribute("d", "M0,7H34");
    const value = element("span", { class: "seqmem-number" });
    const interval = element("span", { class: "seqmem-interval" });
    readings.append(shape("svg", { width: 34, height: 14, "aria-hidden": "true" }, line), element("span", {}, label));
    readings.append(value, interval);
    return { value, interval };
  };
  const views = curves.map((curve) => ({
    ...row(shape("path", strokes(curve)), curve.label),
    band: shape("path", { class: "seqmem-band", fill: curve.color, stroke: curve.color }),
    line: shape("path", { ...strokes(curve), "stroke-linejoin": "round" }),
    dot: shape("circle", { r: 4, fill: curve.color }),
  }));
  if (reference) row(shape("path", { class: "seqmem-reference" }), reference[1]).value.textContent = short(reference[0]);
  svg.append(axes, ...(reference ? [level] : []), ...views.map(({ band }) => band), cursor);
  svg.append(...views.map(({ line }) => line), ...views.map(({ dot }) => dot));
  const yticks = data.yticks.map((value) => (value === floor ? "≤ " : "") + tick(value, log));
  const gutter = Math.max(...yticks.map((text) => text.length));
  root.replaceChildren(
    element("div", { class: "seqmem-explorer", style: `--gutter:${gutter}ch` },
      ...controls.slice(0, -1).flatMap((control) => control.row),
      element("div", { class: "seqmem-ylabel" }, data.ylabel), stage, ...controls.at(-1).row, readings),
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
      value.textContent = texts[k][index];
    }
    for (const [k, { values: [middle, low, high] }] of curves.entries()) {
      views[k].value.textContent = reading(at(middle, point), floor);
      const known = low && !Number.isNaN(at(low, point));
      views[k].interval.textContent = known ? `${reading(at(low, point), floor)} to ${reading(at(high, point), floor)}` : "";
    }
    const ends = ({ label, values: [middle] }) =>
      `${label}: ${[0, x.length - 1].map((k) => `${reading(at(middle, k), floor)} at ${texts.at(-1)[k]}`).join(", ")}.`;
    const where = data.sliders.map(({ name }, k) => `${name} ${texts[k][indices[k]]}`).join(", ");
    const said = [`${data.ylabel} over ${data.xlabel} at ${where}.`, ...curves.map(ends)];
    if (reference) said.push(`${reference[1]}: ${short(reference[0])}.`);
    svg.setAttribute("aria-label", said.join(" "));
    root.dataset.shown = indices.join(",");
    root.dataset.point = point;

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

  function follow(event) {
    const { left, width } = stage.getBoundingClientRect();
    point = nearest((event.clientX - left) / width, places);
    ask();
  }
  stage.addEventListener("pointerdown", follow);
  stage.addEventListener("pointermove", follow);

  ask(); // the numbers can be read before there is room for the picture
  // The observer holds nothing alive: it goes with the node that it watches.
  new ResizeObserver(ask).observe(stage);
}
