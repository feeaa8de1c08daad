"""The exercises of notebook 03 on gates and sizes; on all of them, what a check leaves alone."""

from dataclasses import replace
from itertools import count
from math import isqrt

import pytest
import torch
from torch import nn
from verdict import verdict_on

from seqmem_lib.course.n03_gru import cell_checks, checks
from seqmem_lib.trace import Trace


def solved_trace():
    x = torch.zeros(2, 6, 3)
    x[0, [1, 4], 1] = 1
    x[1, [0, 2, 3], 1] = 1
    write = x[..., 1:2]
    h = torch.tensor([[0, 0.5, 0.5, 0.5, -0.5, -0.5], [0.5, 0.5, 0.5, -0.5, -0.5, -0.5]])[..., None]
    return Trace(
        "GRU",
        x,
        {
            "r": torch.where(torch.arange(6)[:, None] < 2, 0.9, 0.4 * torch.ones(2, 6, 1)),
            "z": 1 - 0.9 * write,
            "n": h,
            "h": h,
        },
        (6, 6),
        Wh=h,
    )


def overwrites(trace):
    return (trace.z[0, :, 0] < 0.5).nonzero().flatten().tolist()


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (overwrites, ": correct."),
        (lambda trace: [t for t, z in enumerate(trace.z.flatten().tolist()) if z <= 0.5], ": correct."),
        (lambda trace: ..., "not attempted yet."),
        (lambda trace: (trace.z[0, :, 0] > 0.5).nonzero().flatten(), "Hint: a z near 1 keeps"),
        (lambda trace: (trace.r[0, :, 0] > 0.5).nonzero().flatten(), "Hint: a z near 1 keeps; and r acts inside"),
        (lambda trace: (trace.z[0, :, 0] < 0.05).nonzero().flatten(), "Hint: z need not come near 0"),
        (lambda trace: [t + 1 for t in overwrites(trace)], "Hint: steps are counted from 0"),
        (lambda trace: (trace.z[0, :, 0] < 0.5).tolist(), "Hint: return the step numbers"),
        (
            lambda trace: ((trace.h - trace.before("h"))[0, :, 0].abs() > 0.05).nonzero().flatten(),
            "Hint: a write can put in nearly the same value",
        ),
        (lambda trace: [5, 5], "not yet. For sequence 0 the answer is [1, 4]"),
    ],
)
def test_find_overwrites(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.find_overwrites, capsys, solved_trace())


def graded_trace():
    """Four writes, of which one after the other has a z nearer to 1, and changes h more; r is below 1/2 before them."""
    x, change, r = torch.zeros(1, 9, 3), torch.zeros(9), torch.full((1, 9, 1), 0.9)
    x[0, [1, 3, 5, 7], 1] = 1
    change[[1, 3, 5, 7]] = torch.tensor([0.03, 0.07, 0.15, 0.3])
    r[0, [0, 2, 4, 6]] = 0.1
    z, h = torch.where(change > 0, change, 0.9)[None, :, None], change.cumsum(0)[None, :, None]
    return Trace("GRU", x, {"r": r, "z": z, "n": h, "h": h}, (9,), Wh=h)


@pytest.mark.parametrize("least", [0.01, 0.05, 0.1, 0.2])
def test_neither_a_very_low_z_nor_a_large_change_is_what_makes_a_write(least, capsys):
    def by_z(trace):
        return [t for t, z in enumerate(trace.z.flatten().tolist()) if z < least]

    def by_h(trace):
        h = [0, *trace.h.flatten().tolist()]
        return [t for t in range(len(h) - 1) if abs(h[t + 1] - h[t]) > max(least, 0.02)]

    assert "Hint: z need not come near 0" in verdict_on(by_z, checks.find_overwrites, capsys, graded_trace())
    assert "Hint: a write can put in nearly" in verdict_on(by_h, checks.find_overwrites, capsys, graded_trace())


def test_a_low_r_is_no_write(capsys):
    said = verdict_on(
        lambda one: one.r.flatten().lt(0.5).nonzero()[:, 0], checks.find_overwrites, capsys, graded_trace()
    )
    assert "r acts inside the candidate" in said


@pytest.mark.parametrize(
    "rule", [lambda trace: trace.r > 0.5, lambda trace: (trace.z < 0.5) & (trace.r > 0.5), lambda trace: trace.n > 0]
)
def test_a_gate_that_opens_at_the_writes_by_chance(rule, capsys):
    """As r does in the notebook's own pair: a made trace tells."""
    trace = solved_trace()
    write = (trace.z < 0.5).float()
    trace = replace(trace, values=trace.values | {"r": 0.1 + 0.8 * write, "n": 2 * write - 1})
    said = verdict_on(
        lambda one: rule(one).flatten().nonzero().flatten().tolist(), checks.find_overwrites, capsys, trace
    )
    assert "not yet. " in said


def by_error(z, n, h, at=slice(None)):
    keeps = ((1 - z) * n + z * h[:-1] - h[1:])[at].abs().sum()
    return z if keeps <= (z * n + (1 - z) * h[:-1] - h[1:])[at].abs().sum() else 1 - z


def by_change(z, n, h):
    change = h.diff().abs()
    return z if change[z > 0.5].sum() < change[z <= 0.5].sum() else 1 - z


def by_equality(z, n, h):
    return z if torch.equal((1 - z) * n + z * h[:-1], h[1:]) else 1 - z


def in_the_file(z, n, h):
    return z.copy_(by_error(z, n, h))


def as_torch_has_it(z, n, h):
    return z if torch.allclose((1 - z) * n + z * h[:-1], h[1:]) else 1 - z


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (as_torch_has_it, ": correct."),
        (by_error, ": correct."),
        (lambda *given: by_error(*given).numpy(), ": correct."),
        (
            lambda *given: by_error(*given, at=-1),
            "The numbers are wrong for a file of rounded numbers in which z writes",
        ),
        (by_change, "not yet. "),
        (by_equality, "The numbers are wrong for a file of rounded numbers in which z keeps"),
        (in_the_file, "The answer is right, but your function changes what it was given"),
        (lambda z, n, h: (h[1:] - n) / (h[:-1] - n), "The numbers are wrong for a file of rounded numbers"),
        (lambda z, n, h: ((h[1:] - n) / (h[:-1] - n)).nan_to_num(0), "The numbers are wrong for a file of rounded"),
        (lambda z, n, h: (z if abs((h[2] - n[1]) / (h[1] - n[1]) - z[1]) < 0.01 else 1 - z).float(), ": correct."),
        (lambda z, n, h: ..., "not attempted yet."),
        (lambda z, n, h: z, "Hint: compute h in both forms"),
        (lambda z, n, h: 1 - z, "Hint: compute h in both forms"),
        (lambda z, n, h: 1 - as_torch_has_it(z, n, h), "Hint: compute h in both forms"),
        (
            lambda z, n, h: z if torch.isclose(z[0] * h[0] + (1 - z[0]) * n[0], h[1]) else 1 - z,
            "at the first step, where z is 1/2, both do",
        ),
        (lambda z, n, h: torch.full_like(z, float(as_torch_has_it(z, n, h) is z)), "Hint: return the gate of every"),
        (lambda z, n, h: z.new_ones(len(z)), "Hint: return the gate of every step"),
        (lambda z, n, h: z.new_zeros(len(z)), "Hint: return the gate of every step"),
        (lambda z, n, h: 2 * z, "not yet. The numbers are wrong for a program"),
        (lambda z, n, h: "keeps", "not yet. Return the update gate of every step"),
        (lambda z, n, h: h[:9] + z, "your function stopped with RuntimeError"),
    ],
)
def test_pytorch_z(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.pytorch_z, capsys)


def by_counting(inputs, units):
    def size(kind, units):
        return sum(parameter.numel() for parameter in kind(inputs, units).parameters())

    budget = size(nn.LSTM, units)
    return next(k for k in count(1) if size(nn.GRU, k + 1) > budget)


def fits(inputs, units, cost):
    return next(k for k in count(1) if cost(k + 1) > 4 * units * (inputs + units + 2))


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (by_counting, ": correct."),
        (
            lambda i, h: int((((i + 2) ** 2 + 16 / 3 * (i * h + h * h + 2 * h)) ** 0.5 - i - 2) / 2 + 1e-9),
            ": correct.",
        ),
        (lambda i, h: None, "not attempted yet."),
        (lambda i, h: h + h // 3, "Hint: a third more units are too many"),
        (lambda i, h: h + h / 3, "Hint: a third more units are too many"),
        (lambda i, h: isqrt(4 * h * h // 3), "Hint: that is right for W_h alone"),
        (lambda i, h: fits(i, h, lambda k: 3 * k * (i + k + 1)), "Hint: PyTorch has two bias vectors"),
        (
            lambda i, h: fits(i, h, lambda k: 3 * k * (i + k + 1) + k),
            "Hint: PyTorch has two bias vectors",
        ),
        (
            lambda i, h: fits(i, h, lambda k: 3 * k * (i + k + 2) + 1),
            "Hint: no more than the LSTM: as many are allowed",
        ),
        (lambda i, h: max(h + 1, by_counting(i, h)), "For input_size = 1, hidden_size = 1 the answer is 1, not 2."),
        (lambda i, h: by_counting(i, h) + 1, "Hint: the largest that fits"),
        (
            lambda i, h: max(k for k in range(2 * h) if 3 * (i + k + 1) * k <= 4 * (i + h + 1) * h),
            "Hint: PyTorch has two bias vectors",
        ),
        (
            lambda i, h: (((i + 2) ** 2 + 16 / 3 * (i * h + h * h + 2 * h)) ** 0.5 - i - 2) / 2,
            "Hint: units are counted in whole numbers",
        ),
        (lambda i, h: h, "For input_size = 20, hidden_size = 100 the answer is 117, not 100."),
        (lambda i, h: "many", "not yet. Return a whole number"),
    ],
)
def test_same_budget(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.same_budget, capsys)


@pytest.mark.parametrize("check", [cell_checks.published_step, cell_checks.translate, checks.set_gru_latch])
def test_checks_leave_the_random_numbers_alone(check, capsys):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    check(lambda *_: None)
    assert torch.equal(torch.get_rng_state(), before)
