"""What the judge of the exercises says, whatever the exercise."""

import linecache

import pytest
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
