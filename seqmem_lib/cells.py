"""The three recurrent cells, written by hand: one time step each.

Parameters are named, shaped and ordered as in `torch.nn.RNNCell`, `LSTMCell` and `GRUCell`: weights move between
the two in both directions with `load_state_dict`, and the same seed gives both the same start.

Shapes: `x_t` is (..., input_size) and every state and gate is (..., hidden_size). The leading dimensions are
usually (batch,). They may also be (batch, seq), which is how `record` replays the gates of a whole sequence.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from .arguments import check_device, check_dtype, check_kind, one_of, shown, true_or_false, whole_number

Hold = Callable[[str, Tensor], Tensor]


def as_computed(_: str, value: Tensor) -> Tensor:
    """Holds nothing."""
    return value


class Cell(nn.Module):
    """What the three cells share. A step is two moves: `gates` reads the input and the old state, and `update`
    makes the new state from them.

    Every parameter starts uniform in [-1/√hidden_size, 1/√hidden_size], torch's default.
    Raises ValueError if a size is not a whole number of at least 1, or another argument is not possible.
    """

    GATES: tuple[str, ...]  # in torch's order: block k of every parameter belongs to the k-th name
    STATES: tuple[str, ...] = ("h",)

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, *, device=None, dtype=None):
        super().__init__()
        self.input_size = input_size = whole_number("input_size", input_size, 1)
        self.hidden_size = hidden_size = whole_number("hidden_size", hidden_size, 1)
        true_or_false("bias", bias), check_device(device), check_dtype(dtype)

        def parameter(*shape):
            bound = hidden_size**-0.5
            return nn.Parameter(torch.empty(shape, device=device, dtype=dtype).uniform_(-bound, bound))

        rows = len(self.GATES) * hidden_size
        self.weight_ih = parameter(rows, input_size)
        self.weight_hh = parameter(rows, hidden_size)
        self.bias_ih = parameter(rows) if bias else None
        self.bias_hh = parameter(rows) if bias else None

    def gates(self, x_t: Tensor, state, hold: Hold = as_computed) -> dict[str, Tensor]:
        """The named activations of this step, (..., hidden_size) each, in torch's order.

        hold : called as `hold(name, value)` on each activation before it is used; what it returns takes its place

        Raises TypeError if x_t is no tensor, ValueError if a shape or a dtype does not fit.
        """
        raise NotImplementedError

    def update(self, gates: dict[str, Tensor], state):
        """The new state, from this step's gates and the state before it."""
        raise NotImplementedError

    def forward(self, x_t: Tensor, state=None):
        """One step. The state before it (zeros if omitted) goes in, the state after it comes out.

        x_t : Tensor, (batch, input_size)
        state : Tensor h, (batch, hidden_size); for the LSTM the pair (h, c)

        Raises TypeError if x_t is no tensor, ValueError if a shape or a dtype does not fit.
        """
        if state is None:
            state = self.zero_state(x_t)
        return self.update(self.gates(x_t, state), state)

    def zero_state(self, x_t: Tensor):
        """The state before the first step, which torch too takes to be zero."""
        check_kind("x_t", x_t, Tensor, f"a tensor, (batch, {self.input_size})")
        h = x_t.new_zeros(*x_t.shape[:-1], self.hidden_size)
        return h if self.STATES == ("h",) else (h, h)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + (", bias=False" if self.bias_ih is None else "")

    def _check(self, x_t: Tensor, state) -> None:
        check_kind("x_t", x_t, Tensor, f"a tensor, (batch, {self.input_size})")
        if x_t.ndim == 0 or x_t.shape[-1] != self.input_size:
            raise ValueError(
                f"x_t has shape {tuple(x_t.shape)}, but this cell reads {self.input_size} features: "
                f"pass (batch, {self.input_size})"
            )
        expected = (*x_t.shape[:-1], self.hidden_size)
        states = state if isinstance(state, tuple) else (state,)
        shapes = [tuple(s.shape) for s in states if isinstance(s, Tensor)]
        if shapes != [expected] * len(self.STATES):
            form = "h" if self.STATES == ("h",) else "a pair (h, c)"
            raise ValueError(f"state must be {form} of shape {expected} for this x_t, not {shapes or shown(state)}")
        if any(one.dtype != self.weight_ih.dtype for one in (x_t, *states)):
            kinds = ", ".join(str(one.dtype).removeprefix("torch.") for one in (x_t, *states))
            raise ValueError(f"x_t and state are {kinds}, the weights {self.weight_ih.dtype}: convert them with .to()")


class RNNCell(Cell):
    """The vanilla RNN (Elman 1990): h = tanh(W_ih x + b_ih + W_hh h₋₁ + b_hh).

    It has no gates. Its one activation is `a`, the sum that goes into the tanh. As in torch,
    `nonlinearity="relu"` replaces the tanh.
    """

    GATES = ("a",)

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", **options):
        super().__init__(input_size, hidden_size, bias, **options)
        self.nonlinearity = one_of("nonlinearity", nonlinearity, ("tanh", "relu"))

    def extra_repr(self):
        return super().extra_repr() + (f", nonlinearity={self.nonlinearity!r}" if self.nonlinearity != "tanh" else "")

    def gates(self, x_t, h, hold=as_computed):
        self._check(x_t, h)
        return {"a": hold("a", linear(x_t, self.weight_ih, self.bias_ih) + linear(h, self.weight_hh, self.bias_hh))}

    def update(self, gates, h):
        return torch.tanh(gates["a"]) if self.nonlinearity == "tanh" else torch.relu(gates["a"])


class LSTMCell(Cell):
    """The LSTM (Hochreiter & Schmidhuber 1997) with its forget gate (Gers, Schmidhuber & Cummins 2000).

    Gates `i f g o`: input, forget, candidate, output. Its state is the pair (h, c):
    c = f·c₋₁ + i·g and h = o·tanh(c).
    """

    GATES = ("i", "f", "g", "o")
    STATES = ("h", "c")

    def gates(self, x_t, state, hold=as_computed):
        self._check(x_t, state)
        h, _ = state  # the gates never read c
        sums = linear(x_t, self.weight_ih, self.bias_ih) + linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = sums.chunk(4, dim=-1)
        gates = {"i": i.sigmoid(), "f": f.sigmoid(), "g": g.tanh(), "o": o.sigmoid()}
        return {name: hold(name, value) for name, value in gates.items()}

    def update(self, gates, state):
        _, c = state
        c = gates["f"] * c + gates["i"] * gates["g"]
        h = gates["o"] * c.tanh()
        return h, c


class GRUCell(Cell):
    """The GRU (Cho et al. 2014). Gates `r z n`: reset, update, candidate. h = (1-z)·n + z·h₋₁, so a z near 1 keeps.

    reset_after : where the reset gate acts. True, as torch and cuDNN compute it: after the matrix product,
        n = tanh(W_in x + b_in + r·(W_hn h₋₁ + b_hn)). False, as published (equation 8): before it,
        n = tanh(W_in x + b_in + W_hn (r·h₋₁) + b_hn).
    """

    GATES = ("r", "z", "n")

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, reset_after: bool = True, **options):
        super().__init__(input_size, hidden_size, bias, **options)
        self.reset_after = true_or_false("reset_after", reset_after)

    def extra_repr(self):
        return super().extra_repr() + ("" if self.reset_after else ", reset_after=False")

    def gates(self, x_t, h, hold=as_computed):
        self._check(x_t, h)
        x_r, x_z, x_n = linear(x_t, self.weight_ih, self.bias_ih).chunk(3, dim=-1)
        h_r, h_z, h_n = linear(h, self.weight_hh, self.bias_hh).chunk(3, dim=-1)
        r = hold("r", (x_r + h_r).sigmoid())
        z = hold("z", (x_z + h_z).sigmoid())
        if not self.reset_after:
            last = slice(2 * self.hidden_size, None)
            h_n = linear(r * h, self.weight_hh[last], None if self.bias_hh is None else self.bias_hh[last])
        n = hold("n", (x_n + (r * h_n if self.reset_after else h_n)).tanh())
        return {"r": r, "z": z, "n": n}

    def update(self, gates, h):
        return (1 - gates["z"]) * gates["n"] + gates["z"] * h


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
