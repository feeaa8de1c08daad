"""Tasks in which something must be worked out along the way. Data are drawn on the CPU, from the generator that is
passed."""

from functools import cache

import torch
from torch import Generator, Tensor
from torch.nn.functional import one_hot

from ..arguments import one_of, whole_number
from .judging import (
    accuracy_at_end,
    accuracy_of_steps,
    accuracy_within,
    loss_at_end,
    loss_of_steps,
    squared_error_at_end,
)
from .task import Task, named_letters


def adding(seq: int) -> Task:
    """Add two marked numbers among many.

    x, (batch, seq, 2): a value, uniform in [0, 1], and a mark, 1 at one random step of the first half and at one of the
    second half, else 0.
    y, (batch, 1), due at the last step: the sum of the two marked values.

    seq : at least 2

    Always answering the mean, 1, has a squared error of 1/6. The adding problem of Hochreiter & Schmidhuber (1997),
    with one mark in each half as in Arjovsky, Shah & Bengio (2016). The former have values in [-1, 1], a target scaled
    to [0, 1], and call it solved when the error stays below 0.04, which is 0.08 here. Within it, that answer is right
    in 2·0.08 - 0.08² = 15.4 %.
    Raises ValueError if seq does not fit.

    >>> x, y = sm.tasks.adding(20)(2, generator=torch.Generator())
    >>> torch.allclose((x[..., 0] * x[..., 1]).sum(dim=1), y[:, 0])
    True
    """
    seq = whole_number("seq", seq, 2)

    def draw(batch_size, *, generator):
        options = {"generator": generator, "device": "cpu"}
        value, mark = torch.rand(batch_size, seq, **options), torch.zeros(batch_size, seq, device="cpu")
        for start, end in ((0, seq // 2), (seq // 2, seq)):
            mark.scatter_(1, torch.randint(start, end, (batch_size, 1), **options), 1)
        return torch.stack([value, mark], dim=-1), (value * mark).sum(dim=1, keepdim=True)

    chance = 0.16 - 0.08**2
    return Task(f"adding, {seq} steps", draw, 2, 1, squared_error_at_end, accuracy_within, chance=chance)


def counting(seq: int) -> Task:
    """A run of a's and a run of b's: say which is longer.

    x, (batch, seq, 3), one-hot: fillers (0), then n times a (1), then m times b (2), up to the end. n is uniform from 2
    to (seq - 1)/2, and m is n - 1, n or n + 1, equally likely.
    y, (batch,): the class due at the last step: 0 for fewer b's than a's, 1 for as many, 2 for more.

    seq : at least 5

    Guessing is right in one of three sequences. In the spirit of the language aⁿbⁿ (Weiss, Goldberg & Yahav 2018); but
    since n and m differ by one at most, who counts modulo three or more is always right, too.
    Raises ValueError if seq does not fit.

    >>> x, y = sm.tasks.counting(20)(2, generator=torch.Generator())
    >>> x.shape, y.shape
    (torch.Size([2, 20, 3]), torch.Size([2]))
    """
    seq = whole_number("seq", seq, 5)

    def draw(batch_size, *, generator):
        options = {"generator": generator, "device": "cpu"}
        n = torch.randint(2, (seq - 1) // 2 + 1, (batch_size, 1), **options)
        y = torch.randint(3, (batch_size, 1), **options)
        m = n - 1 + y
        left = seq - torch.arange(seq, device="cpu")  # steps that are left, this one included
        letters = torch.where(left <= m, 2, torch.where(left <= m + n, 1, 0))
        return one_hot(letters, 3).float(), y[:, 0]

    tokens = named_letters("·ab")
    return Task(f"counting, {seq} steps", draw, 3, 3, loss_at_end, accuracy_at_end, chance=1 / 3, tokens=tokens)


def parity(seq: int) -> Task:
    """Read bits, and say at every step whether the number of ones so far is odd.

    x, (batch, seq, 1): the bits. y, (batch, seq): the class due at each step, 0 for even, 1 for odd.

    Guessing is right at one of two steps.
    Raises ValueError if seq does not fit.

    >>> x, y = sm.tasks.parity(8)(2, generator=torch.Generator())
    >>> (x[..., 0].cumsum(dim=1) % 2).equal(y.float())
    True
    """
    seq = whole_number("seq", seq, 1)

    def draw(batch_size, *, generator):
        bits = torch.randint(2, (batch_size, seq), generator=generator, device="cpu")
        return bits[..., None].float(), bits.cumsum(dim=1) % 2

    return Task(f"parity, {seq} steps", draw, 1, 2, loss_of_steps, accuracy_of_steps, chance=1 / 2)


DIGITS = {"train": slice(0, 1200), "validation": slice(1200, 1437), "test": slice(1437, 1797)}  # of the images


def digits(read: str, part: str = "train") -> Task:
    """Read an image of a handwritten digit bit by bit, and say at the end which digit it was.

    read : "rows", 8 steps of 8 pixels; "pixels", 64 steps of one, row by row; or "permuted", the same 64 in an order
        that was drawn once and is the same for all images
    part : "train", the first 1,200 images; "validation", the next 237, to choose settings by; or "test", the last 360

    x, (batch, 8, 8) or (batch, 64, 1): grey values from 0 to 1. y, (batch,): the digit, due at the last step. A batch
    is at most as large as the part; none is drawn twice into one. Guessing is right for one image in ten.

    The images are those of Alpaydin and Kaynak (1998) that come with scikit-learn. To read digits pixel by pixel, in
    order or permuted, is a test of Le, Jaitly & Hinton (2015), there with images of 28 x 28 pixels.
    Raises ValueError if read or part is unknown, or batch_size does not fit.

    >>> x, y = sm.tasks.digits("rows", "test")(2, generator=torch.Generator())
    >>> x.shape, y.shape
    (torch.Size([2, 8, 8]), torch.Size([2]))
    """
    chosen_part, read = DIGITS[one_of("part", part, DIGITS)], one_of("read", read, ("rows", "pixels", "permuted"))

    def draw(batch_size, *, generator):
        images, labels = (one[chosen_part] for one in _digits())
        whole_number("batch_size", batch_size, 1, len(labels))
        chosen = torch.randperm(len(labels), generator=generator, device="cpu")[:batch_size]
        x, y = images[chosen], labels[chosen]
        if read == "rows":
            return x, y
        x = x.reshape(-1, 64, 1)
        if read == "permuted":
            return x[:, torch.randperm(64, generator=Generator().manual_seed(0), device="cpu")], y
        return x, y

    features = 8 if read == "rows" else 1
    return Task(f"digits, {read}", draw, features, 10, loss_at_end, accuracy_at_end, chance=1 / 10)


@cache
def _digits() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits  # here, because it takes a second

    bunch = load_digits()
    return torch.from_numpy(bunch.images).float() / 16, torch.from_numpy(bunch.target).long()
