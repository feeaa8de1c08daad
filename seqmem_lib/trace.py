"""A Trace holds everything that a recurrent layer computed over a sequence; `record` makes it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from .arguments import check_kind, check_lengths, check_path, check_tensor, shown, true_or_false, whole_number
from .cells import GRUCell, LSTMCell, RNNCell

CELLS = {"RNN": RNNCell, "ReLU RNN": RNNCell, "LSTM": LSTMCell, "GRU": GRUCell, "published GRU": GRUCell}


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """One pass of one layer in one direction, on the CPU and without gradients.

    kind : "RNN", "ReLU RNN", "LSTM", "GRU" or "published GRU", whose reset acts before the matrix product
    x : Tensor, (batch, seq, input_size), what this layer read
    values : name -> Tensor, (batch, seq, hidden_size): the gates in torch's order, then the states. The LSTM has
        i f g o c h, the GRU r z n h, the RNN a h. Each is also an attribute: `trace.f`.
    lengths : how many steps of each sequence are real; x and values are zero after them
    tokens : per sequence, one text per real step; None if there are none
    layer, reverse : which layer, counted from 0, and whether it read from the end
    start : name of a state -> Tensor, (batch, hidden_size), from which the first step started; None if from zero
    Wh : of a GRU Tensor, (batch, seq, hidden_size), what its candidate's matrix makes of the state before, which
        `GRUCell.product` explains; None of the others

    `trace[k]` is the k-th sequence alone, cut to its length, still with a batch dimension of 1.
    Raises TypeError if x is no tensor, ValueError if the parts do not fit together.

    >>> trace = sm.record(nn.LSTM(3, 4, batch_first=True), torch.randn(2, 5, 3))
    >>> trace.f.shape  # the forget gates, (batch, seq, hidden_size)
    torch.Size([2, 5, 4])
    >>> trace[0].h.shape  # of the first sequence
    torch.Size([1, 5, 4])
    """

    kind: str
    x: Tensor
    values: MappingProxyType[str, Tensor]
    lengths: tuple[int, ...]
    tokens: tuple[tuple[str, ...], ...] | None = None
    layer: int = 0
    reverse: bool = False
    start: Mapping[str, Tensor] | None = None
    Wh: Tensor | None = None

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
        needed = self.h.shape if "GRU" in self.kind else None
        if not isinstance(self.Wh, Tensor | None) or getattr(self.Wh, "shape", None) != needed:
            said = "None" if needed is None else f"a tensor of shape {tuple(needed)}"
            raise ValueError(f"Wh must be {said} in a trace of {_a(self.kind)}")
        if self.h.shape[:2] != self.x.shape[:2]:
            raise ValueError(f"x has shape {tuple(self.x.shape)}: its batch and seq differ from those of values")
        check_lengths(self.lengths, *self.x.shape[:2])
        whole_number("layer", self.layer, 0)
        true_or_false("reverse", self.reverse)
        if self.tokens is not None:
            check_tokens(self.tokens, self.lengths)
        if self.start is not None:
            states, shape = CELLS[self.kind].STATES, self.h[:, 0].shape
            known = isinstance(self.start, Mapping) and tuple(self.start) == states
            if not known or not all(isinstance(one, Tensor) and one.shape == shape for one in self.start.values()):
                raise ValueError(
                    f"start must hold {' and '.join(states)}, of shape {tuple(shape)}: pass None for zeros"
                )

    def __getstate__(self) -> dict:  # for copies and pickles, which a MappingProxyType does not know
        return {name: dict(one) if isinstance(one, MappingProxyType) else one for name, one in vars(self).items()}

    def __setstate__(self, state: dict) -> None:
        vars(self).update(state | {n: MappingProxyType(one) for n, one in state.items() if isinstance(one, dict)})

    def __getattr__(self, name: str) -> Tensor:
        values = self.__dict__.get("values", {})
        if name in values:
            return values[name]
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"a trace of {_a(self.kind)} has no {name!r}: it holds {', '.join(values)} and x")

    def before(self, state: str) -> Tensor:
        """The state that each step started from, (batch, seq, hidden_size): that of `start`, or zeros, then `state` one
        step earlier in reading order."""
        if not isinstance(state, str) or state not in CELLS[self.kind].STATES:
            known = " and ".join(CELLS[self.kind].STATES)
            raise ValueError(f"state={shown(state)} is not a state of {_a(self.kind)}, which has {known}")
        first = None if self.start is None else self.start[state]
        return states_before(self.values[state], self.reverse, first, self.lengths)

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
        start = self.start and MappingProxyType({name: one[k : k + 1] for name, one in self.start.items()})
        wh = None if self.Wh is None else cut(self.Wh)
        return Trace(self.kind, cut(self.x), values, (length,), tokens, self.layer, self.reverse, start, wh)

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
        tensors = {"x": self.x, **self.values, **{f"start {name}": one for name, one in (self.start or {}).items()}}
        tensors |= {} if self.Wh is None else {"Wh": self.Wh}
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
            start = MappingProxyType({n: tensors[f"start {n}"] for n in cell.STATES}) if "start h" in tensors else None
            return cls(
                about["kind"],
                tensors["x"],
                values,
                tuple(about["lengths"]),
                tokens,
                about["layer"],
                about["reverse"],
                start,
                tensors.get("Wh"),
            )
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"path={str(path)!r} is not a trace: pass a file that Trace.save wrote") from error


def only_sequence(trace: Trace, name: str = "trace") -> Trace:
    """The trace cut to its length. Raises TypeError if it is none, ValueError unless it holds one sequence."""
    check_kind(name, trace, Trace, "what record returned")
    if len(trace) != 1:
        said = f"trace holds {len(trace)} sequences: choose one, such as trace[0]"
        raise ValueError(said if name == "trace" else f"{name}: the {said}")
    return trace[0]


def numbers(trace: Trace, name: str):
    """One activation, or the input x, of the only sequence: (seq, features), in double precision."""
    if not isinstance(name, str) or name not in ("x", "Wh", *trace.values):
        raise ValueError(f"name={shown(name)} is nothing that this trace holds: use x, {', '.join(trace.values)}")
    return getattr(trace, name)[0].double().numpy()


def states_before(
    state: Tensor, reverse: bool, start: Tensor | None = None, lengths: tuple[int, ...] | None = None
) -> Tensor:
    """The state that each step starts from, (batch, seq, hidden_size), from the state after each step.

    start : (batch, hidden_size), of the first step; zeros if omitted
    lengths : (batch,), from which on a reversed sequence starts; seq if omitted
    """
    start = torch.zeros_like(state[:, 0]) if start is None else start
    if not reverse:
        return torch.cat([start[:, None], state[:, :-1]], dim=1)
    steps = torch.arange(1, state.shape[1] + 1, device=state.device)
    ends = torch.tensor([state.shape[1]] * len(state) if lengths is None else lengths, device=state.device)
    unread = (steps >= ends[:, None])[..., None]
    return torch.where(unread, start[:, None], state.roll(-1, dims=1))


def check_tokens(tokens, lengths: tuple[int, ...], why: str = "") -> tuple[tuple[str, ...], ...]:
    """The tokens as tuples, one text per real step. A flat list is one sequence. Raises ValueError otherwise; `why`
    ends its sentence."""
    try:
        tokens = list(tokens)
        flat = all(isinstance(token, str) for token in tokens)
        nested = tuple(map(tuple, [tokens] if flat else tokens))
    except TypeError:
        nested = ((None,),)
    if not all(isinstance(token, str) for one in nested for token in one):
        raise ValueError("tokens must be a list of texts, or one such list per sequence")
    if tuple(map(len, nested)) != lengths:
        counts = ", ".join(str(len(one)) for one in nested)
        raise ValueError(f"tokens has {counts} texts: give one per step, and the lengths are {lengths}{why}")
    return nested


def _a(kind: str) -> str:
    return f"an {kind}" if kind in ("RNN", "LSTM") else f"a {kind}"
