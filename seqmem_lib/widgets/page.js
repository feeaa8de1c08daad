// What every widget needs of a page.

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function shape(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// A place for a text that changes, which keeps the room of the longest one: nothing else moves. It is for the eyes; a
// control says the same. Returns its node, and `say(text)`.
export function steady(name, longest) {
  const text = element("span");
  const root = element("span", { class: `seqmem-steady ${name}`, "aria-hidden": "true", "data-longest": longest }, text);
  return { root, say: (now) => { text.textContent = now; } };
}

// Let `mount(root, data)` build every view of one widget that is not built yet: the same output may stand on a page
// twice. What a view listens to and observes is inside it, and goes with it. page.py writes the call, and the data.
export function mountAll(key, mount) {
  for (const root of document.querySelectorAll(`[data-seqmem="${key}"]`)) {
    if (root.seqmemMounted) continue; // not an attribute, which a saved page would keep
    root.seqmemMounted = true;
    mount(root, JSON.parse(root.dataset.sent));
  }
}

// JupyterLab prevents a line break in a cell, and with it the change that Enter makes. It listens after this.
export function hearEnter(box) {
  box.addEventListener("beforeinput", (event) => {
    if (event.inputType === "insertLineBreak") event.stopImmediatePropagation();
  });
}

const SLOP = 8; // CSS pixels that a finger moves unintentionally

// Calls `move(event, tapped)` while a pointer is held and moved along, and at once where a mouse is pressed. A finger
// that moves across scrolls the page and moves nothing; one that is lifted where it was put has tapped.
export function follow(node, move) {
  let start = null; // of a finger that has not moved along yet
  const moved = (event) => [event.clientX - start.x, event.clientY - start.y].map(Math.abs);
  node.addEventListener("pointerdown", (event) => {
    if (event.button || !event.isPrimary) return; // a right click asks for the menu
    node.setPointerCapture(event.pointerId);
    start = event.pointerType === "mouse" ? null : { x: event.clientX, y: event.clientY };
    if (!start) move(event, true);
  });
  node.addEventListener("pointermove", (event) => {
    if (!node.hasPointerCapture(event.pointerId)) return;
    if (start) {
      const [along, across] = moved(event);
      if (along < SLOP || along < across) return;
      start = null;
    }
    move(event, false);
  });
  node.addEventListener("pointerup", (event) => {
    if (start && Math.max(...moved(event)) < SLOP) move(event, true);
    start = null;
  });
}
