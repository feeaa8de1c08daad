"""Slides: `make slides` writes a deck for every notebook to `_slides/`, through nbconvert and reveal.js.

A room should see headings with the first sentences below them, lists, equations, tables, figures and widgets, printed
results, predictions, exercises and the quiz, whose answers come at the next key, and code that is there to be read:
what prints nothing, what has a bug, and what belongs to an exercise. The sentence that leads to something is the title
of its slide. All other prose goes to the speaker's notes. A slide type that a cell was given, in JupyterLab's property
inspector, wins over all this.

The core comes first, and is what 90 minutes have room for. What is marked *depth* comes after it, and so does what
closes a notebook: exercises, tables, quiz.

A deck is one file. Nothing is loaded from outside, and a content security policy forbids it.
"""

import re
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbconvert import SlidesExporter
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from publish import measures
from publish.claims import NOTEBOOKS
from publish.deck import Deck, Slide
from publish.measures import ROOM
from publish.render import TEMPLATES, Renderer, is_folded, output_as_html, source_as_html, style, write_folder
from publish.student import ABOUT_SOLUTIONS

SLIDES = NOTEBOOKS.parent / "_slides"
TITLES = {4: "says asks", 5: "says"}
BLOCK = re.compile(r"(<details>.*?</details>|\$\$.*?\$\$|.+?)(?:\n\s*\n|\Z)", re.DOTALL)
QUESTION = re.compile(r"\*\*Predict\b")
EXERCISE = re.compile(r"(\*\*Exercise \d+\b.*?\*\*)\s*(.*)", re.DOTALL)
STANDS = re.compile(r"\$\$|\||[-*] |\d+\. |> |!\[| {4}")  # equations, tables, lists, quotations, pictures, code


def slides_of(notebook: NotebookNode) -> NotebookNode:
    """A notebook whose cells are what the slides show, with slide types as JupyterLab writes them."""
    deck = Deck()
    setup = next(cell for cell in notebook.cells if cell.cell_type == "code")
    before = []  # the tags of the cell before
    tags_of = [cell.metadata.get("tags", []) for cell in notebook.cells]
    for cell, tags, after in zip(notebook.cells, tags_of, [*tags_of[1:], []], strict=True):
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        if kind in ("slide", "subslide"):
            deck.slides.append(Slide("", "", "", deck.slides[-1].rest, ROOM, shown=[cell]))
        elif kind == "fragment":
            deck.slides[-1].shown.append(cell)
        elif kind == "notes":
            deck.slides[-1].notes.append(cell.source)
        elif kind == "skip" or cell is setup or "solution" in tags or "exercise" in before:
            pass
        elif cell.cell_type == "markdown":
            _show_text(deck, ABOUT_SOLUTIONS.sub("", cell.source), "bug" in after)
        else:
            _show_code(deck, cell, "bug" in tags)
        before = tags
    return new_notebook(cells=list(deck.cells()), metadata={"title": notebook.cells[0].source.splitlines()[0][2:]})


def _show_text(deck: Deck, source: str, before_bug: bool) -> None:
    blocks, task = BLOCK.findall(source.strip()), False
    if before_bug:  # which is to be found first
        deck.held = [block for block in blocks if block.startswith("<details>")]
        blocks = [block for block in blocks if block not in deck.held]
    for block, after in zip(blocks, [*blocks[1:], ""], strict=True):
        if heading := re.match(r"(#+) (.+)", block):
            deck.heading(len(heading[1]), heading[2])
        elif block.startswith("<details>"):
            _show_answer(deck, block)
        elif exercise := EXERCISE.match(block):
            task, deck.leads = True, []
            deck.begin(exercise[1])
            deck.show(new_markdown_cell(exercise[2]), measures.lines(exercise[2]))
        elif re.match(r"\*\*\d+\.\*\*", block):  # of the quiz
            deck.leads = []
            if deck.slides[-1].lines > 6:
                deck.begin("")
            deck.show(new_markdown_cell(block), measures.lines(block))
        elif (question := QUESTION.search(block)) and re.match(r"\d", deck.section):  # before, it says what one is
            if question.start():
                deck.say(block[: question.start()].strip())
            deck.ask(block[question.start() :])
        elif STANDS.match(block):
            for part in measures.parts(block):
                deck.stand(new_markdown_cell(part), measures.lines(part))
        elif after.startswith("<details>"):
            deck.ask(block)
        elif task:
            deck.show(new_markdown_cell(block), measures.lines(block))
        else:
            deck.say(block)


def _show_answer(deck: Deck, block: str) -> None:
    summary, answer = re.match(r"<details><summary>(.*?)</summary>(.*)</details>", block, re.DOTALL).groups()
    text = answer.strip() if summary.startswith("Answer") else f"**{summary}** {answer.strip()}"
    deck.leads = []
    paragraphs = [text] if measures.lines(text) < ROOM - 5 else BLOCK.findall(text)
    for paragraph in paragraphs:
        deck.show(new_markdown_cell(paragraph), measures.lines(paragraph), covered=True)


def _show_code(deck: Deck, cell: NotebookNode, is_bug: bool) -> None:
    outputs = _outputs(cell)
    if is_bug or not cell.outputs or deck.section.endswith("Exercises"):
        for part in measures.pieces(cell.source):
            deck.stand(new_code_cell(part), measures.printed(part))
    for output in outputs:  # a presenter's clicker opens no fold, so what is folded comes at the next key
        for part in measures.pieces(output.text) if output.output_type == "stream" else [None]:
            shown = output if part is None else NotebookNode(output, text=part)
            deck.stand(new_code_cell("", outputs=[shown]), measures.height(shown), is_folded(cell))
    for answer in deck.held:
        _show_answer(deck, answer)
    deck.held = []


def _outputs(cell: NotebookNode) -> list[NotebookNode]:
    """What was printed, in one piece, figures and widgets; not the text that train() leaves for its progress bar."""
    outputs = []
    for output in cell.outputs:
        if output.output_type == "stream" and outputs and outputs[-1].output_type == "stream":
            outputs[-1].text += output.text
        elif output.output_type == "stream" or "text/html" in output.data:
            outputs.append(output)
    return outputs


class SlideRenderer(Renderer):
    """As on the site, and the titles that deck.py gives to slides."""

    def heading(self, text, level, **attributes):
        if level < 4:
            return super().heading(text, level, **attributes)
        return f'<p class="section">{text}</p>' if level == 6 else f'<h3 class="{TITLES[level]}">{text}</h3>'


def _font_size(cell: NotebookNode) -> int:
    return measures.font_size("\n".join([cell.source, *(output.get("text", "") for output in cell.outputs)]))


def exporter() -> SlidesExporter:
    markdown = MarkdownWithMath(renderer=SlideRenderer())
    made = SlidesExporter(template_name="deck", extra_template_basedirs=[str(TEMPLATES)])
    made.register_filter("as_html", lambda text: markdown.render(text))
    made.register_filter("font_size", _font_size)
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
