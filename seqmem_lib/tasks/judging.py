"""How an answer is judged: losses to train with, and metrics to report."""

from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss

from ..arguments import LARGEST, check_kind, check_tensor, real_number

CLASS = "(batch, seq, classes)", "(batch,)"  # shapes of output and y: a class at the end,
NUMBERS = "(batch, seq, n)", "(batch, n)"  # numbers at the end,
STEPS = "(batch, seq, classes)", "(batch, seq)"  # a class at every step


def loss_at_end(output: Tensor, y: Tensor) -> Tensor:
    """The mean cross-entropy of the answers at the last step; log(4) = 1.386 for guessing one of four.

    output : Tensor, (batch, seq, classes), scores; y : Tensor, (batch,), the classes that were due

    Raises TypeError if one is no tensor, ValueError if the shapes do not fit, or y holds a class that output lacks.

    >>> sm.tasks.loss_at_end(torch.zeros(2, 5, 4), torch.tensor([0, 3]))  # all classes alike: log(4)
    tensor(1.3863)
    """
    check_answers(output, y, *CLASS)
    return mean_cross_entropy(output[:, -1], y)


def loss_at_every_step(output: Tensor, y: Tensor) -> Tensor:
    """As `loss_at_end`, but the same answer is due at every step. Shapes and errors are the same.

    >>> sm.tasks.loss_at_every_step(torch.zeros(2, 5, 4), torch.tensor([0, 3]))
    tensor(1.3863)
    """
    check_answers(output, y, *CLASS)
    return mean_cross_entropy(output.flatten(0, 1), y.repeat_interleave(output.shape[1]))


def accuracy_at_end(output: Tensor, y: Tensor) -> Tensor:
    """The share of right answers at the last step, from 0 to 1; a NaN is a wrong one. Shapes and errors as for
    `loss_at_end`.

    >>> sm.tasks.accuracy_at_end(torch.eye(3)[None], torch.tensor([2]))  # the highest score is the answer
    tensor(1., dtype=torch.float64)
    """
    check_answers(output, y, *CLASS)
    return share_right(output[:, -1], y)


def error_at_reads(output: Tensor, y: Tensor) -> Tensor:
    """The mean squared error where an answer is due; always answering 0 has an error of about 1/3.

    output, y : Tensor, (batch, seq, 1). The reads are where y is not 0: a stored value is never exactly 0.

    Raises TypeError if one is no tensor, ValueError if the shapes do not fit, or y holds no read.

    >>> sm.tasks.error_at_reads(torch.zeros(1, 3, 1), torch.tensor([[[0.0], [0.5], [0.0]]]))
    tensor(0.2500)
    """
    check_answers(output, y, "(batch, seq, 1)", "(batch, seq, 1)", whole=False)
    due = y != 0
    if not due.any():
        raise ValueError("y holds no read: draw more or longer sequences")
    return (output[due] - y[due]).square().mean()


def squared_error(output: Tensor, y: Tensor) -> Tensor:
    """The mean squared error: of output and y of one shape, (batch, seq, numbers).

    Raises TypeError if one is no tensor, ValueError if the shapes differ: torch would stretch one to fit the other.
    """
    for name, value in {"output": output, "y": y}.items():
        check_kind(name, value, Tensor, "a tensor")
    if output.shape != y.shape:
        raise ValueError(
            f"output has shape {tuple(output.shape)}, y {tuple(y.shape)}: the squared error needs equal ones, and of "
            "classes another loss_function, such as cross_entropy"
        )
    return mse_loss(output, y)


def squared_error_at_end(output: Tensor, y: Tensor) -> Tensor:
    """The mean squared error of the answers at the last step.

    output : Tensor, (batch, seq, numbers); y : Tensor, (batch, numbers)

    Raises TypeError if one is no tensor, ValueError if the shapes do not fit.

    >>> sm.tasks.squared_error_at_end(torch.zeros(2, 5, 1), torch.tensor([[1.0], [3.0]]))
    tensor(5.)
    """
    check_answers(output, y, *NUMBERS, whole=False)
    return (output[:, -1] - y).square().mean()


def accuracy_within(output: Tensor, y: Tensor, *, tolerance: float = 0.08) -> Tensor:
    """The share of answers at the last step that miss by less than the tolerance, from 0 to 1. Shapes and errors as for
    `squared_error_at_end`; and ValueError if the tolerance is not a number from 0 on.

    For `adding`, 0.08 is the tolerance of Hochreiter & Schmidhuber (1997), 0.04 on their scale. Always answering 1 is
    right in 2·0.08 - 0.08² = 15.4 % of its sequences, because the sum of two uniform values is a triangle.

    >>> sm.tasks.accuracy_within(torch.ones(2, 5, 1), torch.tensor([[1.05], [1.5]]))
    tensor(0.5000, dtype=torch.float64)
    """
    check_answers(output, y, *NUMBERS, whole=False)
    tolerance = real_number("tolerance", tolerance, 0)
    return ((output[:, -1] - y).abs() < tolerance).all(dim=-1).double().mean()


def loss_of_steps(output: Tensor, y: Tensor) -> Tensor:
    """The mean cross-entropy over all steps, each with an answer of its own.

    output : Tensor, (batch, seq, classes), scores; y : Tensor, (batch, seq), the classes that were due

    Raises TypeError if one is no tensor, ValueError if the shapes do not fit, or y holds a class that output lacks.

    >>> sm.tasks.loss_of_steps(torch.zeros(2, 5, 4), torch.zeros(2, 5, dtype=torch.long))
    tensor(1.3863)
    """
    check_answers(output, y, *STEPS)
    return mean_cross_entropy(output.flatten(0, 1), y.flatten())


def accuracy_of_steps(output: Tensor, y: Tensor) -> Tensor:
    """The share of right answers over all steps, from 0 to 1; a NaN is a wrong one. Shapes and errors as for
    `loss_of_steps`.

    >>> sm.tasks.accuracy_of_steps(torch.eye(3)[None], torch.tensor([[0, 1, 0]]))
    tensor(0.6667, dtype=torch.float64)
    """
    check_answers(output, y, *STEPS)
    return share_right(output, y)


def accuracy_of_recall(output: Tensor, y: Tensor) -> Tensor:
    """The share of right answers over the last ten steps, where `copy` wants its ten symbols; 1/8 for guessing. Shapes
    and errors as for `accuracy_of_steps`; and ValueError if there are fewer than ten steps.

    >>> x, y = sm.tasks.copy(delay=5)(2, generator=torch.Generator())
    >>> sm.tasks.accuracy_of_recall(nn.functional.one_hot(y, 9).float(), y)
    tensor(1., dtype=torch.float64)
    """
    check_answers(output, y, *STEPS)
    if output.shape[1] < 10:
        raise ValueError(f"output has {output.shape[1]} steps, but `copy` wants its symbols in the last ten")
    return accuracy_of_steps(output[:, -10:], y[:, -10:])


def check_answers(output: Tensor, y: Tensor, form: str, of_y: str, *, whole: bool = True) -> None:
    """A model's answers and what was due. `form` and `of_y` are their shapes in words: equal words are equal sizes.

    Raises TypeError if one is no tensor, ValueError if a shape does not fit or the numbers are of the wrong kind.
    """
    check_kind("output", output, Tensor, f"a tensor, {form}")
    check_kind("y", y, Tensor, f"a tensor, {of_y}")
    words, of_y_words = (one.strip("(,)").split(", ") for one in (form, of_y))
    sizes = dict(zip(words, output.shape, strict=False))
    fits = output.ndim == len(words) and output.numel() > 0
    if not fits or y.shape != tuple(sizes[word] for word in of_y_words):
        raise ValueError(f"output has shape {tuple(output.shape)}, y {tuple(y.shape)}: pass {form} and {of_y}")
    check_tensor("output", output, form)
    check_tensor("y", y, of_y, whole=whole)


def mean_cross_entropy(scores: Tensor, y: Tensor) -> Tensor:
    """Of scores, (n, classes), and classes, (n,). Raises ValueError if y holds a class that is none."""
    try:
        return cross_entropy(scores, y.long(), ignore_index=-LARGEST)  # torch would leave out every y of -100
    except IndexError:  # not looked for beforehand, because a GPU would have to be waited for
        raise ValueError(f"y holds a class that is not from 0 to {scores.shape[1] - 1}, those of output") from None


def share_right(scores: Tensor, y: Tensor) -> Tensor:
    """The share of right answers: of scores, (..., classes), the highest is that of y, (...).

    Where a state has overflowed the scores are NaN, which argmax would take for the highest: these are wrong.
    Raises ValueError if y holds a class that has no score, and could never be right.
    """
    classes = scores.shape[-1]
    if not 0 <= y.min() <= y.max() < classes:
        raise ValueError(f"y holds {y.min()} to {y.max()}, but output has scores for the classes 0 to {classes - 1}")
    return ((scores.argmax(dim=-1) == y) & ~scores.isnan().any(dim=-1)).double().mean()
