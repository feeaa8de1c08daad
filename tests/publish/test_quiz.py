"""The bank of questions: what is asked is in the notebooks, and one answer is right."""

import math
import re
from collections import Counter

import nbformat
import pytest
from text2qti.config import Config
from text2qti.err import Text2qtiError
from text2qti.quiz import Quiz

from publish.claims import NOTEBOOKS, read_claims
from publish.quiz import BANK, groups, name_of, read

CORE = ("01", "02", "03", "04")
PATHS = sorted(BANK.glob("*.txt"))
every = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e-?\d+)?")
SECTION = re.compile(r"(?:(?:notebook (\d\d), )?sections? (\d+(?:(?:, | and | to )\d+)*))")
GIVEN = {0.0, 1.0, 2.0}  # small words: "one of two"


def numbers(text):
    return {float(found.replace(",", "")) for found in NUMBER.findall(text)}


def sections(path):
    """What stands in each section of a notebook, outputs included, and in the claims that name it."""
    notebook = nbformat.read(path, as_version=4)
    texts, here = Counter(), 0
    for cell in notebook.cells:
        for part in re.split(r"^(?=## )", cell.source, flags=re.MULTILINE):
            heading = re.match(r"## (\d+)\. ", part)
            here = int(heading[1]) if heading else 0 if part.startswith("## ") else here
            texts[here] = (texts[here] or "") + part + "\n"
        for output in cell.get("outputs", []):
            texts[here] += output.get("text", "") + output.get("data", {}).get("text/plain", "") + "\n"
    for claim in read_claims(notebook):
        for section in re.findall(r"\d+", "".join(re.findall(r"sections? [\d, and]+", claim.measured))):
            texts[int(section)] += claim.measured + "\n"
    return {number: text for number, text in texts.items() if number}


def cited(text, own):
    """The sections that a text names, as (number of the notebook, section)."""
    return {(book or own, int(one)) for book, many in SECTION.findall(text) for one in re.findall(r"\d+", many)}


TEXTS = {path.name[:2]: sections(path) for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")}


def questions(path):
    return [question for variants in groups(read(path)) for question in variants]


def right(question):
    (choice,) = (choice for choice in question.choices if choice.correct)
    return choice


def source_of(path):
    """The lines of each question in the bank, comments included, by its title."""
    parts = re.split(r"^Title: (.*)\n", path.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_there_is_a_bank():
    notebooks = {path.stem for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")}
    assert {path.stem for path in PATHS} <= notebooks
    counts = {path.stem[:2]: len(groups(read(path))) for path in PATHS}
    assert set(CORE) <= counts.keys()
    assert {name: count for name, count in counts.items() if count < (8 if name in CORE else 5)} == {}


@every
def test_each_question_has_two_variants(path):
    quiz = read(path)
    heading = nbformat.read(NOTEBOOKS / f"{path.stem}.ipynb", as_version=4).cells[0].source.splitlines()[0]
    assert quiz.title_raw == f"{path.stem[:2]} {heading.removeprefix('# ')}"
    names = [name_of(variants) for variants in groups(quiz)]
    assert len(set(names)) == len(names)
    assert not any("/" in name for name in [*names, quiz.title_raw])  # Moodle's sign between categories
    for name, (a, b) in zip(names, groups(quiz), strict=True):
        assert (a.title_raw, b.title_raw) == (f"{name}, A", f"{name}, B")
        assert right(a).choice_raw != right(b).choice_raw  # another case, and not the same in other words
    assert list(source_of(path)) == [question.title_raw for question in questions(path)]


@every
def test_one_answer_is_right_and_nothing_gives_it_away(path):
    places, longest, shortest = Counter(), 0, 0
    for question in questions(path):
        answers = [re.sub(r"[\s.*$]", "", choice.choice_raw).lower() for choice in question.choices]
        assert len(set(answers)) == len(answers) >= 3
        assert sum(choice.correct for choice in question.choices) == 1
        assert not any(re.search(r"\b(of the above|of these)\b", choice.choice_raw) for choice in question.choices)
        sizes = [len(choice.choice_raw) for choice in question.choices]
        place = question.choices.index(right(question))
        places[place] += 1
        longest += sizes[place] == max(sizes) and sizes.count(max(sizes)) == 1
        shortest += sizes[place] == min(sizes) and sizes.count(min(sizes)) == 1
    count = places.total()
    assert longest <= count / 2
    assert shortest <= count / 2
    assert len(places) >= 3
    assert max(places.values()) <= 0.6 * count


@every
def test_each_answer_says_why_and_where(path):
    own = path.name[:2]
    for question in questions(path):
        for choice in question.choices:
            where = cited(choice.feedback_raw, own)
            assert where, choice.choice_raw
            assert [place for place in where if place[1] not in TEXTS[place[0]]] == []


@every
def test_numbers_stand_in_the_sections_that_are_named_or_are_said_to_be_given(path):
    source = source_of(path)
    for question in questions(path):
        comments = re.findall(r"^% (.*)$", source[question.title_raw], flags=re.MULTILINE)
        said = [question.question_raw, right(question).choice_raw, *(c.feedback_raw for c in question.choices)]
        where = cited(" ".join(said), path.name[:2])
        known = GIVEN | numbers(" ".join(TEXTS[book][section] for book, section in where))
        known |= numbers(" ".join(comment for comment in comments if comment.startswith("given: ")))
        for sum_, value in (comment.split(" = ") for comment in comments if " = " in comment):
            assert numbers(sum_) <= known, sum_
            assert computed(sum_, value) == float(value), sum_
            known |= numbers(value)
        assert numbers(SECTION.sub("", " ".join(said))) - known == set(), question.title_raw


def computed(sum_, value):
    """A sum, to the digits to which its value is given."""
    digits = len(re.sub(r"e.*|[-.]", "", value).lstrip("0"))
    return float(f"{eval(sum_, {'__builtins__': {}}, vars(math)):.{digits}g}")


def test_sums_are_computed():
    assert computed("0.9**10", "0.35") == 0.35
    assert computed("0.9**10", "0.36") != 0.36
    assert computed("sqrt(2)", "1.4") == 1.4


def test_citations_are_read():
    assert cited("(section 3) and (notebook 05, section 4)", "01") == {("01", 3), ("05", 4)}
    assert cited("(sections 3, 4 and 12)", "02") == {("02", 3), ("02", 4), ("02", 12)}


def test_sections_are_read():
    assert "A riddle" in TEXTS["01"][1]
    assert "never right in 1,000 sequences" in TEXTS["01"][1]  # an output
    assert "26 of 30 runs solve lag 10" in TEXTS["01"][7]  # a claim
    assert "What we measured" not in "".join(TEXTS["01"].values())


def test_answers_stand_in_an_order_of_their_own_that_stays(tmp_path):
    """Whatever becomes of other questions: what was handed out, or printed, still fits."""
    path = PATHS[0]
    (tmp_path / "more.txt").write_text(path.read_text("utf-8").replace("GROUP\n", f"{MORE}GROUP\n", 1), "utf-8")
    orders = [
        {one.title_raw: [c.choice_raw for c in one.choices] for one in questions(at)}
        for at in (path, tmp_path / "more.txt")
    ]
    more = orders[1].pop("More, A"), orders[1].pop("More, B")
    assert orders[0] == orders[1]
    assert [sorted(one) for one in more] == [["1", "2", "3"]] * 2


MORE = "".join(
    ["GROUP\n\n", *(f"Title: More, {k}\n1.  How {k}?\n*a) 1\nb)  2\nc)  3\n\n" for k in "AB"), "END_GROUP\n\n"]
)


def test_a_slip_in_the_bank_is_named_with_its_file_and_line(tmp_path):
    (tmp_path / "05_x.txt").write_text("Quiz title: a\n\n1.  How many?\na)  1\nb)  2\n", "utf-8")
    with pytest.raises(Text2qtiError, match=r"05_x\.txt.*\b[3-6]\b"):
        read(tmp_path / "05_x.txt")


@pytest.mark.parametrize("answers", ["*a) 1\n*b) 2\n", "a)  1\nb)  2\n", "*a) 1\nb)  1\n"])
def test_a_question_without_one_right_answer_is_refused(answers):
    with pytest.raises(Text2qtiError):
        Quiz(f"1.  How many?\n{answers}", config=Config())
