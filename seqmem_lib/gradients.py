"""How strongly the end of a sequence depends on every earlier step: gradients and Jacobians through time.

Gradients that decay leave the range of float32 within a few dozen steps. So everything is computed in float64, on a
copy of the layer's weights, whatever the layer's own precision, and with autocast switched off. The layer stays as it
is.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.func import jacrev, vmap

from .arguments import check_function, check_tensor, shown
from .cells import Cell, GRUCell, LSTMCell, unroll
from .layers import WEIGHTS, State, cell_with, check_recurrent, weights_of
from .recording import check_memory, given, read


def gradient_norms(
    layer_or_cell: nn.Module,
    x: Tensor,
    loss: Callable[[Tensor], Tensor] | None = None,
    *,
    of: str = "h",
    lengths: Sequence[int] | Tensor | None = None,
    state: State | None = None,
) -> Tensor:
    """‖∂L/∂h_t‖ for every step t of every sequence, (batch, seq) in float64, from one backward pass.

    layer_or_cell : an nn.RNN, nn.LSTM or nn.GRU of one layer and one direction, or a cell, torch's or ours
    x : Tensor, what you would pass to the layer itself: (batch, seq, input_size) if it was made with batch_first=True,
        else (seq, batch, input_size); for a cell (batch, seq, input_size). The result is (batch, seq) whatever x is.
    loss : makes L, a single number, from h, (batch, seq, hidden_size), which is zero after a sequence's end and, as the
        layer's output, in the layer's precision; the sum of h at each sequence's last step if omitted.
        It should add up the sequences, not average them, or every norm is divided by the batch size.
    of : "h", or "c" of an LSTM, to differentiate by. Each is a total derivative: c_t also acts through h_t.
    lengths : (batch,), the number of real steps of each sequence; all of them if omitted. Norms after them are 0.
    state : before the first step, h of the shape (1, batch, hidden_size), for a cell (batch, hidden_size); for the LSTM
        the pair (h, c); zeros if omitted

    Steps count from 0; `norms.flip(1)` counts the lag from the end instead, as `plot_decay` and `measure_decay` do. If
    the lengths differ, `norms[k, :lengths[k]].flip(0)` does so for sequence k.
    The equations of backpropagation through time are those of Werbos (1990).

    Raises TypeError if the module is not recurrent, ValueError if an argument does not fit.

    >>> norms = sm.gradient_norms(nn.LSTM(3, 4, batch_first=True), torch.randn(2, 5, 3))
    >>> norms.shape
    torch.Size([2, 5])
    """
    if loss is not None:
        check_function("loss", loss, "loss(h)")
    with _in_double(layer_or_cell, x, lengths, state) as (cell, x, real, start), torch.enable_grad():
        if not isinstance(of, str) or of not in cell.STATES:
            raise ValueError(f"of={shown(of)} is no state of this cell, which has {' and '.join(cell.STATES)}")
        start = [one.requires_grad_() for one in start]  # in the graph, as no parameter is
        states = unroll(cell, x, start)  # the padding as well: no earlier step feels it
        h = torch.stack(states["h"], dim=1)
        if loss is None:
            total = h[torch.arange(len(x)), real.sum(dim=1) - 1].sum()
        else:
            total = loss(torch.where(real[..., None], h, 0).to(next(layer_or_cell.parameters()).dtype))
        gradients = (None,)
        # With respect to the states that were passed on from step to step. The stack is made from them: nothing
        # flows from it into the next step.
        if isinstance(total, Tensor) and total.numel() == 1 and total.requires_grad:
            gradients = torch.autograd.grad(total, states[of], allow_unused=True)
        if all(one is None for one in gradients):
            raise ValueError("loss must return one number that depends on h, such as h[:, -1].sum()")
        gradients = [torch.zeros_like(start[0]) if one is None else one for one in gradients]
        return _norms(torch.stack(gradients, dim=1)).where(real, 0)


def step_jacobians(
    layer_or_cell: nn.Module,
    x: Tensor,
    *,
    lengths: Sequence[int] | Tensor | None = None,
    state: State | None = None,
) -> Tensor:
    """∂s_t/∂s_{t-1} for every step t, (batch, seq, size, size) in float64: row j, column k says how component j of the
    state after the step answers to component k of the state before it.

    layer_or_cell, x, lengths, state : as in `gradient_norms`

    The state s is h, and size is hidden_size. Of an LSTM it is h, then c, and size is 2·hidden_size. The first step
    starts from `state`. After a sequence's end nothing changes the state, and the Jacobian is the identity: a product
    of all of them ends at the last real step. For the vanilla RNN the Jacobian is diag(1 - h_t²) W_hh (Pascanu, Mikolov
    & Bengio 2013, equation 5).

    Raises TypeError if the module is not recurrent, ValueError if an argument does not fit, or the Jacobians are too
    large for this machine.

    >>> sm.step_jacobians(nn.LSTM(3, 4, batch_first=True), torch.randn(2, 5, 3)).shape
    torch.Size([2, 5, 8, 8])
    """
    with _in_double(layer_or_cell, x, lengths, state) as (cell, x, real, start):
        _check_size(cell, x, real)
        return _jacobians(cell, x, real, start, unroll(cell, x, start))


def spectral_norms(jacobians: Tensor) -> Tensor:
    """‖∂s_T/∂s_t‖ for every step t, (batch, seq): the most by which a small change of the state after step t can be
    multiplied until the last step T. The last entry is 1.

    jacobians : Tensor, (batch, seq, size, size), one for each step, as from `step_jacobians`

    The norm is the largest singular value of the product J_T · J_{T-1} ··· J_{t+1}.
    Raises TypeError if they are no tensor, ValueError if they do not have this shape, or hold NaN or infinity.

    >>> halving = 0.5 * torch.eye(4).expand(1, 3, 4, 4)
    >>> sm.spectral_norms(halving)
    tensor([[0.2500, 0.5000, 1.0000]])
    """
    check_tensor("jacobians", jacobians, "(batch, seq, size, size)")
    if jacobians.ndim != 4 or 0 in jacobians.shape or jacobians.shape[-1] != jacobians.shape[-2]:
        raise ValueError(f"jacobians has shape {tuple(jacobians.shape)}: it must be (batch, seq, size, size)")
    if jacobians.dtype not in (torch.float32, torch.float64) or not jacobians.isfinite().all():
        raise ValueError("jacobians must hold finite numbers in float32 or float64: measure fewer steps, or in double")
    return torch.linalg.matrix_norm(_products(jacobians), ord=2)


def split_memory_gradient(
    layer_or_cell: nn.Module,
    x: Tensor,
    *,
    lengths: Sequence[int] | Tensor | None = None,
    state: State | None = None,
) -> tuple[Tensor, Tensor]:
    """How the memory at the last step T responds to the memory after every step t, along two kinds of path.

    layer_or_cell : an LSTM, whose memory is c, or a GRU, whose memory is h; otherwise as in `gradient_norms`
    x, lengths, state : as in `gradient_norms`; T is each sequence's last real step

    Returns (direct, rest), (batch, seq, hidden_size, hidden_size) each in float64, rows at T and columns at t. The
    direct path runs through the gate that keeps: the product of the forget gates f from t+1 to T, or of the update
    gates z, on the diagonal. The rest is whatever flows through the gates and h. Their sum is the total derivative
    ∂c_T/∂c_t, or ∂h_T/∂h_t: what c_t does through h_t counts. After a sequence's end direct is the identity and rest 0.

    After Hochreiter & Schmidhuber (1997), whose error flows along the direct path alone.
    Raises TypeError if the module is not recurrent, ValueError if an argument does not fit, or the result is too large
    for this machine.

    >>> direct, rest = sm.split_memory_gradient(nn.LSTM(3, 4, batch_first=True), torch.randn(2, 5, 3))
    >>> direct.shape, rest.shape
    (torch.Size([2, 5, 4, 4]), torch.Size([2, 5, 4, 4]))
    """
    with _in_double(layer_or_cell, x, lengths, state) as (cell, x, real, start):
        if not isinstance(cell, LSTMCell | GRUCell):
            raise ValueError("layer_or_cell has no direct path: pass an LSTM or a GRU")
        _check_size(cell, x, real)
        states = unroll(cell, x, start)
        products = _products(_jacobians(cell, x, real, start, states))
        if isinstance(cell, LSTMCell):
            size = cell.hidden_size
            of_h, of_c = products[..., size:, :size], products[..., size:, size:]
            o, c = (torch.stack(states[name], dim=1) for name in "oc")
            slope = o * (1 - c.tanh() ** 2)  # what c_t does to h_t
            total = of_c + of_h * slope[..., None, :]
        else:
            total = products
        keep = torch.stack(states["f" if isinstance(cell, LSTMCell) else "z"], dim=1).where(real[..., None], 1)
        later = torch.cat([keep[:, 1:], torch.ones_like(keep[:, :1])], dim=1)  # from step t+1 on
        direct = later.flip(1).cumprod(dim=1).flip(1).diag_embed()
        return direct, total - direct


def _norms(vectors: Tensor) -> Tensor:
    """Over the last axis. The square of a number below 1e-162 would be 0, long before the number is."""
    largest = vectors.abs().amax(dim=-1, keepdim=True).clamp_min(torch.finfo(vectors.dtype).tiny)
    small = largest * torch.linalg.vector_norm(vectors / largest, dim=-1, keepdim=True)
    return torch.linalg.vector_norm(vectors, dim=-1).where(largest[..., 0] > 1e-140, small[..., 0])


def _products(jacobians: Tensor) -> Tensor:
    """J_T · J_{T-1} ··· J_{t+1} for every t, of the shape of the jacobians; the identity at T."""
    product = torch.eye(jacobians.shape[-1], dtype=jacobians.dtype, device=jacobians.device).expand_as(jacobians[:, 0])
    products = [product]
    for jacobian in reversed(jacobians[:, 1:].unbind(dim=1)):
        products.append(product := product @ jacobian)
    return torch.stack(products[::-1], dim=1)


def _jacobians(cell: Cell, x: Tensor, real: Tensor, start: list[Tensor], states: dict[str, tuple]) -> Tensor:
    """The Jacobian of each step of a run, whose states `unroll` returned; the identity in the padding."""
    after = torch.cat([torch.stack(states[name], dim=1) for name in cell.STATES], dim=-1)
    before = torch.cat([torch.cat(start, dim=-1)[:, None], after[:, :-1]], dim=1)

    def step(s, x_t):
        parts = s.chunk(len(cell.STATES), dim=-1)
        new = cell.forward(x_t, parts[0] if len(parts) == 1 else parts)
        return torch.cat(new, dim=-1) if isinstance(new, tuple) else new

    jacobians = vmap(vmap(jacrev(step)))(before, x).detach()
    nothing = torch.eye(after.shape[-1], dtype=x.dtype, device=x.device)
    return jacobians.where(real[..., None, None], nothing)


def _check_size(cell: Cell, x: Tensor, real: Tensor) -> None:
    """Raises ValueError if the Jacobians of all steps are too large for this machine."""
    size = (len(cell.STATES) * cell.hidden_size) ** 2
    peak = 4 * len(cell.GATES) // len(cell.STATES)  # measured, in sizes of the result
    check_memory(peak * size * x.shape[0] * x.shape[1] * x.element_size(), x, real.sum(dim=1).tolist())


@contextmanager
def _in_double(layer_or_cell: nn.Module, x: Tensor, lengths, state: State | None) -> Iterator[tuple]:
    """The layer's one cell, x, (batch, seq), True at each real step, and one tensor for each state to start from: all
    copies in float64. Meanwhile no mode of torch makes the numbers coarser, or does without gradients."""
    name = "layer_or_cell"
    check_recurrent(name, layer_or_cell)
    if getattr(layer_or_cell, "num_layers", 1) > 1 or getattr(layer_or_cell, "bidirectional", False):
        raise ValueError(
            f"{name} has several layers or directions: choose one, such as cell_from(module, layer=0), and pass "
            "what that layer reads"
        )
    x, lengths, (start,) = read(name, layer_or_cell, x, lengths, state)
    kind = x.device.type
    with torch.inference_mode(False), torch.no_grad(), torch.autocast(kind, enabled=False):
        weights = weights_of(name, layer_or_cell, *given(layer_or_cell, x, state), lengths)
        cell = cell_with(layer_or_cell, {one: weight.detach() for one, weight in weights.items()})
        to = {"device": "cpu" if kind == "mps" else x.device, "dtype": torch.float64}  # Apple's GPUs have no float64
        cell = deepcopy(cell).to(**to)  # also what a reader's own cell has besides
        for one in WEIGHTS:
            weight = getattr(cell, one)
            setattr(cell, one, weight if weight is None else weight.to(**to))
        real = torch.arange(x.shape[1]) < torch.tensor(lengths)[:, None]
        start = [x.new_zeros(len(x), cell.hidden_size)] * len(cell.STATES) if start is None else start
        yield cell, x.to(**to), real.to(to["device"]), [one.to(**to, copy=True) for one in start]
