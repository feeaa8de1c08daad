"""How an attempt at an exercise is judged.

A check prints one line and never raises: not attempted yet, correct, or what is wrong and a hint. The hints are not
guesses: every known slip is a solution of its own, and the hint appears when the attempt gives what that slip gives,
in the case that is wrong and in those before it.

nbgrader gives the points of a check whose cell raises nothing. So while it marks a notebook, every verdict but
"correct" is raised too.

A verdict that is one sentence is English up to the moment it is printed, so that it can be compared; one that is put
together from values is in the language in use from the start.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dis import get_instructions
from functools import wraps
from inspect import unwrap
from math import isclose, isnan
from traceback import extract_tb

import numpy as np
import torch
from torch import Tensor

from ..arguments import alone, is_boolean
from ..language import tr

AS_BEFORE = "not yet. What your function was given is as before: did you change a copy?"
CHANGED = "not yet. The answer is right, but your function changes what it was given: work on a copy."
NOTHING = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}  # what a function without a body is made of


_seed = 0  # of the numbers that checks draw: the same for all learners


def judge(
    attempt: Callable, cases: list[tuple], slips: dict[str, list[Callable]], form: str, *, intact: bool = False
) -> None:
    """Try the cases, (name, arguments, right answer), up to the first that is wrong, and print the verdict.

    intact : if True, an attempt must leave its arguments as they are
    """

    cases = in_any_order(cases)

    def verdict() -> str:
        for place, case in enumerate(cases):
            if wrong := _verdict(attempt, *case, slips, form, cases[:place], intact):
                return wrong
        return "correct."

    say(attempt, verdict)


def say(attempt: Callable, verdict: Callable[[], str]) -> None:
    """Print the verdict on an attempt. Whatever a learner's code raises becomes a sentence."""
    try:
        said = verdict()
    except Exception as error:
        said = tr("your function stopped with {error}{place}", **about(error, attempt))
    if said == AS_BEFORE and _is_stub(attempt):
        said = "not attempted yet."
    elif said == "not attempted yet." and not _is_stub(attempt):
        said = "not yet. Your function returns nothing and changes nothing: is a `return` missing?"
    name = getattr(attempt, "__name__", tr("your function"))
    if name.endswith("_solution"):  # not to be read as a second verdict on the reader's own
        name = tr("our solution of {name}", name=name.removesuffix("_solution"))
    print(shown(name, said))
    if said != "correct." and "NBGRADER_EXECUTION" in os.environ:
        raise AssertionError(tr(said))


def shown(name: str, said: str) -> str:
    """What is printed of an attempt of this name, in the language in use."""
    return tr("{name}: {said}", name=name, said=tr(said))


def on(attempt: Callable, make: Callable):
    """attempt(*make()): for arguments that cannot be copied, so that they can be made in the process of the attempt."""
    return attempt.on(make) if hasattr(attempt, "on") else attempt(*make())


def _is_stub(attempt: Callable) -> bool:
    """Whether it does nothing, as the three dots do."""
    code = getattr(unwrap(attempt), "__code__", None)
    return code is None or {one.opname for one in get_instructions(code)} <= NOTHING


def about(error: Exception, attempt: Callable | None = None) -> dict[str, str]:
    """An error, and where in the attempt it arose, as the end of a sentence."""
    why = " ".join(str(error).split())
    number, code = getattr(error, "at_line", None) or _at_line(attempt, error)  # another process has said it
    place = ", in line {number} of its cell: {code}" if code else ", in line {number} of its cell"
    return {
        "error": f"{type(error).__name__}{why and ': '}{why}",
        "place": tr(place, number=number, code=code) if number else "",
    }


def _at_line(attempt: Callable | None, error: Exception) -> tuple[int, str]:
    """The line of the attempt's cell in which an error arose, and what stands there; 0 if it arose elsewhere."""
    file = getattr(getattr(unwrap(attempt), "__code__", None), "co_filename", None)
    lines = [(one.lineno, one.line) for one in extract_tb(error.__traceback__) if one.filename == file]
    return lines[-1] if lines else (0, "")


def _verdict(
    attempt: Callable, name: str, arguments: tuple, right, slips: dict, form: str, before: list[tuple], intact: bool
) -> str | None:
    """What is wrong in this case; None if nothing is. Those before it were right."""
    given = deepcopy(arguments)  # an attempt may change them in place
    answer = attempt(*given)
    if answer is None or answer is ...:
        return "not attempted yet."
    try:
        if _equal(answer, right):
            return None if not intact or all(map(as_before, given, arguments)) else CHANGED
        if isinstance(right, float) or not (len(right) and isinstance(right[0], Tensor)):
            said = "For {name} the answer is {right}, not {answer}."
            wrong = tr(said, name=name, right=_short(right), answer=_short(answer))
        else:
            wrong = tr("The numbers are wrong for {name}.", name=name)
    except Exception:  # the answer has another form than a right one
        wrong = tr("Return {form}.", form=tr(form))
    known = (hint for hint, ways in slips.items() for way in ways if _explains(way, answer, arguments, before))
    hint = next(known, None)
    return tr("not yet. Hint: {hint}.", hint=tr(hint)) if hint else tr("not yet. {wrong}", wrong=wrong)


def as_before(given, argument) -> bool:
    """Whether an attempt has left an argument, a tensor without a NaN or a list of numbers or words, as it was."""
    if isinstance(argument, Tensor):
        return torch.equal(given, argument)
    return given == argument if isinstance(argument, list) else True


def _explains(way: Callable, answer, arguments: tuple, before: list[tuple]) -> bool:
    """Whether a slip gives this answer, and was right where the attempt was: elsewhere they agree by chance."""
    try:
        return _equal(answer, way(*arguments)) and all(_right_too(way, *case) for case in before)
    except Exception:
        return False


def _right_too(way: Callable, name: str, arguments: tuple, right) -> bool:
    """A slip that is none in some case may give nothing there."""
    given = way(*arguments)
    return given is None or _equal(given, right)


def as_tensor(answer):
    """An answer with a tensor for an array of numbers, which is as good."""
    numbers = isinstance(answer, np.ndarray) and answer.dtype.kind in "biuf"
    return torch.from_numpy(answer.copy()) if numbers else answer


def _equal(answer, right) -> bool:
    """Raises an error if the answer has another form than a right one."""
    if isinstance(answer, str):
        raise TypeError
    right = right.item() if isinstance(right, Tensor) and not right.ndim else right  # a slip gives one number as either
    if isinstance(right, Tensor):
        answer = as_tensor(answer)
        if answer.shape != right.shape:
            raise ValueError
        return torch.allclose(answer.to(right), right, rtol=0, atol=1e-5, equal_nan=True)
    if isinstance(right, list) and right and isinstance(right[0], Tensor):
        return all(_equal(one, other) for one, other in zip(answer, right, strict=True))
    if isinstance(right, list) and any(isinstance(one, float) for one in right):
        return all(_near(one, other) for one, other in zip(answer, right, strict=True))
    if isinstance(right, list):
        steps = np.asarray(answer).tolist() if isinstance(answer, Tensor | np.ndarray) else list(answer)
        # By what they print, because to Python True equals 1.
        return repr([bool(step) if is_boolean(step) else int(step) for step in steps]) == repr(right)
    return _near(answer, right)


def _near(answer, right) -> bool:
    """NaN is like itself, and so is infinity, as a slip may give them; a right answer is neither."""
    return isclose(float(answer), right, rel_tol=0, abs_tol=1e-6) or (isnan(float(answer)) and isnan(right))


def _short(value) -> str:
    value = alone(value)
    if isinstance(value, list) and all(isinstance(one, float) for one in value):
        value = f"[{', '.join(f'{one:.5g}' for one in value)}]"
    text = f"{value:.5g}" if isinstance(value, float) else " ".join(str(value).split())
    return text if len(text) < 60 else text[:57] + "..."


def fixed_numbers(check: Callable) -> Callable:
    """The check draws the same random numbers whenever it runs, and leaves the reader's generator as it was."""

    @wraps(check)
    def seeded(*arguments):
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(_seed)
            check(*arguments)

    return seeded


@contextmanager
def drawn_from(seed: int) -> Iterator[None]:
    """Checks draw other numbers, and try their cases in another order: for `make grade`, so that no answer gets points
    that knows the cases by heart. 0 is what learners have."""
    global _seed
    _seed = seed
    try:
        yield
    finally:
        _seed = 0


def in_any_order(cases: list[tuple]) -> list[tuple]:
    """In the order that was written, for learners."""
    return [cases[k] for k in torch.randperm(len(cases))] if _seed else cases


def whole(low: int, high: int) -> int:
    """A number that is drawn, from low to high."""
    return int(torch.randint(low, high + 1, ()))


def between(low: float, high: float) -> float:
    """A number that is drawn, in double precision."""
    return low + (high - low) * torch.rand((), dtype=torch.float64).item()
