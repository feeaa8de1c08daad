"""Layers whose state is a matrix: the scan against the steps, and both against the equations of the papers."""

import pytest
import torch
from torch.nn.functional import softplus

from seqmem_lib.course.n17_scans.matrices import DeltaRule, SelectiveDiagonal, delta_scan, delta_steps
from seqmem_lib.course.n17_scans.scans import linear_scan


def equal(one, other):
    torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


def drawn(seq, keys=5, values=3):
    """key, value, beta in float64; the keys are of any length, as the equation allows."""
    torch.manual_seed(seq)
    key, value = torch.randn(2, seq, keys).double() / 2, torch.randn(2, seq, values).double()
    return key, value, torch.rand(2, seq, 1).double()


@pytest.mark.parametrize("seq", [1, 2, 3, 8, 13, 64])
def test_the_delta_rule_by_scan_is_the_delta_rule_by_steps_in_outputs_and_gradients(seq):
    arguments = [one.requires_grad_() for one in drawn(seq)]
    weight = torch.randn(2, seq, 3, 5).double()
    scanned, stepped = delta_scan(*arguments), delta_steps(*arguments)
    assert scanned.shape == (2, seq, 3, 5)
    equal(scanned, stepped)
    gradients = [torch.autograd.grad((one * weight).sum(), arguments) for one in (scanned, stepped)]
    for one, other in zip(*gradients, strict=True):
        equal(one, other)


@pytest.mark.parametrize("way", [delta_steps, delta_scan])
def test_the_delta_rule_is_its_equation(way):
    """W_i = W_{i-1} + β_i (v_i - v̄_i) ⊗ k_i with v̄_i = W_{i-1} k_i: Schlag, Irie & Schmidhuber (2021), number by
    number."""
    key, value, beta = drawn(7)
    states = way(key, value, beta)
    for sequence in range(2):
        w = [[0.0] * 5 for _ in range(3)]
        for t in range(7):
            k, v, b = key[sequence, t].tolist(), value[sequence, t].tolist(), beta[sequence, t].item()
            found = [sum(w[i][j] * k[j] for j in range(5)) for i in range(3)]
            w = [[w[i][j] + b * (v[i] - found[i]) * k[j] for j in range(5)] for i in range(3)]
            equal(states[sequence, t], torch.tensor(w, dtype=torch.float64))


@pytest.mark.parametrize("way", [delta_steps, delta_scan])
def test_with_a_key_of_length_1_and_beta_1_a_value_is_replaced_and_others_stay(way):
    key = torch.eye(3).double()[[0, 1, 0]][None]
    value = torch.tensor([[[1.0, 2], [3, 4], [5, 6]]]).double()
    state = way(key, value, torch.ones(1, 3, 1).double())[0, -1]
    equal(state, torch.tensor([[5.0, 3, 0], [6, 4, 0]]).double())


def test_a_layer_of_the_delta_rule_reads_with_its_query():
    torch.manual_seed(0)
    layer, x = DeltaRule(3, 2, 4).double(), torch.randn(2, 9, 3).double()
    key, query, value, beta = (x @ layer.project.weight.T + layer.project.bias).split([4, 4, 2, 1], dim=-1)
    key, query = (one / one.square().sum(dim=-1, keepdim=True).sqrt() for one in (key, query))
    beta = 1 / (1 + (-beta).exp())
    state, added = torch.zeros(2, 2, 2, 4).double()
    adds = DeltaRule(3, 2, 4, erase=False).double()
    adds.load_state_dict(layer.state_dict())
    for t in range(9):
        outer = torch.einsum("bk,bj->bkj", key[:, t], key[:, t])
        write = beta[:, t, None] * torch.einsum("bv,bk->bvk", value[:, t], key[:, t])
        state = state @ (torch.eye(4).double() - beta[:, t, None] * outer) + write
        added = added + write
        for way in (delta_steps, delta_scan):
            equal(layer(x, way)[:, t], torch.einsum("bvk,bk->bv", state, query[:, t]))
        equal(adds(x)[:, t], torch.einsum("bvk,bk->bv", added, query[:, t]))


def steps(a, b):
    h, states = torch.zeros_like(b[:, 0]), []
    for t in range(a.shape[1]):
        h = a[:, t] * h + b[:, t]
        states.append(h)
    return torch.stack(states, dim=1)


def test_the_diagonal_layer_is_its_equation_by_steps_and_by_scan():
    """h_t = exp(Δ A) h_{t-1} + Δ B x_t and y_t = C h_t, Gu & Dao (2023), equations 2 and 4 with their Algorithm 2,
    where B, C and Δ are functions of the input: number by number."""
    torch.manual_seed(0)
    layer, x = SelectiveDiagonal(3, 2, 4).double(), torch.randn(2, 20, 3).double()
    torch.nn.init.normal_(layer.log_a)
    delta, u, b, c = (x @ layer.project.weight.T + layer.project.bias).split([2, 2, 4, 4], dim=-1)
    delta, a = softplus(delta), -layer.log_a.exp()
    outputs = layer(x), layer(x, steps)
    for sequence in range(2):
        for d in range(2):
            h = [torch.zeros(()).double()] * 4
            for t in range(20):
                step, driven = delta[sequence, t, d], u[sequence, t, d]
                h = [(step * a[d, n]).exp() * h[n] + step * b[sequence, t, n] * driven for n in range(4)]
                y = sum(c[sequence, t, n] * h[n] for n in range(4))
                for output in outputs:
                    equal(output[sequence, t, d], y)


def test_its_factor_starts_as_the_papers_and_lies_between_0_and_1():
    layer = SelectiveDiagonal(3, 2, 4)
    torch.testing.assert_close(-layer.log_a.exp(), -torch.tensor([[1.0, 2, 3, 4]] * 2))
    seen = []
    layer(torch.randn(2, 50, 3), lambda a, b: seen.append(a) or linear_scan(a, b))
    assert seen[0].shape == (2, 50, 2, 4)
    assert seen[0].min() > 0
    assert seen[0].max() < 1


SHAPES = [
    r"key has shape .*: pass \(batch, seq, keys\)",
    r"value has shape .*: pass \(batch, seq, values\)",
    r"beta has shape .*: pass \(batch, seq, 1\)",
]


@pytest.mark.parametrize("way", [delta_steps, delta_scan])
@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_shapes_that_do_not_fit(way, wrong):
    arguments = list(drawn(5))
    arguments[wrong] = arguments[wrong][:, :0] if wrong == 0 else arguments[wrong][:, 1:]
    with pytest.raises(ValueError, match=SHAPES[wrong]):
        way(*arguments)
    arguments = [one[0] if k == wrong else one for k, one in enumerate(drawn(5))]
    with pytest.raises(ValueError, match="has shape"):
        way(*arguments)


def test_one_beta_for_a_step():
    key, value, beta = drawn(5)
    with pytest.raises(ValueError, match="pass one number for each step"):
        delta_scan(key, value, beta.expand(2, 5, 3))


def test_the_layers_name_what_is_wrong():
    for layer in (DeltaRule, SelectiveDiagonal):
        assert layer(1, 1, 1)(torch.zeros(2, 5, 1)).shape == (2, 5, 1)  # the least that is something
        with pytest.raises(ValueError, match="keys must be a whole number"):
            layer(3, 2, 0)
        with pytest.raises(ValueError, match="this layer reads"):
            layer(3, 2, 4)(torch.zeros(2, 5, 2))
