"""The bug museum of notebook 12: each bug in the words of the notebook, its repair, another repair, and half of one."""

import ast
from pathlib import Path
from types import FunctionType

import nbformat
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, log_softmax, mse_loss, nll_loss
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from verdict import verdict_on

from seqmem_lib.course.n12_bug_museum import bug_checks, bug_loss_checks, bug_training_checks

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "12_bug_museum.ipynb"
CHECKS = [
    check
    for room in (bug_checks, bug_loss_checks, bug_training_checks)
    for name, check in vars(room).items()
    if name.startswith("museum_")
]
every_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)


def classifier(read, **options):
    """A classifier class; read(rnn, x) gives the h to answer from."""

    class Classifier(nn.Module):
        def __init__(self, input_size, hidden_size, classes):
            super().__init__()
            self.rnn = nn.GRU(input_size, hidden_size, **options)
            self.readout = nn.Linear(hidden_size, classes)
            self.h = None

        def forward(self, x):
            return self.readout(read(self, x))

    return Classifier


def turned(model, x):
    return model.rnn(x.transpose(0, 1))[0][-1]


def dropped(model, x):
    return nn.functional.dropout(model.rnn(x)[0][:, -1], 0.5, model.training)


def viewed(model, x):
    return model.rnn(x.reshape(x.shape[1], x.shape[0], -1))[0][-1]


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (classifier(lambda m, x: m.rnn(x)[0][:, -1]), "The answer for sequence 1 changes when other sequences stand"),
        (classifier(lambda m, x: m.rnn(x)[0][:, -1], batch_first=True), ": correct."),
        (classifier(turned), ": correct."),
        (classifier(lambda m, x: m.rnn(x)[1][-1], batch_first=True), ": correct."),
        (classifier(dropped, batch_first=True), ": correct."),
        (classifier(viewed), "stand beside it. Hint: view and reshape do not exchange dimensions; transpose does."),
        (classifier(lambda m, x: m.rnn(x.transpose(0, 1))[0][:, -1]), "Hint: that is (seq, classes)"),
        (classifier(lambda m, x: m.rnn(x, None)[0][:, 0], batch_first=True), "do not depend on step 1 of 5"),
        (classifier(lambda m, x: m.rnn(x[:, 2:])[0][:, -1], batch_first=True), "do not depend on step 0 of 5"),
        (classifier(lambda m, x: m.rnn(x)[0].mean(dim=1), batch_first=True), "Answer from the last step alone"),
        (classifier(lambda m, x: m.rnn(x)[0].sum(dim=1), batch_first=True), "Answer from the last step alone"),
        (classifier(lambda m, x: m.rnn(x)[0], batch_first=True), "not yet. Return a tensor (batch, classes)."),
    ],
)
def test_the_batch_read_as_time(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, bug_checks.museum_batch, capsys)


def test_a_last_step_read_from_the_batch_gives_no_hint_about_view(capsys):
    bug = classifier(lambda m, x: m.rnn(x)[0][:, -1])
    assert verdict_on(bug, bug_checks.museum_batch, capsys).endswith("stand beside it.\n")


def keeps(model, x, h):
    output, h = model.rnn(x, h)
    model.h = h.detach()
    return output[:, -1]


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda m, x: keeps(m, x, m.h), "In training mode the same batch, read twice, gets two different answers."),
        (lambda m, x: m.rnn(x)[0][:, -1], ": correct."),
        (lambda m, x: keeps(m, x, torch.zeros(1, len(x), 8)), ": correct."),
        (dropped, ": correct."),
        (lambda m, x: keeps(m, x, m.h if m.training else None), "In training mode the same batch"),
        (lambda m, x: keeps(m, x, None if m.training else m.h), "In evaluation mode the same batch"),
        (lambda m, x: keeps(m, x, torch.randn(1, len(x), 8)), "read twice, gets two different answers"),
        (lambda m, x: keeps(m, x, torch.zeros(1, 3, 8)), "your function stopped with RuntimeError"),
        (lambda m, x: keeps(m, x.roll(1, 0), None), "The answer for sequence 0 changes when other sequences stand"),
    ],
)
def test_the_state_that_stays(attempt, verdict, capsys):
    assert verdict in verdict_on(classifier(attempt, batch_first=True), bug_checks.museum_state, capsys)


def sorted_states(rnn, x, lengths):
    order = lengths.argsort(descending=True)
    packed = pack_padded_sequence(x[order], lengths[order], batch_first=True)
    return rnn(packed)[1][-1], order


def written_back(rnn, x, lengths):
    h, order = sorted_states(rnn, x, lengths)
    states = torch.empty_like(h)
    states[order] = h
    return states


def packed_by_torch(rnn, x, lengths):
    return rnn(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))[1][-1]


def unpacked(rnn, x, lengths):
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    output, lengths = pad_packed_sequence(rnn(packed)[0], batch_first=True)
    return output[range(len(x)), lengths - 1]


def inverse(rnn, x, lengths):
    h, order = sorted_states(rnn, x, lengths)
    return h[order.argsort()]


def sorted_again(rnn, x, lengths):
    h, order = sorted_states(rnn, x, lengths)
    return h[order]


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda *given: sorted_states(*given)[0], "Hint: row 0 of what you return is the last h of sequence 1."),
        (packed_by_torch, ": correct."),
        (inverse, ": correct."),
        (written_back, ": correct."),
        (unpacked, ": correct."),
        (lambda rnn, x, lengths: rnn(x)[0][range(len(x)), lengths - 1], ": correct."),
        (sorted_again, "Hint: to sort by `order` once more does not undo it; its inverse does."),
        (lambda rnn, x, lengths: rnn(x)[0][:, -1], "Hint: those are the states after the padding"),
        (
            lambda rnn, x, lengths: rnn(x[lengths.argsort(descending=True)])[0][:, -1],
            "Hint: those are the states after the padding",
        ),
        (
            lambda rnn, x, lengths: rnn(pack_padded_sequence(x, lengths, True, enforce_sorted=False))[1][0],
            "The numbers are wrong for two layers, of which the last answers.",
        ),
        (lambda rnn, x, lengths: rnn(x)[1], "not yet. Return a tensor (batch, hidden_size)."),
        (lambda *given: inverse(*given).flip(0), "The numbers are wrong for sequences of 2, 6, 3, 5 and 4 steps."),
    ],
)
def test_sorted_and_not_sorted_back(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, bug_checks.museum_order, capsys)


def masked(output, y, lengths):
    words = torch.arange(y.shape[1]) < lengths[:, None]
    return cross_entropy(output[words], y[words])


def of_packed(output, y, lengths):
    pair = [pack_padded_sequence(one, lengths, batch_first=True, enforce_sorted=False).data for one in (output, y)]
    return cross_entropy(*pair)


def ignored(output, y, lengths):
    padding = torch.arange(y.shape[1]) >= lengths[:, None]
    return cross_entropy(output.transpose(1, 2), y.masked_fill(padding, -100))


def summed(output, y, lengths):
    words = torch.arange(y.shape[1]) < lengths[:, None]
    return (cross_entropy(output.transpose(1, 2), y, reduction="none") * words).sum() / y.numel()


def mean_of_means(output, y, lengths):
    return torch.stack([masked(*(one[None] for one in row)) for row in zip(output, y, lengths, strict=True)]).mean()


def overwritten(output, y, lengths):
    y[torch.arange(y.shape[1]) >= lengths[:, None]] = -100
    return cross_entropy(output.transpose(1, 2), y)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (
            lambda output, y, lengths: cross_entropy(output.flatten(0, 1), y.flatten()),
            "not yet. For the same batch with 6 steps of padding the answer is ",
        ),
        (masked, ": correct."),
        (of_packed, ": correct."),
        (ignored, ": correct."),
        (lambda *given: masked(*given).item(), ": correct."),
        (
            lambda output, y, lengths: cross_entropy(output.flatten(0, 1), y.flatten(), ignore_index=0),
            "Hint: 0 is also the tag of real words, and they count.",
        ),
        (overwritten, "your function changes what it was given: work on a copy."),
        (summed, "Hint: divide the sum by the number of words, not of all steps."),
        (mean_of_means, "Hint: every word counts the same, in a short sequence as in a long one."),
        (lambda output, y, lengths: masked(output, y, lengths + 1), "Hint: steps are counted from 0"),
        (lambda output, y, lengths: masked(output, y, lengths - 1), "Hint: steps are counted from 0"),
        (lambda output, y, lengths: masked(output, y, lengths) * 2, "For a batch without padding the answer is "),
    ],
)
def test_padding_in_the_loss(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, bug_loss_checks.museum_padding, capsys)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (
            lambda scores, y: cross_entropy(scores.softmax(dim=-1), y),
            "not yet. For scores that are sure and right the answer is 0, not 0.74367.",
        ),
        (cross_entropy, ": correct."),
        (lambda scores, y: nll_loss(log_softmax(scores, dim=1), y), ": correct."),
        # The logarithm of a softmax stays what it is when it goes through cross_entropy's own.
        (lambda scores, y: cross_entropy(log_softmax(scores, dim=1), y), ": correct."),
        (lambda scores, y: (scores.logsumexp(1) - scores[range(len(y)), y]).mean(), ": correct."),
        (lambda scores, y: nll_loss(scores.softmax(dim=-1), y), "Hint: nll_loss wants the logarithms"),
        (
            lambda scores, y: nll_loss(scores.softmax(dim=-1).log(), y),
            "For scores that are sure and wrong the answer is 800, not inf.",
        ),
        (lambda scores, y: nll_loss(log_softmax(scores, dim=0), y), "Hint: the softmax goes over the classes"),
        (lambda scores, y: cross_entropy(scores.softmax(dim=0), y), "Hint: the softmax goes over the classes"),
        (lambda scores, y: nll_loss(scores.softmax(dim=0), y), "Hint: the softmax goes over the classes"),
        (lambda scores, y: cross_entropy(scores, y, reduction="sum"), "Hint: the mean over the batch is wanted."),
        (lambda scores, y: nll_loss(scores, y), "For scores that are sure and right the answer is 0, not -800."),
        (lambda scores, y: cross_entropy(scores, y, reduction="none"), "not yet. Return a number."),
    ],
)
def test_softmax_twice(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, bug_loss_checks.museum_softmax, capsys)


def next_token(model, tokens, asked=slice(None, -1), target=slice(1, None)):
    return cross_entropy(model(tokens)[:, asked].flatten(0, 1), tokens[:, target].flatten())


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (
            lambda model, tokens: cross_entropy(model(tokens).flatten(0, 1), tokens.flatten()),
            "not yet. For a model that always knows the next token the answer is 0, not 828.",
        ),
        (next_token, ": correct."),
        (lambda model, tokens: cross_entropy(model(tokens[:, :-1]).transpose(1, 2), tokens[:, 1:]), ": correct."),
        (
            lambda model, tokens: next_token(model, tokens, slice(1, None), slice(None, -1)),
            "Hint: that compares each answer with the token before",
        ),
        (
            lambda model, tokens: cross_entropy(model(tokens).transpose(1, 2), tokens.roll(-1, dims=1)),
            "Hint: roll brings the first token round to the end",
        ),
        (
            lambda model, tokens: cross_entropy(model(tokens).flatten(0, 1), tokens.flatten().roll(-1)),
            "Hint: roll brings the first token round to the end",
        ),
        (
            lambda model, tokens: cross_entropy(model(tokens).flatten(0, 1)[:-1], tokens.flatten()[1:]),
            "Hint: shift before you flatten",
        ),
        (
            lambda model, tokens: next_token(model, tokens, slice(None, -2), slice(2, None)),
            "For a model that always knows the next token the answer is 0, not 828.89.",
        ),
        (
            lambda model, tokens: next_token(model, tokens, slice(None, -2), slice(1, -1)),
            "For a model that says the token it has just read the answer is 830, not 828.89.",
        ),
    ],
)
def test_the_target_that_was_read(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, bug_loss_checks.museum_shift, capsys)


def step_of(*orders):
    """A training step that does these things in this order."""

    def train_step(model, optimizer, x, y):
        loss = mse_loss(model(x), y)
        do = {
            "zero": optimizer.zero_grad,
            "backward": loss.backward,
            "clip": lambda: clip_grad_norm_(model.parameters(), 1.0),
            "clip by value": lambda: clip_grad_value_(model.parameters(), 1.0),
            "clip each": lambda: [clip_grad_norm_(parameter, 1.0) for parameter in model.parameters()],
            "scale": lambda: scaled(model.parameters()),
            "step": optimizer.step,
        }
        for one in orders:
            do[one]()
        return loss.item()

    return train_step


def scaled(parameters):
    gradients = [parameter.grad for parameter in parameters]
    norm = sum(gradient.square().sum() for gradient in gradients).sqrt()
    for gradient in gradients:
        gradient /= norm


def with_clipped_weights(model, optimizer, x, y):
    loss = step_of("zero", "backward", "step")(model, optimizer, x, y)
    with torch.no_grad():
        norm = torch.cat([parameter.flatten() for parameter in model.parameters()]).norm().item()
        for parameter in model.parameters():
            parameter /= max(1.0, norm)
    return loss


def by_hand(model, optimizer, x, y):
    model.zero_grad()
    loss = (model(x) - y).square().mean()
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        parameter.grad = gradient / max(1, norm)
    optimizer.step()
    return loss


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (step_of("zero", "backward", "step", "clip"), "The step has the length 124, and 1 was to be the most.\n"),
        (step_of("zero", "backward", "clip", "step"), ": correct."),
        (step_of("backward", "clip", "step", "zero"), ": correct."),
        (by_hand, ": correct."),
        (step_of("zero", "clip", "backward", "step"), "Hint: the gradient of this batch exists only after backward()."),
        (step_of("zero", "backward", "step"), "Hint: the gradient of this batch exists only after backward()."),
        (step_of("backward", "clip", "step"), "an old gradient is still in it."),
        (with_clipped_weights, "The step has another direction than the gradient"),
        (step_of("backward", "zero", "clip", "step"), "not yet. The parameters do not change."),
        (step_of("zero", "backward", "clip by value", "step"), "The step has another direction than the gradient"),
        (step_of("zero", "backward", "clip each", "step"), "The step has another direction than the gradient"),
        (step_of("zero", "backward", "scale", "step"), "A gradient of the norm 0.204 made a step of the length 1."),
        (lambda *given: step_of("zero", "backward", "clip", "step")(*given) + 1, "Return the loss before the step."),
        (lambda *given: step_of("zero", "backward", "clip", "step")(*given) and None, "Return the loss before"),
    ],
)
def test_clipped_too_late(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, bug_loss_checks.museum_clipping, capsys)


def fed_back(model, series, start):
    x = series[:, :start]
    while x.shape[1] < series.shape[1]:
        x = torch.cat([x, model(x)[:, -1:]], dim=1)
    return x[:, start:]


def with_state(model, series, start):
    output, h = model.rnn(series[:, :start])
    said = [model.readout(output[:, -1:])]
    while len(said) < series.shape[1] - start:
        output, h = model.rnn(said[-1], h)
        said.append(model.readout(output))
    return torch.cat(said, dim=1)


def blinded(model, series, start):
    series = series.clone()
    series[:, start:] = 0
    return model(series)[:, start - 1 : -1]


def written_in(model, series, start):
    for t in range(start, series.shape[1]):
        series[:, t] = model(series[:, :t])[:, -1].detach()
    return series[:, start:]


def too_late(model, series, start):
    return fed_back(model, torch.cat([series, series[:, :1]], dim=1), start)[:, 1:]


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (
            lambda model, series, start: model(series)[:, start - 1 : -1],
            "not yet. Another future gives another forecast: it has read what it should foretell.",
        ),
        (fed_back, ": correct."),
        (with_state, ": correct."),
        (lambda model, series, start: model(series)[:, start:], "Another future gives another forecast"),
        (lambda model, series, start: fed_back(model, series, start + 1), "Another future gives another forecast"),
        (blinded, "Hint: from step `start` on the model must read its own last answer, not zeros."),
        (written_in, "your function changes what it was given: work on a copy."),
        (too_late, "Hint: the first number is for step `start`"),
        (
            lambda model, series, start: model(series[:, :start])[:, -1:].expand(-1, series.shape[1] - start, -1),
            "Hint: that is one answer for all steps",
        ),
        (lambda *given: fed_back(*given) + 1, "The numbers are wrong for a series of 12 steps and start = 8."),
        (lambda *given: fed_back(*given)[..., 0], "not yet. Return a tensor (batch, time - start, 1)."),
    ],
)
def test_a_forecast_that_has_read_the_answers(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, bug_checks.museum_forecast, capsys)


def manual(model, optimizer, x, y):
    loss = (model(x) - y).square().mean()
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    with torch.no_grad():
        for parameter, gradient in zip(model.parameters(), gradients, strict=True):
            parameter -= optimizer.param_groups[0]["lr"] * gradient
    return loss


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (step_of("backward", "step"), "The second step is the sum of two gradients"),
        (step_of("zero", "backward", "step"), ": correct."),
        (step_of("backward", "step", "zero"), ": correct."),
        (manual, ": correct."),
        (step_of("backward", "zero", "step"), "not yet. The parameters do not change."),
        (step_of("zero", "backward", "clip", "step"), "Step 1 is not the gradient of its batch"),
        (step_of("zero", "backward", "step", "step"), "Step 1 is not the gradient of its batch"),
        (lambda *given: step_of("zero", "backward", "step")(*given) + 1, "Return the loss before the step."),
        (lambda *given: step_of("zero", "backward", "step")(*given) and None, "Return the loss before the step."),
    ],
)
def test_gradients_that_are_never_set_to_zero(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, bug_training_checks.museum_gradients, capsys)


def deep(container, freeze=False, used=2, layers=2):
    class Deep(nn.Module):
        def __init__(self, input_size, hidden_size, classes):
            super().__init__()
            sizes = [input_size, *[hidden_size] * (layers - 1)]
            self.layers = container([nn.GRU(size, hidden_size, batch_first=True) for size in sizes])
            self.readout = nn.Linear(hidden_size, classes)
            if freeze:
                for parameter in self.layers[0].parameters():
                    parameter.requires_grad_(False)

        def forward(self, x):
            for layer in list(self.layers)[:used]:
                x, _ = layer(x)
            return self.readout(x[:, -1])

    return Deep


class Stacked(nn.Module):
    def __init__(self, input_size, hidden_size, classes):
        super().__init__()
        self.rnn = nn.GRU(input_size, hidden_size, num_layers=2, batch_first=True)
        self.readout = nn.Linear(hidden_size, classes)

    def forward(self, x):
        return self.readout(self.rnn(x)[0][:, -1])


class FirstLayer(Stacked):
    def forward(self, x):
        return self.readout(self.rnn(x)[1][0])


class FirstStep(Stacked):
    def forward(self, x):
        return self.readout(self.rnn(x)[0][:, 0])


class BatchAsTime(Stacked):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.rnn.batch_first = False


class Dropping(Stacked):
    def forward(self, x):
        return nn.functional.dropout(super().forward(x), training=self.training)


class Named(deep(list)):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        for k, layer in enumerate(self.layers):
            self.add_module(f"layer_{k}", layer)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (deep(list), "Saved and loaded, the model gives other answers: weights are missing from its state_dict."),
        (deep(nn.ModuleList), ": correct."),
        (Stacked, ": correct."),
        (Dropping, ": correct."),
        (Named, ": correct."),
        (deep(nn.ModuleList, freeze=True), "layers.0.weight_ih_l0 gets no gradient: it stays as it was drawn."),
        (deep(nn.ModuleList, used=1), "layers.1.weight_ih_l0 gets no gradient: it stays as it was drawn."),
        (FirstLayer, "rnn.weight_ih_l1 gets no gradient: it stays as it was drawn."),
        (FirstStep, "The answers do not depend on step 1 of 5"),
        (BatchAsTime, "The answer for sequence 1 changes when other sequences stand beside it."),
        (deep(nn.ModuleList, layers=1), "Two GRU layers have eight tensors of weights, and the readout two."),
        (classifier(lambda m, x: m.rnn(x)[0], batch_first=True), "not yet. Return a tensor (batch, classes)."),
    ],
)
def test_layers_that_nobody_trains(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, bug_training_checks.museum_layers, capsys)


def taken_from(labels):
    labels -= 1
    return labels


def looked_up(labels):
    table = {1: 0, 2: 1, 3: 2, 4: 3}
    return torch.tensor([table[label] for label in labels.tolist()])


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda labels: labels.clamp(max=3), "not yet. The labels 3 and 4 become the same class."),
        (lambda labels: labels - 1, ": correct."),
        (looked_up, ": correct."),
        (lambda labels: (labels[:, None] == torch.arange(1, 5)).nonzero()[:, 1], ": correct."),  # a row less
        (lambda labels: 4 - labels, ": correct."),  # a class of its own for each, in another order
        (lambda labels: labels.sort().values - 1, "The same label becomes two classes: each row must keep its own."),
        (taken_from, "your function changes what it was given: work on a copy."),
        (lambda labels: labels, "There is no class 4: cross_entropy counts from 0, so four classes end at 3."),
        (lambda labels: labels % 4, "A label of 5, which does not exist, passes for a real one."),
        (lambda labels: (labels - 1).clamp(0, 3), "A label of 5, which does not exist, passes for a real one."),
        (lambda labels: (labels - 1).clamp(min=0), "A label of 0, which does not exist, passes for a real one."),
        (
            lambda labels: (labels - 1).masked_fill((labels < 1) | (labels > 4), -100),
            "A label of 5, which does not exist, passes for a real one.",  # cross_entropy leaves out -100
        ),
        (lambda labels: (labels - 1).float(), "not yet. Return a tensor (batch,) of whole numbers, torch.long."),
    ],
)
def test_labels_that_were_silenced(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, bug_training_checks.museum_labels, capsys)


def gives(answer, check):
    """An attempt that gives this answer, in the form that the check calls."""
    if check not in (bug_checks.museum_batch, bug_checks.museum_state, bug_training_checks.museum_layers):
        return lambda *_: answer

    class Attempt(nn.Module):
        def __init__(self, *_):
            super().__init__()

        def forward(self, x):
            return answer

    return Attempt


@every_check
@pytest.mark.parametrize("stub", [lambda *_: None, lambda *_: ...])
def test_a_stub_is_no_mistake(check, stub, capsys):
    stub = stub if isinstance(gives(None, check), FunctionType) else gives(stub(), check)
    assert verdict_on(stub, check, capsys).endswith(": not attempted yet.\n")


@every_check
@pytest.mark.parametrize("answer", ["two\nlines", [1, 2], {}, object(), torch.zeros(7, 5), torch.tensor(torch.nan)])
def test_nonsense_gets_a_sentence(check, answer, capsys):
    assert ": not yet. " in verdict_on(gives(answer, check), check, capsys)


@every_check
@pytest.mark.parametrize("attempt", [None, 3, lambda *_: 1 / 0, lambda: 0])
def test_whatever_fails_gets_a_sentence(check, attempt, capsys):
    assert "your function stopped with " in verdict_on(attempt, check, capsys)


@every_check
def test_the_reader_keeps_the_random_numbers(check, capsys):
    before = torch.get_rng_state()
    check(gives(3, check))
    assert torch.equal(torch.get_rng_state(), before)


def test_every_exhibit_of_the_notebook_fails_and_its_repair_passes(capsys):
    """The very code of the cells."""
    cells, names = nbformat.read(NOTEBOOK, as_version=4).cells, {}
    first = next(cell.source for cell in cells if cell.cell_type == "code")
    lines = ast.parse("\n".join(line for line in first.splitlines() if not line.startswith("%"))).body
    imports = [line for line in lines if isinstance(line, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(imports, []), NOTEBOOK.name, "exec"), names)
    exhibits = [k for k, cell in enumerate(cells) if "bug" in cell.metadata.get("tags", [])]
    for k in exhibits:
        for cell, verdict in ((cells[k], ": not yet. "), (cells[k + 1], ": correct.")):
            exec(cell.source, dict(names))
            assert verdict in capsys.readouterr().out
    assert len(exhibits) == len(CHECKS) == 11
