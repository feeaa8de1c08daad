"""The checks of notebook 01."""

from collections.abc import Callable
from math import log

import torch
from torch import Tensor

from ...cells import RNNCell
from ...gradients import gradient_norms
from ...recording import record
from ..judge import fixed_numbers, judge, say


@fixed_numbers
def rnn_step(attempt: Callable) -> None:
    """Check `rnn_step(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh)`: one step of the vanilla RNN for a batch.

    The reference is our RNNCell.
    """
    slips = {
        "PyTorch's RNN has two biases, and both are added": [
            lambda x, h, w, u, b, c: torch.tanh(x @ w.T + b + h @ u.T),
            lambda x, h, w, u, b, c: torch.tanh(x @ w.T + c + h @ u.T),
            lambda x, h, w, u, b, c: torch.tanh(x @ w.T + h @ u.T),
        ],
        "the sum still goes through a tanh": [lambda x, h, w, u, b, c: x @ w.T + b + h @ u.T + c],
        "the vanilla RNN has a tanh where gates have a sigmoid": [
            lambda x, h, w, u, b, c: torch.sigmoid(x @ w.T + b + h @ u.T + c)
        ],
        "h @ weight_hh multiplies by the transpose of W_hh: the rows of h are sequences, so write h @ weight_hh.T": [
            lambda x, h, w, u, b, c: torch.tanh(x @ w.T + b + h @ u + c)
        ],
        "the tanh is taken once, of the whole sum": [
            lambda x, h, w, u, b, c: torch.tanh(x @ w.T + b) + torch.tanh(h @ u.T + c)
        ],
    }
    cases = []
    for batch in (2, 1):
        cell = RNNCell(3, 4)
        x, h = torch.randn(batch, 3), torch.randn(batch, 4)
        cases.append((f"a batch of {batch}", (x, h, *(one.detach() for one in cell.parameters())), cell(x, h).detach()))
    judge(attempt, cases, slips, "the new h, a tensor (batch, hidden_size)")


@fixed_numbers
def step_jacobian(attempt: Callable) -> None:
    """Check `step_jacobian(h_t, weight_hh)`: ∂h_t/∂h_{t-1} of the vanilla RNN, from the state after the step.

    h_t : Tensor, (hidden_size,). The reference is diag(1 - h_t²) W_hh.
    """
    slips = {
        "each row of W_hh belongs to one new unit, so each row gets that unit's factor; yours scales the columns": [
            lambda h, w: w * (1 - h**2),
            lambda h, w: w @ torch.diag(1 - h**2),
        ],
        "that is the transpose: row j, column k says how new unit j answers to old unit k": [
            lambda h, w: (torch.diag(1 - h**2) @ w).T
        ],
        "the slope of the tanh is missing": [lambda h, w: w],
        "W_hh is missing": [lambda h, w: torch.diag(1 - h**2)],
        "h_t is already the tanh: its slope is 1 - h_t²": [
            lambda h, w: torch.diag(1 - torch.tanh(h) ** 2) @ w,
            lambda h, w: torch.diag(1 - h) @ w,
        ],
    }
    cases = []
    for size in (3, 1):
        h = torch.rand(size) * 1.6 - 0.8
        weight_hh = torch.randn(size, size)
        cases.append((f"{size} units", (h, weight_hh), torch.diag(1 - h**2) @ weight_hh))
    judge(attempt, cases, slips, "a tensor (hidden_size, hidden_size)")


@fixed_numbers
def predict_half_life(attempt: Callable) -> None:
    """Check `predict_half_life(weight_hh, mean_slope)`: the steps in which a gradient halves by the rule
    rate = spectral radius of W_hh · mean slope of the tanh.
    """

    def radius(w):
        return torch.linalg.eigvals(w).abs().max().item()

    slips = {
        "the mean slope is missing: the rate is the product of both": [lambda w, s: log(0.5) / log(radius(w))],
        "that uses the largest singular value; the rule has the spectral radius, the largest |eigenvalue|": [
            lambda w, s: log(0.5) / log(torch.linalg.matrix_norm(w, 2).item() * s)
        ],
        "an eigenvalue may be complex or negative: take its absolute value": [
            lambda w, s: log(0.5) / log(torch.linalg.eigvals(w).real.max().item() * s)
        ],
        "that is the rate; the half-life is log(1/2) / log(rate)": [lambda w, s: radius(w) * s],
        "after n steps rate ** n is left: solve rate ** n = 1/2": [
            lambda w, s: 0.5 / (radius(w) * s),
            lambda w, s: log(radius(w) * s) / log(0.5),
            lambda w, s: -log(0.5) / log(radius(w) * s),
        ],
    }
    cases = []
    for name, rows in {"a W_hh with complex eigenvalues": [[0.3, -0.8], [0.9, 0.4]], "W_hh = 0.9": [[0.9]]}.items():
        weight_hh = torch.tensor(rows, dtype=torch.float64)
        cases.append((name, (weight_hh, 0.8), log(0.5) / log(radius(weight_hh) * 0.8)))
    judge(attempt, cases, slips, "a number of steps")


@fixed_numbers
def exploding_weight(attempt: Callable) -> None:
    """Check `exploding_weight(hidden_size)`: a W_hh with which the gradient grows at least a thousandfold over 50
    steps, in a tanh RNN without biases that reads 4 inputs from N(0, 1) at each step.

    There is no one right answer: the gradient is measured, for three inputs.
    """

    def verdict() -> str:
        weight_hh = attempt(32)
        if weight_hh is None or weight_hh is ...:
            return "not attempted yet."
        if not isinstance(weight_hh, Tensor) or weight_hh.shape != (32, 32) or not weight_hh.isfinite().all():
            return "not yet. Return a tensor (hidden_size, hidden_size) of finite numbers."
        generator = torch.Generator().manual_seed(0)
        cell = RNNCell(4, 32, bias=False, dtype=torch.float64)
        with torch.no_grad():
            cell.weight_hh.copy_(weight_hh)
            cell.weight_ih.uniform_(-(32**-0.5), 32**-0.5, generator=generator)
        x = torch.randn(3, 51, 4, generator=generator, dtype=torch.float64)
        norms = gradient_norms(cell, x)
        growth = (norms[:, 0] / norms[:, -1]).nan_to_num(0).min().item()
        if growth >= 1000:
            return "correct."
        size = torch.linalg.eigvals(weight_hh.double()).abs().max().item()
        saturated = record(cell, x).h.square().mean() > 0.8
        hint = "every unit is saturated, where the tanh has no slope" if saturated else "try a larger spectral radius"
        return (
            f"not yet. With your spectral radius of {size:.3g} the gradient is multiplied by {growth:.1e}, and not by "
            f"1,000 or more. Hint: {hint}."
        )

    say(attempt, verdict)


@fixed_numbers
def clip_by_norm(attempt: Callable) -> None:
    """Check `clip_by_norm(gradients, max_norm)`: a list of tensors, scaled together so that the norm of all their
    entries is at most max_norm. The reference is torch.nn.utils.clip_grad_norm_.
    """

    def norm(gradients):
        return torch.cat([one.flatten() for one in gradients]).norm()

    slips = {
        "that clips each tensor by its own norm, which turns the direction: one factor for all": [
            lambda g, most: [one * min(1.0, most / one.norm().item()) for one in g]
        ],
        "that clips each entry by value, which turns the direction": [
            lambda g, most: [one.clamp(-most, most) for one in g]
        ],
        "a norm below max_norm is left as it is": [lambda g, most: [one * most / norm(g) for one in g]],
        "the norm is the root of the sum of all squares, not a sum of norms": [
            lambda g, most: [one * min(1.0, most / sum(other.norm().item() for other in g)) for one in g]
        ],
        "nothing was scaled": [lambda g, most: g],
    }
    cases = []
    for name, most in {"a norm above max_norm": 1.0, "a norm below max_norm": 100.0}.items():
        gradients = [torch.randn(3, 2) * 2, torch.randn(3)]
        factor = min(1.0, most / norm(gradients).item())
        cases.append((name, (gradients, most), [one * factor for one in gradients]))
    judge(attempt, cases, slips, "a list of tensors, of the same shapes as the gradients")


@fixed_numbers
def repaired_forward(attempt: Callable) -> None:
    """Check `repaired_forward(x, cell)`: h at every step, (batch, seq, hidden_size), for every batch and length."""

    def right(x, cell):
        h, steps = x.new_zeros(len(x), cell.hidden_size), []
        for x_t in x.unbind(dim=1):
            steps.append(h := cell(x_t, h))
        return torch.stack(steps, dim=1)

    slips = {
        "the shape is right, but the rows of different sequences are mixed up: stack the steps along dim=1": [
            lambda x, cell: right(x, cell).transpose(0, 1).reshape(len(x), -1, cell.hidden_size),
        ],
        "squeeze drops every axis of length 1: a batch of 1, and a sequence of 1 step": [
            lambda x, cell: right(x, cell).squeeze(),
            lambda x, cell: right(x, cell).squeeze(0),
        ],
        "that is (seq, batch, hidden_size)": [lambda x, cell: right(x, cell).transpose(0, 1)],
    }
    cases = []
    for batch, seq in ((3, 5), (1, 5), (3, 1)):
        cell = RNNCell(2, 4).requires_grad_(False)
        x = torch.randn(batch, seq, 2)
        cases.append((f"a batch of {batch} and {seq} steps", (x, cell), right(x, cell)))
    judge(attempt, cases, slips, "a tensor (batch, seq, hidden_size), also for a batch of 1 and for a single step")
