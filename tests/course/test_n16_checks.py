"""The exercise on characters in notebook 08."""

import pytest
import torch
from verdict import verdict_on

from seqmem_lib.course.n16_characters import checks


def by_hand(logits, temperature):
    powers = (logits / temperature).exp()
    return powers / powers.sum(dim=-1, keepdim=True)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (by_hand, ": correct."),
        (lambda logits, t: ..., "not attempted yet."),
        (lambda logits, t: (logits * t).softmax(dim=-1), "Hint: the temperature divides"),
        (lambda logits, t: logits.softmax(dim=-1) / t, "Hint: divide the logits before"),
        (lambda logits, t: logits.softmax(dim=-1), "Hint: the temperature is not used"),
        (lambda logits, t: (logits / t).softmax(dim=0), "Hint: the probabilities of each row"),
        (lambda logits, t: logits / t, "Hint: that is divided, and no probability yet"),
        (lambda logits, t: by_hand(logits, t).log(), "Hint: return the probabilities, not their logarithms"),
        (lambda logits, t: 0 * logits, "not yet. The numbers are wrong for temperature 0.5"),
        (lambda logits, t: logits[0], "not yet. Return a tensor of the shape of logits"),
    ],
)
def test_next_probabilities(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.next_probabilities, capsys)


def test_the_check_leaves_the_random_numbers_alone(capsys):
    before = torch.get_rng_state()
    checks.next_probabilities(lambda logits, t: ...)
    assert torch.equal(torch.get_rng_state(), before)
