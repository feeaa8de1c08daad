"""Gradients through time against autograd, torch.func and closed forms, in double precision."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.func import jacrev

from seqmem_lib import (
    GRUCell,
    LSTMCell,
    RNNCell,
    cell_from,
    gradient_norms,
    measure_decay,
    spectral_norms,
    split_memory_gradient,
    step_jacobians,
)

LAYERS = [nn.RNN, nn.LSTM, nn.GRU]
EXACT = {"rtol": 1e-10, "atol": 1e-10}


def a_layer(kind, seed=0, input_size=3, hidden_size=4, **options):
    torch.manual_seed(seed)
    layer = kind(input_size, hidden_size, batch_first=True, **options).double()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.mul_(3)  # far from linear
    return layer


def an_input(batch=2, seq=7, input_size=3, seed=1):
    return torch.randn(batch, seq, input_size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class LinearCell(RNNCell):
    """The vanilla RNN without its tanh."""

    def update(self, gates, h):
        return gates["a"]


def run_from(cell, state, x):
    """The last state, (h,) or (h, c) side by side, of a cell that reads x, (seq, input_size), from a state."""
    for x_t in x:
        parts = state.chunk(len(cell.STATES))
        new = cell(x_t, parts if len(parts) == 2 else state)
        state = torch.cat(new) if isinstance(new, tuple) else new
    return state


def states_after(cell, x):
    """The state after every step, side by side, and the graph between them."""
    state = torch.zeros(len(cell.STATES) * cell.hidden_size, dtype=x.dtype, requires_grad=True)
    states = []
    for x_t in x:
        state = run_from(cell, state, x_t[None])
        states.append(state)
    return states


def by_hand(cell, x):
    """The step Jacobians from the derivatives on paper, (seq, size, size)."""
    h = c = torch.zeros(cell.hidden_size, dtype=x.dtype)
    jacobians = []
    for x_t in x:
        if isinstance(cell, LSTMCell):
            gates = cell.gates(x_t, (h, c))
            i, f, g, o = gates.values()
            w = dict(zip("ifgo", cell.weight_hh.chunk(4), strict=True))
            d = {k: gates[k] * (1 - gates[k]) for k in "ifo"} | {"g": 1 - g**2}
            c_of_h = sum((d[k] * other)[:, None] * w[k] for k, other in (("f", c), ("i", g), ("g", i)))
            _, new = cell.update(gates, (h, c))
            slope = o * (1 - new.tanh() ** 2)
            h_of_h = (d["o"] * new.tanh())[:, None] * w["o"] + slope[:, None] * c_of_h
            jacobians.append(
                torch.cat([torch.cat([h_of_h, torch.diag(slope * f)], 1), torch.cat([c_of_h, torch.diag(f)], 1)])
            )
            h, c = cell.update(gates, (h, c))
        elif isinstance(cell, GRUCell):
            gates = cell.gates(x_t, h)
            r, z, n = gates.values()
            w_r, w_z, w_n = cell.weight_hh.chunk(3)
            inner = w_n @ h + cell.bias_hh.chunk(3)[2]
            n_of_h = (1 - n**2)[:, None] * (r[:, None] * w_n + (inner * r * (1 - r))[:, None] * w_r)
            z_of_h = (z * (1 - z))[:, None] * w_z
            jacobians.append((h - n)[:, None] * z_of_h + (1 - z)[:, None] * n_of_h + torch.diag(z))
            h = cell.update(gates, h)
        else:
            h = cell(x_t, h)
            jacobians.append(torch.diag(1 - h**2) @ cell.weight_hh)
    return torch.stack(jacobians).detach()


@pytest.mark.parametrize("kind", LAYERS)
@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 1000), seq=st.integers(1, 9), hidden_size=st.integers(1, 5))
def test_four_ways_to_the_same_jacobians(kind, seed, seq, hidden_size):
    layer = a_layer(kind, seed, hidden_size=hidden_size)
    cell, x = cell_from(layer), an_input(1, seq, seed=seed)
    jacobians = step_jacobians(layer, x)[0]
    torch.testing.assert_close(jacobians, by_hand(cell, x[0]), **EXACT)

    states = states_after(cell, x[0])
    product = torch.eye(jacobians.shape[-1], dtype=torch.float64)
    for t in reversed(range(seq)):
        rows = [torch.autograd.grad(one, states[t], retain_graph=True)[0] for one in states[-1]]
        torch.testing.assert_close(torch.stack(rows), product, **EXACT)
        whole = jacrev(lambda state, t=t: run_from(cell, state, x[0, t + 1 :]))(states[t].detach())
        torch.testing.assert_close(whole, product, **EXACT)
        product = product @ jacobians[t]


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("state", ["h", "c"])
def test_all_norms_from_one_backward_are_those_of_one_backward_per_step(kind, state):
    if state == "c" and kind is not nn.LSTM:
        return
    layer, x = a_layer(kind), an_input()
    cell = cell_from(layer)
    expected = torch.empty(x.shape[:2], dtype=torch.float64)
    for t in range(x.shape[1]):
        now = cell.zero_state(x[:, 0])
        for k, x_t in enumerate(x.unbind(1)):
            now = cell(x_t, now)
            if k == t:
                here = now if cell.STATES == ("h",) else now[cell.STATES.index(state)]
        h = now if cell.STATES == ("h",) else now[0]
        expected[:, t] = torch.autograd.grad(h.square().sum(), here)[0].norm(dim=1)
    norms = gradient_norms(layer, x, lambda h: h[:, -1].square().sum(), of=state)
    torch.testing.assert_close(norms, expected, **EXACT)
    assert all(parameter.grad is None for parameter in layer.parameters())


def test_the_path_through_c_counts_what_c_does_through_h():
    """∂L/∂c_t is the total derivative: its own part of the Jacobian product, and the part of h_t, which c_t makes."""
    layer, x = a_layer(nn.LSTM), an_input(1)
    cell, jacobians = cell_from(layer), step_jacobians(layer, x)[0]
    v = torch.cat([torch.ones(4), torch.zeros(4)]).double()
    norms = gradient_norms(layer, x, of="c")[0]
    h = c = torch.zeros(4, dtype=torch.float64)
    for t in range(7):
        gates = cell.gates(x[0, t], (h, c))
        h, c = cell.update(gates, (h, c))
        back = v
        for jacobian in reversed(jacobians[t + 1 :]):
            back = jacobian.T @ back
        total = back[4:] + back[:4] * gates["o"] * (1 - c.tanh() ** 2)
        torch.testing.assert_close(norms[t], total.norm().detach(), **EXACT)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 1000), seq=st.integers(1, 30))
def test_a_linear_rnn_has_a_closed_form(seed, seq):
    torch.manual_seed(seed)
    cell = LinearCell(3, 4, dtype=torch.float64)
    v = torch.randn(4, dtype=torch.float64)
    norms = gradient_norms(cell, an_input(2, seq), lambda h: (h[:, -1] @ v).sum())
    for lag in range(seq):
        expected = (torch.linalg.matrix_power(cell.weight_hh.T, lag) @ v).norm().detach()
        torch.testing.assert_close(norms[:, seq - 1 - lag], expected.expand(2), **EXACT)


def test_an_orthogonal_linear_rnn_has_rate_one():
    cell = LinearCell(3, 16, dtype=torch.float64)
    nn.init.orthogonal_(cell.weight_hh)
    norms = gradient_norms(cell, an_input(5, 100))
    torch.testing.assert_close(norms, torch.full_like(norms, 4.0), **EXACT)  # ‖(1, ..., 1)‖ = √16
    assert measure_decay(norms.flip(1))["rate"].to_numpy() == pytest.approx(1, abs=1e-10)
    torch.testing.assert_close(spectral_norms(step_jacobians(cell, an_input(2, 9))), torch.ones(2, 9).double(), **EXACT)


def test_spectral_norm_is_the_largest_gradient_over_all_directions():
    layer, x = a_layer(nn.RNN), an_input(1)
    largest = spectral_norms(step_jacobians(layer, x))[0]
    torch.manual_seed(0)
    directions = torch.nn.functional.normalize(torch.randn(500, 4, dtype=torch.float64), dim=1)
    found = torch.stack([gradient_norms(layer, x, lambda h, v=v: h[0, -1] @ v)[0] for v in directions])
    assert (found <= largest + 1e-12).all()
    assert (found.max(dim=0).values > 0.95 * largest).all()
    assert largest[-1] == pytest.approx(1)


def test_a_loss_at_every_step_reaches_every_step():
    layer, x = a_layer(nn.GRU), an_input(3, 6)
    first = gradient_norms(layer, x, lambda h: h[:, 0].sum())
    assert (first[:, 0] == 2).all()
    assert (first[:, 1:] == 0).all()  # nothing flows forward in time
    assert (gradient_norms(layer, x, lambda h: h.sum()) > 0).all()


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 1000), seq=st.integers(1, 9), hidden_size=st.integers(1, 5))
def test_the_two_paths_add_up_to_what_autograd_says(kind, seed, seq, hidden_size):
    layer = a_layer(kind, seed, hidden_size=hidden_size)
    cell, x = cell_from(layer), an_input(2, seq, seed=seed)
    direct, rest = split_memory_gradient(layer, x)
    zeros = [torch.zeros(2, hidden_size, dtype=torch.float64, requires_grad=True) for _ in cell.STATES]
    state, memories, gates = zeros[0] if kind is nn.GRU else tuple(zeros), [], []
    for x_t in x.unbind(1):
        gates.append(cell.gates(x_t, state)["z" if kind is nn.GRU else "f"].detach())
        state = cell(x_t, state)
        memories.append(state if kind is nn.GRU else state[1])
    for t, memory in enumerate(memories):
        rows = [torch.autograd.grad(memories[-1][:, j].sum(), memory, retain_graph=True)[0] for j in range(hidden_size)]
        torch.testing.assert_close(direct[:, t] + rest[:, t], torch.stack(rows, dim=1), **EXACT)
        kept = torch.stack([torch.ones(2, hidden_size).double(), *gates[t + 1 :]]).prod(dim=0)
        torch.testing.assert_close(direct[:, t], torch.diag_embed(kept), rtol=1e-14, atol=0)


def test_a_cell_whose_gates_read_nothing_has_the_direct_path_alone():
    cell = LSTMCell(3, 4, dtype=torch.float64)
    with torch.no_grad():
        cell.weight_hh.zero_()
    direct, rest = split_memory_gradient(cell, an_input())
    assert rest.abs().max() < 1e-15
    assert (direct.diagonal(dim1=-2, dim2=-1) > 0).all()


def test_a_plain_rnn_has_no_direct_path():
    with pytest.raises(ValueError, match=r"^layer_or_cell has no direct path: pass an LSTM or a GRU$"):
        split_memory_gradient(nn.RNN(3, 4), an_input())


def test_sequences_do_not_mix():
    layer, x = a_layer(nn.LSTM), an_input(3, 6)
    for k in range(3):
        alone = gradient_norms(layer, x[k : k + 1])
        torch.testing.assert_close(gradient_norms(layer, x)[k : k + 1], alone, **EXACT)


def test_frozen_layers_and_no_grad_are_welcome():
    layer, x = a_layer(nn.RNN), an_input()
    expected = gradient_norms(layer, x)
    layer.requires_grad_(False)
    with torch.no_grad():
        assert torch.equal(gradient_norms(layer, x), expected)
    assert not step_jacobians(layer, x).requires_grad


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.half])
def test_a_layer_of_any_precision_is_measured_in_float64(dtype):
    """In float32 the gradient would be 0 from a lag of 150 on, and its square from a lag of 75 on."""
    cell = LinearCell(1, 2, bias=False, dtype=dtype)
    with torch.no_grad():
        cell.weight_hh.copy_(torch.eye(2) / 2)
    norms = gradient_norms(cell, torch.zeros(1, 1001, 1)).flip(1)[0]
    assert norms.dtype == torch.float64
    assert norms.tolist() == pytest.approx([math.sqrt(2) * 0.5**lag for lag in range(1001)], rel=1e-12)
    assert cell.weight_hh.dtype == dtype


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.half])
def test_what_is_measured_is_what_the_layer_in_double_gives(kind, dtype):
    layer, x = a_layer(kind).to(dtype), an_input().to(dtype)
    double = a_layer(kind)
    double.load_state_dict(layer.state_dict())
    for measure in (gradient_norms, step_jacobians, *[split_memory_gradient] * (kind is not nn.RNN)):
        ours, theirs = measure(layer, x), measure(double, x.double())
        for one, other in zip(*((ours, theirs) if isinstance(ours, tuple) else ((ours,), (theirs,))), strict=True):
            assert one.dtype == torch.float64
            torch.testing.assert_close(one, other, **EXACT)
    assert {parameter.dtype for parameter in layer.parameters()} == {dtype}


def test_a_loss_reads_h_as_the_layer_returns_it():
    """So the reader's own readout fits, and it reads no padding."""
    layer, x, readout = nn.GRU(3, 4, batch_first=True), an_input().float(), nn.Linear(4, 2)
    read = []
    gradient_norms(layer, x, lambda h: read.append(h) or readout(h).sum(), lengths=[7, 3])
    (h,) = read
    assert (h.dtype, h[1, 3:].any().item()) == (torch.float32, False)
    torch.testing.assert_close(h[0], layer(x)[0][0])


def test_x_is_read_in_the_precision_of_the_layer():
    layer, x = a_layer(nn.LSTM), an_input().float()
    assert torch.equal(gradient_norms(layer, x), gradient_norms(layer, x.double()))
    assert torch.equal(step_jacobians(layer, x), step_jacobians(layer, x.double()))


def test_products_are_made_where_the_jacobians_are():
    jacobians = step_jacobians(a_layer(nn.RNN), an_input())
    expected = spectral_norms(jacobians)
    with torch.device("meta"):
        assert torch.equal(spectral_norms(jacobians), expected)


SEVERAL = "^layer_or_cell has several layers or directions: choose one, .* and pass what that layer reads$"


@pytest.mark.parametrize(
    ("argument", "error", "message"),
    [
        ({"layer_or_cell": nn.Linear(3, 4)}, TypeError, "Linear is not a recurrent layer"),
        ({"layer_or_cell": nn.RNN(3, 4, num_layers=2)}, ValueError, SEVERAL),
        ({"layer_or_cell": nn.RNN(3, 4, bidirectional=True)}, ValueError, SEVERAL),
        ({"x": torch.zeros(2, 5)}, ValueError, r"x has shape \(2, 5\)"),
        ({"x": torch.full((1, 5, 3), math.nan)}, ValueError, "x holds NaN or infinity"),
        ({"x": None}, TypeError, "x must be a tensor"),
        ({"of": "c"}, ValueError, "of='c' is no state of this cell, which has h"),
        ({"layer_or_cell": nn.LSTM(3, 4), "of": "f"}, ValueError, "of='f' .* this cell, which has h and c"),
        ({"loss": lambda h: h[:, -1]}, ValueError, "^loss must return one number"),
        ({"loss": lambda h: 0.5}, ValueError, "loss must return one number"),
        ({"loss": lambda h: h.detach().sum()}, ValueError, "loss must return one number that depends on h"),
        (
            {"loss": lambda h: nn.Parameter(torch.ones(1)).sum()},
            ValueError,
            "loss must return one number that depends on h",
        ),
    ],
)
def test_bad_arguments(argument, error, message):
    arguments = {"layer_or_cell": a_layer(nn.RNN), "x": an_input()} | argument
    with pytest.raises(error, match=message):
        gradient_norms(**arguments)
    if {"of", "loss"}.isdisjoint(argument):
        with pytest.raises(error, match=message):
            step_jacobians(**arguments)


@pytest.mark.parametrize("shape", [(3, 3), (2, 5, 3), (2, 5, 3, 4), (2, 0, 3, 3)])
def test_bad_jacobians(shape):
    with pytest.raises(ValueError, match="jacobians has shape"):
        spectral_norms(torch.zeros(shape))


@given(rate=st.floats(0.05, 0.99), first=st.floats(1e-3, 1e3))
def test_decay_of_a_geometric_series(rate, first):
    norms = first * rate ** np.arange(60.0)
    (row,) = measure_decay(norms).itertuples(index=False)
    assert row.rate == pytest.approx(rate, rel=1e-9)
    assert row.half_life == pytest.approx(math.log(0.5) / math.log(rate), rel=1e-9)
    exact = math.log(1e-3) / math.log(rate)
    if exact > 59:
        assert math.isnan(row.span)
    else:
        assert exact - 1e-6 <= row.span <= exact + 1 + 1e-6  # the first lag past the exact one


def test_decay_of_several_seeds():
    lags = np.arange(30.0)
    table = measure_decay(torch.tensor(np.stack([0.5**lags, np.ones(30), 2**lags])))
    assert list(table.columns) == ["rate", "half_life", "span"]
    assert table["rate"].to_numpy() == pytest.approx([0.5, 1, 2])
    assert table["half_life"][0] == pytest.approx(1)
    assert table["half_life"][2] == np.inf
    assert table["span"][0] == 10  # 0.5^10 < 0.001
    assert table["span"][1:].isna().all()
    assert measure_decay(0.5**lags, below=0.2)["span"][0] == 3
    assert measure_decay(0.5**lags, below=0.25)["span"][0] == 3, "0.25 is not below 0.25"


def test_two_norms_are_enough():
    assert measure_decay([3.0, 1.5])["rate"][0] == pytest.approx(0.5)


def test_zeros_are_left_out_of_the_fit():
    norms = np.append(0.5 ** np.arange(20.0), np.zeros(5))
    assert measure_decay(norms)["rate"][0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("norms", "message"),
    [
        ([1.0, 0.0, 0.0], "^norms must be above 0 at lag 0 and at one more"),
        ([[1.0, 0.5], [1.0, 0.0]], "above 0 at lag 0 and at one more"),
        ([0.0, 1.0, 1.0], "above 0 at lag 0"),
        ([1.0, -1.0], "finite and not negative"),
        ([1.0, math.nan], "finite and not negative"),
        (np.ones((2, 2, 2)), "norms has shape"),
    ],
)
def test_decay_of_nothing(norms, message):
    with pytest.raises(ValueError, match=message):
        measure_decay(norms)
