"""The exercises of notebook 02 on a cell that is written and on units that are set by hand."""

from copy import deepcopy

import pytest
import torch
from torch import nn
from verdict import verdict_on

from seqmem_lib import record
from seqmem_lib.course.n02_lstm import cell_checks, checks


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


def as_arrays(*given):
    return [value.numpy() for value in coupled(*given)]


def in_place(x_t, h, c, *parameters):
    new_h, new_c = coupled(x_t, h, c, *parameters)
    return new_h, c.copy_(new_c)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (coupled, ": correct."),
        (by_slices, ": correct."),
        (as_arrays, ": correct."),
        (in_place, "The answer is right, but your function changes what it was given"),
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


def enough_in_single_precision(layer):
    parameters(layer, [[0.0], [0.0], [10.0], [0.0]], [20.0, 20.0, 0.0, 0.0])


def second_bias_left(layer):
    drawn = layer.bias_hh_l0.detach().clone()
    counter(1000.0)(layer)
    with torch.no_grad():
        layer.bias_hh_l0.copy_(drawn)


def twice_set(layer):
    """Set twice, it holds 2."""
    parameters(layer, [[0.0, 0.0], [0.0, -2000.0], [1000.0, 0.0], [0.0, 0.0]], [1000.0, 1000.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("attempt", "check", "verdict"),
    [
        (counter(100.0), checks.set_counter, ": correct."),
        (counter(1000.0), checks.set_counter, ": correct."),
        (enough_in_single_precision, checks.set_counter, ": correct."),
        (second_bias_left, checks.set_counter, "Hint: bias_hh_l0 is still as it was drawn."),
        (lambda layer: counter(9.0)(deepcopy(layer)), checks.set_counter, "as before: did you change a copy?"),
        (twice_set, checks.set_latch, "(set) c is +1 off"),
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
