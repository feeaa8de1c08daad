"""The checks of notebook 02."""

from collections.abc import Callable
from dataclasses import replace
from math import exp, log

import torch
from torch import Tensor, nn

from ..trace import Trace, record
from .judge import fixed_numbers, judge, say


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


@fixed_numbers
def check_set_forget_bias(attempt: Callable) -> None:
    """Check `set_forget_bias(layer, bias)`, which changes an nn.LSTM in place so that the bias of its forget gates is
    `bias` in all. The gates themselves are measured, for no input and no state: f must be sigmoid(bias), and the other
    gates as they were.
    """

    def verdict() -> str:
        for bias in (1.0, -2.0):
            layer = nn.LSTM(3, 4, batch_first=True)
            parameters = {name: value.clone() for name, value in layer.state_dict().items()}
            before = record(layer, torch.zeros(1, 1, 3))
            attempt(layer, bias)
            after = record(layer, torch.zeros(1, 1, 3))
            if all(torch.equal(value, parameters[name]) for name, value in layer.state_dict().items()):
                return "not attempted yet."
            if any(not torch.equal(before.values[name], after.values[name]) for name in "igo"):
                return "not yet. Hint: another gate changed; the order is i, f, g, o, hidden_size rows each."
            if any(
                not torch.equal(getattr(layer, name), parameters[name]) for name in ("weight_ih_l0", "weight_hh_l0")
            ):
                return "not yet. Hint: the weights changed; set the biases only."
            if (after.f - torch.tensor(2 * bias).sigmoid()).abs().max() < 1e-6:
                return "not yet. Hint: torch adds its two bias vectors, so yours make twice the bias."
            if (after.f - torch.tensor(bias).sigmoid()).abs().max() > 1e-6:
                return "not yet. Hint: with no input, f is not sigmoid(bias); does the other bias vector still count?"
        return "correct."

    say(attempt, verdict)


def _steps(mask: Tensor) -> list[int]:
    return mask.flatten().nonzero()[:, 0].tolist()
