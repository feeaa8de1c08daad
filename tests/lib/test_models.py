"""The starts and the nonlinearity of the models. How a SequenceModel starts by default, test_training.py says."""

import pytest
import torch
from torch import nn

from seqmem_lib import record
from seqmem_lib.tasks import latch
from seqmem_lib.training.models import SequenceModel
from seqmem_lib.training.start import start_chrono, start_identity, start_keeping, start_orthogonal


def an_rnn(seed=0, nonlinearity="tanh"):
    return SequenceModel(nn.RNN, (3, 2), hidden_size=5, seed=seed, nonlinearity=nonlinearity)


def others(layer):
    """The parameters that a start of W_hh should leave alone."""
    return {name: value.clone() for name, value in layer.state_dict().items() if name != "weight_hh_l0"}


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_equals_the_layer_of_torch(nonlinearity):
    model, x = an_rnn(nonlinearity=nonlinearity), 4 * torch.randn(4, 7, 3)
    reference = nn.RNN(3, 5, nonlinearity=nonlinearity, batch_first=True)
    reference.load_state_dict(model.rnn.state_dict())
    assert torch.equal(model(x), model.readout(reference(x)[0]))
    assert (reference(x)[0].max() > 1) == (nonlinearity == "relu"), "the two nonlinearities must differ here"


def test_the_nonlinearity_does_not_change_the_start():
    ours, theirs = an_rnn().state_dict(), an_rnn(nonlinearity="relu").state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("layer_type", [nn.LSTM, nn.GRU])
def test_gates_have_no_other_nonlinearity(layer_type):
    with pytest.raises(ValueError, match=r"nonlinearity='relu' is for nn\.RNN only: leave it out"):
        SequenceModel(layer_type, (3, 2), hidden_size=5, seed=0, nonlinearity="relu")


def test_an_unknown_nonlinearity_is_named():
    with pytest.raises(ValueError, match="nonlinearity must be 'tanh' or 'relu', not 'sigmoid'"):
        an_rnn(nonlinearity="sigmoid")


def test_an_orthogonal_start_turns_h_and_keeps_its_length():
    layer = an_rnn().rnn
    start_orthogonal(layer, seed=0)
    weight, h = layer.weight_hh_l0.detach(), torch.randn(4, 5)
    torch.testing.assert_close(weight @ weight.T, torch.eye(5))
    torch.testing.assert_close((h @ weight.T).norm(dim=1), h.norm(dim=1))
    assert weight.abs().max() < 0.99, "a permutation or the identity would not be random"


def test_an_orthogonal_start_depends_on_its_seed_alone():
    weights = []
    for start, seed in ((0, 1), (7, 1), (0, 2)):
        torch.manual_seed(start)
        layer = an_rnn(seed=start).rnn
        start_orthogonal(layer, seed=seed)
        weights.append(layer.weight_hh_l0)
    assert torch.equal(weights[0], weights[1])
    assert not torch.allclose(weights[0], weights[2], atol=0.1)


def test_an_orthogonal_start_leaves_the_rest_alone():
    layer = an_rnn().rnn
    before, weight, state = others(layer), layer.weight_hh_l0, torch.get_rng_state()
    start_orthogonal(layer, seed=0)
    torch.testing.assert_close(others(layer), before, rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), state), "the global generator must be left alone"
    assert layer.weight_hh_l0 is weight, "an optimizer may hold it"
    assert weight.requires_grad
    assert weight.is_leaf


def test_an_orthogonal_start_keeps_the_precision_of_the_layer():
    layer = an_rnn().rnn.double()
    start_orthogonal(layer, seed=0)
    weight = layer.weight_hh_l0.detach()
    torch.testing.assert_close(weight @ weight.T, torch.eye(5, dtype=torch.float64), rtol=0, atol=1e-6)


def test_a_start_is_drawn_on_the_cpu_whatever_the_default_device():
    layer, expected = an_rnn().rnn, an_rnn().rnn
    lstm, same = nn.LSTM(3, 5), nn.LSTM(3, 5)
    start_orthogonal(expected, seed=0)
    start_chrono(same, longest=3, seed=0)
    with torch.device("meta"):
        start_orthogonal(layer, seed=0)
        start_chrono(lstm, longest=3, seed=0)
    assert torch.equal(layer.weight_hh_l0, expected.weight_hh_l0)
    assert torch.equal(lstm.bias_ih_l0[:10], same.bias_ih_l0[:10])


def test_an_irnn_adds_up_what_it_reads():
    """Le, Jaitly & Hinton (2015): with W_hh = I, no bias and nothing negative, h is the running sum of W_ih x."""
    model = an_rnn(nonlinearity="relu")
    start_identity(model.rnn)
    with torch.no_grad():
        model.rnn.weight_ih_l0.abs_()
    x = torch.rand(4, 7, 3)
    torch.testing.assert_close(model.rnn(x)[0], (x @ model.rnn.weight_ih_l0.T).cumsum(dim=1))


def test_an_identity_start_leaves_the_rest_alone():
    model = an_rnn()
    before, weight = model.state_dict()["rnn.weight_ih_l0"].clone(), model.rnn.weight_hh_l0
    readout = [value.clone() for value in model.readout.parameters()]
    start_identity(model.rnn)
    assert torch.equal(model.rnn.weight_hh_l0, torch.eye(5))
    assert not model.rnn.bias_ih_l0.any()
    assert not model.rnn.bias_hh_l0.any()
    assert torch.equal(model.rnn.weight_ih_l0, before)
    assert all(torch.equal(*pair) for pair in zip(model.readout.parameters(), readout, strict=True))
    assert model.rnn.weight_hh_l0 is weight, "an optimizer may hold it"
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_an_identity_start_without_biases():
    layer = nn.RNN(3, 5, bias=False)
    start_identity(layer)
    assert torch.equal(layer.weight_hh_l0, torch.eye(5))


@pytest.mark.parametrize("start", [start_identity, lambda layer: start_orthogonal(layer, seed=0)])
def test_a_start_is_for_an_rnn(start):
    with pytest.raises(TypeError, match=r"layer is of type LSTM: this start is for an nn\.RNN"):
        start(nn.LSTM(3, 5))


@pytest.mark.parametrize(("kind", "gate"), [(nn.LSTM, "f"), (nn.GRU, "z")])
def test_a_keeping_start_opens_the_gate_that_keeps(kind, gate):
    """Seen in the gate itself: with no input and no state, it is the sigmoid of the bias."""
    layer = kind(3, 5, batch_first=True)
    before = record(layer, torch.zeros(1, 1, 3))
    start_keeping(layer, 3)
    after = record(layer, torch.zeros(1, 1, 3))
    torch.testing.assert_close(after.values[gate], torch.full((1, 1, 5), 3.0).sigmoid())
    for name in set(before.values) - {gate, "h"}:
        assert torch.equal(before.values[name], after.values[name])


def test_chrono_starts_units_of_all_lengths():
    layer = nn.LSTM(3, 4000, batch_first=True)
    start_chrono(layer, longest=101, seed=0)
    trace = record(layer, torch.zeros(1, 1, 3))
    steps = (trace.f / (1 - trace.f)).flatten()  # exp of the bias: uniform from 1 to 100
    assert 1 <= steps.min() < 1.2
    assert 99.8 < steps.max() <= 100.1
    assert steps.mean() == pytest.approx(50.5, abs=1.5)
    torch.testing.assert_close(trace.i, 1 - trace.f, rtol=0, atol=1e-6)
    start_chrono(again := nn.LSTM(3, 4000, batch_first=True), longest=101, seed=0)
    assert torch.equal(record(again, torch.zeros(1, 1, 3)).f, trace.f)


@pytest.mark.parametrize(
    ("start", "error", "message"),
    [
        (lambda: start_keeping(nn.RNN(3, 5), 1), TypeError, r"this start is for an nn\.LSTM or nn\.GRU"),
        (lambda: start_keeping(nn.LSTM(3, 5, bias=False), 1), ValueError, "layer has no bias to set"),
        (lambda: start_keeping(nn.LSTM(3, 5, num_layers=2), 1), ValueError, "several layers or directions"),
        (lambda: start_chrono(nn.GRU(3, 5), longest=9, seed=0), TypeError, r"this start is for an nn\.LSTM"),
        (lambda: start_chrono(nn.LSTM(3, 5), longest=2, seed=0), ValueError, "longest must be a whole number"),
        (lambda: start_chrono(nn.LSTM(3, 5), longest=9, seed=-1), ValueError, r"^seed\b"),
        (lambda: start_orthogonal(nn.RNN(3, 5), seed=-1), ValueError, r"^seed\b"),
        (lambda: start_keeping(nn.LSTM(3, 5), 1e39), ValueError, r"^bias\b"),  # more than float32 holds
        (
            lambda: start_keeping(nn.LSTM(3, 5), torch.ones(4)),
            ValueError,
            r"^bias must be .*, or \(5,\) of them, not tensor",
        ),
        (lambda: start_keeping(nn.LSTM(3, 5), torch.ones(5, dtype=bool)), ValueError, "^bias must be a finite number"),
        (
            lambda: start_keeping(nn.LSTM(3, 5), torch.full((5,), torch.inf)),
            ValueError,
            "^bias must be a finite number",
        ),
    ],
)
def test_bad_starts(start, error, message):
    with pytest.raises(error, match=message):
        start()


@pytest.mark.parametrize("layer_type", [nn.RNN, nn.LSTM, nn.GRU])
def test_a_task_and_its_two_sizes_make_the_same_model(layer_type):
    task = latch(3)
    sizes = (task.input_size, task.output_size)
    models = [SequenceModel(layer_type, one, hidden_size=5, seed=3) for one in (task, sizes, list(sizes))]
    assert (models[0].rnn.input_size, models[0].rnn.hidden_size, models[0].readout.out_features) == (8, 5, 4)
    assert len({str(model) for model in models}) == 1
    for other in models[1:]:
        assert all(torch.equal(*pair) for pair in zip(models[0].parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize(
    ("task", "error", "message"),
    [
        (8, TypeError, r"task must be a Task or a pair \(input_size, output_size\), not 8"),
        ("latch", TypeError, "task must be a Task or a pair"),
        (latch, TypeError, "task must be a Task or a pair"),  # which makes one, and is none
        ((8,), TypeError, "task must be a Task or a pair"),
        ((8, 4, 5), TypeError, r"not \(8, 4, 5\)"),
        ((0, 4), ValueError, "input_size must be a whole number of at least 1, not 0"),
        ((8, 2.5), ValueError, r"output_size must be a whole number of at least 1, not 2\.5"),
        ((8, True), ValueError, "output_size must be a whole number of at least 1, not True"),
    ],
)
def test_what_is_no_task_is_named(task, error, message):
    with pytest.raises(error, match=message):
        SequenceModel(nn.GRU, task, hidden_size=5, seed=0)


def test_sizes_are_given_by_name():
    """In the order of the old arguments a hidden size would be taken for the answers."""
    with pytest.raises(TypeError, match="positional argument"):
        SequenceModel(nn.GRU, (8, 4), 5, seed=0)
    with pytest.raises(ValueError, match="hidden_size must be a whole number of at least 1, not 0"):
        SequenceModel(nn.GRU, (8, 4), hidden_size=0, seed=0)
