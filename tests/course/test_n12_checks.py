"""The exercises of notebook 12: tests that find what they are to find, in several forms, and tests that do not."""

import copy
import io

import pytest
import torch
from torch import nn
from verdict import verdict_on

from seqmem_lib.course.n12_bug_museum import checks


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda reported, words, steps: (reported * steps - (steps - words)) / words, ": correct."),
        (lambda reported, words, steps: 1 - (1 - reported) * steps / words, ": correct."),
        (lambda reported, words, steps: reported * steps / words, "Hint: the steps of padding that are right"),
        (lambda reported, words, steps: (reported * steps - (steps - words)) / steps, "Hint: that is a share of all"),
        (
            lambda reported, words, steps: (1 - reported) * steps / words,
            "Hint: that is the share of the words that are",
        ),
        (lambda reported, words, steps: reported * words / steps, "Hint: padding does not dilute in proportion"),
        (
            lambda reported, words, steps: reported,
            "12 words in 40 steps the answer is 0.83333, not 0.95.",
        ),
        (lambda reported, words, steps: [reported], "not yet. Return a number."),
    ],
)
def test_accuracy_of_words(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.accuracy_of_words, capsys)


def held(optimizer):
    return [one for group in optimizer.param_groups for one in group["params"]]


def not_moved(model, optimizer):
    moved = {id(one) for one in held(optimizer) if one.requires_grad}
    return sum(one.numel() for one in model.parameters() if id(one) not in moved)


def by_difference(model, optimizer):
    own = list(model.parameters())
    moved = [one for one in held(optimizer) if one.requires_grad and any(one is other for other in own)]
    return sum(one.numel() for one in own) - sum(one.numel() for one in moved)


def frozen_only(model, optimizer):
    return sum(one.numel() for one in model.parameters() if not one.requires_grad)


def not_held_only(model, optimizer):
    known = {id(one) for one in held(optimizer)}
    return sum(one.numel() for one in model.parameters() if id(one) not in known)


def first_group(model, optimizer):
    known = {id(one) for one in optimizer.param_groups[0]["params"]}
    return sum(one.numel() for one in model.parameters() if id(one) not in known or not one.requires_grad)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (not_moved, ": correct."),
        (by_difference, ": correct."),
        (frozen_only, "Hint: a parameter may ask for a gradient, and the optimiser not hold it."),
        (not_held_only, "Hint: the optimiser may hold a parameter that asks for no gradient."),
        (first_group, "Hint: an optimiser may have several groups of parameters."),
        (
            lambda model, optimizer: sum(one.numel() for one in model.parameters()) - not_moved(model, optimizer),
            "Hint: that is how many it will move.",
        ),
        (lambda *given: 7, "For an optimiser that has all the answer is 0, not 7."),
        (
            lambda model, optimizer: sum(one not in held(optimizer) for one in model.parameters()),
            "your function stopped with RuntimeError",  # == compares number by number
        ),
    ],
)
def test_not_moved(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.not_moved, capsys)


def mixes(model, x):
    return not torch.allclose(torch.cat([model(one[None]) for one in x]), model(x))


def by_change(model, x):
    before = model(x)
    for k in range(len(x)):
        other = x.clone()
        other[k] += 1
        kept = [one for one in range(len(x)) if one != k]
        if not torch.allclose(model(other)[kept], before[kept]):
            return True
    return False


def by_order(model, x):
    return not torch.allclose(model(x.flip(0)).flip(0), model(x))


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (mixes, ": correct."),
        (by_change, ": correct."),
        (lambda model, x: torch.tensor(mixes(model, x)), ": correct."),
        (lambda model, x: not mixes(model, x), "For a model with batch_first=True the answer is False."),
        (by_order, "For a model that subtracts the mean of the batch the answer is True."),
        (lambda model, x: True, "For a model with batch_first=True the answer is False."),
        (lambda model, x: not model.rnn.batch_first, "that subtracts the mean of the batch the answer is True."),
        (lambda model, x: 1, "not yet. Return True or False."),
        (lambda model, x: model(x[0]), "not yet. Return True or False."),
    ],
)
def test_mixes_sequences(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.mixes_sequences, capsys)


def ahead(model, x):
    answers = model(x)
    for t in range(x.shape[1] - 1):
        other = x.clone()
        other[:, t + 1 :] = torch.randn_like(other[:, t + 1 :])
        if not torch.allclose(model(other)[:, : t + 1], answers[:, : t + 1]):
            return True
    return False


def by_gradient(model, x):
    x = x.clone().requires_grad_()
    for t in range(x.shape[1] - 1):
        (gradient,) = torch.autograd.grad(model(x)[:, t].sum(), x)
        if gradient[:, t + 1 :].any():
            return True
    return False


def last_only(model, x):
    other = x.clone()
    other[:, -1] += 1
    return not torch.allclose(model(other), model(x))


def shortened(model, x):
    return not torch.allclose(model(x[:, :1])[:, 0], model(x)[:, 0])


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (ahead, ": correct."),
        (by_gradient, ": correct."),
        (shortened, ": correct."),  # a causal model may be cut anywhere
        (last_only, "For a model that reads forwards the answer is False."),
        (lambda model, x: model.rnn.bidirectional, "shows each step the next input the answer is True."),
        (lambda model, x: not ahead(model, x), "For a model that reads forwards the answer is False."),
        (lambda model, x: ahead(model, x[:, :1]), "For a bidirectional model the answer is True."),
        (lambda model, x: "no", "not yet. Return True or False."),
    ],
)
def test_reads_ahead(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.reads_ahead, capsys)


def loads(make, x):
    saved, loaded = make(), make()
    loaded.load_state_dict(saved.state_dict())
    return torch.allclose(loaded(x), saved(x))


def by_file(make, x):
    saved, loaded, file = make(), make(), io.BytesIO()
    torch.save(saved.state_dict(), file)
    file.seek(0)
    loaded.load_state_dict(torch.load(file))
    return bool((loaded(x) - saved(x)).abs().max() < 1e-6)


def into_itself(make, x):
    model = make()
    before = model(x)
    model.load_state_dict(model.state_dict())
    return torch.allclose(model(x), before)


def copied(make, x):
    model = make()
    return torch.allclose(copy.deepcopy(model)(x), model(x))


def not_loaded(make, x):
    return torch.allclose(make()(x), make()(x))


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (loads, ": correct."),
        (by_file, ": correct."),
        (into_itself, "For layers in a list the answer is False."),
        (copied, "For layers in a list the answer is False."),
        (not_loaded, "For layers in an nn.ModuleList the answer is True."),
        (lambda make, x: len(list(make().parameters())) == 6, "For a random scale that is a parameter the answer is"),
        (lambda make, x: make()(x), "not yet. Return True or False."),
    ],
)
def test_loads_the_same(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.loads_the_same, capsys)


def steps_twice(train_step, undo=True, batches=2):
    ends = []
    for first in (1.0, 5.0)[:batches]:
        model = nn.Linear(2, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        for target in (first, 1.0):
            if undo or target == first:
                for parameter in model.parameters():
                    parameter.data.zero_()
            train_step(model, optimizer, torch.ones(1, 2), torch.full((1, 1), target))
        ends.append(model.weight.detach().clone())
    return not torch.allclose(ends[0], ends[-1])


def against_a_fresh_model(train_step):
    used, fresh = nn.Linear(3, 1), nn.Linear(3, 1)
    optimizer = torch.optim.SGD(used.parameters(), lr=0.1)
    train_step(used, optimizer, torch.randn(4, 3), torch.randn(4, 1))
    fresh.load_state_dict(used.state_dict())
    x, y = torch.randn(4, 3), torch.randn(4, 1)
    train_step(used, optimizer, x, y)
    train_step(fresh, torch.optim.SGD(fresh.parameters(), lr=0.1), x, y)
    return not torch.allclose(used.weight, fresh.weight)


def by_what_is_left(train_step):
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    x, y = torch.randn(3, 2), torch.randn(3, 1)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 1000.0)
    optimizer.param_groups[0]["lr"] = 1.0
    before = model.weight.detach().clone()
    train_step(model, optimizer, x, y)
    return bool((model.weight - before).abs().max() > 100)


def left_over(train_step):
    model = nn.Linear(2, 1)
    train_step(model, torch.optim.SGD(model.parameters(), lr=0.01), torch.ones(1, 2), torch.ones(1, 1))
    return model.weight.grad is not None


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (steps_twice, ": correct."),
        (against_a_fresh_model, ": correct."),
        (lambda train_step: steps_twice(train_step, undo=False), "that sets the gradients to zero first the answer is"),
        (lambda train_step: steps_twice(train_step, batches=1), "that never sets them to zero the answer is True."),
        (left_over, "For a step that sets the gradients to zero first the answer is False."),
        (by_what_is_left, "For a step that sets them to zero at its end the answer is False."),
        (lambda train_step: train_step, "not yet. Return True or False."),
    ],
)
def test_uses_old_gradients(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.uses_old_gradients, capsys)
