"""The exercises of notebook 11."""

from collections.abc import Callable
from functools import partial
from math import exp, log

import torch
from torch import Tensor

from ..judge import between, fixed_numbers, judge, on, say, whole
from .gradient_cases import CASES


@fixed_numbers
def rates_to_try(attempt: Callable) -> None:
    """Check `rates_to_try(lowest, highest, count)`: learning rates from the lowest to the highest, each the same factor
    larger than the one before, as a list of numbers."""

    def right(low, high, n):
        return [exp(log(low) + k / (n - 1) * (log(high) - log(low))) for k in range(n)]

    slips = {
        "those lie the same distance apart, so that all but one are large; let each be a factor larger": [
            lambda low, high, n: [low + k / (n - 1) * (high - low) for k in range(n)]
        ],
        "the highest is missing: from the first to the last there are count - 1 factors": [
            lambda low, high, n: [low * (high / low) ** (k / n) for k in range(n)]
        ],
        "those are the logarithms of the rates": [
            lambda low, high, n: [log(one) for one in right(low, high, n)],
            lambda low, high, n: [log(one) / log(10) for one in right(low, high, n)],
        ],
        "begin with the lowest": [lambda *given: right(*given)[::-1]],
    }
    cases = [
        (f"{count} rates from {low:g} to {high:g}", (low, high, count), right(low, high, count))
        for low, high, count in (
            (0.001, 0.1, 3),
            (0.0003, 0.03, 5),
            (0.01, 0.1, 2),
            (between(0.001, 0.01), 0.1, whole(4, 8)),
        )
    ]
    judge(attempt, cases, slips, "a list of `count` numbers")


@fixed_numbers
def loss_without_reading(attempt: Callable) -> None:
    """Check `loss_without_reading(y, classes)`: the smallest mean cross-entropy of answers that are the same whatever
    was read, for the labels y, (batch,)."""

    def shares(y, classes):
        counts = [(y == k).sum().item() / len(y) for k in range(classes)]
        return [share for share in counts if share]

    def with_empty(y, classes):
        each = torch.bincount(y, minlength=classes) / len(y)
        return -(each * each.log()).sum().item()

    slips = {
        "0 · ln 0 is NaN in floating point: leave out a class that does not occur": [with_empty],
        "that is the loss where all classes are as frequent as each other; use how often each one occurs": [
            lambda y, classes: log(classes),
            lambda y, classes: log(len(y.unique())),
        ],
        "that bets everything on the most frequent class: a class that was given 0 costs infinitely much": [
            lambda y, classes: -log(max(shares(y, classes)))
        ],
        "use the natural logarithm, as cross_entropy does": [
            lambda y, classes: sum(-one * log(one) for one in shares(y, classes)) / log(2)
        ],
        "weight the surprise of each class by how often it occurs": [
            lambda y, classes: sum(-log(one) for one in shares(y, classes)) / classes,
            lambda y, classes: sum(-log(one) for one in shares(y, classes)),
        ],
        "the loss is positive": [lambda y, classes: sum(one * log(one) for one in shares(y, classes))],
    }
    cases = []
    for counts in ([3, 1, 0], [2, 5, 3], [1, 0, 4, 2, 2]):
        y = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
        y = y[torch.randperm(len(y))]
        *most, last = counts
        name = f"{', '.join(map(str, most))} and {last} labels of {len(counts)} classes"
        cases.append((name, (y, len(counts)), sum(-one * log(one) for one in shares(y, len(counts)))))
    judge(attempt, cases, slips, "a number")


@fixed_numbers
def detach_state(attempt: Callable) -> None:
    """Check `detach_state(state)`: the state of an nn.RNN or nn.GRU, a tensor h, or of an nn.LSTM, a tuple (h, c), with
    the same numbers and without their history."""

    def verdict() -> str:
        for layers in (1, 2):  # the state of two layers is no pair (h, c)
            h, c = (torch.randn(layers, 3, 4, requires_grad=True) * 2 for _ in "hc")
            if wrong := wrong_with(h, c, f"of {layers} layer{'s' * (layers > 1)}"):
                return wrong
        return "correct."

    def wrong_with(h: Tensor, c: Tensor, size: str) -> str | None:
        answers = [attempt(h), attempt((h, c))]
        if any(answer is None or answer is ... for answer in answers):
            return "not attempted yet."
        if not isinstance(answers[0], Tensor):
            return f"not yet. Hint: the state of a GRU {size} is one tensor, so return one tensor."
        if not isinstance(answers[1], tuple) or len(answers[1]) != 2:
            return "not yet. Hint: nn.LSTM wants its state back as a tuple, (h, c)."
        for name, answer, given in zip(
            ("h of a GRU", "h of an LSTM", "c of an LSTM"), (answers[0], *answers[1]), (h, h, c), strict=True
        ):
            if answer.shape != given.shape:
                return f"not yet. Hint: {name} {size} has another shape now; only the history must go."
            if not torch.equal(answer, given):
                return f"not yet. Hint: the numbers of {name} changed; only the history must go."
            if answer.requires_grad and answer.is_leaf:
                return f"not yet. Hint: {name} has no history, but asks for a gradient: it must not."
            if answer.requires_grad:
                return f"not yet. Hint: {name} still has its history; .detach() returns a tensor without it."
        if not (h.requires_grad and c.requires_grad):
            return "not yet. Hint: you changed the tensors that were given; .detach_() does, .detach() does not."
        return None

    say(attempt, verdict)


@fixed_numbers
def streams(attempt: Callable) -> None:
    """Check `streams(tokens, rows)`: one long sequence, (time,), as a batch of `rows` streams, (rows, time // rows),
    each of which is a piece of it without a gap. What is left over at the end is dropped."""

    def right(tokens, rows):
        return tokens[: len(tokens) // rows * rows].view(rows, -1)

    slips = {
        "there each row jumps over the tokens of the other rows; a row is one piece of the sequence": [
            lambda tokens, rows: right(tokens, len(tokens) // rows).T
        ],
        "that is (time, rows); the batch comes first": [lambda *given: right(*given).T],
        "drop what is left over at the end, not at the beginning": [
            lambda tokens, rows: tokens[len(tokens) % rows :].view(rows, -1)
        ],
    }
    cases = []
    for n, rows in ((12, 3), (17, 4), (5, 1), (9, 2), (11, 4), (19, 4)):  # what is left over: nothing, or up to a row
        given = torch.randperm(n), rows
        cases.append((f"{n} tokens in {rows} row{'s' * (rows > 1)}", given, right(*given)))
    judge(attempt, cases, slips, "a tensor (rows, time // rows)")


@fixed_numbers
def not_reached(attempt: Callable) -> None:
    """Check `not_reached(model, loss)`: how many numbers among the model's parameters get no gradient from this loss,
    or one of exactly 0. The gradients that were there before are none of its business."""

    def counted(model, loss, *, missing=True, zero=True, frozen=True, tensors=False, clean=True):
        if clean:
            model.zero_grad()
        loss.backward()
        total = 0
        for parameter in model.parameters():
            gradient = parameter.grad
            if not (frozen or parameter.requires_grad):
                continue
            if gradient is None:
                total += missing * (1 if tensors else parameter.numel())
            elif tensors:
                total += zero * (not gradient.any().item())
            else:
                total += zero * (gradient == 0).sum().item()
        return total

    slips = {
        "a parameter without a gradient has None there, and counts too": partial(counted, missing=False),
        "a gradient may be there and be exactly 0": partial(counted, zero=False),
        "a parameter that asks for no gradient gets none, and counts too": partial(counted, frozen=False),
        "count numbers, not tensors": partial(counted, tensors=True),
        "an old gradient is in the way: set the gradients to zero first": partial(counted, clean=False),
    }

    def verdict() -> str:
        possible = slips  # those that were right so far, as the attempt was
        for name, make in CASES.items():
            answer, wanted, *others = (on(function, make) for function in (attempt, counted, *possible.values()))
            if answer is None or answer is ...:
                return "not attempted yet."
            try:
                answer = float(answer)
            except (TypeError, ValueError, RuntimeError):
                return "not yet. Return a number."
            given = dict(zip(possible, others, strict=True))
            if answer != wanted:
                hints = [hint for hint, other in given.items() if other == answer]
                said = f"Hint: {hints[0]}." if hints else f"For {name} the answer is {wanted}, not {answer:g}."
                return f"not yet. {said}"
            possible = {hint: way for hint, way in possible.items() if given[hint] == wanted}
        return "correct."

    say(attempt, verdict)


@fixed_numbers
def units_for(attempt: Callable) -> None:
    """Check `units_for(layers, input_size, parameters)`: the largest number of units of each layer with which an
    nn.LSTM of so many layers has no more than so many parameters."""

    def size(units, layers, input_size, biases=2, gates=4, wide=True):
        first = gates * units * (input_size + units + biases)
        return first + (layers - 1) * gates * units * ((units if wide else input_size) + units + biases)

    def largest(layers, input_size, parameters, **options):
        units = 0
        while size(units + 1, layers, input_size, **options) <= parameters:
            units += 1
        return units

    slips = {
        "PyTorch has two bias vectors": [lambda *given: largest(*given, biases=1)],
        "an LSTM has four of everything: three gates and a candidate": [
            lambda *given: largest(*given, gates=3),
            lambda *given: largest(*given, gates=1),
        ],
        "from the second layer on, a layer reads the units of the layer below": [
            lambda *given: largest(*given, wide=False)
        ],
        "all layers together may have so many": [
            lambda layers, input_size, parameters: largest(1, input_size, parameters),
        ],
        "one unit more has too many parameters": [lambda *given: largest(*given) + 1],
    }
    cases = []
    sizes = ((1, 8, 5541), (1, 8, 5376), (2, 8, 5376), (3, 8, 5376), (2, 100, 200_000), (4, 1, 3000), (2, 8, 50))
    for given in (*sizes, (1, 10, 1_000_000), (whole(2, 4), whole(3, 30), whole(1000, 20_000))):
        layers, inputs, budget = given
        name = f"{layers} layer{'s' * (layers > 1)}, {inputs} inputs and {budget:,} parameters"
        cases.append((name, given, float(largest(*given))))
    judge(attempt, cases, slips, "a whole number")
