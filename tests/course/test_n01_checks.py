"""The exercises of notebook 01, and every answer a learner may give: none, right, wrong in a known way, wrong in an
unknown way, or broken."""

from math import ceil, floor, inf, log, tanh

import numpy as np
import pytest
import torch
from scipy.optimize import brentq
from verdict import verdict_on

from seqmem_lib.course.n01_rnn import checks


def for_four_units(w, u, b, c):
    matrix = torch.zeros(4, 7)
    matrix[:, :4], matrix[:, 4:] = u, w
    return matrix, b + c


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda w, u, b, c: (torch.cat([u, w], 1), b + c), "correct."),
        (lambda w, u, b, c: [torch.hstack((u, w)).double(), torch.add(b, c)], "correct."),
        (lambda w, u, b, c: (torch.cat([u.T, w.T]).T, torch.stack([b, c]).sum(0)), "correct."),
        (lambda w, u, b, c: (np.hstack([u, w]), (b + c).numpy()), "correct."),
        (lambda w, u, b, c: (torch.cat([w, u], 1), b + c), "Hint: in [h, x] the state comes first"),
        (lambda w, u, b, c: (torch.cat([u, w], 1), b), "Hint: one bias is left of two"),
        (lambda w, u, b, c: (torch.cat([u, w], 1), c), "Hint: one bias is left of two"),
        (lambda w, u, b, c: (torch.cat([u, w], 1).T, b + c), "Hint: that is the transpose"),
        (lambda w, u, b, c: (torch.cat([u, w], 1), (b + c) / 2), "The numbers are wrong for 4 units and 3 inputs."),
        (for_four_units, "your function stopped with RuntimeError"),
        (lambda w, u, b, c: (torch.cat([u, w], 1).squeeze(), (b + c).squeeze()), "not yet. Return W"),  # of 1 unit
        (lambda w, u, b, c: (torch.cat([u, w]), b + c), "your function stopped with RuntimeError"),
        (lambda w, u, b, c: torch.cat([u, w], 1), "not yet. Return W, (hidden_size, hidden_size + input_size), and b"),
        (lambda w, u, b, c: (torch.cat([u, w], 1), torch.cat([b, c])), "not yet. Return W"),
    ],
)
def test_one_matrix(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.one_matrix, capsys)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda f, r: floor(log(r) / log(f)) + 1, "correct."),
        (lambda f, r: int(log(r, f)) + 1, "correct."),
        (lambda f, r: next(n for n in range(10**6) if f**n < r), "correct."),
        (lambda f, r: torch.tensor(next(n for n in range(10**6) if f**n < r)), "correct."),
        (lambda f, r: log(r) / log(f), "Hint: steps are whole numbers"),
        (lambda f, r: floor(log(r) / log(f)), "round up, not down"),
        (lambda f, r: int(np.log2(r) / np.log2(f)), "round up, not down"),
        (lambda f, r: ceil(log(r) / log(f)), "Hint: after that many steps exactly this much is left"),
        (lambda f, r: next(n for n in range(10**6) if f**n <= r), "exactly this much is left"),
        (lambda f, r: ceil(log(f) / log(r)), "Hint: after n steps factor ** n is left"),
        (lambda f, r: f ** ceil(log(r) / log(f)), "Hint: that is what is left"),
        (lambda f, r: min(floor(log(r) / log(f)) + 1, 1000), "0.999 and 0.001 the answer is 6905, not 1000."),
        (lambda f, r: 12, "not yet. For a factor of 0.9 and 0.01 the answer is 44, not 12."),
        (lambda f, r: next(n for n in range(10**6) if f**n < r) + 1, "the answer is 12, not 13."),
        (lambda f, r: "twelve", "not yet. Return a number of steps."),
    ],
)
def test_steps_until(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.steps_until, capsys)


def roots(w, b, keep=lambda slope: abs(slope) < 1):
    grid = np.linspace(-1.01, 1.01, 4002)
    change = np.tanh(w * grid + b) - grid
    at = np.flatnonzero(change[:-1] * change[1:] < 0)
    found = [brentq(lambda h: tanh(w * h + b) - h, grid[k], grid[k + 1]) for k in at]
    return [h for h in found if keep(w * (1 - h**2))]


def walked(w, b, starts=(-1, -0.5, 0.01, 0.5, 1), steps=2000):
    """Where single walks end, each once: right wherever it ends at a point."""
    ends = set()
    for h in starts:
        for _ in range(steps):
            h = tanh(w * h + b)
        if abs(tanh(w * h + b) - h) < 1e-9:
            ends.add(round(h, 6))
    return sorted(ends)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (roots, "correct."),
        (walked, "correct."),
        (lambda w, b: np.array(roots(w, b)), "correct."),
        (lambda w, b: [round(h, 4) for h in roots(w, b)], "correct."),
        (lambda w, b: roots(w, b, lambda slope: True), "Hint: one of these drives the state away"),
        (lambda w, b: roots(w, b, lambda slope: slope < 1), "Hint: a slope below -1 drives the state away, too"),
        (lambda w, b: roots(w, b, lambda slope: abs(slope) > 1), "Hint: those are the places it is driven away from"),
        (lambda w, b: walked(w, b, starts=[1]), "Hint: there may be several"),
        (lambda w, b: roots(w, b)[::-1], "Hint: write them in increasing order"),
        (
            lambda w, b: walked(w, b, starts=[-1, 1], steps=1),
            "a list of all states at which it can rest, and of no others.",
        ),
        (lambda w, b: [] if w < 0 else roots(w, b), "Return a list of all states at which it can rest"),
        (lambda w, b: [-0.9575, 0.9575], "not yet. "),
        (lambda w, b: [round(h, 2) for h in roots(w, b)], "the answer is [-0.9575, 0.9575], not [-0.96, 0.96]."),
        (lambda w, b: roots(w, b)[0], "not yet. Return a list of all states"),
    ],
)
def test_resting_places(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.resting_places, capsys)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ((3, 4, 0), "correct."),
        ((2.5, 3.5, 0.05), "correct."),
        ([torch.tensor(4.0), torch.tensor(6.0), torch.tensor(0.0)], "correct."),
        (torch.tensor([3.0, 4.0, 0.0]), "correct."),
        ((1, 2, 0), "Hint: at w = 1 or less there is one resting place."),
        ((0.9, 2, 0), "Hint: at w = 1 or less there is one resting place."),
        ((3, 1, 0), "A pulse of -1 leaves the unit at 0.9"),
        ((3, 30, 0), "Hint: disturbances, which may all have one sign, or b push it over."),
        ((2, 3, 0), "Hint: disturbances, which may all have one sign"),  # -0.2 for a hundred steps
        ((3, 9, 0), "Hint: disturbances, which may all have one sign"),
        ((10, 40, 0), "Hint: disturbances, which may all have one sign"),
        ((1.2, 0.3, 0), "Hint: make u larger: the pulse must outweigh"),
        ((2.1, 2.7, 0), "9 steps after a pulse of -1 the unit is at -0.471"),  # those after the one before were with it
        ((3, 3, 0), "A pulse of -1 leaves the unit at -0.055. Hint: make u larger"),
        ((4, 5, 0.6), "Hint: b helps the pulses of one sign"),
        (("3", "4", "0"), "not yet. Return three numbers, w, u and b."),
        ((3, 4, 2), "not yet."),
        ((-3, 4, 0), "not yet. 1 steps after a pulse of +1"),
        ((3, -4, 0), "not yet. A pulse of +1 leaves the unit at -0.999. Hint: u must be above 0"),
        ((0, 4, 0), "not yet."),
        ((3, 4), "not yet. Return three numbers, w, u and b."),
        ((3, 4, inf), "not yet. Return three finite numbers, w, u and b."),
    ],
)
def test_holding_weights(answer, verdict, capsys):
    assert verdict in verdict_on(lambda: answer, checks.holding_weights, capsys)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ((-2, 3, 0), "correct."),
        ((-5, 1, 0), "correct."),
        (np.array([-3, 3, 0.1]), "correct."),
        ((2, 3, 0), "At lag 1 after a pulse of +1 the unit is at 0.963. Hint: the sign must turn at each step."),
        ((0, 3, 0), "Hint: the sign must turn at each step."),
        ((-1, 3, 0), "Hint: it must neither die out nor lean."),
        ((-0.5, 3, 0), "Hint: it must neither die out nor lean."),
        ((-2, -3, 0), "At lag 0 after a pulse of +1 the unit is at -0.995. Hint: u must be above 0"),
        ((-2, 0.3, 0), "Hint: make u larger"),
        ((-2, 1, 0.8), "Hint: b helps the pulses of one sign"),
        ((-2, 3, 1.5), "not yet."),
        ((-2, 0, 0), "not yet. At lag 0 after a pulse of +1 the unit is at 0.000."),
        (-2, "not yet. Return three numbers, w, u and b."),
    ],
)
def test_clock_weights(answer, verdict, capsys):
    assert verdict in verdict_on(lambda: answer, checks.clock_weights, capsys)


def forward_mode(w, x, slope=True, through=True, new=False):
    h, total = 0.0, 0.0
    for x_t in x:
        before, h = h, tanh(w * h + x_t)
        total = (1 - h * h if slope else 1) * ((h if new else before) + (w * total if through else total))
    return total


def back(w, x, start=1):
    states = [0.0]
    for x_t in x:
        states.append(tanh(w * states[-1] + x_t))
    arrow, total = 1.0, 0.0
    for t in range(len(x), start - 1, -1):
        total += arrow * (1 - states[t] ** 2) * states[t - 1]
        arrow *= (1 - states[t] ** 2) * w
    return total


def by_difference(w, x):
    def last(w):
        h = 0.0
        for x_t in x:
            h = tanh(w * h + x_t)
        return h

    return (last(w + 1e-5) - last(w - 1e-5)) / 2e-5


def from_the_second_step_on(w, x):
    """By autograd. After a single step nothing depends on w."""
    weight = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    h = torch.tensor(x[0], dtype=torch.float64).tanh()
    for x_t in x[1:]:
        h = torch.tanh(weight * h + x_t)
    h.backward()
    return weight.grad


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (forward_mode, "correct."),
        (back, "correct."),
        (lambda w, x: torch.tensor(back(w, x)).double(), "correct."),
        (by_difference, "correct."),
        (lambda w, x: back(w, x, start=len(x)), "Hint: that is the last step alone"),
        (lambda w, x: forward_mode(w, x, slope=False), "Hint: the slope of the tanh is missing"),
        (lambda w, x: forward_mode(w, x, through=False), "each term is multiplied by w at every step"),
        (lambda w, x: forward_mode(w, x, new=True), "Hint: at step t the weight multiplies the state before it"),
        (lambda w, x: -back(w, x), "not yet. For four steps the answer is"),
        (lambda w, x: back(abs(w), x), "not yet. For a negative w the answer is"),
        (from_the_second_step_on, "your function stopped with RuntimeError"),
        (lambda w, x: back(w, x, start=max(1, len(x) - 3)), "not yet. For six steps the answer is"),
        (lambda w, x: [back(w, x), 0], "not yet. Return a number."),
    ],
)
def test_weight_gradient(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.weight_gradient, capsys)
