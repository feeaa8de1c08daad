"""How open questions are marked: those of the notebooks, all of the core and one of each other, with four points."""

import re

import nbformat
import pytest

from publish.claims import NOTEBOOKS
from publish.quiz import BANK

TEXT = (BANK.parent / "marking.md").read_text("utf-8")
SECTIONS = re.findall(r"^## (\d\d)\. ([^\n]*)\n(.*?)(?=^## |\Z)", TEXT, flags=re.MULTILINE | re.DOTALL)
NUMBERED = re.compile(r"^\*\*(\d+)\.\*\* (.*)$", flags=re.MULTILINE)


def test_all_notebooks_are_there():
    assert [number for number, *_ in SECTIONS] == [path.name[:2] for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))]


@pytest.mark.parametrize(("number", "title", "text"), SECTIONS, ids=[number for number, *_ in SECTIONS])
def test_marks_fit_the_questions(number, title, text):
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    assert cells[0].startswith(f"# {title}\n")
    asked = NUMBERED.findall("\n\n".join(cells).split("## Quiz")[1])
    if int(number) <= 4:
        assert NUMBERED.findall(text) == asked
        assert len(asked) >= 8
    else:
        assert len(NUMBERED.findall(text)) >= 1
        assert set(NUMBERED.findall(text)) <= set(asked)
    for marks in NUMBERED.split(text)[3::3]:
        points = [int(found) for found in re.findall(r"^- (\d): .+\.$", marks, flags=re.MULTILINE)]
        assert sum(points) == 4
        (sample,) = re.findall(r'^- \*"[^"]+"\* (\d) of 4: .+\.$', marks, flags=re.MULTILINE)
        assert int(sample) < 4
        assert len(marks.strip().splitlines()) == len(points) + 1
