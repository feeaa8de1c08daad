"""What the judge of the exercises says, whatever the exercise."""

import linecache

import numpy as np
import pytest
import torch
from torch import nn
from verdict import verdict_on

from seqmem_lib.course.judge import AS_BEFORE, between, drawn_from, fixed_numbers, judge, on, say, whole


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
    check(attempt)
    said = capsys.readouterr().out
    assert said.startswith("attempt: your function stopped with RuntimeError: ")
    assert said.endswith(", in line 5 of its cell: return torch.dot(y, torch.zeros(3))\n")
    assert "line" not in verdict_on(None, check, capsys)


def test_our_solution_is_not_a_second_verdict(capsys):
    attempt = in_a_cell("def attempt(x):\n    return 2.0 * x")
    assert verdict_on(attempt, check, capsys) == "attempt: correct.\n"
    attempt.__name__ = "attempt_solution"
    check(attempt)
    assert capsys.readouterr().out == "our solution of attempt: correct.\n"


def among(*numbers, slips=None, intact=False):
    """A check of doubling."""
    cases = [(f"{one}", (one,), 2.0 * one) for one in numbers]
    return lambda attempt: judge(attempt, cases, slips or {}, "a number", intact=intact)


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


def test_numbers_are_shown_short(capsys):
    def one_check(attempt):
        judge(attempt, [("all", (), [0.1 + 0.2, 1.0])], {}, "a list of numbers")

    assert "the answer is [0.3, 1], not [0.7, 1]." in verdict_on(lambda: [0.3 + 0.4, 1.0], one_check, capsys)
    assert "the answer is 4, not 5." in verdict_on(lambda x: torch.tensor([5.0]), among(2), capsys)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (np.ones((2, 3)), ": correct."),
        (np.ones((2, 3), dtype=np.float32)[::-1], ": correct."),
        (torch.ones(2, 3), ": correct."),
        (np.zeros((2, 3)), "The numbers are wrong"),
        (np.ones((3, 2)), "Return ones."),
        (np.full((2, 3), "1"), "Return ones."),
        ([[1.0] * 3] * 2, "Return ones."),
    ],
)
def test_an_array_is_as_good_as_a_tensor(answer, verdict, capsys):
    def ones(attempt):
        judge(attempt, [("two rows", (), torch.ones(2, 3))], {}, "ones")

    assert verdict in verdict_on(lambda: answer, ones, capsys)


@pytest.mark.parametrize("intact", [False, True])
@pytest.mark.parametrize(
    ("given", "change"), [(torch.ones(2), lambda x: x.zero_()), ([1, 2], lambda x: x.pop()), (torch.ones(2), len)]
)
def test_what_was_given_may_have_to_stay(intact, given, change, capsys):
    def attempt(x):
        change(x)
        return 4

    said = verdict_on(attempt, lambda one: judge(one, [("two", (given,), 4.0)], {}, "a number", intact=intact), capsys)
    assert ("your function changes what it was given" in said) == (intact and change is not len)
    assert (": correct." in said) == (not intact or change is len)


def test_numbers_are_shown_without_their_type(capsys):
    assert verdict_on(lambda x: torch.tensor(3.0), check, capsys).endswith("the answer is 4, not 3.\n")
    assert verdict_on(lambda x: "4", check, capsys).endswith("Return a number.\n")


def test_a_layer_that_stays_as_it_was(capsys):
    def as_before(attempt):
        say(attempt, lambda: AS_BEFORE)

    assert verdict_on(in_a_cell("def attempt(x):\n    ..."), as_before, capsys) == "attempt: not attempted yet.\n"
    said = verdict_on(in_a_cell("def attempt(x):\n    return x + 1"), as_before, capsys)
    assert said.endswith("is as before: did you change a copy?\n")


def test_what_an_attempt_changes_does_not_change_the_case(capsys):
    """Or an attempt that sets all weights to 0 would make the right answer 0. What belongs together stays together."""
    layer = nn.Linear(2, 1)
    given = (layer, torch.optim.SGD(layer.parameters(), lr=0.1))

    def attempt(layer, optimizer):
        assert optimizer.param_groups[0]["params"][0] is layer.weight
        with torch.no_grad():
            layer.weight.zero_()
        return 0.0

    def check(attempt, *_):
        judge(attempt, [("a layer", given, layer.weight.sum().item())], {}, "a number")

    assert verdict_on(attempt, check, capsys).startswith("attempt: not yet. For a layer the answer is ")
    assert layer.weight.all()


def test_arguments_can_be_made_where_the_attempt_is():
    def attempt(*given):
        return given

    assert on(attempt, lambda: (1, 2)) == (1, 2)
    attempt.on = lambda make: make
    assert on(attempt, 3) == 3


def test_an_error_from_another_process_says_its_line_itself(capsys):
    def attempt(_):
        error = ValueError("no")
        error.at_line = 7, "x"
        raise error

    check(attempt)
    said = capsys.readouterr().out
    assert said == "attempt: your function stopped with ValueError: no, in line 7 of its cell: x\n"


def test_cases_are_the_same_for_learners_and_others_for_points(capsys):
    runs = []

    @fixed_numbers
    def drawing(attempt):
        numbers = [*range(8), whole(10, 99), between(0.0, 0.5)]
        judge(attempt, [(f"{one}", (one,), 2.0 * one) for one in numbers], {}, "a number")

    def attempt(one):
        runs[-1].append(one)
        return 2 * one

    for seed in (0, 0, 1, 1, 2, 0):
        runs.append([])
        with drawn_from(seed):
            drawing(attempt)
    assert capsys.readouterr().out == 6 * "attempt: correct.\n"
    assert runs[0] == runs[1] == runs[5]
    assert runs[2] == runs[3]
    assert runs[0][:8] == [*range(8)]
    assert 10 <= runs[0][8] <= 99
    assert 0 <= runs[0][9] < 0.5
    for one in (runs[2], runs[4]):
        assert len(set(one) - set(runs[0])) == 2
        assert one[:8] != [*range(8)]
    assert set(runs[2]) & set(runs[4]) == set(range(8))
    torch.manual_seed(3)
    before = torch.get_rng_state()
    drawing(attempt)
    assert torch.equal(torch.get_rng_state(), before)
