"""Training and evaluation on tasks, which draw fresh data at every step."""

import signal
import threading
from collections.abc import Callable, Collection, Iterable
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from math import inf
from numbers import Real

import torch
from IPython.display import display
from torch import Generator, Tensor, nn
from torch.nn.functional import mse_loss
from torch.nn.utils import clip_grad_norm_
from tqdm.auto import tqdm
from tqdm.notebook import tqdm_notebook

from ..arguments import (
    check_function,
    check_list,
    check_model,
    real_number,
    seeded,
    shown,
    true_or_false,
    whole_number,
)
from ..tasks.task import Task

FASTEST = 1e30  # a learning rate that is still a number in float32, whatever Adam multiplies it by

Draw = Callable[..., tuple[Tensor, Tensor]]  # what a function of your own may be, in the place of a Task


@dataclass(frozen=True, repr=False)
class History:
    """What train() returns.

    loss : the training loss at every step taken, before the step
    steps : how many steps were asked for; fewer were taken if you interrupted the training
    checkpoints : training step -> a copy of the weights after that many steps, for `model.load_state_dict`
    """

    loss: tuple[float, ...]
    steps: int
    checkpoints: dict[int, dict[str, Tensor]] = field(default_factory=dict)

    @property
    def interrupted(self) -> bool:
        return len(self.loss) < self.steps

    def __repr__(self) -> str:
        taken = f"{len(self.loss):,} of {self.steps:,}" if self.interrupted else f"{self.steps:,}"
        change = f": loss {self.loss[0]:.2g} -> {self.loss[-1]:.2g}" if self.loss else ""
        return f"History of {taken} training steps{change}"


def train(
    model: nn.Module,
    task: Task | Draw,
    *,
    steps: int = 1500,
    batch_size: int = 64,
    lr: float = 2e-2,
    seed: int = 0,
    loss_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    max_norm: float = inf,
    checkpoints: Iterable[int] = (),
    progress: bool = True,
) -> History:
    """Train with Adam (Kingma & Ba 2015), a fresh batch at every step. The model is changed in place.

    task : a Task, or a function of yours that is called as one, `task(batch_size, generator=...)`, and returns x,
        (batch, seq, input_size), and y
    loss_function : of output and y; the task's own if omitted, and the mean squared error if it has none
    seed : of the data. The initial weights are the model's own affair.
    max_norm : clip the gradient of all parameters together to this norm (Pascanu, Mikolov & Bengio 2013)
    checkpoints : keep the weights after so many training steps, from 0, the start, to `steps`
    progress : show a bar

    Ctrl-C, or the stop button of a notebook, ends the training after the current step. The model then has the
    weights of that step, and the history shows how far it came.

    Raises ValueError if steps or batch_size is below 1, max_norm is not positive, a checkpoint is not from 0 to
    steps, or another number is not possible; TypeError if the model or a function is something else, or the latter
    returns something else; FloatingPointError if the loss is no longer finite. What the functions raise is passed on.
    """
    check_model("model", model)
    check_function("task", task, "task(batch_size, generator=...)")
    steps, batch_size, lr, max_norm = check_training(steps, batch_size, lr, max_norm)
    loss_function = loss_of(task, loss_function)
    wanted = {
        whole_number("checkpoints", step, 0, steps) for step in check_list("checkpoints", checkpoints, ordered=False)
    }
    generator = seeded("seed", seed)
    true_or_false("progress", progress)

    def draw_loss() -> Tensor:
        x, y = _to_model(model, draw_batch(task, batch_size, generator))
        return one_number("loss_function", loss_function(model(x), y))

    return descend(model, draw_loss, steps=steps, lr=lr, max_norm=max_norm, checkpoints=wanted, progress=progress)


def descend(
    model: nn.Module,
    draw_loss: Callable[[], Tensor],
    *,
    steps: int,
    lr: float,
    max_norm: float,
    checkpoints: Collection[int] = (),
    progress: bool,
) -> History:
    """The training of `train`, whatever the model reads: `draw_loss` returns the loss of one step."""
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses, kept = [], {}
    model.train()

    def keep() -> None:
        if len(losses) in checkpoints:
            kept[len(losses)] = deepcopy(model.state_dict())

    keep()
    with _asked_to_stop() as stop, _progress_bar(steps, progress) as bar:
        while len(losses) < steps and not stop.is_set():
            loss = draw_loss()
            losses.append(loss.item())
            if not loss.isfinite():
                fix = f"try a smaller lr than {lr}" if len(losses) > 1 else "look for NaN in the data and the weights"
                raise FloatingPointError(f"the loss is {losses[-1]} at step {len(losses)}: {fix}")
            optimizer.zero_grad()
            loss.backward()
            if max_norm < inf:
                clip_grad_norm_(model.parameters(), max_norm)
            optimizer.step()
            keep()
            bar.update()
    return History(tuple(losses), steps, kept)


def evaluate(
    model: nn.Module,
    task: Task | Draw,
    *,
    batch_size: int = 1000,
    seed: int = 1_000_000,
    metric: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> float:
    """The metric on one fresh batch; the task's own if omitted, and the mean squared error if it has none.

    seed : of the data; keep it different from the seeds you train with

    Raises ValueError if batch_size or seed is not possible, TypeError if the model or a function is something else, or
    the latter returns something else. What the functions raise is passed on.
    """
    check_model("model", model)
    metric = getattr(task, "metric", mse_loss) if metric is None else metric
    check_function("metric", metric, "metric(output, y)")
    batch_size, generator = whole_number("batch_size", batch_size, 1), seeded("seed", seed)
    check_function("task", task, "task(batch_size, generator=...)")
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            x, y = _to_model(model, draw_batch(task, batch_size, generator))
            return one_number("metric", metric(model(x), y)).item()
    finally:
        model.train(was_training)


def check_training(steps, batch_size, lr, max_norm) -> tuple[int, int, float, float]:
    """The numbers that every training is given. Raises ValueError if one is not possible."""
    if isinstance(max_norm, bool) or not isinstance(max_norm, Real) or not max_norm > 0:
        raise ValueError(f"max_norm={shown(max_norm)} must be positive: leave it out to clip nothing")
    steps, batch_size = whole_number("steps", steps, 1), whole_number("batch_size", batch_size, 1)
    return steps, batch_size, real_number("lr", lr, 0, FASTEST), float(max_norm)


def loss_of(task: Task | Draw, loss_function) -> Callable[[Tensor, Tensor], Tensor]:
    """What was given, else the task's own, else the mean squared error. Raises TypeError if that is no function."""
    chosen = getattr(task, "loss", mse_loss) if loss_function is None else loss_function
    return check_function("loss_function", chosen, "loss_function(output, y)")


def draw_batch(task: Task | Draw, batch_size: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """What the task returns. Raises TypeError if that is not x and y."""
    batch = task(batch_size, generator=generator)
    if not isinstance(batch, tuple | list) or len(batch) != 2 or not all(isinstance(one, Tensor) for one in batch):
        raise TypeError(f"task must return two tensors, x and y, not {shown(batch)}")
    return batch


def one_number(name: str, value) -> Tensor:
    """What a function of this name returned. Raises TypeError if that is not one number in a tensor."""
    if not isinstance(value, Tensor) or value.numel() != 1 or value.is_complex():
        raise TypeError(f"{name} must return one number in a tensor, not {shown(value)}")
    return value


def _to_model(model: nn.Module, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, ...]:
    """Data are drawn in float32 on the CPU; here they take on the model's device and, if not integers, its dtype."""
    parameter = next(model.parameters())
    return tuple(
        tensor.to(parameter.device, parameter.dtype if tensor.is_floating_point() else None) for tensor in batch
    )


@contextmanager
def _asked_to_stop():
    """An event that Ctrl-C sets, so that a training step is never cut in half."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread only
        yield stop
        return
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _progress_bar(steps: int, show: bool) -> tqdm:
    if not (show and issubclass(tqdm, tqdm_notebook)):
        return tqdm(total=steps, disable=not show, unit="step")
    bar = tqdm(total=steps, unit="step", display=False)
    # Beside the live bar, a text for a page without a kernel: tqdm's own would say 0 % for ever.
    view = {"version_major": 2, "version_minor": 0, "model_id": bar.container.model_id}
    text = f"Training for {steps:,} steps."
    display({"application/vnd.jupyter.widget-view+json": view, "text/plain": text}, raw=True)
    return bar
