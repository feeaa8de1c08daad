"""Sequences of different lengths as one tensor, filled up with padding."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from ..arguments import check_list, one_of, shown, whole_number

WHOLE = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)
NO_CLASS = -100  # that of a step in the padding; torch's cross_entropy leaves it out


def pad(sequences: Iterable[Sequence | Tensor], *, side: str = "right", length: int | None = None) -> Tensor:
    """Sequences as one Tensor, filled up with 0: of numbers, (batch, seq), or of vectors, (batch, seq, features).

    side : where the padding goes, "right" or "left"
    length : seq, at least as long as the longest sequence; just as long if omitted

    Raises TypeError if sequences is no list, ValueError if there is none, one is empty, or holds something else than
    whole numbers above 0, or than vectors of one size, or side or length is not possible.

    >>> sm.pad([[2, 3, 4], [5, 6]])
    tensor([[2, 3, 4],
            [5, 6, 0]])
    """
    one_of("side", side, ("right", "left"))
    tensors = as_sequences("sequences", sequences)
    longest = max(map(len, tensors))
    return padded(tensors, side, longest if length is None else whole_number("length", length, longest))


def as_sequences(name: str, sequences) -> list[Tensor]:
    """Each sequence as a tensor on the CPU: whole numbers from 1 on, (seq,), or vectors, (seq, features).

    Raises TypeError or ValueError, with the index of the first that is something else.
    """
    sequences = check_list(name, sequences, "sequences")
    if not sequences:
        raise ValueError(f"{name} must hold at least one sequence")
    if all(isinstance(one, int) for one in sequences):
        raise ValueError(f"{name} is one sequence: pass a list of sequences, [{shown(sequences)}]")
    tensors = [as_sequence(f"{name}[{k}]", one) for k, one in enumerate(sequences)]
    for k, tensor in enumerate(tensors):
        if tensor.shape[1:] != tensors[0].shape[1:]:
            raise ValueError(
                f"{name}[{k}] has shape {tuple(tensor.shape)} and {name}[0] {tuple(tensors[0].shape)}: "
                "the sequences must all hold numbers, or all vectors of one size"
            )
        if tensor.ndim == 1 and not (real := tensor > 0).all():
            where = (~real).nonzero()[0].item()
            raise ValueError(
                f"{name}[{k}] holds {tensor[where]} at step {where}: the numbers must be from 1 on, "
                "because 0 stands for padding"
            )
    return tensors


def as_sequence(name: str, sequence) -> Tensor:
    """One sequence as a tensor on the CPU, of whole numbers, (seq,), or of vectors, (seq, features).

    Raises ValueError, with this name, if it is something else or empty, or a vector is not finite.
    """
    try:
        tensor = torch.as_tensor(sequence, device="cpu")
    except (TypeError, ValueError, RuntimeError):
        tensor = torch.empty(0, 0, 0)
    if tensor.ndim in (1, 2) and len(tensor) == 0:
        raise ValueError(f"{name} is empty: leave it out, and its label, or put the number of <unk> into it")
    if tensor.ndim == 2 and tensor.numel() and not tensor.is_complex():
        tensor = tensor if tensor.is_floating_point() else tensor.float()
        if not tensor.isfinite().all():
            raise ValueError(f"{name} holds NaN or infinity: replace those entries")
    elif tensor.ndim != 1 or tensor.dtype not in WHOLE:
        raise ValueError(f"{name} must be whole numbers, (seq,), or vectors, (seq, features), not {shown(sequence)}")
    return tensor


def padded(tensors: list[Tensor], side: str, length: int, value: float = 0) -> Tensor:
    """Tensors of up to `length` steps as one; whole numbers as 64-bit ones."""
    tensors = [one if one.is_floating_point() else one.long() for one in tensors]
    filled = pad_sequence(tensors, batch_first=True, padding_side=side, padding_value=value)
    missing = length - filled.shape[1]
    of_steps = (0, missing) if side == "right" else (missing, 0)
    return nn.functional.pad(filled, (*(0, 0) * (filled.ndim - 2), *of_steps), value=value)


def real_steps(output: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The answers and what was due without the padding, for a loss of your own: (n, ...) each.

    output : Tensor, (batch, seq, ...); y : Tensor, (batch, seq) or (batch, seq, n), from Batches with a target at each
    step: in the padding it is -100 or NaN
    """
    real = ~y.isnan().all(dim=-1) if y.is_floating_point() else y != NO_CLASS
    return output[real], y[real]
