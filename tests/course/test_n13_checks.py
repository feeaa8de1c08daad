"""The exercises of notebook 13, and every answer a learner may give."""

import re
from math import log, log2, sqrt

import numpy as np
import pytest
import torch
from torch import Generator, nn
from torch.nn.utils import clip_grad_norm_
from verdict import verdict_on

from seqmem_lib.course.n13_explosion import checks


def clipped_by_torch(gradients, max_norm):
    parameters = [nn.Parameter(torch.zeros_like(one)) for one in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient.clone()
    clip_grad_norm_(parameters, max_norm)
    return [parameter.grad for parameter in parameters]


def factor(gradients, max_norm):
    return min(1.0, max_norm / sqrt(sum((one**2).sum().item() for one in gradients)))


def scaled_in_place(gradients, by):
    for one in gradients:
        one.mul_(by)
    return gradients


def orthogonal(size, radius):
    return radius * nn.init.orthogonal_(torch.empty(size, size), generator=Generator().manual_seed(3))


def radius(weight):
    return np.abs(np.linalg.eigvals(weight.numpy())).max()


def rms(slopes):
    return np.sqrt((slopes.numpy() ** 2).mean())


def eigenvalue(which):
    return lambda w, s: -1 / log2(abs(np.linalg.eigvals(w.numpy())[which]) * rms(s))


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda w, s: log(0.5) / log(radius(w) * rms(s)), "correct."),
        (lambda w, s: -1 / log2(radius(w) * s.norm().item() / s.numel() ** 0.5), "correct."),
        (lambda w, s: 1 / torch.linalg.eigvals(w).abs().max().mul(s.pow(2).mean().sqrt()).log2().neg(), "correct."),
        (lambda w, s: -1 / log2(radius(w)), "Hint: the slopes are missing"),
        (lambda w, s: -1 / log2(radius(w) * s.mean()), "Hint: that is the plain mean of the slopes"),
        (lambda w, s: -1 / log2(radius(w) * rms(s) ** 2), "Hint: the mean square still needs its root"),
        (lambda w, s: -1 / log2(np.linalg.svd(w).S[0] * rms(s)), "Hint: that uses the largest singular value"),
        (lambda w, s: -1 / log2(np.linalg.eigvals(w).real.max() * rms(s)), "Hint: an eigenvalue may be complex"),
        (eigenvalue(0), "take the one whose absolute value is the largest"),
        (eigenvalue(-1), "take the one whose absolute value is the largest"),
        (lambda w, s: -1 / log2(np.abs(np.linalg.eigvals(w)).min() * rms(s)), "take the one whose absolute value"),
        (lambda w, s: -1 / log2(np.abs(np.linalg.eigvals(w)).mean() * rms(s)), "take the one whose absolute value"),
        (lambda w, s: radius(w) * rms(s), "Hint: that is the decay factor"),
        (lambda w, s: 1 / (2 * radius(w) * rms(s)), "Hint: after n steps factor ** n is left"),
        (lambda w, s: 1 / log2(radius(w) * rms(s)), "Hint: after n steps factor ** n is left"),
        (lambda w, s: -log2(radius(w) * rms(s)), "Hint: after n steps factor ** n is left"),
        (lambda w, s: 7.0, "not yet. For a W_hh with three eigenvalues the answer is "),
        (lambda w, s: torch.linalg.eigvals(w) * s, "not yet. Return a number of steps."),
    ],
)
def test_predict_half_life(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.predict_half_life, capsys)


def largest(w):
    return np.linalg.svd(w.numpy()).S[0]


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda w, lag: largest(w) ** lag, "correct."),
        (lambda w, lag: torch.linalg.matrix_norm(w, ord=2) ** lag, "correct."),
        (lambda w, lag: np.prod([np.sqrt(np.linalg.eigvalsh((w.T @ w).numpy())[-1])] * lag), "correct."),
        (lambda w, lag: radius(w) ** lag, "Hint: eigenvalues tell of the long run"),
        (lambda w, lag: (w**2).sum().sqrt() ** lag, "Hint: that is the root of the sum of all squares"),
        (lambda w, lag: largest(w), "Hint: that is the most in one step"),
        (lambda w, lag: lag * largest(w), "Hint: that is the most in one step"),
        (lambda w, lag: largest(torch.linalg.matrix_power(w, lag)), "bound each step by itself"),
        (lambda w, lag: largest(w) ** (lag + 1), "not yet. For two units and a lag of 3 the answer is"),
        (lambda w, lag: max(1.0, largest(w) ** lag), "Hint: the bound falls with each step"),
        (lambda w, lag: min(1.0, largest(w) ** lag), "not yet. For two units and a lag of 3"),
        (lambda w, lag: np.abs(w.numpy()).sum(axis=0).max() ** lag, "not yet. For two units and a lag of 3"),
        (lambda w, lag: w, "not yet. Return a number."),
    ],
)
def test_most_left(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.most_left, capsys)


def growth(weight_hh):
    """The growth over 50 steps in torch's own RNN, for a W_ih and inputs that the check does not know: the geometric
    mean over 20 sequences."""
    generator = Generator().manual_seed(11)
    weight_ih = (torch.rand(32, 4, generator=generator, dtype=torch.float64) * 2 - 1) / sqrt(32)
    first = h = torch.zeros(20, 32, dtype=torch.float64, requires_grad=True)
    for x_t in torch.randn(50, 20, 4, generator=generator, dtype=torch.float64):
        h = torch.rnn_tanh_cell(x_t, h, weight_ih, weight_hh)
    (gradient,) = torch.autograd.grad(h.sum(), first)
    return (gradient.norm(dim=1) / sqrt(32)).log().mean().exp().item()


@pytest.mark.parametrize(
    ("radius", "verdict"),
    [
        (
            0.5,
            r"With your spectral radius of 0\.5 the gradient is multiplied by .*e-\d\d, .* Hint: try a larger",
        ),
        (1.6, r"not yet\. With your spectral radius of 1\.6 .*e\+0\d, and .* Hint: try a larger spectral radius\."),
        (4, r"correct\."),
        (100, r"With your spectral radius of 100 .* Hint: every unit is saturated, where the tanh has no slope\."),
        (1.1, "try a larger spectral radius"),
    ],
)
def test_exploding_weight(radius, verdict, capsys):
    given = verdict_on(lambda size: orthogonal(size, radius), checks.exploding_weight, capsys)
    assert (growth(orthogonal(32, radius).double()) >= 1000) == ("correct." in given)
    assert re.search(verdict, given)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda size: torch.randn(size, size) * 4 / sqrt(size), "correct."),
        (lambda size: nn.Parameter(orthogonal(size, 4).double()), "correct."),
        (lambda size: orthogonal(size, 4).half(), "correct."),
        (lambda size: orthogonal(size, 10).round().long(), "correct."),
        (lambda size: orthogonal(size, 1.6).half(), "Hint: try a larger spectral radius."),
        (lambda size: torch.zeros(size, size).long(), "Hint: try a larger spectral radius."),
        (lambda size: torch.ones(size, size).triu(1), "Hint: try a larger spectral radius."),
        (lambda size: torch.ones(size, size), "Hint: every unit is saturated, where the tanh has no slope."),
        (lambda size: torch.full((size, size), torch.inf), "of finite numbers."),
        (lambda size: orthogonal(size, 4).fill_diagonal_(torch.nan), "of finite numbers."),
        (lambda size: orthogonal(32, 4), "Hint: with a hidden_size of 24 it is not (24, 24)"),
        (lambda size: torch.ones(size, size - 1), "not yet. Return a tensor (hidden_size, hidden_size)"),
        (lambda size: orthogonal(size, 4).numpy(), "correct."),
        (lambda size: 4, "not yet. Return a tensor (hidden_size, hidden_size)"),
    ],
)
def test_other_exploding_weights(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.exploding_weight, capsys)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda gs, most: [one * factor(gs, most) for one in gs], "correct."),
        (lambda gs, most: tuple(one * factor(gs, most) for one in gs), "correct."),
        (lambda gs, most: scaled_in_place(gs, factor(gs, most)), "correct."),
        (clipped_by_torch, "correct."),
        (lambda gs, most: [one.float() * factor(gs, most) for one in gs], "correct."),
        (lambda gs, most: [one * factor([one], most) for one in gs], "Hint: that clips each tensor by its own norm"),
        (lambda gs, most: [one * factor(gs, most) if one.norm() > most else one for one in gs], "is decided once"),
        (
            lambda gs, most: [one * factor(gs, most) for one in gs] if any(one.norm() > most for one in gs) else gs,
            "once",
        ),
        (
            lambda gs, most: [one * factor(gs, 1) if factor(gs, most) < 1 else one for one in gs],
            "to max_norm, not to 1",
        ),
        (
            lambda gs, most: [one * factor(gs[:2], most) for one in gs],
            "The numbers are wrong for a norm above max_norm",
        ),
        (
            lambda gs, most: [one * min(1, most / sum(g.square().sum() for g in gs)) for one in gs],
            "Hint: the norm is the root of the sum of all squares",
        ),
        (
            lambda gs, most: scaled_in_place(gs, factor(gs, most) if sum((g**2).sum() for g in gs) > most else 1),
            "Hint: the norm is the root of the sum of all squares",  # in the comparison, too
        ),
        (lambda gs, most: [one.clip(-most, most) for one in gs], "Hint: that clips each entry by value"),
        (lambda gs, most: [one / sqrt(sum((g**2).sum() for g in gs)) * most for one in gs], "is left as it is."),
        (
            lambda gs, most: [one / max(1, sum(g.norm() for g in gs) / most) for one in gs],
            "Hint: the norm is the root of the sum of all squares, not a sum of norms.",
        ),
        (lambda gs, most: [one.clone() for one in gs], "Hint: nothing was scaled."),
        (lambda gs, most: [-one for one in gs], "not yet. The numbers are wrong for a norm above max_norm."),
        (lambda gs, most: [one * factor(gs, most) for one in gs][:1], "not yet. Return a list of tensors"),
        (lambda gs, most: torch.cat([one.flatten() for one in gs]), "not yet. Return a list of tensors"),
        (lambda gs, most: [one * factor(gs, most) for one in reversed(gs)], "not yet. Return a list of tensors"),
        (
            lambda gs, most: scaled_in_place(gs, min(1, most / sum(one.norm() for one in gs))),
            "Hint: the norm is the root of the sum of all squares, not a sum of norms.",
        ),
        (lambda gs, most: scaled_in_place(gs, 0), "The numbers are wrong"),
    ],
)
def test_clip_by_norm(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.clip_by_norm, capsys)
