// The Cobweb: a map of one state, step by step. All of it is computed here, from the sliders.
import { inOne, translator } from "../../widgets/language.js";
import { element, shape } from "../../widgets/page.js";
import { format, scientific } from "../../widgets/readings.js";
import { fixedPoints, followed, MAPS } from "./maps.js";

const SIZE = 320; // of the square plot, in units of the picture
const HIGH = 119; // of the two plots over time, which are as wide
const LEAST = -9; // the powers of ten of the lower one
const MOST = 3;
const EDGE = { left: 40, right: 10, top: 8, bottom: 34 };

// With a slope of 1 or -1 too: tanh is flatter beside that, and brings a state back slowly.
const rests = ([, slope]) => Math.abs(slope) <= 1;

const number = (value) => (Math.abs(value) < 0.005 ? 0 : value).toFixed(2).replace("-", "−");

// A picture with its axes, and what turns numbers into places in it.
function plot(width, high, [x0, x1], [y0, y1], xticks, yticks, names) {
  const x = (value) => EDGE.left + ((value - x0) / (x1 - x0)) * width;
  const y = (value) => EDGE.top + (1 - (value - y0) / (y1 - y0)) * high;
  const text = (words, attributes) => {
    const node = shape("text", attributes);
    node.textContent = words;
    return node;
  };
  const across = ([value, words]) => text(words, { x: x(value), y: EDGE.top + high + 16, "text-anchor": "middle" });
  const up = ([value, words]) => text(words, { x: EDGE.left - 6, y: y(value), dy: "0.35em", "text-anchor": "end" });
  const view = `0 0 ${EDGE.left + width + EDGE.right} ${EDGE.top + high + EDGE.bottom}`;
  const svg = shape("svg", { viewBox: view, role: "img" },
    shape("rect", { x: EDGE.left, y: EDGE.top, width, height: high, class: "seqmem-frame" }),
    ...xticks.map(across), ...yticks.map(up),
    text(names[0], { x: EDGE.left + width / 2, y: EDGE.top + high + 30, "text-anchor": "middle" }),
  );
  const line = (points) => `M${points.map(([a, b]) => `${x(a).toFixed(2)},${y(b).toFixed(2)}`).join("L")}`;
  return { svg, x, y, line, node: element("div", { class: "seqmem-part" }, element("div", {}, names[1]), svg) };
}

export function mount(root, { map, state, low, high, color, steps, sliders, sentences }) {
  const tr = translator({ sentences });
  const chosen = Object.fromEntries(sliders.map(({ name, start }) => [name, start]));
  const first = sliders.at(-1).name; // the state before the first step
  const rows = sliders.map(({ name, low, high, step }) => {
    const input = element("input", {
      type: "range", min: Math.round(low / step), max: Math.round(high / step), step: 1, "aria-label": name, class: "seqmem-slider",
      "data-lm-suppress-shortcuts": "true", // Jupyter leaves the arrow keys of this element alone
    });
    const value = element("span", { class: "seqmem-value", "aria-hidden": "true" });
    input.addEventListener("input", () => {
      chosen[name] = Number((input.value * step).toFixed(2));
      draw();
    });
    const row = element("div", { class: "seqmem-setting" }, element("i", { "aria-hidden": "true" }, name),
      element("div", { class: "seqmem-control" }, input), value);
    return { name, input, value, row, step };
  });

  const ends = [low, high];
  const ticks = [Math.ceil(low), 0, Math.floor(high)].map((value) => [value, String(value).replace("-", "−")]);
  const after = [0, steps / 2, steps].map((step) => [step, String(step)]);
  const powers = [LEAST, -6, -3, 0, MOST].map((power) => [power, power ? scientific(`1e${power}`) : "1"]);
  const web = plot(SIZE, SIZE, ends, ends, ticks, ticks, [
    tr("{state} before the step", { state }), tr("{state} after it: {map}", { state, map })]);
  const path = plot(SIZE, HIGH, [0, steps], ends, after, ticks, [tr("step"), tr("{state} at each step", { state })]);
  const push = plot(SIZE, HIGH, [0, steps], [LEAST, MOST], after, powers,
    [tr("step"), tr("what is left of a small change of {first}: the product of the slopes", { first })]);
  const colored = { stroke: color, fill: "none", "stroke-width": 2.5 };
  const curve = shape("path", colored);
  const walk = shape("path", { class: "seqmem-walk" });
  const points = shape("g");
  web.svg.append(shape("path", { d: web.line([[low, low], [high, high]]), class: "seqmem-diagonal" }), curve, walk, points);
  const course = shape("path", colored);
  path.svg.append(course);
  const rest = shape("path", { class: "seqmem-walk" });
  push.svg.append(shape("path", { d: push.line([[0, 0], [steps, 0]]), class: "seqmem-diagonal" }), rest);
  const said = [0, 1, 2].map(() => element("div"));
  root.replaceChildren(element("div", { class: "seqmem-cobweb" },
    element("div", { class: "seqmem-bar" }, ...rows.map(({ row }) => row)),
    element("div", { class: "seqmem-parts" }, web.node, element("div", {}, path.node, push.node)),
    element("div", { class: "seqmem-said" }, ...said)));

  function draw() {
    for (const { name, input, value, step } of rows) {
      input.value = Math.round(chosen[name] / step);
      value.textContent = number(chosen[name]);
      input.setAttribute("aria-valuetext", value.textContent);
    }
    const inside = (value) => Math.min(high, Math.max(low, value));
    const grid = Array.from({ length: 201 }, (_, k) => low + ((high - low) * k) / 200);
    curve.setAttribute("d", web.line(grid.map((at) => [at, inside(MAPS[map].value(at, chosen))])));
    const { states, left } = followed(MAPS[map], chosen[first], chosen, steps);
    const corners = states.slice(1).flatMap((to, t) => [[states[t], to], [to, to]]);
    walk.setAttribute("d", web.line([[states[0], low], ...corners].map((place) => place.map(inside))));
    course.setAttribute("d", path.line(states.map((at, t) => [t, inside(at)])));
    const log = (value) => Math.min(MOST, Math.max(LEAST, Math.log10(Math.abs(value))));
    rest.setAttribute("d", push.line(left.map((value, t) => [t, log(value)])));

    const fixed = fixedPoints(MAPS[map], chosen, low, high);
    const places = fixed ?? [];
    points.replaceChildren(...places.flatMap(([at, slope]) => {
      const reach = 0.1 * (high - low) / Math.hypot(1, slope);
      const tangent = [[at - reach, at - reach * slope], [at + reach, at + reach * slope]];
      const kind = rests([at, slope]) ? "seqmem-rests" : "seqmem-leaves";
      return [shape("path", { d: web.line(tangent), class: "seqmem-tangent" }),
        shape("circle", { cx: web.x(at), cy: web.y(at), r: 5, class: kind })];
    }));
    const list = (of) =>
      of.map(([at, slope]) => tr("{at} (slope {slope})", { at: number(at), slope: number(slope) })).join(tr(", "));
    const [stays, leaves] = [true, false].map((kind) => places.filter((place) => rests(place) === kind));
    said[0].textContent = !fixed ? tr("It rests everywhere: each state stays what it is.")
      : stays.length ? tr("It rests at {places}.", { places: list(stays) }) : tr("There is no place here where it rests.");
    said[1].textContent = leaves.length ? tr("It is driven away from {places}.", { places: list(leaves) }) : "";
    const size = Math.abs(left[steps]);
    const factor = size < 1e-12 ? tr("less than 10⁻¹²") : format(size);
    const [from, to] = [states[0], states[steps]].map(number);
    said[2].textContent = tr(
      "After {steps} steps {state} is {to}, and a small change of {first} is multiplied by {factor}.", { steps, state, to, first, factor });
    web.svg.setAttribute("aria-label", inOne([tr("{map} against {state}.", { map, state }), said[0].textContent, said[1].textContent]));
    path.svg.setAttribute("aria-label", tr("{state} from {from} to {to} in {steps} steps.", { state, from, to, steps }));
    push.svg.setAttribute("aria-label", said[2].textContent);
    root.dataset.shown = rows.map(({ name }) => chosen[name]).join(" ");
  }

  draw();
}
