"""What is true of every widget on a page, whatever it shows."""

import re

from playwright.sync_api import Locator

# Attributes that are empty or hold no value, texts in which something is missing, shapes that nobody can see, lines
# that are filled, controls whose keys Jupyter takes.
FAULTS = """(root) => {
  const found = new Set();
  const sent = ["data-sent", "data-module", "data-style", "data-seqmem"];
  const may = ["hidden", "stroke-dasharray"]; // be empty, as a class that was taken away
  const holds = /undefined|NaN|null|Infinity|\\[object|=>|\\{\\w*\\}/;
  const name = (node) => `${node.tagName}.${node.getAttribute("class")}`;
  for (const node of [root, ...root.querySelectorAll("*")]) {
    for (const { name: attribute, value } of node.attributes) {
      if (sent.includes(attribute)) continue;
      const empty = !value && !may.includes(attribute) && !node.matches(".seqmem-axis > *");
      if (empty) found.add(`${name(node)} has an empty ${attribute}`);
      if (holds.test(value)) found.add(`${name(node)}: ${attribute} = ${value}`);
    }
    if (!node.checkVisibility()) continue;
    const style = getComputedStyle(node);
    if (node.matches("path, rect, circle, line, polyline") && style.stroke === "none" && style.fill === "none") {
      found.add(`${name(node)} cannot be seen`);
    }
    if (node.matches("path") && style.fill !== "none" && /L[^MZ]*L[^MZ]*$/.test(node.getAttribute("d"))) {
      found.add(`${name(node)} is a line, and filled`);
    }
    if (node.matches("input, select, button") && node.closest("[data-lm-suppress-shortcuts=true]") !== node) {
      found.add(`${name(node)}: Jupyter takes its keys`);
    }
  }
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) if (holds.test(texts.currentNode.data)) found.add(`said: ${texts.currentNode.data}`);
  return [...found];
}"""


def faults(root: Locator) -> list[str]:
    """What is wrong with what a widget shows now."""
    return root.evaluate(FAULTS)


def unused(root: Locator, sheet: str, *but: str) -> set[str]:
    """The classes that a style sheet names and nothing on the page has, except some."""
    named = set(re.findall(r"\.(seqmem-[\w-]+)", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)))
    return {one for one in named - set(but) if not root.page.locator(f".{one}").count()}
