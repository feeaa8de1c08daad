"""The exercises of notebook 01, and every answer a learner may give: none, right, wrong in a known way, wrong in an
unknown way, or broken."""

import re
from math import log, log2, sqrt

import numpy as np
import pytest
import torch
from torch import Generator, nn
from torch.nn.functional import linear
from torch.nn.utils import clip_grad_norm_

from seqmem_lib.course.n01_rnn import checks

# The checks of notebook 01, and the form of a right answer.
RNN_CHECKS = {
    checks.rnn_step: "the new h, a tensor (batch, hidden_size)",
    checks.step_jacobian: "a tensor (hidden_size, hidden_size)",
    checks.predict_half_life: "a number of steps",
    checks.exploding_weight: "a tensor (hidden_size, hidden_size) of finite numbers",
    checks.clip_by_norm: "a list of tensors, of the same shapes as the gradients",
    checks.repaired_forward: "a tensor (batch, seq, hidden_size), also for a batch of 1 and for a single step",
}
every_rnn_check = pytest.mark.parametrize("check", RNN_CHECKS, ids=lambda check: check.__name__)


def said(capsys, name):
    text = capsys.readouterr().out
    assert text.startswith(f"{name}: ")
    assert text.count("\n") == 1
    return text


def verdict_on(attempt, check, capsys):
    attempt.__name__ = "attempt"
    check(attempt)
    return said(capsys, "attempt")


def jacobian_by_autograd(h_t, weight_hh):
    """Of a step that leads to h_t: any h_{t-1} will do, because the input makes up for it."""
    before = torch.linspace(-1, 1, len(h_t), dtype=h_t.dtype)
    rest = h_t.atanh() - weight_hh @ before
    return torch.autograd.functional.jacobian(lambda h: torch.tanh(weight_hh @ h + rest), before)


def clipped_by_torch(gradients, max_norm):
    parameters = [nn.Parameter(torch.zeros_like(one)) for one in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient.clone()
    clip_grad_norm_(parameters, max_norm)
    return [parameter.grad for parameter in parameters]


def factor(gradients, max_norm):
    return min(1.0, max_norm / sqrt(sum((one**2).sum().item() for one in gradients)))


def scaled_in_place(gradients, by):
    for one in gradients:
        one.mul_(by)
    return gradients


def run_by_torch(x, cell):
    layer = nn.RNN(2, 4, batch_first=True, dtype=x.dtype)
    layer.load_state_dict({f"{name}_l0": value for name, value in cell.state_dict().items()})
    return layer(x)[0]


def steps(x, cell, h=None):
    return [h := cell(x_t, h) for x_t in x.unbind(1)]


def written_into(output, x, cell):
    for t, h in enumerate(steps(x, cell)):
        output[:, t] = h
    return output


def orthogonal(size, radius):
    return radius * nn.init.orthogonal_(torch.empty(size, size), generator=Generator().manual_seed(3))


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (torch.rnn_tanh_cell, "correct."),
        (lambda x, h, w, u, b, c: torch.cat([x, h], 1).matmul(torch.cat([w, u], 1).T).add(b + c).tanh(), "correct."),
        (lambda x, h, w, u, b, c: (w @ x.T + u @ h.T + (b + c)[:, None]).tanh().T, "correct."),
        (lambda x, h, w, u, b, c: torch.rnn_tanh_cell(x, h, w, u.requires_grad_(), b, c), "correct."),
        (lambda *a: torch.rnn_tanh_cell(*(one.float() for one in a)), "correct."),
        (lambda x, h, w, u, b, c: torch.tanh(linear(x, w, b) + linear(h, u)), "Hint: PyTorch's RNN has two biases"),
        (lambda x, h, w, u, b, c: torch.tanh(linear(x, w) + linear(h, u, c)), "Hint: PyTorch's RNN has two biases"),
        (lambda x, h, w, u, b, c: torch.tanh(linear(x, w) + linear(h, u)), "Hint: PyTorch's RNN has two biases"),
        (lambda *a: torch.rnn_tanh_cell(*a).atanh(), "Hint: the sum still goes through a tanh."),
        (lambda x, h, w, u, b, c: (linear(x, w, b) + linear(h, u, c)).sigmoid(), "has a tanh where gates have"),
        (lambda x, h, w, u, b, c: torch.rnn_tanh_cell(x, h, w, u.T, b, c), "multiplies by the transpose of W_hh"),
        (lambda x, h, w, u, b, c: linear(x, w, b).tanh() + linear(h, u, c).tanh(), "Hint: the tanh is taken once"),
        (torch.rnn_relu_cell, "not yet. The numbers are wrong for a batch of 2."),
        (lambda *a: torch.rnn_tanh_cell(*a) * (len(a[0]) > 1), "not yet. The numbers are wrong for a batch of 1."),
        (lambda *a: torch.rnn_tanh_cell(*a).T, "not yet. Return the new h"),
        (lambda *a: torch.rnn_tanh_cell(*a).numpy(), "not yet. Return the new h"),
        (lambda *a: (torch.rnn_tanh_cell(*a),) * 2, "not yet. Return the new h"),
        (lambda x, h, w, u, b, c: linear(x, w, b.add_(c)) + linear(h, u), "Hint: the sum still goes through a tanh."),
    ],
)
def test_rnn_step(attempt, verdict, capsys):
    assert verdict in verdict_on(lambda *arguments: attempt(*arguments), checks.rnn_step, capsys)


def test_an_error_of_torch_is_told_in_its_words(capsys):
    """Whatever they begin with: since torch 2.15 it is the name of the operation."""
    said = verdict_on(lambda x, h, w, u, b, c: x @ w + h @ u, checks.rnn_step, capsys)
    assert re.search(r"your function stopped with RuntimeError: .*mat1 and mat2 shapes cannot be multiplied", said)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (jacobian_by_autograd, "correct."),
        (lambda h, w: torch.einsum("j,jk->jk", 1 - h * h, w), "correct."),
        (lambda h, w: torch.stack([(1 - h[j] ** 2) * w[j] for j in range(len(h))]), "correct."),
        (lambda h, w: jacobian_by_autograd(h.float(), w.float()), "correct."),
        (lambda h, w: torch.einsum("k,jk->jk", 1 - h * h, w), "Hint: each row of W_hh belongs to one new unit"),
        (lambda h, w: jacobian_by_autograd(h, w).T, "Hint: that is the transpose"),
        (lambda h, w: w.clone(), "Hint: the slope of the tanh is missing."),
        (lambda h, w: torch.eye(len(h)) - torch.diag(h) ** 2, "Hint: W_hh is missing."),
        (lambda h, w: w / h.cosh()[:, None] ** 2, "Hint: h_t is already the tanh: its slope is 1 - h_t²."),
        (lambda h, w: w - h[:, None] * w, "Hint: h_t is already the tanh"),
        (lambda h, w: -jacobian_by_autograd(h, w), "not yet. The numbers are wrong for 3 units."),
        (lambda h, w: jacobian_by_autograd(h, w) * (len(h) > 1), "not yet. The numbers are wrong for 1 units."),
        (lambda h, w: 1 - h**2, "not yet. Return a tensor (hidden_size, hidden_size)."),
    ],
)
def test_step_jacobian(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.step_jacobian, capsys)


def radius(weight):
    return np.abs(np.linalg.eigvals(weight.numpy())).max()


# The eigenvalues of the first case are a conjugate pair: their product, |λ|², is the determinant 0.84.
RATE = 0.8 * sqrt(0.84)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda w, slope: log(0.5) / log(radius(w) * slope), "correct."),
        (lambda w, slope: -1 / log2(radius(w) * slope), "correct."),
        (lambda w, slope: log(0.5) / log(RATE if len(w) == 2 else 0.72), "correct."),
        (lambda w, slope: 1 / torch.linalg.eigvals(w).abs().max().mul(slope).log2().neg(), "correct."),
        (lambda w, slope: 1 / torch.linalg.eigvals(w.float()).abs().max().mul(slope).log2().neg(), "correct."),
        (lambda w, slope: -1 / log2(radius(w)), "Hint: the mean slope is missing"),
        (lambda w, slope: -1 / log2(np.linalg.svd(w).S[0] * slope), "Hint: that uses the largest singular value"),
        (lambda w, slope: -1 / log2(np.linalg.eigvals(w).real.max() * slope), "Hint: an eigenvalue may be complex"),
        (lambda w, slope: radius(w) * slope, "Hint: that is the rate; the half-life is log(1/2) / log(rate)."),
        (lambda w, slope: 1 / (2 * radius(w) * slope), "Hint: after n steps rate ** n is left"),
        (lambda w, slope: -log2(radius(w) * slope), "Hint: after n steps rate ** n is left"),
        (lambda w, slope: 1 / log2(radius(w) * slope), "Hint: after n steps rate ** n is left"),
        (lambda w, slope: 7.0, f"not yet. For a W_hh with complex eigenvalues the answer is {-1 / log2(RATE):.5g}, "),
        (lambda w, slope: -1 / log2(RATE), f"the answer is {-1 / log2(0.72):.5g}, not {-1 / log2(RATE):.5g}."),
        (lambda w, slope: float("nan"), "not nan."),
        (lambda w, slope: torch.linalg.eigvals(w) * slope, "not yet. Return a number of steps."),
        (lambda w, slope: log(np.linalg.eigvals(w).real.min() * -slope), "stopped with ValueError"),
    ],
)
def test_predict_half_life(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.predict_half_life, capsys)


def growth(weight_hh):
    """The growth over 50 steps in torch's own RNN, for a W_ih and inputs that the check does not know: the geometric
    mean over 20 sequences."""
    generator = Generator().manual_seed(11)
    weight_ih = (torch.rand(32, 4, generator=generator, dtype=torch.float64) * 2 - 1) / sqrt(32)
    first = h = torch.zeros(20, 32, dtype=torch.float64, requires_grad=True)
    for x_t in torch.randn(50, 20, 4, generator=generator, dtype=torch.float64):
        h = torch.rnn_tanh_cell(x_t, h, weight_ih, weight_hh)
    (gradient,) = torch.autograd.grad(h.sum(), first)
    return (gradient.norm(dim=1) / sqrt(32)).log().mean().exp().item()


@pytest.mark.parametrize(
    ("radius", "verdict"),
    [
        (
            0.5,
            r"With your spectral radius of 0\.5 the gradient is multiplied by .*e-\d\d, .* Hint: try a larger",
        ),
        (1.6, r"not yet\. With your spectral radius of 1\.6 .*e\+0\d, and .* Hint: try a larger spectral radius\."),
        (4, r"correct\."),
        (100, r"With your spectral radius of 100 .* Hint: every unit is saturated, where the tanh has no slope\."),
        (1.1, "try a larger spectral radius"),
    ],
)
def test_exploding_weight(radius, verdict, capsys):
    given = verdict_on(lambda size: orthogonal(size, radius), checks.exploding_weight, capsys)
    assert (growth(orthogonal(32, radius).double()) >= 1000) == ("correct." in given)
    assert re.search(verdict, given)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda size: torch.randn(size, size) * 4 / sqrt(size), "correct."),
        (lambda size: nn.Parameter(orthogonal(size, 4).double()), "correct."),
        (lambda size: orthogonal(size, 4).half(), "correct."),
        (lambda size: orthogonal(size, 10).round().long(), "correct."),
        (lambda size: orthogonal(size, 1.6).half(), "Hint: try a larger spectral radius."),
        (lambda size: torch.zeros(size, size).long(), "Hint: try a larger spectral radius."),
        (lambda size: torch.ones(size, size).triu(1), "Hint: try a larger spectral radius."),
        (lambda size: torch.ones(size, size), "Hint: every unit is saturated, where the tanh has no slope."),
        (lambda size: torch.full((size, size), torch.inf), "of finite numbers."),
        (lambda size: orthogonal(size, 4).fill_diagonal_(torch.nan), "of finite numbers."),
        (lambda size: torch.ones(size, size - 1), "not yet. Return a tensor (hidden_size, hidden_size)"),
        (lambda size: orthogonal(size, 4).numpy(), "not yet. Return a tensor (hidden_size, hidden_size)"),
        (lambda size: 4, "not yet. Return a tensor (hidden_size, hidden_size)"),
    ],
)
def test_other_exploding_weights(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.exploding_weight, capsys)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda gs, most: [one * factor(gs, most) for one in gs], "correct."),
        (lambda gs, most: tuple(one * factor(gs, most) for one in gs), "correct."),
        (lambda gs, most: scaled_in_place(gs, factor(gs, most)), "correct."),
        (clipped_by_torch, "correct."),
        (lambda gs, most: [one.float() * factor(gs, most) for one in gs], "correct."),
        (lambda gs, most: [one * factor([one], most) for one in gs], "Hint: that clips each tensor by its own norm"),
        (lambda gs, most: [one.clip(-most, most) for one in gs], "Hint: that clips each entry by value"),
        (lambda gs, most: [one / sqrt(sum((g**2).sum() for g in gs)) * most for one in gs], "is left as it is."),
        (
            lambda gs, most: [one / max(1, sum(g.norm() for g in gs) / most) for one in gs],
            "Hint: the norm is the root of the sum of all squares, not a sum of norms.",
        ),
        (lambda gs, most: [one.clone() for one in gs], "Hint: nothing was scaled."),
        (lambda gs, most: [-one for one in gs], "not yet. The numbers are wrong for a norm above max_norm."),
        (lambda gs, most: [one * factor(gs, most) for one in gs][:1], "not yet. Return a list of tensors"),
        (lambda gs, most: torch.cat([one.flatten() for one in gs]), "not yet. Return a list of tensors"),
        (lambda gs, most: [one * factor(gs, most) for one in reversed(gs)], "not yet. Return a list of tensors"),
        (
            lambda gs, most: scaled_in_place(gs, min(1, most / sum(one.norm() for one in gs))),
            "Hint: the norm is the root of the sum of all squares, not a sum of norms.",
        ),
        (lambda gs, most: scaled_in_place(gs, 0), "The numbers are wrong"),
    ],
)
def test_clip_by_norm(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.clip_by_norm, capsys)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (run_by_torch, "correct."),
        (lambda x, cell: torch.stack(steps(x, cell)).transpose(0, 1), "correct."),
        (lambda x, cell: torch.cat(steps(x, cell), dim=1).view(len(x), -1, 4), "correct."),
        (lambda x, cell: written_into(x.new_empty(*x.shape[:2], 4), x, cell), "correct."),
        (lambda x, cell: written_into(torch.empty(*x.shape[:2], 4), x, cell), "correct."),
        (lambda x, cell: torch.stack(steps(x, cell, torch.zeros(len(x), 4)), 1), "correct."),
        (lambda x, cell: torch.stack(steps(x, cell)).view(len(x), -1, 4), "the rows of different sequences are mixed"),
        (lambda x, cell: torch.cat(steps(x, cell)).view(len(x), -1, 4), "the rows of different sequences are mixed"),
        (lambda x, cell: torch.cat(steps(x, cell)).view(len(x), -1, 4).squeeze(), "are mixed up"),
        (lambda x, cell: torch.stack(steps(x, cell)), "Hint: that is (seq, batch, hidden_size)."),
        (lambda x, cell: run_by_torch(x, cell).squeeze(), "Hint: squeeze drops every"),
        (lambda x, cell: run_by_torch(x, cell).squeeze(0), "Hint: squeeze drops every"),
        (lambda x, cell: run_by_torch(x, cell).squeeze(1), "Hint: squeeze drops every"),
        (lambda x, cell: torch.stack([cell(x_t) for x_t in x.unbind(1)], 1), "wrong for a batch of 3 and 5 steps."),
        (lambda x, cell: run_by_torch(x, cell) * (len(x) > 1), "The numbers are wrong for a batch of 1 and 5 steps."),
        (
            lambda x, cell: run_by_torch(x, cell) * (x.shape[1] > 1),
            "The numbers are wrong for a batch of 3 and 1 steps.",
        ),
        (lambda x, cell: steps(x, cell)[-1], "not yet. Return a tensor (batch, seq, hidden_size), also for a batch of"),
        (steps, "not yet. Return a tensor (batch, seq, hidden_size), also for a batch of 1 and for a single step."),
    ],
)
def test_repaired_forward(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.repaired_forward, capsys)


@every_rnn_check
@pytest.mark.parametrize("stub", [lambda *_: None, lambda *_: ...])
def test_a_stub_is_no_mistake(check, stub, capsys):
    assert verdict_on(stub, check, capsys) == "attempt: not attempted yet.\n"


@every_rnn_check
@pytest.mark.parametrize(
    "answer", ["two\nlines", [1, 2], [], {}, object(), torch.zeros(7, 5), np.zeros((7, 5)), 3 + 2j]
)
def test_another_form_is_named(check, answer, capsys):
    assert verdict_on(lambda *_: answer, check, capsys) == f"attempt: not yet. Return {RNN_CHECKS[check]}.\n"


@every_rnn_check
def test_an_exception_becomes_one_line(check, capsys):
    def attempt(*_):
        raise ValueError("first\n  second")

    said = verdict_on(attempt, check, capsys)
    assert said.startswith("attempt: your function stopped with ValueError: first second, in line ")
    assert verdict_on(lambda: 0, check, capsys).startswith("attempt: your function stopped with TypeError: ")


def draws(answer):
    """An attempt that seeds and uses the global generator."""

    def attempt(*_):
        torch.manual_seed(17)
        torch.randn(5)
        return 1 / 0 if answer == "an error" else answer

    return attempt


@every_rnn_check
@pytest.mark.parametrize("answer", [None, torch.eye(32), "an error"], ids=["stub", "wrong", "error"])
def test_a_check_leaves_the_random_numbers_alone(check, answer, capsys):
    torch.randn(3)
    before = torch.get_rng_state()
    check(draws(answer))
    assert torch.equal(torch.get_rng_state(), before)


@every_rnn_check
def test_a_check_leaves_the_random_numbers_of_a_gpu_alone(check, monkeypatch, capsys):
    seeds = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeds.append)
    check(lambda *_: None)
    assert not seeds


@every_rnn_check
def test_a_check_says_the_same_whatever_the_seed(check, capsys):
    """The notebooks are compared output by output."""
    seen = []

    def attempt(*arguments):
        seen.append(repr((arguments[:1], torch.randn(3))))

    for seed in (1, 2):
        torch.manual_seed(seed)
        check(attempt)
    assert seen[0] == seen[1]
