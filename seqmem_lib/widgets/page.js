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

// Let `mount(root, data)` build every view of one widget that is not built yet: the same output may stand on a page
// twice. What a view listens to and observes is inside it, and goes with it. page.py writes the call.
export function mountAll(key, data, mount) {
  for (const root of document.querySelectorAll(`[data-seqmem="${key}"]`)) {
    if (root.seqmemMounted) continue; // not an attribute, which a saved page would keep
    root.seqmemMounted = true;
    mount(root, data);
  }
}
