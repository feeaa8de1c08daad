"""What the check cell under an exercise calls.

A check prints one line and never raises: not attempted yet, correct, or what is wrong and a hint. The hints are not
guesses: every known slip is a solution of its own, and the hint appears when the attempt gives what that slip gives.
"""

from collections.abc import Callable
from dataclasses import replace
from math import exp, log

import numpy as np
import torch
from torch import Tensor

from .trace import Trace


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
        cases.append((f"sequence {k}", hidden, _steps(one.x[..., 1] > 0.5)))
    _judge(attempt, cases, slips, "a list of step numbers, such as [3, 17]")


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
    _judge(attempt, [(f"n = {n}", n, 0.5 ** (1 / n)) for n in (10, 200, 2)], slips, "a number between 0 and 1")


def _judge(attempt: Callable, cases: list[tuple], slips: dict[str, list[Callable]], form: str) -> None:
    """Try the cases, (name, argument, right answer), up to the first that is wrong, and print the verdict."""
    verdicts = (_verdict(attempt, *case, slips, form) for case in cases)
    name = getattr(attempt, "__name__", "your function")
    print(f"{name}: {next((verdict for verdict in verdicts if verdict), 'correct.')}")


def _verdict(attempt: Callable, name: str, argument, right, slips: dict[str, list[Callable]], form: str) -> str | None:
    """What is wrong in this case; None if nothing is."""
    try:
        answer = attempt(argument)
    except Exception as error:  # whatever a learner's code raises becomes a sentence
        return f"your function stopped with {type(error).__name__}: {' '.join(str(error).split())}"
    if answer is None or answer is ...:
        return "not attempted yet."
    try:
        if _equal(answer, right):
            return None
        for hint, wrong in slips.items():
            if any(_equal(answer, slip(argument)) for slip in wrong):
                return f"not yet. Hint: {hint}."
    except Exception:  # the answer has another form than a right one
        return f"not yet. Return {form}."
    return f"not yet. For {name} the answer is {_short(right)}, not {_short(answer)}."


def _equal(answer, right) -> bool:
    """Raises an error if the answer has another form than a right one."""
    if isinstance(right, list):
        steps = np.asarray(answer).tolist() if isinstance(answer, Tensor | np.ndarray) else list(answer)
        # By what they print, because to Python True equals 1.
        return repr([step if isinstance(step, bool) else int(step) for step in steps]) == repr(right)
    return abs(float(answer) - right) < 1e-6


def _steps(mask: Tensor) -> list[int]:
    return mask.flatten().nonzero()[:, 0].tolist()


def _short(value) -> str:
    text = f"{value:.5g}" if isinstance(value, float) else " ".join(str(value).split())
    return text if len(text) < 60 else text[:57] + "..."
