"""The checks of notebook 13."""

from collections.abc import Callable
from math import log

import torch
from torch import Tensor

from ...cells import RNNCell
from ...gradients import gradient_norms
from ...recording import record
from ..judge import as_tensor, fixed_numbers, judge, say


@fixed_numbers
def most_left(attempt: Callable) -> None:
    """Check `most_left(weight_hh, lag)`: the most that can be left of a gradient after `lag` steps of a tanh RNN,
    by the bound of Pascanu, Mikolov & Bengio (2013).
    """

    def norm(w):
        return torch.linalg.matrix_norm(w, 2).item()

    slips = {
        "eigenvalues tell of the long run; the most in one step is the largest singular value": [
            lambda w, n: torch.linalg.eigvals(w).abs().max().item() ** n
        ],
        "that is the root of the sum of all squares; the most that any vector is stretched is less": [
            lambda w, n: w.norm().item() ** n
        ],
        "that is the most in one step: there are `lag` of them": [lambda w, n: norm(w), lambda w, n: norm(w) * n],
        "W_hh acts at every step, but its power may shrink where its norm does not: bound each step by itself": [
            lambda w, n: norm(torch.linalg.matrix_power(w, n))
        ],
        "the bound falls with each step where the largest singular value is below 1": [
            lambda w, n: max(1.0, norm(w) ** n)
        ],
    }
    matrices = {
        "two units": [[0.9, 2.0], [0.0, 0.9]],
        "three units": torch.randn(3, 3).tolist(),
        "small weights": [[0.3, 0.2], [-0.1, 0.4]],  # their bound falls
    }
    cases = []
    for name, rows in matrices.items():
        weight_hh = torch.tensor(rows, dtype=torch.float64)
        cases += [(f"{name} and a lag of {lag}", (weight_hh, lag), norm(weight_hh) ** lag) for lag in (3, 1, 0)]
    judge(attempt, cases, slips, "a number")


@fixed_numbers
def predict_half_life(attempt: Callable) -> None:
    """Check `predict_half_life(weight_hh, slopes)`: the steps in which a gradient halves, by the rule of mean-field
    theory, spectral radius of W_hh times the root of the mean square of the slopes (steps, units).
    """

    def radius(w):
        return torch.linalg.eigvals(w).abs().max().item()

    def rms(s):
        return s.square().mean().sqrt().item()

    def half(factor):
        return log(0.5) / log(factor)

    slips = {
        "the slopes are missing: the decay factor is the product of both": [lambda w, s: half(radius(w))],
        "that is the plain mean of the slopes; the rule has the root of their mean square": [
            lambda w, s: half(radius(w) * s.mean().item())
        ],
        "the mean square still needs its root": [lambda w, s: half(radius(w) * s.square().mean().item())],
        "that uses the largest singular value; the rule has the spectral radius, the largest |eigenvalue|": [
            lambda w, s: half(torch.linalg.matrix_norm(w, 2).item() * rms(s))
        ],
        "an eigenvalue may be complex or negative: take its absolute value": [
            lambda w, s: half(torch.linalg.eigvals(w).real.max().item() * rms(s))
        ],
        "of the eigenvalues take the one whose absolute value is the largest": [
            lambda w, s: half(torch.linalg.eigvals(w)[0].abs().item() * rms(s)),
            lambda w, s: half(torch.linalg.eigvals(w)[-1].abs().item() * rms(s)),
            lambda w, s: half(torch.linalg.eigvals(w).abs().min().item() * rms(s)),
            lambda w, s: half(torch.linalg.eigvals(w).abs().mean().item() * rms(s)),
        ],
        "that is the decay factor; the half-life is log(1/2) / log(factor)": [lambda w, s: radius(w) * rms(s)],
        "after n steps factor ** n is left: solve factor ** n = 1/2": [
            lambda w, s: 0.5 / (radius(w) * rms(s)),
            lambda w, s: log(radius(w) * rms(s)) / log(0.5),
            lambda w, s: -half(radius(w) * rms(s)),
        ],
    }
    matrices = {
        "a W_hh with three eigenvalues": [[0.5, 0.1, 0.2], [0.0, 0.9, 0.3], [0.1, 0.0, 0.4]],
        "a W_hh with complex eigenvalues": [[0.3, -0.8], [0.9, 0.4]],
        "a W_hh whose largest eigenvalue is negative": [[-0.9, 0.2], [0.0, 0.5]],
        "W_hh = 0.9": [[0.9]],
    }
    cases = []
    for name, rows in matrices.items():
        weight_hh = torch.tensor(rows, dtype=torch.float64)
        slopes = 0.3 + 0.7 * torch.rand(6, len(rows), dtype=torch.float64)
        cases.append((name, (weight_hh, slopes), half(radius(weight_hh) * rms(slopes))))
    judge(attempt, cases, slips, "a number of steps")


@fixed_numbers
def clip_by_norm(attempt: Callable) -> None:
    """Check `clip_by_norm(gradients, max_norm)`: a list of tensors, scaled together so that the norm of all their
    entries is at most max_norm. The reference is torch.nn.utils.clip_grad_norm_.
    """

    def norm(gradients):
        return torch.cat([one.flatten() for one in gradients]).norm()

    slips = {
        "whether to clip is decided once, by the norm of all together, and then for all": [
            lambda g, most: [one * most / norm(g) if one.norm() > most else one for one in g],
            lambda g, most: [
                one * min(1.0, most / norm(g)) if any(one.norm() > most for one in g) else one for one in g
            ],
        ],
        "that clips each tensor by its own norm, which turns the direction: one factor for all": [
            lambda g, most: [one * min(1.0, most / one.norm().item()) for one in g]
        ],
        "that clips each entry by value, which turns the direction": [
            lambda g, most: [one.clamp(-most, most) for one in g]
        ],
        "a norm below max_norm is left as it is": [lambda g, most: [one * most / norm(g) for one in g]],
        "scale down to max_norm, not to 1": [lambda g, most: [one / norm(g) for one in g]],
        "the norm is the root of the sum of all squares, not a sum of norms": [
            lambda g, most: [one * min(1.0, most / sum(other.norm().item() for other in g)) for one in g],
            lambda g, most: [one * min(1.0, most / norm(g).item() ** 2) for one in g],
            lambda g, most: [one * most / norm(g) if norm(g) ** 2 > most else one for one in g],
        ],
        "nothing was scaled": [lambda g, most: g],
    }
    shapes, cases = [(3, 2), (3,), (2, 2, 2), (1,)], []
    for name, size, most in (
        ("a norm above max_norm", 5.0, 0.7),
        ("a norm below max_norm", 5.0, 100.0),
        ("a norm above max_norm, and none of a single tensor", 4.0, 3.5),
        ("small gradients above a small max_norm", 0.5, 0.3),  # and its square is below
        ("small gradients", 0.5, 0.8),
    ):
        gradients = [torch.randn(shape) for shape in shapes]
        gradients = [one * size / norm(gradients) for one in gradients]
        cases.append((name, (gradients, most), [one * min(1.0, most / size) for one in gradients]))
    judge(attempt, cases, slips, "a list of tensors, of the same shapes as the gradients")


@fixed_numbers
def exploding_weight(attempt: Callable) -> None:
    """Check `exploding_weight(hidden_size)`: a W_hh with which the gradient grows at least a thousandfold over 50
    steps, in a tanh RNN without biases that reads 4 inputs from N(0, 1) at each step.

    There is no one right answer: the gradient is measured in 32 units, for three inputs, of which the least counts.
    """

    def verdict() -> str:
        weight_hh = as_tensor(attempt(32))
        if weight_hh is None or weight_hh is ...:
            return "not attempted yet."
        if not isinstance(weight_hh, Tensor) or weight_hh.shape != (32, 32) or not weight_hh.isfinite().all():
            return "not yet. Return a tensor (hidden_size, hidden_size) of finite numbers."
        if getattr(attempt(24), "shape", None) != (24, 24):
            return "not yet. Hint: with a hidden_size of 24 it is not (24, 24); is a size written as a number?"
        generator = torch.Generator().manual_seed(0)
        cell = RNNCell(4, 32, bias=False, dtype=torch.float64)
        with torch.no_grad():
            cell.weight_hh.copy_(weight_hh)
            cell.weight_ih.uniform_(-(32**-0.5), 32**-0.5, generator=generator)
        x = torch.randn(3, 51, 4, generator=generator, dtype=torch.float64)
        norms = gradient_norms(cell, x)
        growth = (norms[:, 0] / norms[:, -1]).nan_to_num(0).min().item()
        if growth >= 1000:
            return "correct."
        size = torch.linalg.eigvals(weight_hh.double()).abs().max().item()
        saturated = record(cell, x).h.square().mean() > 0.8
        hint = "every unit is saturated, where the tanh has no slope" if saturated else "try a larger spectral radius"
        return (
            f"not yet. With your spectral radius of {size:.3g} the gradient is multiplied by {growth:.1e}, and not by "
            f"1,000 or more. Hint: {hint}."
        )

    say(attempt, verdict)
