// What every widget needs of a page. These lines stand before a widget's own in one module, which has a `mount`.

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function shape(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Mount every view of one widget that is not mounted yet: the same output may stand on a page twice. What a view
// listens to and observes is inside it, and goes with it.
export function mountAll(key, data) {
  for (const root of document.querySelectorAll(`[data-seqmem="${key}"]`)) {
    if (root.seqmemMounted) continue; // not an attribute, which a saved page would keep
    root.seqmemMounted = true;
    mount(root, data);
  }
}
