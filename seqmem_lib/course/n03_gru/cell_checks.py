"""The checks of notebook 03 on cells and on weights that are carried over."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ...cells import GRUCell
from ...language import tr
from ...recording import record
from ..judge import AS_BEFORE, fixed_numbers, judge, say
from ..n02_lstm.checks import FROZEN, learns


@fixed_numbers
def published_step(attempt: Callable) -> None:
    """Check `published_step(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh)`: one step of the GRU with its reset gate
    before the matrix product, as Cho et al. (2014) published it. It returns the new h, (batch, hidden_size)."""

    def step(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh, *, form="before", flipped=False, order="rzn"):
        rows = {
            name: (w_x, w_h, b_x, b_h)
            for name, w_x, w_h, b_x, b_h in zip(
                order, weight_ih.chunk(3), weight_hh.chunk(3), bias_ih.chunk(3), bias_hh.chunk(3), strict=True
            )
        }

        def parts(name, shown=h):
            w_x, w_h, b_x, b_h = rows[name]
            return x_t @ w_x.T, b_x, shown @ w_h.T, b_h

        r, z = sum(parts("r")).sigmoid(), sum(parts("z")).sigmoid()
        of_x, b_x, of_h, b_h = parts("n", r * h if form in ("before", "one_bias", "transposed") else h)
        if form == "transposed":
            of_h = (r * h) @ rows["n"][1]
        n = {
            "after": of_x + b_x + r * (of_h + b_h),
            "bias_outside": of_x + b_x + r * of_h + b_h,
            "whole": r * (of_x + b_x + of_h + b_h),
            "one_bias": of_x + b_x + of_h,
        }.get(form, of_x + b_x + of_h + b_h).tanh()
        return (1 - z) * h + z * n if flipped else (1 - z) * n + z * h

    slips = {
        "that is torch's GRU: here r multiplies h before W_hn does": [
            lambda *given: step(*given, form="after"),
            lambda *given: step(*given, form="bias_outside"),
        ],
        "r multiplies h alone, not the whole sum": [lambda *given: step(*given, form="whole")],
        "both biases of the candidate are added": [lambda *given: step(*given, form="one_bias")],
        "the rows of h are sequences, so write (r * h) @ W_hn.T": [lambda *given: step(*given, form="transposed")],
        "z keeps: it multiplies the old h": [
            lambda *given: step(*given, flipped=True),
            lambda *given: step(*given, form="after", flipped=True),
        ],
        "the rows come in the order r, z, n": [lambda *given: step(*given, order="zrn")],
    }
    cases = []
    for batch, inputs, units in ((2, 3, 4), (5, 4, 2)):
        cell = GRUCell(inputs, units, reset_after=False, dtype=torch.float64, device="cpu")
        x_t, h = (torch.randn(batch, size, dtype=torch.float64) for size in (inputs, units))
        right = cell(x_t, h).detach()
        arguments = (x_t, h, *(parameter.detach() for parameter in cell.parameters()))
        name = tr("batch {batch}, input_size {inputs}, hidden_size {units}", batch=batch, inputs=inputs, units=units)
        cases.append((name, arguments, right))
    judge(attempt, cases, slips, "the new h, (batch, hidden_size)", intact=True)


@fixed_numbers
def translate(attempt: Callable) -> None:
    """Check `translate(layer)`, which changes an nn.GRU in place. Its parameters come from a program whose blocks of
    rows are z, r, n, and in which h = (1-z)·h + z·n; afterwards torch must compute what that program computed."""

    def verdict() -> str:
        for inputs, units in ((3, 4), (2, 5)):
            layer = nn.GRU(inputs, units, batch_first=True, dtype=torch.float64, device="cpu")
            x = torch.randn(2, 10, inputs, dtype=torch.float64)
            before = {name: value.clone() for name, value in layer.state_dict().items()}
            wanted = computed_there(before, x)
            attempt(layer)
            after = layer.state_dict()
            if all(torch.equal(value, before[name]) for name, value in after.items()):
                return AS_BEFORE
            if torch.allclose(record(layer, x).h, wanted, rtol=0, atol=1e-10):
                if learns(layer):
                    continue
                return FROZEN
            for hint, ways in MOVES.items():
                for way in ways:
                    moved = {name: torch.cat(way(name, *value.chunk(3))) for name, value in before.items()}
                    if all(torch.allclose(value, moved[name]) for name, value in after.items()):
                        return tr("not yet. Hint: {hint}.", hint=tr(hint))
            return "not yet. The layer computes something else."
        return "correct."

    say(attempt, verdict)


def computed_there(parameters: dict[str, Tensor], x: Tensor) -> Tensor:
    """What a program with blocks z, r, n, in which z writes, makes of x: h, (batch, seq, hidden_size)."""
    w_x, w_h, b_x, b_h = parameters.values()
    h, shown = x.new_zeros(len(x), w_h.shape[1]), []
    for x_t in x.unbind(dim=1):
        x_z, x_r, x_n = (x_t @ w_x.T + b_x).chunk(3, dim=-1)
        h_z, h_r, h_n = (h @ w_h.T + b_h).chunk(3, dim=-1)
        z, n = (x_z + h_z).sigmoid(), (x_n + (x_r + h_r).sigmoid() * h_n).tanh()
        h = (1 - z) * h + z * n
        shown.append(h)
    return torch.stack(shown, dim=1)


# What is done wrong, by its hint: from the name of a parameter and its blocks z, r, n, the blocks that come out.
MOVES = {
    "PyTorch's blocks of rows come in the order r, z, n": [
        lambda name, z, r, n: (-z, r, n),
        lambda name, z, r, n: (z, -r, n),
        lambda name, z, r, n: (z, -z, n),
    ],
    "the order is right; but the new z must be 1 minus the old one, and 1 - sigmoid(a) is sigmoid(-a)": [
        lambda name, z, r, n: (r, z, n),
        lambda name, z, r, n: (r, 1 - z, n),
        lambda name, z, r, n: (r, 1 / z, n),
    ],
    "only z means another thing there: r and n keep their signs": [
        lambda name, z, r, n: (-r, z, n),
        lambda name, z, r, n: (-r, -z, n),
        lambda name, z, r, n: (r, -z, -n),
        lambda name, z, r, n: (-r, -z, -n),
    ],
    "all four parameters have such blocks": [
        lambda name, z, r, n: (r, -z, n) if "weight" in name else (z, r, n),
        lambda name, z, r, n: (r, -z, n) if "bias" in name else (z, r, n),
        lambda name, z, r, n: (r, -z, n) if "weight" in name else (r, z, n),
        lambda name, z, r, n: (r, -z, n) if "hh" in name else (z, r, n),
        lambda name, z, r, n: (r, -z, n) if "ih" in name else (z, r, n),
    ],
    "a block was overwritten before it was read: clone it first": [
        lambda name, z, r, n: (r, -r, n),
        lambda name, z, r, n: (-z, -z, n),
    ],
}
