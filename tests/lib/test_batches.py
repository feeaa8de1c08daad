"""Padding, against torch's; and batches of a data set."""

import copy
import pickle
from math import nan

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Generator, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss
from torch.nn.utils.rnn import pad_sequence

from seqmem_lib.texts.classifier import SequenceClassifier
from seqmem_lib.training.batches import Batches
from seqmem_lib.training.models import SequenceModel
from seqmem_lib.training.padding import pad, real_steps
from seqmem_lib.training.together import train_together
from seqmem_lib.training.train import evaluate, train

SEQUENCES = [[5, 6, 7], [8], [9, 4]]


def test_padding_equals_that_of_torch():
    tensors = [torch.tensor(sequence) for sequence in SEQUENCES]
    assert torch.equal(pad(SEQUENCES), pad_sequence(tensors, batch_first=True))
    assert torch.equal(pad(SEQUENCES, side="left"), pad_sequence(tensors, batch_first=True, padding_side="left"))
    assert pad(SEQUENCES, length=5).tolist() == [[5, 6, 7, 0, 0], [8, 0, 0, 0, 0], [9, 4, 0, 0, 0]]
    assert pad(SEQUENCES, side="left", length=4).tolist() == [[0, 5, 6, 7], [0, 0, 0, 8], [0, 0, 9, 4]]
    assert pad(SEQUENCES).dtype == pad([torch.tensor([5, 6], dtype=torch.int32)]).dtype == torch.long


@pytest.mark.parametrize(
    ("sequences", "options", "message"),
    [
        (SEQUENCES, {"length": 2}, "length must be a whole number of at least 3, not 2"),
        (SEQUENCES, {"side": "both"}, "side must be 'right' or 'left', not 'both'"),
        ([], {}, "^sequences must hold at least one"),
        ([[1], []], {}, r"^sequences\[1\] is empty: leave it out"),
        ([[1], torch.empty(0, 3)], {}, r"^sequences\[1\] is empty: leave it out"),
        ([[1], [1, 0, 2]], {}, r"^sequences\[1\] holds 0 at step 1: .* 0 stands for padding$"),
        ([[1], [1, 2, -5]], {}, r"^sequences\[1\] holds -5 at step 2: "),
        ([1, 2, 3], {}, r"^sequences is one sequence: pass a list of sequences, \[\[1, 2, 3\]\]$"),
        ([[1], [[0.5]]], {}, r"^sequences\[1\] has shape \(1, 1\) and sequences\[0\] \(1,\): "),
        ([torch.ones(2, 3), torch.ones(2, 4)], {}, r"^sequences\[1\] has shape \(2, 4\)"),
        ([torch.ones(2, 3), torch.tensor([[nan]])], {}, r"^sequences\[1\] holds NaN or infinity"),
        ([[0.5, 1.5]], {}, r"^sequences\[0\] must be whole numbers, \(seq,\), or vectors, \(seq, features\)"),
        ([["a"]], {}, r"^sequences\[0\] must be whole numbers"),
    ],
)
def test_wrong_padding(sequences, options, message):
    with pytest.raises(ValueError, match=message):
        pad(sequences, **options)


@pytest.mark.parametrize("side", ["right", "left"])
def test_vectors_are_padded_as_torch_does(side):
    vectors = [torch.randn(n, 3, generator=Generator().manual_seed(n)) for n in (2, 5, 1)]
    expected = pad_sequence(vectors, batch_first=True, padding_side=side)
    assert torch.equal(pad(vectors, side=side), expected)
    assert torch.equal(pad([one.tolist() for one in vectors], side=side), expected)
    longer = pad(vectors, side=side, length=7)
    assert torch.equal(longer[:, :5] if side == "right" else longer[:, 2:], expected)
    assert (longer != 0).sum() == (expected != 0).sum()


def drawn(batches, passes=1, size=3, seed=0):
    """The texts of each batch, as many batches as so many passes need."""
    generator = Generator().manual_seed(seed)
    count = passes * -(-len(batches) // size)
    return [batches(size, generator=generator) for _ in range(count)]


def numbered(n, longest=9):
    """Text k consists of the number k + 1, and has the label k % 2."""
    return [[k + 1] * (1 + k * 7 % longest) for k in range(n)], [k % 2 for k in range(n)]


@pytest.mark.parametrize("by_length", [False, True])
def test_every_text_comes_once_in_each_pass_with_its_label(by_length):
    batches = Batches(*numbered(10), by_length=by_length)
    assert len(batches) == 10
    passes = drawn(batches, passes=3)
    for k in range(3):
        seen = [(row[0].item(), y.item()) for x, ys in passes[4 * k : 4 * k + 4] for row, y in zip(x, ys, strict=True)]
        assert sorted(seen) == [(k + 1, k % 2) for k in range(10)]
    orders = [[row[0].item() for x, _ in passes[4 * k : 4 * k + 4] for row in x] for k in range(3)]
    assert orders[0] != orders[1]
    assert orders[1] != orders[2]


def test_batches_have_their_size_and_the_last_holds_the_rest():
    assert [len(y) for _, y in drawn(Batches(*numbered(10)), passes=2)] == [3, 3, 3, 1] * 2
    assert [len(y) for _, y in drawn(Batches(*numbered(3)), size=1)] == [1, 1, 1]
    assert [x.shape[1] for x, _ in drawn(Batches(*numbered(10), length=12))] == [12] * 4
    (x, _), *_ = drawn(Batches(*numbered(10), side="left"))
    assert x.shape[1] == (x != 0).sum(dim=1).max()
    assert (x[:, -1] != 0).all()


def test_more_texts_than_are_sorted_by_length_together():
    """Fifty batches are: of one text each, the second fifty texts and what is left are others."""
    batches = Batches(*numbered(120), by_length=True)
    assert sorted(x[0, 0].item() for x, _ in drawn(batches, size=1)) == list(range(1, 121))


def test_batches_are_made_on_the_cpu_whatever_the_default_device():
    with torch.device("meta"):
        batches = Batches(*numbered(10))
        assert [part.device.type for part in (pad(SEQUENCES), *batches.sequences, batches.labels)] == ["cpu"] * 12


@pytest.mark.parametrize("by_length", [False, True])
def test_batches_depend_on_the_generator_alone(by_length):
    state = torch.get_rng_state()
    first, again, other = (drawn(Batches(*numbered(10), by_length=by_length), seed=seed) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), state), "the global generator must be left alone"
    assert all(torch.equal(one[0], two[0]) for one, two in zip(first, again, strict=True))
    assert not all(torch.equal(one[1], two[1]) for one, two in zip(first, other, strict=True))


def test_batches_by_length_hold_less_padding():
    padding = {
        by_length: sum((x == 0).sum().item() for x, _ in drawn(Batches(*numbered(300, 97), by_length=by_length)))
        for by_length in (False, True)
    }
    assert padding[True] < 0.2 * padding[False]
    lengths = [x.shape[1] for x, _ in drawn(Batches(*numbered(300, 97), by_length=True))]
    assert lengths != sorted(lengths), "batches of one length after the other would teach lengths in order"


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor, pd.Series])
def test_labels_may_come_from_a_table(kind):
    """A column of a table is read-only for torch, and a Series has an index of its own."""
    sequences, labels = numbered(10)
    given = pd.Series(labels, index=range(20, 30)) if kind is pd.Series else kind(labels)
    x, y = Batches(sequences, given)(10, generator=Generator().manual_seed(0))
    assert ((x[:, 0] - 1) % 2 == y).all()


# --- One data set, several trainings ---------------------------------------------------------------------


def a_classifier(seed=0, words=11, **options):
    return SequenceClassifier(nn.GRU, words, embedding_size=4, hidden_size=4, seed=seed, **options)


@pytest.mark.parametrize("by_length", [False, True])
def test_every_training_begins_a_pass_of_its_own(by_length):
    """What an earlier one left over is nothing to the next; and two that alternate do not take from each other."""
    task = Batches(*numbered(10), by_length=by_length)
    losses = [train(a_classifier(), task, steps=5, batch_size=3, progress=False).loss for _ in range(2)]
    assert losses[0] == losses[1]
    one, two = Generator().manual_seed(1), Generator().manual_seed(1)
    for _ in range(7):
        (x, y), (x_too, y_too) = task(3, generator=one), task(3, generator=two)
        assert torch.equal(x, x_too)
        assert torch.equal(y, y_too)


@pytest.mark.parametrize("again", [copy.deepcopy, copy.copy, lambda task: pickle.loads(pickle.dumps(task))])
def test_a_copy_begins_anew(again):
    task, generator = Batches(*numbered(10)), Generator().manual_seed(0)
    task(3, generator=generator)
    seen = [y for _ in range(4) for y in again(task)(3, generator=generator)[0][:, 0].tolist()]
    assert len(seen) == 12


def test_several_models_see_what_each_would_see_alone():
    task, settings = Batches(*numbered(12), length=9), {"steps": 9, "batch_size": 4, "lr": 1e-2}
    models = [a_classifier(seed, words=13).double() for seed in (0, 1)]
    task(4, generator=Generator().manual_seed(9))
    together = train_together(models, task, seeds=[5, 6], **settings)
    for seed, history in zip((0, 1), together, strict=True):
        alone = train(a_classifier(seed, words=13).double(), task, seed=5 + seed, progress=False, **settings)
        assert history.loss == pytest.approx(alone.loss, abs=1e-9)


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        (lambda: Batches(*numbered(12)), "^task is Batches of 1 to 9 steps: pass them a length"),
        (lambda: Batches(*numbered(12), by_length=True), "^task is Batches of 1 to 9 steps: pass them a length"),
        (
            lambda: Batches(*numbered(10), length=9, by_length=True),
            "^task is Batches of 10 sequences, and a batch_size",
        ),
        (lambda: [Batches(*numbered(n), length=9) for n in (10, 11)], "^task is Batches of 11 sequences"),
        (
            lambda: [Batches(*numbered(8), length=n) for n in (9, 10)],
            r"^task drew batches of different shapes, \[\(4, 9",
        ),
    ],
)
def test_several_models_on_batches_of_different_shapes(tasks, message):
    with pytest.raises(ValueError, match=message):
        train_together(
            [a_classifier(words=13), a_classifier(1, words=13)], tasks(), seeds=[0, 1], steps=1, batch_size=4
        )


# --- Targets at each step --------------------------------------------------------------------------------


def a_series(n=7):
    """Vectors, their running sums, and the signs of their first number as classes."""
    x = [torch.randn(1 + k * 5 % 8, 3, generator=Generator().manual_seed(k)) for k in range(n)]
    return x, [one.cumsum(dim=0)[:, :2] for one in x], [(one[:, 0] > 0).long() for one in x]


@pytest.mark.parametrize("side", ["right", "left"])
def test_targets_at_each_step_lie_beside_their_input(side):
    x, sums, signs = a_series()
    (x_sums, y), (x_signs, classes) = (
        Batches(x, one, side=side, length=9)(7, generator=Generator()) for one in (sums, signs)
    )
    for one, of_x in ((y, x_sums), (classes, x_signs)):
        assert one.shape[:2] == of_x.shape[:2] == (7, 9)
    real = ~y.isnan().any(dim=-1)
    assert real.sum() == sum(map(len, x))
    assert (x_sums[~real] == 0).all()
    assert torch.equal(classes != -100, (x_signs != 0).all(dim=-1))
    for row, target in zip(x_sums, y, strict=True):
        kept = ~target[:, 0].isnan()
        torch.testing.assert_close(row[kept].cumsum(dim=0)[:, :2], target[kept])


def test_padding_counts_in_no_loss_and_no_metric():
    """Against torch's losses, of each sequence by itself."""
    x, sums, signs = a_series()
    steps = sum(map(len, x))
    for targets, outputs in ((sums, 2), (signs, 2)):
        model = SequenceModel(nn.GRU, (3, outputs), hidden_size=4, seed=0)
        task = Batches(x, targets)
        with torch.no_grad():
            answers = [model(one[None])[0] for one in x]
            if targets is sums:
                losses = [mse_loss(a, y) * len(y) for a, y in zip(answers, targets, strict=True)]
                scores = losses
            else:
                losses = [cross_entropy(a, y) * len(y) for a, y in zip(answers, targets, strict=True)]
                scores = [(a.argmax(dim=-1) == y).sum() for a, y in zip(answers, targets, strict=True)]
        assert evaluate(model, task, metric=task.loss) == pytest.approx(sum(losses).item() / steps, rel=1e-5)
        assert evaluate(model, task, batch_size=2) == pytest.approx(sum(scores).item() / steps, rel=1e-5)
        history = train(model, task, steps=1, batch_size=7, progress=False)
        assert history.loss[0] == pytest.approx(sum(losses).item() / steps, rel=1e-5)


def test_a_loss_of_your_own_without_the_padding():
    x, sums, _ = a_series()
    model, task = SequenceModel(nn.LSTM, (3, 2), hidden_size=4, seed=0), Batches(x, [(one > 0).float() for one in sums])

    def loss(output, y):
        return binary_cross_entropy_with_logits(*real_steps(output, y))

    with torch.no_grad():
        parts = [
            binary_cross_entropy_with_logits(model(a[None])[0], (b > 0).float()) for a, b in zip(x, sums, strict=True)
        ]
    expected = sum(part.item() * len(one) for part, one in zip(parts, x, strict=True)) / sum(map(len, x))
    assert evaluate(model, task, metric=loss) == pytest.approx(expected, rel=1e-5)
    history = train(model, task, steps=60, loss_function=loss, progress=False)
    assert history.loss[-1] < 0.5 * history.loss[0]


@pytest.mark.parametrize("kind", [1, 2], ids=["vectors", "classes"])
def test_several_models_on_targets_at_each_step(kind):
    x, *targets = a_series(8)
    task, settings = Batches(x, targets[kind - 1], length=8), {"steps": 6, "batch_size": 4}
    models = [SequenceModel(nn.RNN, (3, 2), hidden_size=4, seed=seed).double() for seed in (0, 1)]
    alone = [train(copy.deepcopy(m), task, seed=k, progress=False, **settings).loss for k, m in enumerate(models)]
    together = [history.loss for history in train_together(models, task, seeds=[0, 1], **settings)]
    assert together == [pytest.approx(one, abs=1e-9) for one in alone]


def test_vectors_keep_their_precision():
    given = np.random.default_rng(0).random((4, 3))
    x, _ = Batches([given], [0])(1, generator=torch.Generator())
    assert x.numpy().tolist() == [given.tolist()]


# --- What does not fit is named before a training begins -------------------------------------------------


@pytest.mark.parametrize(
    ("sequences", "labels", "message"),
    [
        ([[2, 3], []], [0, 1], r"^sequences\[1\] is empty: leave it out, and its label"),
        (SEQUENCES, [0, 1, -1], r"^labels\[2\] must be a whole number of at least 0, not -1"),
        (SEQUENCES, [0, 1, 0.7], r"^labels\[2\] must be a whole number"),
        (SEQUENCES, ["a", 1, 0], r"^labels\[0\] must be a whole number .*, not 'a'"),
        (SEQUENCES, [True, 1, 0], r"^labels\[0\] must be a whole number"),
        (SEQUENCES, [[0, 1, 1], [1], [1]], r"^labels\[2\] has 1 steps and sequences\[2\] 2: give one for each"),
        (SEQUENCES, [[0, 1, 1], [1], [1, -1]], r"^labels\[2\] must hold classes from 0 on"),
        (SEQUENCES, [[[0.0]] * 3, [[1.0]], [[1.0, 2.0]] * 2], r"^labels\[2\] must hold classes .* vectors of one size"),
        (SEQUENCES, [[[0.0]] * 3, [[nan]], [[1.0]] * 2], r"^labels\[1\] holds NaN"),
    ],
)
def test_a_sequence_or_a_label_that_does_not_fit_is_named_with_its_index(sequences, labels, message):
    with pytest.raises(ValueError, match=message):
        Batches(sequences, labels)


DOORS = {
    "train": train,
    "validation": lambda model, task: train(model, Batches([[2]], [1]), validation=task),
    "evaluate": evaluate,
    "train_together": lambda model, task: train_together([model], task, seeds=[0], steps=1),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
@pytest.mark.parametrize(
    ("sequences", "labels", "message"),
    [
        ([[2]] * 99 + [[11, 3]], [0] * 100, r"^sequences\[99\] holds the number 11, but the model knows 1 to 10: "),
        ([[2]] * 50 + [[11]] + [[10]] * 49, [0] * 100, r"^sequences\[50\] holds the number 11"),
        ([[2]] * 100, [0] * 98 + [2, 1], r"^labels\[98\] holds the class 2, but the model has scores for 0 to 1: "),
        (
            [[2]] * 100,
            [[0]] * 100,
            r"^the model answers \(1, 2\), and labels need scores of the shape \(1, 1, 'classes'\)",
        ),
    ],
)
def test_what_some_later_batch_would_stumble_over(door, sequences, labels, message):
    task = Batches(sequences, labels)
    with pytest.raises(ValueError, match=message):
        door(a_classifier(), task)


def test_the_look_beforehand_changes_nothing():
    """Neither the dropout that is drawn next, nor the mode."""
    task, model = Batches(*numbered(10)), a_classifier(dropout=0.5)
    torch.manual_seed(0)
    task.check(model.train(), own_loss=False)
    assert model.training
    assert torch.equal(torch.rand(3), (torch.manual_seed(0), torch.rand(3))[1])


def test_one_logit_for_two_classes_is_a_loss_of_your_own():
    task = Batches(*numbered(10))

    def loss(output, y):
        return binary_cross_entropy_with_logits(output.squeeze(1), y.float())

    assert len(train(a_classifier(classes=1), task, steps=2, loss_function=loss, progress=False).loss) == 2
    with pytest.raises(ValueError, match="the model has scores for 0 to 0"):
        train(a_classifier(classes=1), task, steps=2, progress=False)


def test_what_another_model_raises_says_at_which_sequence():
    class Fussy(nn.Linear):
        def forward(self, x):
            raise RuntimeError("no, thanks")

    with pytest.raises(RuntimeError, match="no, thanks") as caught:
        train(Fussy(1, 1), Batches([[2], [7, 1]], [0, 1]))
    assert "at sequences[1]" in caught.value.__notes__


def test_wrong_batches():
    with pytest.raises(ValueError, match="labels holds 2 and sequences 3: give one for each"):
        Batches(SEQUENCES, [0, 1])
    with pytest.raises(ValueError, match="sequences must hold at least one"):
        Batches([], [])
    with pytest.raises(TypeError, match=r"generator must be a torch\.Generator"):
        Batches(SEQUENCES, [0, 1, 0])(2, generator=0)
    with pytest.raises(ValueError, match="batch_size must be"):
        Batches(SEQUENCES, [0, 1, 0])(0, generator=Generator())
