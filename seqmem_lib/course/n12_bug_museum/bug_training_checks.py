"""The bug museum of notebook 12: checks of what is trained, and of the labels it is trained on."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from ..judge import CHANGED, as_before, fixed_numbers, say
from .bug_checks import INPUT_SIZE, close, start, wrong_answers

LABELS = 4  # in the file they are 1 to 4


@fixed_numbers
def museum_gradients(attempt: Callable) -> None:
    """Check `train_step(model, optimizer, x, y)`: one step of training on the mean squared error, which depends on this
    batch alone. It returns the loss before the step."""

    def verdict() -> str:
        model = nn.Linear(2, 1, dtype=torch.float64, device="cpu")
        optimizer = torch.optim.SGD(model.parameters(), lr=1.0)  # a step is then the gradient, turned around
        before = torch.zeros(3, dtype=torch.float64)
        for number, scale in enumerate((1.0, 0.5), start=1):
            x, y = scale * torch.randn(4, 2, dtype=torch.float64), torch.randn(4, 1, dtype=torch.float64)
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.zero_()  # the gradients stay as they are
            wanted = [one.flatten() for one in torch.autograd.grad(mse_loss(model(x), y), list(model.parameters()))]
            loss = attempt(model, optimizer, x, y)
            step = -torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
            if not step.any():
                return "not attempted yet." if loss in (None, ...) else "not yet. The parameters do not change."
            gradient = torch.cat(wanted)
            if close(step, gradient + before) and number == 2:
                return "not yet. The second step is the sum of two gradients: that of the batch before is still in it."
            if not close(step, gradient):
                return f"not yet. Step {number} is not the gradient of its batch, times the learning rate."
            if not isinstance(loss, Tensor | float) or not close(torch.as_tensor(loss).double(), y.square().mean()):
                return "not yet. Return the loss before the step."
            before = gradient
        return "correct."

    say(attempt, verdict)


@fixed_numbers
def museum_layers(attempt: type[nn.Module]) -> None:
    """Check a classifier class, `attempt(input_size, hidden_size, classes)`, which reads x, (batch, seq, input_size),
    and returns scores, (batch, classes): all that it answers with must be trained, and saved."""

    def verdict() -> str:
        model, x = start(attempt)
        if said := wrong_answers(model, x):
            return said
        other, _ = start(attempt)  # of other random weights
        other.load_state_dict(model.state_dict())
        if not close(other(x), model(x)):
            return "not yet. Saved and loaded, the model gives other answers: weights are missing from its state_dict."
        fresh = attempt(INPUT_SIZE, 8, 2).to("cpu")
        fresh(x).square().sum().backward()
        still = [name for name, one in fresh.named_parameters() if one.grad is None or not one.grad.any()]
        if still:
            return f"not yet. {still[0]} gets no gradient: it stays as it was drawn."
        if len(list(fresh.parameters())) < 10:
            return "not yet. Two GRU layers have eight tensors of weights, and the readout two."
        return "correct."

    say(attempt, verdict)


@fixed_numbers
def museum_labels(attempt: Callable) -> None:
    """Check `classes_of(labels)`: the classes for cross_entropy, 0 to 3, of labels that are 1 to 4 in the file, each
    label a class of its own. What is no label must not become a class."""
    labels = torch.tensor([3, 1, 4, 1, 2])

    def verdict() -> str:
        given = labels.clone()
        answer = attempt(given)
        if answer is None or answer is ...:
            return "not attempted yet."
        if not isinstance(answer, Tensor) or answer.shape != labels.shape or answer.dtype != torch.long:
            return "not yet. Return a tensor (batch,) of whole numbers, torch.long."
        if outside := [one for one in answer.tolist() if not 0 <= one < LABELS]:
            return f"not yet. There is no class {outside[0]}: cross_entropy counts from 0, so four classes end at 3."
        if len({*answer.tolist()}) < LABELS:
            first, second = next(
                (a, b)
                for a in range(1, LABELS)
                for b in range(a + 1, LABELS + 1)
                if answer[labels == a][0] == answer[labels == b][0]
            )
            return f"not yet. The labels {first} and {second} become the same class."
        if any(len({*answer[labels == one].tolist()}) > 1 for one in labels.tolist()):
            return "not yet. The same label becomes two classes: each row must keep its own."
        if not as_before(given, labels):
            return CHANGED
        for wrong in (LABELS + 1, 0):
            try:
                given = attempt(torch.tensor([wrong]))
            except Exception:  # it says so itself
                continue
            if any(0 <= one < LABELS or one == -100 for one in given.tolist()):
                return f"not yet. A label of {wrong}, which does not exist, passes for a real one."
        return "correct."

    say(attempt, verdict)
