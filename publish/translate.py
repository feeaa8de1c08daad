"""The notebooks in another language: `make translate` brings the catalogues in step with the English, and writes the
notebooks of each language to a folder, such as `_zh/`.

A catalogue is a gettext file, `notebooks/zh/NN_topic.po`. It has one message for each Markdown cell, for each comment
and for each docstring; code and outputs are not in it, so that they stand in one place. A message whose English has
changed is marked as fuzzy. What is fuzzy or missing stays English.
"""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po
from nbformat import NotebookNode

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
LANGUAGES = {"zh": "Chinese"}
FOR_PROGRAMS = ("# noqa", "# fmt:", "# type:")


def catalogue_of(path: Path, language: str) -> Path:
    """Where the translation of this notebook stands, if it has one."""
    return NOTEBOOKS / language / f"{path.stem}.po"


def messages(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    """(cell, English) of all that is translated, in its order."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield cell.id, cell.source
        else:
            yield from ((cell.id, text) for _, _, text in _remarks(cell.source))


def translated(notebook: NotebookNode, say: Callable[[str], str]) -> NotebookNode:
    """The notebook with `say(English)` in the place of each message. Code and outputs are as they were."""
    notebook = nbformat.from_dict(notebook)  # a copy
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = say(cell.source)
            continue
        for first, last, text in reversed(list(_remarks(cell.source))):
            if (said := say(text)) != text:
                cell.source = cell.source[:first] + said + cell.source[last:]
    return notebook


def _remarks(source: str) -> Iterator[tuple[int, int, str]]:
    """Comments and docstrings of a cell: where their text begins and ends, and the text."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    docstrings = {
        (node.body[0].lineno, node.body[0].col_offset)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node)
    }
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        first, last = (starts[line - 1] + column for line, column in (token.start, token.end))
        if token.type == tokenize.COMMENT and not token.string.startswith(FOR_PROGRAMS):
            yield first + 2, last, source[first + 2 : last]
        elif token.start in docstrings:
            yield first + 3, last - 3, source[first + 3 : last - 3]


def step(catalogue: Catalog, notebook: NotebookNode) -> Catalog:
    """The catalogue with the messages of the notebook as it is now. A translation whose English was changed is kept,
    and marked as fuzzy; one whose English is gone is kept as obsolete.
    """
    template = Catalog()
    for cell, text in messages(notebook):
        template.add(text, locations=[(cell, None)])
    catalogue.update(template)
    return catalogue
