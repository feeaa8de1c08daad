"""The scan against the loop that it replaces, and against closed forms."""

import pytest
import torch
from torch import nn

from seqmem_lib.course.n17_scans.scans import MinGRU, linear_scan


def loop(a, b):
    h, shown = torch.zeros_like(b[:, 0]), []
    for a_t, b_t in zip(a.unbind(dim=1), b.unbind(dim=1), strict=True):
        h = a_t * h + b_t
        shown.append(h)
    return torch.stack(shown, dim=1)


@pytest.mark.parametrize("seq", [1, 2, 3, 8, 13, 64, 100])
def test_the_scan_is_the_loop_in_outputs_and_gradients(seq):
    torch.manual_seed(seq)
    a, b = (torch.randn(2, seq, 3, dtype=torch.float64).tanh().requires_grad_() for _ in "ab")
    weight = torch.randn(2, seq, 3, dtype=torch.float64)
    scanned, wanted = linear_scan(a, b), loop(a, b)
    torch.testing.assert_close(scanned, wanted, rtol=0, atol=1e-10)
    for one, other in zip(
        torch.autograd.grad((scanned * weight).sum(), (a, b), materialize_grads=True),  # one step does not use a
        torch.autograd.grad((wanted * weight).sum(), (a, b)),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


def test_the_scan_in_float32():
    torch.manual_seed(0)
    a, b = torch.rand(4, 1000, 5), torch.randn(4, 1000, 5)
    torch.testing.assert_close(linear_scan(a, b), loop(a, b), rtol=0, atol=1e-5)


def test_closed_forms():
    ones = torch.ones(1, 50, dtype=torch.float64)
    torch.testing.assert_close(linear_scan(ones, ones), torch.arange(1, 51, dtype=torch.float64)[None])  # a sum
    half = linear_scan(0.5 * ones, ones)
    torch.testing.assert_close(half, 2 - 0.5 ** torch.arange(50, dtype=torch.float64)[None])  # a geometric series
    torch.testing.assert_close(linear_scan(torch.zeros_like(ones), 7 * ones), 7 * ones)  # nothing is kept


def test_a_start_is_added_to_the_first_step():
    torch.manual_seed(1)
    a, b, h_0 = torch.rand(2, 9, 3).double(), torch.randn(2, 9, 3).double(), torch.randn(2, 3).double()
    begun = torch.cat([b[:, :1] + (a[:, 0] * h_0)[:, None], b[:, 1:]], dim=1)
    wanted = loop(torch.cat([torch.ones_like(a[:, :1]), a], dim=1), torch.cat([h_0[:, None], b], dim=1))[:, 1:]
    torch.testing.assert_close(linear_scan(a, begun), wanted, rtol=0, atol=1e-10)


def test_its_arguments_are_left_as_they_were():
    a, b = torch.rand(2, 7, 3), torch.rand(2, 7, 3)
    before = a.clone(), b.clone()
    linear_scan(a, b)
    assert torch.equal(a, before[0])
    assert torch.equal(b, before[1])


@pytest.mark.parametrize(
    "shapes", [((2, 5, 3), (2, 5, 4)), ((5,), (5,)), ((2, 0, 3), (2, 0, 3)), ((2, 5, 3), (2, 5, 1))]
)
def test_shapes_that_do_not_fit(shapes):
    with pytest.raises(ValueError, match="a has shape"):
        linear_scan(*map(torch.zeros, shapes))


def test_min_gru_is_its_equation():
    torch.manual_seed(2)
    layer, x = MinGRU(3, 4).double(), torch.randn(2, 11, 3, dtype=torch.float64)
    w_z, w_n = layer.gates.weight.chunk(2)
    b_z, b_n = layer.gates.bias.chunk(2)
    h = torch.zeros(2, 4, dtype=torch.float64)
    output = layer(x)
    assert output.shape == (2, 11, 4)
    for t, x_t in enumerate(x.unbind(dim=1)):
        z, n = (x_t @ w_z.T + b_z).sigmoid(), x_t @ w_n.T + b_n
        h = (1 - z) * h + z * n
        torch.testing.assert_close(output[:, t], h, rtol=0, atol=1e-10)


def test_min_gru_is_a_gru_that_does_not_see_its_state():
    torch.manual_seed(3)
    gru = nn.GRU(3, 4, batch_first=True, dtype=torch.float64)
    layer, x = MinGRU(3, 4).double(), torch.randn(2, 30, 3, dtype=torch.float64) / 1000  # near 0 tanh is the identity
    with torch.no_grad():
        gru.weight_hh_l0.zero_()
        gru.bias_hh_l0.zero_()
        gru.bias_ih_l0[8:] = 0
        w_z, w_n = gru.weight_ih_l0[4:8], gru.weight_ih_l0[8:]
        layer.gates.weight.copy_(torch.cat([-w_z, w_n]))  # torch's z keeps
        layer.gates.bias.copy_(torch.cat([-gru.bias_ih_l0[4:8], gru.bias_ih_l0[8:]]))
    torch.testing.assert_close(layer(x), gru(x)[0], rtol=0, atol=1e-6)


def test_min_gru_names_what_is_wrong():
    with pytest.raises(ValueError, match="hidden_size must be a whole number"):
        MinGRU(3, 0)
    with pytest.raises(ValueError, match="this layer reads"):
        MinGRU(3, 4)(torch.zeros(2, 5, 2))
