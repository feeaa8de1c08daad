"""What a recurrent layer of torch hides: layers on top of each other, and directions side by side.

A layer of torch is a grid of cells: `num_layers` high, one or two directions wide. Here the grid is run one cell at a
time, with the cells of this package, in the order in which torch stores the states: layer 0 forward, layer 0 backward,
layer 1 forward, ...
"""

import re
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout
from torch.nn.utils.parametrize import is_parametrized, register_parametrization, type_before_parametrizations

from ..arguments import check_kind, check_sequence, shown, true_or_false, whole_number
from ..cells import Cell, GRUCell, LSTMCell, RNNCell, unroll
from .hooks import WEIGHTS, State, check_autocast, check_numbers, check_weight, weights_of

HAND_WRITTEN = {
    **dict.fromkeys((nn.RNN, nn.RNNCell), RNNCell),
    **dict.fromkeys((nn.LSTM, nn.LSTMCell), LSTMCell),
    **dict.fromkeys((nn.GRU, nn.GRUCell), GRUCell),
}


def cell_from(module: nn.Module, *, layer: int = 0, reverse: bool = False) -> Cell:
    """A hand-written cell on top of one layer and direction of a torch module, sharing its parameters.

    module : nn.RNN, nn.LSTM, nn.GRU or one of torch's cells. A cell of ours is returned as it is.
    layer : counted from 0, the layer that reads the input
    reverse : the direction that reads from the end, in a bidirectional module

    Because the parameters are shared, training one trains the other; what torch's parametrizations compute is shared in
    the same way. Hooks cannot be shared, and such a module is refused.
    Raises TypeError if the module is not recurrent or computes something of its own, ValueError if it has no such
    layer or direction, or has hooks that run before or after its forward.

    >>> lstm = nn.LSTM(3, 4, num_layers=2)
    >>> cell = sm.cell_from(lstm, layer=1)
    >>> cell.weight_hh is lstm.weight_hh_l1
    True
    """
    theirs = check_recurrent("module", module, layer, reverse)
    if theirs is Cell:
        return module
    if module._forward_pre_hooks or module._forward_hooks:
        raise ValueError(
            "module has forward hooks, which a cell would leave out: remove them first, those of pruning or of an "
            "older weight_norm or spectral_norm with prune.remove, remove_weight_norm or remove_spectral_norm"
        )
    cell, suffix = _bare_cell(module, theirs, layer, reverse)
    for name, _ in list(cell.named_parameters()):
        if is_parametrized(module, name + suffix):
            register_parametrization(cell, name, nn.Identity())
            cell.parametrizations[name] = module.parametrizations[name + suffix]
        else:
            setattr(cell, name, check_weight("module", name + suffix, module._parameters.get(name + suffix)))
    return cell


def cell_with(module: nn.Module, weights: dict[str, Tensor], layer: int = 0, reverse: bool = False) -> Cell:
    """A cell that computes what one layer and direction of the module does, with these weights of the module.

    weights : name in the module -> Tensor
    """
    cell, suffix = module, ""
    if not isinstance(module, Cell):
        theirs = next(known for known in HAND_WRITTEN if isinstance(module, known))
        cell, suffix = _bare_cell(module, theirs, layer, reverse)
    other = object.__new__(type_before_parametrizations(cell))  # of a reader's own class, too, and without its hooks
    vars(other).update(vars(cell) | vars(nn.Module()))
    for kind in ("_parameters", "_buffers", "_modules"):
        vars(other)[kind] = {k: v for k, v in vars(cell)[kind].items() if k not in (*WEIGHTS, "parametrizations")}
    other.training = cell.training
    for name in WEIGHTS:
        setattr(other, name, weights.get(name + suffix))
    return other


def check_recurrent(name: str, module: nn.Module, layer: int = 0, reverse: bool = False) -> type:
    """The class of torch or of ours that computes what the module does.

    Raises TypeError or ValueError as `cell_from` does; `name` is the argument's.
    """
    kinds = (*HAND_WRITTEN, Cell)
    theirs = next((known for known in kinds if isinstance(module, known)), None)
    kind = type(module).__name__
    if isinstance(module, torch.jit.ScriptModule) or type(module).__module__.startswith("torch.ao."):
        made = "compiled by torch.jit" if isinstance(module, torch.jit.ScriptModule) else "quantized"
        raise TypeError(
            f"{name}: {kind} is {made}, and its weights cannot be read: pass the layer that it was made from"
        )
    if theirs is None:
        parts = module.named_modules() if isinstance(module, nn.Module) else ()
        held = next((re.sub(r"\.(\d+)", r"[\1]", f".{path}") for path, one in parts if isinstance(one, kinds)), None)
        fix = "pass an nn.RNN, nn.LSTM, nn.GRU or a cell (of a larger model, the attribute that holds it)"
        fix = fix if held is None else f"pass what it holds, {name}{held}"
        raise TypeError(f"{name}: {kind} is not a recurrent layer: {fix}")
    if type(module).forward is not theirs.forward or "forward" in vars(module):
        raise TypeError(f"{name}: {kind} has a forward of its own: pass a plain {theirs.__name__}")
    whole_number("layer", layer, 0, getattr(module, "num_layers", 1) - 1)
    if true_or_false("reverse", reverse) and not getattr(module, "bidirectional", False):
        raise ValueError(f"reverse=True needs a {name} made with bidirectional=True")
    if getattr(module, "proj_size", 0):
        raise ValueError(f"{name}: proj_size={module.proj_size} is not supported: use an LSTM without a projection")
    return theirs


def _bare_cell(module: nn.Module, theirs: type, layer: int, reverse: bool) -> tuple[Cell, str]:
    """A cell of the module's sizes without numbers, and how the names of its weights end in the module."""
    kind, stacked = HAND_WRITTEN[theirs], isinstance(module, nn.RNNBase)
    size = module.hidden_size * (2 if module.bidirectional else 1) if stacked and layer > 0 else module.input_size
    options = {"nonlinearity": module.nonlinearity} if kind is RNNCell else {}
    cell = kind(size, module.hidden_size, bool(module.bias), device="meta", **options)
    return cell, f"_l{layer}{'_reverse' if reverse else ''}" if stacked else ""


def run_by_hand(
    module: nn.RNNBase, x: Tensor, state: State | None = None, *, lengths: Sequence[int] | Tensor | None = None
) -> tuple[Tensor, State]:
    """What an nn.RNN, nn.LSTM or nn.GRU computes, with hand-written cells that share its parameters.

    x : Tensor, what you would pass to the module itself: (batch, seq, input_size) if it was made with batch_first=True,
        else (seq, batch, input_size). It is padded on the right if the lengths differ.
    state : at the start, h of the shape (num_layers · directions, batch, hidden_size); for the LSTM the pair (h, c);
        zeros if omitted
    lengths : (batch,), the number of real steps of each sequence, as if x were packed; all of them if omitted

    Returns output, as the module lays it out, (batch, seq, directions · hidden_size) or (seq, batch, ...), zero after
    each sequence's end, and the state at the end, in the form of `state`. Dropout acts between layers, and only if
    `module.training`.

    Both directions: Schuster & Paliwal (1997).
    Raises TypeError if the module is not one of the three or x is not a tensor, ValueError if a shape or a dtype does
    not fit, the module has a projection (proj_size) or hooks that change what it computes, or autocast is on.

    >>> gru, x = nn.GRU(3, 4, batch_first=True), torch.randn(2, 5, 3)
    >>> output, h_n = sm.run_by_hand(gru, x)
    >>> torch.allclose(output, gru(x)[0], atol=1e-6)
    True
    """
    theirs = check_recurrent("module", module)
    check_kind("module", module, nn.RNNBase, "an nn.RNN, nn.LSTM or nn.GRU")
    dtype = getattr(next(module.parameters(), None), "dtype", None)
    lengths = check_sequence(x, lengths, module.input_size, dtype, module.batch_first)
    starts = check_state(module, len(lengths), state)
    if any(part.dtype != x.dtype for start in starts for part in start or ()):
        raise ValueError(f"state must be of {x.dtype}, as x and the weights are")
    check_numbers("module", module, x)
    check_autocast("module", x.device)
    weights = weights_of("module", module, x, state, lengths)
    x = x if module.batch_first else x.transpose(0, 1)
    directions = (False, True) if module.bidirectional else (False,)
    real = torch.arange(x.shape[1], device=x.device) < torch.tensor(lengths, device=x.device)[:, None]
    starts, ends = iter(starts), []
    x = x.masked_fill(~real.unsqueeze(-1), 0)  # padding may hold anything
    for layer in range(module.num_layers):
        if layer > 0:
            x = dropout(x, module.dropout, module.training)
        outputs = []
        for reverse in directions:
            cell = cell_with(module, weights, layer, reverse)
            read = turn(x, real) if reverse else x
            states = unroll(cell, read, next(starts), real=real)
            output = torch.stack(states["h"], dim=1).masked_fill(~real.unsqueeze(-1), 0)
            outputs.append(turn(output, real) if reverse else output)
            ends.append(tuple(states[name][-1] for name in cell.STATES))
        x = torch.cat(outputs, dim=-1)
    end = tuple(map(torch.stack, zip(*ends, strict=True)))
    return x if module.batch_first else x.transpose(0, 1), end if theirs is nn.LSTM else end[0]


def check_state(module: nn.Module, batch: int, state: State | None) -> list[tuple[Tensor, ...] | None]:
    """What each cell of the module starts from, in torch's order: one tensor for each of its states, (batch,
    hidden_size), or None for zeros. Raises ValueError if the state does not fit."""
    shape, count = (batch, module.hidden_size), 1
    if isinstance(module, nn.RNNBase):
        count = module.num_layers * (2 if module.bidirectional else 1)
        shape = (count, *shape)
    if state is None:
        return [None] * count
    pair = isinstance(module, nn.LSTM | nn.LSTMCell | LSTMCell)
    parts = state if isinstance(state, tuple) else (state,)
    shapes = [tuple(part.shape) for part in parts if isinstance(part, Tensor) and part.is_floating_point()]
    if shapes != [shape] * (2 if pair else 1):
        form = "a pair (h, c)" if pair else "h"
        raise ValueError(f"state must be {form} of shape {shape} for this module and x, not {shapes or shown(state)}")
    return list(zip(*parts, strict=True)) if isinstance(module, nn.RNNBase) else [tuple(parts)]


def turn(x: Tensor, real: Tensor) -> Tensor:
    """Each sequence from its last real step to its first; turned twice, it is as it was. Padding on the right stays
    there.

    x : Tensor, (batch, seq, features); real : Tensor, (batch, seq), True at every word
    """
    steps = torch.arange(x.shape[1], device=x.device)
    last = (steps * real).amax(dim=1, keepdim=True)
    index = torch.where(steps <= last, last - steps, steps)
    return x.gather(1, index.unsqueeze(-1).expand_as(x))
