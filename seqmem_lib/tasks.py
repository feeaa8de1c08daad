"""Synthetic tasks that need memory. Each draws a batch (x, y) from an explicit generator, always on the CPU."""

import torch
from torch import Generator, Tensor

from .arguments import whole_number


def store_and_recall(
    batch_size: int,
    *,
    seq: int = 40,
    p_write: float = 0.1,
    p_read: float = 0.15,
    generator: Generator,
) -> tuple[Tensor, Tensor]:
    """A stream of values with rare *write* and *read* marks: at a read, the value at the last write is due.

    Returns x, (batch, seq, 3): the value, uniform in [-1, 1]; 1 at a write mark, else 0; 1 at a read mark, else 0.
    And y, (batch, seq, 1): the stored value at every read, and 0 at every other step.

    p_write, p_read : how likely a mark is at each step. No step has both, and nothing is read before the first
        write.

    The answer at a read has variance 1/3, the error of always answering 0.
    Raises ValueError if a size or a probability does not fit.
    """
    batch_size, seq = whole_number("batch_size", batch_size, 1), whole_number("seq", seq, 1)
    if not isinstance(generator, Generator):
        raise TypeError(f"generator must be a torch.Generator, not {generator!r}: try Generator().manual_seed(0)")
    if not (p_write > 0 and p_read > 0 and p_write + p_read <= 1):
        raise ValueError(f"p_write={p_write} and p_read={p_read} must be positive, with a sum of at most 1")
    value = torch.rand(batch_size, seq, generator=generator, device="cpu") * 2 - 1
    mark = torch.rand(batch_size, seq, generator=generator, device="cpu")
    write = mark < p_write
    written = write.cumsum(dim=1)
    read = (mark >= p_write) & (mark < p_write + p_read) & (written > 0)
    # The step of the last write so far: steps count up, so it is the running maximum over the write steps.
    last_write = torch.where(write, torch.arange(seq, device="cpu"), 0).cummax(dim=1).values
    y = torch.where(read, value.gather(1, last_write), 0)
    return torch.stack([value, write.float(), read.float()], dim=-1), y.unsqueeze(-1)


def name_marks(x: Tensor) -> list[list[str]]:
    """The marks of `store_and_recall` as texts, "write", "read" or "·", for each step of each sequence.

    x : Tensor, (batch, seq, 3)

    Raises ValueError if x has another shape.
    """
    if x.ndim != 3 or x.shape[-1] != 3:
        raise ValueError(f"x has shape {tuple(x.shape)}: name_marks reads the (batch, seq, 3) of store_and_recall")
    return [["write" if w else "read" if r else "·" for _, w, r in sequence] for sequence in x.tolist()]


def error_at_reads(output: Tensor, y: Tensor) -> Tensor:
    """The mean squared error where an answer is due; always answering 0 has an error of about 1/3.

    output, y : Tensor, (batch, seq, 1). The reads are where y is not 0: a stored value is never exactly 0.

    Raises ValueError if y holds no read.
    """
    due = y != 0
    if not due.any():
        raise ValueError("y holds no read: draw more or longer sequences")
    return (output[due] - y[due]).square().mean()
