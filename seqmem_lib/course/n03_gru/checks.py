"""The checks of notebook 03 on gates, sizes and weights set by hand."""

from collections.abc import Callable
from functools import cache
from math import sqrt

import torch
from torch import Tensor, nn

from ...language import tr
from ...trace import Trace
from ..judge import fixed_numbers, judge, whole
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


@fixed_numbers
def pytorch_z(attempt: Callable) -> None:
    """Check `pytorch_z(z, n, h)`: the update gate of every step, (seq,), as PyTorch has it, where a z near 1 keeps.

    z and n, (seq,), and h, (seq + 1,), with the state before the first step, are of one unit, and come from a program
    in which z keeps, or from one in which it writes. At the first step z is 1/2, so that this step does not tell. Two
    more files are rounded to single precision, the state changes more where a z that keeps is large, and from step 6 on
    a candidate is the state before it, so that neither equality, nor the size of the change, nor most steps tell.
    """

    def recorded(z: Tensor, candidate: Callable, keeps: bool) -> tuple[Tensor, Tensor, Tensor]:
        h, n = [torch.tensor(-0.3, dtype=torch.float64)], []
        for t, share in enumerate(z if keeps else 1 - z):
            n.append(candidate(t, h[-1], share))
            h.append((1 - share) * n[-1] + share * h[-1])
        return z, torch.stack(n), torch.stack(h)

    def far_if_kept(t, h, share):
        distance = 0 if t >= 5 else 1.2 if share > 0.5 else 0.1
        return h - torch.copysign(torch.tensor(distance, dtype=h.dtype), h)

    cases = []
    for name, keeps in (("a program in which z writes", False), ("a program in which z keeps", True)):
        z, n = torch.rand(2, 6, dtype=torch.float64)
        z[0], n = 0.5, 2 * n - 1
        given = recorded(z, lambda t, h, share, n=n: n[t], keeps)
        cases.append((tr(name), given, z if keeps else 1 - z))
    z = torch.tensor([0.5, 0.8, 0.2, 0.7, 0.3, 0.25, 0.6, 0.75, 0.35, 0.65, 0.4, 0.15], dtype=torch.float64)
    for name, keeps in (
        ("a file of rounded numbers in which z writes", False),
        ("a file of rounded numbers in which z keeps", True),
    ):
        given = tuple(value.float() for value in recorded(z, far_if_kept, keeps))
        cases.append((tr(name), given, (z if keeps else 1 - z).float()))
    slips = {
        "compute h in both forms, and see which one gives the h that was recorded; at the first step, where z is 1/2, "
        "both do": [lambda z, n, h: z, lambda z, n, h: 1 - z],
        "return the gate of every step, not a word about it": [
            lambda z, n, h: torch.ones_like(z),
            lambda z, n, h: torch.zeros_like(z),
        ],
    }
    judge(attempt, cases, slips, "the update gate of every step, (seq,)", intact=True)


@fixed_numbers
def same_budget(attempt: Callable) -> None:
    """Check `same_budget(input_size, hidden_size)`: the most units with which an nn.GRU of one layer has no more
    parameters than an nn.LSTM with hidden_size units. The reference counts those of PyTorch's own layers."""

    def fitting(budget: int, cost: Callable[[int], float]) -> int:
        units = 0
        while cost(units + 1) <= budget:
            units += 1
        return units

    def with_biases(vectors: int, of_gru: int | None = None) -> Callable:
        own = vectors if of_gru is None else of_gru

        def slip(i, h):
            return fitting(4 * (i * h + h * h + vectors * h), lambda n: 3 * (i * n + n * n + own * n))

        return slip

    cases = []
    for inputs, units in ((20, 100), (2, 5), (100, 128), (1, 1), (1, 4), (whole(5, 60), whole(20, 90))):
        right = fitting(_counted(nn.LSTM, inputs, units), lambda n, inputs=inputs: n and _counted(nn.GRU, inputs, n))
        cases.append((f"input_size = {inputs}, hidden_size = {units}", (inputs, units), float(right)))
    slips = {
        "no more than the LSTM: as many are allowed": [
            lambda i, h: fitting(4 * h * (i + h + 2) - 1, lambda n: 3 * n * (i + n + 2))
        ],
        "PyTorch has two bias vectors": [with_biases(1), with_biases(0), with_biases(2, of_gru=1)],
        "a third more units are too many: W_h has a number for each pair of units": [
            lambda i, h: 4 * h // 3,
            lambda i, h: round(4 * h / 3),
            lambda i, h: 4 * h / 3,
        ],
        "that is right for W_h alone; the weights of the input and the biases grow more slowly": [
            lambda i, h: int(h * sqrt(4 / 3)),
            lambda i, h: round(h * sqrt(4 / 3)),
        ],
        "the largest that fits, not the first that does not": [lambda i, h: with_biases(2)(i, h) + 1],
        "units are counted in whole numbers": [
            lambda i, h: (sqrt((i + 2) ** 2 + 16 / 3 * h * (i + h + 2)) - i - 2) / 2
        ],
    }
    judge(attempt, cases, slips, "a whole number")


@cache  # hundreds of layers are made until one does not fit
def _counted(kind: type, inputs: int, units: int) -> int:
    """The parameters of one of PyTorch's own layers."""
    return sum(parameter.numel() for parameter in kind(inputs, units, device="meta").parameters())


def set_gru_latch(attempt: Callable) -> None:
    """Check `set_gru_latch(layer)`, which sets the parameters of an nn.GRU(2, 1) in place: h must be 1 from each set
    mark up to the next reset mark, and 0 otherwise, for 1,000 steps."""
    check_parameters(attempt, nn.GRU, ["set", "reset"], latched, "it should be {due:.0f}")
