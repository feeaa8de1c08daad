"""Every answer a learner may give: none, right, wrong in a known way, wrong in an unknown way, or broken."""

import pytest
import torch

from seqmem_lib.checks import check_find_writes, check_forget_gate_for
from seqmem_lib.trace import Trace

WRITES = [[1, 4], [0, 2, 3]]


def solved_trace():
    """What a perfectly trained unit would show: i is 1 at writes, f is 0 there, o is 1 at reads. The second sequence
    writes the same value twice."""
    x = torch.zeros(2, 6, 3)
    for k, steps in enumerate(WRITES):
        x[k, steps, 1] = 1
    x[:, 5, 2] = 1
    i, o = x[..., 1:2], x[..., 2:3]
    c = torch.tensor([[0, 0.5, 0.5, 0.5, -0.5, -0.5], [0.5, 0.5, 0.5, -0.5, -0.5, -0.5]])[..., None]
    return Trace("LSTM", x, {"i": i, "f": 1 - i, "g": i, "o": o, "c": c, "h": 0.5 * o}, (6, 6))


def said(capsys, name):
    text = capsys.readouterr().out
    assert text.startswith(f"{name}: ")
    assert text.count("\n") == 1
    return text


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda trace: None, "not attempted yet."),
        (lambda trace: ..., "not attempted yet."),
        (lambda trace: [t for t in range(6) if trace.i[0, t, 0] > 0.5], "correct."),
        (lambda trace: (trace.i[0, :, 0] > 0.5).nonzero().flatten(), "correct."),
        (lambda trace: [1, 4], "not yet. For sequence 1 the answer is [0, 2, 3], not [1, 4]."),
        (lambda trace: [5, 5], "not yet. For sequence 0 the answer is [1, 4], not [5, 5]."),
        (lambda trace: (trace.x[0, :, 1] > 0.5).nonzero().flatten(), "Hint: a sigmoid never reaches 1"),
        (lambda trace: (trace.f[0, :, 0] > 0.5).nonzero().flatten(), "Hint: a forget gate near 1 keeps"),
        (lambda trace: (trace.o[0, :, 0] > 0.5).nonzero().flatten(), "Hint: the output gate opens at reads"),
        (lambda trace: (trace.i[0, :, 0] > 0.5).tolist(), "Hint: return the step numbers"),
        (lambda trace: trace.i[0, :, 0] > 0.5, "Hint: return the step numbers"),
        (lambda trace: (trace.i[0, :, 0] > 0.5).nonzero().flatten() + 1, "Hint: steps are counted from 0"),
        (
            lambda trace: ((trace.c - trace.before("c"))[0, :, 0].abs() > 0.05).nonzero().flatten(),
            "Hint: a write can put in nearly the same value",
        ),
        (lambda trace: (trace.i.round_() > 2).flatten().nonzero()[:, 0].tolist(), "Hint: a sigmoid never reaches 1"),
        (lambda trace: [float("inf")], "not yet. Return a list of step numbers"),
        (lambda trace: 7, "not yet. Return a list of step numbers, such as [3, 17]."),
        (lambda trace: ["a"], "not yet. Return a list of step numbers"),
        (lambda trace: trace.z, "your function stopped with AttributeError: a trace of an LSTM has no 'z'"),
    ],
)
def test_find_writes(attempt, verdict, capsys):
    attempt.__name__ = "find_writes"
    check_find_writes(attempt, solved_trace())
    assert verdict in said(capsys, "find_writes")


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda n: None, "not attempted yet."),
        (lambda n: 0.5 ** (1 / n), "correct."),
        (lambda n: torch.tensor(0.5, dtype=torch.float64) ** (1 / n), "correct."),
        (lambda n: 1 - 0.5 / n, "Hint: close for a large n, but not exact"),
        (lambda n: 0.5**n, "Hint: that is what remains after n steps"),
        (lambda n: 2 ** (1 / n), "Hint: f must be below 1"),
        (lambda n: 0.933032991536807, "not yet. For n = 200 the answer is 0.99654, not 0.93303."),
        (lambda n: "nearly one", "not yet. Return a number between 0 and 1."),
        (lambda n: [1, 2], "not yet. Return a number between 0 and 1."),
        (lambda n: 1 / 0, "your function stopped with ZeroDivisionError"),
    ],
)
def test_forget_gate_for(attempt, verdict, capsys):
    attempt.__name__ = "forget_gate_for"
    check_forget_gate_for(attempt)
    assert verdict in said(capsys, "forget_gate_for")


def test_anything_may_be_attempted(capsys):
    check_forget_gate_for(None)
    assert capsys.readouterr().out.startswith("your function: your function stopped with TypeError")


def test_an_attempt_cannot_change_the_trace(capsys):
    trace = solved_trace()
    before = trace.i.clone()
    check_find_writes(lambda one: one.i.zero_(), trace)
    assert torch.equal(trace.i, before)


def test_the_half_life_of_n_is_recognised(capsys):
    from math import log

    check_forget_gate_for(lambda n: log(0.5) / log(n))
    assert "Hint: that is the half-life that belongs to f = n" in capsys.readouterr().out
