"""What `make lab` tells Jupyter. tests/browser/test_lab.py sees it at work."""

import hashlib
import json
import subprocess
from contextlib import contextmanager
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from binder import jupyter_config
from binder.jupyter_config import as_published, configure, sign_own_notebooks, unchanged


def git(folder, *command):
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run(["git", *who, *command], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project with two notebooks, which git knows."""
    monkeypatch.setattr(jupyter_config, "ROOT", tmp_path)
    monkeypatch.setattr(jupyter_config, "STORE", tmp_path / "store")
    (tmp_path / "notebooks").mkdir()
    for name in ("01_a", "02_b"):
        cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("display_data", {"text/html": name})])
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "notebooks" / f"{name}.ipynb")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "two")
    return tmp_path / "notebooks"


@contextmanager
def notary(store):
    one = NotebookNotary(data_dir=str(store))
    yield one
    one.store.close()


def trusted(folder, store):
    paths = sorted(folder.glob("*.ipynb"))
    with notary(store) as one:
        return [path.stem for path in paths if one.check_signature(nbformat.read(path, as_version=4))]


def test_what_somebody_changed_or_added_is_not_trusted(folder, tmp_path):
    (folder / "02_b.ipynb").write_text((folder / "02_b.ipynb").read_text().replace("02_b", "evil"))
    (folder / "03_c.ipynb").write_text((folder / "01_a.ipynb").read_text().replace("01_a", "evil too"))
    with notary(tmp_path) as one:
        sign_own_notebooks(one)
    assert trusted(folder, tmp_path) == ["01_a"]


def test_what_was_made_in_another_language_is_trusted_until_it_is_changed(folder, tmp_path):
    chinese = tmp_path / "_zh"
    chinese.mkdir()
    for name in ("01_a", "02_b"):
        text = (folder / f"{name}.ipynb").read_text().replace(name, f"{name} zh")
        (chinese / f"{name}.ipynb").write_text(text)
    made = {path.name: {"file": hashlib.sha256(path.read_bytes()).hexdigest()} for path in chinese.iterdir()}
    (chinese / ".made.json").write_text(json.dumps(made))
    (chinese / "02_b.ipynb").write_text((chinese / "02_b.ipynb").read_text().replace("zh", "evil"))
    with notary(tmp_path) as one:
        sign_own_notebooks(one)
    assert trusted(chinese, tmp_path) == ["01_a"]


@pytest.mark.parametrize("missing", ["repository", "program"])
def test_without_git_all_of_ours_are_trusted(folder, tmp_path, monkeypatch, missing):
    if missing == "program":
        monkeypatch.setenv("PATH", "")
    else:
        (tmp_path / ".git").rename(tmp_path / "no-git")
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert all(unchanged(path) for path in folder.iterdir())


def test_signatures_have_a_store_of_their_own(folder, tmp_path):
    c = SimpleNamespace(NotebookNotary=SimpleNamespace(), ContentsManager=SimpleNamespace())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jupyter_config, "NotebookNotary", lambda config: NotebookNotary(data_dir=str(tmp_path / "store")))
        configure(c)
    assert c.NotebookNotary.data_dir == str(tmp_path / "store")
    assert c.ContentsManager.pre_save_hook is as_published
    assert trusted(folder, tmp_path / "store") == ["01_a", "02_b"]


def test_only_what_jupyter_adds_to_our_notebooks_is_taken_away():
    ours = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    ours |= {"language_info": {"name": "python"}}
    seen = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    seen |= {"language_info": {"name": "python", "version": "3.11.7"}}
    other = {"kernelspec": {"name": "ir", "display_name": "R"}, "language_info": {"name": "R", "version": "4"}}
    for metadata, expected in ((seen, ours), (dict(other), other), ({}, {})):
        content = {"metadata": metadata, "cells": [1]}
        as_published({"type": "notebook", "content": content})
        assert content == {"metadata": expected, "cells": [1]}
    text = {"type": "file", "content": "a"}
    as_published(text)
    assert text == {"type": "file", "content": "a"}
