"""The exercises of notebook 12 on what a model reads: tests that find what mixes sequences, and what reads ahead."""

from functools import partial

import numpy as np
import pytest
import torch
from verdict import verdict_on

from seqmem_lib.course.n12_bug_museum import checks


def mixes(model, x):
    return not torch.allclose(torch.cat([model(one[None]) for one in x]), model(x))


def by_change(model, x, same=torch.allclose, features=slice(None)):
    before = model(x)
    for k in range(len(x)):
        other = x.clone()
        other[k, :, features] += 1
        kept = [one for one in range(len(x)) if one != k]
        if not same(model(other)[kept], before[kept]):
            return True
    return False


def one_by_one(model, x, places=None, same=torch.allclose):
    """A loop, and NumPy's booleans."""
    together = model(x)
    others = [not same(model(x[k][None])[0], together[k]) for k in places or range(len(x))]
    return np.any(others)


def left_out(model, x, place):
    kept = [k for k in range(len(x)) if k != place]
    return not torch.allclose(model(x[kept]), model(x)[kept])


def among_zeros(model, x):
    """In PyTorch's default precision."""
    for k in range(len(x)):
        zeros = torch.zeros(x.shape)
        zeros[k] = x[k]
        if not torch.allclose(model(zeros)[k], model(x)[k]):
            return True
    return False


def with_others_negated(model, x):
    signs = 2 * torch.eye(len(x)) - 1
    return not all(torch.allclose(model(sign[:, None, None] * x)[k], model(x)[k]) for k, sign in enumerate(signs))


def by_order(model, x):
    return not torch.allclose(model(x.flip(0)).flip(0), model(x))


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (mixes, ": correct."),
        (by_change, ": correct."),
        (one_by_one, ": correct."),
        (among_zeros, ": correct."),
        (partial(one_by_one, places=[0]), "that takes the batch for time the answer is True."),
        (partial(one_by_one, places=[2]), "in which each sequence reads the next one the answer is True."),
        (partial(left_out, place=0), "in which each sequence reads the next one the answer is True."),
        (partial(one_by_one, same=torch.equal), "the answer is False. Hint: compare with torch.allclose."),
        (partial(by_change, same=torch.equal), "the answer is False. Hint: compare with torch.allclose."),
        (partial(by_change, features=[0]), "reads the square of one feature of another the answer is True."),
        (partial(one_by_one, places=[0, 2]), "reads the square of one feature of another the answer is True."),
        (with_others_negated, "reads the square of one feature of another the answer is True."),
        (
            partial(one_by_one, same=partial(torch.allclose, atol=0.1)),
            "that adds a hundredth of the others the answer is True.",
        ),
        (lambda model, x: torch.tensor(mixes(model, x)), ": correct."),
        (lambda model, x: not mixes(model, x), "For a model with batch_first=True the answer is False."),
        (by_order, "For a model that subtracts the mean of the batch the answer is True."),
        (lambda model, x: True, "For a model with batch_first=True the answer is False."),
        (lambda model, x: not model.rnn.batch_first, "that subtracts the mean of the batch the answer is True."),
        (lambda model, x: 1, "not yet. Return True or False."),
        (lambda model, x: model(x[0]), "not yet. Return True or False."),
    ],
)
def test_mixes_sequences(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.mixes_sequences, capsys)


def ahead(model, x):
    answers = model(x)
    for t in range(x.shape[1] - 1):
        other = x.clone()
        other[:, t + 1 :] = torch.randn_like(other[:, t + 1 :])
        if not torch.allclose(model(other)[:, : t + 1], answers[:, : t + 1]):
            return True
    return False


def by_gradient(model, x):
    x = x.clone().requires_grad_()
    for t in range(x.shape[1] - 1):
        (gradient,) = torch.autograd.grad(model(x)[:, t].sum(), x)
        if gradient[:, t + 1 :].any():
            return True
    return False


def looked_at(change, look, same=torch.allclose, value=3.0, splits=slice(None)):
    """Whether an answer among those that `look` picks moves with what `change` picks, at some step or at all."""

    def attempt(model, x):
        for t in range(1, x.shape[1])[splits]:
            other = x.clone()
            other[:, change(t)] += value
            if not same(model(other)[:, look(t)], model(x)[:, look(t)]):
                return np.True_
        return np.False_

    return attempt


def at(place):
    return lambda t: place


later, sooner = (lambda t: slice(t, None)), (lambda t: slice(t))


def one_feature(model, x):
    """A change of the first only."""
    for t in range(1, x.shape[1]):
        other = x.clone()
        other[:, t:, 0] += 3
        if not torch.allclose(model(other)[:, :t], model(x)[:, :t]):
            return True
    return False


def by_prefix(model, x, same=torch.allclose):
    return not all(same(model(x[:, :t]), model(x)[:, :t]) for t in range(1, x.shape[1]))


def last_only(model, x):
    other = x.clone()
    other[:, -1] += 1
    return not torch.allclose(model(other), model(x))


def shortened(model, x):
    return not torch.allclose(model(x[:, :1])[:, 0], model(x)[:, 0])


def with_zeros(model, x):
    for t in range(1, x.shape[1]):
        other = x.clone()
        other[:, t:] = 0
        if not torch.allclose(model(other)[:, :t], model(x)[:, :t]):
            return True
    return False


def in_place(model, x):
    before = model(x)
    for t in range(x.shape[1] - 1, 0, -1):
        x[:, t] += 1
        if not torch.allclose(model(x)[:, :t], before[:, :t]):
            return True
    return False


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (ahead, ": correct."),
        (by_gradient, ": correct."),
        (looked_at(later, sooner), ": correct."),  # a NumPy boolean
        (by_prefix, ": correct."),  # a causal model may be cut anywhere
        (
            with_zeros,
            "that reads zeros the answer is True. Hint: what is 0 already is not changed by a 0",
        ),
        (in_place, "The answer is right, but your function changes what it was given: work on a copy."),
        (shortened, "in which only one step reads a later one the answer is True."),
        (looked_at(at(-1), at(slice(-1))), "in which only one step reads a later one the answer is True."),
        (looked_at(at(slice(3, None)), at(slice(3))), "that reads in blocks of three steps the answer is True."),
        (looked_at(lambda t: t, lambda t: t - 1), "shows each step the input after the next the answer is True."),
        (looked_at(later, lambda t: slice(t - 1)), "that shows each step the next input the answer is True."),
        (looked_at(later, sooner, torch.equal), "the answer is False. Hint: compare with torch.allclose."),
        (
            looked_at(later, sooner, partial(torch.allclose, atol=0.1)),
            "that shows each step a hundredth of the next input the answer is True.",
        ),
        (looked_at(later, sooner, splits=slice(1, None)), "only the first step reads the second the answer is True."),
        (looked_at(later, sooner, splits=slice(-1)), "only the fifth step reads the sixth, the last the answer is"),
        (one_feature, "that shows each step one feature of the next input the answer is True."),
        (partial(by_prefix, same=torch.equal), "the answer is False. Hint: compare with torch.allclose."),
        (last_only, "For a model that reads forwards the answer is False."),
        (lambda model, x: model.rnn.bidirectional, "shows each step the next input the answer is True."),
        (lambda model, x: not ahead(model, x), "For a model that reads forwards the answer is False."),
        (lambda model, x: ahead(model, x[:, :1]), "For a bidirectional model the answer is True."),
        (lambda model, x: "no", "not yet. Return True or False."),
    ],
)
def test_reads_ahead(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.reads_ahead, capsys)
