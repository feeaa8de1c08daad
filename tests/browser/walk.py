"""What a deck must hold, read from its notebook, and what a browser finds on its slides."""

import re

from markdown_it import MarkdownIt

# Goes through all slides of a deck, every answer shown, and says of each what is wrong with how it looks, and its text:
# all of it, and what stands there before an answer is asked for. Formulas are left out.
WALK = r"""async () => {
  const SMALLEST = 17.9; // pixels of 720, of letters; indices of formulas are smaller
  const FIGURE = 10.5 / 72 * 100; // the letters of a figure, in its own pixels (seqmem_lib/plots/style.py)
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const text = (slide, without) => {
    const copy = slide.cloneNode(true);
    copy.querySelectorAll(`${without}, math, aside, style, script, .seqmem`).forEach((one) => one.remove());
    return copy.textContent;
  };
  const scale = Reveal.getScale();
  const size = (holder) => {
    const drawn = holder.closest("svg text");
    const zoom = drawn ? drawn.getScreenCTM().a / scale : holder.currentCSSZoom;
    return parseFloat(getComputedStyle(holder).fontSize) * zoom;
  };
  const walked = [];
  for (;;) {
    while (Reveal.availableFragments().next) Reveal.nextFragment();
    const slide = Reveal.getCurrentSlide(), wrong = new Set();
    if (slide.querySelector(".seqmem")) await frames(), await frames();
    const box = slide.getBoundingClientRect();
    const inside = ({ left, right, bottom }, of) => {
      const out = Math.max(bottom - box.bottom, right - box.right, box.left - left) / scale;
      if (out > 1) wrong.add(`${of} sticks out by ${out.toFixed()} px`);
    };
    for (const part of slide.querySelectorAll("img, table, pre, math, .seqmem, canvas")) {
      if (!part.checkVisibility() || part.closest("aside")) continue;
      inside(part.getBoundingClientRect(), part.tagName);
      if (part.matches("pre") && size(part) < SMALLEST) wrong.add(`${size(part).toFixed(1)} px: code`);
    }
    for (const part of [slide, ...slide.querySelectorAll("pre, table, .shown, .equation")]) {
      const over = Math.max(part.scrollHeight - part.clientHeight, part.scrollWidth - part.clientWidth);
      if (over > 1) wrong.add(`${part.tagName}.${part.className} has ${over} px too much`);
    }
    const words = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
      const node = words.currentNode, holder = node.parentElement, range = document.createRange();
      const isSaid = node.textContent.trim() && !holder.closest("aside, option, style, script, .seqmem-status, pre *");
      if (!isSaid || !holder.checkVisibility({ visibilityProperty: true })) continue;
      const isIndex = holder.closest("math") && Number(getComputedStyle(holder).getPropertyValue("math-depth")) > 0;
      const said = node.textContent.trim().slice(0, 20);
      if (!isIndex && size(holder) < SMALLEST) wrong.add(`${size(holder).toFixed(1)} px: ${said}`);
      range.selectNodeContents(node);
      for (const place of range.getClientRects()) if (place.width > 1) inside(place, said);
    }
    const figures = [...slide.querySelectorAll("img.seqmem-figure")];
    const scaled = getComputedStyle(slide).zoom;
    if (figures.length && scaled !== "1") wrong.add(`drawn ${scaled} times as large, where its picture could be lower`);
    const letters = figures.map((image) => {
      const { width, height } = image.getBoundingClientRect();
      return FIGURE * Math.min(width / image.naturalWidth, height / image.naturalHeight) / scale;
    });
    walked.push({
      wrong: [...wrong],
      isEmpty: !slide.querySelector("p:not(.section), li, table, pre, .equation, img, .seqmem, .says"),
      isEnd: Boolean(slide.querySelector("#what-comes-after-the-core")),
      title: slide.querySelector(".says, h1, h2, h3")?.textContent ?? "",
      says: Boolean(slide.querySelector(".says, .text > p:not(.section)")),
      hasOutput: Boolean(slide.querySelector(".output")),
      letters,
      text: text(slide, "nothing"),
      uncovered: text(slide, ".fragment"),
    });
    if (Reveal.isLastSlide()) return walked;
    Reveal.next();
  }
}"""


def letters(text: str) -> str:
    """What a browser and Markdown must agree on."""
    return re.sub(r"[\W_]", "", text)


def plain(markdown: str) -> str:
    (inline,) = MarkdownIt("commonmark").parseInline(markdown)
    return letters("".join(one.content for one in inline.children if one.type in ("text", "code_inline")))


def items(notebook) -> dict[str, str]:
    """Letters -> kind, of what no deck may lose: headings, items of lists, cells of tables, quotations, predictions,
    exercises, questions, and answers."""
    found = {}
    asked = False  # what stands before the first section says only what a prediction is
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        text = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", "", cell.source, flags=re.DOTALL)
        text = re.sub(
            r"<details><summary>(.*?)</summary> *(?=\S)(.*?)</details>", r"<details>\n\n\2\n\n</details>", text
        )
        within = []  # the kinds of block around a text
        for token in MarkdownIt("commonmark").enable("table").parse(text):
            asked = asked or token.tag == "h2"
            if token.type == "html_block":
                within = [*within, "answer"] if "<details>" in token.content else within[:-1]
            elif token.nesting:
                within = [*within, token.type.removesuffix("_open")] if token.nesting > 0 else within[:-1]
            elif token.type == "inline":
                kinds = {"heading", "list_item", "blockquote", "td", "answer"} & set(within)
                text, question = token.content, re.search(r"\*\*(Predict\b|Exercise \d|\d+\.\*\*)", token.content)
                if asked and question:
                    kinds, text = {"question"}, text[question.start() :]
                if kinds and plain(text):
                    found[plain(text)] = min(kinds)
    return found
