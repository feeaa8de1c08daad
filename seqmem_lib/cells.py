"""The three recurrent cells, written by hand: one time step each.

Parameters are named, shaped and ordered as in `torch.nn.RNNCell`, `LSTMCell` and `GRUCell`: weights move between
the two in both directions with `load_state_dict`, and the same seed gives both the same start.

Shapes: `x_t` is (..., input_size) and every state and gate is (..., hidden_size). The leading dimensions are
usually (batch,). They may also be (batch, seq), which is how `record` replays the gates of a whole sequence.
"""

from collections.abc import Callable, Sequence
from functools import partial

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
        true_or_false("bias", bias)
        check_device(device)
        check_dtype(dtype)

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

    >>> cell = sm.RNNCell(3, 4)
    >>> cell(torch.zeros(2, 3)).shape  # h of the next step, (batch, hidden_size)
    torch.Size([2, 4])
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


def lstm_update(i: Tensor, f: Tensor, g: Tensor, o: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """The new (h, c), from the gates of this step and the c before it. The equation stands here, and nowhere else."""
    c = f * c + i * g
    return o * c.tanh(), c


class LSTMCell(Cell):
    """The LSTM (Hochreiter & Schmidhuber 1997) with its forget gate (Gers, Schmidhuber & Cummins 2000).

    Gates `i f g o`: input, forget, candidate, output. Its state is the pair (h, c):
    c = f·c₋₁ + i·g and h = o·tanh(c).

    >>> cell = sm.LSTMCell(3, 4)
    >>> h, c = cell(torch.zeros(2, 3))
    >>> list(cell.gates(torch.zeros(2, 3), (h, c)))
    ['i', 'f', 'g', 'o']
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
        return lstm_update(**gates, c=state[1])


class GRUCell(Cell):
    """The GRU (Cho et al. 2014). Gates `r z n`: reset, update, candidate. h = (1-z)·n + z·h₋₁, so a z near 1 keeps.

    reset_after : where the reset gate acts. True, as torch and cuDNN compute it: after the matrix product,
        n = tanh(W_in x + b_in + r·(W_hn h₋₁ + b_hn)). False, as published (equation 8): before it,
        n = tanh(W_in x + b_in + W_hn (r·h₋₁) + b_hn).

    >>> cell = sm.GRUCell(3, 4)
    >>> list(cell.gates(torch.zeros(2, 3), torch.zeros(2, 4)))
    ['r', 'z', 'n']
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
        h_r, h_z = self._of_state(slice(2 * self.hidden_size), h).chunk(2, dim=-1)
        r = hold("r", (x_r + h_r).sigmoid())
        z = hold("z", (x_z + h_z).sigmoid())
        Wh = self.product(r, h)
        n = hold("n", (x_n + (r * Wh if self.reset_after else Wh)).tanh())
        return {"r": r, "z": z, "n": n}

    def product(self, r: Tensor, h: Tensor) -> Tensor:
        """What the candidate's matrix makes of the old state, (..., hidden_size): W_hn h₋₁ + b_hn, which r then
        multiplies; W_hn (r·h₋₁) + b_hn if the reset acts before it."""
        return self._of_state(slice(2 * self.hidden_size, None), h if self.reset_after else r * h)

    def _of_state(self, rows: slice, h: Tensor) -> Tensor:
        return linear(h, self.weight_hh[rows], None if self.bias_hh is None else self.bias_hh[rows])

    def update(self, gates, h):
        return (1 - gates["z"]) * gates["n"] + gates["z"] * h


def unroll(
    cell: Cell,
    x: Tensor,
    start: Sequence[Tensor] | None = None,
    *,
    real: Tensor | None = None,
    reverse: bool = False,
    hold: Callable[[int, str, Tensor], Tensor] | None = None,
) -> dict[str, tuple[Tensor, ...]]:
    """The one loop over time: every gate and state at every step, name -> seq tensors, (batch, hidden_size) each, which
    are the very ones that the next step reads.

    x : Tensor, (batch, seq, input_size)
    start : one tensor for each of the cell's states, (batch, hidden_size); zeros if omitted
    real : (batch, seq), False at padding, which leaves the states as they are; nothing is padding if omitted
    reverse : read from the end
    hold : called as `hold(t, name, value)` on each gate and state before it is used; what it returns takes its place
    """
    bare = len(cell.STATES) == 1  # a cell takes h, or the pair (h, c)
    if start is None:
        zero = cell.zero_state(x[:, 0])
        start = (zero,) if bare else zero
    state, steps = dict(zip(cell.STATES, start, strict=True)), []
    times = list(enumerate(x.unbind(dim=1)))
    for t, x_t in reversed(times) if reverse else times:
        held = as_computed if hold is None else partial(hold, t)
        before = tuple(state.values())
        gates = cell.gates(x_t, before[0] if bare else before, held)
        after = cell.update(gates, before[0] if bare else before)
        new = {name: held(name, value) for name, value in zip(cell.STATES, (after,) if bare else after, strict=True)}
        if real is not None:
            new = {name: torch.where(real[:, t, None], value, state[name]) for name, value in new.items()}
        state = new
        steps.append(gates | state)
    ordered = steps[::-1] if reverse else steps
    return {name: tuple(step[name] for step in ordered) for name in steps[0]}
