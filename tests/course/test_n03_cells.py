"""The exercises of notebook 03 on cells that are written, carried over or set by hand."""

from copy import deepcopy

import pytest
import torch
from torch import nn
from verdict import verdict_on

from seqmem_lib.course.n03_gru import cell_checks, checks


def published(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh):
    w_r, w_z, w_n = weight_ih.chunk(3)
    u_r, u_z, u_n = weight_hh.chunk(3)
    b_r, b_z, b_n = (bias_ih + bias_hh).chunk(3)
    r = (x_t @ w_r.T + h @ u_r.T + b_r).sigmoid()
    z = (x_t @ w_z.T + h @ u_z.T + b_z).sigmoid()
    n = (x_t @ w_n.T + (r * h) @ u_n.T + b_n).tanh()
    return (1 - z) * n + z * h


def by_one_product(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh):
    """Another style: [h, x] one beside the other, as articles write it, and a zero in place of nothing."""
    size = h.shape[1]
    both = torch.cat([weight_hh, weight_ih], dim=1)
    r, z = torch.sigmoid(torch.cat([h, x_t], dim=1) @ both[: 2 * size].T + (bias_ih + bias_hh)[: 2 * size]).split(
        size, 1
    )
    n = torch.tanh(torch.cat([r * h, x_t], dim=1) @ both[2 * size :].T + (bias_ih + bias_hh)[2 * size :])
    return n + z * (h - n)


def for_four_units(x_t, h, *parameters):
    w_x, w_h, b_x, b_h = parameters
    r, z = ((x_t @ w_x[k : k + 4].T + h @ w_h[k : k + 4].T + (b_x + b_h)[k : k + 4]).sigmoid() for k in (0, 4))
    n = (x_t @ w_x[8:12].T + (r * h) @ w_h[8:12].T + (b_x + b_h)[8:12]).tanh()
    return (1 - z) * n + z * h


def by_torch(x_t, h, *parameters):
    cell = nn.GRUCell(x_t.shape[1], h.shape[1], dtype=torch.float64)
    cell.load_state_dict(dict(zip(cell.state_dict(), parameters, strict=True)))
    return cell(x_t, h).detach()


def one_bias(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh):
    bias_hh = bias_hh.clone()
    bias_hh[2 * h.shape[1] :] = 0
    return published(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh)


def transposed(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh):
    weight_hh, last = weight_hh.clone(), slice(2 * h.shape[1], None)
    weight_hh[last] = weight_hh[last].T.clone()
    return published(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh)


def exchanged(x_t, h, *parameters):
    moved = (torch.cat([parameter.chunk(3)[k] for k in (1, 0, 2)]) for parameter in parameters)
    return published(x_t, h, *moved)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (published, ": correct."),
        (by_one_product, ": correct."),
        (lambda *given: published(*given).numpy(), ": correct."),
        (lambda x_t, h, *rest: h.copy_(published(x_t, h, *rest)), "The answer is right, but your function changes"),
        (for_four_units, "your function stopped with RuntimeError"),
        (lambda *given: ..., "not attempted yet."),
        (by_torch, "Hint: that is torch's GRU"),
        (one_bias, "Hint: both biases of the candidate"),
        (transposed, "Hint: the rows of h are sequences"),
        (exchanged, "Hint: the rows come in the order r, z, n"),
        (lambda *given: 0 * published(*given), "not yet. The numbers are wrong"),
        (lambda x_t, *_: x_t, "not yet. Return the new h"),
    ],
)
def test_published_step(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, cell_checks.published_step, capsys)


NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def rebuilt(blocks, names=NAMES):
    """An attempt that puts other blocks in the place of z, r and n."""

    def attempt(layer):
        with torch.no_grad():
            for name in names:
                getattr(layer, name).copy_(torch.cat(blocks(*getattr(layer, name).clone().chunk(3))))

    return attempt


def by_index(layer):
    """Another style: rows chosen by a list, and a factor for each."""
    size = layer.hidden_size
    rows = [*range(size, 2 * size), *range(size), *range(2 * size, 3 * size)]
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter[:] = parameter[rows]
            parameter[size : 2 * size].neg_()


def swapped_in_place(layer):
    """It takes the second block from where the first was already overwritten."""
    size = layer.hidden_size
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter[:size] = parameter[size : 2 * size]
            parameter[size : 2 * size] = -parameter[:size]


def four_rows(layer):
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter[:8] = torch.cat([parameter[4:8], -parameter[:4]])


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (rebuilt(lambda z, r, n: (r, -z, n)), ": correct."),
        (by_index, ": correct."),
        (lambda layer: None, "not attempted yet."),
        (lambda layer: by_index(deepcopy(layer)), "as before: did you change a copy?"),
        (lambda layer: by_index(layer.requires_grad_(False)), "the parameters can no longer be trained"),
        (rebuilt(lambda z, r, n: (z, -r, n)), "Hint: PyTorch's blocks of rows come in the order"),  # as in section 3
        (rebuilt(lambda z, r, n: (-z, r, n)), "Hint: PyTorch's blocks of rows come in the order"),
        (rebuilt(lambda z, r, n: (r, z, n)), "Hint: the order is right; but the new z"),
        (rebuilt(lambda z, r, n: (r, 1 - z, n)), "Hint: the order is right; but the new z"),
        (rebuilt(lambda z, r, n: (r, -z, -n)), "Hint: only z means another thing there"),
        (rebuilt(lambda z, r, n: (r, -z, n), NAMES[:2]), "Hint: all four parameters have such blocks"),
        (swapped_in_place, "Hint: a block was overwritten before it was read"),
        (four_rows, "not yet. "),
        (rebuilt(lambda z, r, n: (n, z, r)), "not yet. The layer computes something else."),
        (lambda layer: layer.nothing, "your function stopped with AttributeError"),
    ],
)
def test_translate(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, cell_checks.translate, capsys)


def latch(size, reset=True, left=()):
    def attempt(layer):
        with torch.no_grad():
            for name, parameter in layer.named_parameters():
                if name not in left:
                    parameter.zero_()
            layer.weight_ih_l0[1] = torch.tensor([-2 * size, -2 * size * reset])
            layer.bias_ih_l0[1] = size
            layer.weight_ih_l0[2, 0] = size

    return attempt


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (latch(1000.0), ": correct."),
        (latch(100.0), ": correct."),
        (lambda layer: None, "not attempted yet."),
        (latch(1000.0, left=["bias_hh_l0"]), "Hint: bias_hh_l0 is still as it was drawn."),
        (latch(3.0), "Hint: a sigmoid or a tanh is as good as 0 or 1 only"),
        (
            latch(1000.0, reset=0.5),
            "(reset) h is +0.5 off: it should be 0. There r = 0.5, z = 0.5, n = 0. Hint: a gate of",
        ),
        (latch(1000.0, reset=False), "(reset) h is +1 off: it should be 0. There r = 0.5, z = 1, n = 0."),
    ],
)
def test_set_gru_latch(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.set_gru_latch, capsys)
