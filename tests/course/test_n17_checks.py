"""The exercises of notebook 17: right answers in several forms, and wrong ones with the hint that they get."""

import numpy as np
import pytest
import torch
from verdict import verdict_on

from seqmem_lib.course.n17_scans import checks


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda p, q: (p[0] * q[0], q[0] * p[1] + q[1]), ": correct."),
        (lambda p, q: [q[0] * p[0], torch.addcmul(q[1], q[0], p[1])], ": correct."),
        (lambda p, q: ..., "not attempted yet."),
        (lambda p, q: (p[0] * q[0], p[1] + q[1]), "Hint: the second step multiplies"),
        (lambda p, q: (p[0] * q[0], p[0] * q[1] + p[1]), "Hint: the first step acts first"),
        (lambda p, q: (p[0] + q[0], q[0] * p[1] + q[1]), "Hint: the factors of h multiply"),
        (lambda p, q: p[0] * q[0], "not yet. Return a pair (a, b)"),
        (lambda p, q: (p[0] * q[0], p[0] * p[1] + q[1]), "Hint: b_1 is multiplied by the second factor"),
        (lambda p, q: (q[0] * p[1] + q[1], p[0] * q[0]), "Hint: a first, and then b"),
        (lambda p, q: (q[0], q[1]), "not yet. The numbers are wrong"),
        (lambda p, q: p[7], "stopped with IndexError"),
    ],
)
def test_compose_steps(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.compose_steps, capsys)


def step(x):
    return torch.arange(1, x.shape[1] + 1).to(x).expand_as(x)


def loop(x):
    a, b = np.ones(x.shape), np.empty(x.shape)
    for t in range(x.shape[1]):
        a[:, t], b[:, t] = t / (t + 1) if t else 7, x[:, t] / (t + 1)  # what multiplies the 0 at the start is free
    return [torch.from_numpy(a), torch.from_numpy(b)]


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda x: ((step(x) - 1) / step(x), x / step(x)), ": correct."),
        (loop, ": correct."),
        (lambda x: (0 * x, x.cumsum(dim=1) / step(x)), "Hint: a_t and b_t may see x_t and t only"),  # all of it in b
        (lambda x: (1 - 1 / step(x).clamp(max=10), x / step(x).clamp(max=10)), "not yet. At step 11"),
        (lambda x: (torch.ones_like(x), x), "Hint: that is the sum so far."),
        (lambda x: (step(x) / (step(x) + 1), x / (step(x) + 1)), "Hint: steps are counted from 1 here"),
        (lambda x: (torch.ones_like(x), x / step(x)), "Hint: the old mean counts for t - 1 numbers"),
        (lambda x: (torch.full_like(x, 0.5), x / 2), "Hint: that halves what is kept at every step: old numbers fade."),
        (lambda x: (0 * x, x), "Hint: that is x itself: nothing is kept."),
        (
            lambda x: (1 - 1 / step(x), -x / step(x)),
            "At step 1, counted from 1, the recurrence is wrong for the first time.",
        ),
        (lambda x: (torch.ones_like(x), x * (step(x) < 2)), "At step 2, counted from 1, the recurrence is wrong"),
        (lambda x: (step(x)[0], x), "not yet. Return a pair (a, b) of tensors"),
        (lambda x: x, "not yet. Return a pair (a, b) of tensors"),
        (lambda x: None, "not attempted yet."),
    ],
)
def test_mean_so_far(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.mean_so_far, capsys)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda bits: (1 - 2 * bits, bits), ": correct."),
        (lambda bits: (torch.where(bits > 0, -1.0, 1.0), bits), ": correct."),
        (lambda bits: (torch.ones_like(bits), bits), "Hint: that counts the ones"),
        (lambda bits: (torch.zeros_like(bits), bits), "Hint: that is the bit itself"),
        (lambda bits: (1 - bits, bits), "Hint: without a negative factor no 1 turns the state back"),
        (lambda bits: (2 * bits - 1, bits), "Hint: the signs are turned"),
        (lambda bits: (2 * bits - 1, 1 - bits), "Hint: that turns around at a 0"),
        (lambda bits: (bits, bits, bits), "not yet. Return a pair (a, b) of tensors"),
        (lambda bits: (1 - 2 * bits, 1 - bits), "not yet. At step 1, counted from 1"),
        (lambda bits: (0 * bits, bits.cumsum(dim=1) % 2), "Hint: a_t and b_t may see the bit of step t only"),
        (lambda bits: (1 - 1.98 * bits, bits), "not yet. At step"),
    ],
)
def test_odd_so_far(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.odd_so_far, capsys)
