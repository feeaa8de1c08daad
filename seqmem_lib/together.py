"""Train several models of one kind in one pass: one product for all of them at each step, in place of one for each."""

from collections.abc import Callable, Sequence
from math import inf

import torch
from torch import Generator, Tensor, nn
from torch.func import stack_module_state, vmap
from torch.nn.functional import mse_loss

from .arguments import whole_number
from .models import SequenceModel
from .training import History, Task, check_max_norm


def train_together(
    models: Sequence[SequenceModel],
    task: Task,
    *,
    seeds: Sequence[int],
    steps: int = 1500,
    batch_size: int = 64,
    lr: float = 2e-2,
    loss_function: Callable[[Tensor, Tensor], Tensor] = mse_loss,
    max_norm: float = inf,
) -> list[History]:
    """What `train` does, for several models at once, each on data of its own seed. They are changed in place.

    models : of one layer type and size, on one device
    seeds : of the data, one for each model
    The other arguments are those of `train`.

    The numbers are those of `train`, up to rounding: Adam (Kingma & Ba 2015) moves every weight by itself, and the
    gradient of the sum of the losses is, for each model, that of its own loss. The layers run step by step, as our
    hand-written cells do. So this pays where a step is small and the layer has no fast routine of its own: on a CPU for
    RNN and GRU, and not for the LSTM. `make bench` measures it.

    Raises ValueError if the models, the seeds or max_norm do not fit, FloatingPointError if a loss is no longer finite.
    After an error or Ctrl-C the models are as they were.
    """
    steps, batch_size = whole_number("steps", steps, 1), whole_number("batch_size", batch_size, 1)
    check_max_norm(max_norm)
    models = list(models)
    kinds = {(type(model.rnn), str(model.rnn), str(model.readout)) for model in models}
    if len(kinds) != 1 or len(seeds) != len(models):
        raise ValueError(
            f"models holds {len(models)} of {len(kinds)} kinds, and seeds {len(seeds)}: give models of one kind and "
            "size, and a seed for each"
        )
    parts = [stack_module_state(modules)[0] for modules in ([m.rnn for m in models], [m.readout for m in models])]
    layer, of_layer, of_readout = models[0].rnn, *parts
    weights = [parameter for part in parts for parameter in part.values()]
    optimizer = torch.optim.Adam(weights, lr=lr)
    generators = [Generator().manual_seed(seed) for seed in seeds]
    taken = []
    for _ in range(steps):
        drawn = [task(batch_size, generator=generator) for generator in generators]
        x, y = (torch.stack(tensors) for tensors in zip(*drawn, strict=True))
        x, y = (one.to(weights[0].device, weights[0].dtype if one.is_floating_point() else None) for one in (x, y))
        h = _run_stacked(layer, of_layer, x)
        outputs = torch.baddbmm(of_readout["bias"].unsqueeze(1), h.flatten(1, 2), of_readout["weight"].mT)
        each = vmap(loss_function)(outputs.unflatten(1, h.shape[1:3]), y)
        taken.append(each.detach())
        optimizer.zero_grad()
        each.sum().backward()
        if max_norm < inf:
            _clip_each(weights, max_norm)
        optimizer.step()
        if len(taken) % 100 == 0 or len(taken) == steps:  # not at each step, which would wait for a GPU
            _check_finite(taken, seeds, lr)
    with torch.no_grad():
        for part, targets in zip(parts, ([m.rnn for m in models], [m.readout for m in models]), strict=True):
            for name, stacked in part.items():
                for target, value in zip(targets, stacked, strict=True):
                    target.get_parameter(name).copy_(value)
    return [History(tuple(column), steps) for column in torch.stack(taken).T.tolist()]


def _run_stacked(layer: nn.RNNBase, weights: dict[str, Tensor], x: Tensor) -> Tensor:
    """h of several layers at every step, (models, batch, seq, hidden_size), as our cells compute it: the first axis of
    each weight, and of x, counts the models.

    The input is projected once for all steps. What is left at each step is one product for all models.
    """
    w_x, w_h, b_x, b_h = (weights[f"{name}_l0"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    gru = layer.mode == "GRU"  # its reset gate multiplies the second bias, which the others add to the first
    b_x, b_h, w_h = (b_x if gru else b_x + b_h).unsqueeze(1), b_h.unsqueeze(1), w_h.mT.contiguous()
    sums = torch.baddbmm(b_x, x.flatten(1, 2), w_x.mT).unflatten(1, x.shape[1:3])
    h = c = x.new_zeros(*x.shape[:2], layer.hidden_size)
    shown = []
    for of_x in sums.unbind(dim=2):
        if gru:
            of_h = torch.baddbmm(b_h, h, w_h)
            (x_rz, x_n), (h_rz, h_n) = (one.tensor_split([2 * layer.hidden_size], dim=-1) for one in (of_x, of_h))
            r, z = (x_rz + h_rz).sigmoid().chunk(2, dim=-1)
            h = torch.lerp((x_n + r * h_n).tanh(), h, z)  # (1 - z)·n + z·h
        elif layer.mode == "LSTM":
            i, f, g, o = torch.baddbmm(of_x, h, w_h).chunk(4, dim=-1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        else:
            a = torch.baddbmm(of_x, h, w_h)
            h = a.relu() if layer.mode == "RNN_RELU" else a.tanh()
        shown.append(h)
    return torch.stack(shown, dim=2)


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
