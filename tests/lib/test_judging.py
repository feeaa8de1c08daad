"""Losses and metrics by hand, and at chance."""

from math import log

import pytest
import torch
from torch import Generator
from torch.nn.functional import cross_entropy, one_hot

from seqmem_lib.tasks import (
    accuracy_at_end,
    accuracy_of_recall,
    accuracy_of_steps,
    accuracy_within,
    adding,
    copy,
    error_at_reads,
    latch,
    loss_at_end,
    loss_at_every_step,
    loss_of_steps,
    squared_error_at_end,
)


def generator(seed=0):
    return Generator().manual_seed(seed)


def test_error_counts_the_reads_only():
    output, y = torch.tensor([5.0, 0.5, -1.0])[None, :, None], torch.tensor([0.0, 0.25, -0.5])[None, :, None]
    assert error_at_reads(output, y).item() == (0.25**2 + 0.5**2) / 2


def test_without_a_read_there_is_no_error():
    with pytest.raises(ValueError, match=r"^y holds no read"):
        error_at_reads(torch.zeros(1, 2, 1), torch.zeros(1, 2, 1))


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
    _, y = latch(1)(20000, generator=generator())
    assert loss_at_end(torch.full((20000, 2, 4), 7.0), y).item() == pytest.approx(log(4))
    assert accuracy_at_end(torch.eye(4)[2].expand(20000, 2, 4), y).item() == pytest.approx(1 / 4, abs=0.01)


def test_one_who_never_listens_is_at_chance():
    """Who hears the distractors only can do no better than one in four, and who hears all can be always right."""
    x, y = latch(3)(20000, generator=generator())
    assert accuracy_at_end(x[:, -1:, 4:], y).item() == pytest.approx(1 / 4, abs=0.01)
    assert accuracy_at_end(x[:, :1, :4], y).item() == 1


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


def test_accuracy_within_by_hand_and_its_chance():
    output = torch.tensor([[[9.0], [0.50]], [[0.5], [0.57]], [[0.5], [0.59]]])
    assert accuracy_within(output, torch.full((3, 1), 0.5)).item() == pytest.approx(2 / 3)
    assert accuracy_within(output, torch.full((3, 1), 0.5), tolerance=0.06).item() == pytest.approx(1 / 3)
    _, y = adding(4)(200_000, generator=generator())
    assert accuracy_within(torch.ones(200_000, 1, 1), y).item() == pytest.approx(2 * 0.08 - 0.08**2, abs=3e-3)
    assert adding(4).chance == pytest.approx(2 * 0.08 - 0.08**2)


def test_accuracy_of_recall_looks_at_the_last_ten_steps():
    _, y = copy(2)(3, generator=generator())
    scores = one_hot(y, 9).float()
    scores[:, :12] = torch.randn(3, 12, 9)
    scores[0, -1] = one_hot((y[0, -1] + 1) % 8, 9).float()
    assert accuracy_of_recall(scores, y).item() == pytest.approx(29 / 30)
    assert accuracy_of_recall(scores[:, -10:], y[:, -10:]).item() == pytest.approx(29 / 30)
    with pytest.raises(ValueError, match="output has 9 steps"):
        accuracy_of_recall(scores[:, -9:], y[:, -9:])


def test_losses_by_hand():
    scores = torch.tensor([[[0.0, 1.0], [2.0, 0.0]]])
    y = torch.tensor([[1, 1]])
    each = [cross_entropy(scores[0, t : t + 1], y[0, t : t + 1]) for t in range(2)]
    assert loss_of_steps(scores, y).item() == pytest.approx(sum(each).item() / 2)
    assert accuracy_of_steps(scores, y).item() == 0.5
    scores[0, 0, 0] = torch.nan  # the highest, as argmax sees it
    assert accuracy_of_steps(scores, 1 - y).item() == 0.5
    scores[0, 1, 0] = torch.nan
    assert accuracy_of_steps(scores, 1 - y).item() == 0
    assert squared_error_at_end(torch.tensor([[[9.0], [2.0]]]), torch.tensor([[0.5]])).item() == 2.25


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: accuracy_within(torch.zeros(2, 3, 1), torch.zeros(2)), ValueError, r"pass \(batch, seq, n\)"),
        (lambda: accuracy_of_recall(torch.zeros(2, 3, 4), torch.zeros(2)), ValueError, r"pass \(batch, seq, classes"),
        (lambda: loss_of_steps(torch.zeros(2, 3, 4), torch.zeros(2, 4)), ValueError, r"pass \(batch, seq, classes\)"),
        (lambda: squared_error_at_end(torch.zeros(2, 3, 1), torch.zeros(2)), ValueError, r"pass \(batch, seq, n\)"),
    ],
)
def test_other_bad_answers_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


CLASSES, NUMBERS = torch.zeros(2, 12, 5), torch.zeros(2, 12, 1)
FORMS = {  # of output and y, with an example of each
    accuracy_at_end: ("(batch, seq, classes)", "(batch,)", CLASSES, torch.zeros(2).long()),
    loss_at_end: ("(batch, seq, classes)", "(batch,)", CLASSES, torch.zeros(2).long()),
    loss_at_every_step: ("(batch, seq, classes)", "(batch,)", CLASSES, torch.zeros(2).long()),
    accuracy_of_recall: ("(batch, seq, classes)", "(batch, seq)", CLASSES, torch.zeros(2, 12).long()),
    accuracy_of_steps: ("(batch, seq, classes)", "(batch, seq)", CLASSES, torch.zeros(2, 12).long()),
    loss_of_steps: ("(batch, seq, classes)", "(batch, seq)", CLASSES, torch.zeros(2, 12).long()),
    accuracy_within: ("(batch, seq, n)", "(batch, n)", NUMBERS, torch.ones(2, 1)),
    squared_error_at_end: ("(batch, seq, n)", "(batch, n)", NUMBERS, torch.ones(2, 1)),
    error_at_reads: ("(batch, seq, 1)", "(batch, seq, 1)", NUMBERS, torch.ones(2, 12, 1)),
}


@pytest.mark.parametrize("measure", FORMS)
def test_what_is_wrong_of_output_or_y_is_named(measure):
    form, of_y, output, y = FORMS[measure]
    kind, other, fix = ("floating-point", "int64", "float") if y.is_floating_point() else ("whole", "float32", "long")
    swapped = y.long() if y.is_floating_point() else y.float()
    shapes = f"pass {form} and {of_y}"
    for given, sentence in {
        ("a", y): f"output is of type str: pass a tensor, {form}",
        (output, "a"): f"y is of type str: pass a tensor, {of_y}",
        (output.long(), y): "output is of torch.int64, but floating-point numbers are read: pass output.float()",
        (output > 0, y): "output is of torch.bool, but floating-point numbers are read: pass output.float()",
        (output, swapped): f"y is of torch.{other}, but {kind} numbers are read: pass y.{fix}()",
        (output[0], y): f"output has shape {tuple(output.shape[1:])}, y {tuple(y.shape)}: {shapes}",
        (output[:0], y[:0]): f"output has shape {(0, *output.shape[1:])}, y {(0, *y.shape[1:])}: {shapes}",
        (output, y[:1]): f"output has shape {tuple(output.shape)}, y {(1, *y.shape[1:])}: {shapes}",
    }.items():
        with pytest.raises((TypeError, ValueError)) as refused:
            measure(*given)
        assert str(refused.value) == sentence


@pytest.mark.parametrize("measure", [one for one, (_, _, output, _) in FORMS.items() if output is CLASSES])
def test_a_class_is_one_of_those_of_output_however_many_steps_there_are(measure):
    """The steps are more than the classes, and fewer: the largest class is taken, and the next refused."""
    *_, of_y = FORMS[measure]
    for classes in (5, 40):
        output = torch.zeros(2, 12, classes)
        assert measure(output, torch.full_like(of_y, classes - 1)).isfinite()
        for wrong in (classes, -1):
            with pytest.raises(ValueError, match=rf"^y holds .* 0 to {classes - 1}\b"):
                measure(output, torch.full_like(of_y, wrong))
