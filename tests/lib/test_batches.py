"""Padding, against torch's; and batches of a data set."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Generator
from torch.nn.utils.rnn import pad_sequence

from seqmem_lib.texts.batches import Batches, pad

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
        ([[1], []], {}, "none that is empty"),
        ([[1, 0, 2]], {}, "^sequences must .* the number 0, which stands for padding$"),
    ],
)
def test_wrong_padding(sequences, options, message):
    with pytest.raises(ValueError, match=message):
        pad(sequences, **options)


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


def test_wrong_batches():
    with pytest.raises(ValueError, match="labels holds 2 and sequences 3: give one for each"):
        Batches(SEQUENCES, [0, 1])
    with pytest.raises(ValueError, match="labels holds 0 and sequences 0"):
        Batches([], [])
    with pytest.raises(TypeError, match=r"generator must be a torch\.Generator"):
        Batches(SEQUENCES, [0, 1, 0])(2, generator=0)
    with pytest.raises(ValueError, match="batch_size must be"):
        Batches(SEQUENCES, [0, 1, 0])(0, generator=Generator())
