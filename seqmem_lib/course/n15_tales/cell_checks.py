"""The check of notebook 15 on a cell that a learner repairs."""

import torch
from torch import nn

from ..judge import fixed_numbers, say


@fixed_numbers
def repaired_cell(attempt: type[nn.Module]) -> None:
    """Check a cell class, `attempt(input_size, hidden_size)`, called as `cell(x_t, h, c)` and returning h and c: its
    gates must be able to differ, each with a matrix of its own.

    The gates are read from outside: c' is f·c + i·g, so two values of c give f and i·g; and o is h' / tanh(c').
    """

    def verdict() -> str:
        if "forward" not in vars(attempt):
            rest = "not yet. Hint: now write forward anew, too." if "__init__" in vars(attempt) else None
            return rest or "not attempted yet."
        cell = attempt(3, 4).double()
        names = dict(cell.named_parameters())
        if not names:
            return "not yet. Hint: the cell has no parameters; torch finds layers as attributes or in an nn.ModuleList."
        x_t, h = torch.randn(6, 3, dtype=torch.float64), torch.randn(6, 4, dtype=torch.float64)

        def step(c: float, x_t=x_t, h=h):
            return cell(x_t, h, torch.full((6, 4), c, dtype=torch.float64))

        try:
            shapes = [tuple(state.shape) for state in step(0.0)]
        except (TypeError, AttributeError) as error:
            if "NoneType" not in str(error) and "shape" not in str(error):
                raise
            shapes = None
        if shapes != [(6, 4)] * 2:
            return "not yet. Return h and c, a tensor (batch, hidden_size) each."
        (h_0, new), (h_1, c_1), (h_50, c_50) = (step(c) for c in (0.0, 1.0, 50.0))
        f = c_1 - new
        if (c_50.abs() < 1).all() and torch.allclose(h_50 - h_0, 50 * (h_1 - h_0)):
            return "not yet. Hint: return h first, and c second."
        if not torch.allclose(c_50 - new, 50 * f):
            return "not yet. Hint: c must be f · c + i · g, where no gate reads c."
        o = h_1 / c_1.tanh()
        if not torch.allclose(h_50, o * c_50.tanh()):
            return "not yet. Hint: h must be o · tanh(c), with the new c."
        if not all(((gate > 0) & (gate < 1)).all() for gate in (f, o)):
            return "not yet. Hint: f and o must be between 0 and 1: sigmoid."
        if torch.allclose(f, o):
            return "not yet. Hint: f and o are still the same at every step."
        _, far = step(0.0, x_t=100 * x_t)
        if not (far.abs() <= 1 + 1e-9).all() or not ((far > 0).any() and (far < 0).any()):
            return "not yet. Hint: i must be between 0 and 1 (sigmoid) and g between -1 and 1 (tanh)."
        if torch.allclose(new, f * f.logit().tanh()) or torch.allclose(new, o * o.logit().tanh()):
            return "not yet. Hint: i and g still share their matrix with another gate."
        if torch.allclose(step(1.0, h=-h)[1] - step(0.0, h=-h)[1], f):
            return "not yet. Hint: the gates must read h as well."
        numbers = sum(parameter.numel() for parameter in names.values())
        least = 4 * 4 * (3 + 4)
        if numbers < least:
            return f"not yet. Hint: {numbers} parameters are too few; four matrices (4, 3 + 4) alone have {least}."
        (c_1.sum() + h_1.sum()).backward()
        for name, parameter in names.items():
            if parameter.ndim > 1 and (parameter.grad is None or not parameter.grad.any(dim=1).all()):
                return f"not yet. Hint: {name}, or a part of it, has no effect on h or c; leave out what is not needed."
        try:
            fits = [tuple(state.shape) for state in attempt(5, 2)(x_t.new_ones(1, 5).float(), *torch.ones(2, 1, 2))]
        except (RuntimeError, ValueError):
            fits = []
        if fits != [(1, 2)] * 2:
            return "not yet. Hint: with input_size 5 and hidden_size 2 it fails; is a size written as a number?"
        return "correct."

    say(attempt, verdict)
