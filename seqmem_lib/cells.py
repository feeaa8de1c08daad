"""The three recurrent cells, written by hand: one time step each.

Parameters are named, shaped and ordered as in `torch.nn.RNNCell`, `LSTMCell` and `GRUCell`: weights move between
the two in both directions with `load_state_dict`, and the same seed gives both the same start.

Shapes: `x_t` is (..., input_size) and every state and gate is (..., hidden_size). The leading dimensions are
usually (batch,). They may also be (batch, seq), which is how `record` replays the gates of a whole sequence.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import linear


class Cell(nn.Module):
    """What the three cells share. A step is two moves: `gates` reads the input and the old state, and `update`
    makes the new state from them.

    Every parameter starts uniform in [-1/√hidden_size, 1/√hidden_size], torch's default.
    Raises ValueError if a size is not a whole number of at least 1.
    """

    GATES: tuple[str, ...]  # in torch's order: block k of every parameter belongs to the k-th name
    STATES: tuple[str, ...] = ("h",)

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, *, device=None, dtype=None):
        super().__init__()
        for name, size in (("input_size", input_size), ("hidden_size", hidden_size)):
            if not isinstance(size, int) or size < 1:
                raise ValueError(f"{name} must be a whole number of at least 1, not {size!r}")
        self.input_size, self.hidden_size = input_size, hidden_size

        def parameter(*shape):
            bound = hidden_size**-0.5
            return nn.Parameter(torch.empty(shape, device=device, dtype=dtype).uniform_(-bound, bound))

        rows = len(self.GATES) * hidden_size
        self.weight_ih = parameter(rows, input_size)
        self.weight_hh = parameter(rows, hidden_size)
        self.bias_ih = parameter(rows) if bias else None
        self.bias_hh = parameter(rows) if bias else None

    def gates(self, x_t: Tensor, state) -> dict[str, Tensor]:
        """The named activations of this step, (..., hidden_size) each, in torch's order."""
        raise NotImplementedError

    def update(self, gates: dict[str, Tensor], state):
        """The new state, from this step's gates and the state before it."""
        raise NotImplementedError

    def forward(self, x_t: Tensor, state=None):
        """One step. The state before it (zeros if omitted) goes in, the state after it comes out.

        x_t : Tensor, (batch, input_size)
        state : Tensor h, (batch, hidden_size); for the LSTM the pair (h, c)

        Raises ValueError if a shape does not fit.
        """
        if state is None:
            h = x_t.new_zeros(*x_t.shape[:-1], self.hidden_size)
            state = (h, h) if len(self.STATES) == 2 else h
        return self.update(self.gates(x_t, state), state)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}"

    def _check(self, x_t: Tensor, h: Tensor) -> None:
        if x_t.ndim == 0 or x_t.shape[-1] != self.input_size:
            raise ValueError(
                f"x_t has shape {tuple(x_t.shape)}, but this cell reads {self.input_size} features: "
                f"pass (batch, {self.input_size})"
            )
        expected = (*x_t.shape[:-1], self.hidden_size)
        if h.shape != expected:
            raise ValueError(f"the state has shape {tuple(h.shape)}: with this x_t it must be {expected}")


class RNNCell(Cell):
    """The vanilla RNN (Elman 1990): h = tanh(W_ih x + b_ih + W_hh h₋₁ + b_hh).

    It has no gates. Its one activation is `a`, the sum that goes into the tanh. As in torch,
    `nonlinearity="relu"` replaces the tanh.
    """

    GATES = ("a",)

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", **options):
        super().__init__(input_size, hidden_size, bias, **options)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"nonlinearity must be 'tanh' or 'relu', not {nonlinearity!r}")
        self.nonlinearity = nonlinearity

    def gates(self, x_t, h):
        self._check(x_t, h)
        return {"a": linear(x_t, self.weight_ih, self.bias_ih) + linear(h, self.weight_hh, self.bias_hh)}

    def update(self, gates, h):
        return torch.tanh(gates["a"]) if self.nonlinearity == "tanh" else torch.relu(gates["a"])


class LSTMCell(Cell):
    """The LSTM (Hochreiter & Schmidhuber 1997) with its forget gate (Gers, Schmidhuber & Cummins 2000).

    Gates `i f g o`: input, forget, candidate, output. Its state is the pair (h, c):
    c = f·c₋₁ + i·g and h = o·tanh(c).
    """

    GATES = ("i", "f", "g", "o")
    STATES = ("h", "c")

    def gates(self, x_t, state):
        h, _ = state  # the gates never read c
        self._check(x_t, h)
        sums = linear(x_t, self.weight_ih, self.bias_ih) + linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = sums.chunk(4, dim=-1)
        return {"i": i.sigmoid(), "f": f.sigmoid(), "g": g.tanh(), "o": o.sigmoid()}

    def update(self, gates, state):
        i, f, g, o = gates.values()
        _, c = state
        c = f * c + i * g
        h = o * c.tanh()
        return h, c


class GRUCell(Cell):
    """The GRU as torch and cuDNN compute it (Cho et al. 2014, but with the reset after the matrix product).

    Gates `r z n`: reset, update, candidate. h = (1-z)·n + z·h₋₁, so a z near 1 keeps.
    """

    GATES = ("r", "z", "n")

    def gates(self, x_t, h):
        self._check(x_t, h)
        x_r, x_z, x_n = linear(x_t, self.weight_ih, self.bias_ih).chunk(3, dim=-1)
        h_r, h_z, h_n = linear(h, self.weight_hh, self.bias_hh).chunk(3, dim=-1)
        r = (x_r + h_r).sigmoid()
        z = (x_z + h_z).sigmoid()
        n = (x_n + r * h_n).tanh()
        return {"r": r, "z": z, "n": n}

    def update(self, gates, h):
        _, z, n = gates.values()
        return (1 - z) * n + z * h


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
    Raises TypeError if the module is not recurrent, ValueError if it has no such layer or direction.
    """
    kind = next((ours for theirs, ours in HAND_WRITTEN.items() if isinstance(module, theirs)), None)
    if kind is None and not isinstance(module, Cell):
        raise TypeError(
            f"{type(module).__name__} is not a recurrent layer: pass an nn.RNN, nn.LSTM, nn.GRU or a cell "
            "(of a larger model, the attribute that holds it)"
        )
    num_layers = getattr(module, "num_layers", 1)
    if not 0 <= layer < num_layers:
        raise ValueError(f"layer={layer} does not exist: this module has layers 0 to {num_layers - 1}")
    if reverse and not getattr(module, "bidirectional", False):
        raise ValueError("reverse=True needs a module made with bidirectional=True")
    if getattr(module, "proj_size", 0):
        raise ValueError(f"proj_size={module.proj_size} is not supported: use an LSTM without a projection")
    if isinstance(module, Cell):
        return module
    suffix = f"_l{layer}{'_reverse' if reverse else ''}" if isinstance(module, nn.RNNBase) else ""
    weight_ih = getattr(module, "weight_ih" + suffix)
    options = {"nonlinearity": module.nonlinearity} if kind is RNNCell else {}
    cell = kind(weight_ih.shape[1], module.hidden_size, module.bias, device="meta", **options)
    for name, _ in list(cell.named_parameters()):
        setattr(cell, name, getattr(module, name + suffix))
    return cell
