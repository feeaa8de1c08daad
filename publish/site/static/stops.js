// Code, outputs, equations and tables are stops of the Tab key only where there is something to scroll.
addEventListener("DOMContentLoaded", () => {
  const stop = (node) => { node.tabIndex = node.scrollWidth > node.clientWidth ? 0 : -1; };
  const observer = new ResizeObserver((entries) => entries.forEach(({ target }) => stop(target)));
  const wide = document.querySelectorAll("article :is(pre, .equation, .pst-scrollable-table-container, .text_html)");
  for (const node of wide) observer.observe(node);
});
