"""The check of notebook 02 on a cell that a learner writes."""

from collections.abc import Callable

import torch
from torch import nn

from ...language import tr
from ..judge import fixed_numbers, judge


@fixed_numbers
def coupled_step(attempt: Callable) -> None:
    """Check `coupled_step(x_t, h, c, weight_ih, weight_hh, bias)`: one step of an LSTM whose input gate is 1 - f, with
    the rows of the parameters in the order f, g, o. It returns h and c, (batch, hidden_size) each.

    The reference is nn.LSTMCell, its input gate made of the negative rows of its forget gate: sigmoid(-a) is
    1 - sigmoid(a).
    """
    cases = []
    for batch, inputs, units in ((2, 3, 4), (5, 4, 2)):
        sizes = [(batch, inputs), (batch, units), (batch, units), (3 * units, inputs), (3 * units, units), (3 * units,)]
        x_t, h, c, *parameters = (torch.randn(size, dtype=torch.float64) for size in sizes)
        cell = nn.LSTMCell(inputs, units, dtype=torch.float64, device="cpu")
        with torch.no_grad():
            for own, given in zip(cell.parameters(), (*parameters, 0 * parameters[-1]), strict=True):
                f, g, o = given.chunk(3)
                own.copy_(torch.cat([-f, f, g, o]))
            right = list(cell(x_t, (h, c)))
        name = tr("batch {batch}, input_size {inputs}, hidden_size {units}", batch=batch, inputs=inputs, units=units)
        cases.append((name, (x_t, h, c, *parameters), right))

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
    judge(attempt, cases, slips, form, intact=True)
