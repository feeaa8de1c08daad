"""The answers in a notebook that was handed in, and what was done to it that should not have been."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from publish.grade.lesson import Lesson, names_in

TERMS = "grade", "locked", "points", "solution"


@dataclass(frozen=True)
class HandedIn:
    """A notebook that was handed in: its answers, by name, and what was done to it that should not have been."""

    path: Path
    lesson: Lesson | None
    answers: dict[str, str]
    report: list[str]

    def cells_for(self, name: str) -> list[str]:
        """The cell of an answer, after those of other answers that it uses."""
        used = names_in(self.answers[name])[0]
        others = [source for other, source in self.answers.items() if other != name]
        return [*(one for one in others if used & names_in(one)[1]), self.answers[name]]


def read(path: Path, known: list[Lesson]) -> HandedIn:
    """Whatever its name: the lesson is told by the grade ids."""
    try:
        found = defaultdict(list)
        for cell in nbformat.read(path, as_version=4).cells:
            found[cell.metadata.get("nbgrader", {}).get("grade_id")].append(cell)
        lesson = max(known, key=lambda one: len(one.marked.keys() & found.keys()))
        if not lesson.marked.keys() & found.keys():
            return HandedIn(path, None, {}, ["no cell has a grade id of the student edition"])
        names = [one.name for one in lesson.exercises.values()]
        answers = {name: str(found[name][0].source) for name in names if name in found}
        report = [said for name in lesson.marked for said in _report(lesson, name, found)]
        return HandedIn(path, lesson, answers, report)
    except Exception as error:  # anything can be in a file that is called .ipynb
        return HandedIn(path, None, {}, [f"this is no notebook ({type(error).__name__})"])


def _report(lesson: Lesson, name: str, found: dict[str, list[NotebookNode]]) -> Iterator[str]:
    """What was done to the cell of this name."""
    own, cell = found.get(name, []), lesson.marked[name]
    if not own:
        yield f"{name} is missing"
    if len(own) > 1:
        yield f"{name} is there {len(own)} times (the first counts)"
    if any(one.metadata.nbgrader.get(term) != cell.metadata.nbgrader.get(term) for one in own for term in TERMS):
        yield f"the points or the kind of {name} were changed"
    if cell.metadata.nbgrader.locked and any(one.source.strip() != cell.source.strip() for one in own):
        yield f"{name} was changed"
