"""What is stored of a run: what a reader sees, and nothing of the machine or of this run."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from publish import execute
from publish.execute import FOLDER, VIEW, executed, store

PRINTS = """import os, sys
print(os.environ["SEQMEM_LANGUAGE"], flush=True)
print(os.getcwd(), flush=True)
print("warned", file=sys.stderr, flush=True)"""
SHOWS = f'display({{"{VIEW}": {{"model_id": "a"}}, "text/plain": "a widget"}}, raw=True)'


def test_a_run_leaves_what_a_reader_sees_and_nothing_of_itself():
    cells = [new_markdown_cell("A text"), new_code_cell(PRINTS), new_code_cell(SHOWS)]
    before = new_notebook(cells=cells, metadata={"widgets": {"state": 3}, "title": "kept"})
    made = executed(before, "zh")
    assert not any(cell.get("outputs") for cell in before.cells), "a copy was run"
    nbformat.validate(made)
    text, prints, shows = made.cells
    assert text.source == "A text"
    assert "".join(one.text for one in prints.outputs if one.name == "stdout") == f"zh\n{FOLDER}\n"
    assert len(prints.outputs) == 2, "in how many pieces it is printed is chance"
    assert [dict(one.data) for one in shows.outputs] == [{"text/plain": "a widget"}]
    assert [dict(cell.metadata) for cell in made.cells] == [{}] * 3
    assert made.metadata == {
        "title": "kept",
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


def test_a_cell_has_as_long_as_is_said(monkeypatch):
    asked = {}

    class Client:
        def __init__(self, notebook, **options):
            asked.update(options)

        def execute(self, env):
            asked.update(language=env["SEQMEM_LANGUAGE"])

    monkeypatch.setattr(execute, "NotebookClient", Client)
    executed(new_notebook(), longest=7)
    assert (asked["timeout"], asked["kernel_name"], asked["language"]) == (7, "python3", "en")


def test_a_run_that_is_stopped_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "a.ipynb"
    store(new_notebook(cells=[new_markdown_cell("一")]), path)
    assert [one.name for one in tmp_path.iterdir()] == ["a.ipynb"]
    assert nbformat.read(path, as_version=4).cells[0].source == "一"

    def stopped(notebook, part):
        part.write_text("half a")
        raise KeyboardInterrupt

    monkeypatch.setattr(execute.nbformat, "write", stopped)
    with pytest.raises(KeyboardInterrupt):
        store(new_notebook(), path)
    assert nbformat.read(path, as_version=4).cells[0].source == "一"
