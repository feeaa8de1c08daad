"""The exercises of notebook 14, and every answer a learner may give."""

from functools import partial
from itertools import permutations
from math import cos, log, pi, sin

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from verdict import verdict_on

from seqmem_lib.course.n14_inside import checks


def table(answers, y):
    return torch.zeros(4, 4).index_put_((answers, y), torch.ones(len(y)), accumulate=True)


def by_assignment(answers, y):
    counts = table(answers, y)
    return counts[linear_sum_assignment(counts, maximize=True)].sum().item() / len(y)


def by_trying(answers, y, names=4):
    return max(
        sum(way[a] == b for a, b in zip(answers.tolist(), y.tolist(), strict=True))
        for way in permutations(range(names))
    ) / len(y)


def one_after_the_other(answers, y):
    best = 0
    for way in permutations(range(4)):
        renamed = answers.clone()
        for k in range(4):
            renamed[renamed == k] = way[k]
        best = max(best, (renamed == y).double().mean().item())
    return best


def greedy(answers, y):
    counts, right = table(answers, y), 0
    for _ in range(4):
        right += counts.max().item()
        row, column = (counts == counts.max()).nonzero()[0]
        counts[row], counts[:, column] = -1, -1
    return right / len(y)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (by_assignment, "correct."),
        (by_trying, "correct."),
        (lambda a, y: torch.tensor(by_trying(a, y)).double(), "correct."),
        (lambda a, y: (a == y).float().mean().item(), "Hint: that is the share of right answers without any renaming."),
        (lambda a, y: table(a, y).amax(dim=1).sum().item() / len(y), "Hint: two classes may not get the same name."),
        (
            lambda a, y: max(((a + shift) % 4 == y).double().mean().item() for shift in range(4)),
            "Hint: try all 24 ways, and not only a shift of the names.",
        ),
        (one_after_the_other, "Hint: change all names at once"),
        (greedy, "Hint: the best name of one class may cost two others theirs"),
        (lambda a, y: by_trying(a, y, int(a.max()) + 1), "may get the name of any of the four"),
        (lambda a, y: 0.0, "not yet. "),
        (lambda a, y: 1.0, "For answers of which some are mixed up at random the answer is"),
        (lambda a, y: 1 - (a == y).double().mean().item(), "For answers of which some are mixed up at random"),
        (lambda a, y: a, "not yet. Return a number from 0 to 1."),
    ],
)
def test_renamed_accuracy(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.renamed_accuracy, capsys)


def back_after(h, steps, close=0.01):
    return bool(((h[steps:] - h[: len(h) - steps]).abs() < close).all())


def first(h, most, back=back_after, steps=1, none=0):
    return next((k for k in range(steps, most + 1) if back(h, k)), none)


def all_distances(h, most):
    far = (h[:, None] - h[None]).abs().amax(dim=-1)
    return min((k for k in range(1, most + 1) if far.diagonal(k).max() < 0.01), default=0)


def allclose(h, k, **options):
    return torch.allclose(h[k:], h[:-k], **{"atol": 0.009} | options)


def spread(h, k):
    """The root of the mean square over the units."""
    return (h[k:] - h[:-k]).square().mean(dim=1).sqrt()


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (first, "correct."),
        (lambda h, most: first(h, most, allclose), "correct."),
        (lambda h, most: float(first(h.numpy(), most, lambda h, k: np.abs(h[k:] - h[:-k]).max() < 0.01)), "correct."),
        (lambda h, most: first(h, most, lambda h, k: (h[k] - h[0]).abs().max() < 0.01), "not only the first."),
        (lambda h, most: first(h[:, :1], most), "Hint: every unit must come back"),
        (lambda h, most: max((k for k in range(1, most + 1) if back_after(h, k)), default=0), "take the smallest"),
        (lambda h, most: 2 * first(h, most), "take the smallest"),
        (lambda h, most: first(h, most, none=most), "Hint: no period up to `most` is a 0."),
        (lambda h, most: first(h, 59), "Hint: no period up to `most` is a 0."),
        (all_distances, "correct."),
        (lambda h, most: first(h, most - 1), "Hint: the period may be `most` itself"),
        (lambda h, most: first(h, most, lambda h, k: (h[k:] - h[:-k]).max() < 0.01), "take absolute differences"),
        (lambda h, most: first(h, most, lambda h, k: (h[k:] - h[:-k]).abs().mean() < 0.01), "not a mean"),
        (lambda h, most: first(h, most, lambda h, k: (h[k:] - h[:-k]).abs().mean(0).max() < 0.01), "not a mean"),
        (lambda h, most: first(h, most, lambda h, k: (h[k:] - h[:-k]).norm(dim=1).max() < 0.01), "not the whole state"),
        (lambda h, most: first(h, most, lambda h, k: back_after(h, k, 0.1)), "Hint: to within 0.01"),
        (lambda h, most: first(h, most, lambda h, k: back_after(h, k, 0.015)), "Hint: to within 0.01"),
        (lambda h, most: first(h, most, partial(allclose, atol=0.01, rtol=0.01)), "Hint: to within 0.01"),
        (lambda h, most: first(h, most, lambda h, k: spread(h, k).max() < 0.01), "not a mean"),
        (lambda h, most: first(h, most, lambda h, k: (h[-1] - h[-1 - k]).abs().max() < 0.01), "not only the last ones"),
        (lambda h, most: first(h, most, lambda h, k: back_after(h[: 2 * k], k)), "not yet. "),
        (lambda h, most: first(h[len(h) // 2 :], most), "not only the last ones"),
        (lambda h, most: 5, "not yet. For a state at rest the answer is 1, not 5."),
        (lambda h, most: first(h, most, steps=2), "not yet. "),
        (lambda h, most: h, "not yet. Return a number of steps."),
    ],
)
def test_find_period(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.find_period, capsys)


def rotation(period, stretch=1.05, sign=1):
    angle = sign * 2 * pi / period
    return stretch * torch.tensor([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (rotation, "correct."),
        (
            lambda period: torch.tensor([[1, 0], [0, 1.1]]) @ rotation(period) @ torch.tensor([[1, 0], [0, 1 / 1.1]]),
            "correct.",
        ),
        (lambda period: rotation(period, 1.02).double(), "correct."),
        (lambda period: rotation(period, 1.001), "correct."),  # it swings for ever, by 0.06
        (lambda period: rotation(period / {4: 3, 5: 2, 8: 3}[period]), "correct."),  # more than once round
        (lambda period: rotation(period, 1.2), "After 5 steps a unit is 0.035 away"),
        (lambda period: rotation(period, 1.5), "a strong stretch pulls the state to the corners"),
        (lambda period: rotation(period / 2), "not yet. For a period of 8 the state is back after 4. Hint"),
        (lambda period: rotation(period, 1.1, sign=-1), "correct."),
        (lambda period: rotation(period, 1.0), "the state dies out. Hint: the matrix must stretch, too."),
        (lambda period: rotation(period, 0.9), "the state dies out. Hint: the matrix must stretch, too."),
        (lambda period: rotation(2 * period), "Hint: a full turn has the angle 2π"),
        (lambda period: rotation(5), "not yet. "),
        (lambda period: rotation(period, 4.0), "not yet. "),
        (lambda period: 2 * torch.eye(2), "the state is back after 1. Hint: by which angle"),
        (lambda period: -2 * torch.eye(2), "the state is back after 2. Hint: by which angle"),
        (lambda period: torch.eye(3), "not yet. Return a tensor (2, 2) of finite numbers."),
    ],
)
def test_rotating_weight(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.rotating_weight, capsys)


def moduli(jacobian):
    return np.abs(np.linalg.eigvals(jacobian.double().numpy()))


def by_powers(jacobian):
    """The modulus of the leading eigenvalue, as the growth of a high power."""
    return torch.linalg.matrix_norm(torch.linalg.matrix_power(jacobian.double(), 400)).item() ** (1 / 400)


def by_bisection(jacobian):
    if (size := moduli(jacobian).max()) >= 1:
        return 0
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if size**middle < 0.5 else (middle, high)
    return low


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda j: int((moduli(j) > 1).sum()), "correct."),
        (lambda j: torch.tensor(len([one for one in moduli(j) if one > 1])), "correct."),
        (lambda j: (torch.linalg.eigvals(j).real > 1).sum(), "Hint: -1.5 grows too"),
        (lambda j: (torch.linalg.eigvals(j).real.abs() > 1).sum(), "Hint: a complex eigenvalue has a modulus"),
        (lambda j: (torch.linalg.eigvals(j).real > 0).sum(), "Hint: time goes in steps here"),
        (lambda j: (moduli(j) < 1).sum(), "Hint: those are the directions that shrink"),
        (lambda j: (torch.linalg.svdvals(j) > 1).sum(), "Hint: singular values say how far one step stretches"),
        (lambda j: len([z for z in torch.linalg.eig(j)[0].tolist() if z.real**2 + z.imag**2 > 1]), "correct."),
        (lambda j: (moduli(j) >= 1).sum(), "Hint: with a modulus of 1 a push does not grow"),
        (lambda j: (moduli(j) > 1.05).sum(), "For a push that hardly grows the answer is 1, not 0."),
        (lambda j: len({round(one, 6) for one in moduli(j) if one > 1}), "Hint: a complex pair is two directions"),
        (lambda j: bool((moduli(j) > 1).any()), "Hint: how many directions"),
        (lambda j: 7, "For a point that undoes every push the answer is 0, not 7."),
        (lambda j: moduli(j), "not yet. Return a number of directions."),
    ],
)
def test_growing_directions(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.growing_directions, capsys)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (by_bisection, "correct."),
        (lambda j: np.log(2) / -np.log(moduli(j).max()) if moduli(j).max() < 1 else 0, "correct."),
        (lambda j: np.log(0.5) / np.log(moduli(j).max()), "Hint: a push that grows is never halved"),
        (lambda j: np.log(0.5) / log(torch.linalg.eigvals(j).real.max()), "Hint: use the modulus"),
        (lambda j: np.log(0.5) / np.log(moduli(j).min()), "Hint: the slowest direction"),
        (lambda j: log(0.5) / log(s) if (s := torch.linalg.svdvals(j).max()) < 1 else 0, "Hint: use eigenvalues"),
        (lambda j: -1 / np.log(moduli(j).max()), "Hint: that is the time to 1/e"),
        (lambda j: 0.5 / moduli(j).max(), "Hint: how often must the modulus"),
        (lambda j: np.log(0.5) / np.log(moduli(j)[0]) if moduli(j)[0] < 1 else 0, "Hint: the slowest direction"),
        (lambda j: 0 if moduli(j).max() > 1 else log(0.5) / log(moduli(j).max()), "stopped with ZeroDivisionError"),
        (lambda j: np.ceil(by_bisection(j) - 1e-9), "changes sign as it shrinks the answer is 3.1063, not 4"),
        (lambda j: 7.0, "For a point that undoes every push the answer is 1, not 7."),
    ],
)
def test_halving_steps(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.halving_steps, capsys)


def test_the_modulus_is_what_many_steps_make_of_a_push():
    for _, (jacobian,), steps in checks._jacobians(lambda j: moduli(j).max()):
        assert by_powers(jacobian) == pytest.approx(steps, rel=0.01)
