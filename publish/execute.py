"""Run notebooks and store their outputs, as they are committed: `make notebooks`, or with names to run some of them.

After a clean run from top to bottom, everything is taken out that belongs to this run or this machine: the state of
live widgets and the views that refer to it (a text stands in for each), times, and the exact version of Python.
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from nbformat import NotebookNode

FOLDER = Path(__file__).parent.parent / "notebooks"
VIEW = "application/vnd.jupyter.widget-view+json"


def executed(notebook: NotebookNode, language: str = "en", longest: int = 120) -> NotebookNode:
    """The notebook with the outputs of a run, whose figures and widgets speak this language. A cell may take `longest`
    seconds.
    """
    notebook = nbformat.from_dict(notebook)  # a copy
    environment = {**os.environ, "SEQMEM_LANGUAGE": language}
    quiet = ["--IPKernelApp.log_level=40"]  # what a kernel says of ciphers is nothing for a reader
    resources = {"metadata": {"path": FOLDER}}
    client = NotebookClient(
        notebook, timeout=longest, kernel_name="python3", resources=resources, extra_arguments=quiet
    )
    client.execute(env=environment)
    notebook.metadata.pop("widgets", None)
    notebook.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata.language_info = {"name": "python"}  # the exact version changes from machine to machine
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of this run
        CoalesceStreamsPreprocessor().preprocess_cell(cell, {}, 0)  # in how many pieces it is printed is chance
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(VIEW, None)
    return notebook


def store(notebook: NotebookNode, path: Path) -> None:
    """Write it in one go, so that a run that was stopped leaves the file as it was."""
    part = path.with_suffix(".part")
    nbformat.write(notebook, part)
    part.replace(path)


if __name__ == "__main__":
    for path in [Path(name) for name in sys.argv[1:]] or sorted(FOLDER.glob("[0-9][0-9]_*.ipynb")):
        print(f"running {path.name}", flush=True)
        store(executed(nbformat.read(path, as_version=4)), path)
