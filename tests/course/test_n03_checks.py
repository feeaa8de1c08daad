"""The exercises of notebook 03."""

from itertools import count

import pytest
import torch
from torch import nn
from verdict import verdict_on

from seqmem_lib.course.n03_gru import cell_checks, checks
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
        Wh=h,
    )


def overwrites(trace):
    return (trace.z[0, :, 0] < 0.5).nonzero().flatten().tolist()


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (overwrites, ": correct."),
        (lambda trace: [t for t, z in enumerate(trace.z.flatten().tolist()) if z <= 0.5], ": correct."),
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


def as_torch_has_it(z, n, h):
    return z if torch.allclose((1 - z) * n + z * h[:-1], h[1:]) else 1 - z


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (as_torch_has_it, ": correct."),
        (lambda z, n, h: (h[1:] - n) / (h[:-1] - n), ": correct."),
        (lambda z, n, h: (z if abs((h[2] - n[1]) / (h[1] - n[1]) - z[1]) < 0.01 else 1 - z).float(), ": correct."),
        (lambda z, n, h: ..., "not attempted yet."),
        (lambda z, n, h: z, "Hint: compute h in both forms"),
        (lambda z, n, h: 1 - z, "Hint: compute h in both forms"),
        (lambda z, n, h: 1 - as_torch_has_it(z, n, h), "Hint: compute h in both forms"),
        (
            lambda z, n, h: z if torch.isclose(z[0] * h[0] + (1 - z[0]) * n[0], h[1]) else 1 - z,
            "at the first step, where z is 1/2, both do",
        ),
        (lambda z, n, h: torch.full_like(z, float(as_torch_has_it(z, n, h) is z)), "Hint: return the gate of every"),
        (lambda z, n, h: 2 * z, "not yet. The numbers are wrong for a program"),
        (lambda z, n, h: "keeps", "not yet. Return the update gate of every step"),
        (lambda z, n, h: h[:9] + z, "your function stopped with RuntimeError"),
    ],
)
def test_pytorch_z(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.pytorch_z, capsys)


def by_counting(inputs, units):
    def size(kind, units):
        return sum(parameter.numel() for parameter in kind(inputs, units).parameters())

    budget = size(nn.LSTM, units)
    return next(k for k in count(1) if size(nn.GRU, k + 1) > budget)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (by_counting, ": correct."),
        (
            lambda i, h: int((((i + 2) ** 2 + 16 / 3 * (i * h + h * h + 2 * h)) ** 0.5 - i - 2) / 2 + 1e-9),
            ": correct.",
        ),
        (lambda i, h: None, "not attempted yet."),
        (lambda i, h: 4 * h // 3, "Hint: a third more units are too many"),
        (lambda i, h: int(1.1547 * h), "Hint: that is right for W_h alone"),
        (lambda i, h: by_counting(i, h) + 1, "Hint: the largest that fits"),
        (
            lambda i, h: max(k for k in range(2 * h) if 3 * (i + k + 1) * k <= 4 * (i + h + 1) * h),
            "Hint: PyTorch has two bias vectors",
        ),
        (
            lambda i, h: (((i + 2) ** 2 + 16 / 3 * (i * h + h * h + 2 * h)) ** 0.5 - i - 2) / 2,
            "Hint: units are counted in whole numbers",
        ),
        (lambda i, h: h, "For input_size = 20, hidden_size = 100 the answer is 117, not 100."),
        (lambda i, h: "many", "not yet. Return a whole number"),
    ],
)
def test_same_budget(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.same_budget, capsys)


def published(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh):
    w_r, w_z, w_n = weight_ih.chunk(3)
    u_r, u_z, u_n = weight_hh.chunk(3)
    b_r, b_z, b_n = (bias_ih + bias_hh).chunk(3)
    r = (x_t @ w_r.T + h @ u_r.T + b_r).sigmoid()
    z = (x_t @ w_z.T + h @ u_z.T + b_z).sigmoid()
    n = (x_t @ w_n.T + (r * h) @ u_n.T + b_n).tanh()
    return (1 - z) * n + z * h


def by_one_product(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh):
    """Another style: [h, x] one beside the other, as articles write it, and a zero in place of nothing."""
    size = h.shape[1]
    both = torch.cat([weight_hh, weight_ih], dim=1)
    r, z = torch.sigmoid(torch.cat([h, x_t], dim=1) @ both[: 2 * size].T + (bias_ih + bias_hh)[: 2 * size]).split(
        size, 1
    )
    n = torch.tanh(torch.cat([r * h, x_t], dim=1) @ both[2 * size :].T + (bias_ih + bias_hh)[2 * size :])
    return n + z * (h - n)


def for_four_units(x_t, h, *parameters):
    w_x, w_h, b_x, b_h = parameters
    r, z = ((x_t @ w_x[k : k + 4].T + h @ w_h[k : k + 4].T + (b_x + b_h)[k : k + 4]).sigmoid() for k in (0, 4))
    n = (x_t @ w_x[8:12].T + (r * h) @ w_h[8:12].T + (b_x + b_h)[8:12]).tanh()
    return (1 - z) * n + z * h


def by_torch(x_t, h, *parameters):
    cell = nn.GRUCell(x_t.shape[1], h.shape[1], dtype=torch.float64)
    cell.load_state_dict(dict(zip(cell.state_dict(), parameters, strict=True)))
    return cell(x_t, h).detach()


def one_bias(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh):
    bias_hh = bias_hh.clone()
    bias_hh[2 * h.shape[1] :] = 0
    return published(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh)


def transposed(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh):
    weight_hh, last = weight_hh.clone(), slice(2 * h.shape[1], None)
    weight_hh[last] = weight_hh[last].T.clone()
    return published(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh)


def exchanged(x_t, h, *parameters):
    moved = (torch.cat([parameter.chunk(3)[k] for k in (1, 0, 2)]) for parameter in parameters)
    return published(x_t, h, *moved)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (published, ": correct."),
        (by_one_product, ": correct."),
        (for_four_units, "your function stopped with RuntimeError"),
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
    assert verdict in verdict_on(attempt, cell_checks.published_step, capsys)


NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def rebuilt(blocks, names=NAMES):
    """An attempt that puts other blocks in the place of z, r and n."""

    def attempt(layer):
        with torch.no_grad():
            for name in names:
                getattr(layer, name).copy_(torch.cat(blocks(*getattr(layer, name).clone().chunk(3))))

    return attempt


def by_index(layer):
    """Another style: rows chosen by a list, and a factor for each."""
    size = layer.hidden_size
    rows = [*range(size, 2 * size), *range(size), *range(2 * size, 3 * size)]
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter[:] = parameter[rows]
            parameter[size : 2 * size].neg_()


def swapped_in_place(layer):
    """It takes the second block from where the first was already overwritten."""
    size = layer.hidden_size
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter[:size] = parameter[size : 2 * size]
            parameter[size : 2 * size] = -parameter[:size]


def four_rows(layer):
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter[:8] = torch.cat([parameter[4:8], -parameter[:4]])


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (rebuilt(lambda z, r, n: (r, -z, n)), ": correct."),
        (by_index, ": correct."),
        (lambda layer: None, "not attempted yet."),
        (rebuilt(lambda z, r, n: (z, -r, n)), "Hint: PyTorch's blocks of rows come in the order"),  # as in section 3
        (rebuilt(lambda z, r, n: (-z, r, n)), "Hint: PyTorch's blocks of rows come in the order"),
        (rebuilt(lambda z, r, n: (r, z, n)), "Hint: the order is right; but the new z"),
        (rebuilt(lambda z, r, n: (r, 1 - z, n)), "Hint: the order is right; but the new z"),
        (rebuilt(lambda z, r, n: (r, -z, -n)), "Hint: only z means another thing there"),
        (rebuilt(lambda z, r, n: (r, -z, n), NAMES[:2]), "Hint: all four parameters have such blocks"),
        (swapped_in_place, "Hint: a block was overwritten before it was read"),
        (four_rows, "not yet. "),
        (rebuilt(lambda z, r, n: (n, z, r)), "not yet. The layer computes something else."),
        (lambda layer: layer.nothing, "your function stopped with AttributeError"),
    ],
)
def test_translate(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, cell_checks.translate, capsys)


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
        (latch(100.0), ": correct."),
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


@pytest.mark.parametrize("check", [cell_checks.published_step, cell_checks.translate, checks.set_gru_latch])
def test_checks_leave_the_random_numbers_alone(check, capsys):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    check(lambda *_: None)
    assert torch.equal(torch.get_rng_state(), before)
