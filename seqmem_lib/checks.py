"""What the check cell under an exercise calls.

A check prints one line and never raises: not attempted yet, correct, or what is wrong and a hint. The hints are not
guesses: every known slip is a solution of its own, and the hint appears when the attempt gives what that slip gives.
"""

from collections.abc import Callable
from functools import partial
from itertools import permutations
from math import log

import torch
from torch import Generator, Tensor
from torch.nn import LSTMCell


def check_lstm_step(attempt: Callable) -> None:
    """Check `lstm_step(x_t, h, c, weight_ih, weight_hh, bias_ih, bias_hh) -> (h, c)` against torch.nn.LSTMCell.

    x_t is (batch, input_size), h and c are (batch, hidden_size). The sizes all differ, so that a mistaken
    transposition cannot pass.
    """
    draw = partial(torch.randn, generator=Generator().manual_seed(0), dtype=torch.float64)
    x_t, h, c = draw(2, 3), draw(2, 4), draw(2, 4)
    parameters = draw(16, 3), draw(16, 4), draw(16), draw(16)
    torch_cell = LSTMCell(3, 4, device="meta", dtype=torch.float64)
    names = [name for name, _ in torch_cell.named_parameters()]
    right = torch.func.functional_call(torch_cell, dict(zip(names, parameters, strict=True)), (x_t, (h, c)))

    slips = {
        "the four blocks are in the order i, f, g, o": [_lstm_step(order=o) for o in list(permutations("ifgo"))[1:]],
        "there are two bias vectors: add both": [_lstm_step(biases=b) for b in ((0,), (1,), ())],
        "the candidate g goes through tanh, the three gates through a sigmoid": [_lstm_step(squash=torch.sigmoid)],
        "h is o times the tanh of c": [_lstm_step(out=lambda c: c)],
        "h is made from the new c, not from the old one": [_lstm_step(old_c=True)],
        "return the pair (h, c), h first": [lambda *arguments: _lstm_step()(*arguments)[::-1]],
    }
    verdict = _verdict(attempt, (x_t, h, c, *parameters), right, slips, "a pair (h, c) of tensors, (2, 4) each")
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
        "keep the fraction: do not round": [lambda f: round(log(0.5) / log(f)), lambda f: int(log(0.5) / log(f))],
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
    return "not yet. The numbers differ from the reference; compare your lines with the equations, one by one."


def _equal(answer, right) -> bool:
    """Raises an error if the answer has another form than a right one."""
    if isinstance(right, tuple):
        if len(answer) != len(right):
            raise ValueError
        return all(_equal(a, r) for a, r in zip(answer, right, strict=True))
    if isinstance(right, Tensor):
        if answer.shape != right.shape:
            raise ValueError
        return torch.allclose(answer, right)
    return abs(float(answer) - right) < 1e-6 * max(1, abs(right))


def _lstm_step(order=tuple("ifgo"), biases=(0, 1), squash=torch.tanh, out=torch.tanh, old_c=False) -> Callable:
    """An LSTM step with one slip, or with none."""

    def step(x_t, h, c, weight_ih, weight_hh, *both):
        sums = x_t @ weight_ih.T + h @ weight_hh.T + sum(both[k] for k in biases)
        block = dict(zip(order, sums.chunk(4, dim=-1), strict=True))
        new = block["f"].sigmoid() * c + block["i"].sigmoid() * squash(block["g"])
        return block["o"].sigmoid() * out(c if old_c else new), new

    return step
