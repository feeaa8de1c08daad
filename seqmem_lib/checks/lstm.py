"""The checks of notebook 02."""

from collections.abc import Callable
from dataclasses import replace
from math import exp, log

import torch
from torch import Tensor

from ..trace import Trace
from .judge import judge


def check_find_writes(attempt: Callable, trace: Trace) -> None:
    """Check `find_writes(trace)`: the steps, counted from 0, at which a one-unit LSTM that has learned
    `store_and_recall` overwrote its memory.

    trace : of that LSTM; every sequence of it is tried, with its input hidden. The reference is the write marks.
    """
    slips = {
        "a forget gate near 1 keeps the memory": [lambda one: _steps(one.f > 0.5)],
        "the output gate opens at reads, which leave the memory as it is": [
            lambda one: _steps(one.o > 0.5),
            lambda one: _steps(one.h.abs() > 0.05),
        ],
        "a sigmoid never reaches 1: compare with 0.5": [lambda one: []],
        "return the step numbers, not one True or False per step": [lambda one: (one.i > 0.5).flatten().tolist()],
        "steps are counted from 0": [lambda one: [t + 1 for t in _steps(one.i > 0.5)]],
        "a write can put in nearly the same value again, so look at the gates and not at c": [
            lambda one, least=least: _steps((one.c - one.before("c")).abs() > least) for least in (0.02, 0.05, 0.1, 0.2)
        ],
    }
    cases = []
    for k, one in enumerate(trace):
        # A copy without its input, that an attempt may change in place.
        values = {name: value.clone() for name, value in one.values.items()}
        hidden = replace(one, x=torch.full_like(one.x, torch.nan), values=values, tokens=None)
        cases.append((f"sequence {k}", (hidden,), _steps(one.x[..., 1] > 0.5)))
    judge(attempt, cases, slips, "a list of step numbers, such as [3, 17]")


def check_forget_gate_for(attempt: Callable) -> None:
    """Check `forget_gate_for(n)`: the constant forget gate with which a cell that writes nothing holds half after
    n steps.

    The closed form is (1/2) ** (1/n).
    """
    slips = {
        "that is the half-life that belongs to f = n; here n is given and f is wanted": [lambda n: log(0.5) / log(n)],
        "f must be below 1, or nothing is ever forgotten": [lambda n: 2 ** (1 / n)],
        "that is what remains after n steps with f = 1/2": [lambda n: 0.5**n],
        "close for a large n, but not exact: start from f**n = 1/2": [
            lambda n: 1 - 0.5 / n,
            lambda n: 1 - 1 / n,
            lambda n: exp(-1 / n),
            lambda n: round(0.5 ** (1 / n), 2),
            lambda n: round(0.5 ** (1 / n), 3),
        ],
    }
    judge(attempt, [(f"n = {n}", (n,), 0.5 ** (1 / n)) for n in (10, 200, 2)], slips, "a number between 0 and 1")


def _steps(mask: Tensor) -> list[int]:
    return mask.flatten().nonzero()[:, 0].tolist()
