"""The exercises of notebook 16."""

import numpy as np
import pytest
import torch
from verdict import verdict_on

from seqmem_lib.course.n16_characters import checks


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda p: -torch.log2(p).mean(), ": correct."),
        (lambda p: float(np.mean([-np.log(one) / np.log(2) for one in p.tolist()])), ": correct."),
        (lambda p: ..., "not attempted yet."),
        (lambda p: -p.log().mean(), "Hint: bits are logarithms to the base 2"),
        (lambda p: -np.log10(p.numpy()).mean(), "Hint: bits are logarithms to the base 2"),
        (lambda p: -p.log2().sum(), "Hint: take the mean over the characters"),
        (lambda p: p.log2().mean(), "Hint: bits are positive"),
        (lambda p: -torch.log2(p.mean()), "Hint: take the logarithm of each first"),
        (lambda p: -(p * p.log2()).sum(), "Hint: that is the entropy of a distribution"),
        (lambda p: np.mean([-one * np.log2(one) for one in p.tolist()]), "Hint: that is the entropy of a distribution"),
        (lambda p: -p.log().mean().item(), "Hint: bits are logarithms to the base 2"),  # a float gets it as well
        (lambda p: -p.prod().log2() / len(p), "take the logarithm of each first, and then the mean"),
        (lambda p: -(p + 1e-8).log2().mean(), ": correct."),
        (lambda p: -p.clamp(min=0.01).log2().mean(), "a probability of 0.004, the answer is 1.6966, not 1.5644."),
        (lambda p: -p[: len(p) // 100 * 100 or len(p)].log2().mean(), "For 3,050 characters the answer is"),
        (lambda p: 2 ** -p.log2().mean(), "For five characters the answer is 0.52372, not "),
        (lambda p: p, "not yet. Return one number"),
    ],
)
def test_bits_per_character(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.bits_per_character, capsys)


def rows_of_one(x):
    return x / x.sum(dim=1, keepdim=True)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda p, made, wanted: (p.log() * made / wanted).softmax(dim=-1), ": correct."),
        (lambda p, made, wanted: rows_of_one(p ** (made / wanted)), ": correct."),
        (lambda *given: None, "not attempted yet."),
        (lambda p, made, wanted: rows_of_one(p ** (wanted / made)), "Hint: the other way round"),
        (lambda p, made, wanted: (p.log() / wanted).softmax(dim=-1), "Hint: they were made at `made_at`"),
        (lambda p, made, wanted: (p * made / wanted).softmax(dim=-1), "Hint: take the logarithms first"),
        (lambda p, made, wanted: torch.softmax(p / wanted, dim=1), "Hint: take the logarithms first"),
        (lambda p, made, wanted: p ** (made / wanted), "Hint: each row must sum to 1"),
        (lambda p, made, wanted: rows_of_one(p.T ** (made / wanted)).T, "Hint: each row must sum to 1"),
        (lambda p, made, wanted: rows_of_one(p ** (made / wanted)).log(), "Hint: return the probabilities"),
        (lambda p, made, wanted: p, "Hint: nothing has changed"),
        (lambda p, made, wanted: p[0], "not yet. Return a tensor of the shape"),
        (lambda p, made, wanted: rows_of_one(p ** (0.5 / wanted)), "are wrong for a step from 2.0 to 0.7."),
        (
            lambda p, made, wanted: rows_of_one(p ** (min(made, wanted) / max(made, wanted))),
            "The numbers are wrong for a step from 2.0 to 0.7.",
        ),
    ],
)
def test_other_temperature(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.other_temperature, capsys)


def correlations(values, target):
    return torch.tensor([np.corrcoef(one, target)[0, 1] for one in values.T])


def kept(v, t, new, after):
    best = correlations(v, t).abs().argmax()
    return correlations(v, t)[best].abs() - correlations(new, after)[best].abs()


def by_parts(v, t, new, after):
    """The point-biserial form: the difference of two means over the spread."""

    def score(v, t):
        share = t.mean()
        apart = v[t > 0].mean(dim=0) - v[t == 0].mean(dim=0)
        return (apart / v.std(dim=0, correction=0) * (share * (1 - share)).sqrt()).abs()

    best = score(v, t).argmax()
    return float(score(v, t)[best]) - float(score(new, after)[best])


def by_covariance(v, t, new, after):
    best = ((t - t.mean()) @ (v - v.mean(dim=0))).abs().argmax()
    return (correlations(v, t)[best].abs() - correlations(new, after)[best].abs()).item()


def signed_difference(v, t, new, after):
    best = correlations(v, t).abs().argmax()
    return (correlations(v, t)[best] - correlations(new, after)[best]).item()


def without_sign(v, t, new, after, of=lambda one: one):
    best = correlations(v, t).argmax()
    return of(correlations(v, t)[best]) - of(correlations(new, after)[best])


def sign_left_in_the_second(v, t, new, after):
    best = correlations(v, t).abs().argmax()
    return correlations(v, t).abs().max() - correlations(new, after)[best]


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (kept, ": correct."),
        (lambda *given: kept(*given).item(), ": correct."),
        (lambda *given: None, "not attempted yet."),
        (
            lambda v, t, new, after: correlations(v, t).abs().max() - correlations(new, after).abs().max(),
            "Hint: keep the unit",
        ),
        (lambda v, t, new, after: kept(new, after, v, t), "Hint: choose on the first text"),
        (without_sign, "Hint: a unit may go against the target"),
        (lambda *given: without_sign(*given, of=abs), "Hint: a unit may go against the target"),
        (sign_left_in_the_second, "Hint: a unit may go against the target"),
        (lambda v, t, new, after: -kept(new, after, v, t), "Hint: choose on the first text"),
        (lambda *given: correlations(*given[:2]).abs().max() - kept(*given), "Hint: return the difference"),
        (lambda *given: -kept(*given), "Hint: return the difference"),
        (lambda v, t, *_: correlations(v, t).abs().max(), "Hint: return the difference"),
        (by_parts, ": correct."),
        (lambda *given: abs(kept(*given)), "Hint: the difference may be negative"),
        (lambda *given: max(0.0, kept(*given).item()), "Hint: the difference may be negative"),
        (signed_difference, "Hint: a unit may go against the target"),
        (lambda *given: abs(signed_difference(*given)), "Hint: take the absolute value of each correlation, and then"),
        (
            lambda v, t, new, after: (correlations(v, t).abs() - correlations(new, after).abs()).max().item(),
            "Hint: the best unit is the one with the largest |correlation|",
        ),
        (by_covariance, "Hint: units differ in scale: choose by the correlation"),
        (lambda v, t, *_: correlations(v, t), "not yet. Return one number"),
    ],
)
def test_luck(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.luck, capsys)


def with_zeros(state, ended, dim=1):
    changed = state.clone()
    changed.index_fill_(dim, ended.nonzero().flatten(), 0)
    return changed


def emptied(h, c, ended):
    h[:, ended], c[:, ended] = 0, 0
    return h, c


def only_the_first(h, c, ended):
    h[:, ended.tolist().index(True)], c[:, ended.tolist().index(True)] = 0, 0
    return h, c


def for_each_layer(h, c, ended):
    """As if dimension 0 were the streams."""
    for k in range(len(h)):
        if ended[k]:
            h[:, k], c[:, k] = 0, 0
    return h, c


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda h, c, ended: (with_zeros(h, ended), with_zeros(c, ended)), ": correct."),
        (lambda h, c, ended: [torch.where(ended[None, :, None], 0, one) for one in (h, c)], ": correct."),
        (emptied, ": correct."),
        (lambda h, c, ended: (torch.diag((~ended).float()) @ h, torch.diag((~ended).float()) @ c), ": correct."),
        (lambda *given: None, "not attempted yet."),
        (lambda h, c, ended: (with_zeros(h, ~ended), with_zeros(c, ~ended)), "Hint: the other way round"),
        (lambda h, c, ended: (with_zeros(h, ended), c), "Hint: c belongs to the state too"),
        (lambda h, c, ended: (h, with_zeros(c, ended)), "Hint: h belongs to the state too"),
        (lambda h, c, ended: (torch.zeros_like(h), torch.zeros_like(c)), "Hint: only the streams that ended"),
        (lambda h, c, ended: (h.detach(), c.detach()), "Hint: nothing has changed"),
        (lambda h, c, ended: (with_zeros(c, ended), with_zeros(h, ended)), "Hint: return h first"),
        (lambda h, c, ended: (with_zeros(h, ended, 0), with_zeros(c, ended, 0)), "Hint: the streams are dimension 1"),
        (lambda h, c, ended: (with_zeros(h, ended, 2), with_zeros(c, ended, 2)), "Hint: the streams are dimension 1"),
        (lambda h, c, ended: with_zeros(h, ended), "not yet. Return two tensors"),
        (only_the_first, "not yet. The numbers are wrong for four streams, of which two ended."),
        (for_each_layer, "not yet. The numbers are wrong for four streams, of which two ended."),
        (lambda h, c, ended: (h[:, ~ended], c[:, ~ended]), "not yet. Return two tensors"),
    ],
)
def test_begin_anew(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.begin_anew, capsys)
