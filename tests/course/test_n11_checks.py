"""The exercises of notebook 11: right answers in several forms, and wrong ones with the hint that they get."""

import math

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
        (lambda *given: by_factor(*given)[::-1], "Hint: begin with the lowest."),
        (lambda low, high, n: low, "not yet. Return a list of numbers."),
        (lambda low, high, n: [low] * n, "not yet. For 3 rates from 0.001 to 0.1"),
    ],
)
def test_rates_to_try(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.rates_to_try, capsys)


def shares(y, classes):
    counts = y.bincount(minlength=classes)
    return (counts / counts.sum())[counts > 0].double()


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda y, k: -(shares(y, k) * shares(y, k).log()).sum().item(), ": correct."),
        (lambda y, k: torch.distributions.Categorical(probs=y.bincount(minlength=k).double()).entropy(), ": correct."),
        (lambda y, k: math.log(k), "Hint: that is the loss where all classes are as frequent"),
        (lambda y, k: -shares(y, k).max().log().item(), "Hint: that bets everything"),
        (lambda y, k: -(shares(y, k) * shares(y, k).log2()).sum().item(), "Hint: use the natural logarithm"),
        (lambda y, k: -shares(y, k).log().sum().item() / k, "Hint: weight the surprise"),
        (lambda y, k: (shares(y, k) * shares(y, k).log()).sum().item(), "Hint: the loss is positive."),
        (lambda y, k: sum(-n / len(y) * (n / len(y)).log() for n in y.bincount(minlength=k)).item(), "not nan."),
        (lambda y, k: 0.0, "not yet. For 3, 1 and 0 labels of three classes the answer is 0.56234, not 0."),
    ],
)
def test_loss_without_reading(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.loss_without_reading, capsys)


def detached(state):
    return tuple(map(detached, state)) if isinstance(state, tuple) else state.detach()


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (detached, ": correct."),
        (
            lambda state: tuple(one.clone().detach() for one in state) if isinstance(state, tuple) else state.data,
            ": correct.",
        ),
        (lambda state: None, "not attempted yet."),
        (lambda state: state, "Hint: h of a GRU still has its history"),
        (
            lambda state: (state[0].detach(), state[1]) if isinstance(state, tuple) else state.detach(),
            "c of an LSTM still",
        ),
        (
            lambda state: [one.detach() for one in state] if isinstance(state, tuple) else state.detach(),
            "as a tuple, (h, c)",
        ),
        (lambda state: tuple(one.detach() for one in state), "one tensor"),
        (
            lambda state: detached(tuple(one * 0 for one in state)) if isinstance(state, tuple) else state.detach() * 0,
            "changed",
        ),
        (
            lambda state: tuple(one.detach_() for one in state) if isinstance(state, tuple) else state.detach_(),
            "Hint: you changed the tensors that were given",
        ),
        (lambda state: state.detach(), "stopped with AttributeError"),
    ],
)
def test_detach_state(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.detach_state, capsys)


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
            lambda tokens, rows: cut(tokens, rows).view(rows, -1).flip(0),
            "The numbers are wrong for 12 tokens in 3 rows.",
        ),
    ],
)
def test_streams(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.streams, capsys)


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return [one.grad if one.grad is not None else torch.zeros_like(one) for one in model.parameters()]


def grad_of(model, loss):
    found = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True, materialize_grads=True)
    return sum((one == 0).sum() for one in found)


def without_none(model, loss):
    model.zero_grad()
    loss.backward()
    return sum((one.grad == 0).sum().item() for one in model.parameters() if one.grad is not None)


def only_none(model, loss):
    model.zero_grad()
    loss.backward()
    return sum(one.numel() for one in model.parameters() if one.grad is None)


def not_cleaned(model, loss):
    loss.backward()
    return sum(one.numel() if one.grad is None else (one.grad == 0).sum().item() for one in model.parameters())


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda *given: sum((one == 0).sum().item() for one in gradients(*given)), ": correct."),
        (grad_of, ": correct."),
        (without_none, "Hint: a parameter without a gradient has None there, and counts too."),
        (only_none, "Hint: a gradient may be there and be exactly 0."),
        (lambda *given: sum(not one.any().item() for one in gradients(*given)), "Hint: count numbers, not tensors."),
        (not_cleaned, "Hint: an old gradient is in the way"),
        (lambda model, loss: 3, "not yet. For a GRU of which all is used the answer is 0, not 3."),
        (lambda model, loss: [1], "not yet. Return a number."),
        (lambda model, loss: sum((one.grad == 0).sum() for one in model.parameters()), "stopped with AttributeError"),
    ],
)
def test_not_reached(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.not_reached, capsys)


def counted(units, layers, inputs):
    lstm = nn.LSTM(inputs, units, num_layers=layers, device="meta")
    return sum(one.numel() for one in lstm.parameters())


def by_counting(layers, inputs, budget):
    units = 1
    while counted(units + 1, layers, inputs) <= budget:
        units += 1
    return units


def by_formula(layers, inputs, budget):
    # 4 (2 layers - 1) H² + 4 (inputs + 2 layers) H = budget
    a, b = 4 * (2 * layers - 1), 4 * (inputs + 2 * layers)
    return math.floor((-b + math.sqrt(b * b + 4 * a * budget)) / (2 * a) + 1e-9)


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
        (
            lambda *given: shrunk(*given, of=lambda h, n, i: 4 * h * (i + h + 1) + (n - 1) * 4 * h * (2 * h + 1)),
            "Hint: PyTorch has two bias vectors.",
        ),
        (
            lambda *given: shrunk(*given, of=lambda h, n, i: 3 * h * (i + h + 2) + (n - 1) * 3 * h * (2 * h + 2)),
            "Hint: an LSTM has four of everything",
        ),
        (
            lambda *given: shrunk(*given, of=lambda h, n, i: 4 * n * h * (i + h + 2)),
            "Hint: from the second layer on",
        ),
        (lambda layers, inputs, budget: by_counting(1, inputs, budget), "Hint: all layers together"),
        (lambda *given: by_counting(*given) + 1, "Hint: one unit more has too many parameters."),
        (lambda *given: 5, "not yet. For 1 layers, 8 inputs and 5,376 parameters the answer is 32, not 5."),
    ],
)
def test_units_for(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.units_for, capsys)
