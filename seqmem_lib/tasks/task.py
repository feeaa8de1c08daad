"""A model's answers and what was due: what the losses and accuracies of all tasks are made of."""

from torch import Tensor
from torch.nn.functional import cross_entropy

from ..arguments import LARGEST, check_kind, check_tensor


def check_answers(output: Tensor, y: Tensor, form: str, of_y: str, *, whole: bool = True) -> None:
    """A model's answers and what was due. `form` and `of_y` are their shapes in words: equal words are equal sizes.

    Raises TypeError if one is no tensor, ValueError if a shape does not fit or the numbers are of the wrong kind.
    """
    check_kind("output", output, Tensor, f"a tensor, {form}"), check_kind("y", y, Tensor, f"a tensor, {of_y}")
    words, of_y_words = (one.strip("(,)").split(", ") for one in (form, of_y))
    sizes = dict(zip(words, output.shape, strict=False))
    fits = output.ndim == len(words) and output.numel() > 0
    if not fits or y.shape != tuple(sizes[word] for word in of_y_words):
        raise ValueError(f"output has shape {tuple(output.shape)}, y {tuple(y.shape)}: pass {form} and {of_y}")
    check_tensor("output", output, form), check_tensor("y", y, of_y, whole=whole)


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
