"""The folder that `make lab LANGUAGE=zh` works in: renewed, but never over somebody's work."""

import json
import shutil

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from publish import edition
from publish.translate import NOTEBOOKS

NAME = "01_a.ipynb"


def write(path, *sources, output="0"):
    cells = [
        new_code_cell(one, outputs=[new_output("stream", text=output)], id=f"c{k}") for k, one in enumerate(sources)
    ]
    nbformat.write(new_notebook(cells=cells), path)


@pytest.fixture
def course(tmp_path, monkeypatch, windows):
    """A course of one notebook and one page, all in English: build() makes the folder, new() a newer version."""
    notebooks, folder = tmp_path / "notebooks", tmp_path / "_zh"
    notebooks.mkdir()
    write(notebooks / NAME, "1", "2")
    text = ["a page, 一页\n"]
    monkeypatch.setattr(edition, "NOTEBOOKS", notebooks)
    monkeypatch.setattr(edition, "page", lambda name, language: text[0])
    monkeypatch.setattr(edition, "is_translated", lambda path, language: False)

    class Course:
        source, notebook, page = notebooks / NAME, folder / NAME, folder / "README.md"

        def build(self):
            return edition.build("zh", folder)

        def new(self):
            write(notebooks / NAME, "1", "3", output="new")
            text[0] = "a new page"

    return Course()


def ran(path):
    """What JupyterLab saves when somebody has only run it."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].outputs[0].text = "my output"
    notebook.metadata["language_info"] = {"name": "python", "version": "3.99"}
    nbformat.write(notebook, path)


def wrote(path):
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(new_markdown_cell("my answer"))
    nbformat.write(notebook, path)


def broke(path):
    path.write_text("{ half a")


def nothing(path):
    pass


@pytest.mark.parametrize("deed", [nothing, ran, wrote, broke])
def test_without_a_newer_version_nothing_is_touched_or_said(course, deed):
    assert course.build() == []
    deed(course.notebook)
    before = {path.name: path.read_bytes() for path in course.notebook.parent.iterdir()}
    assert course.build() == []
    assert {path.name: path.read_bytes() for path in course.notebook.parent.iterdir()} == before


@pytest.mark.parametrize(("deed", "stays"), [(nothing, False), (ran, False), (wrote, True), (broke, True)])
def test_a_newer_version_takes_the_place_of_what_nobody_changed(course, deed, stays):
    course.build()
    deed(course.notebook)
    before = course.notebook.read_bytes()
    course.new()
    assert course.build() == [NAME] * stays
    assert (course.notebook.read_bytes() == before) == stays
    assert ("new" in course.notebook.read_text("utf-8")) != stays
    assert course.page.read_text("utf-8") == "a new page"
    assert course.build() == [NAME] * stays, "it is said each time"
    course.notebook.rename(course.notebook.with_name("mine.ipynb"))
    assert course.build() == [], "and this is how to get it"
    assert "new" in course.notebook.read_text("utf-8")
    assert course.notebook.with_name("mine.ipynb").exists()


def test_a_page_that_somebody_changed_stays(course):
    course.build()
    course.page.write_text("mine")
    course.new()
    assert course.build() == ["README.md"]
    assert course.page.read_text("utf-8") == "mine"


def test_without_its_record_all_that_differs_counts_as_somebodys(course):
    course.build()
    (course.notebook.parent / edition.MADE).unlink()
    wrote(course.notebook)
    before = course.notebook.read_bytes()
    assert NAME in course.build()
    assert course.notebook.read_bytes() == before


def test_jupyter_can_tell_what_was_made(course):
    """binder/jupyter_config.py signs these."""
    from binder.jupyter_config import as_made

    course.build()
    assert as_made(course.notebook)
    ran(course.notebook)
    assert not as_made(course.notebook)


def test_not_all_notebooks_are_run_at_once(course, slow_run, monkeypatch):
    shutil.copy(course.source, course.source.with_name("02_b.ipynb"))
    monkeypatch.setattr(edition, "_notebook", slow_run)
    monkeypatch.setattr(edition, "AT_ONCE", 1)
    course.build()


def test_what_is_translated_has_a_catalogue():
    found = {path.stem for path in NOTEBOOKS.glob("[0-9]*.ipynb") if edition.is_translated(path, "zh")}
    assert found == {path.stem for path in (NOTEBOOKS / "zh").glob("[0-9]*.po")} != set()


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Notes what is run, and runs nothing."""
    noted = []

    def executed(notebook, language, longest):
        noted.append(language)
        notebook.cells[0].outputs = [new_output("stream", text="in Chinese")]
        return notebook

    monkeypatch.setattr(edition, "executed", executed)
    monkeypatch.setattr(edition, "KEPT", tmp_path / "share" / "kept")
    monkeypatch.setattr(edition, "speaker", lambda name, language: lambda english: english)
    return noted


def test_a_notebook_is_run_once_for_each_version_of_it_and_of_the_package(tmp_path, runs, monkeypatch):
    path = tmp_path / NAME
    write(path, "1")
    for _ in range(2):
        made = edition.with_outputs(path, "zh")
        assert made.cells[0].outputs[0].text == "in Chinese"
    assert runs == ["zh"]
    write(path, "2")
    edition.with_outputs(path, "zh")
    monkeypatch.setattr(edition, "_package", lambda: b"another")
    edition.with_outputs(path, "zh")
    assert len(runs) == 3
    assert len(list(edition.KEPT.iterdir())) == 1, "older outputs are not kept"


def test_a_notebook_that_does_not_run_is_there_with_the_english_outputs(course, monkeypatch, capsys):
    def broken(path, language):
        raise RuntimeError("no kernel")

    monkeypatch.setattr(edition, "is_translated", lambda path, language: (path.name, language) == (NAME, "zh"))
    monkeypatch.setattr(edition, "with_outputs", broken)
    monkeypatch.setattr(edition, "speaker", lambda name, language: lambda english: f"{english} in {name}.{language}")
    cell = new_markdown_cell("A text")
    nbformat.write(new_notebook(cells=[*nbformat.read(course.source, as_version=4).cells, cell]), course.source)
    assert course.build() == []
    assert nbformat.read(course.notebook, as_version=4).cells[-1].source == "A text in 01_a.zh"
    assert json.loads(course.notebook.read_text("utf-8"))["cells"][0]["outputs"][0]["text"] == ["0"]
    assert "no kernel" in capsys.readouterr().out


def test_outputs_depend_on_all_of_the_package_but_what_python_and_long_runs_leave_there(tmp_path, monkeypatch):
    for name in ("b.py", "a.js", "course.d/c.csv", "x.pyc", "x.unfinished"):
        (tmp_path / "seqmem_lib" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "seqmem_lib" / name).write_text(name)
    monkeypatch.setattr(edition, "ROOT", tmp_path)
    assert edition._package() == b"a.jsb.pycourse.d/c.csv"
