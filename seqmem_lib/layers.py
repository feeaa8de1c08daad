"""What a recurrent layer of torch hides: layers on top of each other, and directions side by side.

A layer of torch is a grid of cells: `num_layers` high, one or two directions wide. Here the grid is run one cell at a
time, with the cells of this package, in the order in which torch stores the states: layer 0 forward, layer 0 backward,
layer 1 forward, ...
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from .arguments import check_kind, check_sequence, shown, true_or_false, whole_number
from .cells import Cell, GRUCell, LSTMCell, RNNCell, unroll

State = Tensor | tuple[Tensor, Tensor]
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

    Because the parameters are shared, training one trains the other.
    Raises TypeError if the module is not recurrent or computes something of its own, ValueError if it has no such
    layer or direction.
    """
    return cell_of("module", module, layer, reverse)


def cell_of(name: str, module: nn.Module, layer: int = 0, reverse: bool = False) -> Cell:
    """As `cell_from`, for an argument of this name."""
    theirs = next((known for known in (*HAND_WRITTEN, Cell) if isinstance(module, known)), None)
    if theirs is None:
        raise TypeError(
            f"{name}: {type(module).__name__} is not a recurrent layer: pass an nn.RNN, nn.LSTM, nn.GRU or a cell "
            "(of a larger model, the attribute that holds it)"
        )
    if type(module).forward is not theirs.forward:
        raise TypeError(f"{name}: {type(module).__name__} has a forward of its own: pass a plain {theirs.__name__}")
    layer = whole_number("layer", layer, 0, getattr(module, "num_layers", 1) - 1)
    if true_or_false("reverse", reverse) and not getattr(module, "bidirectional", False):
        raise ValueError(f"reverse=True needs a {name} made with bidirectional=True")
    if getattr(module, "proj_size", 0):
        raise ValueError(f"{name}: proj_size={module.proj_size} is not supported: use an LSTM without a projection")
    if theirs is Cell:
        return module
    kind = HAND_WRITTEN[theirs]
    suffix = f"_l{layer}{'_reverse' if reverse else ''}" if isinstance(module, nn.RNNBase) else ""
    weight_ih = getattr(module, "weight_ih" + suffix)
    options = {"nonlinearity": module.nonlinearity} if kind is RNNCell else {}
    cell = kind(weight_ih.shape[1], module.hidden_size, bool(module.bias), device="meta", **options)
    for name, _ in list(cell.named_parameters()):
        value = getattr(module, name + suffix)
        if not isinstance(value, nn.Parameter):  # pruned or reparametrised: a tensor that is computed
            delattr(cell, name)
        setattr(cell, name, value)
    return cell


def run_by_hand(
    module: nn.RNNBase, x: Tensor, state: State | None = None, *, lengths: Sequence[int] | Tensor | None = None
) -> tuple[Tensor, State]:
    """What an nn.RNN, nn.LSTM or nn.GRU computes, with hand-written cells that share its parameters.

    x : Tensor, (batch, seq, input_size), padded on the right if the lengths differ. It is always batch-first.
    state : at the start, h of the shape (num_layers · directions, batch, hidden_size); for the LSTM the pair (h, c);
        zeros if omitted
    lengths : (batch,), the number of real steps of each sequence, as if x were packed; all of them if omitted

    Returns output, (batch, seq, directions · hidden_size), zero after each sequence's end, and the state at the end, in
    the form of `state`. Dropout acts between layers, and only if `module.training`.

    Both directions: Schuster & Paliwal (1997).
    Raises TypeError if the module is not one of the three or x is not a tensor, ValueError if a shape or a dtype does
    not fit, or the module has a projection (proj_size).
    """
    check_kind("module", module, nn.RNNBase, "an nn.RNN, nn.LSTM or nn.GRU")
    directions = (False, True) if module.bidirectional else (False,)
    grid = [
        [cell_from(module, layer=layer, reverse=reverse) for reverse in directions]
        for layer in range(module.num_layers)
    ]
    lengths = check_sequence(x, lengths, module.input_size, module.weight_ih_l0.dtype)
    real = torch.arange(x.shape[1], device=x.device) < torch.tensor(lengths, device=x.device)[:, None]
    starts = iter(_starts(grid, x, state))
    ends = []
    x = x.masked_fill(~real.unsqueeze(-1), 0)  # padding may hold anything
    for layer, cells in enumerate(grid):
        if layer > 0:
            x = dropout(x, module.dropout, module.training)
        outputs = []
        for cell, reverse in zip(cells, directions, strict=True):
            read = turn(x, real) if reverse else x
            states = unroll(cell, read, next(starts), real=real)
            output = torch.stack(states["h"], dim=1).masked_fill(~real.unsqueeze(-1), 0)
            outputs.append(turn(output, real) if reverse else output)
            ends.append(tuple(states[name][-1] for name in cell.STATES))
        x = torch.cat(outputs, dim=-1)
    end = tuple(map(torch.stack, zip(*ends, strict=True)))
    return x, end if isinstance(module, nn.LSTM) else end[0]


def _starts(grid: list[list[Cell]], x: Tensor, state: State | None) -> list[tuple[Tensor, ...] | None]:
    """The states that each cell of the grid starts from. Raises ValueError if the state does not fit."""
    cells = [cell for layer in grid for cell in layer]
    if state is None:
        return [None] * len(cells)
    names, shape = cells[0].STATES, (len(cells), x.shape[0], cells[0].hidden_size)
    parts = state if isinstance(state, tuple) else (state,)
    shapes = [tuple(part.shape) for part in parts if isinstance(part, Tensor)]
    if shapes != [shape] * len(names):
        form = "h" if names == ("h",) else "a pair (h, c)"
        raise ValueError(f"state must be {form} of shape {shape} for this module and x, not {shapes or shown(state)}")
    if any(part.dtype != x.dtype for part in parts):
        raise ValueError(f"state must be of {x.dtype}, as x and the weights are")
    return list(zip(*parts, strict=True))


def turn(x: Tensor, real: Tensor) -> Tensor:
    """Each sequence from its last real step to its first; turned twice, it is as it was. Padding on the right stays
    there.

    x : Tensor, (batch, seq, features); real : Tensor, (batch, seq), True at every word
    """
    steps = torch.arange(x.shape[1], device=x.device)
    last = (steps * real).amax(dim=1, keepdim=True)
    index = torch.where(steps <= last, last - steps, steps)
    return x.gather(1, index.unsqueeze(-1).expand_as(x))
