"""The exercises of notebook 15 on traces."""

from functools import partial

import pytest
import torch
from verdict import verdict_on

from seqmem_lib.course.n15_tales import cell_checks, checks


def right(trace, mark, gate="f"):
    real, gate = torch.arange(mark.shape[1]) < torch.tensor(trace.lengths)[:, None], getattr(trace, gate)
    return gate[real & ~mark].mean(dim=0) - gate[mark].mean(dim=0)


def by_sums(trace, mark):
    """As a learner may write it: what is padded is 0 already."""
    real = (torch.arange(mark.shape[1])[None] < torch.tensor(trace.lengths)[:, None]).float()
    fillers, marks = real * ~mark, real * mark
    return [
        (trace.f[..., k] * fillers).sum() / fillers.sum() - (trace.f[..., k] * marks).sum() / marks.sum()
        for k in range(trace.f.shape[-1])
    ]


def padded(trace, mark):
    return trace.f[~mark].mean(dim=0) - trace.f[mark].mean(dim=0)


def marked_only(trace, mark):
    real = torch.arange(mark.shape[1]) < torch.tensor(trace.lengths)[:, None]
    fillers = (real & ~mark)[mark.any(dim=1)]
    return trace.f[mark.any(dim=1)][fillers].mean(dim=0) - trace.f[mark].mean(dim=0)


def by_sequence(trace, mark):
    real = torch.arange(mark.shape[1]) < torch.tensor(trace.lengths)[:, None]
    each = [trace.f[k, real[k] & ~mark[k]].mean(0) - trace.f[k, mark[k]].mean(0) for k in range(len(mark))]
    return torch.stack(each).mean(dim=0)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (right, "correct."),
        (lambda *given: torch.stack(by_sums(*given)), "correct."),
        (lambda trace, mark: ..., "not attempted yet."),
        (lambda trace, mark: trace.f[:, : min(trace.lengths)].mean(dim=(0, 1)), "not yet. "),
        (lambda *given: right(*given).abs(), "not yet. "),
        (lambda *given: -right(*given), "Hint: that is marks minus fillers"),
        (lambda *given: right(*given).mean(), "Hint: one number for each unit"),
        *((partial(right, gate=gate), "Hint: the forget gate is trace.f") for gate in "igoch"),
        (padded, "Hint: leave the padding out"),
        (by_sequence, "Hint: take the mean over all fillers at once"),
        (lambda trace, mark: trace.f[:, 0].mean(dim=0), "not yet. The numbers are wrong for 2 sequences"),
        (marked_only, "Hint: a sequence without a mark has fillers, too"),
        (lambda trace, mark: right(trace, mark)[:3], "not yet. Return a tensor (hidden_size,)"),
        (lambda trace, mark: trace.nothing, "your function stopped with AttributeError"),
    ],
)
def test_fillers_minus_marks(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.fillers_minus_marks, capsys)


def told(value, first):
    """For each unit, how many sequences a threshold halfway between the means sorts correctly."""
    threshold = (value[first == 0].mean(dim=0) + value[first == 1].mean(dim=0)) / 2
    right = ((value > threshold) == first[:, None]).double().mean(dim=0)
    return torch.maximum(right, 1 - right)


def by_correlation(trace, first):
    """Another right way: how strongly c at the end goes along with the symbol; a constant unit does not at all."""
    c, symbol = trace.c[:, -1] - trace.c[:, -1].mean(dim=0), first - first.float().mean()
    return int(((symbol @ c) / (c.norm(dim=0) + 1e-9)).abs().argmax())


def by_means(trace, first):
    """The difference of the means alone: a unit that moves more than the others can have a larger one by chance."""
    return int((trace.c[first == 1, -1].mean(0) - trace.c[first == 0, -1].mean(0)).abs().argmax())


def by_t(trace, first):
    """As a learner may write it, without a thought of units that never change."""
    no, yes = trace.c[first == 0, -1], trace.c[first == 1, -1]
    return ((no.mean(0) - yes.mean(0)).abs() / (no.var(0) / len(no) + yes.var(0) / len(yes)).sqrt()).argmax()


def by_correlation_matrix(trace, first):
    return torch.corrcoef(torch.cat([trace.c[:, -1].T, first.float()[None]]))[-1, :-1].abs().argmax().item()


def above_zero(trace, first):
    right = ((trace.c[:, -1] > 0) == first[:, None]).double().mean(dim=0)
    return int(torch.maximum(right, 1 - right).argmax())


def carrier(trace, first):
    return int(told(trace.c[:, -1], first).argmax())


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (carrier, ": correct."),
        (lambda trace, first: torch.tensor(carrier(trace, first)), ": correct."),
        (by_correlation, ": correct."),
        (by_t, ": correct."),
        (by_correlation_matrix, ": correct."),
        (lambda trace, first: told(trace.c[:, 10], first).argmax(), "Hint: look at the last step"),
        (lambda trace, first: int(told(trace.c[:, 20], first).argmax()), "Hint: look at the last step"),
        (lambda trace, first: int(told(trace.c.mean(dim=1), first).argmax()), "Hint: look at the last step"),
        (above_zero, "Hint: the carrier need not be on both sides of 0"),
        (lambda trace, first: carrier(trace, first) - trace.c.shape[-1], "not yet. For three layers the answer is"),
        (lambda trace, first: None, "not attempted yet."),
        (lambda trace, first: carrier(trace, first) + 1, "Hint: units are counted from 0"),
        (lambda trace, first: int(trace.c[:, -1].var(dim=0).argmax()), "Hint: the unit that varies most need not"),
        (lambda trace, first: int(trace.h[:, -1].var(dim=0).argmin()), "Hint: a unit that never changes"),
        (lambda trace, first: int(told(trace.h[:, -1], first).argmax()), "Hint: look at c, not at h"),
        (lambda trace, first: int(told(trace.c[:, 0], first).argmax()), "Hint: look at the last step"),
        (lambda trace, first: int(trace.c.var(dim=1).mean(dim=0).argmin()), "Hint: a unit that never changes"),
        (
            lambda trace, first: int((trace.c[first == 1, -1].mean(0) - trace.c[first == 0, -1].mean(0)).argmax()),
            "it differs by chance; compare with its spread",
        ),
        (by_means, "it differs by chance; compare with its spread"),
        (lambda trace, first: int(trace.c.abs().mean(dim=(0, 1)).argmax()), "it differs by chance"),
        (lambda trace, first: 7, "not yet. For three layers the answer is [2, 5, 0], not [7, 7, 7]."),
        (lambda trace, first: [1, 2], "not yet. Return the number of one unit"),
    ],
)
def test_find_carrier(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.find_carrier, capsys)


@pytest.mark.parametrize("check", [checks.fillers_minus_marks, checks.find_carrier, cell_checks.repaired_cell])
def test_checks_leave_the_random_numbers_alone(check, capsys):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    check(lambda *_: None)
    assert torch.equal(torch.get_rng_state(), before)
