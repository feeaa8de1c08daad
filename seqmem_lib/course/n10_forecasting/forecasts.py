"""The forecasts of a check of notebook 10: what each reads of the future, and what it does not."""

import torch
from torch import Tensor


def _reads_one_too_many(series: Tensor, end: int) -> Tensor:
    return series[end - 2 : end + 1].mean().expand(3)


def _scales_with_all(series: Tensor, end: int) -> Tensor:
    return (series[end - 1] - series.mean()).expand(2)


def _is_clean(series: Tensor, end: int) -> Tensor:
    return series[end - 3 : end].flip(0)


def _reads_four_places(series: Tensor, end: int) -> Tensor:
    return series[end + 1 : end + 5] + series[end - 1]


def _reads_two_places(series: Tensor, end: int) -> Tensor:
    return series[[end, end + 6]] - series[end - 1]


def _says_one_value_with_both_signs(series: Tensor, end: int) -> Tensor:
    """The sum of its numbers is always 0."""
    return series[end + 2] * torch.tensor([1.0, -1.0])


FORECASTS = {
    one.__name__.replace("_", " ").strip(): one
    for one in (
        _reads_one_too_many,
        _scales_with_all,
        _is_clean,
        _reads_four_places,
        _reads_two_places,
        _says_one_value_with_both_signs,
    )
}
