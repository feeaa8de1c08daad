"""Synthetic tasks that need memory. Each draws a batch (x, y) from an explicit generator, always on the CPU."""

import torch
from torch import Generator, Tensor


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
    if batch_size < 1 or seq < 1:
        raise ValueError(f"batch_size={batch_size} and seq={seq} must be at least 1")
    if not (p_write > 0 and p_read > 0 and p_write + p_read <= 1):
        raise ValueError(f"p_write={p_write} and p_read={p_read} must be positive, with a sum of at most 1")
    value = torch.rand(batch_size, seq, generator=generator) * 2 - 1
    mark = torch.rand(batch_size, seq, generator=generator)
    write = mark < p_write
    written = write.cumsum(dim=1)
    read = (mark >= p_write) & (mark < p_write + p_read) & (written > 0)
    # The step of the last write so far: steps count up, so it is the running maximum over the write steps.
    last_write = torch.where(write, torch.arange(seq), 0).cummax(dim=1).values
    y = torch.where(read, value.gather(1, last_write), 0)
    return torch.stack([value, write.float(), read.float()], dim=-1), y.unsqueeze(-1)


def name_marks(x: Tensor) -> list[list[str]]:
    """The marks of `store_and_recall` as texts, "write", "read" or "·", for each step of each sequence.

    x : Tensor, (batch, seq, 3)
    """
    return [["write" if w else "read" if r else "·" for _, w, r in sequence] for sequence in x.tolist()]
