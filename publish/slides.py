"""Slides: `make slides` writes a deck for every notebook to `_slides/`, through nbconvert and reveal.js.

What a room should see is shown: headings with the first sentences below them, equations, figures and widgets, printed
results, tables, predictions, exercises and the quiz, whose answers come at the next key, and code that is there to be
read: what prints nothing, what has a bug, and what belongs to an exercise. All other prose goes to the speaker's notes.
Where that is not what you want, give the cell a slide type, in JupyterLab's property inspector: then the whole cell is
what nbconvert makes of it.

A deck is one file. Nothing is loaded from outside, and a content security policy forbids it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from math import ceil
from pathlib import Path

import nbformat
from nbconvert import SlidesExporter
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from publish import measures
from publish.claims import NOTEBOOKS
from publish.measures import ROOM
from publish.render import TEMPLATES, Renderer, is_folded, output_as_html, source_as_html, style, write_folder
from publish.student import ABOUT_SOLUTIONS

SLIDES = NOTEBOOKS.parent / "_slides"
LEAD = 320  # letters of the first paragraph that stand below a heading
BLOCK = re.compile(
    r"(<details>.*?</details>|\$\$.*?\$\$|\*\*[^*\n]+\*\*\n\n- .+?|.+?)(?:\n\s*\n|\Z)",  # a list stays with its title
    re.DOTALL,
)
ASKS = re.compile(r"\*\*(Predict\b|Exercise \d|\d+\.\*\*)")


@dataclass
class Slide:
    kind: str  # "slide" for a section of the notebook, "subslide" below it
    shown: list[NotebookNode]
    lines: float  # that these take
    predict: bool = False  # what follows the question comes at the next key
    notes: list[str] = field(default_factory=list)


class Deck:
    """Slides that are filled one after the other."""

    def __init__(self):
        self.slides: list[Slide] = []
        self.title = ""  # of the section

    def begin(self, kind: str, cell: NotebookNode | None = None, lines: float = 1.5) -> None:
        """A new slide, below the title of the section."""
        self.slides.append(Slide(kind, [cell or new_markdown_cell(f"###### {self.title}")], lines))

    def show(self, cell: NotebookNode, lines: float, kind: str = "-") -> None:
        """Put it on this slide, or if there is no room, on the next."""
        if self.slides[-1].lines > 2 and self.slides[-1].lines + lines > ROOM:
            self.begin("subslide")
        cell.metadata.slideshow = {"slide_type": "fragment" if self.slides[-1].predict else kind}
        self.slides[-1].shown.append(cell)
        self.slides[-1].lines += lines

    def note(self, text: str) -> None:
        self.slides[-1].notes.append(text)

    def cells(self) -> Iterator[NotebookNode]:
        """Each slide's notes stand second, so that they belong to the slide and not to a fragment of it."""
        for slide in self.slides:
            first, *rest = slide.shown
            first.metadata.slideshow = {"slide_type": slide.kind}
            yield first
            if slide.notes:
                yield new_markdown_cell("\n\n".join(slide.notes), metadata={"slideshow": {"slide_type": "notes"}})
            yield from rest


def slides_of(notebook: NotebookNode) -> NotebookNode:
    """A notebook whose cells are what the slides show, with slide types as JupyterLab writes them."""
    deck = Deck()
    setup = next(cell for cell in notebook.cells if cell.cell_type == "code")
    before = []  # the tags of the cell before
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        if kind in ("slide", "subslide"):
            deck.begin(kind, cell, ROOM)
        elif kind == "fragment":
            deck.show(cell, 0, kind)
        elif kind == "notes":
            deck.note(cell.source)
        elif kind == "skip" or cell is setup or "solution" in tags or "exercise" in before:
            pass
        elif cell.cell_type == "markdown":
            _show_text(deck, ABOUT_SOLUTIONS.sub("", cell.source))
        else:
            _show_code(deck, cell, "bug" in tags)
        before = tags
    return new_notebook(cells=list(deck.cells()), metadata={"title": notebook.cells[0].source.splitlines()[0][2:]})


def _show_text(deck: Deck, source: str) -> None:
    below_heading = False
    blocks = BLOCK.findall(source.strip())
    for block, after in zip(blocks, [*blocks[1:], ""], strict=True):
        cell = new_markdown_cell(block)
        if heading := re.match(r"(#+) (.+)", block):
            if len(heading[1]) < 3:
                deck.title = heading[2]
            if deck.title == "References":
                return
            if len(heading[1]) == 3 and deck.slides[-1].shown[-1].source.startswith("## "):
                deck.show(cell, 2)
            else:
                deck.begin("slide" if len(heading[1]) < 3 else "subslide", cell, 3)
        elif block.startswith("<details>"):
            summary, answer = re.match(r"<details><summary>(.*?)</summary>(.*)</details>", block, re.DOTALL).groups()
            text = answer.strip() if summary.startswith("Answer") else f"**{summary}** {answer.strip()}"
            deck.show(new_markdown_cell(text), measures.lines(text), "fragment")
        elif ASKS.match(block) or after.startswith("<details>"):
            if deck.slides[-1].lines > 5:
                deck.begin("subslide")
            deck.show(cell, measures.lines(block))
            deck.slides[-1].predict = "**Predict" in block
        elif block.startswith("|"):
            _show_table(deck, block)
        elif block.startswith("$$"):
            deck.show(cell, 2 + 1.5 * block.count("\\\\"))
        elif re.match(r"(\*\*[^*]+\*\*\n\n)?- |!\[", block):
            deck.show(cell, sum(map(measures.lines, block.splitlines())))
        else:
            if below_heading:
                lead = _first_sentences(block)
                deck.show(new_markdown_cell(lead), measures.lines(lead))
            deck.note(block)
        below_heading = bool(heading)


def _show_table(deck: Deck, table: str) -> None:
    """A long one goes on on the next slide, under its head again."""
    head, rule, *rows = table.splitlines()
    part, lines = [], 1.0
    for row in rows:
        needs = 0.5 + 0.7 * ceil(len(row) / 85)
        if part and lines + needs > ROOM - 3:
            deck.show(new_markdown_cell("\n".join([head, rule, *part])), lines)
            part, lines = [], 1.0
        part.append(row)
        lines += needs
    deck.show(new_markdown_cell("\n".join([head, rule, *part])), lines)


def _show_code(deck: Deck, cell: NotebookNode, is_bug: bool) -> None:
    outputs = _outputs(cell)
    if is_bug or not cell.outputs or deck.title.endswith("Exercises"):
        printed = sum(map(measures.height, outputs))
        deck.show(new_code_cell(cell.source, outputs=outputs), measures.printed(cell.source) + printed)
        return
    kind = "fragment" if is_folded(cell) else "-"  # at the next key: a presenter's clicker opens nothing else
    for output in outputs:  # without the source
        deck.show(new_code_cell("", outputs=[output]), measures.height(output), kind)


def _outputs(cell: NotebookNode) -> list[NotebookNode]:
    """What was printed, in one piece, figures and widgets; not the text that train() leaves for its progress bar."""
    outputs = []
    for output in cell.outputs:
        if output.output_type == "stream" and outputs and outputs[-1].output_type == "stream":
            outputs[-1].text += output.text
        elif output.output_type == "stream" or "text/html" in output.data:
            outputs.append(output)
    return outputs


def _text(output: NotebookNode) -> str:
    return output.text if output.output_type == "stream" else ""


def _first_sentences(text: str) -> str:
    """Whole sentences, and at least one."""
    first, *others = re.split(r"(?<=[.?!:])\s(?=[A-Z*`$\[])", text)
    for sentence in others:
        if len(first) + len(sentence) > LEAD:
            break
        first += " " + sentence
    return first


class SlideRenderer(Renderer):
    """As on the site, and the title that each slide of a section repeats, which is no heading."""

    def heading(self, text, level, **attributes):
        return f'<p class="section">{text}</p>' if level == 6 else super().heading(text, level, **attributes)


def exporter() -> SlidesExporter:
    markdown = MarkdownWithMath(renderer=SlideRenderer())
    made = SlidesExporter(template_name="deck", extra_template_basedirs=[str(TEMPLATES)])
    made.register_filter("as_html", lambda text: markdown.render(text))
    made.register_filter(
        "font_size", lambda cell: measures.font_size("\n".join([cell.source, *map(_text, cell.outputs)]))
    )
    made.register_filter("source_as_html", source_as_html)
    made.register_filter("output_as_html", output_as_html)
    return made


def build(folder: Path = SLIDES) -> list[Path]:
    """Write the decks anew. What was there is replaced only once every deck has been made."""
    shared = {
        "style": "\n".join([style(), reveal("dist/reveal.css"), _text_of("deck/deck.css")]),
        "script": "\n".join([reveal("dist/reveal.js"), reveal("plugin/notes/notes.js"), _text_of("deck/deck.js")]),
        "theme_script": _text_of("deck/theme.js"),
    }
    made, written = exporter(), {}
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        notebook = slides_of(nbformat.read(path, as_version=4))
        written[f"{path.stem}.html"], _ = made.from_notebook_node(notebook, resources=dict(shared))
    return write_folder(folder, written)


def reveal(name: str) -> str:
    """A file of reveal.js, as the package sphinx-revealjs brings it."""
    package = find_spec("sphinx_revealjs")  # found and not imported, for that would load Sphinx
    path = package and Path(package.origin).parent / "_static" / "revealjs" / name
    if not path or not path.exists():
        raise SystemExit(f"seqmem: {name} of reveal.js is missing: `pip install 'sphinx-revealjs>=3.2,<4'` brings it")
    return path.read_text("utf-8")


def _text_of(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


if __name__ == "__main__":
    for path in build():
        print(path)
