"""`record` watches a recurrent layer while it reads. It can hold chosen gates and states at values of your choice:
surgery on a layer, to see what a gate is good for."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from .arguments import check_finite, check_kind, check_sequence, check_tokens, shown
from .cells import Cell, LSTMCell, unroll
from .layers import cell_of
from .trace import CELLS, Trace, states_before


def record(
    layer_or_cell: nn.Module,
    x: Tensor,
    *,
    lengths: Sequence[int] | Tensor | None = None,
    tokens: Sequence | None = None,
    layer: int = 0,
    reverse: bool = False,
    clamp: Mapping[str, float | Tensor] | None = None,
) -> Trace:
    """Everything one layer and direction computes while it reads x, from a zero state.

    layer_or_cell : an nn.RNN, nn.LSTM or nn.GRU, trained or not, or a cell, torch's or ours
    x : Tensor, (batch, seq, input_size), padded on the right if the lengths differ. It is always batch-first.
    lengths : (batch,), the number of real steps of each sequence; all of them if omitted
    tokens : one text per step, for a batch of one; else such a list per sequence
    layer, reverse : which layer of a stacked module, counted from 0, and which direction of a bidirectional one
    clamp : name of a gate or a state -> what it is held at: a number, or a Tensor that broadcasts to (batch, seq,
        hidden_size) and holds NaN where the layer may do as it likes. A state is replaced after its step, before the
        next step reads it; what the same step made of it stays. Steps before the first clamp do not change.

    A torch layer runs as it is; its gates are then computed again from its h, all steps in one matrix product.
    A cell is run step by step. Dropout between layers is left out, as in evaluation.

    Raises TypeError if the module is not recurrent or x is not a tensor, ValueError if an argument does not fit.
    """
    cell = cell_of("layer_or_cell", layer_or_cell, layer, reverse)
    lengths = check_sequence(x, lengths, layer_or_cell.input_size)
    tokens = None if tokens is None else check_tokens(tokens, lengths)
    clamp = _check_clamp({} if clamp is None else clamp, cell, x)
    parameter = cell.weight_ih
    with torch.no_grad():
        x = x.detach().to(parameter.device, parameter.dtype)
        check_finite(x, lengths)  # in the layer's precision, where a large number may have become infinite
        real = (torch.arange(x.shape[1]) < torch.tensor(lengths)[:, None]).to(x.device)
        x = torch.where(real[..., None], x, 0)
        if isinstance(layer_or_cell, nn.RNNBase):
            x, h = _run_layer(layer_or_cell, x, lengths, layer, reverse)
            values = _replay(cell, x, h, real, reverse)
        else:
            steps = unroll(cell, x)
            values = {name: torch.stack(steps[name], dim=1) for name in (*cell.GATES, *reversed(cell.STATES))}
        if clamp:
            values = _run_clamped(cell, x, values, clamp, real, reverse)
        values = {name: torch.where(real[..., None], value, 0).cpu() for name, value in values.items()}
    kind = next(name for name in ("LSTM", "GRU", "RNN") if isinstance(cell, CELLS[name]))
    kind = "ReLU RNN" if kind == "RNN" and cell.nonlinearity == "relu" else kind
    return Trace(kind, x.cpu(), MappingProxyType(values), lengths, tokens, layer, reverse)


def _run_layer(module: nn.RNNBase, x: Tensor, lengths, layer: int, reverse: bool) -> tuple[Tensor, Tensor]:
    """What the chosen layer reads, (batch, seq, features), and the h of the chosen direction,
    (batch, seq, hidden_size)."""
    padded = min(lengths) < x.shape[1]
    for k in range(layer + 1):
        single = _single_layer(module, k, x.shape[-1])
        if padded:  # only then, because packing is slow on the CPU
            packed = pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
            output, _ = pad_packed_sequence(single(packed)[0], batch_first=True, total_length=x.shape[1])
        else:
            output, _ = single(x)
        if k < layer:
            x = output
    return x, output[..., module.hidden_size :] if reverse else output[..., : module.hidden_size]


def _single_layer(module: nn.RNNBase, k: int, input_size: int) -> nn.RNNBase:
    """A copy of layer k alone, batch-first. Made on "meta", so that no random number is drawn."""
    options = {"nonlinearity": module.nonlinearity} if isinstance(module, nn.RNN) else {}
    options |= {"bias": module.bias, "bidirectional": module.bidirectional}
    plain = next(base for base in (nn.RNN, nn.LSTM, nn.GRU) if isinstance(module, base))
    single = plain(input_size, module.hidden_size, batch_first=True, device="meta", **options)
    weights = {name: getattr(module, name.replace("_l0", f"_l{k}")) for name, _ in single.named_parameters()}
    single = single.to(module.weight_ih_l0.dtype).to_empty(device=module.weight_ih_l0.device)
    single.load_state_dict(weights)
    return single


def _replay(cell: Cell, x: Tensor, h: Tensor, real: Tensor, reverse: bool) -> dict[str, Tensor]:
    """All gates at once, from the h that a layer computed; then the LSTM's c, which no layer returns."""
    h_before = states_before(h, reverse)
    if not isinstance(cell, LSTMCell):
        return {**cell.gates(x, h_before), "h": h}
    gates = cell.gates(x, (h_before, h_before))  # the second would be c, which the gates do not read
    c, steps = torch.zeros_like(h[:, 0]), [None] * h.shape[1]
    for t in reversed(range(h.shape[1])) if reverse else range(h.shape[1]):
        _, new = cell.update({name: value[:, t] for name, value in gates.items()}, (None, c))
        # Padding comes first when reading from the end: nothing may be written there.
        steps[t] = c = torch.where(real[:, t, None], new, c)
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
    cell: Cell, x: Tensor, values: dict[str, Tensor], clamp: dict[str, Tensor], real: Tensor, reverse: bool
) -> dict[str, Tensor]:
    """A run again, step by step from the first step on at which something is held.

    values : what the free run computed, name -> (batch, seq, hidden_size), which is overwritten
    clamp : from `_check_clamp`
    real : (batch, seq), False in the padding
    """
    held = sum((~value.isnan()).any(dim=2).any(dim=0) for value in clamp.values()).nonzero().flatten().tolist()
    if not held:
        return values
    first = held[-1] if reverse else held[0]
    again = slice(None, first + 1) if reverse else slice(first, None)
    before = [states_before(values[name], reverse)[:, first] for name in cell.STATES]

    def hold(t: int, name: str, value: Tensor) -> Tensor:
        if name not in clamp:
            return value
        wanted = clamp[name][:, again][:, t].to(value)
        return torch.where(wanted.isnan(), value, wanted)

    for name, steps in unroll(cell, x[:, again], before, real=real[:, again], reverse=reverse, hold=hold).items():
        values[name][:, again] = torch.stack(steps, dim=1)
    return values
