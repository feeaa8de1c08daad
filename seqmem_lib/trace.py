"""A Trace holds everything that a recurrent layer computed over a sequence; `record` makes one."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from .arguments import check_path, check_tensor, shown, true_or_false, whole_number
from .cells import Cell, GRUCell, LSTMCell, RNNCell, cell_of
from .clamp import check_clamp, run_clamped
from .sequences import check_finite, check_lengths, check_sequence, check_tokens

CELLS = {"RNN": RNNCell, "ReLU RNN": RNNCell, "LSTM": LSTMCell, "GRU": GRUCell}


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """One pass of one layer in one direction, on the CPU and without gradients.

    kind : "RNN", "ReLU RNN", "LSTM" or "GRU"
    x : Tensor, (batch, seq, input_size), what this layer read
    values : name -> Tensor, (batch, seq, hidden_size): the gates in torch's order, then the states. The LSTM has
        i f g o c h, the GRU r z n h, the RNN a h. Each is also an attribute: `trace.f`.
    lengths : how many steps of each sequence are real; x and values are zero after them
    tokens : per sequence, one text per real step; None if there are none
    layer, reverse : which layer, counted from 0, and whether it read from the end

    `trace[k]` is the k-th sequence alone, cut to its length, still with a batch dimension of 1.
    Raises TypeError if x is no tensor, ValueError if the parts do not fit together.
    """

    kind: str
    x: Tensor
    values: MappingProxyType[str, Tensor]
    lengths: tuple[int, ...]
    tokens: tuple[tuple[str, ...], ...] | None = None
    layer: int = 0
    reverse: bool = False

    def __post_init__(self):
        if not isinstance(self.kind, str) or self.kind not in CELLS:
            raise ValueError(f"kind={shown(self.kind)} is not a recurrent cell: use one of {', '.join(CELLS)}")
        names = (*CELLS[self.kind].GATES, *reversed(CELLS[self.kind].STATES))
        check_tensor("x", self.x, "(batch, seq, input_size)")
        if self.x.ndim != 3 or 0 in self.x.shape:
            raise ValueError(f"x has shape {tuple(self.x.shape)}: it must be (batch, seq, input_size)")
        fits = isinstance(self.values, Mapping) and tuple(self.values) == names
        fits = fits and all(isinstance(value, Tensor) and value.is_floating_point() for value in self.values.values())
        if not fits or len({value.shape for value in self.values.values()}) != 1 or self.h.ndim != 3:
            raise ValueError(f"values must be {', '.join(names)}, in this order, all (batch, seq, hidden_size)")
        if self.h.shape[:2] != self.x.shape[:2]:
            raise ValueError(f"x has shape {tuple(self.x.shape)}: its batch and seq differ from those of values")
        check_lengths(self.lengths, *self.x.shape[:2])
        whole_number("layer", self.layer, 0), true_or_false("reverse", self.reverse)
        if self.tokens is not None:
            check_tokens(self.tokens, self.lengths)

    def __getattr__(self, name: str) -> Tensor:
        values = self.__dict__.get("values", {})
        if name in values:
            return values[name]
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"a trace of {_a(self.kind)} has no {name!r}: it holds {', '.join(values)} and x")

    def before(self, state: str) -> Tensor:
        """The state that each step started from, (batch, seq, hidden_size): zeros, then `state` one step earlier
        in reading order."""
        if not isinstance(state, str) or state not in CELLS[self.kind].STATES:
            known = " and ".join(CELLS[self.kind].STATES)
            raise ValueError(f"state={shown(state)} is not a state of {_a(self.kind)}, which has {known}")
        return _before(self.values[state], self.reverse)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, k: int) -> "Trace":
        try:
            k = whole_number("the index of a trace", k, -len(self), len(self) - 1) % len(self)
        except ValueError as error:
            raise IndexError(str(error)) from None
        length = self.lengths[k]

        def cut(tensor):
            return tensor[k : k + 1, :length]

        values = MappingProxyType({name: cut(value) for name, value in self.values.items()})
        tokens = self.tokens and (self.tokens[k],)
        return Trace(self.kind, cut(self.x), values, (length,), tokens, self.layer, self.reverse)

    def __repr__(self) -> str:
        batch, seq, input_size = self.x.shape
        direction = "reverse" if self.reverse else "forward"
        return (
            f"Trace of {_a(self.kind)}, layer {self.layer}, {direction}: batch {batch}, seq {seq}, "
            f"input_size {input_size}, hidden_size {self.h.shape[-1]}\n"
            f"holds {' '.join(self.values)} and x{'' if self.tokens is None else ', with tokens'}"
        )

    def save(self, path: str | os.PathLike) -> None:
        """Write the trace to a safetensors file. The file is complete or not there at all.

        Raises TypeError if path is none, FileNotFoundError if its folder is not there, ValueError if it is a folder.
        """
        path = check_path("path", path)
        if path.is_dir():
            raise ValueError(f"path={str(path)!r} is a folder: name a file in it")
        about = {
            "kind": self.kind,
            "lengths": self.lengths,
            "tokens": self.tokens,
            "layer": self.layer,
            "reverse": self.reverse,
        }
        tensors = {"x": self.x, **self.values}
        if not path.parent.is_dir():
            raise FileNotFoundError(f"path={str(path)!r}: there is no folder {str(path.parent)!r}; create it first")
        part = path.with_name(path.name + ".part")
        try:
            save_file(
                {name: tensor.contiguous() for name, tensor in tensors.items()},
                part,
                {"trace": json.dumps(about)},
            )
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Trace":
        """Read a trace that `save` wrote. Raises TypeError if path is none, FileNotFoundError if there is no such
        file, ValueError if it is not one.
        """
        path = check_path("path", path)
        if not path.is_file():
            raise FileNotFoundError(f"path={str(path)!r} is not a file: pass one that Trace.save wrote")
        try:
            with safe_open(path, framework="pt") as file:
                about = json.loads((file.metadata() or {})["trace"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
            cell = CELLS[about["kind"]]
            values = MappingProxyType({name: tensors[name] for name in (*cell.GATES, *reversed(cell.STATES))})
            tokens = about["tokens"] and tuple(map(tuple, about["tokens"]))
            return cls(
                about["kind"],
                tensors["x"],
                values,
                tuple(about["lengths"]),
                tokens,
                about["layer"],
                about["reverse"],
            )
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"path={str(path)!r} is not a trace: pass a file that Trace.save wrote") from error


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
    clamp = check_clamp({} if clamp is None else clamp, cell, x)
    parameter = cell.weight_ih
    with torch.no_grad():
        x = x.detach().to(parameter.device, parameter.dtype)
        check_finite(x, lengths)  # in the layer's precision, where a large number may have become infinite
        real = torch.arange(x.shape[1]) < torch.tensor(lengths)[:, None]
        real = real.to(x.device)[..., None]
        x = torch.where(real, x, 0)
        if isinstance(layer_or_cell, nn.RNNBase):
            x, h = _run_layer(layer_or_cell, x, lengths, layer, reverse)
            values = _replay(cell, x, h, real, reverse)
        else:
            values = _run_cell(cell, x)
        if clamp:
            values = run_clamped(cell, x, values, clamp, real, reverse)
        values = {name: torch.where(real, value, 0).cpu() for name, value in values.items()}
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
    h_before = _before(h, reverse)
    if not isinstance(cell, LSTMCell):
        return {**cell.gates(x, h_before), "h": h}
    gates = cell.gates(x, (h_before, h_before))  # the second would be c, which the gates do not read
    # Padding comes first when reading from the end: nothing may be written there.
    write = torch.where(real, gates["i"] * gates["g"], 0)
    steps = list(zip(gates["f"].unbind(dim=1), write.unbind(dim=1), strict=True))
    c, cs = torch.zeros_like(h[:, 0]), []
    for f, ig in reversed(steps) if reverse else steps:
        c = f * c + ig
        cs.append(c)
    return {**gates, "c": torch.stack(cs[::-1] if reverse else cs, dim=1), "h": h}


def _run_cell(cell: Cell, x: Tensor) -> dict[str, Tensor]:
    state = cell.zero_state(x[:, 0])
    steps = []
    for x_t in x.unbind(dim=1):
        gates = cell.gates(x_t, state)
        state = cell.update(gates, state)
        h, c = state if isinstance(cell, LSTMCell) else (state, None)
        steps.append({**gates, **({} if c is None else {"c": c}), "h": h})
    return {name: torch.stack([step[name] for step in steps], dim=1) for name in steps[0]}


def _before(state: Tensor, reverse: bool) -> Tensor:
    zero = torch.zeros_like(state[:, :1])
    return torch.cat([state[:, 1:], zero] if reverse else [zero, state[:, :-1]], dim=1)


def _a(kind: str) -> str:
    return f"an {kind}" if kind in ("RNN", "LSTM") else f"a {kind}"
