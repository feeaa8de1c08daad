"""The classifier, against torch's stacked, bidirectional layers on packed sequences."""

from functools import partial
from itertools import product

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, dropout
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqmem_lib.layers import turn
from seqmem_lib.texts.classifier import SequenceClassifier, predict
from seqmem_lib.texts.reads import read_ends, read_max, read_mean
from seqmem_lib.training.batches import Batches
from seqmem_lib.training.padding import pad
from seqmem_lib.training.together import train_together
from seqmem_lib.training.train import train

KINDS = [nn.RNN, nn.LSTM, nn.GRU]
SEQUENCES = [[3, 1, 4, 1, 5, 6, 2], [2], [6, 5, 3], [1, 1], [4, 6, 6, 1]]  # lengths from 1 to the longest
NUMBERS = pad(SEQUENCES)


def a_model(kind=nn.LSTM, **options):
    return SequenceClassifier(kind, 7, **{"embedding_size": 3, "hidden_size": 4, "seed": 0} | options)


def of_torch(model, kind):
    """The same weights in one module of torch: what the classifier keeps apart, it stacks."""
    count, both = len(model.layers), bool(model.backward_layers)
    module = kind(3, 4, num_layers=count, bidirectional=both, batch_first=True)
    weights = {}
    for suffix, layers in (("", model.layers), ("_reverse", model.backward_layers)):
        for k, layer in enumerate(layers):
            for name, value in layer.state_dict().items():
                weights[name.replace("_l0", f"_l{k}{suffix}")] = value
    module.load_state_dict(weights)
    return module


def packed_output(model, kind, numbers):
    lengths = (numbers != 0).sum(dim=1)
    x = pack_padded_sequence(model.embedding(numbers), lengths, batch_first=True, enforce_sorted=False)
    output, state = of_torch(model, kind).double()(x)
    return pad_packed_sequence(output, batch_first=True)[0], state[0] if kind is nn.LSTM else state


every = pytest.mark.parametrize(("kind", "layers", "both"), list(product(KINDS, [1, 2, 3], [False, True])))


@every
def test_padded_packed_and_one_by_one_are_equal(kind, layers, both):
    model = a_model(kind, num_layers=layers, bidirectional=both).double()
    scores = model(NUMBERS)
    assert scores.shape == (5, 2)
    _, h_n = packed_output(model, kind, NUMBERS)
    ends = torch.cat([h_n[-2], h_n[-1]], dim=1) if both else h_n[-1]
    torch.testing.assert_close(model.readout(ends), scores, rtol=0, atol=1e-10)
    alone = torch.cat([model(torch.tensor([sequence])) for sequence in SEQUENCES])
    torch.testing.assert_close(alone, scores, rtol=0, atol=1e-10)
    longer = model(pad(SEQUENCES, length=20))
    torch.testing.assert_close(longer, scores, rtol=0, atol=1e-10)


@every
def test_the_gradients_are_equal_too(kind, layers, both):
    model = a_model(kind, num_layers=layers, bidirectional=both).double()
    model(NUMBERS).sum().backward()
    padded = model.embedding.weight.grad.clone()
    model.zero_grad()
    sum(model(torch.tensor([sequence])).sum() for sequence in SEQUENCES).backward()
    torch.testing.assert_close(model.embedding.weight.grad, padded, rtol=0, atol=1e-10)
    assert (padded[0] == 0).all()
    assert (padded[1:] != 0).any(dim=1).all()


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("read", [read_mean, read_max])
def test_pooling_sees_words_only(read, both):
    model = a_model(nn.GRU, bidirectional=both, read=read).double()
    output, _ = packed_output(model, nn.GRU, NUMBERS)
    pooled = []
    for one, sequence in zip(output, SEQUENCES, strict=True):
        real = one[: len(sequence)]
        pooled.append(real.mean(dim=0) if read is read_mean else real.max(dim=0).values)
    torch.testing.assert_close(model.readout(torch.stack(pooled)), model(NUMBERS), rtol=0, atol=1e-10)


def test_padding_on_the_left_is_read_before_the_words_and_counts():
    """Padding comes first, its vector is zero, and still the bias moves the state."""
    model = a_model().double()
    left = model(pad(SEQUENCES, side="left"))
    torch.testing.assert_close(left[0], model(NUMBERS)[0])  # the longest has no padding
    assert (left[1:] - model(NUMBERS)[1:]).abs().max() > 1e-3
    output, _ = model.layers[0](model.embedding(pad(SEQUENCES, side="left")))
    torch.testing.assert_close(model.readout(output[:, -1]), left)


def test_a_reader_of_your_own_gets_the_state_at_the_end_of_the_padding():
    seen = {}

    def read(output, state, real):
        seen.update(output=output, h=state[0], c=state[1], real=real)
        return output[:, -1]

    model = a_model(read=read)
    scores = model(NUMBERS)
    output, (h, c) = model.layers[0](model.embedding(NUMBERS))
    torch.testing.assert_close(scores, model.readout(output[:, -1]))
    torch.testing.assert_close(seen["h"], h)
    torch.testing.assert_close(seen["c"], c)
    assert seen["real"].sum(dim=1).tolist() == [7, 1, 3, 2, 4]


def test_turned_twice_it_is_as_it_was():
    x, real = torch.randn(5, 7, 3), NUMBERS != 0
    turned = turn(x, real)
    assert torch.equal(turn(turned, real), x)
    for one, other, sequence in zip(x, turned, SEQUENCES, strict=True):
        length = len(sequence)
        assert torch.equal(other[:length], one[:length].flip(0))
        assert torch.equal(other[length:], one[length:])


@pytest.mark.parametrize("kind", KINDS)
def test_starts_as_torch_does(kind):
    model = SequenceClassifier(kind, 500, embedding_size=20, hidden_size=16, bidirectional=True, seed=0)
    assert (model.embedding.weight[0] == 0).all()
    assert 0.97 < model.embedding.weight[1:].std() < 1.03
    for parameter in (*model.layers.parameters(), *model.backward_layers.parameters()):
        assert 0.7 * 0.25 < parameter.abs().max() <= 0.25
    assert 0.8 * 32**-0.5 < model.readout.weight.abs().max() <= 32**-0.5
    other = SequenceClassifier(kind, 500, embedding_size=20, hidden_size=16, bidirectional=True, seed=1)
    assert not torch.equal(model.readout.weight, other.readout.weight)
    without = SequenceClassifier(kind, 500, padding_idx=None, seed=0)
    assert (without.embedding.weight[0] != 0).all()


def test_dropout_works_in_training_only():
    model = a_model(dropout=0.5, num_layers=2)
    assert not torch.equal(model(NUMBERS), model(NUMBERS))
    model.eval()
    assert torch.equal(model(NUMBERS), model(NUMBERS))


def test_dropout_acts_on_the_words_between_the_layers_and_before_the_readout():
    """Written out with torch's own, which draws the same numbers in the same order."""
    model, of_torch = a_model(dropout=0.5, num_layers=2), partial(dropout, p=0.5)
    numbers = torch.tensor([[3, 1, 4], [2, 6, 5]])  # of one length, so that the answer is read at the last step
    torch.manual_seed(1)
    scores = model(numbers)
    torch.manual_seed(1)
    below, _ = model.layers[0](of_torch(model.embedding(numbers)))
    above, _ = model.layers[1](of_torch(below))
    torch.testing.assert_close(scores, model.readout(of_torch(above[:, -1])), rtol=0, atol=0)


def test_a_classifier_on_another_device():
    model = a_model(bidirectional=True).to("meta")
    assert model(NUMBERS.to("meta")).shape == (5, 2)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"hidden_size": 0}, ValueError, "hidden_size"),
        ({"embedding_size": 0}, ValueError, "embedding_size"),
        ({"num_layers": 0}, ValueError, "num_layers"),
        ({"padding_idx": 3}, ValueError, "padding_idx must be 0 or None, not 3"),
        ({"kind": nn.Linear}, TypeError, r"layer_type must be nn\.RNN, nn\.LSTM or nn\.GRU"),
    ],
)
def test_wrong_arguments(options, error, message):
    with pytest.raises(error, match=message):
        a_model(**options)


# --- predict, and many at once ---------------------------------------------------------------------------


def test_predictions_come_in_the_order_of_the_texts():
    sequences = [SEQUENCES[k % 5] for k in range(600)]  # more than one batch
    model = a_model(dropout=0.5).train()
    probabilities = predict(model, sequences)
    assert model.training
    model.eval()
    with torch.no_grad():
        expected = model(NUMBERS).softmax(dim=1)
    torch.testing.assert_close(probabilities, expected[torch.arange(600) % 5])
    assert not probabilities.requires_grad


def test_predictions_with_padding_of_a_length():
    def last(output, state, real):
        return output[:, -1]

    model = a_model(read=last)
    with torch.no_grad():
        expected = model(pad(SEQUENCES, length=30)).softmax(dim=1)
    torch.testing.assert_close(predict(model, SEQUENCES, length=30), expected)
    assert (predict(model, SEQUENCES) - expected).abs().max() > 1e-3


def last_step(output, state, real):
    return output[:, -1]


def last_cell(output, state, real):
    return state[1][0]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        *((kind, {"read": read}) for kind in KINDS for read in (read_ends, last_step)),
        (nn.LSTM, {"read": last_cell}),
        (nn.GRU, {"read": read_mean}),
        (nn.RNN, {"padding_idx": None, "read": last_step}),
    ],
)
def test_trained_together_they_are_what_each_becomes_alone(kind, options):
    def models():
        return [a_model(kind, seed=seed, **options).double() for seed in (3, 1, 4)]

    def tasks():
        labels = ([0, 1, 1, 0, 1], [1, 1, 0, 0, 0], [0, 0, 0, 1, 1])
        return [Batches(SEQUENCES, one, length=8, side=side) for one, side in zip(labels, sides, strict=True)]

    sides = ["right", "left", "right"]
    settings = {"steps": 20, "batch_size": 2, "lr": 1e-2, "loss_function": cross_entropy, "max_norm": 1.0}
    together, alone = models(), models()
    train_together(together, tasks(), seeds=[7, 8, 9], **settings)
    for model, other, task, seed in zip(together, alone, tasks(), [7, 8, 9], strict=True):
        train(other, task, seed=seed, progress=False, **settings)
        for one, two in zip(model.parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(one, two, rtol=0, atol=1e-9)


@pytest.mark.parametrize("options", [{"num_layers": 2}, {"bidirectional": True}, {"dropout": 0.1}])
def test_what_cannot_be_trained_together_is_named(options):
    models = [a_model(seed=seed, **options) for seed in (0, 1)]
    with pytest.raises(
        ValueError, match="models have several layers, two directions or dropout: train them one by one"
    ):
        train_together(models, Batches(SEQUENCES, [0, 1, 1, 0, 1], length=8), seeds=[0, 1])


def test_readers_that_differ_are_different_kinds():
    models = [a_model(), a_model(read=last_step)]
    with pytest.raises(ValueError, match="models holds 2 of 2 kinds"):
        train_together(models, partial(print), seeds=[0, 1])


def test_vectors_for_a_reader_of_words_are_named():
    with pytest.raises(ValueError, match="sequences hold vectors, but a SequenceClassifier reads lists of numbers"):
        predict(a_model(), torch.zeros(1, 2, 3))


@pytest.mark.parametrize("read", [read_ends, last_step, partial(read_mean)])
def test_it_prints_what_it_reads(read):
    name = getattr(read, "__name__", repr(read))
    assert repr(a_model(read=read)).startswith(f"SequenceClassifier(\n  read: {name}\n  (embedding): ")


# --- what it reads, by itself ----------------------------------------------------------------------------


def test_the_ends_are_of_each_direction():
    """One sequence with padding after it, one with padding before it; 3 features forward, 2 backward."""
    output = torch.arange(40.0).view(2, 4, 5)
    real = torch.tensor([[True, True, True, False], [False, True, True, True]])
    for state in (torch.zeros(1, 2, 3), (torch.zeros(1, 2, 3), torch.zeros(1, 2, 9)), [torch.zeros(3)]):
        assert read_ends(output, state, real).tolist() == [[10, 11, 12, 3, 4], [35, 36, 37, 28, 29]]
    assert read_ends(output, torch.zeros(1, 2, 5), real).tolist() == output[[0, 1], [2, 3]].tolist()


STATE = "state must be a tensor of at most the features of output, or for an LSTM the pair (h, c)"
SHAPES = "output has shape {}, real {}: pass (batch, seq, features) and (batch, seq)"


@pytest.mark.parametrize("read", [read_ends, read_mean, read_max])
@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"output": [[[1.0]]]}, TypeError, "output must be a tensor, (batch, seq, features); this is of type list"),
        (
            {"output": torch.ones(2, 3, 4, dtype=torch.long)},
            ValueError,
            "output is of torch.int64, but floating-point numbers are read: pass output.float()",
        ),
        ({"real": None}, TypeError, "real must be a tensor of True and False, (batch, seq), not None"),
        ({"output": torch.zeros(2, 3)}, ValueError, SHAPES.format((2, 3), (2, 3))),
        ({"output": torch.zeros(2, 3, 0)}, ValueError, SHAPES.format((2, 3, 0), (2, 3))),
        ({"real": torch.ones(2, 4).bool()}, ValueError, SHAPES.format((2, 3, 4), (2, 4))),
        *(
            ({"state": state}, ValueError, STATE)
            for state in (None, 4, (), [[0.0]], torch.tensor(4.0), torch.zeros(1, 2, 0), (torch.zeros(1, 2, 5),) * 2)
        ),
    ],
)
def test_what_cannot_be_read(read, given, error, message):
    of = {"output": torch.zeros(2, 3, 4), "state": torch.zeros(1, 2, 4), "real": torch.ones(2, 3).bool()}
    if "state" in given and read is not read_ends:  # which the others leave aside
        assert read(**of | given).tolist() == [[0] * 4] * 2
        return
    with pytest.raises(error) as refused:
        read(**of | given)
    assert str(refused.value) == message
