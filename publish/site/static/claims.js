// The claims can be searched, and sorted by any column.
addEventListener("DOMContentLoaded", () => {
  const place = document.querySelector(".claims"), body = place?.querySelector("tbody");
  if (!body) return;
  const chinese = document.documentElement.lang.startsWith("zh"), box = document.createElement("input");
  box.type = "search";
  box.placeholder = chinese ? "只看含有……的说法" : "Show only claims with …";
  box.setAttribute("aria-label", chinese ? "只看含有这些词的说法" : "Show only claims with these words");
  place.prepend(box);
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\s+/);
    for (const row of body.rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
  });
  for (const head of place.querySelectorAll("th")) {
    const button = Object.assign(document.createElement("button"), { textContent: head.textContent });
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.ariaSort === "ascending" ? -1 : 1, of = (row) => row.cells[head.cellIndex].textContent;
      for (const other of place.querySelectorAll("th")) other.ariaSort = null;
      head.ariaSort = down > 0 ? "ascending" : "descending";
      body.append(...[...body.rows].sort((a, b) => down * of(a).localeCompare(of(b), document.documentElement.lang)));
    });
  }
});
