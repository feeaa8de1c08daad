"""What Sphinx reads: the pages here, the notebooks, and what is made from these, in one folder for each language."""

import re
import shutil
from collections.abc import Container
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from jinja2 import Template
from mdit_py_plugins.anchors.index import slugify

import seqmem_lib as sm
from figures import landing
from publish import edition, translate
from publish.claims import NOTEBOOKS, ROOT, read_claims
from publish.execute import store
from publish.words import word
from seqmem_lib.language import use_language

HERE = Path(__file__).parent
GROUPS = {"Core": range(1, 5), "Building": range(5, 11), "Training": range(11, 13), "Deeper": range(13, 18)}
REFERENCE = [path.stem for path in (HERE / "pages" / "reference").glob("*.rst")]
PAGES = ("index", "claims", "teachers", "teaching")


def documents(language: str) -> list[str]:
    """The pages that this language has: of the English ones, those that are translated."""
    paths = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    if language == "en":
        return [*PAGES, *(path.stem for path in paths), "changelog", *map("reference/{}".format, REFERENCE)]
    return [*PAGES, *(path.stem for path in paths if edition.is_translated(path, language))]


def read(path: Path, language: str) -> dict:
    """Of a notebook: its file's name, number, question and minutes; and claims and the headings of its sections by
    number, if this language has a page of it.
    """
    english = nbformat.read(path, as_version=4)
    number, minutes = path.stem[:2], re.search(r"\*\*It takes\*\* about (\d+) minutes", english.cells[0].source)[1]
    facts = {"name": path.stem, "number": int(number), "takes": word("about {} minutes", language).format(minutes)}
    if path.stem not in documents(language):
        table = translate.page("readme", language)
        return facts | {"title": re.search(rf"\[{number}\]\(notebooks/.*?\) \| (.*?) \|", table)[1], "claims": []}
    notebook = english if language == "en" else edition.in_language(path, language)
    headings = re.findall(r"^## ((\d+)\. .+)", "\n".join(cell.source for cell in notebook.cells), re.MULTILINE)
    return facts | {
        "title": re.match(r"# (.+)", notebook.cells[0].source)[1],
        "claims": read_claims(notebook, language),
        "at": {int(number): slugify(heading) for heading, number in headings},
    }


def write_sources(folder: Path, language: str = "en", run: Container[str] | None = None) -> None:
    """All pages in a language. Notebooks in another than English have outputs in it; if names are given in `run`, only
    these, and the others have the English ones.
    """
    here = documents(language)
    folder.mkdir()
    for name in PAGES:
        text = translate.PAGES[name].read_text("utf-8") if language == "en" else translate.page(name, language)
        (folder / f"{name}.md").write_text(text, "utf-8", newline="\n")
    if language == "en":
        shutil.copytree(HERE / "pages" / "reference", folder / "reference")
        shutil.copy(ROOT / "CHANGELOG.md", folder / "changelog.md")

    def notebook(path):
        if language == "en":
            return nbformat.read(path, as_version=4)
        make = edition.with_outputs if run is None or path.stem in run else edition.in_language
        return make(path, language)

    paths = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    shown = [path for path in paths if path.stem in here]
    with ThreadPoolExecutor(edition.AT_ONCE) as pool:
        for path, made in zip(shown, pool.map(notebook, shown), strict=True):
            store(made, folder / path.name)
    notebooks = [read(path, language) for path in paths]
    groups = {
        name if name == "Core" else word(name, language): [one for one in notebooks if one["number"] in numbers]
        for name, numbers in GROUPS.items()
    }
    use_language(language)
    try:
        playground = sm.Playground(sm.tasks.store_and_recall(34), cell="LSTM", units=1, seed=0, step=16)
        (folder / "playground.html").write_text(playground._repr_mimebundle_()["text/html"], "utf-8", newline="\n")
        facts = landing.draw(folder) | {"groups": groups, "notebooks": notebooks}
    finally:
        use_language("en")
    for name in ("index", "claims"):
        page = folder / f"{name}.md"
        page.write_text(Template(page.read_text("utf-8")).render(facts), "utf-8", newline="\n")
    for page in [*folder.glob("*.md"), *folder.glob("*.ipynb")] if language != "en" else []:
        page.write_text(lead_home(page.read_text("utf-8"), here), "utf-8", newline="\n")
    index = folder / "index.md"
    index.write_text(contents(index.read_text("utf-8"), here, language), "utf-8", newline="\n")


def lead_home(text: str, here: list[str]) -> str:
    """Links to what is in English only lead to the English site, by a scheme of conf.py's, `en:`."""
    link = re.compile(r"\]\(([\w/]+)\.(?:ipynb|md|rst)(?:#[^)]*)?\)")
    return link.sub(lambda found: found[0] if found[1] in here else f"](en:{found[1]}.html)", text)


def contents(text: str, here: list[str], language: str) -> str:
    """The tables of contents of the landing page, with what is there, and with captions in its language."""

    def only_here(found):
        lines = [line for line in found[3].splitlines() if re.sub(r".*<|>", "", line) in here]
        return "\n".join([found[1] + word(found[2], language), "", *lines, "```"]) if lines else ""

    return re.sub(r"(```\{toctree\}\n:hidden:\n:caption: )(.+)\n\n((?:.+\n)*?)```", only_here, text)
