"""The models of a check of notebook 11, each with a loss: where a gradient arrives, and where none does."""

import torch
from torch import Tensor, nn


def _whole() -> tuple[nn.Module, Tensor]:
    model = nn.GRU(3, 4, batch_first=True)
    return model, model(torch.randn(2, 5, 3))[0].square().sum()


def _two_reasons() -> tuple[nn.Module, Tensor]:
    model = nn.ModuleList([nn.Linear(3, 4), nn.Linear(4, 2)])
    return model, model[0](torch.randn(5, 3) * torch.tensor([1.0, 0.0, 1.0])).square().sum()


def _old_gradient() -> tuple[nn.Module, Tensor]:
    model = nn.ModuleList([nn.Linear(3, 4), nn.Linear(4, 2)])
    (1e9 * model[1](model[0](torch.randn(5, 3))).sum()).backward()  # beside which a new one is a rounding error
    return model, model[0](torch.randn(5, 3)).square().sum()


def _frozen() -> tuple[nn.Module, Tensor]:
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    model[0].weight.requires_grad_(False)
    return model, model(torch.randn(5, 3)).square().sum()


def _small() -> tuple[nn.Module, Tensor]:
    model = nn.Linear(3, 4)
    return model, 1e-10 * model(torch.randn(5, 3) * torch.tensor([1.0, 0.0, 1.0])).square().sum()


def _running_mean() -> tuple[nn.Module, Tensor]:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).eval()
    return model, model(torch.randn(5, 3)).square().sum()


CASES = {
    "a GRU of which all is used": _whole,
    "an input that is always 0, and a layer that is not used": _two_reasons,
    "a layer that was used in an earlier loss": _old_gradient,
    "a matrix that asks for no gradient": _frozen,
    "gradients that are small, and some that are 0": _small,
    "a running mean, which is no parameter": _running_mean,
}
