"""The exercises of notebook 15."""

import pytest
import torch
from torch import nn
from verdict import verdict_on

from seqmem_lib.course.n15_tales import cell_checks, checks


def right(trace, mark):
    real = torch.arange(mark.shape[1]) < torch.tensor(trace.lengths)[:, None]
    return trace.f[real & ~mark].mean(dim=0) - trace.f[mark].mean(dim=0)


def by_sums(trace, mark):
    """As a learner may write it: what is padded is 0 already."""
    real = (torch.arange(mark.shape[1])[None] < torch.tensor(trace.lengths)[:, None]).float()
    fillers, marks = real * ~mark, real * mark
    return [
        (trace.f[..., k] * fillers).sum() / fillers.sum() - (trace.f[..., k] * marks).sum() / marks.sum()
        for k in range(trace.f.shape[-1])
    ]


def padded(trace, mark):
    return trace.f[~mark].mean(dim=0) - trace.f[mark].mean(dim=0)


def by_sequence(trace, mark):
    real = torch.arange(mark.shape[1]) < torch.tensor(trace.lengths)[:, None]
    each = [trace.f[k, real[k] & ~mark[k]].mean(0) - trace.f[k, mark[k]].mean(0) for k in range(len(mark))]
    return torch.stack(each).mean(dim=0)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (right, "correct."),
        (lambda *given: torch.stack(by_sums(*given)), "correct."),
        (lambda trace, mark: ..., "not attempted yet."),
        (lambda *given: -right(*given), "Hint: that is marks minus fillers"),
        (lambda *given: right(*given).mean(), "Hint: one number for each unit"),
        (padded, "Hint: leave the padding out"),
        (by_sequence, "Hint: take the mean over all fillers at once"),
        (lambda trace, mark: trace.f[:, 0].mean(dim=0), "not yet. The numbers are wrong for 2 sequences"),
        (lambda trace, mark: right(trace, mark)[:3], "not yet. Return a tensor (hidden_size,)"),
        (lambda trace, mark: trace.nothing, "your function stopped with AttributeError"),
    ],
)
def test_fillers_minus_marks(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.fillers_minus_marks, capsys)


def told(value, first):
    """For each unit, how many sequences a threshold halfway between the means sorts correctly."""
    threshold = (value[first == 0].mean(dim=0) + value[first == 1].mean(dim=0)) / 2
    right = ((value > threshold) == first[:, None]).double().mean(dim=0)
    return torch.maximum(right, 1 - right)


def by_correlation(trace, first):
    """Another right way: how strongly c at the end goes along with the symbol; a constant unit does not at all."""
    c, symbol = trace.c[:, -1] - trace.c[:, -1].mean(dim=0), first - first.float().mean()
    return int(((symbol @ c) / (c.norm(dim=0) + 1e-9)).abs().argmax())


def by_means(trace, first):
    """The difference of the means alone: a unit that moves more than the others can have a larger one by chance."""
    return int((trace.c[first == 1, -1].mean(0) - trace.c[first == 0, -1].mean(0)).abs().argmax())


def carrier(trace, first):
    return int(told(trace.c[:, -1], first).argmax())


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (carrier, ": correct."),
        (lambda trace, first: torch.tensor(carrier(trace, first)), ": correct."),
        (by_correlation, ": correct."),
        (lambda trace, first: None, "not attempted yet."),
        (lambda trace, first: carrier(trace, first) + 1, "Hint: units are counted from 0"),
        (lambda trace, first: int(trace.c[:, -1].var(dim=0).argmax()), "Hint: the unit that varies most need not"),
        (lambda trace, first: int(trace.h[:, -1].var(dim=0).argmin()), "not yet. Hint: "),
        (lambda trace, first: int(told(trace.h[:, -1], first).argmax()), "Hint: look at c, not at h"),
        (lambda trace, first: int(told(trace.c[:, 0], first).argmax()), "Hint: look at the last step"),
        (lambda trace, first: int(trace.c.var(dim=1).mean(dim=0).argmin()), "Hint: a unit that never changes"),
        (
            lambda trace, first: int((trace.c[first == 1, -1].mean(0) - trace.c[first == 0, -1].mean(0)).argmax()),
            "Hint: a unit that moves much differs between the symbols by chance",
        ),
        (by_means, "not yet. Hint: "),
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


class Fixed(FourLayers):
    """The sizes of the example, written as numbers."""

    def __init__(self, input_size, hidden_size):
        super().__init__(3, 4)

    forward = FourLayers.forward


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
        (Fixed, "Hint: with input_size 5 and hidden_size 2 it fails"),
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


@pytest.mark.parametrize("check", [checks.fillers_minus_marks, checks.find_carrier, cell_checks.repaired_cell])
def test_checks_leave_the_random_numbers_alone(check, capsys):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    check(lambda *_: None)
    assert torch.equal(torch.get_rng_state(), before)
