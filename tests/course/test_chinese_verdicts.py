"""The checks speak the language in use. What each of them says to each answer in Chinese is tested beside its English,
by verdict.py; here, that nothing is missing in the catalogue and nothing in it is wrong in form."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from verdict import NUMBERS, SPEAKS_CHINESE, chinese, english_in

from seqmem_lib.course.judge import judge
from seqmem_lib.language import CATALOGUES

ROOT = Path(__file__).parents[2]
COURSE = ROOT / "seqmem_lib" / "course"
CHECKS = [
    path for path in COURSE.glob("n*/*checks.py") if SPEAKS_CHINESE.match(f"seqmem_lib.course.{path.parent.name}")
]
SPEAKING = [*CHECKS, COURSE / "judge.py", ROOT / "publish" / "grade" / "__main__.py"]
with (CATALOGUES / "zh.po").open("rb") as file:  # of widgets and figures the entries say who shows them
    WORDS = [one for one in read_po(file) if one.id]
MESSAGES = {one.id: one.string for one in WORDS if not one.locations or one.locations[0][0] == "course/judge.py"}
FIELDS = re.compile(r"\{[^}]*\}")


def constants(node, left_out=lambda node: False):
    """The strings in a piece of code."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        if not left_out(child):
            yield from constants(child, left_out)


def is_call(node, *names):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def not_said(node):
    """Documentation, errors in how a check is called, and lists of words that a case is made of."""
    is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    is_data = isinstance(node, ast.List) and any(isinstance(one, ast.Constant) for one in node.elts)
    return is_docstring or is_data or isinstance(node, ast.Raise) or is_call(node, "check_kind")


def code_of(path):
    return ast.parse(path.read_text("utf-8"))


def looked_up(path):
    """What stands as a sentence in a call of tr, or of shown."""
    last = [node.args[-1] for node in ast.walk(code_of(path)) if is_call(node, "tr", "shown")]
    return {one.value for one in last if isinstance(one, ast.Constant)}


def test_there_are_rooms_that_speak_chinese():
    assert {path.parent.name[:3] for path in CHECKS} == {f"n0{k}" for k in range(1, 8)}


@pytest.mark.parametrize("path", [*CHECKS, COURSE / "judge.py"], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_sentence_of_a_check_is_missing(path):
    """Hints, forms of an answer, names of cases, verdicts: whatever has a space in it and is neither code nor names."""
    sentences = {one for one in constants(code_of(path), not_said) if " " in one and english_in(one)}
    assert sentences
    assert sentences <= MESSAGES.keys()


def test_nothing_is_looked_up_in_vain():
    found = set().union(*map(looked_up, SPEAKING))
    assert {"Return {form}.", "sequence {k}", "there is no answer."} <= found  # in the judge, a room, make grade
    assert found <= MESSAGES.keys()


def test_no_translation_is_unused():
    assert MESSAGES.keys() <= {one for path in SPEAKING for one in constants(code_of(path))}


@pytest.mark.parametrize("english", MESSAGES)
def test_a_translation_has_the_form_of_its_english(english):
    translation = MESSAGES[english]
    assert sorted(FIELDS.findall(translation)) == sorted(FIELDS.findall(english))
    assert sorted(NUMBERS.findall(FIELDS.sub("", translation))) == sorted(NUMBERS.findall(FIELDS.sub("", english)))
    assert not english_in(translation)
    assert not re.search(
        r"[一-鿿] ?[,.:;?!]|[,.:;?!] ?[一-鿿]|[一-鿿][()]|[()][一-鿿]| [，。：；？！、（）“”]|[，。：；？！、（）“”] ",
        translation,
    )
    assert not re.search(r"[一-鿿][A-Za-z0-9{]|[A-Za-z0-9}][一-鿿]", translation)  # a space stands between them
    assert translation == translation.strip()


def test_every_message_is_translated_once():
    text = (CATALOGUES / "zh.po").read_text("utf-8")
    assert text.count("\nmsgid ") == len(WORDS)
    assert "#, fuzzy" not in text


def check(attempt, *_):
    judge(attempt, [("two", (2,), 4.0)], {}, "a number")


def doubled_solution(x):
    return 2 * x


def without_return(x):
    2 * x


def fails_elsewhere(x):
    error = ValueError("no")
    error.at_line = 7, "y = x"
    raise error


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (doubled_solution, "参考解答 doubled：正确。"),
        (lambda x: ..., "<lambda>：还没有作答。"),
        (lambda x: 5, "<lambda>：还不对。在“two”这一例中，答案是 4，不是 5。"),
        (lambda x: "4", "<lambda>：还不对。应当返回：一个数。"),
        (without_return, "without_return：还不对。你的函数什么也没返回，什么也没改：是不是漏了 `return`？"),
        (fails_elsewhere, "fails_elsewhere：你的函数运行出错，停了下来：ValueError: no（单元格第 7 行：y = x）"),
        (3, "你的函数：你的函数运行出错，停了下来：TypeError: 'int' object is not callable"),
    ],
)
@pytest.mark.parametrize("marked", [False, True])
def test_the_judge_speaks_the_language_in_use(attempt, verdict, marked, monkeypatch, capsys):
    """Verdicts are compared before they are translated, also while nbgrader marks."""
    if marked:
        monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    with chinese():
        if marked and attempt is not doubled_solution:
            with pytest.raises(AssertionError, match=re.escape(verdict.split("：", 1)[1])):
                check(attempt)
        else:
            check(attempt)
    assert capsys.readouterr().out == f"{verdict}\n"
