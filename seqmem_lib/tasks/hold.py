"""Synthetic tasks that need memory. Each draws a batch (x, y) from an explicit generator, always on the CPU."""

import torch
from torch import Generator, Tensor
from torch.nn.functional import one_hot

from ..arguments import check_generator, check_tensor, real_number, whole_number
from .task import check_answers, mean_cross_entropy, share_right

SHAPES = "(batch, seq, classes)", "(batch,)"  # of output and y


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
    check_generator(generator)
    p_write, p_read = real_number("p_write", p_write), real_number("p_read", p_read)
    if not (p_write > 0 and p_read > 0 and p_write + p_read <= 1):
        raise ValueError(f"p_write={p_write:g} and p_read={p_read:g} must be positive, with a sum of at most 1")
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

    Raises TypeError if x is no tensor, ValueError if it has another shape.
    """
    check_tensor("x", x, "(batch, seq, 3)")
    if x.ndim != 3 or x.shape[-1] != 3:
        raise ValueError(f"x has shape {tuple(x.shape)}: name_marks reads the (batch, seq, 3) of store_and_recall")
    return [["write" if w else "read" if r else "·" for _, w, r in sequence] for sequence in x.tolist()]


def error_at_reads(output: Tensor, y: Tensor) -> Tensor:
    """The mean squared error where an answer is due; always answering 0 has an error of about 1/3.

    output, y : Tensor, (batch, seq, 1). The reads are where y is not 0: a stored value is never exactly 0.

    Raises TypeError if one is no tensor, ValueError if the shapes do not fit, or y holds no read.
    """
    check_answers(output, y, "(batch, seq, 1)", "(batch, seq, 1)", whole=False)
    due = y != 0
    if not due.any():
        raise ValueError("y holds no read: draw more or longer sequences")
    return (output[due] - y[due]).square().mean()


def latch(batch_size: int, *, lag: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Hear one of four symbols, A to D, then `lag` random distractors, a to d, and say which symbol it was.

    Returns x, (batch, 1 + lag, 8): which of the eight letters ABCDabcd each step brings, one-hot; and y, (batch,),
    the class due at the last step, from 0 for A to 3 for D. Guessing is right in one of four sequences.

    After "latching" in Bengio, Simard & Frasconi (1994), where two classes had to be held under noise.
    Raises ValueError if batch_size or lag is not a whole number of at least 1.
    """
    batch_size, lag = whole_number("batch_size", batch_size, 1), whole_number("lag", lag, 1)
    check_generator(generator)
    y = torch.randint(4, (batch_size,), generator=generator, device="cpu")
    distractors = torch.randint(4, 8, (batch_size, lag), generator=generator, device="cpu")
    return one_hot(torch.cat([y[:, None], distractors], dim=1), 8).float(), y


def temporal_order(batch_size: int, *, seq: int = 30, generator: Generator) -> tuple[Tensor, Tensor]:
    """Two marks, each X or Y, among random distractors a to d: say at the end which came first and which second.

    Returns x, (batch, seq, 6): which of the six letters XYabcd each step brings, one-hot; and y, (batch,), the class
    due at the last step: 0 for X then X, 1 for X then Y, 2 for Y then X, 3 for Y then Y.

    seq : at least 10. The first mark is at a step from seq/10 to 2·seq/10, the second from 5·seq/10 to 6·seq/10.

    Task 6a of Hochreiter & Schmidhuber (1997), of any length and without its start and end symbols. Theirs has 100 to
    110 steps.
    Raises ValueError if batch_size or seq does not fit.
    """
    batch_size, seq = whole_number("batch_size", batch_size, 1), whole_number("seq", seq, 10)
    options = check_generator(generator)
    letters = torch.randint(2, 6, (batch_size, seq), **options)
    marks = torch.randint(2, (batch_size, 2), **options)
    for k, tenth in enumerate((1, 5)):
        at = torch.randint(seq * tenth // 10, seq * (tenth + 1) // 10 + 1, (batch_size, 1), **options)
        letters.scatter_(1, at, marks[:, k : k + 1])
    return one_hot(letters, 6).float(), 2 * marks[:, 0] + marks[:, 1]


def name_letters(x: Tensor) -> list[list[str]]:
    """The letters of `latch` or `temporal_order` for each step of each sequence.

    x : Tensor, (batch, seq, 8) or (batch, seq, 6)

    Raises TypeError if x is no tensor, ValueError if it has another shape.
    """
    check_tensor("x", x, "(batch, seq, letters)")
    letters = {8: "ABCDabcd", 6: "XYabcd"}.get(x.shape[-1] if x.ndim == 3 else 0)
    if letters is None:
        raise ValueError(
            f"x has shape {tuple(x.shape)}: name_letters reads the (batch, seq, 8) of latch or the (batch, seq, 6) of "
            "temporal_order"
        )
    return [[letters[k] for k in sequence] for sequence in x.argmax(dim=-1).tolist()]


def loss_at_end(output: Tensor, y: Tensor) -> Tensor:
    """The mean cross-entropy of the answers at the last step; log(4) = 1.386 for guessing one of four.

    output : Tensor, (batch, seq, classes), scores; y : Tensor, (batch,), the classes that were due

    Raises TypeError if one is no tensor, ValueError if the shapes do not fit, or y holds a class that output lacks.
    """
    check_answers(output, y, *SHAPES)
    return mean_cross_entropy(output[:, -1], y)


def loss_at_every_step(output: Tensor, y: Tensor) -> Tensor:
    """As `loss_at_end`, but the same answer is due at every step. Shapes and errors are the same."""
    check_answers(output, y, *SHAPES)
    return mean_cross_entropy(output.flatten(0, 1), y.repeat_interleave(output.shape[1]))


def accuracy_at_end(output: Tensor, y: Tensor) -> Tensor:
    """The share of right answers at the last step, from 0 to 1; a NaN is a wrong one. Shapes and errors as for
    `loss_at_end`.
    """
    check_answers(output, y, *SHAPES)
    return share_right(output[:, -1], y)
