"""record() against torch's own layers, and the Trace that it returns."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqmem_lib.cells import GRUCell, LSTMCell, RNNCell
from seqmem_lib.recording import record
from seqmem_lib.trace import Trace

BATCH, SEQ, INPUT, HIDDEN = 3, 7, 5, 4
LAYERS = pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU], ids=lambda kind: kind.__name__)
NAMES = {"RNN": "ah", "LSTM": "ifgoch", "GRU": "rznh"}


def a_trace(kind=nn.LSTM, **options):
    return record(kind(INPUT, HIDDEN, batch_first=True), torch.randn(BATCH, SEQ, INPUT), **options)


def torch_run(module, x, lengths):
    """output (batch, seq, directions * hidden), and h_n, c_n as torch gives them for a batch-first x."""
    packed = pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
    output, last = module(packed)
    return pad_packed_sequence(output, batch_first=True, total_length=x.shape[1])[0], last


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("lengths", [(SEQ,) * BATCH, (4, 7, 1), (6, 5, 6)])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("layer", [0, 1])
@LAYERS
def test_equals_a_run_of_torch(kind, layer, reverse, lengths, bias):
    options = {"batch_first": True, "bidirectional": True, "bias": bias, "dtype": torch.float64}
    module = kind(INPUT, HIDDEN, num_layers=2, **options)
    first = kind(INPUT, HIDDEN, num_layers=1, **options)  # layer 0 alone, to see its output
    first.load_state_dict({name: module.state_dict()[name] for name in first.state_dict()})
    x = torch.randn(BATCH, SEQ, INPUT, dtype=torch.float64)

    trace = record(module, x, lengths=lengths, layer=layer, reverse=reverse)

    output, last = torch_run(module if layer else first, x, lengths)
    wanted = output[..., HIDDEN:] if reverse else output[..., :HIDDEN]
    assert (trace.h - wanted).abs().max() < 1e-12
    at = torch.zeros(BATCH, dtype=int) if reverse else torch.tensor(lengths) - 1
    row = 2 * layer + reverse
    h_n, c_n = last if kind is nn.LSTM else (last, None)
    torch.testing.assert_close(trace.h[torch.arange(BATCH), at], h_n[-2:][row % 2])
    if kind is nn.LSTM:  # no layer returns c at every step, but it must end where torch's does ...
        torch.testing.assert_close(trace.c[torch.arange(BATCH), at], c_n[-2:][row % 2])
        torch.testing.assert_close(trace.o * trace.c.tanh(), trace.h)  # ... and explain h on the way


@pytest.mark.parametrize("reverse", [False, True])
@LAYERS
def test_every_step_follows_from_the_one_before(kind, reverse):
    module = kind(INPUT, HIDDEN, batch_first=True, bidirectional=True, dtype=torch.float64)
    lengths = (4, 7, 1)
    trace = record(module, torch.randn(BATCH, SEQ, INPUT), lengths=lengths, reverse=reverse)
    real = (torch.arange(SEQ) < torch.tensor(lengths)[:, None])[..., None]
    h = trace.before("h")
    if kind is nn.LSTM:
        new = trace.f * trace.before("c") + trace.i * trace.g
        torch.testing.assert_close(torch.where(real, new, 0), trace.c)
    elif kind is nn.GRU:
        torch.testing.assert_close((1 - trace.z) * trace.n + trace.z * h, trace.h)
    else:
        torch.testing.assert_close(trace.a.tanh(), trace.h)
    first = [n - 1 for n in lengths] if reverse else [0] * BATCH
    assert all((h[k, t] == 0).all() for k, t in enumerate(first))
    for value in (trace.x, *trace.values.values()):
        assert (torch.where(real, 0, value) == 0).all()


@pytest.mark.parametrize(("theirs", "ours"), [(nn.RNNCell, RNNCell), (nn.LSTMCell, LSTMCell), (nn.GRUCell, GRUCell)])
def test_a_cell_and_a_layer_with_the_same_weights_give_the_same_trace(theirs, ours):
    cell = ours(INPUT, HIDDEN)
    torch_cell = theirs(INPUT, HIDDEN)
    layer = getattr(nn, ours.__name__.removesuffix("Cell"))(INPUT, HIDDEN, batch_first=True)
    torch_cell.load_state_dict(cell.state_dict())
    layer.load_state_dict({name + "_l0": value for name, value in cell.state_dict().items()})
    x = torch.randn(BATCH, SEQ, INPUT)
    traces = [record(module, x, lengths=(4, 7, 1)) for module in (cell, torch_cell, layer)]
    for trace in traces[1:]:
        assert list(trace.values) == list(traces[0].values) == list(NAMES[trace.kind])
        for name, value in trace.values.items():
            torch.testing.assert_close(value, traces[0].values[name])


@pytest.mark.parametrize("lengths", [None, (4, 7, 1)])
def test_a_relu_layer(lengths):
    module = nn.RNN(INPUT, HIDDEN, batch_first=True, nonlinearity="relu")
    x = torch.randn(BATCH, SEQ, INPUT)
    trace = record(module, x, lengths=lengths)
    torch.testing.assert_close(trace.h, torch_run(module, x, lengths or [SEQ] * BATCH)[0])
    torch.testing.assert_close(trace.a.relu()[0, :4], trace.h[0, :4])
    assert trace.kind == "ReLU RNN"


@LAYERS
def test_one_step(kind):
    module, x = kind(INPUT, HIDDEN, batch_first=True), torch.randn(BATCH, 1, INPUT)
    torch.testing.assert_close(record(module, x).h, module(x)[0])


def test_recording_changes_nothing():
    module = nn.LSTM(INPUT, HIDDEN, num_layers=2, dropout=0.5, batch_first=False)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    x = torch.randn(BATCH, SEQ, INPUT, requires_grad=True)
    state = torch.get_rng_state()
    first, again = record(module, x, layer=1), record(module, x, layer=1)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first.h, again.h), "dropout must be off"
    assert module.training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert not first.h.requires_grad
    kept = first.x.clone()
    with torch.no_grad():
        x.zero_()
    assert torch.equal(first.x, kept)


def test_padding_may_hold_anything():
    module, x = nn.GRU(INPUT, HIDDEN, batch_first=True), torch.randn(2, SEQ, INPUT)
    x[0, 3:] = torch.nan
    trace = record(module, x, lengths=torch.tensor([3, SEQ]))
    torch.testing.assert_close(trace[0].h, module(x[:1, :3])[0])


def test_prints_itself_in_two_lines():
    assert repr(a_trace(tokens=[["a"] * SEQ] * BATCH)) == (
        "Trace of an LSTM, layer 0, forward: batch 3, seq 7, input_size 5, hidden_size 4\n"
        "holds i f g o c h and x, with tokens"
    )
    module = nn.GRU(INPUT, HIDDEN, num_layers=2, bidirectional=True, batch_first=True)
    assert repr(record(module, torch.zeros(1, 2, INPUT), layer=1, reverse=True)) == (
        "Trace of a GRU, layer 1, reverse: batch 1, seq 2, input_size 8, hidden_size 4\nholds r z n h and x"
    )
    assert repr(a_trace(nn.RNN)).startswith("Trace of an RNN, ")


def test_is_frozen():
    trace = a_trace()
    with pytest.raises(dataclasses.FrozenInstanceError):
        trace.kind = "GRU"
    with pytest.raises(TypeError):
        trace.values["f"] = trace.x


def test_can_be_copied():
    trace = a_trace()
    assert repr(copy.copy(trace)) == repr(trace)
    for other in (copy.deepcopy(trace), pickle.loads(pickle.dumps(trace))):
        assert repr(other) == repr(trace)
        other.f.zero_()
        assert trace.f.all()
        with pytest.raises(TypeError):
            other.values["f"] = trace.x


def test_slices_to_one_sequence():
    tokens = [["a"] * 4, ["b"] * 7, ["c"]]
    trace = a_trace(lengths=(4, 7, 1), tokens=tokens)
    one = trace[0]
    assert (one.x.shape, one.c.shape, one.lengths, one.tokens) == ((1, 4, 5), (1, 4, 4), (4,), (("a",) * 4,))
    assert torch.equal(one.c, trace.c[:1, :4])
    assert trace[-1].tokens == (("c",),)
    assert len(list(trace)) == 3
    deep = nn.LSTM(INPUT, HIDDEN, num_layers=2, bidirectional=True, batch_first=True)
    one = record(deep, trace.x, lengths=trace.lengths, layer=1, reverse=True)[0]
    assert (one.layer, one.reverse) == (1, True)


@LAYERS
def test_comes_back_from_a_file(kind, tmp_path):
    module = kind(INPUT, HIDDEN, num_layers=2, bidirectional=True, batch_first=True)
    tokens = [["好"] * 4, ["b"] * 7, ["<c>"]]
    x = torch.randn(BATCH, SEQ, INPUT)
    trace = record(module, x, lengths=(4, 7, 1), tokens=tokens, layer=1, reverse=True)
    path = tmp_path / "a trace.safetensors"
    trace.save(path)
    back = Trace.load(path)
    assert repr(back) == repr(trace)
    assert (back.tokens, back.lengths, list(back.values)) == (trace.tokens, trace.lengths, list(trace.values))
    assert all(torch.equal(back.values[name], trace.values[name]) for name in trace.values)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "kept"
    trace = a_trace()
    trace.save(path)
    old = path.read_bytes()

    def half_written(tensors, part, about):
        part.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("seqmem_lib.trace.save_file", half_written)
    with pytest.raises(OSError, match="disk full"):
        a_trace().save(path)
    assert path.read_bytes() == old
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]


def test_other_files_are_refused(tmp_path):
    (tmp_path / "text").write_text("not tensors")
    with pytest.raises(ValueError, match=r"is not a trace: pass a file that Trace\.save wrote"):
        Trace.load(tmp_path / "text")
    with pytest.raises(FileNotFoundError):
        Trace.load(tmp_path / "missing")


x = torch.zeros(2, 3, 5)
nan = x.clone()
nan[1, 2, 0] = torch.nan
lstm = nn.LSTM(5, 4, batch_first=True)
gru = nn.GRU(5, 4, batch_first=True)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: record(nn.Linear(5, 4), x), TypeError, "Linear is not a recurrent layer: pass an nn.RNN"),
        (
            lambda: record(lstm, [[1.0]]),
            TypeError,
            r"x must be a tensor, \(batch, seq, 5\); this is of type list",
        ),
        (lambda: record(lstm, x[0]), ValueError, r"x has shape \(3, 5\): this layer reads \(batch, seq, 5\)"),
        (lambda: record(lstm, x[..., :4]), ValueError, r"x has shape \(2, 3, 4\): this layer reads"),
        (lambda: record(lstm, x[:, :0]), ValueError, "at least one sequence of at least one step"),
        (lambda: record(lstm, nan), ValueError, "x holds NaN or infinity in sequence 1"),
        (
            lambda: record(lstm, x, lengths=[3, 4]),
            ValueError,
            "each of lengths must be a whole number from 1 to 3, not 4",
        ),
        (
            lambda: record(lstm, x, lengths=[0, 3]),
            ValueError,
            "each of lengths must be a whole number from 1 to 3, not 0",
        ),
        (lambda: record(lstm, x, lengths=[2.7, 3]), ValueError, r"each of lengths .* not 2\.7"),
        (lambda: record(lstm, x, lengths=[True, True]), ValueError, "each of lengths .* not True"),
        (lambda: record(lstm, x, lengths=3), ValueError, "lengths=3 does not fit: x needs 2 of them"),
        (lambda: record(lstm, x * 1e300 + 1e300), ValueError, "x holds NaN or infinity in sequence 0"),
        (lambda: record(lstm, x + 0j), ValueError, "x is complex: this layer reads real numbers"),
        (lambda: record(lstm, x, tokens=[1, 2, 3]), ValueError, "tokens must be a list of texts, or one such list"),
        (lambda: record(lstm, x, tokens=[["a", None, "b"]] * 2), ValueError, "tokens must be a list of texts"),
        (
            lambda: record(lstm, x).save("no/such/folder/t"),
            FileNotFoundError,
            "path='no.*t': there is no folder 'no.*r'",
        ),
        (
            lambda: dataclasses.replace(record(lstm, x), kind="FOO"),
            ValueError,
            "kind='FOO' is not a recurrent cell: use one of RNN, ReLU RNN, LSTM, GRU",
        ),
        (lambda: dataclasses.replace(record(lstm, x), x=x[0]), ValueError, r"must be .*\(batch, seq, [a-z]+_size\)"),
        (
            lambda: dataclasses.replace(record(lstm, x), kind="GRU"),
            ValueError,
            "values must be r, z, n, h, in this order",
        ),
        (lambda: dataclasses.replace(record(lstm, x), x=x[:1]), ValueError, "its batch and seq differ"),
        (
            lambda: dataclasses.replace(record(lstm, x), Wh=object()),
            ValueError,
            "^Wh must be None in a trace of an LSTM",
        ),
        (lambda: dataclasses.replace(record(gru, x), Wh=np.zeros((2, 3, 4))), ValueError, "^Wh must be a tensor of"),
        (
            lambda: dataclasses.replace(record(lstm, x), start=dict.fromkeys("hc", np.zeros((2, 4)))),
            ValueError,
            "^start must hold h and c, of shape",
        ),
        (lambda: dataclasses.replace(record(lstm, x), lengths=(9, 9)), ValueError, "from 1 to 3, not 9"),
        (lambda: record(lstm, x, lengths=[3]), ValueError, "x needs 2 of them"),
        (lambda: record(lstm, x, tokens=["a", "b", "c"]), ValueError, "tokens has"),
        (lambda: record(lstm, x, layer=1), ValueError, "layer must be a whole number from 0 to 0, not 1"),
        (lambda: record(lstm, x, reverse=True), ValueError, "reverse=True needs"),
        (
            lambda: record(lstm, x).z,
            AttributeError,
            "a trace of an LSTM has no 'z': it holds i, f, g, o, c, h and x",
        ),
        (lambda: record(lstm, x)._private, AttributeError, r"^_private$"),
        (lambda: record(lstm, x).before("f"), ValueError, "'f' is not a state of an LSTM, which has h and c"),
        (lambda: record(lstm, x)[2], IndexError, "the index of a trace must be a whole number from -2 to 1, not 2"),
        (lambda: record(lstm, x)["f"], IndexError, "the index of a trace must be a whole number from -2 to 1, not 'f'"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("lengths", [(SEQ,) * BATCH, (4, 7, 1)])
def test_the_candidate_follows_from_what_it_is_shown_of_the_state(reverse, lengths, tmp_path):
    gru = nn.GRU(INPUT, HIDDEN, batch_first=True, bidirectional=True, dtype=torch.float64)
    x = torch.randn(BATCH, SEQ, INPUT, dtype=torch.float64)
    trace = record(gru, x, lengths=lengths, reverse=reverse, clamp={"r": 0.7})
    weight, bias = (getattr(gru, f"{name}_ih_l0{'_reverse' * reverse}")[2 * HIDDEN :] for name in ("weight", "bias"))
    for one in map(trace.__getitem__, range(BATCH)):
        torch.testing.assert_close((one.x @ weight.T + bias + one.r * one.Wh).tanh().detach(), one.n)
    trace.save(tmp_path / "trace.st")
    assert Trace.load(tmp_path / "trace.st").Wh.equal(trace.Wh)


def test_a_cell_with_the_published_reset_has_a_kind_of_its_own():
    cell = GRUCell(INPUT, HIDDEN, reset_after=False, dtype=torch.float64)
    x = torch.randn(BATCH, SEQ, INPUT, dtype=torch.float64)
    trace = record(cell, x)
    assert trace.kind == "published GRU"
    of_x = x @ cell.weight_ih[2 * HIDDEN :].T + cell.bias_ih[2 * HIDDEN :]
    torch.testing.assert_close((of_x + trace.Wh).tanh().detach(), trace.n)
