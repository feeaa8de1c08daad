"""The seven networks of the comparison, and the tasks: what each is, and what guessing gives."""

import pytest
import torch
from torch import Generator, nn
from torch.nn.functional import one_hot

from figures.tables.n04_comparison_kinds import reordered, said_of
from seqmem_lib import SequenceModel
from seqmem_lib.course.n04_comparison.networks import NETWORKS, TASKS, score, start_network, task_of, train_networks
from seqmem_lib.tasks import digits

SHORT = {"temporal order": 10, "counting": 7}


def guess(name, task, y):
    """Scores that know nothing of the sequence: for each task its best constant, or a random class."""
    if name == "adding":
        return torch.ones(len(y), 1, 1)
    generator = Generator().manual_seed(1)
    steps = y.shape[1] if y.ndim == 2 else 1
    classes = 8 if name == "copy" else task.output_size
    return torch.rand(len(y), steps, classes, generator=generator)


@pytest.mark.parametrize("name", TASKS)
def test_chance_is_what_guessing_gives(name):
    many = 360 if name.startswith("digits") else 20_000
    task = task_of(name, SHORT.get(name, 6))
    drawn = digits(name.removeprefix("digits, "), "test") if name.startswith("digits") else task
    _, y = drawn(many, generator=Generator().manual_seed(0))
    assert task.metric(guess(name, task, y), y).item() == pytest.approx(task.chance, abs=4 * (0.25 / many) ** 0.5)


@pytest.mark.parametrize("name", TASKS)
def test_every_task_can_be_trained_and_scored(name):
    length = SHORT.get(name, 6)
    (model,) = train_networks("GRU", name, length, seeds=[0], lr=1e-2, hidden_size=4, steps=2, batch_size=4)
    assert 0 <= score(model, name, length) <= 1
    x, y = task_of(name, length)(3, generator=Generator().manual_seed(0))
    assert task_of(name, length).loss(model(x), y).isfinite()


def a_model():
    return SequenceModel(nn.RNN, (1, 2), hidden_size=1, seed=0)


def test_the_starts():
    bare = {kind: SequenceModel(kind, (3, 2), hidden_size=5, seed=4) for kind in (nn.RNN, nn.LSTM, nn.GRU)}
    eye = torch.eye(5)
    for label in NETWORKS:
        model = start_network(label, (3, 2), hidden_size=5, seed=4)
        torch_start = bare[NETWORKS[label][0]].state_dict()
        changed = {name for name, value in model.state_dict().items() if not torch.equal(value, torch_start[name])}
        weight, bias = model.rnn.weight_hh_l0.detach(), (model.rnn.bias_ih_l0 + model.rnn.bias_hh_l0).detach()
        if "bias" in label:
            assert changed == {"rnn.bias_ih_l0", "rnn.bias_hh_l0"}
            assert bias[5:10].tolist() == [3.0] * 5
            assert model.rnn.bias_ih_l0[:5].equal(torch_start["rnn.bias_ih_l0"][:5])
        elif label == "RNN, orthogonal":
            assert changed == {"rnn.weight_hh_l0"}
            torch.testing.assert_close(weight @ weight.T, eye)
        elif label == "IRNN":
            assert torch.equal(weight, eye)
            assert not bias.any()
            assert model.rnn.nonlinearity == "relu"
        else:
            assert not changed


@pytest.mark.parametrize("label", ["IRNN", "LSTM, bias 3", "GRU"])
def test_many_seeds_are_one_seed_many_times(label):
    """Several go another way than one."""
    settings = {"lr": 1e-2, "hidden_size": 4, "steps": 8, "batch_size": 4}
    together = train_networks(label, "latch", 3, seeds=range(8), **settings)
    for seed in (0, 7):
        (alone,) = train_networks(label, "latch", 3, seeds=[seed], **settings)
        for one, two in zip(together[seed].parameters(), alone.parameters(), strict=True):
            torch.testing.assert_close(one, two, rtol=0, atol=1e-5)


def test_digits_are_scored_on_the_test_part():
    """A network that knows the test images by heart: its readout is fitted to them, not to those of the training."""
    task = digits("rows", "test")
    x, y = task(360, generator=Generator().manual_seed(0))
    model = start_network("RNN, orthogonal", task, hidden_size=400, seed=0)
    with torch.no_grad():
        h = torch.cat([model.rnn(x)[0][:, -1], torch.ones(360, 1)], dim=1).double()
        solution = torch.linalg.lstsq(h, nn.functional.one_hot(y, 10).double(), driver="gelsd").solution.float()
        model.readout.weight.copy_(solution[:-1].T)
        model.readout.bias.copy_(solution[-1])
    assert score(model, "digits, rows", 8) > 0.99
    assert score(model, "digits, rows", 8, part="validation") < 0.99


def test_another_order_has_the_same_pixels_in_training_and_test():
    def drawn(task):
        return task(5, generator=Generator().manual_seed(1))

    for part in ("train", "test"):
        x, y = drawn(digits("pixels", part))
        other, of_other = drawn(reordered(digits("pixels", part), 3))
        assert torch.equal(y, of_other)
        assert torch.equal(x[:, torch.randperm(64, generator=Generator().manual_seed(3))], other)
        assert not torch.equal(x, other)
        assert torch.equal(drawn(reordered(digits("pixels", part), 0))[0], drawn(digits("permuted", part))[0])


@pytest.mark.parametrize(("extra", "answer"), [(-8, 0), (-1, 0), (0, 1), (3, 2)])
def test_sequences_that_no_training_has_are_as_they_are_said_to_be(extra, answer):
    """To whoever counts: 50 to 100 a's, and so many more b's."""

    def count(x):
        a, b = x[..., 1].sum(dim=1), x[..., 2].sum(dim=1)
        assert (x.sum(dim=2) == 1).all()
        assert a.tolist() == list(range(50, 101))
        return one_hot((b - a).sign().long() + 1, 3).float()[:, None]

    assert said_of(count, extra)[answer] == 1


@pytest.mark.parametrize("label", ["LSTM", "GRU"])  # one by one, and together
def test_a_growing_length_is_that_of_the_training_step(label, monkeypatch):
    seen = []

    def watched(length):
        seen.append(length)
        return latch_of(length)

    latch_of = TASKS["latch"]
    monkeypatch.setitem(TASKS, "latch", watched)
    settings = {"lr": 1e-2, "hidden_size": 2, "steps": 10, "batch_size": 2, "growing": True}
    train_networks(label, "latch", 50, seeds=range(8), **settings)
    expected = [10, 15, 20, 25, 30, 35, 40, 45, 50, 50]
    assert seen.pop(0) == 50  # the task that is asked for says what the networks read and answer
    assert seen == (expected * 8 if label == "LSTM" else [length for length in expected for _ in range(8)])


def test_validation_and_test_are_different_sequences():
    model = start_network("RNN", task_of("parity", 20), hidden_size=3, seed=0)
    assert score(model, "parity", 20) != score(model, "parity", 20, part="validation")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: start_network("lstm", (1, 1), hidden_size=1, seed=0), "label must be 'RNN', .* not 'lstm'"),
        (lambda: train_networks("LSTM", "sorting", 3, seeds=[0], lr=1e-2), "task must be 'latch', .* not 'sorting'"),
        (
            lambda: score(a_model(), "parity", 3, part="all"),
            "part must be 'test' or",
        ),
        (
            lambda: score(a_model(), "sorting", 3),
            "task must be .* not 'sorting'",
        ),
        (lambda: task_of("adding", 1), "length=1 does not fit adding: seq must be a whole number of at least 2, not 1"),
        (lambda: task_of("latch", 0), "length must be a whole number of at least 1, not 0"),
    ],
)
def test_unknown_names(call, message):
    with pytest.raises(ValueError, match=message):
        call()
