"""`record` watches a recurrent layer while it reads. It can hold chosen gates and states at values of your choice:
surgery on a layer, to see what a gate is good for."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from .arguments import check_kind, check_sequence, shown
from .cells import Cell, GRUCell, LSTMCell, unroll
from .layers import State, cell_with, check_autocast, check_numbers, check_recurrent, check_state, weights_of
from .trace import CELLS, Trace, check_tokens, states_before


def record(
    layer_or_cell: nn.Module,
    x: Tensor,
    *,
    lengths: Sequence[int] | Tensor | None = None,
    tokens: Sequence | None = None,
    state: State | None = None,
    layer: int = 0,
    reverse: bool = False,
    clamp: Mapping[str, float | Tensor] | None = None,
) -> Trace:
    """Everything one layer and direction computes while it reads x.

    layer_or_cell : an nn.RNN, nn.LSTM or nn.GRU, trained or not, or a cell, torch's or ours
    x : Tensor, what you would pass to the layer itself: (batch, seq, input_size) if it was made with batch_first=True,
        else (seq, batch, input_size); for a cell (batch, seq, input_size). It is padded on the right if the lengths
        differ. The trace is (batch, seq, ...) whatever x is.
    lengths : (batch,), the number of real steps of each sequence; all of them if omitted
    tokens : one text per step, for a batch of one; else such a list per sequence
    state : before the first step, h of the shape (num_layers · directions, batch, hidden_size), for a cell (batch,
        hidden_size); for the LSTM the pair (h, c); zeros if omitted
    layer, reverse : which layer of a stacked module, counted from 0, and which direction of a bidirectional one
    clamp : name of a gate or a state -> what it is held at: a number, or a Tensor that broadcasts to (batch, seq,
        hidden_size) and holds NaN where the layer may do as it likes. A state is replaced after its step, before the
        next step reads it; what the same step made of it stays. Steps before the first clamp do not change.

    A torch layer runs as its next forward will, in training mode too; its gates are then computed again from its h, all
    steps in one matrix product. A cell is run step by step. Dropout between layers is left out, as in evaluation. The
    layer stays as it is.

    Raises TypeError if the module is not recurrent or x is not a tensor, ValueError if an argument does not fit, hooks
    change more than weights, autocast is on, or the trace is too large for this machine.

    >>> lstm, x = nn.LSTM(3, 4, batch_first=True), torch.randn(2, 5, 3)
    >>> trace = sm.record(lstm, x)
    >>> held = sm.record(lstm, x, clamp={"f": 1.0})  # what if it never forgot?
    >>> held.f.min().item()
    1.0
    """
    check_recurrent("layer_or_cell", layer_or_cell, layer, reverse)
    x, lengths, starts = read("layer_or_cell", layer_or_cell, x, lengths, state)
    batch_first = getattr(layer_or_cell, "batch_first", True)
    if tokens is not None:
        tokens = check_tokens(tokens, lengths, "" if batch_first else "; x is (seq, batch, ...), as batch_first=False")
    check_autocast("layer_or_cell", x.device)
    with torch.inference_mode(False), torch.no_grad():
        weights = weights_of("layer_or_cell", layer_or_cell, *given(layer_or_cell, x, state), lengths)
        cell = cell_with(layer_or_cell, weights, layer, reverse)
        clamp = _check_clamp({} if clamp is None else clamp, cell, x)
        real = (torch.arange(x.shape[1]) < torch.tensor(lengths)[:, None]).to(x.device)
        start = starts[0]
        if isinstance(layer_or_cell, nn.RNNBase):
            start = starts[layer * (2 if layer_or_cell.bidirectional else 1) + reverse]
            x, h = _run_layer(layer_or_cell, weights, x, lengths, starts, layer, reverse)
            values = _replay(cell, x, h, start, lengths, reverse)
        else:
            steps = unroll(cell, x, start)
            values = {name: torch.stack(steps[name], dim=1) for name in (*cell.GATES, *reversed(cell.STATES))}
        start = None if start is None else dict(zip(cell.STATES, start, strict=True))
        if clamp:
            values = _run_clamped(cell, x, values, clamp, real, reverse, start)
        Wh = None
        if isinstance(cell, GRUCell):
            before = states_before(values["h"], reverse, start and start["h"], lengths)
            Wh = torch.where(real[..., None], cell.product(values["r"], before), 0).cpu()
        values = {name: torch.where(real[..., None], value, 0).cpu() for name, value in values.items()}
        start = start and MappingProxyType({name: one.cpu() for name, one in start.items()})
    kind = next(name for name in ("LSTM", "GRU", "RNN") if isinstance(cell, CELLS[name]))
    kind = "ReLU RNN" if kind == "RNN" and cell.nonlinearity == "relu" else kind
    kind = "published GRU" if kind == "GRU" and not cell.reset_after else kind
    return Trace(kind, x.cpu(), MappingProxyType(values), lengths, tokens, layer, reverse, start, Wh)


def read(name: str, module: nn.Module, x: Tensor, lengths, state: State | None):
    """x as (batch, seq, input_size), in the module's precision and on its device, zero after each sequence's end; the
    lengths; and what each cell of the module starts from, as `check_state` returns it."""
    first = next(module.parameters(), torch.empty(0))
    batch_first = getattr(module, "batch_first", True)
    lengths = check_sequence(x, lengths, module.input_size, batch_first=batch_first)
    check_numbers(name, module, x)
    # Of each step: x three times, and an LSTM's gates and states, once more on the way.
    kept = 3 * x.shape[-1] + 12 * module.hidden_size
    check_memory(kept * x.shape[0] * x.shape[1] * first.element_size(), x, lengths)
    with torch.inference_mode(False), torch.no_grad():
        starts = check_state(module, len(lengths), state)
        starts = [None if start is None else tuple(one.detach().to(first).clone() for one in start) for start in starts]
        x = x.detach() if batch_first else x.detach().transpose(0, 1)
        x = x.to(first.device, first.dtype)
        check_finite(x, lengths)  # in the layer's precision, where a large number may have become infinite
        real = torch.arange(x.shape[1]) < torch.tensor(lengths)[:, None]
        return torch.where(real[..., None].to(x.device), x, 0), lengths, starts


def given(module: nn.Module, x: Tensor, state: State | None) -> tuple[Tensor, State | None]:
    """What the module itself is called with, from x, (batch, seq, input_size), and a state."""
    x = x if getattr(module, "batch_first", True) else x.transpose(0, 1)
    parts = state if isinstance(state, tuple) else (state,)
    parts = tuple(one if one is None else one.detach().to(x) for one in parts)
    return x, parts if isinstance(state, tuple) else parts[0]


def check_finite(x: Tensor, lengths: tuple[int, ...]) -> None:
    """Raises ValueError if x, (batch, seq, features), holds NaN or infinity before a sequence ends."""
    for k in (~x.isfinite()).flatten(1).any(dim=1).nonzero().flatten().tolist():
        if not x[k, : lengths[k]].isfinite().all():  # padding may hold anything
            raise ValueError(f"x holds NaN or infinity in sequence {k}: replace those entries before recording")


def check_memory(size: int, x: Tensor, lengths: Sequence[int]) -> None:
    """Raises ValueError if so many bytes, which x needs, are more than this machine or its GPU has."""
    if x.device.type == "cuda":
        limits = [torch.cuda.mem_get_info(x.device)[1]]
    else:
        limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")] if hasattr(os, "sysconf") else [2**36]
        with suppress(OSError, ValueError):  # of a container; it may say "max"
            limits.append(int(Path("/sys/fs/cgroup/memory.max").read_text("utf-8")))
    if size > min(limits):
        raise ValueError(
            f"x, {len(lengths):,} sequences of up to {max(lengths):,} steps, would take {size / 2**30:,.0f} GiB, and "
            f"there are {min(limits) / 2**30:,.0f}: pass fewer sequences or steps at a time, or a smaller layer"
        )


def _run_layer(
    module: nn.RNNBase, weights: dict[str, Tensor], x: Tensor, lengths, starts, layer: int, reverse: bool
) -> tuple[Tensor, Tensor]:
    """What the chosen layer reads, (batch, seq, features), and the h of the chosen direction,
    (batch, seq, hidden_size)."""
    padded, directions = min(lengths) < x.shape[1], 2 if module.bidirectional else 1
    for k in range(layer + 1):
        single, hx = _single_layer(module, weights, k, x.shape[-1]), None
        if starts[0] is not None:
            hx = tuple(map(torch.stack, zip(*starts[directions * k : directions * (k + 1)], strict=True)))
            hx = hx if isinstance(module, nn.LSTM) else hx[0]
        if padded:  # only then, because packing is slow on the CPU
            packed = pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
            output, _ = pad_packed_sequence(single(packed, hx)[0], batch_first=True, total_length=x.shape[1])
        else:
            output, _ = single(x, hx)
        if k < layer:
            x = output
    return x, output[..., module.hidden_size :] if reverse else output[..., : module.hidden_size]


def _single_layer(module: nn.RNNBase, weights: dict[str, Tensor], k: int, input_size: int) -> nn.RNNBase:
    """A copy of layer k alone, batch-first. Made on "meta", so that no random number is drawn."""
    options = {"nonlinearity": module.nonlinearity} if isinstance(module, nn.RNN) else {}
    options |= {"bias": module.bias, "bidirectional": module.bidirectional}
    plain = next(base for base in (nn.RNN, nn.LSTM, nn.GRU) if isinstance(module, base))
    single = plain(input_size, module.hidden_size, batch_first=True, device="meta", **options)
    own = {name: weights[name.replace("_l0", f"_l{k}")] for name, _ in single.named_parameters()}
    single = single.to(own["weight_ih_l0"].dtype).to_empty(device=own["weight_ih_l0"].device)
    single.load_state_dict(own)
    return single


def _replay(cell: Cell, x: Tensor, h: Tensor, start, lengths, reverse: bool) -> dict[str, Tensor]:
    """All gates at once, from the h that a layer computed; then the LSTM's c, which no layer returns."""
    h_before = states_before(h, reverse, start and start[0], lengths)
    if not isinstance(cell, LSTMCell):
        return {**cell.gates(x, h_before), "h": h}
    gates = cell.gates(x, (h_before, h_before))  # the second would be c, which the gates do not read
    c, steps = torch.zeros_like(h[:, 0]) if start is None else start[1], [None] * h.shape[1]
    ends = torch.tensor(lengths, device=h.device)[:, None]
    for t in reversed(range(h.shape[1])) if reverse else range(h.shape[1]):
        _, new = cell.update({name: value[:, t] for name, value in gates.items()}, (None, c))
        # Padding comes first when reading from the end: nothing may be written there.
        steps[t] = c = torch.where(t < ends, new, c)
    return {**gates, "c": torch.stack(steps, dim=1), "h": h}


def _check_clamp(clamp: Mapping, cell: Cell, x: Tensor) -> dict[str, Tensor]:
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


def _run_clamped(
    cell: Cell,
    x: Tensor,
    values: dict[str, Tensor],
    clamp: dict[str, Tensor],
    real: Tensor,
    reverse: bool,
    start: dict[str, Tensor] | None,
) -> dict[str, Tensor]:
    """A run again, step by step from the first step on at which something is held.

    values : what the free run computed, name -> (batch, seq, hidden_size), which is overwritten
    clamp : from `_check_clamp`
    real : (batch, seq), False in the padding
    start : name of a state -> (batch, hidden_size), from which the free run started; zeros if None
    """
    lengths = tuple(real.sum(dim=1).tolist())
    held = sum((~value.isnan()).any(dim=2).any(dim=0) for value in clamp.values()).nonzero().flatten().tolist()
    if not held:
        return values
    first = held[-1] if reverse else held[0]
    again = slice(None, first + 1) if reverse else slice(first, None)
    start = start or {}
    before = [states_before(values[name], reverse, start.get(name), lengths)[:, first] for name in cell.STATES]

    def hold(t: int, name: str, value: Tensor) -> Tensor:
        if name not in clamp:
            return value
        wanted = clamp[name][:, again][:, t].to(value)
        return torch.where(wanted.isnan(), value, wanted)

    for name, steps in unroll(cell, x[:, again], before, real=real[:, again], reverse=reverse, hold=hold).items():
        values[name][:, again] = torch.stack(steps, dim=1)
    return values
