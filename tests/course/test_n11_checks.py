"""The exercises of notebook 11: right answers in several forms, and wrong ones with the hint that they get."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from verdict import verdict_on

from seqmem_lib.course.n11_training import checks


def by_factor(low, high, n):
    return [low * (high / low) ** (k / (n - 1)) for k in range(n)]


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (by_factor, ": correct."),
        (lambda low, high, n: torch.logspace(math.log10(low), math.log10(high), n, dtype=float).tolist(), ": correct."),
        (lambda low, high, n: torch.linspace(low, high, n).tolist(), "lie the same distance apart"),
        (lambda low, high, n: [low + k * (high - low) / (n - 1) for k in range(n)], "lie the same distance apart"),
        (lambda low, high, n: [low * (high / low) ** (k / n) for k in range(n)], "Hint: the highest is missing"),
        (lambda *given: [math.log10(one) for one in by_factor(*given)], "Hint: those are the logarithms"),
        (lambda low, high, n: np.linspace(np.log(low), np.log(high), n), "Hint: those are the logarithms"),
        (lambda *given: by_factor(*given)[::-1], "Hint: begin with the lowest."),
        (
            lambda low, high, n: [low * 10**k for k in range(n)],
            "answer is [0.0003, 0.00094868, 0.003, 0.0094868, 0.03]",
        ),
        (lambda low, high, n: [round(one, 3) for one in by_factor(low, high, n)], "For 5 rates from 0.0003 to 0.03"),
        (lambda low, high, n: low, "not yet. Return a list of `count` numbers."),
        (lambda *given: by_factor(*given)[:-1], "not yet. Return a list of `count` numbers."),
        (lambda low, high, n: [low] * n, "not yet. For 3 rates from 0.001 to 0.1"),
        (
            lambda low, high, n: [low * 100 ** (k / (n - 1)) for k in range(n)],
            "For 2 rates from 0.01 to 0.1 the answer is [0.01, 0.1], not [0.01, 1].",
        ),
    ],
)
def test_rates_to_try(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.rates_to_try, capsys)


def shares(y, classes):
    counts = y.bincount(minlength=classes)
    return (counts / counts.sum())[counts > 0].double()


def entropy(p):
    return -p * p.log() - (1 - p) * (1 - p).log()


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda y, k: -(shares(y, k) * shares(y, k).log()).sum().item(), ": correct."),
        (lambda y, k: torch.distributions.Categorical(probs=y.bincount(minlength=k).double()).entropy(), ": correct."),
        (lambda y, k: math.log(k), "Hint: that is the loss where all classes are as frequent"),
        (lambda y, k: math.log(len(set(y.tolist()))), "Hint: that is the loss where all classes are as frequent"),
        (lambda y, k: -shares(y, k).max().log().item(), "Hint: that bets everything"),
        (lambda y, k: -(shares(y, k) * shares(y, k).log2()).sum().item(), "Hint: use the natural logarithm"),
        (lambda y, k: -shares(y, k).log().sum().item() / k, "Hint: weight the surprise"),
        (lambda y, k: -shares(y, k).log().sum().item(), "Hint: weight the surprise"),
        (lambda y, k: (shares(y, k) * shares(y, k).log()).sum().item(), "Hint: the loss is positive."),
        (lambda y, k: sum(-n / len(y) * (n / len(y)).log() for n in y.bincount(minlength=k)).item(), "Hint: 0 · ln 0"),
        (lambda y, k: np.mean([-np.log((y == one).numpy().mean()) for one in y]), ": correct."),
        (lambda y, k: entropy((y == 1).float().mean()), "For 2, 5 and 3 labels of 3 classes the answer is 1.0297, not"),
        (lambda y, k: -(shares(y, 3) * shares(y, 3).log()).sum() + (k > 3), "For 1, 0, 4, 2 and 2 labels of 5 classes"),
        (lambda y, k: 0.0, "not yet. For 3, 1 and 0 labels of 3 classes the answer is 0.56234, not 0."),
    ],
)
def test_loss_without_reading(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.loss_without_reading, capsys)


def cut(tokens, rows):
    return tokens[: len(tokens) // rows * rows]


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda tokens, rows: cut(tokens, rows).view(rows, -1), ": correct."),
        (lambda tokens, rows: torch.stack(cut(tokens, rows).chunk(rows)), ": correct."),
        (lambda tokens, rows: cut(tokens, rows).view(-1, rows).T, "Hint: there each row jumps over the tokens"),
        (lambda tokens, rows: cut(tokens, rows).view(rows, -1).T, "Hint: that is (time, rows); the batch comes first."),
        (
            lambda tokens, rows: tokens[len(tokens) % rows :].view(rows, -1),
            "Hint: drop what is left over at the end",
        ),
        (lambda tokens, rows: tokens.view(rows, -1), "your function stopped with RuntimeError"),
        (
            lambda tokens, rows: tokens.unfold(0, len(tokens) // rows, len(tokens) // rows),
            "not yet. Return a tensor (rows, time // rows).",  # a row too many, of what is left over
        ),
        (
            lambda tokens, rows: torch.stack(
                [tokens[r * len(tokens) // rows :][: len(tokens) // rows] for r in range(rows)]
            ),
            "The numbers are wrong for 11 tokens in 4 rows.",  # with gaps
        ),
        (
            lambda tokens, rows: cut(tokens, rows).view(rows, -1).flip(0),
            "The numbers are wrong for 12 tokens in 3 rows.",
        ),
    ],
)
def test_streams(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.streams, capsys)


def counted(units, layers, inputs):
    lstm = nn.LSTM(inputs, units, num_layers=layers, device="meta")
    return sum(one.numel() for one in lstm.parameters())


def by_counting(layers, inputs, budget):
    units = 0
    while counted(units + 1, layers, inputs) <= budget:
        units += 1
    return units


def root(layers, inputs, budget):
    # 4 (2 layers - 1) H² + 4 (inputs + 2 layers) H = budget
    a, b = 4 * (2 * layers - 1), 4 * (inputs + 2 * layers)
    return (-b + math.sqrt(b * b + 4 * a * budget)) / (2 * a)


def by_formula(*given):
    return math.floor(root(*given) + 1e-9)


def shrunk(layers, inputs, budget, of):
    units = 1
    while of(units + 1, layers, inputs) <= budget:
        units += 1
    return units


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (by_counting, ": correct."),
        (by_formula, ": correct."),
        (lambda *given: np.int64(by_counting(*given)), ": correct."),
        (lambda *given: round(root(*given)), "Hint: one unit more has too many parameters."),
        (
            lambda *given: math.ceil(root(*given)) - 1,
            "For 1 layer, 8 inputs and 5,376 parameters the answer is 32, not 31.",
        ),
        (
            lambda *given: max(1, by_counting(*given)),
            "For 2 layers, 8 inputs and 50 parameters the answer is 0, not 1.",
        ),
        (
            lambda *given: shrunk(*given, of=lambda h, n, i: 4 * h * (i + h + 1) + (n - 1) * 4 * h * (2 * h + 1)),
            "Hint: PyTorch has two bias vectors.",
        ),
        (
            lambda *given: shrunk(*given, of=lambda h, n, i: 3 * h * (i + h + 2) + (n - 1) * 3 * h * (2 * h + 2)),
            "Hint: an LSTM has four of everything",
        ),
        (
            lambda *given: shrunk(*given, of=lambda h, n, i: h * (i + h + 2) + (n - 1) * h * (2 * h + 2)),
            "Hint: an LSTM has four of everything",
        ),
        (
            lambda *given: shrunk(*given, of=lambda h, n, i: 4 * n * h * (i + h + 2)),
            "Hint: from the second layer on",
        ),
        (lambda layers, inputs, budget: by_counting(1, inputs, budget), "Hint: all layers together"),
        (
            lambda *given: min(by_counting(*given), 255),
            "For 1 layer, 10 inputs and 1,000,000 parameters the answer is 494, not 255.",
        ),
        (lambda *given: by_counting(*given) + 1, "Hint: one unit more has too many parameters."),
        (lambda *given: 5, "not yet. For 1 layer, 8 inputs and 5,541 parameters the answer is 32, not 5."),
    ],
)
def test_units_for(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.units_for, capsys)
