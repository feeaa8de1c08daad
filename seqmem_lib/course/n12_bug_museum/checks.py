"""The exercises of notebook 12: tests that find bugs, tried on code that has them and on code that has not."""

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from ..judge import fixed_numbers, judge, say

SIZE = 4


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
    cases = [
        (f"{reported:.0%} reported, {words} words in {steps} steps", (reported, words, steps), right(*given))
        for given in ((0.95, 12, 40), (0.8, 5, 10), (0.7, 20, 20))
        for reported, words, steps in (given,)
    ]
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

    slips = {
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
    model = nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 2))
    frozen = deepcopy(model)
    frozen[0].requires_grad_(False)
    replaced = deepcopy(model)
    late = torch.optim.SGD(replaced.parameters(), lr=0.1)
    replaced[1] = nn.Linear(5, 4)
    groups = torch.optim.SGD([{"params": model[0].parameters()}, {"params": model[1].parameters(), "lr": 0.1}], lr=1.0)
    cases = {
        "an optimiser that has all": (model, torch.optim.Adam(model.parameters())),
        "an optimiser of the second layer only": (model, torch.optim.SGD(model[1].parameters(), lr=0.1)),
        "a layer that asks for no gradient": (frozen, torch.optim.SGD(frozen.parameters(), lr=0.1)),
        "a layer that was replaced": (replaced, late),
        "an optimiser with two groups": (model, groups),
    }
    judge(attempt, [(name, given, float(counted(*given))) for name, given in cases.items()], slips, "a number")


class Reads(nn.Module):
    """A network that answers from what `way(h, x)` makes of its states, (batch, seq, units)."""

    def __init__(self, way: Callable, **options):
        super().__init__()
        self.rnn = nn.GRU(SIZE, SIZE, **options).double()
        self.way = way

    def forward(self, x: Tensor) -> Tensor:
        return self.way(self.rnn(x)[0], x)


@fixed_numbers
def mixes_sequences(attempt: Callable) -> None:
    """Check `mixes_sequences(model, x)`: whether an answer of the model, one for each sequence of x, (batch, seq,
    feature), depends on other sequences of the batch."""
    models = {
        "a model with batch_first=True": (Reads(lambda h, x: h[:, -1], batch_first=True), False),
        "a model that takes the batch for time": (Reads(lambda h, x: h[:, -1]), True),
        "a model that subtracts the mean of the batch": (
            Reads(lambda h, x: h[:, -1] - h[:, -1].mean(dim=0), batch_first=True),
            True,
        ),
        "a model with a softmax over the batch": (Reads(lambda h, x: h[:, -1].softmax(dim=0), batch_first=True), True),
        "a model that turns the time around": (Reads(lambda h, x: h.flip(1)[:, -1], batch_first=True), False),
    }
    x = torch.randn(3, 5, SIZE, dtype=torch.float64)
    _judge_test(attempt, {name: ((model, x), right) for name, (model, right) in models.items()})


@fixed_numbers
def reads_ahead(attempt: Callable) -> None:
    """Check `reads_ahead(model, x)`: whether an answer of the model, one for each step of x, (batch, seq, feature),
    depends on a later step."""
    models = {
        "a model that reads forwards": (Reads(lambda h, x: h, batch_first=True), False),
        "a bidirectional model": (Reads(lambda h, x: h, batch_first=True, bidirectional=True), True),
        "a model that shows each step the next input": (
            Reads(lambda h, x: h + x.roll(-1, dims=1), batch_first=True),
            True,
        ),
        "a model that shows each step the input before": (
            Reads(lambda h, x: torch.cat([h[:, :1], h[:, 1:] + x[:, :-1]], dim=1), batch_first=True),
            False,
        ),
        "a model that scales by the mean of the whole sequence": (
            Reads(lambda h, x: h / (1 + x.mean(dim=1, keepdim=True).abs()), batch_first=True),
            True,
        ),
    }
    x = torch.randn(2, 5, SIZE, dtype=torch.float64)
    _judge_test(attempt, {name: ((model, x), right) for name, (model, right) in models.items()})


@fixed_numbers
def loads_the_same(attempt: Callable) -> None:
    """Check `loads_the_same(make, x)`: whether a model made by make(), saved as its `state_dict`, and loaded into
    another one made by make(), gives the same answers for x."""

    class Deep(nn.Module):
        def __init__(self, container: type):
            super().__init__()
            self.layers = container([nn.Linear(SIZE, SIZE).double(), nn.Linear(SIZE, SIZE).double()])
            self.last = nn.Linear(SIZE, 2).double()

        def forward(self, x: Tensor) -> Tensor:
            for layer in self.layers:
                x = layer(x).tanh()
            return self.last(x)

    class Scaled(nn.Module):
        def __init__(self, scale: Tensor | nn.Parameter):
            super().__init__()
            self.last, self.scale = nn.Linear(SIZE, 2).double(), scale

        def forward(self, x: Tensor) -> Tensor:
            return self.last(x * self.scale)

    def scale() -> Tensor:
        return torch.rand(SIZE, dtype=torch.float64) + 0.5

    makers = {
        "layers in an nn.ModuleList": (lambda: Deep(nn.ModuleList), True),
        "layers in a list": (lambda: Deep(list), False),
        "a random scale that is a parameter": (lambda: Scaled(nn.Parameter(scale())), True),
        "a random scale that is a plain tensor": (lambda: Scaled(scale()), False),
    }
    x = torch.randn(3, SIZE, dtype=torch.float64)
    _judge_test(attempt, {name: ((make, x), right) for name, (make, right) in makers.items()})


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

    cases = {
        "a step that sets the gradients to zero first": (steps("zero", "backward", "step"), False),
        "a step that never sets them to zero": (steps("backward", "step"), True),
        "a step that sets them to zero at its end": (steps("backward", "step", "zero"), False),
    }
    _judge_test(attempt, {name: ((step,), right) for name, (step, right) in cases.items()})


def _judge_test(attempt: Callable, cases: dict[str, tuple]) -> None:
    """An attempt is a test, which says True of what it is to find."""

    def verdict() -> str:
        for name, (given, right) in cases.items():
            answer = attempt(*given)
            if answer is None or answer is ...:
                return "not attempted yet."
            if isinstance(answer, Tensor) and answer.ndim == 0:
                answer = answer.item()
            if not isinstance(answer, bool):
                return "not yet. Return True or False."
            if answer != right:
                return f"not yet. For {name} the answer is {right}."
        return "correct."

    say(attempt, verdict)
