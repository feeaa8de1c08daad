"""The checks of notebook 04."""

from collections.abc import Callable
from math import ceil

import torch
from torch import nn
from torch.nn.functional import one_hot

from ...language import tr
from ...recording import record
from ..judge import AS_BEFORE, between, fixed_numbers, judge, say, whole


@fixed_numbers
def symbols_known(attempt: Callable) -> None:
    """Check `symbols_known(accuracy)`: of the ten symbols of `copy`, how many a network knows that guesses the others
    among eight."""
    slips = {
        "whoever guesses is right in one of eight; that is in the accuracy too": [
            lambda a: 10 * a,
            lambda a: 10 * a + 10 / 8,
        ],
        "a symbol that becomes known raises the accuracy from 1/8 to 1, by 7/8, and not by 1": [
            lambda a: 10 * (a - 1 / 8)
        ],
        "there are eight symbols; a network that only ever says blank is below guessing": [
            lambda a, n=n: 10 * (a - 1 / n) / (1 - 1 / n) for n in (9, 10)
        ],
        "that is the share of the symbols; there are ten of them": [lambda a: (a - 1 / 8) / (7 / 8)],
        "that is how many it does not know": [lambda a: 10 * (1 - a) / (7 / 8)],
    }
    cases = [(f"accuracy = {a:.5g}", (a,), 10 * (a - 1 / 8) / (7 / 8)) for a in (0.35, 0.125, 1.0, between(0.2, 0.9))]
    judge(attempt, cases, slips, "a number of symbols")


@fixed_numbers
def fair_score(attempt: Callable) -> None:
    """Check `fair_score(validation, test)`: the mean test accuracy at the learning rate that is best in validation.
    Both are (rates, seeds)."""

    def at(best, test):
        return test[best].mean().item()

    slips = {
        "the rate is chosen by the test, whose luck is then reported": [
            lambda v, t: t.mean(1).max().item(),
            lambda v, t: t.max().item(),
            lambda v, t: at(t.max(1).values.argmax(), t),
            lambda v, t: at((v + t).mean(1).argmax(), t),
        ],
        "that is the score of the validation, by which the rate was chosen": [
            lambda v, t: v.mean(1).max().item(),
            lambda v, t: v.max().item(),
        ],
        "one rate for all seeds: here each seed has its own": [
            lambda v, t: t.gather(0, v.argmax(0, keepdim=True)).mean().item()
        ],
        "one lucky seed must not choose the rate: take the mean over the seeds first": [
            lambda v, t: at(v.max(1).values.argmax(), t),
            lambda v, t: at(v[:, 0].argmax(), t),
        ],
        "choose the rate whose mean over the seeds is best, not its median or its worst seed": [
            lambda v, t: at(v.median(1).values.argmax(), t),
            lambda v, t: at(v.min(1).values.argmax(), t),
        ],
        "that is the worst of the rates": [lambda v, t: at(v.mean(1).argmin(), t)],
        "that is the mean over all rates; choose one": [lambda v, t: t.mean().item()],
        "rows are rates, columns are seeds": [lambda v, t: t[:, v.mean(0).argmax()].mean().item()],
        "report the mean over all seeds, not the best of them": [lambda v, t: t[v.mean(1).argmax()].max().item()],
    }
    # each row is best by something: its mean, median, worst, best or first seed, validation and test together; or worst
    seven = (
        [[0.6, 0.9, 0.75], [0.8, 0.85, 0.1], [0.7, 0.7, 0.72], [0.2, 0.98, 0.3], [0.95, 0.3, 0.3], [0.5, 0.5, 0.8]]
        + [[0.1, 0.2, 0.1]],
        [[0.5, 0.7, 0.56], [0.6, 0.62, 0.65], [0.3, 0.35, 0.4], [0.1, 0.2, 0.21], [0.44, 0.46, 0.49]]
        + [[0.95, 0.97, 0.99], [0.8, 0.85, 0.82]],
    )
    pairs = {
        "seven rates and three seeds": torch.tensor(seven, dtype=torch.float64),
        "four rates and ten seeds": torch.rand(2, 4, 10, dtype=torch.float64),
    }
    cases = [(tr(name), tuple(pair), at(pair[0].mean(1).argmax(), pair[1])) for name, pair in pairs.items()]
    judge(attempt, cases, slips, "a number from 0 to 1")


# (difference, spread); in the last, 8 runs are enough to the digit
SPREADS = ((0.02, 0.03), (0.01, 0.03), (0.01, 0.013), (0.49, 0.5))


@fixed_numbers
def runs_needed(attempt: Callable) -> None:
    """Check `runs_needed(difference, spread)`: the runs of each of two networks after which the 95 % interval of the
    difference of their means reaches no further than that difference to either side."""

    def needed(factor):
        return lambda d, s: float(ceil(factor * (s / d) ** 2))

    z = 1.96
    slips = {
        "where that many runs are enough to the digit, one more is not needed": [
            lambda d, s: float(int(2 * (z * s / d) ** 2) + 1)
        ],
        "round up at the end: here it is rounded before it is doubled": [lambda d, s: 2 * needed(z**2)(d, s)],
        "that is for the mean of one network; the variances of the two means add up": [needed(z**2)],
        "that is when two intervals no longer overlap, which asks for more than is needed": [needed(4 * z**2)],
        "the standard error falls with the square root of the runs": [
            lambda d, s: float(ceil(2 * z * s / d)),
            lambda d, s: float(ceil(2**0.5 * z * s / d)),
        ],
        "a 95 % interval reaches 1.96 standard errors to either side": [needed(8), needed(2), needed(1)],
        "the runs must be at least that many: round up, to a whole number": [
            lambda d, s, way=way: float(way(2 * (z * s / d) ** 2)) for way in (int, float, lambda n: n + 1)
        ],
        "that is the runs of both together, and half of them are of each": [lambda d, s: 2 * needed(2 * z**2)(d, s)],
    }
    pairs = [(0.02, 0.07), *SPREADS, (between(0.01, 0.05), between(0.02, 0.06))]
    cases = [(f"difference = {d:.5g}, spread = {s:.5g}", (d, s), needed(2 * z**2)(d, s)) for d, s in pairs]
    judge(attempt, cases, slips, "a whole number of runs")


@fixed_numbers
def counted_up_to(attempt: Callable) -> None:
    """Check `counted_up_to(accuracy, length)`: the n up to which a network counts, if on `counting` of that length it
    is always right up to there and guesses above. n is uniform from 2 to (length - 1) // 2."""

    def right(a, length, *, first=1, top=lambda length: (length - 1) // 2, guess=1 / 3):
        return first + (top(length) - first) * (a - guess) / (1 - guess)

    slips = {
        "whoever guesses is right in one of three": [
            lambda a, n: right(a, n, guess=0),
            lambda a, n: right(a, n, guess=1 / 2),
        ],
        "what becomes known raises the accuracy from 1/3 to 1, by 2/3, and not by 1": [
            lambda a, n: 1 + ((n - 1) // 2 - 1) * (a - 1 / 3)
        ],
        "n begins at 2, so the values up to m are m - 1 in number": [
            lambda a, n: right(a, n, first=0),
            lambda a, n: right(a, n, first=2),
            lambda a, n: right(a, n) - 1,
            lambda a, n: right(a, n) + 1,
        ],
        "the largest n is just under half the length, because the a's and the b's share it": [
            lambda a, n: right(a, n, top=lambda n: n),
            lambda a, n: right(a, n, top=lambda n: n // 2),
            lambda a, n: right(a, n, top=lambda n: n / 2),
        ],
    }
    pairs = ((0.8, 80), (0.44, 320), (1.0, 41), (between(0.4, 0.9), whole(50, 200)))
    cases = [(f"accuracy = {a:.5g}, length = {n}", (a, n), right(a, n)) for a, n in pairs]
    judge(attempt, cases, slips, "a number of letters")


@fixed_numbers
def set_relu_counter(attempt: Callable) -> None:
    """Check `set_relu_counter(layer)`, which sets the parameters of an nn.RNN(2, 2, nonlinearity="relu") in place: unit
    0 must be the number of first marks so far and unit 1 that of second ones, for 1,000 steps."""
    marks = one_hot(torch.multinomial(torch.tensor([2.0, 1.0, 1.0]), 3000, replacement=True), 3)
    marks = marks[:, 1:].float().view(3, 1000, 2)
    wanted = marks.cumsum(dim=1)

    def verdict() -> str:
        layer = nn.RNN(2, 2, nonlinearity="relu", batch_first=True, device="cpu")
        before = {name: value.clone() for name, value in layer.state_dict().items()}
        attempt(layer)
        if all(torch.equal(value, before[name]) for name, value in layer.state_dict().items()):
            return AS_BEFORE
        h = record(layer, marks).h
        wrong = ~((h - wanted).abs() <= 1e-6)
        if not wrong.any():
            return "correct."
        if (layer.bias_ih_l0 + layer.bias_hh_l0).any():
            return "not yet. Hint: the biases add up to something other than 0, and they are added at every step."
        if torch.allclose(h, wanted.flip(-1), rtol=0, atol=1e-6):
            return "not yet. Hint: the units are exchanged; row k of weight_ih is that of unit k."
        k, t, unit = wrong.nonzero()[0].tolist()
        said = "not yet. At t = {t} unit {unit} is {h:.3g}, and {due:.0f} is due."
        said = tr(said, t=t, unit=unit, h=h[k, t, unit], due=wanted[k, t, unit])
        if not torch.equal(layer.weight_hh_l0, torch.eye(2)):
            return said + tr(" Hint: without a mark each unit must stay as it is. Which weight_hh does that?")
        return said + tr(" Hint: how much must a mark add, and to which unit?")

    say(attempt, verdict)


@fixed_numbers
def set_parity(attempt: Callable) -> None:
    """Check `set_parity(layer)`, which sets the parameters of an nn.RNN(1, 2, nonlinearity="relu") in place: the sum of
    its two units must be 1 where the number of ones so far is odd, else 0, for 1,000 steps."""
    bits = torch.randint(2, (3, 1000, 1)).float()
    wanted = bits[..., 0].cumsum(dim=1) % 2

    def verdict() -> str:
        layer = nn.RNN(1, 2, nonlinearity="relu", batch_first=True, device="cpu")
        before = {name: value.clone() for name, value in layer.state_dict().items()}
        attempt(layer)
        if all(torch.equal(value, before[name]) for name, value in layer.state_dict().items()):
            return AS_BEFORE
        said = record(layer, bits).h.sum(dim=-1)
        wrong = ~((said - wanted).abs() <= 1e-6)
        if not wrong.any():
            return "correct."
        k, t = wrong.nonzero()[0].tolist()
        bit, was = int(bits[k, t, 0]), int(wanted[k, t - 1]) if t else 0
        hint = {
            (0, 0): "nothing has come in, and nothing may appear: are the biases 0?",
            (0, 1): "a 0 came in, and the sum must stay. Which weight_hh hands the sum of the units on?",
            (1, 0): "a 1 came in after an even number: one unit must become 1 there.",
            (1, 1): "a 1 came in after an odd number: both units must be 0 there. What must they subtract?",
        }
        wrong = "not yet. At t = {t} the sum is {sum:.3g}, and {due:.0f} is due. Hint: {hint}"
        return tr(wrong, t=t, sum=said[k, t], due=wanted[k, t], hint=tr(hint[bit, was]))

    say(attempt, verdict)
