"""The rules of the house: what may import what, how large a file may be, and what a name must be good for."""

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import nbformat
import pytest

import seqmem_lib

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "seqmem_lib"
COURSE = PACKAGE / "course"
MODULES = sorted(PACKAGE.rglob("*.py"))
CORE = [path for path in MODULES if not path.is_relative_to(COURSE)]
ROOMS = sorted(path for path in COURSE.glob("n[0-9][0-9]_*") if path.is_dir())
LINES = 250  # what can be read in one go
ENTRIES = 13


def called(path: Path) -> str:
    """The module that a file of the package is: "seqmem_lib.tasks.hold"."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {called(path): path for path in MODULES}


@cache
def nodes(source: str) -> list[ast.AST]:
    """All that Python code consists of, for the several who ask."""
    return [*ast.walk(ast.parse(source))]


def imports(source: str, path: Path | None = None) -> set[tuple[str, str]]:
    """(module, name) for each import of Python code, wherever it stands in it; (module, "") for one of a whole module.
    In a file of the package, relative ones are made absolute.
    """
    found = set()
    for node in nodes(source):
        if isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = list(path.relative_to(ROOT).parts[: -node.level])
                base = ".".join([*parts, base] if base else parts)
            found |= {(base, alias.name) for alias in node.names}
    return found


def imported(path: Path) -> set[str]:
    """The modules of the package that one of its files imports, the packages that they lie in not included."""
    pairs = imports(path.read_text("utf-8"), path)
    return {f"{base}.{name}" if f"{base}.{name}" in FILES else base for base, name in pairs if base in FILES}


def number(module: str) -> int | None:
    """Of the room that a module is in; None outside the rooms."""
    found = re.match(r"seqmem_lib\.course\.n(\d\d)_", module)
    return int(found[1]) if found else None


def test_imports_are_read():
    """What the rules below rest on: all forms of an import, in a module and in a package."""
    path = COURSE / "n01_rnn" / "__init__.py"
    source = "import a.b\nfrom c import d\nif 1:\n    from . import e\n    from .f import g\nfrom ..judge import h\n"
    own = "seqmem_lib.course.n01_rnn"
    expected = {("a.b", ""), ("c", "d"), (own, "e"), (f"{own}.f", "g"), ("seqmem_lib.course.judge", "h")}
    assert imports(source, path) == imports(source, path.with_name("checks.py")) == expected
    assert "seqmem_lib.course.judge" in imported(COURSE / "n01_rnn" / "checks.py")
    assert "seqmem_lib.arguments" in imported(PACKAGE / "cells.py")
    assert len(CORE) > 30
    assert len(ROOMS) > 5


@pytest.mark.parametrize("path", CORE, ids=called)
def test_the_core_does_not_know_the_course(path):
    """What is of use elsewhere must work without the notebooks. The one exception is the name load_results."""
    known = {module for module in imported(path) if module.startswith("seqmem_lib.course")}
    assert not known, f"{called(path)} imports {known}"
    source = path.read_text("utf-8")
    if path == PACKAGE / "__init__.py":
        source = source.replace('"course.results": ("load_results",),', "")
    said = [node.value for node in nodes(source) if isinstance(node, ast.Constant)]
    texts = [one for one in said if isinstance(one, str) and " " not in one]  # what import_module may be called with
    assert not [one for one in texts if re.search(r"\bcourse\.", one)]


@pytest.mark.parametrize("path", [path for path in MODULES if number(called(path))], ids=called)
def test_a_room_knows_only_rooms_before_it(path):
    """The notebooks are read in order, and one can be left out with all that come after it."""
    own, room = number(called(path)), called(path).split(".")[2]
    for module in imported(path):
        other = number(module)
        assert other is None or other < own or module.split(".")[2] == room, f"{called(path)} imports {module}"


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_says_of_which_notebook_it_is(room):
    said = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8")))
    assert said.startswith(f"Notebook {room.name[1:3]}: ")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("path", [path for room in ROOMS for path in room.glob("*.py")], ids=called)
def test_a_module_in_a_room_names_no_other_notebook_as_its_own(path):
    said = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    own = re.findall(r"\bof notebook (\d\d)\b", said)
    assert set(own) <= {path.parent.name[1:3]}, f"{called(path)} says that it is of notebook {own}"


def uses(source: str, path: Path | None = None) -> set[str]:
    """The names of the flat namespace that Python code uses: as sm.name, or imported from where they are defined."""
    found = set()
    for node in nodes(source):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sm":
            found.add(node.attr)
    for base, name in imports(source, path):
        if base in ("seqmem_lib", f"seqmem_lib.{seqmem_lib._MODULE_OF.get(name)}"):
            found.add(name)
        if base.startswith("seqmem_lib.tasks") or (base, name) == ("seqmem_lib", "tasks"):
            found.add("tasks")
    return found & set(seqmem_lib.__all__)


@cache
def users() -> dict[str, set[str]]:
    """file -> the names that it uses, for the notebooks, the modules of the package, figures/ and README."""
    found = {}
    for path in ROOT.glob("notebooks/*.ipynb"):
        cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        lines = "\n".join(cells).splitlines()
        found[path.name] = uses("\n".join(line for line in lines if not line.lstrip().startswith(("%", "!"))))
    for path in [*MODULES, *ROOT.glob("figures/**/*.py")]:
        if path != PACKAGE / "__init__.py":
            found[str(path.relative_to(ROOT))] = uses(path.read_text("utf-8"), path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    found["README.md"] = set().union(*map(uses, blocks))
    return found


def test_uses_are_read():
    assert uses("import seqmem_lib as sm\nsm.record(sm.tasks.latch(3))") == {"record", "tasks"}
    assert uses("from seqmem_lib.recording import record\nfrom seqmem_lib.trace import record as no") == {"record"}
    assert uses("from ..recording import record, lstm", PACKAGE / "widgets" / "page.py") == {"record"}
    assert uses("import torch\ntorch.record(train)") == set()
    assert len(users()) > 60


@pytest.mark.parametrize(
    "name", [name for name in seqmem_lib.__all__ if name != "use_language"]
)  # which is for readers
def test_a_name_in_the_flat_namespace_has_two_users(name):
    """What one alone needs is imported from its module, so that the namespace can be read in one go."""
    home = seqmem_lib._MODULE_OF.get(name, "tasks").replace(".", "/")
    home = {f"seqmem_lib/{home}.py", f"seqmem_lib/{home}/__init__.py"}
    if name == "tasks":
        home |= {one for one in users() if one.startswith("seqmem_lib/tasks/")}
    using = [one for one, names in users().items() if name in names and one not in home]
    assert len(using) >= 2, f"{name} is used by {using or 'nobody'} alone: take it out of seqmem_lib/__init__.py"


SOURCES = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py", "*.js"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    if not name.startswith("tests/") and (ROOT / name).exists()
)


def test_there_are_sources():
    assert {"make.py", "publish/site/conf.py", "seqmem_lib/widgets/page.js"} <= {
        str(path.relative_to(ROOT)) for path in SOURCES
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_can_be_read_in_one_go(path):
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= LINES, f"{path.relative_to(ROOT)} has {lines} lines: split it at {LINES}"


@pytest.mark.parametrize("path", [path for path in SOURCES if path.suffix == ".py"], ids=called)
def test_what_will_go_out_of_use_is_an_error_in_our_own_lines(path, pytestconfig):
    filters = [line.split(":") for line in pytestconfig.getini("filterwarnings")]
    ours = {parts[2]: parts[3] for parts in filters if parts[0] == "error" and len(parts) == 4}
    assert set(ours) == {"DeprecationWarning", "PendingDeprecationWarning", "FutureWarning"}
    assert all(re.match(module, called(path)) for module in ours.values())


def test_the_package_has_few_entries():
    entries = {path.name for path in PACKAGE.iterdir()} - {"course", "__init__.py", "__pycache__"}
    entries = {name for name in entries if not name.startswith(".")}
    assert len(entries) <= ENTRIES, f"{len(entries)} entries: {sorted(entries)}"


def products(source: str) -> Counter:
    """The pairs of names that code multiplies, in either order: "c f" for f * c, and for gates["f"] * c.clone()."""

    def name(node):
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            return str(node.slice.value)
        if isinstance(node, ast.Attribute):
            return node.attr
        return name(node.func.value) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""

    return Counter(
        " ".join(sorted((name(node.left), name(node.right))))
        for node in nodes(source)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)
    )


def test_products_are_read():
    assert products("c = f * c + i * g") == {"c f": 1, "g i": 1}
    assert products("c = c * f.sigmoid()\nc = gates['f'] * c.clone()\nc = trace.f * trace.c")["c f"] == 3


def test_the_update_of_the_lstm_stands_in_one_place():
    """An equation that stands twice can be changed once. The checks have wrong ones, and right ones to compare with."""
    places = {
        called(path): products(path.read_text("utf-8"))["c f"] for path in MODULES if not path.stem.endswith("checks")
    }
    assert {module: count for module, count in places.items() if count} == {"seqmem_lib.cells": 1}


def test_the_package_is_there_without_torch():
    code = "import sys, seqmem_lib; print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"


@pytest.mark.parametrize("path", MODULES, ids=called)
def test_a_statement_does_one_thing(path):
    """Calls for their effect stand one below the other: in a tuple, a line says less than it does."""
    tuples = [
        node.lineno
        for node in nodes(path.read_text("utf-8"))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Tuple)
    ]
    assert tuples == []
