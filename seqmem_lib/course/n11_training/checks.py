"""The exercises of notebook 11 on linear recurrences and on states that are carried over."""

from collections.abc import Callable

import torch

from ..judge import fixed_numbers, judge, say


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
        "the factors of h multiply, they are not added": [lambda p, q: [p[0] + q[0], q[0] * p[1] + q[1]]],
    }
    judge(attempt, [("two random steps", (first, second), [a2 * a1, a2 * b1 + b2])], slips, "a pair (a, b)")


@fixed_numbers
def detach_state(attempt: Callable) -> None:
    """Check `detach_state(state)`: the state of an nn.RNN or nn.GRU, a tensor h, or of an nn.LSTM, a tuple (h, c), with
    the same numbers and without their history."""

    def verdict() -> str:
        h, c = (torch.randn(1, 2, 4, requires_grad=True) * 2 for _ in "hc")
        answers = [attempt(h), attempt((h, c))]
        if any(answer is None or answer is ... for answer in answers):
            return "not attempted yet."
        if not isinstance(answers[0], torch.Tensor):
            return "not yet. Hint: the state of a GRU is one tensor, so return one tensor."
        if not isinstance(answers[1], tuple) or len(answers[1]) != 2:
            return "not yet. Hint: nn.LSTM wants its state back as a tuple, (h, c)."
        for name, answer, given in zip(
            ("h of a GRU", "h of an LSTM", "c of an LSTM"), (answers[0], *answers[1]), (h, h, c), strict=True
        ):
            if answer.shape != given.shape or not torch.equal(answer, given):
                return f"not yet. Hint: the numbers of {name} changed; only the history must go."
            if answer.requires_grad:
                return f"not yet. Hint: {name} still has its history; .detach() returns a tensor without it."
        if not (h.requires_grad and c.requires_grad):
            return "not yet. Hint: you changed the tensors that were given; .detach_() does, .detach() does not."
        return "correct."

    say(attempt, verdict)
