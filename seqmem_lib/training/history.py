"""What a training did."""

from dataclasses import dataclass, field
from math import isfinite

from torch import Tensor


def lowest(validation: dict[int, float]) -> int | None:
    """The step with the lowest loss."""
    return min((step for step, loss in validation.items() if isfinite(loss)), key=validation.get, default=None)


@dataclass(frozen=True, repr=False)
class History:
    """What train() returns.

    loss : the training loss at every step taken, before the step
    steps : how many steps were asked for; fewer were taken if you interrupted the training
    checkpoints : update -> a copy of the weights after that many steps, for `model.load_state_dict`
    validation : update -> the validation loss after that many steps
    """

    loss: tuple[float, ...]
    steps: int
    checkpoints: dict[int, dict[str, Tensor]] = field(default_factory=dict)
    validation: dict[int, float] = field(default_factory=dict)

    @property
    def best(self) -> int | None:
        """The update after which the validation loss was lowest; None without validation."""
        return lowest(self.validation)

    @property
    def interrupted(self) -> bool:
        return len(self.loss) < self.steps

    def __repr__(self) -> str:
        taken = f"{len(self.loss):,} of {self.steps:,}" if self.interrupted else f"{self.steps:,}"
        change = f": loss {self.loss[0]:.2g} -> {self.loss[-1]:.2g}" if self.loss else ""
        if self.best is not None:
            change += f"; validation loss {self.validation[self.best]:.2g} at best, after {self.best:,} updates"
        return f"History of {taken} updates{change}"
