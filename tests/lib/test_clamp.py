"""Gate surgery against torch's own layers, which can be started from any state."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from seqmem_lib import GRUCell, record

GATE = {nn.RNN: "a", nn.LSTM: "i", nn.GRU: "z"}


def a_layer(kind, seed=0, **options):
    torch.manual_seed(seed)
    return kind(3, 4, batch_first=True, **options).double()


def held(value, at, shape=(7, 4)):
    """NaN but for one place."""
    clamp = torch.full(shape, math.nan)
    clamp[at] = value
    return clamp


@pytest.mark.parametrize("kind", GATE)
@pytest.mark.parametrize("reverse", [False, True])
@settings(deadline=None, max_examples=20)
@given(step=st.integers(0, 6), unit=st.integers(0, 3), length=st.integers(1, 7), seed=st.integers(0, 99))
def test_a_clamp_is_obeyed_and_leaves_the_past_alone(kind, reverse, step, unit, length, seed):
    layer, x = a_layer(kind, seed, num_layers=2, bidirectional=True), torch.randn(2, 7, 3).double()
    options = {"lengths": [7, length], "layer": 1, "reverse": reverse}
    free = record(layer, x, **options)
    clamped = record(layer, x, clamp={GATE[kind]: held(0.25, (step, unit))}, **options)
    past = slice(step + 1, 7) if reverse else slice(0, step)
    for name in free.values:
        assert torch.equal(free.values[name][:, past], clamped.values[name][:, past])
        assert not clamped.values[name][1, length:].any(), "padding stays zero"
    assert clamped.values[GATE[kind]][0, step, unit] == 0.25
    assert not torch.equal(free.h[0, step], clamped.h[0, step])


def test_a_run_from_a_swapped_cell_state_is_torch_s_own():
    """In the middle of two sequences their memories change places."""
    layer, x = a_layer(nn.LSTM), torch.randn(2, 7, 3).double()
    free = record(layer, x)
    swap = torch.full((2, 7, 4), math.nan, dtype=torch.float64)
    swap[:, 3] = free.c[:, 3].flip(0)
    swapped = record(layer, x, clamp={"c": swap})
    output, (_, c_n) = layer(x[:, 4:], (free.h[None, :, 3], free.c[None, :, 3].flip(1)))
    torch.testing.assert_close(swapped.h[:, 4:], output, rtol=0, atol=1e-12)
    torch.testing.assert_close(swapped.c[:, 6], c_n[0], rtol=0, atol=1e-12)
    torch.testing.assert_close(swapped.h[:, 3], free.h[:, 3], rtol=0, atol=1e-12)  # made of the old memory


def test_an_open_forget_gate_adds_up_what_is_written():
    layer, x = a_layer(nn.LSTM), torch.randn(1, 7, 3).double()
    trace = record(layer, x, clamp={"f": 1.0, "i": 0.5})
    torch.testing.assert_close(trace.c, (0.5 * trace.g).cumsum(dim=1), rtol=0, atol=1e-12)
    closed = record(layer, x, clamp={"o": 0})
    assert not closed.h.any()


def test_a_gru_that_keeps_everything_keeps_nothing_but_zero():
    assert not record(a_layer(nn.GRU), torch.randn(1, 7, 3), clamp={"z": 1}).h.any()


@pytest.mark.parametrize("kind", GATE)
def test_the_gates_after_a_clamp_read_the_new_state(kind):
    layer, x = a_layer(kind), torch.randn(2, 7, 3).double()
    trace = record(layer, x, clamp={"h": held(0.9, (2, 1))})
    state = trace.h[None, :, 2]
    state = (state, trace.c[None, :, 2]) if kind is nn.LSTM else state
    torch.testing.assert_close(trace.h[:, 3:], layer(x[:, 3:], state)[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", GATE)
def test_nothing_clamped_is_nothing_changed(kind):
    layer, x = a_layer(kind), torch.randn(2, 7, 3)
    free = record(layer, x)
    for clamp in (None, {}, {"h": math.nan}, {GATE[kind]: torch.full((4,), math.nan)}):
        trace = record(layer, x, clamp=clamp)
        assert all(torch.equal(trace.values[name], free.values[name]) for name in free.values)


def test_a_cell_can_be_clamped_too():
    cell, x = nn.GRUCell(3, 4), torch.randn(2, 7, 3)
    assert (record(cell, x, clamp={"r": 0.5}).r == 0.5).all()


@pytest.mark.parametrize(
    ("clamp", "message"),
    [
        ({"f": 1}, "clamp holds 'f', but this cell has r, z, n, h"),
        ({"z": torch.zeros(7)}, r"clamp\['z'\] must be a number, or a tensor that broadcasts to \(2, 7, 4\)"),
        ({"z": "open"}, r"clamp\['z'\] must be a number"),
        ({"z": math.inf}, r"clamp\['z'\] holds infinity"),
    ],
)
def test_bad_clamps(clamp, message):
    with pytest.raises(ValueError, match=message):
        record(a_layer(nn.GRU), torch.randn(2, 7, 3), clamp=clamp)


@pytest.mark.parametrize("reset_after", [True, False])
def test_a_reset_gate_that_is_held_acts_on_the_candidate(reset_after):
    """With r held at 0, the candidate of a GRU sees no h; the equation is written out here."""
    torch.manual_seed(0)
    cell = GRUCell(3, 4, reset_after=reset_after, dtype=torch.float64)
    x = torch.randn(2, 6, 3, dtype=torch.float64)
    held = record(cell, x, clamp={"r": 0.0})
    x_n = x @ cell.weight_ih[8:].T + cell.bias_ih[8:] + (0 if reset_after else cell.bias_hh[8:])
    torch.testing.assert_close(held.n, x_n.tanh().detach(), rtol=0, atol=1e-12)
    torch.testing.assert_close(held.h, (1 - held.z) * held.n + held.z * held.before("h"), rtol=0, atol=1e-12)
    assert (held.h - record(cell, x).h).abs().max() > 0.01
    both = record(cell, x, clamp={"r": 0.0, "n": 0.25})
    assert (both.n == 0.25).all()
