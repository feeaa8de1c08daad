"""A batch of sequences at the public doors: its shape, its lengths, its tokens."""

import torch
from torch import Tensor

from .arguments import shown, whole_number


def check_lengths(lengths, batch: int, seq: int) -> tuple[int, ...]:
    """The lengths as a tuple: one for each of `batch` sequences, from 1 to `seq`. Raises ValueError otherwise."""
    try:
        numbers = list(lengths)
    except TypeError:
        numbers = []
    if len(numbers) != batch:
        raise ValueError(f"lengths={shown(lengths)} does not fit: x needs {batch} of them, each from 1 to {seq}")
    return tuple(whole_number("each of lengths", n, 1, seq) for n in numbers)


def check_sequence(x: Tensor, lengths, input_size: int, dtype: torch.dtype | None = None) -> tuple[int, ...]:
    """The lengths of x, (batch, seq, input_size); all of seq if they are None.

    dtype : of the weights, where x is not converted

    Raises TypeError if x is no tensor, ValueError if it is not of this shape, or the lengths do not fit.
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"x must be a tensor, (batch, seq, {input_size}); this is of type {type(x).__name__}")
    if x.ndim != 3 or x.shape[-1] != input_size:
        raise ValueError(f"x has shape {tuple(x.shape)}: this layer reads (batch, seq, {input_size})")
    batch, seq, _ = x.shape
    if batch == 0 or seq == 0:
        raise ValueError(f"x has shape {tuple(x.shape)}: it needs at least one sequence of at least one step")
    if x.is_complex():
        raise ValueError("x is complex: this layer reads real numbers")
    if dtype not in (None, x.dtype):
        raise ValueError(f"x is of {x.dtype} and the weights are of {dtype}: pass x.to({dtype})")
    return (seq,) * batch if lengths is None else check_lengths(lengths, batch, seq)


def check_finite(x: Tensor, lengths: tuple[int, ...]) -> None:
    """Raises ValueError if x, (batch, seq, features), holds NaN or infinity before a sequence ends."""
    for k in (~x.isfinite()).flatten(1).any(dim=1).nonzero().flatten().tolist():
        if not x[k, : lengths[k]].isfinite().all():  # padding may hold anything
            raise ValueError(f"x holds NaN or infinity in sequence {k}: replace those entries before recording")


def check_tokens(tokens, lengths: tuple[int, ...]) -> tuple[tuple[str, ...], ...]:
    """The tokens as tuples, one text per real step. A flat list is one sequence. Raises ValueError otherwise."""
    try:
        tokens = list(tokens)
        flat = all(isinstance(token, str) for token in tokens)
        nested = tuple(map(tuple, [tokens] if flat else tokens))
    except TypeError:
        nested = ((None,),)
    if not all(isinstance(token, str) for one in nested for token in one):
        raise ValueError("tokens must be a list of texts, or one such list per sequence")
    if tuple(map(len, nested)) != lengths:
        counts = ", ".join(str(len(one)) for one in nested)
        raise ValueError(f"tokens has {counts} texts: give one per step, and the lengths are {lengths}")
    return nested
