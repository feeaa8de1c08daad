"""Every answer a learner may give: none, right, wrong in a known way, wrong in an unknown way, or broken."""

from math import log, log2

import pytest
import torch

from seqmem_lib.checks import check_find_writes, check_half_life
from seqmem_lib.trace import Trace

WRITES = [[1, 4], [0, 2, 3]]


def solved_trace():
    """What a perfectly trained unit would show: i is 1 at writes, f is 0 there, o is 1 at reads."""
    x = torch.zeros(2, 6, 3)
    for k, steps in enumerate(WRITES):
        x[k, steps, 1] = 1
    x[:, 5, 2] = 1
    i, o = x[..., 1:2], x[..., 2:3]
    return Trace("LSTM", x, {"i": i, "f": 1 - i, "g": i, "o": o, "c": 0.5 + 0 * i, "h": 0.5 * o}, (6, 6))


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda trace: None, "not attempted yet."),
        (lambda trace: ..., "not attempted yet."),
        (lambda trace: [t for t in range(6) if trace.i[0, t, 0] > 0.5], "correct."),
        (lambda trace: (trace.i[0, :, 0] > 0.5).nonzero().flatten(), "correct."),
        (lambda trace: [1, 4], "not yet. For the first sequence you get wrong the answer is not [1, 4]."),
        (lambda trace: [], "not yet. For the first sequence you get wrong the answer is not []."),
        (lambda trace: (trace.f[0, :, 0] > 0.5).nonzero().flatten(), "Hint: a forget gate near 1 keeps"),
        (lambda trace: (trace.o[0, :, 0] > 0.5).nonzero().flatten(), "Hint: the output gate opens at reads"),
        (lambda trace: (trace.i[0, :, 0] > 0.5).tolist(), "Hint: return the step numbers"),
        (lambda trace: (trace.i[0, :, 0] > 0.5).nonzero().flatten() + 1, "Hint: steps are counted from 0"),
        (lambda trace: 7, "not yet. Return a list of step numbers, such as [3, 17]."),
        (lambda trace: ["a"], "not yet. Return a list of step numbers"),
        (lambda trace: trace.z, "your function stopped with AttributeError: a trace of an LSTM has no 'z'"),
    ],
)
def test_find_writes(attempt, verdict, capsys):
    check_find_writes(attempt, solved_trace())
    said = capsys.readouterr().out
    assert said.startswith("Exercise 1: ")
    assert verdict in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda f: None, "not attempted yet."),
        (lambda f: log(0.5) / log(f), "correct."),
        (lambda f: -1 / log2(f), "correct."),
        (lambda f: torch.tensor(0.5, dtype=torch.float64).log() / log(f), "correct."),
        (lambda f: 0.5 / (1 - f), "Hint: after t steps the cell holds f**t"),
        (lambda f: log(f) / log(0.5), "Hint: you have the fraction upside down"),
        (lambda f: log(2) / log(f), "check the sign"),
        (lambda f: round(log(0.5) / log(f)), "do not round"),
        (lambda f: 22.756573, "not yet. For 0.5 the answer is not 22.756573."),
        (lambda f: "twenty", "not yet. Return a number of steps."),
        (lambda f: [1, 2], "not yet. Return a number of steps."),
        (lambda f: 1 / 0, "your function stopped with ZeroDivisionError"),
    ],
)
def test_half_life(attempt, verdict, capsys):
    check_half_life(attempt)
    said = capsys.readouterr().out
    assert said.startswith("Exercise 2: ")
    assert verdict in said
    assert said.count("\n") == 1
