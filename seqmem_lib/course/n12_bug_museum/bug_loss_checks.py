"""The bug museum of notebook 12: checks of losses and of a training step."""

from collections.abc import Callable
from functools import wraps

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, cross_entropy, mse_loss, one_hot
from torch.nn.utils import clip_grad_norm_

from ..judge import fixed_numbers, judge, say

SURE = 800.0  # the difference of two scores at which the probabilities are 1 and 0 to the last digit
TOKENS = 7


@fixed_numbers
def museum_padding(attempt: Callable) -> None:
    """Check `tagger_loss(output, y, lengths)`: the mean cross-entropy over the words, without the padding.

    output : (batch, seq, classes), scores; y : (batch, seq), tags, and 0 where there is padding; lengths : (batch,)
    """
    output, y = (
        torch.randn(3, 5, 4, dtype=torch.float64),
        torch.tensor([[0, 2, 0, 1, 3], [1, 0, 0, 3, 0], [0, 0, 2, 1, 0]]),
    )
    more = torch.cat([output, torch.randn(3, 6, 4, dtype=torch.float64)], dim=1), torch.cat([y, y.new_zeros(3, 6)], 1)
    full, some = torch.tensor([5, 5, 5]), torch.tensor([5, 2, 3])
    short = y.masked_fill(torch.arange(5) >= some[:, None], 0)

    def each(output, y) -> Tensor:
        return cross_entropy(output.transpose(1, 2), y, reduction="none")

    def words(y, lengths, longer=0) -> Tensor:
        return torch.arange(y.shape[1]) < lengths[:, None] + longer

    def right(output, y, lengths, longer=0) -> Tensor:
        return each(output, y)[words(y, lengths, longer)].mean()

    slips = {
        "0 is also the tag of real words, and they count": [
            lambda output, y, lengths: cross_entropy(output.transpose(1, 2), y, ignore_index=0)
        ],
        "divide the sum by the number of words, not of all steps": [
            lambda output, y, lengths: (each(output, y) * words(y, lengths)).mean()
        ],
        "every word counts the same, in a short sequence as in a long one": [
            lambda output, y, lengths: ((each(output, y) * words(y, lengths)).sum(dim=1) / lengths).mean()
        ],
        "steps are counted from 0, so the words are those below the length": [
            lambda *given: right(*given, longer=1),
            lambda *given: right(*given, longer=-1),
        ],
    }
    cases = {
        "a batch without padding": (output, y, full),
        "the same batch with 6 steps of padding": (*more, full),
        "sequences of 5, 2 and 3 words": (output, short, some),
    }
    _judge_loss(attempt, right, cases, slips, intact=True)


@fixed_numbers
def museum_softmax(attempt: Callable) -> None:
    """Check `loss_of(scores, y)`: the mean cross-entropy. scores : (batch, classes); y : (batch,)."""
    y = torch.tensor([2, 0, 2])  # a class that is there twice: a softmax over the batch is sure of neither
    sure = SURE * one_hot(y, 4).double()
    cases = {
        "scores that are sure and right": sure,
        "scores that are sure and wrong": sure.roll(1, dims=1),
        "scores that are all equal": 0 * sure,
        "random scores": torch.randn(3, 4, dtype=torch.float64),
    }

    def of_softmax(scores, y, dim=1) -> Tensor:
        return -scores.softmax(dim=dim)[range(len(y)), y].mean()

    slips = {
        "nll_loss wants the logarithms of probabilities": [of_softmax],
        "the softmax goes over the classes, not over the batch": [
            lambda scores, y: cross_entropy(scores.softmax(dim=0), y),
            lambda scores, y: of_softmax(scores, y, dim=0),
            lambda scores, y: -scores.log_softmax(dim=0)[range(len(y)), y].mean(),
        ],
        "the mean over the batch is wanted": [lambda scores, y: cross_entropy(scores, y, reduction="sum")],
    }
    _judge_loss(attempt, cross_entropy, {name: (scores, y) for name, scores in cases.items()}, slips)


class _Table(nn.Module):
    """A model whose scores for the next token depend on the last one only."""

    def __init__(self, scores: Tensor):
        super().__init__()
        self.scores = scores

    def forward(self, tokens: Tensor) -> Tensor:
        return self.scores[tokens]


@fixed_numbers
def museum_shift(attempt: Callable) -> None:
    """Check `next_token_loss(model, tokens)`: the mean cross-entropy of what the model says at each step about the
    token that comes next.

    model : of tokens, (batch, seq), it makes scores, (batch, seq, number of tokens)
    """
    tokens = (torch.tensor([[0], [3], [5]]) + torch.arange(5)) % TOKENS  # it counts, so the next one can be known
    # Not equally sure of all tokens, so that no two slips give the same number.
    eye = (SURE + 10 * torch.arange(TOKENS, dtype=torch.float64)).diag()
    models = {
        "a model that always knows the next token": eye.roll(1, dims=1),
        "a model that says the token it has just read": eye,
        "a model of random scores": torch.randn(TOKENS, TOKENS, dtype=torch.float64),
    }

    def right(model, tokens) -> Tensor:
        return cross_entropy(model(tokens)[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())

    slips = {
        "that compares each answer with the token before, not with the next one": [
            lambda model, tokens: cross_entropy(model(tokens)[:, 1:].flatten(0, 1), tokens[:, :-1].flatten())
        ],
        "roll brings the first token round to the end, where no target is": [
            lambda model, tokens: cross_entropy(model(tokens).flatten(0, 1), tokens.roll(-1, dims=1).flatten()),
            lambda model, tokens: cross_entropy(model(tokens).flatten(0, 1), tokens.roll(-1).flatten()),
        ],
        "shift before you flatten: now the target of a last step is the first token of another sequence": [
            lambda model, tokens: cross_entropy(model(tokens).flatten(0, 1)[:-1], tokens.flatten()[1:])
        ],
    }
    _judge_loss(attempt, right, {name: (_Table(scores), tokens) for name, scores in models.items()}, slips)


@fixed_numbers
def museum_clipping(attempt: Callable) -> None:
    """Check `train_step(model, optimizer, x, y)`: one step of training on the mean squared error, with the gradient of
    all parameters together clipped to the norm 1. It returns the loss before the step."""

    def verdict() -> str:
        y = torch.full((2, 1), 0.1, dtype=torch.float64)
        cases = [("small", 0.1, 0.0), ("large", 300.0, 0.0), ("after the large one", 0.1, 0.0), ("other", 300.0, 0.5)]
        for name, scale, began in cases:
            x = scale * torch.tensor([[1.0, 2.0], [3.0, -1.0]], dtype=torch.float64)
            if name in ("small", "large"):
                model = nn.Linear(2, 1, dtype=torch.float64, device="cpu")
                optimizer = torch.optim.SGD(model.parameters(), lr=1.0)  # a step is then the gradient, turned around
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.fill_(began)  # the gradients stay as they are
            right = mse_loss(model(x), y)
            gradient = torch.cat([one.flatten() for one in torch.autograd.grad(right, list(model.parameters()))])
            loss = attempt(model, optimizer, x, y)
            step = began - torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
            if not step.any():
                return "not attempted yet." if loss in (None, ...) else "not yet. The parameters do not change."
            wanted = gradient / max(1.0, gradient.norm().item())
            if not torch.allclose(step, wanted, rtol=0, atol=1e-5):
                return _wrong_step(name, step, gradient, model)
            if loss in (None, ...) or not torch.allclose(torch.as_tensor(loss).detach().double(), right):
                return "not yet. Return the loss before the step."
        return "correct."

    say(attempt, verdict)


def _judge_loss(attempt: Callable, right: Callable, cases: dict[str, tuple], slips: dict, **options) -> None:
    judged = [(name, given, abs(_as_number(right)(*given))) for name, given in cases.items()]  # a loss of 0 may be -0.0
    slips = {hint: [_as_number(way) for way in ways] for hint, ways in slips.items()}
    judge(_as_number(attempt), judged, slips, "a number", **options)


def _as_number(function: Callable) -> Callable:
    """The function, with a Python number for a tensor that holds one."""

    @wraps(function)
    def called(*given):
        answer = function(*given)
        return answer.detach().item() if isinstance(answer, Tensor) and answer.ndim == 0 else answer

    called.__name__ = getattr(function, "__name__", "your function")
    return called


def _wrong_step(name: str, step: Tensor, gradient: Tensor, model: nn.Module) -> str:
    size, length = gradient.norm().item(), step.norm().item()
    if torch.allclose(step, gradient):
        # What is left in .grad tells when it was clipped: a norm of 1 if that was after the step.
        left = clip_grad_norm_(model.parameters(), torch.inf)
        hint = "" if left < 2 else " Hint: the gradient of this batch exists only after backward()."
        return f"not yet. The step has the length {length:.0f}, and 1 was to be the most.{hint}"
    if name == "after the large one":
        return "not yet. The step depends on the batch before: an old gradient is still in it."
    if cosine_similarity(step, gradient, dim=0) < 0.9999:
        return "not yet. The step has another direction than the gradient: clip the norm of all parameters together."
    return f"not yet. A gradient of the norm {size:.3g} made a step of the length {length:.3g}."
