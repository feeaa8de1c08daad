"""Train several models of one kind in one pass: one product for all of them at each step, in place of one for each."""

from collections.abc import Callable, Sequence
from math import inf

import torch
from torch import Tensor, nn
from torch.func import stack_module_state, vmap

from ..arguments import check_function, check_list, seeded, shown, true_or_false
from ..tasks.task import Task
from .batches import Batches
from .history import History
from .progress import progress_bar
from .train import Draw, check_training, draw_batch, loss_of, one_number


@torch.inference_mode(False)  # wherever it is called from
@torch.enable_grad()
def train_together(
    models: Sequence[nn.Module],
    task: Task | Draw | Sequence[Task | Draw],
    *,
    seeds: Sequence[int],
    steps: int = 1500,
    batch_size: int = 64,
    lr: float = 2e-2,
    loss_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    max_norm: float = inf,
    progress: bool = True,
) -> list[History]:
    """What `train` does, for several models at once, each on data of its own seed. They are changed in place.

    models : SequenceModel or SequenceClassifier, of one kind and size, on one device; classifiers of one layer, one
        direction and no dropout
    task : as for `train`, or a list of tasks, one for each model, whose batches have the same shape and,
        unless a loss is given, which have the same loss. Batches of texts of different lengths need a `length`.
    seeds : of the data, one for each model
    The other arguments are those of `train`.

    The numbers are those of `train`, up to rounding: Adam (Kingma & Ba 2015) moves every weight by itself, and the
    gradient of the sum of the losses is, for each model, that of its own loss. The layers run step by step, as our
    hand-written cells do. So this pays where a step is small and the layer has no fast routine of its own: on a CPU for
    RNN and GRU, and not for the LSTM. `make bench` measures it.

    Raises ValueError if the models, the seeds or a number do not fit, TypeError if an argument is of another kind,
    FloatingPointError if a loss is no longer finite. After an error or Ctrl-C the models are as they were.

    >>> task = sm.tasks.latch(lag=5)
    >>> models = [sm.SequenceModel(nn.RNN, task, hidden_size=8, seed=seed) for seed in range(3)]
    >>> histories = sm.train_together(models, task, seeds=range(3), steps=50, progress=False)
    >>> len(histories)
    3
    """
    models, seeds = check_list("models", models, "models"), check_list("seeds", seeds, "whole numbers")
    tasks = [task] * len(models) if callable(task) else check_list("task", task, "tasks, or one task")
    for one in tasks:
        check_function("task", one, "task(batch_size, generator=...)")
    steps, batch_size, lr, max_norm = check_training(steps, batch_size, lr, max_norm)
    true_or_false("progress", progress)
    losses = [loss_of(one, loss_function) for one in tasks or [None]]
    if any(one != losses[0] for one in losses):
        raise ValueError("task holds tasks of different losses: pass one loss_function for all")
    loss_function = losses[0]
    if not all(hasattr(model, "forward_several") for model in models):
        raise TypeError("models must be a list of SequenceModel or of SequenceClassifier: train others one by one")
    kinds = {(type(model), str(model)) for model in models}
    if len(kinds) != 1 or not len(seeds) == len(tasks) == len(models):
        raise ValueError(
            f"models holds {len(models)} of {len(kinds)} kinds, seeds {len(seeds)} and task {len(tasks)}: give models "
            "of one kind and size, and a seed for each"
        )
    if len(set(map(id, models))) < len(models):
        raise ValueError("models holds one model twice: make one for each seed")
    model = models[0]
    generators = [seeded("each of seeds", seed) for seed in seeds]
    for one, target in zip(tasks, models, strict=True):
        if isinstance(one, Batches):
            one.check(target, own_loss=loss_function is not one.loss)
            one.check_shape(batch_size, like=tasks[0])
    stacked, _ = stack_module_state(models)
    weights = list(stacked.values())
    optimizer = torch.optim.Adam(weights, lr=lr)

    def loss(output: Tensor, y: Tensor) -> Tensor:
        return one_number("loss_function", loss_function(output, y))

    taken = []
    with progress_bar(steps, progress) as bar:
        while len(taken) < steps:
            drawn = [draw_batch(one, batch_size, generator) for one, generator in zip(tasks, generators, strict=True)]
            x, y = (_stacked(tensors) for tensors in zip(*drawn, strict=True))
            x, y = (one.to(weights[0].device, weights[0].dtype if one.is_floating_point() else None) for one in (x, y))
            each = vmap(loss)(model.forward_several(stacked, x), y)
            taken.append(each.detach())
            optimizer.zero_grad()
            each.sum().backward()
            if max_norm < inf:
                _clip_each(weights, max_norm)
            optimizer.step()
            bar.update()
            if len(taken) % 100 == 0 or len(taken) == steps:  # not at each step, which would wait for a GPU
                _check_finite(taken, seeds, lr)
    with torch.no_grad():
        for name, values in stacked.items():
            for target, value in zip(models, values, strict=True):
                target.get_parameter(name).copy_(value)
    return [History(tuple(column), steps) for column in torch.stack(taken).T.tolist()]


def _stacked(tensors: Sequence[Tensor]) -> Tensor:
    """Raises ValueError if the shapes differ."""
    if len(shapes := {tuple(one.shape) for one in tensors}) > 1:
        raise ValueError(f"task drew batches of different shapes, {shown(sorted(shapes))}: draw equal ones for all")
    return torch.stack(tensors)


def _clip_each(weights: list[Tensor], max_norm: float) -> None:
    """What clip_grad_norm_ does, for each model by itself: the first axis counts the models."""
    squares = torch.stack([weight.grad.flatten(1).square().sum(dim=1) for weight in weights])
    scale = (max_norm / (squares.sum(dim=0).sqrt() + 1e-6)).clamp(max=1)
    for weight in weights:
        weight.grad *= scale.view(-1, *[1] * (weight.ndim - 1))


def _check_finite(taken: list[Tensor], seeds: Sequence[int], lr: float) -> None:
    wrong = ~torch.stack(taken).isfinite()
    if wrong.any():
        step, model = wrong.nonzero()[0].tolist()
        said = f"the loss of the model with seed {seeds[model]} is {taken[step][model]} at step {step + 1}"
        raise FloatingPointError(f"{said}: try a smaller lr than {lr}")
