from functools import partial
from math import log

import pytest
import torch
from torch import Generator, nn

from seqmem_lib.tasks.hold import (
    accuracy_at_end,
    error_at_reads,
    latch,
    loss_at_end,
    loss_at_every_step,
    name_letters,
    name_marks,
    store_and_recall,
    temporal_order,
)
from seqmem_lib.training.models import SequenceModel
from seqmem_lib.training.train import evaluate


def generator(seed=0):
    return Generator().manual_seed(seed)


TASKS = pytest.mark.parametrize(
    "task",
    [store_and_recall, partial(latch, lag=3), temporal_order],
    ids=["store_and_recall", "latch", "temporal_order"],
)


def test_the_answer_is_what_a_variable_would_hold():
    """Against the task in plain Python: one variable, step by step."""
    x, y = store_and_recall(50, seq=60, generator=generator())
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
    x, _ = store_and_recall(2000, seq=50, p_write=0.2, p_read=0.3, generator=generator())
    assert x[..., 1].mean() == pytest.approx(0.2, abs=0.01)
    assert x[:, 40:, 2].mean() == pytest.approx(0.3, abs=0.01)


def test_variance_of_the_answer():
    x, y = store_and_recall(4000, generator=generator())
    assert x.shape == (4000, 40, 3)
    assert y[x[..., 2] > 0].square().mean() == pytest.approx(1 / 3, abs=0.01)


def test_every_step_may_be_marked():
    """Where the two probabilities add up to 1, whatever comes after the first write and is no write is a read."""
    x, _ = store_and_recall(50, seq=20, p_write=0.5, p_read=0.5, generator=generator())
    write, read = x[..., 1], x[..., 2]
    assert torch.equal(read, (1 - write) * (write.cumsum(dim=1) > 0))


def test_names_of_marks():
    x = torch.tensor([[[0.5, 1, 0], [0.1, 0, 0], [0.2, 0, 1], [0.3, 0, 1]]])
    assert name_marks(x) == [["write", "·", "read", "read"]]


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
    with pytest.raises(ValueError, match=message):
        store_and_recall(**{"batch_size": 2, **options}, generator=generator())


def test_other_bad_input_is_named():
    with pytest.raises(TypeError, match=r"generator must be a torch\.Generator, not None"):
        store_and_recall(2, generator=None)
    for shape in ((2, 3), (2, 3, 4)):
        with pytest.raises(ValueError, match=r"x has shape \(2, 3.*\): name_marks reads the \(batch, seq, 3\)"):
            name_marks(torch.zeros(shape))
    with pytest.raises(ValueError, match=r"^y holds no read"):
        error_at_reads(torch.zeros(1, 2, 1), torch.zeros(1, 2, 1))


def test_error_counts_the_reads_only():
    output, y = torch.tensor([5.0, 0.5, -1.0])[None, :, None], torch.tensor([0.0, 0.25, -0.5])[None, :, None]
    assert error_at_reads(output, y).item() == (0.25**2 + 0.5**2) / 2


@TASKS
def test_data_come_from_the_cpu_whatever_the_default_device(task):
    with torch.device("meta"):
        assert [part.device.type for part in task(2, generator=generator())] == ["cpu", "cpu"]


@TASKS
def test_a_task_depends_on_the_generator_alone(task):
    state = torch.get_rng_state()
    first, again, other = (task(9, generator=generator(seed)) for seed in (1, 1, 2))
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    assert not any(torch.equal(one, two) for one, two in zip(first, other, strict=True))
    assert torch.equal(torch.get_rng_state(), state), "the global generator must be left alone"
    one = generator(1)
    assert not torch.equal(task(9, generator=one)[0], task(9, generator=one)[0])


def test_latch_asks_for_the_first_letter():
    """Against the task in plain Python: read the letters, and remember the capital."""
    x, y = latch(300, lag=5, generator=generator())
    assert (x.shape, y.shape) == ((300, 6, 8), (300,))
    for sequence, answer in zip(x.tolist(), y.tolist(), strict=True):
        assert all(sorted(step) == [0] * 7 + [1] for step in sequence)
        first, *rest = ["ABCDabcd"[step.index(1)] for step in sequence]
        assert first == "ABCD"[answer]
        assert set(rest) <= set("abcd")


def test_latch_has_as_many_distractors_as_asked():
    assert latch(3, lag=1, generator=generator())[0].shape == (3, 2, 8)


@pytest.mark.parametrize("seed", range(20))
def test_letters_that_do_not_occur_keep_their_place(seed):
    assert latch(1, lag=1, generator=generator(seed))[0].shape == (1, 2, 8)
    assert temporal_order(1, seq=10, generator=generator(seed))[0].shape == (1, 10, 6)


def test_every_letter_is_as_likely_as_the_others():
    x, y = latch(20000, lag=3, generator=generator())
    assert y.bincount().div(20000).tolist() == pytest.approx([1 / 4] * 4, abs=0.01)
    assert x[:, 1:].mean(dim=0).tolist() == [pytest.approx([0] * 4 + [1 / 4] * 4, abs=0.01)] * 3


def test_distractors_tell_nothing_about_the_answer():
    """Nor about each other: of every pair of letters at two steps, one sixteenth."""
    x, _ = latch(20000, lag=3, generator=generator())
    for early, late in ((0, 1), (0, 3), (1, 2), (2, 3)):
        pairs = torch.einsum("bj,bk->jk", x[:, early], x[:, late]) / 20000
        assert pairs[pairs > 0].tolist() == pytest.approx([1 / 16] * 16, abs=0.01)


def test_distractors_depend_on_the_generator():
    one, other = (latch(9, lag=4, generator=generator(seed))[0] for seed in (1, 2))
    assert not torch.equal(one[:, 1:], other[:, 1:])


def test_names_of_letters():
    assert name_letters(torch.eye(8)[None]) == [list("ABCDabcd")]
    assert name_letters(torch.eye(6)[None]) == [list("XYabcd")]
    x, y = latch(6, lag=4, generator=generator())
    names = name_letters(x)
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
    with pytest.raises((ValueError, TypeError), match=message):
        latch(**{"batch_size": 2, "lag": 3, "generator": generator(), **options})


@pytest.mark.parametrize("shape", [(2, 8), (2, 3, 4), (2, 8, 3), (1, 2, 3, 8)])
def test_other_shapes_have_no_letters(shape):
    with pytest.raises(ValueError, match=r"^x has shape .* 8\) of latch or the \(batch, seq, 6\) of temporal_order$"):
        name_letters(torch.zeros(shape))


def answers():
    """Scores for three sequences of two steps and four classes: what comes before the end is wrong and very sure."""
    end = torch.tensor([[0.5, 2, -1, 0], [1, 0, 0.1, -3], [0, 0.2, -0.3, 0.4]], dtype=torch.float64)
    y = torch.tensor([1, 2, 3])
    return torch.stack([100 * (torch.arange(4) == 0).expand(3, 4), end], dim=1).requires_grad_(), y


def test_loss_at_end_by_hand():
    output, y = answers()
    likelihoods = (output[:, 1].exp() / output[:, 1].exp().sum(dim=1, keepdim=True))[range(3), y].tolist()
    assert loss_at_end(output, y).item() == pytest.approx(-sum(map(log, likelihoods)) / 3)


def test_loss_at_every_step_is_the_mean_over_the_steps():
    output, y = torch.randn(5, 3, 4), torch.tensor([3, 0, 1, 1, 2])
    steps = [loss_at_end(output[:, : t + 1], y).item() for t in range(3)]
    assert loss_at_every_step(output, y).item() == pytest.approx(sum(steps) / 3)


def test_only_the_last_step_learns():
    output, y = answers()
    loss_at_end(output, y).backward()
    assert not output.grad[:, 0].any()
    assert output.grad[:, 1].all()


def test_accuracy_at_end_by_hand():
    output, y = answers()
    assert accuracy_at_end(output, y).item() == pytest.approx(2 / 3)
    assert accuracy_at_end(output, output[:, 1].argmax(dim=1)).item() == 1


def test_guessing():
    """Uniform scores cost log(4), whatever their level; one and the same answer is right in a quarter of the cases."""
    _, y = latch(20000, lag=1, generator=generator())
    assert loss_at_end(torch.full((20000, 2, 4), 7.0), y).item() == pytest.approx(log(4))
    assert accuracy_at_end(torch.eye(4)[2].expand(20000, 2, 4), y).item() == pytest.approx(1 / 4, abs=0.01)


def test_one_who_never_listens_is_at_chance():
    """Who hears the distractors only can do no better than one in four, and who hears all can be always right."""
    x, y = latch(20000, lag=3, generator=generator())
    assert accuracy_at_end(x[:, -1:, 4:], y).item() == pytest.approx(1 / 4, abs=0.01)
    assert accuracy_at_end(x[:, :1, :4], y).item() == 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_latch_can_be_evaluated(dtype):
    model = SequenceModel(nn.RNN, 8, 3, 4, seed=0).to(dtype)
    accuracy = evaluate(model, partial(latch, lag=2), batch_size=40, metric=accuracy_at_end)
    x, y = latch(40, lag=2, generator=generator(1_000_000))
    assert accuracy == (model(x.to(dtype))[:, -1].max(dim=1).indices == y).sum().item() / 40


@pytest.mark.parametrize("measure", [loss_at_end, loss_at_every_step, accuracy_at_end])
@pytest.mark.parametrize("bad", ["y as a column", "too few y", "output without steps"])
def test_bad_answers_are_named(measure, bad):
    output, y = torch.zeros(6, 3, 4), torch.zeros(6, dtype=torch.long)
    given = {
        "y as a column": (output, y[:, None]),
        "too few y": (output, y[:1]),
        "output without steps": (output[:, -1], y),
    }
    with pytest.raises(ValueError, match=r"(y|output) has shape"):
        measure(*given[bad])


@pytest.mark.parametrize("seq", [10, 30, 100])
def test_order_is_what_a_reader_of_the_letters_says(seq):
    x, y = temporal_order(400, seq=seq, generator=generator())
    assert x.shape == (400, seq, 6)
    assert temporal_order(1, generator=generator())[0].shape == (1, 30, 6)
    first_steps, second_steps = set(), set()
    for letters, answer in zip(name_letters(x), y.tolist(), strict=True):
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
        temporal_order(4, seq=9, generator=generator())
    with pytest.raises(ValueError, match="batch_size must be a whole number of at least 1, not 0"):
        temporal_order(0, generator=generator())
    with pytest.raises(TypeError, match="generator must be a torch"):
        temporal_order(4, generator=None)
