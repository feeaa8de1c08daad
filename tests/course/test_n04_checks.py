"""The exercises of notebook 04."""

from math import log

import pytest
import torch
from torch import nn
from verdict import verdict_on

from seqmem_lib.course.n04_comparison import checks
from seqmem_lib.tasks import copy, loss_of_steps


def parameters(kind, *sizes):
    return sum(p.numel() for p in kind(*sizes, device="meta").parameters())


def nearest(i, h, kind=nn.GRU):
    return min(range(1, 200), key=lambda units: abs(parameters(kind, i, units) - parameters(nn.LSTM, i, h)))


def wins(a, b):
    a = a[:, None]
    return ((a > b).double() + 0.5 * (a == b)).mean()


def counter(layer, weight=1.0, bias=0.0, keep=1.0, order=(0, 1)):
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
        layer.weight_ih_l0[list(order)] = weight * torch.eye(2, dtype=torch.float64)
        layer.weight_hh_l0.copy_(keep * torch.eye(2))
        layer.bias_hh_l0.fill_(bias)


@pytest.mark.parametrize(
    ("attempt", "check", "verdict"),
    [
        (nearest, checks.matching_units, ": correct."),
        (lambda i, h: ..., checks.matching_units, "not attempted yet."),
        (lambda i, h: round(4 * h / 3), checks.matching_units, "Hint: the layer grows with the square of its units"),
        (lambda i, h: nearest(i, h, nn.RNN), checks.matching_units, "Hint: that is for an RNN"),
        (
            lambda i, h: max(u for u in range(1, 99) if parameters(nn.GRU, i, u) <= parameters(nn.LSTM, i, h)),
            checks.matching_units,
            "Hint: nearest, not the largest",
        ),
        (lambda i, h: 7, checks.matching_units, "For input_size = 8, lstm_units = 32 the answer is 38, not 7."),
        (wins, checks.share_of_wins, ": correct."),
        (lambda a, b: None, checks.share_of_wins, "not attempted yet."),
        (lambda a, b: 1 - wins(a, b), checks.share_of_wins, "Hint: that is how often b wins"),
        (lambda a, b: sum(x > y for x in a for y in b) / len(a) / len(b), checks.share_of_wins, "counts nothing"),
        (lambda a, b: sum(x >= y for x in a for y in b) / len(a) / len(b), checks.share_of_wins, "counts as won"),
        (lambda a, b: float(sum(a) / len(a) > sum(b) / len(b)), checks.share_of_wins, "Hint: that compares the means"),
        (lambda a, b: "a", checks.share_of_wins, "Return a number from 0 to 1."),
        (lambda delay: 10 * log(8) / (delay + 20), checks.copy_baseline, ": correct."),
        (lambda delay: ..., checks.copy_baseline, "not attempted yet."),
        (lambda delay: 10 * log(9) / (delay + 20), checks.copy_baseline, "Hint: there are eight symbols"),
        (lambda delay: log(8), checks.copy_baseline, "Hint: it is a mean over all"),
        (lambda delay: 10 * log(8) / (delay + 10), checks.copy_baseline, "Hint: a sequence has delay + 20 steps"),
        (counter, checks.set_relu_counter, ": correct."),
        (lambda layer: ..., checks.set_relu_counter, "not attempted yet."),
        (lambda layer: counter(layer, bias=1.0), checks.set_relu_counter, "Hint: the biases add up to something"),
        (lambda layer: counter(layer, order=(1, 0)), checks.set_relu_counter, "Hint: the units are exchanged"),
        (lambda layer: counter(layer, keep=0.9), checks.set_relu_counter, "Hint: without a mark each unit must stay"),
        (lambda layer: counter(layer, weight=2.0), checks.set_relu_counter, "Hint: how much must a mark add"),
        (lambda layer: layer.nothing, checks.set_relu_counter, "your function stopped with AttributeError"),
    ],
)
def test_verdicts(attempt, check, verdict, capsys):
    assert verdict in verdict_on(attempt, check, capsys)


def test_the_baseline_is_the_loss_of_one_who_forgot():
    _, y = copy(7)(3, generator=torch.Generator().manual_seed(0))
    scores = torch.full((*y.shape, 9), -1e4, dtype=torch.float64)
    scores[:, :-10, 8], scores[:, -10:, :8] = 0, 0
    assert loss_of_steps(scores, y).item() == pytest.approx(10 * log(8) / 27)


@pytest.mark.parametrize("check", [checks.share_of_wins, checks.set_relu_counter])
def test_checks_leave_the_random_numbers_alone(check, capsys):
    before = torch.get_rng_state()
    check(lambda *_: None)
    assert torch.equal(torch.get_rng_state(), before)
