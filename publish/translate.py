"""What is translated: `make translate` brings the catalogues of each language in step with the English, and writes the
README in it.

A catalogue is a gettext file, such as `notebooks/zh/03_gru.po`. It has one message for each Markdown cell, for each
comment and for each docstring, or for each paragraph of a page; code and outputs are not in it, so that they stand in
one place. A message whose English has changed is marked as fuzzy. What is fuzzy or missing stays English.
"""

import ast
import io
import sys
import tokenize
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

import nbformat
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po, write_po
from nbformat import NotebookNode

from publish import pages

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
PAGES = {
    "readme": ROOT / "README.md",
    "teachers": NOTEBOOKS / "README.md",
    "teaching": NOTEBOOKS / "teaching.md",
    "index": ROOT / "publish" / "site" / "pages" / "index.md",
    "claims": ROOT / "publish" / "site" / "pages" / "claims.md",
}
LANGUAGES = {"zh": "Chinese"}
COMPLETE = {  # what has to stay whole: `make translate` and the tests fail if a message of these is fuzzy or missing
    "zh": [*(path.stem for path in sorted(NOTEBOOKS.glob("0[1-7]_*.ipynb"))), *PAGES],
}
FOR_PROGRAMS = ("# noqa", "# fmt:", "# type:")


def source(name: str) -> Path:
    """The English file that a catalogue of this name translates."""
    return PAGES.get(name) or NOTEBOOKS / f"{name}.ipynb"


def catalogue_of(name: str, language: str) -> Path:
    """Where the translation stands, if there is one."""
    return NOTEBOOKS / language / f"{name}.po"


def names(language: str) -> list[str]:
    """Of all catalogues that there are, or have to be."""
    there = [path.stem for path in (NOTEBOOKS / language).glob("*.po")]
    return sorted({*there, *COMPLETE[language]})


def speaker(name: str, language: str) -> Callable[[str], str]:
    """A function from the English of a message to the language; what is fuzzy or missing stays English."""
    found = {one.id: one.string for one in read(catalogue_of(name, language)) if one.string and not one.fuzzy}
    return lambda english: found.get(english, english)


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


def messages_of(path: Path) -> list[tuple[str, str]]:
    """(place, English) of all that is translated in a notebook or a page."""
    if path.suffix == ".ipynb":
        return list(messages(nbformat.read(path, as_version=4)))
    return list(pages.messages(path.read_text("utf-8")))


def step(catalogue: Catalog, found: Iterable[tuple[str, str]]) -> Catalog:
    """The catalogue of what is there now, in its order. A translation whose English was changed is kept, and marked as
    fuzzy: that of the same place, or else of a similar text. One whose English is gone is kept as obsolete, and comes
    back with it.
    """
    places = {}
    for place, text in found:
        places.setdefault(text, []).append((place, None))
    old = {one.id: one for one in [*catalogue.obsolete.values(), *catalogue] if one.id and one.string}
    gone = {text: one for text, one in old.items() if text not in places}
    new = Catalog()
    for text, here in places.items():
        before, similar = old.get(text), []
        if before is None:
            near = [one.id for one in gone.values() if one.locations[:1] == here[:1]]
            similar = get_close_matches(text, near, cutoff=0) or get_close_matches(text, gone)
            before = gone.pop(similar[0]) if similar else Message(text)
        message = new.add(text, before.string, here, user_comments=before.user_comments)
        message.flags = {"fuzzy"} if similar or before.fuzzy else set()  # and none that Babel makes of a percent sign
    new.obsolete.update(gone)
    return new


def read(path: Path) -> Catalog:
    """Empty, if there is no such file."""
    return read_po(io.BytesIO(path.read_bytes())) if path.exists() else Catalog()


def written(catalogue: Catalog, name: str, language: str) -> str:
    """The catalogue as a file: without dates and names of programs, which would change without a reason."""
    file = io.BytesIO()
    write_po(file, catalogue, width=0, omit_header=True)
    about = (
        f"# {LANGUAGES[language]} of {source(name).relative_to(ROOT).as_posix()}; how to change it: CONTRIBUTING.md\n"
    )
    head = f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    return about + head + file.getvalue().decode().rstrip("\n") + "\n"


def counts(catalogue: Catalog) -> tuple[list, list, list]:
    """The messages that are translated, fuzzy, and missing."""
    every = [one for one in catalogue if one.id]
    fuzzy = [one for one in every if one.fuzzy]
    return [one for one in every if one.string and not one.fuzzy], fuzzy, [one for one in every if not one.string]


def page(name: str, language: str) -> str:
    """A page in this language. What it gives to type first opens the notebooks in it."""
    text = PAGES[name].read_text("utf-8").replace("```\nmake lab\n```", f"```\nmake lab LANGUAGE={language}\n```")
    return pages.translated(text, speaker(name, language))


def main(wanted: list[str]) -> int:
    """Bring all catalogues in step, and those of the notebooks with these numbers, which are begun."""
    unfinished = 0
    for language in LANGUAGES:
        begun = [path.stem for number in wanted for path in NOTEBOOKS.glob(f"{number}_*.ipynb")]
        for name in sorted({*names(language), *begun}):
            path = catalogue_of(name, language)
            catalogue = step(read(path), messages_of(source(name)))
            path.write_text(written(catalogue, name, language), "utf-8", newline="\n")
            translated, fuzzy, missing = counts(catalogue)
            print(f"{path.relative_to(ROOT)}: {len(translated)} translated, {len(fuzzy)} fuzzy, {len(missing)} missing")
            if name in COMPLETE[language] and (left := fuzzy + missing):
                unfinished += len(left)
                print(f"  to do, first at {left[0].locations[0][0]}: {left[0].id.splitlines()[0][:80]}")
        (ROOT / f"README.{language}.md").write_text(page("readme", language), "utf-8", newline="\n")
    if unfinished:
        print(f"{unfinished} messages of what has to be complete are not: CONTRIBUTING.md says how to translate one")
    return 1 if unfinished else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
