"""Run notebooks and store their outputs, as they are committed: `make notebooks`, or with names to run some of them.

After a clean run from top to bottom, everything is taken out that belongs to this run or this machine: the state of
live widgets and the views that refer to it (a text stands in for each), times, and the exact version of Python.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert.preprocessors import CoalesceStreamsPreprocessor

FOLDER = Path(__file__).parent.parent / "notebooks"
VIEW = "application/vnd.jupyter.widget-view+json"


def execute(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": FOLDER}}).execute()
    notebook.metadata.pop("widgets", None)
    notebook.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata.language_info = {"name": "python"}  # the exact version changes from machine to machine
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of this run
        CoalesceStreamsPreprocessor().preprocess_cell(cell, {}, 0)  # in how many pieces it is printed is chance
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(VIEW, None)
    part = path.with_suffix(".part")
    nbformat.write(notebook, part)
    part.replace(path)  # only now, so that a failed run leaves the notebook as it was


if __name__ == "__main__":
    for path in [Path(name) for name in sys.argv[1:]] or sorted(FOLDER.glob("[0-9][0-9]_*.ipynb")):
        print(f"running {path.name}", flush=True)
        execute(path)
