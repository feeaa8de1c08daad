"""The tasks of the literature: what is due, by a second way of computing it, and their chance baselines."""

from math import log

import pytest
import torch
from sklearn.datasets import load_digits
from torch import Generator, nn

from seqmem_lib import SequenceModel, evaluate, train
from seqmem_lib.tasks import (
    adding,
    copy,
    counting,
    digits,
    loss_at_end,
    loss_of_steps,
    parity,
    squared_error_at_end,
)


def draw(task, batch_size=2000, seed=0):
    return task(batch_size, generator=Generator().manual_seed(seed))


@pytest.mark.parametrize("seq", [2, 7, 100])
def test_adding(seq):
    x, y = draw(adding(seq))
    assert (x.shape, y.shape) == ((2000, seq, 2), (2000, 1))
    for (value, mark), due in zip(x[:50].transpose(1, 2), y[:50], strict=True):
        first, second = mark.nonzero().flatten().tolist()
        assert first < seq // 2 <= second
        assert due.item() == pytest.approx((value[first] + value[second]).item())
    assert x[..., 0].min() >= 0
    assert x[..., 0].max() <= 1
    assert set(x[..., 1].unique().tolist()) <= {0.0, 1.0}


def test_adding_chance():
    """Two uniform values have variance 2/12; nothing constant is better than their mean."""
    _, y = draw(adding(10), 200_000)
    assert (y - 1).square().mean().item() == pytest.approx(1 / 6, abs=2e-3)
    assert y.mean().item() == pytest.approx(1, abs=3e-3)
    # Every step of a half is marked equally often.
    x, _ = draw(adding(10), 50_000)
    assert x[..., 1].mean(dim=0).numpy() == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("delay", [1, 5, 100])
def test_copy(delay):
    x, y = draw(copy(delay), 50)
    assert (x.shape, y.shape) == ((50, delay + 20, 10), (50, delay + 20))
    assert x.sum(dim=-1).eq(1).all()
    letters = x.argmax(dim=-1)
    for heard, due in zip(letters.tolist(), y.tolist(), strict=True):
        assert max(heard[:10]) < 8
        assert heard[10:] == [8] * (delay - 1) + [9] + [8] * 10
        assert due == [8] * (delay + 10) + heard[:10]


@pytest.mark.parametrize(("delay", "published"), [(100, 0.173), (200, 0.095), (300, 0.065), (500, 0.040)])
def test_copy_baseline(delay, published):
    """Sure of the blanks, and of eight symbols equally unsure, at the values that Arjovsky et al. (2016) draw."""
    _, y = draw(copy(delay), 20)
    scores = torch.full((*y.shape, 9), -1e4, dtype=torch.float64)
    scores[:, :-10, 8] = 0
    scores[:, -10:, :8] = 0
    assert loss_of_steps(scores, y).item() == pytest.approx(10 * log(8) / (delay + 20), rel=1e-9)
    assert loss_of_steps(scores, y).item() == pytest.approx(published, abs=6e-4)
    symbols = draw(copy(1), 20_000)[1][:, -10:]
    assert torch.bincount(symbols.flatten(), minlength=9)[:8].numpy() / 200_000 == pytest.approx(1 / 8, abs=0.004)


@pytest.mark.parametrize("seq", [5, 6, 40])
def test_counting(seq):
    x, y = draw(counting(seq))
    assert (x.shape, y.shape) == ((2000, seq, 3), (2000,))
    seen = set()
    for letters, due in zip(x.argmax(dim=-1).tolist(), y.tolist(), strict=True):
        text = "".join("·ab"[k] for k in letters)
        fillers, rest = len(text) - len(text.lstrip("·")), text.lstrip("·")
        n, m = rest.count("a"), rest.count("b")
        assert text == "·" * fillers + "a" * n + "b" * m
        assert due == m - n + 1
        seen.add(n)
    assert seen == set(range(2, (seq - 1) // 2 + 1))
    assert torch.bincount(y, minlength=3).numpy() / 2000 == pytest.approx(1 / 3, abs=0.05)


def test_parity():
    x, y = draw(parity(30), 200)
    assert (x.shape, y.shape) == ((200, 30, 1), (200, 30))
    for bits, due in zip(x[..., 0].tolist(), y.tolist(), strict=True):
        odd = False
        for bit, said in zip(bits, due, strict=True):
            odd ^= bit == 1
            assert said == odd
    assert draw(parity(30), 5000)[1].double().mean().item() == pytest.approx(0.5, abs=0.01)


def test_digits_are_those_of_scikit_learn():
    bunch = load_digits()
    x, y = draw(digits("rows", "test"), 360)
    wanted = {(tuple(image.flatten() / 16), label) for image, label in zip(bunch.images, bunch.target, strict=True)}
    drawn = list(zip((tuple(one.flatten().tolist()) for one in x), y.tolist(), strict=True))
    assert len(set(drawn)) == 360, "no image twice"
    assert set(drawn) <= wanted
    train_x, train_y = draw(digits("rows"), 1200)
    validation_x, _ = draw(digits("rows", "validation"), 237)
    assert (train_x.shape, train_y.shape, x.shape) == ((1200, 8, 8), (1200,), (360, 8, 8))
    every = [tuple(one.flatten().tolist()) for part in (train_x, validation_x, x) for one in part]
    assert len(set(every)) == 1797, "the three parts share no image"


def test_digits_in_three_ways():
    rows, y = draw(digits("rows"), 50)
    pixels, same = draw(digits("pixels"), 50)
    permuted, too = draw(digits("permuted"), 50)
    assert torch.equal(y, same)
    assert torch.equal(y, too)
    assert torch.equal(pixels, rows.reshape(50, 64, 1))
    assert not torch.equal(pixels, permuted)
    # One order for all images: the same as drawn from the other part, which holds the images of another seed.
    order = torch.randperm(64, generator=Generator().manual_seed(0))
    assert torch.equal(permuted, pixels[:, order])


@pytest.mark.parametrize(
    ("task", "sizes", "loss"),
    [
        (adding(4), (2, 1), squared_error_at_end),
        (parity(3), (1, 2), loss_of_steps),
        (counting(7), (3, 3), loss_at_end),
        (copy(1), (10, 9), loss_of_steps),
    ],
)
def test_a_network_learns_something_of_each(task, sizes, loss):
    assert (task.input_size, task.output_size, task.loss) == (*sizes, loss)
    model = SequenceModel(nn.LSTM, task, hidden_size=16, seed=0)
    before = evaluate(model, task, metric=loss)
    train(model, task, steps=150, lr=1e-2, loss_function=loss, progress=False)
    assert evaluate(model, task, metric=loss) < 0.9 * before


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda g: adding(5)(0, generator=g), ValueError, "batch_size must be a whole number of at least 1, not 0"),
        (lambda g: adding(1)(3, generator=g), ValueError, "seq must be a whole number of at least 2, not 1"),
        (lambda g: copy(0)(3, generator=g), ValueError, "delay must be a whole number of at least 1, not 0"),
        (lambda g: counting(4)(3, generator=g), ValueError, "seq must be a whole number of at least 5, not 4"),
        (lambda g: parity(2.5)(3, generator=g), ValueError, "seq must be a whole number of at least 1, not 2.5"),
        (lambda g: parity(2)(3, generator=0), TypeError, "generator must be a torch.Generator, not 0"),
        (
            lambda g: digits("rows", "test")(361, generator=g),
            ValueError,
            "batch_size .* from 1 to 360, not 361",
        ),
        (lambda g: digits("columns")(3, generator=g), ValueError, "read must be 'rows', 'pixels' or 'permuted'"),
        (
            lambda g: digits("rows", "all")(3, generator=g),
            ValueError,
            "part must be 'train', 'validation' or 'test'",
        ),
        (lambda g: digits("rows")(3, generator=None), TypeError, "generator must be a torch.Generator"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call(Generator())
