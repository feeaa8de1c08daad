"""The student edition: `make student` writes every notebook without its solutions to `_student/`.

Left out are the solutions, the answers to the exercises and to the quiz, what is wrong with a bug, and every output: an
exercise is to be solved, a quiz to be answered, a bug to be found, and a **Predict** to be a prediction, and each has a
cell to write in. The answers to predictions stay, because the text that follows gives them anyway. All else is as it
was.

What can be marked carries the metadata of nbgrader (schema 3): stubs and answers are the student's, checks are locked
and give points. A check that runs in nbgrader's autograder raises an error unless its verdict is "correct". Guesses
carry none: to nbgrader a Markdown cell to write in is one that is marked.
"""

import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
STUDENT = NOTEBOOKS.parent / "_student"
POINTS = 4  # for an exercise or a question, as in the rubric for teachers
ANSWER = re.compile(r"<details><summary>(.*?)</summary>.*?</details>\s*", re.DOTALL)
DEFINED = re.compile(r"^(?:def|class) (\w+)", re.MULTILINE)  # what an answer is called
ABOUT_SOLUTIONS = re.compile(r" ?[A-Z][^.\n]*\b(?:folded solution|solution\b[^.\n]*\bfolded|open the story)\b[^.\n]*\.")


def student_edition(notebook: NotebookNode) -> NotebookNode:
    """The notebook, as a student gets it."""
    return NotebookNode(notebook, cells=list(_cells(notebook)))


def _cells(notebook: NotebookNode) -> Iterator[NotebookNode]:
    before, marked = [], False  # the tags of the cell before; whether the exercises have begun
    name, questions, guesses = "", count(1), count(1)  # of the last exercise or bug; numbers for what is written

    def question(title: str, id: str) -> NotebookNode:
        return for_nbgrader(new_markdown_cell(title, id=id), f"question-{next(questions)}", grade=True, solution=True)

    def guess(title: str, id: str = "") -> NotebookNode:
        return new_markdown_cell(title, id=f"predict-{next(guesses)}")

    tags_of = [cell.metadata.get("tags", []) for cell in notebook.cells]
    for cell, tags, after in zip(notebook.cells, tags_of, [*tags_of[1:], []], strict=True):
        marked = marked or "exercise" in tags
        if cell.cell_type == "markdown":
            cell.source = ABOUT_SOLUTIONS.sub("", cell.source)
            predict = "**Predict" in cell.source and cell is not notebook.cells[0]  # which says what the word means
            asked = question if marked else guess if "bug" in after else None
            yield from _with_room_for_answers(cell, asked) if asked else [cell]
            if predict:
                yield guess("*Your guess*")
        elif "solution" not in tags:
            cell.outputs, cell.execution_count = [], None
            if "exercise" in tags or "bug" in tags:
                name = DEFINED.search(cell.source)[1]
                for_nbgrader(cell, name, solution=True)
            if "exercise" in before:
                for_nbgrader(cell, f"{name}-check", grade=True)
            yield cell
            if "bug" in tags:  # its check is its own last line, which a student could change
                check = new_code_cell(cell.source.splitlines()[-1], id=f"{cell.id}-check")
                yield for_nbgrader(check, f"{name}-check", grade=True)
        before = tags


def _with_room_for_answers(cell: NotebookNode, room: Callable[[str, str], NotebookNode]) -> Iterator[NotebookNode]:
    """A cell to write in, in the place of each answer that it holds."""
    text, *rest = ANSWER.split(cell.source)  # text, summary, text, summary, ..., text
    if text:
        cell.source = text.strip()
        yield cell
    for k in range(0, len(rest), 2):
        title = "Your answer" if rest[k] == "Answer" else rest[k]
        yield room(f"*{title}*", f"{cell.id}-answer-{k}")
        if rest[k + 1]:
            yield new_markdown_cell(rest[k + 1].strip(), id=f"{cell.id}-after-{k}")


def for_nbgrader(
    cell: NotebookNode, name: str, grade: bool = False, solution: bool = False, points: int = POINTS
) -> NotebookNode:
    """Say what the cell is to nbgrader, by this name: what the student writes (solution), what gives points (grade)."""
    cell.metadata.nbgrader = {
        "schema_version": 3,
        "grade_id": name,
        "grade": grade,
        "solution": solution,
        "locked": not solution,
        "task": False,
        **({"points": points} if grade else {}),
    }
    return cell


def build(folder: Path = STUDENT) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = []
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        paths.append(folder / path.name)
        nbformat.write(student_edition(nbformat.read(path, as_version=4)), paths[-1])
    return paths


if __name__ == "__main__":
    for path in build():
        print(path)
