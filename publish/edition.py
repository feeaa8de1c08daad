"""The course in another language, as a folder to work in: `make lab LANGUAGE=zh` makes `_zh/` and opens it.

Its notebooks hold the outputs of a run in that language, so that figures and widgets speak it before a cell has run.
These are kept in .venv until the notebook or the package changes. What somebody has changed in the folder stays.
"""

import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from publish.execute import executed, store
from publish.translate import LANGUAGES, NOTEBOOKS, PAGES, ROOT, catalogue_of, page, speaker, translated

KEPT = ROOT / ".venv" / "share" / "seqmem" / "outputs"
MADE = ".made.json"  # in the folder: file -> what it was when it was made
AT_ONCE = 2  # notebooks that run side by side; each takes up to 750 MB


def is_translated(path: Path, language: str) -> bool:
    return catalogue_of(path.stem, language).exists()


def in_language(path: Path, language: str) -> NotebookNode:
    """The notebook in this language, with the English outputs."""
    return translated(nbformat.read(path, as_version=4), speaker(path.stem, language))


def with_outputs(path: Path, language: str) -> NotebookNode:
    """The notebook in this language, with the outputs of a run in it: of an earlier one, if nothing has changed."""
    notebook = in_language(path, language)
    kept = KEPT / f"{path.stem}.{language}.{_digest(_package() + _said(notebook))[:16]}.ipynb"
    if not kept.exists():
        print(f"seqmem: running {path.name} once, for figures and widgets in {LANGUAGES[language]}", flush=True)
        KEPT.mkdir(parents=True, exist_ok=True)
        notebook = executed(notebook, language, longest=900)  # this machine may be slow
        for old in KEPT.glob(f"{path.stem}.{language}.*"):
            old.unlink(missing_ok=True)
        store(notebook, kept)
    return nbformat.read(kept, as_version=4)


def build(language: str, folder: Path) -> list[str]:
    """Write all notebooks and the pages beside them. Returns the names of those that were left as they are, because
    somebody has changed them and there is something newer.
    """
    folder.mkdir(exist_ok=True)
    paths = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    files = {PAGES[name].name: page(name, language) for name in ("teachers", "teaching")}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = pool.map(lambda path: _notebook(path, language), paths)
        files |= {path.name: nbformat.writes(notebook) + "\n" for path, notebook in zip(paths, made, strict=True)}
    return [name for name, text in files.items() if not _renew(folder / name, text.encode())]


def _notebook(path: Path, language: str) -> NotebookNode:
    if not is_translated(path, language):
        return nbformat.read(path, as_version=4)
    try:
        return with_outputs(path, language)
    except Exception as error:  # whatever stops it, there is a notebook to read and to run
        print(f"seqmem: {path.name} did not run, so its figures are English until you run it: {error}", flush=True)
        return in_language(path, language)


def _renew(path: Path, new: bytes) -> bool:
    """Write a file, unless somebody has changed it. False if it was left alone and is not the newest."""
    record = path.with_name(MADE)
    made = json.loads(record.read_text("utf-8")) if record.exists() else {}
    before = made.get(path.name, {})
    if before.get("file") == _digest(new) and path.exists():
        return True  # it is the newest, with whatever was done to it
    if path.exists() and _digest(path.read_bytes()) != before.get("file") and _content(path) != before.get("content"):
        return False
    part = path.with_suffix(".part")
    part.write_bytes(new)
    part.replace(path)
    made[path.name] = {"file": _digest(new), "content": _content(path)}
    record.write_text(json.dumps(made, indent=1), "utf-8", newline="\n")
    return True


def _content(path: Path) -> str:
    """Of a notebook what its cells say, for JupyterLab changes the rest when somebody only runs it."""
    try:
        return _digest(_said(nbformat.read(path, as_version=4)) if path.suffix == ".ipynb" else path.read_bytes())
    except ValueError:
        return "no notebook any more"


def _said(notebook: NotebookNode) -> bytes:
    return json.dumps([(cell.cell_type, cell.source) for cell in notebook.cells]).encode()


def _package() -> bytes:
    """What the outputs depend on beside the notebook."""
    files = [path for path in sorted((ROOT / "seqmem_lib").rglob("*.*")) if path.suffix not in (".pyc", ".unfinished")]
    return b"".join(path.read_bytes() for path in files if path.is_file())


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


if __name__ == "__main__":
    (language,) = sys.argv[1:]
    os.environ["OMP_NUM_THREADS"] = "1"  # notebooks that run side by side would stand in each other's way
    folder = ROOT / f"_{language}"
    for name in build(language, folder):
        advice = "to get the new one, rename yours and start again"
        print(f"seqmem: {folder.name}/{name} has your changes and stays as it is; {advice}")
