"""What `make lab` tells Jupyter: trust the project's own notebooks, whose widgets are then alive before anything is
run, and let a notebook that was only opened be the same file as before.
"""

import hashlib
import json
import subprocess
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary

ROOT = Path(__file__).parents[1]
STORE = ROOT / ".venv" / "share" / "seqmem"  # so that the user's own holds none of our signatures


def unchanged(path: Path) -> bool:
    """Whether this is the file that the project published, as far as git can tell."""
    try:
        asked = ["git", "diff", "--quiet", "HEAD", "--", path]
        known = ["git", "ls-files", "--error-unmatch", path]
        answers = [subprocess.run(one, cwd=ROOT, capture_output=True).returncode for one in (asked, known)]
    except OSError:
        return True  # there is no git
    return answers == [0, 0] or 128 in answers  # 128: this folder is not under git


def as_made(path: Path) -> bool:
    """Whether this notebook in another language is the file that publish/edition.py made, which notes what it makes."""
    made = json.loads((path.parent / ".made.json").read_text("utf-8"))
    return made.get(path.name, {}).get("file") == hashlib.sha256(path.read_bytes()).hexdigest()


def sign_own_notebooks(notary: NotebookNotary) -> None:
    own = [path for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")) if unchanged(path)]
    for record in ROOT.glob("_*/.made.json"):
        own += [path for path in sorted(record.parent.glob("[0-9][0-9]_*.ipynb")) if as_made(path)]
    for path in own:
        notary.sign(nbformat.read(path, as_version=4))


def as_published(model: dict, **_) -> None:
    """JupyterLab notes in each notebook that it opens which Python ran it, and saves that after two minutes."""
    metadata = model["content"].get("metadata", {}) if model["type"] == "notebook" else {}
    if metadata.get("kernelspec", {}).get("name") == "python3":
        metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
        metadata["language_info"] = {"name": "python"}


def configure(c) -> None:
    STORE.mkdir(parents=True, exist_ok=True)
    c.NotebookNotary.data_dir = str(STORE)
    notary = NotebookNotary(config=c)
    sign_own_notebooks(notary)
    notary.store.close()
    c.ContentsManager.pre_save_hook = as_published


if "get_config" in globals():  # Jupyter reads this file
    configure(get_config())  # noqa: F821
