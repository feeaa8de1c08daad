"""What the check cell under an exercise calls.

A check prints one line and never raises: not attempted yet, correct, or what is wrong and a hint. The hints are not
guesses: every known slip is a solution of its own, and the hint appears when the attempt gives what that slip gives.
"""

from collections.abc import Callable
from math import log

from torch import Tensor

from .trace import Trace


def check_find_writes(attempt: Callable, trace: Trace) -> None:
    """Check `find_writes(trace)`: the steps, counted from 0, at which a one-unit LSTM that has learned
    `store_and_recall` overwrote its memory.

    trace : of that LSTM; every sequence of it is tried. The reference is the write marks of its input.
    """
    slips = {
        "a forget gate near 1 keeps the memory": [lambda one: _steps(one.f > 0.5)],
        "the output gate opens at reads, which leave the memory as it is": [
            lambda one: _steps(one.o > 0.5),
            lambda one: _steps(one.h.abs() > 0.05),
        ],
        "return the step numbers, not one True or False per step": [lambda one: (one.i > 0.5).flatten().tolist()],
        "steps are counted from 0": [lambda one: [t + 1 for t in _steps(one.i > 0.5)]],
    }
    for one in trace:
        right = _steps(one.x[..., 1] > 0.5)
        verdict = _verdict(attempt, (one,), right, slips, "a list of step numbers, such as [3, 17]")
        if verdict != CORRECT:
            break
    print(f"Exercise 1: {verdict}")


def check_half_life(attempt: Callable) -> None:
    """Check `half_life(f)`: after how many steps a cell that writes nothing holds half, for a forget gate f in (0, 1).

    The closed form is log(1/2) / log(f).
    """
    slips = {
        "after t steps the cell holds f**t times what it held: for which t is that 1/2?": [
            lambda f: 0.5 / (1 - f),
            lambda f: 1 / (1 - f),
            lambda f: f**0.5,
            lambda f: 0.5**f,
        ],
        "you have the fraction upside down": [lambda f: log(f) / log(0.5)],
        "half is left after log(1/2) / log(f) steps; check the sign": [lambda f: log(2) / log(f)],
        "keep the fraction: do not round": [
            lambda f: round(log(0.5) / log(f)),
            lambda f: int(log(0.5) / log(f)),
        ],
    }
    for f in (0.97, 0.5, 0.3):
        verdict = _verdict(attempt, (f,), log(0.5) / log(f), slips, "a number of steps")
        if verdict != CORRECT:
            break
    print(f"Exercise 2: {verdict}")


CORRECT = "correct."


def _verdict(attempt: Callable, arguments: tuple, right, slips: dict[str, list[Callable]], form: str) -> str:
    try:
        answer = attempt(*arguments)
    except Exception as error:  # whatever a learner's code raises becomes a sentence
        return f"your function stopped with {type(error).__name__}: {error}"
    if answer is None or answer is ...:
        return "not attempted yet."
    try:
        if _equal(answer, right):
            return CORRECT
        for hint, wrong in slips.items():
            if any(_equal(answer, slip(*arguments)) for slip in wrong):
                return f"not yet. Hint: {hint}."
    except (AttributeError, TypeError, ValueError, RuntimeError):
        return f"not yet. Return {form}."
    return f"not yet. For {_short(arguments[0])} the answer is not {_short(answer)}."


def _equal(answer, right) -> bool:
    """Raises an error if the answer has another form than a right one."""
    if isinstance(right, list):
        # By what they print, because to Python True equals 1.
        return repr([step if isinstance(step, bool) else int(step) for step in answer]) == repr(right)
    return abs(float(answer) - right) < 1e-6 * max(1, abs(right))


def _short(value) -> str:
    text = "the first sequence you get wrong" if isinstance(value, Trace) else str(value)
    return text if len(text) < 60 else text[:57] + "..."


def _steps(mask: Tensor) -> list[int]:
    return mask.flatten().nonzero()[:, 0].tolist()
