"""A notebook of the student edition, as it was handed out: its exercises, and what their answers need of it."""

import ast
import importlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from symtable import symtable

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
        """The cells of the answers, and in their order those others that define what the answers and the checks use;
        what such a cell uses is defined too, and a cell that can change a value that is used is there as well."""
        names = {cell.id: names_in(cell.source) for cell in self.code}
        extras = [one for exercise in self.exercises.values() for one in exercise.extras]
        wanted, kept = set().union(*(names_in(one)[0] for one in [*answers, *extras])), []
        may_change = set().union(*(values for _, _, values in names.values()))
        for cell in reversed(self.code):
            used, definitions, values = names[cell.id]
            if cell.id in self.exercises or wanted & (definitions | values | used & may_change):
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


def names_in(source: str) -> tuple[set[str], set[str], set[str]]:
    """The names in a cell that stand for something outside its functions: those it uses, those of the modules,
    functions and classes that it defines, and those of other values. None of what is no Python."""
    found = set(), set(), set()
    try:
        tables = [symtable(source, "a cell", "exec")]
    except Exception:  # of the parser, which knows several
        return found
    used, definitions, values = found
    for table in tables:
        tables += table.get_children()
        for one in table.get_symbols():
            if one.is_referenced() and (table.get_type() == "module" or one.is_global()):
                used.add(one.get_name())
            if table.get_type() == "module" and (one.is_imported() or one.is_namespace()):
                definitions.add(one.get_name())
            elif table.get_type() == "module" and one.is_assigned():
                values.add(one.get_name())
    return found


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
