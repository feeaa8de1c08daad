"""The checks of notebook 03."""

from collections.abc import Callable

import torch
from torch import nn

from ...cells import GRUCell
from ...recording import record
from ...trace import Trace
from ..judge import fixed_numbers, judge, say
from ..n02_lstm.checks import check_parameters, latched, steps_of, write_cases


def find_overwrites(attempt: Callable, trace: Trace) -> None:
    """Check `find_overwrites(trace)`: the steps, counted from 0, at which a one-unit GRU that has learned
    `store_and_recall` overwrote its memory.

    trace : of that GRU; every sequence of it is tried, with its input hidden. The reference is the write marks.
    """

    slips = {
        "a z near 1 keeps; and r acts inside the candidate, it does not say whether the memory changes": [
            lambda one: steps_of(one.z > 0.5),
            lambda one: steps_of(one.r > 0.5),
            lambda one: steps_of(one.r < 0.5),
        ],
        "z need not come near 0 at a write: look at its values": [
            lambda one, by=by: steps_of(one.z < by) for by in (0.01, 0.05, 0.1, 0.2)
        ],
        "return the step numbers, not one True or False per step": [lambda one: (one.z < 0.5).flatten().tolist()],
        "steps are counted from 0": [lambda one: [t + 1 for t in steps_of(one.z < 0.5)]],
        "a write can put in nearly the same value again, so look at the gate and not at h": [
            lambda one, least=least: steps_of((one.h - one.before("h")).abs() > least)
            for least in (0.02, 0.05, 0.1, 0.2)
        ],
    }
    judge(attempt, write_cases(trace, "GRU"), slips, "a flat list of step numbers in order, such as [3, 17]")


def gru_parameters(attempt: Callable) -> None:
    """Check `gru_parameters(input_size, hidden_size)`, the number of parameters of an nn.GRU of one layer."""
    slips = {
        "PyTorch has two bias vectors": [lambda i, h: 3 * (i * h + h * h + h)],
        "the biases are missing": [lambda i, h: 3 * (i * h + h * h)],
        "a GRU has three blocks, r, z and n": [
            lambda i, h: 2 * (i * h + h * h + 2 * h),
            lambda i, h: 4 * (i * h + h * h + 2 * h),
        ],
    }
    cases = []
    for sizes in ((3, 4), (100, 128)):
        right = sum(parameter.numel() for parameter in nn.GRU(*sizes, device="meta").parameters())
        cases.append((f"input_size = {sizes[0]}, hidden_size = {sizes[1]}", sizes, float(right)))
    judge(attempt, cases, slips, "a whole number")


@fixed_numbers
def published_step(attempt: Callable) -> None:
    """Check `published_step(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh)`: one step of the GRU with its reset gate
    before the matrix product, as Cho et al. (2014) published it. It returns the new h, (batch, hidden_size)."""
    cell = GRUCell(3, 4, reset_after=False, dtype=torch.float64, device="cpu")
    x_t, h = torch.randn(2, 3, dtype=torch.float64), torch.randn(2, 4, dtype=torch.float64)
    arguments = (x_t, h, *(parameter.detach() for parameter in cell.parameters()))

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
        of_x, b_x, of_h, b_h = parts("n", r * h if form in ("before", "one bias", "transposed") else h)
        if form == "transposed":
            of_h = (r * h) @ rows["n"][1]
        n = {
            "after": of_x + b_x + r * (of_h + b_h),
            "after, bias outside": of_x + b_x + r * of_h + b_h,
            "whole": r * (of_x + b_x + of_h + b_h),
            "one bias": of_x + b_x + of_h,
        }.get(form, of_x + b_x + of_h + b_h).tanh()
        return (1 - z) * h + z * n if flipped else (1 - z) * n + z * h

    slips = {
        "that is torch's GRU: here r multiplies h before W_hn does": [
            lambda *given: step(*given, form="after"),
            lambda *given: step(*given, form="after, bias outside"),
        ],
        "r multiplies h alone, not the whole sum": [lambda *given: step(*given, form="whole")],
        "both biases of the candidate are added": [lambda *given: step(*given, form="one bias")],
        "the rows of h are sequences, so write (r * h) @ W_hn.T": [lambda *given: step(*given, form="transposed")],
        "z keeps: it multiplies the old h": [
            lambda *given: step(*given, flipped=True),
            lambda *given: step(*given, form="after", flipped=True),
        ],
        "the rows come in the order r, z, n": [lambda *given: step(*given, order="zrn")],
    }
    judge(attempt, [("a random x_t and h", arguments, step(*arguments))], slips, "the new h, (batch, hidden_size)")


@fixed_numbers
def translate_update(attempt: Callable) -> None:
    """Check `translate_update(layer)`, which changes an nn.GRU in place. Its parameters were trained for the form
    h = (1-z)·h + z·n; afterwards torch, which computes h = (1-z)·n + z·h, must give the same h."""

    def verdict() -> str:
        layer = nn.GRU(3, 4, batch_first=True, dtype=torch.float64, device="cpu")
        x = torch.randn(2, 10, 3, dtype=torch.float64)
        before = {name: value.clone() for name, value in layer.state_dict().items()}
        cell, h, wanted = GRUCell(3, 4, dtype=torch.float64), torch.zeros(2, 4, dtype=torch.float64), []
        cell.load_state_dict({name.removesuffix("_l0"): value for name, value in before.items()})
        with torch.no_grad():
            for x_t in x.unbind(dim=1):
                gates = cell.gates(x_t, h)
                h = (1 - gates["z"]) * h + gates["z"] * gates["n"]
                wanted.append(h)
        attempt(layer)
        after = layer.state_dict()
        if all(torch.equal(value, before[name]) for name, value in after.items()):
            return "not attempted yet."
        if torch.allclose(record(layer, x).h, torch.stack(wanted, dim=1), rtol=0, atol=1e-10):
            return "correct."
        for rows, gate in ((slice(0, 4), "r"), (slice(8, 12), "n")):
            if any(not torch.equal(value[rows], before[name][rows]) for name, value in after.items()):
                return (
                    f"not yet. Hint: the rows of {gate} changed; the order is r, z, n, and only z means another thing."
                )
        same = [name for name, value in after.items() if torch.equal(value[4:8], before[name][4:8])]
        if same:
            return f"not yet. Hint: the rows of z in {same[0]} are as they were; all four parameters have such rows."
        return "not yet. Hint: the new z must be 1 minus the old one, and 1 - sigmoid(a) is sigmoid(-a)."

    say(attempt, verdict)


def set_gru_latch(attempt: Callable) -> None:
    """Check `set_gru_latch(layer)`, which sets the parameters of an nn.GRU(2, 1) in place: h must be 1 from each set
    mark up to the next reset mark, and 0 otherwise, for 1,000 steps."""
    check_parameters(attempt, nn.GRU, ["set", "reset"], latched, "it should be")
