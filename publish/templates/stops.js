// Code, outputs, equations and tables are stops of the Tab key only where there is something to scroll.
{
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
  });
  for (const node of document.querySelectorAll("pre[tabindex], div[tabindex]")) observer.observe(node);
}
