import pytest
import torch
from torch import Generator, nn

from seqmem_lib.tasks import (
    accuracy_at_end,
    latch,
    store_and_recall,
    temporal_order,
)
from seqmem_lib.training.models import SequenceModel
from seqmem_lib.training.train import evaluate


def generator(seed=0):
    return Generator().manual_seed(seed)


def test_the_answer_is_what_a_variable_would_hold():
    """Against the task in plain Python: one variable, step by step."""
    x, y = store_and_recall(60)(50, generator=generator())
    assert (x.shape, y.shape) == ((50, 60, 3), (50, 60, 1))
    for sequence, answers in zip(x.tolist(), y.tolist(), strict=True):
        stored = None
        for (value, write, read), (answer,) in zip(sequence, answers, strict=True):
            assert -1 <= value <= 1
            assert (write, read) in ((0, 0), (1, 0), (0, 1))
            if write:
                stored = value
            assert answer == (stored if read else 0)  # a read before any write would compare with None


def test_marks_are_as_rare_as_asked():
    x, _ = store_and_recall(50, p_write=0.2, p_read=0.3)(2000, generator=generator())
    assert x[..., 1].mean() == pytest.approx(0.2, abs=0.01)
    assert x[:, 40:, 2].mean() == pytest.approx(0.3, abs=0.01)


def test_variance_of_the_answer():
    x, y = store_and_recall()(4000, generator=generator())
    assert x.shape == (4000, 40, 3)
    assert y[x[..., 2] > 0].square().mean() == pytest.approx(1 / 3, abs=0.01)


def test_every_step_may_be_marked():
    """Where the two probabilities add up to 1, whatever comes after the first write and is no write is a read."""
    x, _ = store_and_recall(20, p_write=0.5, p_read=0.5)(50, generator=generator())
    write, read = x[..., 1], x[..., 2]
    assert torch.equal(read, (1 - write) * (write.cumsum(dim=1) > 0))


def test_names_of_marks():
    x = torch.tensor([[[0.5, 1, 0], [0.1, 0, 0], [0.2, 0, 1], [0.3, 0, 1]]])
    assert store_and_recall().tokens(x) == [["write", "·", "read", "read"]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, not 0"),
        ({"seq": 0}, "seq must be a whole number of at least 1, not 0"),
        ({"seq": 2.5}, r"seq must be a whole number of at least 1, not 2\.5"),
        ({"p_write": 0}, "p_write=0"),
        ({"p_read": 0}, "p_read=0"),
        ({"p_write": 0.6, "p_read": 0.6}, "a sum of at most 1"),
    ],
)
def test_bad_input_is_named(options, message):
    given = {"batch_size": 2} | options
    batch_size = given.pop("batch_size")
    with pytest.raises(ValueError, match=message):
        store_and_recall(**given)(batch_size, generator=generator())


def test_other_bad_input_is_named():
    with pytest.raises(TypeError, match=r"generator must be a torch\.Generator, not None"):
        store_and_recall()(2, generator=None)
    for shape in ((2, 3), (2, 3, 4)):
        with pytest.raises(ValueError, match=r"x has shape \(2, 3.*\): .* its own x, \(batch, seq, 3\)$"):
            store_and_recall().tokens(torch.zeros(shape))
    with pytest.raises(TypeError, match=r"x must be a tensor, \(batch, seq, 3\); this is of type str"):
        store_and_recall().tokens("a")


def test_latch_asks_for_the_first_letter():
    """Against the task in plain Python: read the letters, and remember the capital."""
    x, y = latch(5)(300, generator=generator())
    assert (x.shape, y.shape) == ((300, 6, 8), (300,))
    for sequence, answer in zip(x.tolist(), y.tolist(), strict=True):
        assert all(sorted(step) == [0] * 7 + [1] for step in sequence)
        first, *rest = ["ABCDabcd"[step.index(1)] for step in sequence]
        assert first == "ABCD"[answer]
        assert set(rest) <= set("abcd")


def test_latch_has_as_many_distractors_as_asked():
    assert latch(1)(3, generator=generator())[0].shape == (3, 2, 8)


@pytest.mark.parametrize("seed", range(20))
def test_letters_that_do_not_occur_keep_their_place(seed):
    assert latch(1)(1, generator=generator(seed))[0].shape == (1, 2, 8)
    assert temporal_order(10)(1, generator=generator(seed))[0].shape == (1, 10, 6)


def test_every_letter_is_as_likely_as_the_others():
    x, y = latch(3)(20000, generator=generator())
    assert y.bincount().div(20000).tolist() == pytest.approx([1 / 4] * 4, abs=0.01)
    assert x[:, 1:].mean(dim=0).tolist() == [pytest.approx([0] * 4 + [1 / 4] * 4, abs=0.01)] * 3


def test_distractors_tell_nothing_about_the_answer():
    """Nor about each other: of every pair of letters at two steps, one sixteenth."""
    x, _ = latch(3)(20000, generator=generator())
    for early, late in ((0, 1), (0, 3), (1, 2), (2, 3)):
        pairs = torch.einsum("bj,bk->jk", x[:, early], x[:, late]) / 20000
        assert pairs[pairs > 0].tolist() == pytest.approx([1 / 16] * 16, abs=0.01)


def test_distractors_depend_on_the_generator():
    one, other = (latch(4)(9, generator=generator(seed))[0] for seed in (1, 2))
    assert not torch.equal(one[:, 1:], other[:, 1:])


def test_names_of_letters():
    assert latch(4).tokens(torch.eye(8)[None]) == [list("ABCDabcd")]
    assert temporal_order().tokens(torch.eye(6)[None]) == [list("XYabcd")]
    x, y = latch(4)(6, generator=generator())
    names = latch(4).tokens(x)
    assert [len(sequence) for sequence in names] == [5] * 6
    assert [sequence[0] for sequence in names] == ["ABCD"[k] for k in y]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, not 0"),
        ({"lag": 0}, "lag must be a whole number of at least 1, not 0"),
        ({"lag": 2.5}, r"lag must be a whole number of at least 1, not 2\.5"),
        ({"lag": True}, "lag must be a whole number of at least 1, not True"),
        ({"generator": 0}, r"generator must be a torch\.Generator, not 0"),
    ],
)
def test_bad_input_of_latch_is_named(options, message):
    given = {"batch_size": 2, "lag": 3, "generator": generator(), **options}
    with pytest.raises((ValueError, TypeError), match=message):
        latch(given["lag"])(given["batch_size"], generator=given["generator"])


@pytest.mark.parametrize("task", [latch(3), temporal_order()])
@pytest.mark.parametrize("shape", [(2, 8), (2, 6), (2, 3, 4), (2, 8, 3), (2, 6, 3), (1, 2, 3, 8), (1, 2, 3, 6)])
def test_other_shapes_have_no_letters(task, shape):
    size = task.input_size
    with pytest.raises(ValueError, match=rf"^x has shape .*: .* in its own x, \(batch, seq, {size}\)$"):
        task.tokens(torch.zeros(shape))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_latch_can_be_evaluated(dtype):
    model = SequenceModel(nn.RNN, (8, 4), hidden_size=3, seed=0).to(dtype)
    accuracy = evaluate(model, latch(2), batch_size=40, metric=accuracy_at_end)
    x, y = latch(2)(40, generator=generator(1_000_000))
    assert accuracy == (model(x.to(dtype))[:, -1].max(dim=1).indices == y).sum().item() / 40


@pytest.mark.parametrize("seq", [10, 30, 100])
def test_order_is_what_a_reader_of_the_letters_says(seq):
    x, y = temporal_order(seq)(400, generator=generator())
    assert x.shape == (400, seq, 6)
    assert temporal_order()(1, generator=generator())[0].shape == (1, 30, 6)
    first_steps, second_steps = set(), set()
    for letters, answer in zip(temporal_order(seq).tokens(x), y.tolist(), strict=True):
        marks = [(t, letter) for t, letter in enumerate(letters) if letter in "XY"]
        (first, a), (second, b) = marks
        assert ["XX", "XY", "YX", "YY"][answer] == a + b
        first_steps.add(first)
        second_steps.add(second)
    tenth = seq // 10
    assert first_steps == set(range(tenth, 2 * tenth + 1))
    assert second_steps == set(range(5 * tenth, 6 * tenth + 1))
    assert set(y.tolist()) == {0, 1, 2, 3}
    assert x.sum(dim=(0, 1)).min() > 0, "every letter occurs"


def test_bad_orders():
    with pytest.raises(ValueError, match="seq must be a whole number of at least 10"):
        temporal_order(9)(4, generator=generator())
    with pytest.raises(ValueError, match="batch_size must be a whole number of at least 1, not 0"):
        temporal_order()(0, generator=generator())
    with pytest.raises(TypeError, match="generator must be a torch"):
        temporal_order()(4, generator=None)
