"""The exercises of notebook 17."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..judge import as_tensor, fixed_numbers, judge, say
from .scans import linear_scan


@fixed_numbers
def compose_steps(attempt: Callable) -> None:
    """Check `compose_steps(first, second)`: two steps h -> a·h + b of a linear recurrence, each a pair (a, b), as the
    one pair that does both."""
    first, second = (
        [torch.randn(3, dtype=torch.float64) for _ in "ab"],
        [torch.randn(3, dtype=torch.float64) for _ in "ab"],
    )
    (a1, b1), (a2, b2) = first, second
    slips = {
        "the second step multiplies what the first one added: b_1 needs a factor": [
            lambda p, q: [p[0] * q[0], p[1] + q[1]]
        ],
        "the first step acts first: a_2 (a_1 h + b_1) + b_2": [lambda p, q: [p[0] * q[0], p[0] * q[1] + p[1]]],
        "b_1 is multiplied by the second factor, not by its own": [lambda p, q: [p[0] * q[0], p[0] * p[1] + q[1]]],
        "a first, and then b": [lambda p, q: [q[0] * p[1] + q[1], p[0] * q[0]]],
        "the factors of h multiply, they are not added": [lambda p, q: [p[0] + q[0], q[0] * p[1] + q[1]]],
    }
    judge(attempt, [("two random steps", (first, second), [a2 * a1, a2 * b1 + b2])], slips, "a pair (a, b)")


@fixed_numbers
def mean_so_far(attempt: Callable) -> None:
    """Check `mean_so_far(x)`: factors a and additions b, of the shape of x, (batch, seq), with which a linear
    recurrence from 0 is the mean of all x up to each step; those of a step see its x and its number only."""

    def right(x: Tensor) -> Tensor:
        return x.cumsum(dim=1) / torch.arange(1, x.shape[1] + 1).to(x)

    def step(x: Tensor) -> Tensor:
        return torch.arange(1, x.shape[1] + 1).to(x).expand_as(x)

    hints = {
        "that is the sum so far": lambda x: x.cumsum(dim=1),
        "steps are counted from 1 here: the first mean is the first number": lambda x: linear_scan(
            step(x) / (step(x) + 1), x / (step(x) + 1)
        ),
        "the old mean counts for t - 1 numbers, so it must be kept with the factor (t - 1) / t": lambda x: linear_scan(
            torch.ones_like(x), x / step(x)
        ),
        "that halves what is kept at every step: old numbers fade": lambda x: linear_scan(
            torch.full_like(x, 0.5), 0.5 * x
        ),
        "that is x itself: nothing is kept": lambda x: x,
    }
    sees = "a_t and b_t may see x_t and t only, not the x before it: what is left of those is in h"
    _judge_recurrence(attempt, torch.randn(2, 100), right, hints, sees)


@fixed_numbers
def odd_so_far(attempt: Callable) -> None:
    """Check `odd_so_far(bits)`: factors a and additions b, of the shape of bits, (batch, seq), with which a linear
    recurrence from 0 is 1 where the number of ones so far is odd, and 0 where it is even; those of a step see its bit
    only."""

    def right(bits: Tensor) -> Tensor:
        return bits.cumsum(dim=1) % 2

    hints = {
        "that counts the ones; at a 1 the state must turn from 1 to 0 too": lambda bits: bits.cumsum(dim=1),
        "that is the bit itself: nothing is kept": lambda bits: bits,
        "without a negative factor no 1 turns the state back to 0": lambda bits: linear_scan(1 - bits, bits),
        "the signs are turned: at a 1 the state 0 must become 1, and 1 must become 0": lambda bits: linear_scan(
            2 * bits - 1, bits
        ),
        "that turns around at a 0": lambda bits: linear_scan(2 * bits - 1, 1 - bits),
    }
    bits = torch.randint(2, (3, 200)).float()
    sees = "a_t and b_t may see the bit of step t only, not those before it: what is left of those is in h"
    _judge_recurrence(attempt, bits, right, hints, sees)


def _judge_recurrence(attempt: Callable, x: Tensor, right: Callable, hints: dict[str, Callable], sees: str) -> None:
    """An attempt gives a and b for x; what counts is the recurrence that they make, and that they see one step only."""

    def verdict() -> str:
        answer = attempt(x.clone())
        if answer is None or answer is ...:
            return "not attempted yet."
        form = "not yet. Return a pair (a, b) of tensors, each of the shape of what was given."
        if not isinstance(answer, tuple | list) or len(answer) != 2:
            return form
        answer = [as_tensor(one) for one in answer]
        if not all(isinstance(one, Tensor) and one.shape == x.shape for one in answer):
            return form
        a, b = (one.double() for one in answer)

        def gives(way: Callable) -> bool:
            return torch.allclose(linear_scan(a, b), way(x.double()), rtol=0, atol=1e-5)

        if gives(right):
            later = x.clone()
            later[:, 0] = 1 - x[:, 0]
            others = map(as_tensor, attempt(later))
            same = all(torch.equal(one[:, 1:], other[:, 1:]) for one, other in zip(others, answer, strict=True))
            return "correct." if same else f"not yet. Hint: {sees}."
        for hint, way in hints.items():
            if gives(way):
                return f"not yet. Hint: {hint}."
        t = int((linear_scan(a, b) - right(x.double())).abs().gt(1e-5).any(dim=0).nonzero()[0])
        return f"not yet. At step {t + 1}, counted from 1, the recurrence is wrong for the first time."

    say(attempt, verdict)
