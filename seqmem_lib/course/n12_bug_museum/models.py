"""The models on which the tests that readers of notebook 12 write are tried: some have the bug, some have not."""

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn

SIZE = 4
LAST_DIGITS = "a model whose answers differ in their last digits"


class Reads(nn.Module):
    """A network that answers from what `way(h, x)` makes of its states, (batch, seq, units).

    noise : by how much its answers grow at most, as a share, with each number of x, because float32 answers may differ
        in their last digits when they are computed for more sequences or more steps, or beside others; on which
        processors is not left to chance, and no gradient comes from it
    """

    def __init__(self, way: Callable, noise: float = 0.0, **options):
        super().__init__()
        self.rnn = nn.GRU(SIZE, SIZE, **{"batch_first": True} | options).double()
        self.way, self.noise = way, noise

    def forward(self, x: Tensor) -> Tensor:
        answers = self.way(self.rnn(x.double())[0], x.double())
        share = (1 + x.detach().double().sum().cos()) / 2  # from 0 to 1, another one for other numbers
        return (answers * (1 + self.noise * x.numel() * share)).to(x.dtype)


def _with_next(h: Tensor, x: Tensor) -> Tensor:
    return h[:, -1] + torch.cat([x[1:, -1], 0 * x[:1, -1]])


def _one_square(h: Tensor, x: Tensor) -> Tensor:
    answers = h[:, -1].clone()
    answers[1:2] += x[2:3, -1, 1:2].square().sum(dim=0, keepdim=True)  # 0 if there are not so many
    return answers


def mixing_models() -> list[tuple[str, nn.Module, bool]]:
    """(name, model, whether its answers, one for each sequence, depend on other sequences)"""
    return [
        ("a model with batch_first=True", Reads(lambda h, x: h[:, -1]), False),
        (LAST_DIGITS, Reads(lambda h, x: h[:, -1], noise=1e-8), False),
        ("a model that takes the batch for time", Reads(lambda h, x: h[:, -1], batch_first=False), True),
        ("a model that subtracts the mean of the batch", Reads(lambda h, x: h[:, -1] - h[:, -1].mean(dim=0)), True),
        ("a model with a softmax over the batch", Reads(lambda h, x: h[:, -1].softmax(dim=0)), True),
        ("a model that turns the time around", Reads(lambda h, x: h.flip(1)[:, -1]), False),
        ("a model in which each sequence reads the next one", Reads(_with_next), True),
        ("a model that adds a hundredth of the others", Reads(lambda h, x: (h + h.sum(dim=0) / 100)[:, -1]), True),
        ("a model in which one sequence reads the square of one feature of another", Reads(_one_square), True),
    ]


def _step_before(h: Tensor, x: Tensor) -> Tensor:
    return torch.cat([h[:, :1], h[:, 1:] + x[:, :-1]], dim=1)


def _second_feature(h: Tensor, x: Tensor) -> Tensor:
    return h + x.roll(-1, dims=1)[..., 1:2]


def _blocks(h: Tensor, x: Tensor) -> Tensor:
    return torch.cat([h[:, :1], *(block.cumsum(dim=1).flip(1) for block in h[:, 1:].split(2, dim=1))], dim=1)


def _one_step(reader: int, read: int) -> Callable:
    def way(h: Tensor, x: Tensor) -> Tensor:
        h = h.clone()
        h[:, reader : reader + 1] += x[:, read : read + 1].sum(dim=1, keepdim=True)  # 0 if there are not so many
        return h

    return way


def reading_models() -> list[tuple[str, nn.Module, bool]]:
    """(name, model, whether its answers, one for each step, depend on later steps)"""
    return [
        ("a model that reads forwards", Reads(lambda h, x: h), False),
        (LAST_DIGITS, Reads(lambda h, x: h, noise=1e-8), False),
        ("a bidirectional model", Reads(lambda h, x: h, bidirectional=True), True),
        ("a model that shows each step the next input", Reads(lambda h, x: h + x.roll(-1, dims=1)), True),
        ("a model that shows each step the input before", Reads(_step_before), False),
        (
            "a model that scales by the mean of the whole sequence",
            Reads(lambda h, x: h / (1 + x.mean(dim=1, keepdim=True).abs())),
            True,
        ),
        ("a model that shows each step one feature of the next input", Reads(_second_feature), True),
        ("a model that shows each step the input after the next", Reads(lambda h, x: h + x.roll(-2, dims=1)), True),
        ("a model in which only one step reads a later one", Reads(_one_step(1, 3)), True),
        ("a model that reads in blocks of three steps", Reads(_blocks), True),
        ("a model in which only the first step reads the second", Reads(_one_step(0, 1)), True),
        ("a model in which only the fifth step reads the sixth, the last", Reads(_one_step(4, 5)), True),
        (
            "a model that shows each step a hundredth of the next input",
            Reads(lambda h, x: h + x.roll(-1, dims=1) / 100),
            True,
        ),
    ]


def optimizers() -> dict[str, tuple[nn.Module, torch.optim.Optimizer]]:
    """name -> a model, and an optimiser that holds all of its parameters, or some"""
    three = nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 2), nn.Linear(2, 2))
    three[0].requires_grad_(False)
    some = torch.optim.SGD([*three[0].parameters(), *three[1].parameters()], lr=0.1)
    model = nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 2))
    frozen = deepcopy(model)
    frozen[0].requires_grad_(False)
    replaced = deepcopy(model)
    late = torch.optim.SGD(replaced.parameters(), lr=0.1)
    replaced[1] = nn.Linear(5, 4)
    groups = torch.optim.SGD([{"params": model[0].parameters()}, {"params": model[1].parameters(), "lr": 0.1}], lr=1.0)
    normed = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5))
    tied = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    tied[1].weight = tied[0].weight
    return {
        "one layer that asks for no gradient, and one that the optimiser does not hold": (three, some),
        "an optimiser that has all": (model, torch.optim.Adam(model.parameters())),
        "an optimiser of the second layer only": (model, torch.optim.SGD(model[1].parameters(), lr=0.1)),
        "a layer that asks for no gradient": (frozen, torch.optim.SGD(frozen.parameters(), lr=0.1)),
        "a layer that asks for none and is not held": (frozen, torch.optim.SGD(frozen[1].parameters(), lr=0.1)),
        "a layer that was replaced": (replaced, late),
        "an optimiser with two groups": (model, groups),
        "an optimiser of a copy": (model, torch.optim.SGD(deepcopy(model).parameters(), lr=0.1)),
        "a running mean, which is no parameter": (normed, torch.optim.SGD(normed.parameters(), lr=0.1)),
        "a matrix that two layers share": (tied, torch.optim.SGD([tied[0].bias], lr=0.1)),
    }
