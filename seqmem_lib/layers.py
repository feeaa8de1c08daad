"""What a recurrent layer of torch hides: layers on top of each other, and directions side by side.

A layer of torch is a grid of cells: `num_layers` high, one or two directions wide. Here the grid is run one cell at a
time, with the cells of this package, in the order in which torch stores the states: layer 0 forward, layer 0 backward,
layer 1 forward, ...
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from .arguments import check_kind, shown
from .cells import Cell, cell_from
from .sequences import check_sequence
from .texts.classifier import turn

State = Tensor | tuple[Tensor, Tensor]


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
            output, end = run_cell(cell, read, next(starts), real)
            outputs.append(turn(output, real) if reverse else output)
            ends.append(end)
        x = torch.cat(outputs, dim=-1)
    if isinstance(module, nn.LSTM):
        h, c = zip(*ends, strict=True)
        return x, (torch.stack(h), torch.stack(c))
    return x, torch.stack(ends)


def run_cell(cell: Cell, x: Tensor, state: State, real: Tensor) -> tuple[Tensor, State]:
    """One cell over time: its h at every step, (batch, seq, hidden_size), and its state at the end.

    real : (batch, seq), False at padding, which leaves the state as it is and has an output of zero
    """
    output = []
    for x_t, real_t in zip(x.unbind(dim=1), real.unsqueeze(-1).unbind(dim=1), strict=True):
        new = cell(x_t, state)
        if isinstance(new, tuple):
            state = tuple(torch.where(real_t, one, old) for one, old in zip(new, state, strict=True))
        else:
            state = torch.where(real_t, new, state)
        h = state[0] if isinstance(state, tuple) else state
        output.append(torch.where(real_t, h, 0))
    return torch.stack(output, dim=1), state


def _starts(grid: list[list[Cell]], x: Tensor, state: State | None) -> list[State]:
    """The state that each cell of the grid starts from. Raises ValueError if the state does not fit."""
    cells = [cell for layer in grid for cell in layer]
    if state is None:
        return [cell.zero_state(x[:, 0]) for cell in cells]
    names, shape = cells[0].STATES, (len(cells), x.shape[0], cells[0].hidden_size)
    parts = state if isinstance(state, tuple) else (state,)
    shapes = [tuple(part.shape) for part in parts if isinstance(part, Tensor)]
    if shapes != [shape] * len(names):
        form = "h" if names == ("h",) else "a pair (h, c)"
        raise ValueError(f"state must be {form} of shape {shape} for this module and x, not {shapes or shown(state)}")
    if any(part.dtype != x.dtype for part in parts):
        raise ValueError(f"state must be of {x.dtype}, as x and the weights are")
    return list(parts[0]) if names == ("h",) else list(zip(*parts, strict=True))
