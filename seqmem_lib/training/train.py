"""Training and evaluation on tasks, which draw fresh data at every step."""

import warnings
from collections.abc import Callable, Collection, Iterable
from copy import deepcopy
from functools import partial
from math import ceil, inf

import torch
from torch import Generator, Tensor, nn
from torch.nn.utils import clip_grad_norm_

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
from ..tasks.judging import squared_error
from ..tasks.task import Task
from .batches import Batches
from .history import History, lowest
from .padding import real_steps
from .progress import asked_to_stop, progress_bar

FASTEST = 1e30  # a learning rate that is still a number in float32, whatever Adam multiplies it by
VALIDATIONS = 20  # in one training

Draw = Callable[..., tuple[Tensor, Tensor]]  # what a function of your own may be, in the place of a Task


@torch.inference_mode(False)  # wherever it is called from
@torch.enable_grad()
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
    validation: Task | Draw | None = None,
    progress: bool = True,
) -> History:
    """Train with Adam (Kingma & Ba 2015), a fresh batch at every step. The model is changed in place.

    task : a Task, or Batches, or a function of yours that is called as one, `task(batch_size, generator=...)`, and
        returns x, (batch, seq, input_size), and y
    loss_function : of output and y; the task's own if omitted, and the mean squared error if it has none
    seed : of the data. The initial weights are the model's own affair.
    max_norm : clip the gradient of all parameters together to this norm (Pascanu, Mikolov & Bengio 2013)
    checkpoints : keep the weights after so many updates, from 0, the start, to `steps`
    validation : a task that the model does not learn from, such as Batches of texts that are held out. Its loss is
        measured twenty times, on all of it if it is Batches, and the best weights are kept among the checkpoints:
        `model.load_state_dict(history.checkpoints[history.best])`.
    progress : show a bar

    Ctrl-C, or the stop button of a notebook, ends the training after the current step. The model then has the
    weights of that step, and a warning and the history say how far it came.

    Raises ValueError if steps or batch_size is below 1, max_norm is not positive, a checkpoint is not from 0 to
    steps, or another number is not possible; TypeError if the model or a function is something else, or the latter
    returns something else; FloatingPointError if the loss is no longer finite. What the functions raise is passed on.

    >>> task = sm.tasks.latch(lag=5)
    >>> model = sm.SequenceModel(nn.GRU, task, hidden_size=8, seed=0)
    >>> history = sm.train(model, task, steps=100, progress=False)
    >>> history.loss[-1] < history.loss[0]
    True
    """
    check_model("model", model)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError("model has only frozen parameters, so that nothing can be learned: model.requires_grad_(True)")
    check_function("task", task, "task(batch_size, generator=...)")
    steps, batch_size, lr, max_norm = check_training(steps, batch_size, lr, max_norm)
    loss_function = loss_of(task, loss_function)
    wanted = {
        whole_number("checkpoints", step, 0, steps) for step in check_list("checkpoints", checkpoints, ordered=False)
    }
    generator = seeded("seed", seed)
    true_or_false("progress", progress)
    for data in (task, validation):
        if isinstance(data, Batches):
            data.check(model, own_loss=loss_function is not data.loss)
    if validation is not None:
        check_function("validation", validation, "validation(batch_size, generator=...)")
        draw_batch(validation, 1, Generator(), name="validation")  # not found out only after a twentieth of the steps

    def draw_loss() -> Tensor:
        x, y = _to_model(model, draw_batch(task, batch_size, generator))
        return one_number("loss_function", loss_function(model(x), y))

    judge = None if validation is None else partial(evaluate, model, validation, metric=loss_function)
    options = {"checkpoints": wanted, "judge": judge, "progress": progress}
    return descend(model, draw_loss, steps=steps, lr=lr, max_norm=max_norm, **options)


def descend(
    model: nn.Module,
    draw_loss: Callable[[], Tensor],
    *,
    steps: int,
    lr: float,
    max_norm: float,
    checkpoints: Collection[int] = (),
    judge: Callable[[], float] | None = None,
    progress: bool,
) -> History:
    """The training of `train`, whatever the model reads: `draw_loss` returns the loss of one step, and `judge` that of
    the validation.
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses, kept, validation, best = [], {}, {}, {}
    judged = {ceil(steps * k / VALIDATIONS) for k in range(1, VALIDATIONS + 1)} if judge else ()
    model.train()

    def keep() -> None:
        step = len(losses)
        if step in judged:
            validation[step] = judge()
            if lowest(validation) == step:
                best.clear()
                best[step] = deepcopy(model.state_dict())
        if step in checkpoints:
            kept[step] = deepcopy(model.state_dict())

    keep()
    with asked_to_stop() as stop, progress_bar(steps, progress) as bar:
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
    history = History(tuple(losses), steps, kept | best, validation)
    if history.interrupted:
        warnings.warn(f"the training was interrupted after {len(losses):,} of {steps:,} steps", stacklevel=3)
    return history


def evaluate(
    model: nn.Module,
    task: Task | Draw,
    *,
    batch_size: int = 1000,
    seed: int = 1_000_000,
    metric: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> float:
    """The metric; the task's own if omitted, and the mean squared error if it has none.

    task : as for `train`. One fresh batch is drawn; of Batches each sequence is taken once, and batch_size is how many
        of them at a time.
    seed : of the data that are drawn; keep it different from the seeds you train with

    Raises ValueError if batch_size or seed is not possible, TypeError if the model or a function is something else, or
    the latter returns something else. What the functions raise is passed on.

    >>> task = sm.tasks.latch(lag=5)
    >>> model = sm.SequenceModel(nn.GRU, task, hidden_size=4, seed=0)
    >>> 0 <= sm.evaluate(model, task) <= 1  # the share of right answers; untrained, about one in four
    True
    """
    check_model("model", model)
    metric = getattr(task, "metric", squared_error) if metric is None else metric
    check_function("metric", metric, "metric(output, y)")
    batch_size, generator = whole_number("batch_size", batch_size, 1), seeded("seed", seed)
    check_function("task", task, "task(batch_size, generator=...)")
    was_training = model.training
    model.eval()

    def score(batch: tuple[Tensor, Tensor]) -> float:
        x, y = _to_model(model, batch)
        return one_number("metric", metric(model(x), y)).item()

    try:
        with torch.no_grad():
            if not isinstance(task, Batches):
                return score(draw_batch(task, batch_size, generator))
            task.check(model, own_loss=metric is not task.metric)
            scores = [(score((x, y)), len(real_steps(y, y)[1])) for x, y in task.once(batch_size)]
            return sum(value * count for value, count in scores) / sum(count for _, count in scores)
    finally:
        model.train(was_training)


def check_training(steps, batch_size, lr, max_norm) -> tuple[int, int, float, float]:
    """The numbers that every training is given. Raises ValueError if one is not possible."""
    try:
        limit = real_number("max_norm", max_norm, 0, inf)
    except ValueError:
        limit = 0
    if limit == 0:
        raise ValueError(f"max_norm={shown(max_norm)} must be positive: leave it out to clip nothing")
    steps, batch_size = whole_number("steps", steps, 1), whole_number("batch_size", batch_size, 1)
    return steps, batch_size, real_number("lr", lr, 0, FASTEST), limit


def loss_of(task: Task | Draw, loss_function) -> Callable[[Tensor, Tensor], Tensor]:
    """What was given, else the task's own, else the mean squared error. Raises TypeError if that is no function."""
    chosen = getattr(task, "loss", squared_error) if loss_function is None else loss_function
    return check_function("loss_function", chosen, "loss_function(output, y)")


def draw_batch(
    task: Task | Draw, batch_size: int, generator: Generator, *, name: str = "task"
) -> tuple[Tensor, Tensor]:
    """What the task of this name returns. Raises TypeError if that is not x and y."""
    batch = task(batch_size, generator=generator)
    if not isinstance(batch, tuple | list) or len(batch) != 2 or not all(isinstance(one, Tensor) for one in batch):
        raise TypeError(f"{name} must return two tensors, x and y, not {shown(batch)}")
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
