"""The exercises of notebook 02."""

from math import log

import pytest
import torch
from torch import nn
from verdict import verdict_on

from seqmem_lib import record, start_keeping
from seqmem_lib.course.n02_lstm import cell_checks, checks
from seqmem_lib.trace import Trace


def coupled(x_t, h, c, weight_ih, weight_hh, bias):
    f, g, o = (x_t @ weight_ih.T + h @ weight_hh.T + bias).chunk(3, dim=-1)
    f, g, o = f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * c + (1 - f) * g
    return o * c.tanh(), c


def by_slices(x_t, h, c, weight_ih, weight_hh, bias):
    """Another style: one product over h and x, put side by side, and the rows cut by hand; a list is returned."""
    size = h.shape[1]
    sums = torch.cat([h, x_t], dim=1) @ torch.cat([weight_hh, weight_ih], dim=1).T + bias
    f = 1 / (1 + torch.exp(-sums[:, :size]))
    c = c * f + torch.tanh(sums[:, size : 2 * size]) * (1 - f)
    return [torch.sigmoid(sums[:, -size:]) * torch.tanh(c), c]


def for_four_units(x_t, h, c, weight_ih, weight_hh, bias):
    sums = x_t @ weight_ih.T + h @ weight_hh.T + bias
    f, g, o = sums[:, 0:4].sigmoid(), sums[:, 4:8].tanh(), sums[:, 8:12].sigmoid()
    c = f * c + (1 - f) * g
    return o * c.tanh(), c


def in_another_order(x_t, h, c, weight_ih, weight_hh, bias):
    order = [4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11]
    return coupled(x_t, h, c, weight_ih[order], weight_hh[order], bias[order])


def without_h(x_t, h, c, weight_ih, weight_hh, bias):
    return coupled(x_t, 0 * h, c, weight_ih, weight_hh, bias)


def without_bias(x_t, h, c, weight_ih, weight_hh, bias):
    return coupled(x_t, h, c, weight_ih, weight_hh, 0 * bias)


def keeping_swapped(x_t, h, c, weight_ih, weight_hh, bias):
    f, g, o = (x_t @ weight_ih.T + h @ weight_hh.T + bias).chunk(3, dim=-1)
    c = (1 - f.sigmoid()) * c + f.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def sigmoid_candidate(x_t, h, c, weight_ih, weight_hh, bias):
    f, g, o = (x_t @ weight_ih.T + h @ weight_hh.T + bias).sigmoid().chunk(3, dim=-1)
    c = f * c + (1 - f) * g
    return o * c.tanh(), c


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (coupled, ": correct."),
        (by_slices, ": correct."),
        (for_four_units, "your function stopped with RuntimeError"),
        (lambda *given: None, "not attempted yet."),
        (lambda *given: coupled(*given)[::-1], "Hint: return h first, and c second"),
        (in_another_order, "Hint: the rows come in the order f, g, o"),
        (without_h, "Hint: the gates read h as well"),
        (keeping_swapped, "Hint: f keeps, so it multiplies the old c"),
        (sigmoid_candidate, "Hint: the candidate g goes through a tanh"),
        (without_bias, "not yet. The numbers are wrong for batch 2, input_size 3, hidden_size 4."),
        (lambda *given: coupled(*given)[0], "not yet. Return h and c"),
        (lambda x_t, h, *_: h.nothing, "your function stopped with AttributeError"),
    ],
)
def test_coupled_step(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, cell_checks.coupled_step, capsys)


def parameters(layer, weight, bias):
    """One unit's i, f, g and o from rows of weights for the input, and a bias each."""
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
        layer.weight_ih_l0[:] = torch.tensor(weight)
        layer.bias_ih_l0[:] = torch.tensor(bias)


def counter(size):
    return lambda layer: parameters(layer, [[0.0], [0.0], [size], [0.0]], [size, size, 0.0, 0.0])


def feeding_back(layer):
    counter(1000.0)(layer)
    with torch.no_grad():
        layer.weight_hh_l0[1] = -2000


def latch(size, close_at_set=True):
    forget = [-2 * size * close_at_set, -2 * size]
    weight = [[2 * size, 0.0], forget, [0.0, 0.0], [0.0, 0.0]]
    return lambda layer: parameters(layer, weight, [-size, size, size, 0.0])


def half_reset(layer):
    """A reset that only cancels the bias of the forget gate: a sum of 0 is a gate of 1/2."""
    latch(100.0)(layer)
    with torch.no_grad():
        layer.weight_ih_l0[1, 1] = -100


@pytest.mark.parametrize(
    ("attempt", "check", "verdict"),
    [
        (counter(100.0), checks.set_counter, ": correct."),
        (counter(1000.0), checks.set_counter, ": correct."),
        (counter(5.0), checks.set_counter, "Hint: a sigmoid or a tanh is as good as 0 or 1 only"),
        (feeding_back, checks.set_counter, "Hint: weight_hh is not 0, so h acts on the gates."),
        (counter(-100.0), checks.set_counter, "the marks heard so far are 1."),
        (lambda layer: None, checks.set_counter, "not attempted yet."),
        (latch(100.0), checks.set_latch, ": correct."),
        (latch(1000.0), checks.set_latch, ": correct."),
        (latch(4.0), checks.set_latch, "Hint: a sigmoid or a tanh is as good as 0 or 1 only"),
        (
            latch(100.0, close_at_set=False),
            checks.set_latch,
            "(set) c is +1 off: it should be 1. There i = 1, f = 1, g = 1.",
        ),
        (half_reset, checks.set_latch, "(reset) c is"),
        (lambda layer: ..., checks.set_latch, "not attempted yet."),
        (lambda layer: layer.nothing, checks.set_latch, "your function stopped with AttributeError"),
    ],
)
def test_hand_set_units(attempt, check, verdict, capsys):
    assert verdict in verdict_on(attempt, check, capsys)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_hand_set_units_are_exact_for_a_thousand_steps(dtype):
    """Against the closed forms: the number of marks so far; 1 from a set to the next reset."""
    marks = torch.zeros(1, 1000, 2, dtype=dtype)
    marks[0, 3::7, 0] = 1
    marks[0, 5::11, 1] = 1
    marks[0, 5::11, 0] = 0
    layer = nn.LSTM(1, 1, batch_first=True, dtype=dtype)
    counter(1000.0)(layer)
    assert torch.equal(record(layer, marks[..., :1]).c, marks[..., :1].cumsum(dim=1))
    layer = nn.LSTM(2, 1, batch_first=True, dtype=dtype)
    latch(1000.0)(layer)
    on, wanted = False, []
    for set_, reset in marks[0].tolist():
        on = bool(set_) or (on and not reset)
        wanted.append(on)
    assert record(layer, marks).c[0, :, 0].tolist() == wanted


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
        (lambda trace: [t for t in range(6) if trace.i[0, t, 0] > 0.5], "correct."),
        (lambda trace: (trace.i[0, :, 0] > 0.5).nonzero().flatten(), "correct."),
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
