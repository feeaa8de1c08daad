"""A Task: what a network is to learn, and how its answers are judged."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Generator, Tensor

from ..arguments import check_generator, check_tensor, whole_number
from .judging import squared_error


@dataclass(frozen=True, repr=False)
class Task:
    """Fresh data, and how an answer to them is judged. `task(batch_size, generator=...)` draws x and y.

    name : as people call it
    draw : called as `draw(batch_size, generator=...)`, returns x, (batch, seq, input_size), and y
    input_size, output_size : of a network for it
    loss, metric : of output, (batch, seq, output_size), and y: what is trained, and what is reported
    chance : what the metric is without any memory
    tokens : x -> a text for each step of each sequence, which `record` takes; None if the steps have no names

    Raises ValueError when it is drawn from with a batch_size below 1, TypeError if there is no generator.

    >>> task = sm.tasks.latch(lag=5)
    >>> x, y = task(2, generator=torch.Generator().manual_seed(0))
    >>> x.shape, y.shape, task.chance
    (torch.Size([2, 6, 8]), torch.Size([2]), 0.25)
    """

    name: str
    draw: Callable[..., tuple[Tensor, Tensor]]
    input_size: int
    output_size: int
    loss: Callable[[Tensor, Tensor], Tensor] = squared_error
    metric: Callable[[Tensor, Tensor], Tensor] = squared_error
    chance: float | None = None
    tokens: Callable[[Tensor], list[list[str]]] | None = None

    def __call__(self, batch_size: int, *, generator: Generator) -> tuple[Tensor, Tensor]:
        """A batch (x, y), drawn on the CPU. Raises ValueError if batch_size is not a whole number of at least 1,
        TypeError if generator is none.
        """
        check_generator(generator)
        return self.draw(whole_number("batch_size", batch_size, 1), generator=generator)

    def __repr__(self) -> str:
        return f"Task {self.name}: reads {self.input_size}, answers {self.output_size} numbers"


def check_read(x: Tensor, features: int) -> None:
    """Raises TypeError if x is no tensor, ValueError if it is not what a task of so many features draws."""
    form = f"(batch, seq, {features})"
    check_tensor("x", x, form)
    if x.ndim != 3 or x.shape[-1] != features:
        raise ValueError(f"x has shape {tuple(x.shape)}: the steps of this task are named in its own x, {form}")


def named_letters(letters: str) -> Callable[[Tensor], list[list[str]]]:
    """What names the steps of a task whose x, (batch, seq, letters), is one-hot."""

    def tokens(x: Tensor) -> list[list[str]]:
        check_read(x, len(letters))
        return [[letters[k] for k in sequence] for sequence in x.argmax(dim=-1).tolist()]

    return tokens
