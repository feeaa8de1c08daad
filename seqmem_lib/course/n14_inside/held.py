"""A task that would need a line of resting places: hold a number."""

import torch

from ...arguments import whole_number
from ...tasks import Task


def held_number(lag: int) -> Task:
    """See a number once, and say it at every step from then on.

    x, (batch, lag + 1, 2): at the first step a value, uniform in [-1, 1], and a 1; then zeros.
    y, (batch, lag + 1, 1): that value at every step.

    lag : at least 1

    Always answering 0 has a mean squared error of 1/3. Raises ValueError if the lag does not fit.
    """
    lag = whole_number("lag", lag, 1)

    def draw(batch_size, *, generator):
        return read_numbers(2 * torch.rand(batch_size, generator=generator, device="cpu") - 1, lag)

    return Task(f"held number, lag {lag}", draw, 2, 1)


def read_numbers(values: torch.Tensor, lag: int) -> tuple[torch.Tensor, torch.Tensor]:
    """x and y of `held_number` for these values, (batch,)."""
    x = values.new_zeros(len(values), lag + 1, 2)
    x[:, 0, 0], x[:, 0, 1] = values, 1
    return x, values[:, None, None].expand(-1, lag + 1, 1)
