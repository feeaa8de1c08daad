"""The exercises of notebook 12: tests that find what they are to find, in several forms, and tests that do not."""

import copy
import io
from functools import partial

import numpy as np
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
        (lambda reported, words, steps: (1 + reported) * steps / words - 1, "Hint: the padding is right and not wrong"),
        (
            lambda reported, words, steps: (int(reported * steps) - (steps - words)) / words,
            "For 95.7% reported, 20 words in 50 steps the answer is 0.8925, not 0.85.",
        ),
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


def both_kinds(model, optimizer):
    return frozen_only(model, optimizer) + not_held_only(model, optimizer)


def found_by(same):
    """The numbers of the parameters for which the optimiser holds none that is the same, or that ask for nothing."""

    def attempt(model, optimizer):
        moved = [one for one in held(optimizer) if one.requires_grad]
        return sum(one.numel() for one in model.parameters() if not any(same(one, other) for other in moved))

    return attempt


def in_state_dict(model, optimizer):
    moved = {one.data_ptr() for one in held(optimizer) if one.requires_grad}
    return sum(one.numel() for one in model.state_dict().values() if one.data_ptr() not in moved)


def once_a_layer(model, optimizer):
    moved = {id(one) for one in held(optimizer) if one.requires_grad}
    return sum(one.numel() for layer in model for one in layer.parameters() if id(one) not in moved)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (found_by(lambda one, other: one is other), ": correct."),
        (both_kinds, "Hint: what is not held and asks for no gradient counts once."),
        (found_by(torch.equal), "Hint: a parameter that is equal need not be the same one"),
        (
            found_by(lambda one, other: one.shape == other.shape),
            "one that the optimiser does not hold the answer is 26",
        ),
        (in_state_dict, "For a running mean, which is no parameter the answer is 0, not 11."),
        (once_a_layer, "For a matrix that two layers share the answer is 12, not 21."),
        (lambda model, optimizer: sum(one.numel() for one in model.parameters(recurse=False)), "is 26, not 0."),
        (not_moved, ": correct."),
        (by_difference, ": correct."),
        (frozen_only, "Hint: a parameter may ask for a gradient, and the optimiser not hold it."),
        (not_held_only, "Hint: the optimiser may hold a parameter that asks for no gradient."),
        (first_group, "Hint: an optimiser may have several groups of parameters."),
        (
            lambda model, optimizer: sum(
                not (one.requires_grad and any(one is other for other in held(optimizer))) for one in model.parameters()
            ),
            "Hint: count numbers, not tensors.",
        ),
        (
            lambda model, optimizer: sum(one.numel() for one in model.parameters()) - not_moved(model, optimizer),
            "Hint: that is how many it will move.",
        ),
        (lambda *given: 7, "one that the optimiser does not hold the answer is 26, not 7."),
        (
            lambda model, optimizer: sum(one not in held(optimizer) for one in model.parameters()),
            "your function stopped with RuntimeError",  # == compares number by number
        ),
    ],
)
def test_not_moved(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.not_moved, capsys)


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


def read(make, x, *, kept=None, seen=slice(None), strict=True):
    saved, loaded = make(), make()
    loaded.load_state_dict(dict(kept(saved)) if kept else saved.state_dict(), strict=strict)
    return np.allclose(saved(x).detach().numpy()[seen], loaded(x).detach().numpy()[seen])


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
        (read, ": correct."),
        (partial(read, seen=(0, 0)), "For a random scale that is a plain tensor the answer is False."),
        (
            partial(read, kept=lambda model: model.named_parameters(), strict=False),
            "For a random scale that is a buffer the answer is True.",
        ),
        (lambda make, x: read(make, 0 * x), "For a random scale that is a plain tensor the answer is False."),
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


def beside_a_twin(train_step, make=torch.optim.SGD, copied=False, lr=0.1, name="weight"):
    """A model that has made a step before, and whose weights are put back, beside one that has not."""
    used, fresh = nn.Linear(2, 1), nn.Linear(2, 1)
    fresh.load_state_dict(used.state_dict())
    start = copy.deepcopy(used.state_dict())
    optimizers = [make(one.parameters(), lr=lr) for one in (used, fresh)]
    train_step(used, optimizers[0], torch.randn(3, 2), torch.randn(3, 1))
    used.load_state_dict(start)
    if copied:
        used = copy.deepcopy(used)
        optimizers[0] = make(used.parameters(), lr=lr)
    x, y = torch.randn(3, 2), torch.randn(3, 1)
    for model, optimizer in zip((used, fresh), optimizers, strict=True):
        train_step(model, optimizer, x, y)
    return np.bool_(not torch.allclose(getattr(used, name), getattr(fresh, name)))


def left_over(train_step):
    model = nn.Linear(2, 1)
    train_step(model, torch.optim.SGD(model.parameters(), lr=0.01), torch.ones(1, 2), torch.ones(1, 1))
    return model.weight.grad is not None


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (steps_twice, ": correct."),
        (against_a_fresh_model, ": correct."),
        (beside_a_twin, ": correct."),
        (partial(beside_a_twin, make=torch.optim.Adam), "is False. Hint: is anything else left of the first update?"),
        (partial(beside_a_twin, copied=True), "Hint: are the gradients of the first update still there, and not 0?"),
        (partial(beside_a_twin, name="bias"), "sets those of the biases to zero, and no others the answer is True."),
        (partial(beside_a_twin, lr=1e-7), "the answer is True."),  # too little to be seen, whatever is drawn
        (lambda train_step: steps_twice(train_step, undo=False), "that sets the gradients to zero first the answer is"),
        (lambda train_step: steps_twice(train_step, batches=1), "that never sets them to zero the answer is True."),
        (left_over, "For a step that sets the gradients to zero first the answer is False."),
        (by_what_is_left, "For a step that sets them to zero at its end the answer is False."),
        (lambda train_step: train_step, "not yet. Return True or False."),
    ],
)
def test_uses_old_gradients(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.uses_old_gradients, capsys)
