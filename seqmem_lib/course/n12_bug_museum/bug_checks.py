"""The bug museum of notebook 12: checks of models. They look at what code does, never at how it is written."""

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn

from ...training.models import SequenceModel
from ..judge import fixed_numbers, judge, say

INPUT_SIZE, HIDDEN_SIZE, CLASSES = 3, 8, 2
BATCH, SEQ = 3, 5


@fixed_numbers
def museum_batch(attempt: type[nn.Module]) -> None:
    """Check a classifier class, `attempt(input_size, hidden_size, classes)`, which reads x, (batch, seq, input_size),
    and returns scores, (batch, classes), from the last step: those of a sequence must depend on all its steps, and on
    no other sequence."""
    say(attempt, lambda: wrong_answers(*start(attempt)) or "correct.")


@fixed_numbers
def museum_state(attempt: type[nn.Module]) -> None:
    """Check a classifier class, as `museum_batch` does: here nothing may be left of the batches read before."""

    def verdict() -> str:
        model, x = start(attempt)
        for mode in ("training", "evaluation"):
            model.train(mode == "training")
            first = _answers(model, x)
            if said := wrong_form(first):
                return said
            model(torch.randn_like(x))
            if not close(_answers(model, x), first):
                return f"not yet. In {mode} mode the same batch, read twice, gets two different answers."
        return wrong_answers(model, x) or "correct."

    say(attempt, verdict)


@fixed_numbers
def museum_order(attempt: Callable) -> None:
    """Check `last_states(rnn, x, lengths)`: the last h of each sequence, (batch, hidden_size), in the order of x.

    rnn : nn.GRU with `batch_first=True`; x : (batch, seq, input_size), padded; lengths : (batch,)
    """
    layers = {
        name: nn.GRU(INPUT_SIZE, 4, k, batch_first=True, dtype=torch.float64, device="cpu")
        for k, name in enumerate(("sequences of 2, 6, 3, 5 and 4 steps", "two layers, of which the last answers"), 1)
    }
    # Five lengths whose order is no exchange of pairs: sorting by it twice would not sort back.
    x, lengths = torch.randn(5, 6, INPUT_SIZE, dtype=torch.float64), torch.tensor([2, 6, 3, 5, 4])
    order = lengths.argsort(descending=True)

    def one_by_one(rnn, x, lengths) -> Tensor:
        with torch.no_grad():
            return torch.cat([rnn(one[None, :length])[1][-1] for one, length in zip(x, lengths, strict=True)])

    slips = {
        f"row 0 of what you return is the last h of sequence {order[0]}": [lambda *given: one_by_one(*given)[order]],
        "to sort by `order` once more does not undo it; its inverse does": [
            lambda *given: one_by_one(*given)[order][order]
        ],
        "those are the states after the padding, not after the last word": [
            lambda rnn, x, lengths: rnn(x)[1][-1],
            lambda rnn, x, lengths: rnn(x)[1][-1][order],
        ],
    }
    cases = [(name, (rnn, x, lengths), one_by_one(rnn, x, lengths)) for name, rnn in layers.items()]
    judge(attempt, cases, slips, "a tensor (batch, hidden_size)")


@fixed_numbers
def museum_forecast(attempt: Callable) -> None:
    """Check `forecast(model, series, start)`: what the model foretells for the steps from `start` to the end,
    (batch, time - start, 1), from the values before `start` and from its own answers.

    model : a SequenceModel which has learned to say x at t + 1 when it has read x up to t; series : (batch, time, 1)
    """
    model = SequenceModel(nn.GRU, (1, 1), hidden_size=HIDDEN_SIZE, seed=0).double()
    series, start = torch.randn(2, 12, 1, dtype=torch.float64), 8

    def right(model, series, start, steps=None) -> Tensor:
        x = series[:, :start]
        with torch.no_grad():
            for _ in range(steps or series.shape[1] - start):
                x = torch.cat([x, model(x)[:, -1:]], dim=1)
        return x[:, start:]

    def blinded(model, series, start) -> Tensor:
        seen = torch.cat([series[:, :start], 0 * series[:, start:]], dim=1)
        return model(seen)[:, start - 1 : -1]

    if _reads_the_future(attempt, model, series, start):
        say(attempt, lambda: "not yet. Another future gives another forecast: it has read what it should foretell.")
        return
    slips = {
        "the first number is for step `start`, and the model says it at step start - 1": [
            lambda model, series, start: right(model, series, start, series.shape[1] - start + 1)[:, 1:]
        ],
        "from step `start` on the model must read its own last answer, not zeros": [blinded],
        "that is one answer for all steps: the model must go on from it": [
            lambda model, series, start: right(model, series, start, 1).expand_as(series[:, start:])
        ],
    }
    cases = [("a series of 12 steps and start = 8", (model, series, start), right(model, series, start))]
    judge(attempt, cases, slips, "a tensor (batch, time - start, 1)", intact=True)


def start(attempt: type[nn.Module]) -> tuple[nn.Module, Tensor]:
    """A classifier that was just made, its dropout off, and input for it, (batch, seq, feature)."""
    model = attempt(INPUT_SIZE, HIDDEN_SIZE, CLASSES).to("cpu").eval()
    return model.requires_grad_(False), torch.randn(BATCH, SEQ, INPUT_SIZE)


def wrong_form(answer) -> str | None:
    """What to say of an answer that is no tensor (batch, classes); None if it is one."""
    if answer is None or answer is ...:
        return "not attempted yet."
    if isinstance(answer, Tensor) and answer.shape == (BATCH, CLASSES):
        return None
    if isinstance(answer, Tensor) and answer.shape == (SEQ, CLASSES):
        return (
            "not yet. Hint: that is (seq, classes), one row for each step. Look at which dimension of `output` is time."
        )
    return "not yet. Return a tensor (batch, classes)."


def _answers(model: nn.Module, x: Tensor):
    """With the same dropout each time in training: it is no memory."""
    if model.training:
        torch.default_generator.manual_seed(1)
    return model(x)


def wrong_answers(model: nn.Module, x: Tensor) -> str | None:
    """What is wrong with a classifier's answers; None if each depends on its own sequence, on all of it, and is made of
    what is left of it in the end."""
    together = model(x)
    if said := wrong_form(together):
        return said
    alone = torch.cat([model(one) for one in x.split(1)])
    for k in range(BATCH):
        if not close(alone[k], together[k]):
            hint = " Hint: view and reshape do not exchange dimensions; transpose does." if _mixed(model, x) else ""
            return f"not yet. The answer for sequence {k} changes when other sequences stand beside it.{hint}"
    for t in range(SEQ):
        other = x.clone()
        other[:, t] += 3
        if close(model(other), together):
            return f"not yet. The answers do not depend on step {t} of {SEQ}, counted from 0."
    constant = x[:, :1].expand(-1, 400, -1)  # at which a state comes to rest; a mean of states goes on
    if not close(model(constant), model(constant[:, :200])):
        return "not yet. Answer from the last step alone: at rest the answers still change, with the number of steps."
    return None


def _mixed(model: nn.Module, x: Tensor) -> bool:
    """Whether an early step of one sequence moves the answer for another. Where the batch was read as time, only the
    last step does."""
    other = x.clone()
    other[:-1, :-1] += 3
    return not close(model(other)[-1], model(x)[-1])


def _reads_the_future(attempt: Callable, model: nn.Module, series: Tensor, start: int) -> bool:
    other = series.clone()
    other[:, start:] += 1
    try:
        return not close(attempt(*deepcopy((model, series, start))), attempt(*deepcopy((model, other, start))))
    except Exception:  # it has another form than a right one; the judge will say so
        return False


def close(one: Tensor, other: Tensor) -> bool:
    """Equal but for rounding in float32."""
    return torch.allclose(one, other, rtol=0, atol=1e-5)
