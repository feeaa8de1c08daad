"""Build the site: `make site` writes every notebook as a page of its own to `_site/`, with an index and a search.

The pages need no kernel, no server and no network: widgets run in the page, and equations are MathML, which browsers
draw themselves. Nothing is loaded from outside, and a content security policy in each page forbids it.
"""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbconvert.filters.markdown_mistune import MarkdownWithMath

from publish.claims import LEDGER, NOTEBOOKS, ledger, read_claims
from publish.render import TEMPLATES, Renderer, outputs_as_html, plain, source_as_html, style, write_folder

SITE = NOTEBOOKS.parent / "_site"


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
    found = [("", "", plain(before))] if before.strip() else []
    return found + [(rest[k], plain(rest[k + 1]), plain(rest[k + 2])) for k in range(0, len(rest), 3)]


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
    inside = "\n".join([_source(cell), outputs_as_html(cell)])
    if "solution" in cell.metadata.get("tags", []):
        inside = f"<details><summary>Solution</summary>{inside}</details>"
    return f'<section class="code">{inside}</section>'


def _source(cell) -> str:
    """Code that draws or tabulates is folded, as it is in Jupyter; that of a solution is, with what it prints."""
    source = source_as_html(cell.source)
    hidden = cell.metadata.get("jupyter", {}).get("source_hidden") and "solution" not in cell.metadata.get("tags", [])
    return f"<details><summary>Code</summary>{source}</details>" if hidden else source


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
    environment = Environment(loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=True)
    shared = {"style": style(), "pages": pages, "launch": launchers()}
    for name in ("theme", "stops"):
        shared[name] = (TEMPLATES / f"{name}.js").read_text("utf-8")
    files = {}
    for k, page in enumerate(pages):
        around = {"before": pages[k - 1] if k else None, "after": pages[k + 1] if k + 1 < len(pages) else None}
        files[f"{page.name}.html"] = environment.get_template("notebook.html.j2").render(page=page, **around, **shared)
    index = json.dumps([[page.name, page.title, _merged(page.texts)] for page in pages], ensure_ascii=False)
    search = (TEMPLATES / "search.js").read_text("utf-8")
    files["index.html"] = environment.get_template("index.html.j2").render(
        index=index.replace("<", "\\u003c"), search=search, **shared
    )
    files["claims.html"] = environment.get_template("claims.html.j2").render(**shared)
    return write_folder(folder, files)


if __name__ == "__main__":
    build()
    LEDGER.write_text(ledger(), "utf-8", newline="\n")
    print(f"open {SITE / 'index.html'}")
