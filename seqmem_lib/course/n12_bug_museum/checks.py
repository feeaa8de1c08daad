"""The exercises of notebook 12: tests that find bugs, tried on code that has them and on code that has not."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from ...arguments import alone, is_boolean
from ..judge import CHANGED, as_before, between, fixed_numbers, in_any_order, judge, say, whole
from .models import LAST_DIGITS, SIZE, Reads, mixing_models, optimizers, reading_models

ZEROS = "a bidirectional model that reads zeros"
CLOSE = {LAST_DIGITS: "compare with torch.allclose"}


@fixed_numbers
def accuracy_of_words(attempt: Callable) -> None:
    """Check `accuracy_of_words(reported, words, steps)`: the accuracy on the words, if `reported` is that on all steps,
    of which `words` are words, and the rest is padding whose tag is always right."""

    def right(reported, words, steps):
        return (reported * steps - (steps - words)) / words

    slips = {
        "the steps of padding that are right are not answers about words: take them off": [
            lambda reported, words, steps: reported * steps / words
        ],
        "that is a share of all steps; divide by the number of words": [
            lambda reported, words, steps: (reported * steps - (steps - words)) / steps
        ],
        "the padding is right and not wrong: it raises what is reported": [
            lambda reported, words, steps: (reported * steps + (steps - words)) / words
        ],
        "that is the share of the words that are wrong": [lambda *given: 1 - right(*given)],
        "padding does not dilute in proportion: count the steps that are right": [
            lambda reported, words, steps: reported * words / steps
        ],
    }
    cases = []
    drawn = between(0.9, 0.99), whole(20, 30), whole(31, 50)
    for given in ((0.95, 12, 40), (0.8, 5, 10), (0.7, 20, 20), (0.957, 20, 50), drawn):  # in the fourth, rounded
        reported, words, steps = given
        cases.append((f"{100 * reported:g}% reported, {words} words in {steps} steps", given, right(*given)))
    judge(attempt, cases, slips, "a number")


@fixed_numbers
def not_moved(attempt: Callable) -> None:
    """Check `not_moved(model, optimizer)`: how many numbers among the model's parameters the optimiser will not move,
    because it does not hold them or because they ask for no gradient."""

    def counted(model, optimizer, *, held=True, asks=True, tensors=False, first=False):
        groups = optimizer.param_groups[:1] if first else optimizer.param_groups
        known = {id(one) for group in groups for one in group["params"]}
        left = [
            one for one in model.parameters() if (held and id(one) not in known) or (asks and not one.requires_grad)
        ]
        return len(left) if tensors else sum(one.numel() for one in left)

    def by_value(model, optimizer):
        held = [one for group in optimizer.param_groups for one in group["params"] if one.requires_grad]
        return sum(one.numel() for one in model.parameters() if not any(torch.equal(one, other) for other in held))

    slips = {
        "a parameter that is equal need not be the same one: compare with `is` or by `id`": [by_value],
        "what is not held and asks for no gradient counts once": [
            lambda *given: counted(*given, held=False) + counted(*given, asks=False)
        ],
        "the optimiser may hold a parameter that asks for no gradient": [lambda *given: counted(*given, asks=False)],
        "a parameter may ask for a gradient, and the optimiser not hold it": [
            lambda *given: counted(*given, held=False)
        ],
        "count numbers, not tensors": [lambda *given: counted(*given, tensors=True)],
        "an optimiser may have several groups of parameters": [lambda *given: counted(*given, first=True)],
        "that is how many it will move": [
            lambda model, optimizer: sum(one.numel() for one in model.parameters()) - counted(model, optimizer)
        ],
    }
    cases = [(name, given, float(counted(*given))) for name, given in optimizers().items()]
    judge(attempt, cases, slips, "a number")


@fixed_numbers
def mixes_sequences(attempt: Callable) -> None:
    """Check `mixes_sequences(model, x)`: whether an answer of the model, one for each sequence of x, (batch, seq,
    feature), depends on other sequences of the batch."""
    x = torch.randn(3, 5, SIZE)
    _judge_test(attempt, [(name, (model, x), right) for name, model, right in mixing_models()], CLOSE)


@fixed_numbers
def reads_ahead(attempt: Callable) -> None:
    """Check `reads_ahead(model, x)`: whether an answer of the model, one for each step of x, (batch, seq, feature),
    depends on a later step."""
    x = torch.randn(2, 6, SIZE)
    cases = [(name, (model, x), right) for name, model, right in reading_models()]
    cases += [(ZEROS, (Reads(lambda h, x: h, bidirectional=True), 0 * x), True)]
    _judge_test(attempt, cases, CLOSE | {ZEROS: "what is 0 already is not changed by a 0: put other numbers there"})


@fixed_numbers
def loads_the_same(attempt: Callable) -> None:
    """Check `loads_the_same(make, x)`: whether a model made by make(), saved as its `state_dict`, and loaded into
    another one made by make(), gives the same answers for x."""

    class Deep(nn.Module):
        def __init__(self, container: type):
            super().__init__()
            self.layers = container([nn.Linear(SIZE, SIZE), nn.Linear(SIZE, SIZE)])
            self.last = nn.Linear(SIZE, 2)

        def forward(self, x: Tensor) -> Tensor:
            for layer in self.layers:
                x = layer(x).tanh()
            return self.last(x)

    class Scaled(nn.Module):
        def __init__(self, keep: Callable):
            super().__init__()
            self.last = nn.Linear(SIZE, 2, bias=False)
            keep(self, torch.tensor([1.0, 1.5 + torch.rand(()).item()]))  # of the two answers one

        def forward(self, x: Tensor) -> Tensor:
            return self.last(x) * self.scale

    makers = {
        "layers in an nn.ModuleList": (lambda: Deep(nn.ModuleList), True),
        "layers in a list": (lambda: Deep(list), False),
        "a random scale that is a parameter": (
            lambda: Scaled(lambda model, scale: setattr(model, "scale", nn.Parameter(scale))),
            True,
        ),
        "a random scale that is a plain tensor": (
            lambda: Scaled(lambda model, scale: setattr(model, "scale", scale)),
            False,
        ),
        "a random scale that is a buffer": (
            lambda: Scaled(lambda model, scale: model.register_buffer("scale", scale)),
            True,
        ),
    }
    x = torch.randn(3, SIZE)
    _judge_test(attempt, [(name, (make, x), right) for name, (make, right) in makers.items()])


@fixed_numbers
def uses_old_gradients(attempt: Callable) -> None:
    """Check `uses_old_gradients(train_step)`: whether a function train_step(model, optimizer, x, y) makes a step whose
    direction depends on the batch before."""

    def steps(*orders: str) -> Callable:
        def train_step(model, optimizer, x, y):
            loss = mse_loss(model(x), y)
            do = {"zero": optimizer.zero_grad, "backward": loss.backward, "step": optimizer.step}
            for one in orders:
                do[one]()
            return loss.item()

        return train_step

    def only_biases(model, optimizer, x, y):
        for parameter in model.parameters():
            parameter.grad = parameter.grad if parameter.ndim > 1 else None
        return steps("backward", "step")(model, optimizer, x, y)

    undo = "is anything else left of the first update? It changes the weights, of which `state_dict()` is no copy, and "
    undo += "momentum and Adam remember it"
    keep = "are the gradients of the first update still there, and not 0? A copy of a model has none"
    cases = [
        ("a step that sets the gradients to zero first", (steps("zero", "backward", "step"),), False),
        ("a step that never sets them to zero", (steps("backward", "step"),), True),
        ("a step that sets them to zero at its end", (steps("backward", "step", "zero"),), False),
        ("a step that sets those of the biases to zero, and no others", (only_biases,), True),
    ]
    _judge_test(attempt, cases * 3, {cases[0][0]: undo, cases[1][0]: keep})  # it may draw other weights each time


def _judge_test(attempt: Callable, cases: list[tuple], hints: dict[str, str] | None = None) -> None:
    """An attempt is a test, which says True of what it is to find. A hint is for those whose first mistake is there."""

    cases = in_any_order(cases)  # or an answer could count them

    def verdict() -> str:
        for name, given, right in cases:
            own = [one.clone() if isinstance(one, Tensor) else one for one in given]
            answer = attempt(*own)
            if answer is None or answer is ...:
                return "not attempted yet."
            answer = alone(answer)
            if not is_boolean(answer) or getattr(answer, "ndim", 0):
                return "not yet. Return True or False."
            if answer != right:
                hint = (hints or {}).get(name)
                return f"not yet. For {name} the answer is {right}.{f' Hint: {hint}.' if hint else ''}"
            if not all(map(as_before, own, given)):
                return CHANGED
        return "correct."

    say(attempt, verdict)
