// The index page looks for ?q=: every section that holds all the words, those with the words side by side first.
{
  const query = new URLSearchParams(location.search).get("q")?.trim() ?? "";
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = document.getElementById("found");
  const MOST = 30;
  if (words.length) {
    document.querySelector("input[type=search]").value = query;
    const hits = [];
    for (const [page, title, sections] of JSON.parse(document.getElementById("texts").textContent)) {
      for (const [id, heading, text] of sections) {
        const lower = `${heading} ${text}`.toLowerCase();
        if (!words.every((word) => lower.includes(word))) continue;
        const together = text.toLowerCase().indexOf(words.join(" "));
        const at = together < 0 ? text.toLowerCase().indexOf(words[0]) : together;
        const link = document.createElement("a");
        link.href = `${page}.html#${id}`;
        link.textContent = heading === title ? title : `${title} ${heading}`;
        const item = document.createElement("li");
        const from = Math.max(0, text.lastIndexOf(" ", Math.max(0, at - 60)));
        item.append(link, ` … ${text.slice(from, at + 140).replace(/\S*$/, "").trim()} …`);
        hits.push([together < 0 ? 1 : 0, item]);
      }
    }
    hits.sort(([a], [b]) => a - b);
    const list = document.createElement("ul");
    list.append(...hits.slice(0, MOST).map(([, item]) => item));
    const shown = hits.length > MOST ? ` The first ${MOST}:` : "";
    found.append(hits.length ? `${hits.length} sections with “${query}”.${shown}` : `No section holds “${query}”.`, list);
  }
}
