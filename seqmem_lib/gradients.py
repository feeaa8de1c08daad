"""How strongly the end of a sequence depends on every earlier step: gradients and Jacobians through time.

Everything is computed in the precision of the layer. Gradients that decay leave the range of float32 within a few
dozen steps, so call `.double()` on the layer before you measure them.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import jacrev, vmap

from .arguments import check_finite, check_function, check_sequence, check_tensor, shown
from .cells import Cell, GRUCell, LSTMCell, unroll
from .layers import cell_of
from .recording import record


def gradient_norms(
    layer_or_cell: nn.Module,
    x: Tensor,
    loss: Callable[[Tensor], Tensor] | None = None,
    *,
    state: str = "h",
) -> Tensor:
    """‖∂L/∂h_t‖ for every step t of every sequence, (batch, seq) in float64, from one backward pass.

    layer_or_cell : an nn.RNN, nn.LSTM or nn.GRU of one layer and one direction, or a cell, torch's or ours
    x : Tensor, (batch, seq, input_size)
    loss : makes L, a single number, from h, (batch, seq, hidden_size); the sum of h at the last step if omitted.
        It should add up the sequences, not average them, or every norm is divided by the batch size.
    state : "h", or "c" of an LSTM. Each is a total derivative: c_t also acts through h_t.

    Steps count from 0; `norms.flip(1)` counts the lag from the end instead, as `plot_decay` and `measure_decay` do.
    The equations of backpropagation through time are those of Werbos (1990).

    Raises TypeError if the module is not recurrent, ValueError if an argument does not fit.
    """
    cell = _single_cell(layer_or_cell)
    if loss is not None:
        check_function("loss", loss, "loss(h)")
    if not isinstance(state, str) or state not in cell.STATES:
        raise ValueError(f"state={shown(state)} is no state of this cell, which has {' and '.join(cell.STATES)}")
    with torch.enable_grad():
        x = _check_input(cell, x)
        zero = x.new_zeros(len(x), cell.hidden_size, requires_grad=True)  # in the graph even if no parameter is
        states = unroll(cell, x, [zero] * len(cell.STATES))
        h = torch.stack(states["h"], dim=1)
        total = h[:, -1].sum() if loss is None else loss(h)
        gradients = (None,)
        # With respect to the states that were passed on from step to step. The stack is made from them: nothing
        # flows from it into the next step.
        if isinstance(total, Tensor) and total.numel() == 1 and total.requires_grad:
            gradients = torch.autograd.grad(total, states[state], allow_unused=True)
        if gradients[0] is None:
            raise ValueError("loss must return one number that depends on h, such as h[:, -1].sum()")
    # Squares of small numbers: in float32 the norm would be 0 long before the gradient is.
    return torch.linalg.vector_norm(torch.stack(gradients, dim=1), dim=-1, dtype=torch.float64)


def step_jacobians(layer_or_cell: nn.Module, x: Tensor) -> Tensor:
    """∂s_t/∂s_{t-1} for every step t, (batch, seq, size, size): row j, column k says how component j of the state
    after the step answers to component k of the state before it.

    layer_or_cell : as in `gradient_norms`
    x : Tensor, (batch, seq, input_size)

    The state s is h, and size is hidden_size. Of an LSTM it is h, then c, and size is 2·hidden_size. The first step
    starts from the zero state. For the vanilla RNN the Jacobian is diag(1 - h_t²) W_hh (Pascanu, Mikolov & Bengio
    2013, equation 5).

    Raises TypeError if the module is not recurrent, ValueError if an argument does not fit.
    """
    cell = _single_cell(layer_or_cell)
    x = _check_input(cell, x)
    with torch.no_grad():
        states = unroll(cell, x)
    after = torch.cat([torch.stack(states[name], dim=1) for name in cell.STATES], dim=-1)
    before = torch.cat([torch.zeros_like(after[:, :1]), after[:, :-1]], dim=1)

    def step(s, x_t):
        parts = s.chunk(len(cell.STATES), dim=-1)
        new = cell(x_t, parts[0] if len(parts) == 1 else parts)
        return torch.cat(new, dim=-1) if isinstance(new, tuple) else new

    return vmap(vmap(jacrev(step)))(before, x).detach()


def spectral_norms(jacobians: Tensor) -> Tensor:
    """‖∂s_T/∂s_t‖ for every step t, (batch, seq): the most by which a small change of the state after step t can be
    multiplied until the last step T. The last entry is 1.

    jacobians : Tensor, (batch, seq, size, size), one for each step, as from `step_jacobians`

    The norm is the largest singular value of the product J_T · J_{T-1} ··· J_{t+1}.
    Raises TypeError if they are no tensor, ValueError if they do not have this shape, or hold NaN or infinity.
    """
    check_tensor("jacobians", jacobians, "(batch, seq, size, size)")
    if jacobians.ndim != 4 or 0 in jacobians.shape or jacobians.shape[-1] != jacobians.shape[-2]:
        raise ValueError(f"jacobians has shape {tuple(jacobians.shape)}: it must be (batch, seq, size, size)")
    if jacobians.dtype not in (torch.float32, torch.float64) or not jacobians.isfinite().all():
        raise ValueError("jacobians must hold finite numbers in float32 or float64: measure fewer steps, or in double")
    return torch.linalg.matrix_norm(_products(jacobians), ord=2)


def split_memory_gradient(layer_or_cell: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """How the memory at the last step T responds to the memory after every step t, along two kinds of path.

    layer_or_cell : an LSTM, whose memory is c, or a GRU, whose memory is h; otherwise as in `gradient_norms`
    x : Tensor, (batch, seq, input_size)

    Returns (direct, rest), (batch, seq, hidden_size, hidden_size) each, rows at T and columns at t. The direct path
    runs through the gate that keeps: the product of the forget gates f from t+1 to T, or of the update gates z, on the
    diagonal. The rest is whatever flows through the gates and h. Their sum is the total derivative ∂c_T/∂c_t, or
    ∂h_T/∂h_t: what c_t does through h_t counts.

    After Hochreiter & Schmidhuber (1997), whose error flows along the direct path alone.
    Raises TypeError if the module is not recurrent, ValueError if an argument does not fit.
    """
    cell = _single_cell(layer_or_cell)
    if not isinstance(cell, LSTMCell | GRUCell):
        raise ValueError("layer_or_cell has no direct path: pass an LSTM or a GRU")
    trace = record(cell, x)
    products = _products(step_jacobians(cell, x))
    if isinstance(cell, LSTMCell):
        size = cell.hidden_size
        of_h, of_c = products[..., size:, :size], products[..., size:, size:]
        slope = trace.o * (1 - trace.c.tanh() ** 2)  # what c_t does to h_t
        total, keep = of_c + of_h * slope.to(of_h)[..., None, :], trace.f
    else:
        total, keep = products, trace.z
    later = torch.cat([keep[:, 1:], torch.ones_like(keep[:, :1])], dim=1)  # from step t+1 on
    direct = later.flip(1).cumprod(dim=1).flip(1).to(total).diag_embed()
    return direct, total - direct


def _products(jacobians: Tensor) -> Tensor:
    """J_T · J_{T-1} ··· J_{t+1} for every t, of the shape of the jacobians; the identity at T."""
    product = torch.eye(jacobians.shape[-1], dtype=jacobians.dtype, device=jacobians.device).expand_as(jacobians[:, 0])
    products = [product]
    for jacobian in reversed(jacobians[:, 1:].unbind(dim=1)):
        products.append(product := product @ jacobian)
    return torch.stack(products[::-1], dim=1)


def _single_cell(layer_or_cell: nn.Module) -> Cell:
    cell = cell_of("layer_or_cell", layer_or_cell)
    if getattr(layer_or_cell, "num_layers", 1) > 1 or getattr(layer_or_cell, "bidirectional", False):
        raise ValueError(
            "layer_or_cell has several layers or directions: choose one, such as cell_from(module, layer=0), and pass "
            "what that layer reads"
        )
    return cell


def _check_input(cell: Cell, x: Tensor) -> Tensor:
    lengths = check_sequence(x, None, cell.input_size)
    x = x.detach().to(cell.weight_ih.device, cell.weight_ih.dtype)
    check_finite(x, lengths)
    return x
