"""nbgrader's own way with the student edition, where it is installed (`pip install nbgrader` into .venv)."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from test_grade import MUSEUM, PATHS, answered, solutions

from publish import student
from publish.grade.handed_in import read
from publish.grade.lesson import lessons

pytest.importorskip("nbgrader")
CONFIG = """
c = get_config()
c.ClearSolutions.enabled = False
c.Execute.timeout = 300
"""
GUESS = "All of them are loud."


def nbgrader(course: Path, *words: str) -> None:
    command = [sys.executable, "-m", "nbgrader", *words]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # it starts alembic by its name
    done = subprocess.run(command, cwd=course, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """All notebooks, generated; the quickest was handed in by one who solved it, and by one who did not."""
    course = tmp_path_factory.mktemp("course")
    (course / "nbgrader_config.py").write_text(CONFIG)
    (course / "source").mkdir()
    student.build(course / "source" / "all")
    nbgrader(course, "generate_assignment", "all")
    for name, answers in {"ann": solutions(MUSEUM), "bob": {}}.items():
        folder = course / "submitted" / name / "all"
        folder.mkdir(parents=True)
        notebook = answered(MUSEUM, answers)
        next(cell for cell in notebook.cells if cell.id == "predict-1").source = GUESS
        nbformat.write(notebook, folder / MUSEUM.name)
    return course


def test_all_notebooks_can_be_handed_out(course):
    released = sorted(path.name for path in (course / "release" / "all").glob("*.ipynb"))
    assert released == [path.name for path in PATHS]
    for path in (course / "release" / "all").glob("*.ipynb"):
        before = {cell.id: cell.source for cell in nbformat.read(course / "source" / "all" / path.name, 4).cells}
        assert {cell.id: cell.source for cell in nbformat.read(path, 4).cells} == before
        assert read(path, lessons()).report == []  # `make grade` finds nothing amiss


def test_a_notebook_comes_back_with_points_and_feedback(course):
    from nbgrader.api import Gradebook

    nbgrader(course, "autograde", "all", "--notebook", MUSEUM.stem)
    nbgrader(course, "generate_feedback", "all")
    exercises = len(solutions(MUSEUM))
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        points = {}
        for name in ("ann", "bob"):
            grades = book.find_submission_notebook(MUSEUM.stem, "all", name).grades
            points[name] = sum(one.auto_score or 0 for one in grades if one.cell.cell_type == "code")
    assert points == {"ann": student.POINTS * exercises, "bob": 0}
    graded = course / "autograded" / "ann" / "all" / MUSEUM.name
    assert GUESS in [cell.source for cell in nbformat.read(graded, 4).cells]
    assert read(graded, lessons()).report == []
    assert (course / "feedback" / "ann" / "all" / f"{MUSEUM.stem}.html").exists()
