"""What the judge of the exercises says, whatever the exercise."""

import linecache

import pytest
import torch
from verdict import verdict_on

from seqmem_lib.course.judge import judge


def check(attempt, *_):
    judge(attempt, [("two", (2,), 4.0)], {}, "a number")


def in_a_cell(source):
    """A function as a cell defines it."""
    name, names = "<cell>", {}
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), names)
    return names["attempt"]


@pytest.mark.parametrize("body", ["...", "'''What it does.'''\n    ...", "pass", "return None", "return ..."])
def test_an_untouched_stub(body, capsys):
    assert verdict_on(in_a_cell(f"def attempt(x):\n    {body}"), check, capsys) == "attempt: not attempted yet.\n"


@pytest.mark.parametrize("body", ["y = 2 * x", "2 * x", "print(end='')", "if x:\n        y = 4"])
def test_a_forgotten_return(body, capsys):
    said = verdict_on(in_a_cell(f"def attempt(x):\n    {body}"), check, capsys)
    assert said == "attempt: not yet. Your function returns nothing and changes nothing: is a `return` missing?\n"


def test_an_error_says_in_which_line(capsys):
    """The last of the reader's own, not one of a library that it called."""
    attempt = in_a_cell(
        "import torch\n\ndef attempt(x):\n    y = torch.zeros(2)\n    return torch.dot(y, torch.zeros(3))\n"
    )
    said = verdict_on(attempt, check, capsys)
    assert said.startswith("attempt: your function stopped with RuntimeError: ")
    assert said.endswith(", in line 5 of its cell: return torch.dot(y, torch.zeros(3))\n")
    assert "line" not in verdict_on(None, check, capsys)


def test_our_solution_is_not_a_second_verdict(capsys):
    attempt = in_a_cell("def attempt(x):\n    return 2.0 * x")
    assert verdict_on(attempt, check, capsys) == "attempt: correct.\n"
    attempt.__name__ = "attempt_solution"
    check(attempt)
    assert capsys.readouterr().out == "our solution of attempt: correct.\n"


def among(*numbers, slips=None, untouched=False):
    """A check of doubling."""
    cases = [(f"{one}", (one,), 2.0 * one) for one in numbers]
    return lambda attempt: judge(attempt, cases, slips or {}, "a number", untouched=untouched)


def test_a_hint_explains_what_was_right_too(capsys):
    """A slip that agrees by chance in one case is no hint."""
    slips = {"that is the square": [lambda x: x * x], "a sum is no product": [lambda x: x + 2]}
    one_check = among(2, 3, -1, slips=slips)
    assert "Hint: that is the square." in verdict_on(lambda x: x * x, one_check, capsys)
    assert "Hint: a sum is no product." in verdict_on(lambda x: x + 2, one_check, capsys)
    assert "not yet. For -1 the answer is -2, not 1." in verdict_on(lambda x: 2 * x if x > 0 else 1, one_check, capsys)


def test_a_slip_of_one_case_may_give_nothing_elsewhere(capsys):
    one_check = among(2, -1, slips={"keep the sign": [lambda x: None if x > 0 else -2 * x]})
    assert "Hint: keep the sign." in verdict_on(lambda x: 2 * abs(x), one_check, capsys)


@pytest.mark.parametrize("nan", [float("nan"), torch.tensor(float("nan"))])
def test_not_a_number_may_be_known(nan, capsys):
    one_check = among(2, slips={"0 / 0 is NaN": [lambda x: float("nan")]})
    assert "Hint: 0 / 0 is NaN." in verdict_on(lambda x: nan, one_check, capsys)
    assert "the answer is 4, not nan." in verdict_on(lambda x: nan, among(2), capsys)


@pytest.mark.parametrize("untouched", [True, False])
def test_what_was_given_may_have_to_stay(untouched, capsys):
    given = torch.ones(3)

    def one_check(attempt):
        judge(attempt, [("ones", (given,), 2 * given)], {}, "a tensor (3,)", untouched=untouched)

    said = verdict_on(lambda x: x.mul_(2), one_check, capsys)
    assert ("Hint: you changed what was given; work on a copy." in said) == untouched
    assert verdict_on(lambda x: 2 * x, one_check, capsys).endswith(": correct.\n")
    assert torch.equal(given, torch.ones(3))


def test_numbers_are_shown_short(capsys):
    def one_check(attempt):
        judge(attempt, [("all", (), [0.1 + 0.2, 1.0])], {}, "a list of numbers")

    assert "the answer is [0.3, 1], not [0.7, 1]." in verdict_on(lambda: [0.3 + 0.4, 1.0], one_check, capsys)
    assert "the answer is 4, not 5." in verdict_on(lambda x: torch.tensor([5.0]), among(2), capsys)
