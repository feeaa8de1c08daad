"""The exercises of notebook 11 on gradients: a history that is cut off, and parameters that no gradient reaches."""

import pytest
import torch
from verdict import verdict_on

from seqmem_lib.course.n11_training import checks


def detached(state):
    return tuple(map(detached, state)) if isinstance(state, tuple) else state.detach()


def detached_by_length(state):
    """As if only an LSTM's state had two parts: that of two layers has, too."""
    return (state[0].detach(), state[1].detach()) if len(state) == 2 else state.detach()


def detached_by_copy(state):
    copies = [torch.from_numpy(one.detach().numpy().copy()) for one in (state if type(state) is tuple else [state])]
    return tuple(copies) if type(state) is tuple else copies[0]


def for_each(change):
    return lambda state: tuple(map(change, state)) if isinstance(state, tuple) else change(state)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (detached_by_copy, ": correct."),
        (detached_by_length, "Hint: the state of a GRU of 2 layers is one tensor"),
        (for_each(lambda one: one.detach().squeeze(0)), "h of a GRU of 1 layer has another shape now"),
        (for_each(lambda one: one.detach().requires_grad_()), "has no history, but asks for a gradient"),
        (for_each(torch.clone), "Hint: h of a GRU still has its history"),
        (detached, ": correct."),
        (
            lambda state: tuple(one.clone().detach() for one in state) if isinstance(state, tuple) else state.data,
            ": correct.",
        ),
        (lambda state: None, "not attempted yet."),
        (lambda state: state, "Hint: h of a GRU still has its history"),
        (
            lambda state: (state[0].detach(), state[1]) if isinstance(state, tuple) else state.detach(),
            "c of an LSTM still",
        ),
        (
            lambda state: [one.detach() for one in state] if isinstance(state, tuple) else state.detach(),
            "as a tuple, (h, c)",
        ),
        (lambda state: tuple(one.detach() for one in state), "one tensor"),
        (
            lambda state: detached(tuple(one * 0 for one in state)) if isinstance(state, tuple) else state.detach() * 0,
            "changed",
        ),
        (
            lambda state: tuple(one.detach_() for one in state) if isinstance(state, tuple) else state.detach_(),
            "Hint: you changed the tensors that were given",
        ),
        (
            lambda state: (state[0].detach(), state[1].detach_()) if isinstance(state, tuple) else state.detach(),
            "Hint: you changed the tensors that were given",
        ),
        (lambda state: state.detach(), "stopped with AttributeError"),
    ],
)
def test_detach_state(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.detach_state, capsys)


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return [one.grad if one.grad is not None else torch.zeros_like(one) for one in model.parameters()]


def grad_of(model, loss):
    asking = [one for one in model.parameters() if one.requires_grad]
    found = torch.autograd.grad(loss, asking, allow_unused=True, materialize_grads=True)
    others = sum(one.numel() for one in model.parameters() if not one.requires_grad)
    return sum((one == 0).sum() for one in found) + others


def without_none(model, loss):
    model.zero_grad()
    loss.backward()
    return sum((one.grad == 0).sum().item() for one in model.parameters() if one.grad is not None)


def only_none(model, loss):
    model.zero_grad()
    loss.backward()
    return sum(one.numel() for one in model.parameters() if one.grad is None)


def not_cleaned(model, loss):
    loss.backward()
    return sum(one.numel() if one.grad is None else (one.grad == 0).sum().item() for one in model.parameters())


def those_that_ask(model, loss):
    frozen = sum(one.numel() for one in model.parameters() if not one.requires_grad)
    return sum((one == 0).sum().item() for one in gradients(model, loss)) - frozen


def in_state_dict(model, loss):
    """Whose tensors are no parameters."""
    gradients(model, loss)
    grads = {name: one.grad for name, one in model.named_parameters()}
    counts = [(one.numel(), grads.get(name)) for name, one in model.state_dict().items()]
    return sum(numbers if grad is None else (grad == 0).sum().item() for numbers, grad in counts)


def beside_the_old(model, loss):
    before = [None if one.grad is None else one.grad.clone() for one in model.parameters()]
    loss.backward()
    pairs = [(one, 0 if old is None else old) for one, old in zip(model.parameters(), before, strict=True)]
    return sum(one.numel() if one.grad is None else (one.grad == old).sum() for one, old in pairs)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda *given: sum((one == 0).sum().item() for one in gradients(*given)), ": correct."),
        (grad_of, ": correct."),
        (without_none, "Hint: a parameter without a gradient has None there, and counts too."),
        (those_that_ask, "Hint: a parameter that asks for no gradient gets none, and counts too."),
        (in_state_dict, "For a running mean, which is no parameter the answer is 0, not 9."),
        (
            lambda *given: sum(one.isclose(torch.zeros(1)).sum() for one in gradients(*given)),
            "For gradients that are small, and some that are 0 the answer is 4, not 16.",
        ),
        (
            lambda *given: gradients(*given) and sum((one == 0).sum() for one in given[0].parameters()),
            "For an input that is always 0, and a layer that is not used the answer is 14, not 0.",
        ),
        (only_none, "Hint: a gradient may be there and be exactly 0."),
        (lambda *given: sum(not one.any().item() for one in gradients(*given)), "Hint: count numbers, not tensors."),
        (beside_the_old, "For a layer that was used in an earlier loss the answer is 10, not"),
        (not_cleaned, "Hint: an old gradient is in the way"),
        (lambda model, loss: 3, "not yet. For a GRU of which all is used the answer is 0, not 3."),
        (lambda model, loss: [1], "not yet. Return a number."),
        (lambda model, loss: sum((one.grad == 0).sum() for one in model.parameters()), "stopped with AttributeError"),
    ],
)
def test_not_reached(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.not_reached, capsys)
