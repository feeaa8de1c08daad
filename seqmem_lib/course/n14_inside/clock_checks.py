"""The checks of notebook 14 on clocks: states that come back after some steps."""

from collections.abc import Callable
from math import pi

import torch
from torch import Tensor

from ..judge import as_tensor, between, fixed_numbers, judge, say, whole

RUN_IN = 1000
STEPS = 60


def _farthest(h: Tensor, steps: int) -> Tensor:
    """By how much a unit of h, (seq, hidden_size), is at most away from where it was so many steps before."""
    return (h[steps:] - h[:-steps]).abs().max()


def _period(h: Tensor, most: int, far: Callable = _farthest) -> float:
    return float(next((steps for steps in range(1, most + 1) if far(h, steps) < 0.01), 0))


@fixed_numbers
def find_period(attempt: Callable) -> None:
    """Check `find_period(h, most)`: the smallest number of steps from 1 to `most` after which every state of h, (seq,
    hidden_size), comes back to within 0.01 in each unit; 0 if there is none. A state at rest has the period 1.
    """

    slips = {
        "each unit must be back at every step: take the largest difference, not a mean": [
            lambda h, most: _period(h, most, lambda h, k: (h[k:] - h[:-k]).abs().mean())
        ],
        "every state must come back, not only the first": [
            lambda h, most: _period(h, most, lambda h, k: (h[k] - h[0]).abs().max())
        ],
        "every state must come back, not only the last ones": [lambda h, most: _period(h[len(h) // 2 :], most)],
        "every unit must come back, not only the first": [lambda h, most: _period(h[:, :1], most)],
        "that is a multiple of the period: take the smallest": [lambda h, most: 2 * _period(h, most)],
        "no period up to `most` is a 0": [
            lambda h, most: _period(h, most) or float(most),
            lambda h, most: _period(h, len(h) - 1),
        ],
        "the period may be `most` itself": [lambda h, most: _period(h, most - 1)],
        "a state may fall as well: take absolute differences": [
            lambda h, most: _period(h, most, lambda h, k: (h[k:] - h[:-k]).max())
        ],
        "each unit by itself must be back to within 0.01, not the whole state": [
            lambda h, most: _period(h, most, lambda h, k: (h[k:] - h[:-k]).norm(dim=1).max())
        ],
        "to within 0.01": [
            lambda h, most: _period(h, most, lambda h, k: _farthest(h, k) / 10),
            lambda h, most: _period(h, most, lambda h, k: _farthest(h, k) / 1.5),
        ],
    }

    def swing(steps, units=2):
        angle = 2 * pi / steps * torch.arange(60)[:, None]
        return angle.cos() * torch.linspace(1, 0.2, units) + angle.sin() * torch.linspace(0.5, -0.4, units)

    alternate = torch.tensor([1.0, -1.0]).repeat(30)[:, None]
    once = torch.zeros(60, 20)
    once[30, 7] = 0.04
    passed = torch.tensor([1.0, -1.0, 1.0, 0.5]).repeat(15)  # the first state comes back after two steps, others do not
    two = torch.stack([alternate[:, 0], torch.tensor([0.5, 0, -0.5]).repeat(20)], dim=1)
    nearly = torch.cat([0 * alternate, 0.9 + 0.0065 * alternate], dim=1)
    fading = torch.exp(-torch.arange(60.0) / 3)[:, None]
    cases = [
        ("a swing of five steps", (swing(5), 12)),
        ("a state at rest", (swing(1), 12)),
        ("a period that is longer than asked for", (swing(17), 12)),
        ("a period of just as many steps as asked for", (swing(7, units=5), 7)),
        ("a state that is passed twice in four steps", (torch.stack([passed, -passed], 1), 12)),
        ("units of the periods two and three", (two, 12)),
        ("a swing of three steps, every second time 0.05 larger", (swing(3) + 0.025 * alternate, 12)),
        ("a state that falls for ever", (-0.02 * torch.arange(60.0)[:, None].expand(60, 3), 12)),
        ("a swing that settles first", (swing(4) + fading, 12)),
        ("a swing that stops at the end", (torch.cat([swing(4)[:45], swing(4)[45].expand(15, 2)]), 12)),
        ("one unit of 20 that is off once", (swing(4, units=20) + once, 12)),
        ("forty units, each back to within 0.008", (swing(5, units=40) + 0.004 * alternate, 9)),
        ("a unit at rest, and one that goes up and down by 0.013", (nearly, 12)),
        ("another swing", (between(0.5, 1.5) * swing(whole(3, 11), units=3), 12)),
    ]
    cases = [(name, given, _period(*given)) for name, given in cases]
    judge(attempt, cases, slips, "a number of steps")


@fixed_numbers
def rotating_weight(attempt: Callable) -> None:
    """Check `rotating_weight(period)`: a W_hh, (2, 2), with which h_t = tanh(W_hh h_{t-1}) goes on swinging, and comes
    back after `period` steps and not before, to within 0.01 in each unit.

    There are many right answers: the network is run from six starts, for the periods 4, 5 and 8.
    """

    def verdict() -> str:
        for period in (5, 8, 4):
            weight = as_tensor(attempt(period))
            if weight is None or weight is ...:
                return "not attempted yet."
            if not isinstance(weight, Tensor) or weight.shape != (2, 2) or not weight.isfinite().all():
                return "not yet. Return a tensor (2, 2) of finite numbers."
            angles = torch.arange(6, dtype=torch.float64) + 0.3
            weight = weight.detach().double()
            h, states = torch.stack([angles.cos(), angles.sin()], dim=1) / 2, []
            for _ in range(RUN_IN + STEPS + period):
                h = torch.tanh(h @ weight.T)
                states.append(h)
            h = torch.stack(states[RUN_IN:])  # (steps, starts, 2)
            if h.abs().max() < 0.1 and torch.linalg.eigvals(weight).abs().max() < 1 + 1e-6:
                return f"not yet. For a period of {period} the state dies out. Hint: the matrix must stretch, too."
            for one in h.unbind(dim=1):
                found = int(_period(one, period))
                if not found:
                    why = "a full turn has the angle 2π, and a strong stretch pulls the state to the corners"
                    return f"not yet. After {period} steps a unit is {_farthest(one, period):.3f} away. Hint: {why}."
                if found < period:
                    return (
                        f"not yet. For a period of {period} the state is back after {found}. "
                        "Hint: by which angle per step?"
                    )
        return "correct."

    say(attempt, verdict)
