"""What a classifier makes its answer from: the output at the ends, its mean, its maximum."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..arguments import check_tensor, shown

# (output, last state, which steps are real) -> what the answer is made from
Read = Callable[[Tensor, Tensor | tuple[Tensor, Tensor], Tensor], Tensor]


def read_ends(output: Tensor, state, real: Tensor) -> Tensor:
    """The output of the forward direction at the last word, and of the backward direction, if there is one, at the
    first: where each has read everything. (batch, features)

    output : Tensor, (batch, seq, features); state : Tensor, (1, batch, hidden_size), or such a pair; real : Tensor of
        True and False, (batch, seq). Raises TypeError or ValueError if one is something else, as do the other two.

    >>> output, real = torch.arange(6.0).view(1, 3, 2), torch.tensor([[True, True, False]])
    >>> sm.read_ends(output, torch.zeros(1, 1, 2), real)  # at the second word, the last that is real
    tensor([[2., 3.]])
    """
    _check_read(output, real)
    if isinstance(state, tuple | list) and state:
        state = state[0]
    if not isinstance(state, Tensor) or state.ndim == 0 or not 1 <= state.shape[-1] <= output.shape[-1]:
        raise ValueError("state must be a tensor of at most the features of output, or for an LSTM the pair (h, c)")
    steps = torch.arange(real.shape[1], device=real.device)
    last, first = (steps * real).argmax(dim=1), real.int().argmax(dim=1)
    row = torch.arange(len(real), device=real.device)
    size = state.shape[-1]
    return torch.cat([output[row, last, :size], output[row, first, size:]], dim=-1)


def read_mean(output: Tensor, state, real: Tensor) -> Tensor:
    """The mean of the output over all words; 0 if there is none. (batch, features)

    Shapes and errors as for `read_ends`.

    >>> output, real = torch.arange(6.0).view(1, 3, 2), torch.tensor([[True, True, False]])
    >>> sm.read_mean(output, torch.zeros(1, 1, 2), real)
    tensor([[1., 2.]])
    """
    _check_read(output, real)
    real = real.unsqueeze(-1)
    return (output * real).sum(dim=1) / real.sum(dim=1).clamp(min=1)


def read_max(output: Tensor, state, real: Tensor) -> Tensor:
    """The maximum of each feature of the output over all words; 0 if there is none. (batch, features)"""
    _check_read(output, real)
    most = output.masked_fill(~real.unsqueeze(-1), -torch.inf).amax(dim=1)
    return most.masked_fill(~real.any(dim=1, keepdim=True), 0)


def _check_read(output: Tensor, real: Tensor) -> None:
    check_tensor("output", output, "(batch, seq, features)")
    if not isinstance(real, Tensor) or real.dtype != torch.bool:
        raise TypeError(f"real must be a tensor of True and False, (batch, seq), not {shown(real)}")
    if output.ndim != 3 or output.shape[:2] != real.shape or 0 in output.shape:
        shapes = f"output has shape {tuple(output.shape)}, real {tuple(real.shape)}"
        raise ValueError(f"{shapes}: pass (batch, seq, features) and (batch, seq)")


READS = {function.__name__: function for function in (read_ends, read_mean, read_max)}
