"""Build the site: `make site` writes every notebook as a page of its own to `_site/`, with an index and a search.

The pages need no kernel, no server and no network: widgets run in the page, and equations are MathML, which browsers
draw themselves. Nothing is loaded from outside, and a content security policy in each page forbids it.
"""

import html
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
from claims import LEDGER, NOTEBOOKS, ledger, read_claims
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

HERE = Path(__file__).parent
SITE = NOTEBOOKS.parent / "_site"
STYLES = {"light": "default", "dark": "github-dark"}  # of the code


class Renderer(IPythonRenderer):
    """Markdown as in Jupyter, with MathML for the equations and links that lead to pages of the site."""

    def __init__(self):
        super().__init__(escape=False, exclude_anchor_links=True)
        self.sections = []  # (id, title) of each "##"

    def heading(self, text, level, **attributes):
        name = re.sub(r"[^\w]+", "-", _plain(text).lower()).strip("-")
        if level == 2:
            self.sections.append((name, text))
        return f'<h{level} id="{name}">{text}</h{level}>\n'

    def inline_math(self, body):
        return convert(body)

    def block_math(self, body):
        body = body.replace("{aligned}", "{align*}")  # which latex2mathml knows
        return f'<div class="equation" tabindex="0">{convert(body, display="block")}</div>'

    def block_html(self, html):
        """An answer on one line with its tags, in which Jupyter sets the equations but reads no Markdown."""
        return re.sub(r"\$(.+?)\$", lambda math: convert(math[1]), html)

    def link(self, text, url, title=None):
        return super().link(text, re.sub(r"\.ipynb(#|$)", r".html\1", url), title)


@dataclass
class Page:
    name: str  # of the file, without its ending
    title: str
    about: str  # the first paragraph
    takes: str
    sections: list[tuple[str, str]]  # id and title of each
    body: str
    texts: list[tuple[str, str, str]]  # id, title and words of each part, for the search
    claims: list[tuple[str, list[str]]]  # id of the section, and the cells of each row of the ledger


def read(path: Path) -> Page:
    notebook = nbformat.read(path, as_version=4)
    renderer = Renderer()
    markdown = MarkdownWithMath(renderer=renderer)
    parts, texts = [], []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = markdown.render(cell.source)
            texts += _by_heading(text)
            text = re.sub(r"<table>.*?</table>", _scrolled, text, flags=re.DOTALL)
            parts.append(f'<section class="text">{text}</section>')
        elif cell.cell_type == "code":
            parts.append(_code(cell))
    first = notebook.cells[0].source
    title, about = re.match(r"# (.+)\n+(.+)", first).groups()
    (takes,) = re.search(r"\*\*It takes\*\* (about .+?) to read", first).groups()
    claims = []
    for row in read_claims(notebook):
        (at,) = [name for name, heading in renderer.sections if heading.startswith(f"{row.section}. ")]
        cells = [row.claim, row.who, row.measured, row.verdict]
        claims.append((at, [re.sub("^<p>|</p>$", "", markdown.render(cell).strip()) for cell in cells]))
    return Page(path.stem, title, about, takes, renderer.sections, "\n".join(parts), texts, claims)


def _by_heading(text: str) -> list[tuple[str, str, str]]:
    """The id, title and words below each heading; what stands before the first one belongs to the heading before."""
    before, *rest = re.split(r'<h\d id="(.*?)">(.*?)</h\d>', text)
    found = [("", "", _plain(before))] if before.strip() else []
    return found + [(rest[k], _plain(rest[k + 1]), _plain(rest[k + 2])) for k in range(0, len(rest), 3)]


def _merged(texts: list[tuple[str, str, str]]) -> list[list[str]]:
    """A cell without a heading goes on with the part before it."""
    merged = []
    for name, title, words in texts:
        if name:
            merged.append([name, title, words])
        else:
            merged[-1][2] += " " + words
    return merged


def _scrolled(table: re.Match) -> str:
    """A table may be wider than the page, and is then moved inside it, with the keyboard too."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="table">{table[0]}</div>'


def _code(cell) -> str:
    """A cell with its outputs. A solution is folded, as it is in Jupyter."""
    inside = "\n".join([source_as_html(cell.source), *map(output_as_html, cell.outputs)])
    if "solution" in cell.metadata.get("tags", []):
        inside = f"<details><summary>Solution</summary>{inside}</details>"
    return f'<section class="code">{inside}</section>'


def source_as_html(source: str) -> str:
    colored = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))
    return f'<pre class="source" tabindex="0" aria-label="code"><code>{colored}</code></pre>'


def output_as_html(output) -> str:
    if output.output_type == "stream":
        return f'<pre class="output" tabindex="0" aria-label="output">{html.escape(output.text)}</pre>'
    data = output.data
    if "text/html" in data:
        return f'<div class="output shown">{data["text/html"]}</div>'
    if "text/plain" not in data:
        raise ValueError(f"an output has neither HTML nor text: {', '.join(data)}")
    return f'<pre class="output" tabindex="0" aria-label="output">{html.escape(data["text/plain"])}</pre>'


def _plain(text: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text))).strip()


def style() -> str:
    """Of every page, and of the code in it, light and dark."""
    colors = [
        f':root[data-theme="{theme}"] {{ {HtmlFormatter(style=name).get_style_defs(".source")} }}'
        for theme, name in STYLES.items()
    ]
    return "\n".join([(HERE / "site.css").read_text("utf-8"), *colors])


def launchers() -> dict[str, str] | None:
    """Where Binder and Colab run this very commit; None unless GitHub builds the site: elsewhere it has no address."""
    repository, commit = (os.environ.get(f"GITHUB_{name}") for name in ("REPOSITORY", "SHA"))
    if not (repository and commit):
        return None
    first_cell = [
        f"!git clone -q https://github.com/{repository} seqmem",
        f"!git -C seqmem checkout -q {commit}",
        "%pip install -q anywidget",
        "%cd seqmem",
    ]
    return {
        "binder": f"https://mybinder.org/v2/gh/{repository}/{commit}?urlpath=lab/tree/notebooks",
        "colab": f"https://colab.research.google.com/github/{repository}/blob/{commit}/notebooks",
        "first_cell": "\n".join(first_cell),
    }


def build(folder: Path = SITE) -> list[Path]:
    """Write the site anew. What was there is replaced only once every page has been made."""
    pages = [read(path) for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))]
    environment = Environment(loader=FileSystemLoader(HERE), undefined=StrictUndefined, autoescape=True)
    shared = {"style": style(), "pages": pages, "launch": launchers()}
    shared["theme"] = (HERE / "theme.js").read_text("utf-8")
    files = {}
    for k, page in enumerate(pages):
        around = {"before": pages[k - 1] if k else None, "after": pages[k + 1] if k + 1 < len(pages) else None}
        files[f"{page.name}.html"] = environment.get_template("notebook.html.j2").render(page=page, **around, **shared)
    index = json.dumps([[page.name, page.title, _merged(page.texts)] for page in pages], ensure_ascii=False)
    search = (HERE / "search.js").read_text("utf-8")
    files["index.html"] = environment.get_template("index.html.j2").render(
        index=index.replace("<", "\\u003c"), search=search, **shared
    )
    files["claims.html"] = environment.get_template("claims.html.j2").render(**shared)
    return write_folder(folder, files)


def write_folder(folder: Path, files: dict[str, str]) -> list[Path]:
    """Write files, name -> text, to a folder, in the place of what was there, and return their paths."""
    new = folder.with_name(folder.name + ".part")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    for name, text in files.items():
        (new / name).write_text(text, "utf-8", newline="\n")
    shutil.rmtree(folder, ignore_errors=True)
    new.rename(folder)
    return [folder / name for name in files]


if __name__ == "__main__":
    build()
    LEDGER.write_text(ledger(), "utf-8", newline="\n")
    print(f"open {SITE / 'index.html'}")
