"""The checks of notebook 14."""

from collections.abc import Callable
from itertools import permutations
from math import cos, log, sin

import torch

from ..judge import fixed_numbers, judge
from .clock_checks import find_period, rotating_weight

__all__ = ["find_period", "growing_directions", "halving_steps", "renamed_accuracy", "rotating_weight"]

MANY = [1.6, 1.4, -1.5, 0.3, -0.2, 0.1, -0.05]  # real eigenvalues


@fixed_numbers
def renamed_accuracy(attempt: Callable) -> None:
    """Check `renamed_accuracy(answers, y)`: the share of right answers if the classes that are answered were given the
    best other names, each name once. answers, y : (batch,), classes from 0 to 3.
    """

    def best(answers, y, ways):
        return max((torch.tensor(way)[answers] == y).double().mean().item() for way in ways)

    def most_frequent(answers, y):
        return sum(torch.bincount(y[answers == k], minlength=4).max().item() for k in range(4)) / len(y)

    def one_after_the_other(answers, y):
        shares = []
        for way in permutations(range(4)):
            renamed = answers.clone()
            for k in range(4):
                renamed[renamed == k] = way[k]
            shares.append((renamed == y).double().mean().item())
        return max(shares)

    def of_classes(answers, y):
        table = torch.stack(
            [torch.bincount(answers[y == k], minlength=4) / (y == k).sum().clamp(min=1) for k in range(4)]
        )
        return max(table[range(4), way].mean().item() for way in map(list, permutations(range(4))))

    def greedy(answers, y):
        table, right = torch.bincount(4 * answers + y, minlength=16).view(4, 4), 0
        for _ in range(4):
            row, column = divmod(int(table.argmax()), 4)
            right += int(table[row, column])
            table[row], table[:, column] = -1, -1
        return right / len(y)

    slips = {
        "the best name of one class may cost two others theirs: try all 24 ways": [greedy],
        "a class that is answered may get the name of any of the four": [
            lambda a, y: best(a, y, permutations(range(int(a.max()) + 1)))
        ],
        "that is the share of right answers without any renaming": [lambda a, y: (a == y).double().mean().item()],
        "two classes may not get the same name": [most_frequent],
        "try all 24 ways, and not only a shift of the names": [
            lambda a, y: best(a, y, [[(k + shift) % 4 for k in range(4)] for shift in range(4)])
        ],
        "change all names at once: one after the other, a new name is changed again": [one_after_the_other],
        "every answer counts the same, not every class": [of_classes],
        "that is the share of the worst naming": [
            lambda a, y: min((torch.tensor(way)[a] == y).double().mean().item() for way in permutations(range(4)))
        ],
    }
    y = torch.arange(4).repeat(10)
    mixed = torch.tensor([1, 2, 0, 3])[torch.tensor([0] * 17 + [1] * 11 + [2] * 7 + [3] * 5)]
    noisy = torch.where(torch.rand(40) < 0.3, torch.randint(4, (40,)), mixed)
    rows = torch.tensor([0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3]), torch.tensor([0, 0, 0, 0, 1, 1, 1, 0, 0, 2, 3])
    given = {
        "answers of which some are mixed up at random": (noisy, torch.tensor([0] * 17 + [1] * 11 + [2] * 7 + [3] * 5)),
        "answers that are never right": (torch.tensor([1, 0, 3, 2])[y], y),
        "answers that know two pairs": (2 * (y // 2), y),
        "right answers": (y, y),
        "a frequent class that got two names": (
            torch.tensor([0, 1] * 10 + [2, 3, 1] * 4),
            torch.tensor([0] * 20 + [1, 2, 3] * 4),
        ),
        "two classes that are best called alike": rows,
        "answers of two classes only": (torch.tensor([0, 0, 0, 1]), torch.tensor([3, 3, 2, 2])),
    }
    cases = [(name, one, best(*one, permutations(range(4)))) for name, one in given.items()]
    judge(attempt, cases, slips, "a number from 0 to 1")


@fixed_numbers
def growing_directions(attempt: Callable) -> None:
    """Check `growing_directions(jacobian)`: in how many directions a small push grows at a fixed point with this
    Jacobian of one time step, (n, n).
    """
    eigenvalues = torch.linalg.eigvals
    slips = {
        "a complex pair is two directions": [
            lambda j: ((eigenvalues(j).abs() > 1) & (eigenvalues(j).imag >= 0)).sum().item()
        ],
        "how many directions, not whether there is one": [lambda j: (eigenvalues(j).abs() > 1).any().item()],
        "the modulus of a complex number is the root of the sum of two squares": [
            lambda j: (eigenvalues(j).real.abs() + eigenvalues(j).imag.abs() > 1).sum().item()
        ],
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
        "with a modulus of 1 a push does not grow": [lambda j: (eigenvalues(j).abs() >= 1).sum().item()],
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
            lambda j: steps(torch.linalg.eigvals(j)[0].abs().item()),
            lambda j: steps(torch.linalg.eigvals(j).abs().mean().item()),
        ],
        "use eigenvalues: singular values hold for one step only": [
            lambda j: steps(torch.linalg.svdvals(j).max().item())
        ],
        "that is the time to 1/e: a half was asked for": [lambda j: -1 / log(largest(j))],
        "how often must the modulus be multiplied by itself to give a half? A logarithm tells": [
            lambda j: 0.5 / largest(j),
            lambda j: 0.5 / (1 - largest(j)),
        ],
    }
    judge(attempt, _jacobians(lambda j: steps(largest(j))), slips, "a number of steps")


def _jacobians(right: Callable) -> list[tuple]:
    turn, slow = (torch.tensor([[cos(by), -sin(by)], [sin(by), cos(by)]]) for by in (1.9, 0.6))
    basis = torch.eye(3) + 0.3 * torch.randn(3, 3)
    many = torch.block_diag(1.3 * turn, 1.1 * slow, 0.9 * slow, torch.diag(torch.tensor(MANY)))
    given = {
        "a point that undoes every push": torch.diag(torch.tensor([0.2, 0.5, -0.1])),
        "a push that changes sign as it shrinks": torch.diag(torch.tensor([0.3, 0.4, -0.8])),
        "a push that turns as it shrinks": 0.9 * turn,
        "a point with thirteen directions": many,
        "a saddle": basis @ torch.diag(torch.tensor([1.6, -1.5, 0.3])) @ torch.linalg.inv(basis),
        "a swing": torch.block_diag(1.3 * turn, torch.tensor([[0.2]])),
        "a push that stays as it is": torch.diag(torch.tensor([1.0, 0.5, 0.3])),
        "a push that hardly grows": torch.diag(torch.tensor([0.6, 1.02])),
        "a matrix with large entries and small eigenvalues": torch.tensor([[0.5, 8.0], [0.0, 0.25]]),
    }
    return [(name, (jacobian.double(),), right(jacobian.double())) for name, jacobian in given.items()]
