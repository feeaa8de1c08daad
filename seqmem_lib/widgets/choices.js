// Labelled controls, and numbers written as people write them.
import { element } from "./page.js";

export const OWN = { "data-lm-suppress-shortcuts": "true" }; // Jupyter leaves the keys of these elements alone

export function button(text, pressed) {
  const node = element("button", { type: "button", class: "seqmem-play", ...OWN }, text);
  node.addEventListener("click", pressed);
  return node;
}

// A labelled list. `chosen(value)` is called with the value of one of the options that `offer(options, value)` puts there,
// [value, text] each; it returns the root.
export function select(name, chosen) {
  const node = element("select", { class: "seqmem-select", ...OWN });
  const root = element("label", {}, `${name} `, node);
  const offer = (options, value) => {
    node.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
    node.value = value;
    return root;
  };
  node.addEventListener("change", () => chosen(node.value));
  return { root, node, offer };
}

// A labelled slider, with its number beside it. `moved(value)` is called while it is moved.
export function slide(name, low, high, step, moved) {
  const node = element("input", { type: "range", min: low, max: high, step, class: "seqmem-slider", "aria-label": name, ...OWN });
  const number = element("span", { class: "seqmem-number", "aria-hidden": "true" });
  const say = (value) => {
    number.textContent = value.toFixed(2).replace("-", "−");
    node.setAttribute("aria-valuetext", number.textContent);
  };
  const set = (value, [least, most] = [low, high]) => {
    Object.assign(node, { min: least, max: most, value });
    say(value);
  };
  node.addEventListener("input", () => {
    say(Number(node.value));
    moved(Number(node.value));
  });
  return { root: element("span", { class: "seqmem-slide" }, node, number), node, set };
}
