"""A notebook of the student edition, as it was handed out: its exercises, and what their answers need of it."""

import ast
import importlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from dis import get_instructions
from functools import cache
from pathlib import Path
from types import CodeType

import cloudpickle
import nbformat
from nbformat import NotebookNode

from publish.student import NOTEBOOKS, POINTS, student_edition
from seqmem_lib import course

COURSE = Path(course.__file__).parent
PATHS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


@dataclass(frozen=True)
class Exercise:
    """One answer cell, and its check.

    name : of the function or class that it asks for; also its grade id
    stub : what stood there when it was handed out
    attempted : whether the stub is more than three dots, as a bug to be mended is
    check : of the course, called as `check(attempt, *extras)`
    extras : Python expressions over the names of the lesson
    """

    name: str
    stub: str
    is_class: bool
    attempted: bool
    check: Callable
    extras: list[str]
    points: int = POINTS


class Lesson:
    """A notebook of the student edition, as it was handed out."""

    def __init__(self, path: Path):
        self.name = path.stem
        self.cells = student_edition(nbformat.read(path, as_version=4)).cells
        self.marked = {cell.metadata.nbgrader.grade_id: cell for cell in self.cells if "nbgrader" in cell.metadata}
        self.code = [cell for cell in self.cells if cell.cell_type == "code"]
        self.exercises = {
            cell.id: self._exercise(cell, self.code[k + 1])
            for k, cell in enumerate(self.code)
            if cell.metadata.get("nbgrader", {}).get("solution")
        }

    def for_answers(self, answers: Iterable[str]) -> list[NotebookNode]:
        """The cells of the answers, and in their order those others that define what the answers and the checks use,
        and what such a cell uses. No notebook changes a value in another cell than in one that names it anew."""
        extras = [one for exercise in self.exercises.values() for one in exercise.extras]
        wanted, kept = set().union(*(names_in(one)[0] for one in [*answers, *extras])), []
        for cell in reversed(self.code):
            used, defined = names_in(cell.source)
            if cell.id in self.exercises or wanted & defined:
                kept.append(cell)
                wanted |= used
        return kept[::-1]

    def _exercise(self, cell: NotebookNode, check: NotebookNode) -> Exercise:
        call = ast.parse(check.source).body[-1].value
        (room,) = COURSE.glob(f"n{self.name[:2]}_*")
        module = importlib.import_module(f"{course.__name__}.{room.name}.{call.func.value.id}")
        for path in of_checks():
            if path.parent == room:  # what it hands to an answer goes as it is: there is no such module there
                cloudpickle.register_pickle_by_value(importlib.import_module(f"{module.__package__}.{path.stem}"))
        return Exercise(
            name=cell.metadata.nbgrader.grade_id,
            stub=cell.source,
            is_class=isinstance(ast.parse(cell.source).body[0], ast.ClassDef),
            attempted="exercise" not in cell.metadata.tags,
            check=getattr(module, call.func.attr),
            extras=[ast.unparse(one) for one in call.args[1:]],
        )


def names_in(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell takes from the cells before it, or from Python, and those that it imports, defines or
    assigns. None of what is no Python."""
    used, defined = set(), set()
    try:
        inner = [code := compile(source, "a cell", "exec")]
    except Exception:  # of the parser, which knows several
        return used, defined
    for one in get_instructions(code):
        if one.opname == "STORE_NAME":
            defined.add(one.argval)
        elif one.opname == "LOAD_NAME" and one.argval not in defined:
            used.add(one.argval)
    for one in inner:
        inner += [part for part in one.co_consts if isinstance(part, CodeType)]
        if one is not code:  # a function or a class, which may run later
            used |= {each.argval for each in get_instructions(one) if each.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return used, defined


@cache
def of_checks() -> set[Path]:
    """The modules of checks, and those that only they import: what must not stand where an answer can read it."""
    imports = re.compile(r"^from \.(\w+) import ", re.MULTILINE)
    checks, notebooks = set(COURSE.glob("n*/*checks.py")), "".join(path.read_text("utf-8") for path in PATHS)
    others = {path: path.read_text("utf-8") for path in COURSE.rglob("*.py") if path not in checks}
    for path in sorted(checks):
        for name in imports.findall(path.read_text("utf-8")):
            own = path.with_name(f"{name}.py")
            room = rf"\b{own.parent.name}(\.{name} import| import [^\n]*\b{name}\b)"
            elsewhere = [
                text for one, text in others.items() if one.parent == own.parent and name in imports.findall(text)
            ]
            if not elsewhere and not re.search(room, "".join([notebooks, *others.values()])):
                checks.add(own)
    return checks


@cache
def lessons() -> list[Lesson]:
    return [Lesson(path) for path in PATHS]
