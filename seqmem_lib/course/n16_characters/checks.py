"""The check of notebook 16."""

from collections.abc import Callable

import torch

from ..judge import fixed_numbers, judge


@fixed_numbers
def next_probabilities(attempt: Callable) -> None:
    """Check `next_probabilities(logits, temperature)`: the probability of each character, (batch, characters)."""
    logits = 3 * torch.randn(2, 5)
    cases = [
        (f"temperature {t}", (logits, t), (logits / t).softmax(dim=-1))
        for t in (0.5, 1.0, 2.0)  # not 1 first: without a temperature it would be right
    ]
    slips = {
        "the temperature divides: below 1 the likely characters become likelier still": [
            lambda logits, t: (logits * t).softmax(dim=-1)
        ],
        "divide the logits before the softmax, not the probabilities after it": [
            lambda logits, t: logits.softmax(dim=-1) / t
        ],
        "the temperature is not used": [lambda logits, t: logits.softmax(dim=-1)],
        "the probabilities of each row must sum to 1: take the softmax over the last dimension": [
            lambda logits, t: (logits / t).softmax(dim=0)
        ],
        "that is divided, and no probability yet: take the softmax": [lambda logits, t: logits / t],
        "return the probabilities, not their logarithms": [lambda logits, t: (logits / t).log_softmax(dim=-1)],
    }
    judge(attempt, cases, slips, "a tensor of the shape of logits")
