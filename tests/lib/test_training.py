"""train(), evaluate(), History, and the model that they are used on."""

import os
import signal
import threading
from functools import partial
from math import inf, nan

import pytest
import torch
from torch import Generator, nn
from torch.nn.functional import cross_entropy, mse_loss
from torch.nn.utils import clip_grad_norm_

from seqmem_lib.language import use_language
from seqmem_lib.tasks import store_and_recall
from seqmem_lib.texts.classifier import SequenceClassifier, predict
from seqmem_lib.training import progress
from seqmem_lib.training.batches import Batches
from seqmem_lib.training.history import History
from seqmem_lib.training.models import SequenceModel
from seqmem_lib.training.train import evaluate, train

short = store_and_recall(6)


def plain(batch_size, *, generator):
    """A function of a reader's own, which brings no loss and no metric."""
    return short(batch_size, generator=generator)


def a_model(seed=0, layer_type=nn.LSTM):
    return SequenceModel(layer_type, short, hidden_size=2, seed=seed)


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


@pytest.mark.parametrize("max_norm", [inf, 0.05])
def test_equals_the_loop_written_out(max_norm):
    """Three steps of Adam, by torch alone; the gradients here have norms from 0.1 to 0.3."""
    ours, reference = a_model(), a_model()
    history = train(ours, short, steps=3, batch_size=4, lr=0.01, seed=5, max_norm=max_norm, progress=False)
    optimizer, generator, losses = (
        torch.optim.Adam(reference.parameters(), lr=0.01),
        Generator().manual_seed(5),
        [],
    )
    for _ in range(3):
        x, y = short(4, generator=generator)
        loss = mse_loss(reference.readout(reference.rnn(x)[0]), y)
        optimizer.zero_grad()
        loss.backward()
        norm = clip_grad_norm_(reference.parameters(), max_norm)
        assert norm > 0.05
        optimizer.step()
        losses.append(loss.item())
    assert torch.equal(weights(ours), weights(reference))
    assert history.loss == tuple(losses)
    assert not history.interrupted


@pytest.mark.parametrize("max_norm", [0, -1.0, nan])
def test_a_limit_of_the_norm_that_is_not_positive_is_named(max_norm):
    with pytest.raises(ValueError, match=f"max_norm={max_norm} must be positive: leave it out to clip nothing"):
        train(a_model(), short, steps=1, max_norm=max_norm, progress=False)


def test_learns():
    model = a_model()
    before = evaluate(model, short, metric=mse_loss)
    train(model, short, steps=150, progress=False)
    assert evaluate(model, short, metric=mse_loss) < 0.7 * before


def test_evaluate_is_the_mean_squared_error_and_takes_a_metric():
    model = a_model().double()
    x, y = short(10, generator=Generator().manual_seed(3))
    expected = (model(x.double()) - y).square().mean().item()
    assert evaluate(model, plain, batch_size=10, seed=3) == pytest.approx(expected)
    assert evaluate(model, plain, batch_size=10, metric=lambda output, due: (output - output + 2).mean()) == 2


def test_start_depends_on_the_seed_alone():
    state = torch.get_rng_state()
    assert torch.equal(weights(a_model(1)), weights(a_model(1)))
    assert not torch.equal(weights(a_model(1)), weights(a_model(2)))
    assert torch.equal(torch.get_rng_state(), state), "the global generator must be left alone"


def test_start_is_torch_s_default():
    model = SequenceModel(nn.GRU, (3, 1), hidden_size=400, seed=0)
    for parameter in model.parameters():
        assert parameter.abs().max() <= 400**-0.5
    assert model.rnn.weight_hh_l0.std().item() == pytest.approx(400**-0.5 / 3**0.5, rel=0.01)


@pytest.mark.parametrize("layer_type", [nn.RNN, nn.LSTM, nn.GRU])
def test_model_has_one_output_per_step(layer_type):
    assert a_model(layer_type=layer_type)(torch.zeros(4, 7, 3)).shape == (4, 7, 1)


def interrupt_at(step, task):
    """A task during whose `step`-th batch the user presses Ctrl-C."""
    count = 0

    def interrupting(batch_size, *, generator):
        nonlocal count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGINT)
        return task(batch_size, generator=generator)

    return interrupting


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send itself this signal")
def test_ctrl_c_ends_after_a_whole_step():
    interrupted, reference = a_model(), a_model()
    handler = signal.getsignal(signal.SIGINT)
    with pytest.warns(UserWarning, match="^the training was interrupted after 3 of 10 steps$"):
        history = train(interrupted, interrupt_at(3, short), steps=10, progress=False)
    train(reference, short, steps=3, progress=False)
    assert history.interrupted
    assert repr(history).startswith("History of 3 of 10 updates: loss ")
    assert torch.equal(weights(interrupted), weights(reference))
    assert signal.getsignal(signal.SIGINT) is handler


@pytest.mark.parametrize("around", [torch.no_grad, torch.inference_mode])
def test_trains_wherever_it_is_called_from(around):
    ours, reference = a_model(), a_model()
    with around():
        train(ours, short, steps=2, progress=False)
    train(reference, short, steps=2, progress=False)
    assert torch.equal(weights(ours), weights(reference))


def test_a_model_that_cannot_learn_is_named():
    with pytest.raises(ValueError, match=r"^model has only frozen parameters, .*: model\.requires_grad_\(True\)$"):
        train(a_model().requires_grad_(False), short, steps=2, progress=False)


def test_works_in_a_thread():
    results = []
    thread = threading.Thread(target=lambda: results.append(train(a_model(), short, steps=2, progress=False)))
    thread.start()
    thread.join()
    assert len(results[0].loss) == 2


def test_history_prints_itself():
    assert repr(train(a_model(), short, steps=1, progress=False)).startswith("History of 1 updates: loss 0.")


def test_progress_in_a_terminal(capsys):
    train(a_model(), short, steps=5)
    assert "5/5" in capsys.readouterr().err


def test_a_loss_that_is_not_finite_is_reported():
    def diverging(output, due):
        return (output - due).square().mean() * torch.inf

    with pytest.raises(FloatingPointError, match="the loss is inf at step 1: look for NaN in the data"):
        train(a_model(), short, steps=5, loss_function=diverging, progress=False)


def test_diverging_is_reported():
    with pytest.raises(FloatingPointError, match=r"the loss is (nan|inf) at step \d+: try a smaller lr than 1e\+30"):
        train(a_model(), short, steps=50, lr=1e30, progress=False)


WORDS = Generator().manual_seed(0)
READ = torch.randint(1, 9, (40, 6), generator=WORDS), torch.randint(0, 2, (40,), generator=WORDS)


def with_dropout(dropout=0.5):
    return SequenceClassifier(nn.GRU, 9, embedding_size=8, hidden_size=8, dropout=dropout, seed=0)


def test_a_training_is_with_dropout_however_the_model_comes():
    """As eval() left it, which dropout does not act in."""

    def losses(model):
        torch.manual_seed(0)  # of the dropout
        return train(model, Batches(*READ), steps=3, batch_size=8, progress=False).loss

    model = with_dropout().eval()
    assert losses(model) == losses(with_dropout().train()) != losses(with_dropout(dropout=0.0))
    assert model.training


def test_an_evaluation_is_without_dropout_however_the_model_comes():
    expected = evaluate(with_dropout(dropout=0.0), Batches(*READ), metric=cross_entropy)
    for model in (with_dropout().train(), with_dropout().eval()):
        assert evaluate(model, Batches(*READ), metric=cross_entropy) == pytest.approx(expected)


def test_a_model_is_not_judged_on_what_it_was_trained_with():
    """By default; and the same seed draws the same data in both."""
    drawn = []

    def noted(batch_size, *, generator):
        drawn.append(short(batch_size, generator=generator))
        return drawn[-1]

    def differ(one, other):
        return not torch.equal(one[0][: len(other[0])], other[0][: len(one[0])])

    train(a_model(), noted, steps=2, batch_size=8, progress=False)
    evaluate(a_model(), noted, batch_size=8)
    first, second, judged = drawn
    assert differ(first, second)
    assert differ(first, judged)
    assert differ(second, judged)
    evaluate(a_model(), noted, batch_size=8, seed=0)
    assert not differ(first, drawn[-1])


def test_evaluation_leaves_the_model_as_it_was():
    model = a_model()
    assert model.train().training
    evaluate(model, short)
    assert model.training


@pytest.mark.parametrize("options", [{"steps": 0}, {"steps": 2.5}, {"batch_size": "2"}])
def test_bad_input_is_named(options):
    (name,) = options
    with pytest.raises(ValueError, match=f"{name} must be a whole number of at least 1, not "):
        train(a_model(), short, **options)


def test_a_wrong_layer_type_is_named():
    with pytest.raises(TypeError, match=r"layer_type must be nn\.RNN, nn\.LSTM or nn\.GRU, not 'LSTM'"):
        SequenceModel("LSTM", (3, 1), hidden_size=2, seed=0)


def test_checkpoints_are_the_weights_of_a_shorter_training():
    model, shorter = a_model(), a_model()
    start = weights(model)
    history = train(model, short, steps=5, seed=1, checkpoints=[0, 3, 5], progress=False)
    train(shorter, short, steps=3, seed=1, progress=False)
    end = weights(model)
    assert list(history.checkpoints) == [0, 3, 5]
    for step, expected in [(0, start), (3, weights(shorter)), (5, end)]:
        model.load_state_dict(history.checkpoints[step])
        assert torch.equal(weights(model), expected)


@pytest.mark.parametrize("step", [-1, 6, 2.5])
def test_a_checkpoint_outside_the_training_is_named(step):
    with pytest.raises(ValueError, match=f"checkpoints must be a whole number from 0 to 5, not {step}"):
        train(a_model(), short, steps=5, checkpoints=[step])


# --- a score while training -------------------------------------------------------------------------------------------


def test_validation_is_measured_beside_the_training_and_changes_nothing():
    with_it, without = a_model(), a_model()
    history = train(with_it, short, steps=100, validation=short, progress=False)
    plain = train(without, short, steps=100, progress=False)
    assert history.loss == plain.loss
    assert torch.equal(weights(with_it), weights(without))
    assert list(history.validation) == list(range(5, 101, 5))
    assert history.validation[100] == evaluate(with_it, short, metric=short.loss)
    assert (plain.validation, plain.best) == ({}, None)


def test_the_best_weights_are_kept():
    """Six reviews are soon learned by heart, so that the loss on others is lowest before the end."""
    given = Generator().manual_seed(0)
    x = torch.randint(1, 9, (40, 6), generator=given)
    y = torch.randint(0, 2, (40,), generator=given)
    model = SequenceClassifier(nn.GRU, 9, embedding_size=8, hidden_size=8, seed=0)
    held_out = Batches(x[6:], y[6:])
    history = train(model, Batches(x[:6], y[:6]), steps=60, lr=1e-2, validation=held_out, progress=False)
    assert history.best == min(history.validation, key=history.validation.get) < 60
    assert list(history.checkpoints) == [history.best]
    assert evaluate(model, held_out, metric=cross_entropy) == pytest.approx(history.validation[60])
    model.load_state_dict(history.checkpoints[history.best])
    assert evaluate(model, held_out, metric=cross_entropy) == pytest.approx(history.validation[history.best])
    assert f"validation loss {history.validation[history.best]:.2g} at best, after {history.best} updates" in repr(
        history
    )


def test_a_loss_that_is_no_number_is_never_the_best():
    assert History((), 9, validation={3: nan, 6: 0.5, 9: 0.7}).best == 6
    assert History((), 9, validation={3: nan, 6: inf}).best is None


def test_every_sequence_of_a_data_set_is_judged_once():
    """Not one batch of it: the last of three holds one text, which counts as much as the others."""
    model = SequenceClassifier(nn.GRU, 9, embedding_size=2, hidden_size=2, seed=0)
    texts, labels = [[k] * (1 + k % 4) for k in (1, 2, 3, 4, 5, 6, 7)], [0, 1, 1, 0, 1, 0, 0]
    right = predict(model, texts).argmax(dim=1) == torch.tensor(labels)
    assert 0 < right.sum() < 7
    for size in (1, 3, 7, 1000):
        assert evaluate(model, Batches(texts, labels), batch_size=size) == pytest.approx(right.double().mean().item())


def test_an_answer_of_another_shape_is_not_stretched_to_fit():
    """torch would compare all of (4, 1) with all of (4,), and warn."""

    def wide(batch_size, *, generator):
        x, _ = short(batch_size, generator=generator)
        return x, torch.zeros(batch_size)

    message = r"output has shape \(4, 6, 1\), y \(4,\): the squared error needs equal ones, and of classes another"
    for door in (partial(train, steps=1, progress=False), evaluate):
        with pytest.raises(ValueError, match=message):
            door(a_model(), wide, batch_size=4)


def test_a_validation_that_draws_nothing_is_named_before_the_training():
    model = a_model()
    before = weights(model)
    with pytest.raises(TypeError, match="validation must return two tensors, x and y, not None"):
        train(model, short, steps=100, validation=lambda batch_size, generator: None, progress=False)
    assert torch.equal(weights(model), before)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_in_a_notebook_the_bar_has_a_text_for_pages_without_a_kernel(monkeypatch, language):
    shown = []
    monkeypatch.setattr(progress, "tqdm", progress.tqdm_notebook)
    monkeypatch.setattr(progress, "display", lambda data, **options: shown.append((data, options)))
    use_language(language)
    try:
        bar = progress.progress_bar(1500, show=True)
        bar.close()
        assert bar.unit == {"en": "step", "zh": "步"}[language]
    finally:
        use_language("en")
    ((data, options),) = shown
    assert options == {"raw": True}
    text = {"en": "Training for 1,500 steps.", "zh": "训练，共 1,500 步。"}[language]
    view = {"version_major": 2, "version_minor": 0, "model_id": bar.container.model_id}
    assert data == {"application/vnd.jupyter.widget-view+json": view, "text/plain": text}


def test_a_history_of_nothing_has_no_loss():
    assert repr(History(loss=(), steps=4)) == "History of 0 of 4 updates"
