"""The exercises of notebook 02 on gates that are read or chosen; on all of them, what a check leaves alone."""

from copy import deepcopy
from math import e, log

import pytest
import torch
from verdict import verdict_on

from seqmem_lib import start_keeping
from seqmem_lib.course.n02_lstm import cell_checks, checks
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


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda trace: None, "not attempted yet."),
        (lambda trace: ..., "not attempted yet."),
        (lambda trace: [t for t in range(6) if trace.i[0, t, 0] > 0.5 > trace.f[0, t, 0]], "correct."),
        (lambda trace: ((trace.i > 0.5) & (trace.f < 0.5)).flatten().nonzero().flatten(), "correct."),
        (lambda trace: (trace.i - trace.f > 0.5).flatten().nonzero().flatten().numpy(), "correct."),
        (lambda trace: (trace.i[0, :, 0] > 0.5).nonzero().flatten(), "Hint: an open input gate adds;"),
        (lambda trace: (trace.i > trace.f).flatten().nonzero().flatten(), "Hint: one gate is not enough"),
        (lambda trace: [t for t in range(6) if trace.f[0, t, 0] < 0.5], "Hint: a closed forget gate drops"),
        (
            lambda trace: [t for t in range(6) if trace.i[0, t, 0] > 0.5 or trace.f[0, t, 0] < 0.5],
            "Hint: one gate is not enough",
        ),
        (
            lambda trace: ((trace.i > 0.5) & (trace.o < 0.5)).flatten().nonzero()[:, 0],
            "For a made trace the answer is [0, 3, 4], not",
        ),
        (lambda trace: [1, 4], "not yet. For sequence 1 the answer is [0, 2, 3], not [1, 4]."),
        (lambda trace: [5, 5], "not yet. For sequence 0 the answer is [1, 4], not [5, 5]."),
        (lambda trace: (trace.x[0, :, 1] > 0.5).nonzero().flatten(), "Hint: a sigmoid never reaches 1"),
        (lambda trace: (trace.f[0, :, 0] > 0.5).nonzero().flatten(), "Hint: a forget gate near 1 keeps"),
        (lambda trace: (trace.o[0, :, 0] > 0.5).nonzero().flatten(), "Hint: the output gate opens at reads"),
        (lambda trace: (trace.i[0, :, 0] > 0.5).tolist(), "Hint: return the step numbers"),
        (lambda trace: list(trace.i[0, :, 0].numpy() > 0.5), "Hint: return the step numbers"),
        (lambda trace: list(trace.i[0, :, 0] > 0.5), "Hint: return the step numbers"),
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
    assert verdict in verdict_on(attempt, checks.find_writes, capsys, solved_trace())


@pytest.mark.parametrize("least", [0.02, 0.05, 0.1, 0.2])
def test_a_change_of_c_is_no_sign_of_a_write_however_small_it_may_be(least, capsys):
    """Four writes, of which the first change nothing that is counted; and a read, where h is not 0."""
    x, change = torch.zeros(1, 9, 3), torch.zeros(9)
    x[0, [1, 3, 5, 7], 1], x[0, 8, 2] = 1, 1
    change[[1, 3, 5, 7]] = torch.tensor([0.01, 0.03, 0.07, 0.15])
    change[0] = 0.3
    i, o, c = x[..., 1:2], x[..., 2:3], change.cumsum(0)[None, :, None]
    trace = Trace("LSTM", x, {"i": i, "f": 1 - i, "g": i, "o": 0.4 * o, "c": c, "h": 0.4 * o * c}, (9,))
    by_c = verdict_on(lambda one: [t for t in range(9) if change[t] > least], checks.find_writes, capsys, trace)
    assert "Hint: a write can put in nearly the same value" in by_c
    by_h = verdict_on(lambda one: one.h[0, :, 0].nonzero()[:, 0], checks.find_writes, capsys, trace)
    assert "Hint: the output gate opens at reads" in by_h


def by_halving(n, low=0.9, high=1.0):
    """Between 0.9 and 1, where the forget gates of a memory lie; that of n = 2 is below."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if middle**n < 0.5 else (low, middle)
    return middle


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda n: None, "not attempted yet."),
        (lambda n: 0.5 ** (1 / n), "correct."),
        (lambda n: torch.tensor(0.5, dtype=torch.float64) ** (1 / n), "correct."),
        (lambda n: 1 - 0.5 / n, "Hint: close for a large n, but not exact"),
        (lambda n: (n - 1) / n, "Hint: close for a large n, but not exact"),
        (lambda n: 1 / e ** (1 / n), "Hint: close for a large n, but not exact"),
        (lambda n: float(f"{0.5 ** (1 / n):.2f}"), "Hint: close for a large n, but not exact"),
        (lambda n: float(f"{0.5 ** (1 / n):.3f}"), "Hint: close for a large n, but not exact"),
        (lambda n: 0.5**n, "Hint: that is what remains after n steps"),
        (lambda n: 2 ** (1 / n), "Hint: f must be below 1"),
        (lambda n: 0.933032991536807, "not yet. For n = 200 the answer is 0.99654, not 0.93303."),
        (by_halving, "not yet. For n = 2 the answer is 0.70711, not 0.9."),
        (lambda n: "nearly one", "not yet. Return a number between 0 and 1."),
        (lambda n: [1, 2], "not yet. Return a number between 0 and 1."),
        (lambda n: 1 / 0, "your function stopped with ZeroDivisionError"),
    ],
)
def test_forget_gate_for(attempt, verdict, capsys):
    attempt.__name__ = "forget_gate_for"
    assert verdict in verdict_on(attempt, checks.forget_gate_for, capsys)


def test_anything_may_be_attempted(capsys):
    checks.forget_gate_for(None)
    assert capsys.readouterr().out.startswith("your function: your function stopped with TypeError")


def test_an_attempt_cannot_change_the_trace(capsys):
    trace = solved_trace()
    before = trace.i.clone()
    checks.find_writes(lambda one: one.i.zero_(), trace)
    assert torch.equal(trace.i, before)


def test_the_half_life_of_n_is_recognised(capsys):
    checks.forget_gate_for(lambda n: log(0.5) / log(n))
    assert "Hint: that is the half-life that belongs to f = n" in capsys.readouterr().out


def keep(layer, bias, also=0.0, rows=None):
    rows = slice(layer.hidden_size, 2 * layer.hidden_size) if rows is None else rows
    with torch.no_grad():
        layer.bias_ih_l0[rows] = bias
        layer.bias_hh_l0[rows] = also


def only_one_vector(layer, bias):
    with torch.no_grad():
        layer.bias_ih_l0[layer.hidden_size : 2 * layer.hidden_size] = bias


def and_the_weights(layer, bias):
    keep(layer, bias)
    with torch.no_grad():
        layer.weight_hh_l0.zero_()


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (keep, "correct."),
        (start_keeping, "correct."),
        (lambda layer, bias: keep(layer, bias / 2, bias / 2), "correct."),
        (lambda layer, bias: keep(layer.requires_grad_(False), bias), "the parameters can no longer be trained"),
        (lambda layer, bias: keep(deepcopy(layer), bias), "as before: did you change a copy?"),
        (lambda layer, bias: ..., "not attempted yet."),
        (lambda layer, bias: keep(layer, bias, bias), "Hint: torch adds its two bias vectors"),
        (only_one_vector, "Hint: with no input, f is not sigmoid(bias)"),
        (lambda layer, bias: keep(layer, 1.0), "Hint: with no input, f is not sigmoid(bias)"),
        (
            lambda layer, bias: keep(layer, bias, rows=slice(0, 4)),
            "Hint: another gate changed; the order is i, f, g, o",
        ),
        (lambda layer, bias: keep(layer, bias, rows=slice(None)), "Hint: another gate changed"),
        (lambda layer, bias: keep(layer, bias, rows=slice(4, 8)), "Hint: another gate changed"),  # right for 4 units
        (and_the_weights, "Hint: the weights changed"),
        (lambda layer, bias: layer.bias_f, "your function stopped with AttributeError"),
    ],
)
def test_set_forget_bias(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.set_forget_bias, capsys)


@pytest.mark.parametrize(
    "check", [cell_checks.coupled_step, checks.set_counter, checks.set_latch, checks.set_forget_bias]
)
def test_checks_leave_the_random_numbers_alone(check, capsys):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    check(lambda *_: None)
    assert torch.equal(torch.get_rng_state(), before)
