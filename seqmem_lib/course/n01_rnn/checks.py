"""The checks of notebook 01."""

from collections.abc import Callable
from functools import wraps
from itertools import count, product
from math import atanh, ceil, floor, log, tanh

import numpy as np
import torch

from ...language import tr
from ..judge import between, fixed_numbers, judge, say, whole
from .cobweb import Cobweb

LOUDEST = 0.2  # of the disturbances
QUIET = 100  # steps between two pulses


@fixed_numbers
def one_matrix(attempt: Callable) -> None:
    """Check `one_matrix(weight_ih, weight_hh, bias_ih, bias_hh)`: the W and b of tanh(W·[h, x] + b), from PyTorch's
    parameters.
    """
    slips = {
        "in [h, x] the state comes first, so the columns of W_hh do": [
            lambda w, u, b, c: [torch.cat([w, u], dim=1), b + c]
        ],
        "one bias is left of two: add them": [
            lambda w, u, b, c: [torch.cat([u, w], dim=1), b],
            lambda w, u, b, c: [torch.cat([u, w], dim=1), c],
        ],
        "that is the transpose: W has a row for each unit": [
            lambda w, u, b, c: [torch.cat([u, w], dim=1).T, b + c],
        ],
    }
    cases = []
    for units, inputs in ((4, 3), (2, 2), (1, 1)):
        w, u, b, c = torch.randn(units, inputs), torch.randn(units, units), torch.randn(units), torch.randn(units)
        sizes = "1 unit and 1 input" if units == inputs == 1 else "{units} units and {inputs} inputs"
        name = tr(sizes, units=units, inputs=inputs)
        cases.append((name, (w, u, b, c), [torch.cat([u, w], dim=1), b + c]))
    judge(attempt, cases, slips, "W, (hidden_size, hidden_size + input_size), and b, (hidden_size,)")


@fixed_numbers
def steps_until(attempt: Callable) -> None:
    """Check `steps_until(factor, left)`: the first number of steps after which less than `left` of a gradient is left,
    if each step multiplies it by `factor`.
    """
    slips = {
        "after that many steps exactly this much is left, and not less": [lambda f, r: ceil(log(r) / log(f))],
        "steps are whole numbers: after the next one less than that is left": [lambda f, r: log(r) / log(f)],
        "at that step more than this is still left: round up, not down": [lambda f, r: floor(log(r) / log(f))],
        "after n steps factor ** n is left": [lambda f, r: ceil(log(f) / log(r)), lambda f, r: ceil(r / f)],
        "that is what is left, and not the number of steps": [lambda f, r: f ** ceil(log(r) / log(f))],
    }
    given = ((0.55, 1e-3), (0.9, 0.01), (0.999, 1e-3), (between(0.4, 0.9), between(0.1, 0.9)))
    cases = [(tr("a factor of {factor:.4g} and {left:.4g}", factor=f, left=left), (f, left)) for f, left in given]
    cases += [(tr("a factor of 0.5 and 0.25, where two steps leave exactly 0.25"), (0.5, 0.25))]
    judge(attempt, [(*case, float(_steps(*case[1]))) for case in cases], slips, "a number of steps")


def _steps(factor: float, left: float) -> int:
    return next(steps for steps in count() if factor**steps < left)


@fixed_numbers
def resting_places(attempt: Callable) -> None:
    """Check `resting_places(w, b)`: the states h of one unit, in increasing order, that tanh(w·h + b) leaves as they
    are, and to which it returns after a small push. Four digits count.
    """

    @wraps(attempt)
    def rounded(w, b):
        answer = attempt(w, b)
        try:
            return [round(float(h), 4) for h in answer]
        except (TypeError, ValueError):  # no list of numbers, which judge() will say
            return answer

    def rounded_to(keep: Callable) -> Callable:
        return lambda w, b: [round(h, 4) for h, slope in Cobweb(w=w, b=b).fixed_points() if keep(slope)] or None

    def walked_from_one(w, b):
        h = 1.0
        for _ in range(1000):
            h = tanh(w * h + b)
        return [round(h, 4)]

    slips = {
        "a slope below -1 drives the state away, too: it jumps to the other side, and further each time": [
            rounded_to(lambda slope: slope < 1)
        ],
        "one of these drives the state away: keep only those where the slope lies between -1 and 1": [
            rounded_to(lambda slope: True)
        ],
        "those are the places it is driven away from": [rounded_to(lambda slope: abs(slope) > 1)],
        "there may be several: where the state ends depends on where it starts": [walked_from_one],
        "write them in increasing order": [lambda w, b: rounded_to(lambda slope: abs(slope) < 1)(w, b)[::-1]],
    }
    cases = []
    w, h = between(-0.4, 0.4), whole(-6000, 6000) / 10_000  # four digits, so that nobody rounds to another fourth
    drawn = w, atanh(h) - w * h
    for w, b in ((2.0, 0.0), (0.5, 0.3), (3.0, -0.2), (2.0, 0.8), (-0.5, 0.2), (-2.0, 0.0), (0.5, 0.0), drawn):
        right = rounded_to(lambda slope: abs(slope) < 1)(w, b) or []
        name = tr("w = {w:g} and b = {b:g}", w=w, b=b)
        cases.append((name, (w, b), [0.0 if h == 0 else h for h in right]))
    judge(rounded, cases, slips, "a list of all states at which it can rest, and of no others")


def holding_weights(attempt: Callable) -> None:
    """Check `holding_weights()`: (w, u, b) of a unit tanh(w·h + u·x + b) that keeps the sign of the last pulse.

    There are many right answers. The unit is run over pulses of +1 and -1, each followed by disturbances that are as
    strong as allowed, all against the pulse or all with it. With w or u at 0 or below it fails there; above 0 a state
    grows with each input before it, so that no other disturbances are harder.
    """

    def verdict() -> str:
        found = _three(attempt())
        if isinstance(found, str):
            return found
        w, u, b = found
        h = 0.0
        for kinds in product((-LOUDEST, LOUDEST), repeat=2):
            for sign, disturbance in zip((1, 1, -1, -1, 1, -1), kinds * 3, strict=True):
                for step in range(QUIET):
                    before, h = h, tanh(w * h + u * sign * (disturbance if step else 1) + b)
                    if h * sign >= 0.5:
                        continue
                    if step == 0:
                        why = tr(_weak(w * before, u, b, sign))
                        said = "not yet. A pulse of {sign:+d} leaves the unit at {h:.3f}. Hint: {why}."
                        return tr(said, sign=sign, h=h, why=why)
                    why = (
                        "at w = 1 or less there is one resting place"
                        if w <= 1
                        else "disturbances, which may all have one sign, or b push it over"
                    )
                    said = "not yet. {step} steps after a pulse of {sign:+d} the unit is at {h:.3f}. Hint: {why}."
                    return tr(said, step=step, sign=sign, h=h, why=tr(why))
        return "correct."

    say(attempt, verdict)


def _weak(held: float, u: float, b: float, sign: int) -> str:
    """Why a pulse of this sign does not bring a unit to its side. held: w times the state before it."""
    if u <= 0:
        return "u must be above 0, so that a pulse pushes to its own side"
    if tanh(held + u * sign) * sign >= 0.5:
        return "b helps the pulses of one sign and works against the others"
    return "make u larger: the pulse must outweigh w·h"


def clock_weights(attempt: Callable) -> None:
    """Check `clock_weights()`: (w, u, b) of a unit tanh(w·h + u·x + b) that has the sign of the pulse at every even lag
    and the other sign at every odd one.
    """

    def verdict() -> str:
        found = _three(attempt())
        if isinstance(found, str):
            return found
        w, u, b = found
        for sign in (1, -1):
            h = 0.0
            for lag in range(QUIET):
                h = tanh(w * h + u * (sign if lag == 0 else 0) + b)
                if h * sign * (-1) ** lag < 0.5:
                    why = "the sign must turn at each step" if w >= 0 else "it must neither die out nor lean"
                    why = why if lag else _weak(0.0, u, b, sign)
                    said = "not yet. At lag {lag} after a pulse of {sign:+d} the unit is at {h:.3f}. Hint: {why}."
                    return tr(said, lag=lag, sign=sign, h=h, why=tr(why))
        return "correct."

    say(attempt, verdict)


def _three(answer) -> tuple[float, ...] | str:
    """The three weights as numbers, or what is said instead."""
    if answer is None or answer is ...:
        return "not attempted yet."
    try:
        w, u, b = (float(one) for one in answer if not isinstance(one, str))
    except (TypeError, ValueError):
        return "not yet. Return three numbers, w, u and b."
    return (w, u, b) if all(map(np.isfinite, (w, u, b))) else "not yet. Return three finite numbers, w, u and b."


@fixed_numbers
def weight_gradient(attempt: Callable) -> None:
    """Check `weight_gradient(w, x)`: the derivative of the last state of one unit, h_t = tanh(w·h_{t-1} + x_t), by w.

    The reference is autograd.
    """

    def run(w, x, detach=False, first=0):
        weight = torch.tensor(w, dtype=torch.float64, requires_grad=True)
        h = torch.zeros((), dtype=torch.float64)
        for t, x_t in enumerate(x):
            h = torch.tanh((weight if t >= first else w) * (h.detach() if detach else h) + x_t)
        return torch.autograd.grad(h, weight)[0].item() if h.requires_grad else 0.0

    def summed(w, x, slope=True, through=True, of_new=False):
        h, total = 0.0, 0.0
        for x_t in x:
            before, h = h, tanh(w * h + x_t)
            total = (1 - h**2 if slope else 1) * ((h if of_new else before) + (w if through else 1) * total)
        return total

    slips = {
        "that is the last step alone: w acts at every step, and the earlier ones reach the end through h": [
            lambda w, x: run(w, x, detach=True)
        ],
        "the slope of the tanh is missing, 1 - h² at each step": [lambda w, x: summed(w, x, slope=False)],
        "on its way to the end each term is multiplied by w at every step": [lambda w, x: summed(w, x, through=False)],
        "at step t the weight multiplies the state before it, and not h_t": [lambda w, x: summed(w, x, of_new=True)],
    }
    cases = [
        ("four steps", (0.7, [0.5, -1.0, 0.3, 0.2])),
        ("a negative w", (-1.4, [1.0, 0.2, 0.0, -0.4, 0.1])),
        ("two steps", (0.5, [1.0, 0.5])),
        ("a single step, whose state before it is 0", (0.5, [1.0])),
        ("six steps", (between(0.5, 1.5), torch.randn(6).tolist())),
    ]
    judge(attempt, [(tr(name), given, run(*given)) for name, given in cases], slips, "a number")
