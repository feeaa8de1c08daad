"""The example of every public name, as its docstring and the reference on the site show it."""

import ast
import doctest
import inspect
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn

import seqmem_lib as sm

ROOT = Path(__file__).parents[2]
COLORS = ("CELL_COLORS", "GATE_COLORS")  # which can have no docstring: theirs stand in the reference
DOCUMENTED = {f"sm.{name}": getattr(sm, name) for name in sm.__all__ if name not in (*COLORS, "tasks")}
DOCUMENTED |= {f"sm.tasks.{name}": getattr(sm.tasks, name) for name in sm.tasks.__all__}
TEXTS = {name: inspect.getdoc(thing) for name, thing in DOCUMENTED.items()}
PLOTS = (ROOT / "publish" / "site" / "pages" / "reference" / "plots.rst").read_text("utf-8")
TEXTS |= dict(re.findall(r"py:data:: seqmem_lib\.(\w+)\n(.*?)(?=\n\.\.|\Z)", PLOTS, re.DOTALL))
LANDING = (ROOT / "publish" / "site" / "pages" / "index.md").read_text("utf-8")


@pytest.mark.parametrize("name", TEXTS)
def test_an_example_runs_and_shows_what_it_says(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"torch": torch, "nn": nn, "sm": sm}  # the first lines of the reference
    test = doctest.DocTestParser().get_doctest(TEXTS[name], names, name, None, 0)
    assert any(example.want for example in test.examples)
    said = []
    with plt.rc_context():
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        runner.run(test, out=said.append)
    assert not said, "".join(said)


def test_every_public_name_has_one():
    assert {name.removeprefix("sm.") for name in TEXTS} | {"tasks"} >= set(sm.__all__)
    assert len(TEXTS) > 60


def takes(thing) -> list[str]:
    """The arguments that a caller passes; those of models and tasks say by themselves what they are."""
    return [name for name in inspect.signature(thing).parameters if name not in ("self", "options")]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_errors_are_said(name):
    """Whoever passes something may pass the wrong thing. The cells say it of their step, as torch's do."""
    thing, text = DOCUMENTED[name], TEXTS[name]
    if takes(thing) and not name.endswith("Cell"):
        assert re.search(r"\bRaises \w|Shapes\s+and\s+errors", text), "which errors?"


@pytest.mark.parametrize("name", DOCUMENTED)
def test_shapes_are_said(name):
    """Of every tensor that goes in or comes out."""
    thing, text = DOCUMENTED[name], TEXTS[name]
    source = ast.unparse(ast.parse(inspect.getsource(inspect.unwrap(thing)).strip()))
    signature = source.split(":\n", 1)[0] if not inspect.isclass(thing) else ""
    if "Tensor" in signature:
        assert re.search(r"\([\w ]+,|Shapes\s+and\s+errors|as for `|each word, numbers", text), "which shape?"


def test_the_six_lines_of_the_landing_page(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", LANDING, re.DOTALL)
    assert len(code.replace("\n\n", "\n").splitlines()) == 6
    exec(code, names := {})
    assert capsys.readouterr().out == "torch.Size([1, 4, 8])\n"
    assert names["trace"].tokens == (("not", "bad", "at", "all"),)
