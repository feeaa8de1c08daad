"""`make grade ARGS=FOLDER`: points for all notebooks that were handed in, in that folder and the folders in it.

It writes two tables to _grades/, or to a folder named as a second argument: points.csv with a line for each notebook,
feedback.csv with one for each exercise of it. Written answers are yours to mark.

Each check runs twice: with the numbers that learners have, whose hints are known, and with others, drawn from a seed
that is new each time and stands in points.csv. `--seed NUMBER` repeats a run.
"""

import argparse
import csv
import io
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from secrets import randbelow
from tempfile import TemporaryDirectory

import torch

from publish.grade.attempt import class_, function
from publish.grade.handed_in import HandedIn, read
from publish.grade.host import Room
from publish.grade.lesson import Exercise, Lesson, lessons
from seqmem_lib.course.judge import about, drawn_from, shown
from seqmem_lib.language import tr

ROOT = Path(__file__).parents[2]
SHOWN = 300  # characters of feedback: an error's message may be long


def judge(exercise: Exercise, own: HandedIn, room: Room, extras: list, seed: int) -> tuple[int, str]:
    """The points, and what is said to the student. What the teacher should know is added to the report."""
    name, right = exercise.name, shown(exercise.name, "correct.") + "\n"
    if name not in own.answers:
        return 0, shown(name, "there is no answer.")
    if not exercise.attempted and own.answers[name].strip() == exercise.stub.strip():
        return 0, shown(name, "not attempted yet.")
    said = io.StringIO()
    with room.answer(own.cells_for(name)) as conversation, redirect_stdout(said):
        try:
            defined = conversation.ask("define", name)
            stands_in = class_(conversation, name, defined) if exercise.is_class else function(conversation, name)
        except Exception as error:
            print(shown(name, tr("the cell stopped with {error}{place}", **about(error))))
        else:
            for numbers in (0, seed):
                if said.getvalue() in ("", right):
                    with drawn_from(numbers):
                        _check(exercise, stands_in, extras, own.report)
    if conversation.ended:
        own.report.append(f"{name}: {conversation.ended}")
    correct = said.getvalue() == 2 * right and not conversation.ended
    return exercise.points * correct, " ".join(said.getvalue().removeprefix(right).split())[:SHOWN]


def _check(exercise: Exercise, stands_in: Callable, extras: list, report: list[str]) -> None:
    try:
        exercise.check(stands_in, *extras)
    except Exception as error:  # no fault of an answer should bring a check to this
        print(shown(exercise.name, "the check stopped."))
        report.append(f"{exercise.name}: the check stopped with {type(error).__name__}: look at it yourself")


def grade(lesson: Lesson, handed_in: list[HandedIn], room: Room, seed: int) -> list[dict]:
    """A line for each exercise of each notebook that is of this lesson."""
    lines = []
    for cell in lesson.for_answers(answer for one in handed_in for answer in one.answers.values()):
        if cell.id in lesson.exercises:
            exercise = lesson.exercises[cell.id]
            extras = [room.value(one) for one in exercise.extras]
            for one in handed_in:
                try:
                    points, said = judge(exercise, one, room, extras, seed)
                except (EOFError, ConnectionError):  # possible on a Linux before 6.12
                    sys.exit(f"seqmem: {exercise.name} in {one.path} ended the process of the lesson: set it aside")
                own = {"file": one.path, "exercise": exercise.name, "points": points, "of": exercise.points}
                lines.append({**own, "feedback": said})
        room.run(cell.source)
    return lines


def grade_all(handed_in: list[HandedIn], hidden: set[Path], seed: int) -> list[dict]:
    """The lines of all of them, lesson by lesson, in one room, from which nothing in `hidden` can be read."""
    feedback = []
    with TemporaryDirectory() as place, Room(Path(place).resolve(), hidden) as room:
        for lesson in lessons():
            own = [one for one in handed_in if one.lesson is lesson]
            if own:
                print(f"{lesson.name}: {len(own)} handed in", flush=True)
                with room.lesson():
                    feedback += grade(lesson, own, room, seed)
    if not room.walled:
        print("seqmem: this system has no Landlock, so an answer could have read the files of the checks")
    return feedback


def main(folder: str, out: str, seed: int) -> None:
    os.environ.pop("NBGRADER_EXECUTION", None)  # or a check would raise its verdict
    torch.set_num_threads(1)
    folder, out = Path(folder).resolve(), Path(out).resolve()
    handed_in = [read(path, lessons()) for path in sorted(folder.rglob("*.ipynb"))]
    known = [one for one in handed_in if one.lesson]
    feedback = grade_all(known, {ROOT, folder, out}, seed) if known else []
    points = []
    for one in handed_in:
        own = [line for line in feedback if line["file"] == one.path]
        name, total = one.lesson and one.lesson.name, {key: sum(line[key] for line in own) for key in ("points", "of")}
        points.append({"file": one.path, "notebook": name, **total, "report": "; ".join(one.report), "seed": seed})
    out.mkdir(exist_ok=True)
    for name, lines in {"points": points, "feedback": feedback}.items():
        with open(out / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, list(lines[0]) if lines else [])
            table.writeheader()
            table.writerows({**line, "file": line["file"].relative_to(folder)} for line in lines)
        print(out / f"{name}.csv")
    print(f"seqmem: --seed {seed} draws the same numbers again")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make grade", description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="of what was handed in")
    parser.add_argument("out", nargs="?", default=str(ROOT / "_grades"), help="where the tables go")
    parser.add_argument("--seed", type=int, default=1 + randbelow(10**9), help="of the numbers of the checks")
    given = parser.parse_args()
    if not Path(given.folder).is_dir():
        sys.exit(f"seqmem: {given.folder} is no folder: name that of what was handed in: make grade ARGS=FOLDER")
    if not hasattr(os, "fork"):
        sys.exit("seqmem: on Windows, grade in the Windows Subsystem for Linux (WSL)")
    main(**vars(given))
