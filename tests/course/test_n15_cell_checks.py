"""The exercise of notebook 15 on a cell that is to be repaired."""

from copy import deepcopy

import pytest
import torch
from torch import nn
from verdict import verdict_on

from seqmem_lib.course.n15_tales import cell_checks


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


def changed(name, change):
    """Four layers that are changed once they are made."""

    class Changed(FourLayers):
        def __init__(self, input_size, hidden_size):
            super().__init__(input_size, hidden_size)
            change(self, input_size + hidden_size, hidden_size)

        forward = FourLayers.forward

    Changed.__name__ = name
    return Changed


def copies(cell, *_):
    cell.layers = nn.ModuleList(deepcopy(cell.layers[0]) for _ in "ifgo")


def one_four_times(cell, *_):
    cell.layers = nn.ModuleList([cell.layers[0]] * 4)


def one_number_for_all_units(cell, reads, _):
    for k in (0, 1, 3):
        cell.layers[k] = nn.Linear(reads, 1)


def as_in_the_example(cell, *_):
    cell.layers = nn.ModuleList(nn.Linear(3 + 4, 4) for _ in "ifgo")


def keeps_the_old_layer(cell, reads, units):
    cell.linear = nn.Linear(reads, units)  # as super().__init__(input_size, hidden_size) makes it


class Tied(FourLayers):
    """i and f are one; an extra layer gives it parameters enough."""

    def __init__(self, input_size, hidden_size):
        super().__init__(20, hidden_size)
        self.before = nn.Linear(input_size, 20)
        self.layers[1] = self.layers[0]

    def forward(self, x_t, h, c):
        return super().forward(self.before(x_t), h, c)


class SharedForH(Repaired):
    """Each has a matrix of its own for x_t, and one for h is in all of them."""

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.linear, self.of_h = nn.Linear(input_size, 4 * hidden_size), nn.Linear(hidden_size, hidden_size)

    def forward(self, x_t, h, c):
        i, f, g, o = (one + self.of_h(h) for one in self.linear(x_t).chunk(4, dim=-1))
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


class Averaged(Repaired):
    """Four matrices, but only their mean is used."""

    def forward(self, x_t, h, c):
        weight = torch.stack(self.linear.weight.chunk(4)).mean(dim=0)
        i, f, g, o = (torch.cat([x_t, h], dim=-1) @ weight.T + bias for bias in self.linear.bias.chunk(4))
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


class Detached(Repaired):
    def forward(self, x_t, h, c):
        return super().forward(x_t, h.detach(), c)


class NoWayBackThroughC(Repaired):
    def forward(self, x_t, h, c):
        return super().forward(x_t, h, c.detach())


class InPlace(Repaired):
    def forward(self, x_t, h, c):
        i, f, g, o = self.gates(self.linear(torch.cat([x_t, h], dim=-1)))
        c *= f.sigmoid()
        c += i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


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
        (changed("Leftover", keeps_the_old_layer), "Leftover: correct."),
        (changed("Copies", copies), "Copies: correct."),
        (changed("One", one_four_times), "Hint: f and o are still the same at every step"),
        (Tied, "Hint: two of the four still share weights"),
        (SharedForH, "are too few"),
        (Averaged, "Hint: two of the four still share weights"),
        (changed("Scalar", one_number_for_all_units), "are too few"),
        (Detached, "Hint: no gradient flows back through h"),
        (NoWayBackThroughC, "Hint: no gradient flows back through c"),
        (InPlace, "Hint: the states that are given must stay as they are"),
        (variant("no_f", c=lambda i, f, g, c: c + i.sigmoid() * g.tanh()), "Hint: f has no effect"),
        (variant("no_o", h=lambda o, c: c.tanh()), "Hint: o has no effect"),
        (variant("i_twice", c=lambda i, f, g, c: i.sigmoid() * (f.sigmoid() * c + g.tanh())), "the sigmoid of one sum"),
        (
            variant("coupled", c=lambda i, f, g, c: f.sigmoid() * c + (1 - f.sigmoid()) * g.tanh()),
            "has no effect, and two",
        ),
        (
            changed("Fixed", as_in_the_example),
            "your function stopped with RuntimeError: mat1 and mat2 shapes cannot be multiplied",
        ),
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
        (Three, "are too few; four matrices (6, 5 + 6) alone have 264"),
        (Half, "Hint: linear.weight, or a part of it, has no effect"),
        (OldMemory, "Hint: h must be o · tanh(c), with the new c"),
        (nn.LSTMCell, "your function stopped with TypeError"),
    ],
)
def test_repaired_cell(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, cell_checks.repaired_cell, capsys)
