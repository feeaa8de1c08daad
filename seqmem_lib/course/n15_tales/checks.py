"""The checks of notebook 15 on traces."""

from collections.abc import Callable
from functools import wraps

import torch
from torch import Tensor, nn

from ...recording import record
from ..judge import fixed_numbers, judge


@fixed_numbers
def fillers_minus_marks(attempt: Callable) -> None:
    """Check `fillers_minus_marks(trace, mark)`: for each unit of an LSTM, (hidden_size,), its mean forget gate over all
    fillers minus that over all marks. mark : (batch, seq), True at marks; from trace.lengths[k] on there is padding.

    The reference goes through the sequences one by one, and never meets a padded step.
    """
    cases = []
    for lengths, units, bare in (((7, 7), 4, 0), ((6, 3, 5), 3, 0), ((2, 9), 5, 0), ((4, 6, 3), 2, 1)):
        layer = nn.LSTM(3, units, batch_first=True, device="cpu")
        mark = torch.rand(len(lengths), max(lengths)) < 0.4
        mark[:, 0], mark[:, 1] = True, False  # each sequence has both
        mark[:bare] = False  # but for these
        for k, length in enumerate(lengths):
            mark[k, length:] = False
        trace = record(layer, 3 * torch.randn(*mark.shape, 3), lengths=lengths)
        read = [(trace.f[k, :length], mark[k, :length]) for k, length in enumerate(lengths)]
        at_marks, at_fillers = (torch.cat([f[at if of else ~at] for f, at in read]) for of in (True, False))
        right = at_fillers.mean(dim=0) - at_marks.mean(dim=0)
        cases.append((f"{len(lengths)} sequences of lengths {lengths}, {units} units", (trace, mark), right))

    def real(trace) -> Tensor:
        return torch.arange(trace.f.shape[1]) < torch.tensor(trace.lengths)[:, None]

    def difference(value, fillers, marks):
        return value[fillers].mean(dim=0) - value[marks].mean(dim=0)

    def of_sequences(trace, mark):
        each = [difference(trace.f[k], real(trace)[k] & ~mark[k], mark[k]) for k in range(len(mark))]
        return torch.stack(each).mean(dim=0)

    slips = {
        "that is marks minus fillers": [lambda trace, mark: -difference(trace.f, real(trace) & ~mark, mark)],
        "one number for each unit, (hidden_size,), not one for all": [
            lambda trace, mark: difference(trace.f, ~mark, mark).mean()
        ],
        "leave the padding out: it is no filler, and what the trace holds there is 0": [
            lambda trace, mark: difference(trace.f, ~mark, mark)
        ],
        "take the mean over all fillers at once: a mean of means gives a short sequence the weight of a long one": [
            of_sequences
        ],
        "a sequence without a mark has fillers, too": [
            lambda trace, mark: difference(trace.f, real(trace) & ~mark & mark.any(dim=1, keepdim=True), mark)
        ],
        "the forget gate is trace.f": [
            lambda trace, mark, name=name: difference(trace.values[name], real(trace) & ~mark, mark)
            for name in ("i", "g", "o", "c", "h")
        ],
    }
    judge(attempt, cases, slips, "a tensor (hidden_size,)")


@fixed_numbers
def find_carrier(attempt: Callable) -> None:
    """Check `find_carrier(trace, first)`: the one unit, counted from 0, whose c at the end still tells which of two
    symbols a sequence began with. first : (batch,), 0 or 1.

    It hides a hand-set latch among other units: one that knew the symbol and forgets it at once, one that knows it
    better, but for three quarters of the time only, one that keeps something else, one that moves more, and random
    ones.
    """
    layers, places = [], [2, 5, 0]
    for place, sign, units in zip(places, (1, -1, 1), (8, 8, 7), strict=True):
        first = torch.randint(2, (200,))
        x = torch.zeros(200, 40, 4)  # the first step, its symbol, noise, and an end for the unit that knows it for long
        x[:, 0, 0], x[:, 0, 1], x[:, :, 2], x[:, 30, 3] = 1, 2.0 * first - 1, torch.randn(200, 40), 1
        layer = nn.LSTM(4, units, batch_first=True, device="cpu")
        forgetful, constant, restless, long = ((place + offset) % units for offset in (-2, -3, 3, -1))
        with torch.no_grad():
            layer.weight_ih_l0[:, [0, 1, 3]] = 0  # the symbol reaches only those that are told
            i, f, g, o = torch.arange(4 * units).view(4, units).tolist()
            for unit in (place, constant, long):
                for parameter in layer.parameters():
                    parameter[[i[unit], f[unit], g[unit], o[unit]]] = 0
                layer.weight_ih_l0[[i[unit], f[unit]], 0] = torch.tensor([200.0, -200.0])
                layer.bias_ih_l0[[i[unit], f[unit]]] = torch.tensor([-100.0, 100.0])
                layer.weight_ih_l0[g[unit], 2] = 0.01
            layer.weight_ih_l0[g[place], :2] = torch.tensor([0.3, 0.05 * sign])  # little, so that the others move more
            layer.weight_ih_l0[g[constant], 0] = 1
            layer.weight_ih_l0[g[long], 1] = 0.5
            layer.weight_ih_l0[[i[long], f[long]], 3] = torch.tensor([200.0, -200.0])
            layer.weight_ih_l0[g[forgetful], 1] = 9
            layer.bias_ih_l0[f[restless]] = layer.weight_ih_l0[g[restless], 2] = 9
            layer.bias_ih_l0[[o[place], o[constant]]] = -100  # neither shows in h
        layers.append((record(layer, x), first))

    def on_each(way: Callable) -> Callable:
        @wraps(way)
        def answers(*layers):
            found = [way(*one) for one in layers]
            return None if any(one is None or one is ... for one in found) else found

        return answers

    slips = {
        "look at c, not at h: a unit can hold what its output gate does not show": [
            lambda trace, first: int(_told(trace.h[:, -1], first).argmax())
        ],
        "look at the last step: a unit may have known the symbol and forgotten it": [
            lambda trace, first: int(_told(trace.c[:, 0], first).argmax()),
            lambda trace, first: int(_told(trace.c.mean(dim=1), first).argmax()),
        ],
        "the carrier need not be on both sides of 0: a threshold belongs between the two means": [
            lambda trace, first: int(
                torch.maximum(
                    *(((trace.c[:, -1] > 0) == (first[:, None] == way)).double().mean(dim=0) for way in (0, 1))
                ).argmax()
            )
        ],
        "the unit that varies most need not be the one that knows: it differs by chance; compare with its spread": [
            lambda trace, first: int(trace.c[:, -1].var(dim=0).argmax())
        ],
        "a unit that never changes holds nothing: use first": [
            lambda trace, first: int(trace.c.var(dim=1).mean(dim=0).argmin())
        ],
        "units are counted from 0": [lambda trace, first: int(_told(trace.c[:, -1], first).argmax()) + 1],
    }
    slips = {hint: [on_each(way) for way in ways] for hint, ways in slips.items()}
    judge(on_each(attempt), [("three layers", tuple(layers), places)], slips, "the number of one unit, counted from 0")


def _told(value: Tensor, first: Tensor) -> Tensor:
    """The share of sequences that a threshold halfway between the two means sorts correctly, (hidden_size,)."""
    threshold = (value[first == 0].mean(dim=0) + value[first == 1].mean(dim=0)) / 2
    right = ((value > threshold) == first[:, None]).double().mean(dim=0)
    return torch.maximum(right, 1 - right)
