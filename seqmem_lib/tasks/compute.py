"""Memory tasks that the literature compares networks on. Each draws a batch (x, y) from an explicit generator, always
on the CPU. The chance baseline of each is exact, and named in its docstring."""

from functools import cache

import torch
from torch import Generator, Tensor
from torch.nn.functional import one_hot

from ..arguments import check_generator, one_of, real_number, whole_number
from .task import check_answers, mean_cross_entropy, share_right

NUMBERS = "(batch, seq, n)", "(batch, n)"  # of output and y
STEPS = "(batch, seq, classes)", "(batch, seq)"


def adding(batch_size: int, *, seq: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Add two marked numbers among many.

    Returns x, (batch, seq, 2): a value, uniform in [0, 1], and a mark, 1 at one random step of the first half and at
    one of the second half, else 0. And y, (batch, 1), due at the last step: the sum of the two marked values.

    seq : at least 2

    Always answering the mean, 1, has a squared error of 1/6. The adding problem of Hochreiter & Schmidhuber (1997), as
    Le, Jaitly & Hinton (2015) set it. The former have values in [-1, 1], a target scaled to [0, 1], and call it solved
    when the error stays below 0.04, which is 0.08 here.
    Raises ValueError if a size does not fit.
    """
    batch_size, seq = whole_number("batch_size", batch_size, 1), whole_number("seq", seq, 2)
    options = check_generator(generator)
    value, mark = torch.rand(batch_size, seq, **options), torch.zeros(batch_size, seq, device="cpu")
    for start, end in ((0, seq // 2), (seq // 2, seq)):
        mark.scatter_(1, torch.randint(start, end, (batch_size, 1), **options), 1)
    return torch.stack([value, mark], dim=-1), (value * mark).sum(dim=1, keepdim=True)


def copy(batch_size: int, *, delay: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Hear ten symbols, wait, and say them again in order.

    Returns x, (batch, delay + 20, 10), one-hot: ten random symbols of eight, then blanks (8), with the signal to speak
    (9) ten steps before the end. And y, (batch, delay + 20), the class due at each step: blank, and in the last ten
    steps the ten symbols.

    delay : at least 1

    Saying blank and then guessing has a mean cross-entropy of 10·ln 8 / (delay + 20). As set by Arjovsky, Shah &
    Bengio (2016), after Hochreiter & Schmidhuber (1997).
    Raises ValueError if a size does not fit.
    """
    batch_size, delay = whole_number("batch_size", batch_size, 1), whole_number("delay", delay, 1)
    symbols = torch.randint(8, (batch_size, 10), **check_generator(generator))
    x, y = torch.full((2, batch_size, delay + 20), 8, device="cpu")
    x[:, :10], x[:, delay + 9], y[:, -10:] = symbols, 9, symbols
    return one_hot(x, 10).float(), y


def counting(batch_size: int, *, seq: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """A run of a's and a run of b's: say which is longer.

    Returns x, (batch, seq, 3), one-hot: fillers (0), then n times a (1), then m times b (2), up to the end. n is
    uniform from 2 to (seq - 1)/2, and m is n - 1, n or n + 1, equally likely. And y, (batch,), the class due at the
    last step: 0 for fewer b's than a's, 1 for as many, 2 for more.

    seq : at least 5

    Guessing is right in one of three sequences. In the spirit of the language aⁿbⁿ (Weiss, Goldberg & Yahav 2018).
    Raises ValueError if a size does not fit.
    """
    batch_size, seq = whole_number("batch_size", batch_size, 1), whole_number("seq", seq, 5)
    options = check_generator(generator)
    n = torch.randint(2, (seq - 1) // 2 + 1, (batch_size, 1), **options)
    y = torch.randint(3, (batch_size, 1), **options)
    m = n - 1 + y
    left = seq - torch.arange(seq, device="cpu")  # steps that are left, this one included
    letters = torch.where(left <= m, 2, torch.where(left <= m + n, 1, 0))
    return one_hot(letters, 3).float(), y[:, 0]


def parity(batch_size: int, *, seq: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Read bits, and say at every step whether the number of ones so far is odd.

    Returns x, (batch, seq, 1), the bits; and y, (batch, seq), the class due at each step: 0 for even, 1 for odd.
    Guessing is right at one of two steps.
    Raises ValueError if a size does not fit.
    """
    batch_size, seq = whole_number("batch_size", batch_size, 1), whole_number("seq", seq, 1)
    bits = torch.randint(2, (batch_size, seq), **check_generator(generator))
    return bits[..., None].float(), bits.cumsum(dim=1) % 2


def digits(batch_size: int, *, read: str, part: str = "train", generator: Generator) -> tuple[Tensor, Tensor]:
    """Read an image of a handwritten digit bit by bit, and say at the end which digit it was.

    read : "rows", 8 steps of 8 pixels; "pixels", 64 steps of one, row by row; or "permuted", the same 64 in an order
        that was drawn once and is the same for all images
    part : "train", the first 1,200 images; "validation", the next 237, to choose settings by; or "test", the last 360
    batch_size : at most the number of images in the part; none is drawn twice into a batch

    Returns x, (batch, 8, 8) or (batch, 64, 1), grey values from 0 to 1; and y, (batch,), the digit that is due at the
    last step. Guessing is right for one image in ten.

    The images are those of Alpaydin and Kaynak (1998) that come with scikit-learn. To read digits pixel by pixel, in
    order or permuted, is a test of Le, Jaitly & Hinton (2015), there with images of 28 x 28 pixels.
    Raises ValueError if read or part is unknown, or batch_size does not fit.
    """
    parts = {"train": slice(0, 1200), "validation": slice(1200, 1437), "test": slice(1437, None)}
    part, read = parts[one_of("part", part, parts)], one_of("read", read, ("rows", "pixels", "permuted"))
    images, labels = (one[part] for one in _digits())
    chosen = torch.randperm(len(labels), **check_generator(generator))[
        : whole_number("batch_size", batch_size, 1, len(labels))
    ]
    x, y = images[chosen], labels[chosen]
    if read == "rows":
        return x, y
    x = x.reshape(-1, 64, 1)
    if read == "permuted":
        return x[:, torch.randperm(64, generator=Generator().manual_seed(0), device="cpu")], y
    return x, y


@cache
def _digits() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits  # here, because it takes a second

    bunch = load_digits()
    return torch.from_numpy(bunch.images).float() / 16, torch.from_numpy(bunch.target).long()


def squared_error_at_end(output: Tensor, y: Tensor) -> Tensor:
    """The mean squared error of the answers at the last step.

    output : Tensor, (batch, seq, numbers); y : Tensor, (batch, numbers)

    Raises TypeError if one is no tensor, ValueError if the shapes do not fit.
    """
    check_answers(output, y, *NUMBERS, whole=False)
    return (output[:, -1] - y).square().mean()


def accuracy_within(output: Tensor, y: Tensor, *, tolerance: float = 0.08) -> Tensor:
    """The share of answers at the last step that miss by less than the tolerance, from 0 to 1. Shapes and errors as for
    `squared_error_at_end`; and ValueError if the tolerance is not a number from 0 on.

    For `adding`, 0.08 is the tolerance of Hochreiter & Schmidhuber (1997), 0.04 on their scale. Always answering 1 is
    right in 2·0.08 - 0.08² = 15.4 % of its sequences, because the sum of two uniform values is a triangle.
    """
    check_answers(output, y, *NUMBERS, whole=False)
    tolerance = real_number("tolerance", tolerance, 0)
    return ((output[:, -1] - y).abs() < tolerance).all(dim=-1).double().mean()


def loss_of_steps(output: Tensor, y: Tensor) -> Tensor:
    """The mean cross-entropy over all steps, each with an answer of its own.

    output : Tensor, (batch, seq, classes), scores; y : Tensor, (batch, seq), the classes that were due

    Raises TypeError if one is no tensor, ValueError if the shapes do not fit, or y holds a class that output lacks.
    """
    check_answers(output, y, *STEPS)
    return mean_cross_entropy(output.flatten(0, 1), y.flatten())


def accuracy_of_steps(output: Tensor, y: Tensor) -> Tensor:
    """The share of right answers over all steps, from 0 to 1; a NaN is a wrong one. Shapes and errors as for
    `loss_of_steps`.
    """
    check_answers(output, y, *STEPS)
    return share_right(output, y)


def accuracy_of_recall(output: Tensor, y: Tensor) -> Tensor:
    """The share of right answers over the last ten steps, where `copy` wants its ten symbols; 1/8 for guessing. Shapes
    and errors as for `accuracy_of_steps`; and ValueError if there are fewer than ten steps.
    """
    check_answers(output, y, *STEPS)
    if output.shape[1] < 10:
        raise ValueError(f"output has {output.shape[1]} steps, but `copy` wants its symbols in the last ten")
    return accuracy_of_steps(output[:, -10:], y[:, -10:])
