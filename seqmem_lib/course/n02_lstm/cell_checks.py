"""The checks of notebook 02 on cells that a learner writes."""

from collections.abc import Callable

import torch
from torch import Generator, nn

from ..judge import fixed_numbers, judge, say


@fixed_numbers
def coupled_step(attempt: Callable) -> None:
    """Check `coupled_step(x_t, h, c, weight_ih, weight_hh, bias)`: one step of an LSTM whose input gate is 1 - f, with
    the rows of the parameters in the order f, g, o. It returns h and c, (batch, hidden_size) each.

    The reference is nn.LSTMCell, its input gate made of the negative rows of its forget gate: sigmoid(-a) is
    1 - sigmoid(a).
    """
    generator = Generator().manual_seed(0)
    sizes = [(2, 3), (2, 4), (2, 4), (12, 3), (12, 4), (12,)]  # batch 2, input_size 3, hidden_size 4
    arguments = [torch.randn(size, generator=generator, dtype=torch.float64) for size in sizes]
    x_t, h, c, *parameters = arguments
    cell = nn.LSTMCell(3, 4, dtype=torch.float64, device="cpu")
    with torch.no_grad():
        for own, given in zip(cell.parameters(), (*parameters, 0 * parameters[-1]), strict=True):
            f, g, o = given.chunk(3)
            own.copy_(torch.cat([-f, f, g, o]))
        right = list(cell(x_t, (h, c)))

    def slip(order="fgo", candidate=torch.tanh, new=lambda f, c, g: f * c + (1 - f) * g, show=torch.tanh, reads_h=1):
        def step(x_t, h, c, weight_ih, weight_hh, bias):
            rows = (x_t @ weight_ih.T + reads_h * h @ weight_hh.T + bias).chunk(3, dim=-1)
            rows = dict(zip(order, rows, strict=True))
            f, g, o = rows["f"].sigmoid(), candidate(rows["g"]), rows["o"].sigmoid()
            c = new(f, c, g)
            return [o * show(c), c]

        return step

    slips = {
        "i is 1 - f: what is not kept makes room for the new": [slip(new=lambda f, c, g: f * c + f * g)],
        "f keeps, so it multiplies the old c": [slip(new=lambda f, c, g: (1 - f) * c + f * g)],
        "the candidate g goes through a tanh": [slip(candidate=torch.sigmoid), slip(candidate=lambda g: g)],
        "h shows tanh(c), not c": [slip(show=lambda c: c)],
        "h shows the new c, not the old one": [
            lambda x_t, h, c, *rest: [slip(show=lambda _: c.tanh())(x_t, h, c, *rest)[0], slip()(x_t, h, c, *rest)[1]]
        ],
        "the gates read h as well": [slip(reads_h=0)],
        "the rows come in the order f, g, o": [slip(order) for order in ("fog", "gfo", "gof", "ofg", "ogf")],
        "return h first, and c second": [lambda *given: slip()(*given)[::-1]],
    }
    form = "h and c, a tensor (batch, hidden_size) each"
    judge(attempt, [("random numbers", tuple(arguments), right)], slips, form)


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
        return "correct."

    say(attempt, verdict)
