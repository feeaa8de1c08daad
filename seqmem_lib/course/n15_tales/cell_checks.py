"""The check of notebook 15 on a cell that a learner repairs."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..judge import fixed_numbers, say

INPUTS, UNITS, BATCH = 5, 6, 40


@fixed_numbers
def repaired_cell(attempt: type[nn.Module]) -> None:
    """Check a cell class, `attempt(input_size, hidden_size)`, called as `cell(x_t, h, c)` and returning h and c: each
    gate and the candidate must have weights of its own.

    The gates are read from outside: c' is f·c + i·g, so two values of c give f and i·g; and o is h' / tanh(c').
    """

    def verdict() -> str:
        if "forward" not in vars(attempt):
            rest = "not yet. Hint: now write forward anew, too." if "__init__" in vars(attempt) else None
            return rest or "not attempted yet."
        cell = attempt(INPUTS, UNITS).double()
        if not list(cell.parameters()):
            return "not yet. Hint: the cell has no parameters; torch finds layers as attributes or in an nn.ModuleList."
        x_t = torch.randn(BATCH, INPUTS, dtype=torch.float64)
        h = torch.randn(BATCH, UNITS, dtype=torch.float64)

        def step(c: float, x_t=x_t, h=h):
            return cell(x_t, h, torch.full_like(h, c))

        try:
            shapes = [tuple(state.shape) for state in step(0.0)]
        except (TypeError, AttributeError) as error:
            if "NoneType" not in str(error) and "shape" not in str(error):
                raise
            shapes = None
        if shapes != [(BATCH, UNITS)] * 2:
            return "not yet. Return h and c, a tensor (batch, hidden_size) each."
        wrong = _wrong_formula(step, x_t, h) or _cut_off(cell, x_t, h)
        if not wrong and _free_directions(step, cell) < 2 * 4 * (INPUTS + UNITS):
            wrong = _what_is_shared(step, cell)
        return f"not yet. Hint: {wrong}." if wrong else "correct."

    say(attempt, verdict)


def _gates(step: Callable, **given) -> tuple[Tensor, Tensor, Tensor]:
    """f, o and i · g."""
    (_, new), (h_1, c_1) = step(0.0, **given), step(1.0, **given)
    return c_1 - new, h_1 / c_1.tanh(), new


def _wrong_formula(step: Callable, x_t: Tensor, h: Tensor) -> str | None:
    (h_0, new), (h_1, _), (h_50, c_50) = (step(c) for c in (0.0, 1.0, 50.0))
    f, o, _ = _gates(step)
    if (c_50.abs() < 1).all() and torch.allclose(h_50 - h_0, 50 * (h_1 - h_0)):
        return "return h first, and c second"
    if not torch.allclose(c_50 - new, 50 * f):
        return "c must be f · c + i · g, where no gate reads c"
    if not torch.allclose(h_50, o * c_50.tanh()):
        return "h must be o · tanh(c), with the new c"
    for gate, name in ((f, "f"), (o, "o")):
        if torch.allclose(gate, torch.ones_like(gate)):
            return f"{name} has no effect: c must be f · c + i · g, and h must be o · tanh(c)"
    if not all(((gate > 0) & (gate < 1)).all() for gate in (f, o)):
        return "f and o must be between 0 and 1: sigmoid"
    _, far = step(0.0, x_t=100 * x_t)
    if not (far.abs() <= 1 + 1e-9).all() or not ((far > 0).any() and (far < 0).any()):
        return "i must be between 0 and 1 (sigmoid) and g between -1 and 1 (tanh)"
    halfway = _gates(step, x_t=x_t / 2, h=h / 2)
    for gate, half, zero in zip((f, o), halfway, _gates(step, x_t=0 * x_t, h=0 * h), strict=False):
        if not torch.allclose(half.logit(), (gate.logit() + zero.logit()) / 2):
            return "f and o must each be the sigmoid of one sum, W · [x_t, h] + b, and c must be f · c + i · g"
    if torch.allclose(_gates(step, h=-h)[0], f):
        return "the gates must read h as well"
    return None


def _cut_off(cell: nn.Module, x_t: Tensor, h: Tensor) -> str | None:
    """Where the state that was given is cut off from what it came from, or changed under the hands of the caller."""
    given = [state.clone().requires_grad_() for state in (h, torch.ones_like(h))]
    states = [state.clone() for state in given]
    total = sum(state.sum() for state in cell(x_t, *states))
    if not all(map(torch.equal, states, given)):
        return (
            "the states that are given must stay as they are: write c = ..., not c *= ..., which changes them in place"
        )
    for name, flows in zip("hc", torch.autograd.grad(total, given, allow_unused=True), strict=True):
        if flows is None or not flows.any():
            return f"no gradient flows back through {name}, so that nothing can be learned over time"
    return None


def _free_directions(step: Callable, cell: nn.Module) -> int:
    """In how many ways the parameters can change what the first two units compute: 4 (inputs + units) for each of them
    if nothing is shared, and some more for biases."""
    values = torch.cat([gate[:, :2].flatten() for gate in _gates(step)])
    parameters = list(cell.parameters())
    slopes = []
    for value in values:  # one by one: all at once asks of a cell that it can be batched
        found = torch.autograd.grad(value, parameters, retain_graph=True, materialize_grads=True)
        slopes.append(torch.cat([one.flatten() for one in found]))
    slopes = torch.stack(slopes)
    return int(torch.linalg.matrix_rank(slopes, rtol=1e-9))


def _what_is_shared(step: Callable, cell: nn.Module) -> str:
    f, o, new = _gates(step)
    if torch.allclose(f, o):
        return "f and o are still the same at every step"
    if any(torch.allclose(new, gate * gate.logit().tanh()) for gate in (f, o)):
        return "i and g still share their matrix with another gate"
    numbers, least = sum(parameter.numel() for parameter in cell.parameters()), 4 * UNITS * (INPUTS + UNITS)
    if numbers < least:
        return f"{numbers} parameters are too few; four matrices ({UNITS}, {INPUTS} + {UNITS}) alone have {least}"
    (f.sum() + o.sum() + new.sum()).backward()
    for name, parameter in cell.named_parameters():
        if parameter.ndim > 1 and (parameter.grad is None or not parameter.grad.any(dim=1).all()):
            return f"{name}, or a part of it, has no effect, and two of the four share another one"
    return "two of the four still share weights, or one does not read all of x_t and h"
