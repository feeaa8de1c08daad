"""What Sphinx reads: the pages here, the notebooks, and what is made from these, in one folder."""

import re
import shutil
from pathlib import Path

import nbformat
from jinja2 import Template
from mdit_py_plugins.anchors.index import slugify

import seqmem_lib as sm
from figures import landing
from publish.claims import NOTEBOOKS, ROOT, read_claims

HERE = Path(__file__).parent
GROUPS = {"Core": range(1, 5), "Building": range(5, 11), "Training": range(11, 13), "Deeper": range(13, 18)}


def read(path: Path) -> dict:
    """Of a notebook: its file's name, number, question, minutes, claims and the headings of its sections by number."""
    notebook = nbformat.read(path, as_version=4)
    first = notebook.cells[0].source
    headings = re.findall(r"^## ((\d+)\. .+)", "\n".join(cell.source for cell in notebook.cells), re.MULTILINE)
    return {
        "name": path.stem,
        "number": int(path.stem[:2]),
        "title": re.match(r"# (.+)", first)[1],
        "takes": re.search(r"\*\*It takes\*\* (about [\w ]+?)(?: to read|[,;.])", first)[1],
        "claims": read_claims(notebook),
        "at": {int(number): slugify(heading) for heading, number in headings},
    }


def write_sources(folder: Path) -> None:
    shutil.copytree(HERE / "pages", folder)
    paths = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    for path in paths:
        shutil.copy(path, folder)
    shutil.copy(NOTEBOOKS / "README.md", folder / "teachers.md")
    shutil.copy(NOTEBOOKS / "teaching.md", folder)
    shutil.copy(ROOT / "CHANGELOG.md", folder / "changelog.md")
    notebooks = [read(path) for path in paths]
    groups = {name: [one for one in notebooks if one["number"] in numbers] for name, numbers in GROUPS.items()}
    playground = sm.Playground(sm.tasks.store_and_recall(34), cell="LSTM", units=1, seed=0, step=16)
    (folder / "playground.html").write_text(playground._repr_mimebundle_()["text/html"], "utf-8", newline="\n")
    facts = landing.draw(folder) | {"groups": groups, "notebooks": notebooks}
    for name in ("index.md", "claims.md"):
        page = folder / name
        page.write_text(Template(page.read_text("utf-8")).render(facts), "utf-8", newline="\n")
