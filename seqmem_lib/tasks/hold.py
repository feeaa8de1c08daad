"""Tasks in which something must be held. Data are drawn on the CPU, from the generator that is passed."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ..arguments import real_number, whole_number
from .judging import accuracy_at_end, accuracy_of_recall, error_at_reads, loss_at_end, loss_of_steps
from .task import Task, check_read, named_letters


def store_and_recall(seq: int = 40, p_write: float = 0.1, p_read: float = 0.15) -> Task:
    """A stream of values with rare *write* and *read* marks: at a read, the value at the last write is due.

    x, (batch, seq, 3): the value, uniform in [-1, 1]; 1 at a write mark, else 0; 1 at a read mark, else 0.
    y, (batch, seq, 1): the stored value at every read, and 0 at every other step.

    p_write, p_read : how likely a mark is at each step. No step has both, and nothing is read before the first write.

    The answer at a read has variance 1/3, the error of always answering 0.
    Raises ValueError if a size or a probability does not fit.

    >>> x, y = sm.tasks.store_and_recall(40)(2, generator=torch.Generator())
    >>> x.shape, y.shape
    (torch.Size([2, 40, 3]), torch.Size([2, 40, 1]))
    """
    seq = whole_number("seq", seq, 1)
    p_write, p_read = real_number("p_write", p_write), real_number("p_read", p_read)
    if not (p_write > 0 and p_read > 0 and p_write + p_read <= 1):
        raise ValueError(f"p_write={p_write:g} and p_read={p_read:g} must be positive, with a sum of at most 1")

    def draw(batch_size, *, generator):
        value = torch.rand(batch_size, seq, generator=generator, device="cpu") * 2 - 1
        mark = torch.rand(batch_size, seq, generator=generator, device="cpu")
        write = mark < p_write
        written = write.cumsum(dim=1)
        read = (mark >= p_write) & (mark < p_write + p_read) & (written > 0)
        # The step of the last write so far: steps count up, so it is the running maximum over the write steps.
        last_write = torch.where(write, torch.arange(seq, device="cpu"), 0).cummax(dim=1).values
        y = torch.where(read, value.gather(1, last_write), 0)
        return torch.stack([value, write.float(), read.float()], dim=-1), y.unsqueeze(-1)

    return Task(f"store and recall, {seq} steps", draw, 3, 1, metric=error_at_reads, chance=1 / 3, tokens=_marks)


def _marks(x: Tensor) -> list[list[str]]:
    check_read(x, 3)
    return [["write" if w else "read" if r else "·" for _, w, r in sequence] for sequence in x.tolist()]


def latch(lag: int) -> Task:
    """Hear one of four symbols, A to D, then `lag` random distractors, a to d, and say which symbol it was.

    x, (batch, 1 + lag, 8): which of the eight letters ABCDabcd each step brings, one-hot.
    y, (batch,): the class due at the last step, from 0 for A to 3 for D. Guessing is right in one of four sequences.

    After "latching" in Bengio, Simard & Frasconi (1994), where two classes had to be held under noise.
    Raises ValueError if lag is not a whole number of at least 1.

    >>> task = sm.tasks.latch(lag=5)
    >>> x, y = task(1, generator=torch.Generator().manual_seed(0))
    >>> task.tokens(x), y
    ([['A', 'd', 'b', 'a', 'd', 'd']], tensor([0]))
    """
    lag = whole_number("lag", lag, 1)

    def draw(batch_size, *, generator):
        y = torch.randint(4, (batch_size,), generator=generator, device="cpu")
        distractors = torch.randint(4, 8, (batch_size, lag), generator=generator, device="cpu")
        return one_hot(torch.cat([y[:, None], distractors], dim=1), 8).float(), y

    tokens = named_letters("ABCDabcd")
    return Task(f"latch, lag {lag}", draw, 8, 4, loss_at_end, accuracy_at_end, chance=1 / 4, tokens=tokens)


def temporal_order(seq: int = 30) -> Task:
    """Two marks, each X or Y, among random distractors a to d: say at the end which came first and which second.

    x, (batch, seq, 6): which of the six letters XYabcd each step brings, one-hot.
    y, (batch,): the class due at the last step: 0 for X then X, 1 for X then Y, 2 for Y then X, 3 for Y then Y.

    seq : at least 10. The first mark is at a step from seq/10 to 2·seq/10, the second from 5·seq/10 to 6·seq/10.

    Task 6a of Hochreiter & Schmidhuber (1997), of any length and without its start and end symbols. Theirs has 100 to
    110 steps.
    Raises ValueError if seq does not fit.

    >>> x, y = sm.tasks.temporal_order(30)(2, generator=torch.Generator())
    >>> x.shape, y.shape
    (torch.Size([2, 30, 6]), torch.Size([2]))
    """
    seq = whole_number("seq", seq, 10)

    def draw(batch_size, *, generator):
        options = {"generator": generator, "device": "cpu"}
        letters = torch.randint(2, 6, (batch_size, seq), **options)
        marks = torch.randint(2, (batch_size, 2), **options)
        for k, tenth in enumerate((1, 5)):
            at = torch.randint(seq * tenth // 10, seq * (tenth + 1) // 10 + 1, (batch_size, 1), **options)
            letters.scatter_(1, at, marks[:, k : k + 1])
        return one_hot(letters, 6).float(), 2 * marks[:, 0] + marks[:, 1]

    tokens = named_letters("XYabcd")
    return Task(f"temporal order, {seq} steps", draw, 6, 4, loss_at_end, accuracy_at_end, chance=1 / 4, tokens=tokens)


def copy(delay: int) -> Task:
    """Hear ten symbols, wait, and say them again in order.

    x, (batch, delay + 20, 10), one-hot: ten random symbols of eight, then blanks (8), with the signal to speak (9) ten
    steps before the end.
    y, (batch, delay + 20): the class due at each step: blank, and in the last ten steps the ten symbols.

    delay : at least 1

    Saying blank and then guessing has a mean cross-entropy of 10·ln 8 / (delay + 20). As set by Arjovsky, Shah &
    Bengio (2016), after Hochreiter & Schmidhuber (1997).
    Raises ValueError if delay does not fit.

    >>> x, y = sm.tasks.copy(delay=50)(2, generator=torch.Generator())
    >>> x.shape, y.shape
    (torch.Size([2, 70, 10]), torch.Size([2, 70]))
    """
    delay = whole_number("delay", delay, 1)

    def draw(batch_size, *, generator):
        symbols = torch.randint(8, (batch_size, 10), generator=generator, device="cpu")
        x, y = torch.full((2, batch_size, delay + 20), 8, device="cpu")
        x[:, :10], x[:, delay + 9], y[:, -10:] = symbols, 9, symbols
        return one_hot(x, 10).float(), y

    tokens = named_letters("ABCDEFGH·?")
    return Task(f"copy, delay {delay}", draw, 10, 9, loss_of_steps, accuracy_of_recall, chance=1 / 8, tokens=tokens)
