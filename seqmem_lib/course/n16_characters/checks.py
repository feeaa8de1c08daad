"""The checks of notebook 16."""

from collections.abc import Callable

import torch

from ..judge import fixed_numbers, judge


@fixed_numbers
def bits_per_character(attempt: Callable) -> None:
    """Check `bits_per_character(probabilities)`: minus the mean logarithm to the base 2, of (characters,)."""
    slips = {
        "bits are logarithms to the base 2": [lambda p: -p.log().mean(), lambda p: -p.log10().mean()],
        "take the mean over the characters, not the sum": [lambda p: -p.log2().sum()],
        "bits are positive: the logarithm of a probability is not": [lambda p: p.log2().mean()],
        "take the logarithm of each first, and then the mean": [
            lambda p: -p.mean().log2(),
            lambda p: -p.prod().log2() / len(p),  # of a long text it is 0
        ],
        "that is the entropy of a distribution: here each is the probability of what came": [
            lambda p: -(p * p.log2()).sum(),
            lambda p: -(p * p.log2()).mean(),
        ],
    }
    cases = []
    for name, size in {"five characters": 5, "one character": 1, "3,050 characters": 3050}.items():
        p = 0.05 + 0.9 * torch.rand(size, dtype=torch.float64)
        cases.append((name, (p,), -p.log2().mean().item()))
    surprised = torch.full((10,), 0.5, dtype=torch.float64)
    surprised[3] = 0.004
    cases.append(
        ("ten characters, one of them with a probability of 0.004,", (surprised,), -surprised.log2().mean().item())
    )
    judge(attempt, cases, slips, "one number")


@fixed_numbers
def other_temperature(attempt: Callable) -> None:
    """Check `other_temperature(probabilities, made_at, wanted)`: softmax(logits / made_at), (batch, characters), as
    softmax(logits / wanted)."""

    def scaled(powers):
        return powers / powers.sum(dim=-1, keepdim=True)

    slips = {
        "the other way round: a lower temperature makes the likely ones likelier": [
            lambda p, made, wanted: scaled(p ** (wanted / made))
        ],
        "they were made at `made_at`, not at 1": [lambda p, made, wanted: scaled(p ** (1 / wanted))],
        "take the logarithms first: these are probabilities, not logits": [
            lambda p, made, wanted: (p * made / wanted).softmax(dim=-1),
            lambda p, made, wanted: (p / wanted).softmax(dim=-1),
        ],
        "each row must sum to 1": [
            lambda p, made, wanted: p ** (made / wanted),
            lambda p, made, wanted: (p.log() * made / wanted).softmax(dim=0),
        ],
        "return the probabilities, not their logarithms": [
            lambda p, made, wanted: (p.log() * made / wanted).log_softmax(dim=-1)
        ],
        "nothing has changed": [lambda p, made, wanted: p],
    }
    cases = []
    for made, wanted in ((0.5, 1.5), (2.0, 0.7), (1, 2)):
        logits = 2 * torch.randn(2, 5)
        arguments = ((logits / made).softmax(dim=-1), made, wanted)
        cases.append((f"a step from {made} to {wanted}", arguments, (logits / wanted).softmax(dim=-1)))
    judge(attempt, cases, slips, "a tensor of the shape of the probabilities")


@fixed_numbers
def luck(attempt: Callable) -> None:
    """Check `luck(values, target, new_values, new_target)`: the largest |correlation| of a column of values, (steps,
    units), with target, (steps,), minus that of the same column of the new ones."""

    def correlation(values, target):
        values, target = values - values.mean(dim=0), target - target.mean()
        return (target @ values / (values.norm(dim=0) * target.norm())).abs()

    def luck(values, target, new_values, new_target):
        found, new = correlation(values, target), correlation(new_values, new_target)
        return (found.max() - new[found.argmax()]).item()

    def new_best(values, target, new_values, new_target):
        return correlation(values, target).max() - correlation(new_values, new_target).max()

    def reversed_texts(values, target, new_values, new_target):
        return luck(new_values, new_target, values, target)

    def signed(values, target):
        values, target = values - values.mean(dim=0), target - target.mean()
        return target @ values / (values.norm(dim=0) * target.norm())

    def by_covariance(values, target, new_values, new_target):
        unit = ((target - target.mean()) @ (values - values.mean(dim=0))).abs().argmax()
        return correlation(values, target)[unit] - correlation(new_values, new_target)[unit]

    slips = {
        "the difference may be negative, where the second text suits the unit better": [
            lambda *given: abs(luck(*given)),
            lambda *given: max(0.0, luck(*given)),
        ],
        "keep the unit: the best one of the new text is chosen anew": [new_best],
        "choose on the first text, and score on the second": [
            reversed_texts,
            lambda *given: -reversed_texts(*given),
        ],
        "a unit may go against the target: take absolute correlations": [
            lambda v, t, new, after: (signed(v, t) - signed(new, after))[signed(v, t).argmax()],
            lambda v, t, new, after: (signed(v, t) - signed(new, after))[correlation(v, t).argmax()],
            lambda v, t, new, after: (signed(v, t).abs() - signed(new, after))[correlation(v, t).argmax()],
        ],
        "take the absolute value of each correlation, and then the difference": [
            lambda v, t, new, after: (signed(v, t) - signed(new, after))[correlation(v, t).argmax()].abs()
        ],
        "the best unit is the one with the largest |correlation|, not the one that loses most": [
            lambda v, t, new, after: (correlation(v, t) - correlation(new, after)).max()
        ],
        "units differ in scale: choose by the correlation, not by the covariance": [by_covariance],
        "return the difference: first text minus second": [
            lambda *given: -luck(*given),
            lambda v, t, new, after: correlation(new, after)[correlation(v, t).argmax()],
            lambda v, t, new, after: correlation(v, t).max(),
        ],
    }

    def text(steps, unit, slope, other=0.0):
        """Noise, in units of different sizes; one of them follows the target, and unit 3 does with another slope. Unit
        5, the largest, does not."""
        target = (torch.rand(steps) < 0.5).double()
        values = torch.randn(steps, 8, dtype=torch.float64)
        values[:, unit] += slope * target
        values[:, 3] += other * target
        return 1 + values * torch.tensor([1, 9, 0.3, 1, 2, 20, 1, 0.5]), target

    cases = []
    for name, first, second in (
        ("a unit that goes along", (60, 2, 3.0), (60, 2, 0.8, 1.6)),
        ("a unit that goes against the target", (60, 2, -3.0), (60, 2, -0.8, 1.6)),
        ("a unit that turns round", (50, 4, 3.0), (70, 4, -1.2)),
        ("a second text that suits the unit better", (60, 2, -1.5), (40, 2, -4.0)),
        ("another unit that loses more", (60, 2, 4.0, 2.5), (60, 2, 3.0)),
    ):
        texts = (*text(*first), *text(*second))
        cases.append((name, texts, luck(*texts)))
    judge(attempt, cases, slips, "one number")


@fixed_numbers
def begin_anew(attempt: Callable) -> None:
    """Check `begin_anew(h, c, ended)`: both, (layers, streams, units), with zeros in the streams, (streams,), that
    ended."""

    def anew(h, c, ended):
        return [h * ~ended[:, None], c * ~ended[:, None]]

    slips = {
        "the other way round: those that go on keep their state": [lambda h, c, ended: anew(h, c, ~ended)],
        "c belongs to the state too": [lambda h, c, ended: [anew(h, c, ended)[0], c]],
        "h belongs to the state too": [lambda h, c, ended: [h, anew(h, c, ended)[1]]],
        "only the streams that ended begin anew: the others keep their state": [lambda h, c, _: [0 * h, 0 * c]],
        "nothing has changed": [lambda h, c, _: [h, c]],
        "return h first, and then c": [lambda h, c, ended: anew(c, h, ended)],
        "the streams are dimension 1: (layers, streams, units)": [
            lambda h, c, ended: [h * ~ended, c * ~ended],
            lambda h, c, ended: [h * ~ended[:, None, None], c * ~ended[:, None, None]],
        ],
    }
    cases = []
    # First as many layers and units as streams, so that a wrong dimension is no error, and gets its hint.
    for name, layers, units, ended in (
        ("three streams, of which the second ended", 3, 3, [False, True, False]),
        ("four streams, of which two ended", 2, 5, [True, False, False, True]),
    ):
        h, c = torch.randn(2, layers, len(ended), units)
        given = h, c, torch.tensor(ended)
        cases.append((name, given, anew(*given)))
    judge(attempt, cases, slips, "two tensors, h and c, each (layers, streams, units)")
