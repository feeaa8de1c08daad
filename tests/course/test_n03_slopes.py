"""What the slope of a GRU of one unit is made of, in the table reset_gate."""

import pytest
import torch
from torch import nn

import seqmem_lib as sm
from figures.tables.n03_gru_together import HELD_OPEN, at_reads, elsewhere, left_of_nudges, slopes_of


def test_the_parts_of_the_slope_are_the_derivative():
    torch.manual_seed(0)
    gru = nn.GRU(3, 1, batch_first=True).double()
    x = torch.randn(2, 6, 3, dtype=torch.float64)
    trace = sm.record(gru, x)
    parts = slopes_of(gru, trace)
    assert list(parts) == ["z_slope", "n_slope", "gates_slope"]
    before = trace.before("h").requires_grad_()
    after = sm.cell_from(gru)(x, before)
    (slope,) = torch.autograd.grad(after.sum(), before)
    torch.testing.assert_close(sum(parts.values()), slope[..., 0], rtol=0, atol=1e-12)
    assert all(part.abs().max() > 1e-3 for part in parts.values())


def test_a_gate_that_is_held_open_is_1_and_stays_so():
    gru = nn.GRU(3, 2, batch_first=True)
    gru.bias_ih_l0.data[:2] = HELD_OPEN
    x = torch.randn(2, 6, 3)
    assert (sm.record(gru, x).r == 1).all()
    gru(x)[0].sum().backward()
    assert not any(weight.grad[:2].any() for weight in gru.parameters())


def test_the_errors_are_those_of_the_library():
    y = torch.tensor([0.5, 0.0, -1.0, 0.0]).view(1, 4, 1)
    output = torch.tensor([0.0, 2.0, -1.0, 0.0]).view(1, 4, 1)
    assert at_reads(output, y) == sm.tasks.error_at_reads(output, y) == 0.125
    assert elsewhere(output, y) == 2


@pytest.mark.parametrize(("bias", "kept"), [(HELD_OPEN, 1), (0, 2**-5)])
def test_what_is_left_of_a_nudge(bias, kept):
    """With z at 1 all of it, in the unit that was moved; with z at 1/2, and a candidate of 0, half at each step."""
    gru = nn.GRU(3, 2, batch_first=True)
    for parameter in gru.parameters():
        nn.init.zeros_(parameter)
    gru.bias_ih_l0.data[2:4] = bias
    assert left_of_nudges(gru, torch.zeros(2, 9, 3), step=3, until=8) == pytest.approx([kept, kept], rel=1e-5)
