"""The checks of notebook 14."""

from collections.abc import Callable
from itertools import permutations
from math import cos, log, pi, sin

import torch
from torch import Tensor

from ..judge import fixed_numbers, judge, say

RUN_IN = 1000
STEPS = 60


@fixed_numbers
def renamed_accuracy(attempt: Callable) -> None:
    """Check `renamed_accuracy(answers, y)`: the share of right answers if the classes that are answered were given the
    best other names, each name once. answers, y : (batch,), classes from 0 to 3.
    """

    def best(answers, y, ways):
        return max((torch.tensor(way)[answers] == y).double().mean().item() for way in ways)

    def most_frequent(answers, y):
        return sum(torch.bincount(y[answers == k], minlength=4).max().item() for k in range(4)) / len(y)

    slips = {
        "that is the share of right answers without any renaming": [lambda a, y: (a == y).double().mean().item()],
        "two classes may not get the same name": [most_frequent],
        "try all 24 ways, and not only a shift of the names": [
            lambda a, y: best(a, y, [[(k + shift) % 4 for k in range(4)] for shift in range(4)])
        ],
        "that is the share of the worst naming": [
            lambda a, y: min((torch.tensor(way)[a] == y).double().mean().item() for way in permutations(range(4)))
        ],
    }
    y = torch.arange(4).repeat(10)
    mixed = torch.tensor([1, 0, 3, 2])[y]
    noisy = torch.where(torch.rand(40) < 0.3, torch.randint(4, (40,)), mixed)
    given = {
        "answers that are never right": mixed,
        "answers of which some are mixed up at random": noisy,
        "answers that know two pairs": 2 * (y // 2),
        "right answers": y,
    }
    cases = [(name, (answers, y), best(answers, y, permutations(range(4)))) for name, answers in given.items()]
    many, split = torch.tensor([0] * 20 + [1, 2, 3] * 4), torch.tensor([0, 1] * 10 + [2, 3, 1] * 4)
    cases.append(("a frequent class that got two names", (split, many), best(split, many, permutations(range(4)))))
    judge(attempt, cases, slips, "a number from 0 to 1")


@fixed_numbers
def find_period(attempt: Callable) -> None:
    """Check `find_period(h, most)`: the smallest number of steps from 1 to `most` after which every state of h, (seq,
    hidden_size), comes back to within 0.01 in each unit; 0 if there is none. A state at rest has the period 1.
    """

    def period(h, most, close=0.01):
        for steps in range(1, most + 1):
            if (h[steps:] - h[:-steps]).abs().max() < close:
                return float(steps)
        return 0.0

    def first_only(h, most):
        for steps in range(1, most + 1):
            if (h[steps] - h[0]).abs().max() < 0.01:
                return float(steps)
        return 0.0

    slips = {
        "every state must come back, not only the first": [first_only],
        "every unit must come back, not only the first": [lambda h, most: period(h[:, :1], most)],
        "that is a multiple of the period: take the smallest": [lambda h, most: 2 * period(h, most)],
        "no period up to `most` is a 0": [
            lambda h, most: period(h, most) or float(most),
            lambda h, most: period(h, len(h) - 1),
        ],
    }
    cases = []
    for name, (steps, shape) in {
        "a swing of five steps": (5, torch.tensor([[1.0, 0.5], [0.2, -0.4]])),
        "a state at rest": (1, torch.tensor([[0.3, 0.2], [0.1, 0.1]])),
        "a period that is longer than asked for": (17, torch.tensor([[1.0, 0.5], [0.2, -0.4]])),
    }.items():
        angle = 2 * pi / steps * torch.arange(60)[:, None]
        cases.append((name, (angle.cos() * shape[0] + angle.sin() * shape[1], 12), float(steps if steps < 13 else 0)))
    swing = torch.tensor([1.0, -1.0, 1.0, 0.5]).repeat(15)  # the first state comes back after two steps, others do not
    cases.append(("a state that is passed twice in four steps", (torch.stack([swing, -swing], 1), 12), 4.0))
    two = torch.stack([torch.tensor([1.0, -1.0]).repeat(30), torch.tensor([0.5, 0, -0.5]).repeat(20)], dim=1)
    cases.append(("units of the periods two and three", (two, 12), 6.0))
    judge(attempt, cases, slips, "a number of steps")


@fixed_numbers
def rotating_weight(attempt: Callable) -> None:
    """Check `rotating_weight(period)`: a W_hh, (2, 2), with which h_t = tanh(W_hh h_{t-1}) goes on swinging, and comes
    back after `period` steps and not before.

    There are many right answers: the network is run from six starts, for the periods 4, 5 and 8.
    """

    def verdict() -> str:
        for period in (5, 8, 4):
            weight = attempt(period)
            if weight is None or weight is ...:
                return "not attempted yet."
            if not isinstance(weight, Tensor) or weight.shape != (2, 2) or not weight.isfinite().all():
                return "not yet. Return a tensor (2, 2) of finite numbers."
            angles = torch.arange(6, dtype=torch.float64) + 0.3
            h, states = torch.stack([angles.cos(), angles.sin()], dim=1) / 2, []
            for _ in range(RUN_IN + STEPS + period):
                h = torch.tanh(h @ weight.detach().double().T)
                states.append(h)
            h = torch.stack(states[RUN_IN:])  # (steps, starts, 2)
            size = h.norm(dim=-1).mean().item()
            if size < 0.1:
                return f"not yet. For a period of {period} the state dies out. Hint: the matrix must stretch, too."
            gone = [((h[k:] - h[:-k]).norm(dim=-1).mean() / size).item() for k in range(1, period + 1)]
            if min(gone[:-1]) < 0.4:
                early = gone.index(min(gone[:-1])) + 1
                return (
                    f"not yet. For a period of {period} the state is back after {early}. Hint: by which angle per step?"
                )
            if gone[-1] > 0.25:
                why = "a full turn has the angle 2π, and a strong stretch holds the state in the corners"
                return f"not yet. After {period} steps the state is {gone[-1]:.2f} of its size away. Hint: {why}."
        return "correct."

    say(attempt, verdict)


@fixed_numbers
def growing_directions(attempt: Callable) -> None:
    """Check `growing_directions(jacobian)`: in how many directions a small push grows at a fixed point with this
    Jacobian of one time step, (n, n).
    """
    eigenvalues = torch.linalg.eigvals
    slips = {
        "a complex eigenvalue has a modulus, not only a real part": [
            lambda j: (eigenvalues(j).real.abs() > 1).sum().item()
        ],
        "-1.5 grows too, and changes sign: use the modulus": [lambda j: (eigenvalues(j).real > 1).sum().item()],
        "time goes in steps here: compare the modulus with 1, not the real part with 0": [
            lambda j: (eigenvalues(j).real > 0).sum().item()
        ],
        "those are the directions that shrink": [lambda j: (eigenvalues(j).abs() < 1).sum().item()],
        "singular values say how far one step stretches, not what grows": [
            lambda j: (torch.linalg.svdvals(j) > 1).sum().item()
        ],
    }
    judge(attempt, _jacobians(lambda j: float((eigenvalues(j).abs() > 1).sum())), slips, "a number of directions")


@fixed_numbers
def halving_steps(attempt: Callable) -> None:
    """Check `halving_steps(jacobian)`: after how many time steps a push along the leading eigenvector is half as large,
    a real number; 0 if it never is.
    """

    def steps(size):
        return log(0.5) / log(size) if size < 1 else 0.0

    def largest(j):
        return torch.linalg.eigvals(j).abs().max().item()

    slips = {
        "a push that grows is never halved: return 0": [lambda j: log(0.5) / log(largest(j))],
        "use the modulus, not the real part": [lambda j: steps(torch.linalg.eigvals(j).real.max().item())],
        "the slowest direction is that of the largest modulus": [
            lambda j: steps(torch.linalg.eigvals(j).abs().min().item()),
            lambda j: steps(torch.linalg.eigvals(j).abs().mean().item()),
        ],
        "use eigenvalues: singular values hold for one step only": [
            lambda j: steps(torch.linalg.svdvals(j).max().item())
        ],
        "that is the time to 1/e: a half was asked for": [
            lambda j: -1 / log(largest(j)) if largest(j) < 1 else 0.0,
            lambda j: -1 / log(largest(j)),
        ],
        "how often must the modulus be multiplied by itself to give a half? A logarithm tells": [
            lambda j: 0.5 / largest(j),
            lambda j: 0.5 / (1 - largest(j)),
        ],
    }
    judge(attempt, _jacobians(lambda j: steps(largest(j))), slips, "a number of steps")


def _jacobians(right: Callable) -> list[tuple]:
    turn = torch.tensor([[cos(1.9), -sin(1.9)], [sin(1.9), cos(1.9)]])
    basis = torch.eye(3) + 0.3 * torch.randn(3, 3)
    given = {
        "a point that undoes every push": torch.diag(torch.tensor([0.5, 0.2, -0.1])),
        "a push that changes sign as it shrinks": torch.diag(torch.tensor([0.4, 0.3, -0.8])),
        "a saddle": basis @ torch.diag(torch.tensor([1.6, -1.5, 0.3])) @ torch.linalg.inv(basis),
        "a push that turns as it shrinks": 0.9 * turn,
        "a swing": torch.block_diag(1.3 * turn, torch.tensor([[0.2]])),
        "a matrix with large entries and small eigenvalues": torch.tensor([[0.5, 8.0], [0.0, 0.25]]),
    }
    return [(name, (jacobian.double(),), right(jacobian.double())) for name, jacobian in given.items()]
