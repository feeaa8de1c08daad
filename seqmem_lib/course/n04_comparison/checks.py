"""The checks of notebook 04."""

from collections.abc import Callable
from math import log

import torch
from torch import nn
from torch.nn.functional import one_hot

from ...recording import record
from ..judge import fixed_numbers, judge, say


def matching_units(attempt: Callable) -> None:
    """Check `matching_units(input_size, lstm_units)`: how many units a GRU needs for the parameters of an LSTM, as
    nearly as possible."""

    def count(blocks, i, h, biases=2):
        return blocks * (i * h + h * h + biases * h)

    def nearest(i, h, distance):
        return float(min(range(1, 4 * h), key=lambda units: abs(distance(i, h, units))))

    def right(i, h):
        return nearest(i, h, lambda i, h, units: count(3, i, units) - count(4, i, h))

    slips = {
        "the layer grows with the square of its units, so it takes fewer than 4/3 of them": [lambda i, h: 4 * h / 3]
        + [lambda i, h, way=way: way(4 * h / 3) for way in (int, round)],
        "that is for an RNN, which has one block; a GRU has three": [
            lambda i, h: nearest(i, h, lambda i, h, units: count(1, i, units) - count(4, i, h))
        ],
        "nearest, not the largest that has no more parameters": [
            lambda i, h: float(max(units for units in range(1, 4 * h) if count(3, i, units) <= count(4, i, h)))
        ],
        "nearest, not the smallest that has no fewer parameters": [
            lambda i, h: float(min(units for units in range(1, 4 * h) if count(3, i, units) >= count(4, i, h)))
        ],
        "do not forget the weights of the input": [
            lambda i, h: nearest(i, h, lambda i, h, units: 3 * units**2 - 4 * h**2)
        ],
    }
    cases = [(f"input_size = {i}, lstm_units = {h}", (i, h), right(i, h)) for i, h in ((8, 32), (100, 64), (2, 10))]
    judge(attempt, cases, slips, "a whole number")


@fixed_numbers
def share_of_wins(attempt: Callable) -> None:
    """Check `share_of_wins(a, b)`: over all pairs of one run of each network, how often a is the better one; a tie
    counts one half. a, b : Tensor, (seeds,), accuracies."""

    def right(a, b):
        return sum(float(one > other) + 0.5 * float(one == other) for one in a for other in b) / (len(a) * len(b))

    slips = {
        "a tie counts one half, and here it counts nothing": [
            lambda a, b: sum(float(one > other) for one in a for other in b) / (len(a) * len(b))
        ],
        "a tie counts one half, and here it counts as won": [
            lambda a, b: sum(float(one >= other) for one in a for other in b) / (len(a) * len(b))
        ],
        "each run of a meets each run of b, not only the one of the same place": [
            lambda a, b: sum(float(x > y) + 0.5 * float(x == y) for x, y in zip(a, b, strict=False)) / len(a)
        ],
        "that is how often b wins": [lambda a, b: 1 - right(a, b)],
        "that compares the means": [lambda a, b: float(sum(a) / len(a) > sum(b) / len(b))],
    }
    cases = [("a = [0.9, 0.7], b = [0.8, 0.7]", (torch.tensor([0.9, 0.7]), torch.tensor([0.8, 0.7])), 0.625)]
    a, b = ((torch.rand(n) * 20).round() / 20 for n in (8, 5))
    cases.append(("random accuracies", (a, b), right(a, b)))
    judge(attempt, cases, slips, "a number from 0 to 1")


def copy_baseline(attempt: Callable) -> None:
    """Check `copy_baseline(delay)`: the mean cross-entropy on `copy` of one who is sure of every blank and has
    forgotten the symbols."""
    slips = {
        "there are eight symbols, so a guess costs log(8)": [
            lambda delay, n=n: 10 * log(n) / (delay + 20) for n in (9, 10)
        ],
        "it is a mean over all delay + 20 steps": [lambda delay: log(8), lambda delay: 10 * log(8)],
        "a sequence has delay + 20 steps": [
            lambda delay, more=more: 10 * log(8) / (delay + more) for more in (0, 10, 19, 21)
        ],
        "ten of the steps need a guess": [lambda delay: log(8) / (delay + 20)],
        "use the natural logarithm, as PyTorch does": [lambda delay: 10 * 3 / (delay + 20)],
    }
    cases = [(f"delay = {delay}", (delay,), 10 * log(8) / (delay + 20)) for delay in (100, 7)]
    judge(attempt, cases, slips, "a number")


@fixed_numbers
def set_relu_counter(attempt: Callable) -> None:
    """Check `set_relu_counter(layer)`, which sets the parameters of an nn.RNN(2, 2, nonlinearity="relu") in place: unit
    0 must be the number of first marks so far and unit 1 that of second ones, for 1,000 steps."""
    marks = one_hot(torch.multinomial(torch.tensor([2.0, 1.0, 1.0]), 3000, replacement=True), 3)
    marks = marks[:, 1:].double().view(3, 1000, 2)
    wanted = marks.cumsum(dim=1)

    def verdict() -> str:
        layer = nn.RNN(2, 2, nonlinearity="relu", batch_first=True, dtype=torch.float64, device="cpu")
        before = {name: value.clone() for name, value in layer.state_dict().items()}
        attempt(layer)
        if all(torch.equal(value, before[name]) for name, value in layer.state_dict().items()):
            return "not attempted yet."
        h = record(layer, marks).h
        wrong = ~((h - wanted).abs() <= 1e-6)
        if not wrong.any():
            return "correct."
        if (layer.bias_ih_l0 + layer.bias_hh_l0).any():
            return "not yet. Hint: the biases add up to something other than 0, and they are added at every step."
        if torch.allclose(h, wanted.flip(-1), rtol=0, atol=1e-6):
            return "not yet. Hint: the units are exchanged; row k of weight_ih is that of unit k."
        k, t, unit = wrong.nonzero()[0].tolist()
        said = f"not yet. At t = {t} unit {unit} is {h[k, t, unit]:.3g}, and {wanted[k, t, unit]:.0f} is due."
        if not torch.equal(layer.weight_hh_l0, torch.eye(2, dtype=torch.float64)):
            return said + " Hint: without a mark each unit must stay as it is. Which weight_hh does that?"
        return said + " Hint: how much must a mark add, and to which unit?"

    say(attempt, verdict)
