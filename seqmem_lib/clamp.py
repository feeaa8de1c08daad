"""Gate surgery: a recurrent layer runs while some of its gates or states are held at values of your choice."""

from collections.abc import Mapping

import torch
from torch import Tensor

from .arguments import check_kind, shown
from .cells import Cell, Hold


def check_clamp(clamp: Mapping, cell: Cell, x: Tensor) -> dict[str, Tensor]:
    """Every clamp as a tensor, (batch, seq, hidden_size), NaN where nothing is held.

    Raises TypeError if it is no dict, ValueError if a name or a shape does not fit, or a value is infinite or no
    number.
    """
    check_kind("clamp", clamp, Mapping, "a dict, name of a gate or a state -> what it is held at")
    shape = (*x.shape[:2], cell.hidden_size)
    checked = {}
    for name, value in clamp.items():
        if name not in (*cell.GATES, *cell.STATES):
            raise ValueError(f"clamp holds {shown(name)}, but this cell has {', '.join((*cell.GATES, *cell.STATES))}")
        try:
            tensor = torch.as_tensor(value)
            if tensor.is_complex() or tensor.dtype == torch.bool:
                raise TypeError
            checked[name] = tensor.detach().double().cpu().expand(shape)
        except (TypeError, ValueError, RuntimeError):
            raise ValueError(f"clamp[{name!r}] must be a number, or a tensor that broadcasts to {shape}") from None
        if checked[name].isinf().any():
            raise ValueError(f"clamp[{name!r}] holds infinity: use NaN where nothing is clamped")
    return checked


def run_clamped(
    cell: Cell, x: Tensor, values: dict[str, Tensor], clamp: dict[str, Tensor], real: Tensor, reverse: bool
) -> dict[str, Tensor]:
    """A run again, step by step from the first clamp on.

    x : Tensor, (batch, seq, input_size)
    values : what the free run computed, name -> (batch, seq, hidden_size), which is overwritten
    clamp : from `check_clamp`
    real : (batch, seq, 1), False in the padding
    """
    order = list(range(x.shape[1]))[:: -1 if reverse else 1]
    held = sum((~value.isnan()).any(dim=2).any(dim=0) for value in clamp.values())
    first = next((k for k, t in enumerate(order) if held[t]), len(order))
    zero = torch.zeros_like(values["h"][:, 0])
    state = {name: values[name][:, order[first - 1]] if first else zero for name in cell.STATES}

    def hold_at(t: int) -> Hold:
        def hold(name: str, value: Tensor) -> Tensor:
            if name not in clamp:
                return value
            held = clamp[name][:, t].to(value)
            return torch.where(held.isnan(), value, held)

        return hold

    for t in order[first:]:
        before = tuple(state.values())
        before = before if len(before) > 1 else before[0]
        hold = hold_at(t)
        gates = cell.gates(x[:, t], before, hold)
        after = cell.update(gates, before)
        after = dict(zip(cell.STATES, after if isinstance(after, tuple) else (after,), strict=True))
        state = {name: torch.where(real[:, t], hold(name, value), 0) for name, value in after.items()}
        for name, value in (gates | state).items():
            values[name][:, t] = value
    return values
