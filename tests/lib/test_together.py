"""Trained together, models must become what train() makes of each alone."""

import pytest
import torch
from torch import nn

from seqmem_lib import SequenceModel, train, train_together
from seqmem_lib.tasks import latch, loss_at_end, store_and_recall

SEEDS = [3, 1, 4]
short = store_and_recall(8)


def some(kind, dtype=torch.float64, task=short, hidden_size=4, **options):
    return [SequenceModel(kind, task, hidden_size=hidden_size, seed=seed, **options).to(dtype) for seed in SEEDS]


@pytest.mark.parametrize(
    ("kind", "options"),
    [(nn.RNN, {}), (nn.RNN, {"nonlinearity": "relu"}), (nn.LSTM, {}), (nn.GRU, {})],
    ids=["RNN", "ReLU", "LSTM", "GRU"],
)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 1e-5)])
def test_equals_one_by_one(kind, options, dtype, tolerance):
    together, alone = some(kind, dtype, **options), some(kind, dtype, **options)
    settings = {"steps": 25, "batch_size": 6, "lr": 1e-2}
    histories = train_together(together, short, seeds=[7, 8, 9], **settings)
    for model, other, seed, history in zip(together, alone, [7, 8, 9], histories, strict=True):
        expected = train(other, short, seed=seed, progress=False, **settings)
        assert history.loss == pytest.approx(expected.loss, abs=tolerance)
        assert (history.steps, history.interrupted, repr(history)[:21]) == (25, False, "History of 25 updates")
        for one, two in zip(model.parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(one, two, rtol=0, atol=tolerance)
    x, _ = short(5, generator=torch.Generator().manual_seed(0))
    assert not torch.equal(together[0](x.to(dtype)), together[1](x.to(dtype)))


def test_clips_each_model_by_itself():
    """The first has a hundred times the gradient of the others: clipped together, they would hardly move."""

    def models():
        scaled = some(nn.GRU)
        with torch.no_grad():
            scaled[0].readout.weight.mul_(100)
        return scaled

    together, alone, unclipped = models(), models(), models()
    settings = {"steps": 10, "batch_size": 6, "lr": 1e-2}
    train_together(together, short, seeds=SEEDS, max_norm=0.1, **settings)
    train_together(unclipped, short, seeds=SEEDS, **settings)
    for model, other, free, seed in zip(together, alone, unclipped, SEEDS, strict=True):
        train(other, short, seed=seed, max_norm=0.1, progress=False, **settings)
        for one, two in zip(model.parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(one, two, rtol=0, atol=1e-6)
        assert not torch.allclose(model.readout.weight, free.readout.weight, rtol=0, atol=1e-4)
    with pytest.raises(ValueError, match="max_norm=0 must be positive"):
        train_together(together, short, seeds=SEEDS, max_norm=0)


def test_another_loss_and_whole_numbers_as_answers():
    task = latch(3)
    together, alone = some(nn.GRU, task=task, hidden_size=5), some(nn.GRU, task=task, hidden_size=5)
    settings = {"steps": 10, "batch_size": 6, "loss_function": loss_at_end}
    train_together(together, task, seeds=SEEDS, **settings)
    for model, other, seed in zip(together, alone, SEEDS, strict=True):
        train(other, task, seed=seed, progress=False, **settings)
        for one, two in zip(model.parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(one, two, rtol=0, atol=1e-9)


def test_a_loss_that_is_not_finite_names_the_seed_and_leaves_the_models():
    models = some(nn.RNN)
    with torch.no_grad():
        models[1].readout.weight.fill_(float("nan"))
    before = [parameter.clone() for parameter in models[0].parameters()]
    with pytest.raises(
        FloatingPointError, match=r"the loss of the model with seed 8 is nan at step 1: try a smaller lr"
    ):
        train_together(models, short, seeds=[7, 8, 9], steps=3, batch_size=4)
    assert all(torch.equal(one, two) for one, two in zip(models[0].parameters(), before, strict=True))


@pytest.mark.parametrize(
    ("models", "seeds", "message"),
    [
        (some(nn.RNN), [1, 2], "models holds 3 of 1 kinds, seeds 2 and task 3"),
        ([*some(nn.RNN), *some(nn.GRU)], [1] * 6, "models holds 6 of 2 kinds, seeds 6 and task 6"),
        ([*some(nn.RNN), *some(nn.RNN, hidden_size=5)], [1] * 6, "models holds 6 of 2 kinds"),
        ([], [], "models holds 0 of 0 kinds"),
    ],
)
def test_models_that_do_not_fit_are_named(models, seeds, message):
    with pytest.raises(ValueError, match=message):
        train_together(models, short, seeds=seeds, steps=1)


def test_what_is_no_task_is_named():
    for task in (7, [short, short, 7]):
        with pytest.raises(TypeError, match=r"^task must be "):
            train_together(some(nn.RNN), task, seeds=SEEDS, steps=1)


def test_a_bar_counts_the_steps_of_all_models_unless_it_is_refused(capfd):
    for show in (True, False):
        train_together(some(nn.GRU), short, seeds=SEEDS, steps=7, progress=show)
        train(some(nn.GRU)[0], short, steps=7, progress=show)
        assert capfd.readouterr().err.count("7/7") == 2 * show
    with pytest.raises(ValueError, match="progress must be True or False, not 'yes'"):
        train_together(some(nn.GRU), short, seeds=SEEDS, steps=7, progress="yes")
