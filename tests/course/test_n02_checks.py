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
        (lambda *given: None, "not attempted yet."),
        (lambda *given: coupled(*given)[::-1], "Hint: return h first, and c second"),
        (in_another_order, "Hint: the rows come in the order f, g, o"),
        (without_h, "Hint: the gates read h as well"),
        (keeping_swapped, "Hint: f keeps, so it multiplies the old c"),
        (sigmoid_candidate, "Hint: the candidate g goes through a tanh"),
        (without_bias, "not yet. The numbers are wrong for random numbers."),
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


def told(value, first):
    """For each unit, how many sequences a threshold halfway between the means sorts correctly."""
    threshold = (value[first == 0].mean(dim=0) + value[first == 1].mean(dim=0)) / 2
    right = ((value > threshold) == first[:, None]).double().mean(dim=0)
    return torch.maximum(right, 1 - right)


def carrier(trace, first):
    return int(told(trace.c[:, -1], first).argmax())


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (carrier, ": correct."),
        (lambda trace, first: torch.tensor(carrier(trace, first)), ": correct."),
        (lambda trace, first: None, "not attempted yet."),
        (lambda trace, first: carrier(trace, first) + 1, "Hint: units are counted from 0"),
        (lambda trace, first: int(trace.c[:, -1].var(dim=0).argmax()), "Hint: the unit that varies most need not"),
        (lambda trace, first: int(trace.h[:, -1].var(dim=0).argmin()), "not yet. Hint: "),
        (lambda trace, first: int(told(trace.h[:, -1], first).argmax()), "Hint: look at c, not at h"),
        (lambda trace, first: int(told(trace.c[:, 0], first).argmax()), "Hint: look at the last step"),
        (lambda trace, first: int(trace.c.var(dim=1).mean(dim=0).argmin()), "Hint: a unit that never changes"),
        (
            lambda trace, first: int((trace.c[first == 1, -1].mean(0) - trace.c[first == 0, -1].mean(0)).argmax()),
            "not yet. For three layers the answer is [2, 5, 0]",
        ),
        (lambda trace, first: 7, "not yet. For three layers the answer is [2, 5, 0], not [7, 7, 7]."),
        (lambda trace, first: [1, 2], "not yet. Return the number of one unit"),
    ],
)
def test_find_carrier(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.find_carrier, capsys)


class Shared(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.linear = nn.Linear(input_size + hidden_size, hidden_size)

    def forward(self, x_t, h, c):
        gate = self.linear(torch.cat([x_t, h], dim=-1))
        i = f = o = gate.sigmoid()
        c = f * c + i * gate.tanh()
        return o * c.tanh(), c


class Repaired(Shared):
    """As a learner may write it: four matrices in one."""

    size = 4

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.linear = nn.Linear(input_size + hidden_size, self.size * hidden_size)

    def forward(self, x_t, h, c):
        i, f, g, o = self.gates(self.linear(torch.cat([x_t, h], dim=-1)))
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c

    def gates(self, sums):
        return sums.chunk(4, dim=-1)


class FourLayers(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(input_size + hidden_size, hidden_size) for _ in "ifgo"])

    def forward(self, x_t, h, c):
        i, f, g, o = (layer(torch.cat([x_t, h], dim=-1)) for layer in self.layers)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


class Half(Repaired):
    """i and g share, f and o have their own."""

    def gates(self, sums):
        i, f, _, o = sums.chunk(4, dim=-1)
        return i, f, i, o

    forward = Repaired.forward


class Three(Repaired):
    size = 3

    def gates(self, sums):
        f, g, o = sums.chunk(3, dim=-1)
        return f, f, g, o

    forward = Repaired.forward


class Renamed(Shared):
    def forward(self, x_t, h, c):
        return super().forward(x_t, h, c)


class OldMemory(Repaired):
    def forward(self, x_t, h, c):
        new_h, new_c = super().forward(x_t, h, c)
        return new_h / new_c.tanh() * c.tanh(), new_c


class Nothing(Shared):
    def forward(self, *_): ...


class Unfinished(Shared):
    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, 4 * hidden_size)


class Leftover(FourLayers):
    """It keeps a layer that it does not need."""

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.linear = nn.Linear(input_size + hidden_size, hidden_size)

    forward = FourLayers.forward


class InAList(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.layers = [nn.Linear(input_size + hidden_size, hidden_size) for _ in "ifgo"]

    forward = FourLayers.forward


def variant(name, c=lambda i, f, g, old: f.sigmoid() * old + i.sigmoid() * g.tanh(), h=None, back=False, reads_h=True):
    """A repaired cell with one mistake."""

    class Variant(Repaired):
        def forward(self, x_t, h_before, old):
            sums = self.linear(torch.cat([x_t, h_before if reads_h else 0 * h_before], dim=-1))
            i, f, g, o = sums.chunk(4, dim=-1)
            new = c(i, f, g, old)
            shown = h(o, new) if h else o.sigmoid() * new.tanh()
            return (new, shown) if back else (shown, new)

    Variant.__name__ = name
    return Variant


class Stub(Shared):
    pass


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (Repaired, "Repaired: correct."),
        (FourLayers, "FourLayers: correct."),
        (Stub, "Stub: not attempted yet."),
        (Nothing, "not yet. Return h and c"),
        (Unfinished, "Hint: now write forward anew"),
        (Leftover, "Hint: linear.weight, or a part of it, has no effect"),
        (InAList, "Hint: the cell has no parameters"),
        (variant("right"), "right: correct."),
        (variant("swapped", back=True), "Hint: return h first, and c second"),
        (variant("no_tanh", h=lambda o, c: o.sigmoid() * c), "Hint: h must be o · tanh(c)"),
        (variant("linear_o", h=lambda o, c: o * c.tanh()), "Hint: f and o must be between 0 and 1"),
        (variant("linear_g", c=lambda i, f, g, c: f.sigmoid() * c + i.sigmoid() * g), "Hint: i must be between 0"),
        (variant("linear_i", c=lambda i, f, g, c: f.sigmoid() * c + i * g.tanh()), "Hint: i must be between 0"),
        (variant("sigmoid_g", c=lambda i, f, g, c: f.sigmoid() * c + (i.sigmoid() * g.sigmoid())), "Hint: i must be"),
        (variant("reads_c", c=lambda i, f, g, c: (f + c).sigmoid() * c + i.sigmoid() * g.tanh()), "no gate reads c"),
        (variant("deaf", reads_h=False), "Hint: the gates must read h as well"),
        (Renamed, "Hint: f and o are still the same"),
        (Three, "are too few; four matrices (4, 3 + 4) alone have 112"),
        (Half, "Hint: linear.weight, or a part of it, has no effect"),
        (OldMemory, "Hint: h must be o · tanh(c), with the new c"),
        (nn.LSTMCell, "your function stopped with TypeError"),
    ],
)
def test_repaired_cell(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, cell_checks.repaired_cell, capsys)


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


def keep(layer, bias, also=0.0, rows=slice(4, 8)):
    with torch.no_grad():
        layer.bias_ih_l0[rows] = bias
        layer.bias_hh_l0[rows] = also


def only_one_vector(layer, bias):
    with torch.no_grad():
        layer.bias_ih_l0[4:8] = bias


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
        (and_the_weights, "Hint: the weights changed"),
        (lambda layer, bias: layer.bias_f, "your function stopped with AttributeError"),
    ],
)
def test_set_forget_bias(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.set_forget_bias, capsys)


@pytest.mark.parametrize(
    "check",
    [cell_checks.coupled_step, checks.set_counter, checks.set_latch, checks.find_carrier, cell_checks.repaired_cell],
)
def test_checks_leave_the_random_numbers_alone(check, capsys):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    check(lambda *_: None)
    assert torch.equal(torch.get_rng_state(), before)
