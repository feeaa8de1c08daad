"""The exercises of notebook 03."""

import pytest
import torch
from torch import nn
from verdict import verdict_on

from seqmem_lib.course.n03_gru import checks
from seqmem_lib.trace import Trace


def solved_trace():
    x = torch.zeros(2, 6, 3)
    x[0, [1, 4], 1] = 1
    x[1, [0, 2, 3], 1] = 1
    write = x[..., 1:2]
    h = torch.tensor([[0, 0.5, 0.5, 0.5, -0.5, -0.5], [0.5, 0.5, 0.5, -0.5, -0.5, -0.5]])[..., None]
    return Trace(
        "GRU",
        x,
        {
            "r": torch.where(torch.arange(6)[:, None] < 2, 0.9, 0.4 * torch.ones(2, 6, 1)),
            "z": 1 - 0.9 * write,
            "n": h,
            "h": h,
        },
        (6, 6),
    )


def overwrites(trace):
    return (trace.z[0, :, 0] < 0.5).nonzero().flatten().tolist()


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (overwrites, ": correct."),
        (lambda trace: ..., "not attempted yet."),
        (lambda trace: (trace.z[0, :, 0] > 0.5).nonzero().flatten(), "Hint: a z near 1 keeps"),
        (lambda trace: (trace.r[0, :, 0] > 0.5).nonzero().flatten(), "Hint: a z near 1 keeps; and r acts inside"),
        (lambda trace: (trace.z[0, :, 0] < 0.05).nonzero().flatten(), "Hint: z need not come near 0"),
        (lambda trace: [t + 1 for t in overwrites(trace)], "Hint: steps are counted from 0"),
        (lambda trace: (trace.z[0, :, 0] < 0.5).tolist(), "Hint: return the step numbers"),
        (
            lambda trace: ((trace.h - trace.before("h"))[0, :, 0].abs() > 0.05).nonzero().flatten(),
            "Hint: a write can put in nearly the same value",
        ),
        (lambda trace: [5, 5], "not yet. For sequence 0 the answer is [1, 4]"),
    ],
)
def test_find_overwrites(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.find_overwrites, capsys, solved_trace())


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda i, h: 3 * (i * h + h * h + 2 * h), ": correct."),
        (lambda i, h: None, "not attempted yet."),
        (lambda i, h: 3 * (i * h + h * h + h), "Hint: PyTorch has two bias vectors"),
        (lambda i, h: 3 * h * (i + h), "Hint: the biases are missing"),
        (lambda i, h: 4 * (i * h + h * h + 2 * h), "Hint: a GRU has three blocks"),
        (lambda i, h: i * h, "For input_size = 3, hidden_size = 4 the answer is 108, not 12."),
    ],
)
def test_gru_parameters(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.gru_parameters, capsys)


def published(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh):
    w_r, w_z, w_n = weight_ih.chunk(3)
    u_r, u_z, u_n = weight_hh.chunk(3)
    b_r, b_z, b_n = (bias_ih + bias_hh).chunk(3)
    r = (x_t @ w_r.T + h @ u_r.T + b_r).sigmoid()
    z = (x_t @ w_z.T + h @ u_z.T + b_z).sigmoid()
    n = (x_t @ w_n.T + (r * h) @ u_n.T + b_n).tanh()
    return (1 - z) * n + z * h


def by_torch(x_t, h, *parameters):
    cell = nn.GRUCell(3, 4, dtype=torch.float64)
    cell.load_state_dict(dict(zip(cell.state_dict(), parameters, strict=True)))
    return cell(x_t, h).detach()


def one_bias(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh):
    bias_hh = bias_hh.clone()
    bias_hh[8:] = 0
    return published(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh)


def transposed(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh):
    weight_hh = weight_hh.clone()
    weight_hh[8:] = weight_hh[8:].T.clone()
    return published(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh)


def exchanged(x_t, h, *parameters):
    order = [4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11]
    return published(x_t, h, *(parameter[order] for parameter in parameters))


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (published, ": correct."),
        (lambda *given: ..., "not attempted yet."),
        (by_torch, "Hint: that is torch's GRU"),
        (one_bias, "Hint: both biases of the candidate"),
        (transposed, "Hint: the rows of h are sequences"),
        (exchanged, "Hint: the rows come in the order r, z, n"),
        (lambda *given: 0 * published(*given), "not yet. The numbers are wrong"),
        (lambda x_t, *_: x_t, "not yet. Return the new h"),
    ],
)
def test_published_step(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.published_step, capsys)


def flip(layer, names=("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"), rows=slice(4, 8), factor=-1):
    with torch.no_grad():
        for name in names:
            getattr(layer, name)[rows] *= factor


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (flip, ": correct."),
        (lambda layer: None, "not attempted yet."),
        (lambda layer: flip(layer, ["weight_ih_l0", "weight_hh_l0"]), "Hint: the rows of z in bias_ih_l0 are as they"),
        (lambda layer: flip(layer, rows=slice(0, 8)), "Hint: the rows of r changed"),
        (lambda layer: flip(layer, rows=slice(8, 12)), "Hint: the rows of n changed"),
        (lambda layer: flip(layer, factor=2), "Hint: the new z must be 1 minus the old one"),
        (lambda layer: layer.nothing, "your function stopped with AttributeError"),
    ],
)
def test_translate_update(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.translate_update, capsys)


def latch(size, reset=True):
    def attempt(layer):
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter.zero_()
            layer.weight_ih_l0[1] = torch.tensor([-2 * size, -2 * size * reset])
            layer.bias_ih_l0[1] = size
            layer.weight_ih_l0[2, 0] = size

    return attempt


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (latch(1000.0), ": correct."),
        (lambda layer: None, "not attempted yet."),
        (latch(3.0), "Hint: a sigmoid or a tanh is as good as 0 or 1 only"),
        (
            latch(1000.0, reset=0.5),
            "(reset) h is +0.5 off: it should be 0. There r = 0.5, z = 0.5, n = 0. Hint: a gate of",
        ),
        (latch(1000.0, reset=False), "(reset) h is +1 off: it should be 0. There r = 0.5, z = 1, n = 0."),
    ],
)
def test_set_gru_latch(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.set_gru_latch, capsys)


@pytest.mark.parametrize("check", [checks.published_step, checks.translate_update, checks.set_gru_latch])
def test_checks_leave_the_random_numbers_alone(check, capsys):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    check(lambda *_: None)
    assert torch.equal(torch.get_rng_state(), before)
