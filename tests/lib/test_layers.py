"""A recurrent layer by hand against torch: outputs, states and every gradient."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqmem_lib import run_by_hand

BATCH, SEQ, INPUTS, UNITS = 3, 5, 2, 4
LENGTHS = [3, 5, 1]
KINDS = {
    "RNN tanh": (nn.RNN, {"nonlinearity": "tanh"}),
    "RNN relu": (nn.RNN, {"nonlinearity": "relu"}),
    "LSTM": (nn.LSTM, {}),
    "GRU": (nn.GRU, {}),
}
every_kind = pytest.mark.parametrize("kind", KINDS)
every_shape = pytest.mark.parametrize(
    ("layers", "bidirectional"), [(n, two) for n in (1, 2, 3) for two in (False, True)]
)


def build(kind="LSTM", layers=2, bidirectional=True, **options):
    torch.manual_seed(0)
    layer_type, extra = KINDS[kind]
    options = {"batch_first": True, "dtype": torch.float64} | extra | options
    return layer_type(INPUTS, UNITS, num_layers=layers, bidirectional=bidirectional, **options)


def draw(*shape):
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def draw_state(module):
    rows = module.num_layers * (2 if module.bidirectional else 1)
    count = 2 if isinstance(module, nn.LSTM) else 1
    state = tuple(draw(rows, BATCH, UNITS) for _ in range(count))
    return state if count == 2 else state[0]


def parts(state):
    return () if state is None else state if isinstance(state, tuple) else (state,)


def by_torch(module, x, state, lengths):
    if lengths is None:
        return module(x, state)
    packed = pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
    output, state = module(packed, state)
    return pad_packed_sequence(output, batch_first=True, total_length=x.shape[1])[0], state


def by_hand(module, x, state, lengths):
    return run_by_hand(module, x, state, lengths=lengths)


def everything(run, module, x, state, lengths):
    """Output, states, and the gradients of a projection of them in which no two entries can be exchanged unnoticed."""
    output, end = run(module, x, state, lengths)
    shown = (output, *parts(end))
    generator = torch.Generator().manual_seed(1)
    loss = sum((one * torch.randn(one.shape, generator=generator, dtype=one.dtype)).sum() for one in shown)
    return *shown, *torch.autograd.grad(loss, (x, *parts(state), *module.parameters()))


def assert_equal(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-10)


@every_kind
@every_shape
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "packed"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("from_zero", [True, False], ids=["from zero", "from a state"])
def test_equals_torch(kind, layers, bidirectional, lengths, bias, from_zero):
    module = build(kind, layers, bidirectional, bias=bias)
    x = draw(BATCH, SEQ, INPUTS)
    state = None if from_zero else draw_state(module)
    assert_equal(everything(by_hand, module, x, state, lengths), everything(by_torch, module, x, state, lengths))


@every_kind
def test_dropout_acts_between_layers_and_only_in_training(kind):
    """With dropout=1 nothing is left to chance: each layer above the first reads zeros."""
    module = build(kind, layers=3, dropout=1.0)
    x = draw(BATCH, SEQ, INPUTS)
    dropped, kept = run_by_hand(module, x), run_by_hand(module.eval(), x)
    assert_equal((kept[0], *parts(kept[1])), (module(x)[0], *parts(module(x)[1])))
    module.train()
    assert_equal((dropped[0], *parts(dropped[1])), (module(x)[0], *parts(module(x)[1])))
    assert (dropped[0] - kept[0]).abs().max() > 1e-3


def test_dropout_keeps_the_expectation_of_what_layer_2_reads():
    module = build("RNN relu", layers=2, bidirectional=False, dropout=0.75, bias=False)
    with torch.no_grad():
        module.weight_ih_l1.copy_(torch.eye(UNITS))  # then layer 2 shows what it reads
        module.weight_hh_l1.zero_()
    x = draw(BATCH, SEQ, INPUTS)
    read = torch.stack([run_by_hand(module, x)[0] for _ in range(50)])
    shown = run_by_hand(module.eval(), x)[0]
    assert torch.isclose(read, 4 * shown).logical_or(read == 0).all()
    assert 0.2 < (read[:, shown > 0] != 0).double().mean() < 0.3
    assert not torch.equal(read[0, :, 0] == 0, read[0, :, 1] == 0), "each step has a mask of its own"


def test_padding_may_hold_anything():
    """It changes no number and no gradient, be it NaN."""
    module, clean = build(), draw(BATCH, SEQ, INPUTS)
    real = torch.arange(SEQ) < torch.tensor(LENGTHS)[:, None]
    dirty = clean.detach().masked_fill(~real[..., None], torch.nan).requires_grad_()
    ours, same = (everything(by_hand, module, x, None, torch.tensor(LENGTHS)) for x in (clean, dirty))
    assert_equal(ours, same)
    assert (ours[0][~real] == 0).all()


@every_kind
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "packed"])
def test_x_and_output_lie_as_the_module_lays_them(kind, lengths):
    """By torch's default, time comes first."""
    module = build(kind, batch_first=False)
    x, state = draw(SEQ, BATCH, INPUTS), draw_state(module)
    output, end = run_by_hand(module, x, state, lengths=lengths)
    if lengths is None:
        expected, theirs = module(x, state)
    else:
        packed = pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
        expected, theirs = module(packed, state)
        expected = pad_packed_sequence(expected, total_length=SEQ)[0]
    assert_equal((output, *parts(end)), (expected, *parts(theirs)))


@pytest.mark.parametrize(
    ("broken", "error", "message"),
    [
        (
            lambda x: run_by_hand(nn.Linear(INPUTS, UNITS), x),
            TypeError,
            "module: Linear is not a recurrent layer: pass an nn.RNN",
        ),
        (lambda x: run_by_hand(nn.LSTMCell(INPUTS, UNITS), x), TypeError, "of type LSTMCell: pass an nn.RNN"),
        (lambda x: run_by_hand(build(), x.tolist()), TypeError, "x must be a tensor"),
        (lambda x: run_by_hand(build(proj_size=2), x), ValueError, "proj_size=2 is not supported"),
        (lambda x: run_by_hand(build(), x[..., :1]), ValueError, r"this layer reads \(batch, seq, 2\)"),
        (lambda x: run_by_hand(build(), x, lengths=[5, 5]), ValueError, "lengths=.* does not fit"),
        (
            lambda x: run_by_hand(build(batch_first=False), x[..., :1]),
            ValueError,
            r"x has shape \(3, 5, 1\): this layer reads \(seq, batch, 2\), because batch_first=False$",
        ),
        (
            lambda x: run_by_hand(build(batch_first=False), x, lengths=[3, 5, 1]),
            ValueError,
            r"x needs 5 of them, each from 1 to 3; x is \(seq, batch, 2\), because batch_first=False$",
        ),
        (
            lambda x: run_by_hand(build("GRU"), x, x.new_zeros(4, BATCH, UNITS).float()),
            ValueError,
            "state must be of torch.float64, as x and the weights are",
        ),
        (lambda x: run_by_hand(build(), x, lengths=[0, 5, 5]), ValueError, "each of lengths must be"),
        (
            lambda x: run_by_hand(build(), x, x.new_zeros(4, BATCH, UNITS)),
            ValueError,
            r"state must be a pair \(h, c\) of shape \(4, 3, 4\)",
        ),
        (
            lambda x: run_by_hand(build("GRU"), x, x.new_zeros(2, BATCH, UNITS)),
            ValueError,
            r"state must be h of shape \(4, 3, 4\).*not \[\(2, 3, 4\)\]",
        ),
        (
            lambda x: run_by_hand(build("GRU"), x, (x.new_zeros(4, BATCH, UNITS),) * 2),
            ValueError,
            "state must be h of shape",
        ),
    ],
)
def test_bad_input_is_named(broken, error, message):
    with pytest.raises(error, match=message):
        broken(torch.zeros(BATCH, SEQ, INPUTS, dtype=torch.float64))
