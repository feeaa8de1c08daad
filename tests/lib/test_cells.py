"""The cells against torch.nn, which is the reference: outputs and every gradient."""

import os
from copy import deepcopy

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.func import functional_call
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqmem_lib.cells import GRUCell, LSTMCell, RNNCell, unroll
from seqmem_lib.layers import cell_from
from seqmem_lib.recording import record

PAIRS = {RNNCell: nn.RNNCell, LSTMCell: nn.LSTMCell, GRUCell: nn.GRUCell}
LAYERS = {RNNCell: nn.RNN, LSTMCell: nn.LSTM, GRUCell: nn.GRU}
MANY = 800 if os.environ.get("SEQMEM_DRAW") else 200
TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-5}
cells = pytest.mark.parametrize("kind", PAIRS, ids=lambda kind: kind.__name__)
cases = {
    "batch": st.integers(1, 4),
    "input_size": st.integers(1, 6),
    "hidden_size": st.integers(1, 7),
    "bias": st.booleans(),
    "dtype": st.sampled_from(list(TOLERANCE)),
    "seed": st.integers(0, 2**31),
}


def state_of(kind, *shape, **options):
    h = torch.randn(*shape, **options, requires_grad=True)
    return (h, torch.randn(*shape, **options, requires_grad=True)) if kind is LSTMCell else h


def parts(state):
    return state if isinstance(state, tuple) else (state,)


def gradients(outputs, inputs):
    """Of one fixed random projection of the outputs, so that no two entries can be exchanged unnoticed."""
    generator = torch.Generator().manual_seed(0)
    weights = [torch.randn(o.shape, generator=generator, dtype=o.dtype) for o in outputs]
    loss = sum((o * w).sum() for o, w in zip(outputs, weights, strict=True))
    return torch.autograd.grad(loss, inputs)


def assert_equal(ours, theirs, dtype, sizes=None):
    """In float32 up to 1e-5 of what was added up: of `sizes`, or of the largest entry where nothing can cancel."""
    sizes = sizes or [b.abs().max().item() for b in theirs]
    assert len(ours) == len(theirs) == len(sizes)
    for a, b, size in zip(ours, theirs, sizes, strict=True):
        assert a.shape == b.shape
        scale = max(1.0, size) if dtype == torch.float32 else 1.0
        assert (a - b).abs().max() <= TOLERANCE[dtype] * scale


def run(steps, x, call):
    """The outputs, all h and the last state, of call(step, x_t, state) for each of the steps."""
    state, outputs = None, []
    for step, x_t in zip(steps, x.unbind(dim=1), strict=True):
        state = call(step, x_t, state)
        outputs.append(parts(state)[0])
    return (torch.stack(outputs, dim=1), *parts(state))


def summed_sizes(cell, x):
    """For each parameter, the sum of the absolute values that the steps add to its gradient. They may cancel in the
    gradient, but what float32 rounds away of each stays: that is as large as these sums say."""
    cell, x = deepcopy(cell).double(), x.detach().double()
    own = [{name: p.detach().clone().requires_grad_() for name, p in cell.named_parameters()} for _ in x[0]]
    outputs = run(own, x, lambda parameters, x_t, state: functional_call(cell, parameters, (x_t, state)))
    added = gradients(outputs, [p for parameters in own for p in parameters.values()])
    number = len(own[0])
    return [sum(one.abs() for one in added[k::number]).max().item() for k in range(number)]


@cells
@given(**cases)
@settings(max_examples=MANY, deadline=None)
def test_one_step_equals_torch(kind, batch, input_size, hidden_size, bias, dtype, seed):
    torch.manual_seed(seed)
    theirs = PAIRS[kind](input_size, hidden_size, bias, dtype=dtype)
    ours = kind(input_size, hidden_size, bias, dtype=dtype)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(batch, input_size, dtype=dtype, requires_grad=True)
    state = state_of(kind, batch, hidden_size, dtype=dtype)
    results = []
    for cell in (ours, theirs):
        new = parts(cell(x, state))
        results.append((*new, *gradients(new, (x, *parts(state), *cell.parameters()))))
    assert_equal(*results, dtype)


@cells
@given(seq=st.integers(1, 200), **cases)
@example(seq=199, batch=3, input_size=1, hidden_size=1, bias=False, dtype=torch.float32, seed=284)  # much cancels
@settings(max_examples=MANY // 4, deadline=None)
def test_a_sequence_equals_torch(kind, seq, batch, input_size, hidden_size, bias, dtype, seed):
    torch.manual_seed(seed)
    layer = LAYERS[kind](input_size, hidden_size, bias=bias, batch_first=True, dtype=dtype)
    cell = cell_from(layer)
    x = torch.randn(batch, seq, input_size, dtype=dtype, requires_grad=True)
    ours = run(range(seq), x, lambda _, x_t, state: cell(x_t, state))
    output, last = layer(x)
    theirs = (output, *(s[0] for s in parts(last)))
    wanted = (x, *layer.parameters())  # cell and layer share them
    expected = (*theirs, *gradients(theirs, wanted))
    sizes = [value.abs().max().item() for value in expected]
    if dtype == torch.float32:
        sizes[-len(wanted) + 1 :] = summed_sizes(cell, x)
    assert_equal((*ours, *gradients(ours, wanted)), expected, dtype, sizes)


@cells
def test_parameters_are_those_of_torch(kind):
    theirs, ours = PAIRS[kind](3, 4), kind(3, 4)
    assert [(n, p.shape) for n, p in ours.named_parameters()] == [(n, p.shape) for n, p in theirs.named_parameters()]
    theirs.load_state_dict(ours.state_dict())
    ours.load_state_dict(theirs.state_dict())


@cells
@pytest.mark.parametrize("bias", [True, False])
def test_one_seed_gives_the_same_start(kind, bias):
    starts = []
    for cell in (kind, PAIRS[kind]):
        torch.manual_seed(1)
        starts.append([*cell(3, 4, bias).parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*starts, strict=True))


@cells
def test_unbatched_input_and_omitted_state(kind):
    cell, x = kind(3, 4), torch.randn(3)
    theirs = PAIRS[kind](3, 4)
    theirs.load_state_dict(cell.state_dict())
    for a, b in zip(parts(cell(x)), parts(theirs(x)), strict=True):
        torch.testing.assert_close(a, b)


def test_relu_rnn():
    theirs = nn.RNNCell(3, 4, nonlinearity="relu")
    x, h = torch.randn(2, 3), torch.randn(2, 4)
    torch.testing.assert_close(cell_from(theirs)(x, h), theirs(x, h))


def test_gates_have_closed_forms():
    """With all weights zero the gates are known: σ(0) = 1/2, σ(b) and tanh(b), block by block."""
    lstm, gru, rnn = LSTMCell(3, 2), GRUCell(3, 2), RNNCell(3, 2)
    for cell in (lstm, gru, rnn):
        for p in cell.parameters():
            nn.init.zeros_(p)
        with torch.no_grad():
            cell.bias_ih.copy_(torch.arange(cell.bias_ih.numel()) / 4)
    x, h = torch.randn(5, 3), torch.randn(5, 2)
    b = torch.arange(8) / 4
    gates = lstm.gates(x, (h, h))
    assert list(gates) == ["i", "f", "g", "o"]
    for k, (name, squash) in enumerate(zip("ifgo", [torch.sigmoid] * 2 + [torch.tanh, torch.sigmoid], strict=True)):
        torch.testing.assert_close(gates[name], squash(b[2 * k : 2 * k + 2]).expand(5, 2))
    assert list(gru.gates(x, h)) == ["r", "z", "n"]
    torch.testing.assert_close(gru.gates(x, h)["n"], b[4:6].tanh().expand(5, 2))
    torch.testing.assert_close(rnn.gates(x, h)["a"], b[:2].expand(5, 2))


@cells
def test_what_hold_returns_takes_the_place_of_each_gate(kind):
    cell, x = kind(3, 4), torch.randn(2, 3)
    held = {name: torch.full((2, 4), k / 4) for k, name in enumerate(kind.GATES)}
    gates = cell.gates(x, cell.zero_state(x), lambda name, value: held[name])
    assert list(gates) == list(held)
    assert all(gates[name] is held[name] for name in held)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_cell_from_shares_the_parameters(kind, layer, reverse):
    module = kind(3, 4, num_layers=2, bidirectional=True)
    cell = cell_from(module, layer=layer, reverse=reverse)
    suffix = f"_l{layer}" + "_reverse" * reverse
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        assert getattr(cell, name) is getattr(module, name + suffix)
    assert cell.input_size == (3 if layer == 0 else 8)


def test_cell_from_accepts_cells():
    ours = GRUCell(3, 4)
    assert cell_from(ours) is ours
    theirs = nn.GRUCell(3, 4)
    assert cell_from(theirs).weight_hh is theirs.weight_hh


class Doubled(nn.LSTM):
    def forward(self, *arguments):
        output, state = super().forward(*arguments)
        return 2 * output, state


def test_a_reparametrised_layer():
    layer = nn.utils.parametrizations.weight_norm(nn.LSTM(3, 4, batch_first=True), "weight_hh_l0")
    x = torch.randn(2, 1, 3)
    torch.testing.assert_close(cell_from(layer)(x[:, 0])[0], layer(x)[0][:, 0])


def test_numpy_s_whole_numbers_are_welcome():
    assert repr(GRUCell(np.int64(3), np.int64(4), bias=False)) == "GRUCell(3, 4, bias=False)"
    assert repr(RNNCell(3, 4)) == "RNNCell(3, 4)"
    assert repr(RNNCell(3, 4, nonlinearity="relu")) == "RNNCell(3, 4, nonlinearity='relu')"


@pytest.mark.parametrize(
    ("broken", "error", "message"),
    [
        (lambda: LSTMCell(0, 4), ValueError, "input_size must be a whole number of at least 1, not 0"),
        (lambda: LSTMCell(3, 2.5), ValueError, "hidden_size must be"),
        (lambda: RNNCell(3, 4, nonlinearity="elu"), ValueError, "nonlinearity must be 'tanh' or 'relu'"),
        (lambda: LSTMCell(3, 4)(torch.zeros(2, 5)), ValueError, r"x_t has shape \(2, 5\).*pass \(batch, 3\)"),
        (lambda: GRUCell(3, 4)(torch.zeros(2, 3), torch.zeros(1, 4)), ValueError, r"state must be h of shape \(2, 4\)"),
        (lambda: LSTMCell(3, 4)(torch.zeros(2, 3), torch.zeros(2, 4)), ValueError, r"state must be a pair \(h, c\)"),
        (
            lambda: LSTMCell(3, 4)(torch.zeros(2, 3), (torch.zeros(2, 4), torch.zeros(2, 1))),
            ValueError,
            r"not \[\(2, 4\), \(2, 1\)\]",
        ),
        (lambda: LSTMCell(3, 4).gates(torch.zeros(2, 5), None), ValueError, r"x_t has shape \(2, 5\)"),
        (lambda: LSTMCell(3, True), ValueError, "hidden_size must be a whole number of at least 1, not True"),
        (lambda: cell_from(Doubled(3, 4)), TypeError, "Doubled has a forward of its own: pass a plain LSTM"),
        (lambda: cell_from(nn.GRU(3, 4), reverse="no"), ValueError, "reverse must be True or False, not 'no'"),
        (lambda: cell_from(nn.Linear(3, 4)), TypeError, r"pass an nn.RNN, nn.LSTM, nn.GRU or a cell \(of a larger"),
        (lambda: cell_from(nn.GRU(3, 4), layer=1), ValueError, "layer must be a whole number from 0 to 0, not 1"),
        (lambda: cell_from(nn.GRUCell(3, 4), layer=1), ValueError, "layer must be a whole number from 0 to 0, not 1"),
        (lambda: cell_from(nn.GRU(3, 4), reverse=True), ValueError, r"^reverse=True .* with bidirectional=True$"),
        (lambda: cell_from(nn.GRUCell(3, 4), reverse=True), ValueError, "reverse=True needs"),
        (lambda: cell_from(nn.LSTM(3, 4, proj_size=2)), ValueError, "proj_size=2 is not supported"),
    ],
)
def test_bad_input_is_named(broken, error, message):
    with pytest.raises(error, match=message):
        broken()


def published_gru(x, parameters):
    """Cho et al. (2014), equations 5 to 8, in plain numpy: h of every step, (batch, seq, hidden_size). The reset acts
    before the matrix product; z keeps."""
    weight_ih, weight_hh, bias_ih, bias_hh = parameters
    size = weight_hh.shape[1]
    w_r, w_z, w_n = np.split(weight_ih, 3)
    u_r, u_z, u_n = np.split(weight_hh, 3)
    b_r, b_z, b_n = np.split(bias_ih + bias_hh, 3)
    shown = np.zeros((*x.shape[:2], size))
    for k, sequence in enumerate(x):
        h = np.zeros(size)
        for t, x_t in enumerate(sequence):
            r = 1 / (1 + np.exp(-(w_r @ x_t + u_r @ h + b_r)))
            z = 1 / (1 + np.exp(-(w_z @ x_t + u_z @ h + b_z)))
            n = np.tanh(w_n @ x_t + u_n @ (r * h) + b_n)
            shown[k, t] = h = z * h + (1 - z) * n
    return shown


@given(batch=st.integers(1, 3), seq=st.integers(1, 30), seed=st.integers(0, 2**31))
@settings(max_examples=50, deadline=None)
def test_published_gru(batch, seq, seed):
    torch.manual_seed(seed)
    cell = GRUCell(3, 4, reset_after=False, dtype=torch.float64)
    x = torch.randn(batch, seq, 3, dtype=torch.float64)
    expected = published_gru(x.numpy(), [p.detach().numpy() for p in cell.parameters()])
    assert np.abs(record(cell, x).h.numpy() - expected).max() < 1e-10
    after = GRUCell(3, 4, dtype=torch.float64)
    after.load_state_dict(cell.state_dict())
    if seq > 2:
        assert np.abs(record(after, x).h.numpy() - expected).max() > 1e-6, "the two are not the same cell"


@pytest.mark.parametrize("bias", [True, False])
def test_where_the_two_resets_are_equal(bias):
    """With one unit, without a hidden bias: r · (W h) is W (r · h)."""
    before = GRUCell(3, 1, bias, reset_after=False, dtype=torch.float64)
    after = GRUCell(3, 1, bias, dtype=torch.float64)
    if bias:
        nn.init.zeros_(before.bias_hh)
    after.load_state_dict(before.state_dict())
    x = torch.randn(2, 20, 3, dtype=torch.float64)
    torch.testing.assert_close(record(before, x).h, record(after, x).h, rtol=0, atol=1e-12)
    assert repr(before) == f"GRUCell(3, 1{'' if bias else ', bias=False'}, reset_after=False)"


# --- unroll, the one loop over time -----------------------------------------------------------------------------------

UNROLLED = pytest.mark.parametrize(
    ("kind", "hand"), [(nn.RNN, RNNCell), (nn.LSTM, LSTMCell), (nn.GRU, GRUCell)], ids=["RNN", "LSTM", "GRU"]
)
LENGTHS = [5, 2, 1, 5]


def in_double(kind, **options):
    """A layer of torch, and x and real of four sequences of up to five steps."""
    layer, x = kind(3, 4, batch_first=True, dtype=torch.float64, **options), torch.randn(4, 5, 3, dtype=torch.float64)
    return layer, x, torch.arange(5) < torch.tensor(LENGTHS)[:, None]


@UNROLLED
@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("started", [False, True], ids=["zeros", "a start"])
def test_unroll_equals_torch_with_padding(kind, hand, reverse, started):
    """Torch packs what is padded, and its second direction is the one that reads from the end."""
    layer, x, real = in_double(kind, bidirectional=True)
    start = [torch.randn(4, 4, dtype=torch.float64) for _ in hand.STATES] if started else None
    cell, way = cell_from(layer, reverse=reverse), int(reverse)
    given = None
    if started:
        both = [torch.stack([one * (k == way) for k in range(2)]) for one in start]
        given = both[0] if len(both) == 1 else tuple(both)
    packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    output, last = layer(packed, given)
    output = pad_packed_sequence(output, batch_first=True, total_length=5)[0][..., 4 * way : 4 * way + 4]
    steps = unroll(cell, x, start, real=real, reverse=reverse)
    assert list(steps) == [*hand.GATES, *hand.STATES]
    assert all(len(values) == 5 and {one.shape for one in values} == {(4, 4)} for values in steps.values())
    h = torch.stack(steps["h"], dim=1)
    torch.testing.assert_close(h[real], output[real], rtol=0, atol=1e-12)
    for name, state in zip(hand.STATES, last if isinstance(last, tuple) else (last,), strict=True):
        torch.testing.assert_close(steps[name][0 if reverse else -1], state[way], rtol=0, atol=1e-12)


@UNROLLED
def test_padding_leaves_the_states_as_they_are(kind, hand):
    layer, x, real = in_double(kind)
    steps = unroll(cell_from(layer), x, real=real)
    for name in hand.STATES:
        for k, length in enumerate(LENGTHS):
            for t in range(length, 5):
                assert torch.equal(steps[name][t][k], steps[name][length - 1][k])
    backward = unroll(cell_from(layer), x, real=real, reverse=True)
    for name in hand.STATES:
        assert not backward[name][4][1:3].any(), "what is read first is padding, and the start is zeros"


@UNROLLED
@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
def test_hold_sees_every_gate_and_state_in_the_order_of_reading(kind, hand, reverse):
    layer, x, _ = in_double(kind)
    seen = []

    def look(t, name, value):
        seen.append((t, name))
        return value

    steps = unroll(cell_from(layer), x, reverse=reverse, hold=look)
    order = range(4, -1, -1) if reverse else range(5)
    assert seen == [(t, name) for t in order for name in (*hand.GATES, *hand.STATES)]
    untouched = unroll(cell_from(layer), x, reverse=reverse)
    assert all(torch.equal(*pair) for name in steps for pair in zip(steps[name], untouched[name], strict=True))


@UNROLLED
def test_what_hold_returns_takes_the_place_of_each(kind, hand):
    """It is in the result, and the next step goes on from it: the same steps by the cell alone, from there."""
    layer, x, _ = in_double(kind)
    cell, free = cell_from(layer), unroll(cell_from(layer), x)
    for changed in (*hand.GATES, *hand.STATES):

        def hold(t, name, value, changed=changed):
            return torch.full_like(value, 0.3) if (t, name) == (2, changed) else value

        steps = unroll(cell, x, hold=hold)
        assert (steps[changed][2] == 0.3).all()
        assert all(torch.equal(*pair) for name in steps for pair in zip(steps[name][:2], free[name][:2], strict=True))
        gates = {name: steps[name][2] for name in hand.GATES}
        before, after = [tuple(steps[name][t] for name in hand.STATES) for t in (1, 2)]
        bare = len(hand.STATES) == 1
        if changed in hand.GATES:
            made = cell.update(gates, before[0] if bare else before)
            assert all(torch.equal(*pair) for pair in zip((made,) if bare else made, after, strict=True))
        following = cell(x[:, 3], after[0] if bare else after)
        assert torch.equal(following if bare else following[0], steps["h"][3])
        assert not torch.equal(steps["h"][3], free["h"][3]), "the steps after it must have noticed"
