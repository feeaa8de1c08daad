"""The student edition, as `make student` writes it: nothing of the solutions is left, and nbgrader can mark it."""

import json
import re
from difflib import SequenceMatcher
from pathlib import Path

import nbformat
import pytest

from publish import student
from seqmem_lib.course.n01_rnn import checks

ROOT = Path(__file__).parents[2]

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
every = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "_student"
    student.build(folder)
    return folder


def read(path):
    return nbformat.read(path, as_version=4)


def tags(cell):
    return cell.metadata.get("tags", [])


@every
def test_no_solution_is_left(folder, path):
    solutions = [cell for cell in read(path).cells if "solution" in tags(cell)]
    others = "\n".join(cell.source for cell in read(path).cells if "solution" not in tags(cell))
    lines = {line.strip() for cell in solutions for line in cell.source.splitlines()}
    secret = [line for line in lines if line not in others]
    assert len(secret) >= 2 * len(solutions)
    text = (folder / path.name).read_text("utf-8")
    # As it would stand in the file, where quotation marks and backslashes are escaped.
    assert [line for line in secret if json.dumps(line, ensure_ascii=False)[1:-1] in text] == []
    assert "_solution" not in text
    assert "folded" not in text


@every
def test_every_heading_is_kept(folder, path):
    """Also where the sentence below it, which is about solutions, is left out."""
    before, after = (
        "\n".join(cell.source for cell in read(place).cells if cell.cell_type == "markdown")
        for place in (path, folder / path.name)
    )
    assert re.findall("^#+ .+", after, re.MULTILINE) == re.findall("^#+ .+", before, re.MULTILINE)


@every
def test_answers_that_are_marked_are_gone_and_the_others_stay(folder, path):
    cells = read(path).cells
    first = next(k for k, cell in enumerate(cells) if "exercise" in tags(cell))
    answers = [re.findall("<details>.*?</details>", cell.source, re.DOTALL) for cell in cells]
    edition = read(folder / path.name)
    text = "\n".join(cell.source for cell in edition.cells)
    bugs = [k - 1 for k, cell in enumerate(cells) if "bug" in tags(cell)]
    stories = [answer for k in bugs for answer in answers[k]]
    gone = [answer for after in answers[first:] for answer in after]
    kept = [answer for k, before in enumerate(answers[:first]) if k not in bugs for answer in before]
    assert len(stories) == (10 if path.name.startswith("12") else 0)  # exhibit 10 tells how it came about
    assert gone
    assert all(answer in text for answer in kept)
    for answer in gone + stories:
        said = re.sub("<details><summary>.*?</summary>|</details>", "", answer).strip()
        assert said not in text
    rooms = [cell for cell in edition.cells if "-answer-" in cell.id]
    assert len(rooms) == len(gone)
    assert all(re.fullmatch(r"\*.+\*", room.source) for room in rooms)
    assert [cell.source for cell in edition.cells].count("*What is wrong*") == len(stories)


@every
def test_each_prediction_has_a_cell_to_write_it_in(folder, path):
    """Between what is asked and what is shown; it is not marked."""
    _, *cells = read(folder / path.name).cells
    rooms = [cell for cell in cells if re.fullmatch(r"predict-\d+", cell.id)]
    assert [cell.id for cell in rooms] == [f"predict-{n + 1}" for n in range(len(rooms))]
    assert not any("nbgrader" in cell.metadata for cell in rooms)
    guesses = [cell.id for cell in rooms if cell.source == "*Your guess*"]
    asked = [k for k, cell in enumerate(cells) if "**Predict" in cell.source]
    assert [cells[k + 1].id for k in asked] == guesses
    assert len(asked) >= 3


@every
def test_what_stands_between_answers_stays(folder, path):
    """All words, in their order, but for the answers that are marked and what is said of solutions."""

    def words(cells):
        texts = [cell.source for cell in cells if cell.cell_type == "markdown" and not cell.id.endswith("-answer")]
        return " ".join(texts).split()

    cells = read(path).cells
    first = next(k for k, cell in enumerate(cells) if "exercise" in tags(cell))
    stories = [cells[k - 1] for k, cell in enumerate(cells) if "bug" in tags(cell)]
    for cell in [*stories, *cells[first:]]:
        cell.source = re.sub("<details>.*?</details>", "", cell.source, flags=re.DOTALL)
    kept = [cell for cell in read(folder / path.name).cells if not re.search(r"(-answer|^predict)-\d+$", cell.id)]
    before, after = words(cells), words(kept)
    lost = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for kind, *ends in lost:
        gone = " ".join(before[ends[0] : ends[1]])
        assert kind == "equal" or (kind == "delete" and re.search("solution|the story", gone) and gone.endswith(".")), (
            gone
        )


def test_each_question_has_the_points_that_teachers_are_told():
    said = (ROOT / "notebooks" / "README.md").read_text("utf-8")
    (points,) = re.findall(r"(\w+) points for each question", said)
    assert {"three": 3, "four": 4, "five": 5}[points] == student.POINTS


@every
def test_all_else_is_as_it_was(folder, path):
    edition = read(folder / path.name)
    nbformat.validate(edition)
    assert edition.metadata == read(path).metadata
    ids = [cell.id for cell in edition.cells]
    assert len(set(ids)) == len(ids)
    given = {cell.id: cell for cell in edition.cells}
    before = [cell for cell in read(path).cells if "solution" not in tags(cell)]
    kept = [cell for cell in before if cell.id in given]
    known = {cell.id for cell in kept}
    assert [cell.id for cell in kept] == [name for name in ids if name in known]
    assert all(re.fullmatch(r"predict-\d+|.+-((answer|after)-\d+|check)", name) for name in set(ids) - known)
    assert all(cell.source.startswith("<details>") for cell in before if cell.id not in given)
    for cell in kept:
        one = given[cell.id]
        assert one.cell_type == cell.cell_type
        assert {name: value for name, value in one.metadata.items() if name != "nbgrader"} == cell.metadata
        if cell.cell_type == "code":
            assert one.source == cell.source
            assert one.outputs == []
            assert one.execution_count is None
        elif not re.search("<details>|folded|the story above", cell.source):
            assert one.source == cell.source


@every
def test_nbgrader_can_take_it_in(folder, path):
    """Its rules for schema 3, from nbgrader 0.9.6 (nbgraderformat/v3.json and v3.py)."""
    cells = read(folder / path.name).cells
    marked = [(k, cell, cell.metadata.nbgrader) for k, cell in enumerate(cells) if "nbgrader" in cell.metadata]
    assert len({about.grade_id for _, _, about in marked}) == len(marked)
    kinds = {"grade", "solution", "locked", "task"}
    for k, cell, about in marked:
        assert set(about) == {"schema_version", "grade_id"} | kinds | ({"points"} if about.grade else set())
        assert about.schema_version == 3
        assert re.fullmatch(r"\w+|\w+-check|question-\d+", about.grade_id)  # what a teacher reads in a table of points
        assert all(isinstance(about[name], bool) for name in kinds)
        assert about.grade or about.solution
        assert about.locked != about.solution
        assert not about.grade or about.points == student.POINTS
        if cell.cell_type == "markdown":
            assert about.grade
            assert about.solution
        elif about.solution:
            assert not about.grade
            assert set(tags(cell)) & {"exercise", "bug"}
            check = cells[k + 1]
            assert check.metadata.nbgrader.grade
            assert check.metadata.nbgrader.grade_id == f"{about.grade_id}-check"
            assert re.fullmatch(rf"\w*checks\.\w+\({about.grade_id}(, .+)?\)", check.source)
    stubs = [cell for cell in read(path).cells if set(tags(cell)) & {"exercise", "bug"}]
    assert sum(cell.cell_type == "code" and about.grade for _, cell, about in marked) == len(stubs)


@pytest.mark.parametrize("name", ["01_rnn_gradient_decay", "12_bug_museum"])
def test_a_check_gives_points_in_the_autograder_only(folder, name, monkeypatch, capsys):
    """These two need of their notebook the first code cell only."""
    cells = read(folder / f"{name}.ipynb").cells
    solutions = [cell.source for cell in read(ROOT / "notebooks" / f"{name}.ipynb").cells if "solution" in tags(cell)]
    checks = [cell.source for cell in cells if cell.metadata.get("nbgrader", {}).get("locked")]
    assert len(checks) == len(solutions)
    names = {}
    exec(next(cell.source for cell in cells if cell.cell_type == "code"), names)
    for check, solution in zip(checks, solutions, strict=True):
        stub = cells[next(k for k, cell in enumerate(cells) if cell.source == check) - 1].source
        stub = stub.removesuffix(check)  # of a bug
        exec(stub, names)
        exec(check, names)
        with monkeypatch.context() as patch:
            patch.setenv("NBGRADER_EXECUTION", "autograde")
            with pytest.raises(AssertionError, match=r"not attempted yet\.|not yet\. "):
                exec(check, names)
            exec(solution.replace("_solution", ""), names)
            exec(check, names)
        assert capsys.readouterr().out.endswith(": correct.\n")


def test_an_error_of_the_student_gives_no_points(monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(AssertionError, match="stopped with ZeroDivisionError"):
        checks.one_matrix(lambda *given: 1 / 0)
    said = "<lambda>: your function stopped with ZeroDivisionError: division by zero, in line "
    assert capsys.readouterr().out.startswith(said)


def test_what_a_student_wrote_elsewhere_stays(tmp_path):
    (tmp_path / "mine.ipynb").write_text("{}")
    student.build(tmp_path)
    assert (tmp_path / "mine.ipynb").read_text() == "{}"
