"""The checks of notebook 02."""

from collections.abc import Callable
from dataclasses import replace
from math import exp, log

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import one_hot

from ..trace import Trace, record
from .judge import fixed_numbers, judge, say


def check_find_writes(attempt: Callable, trace: Trace) -> None:
    """Check `find_writes(trace)`: the steps, counted from 0, at which a one-unit LSTM that has learned
    `store_and_recall` overwrote its memory.

    trace : of that LSTM; every sequence of it is tried, with its input hidden. The reference is the write marks.
    """
    slips = {
        "a forget gate near 1 keeps the memory": [lambda one: _steps(one.f > 0.5)],
        "the output gate opens at reads, which leave the memory as it is": [
            lambda one: _steps(one.o > 0.5),
            lambda one: _steps(one.h.abs() > 0.05),
        ],
        "a sigmoid never reaches 1: compare with 0.5": [lambda one: []],
        "return the step numbers, not one True or False per step": [lambda one: (one.i > 0.5).flatten().tolist()],
        "steps are counted from 0": [lambda one: [t + 1 for t in _steps(one.i > 0.5)]],
        "a write can put in nearly the same value again, so look at the gates and not at c": [
            lambda one, least=least: _steps((one.c - one.before("c")).abs() > least) for least in (0.02, 0.05, 0.1, 0.2)
        ],
    }
    cases = []
    for k, one in enumerate(trace):
        # A copy without its input, that an attempt may change in place.
        values = {name: value.clone() for name, value in one.values.items()}
        hidden = replace(one, x=torch.full_like(one.x, torch.nan), values=values, tokens=None)
        cases.append((f"sequence {k}", (hidden,), _steps(one.x[..., 1] > 0.5)))
    judge(attempt, cases, slips, "a list of step numbers, such as [3, 17]")


def check_forget_gate_for(attempt: Callable) -> None:
    """Check `forget_gate_for(n)`: the constant forget gate with which a cell that writes nothing holds half after
    n steps.

    The closed form is (1/2) ** (1/n).
    """
    slips = {
        "that is the half-life that belongs to f = n; here n is given and f is wanted": [lambda n: log(0.5) / log(n)],
        "f must be below 1, or nothing is ever forgotten": [lambda n: 2 ** (1 / n)],
        "that is what remains after n steps with f = 1/2": [lambda n: 0.5**n],
        "close for a large n, but not exact: start from f**n = 1/2": [
            lambda n: 1 - 0.5 / n,
            lambda n: 1 - 1 / n,
            lambda n: exp(-1 / n),
            lambda n: round(0.5 ** (1 / n), 2),
            lambda n: round(0.5 ** (1 / n), 3),
        ],
    }
    judge(attempt, [(f"n = {n}", (n,), 0.5 ** (1 / n)) for n in (10, 200, 2)], slips, "a number between 0 and 1")


@fixed_numbers
def check_set_forget_bias(attempt: Callable) -> None:
    """Check `set_forget_bias(layer, bias)`, which changes an nn.LSTM in place so that the bias of its forget gates is
    `bias` in all. The gates themselves are measured, for no input and no state: f must be sigmoid(bias), and the other
    gates as they were.
    """

    def verdict() -> str:
        for bias in (1.0, -2.0):
            layer = nn.LSTM(3, 4, batch_first=True)
            parameters = {name: value.clone() for name, value in layer.state_dict().items()}
            before = record(layer, torch.zeros(1, 1, 3))
            attempt(layer, bias)
            after = record(layer, torch.zeros(1, 1, 3))
            if all(torch.equal(value, parameters[name]) for name, value in layer.state_dict().items()):
                return "not attempted yet."
            if any(not torch.equal(before.values[name], after.values[name]) for name in "igo"):
                return "not yet. Hint: another gate changed; the order is i, f, g, o, hidden_size rows each."
            if any(
                not torch.equal(getattr(layer, name), parameters[name]) for name in ("weight_ih_l0", "weight_hh_l0")
            ):
                return "not yet. Hint: the weights changed; set the biases only."
            if (after.f - torch.tensor(2 * bias).sigmoid()).abs().max() < 1e-6:
                return "not yet. Hint: torch adds its two bias vectors, so yours make twice the bias."
            if (after.f - torch.tensor(bias).sigmoid()).abs().max() > 1e-6:
                return "not yet. Hint: with no input, f is not sigmoid(bias); does the other bias vector still count?"
        return "correct."

    say(attempt, verdict)


@fixed_numbers
def check_coupled_step(attempt: Callable) -> None:
    """Check `coupled_step(x_t, h, c, weight_ih, weight_hh, bias)`: one step of an LSTM whose input gate is 1 - f, with
    the rows of the parameters in the order f, g, o. It returns h and c, (batch, hidden_size) each.

    The reference is nn.LSTMCell, its input gate made of the negative rows of its forget gate: sigmoid(-a) is
    1 - sigmoid(a).
    """
    generator = Generator().manual_seed(0)
    sizes = [(2, 3), (2, 4), (2, 4), (12, 3), (12, 4), (12,)]  # batch 2, input_size 3, hidden_size 4
    arguments = [torch.randn(size, generator=generator, dtype=torch.float64) for size in sizes]
    x_t, h, c, *parameters = arguments
    cell = nn.LSTMCell(3, 4, dtype=torch.float64, device="cpu")
    with torch.no_grad():
        for own, given in zip(cell.parameters(), (*parameters, 0 * parameters[-1]), strict=True):
            f, g, o = given.chunk(3)
            own.copy_(torch.cat([-f, f, g, o]))
        right = list(cell(x_t, (h, c)))

    def slip(order="fgo", squash=torch.tanh, old=False, both=False):
        def step(x_t, h, c, weight_ih, weight_hh, bias):
            rows = (x_t @ weight_ih.T + h @ weight_hh.T + bias).chunk(3, dim=-1)
            rows = dict(zip(order, rows, strict=True))
            f, g, o = rows["f"].sigmoid(), rows["g"].tanh(), rows["o"].sigmoid()
            new = f * c + (f if both else 1 - f) * g
            return [o * squash(c if old else new), new]

        return step

    slips = {
        "i is 1 - f: what is not kept makes room for the new": [slip(both=True)],
        "h shows tanh(c), not c": [slip(squash=lambda c: c)],
        "h shows the new c, not the old one": [slip(old=True)],
        "the rows come in the order f, g, o": [slip(order) for order in ("fog", "gfo", "gof", "ofg", "ogf")],
        "return h first, and c second": [lambda *given: slip()(*given)[::-1]],
    }
    form = "h and c, a tensor (batch, hidden_size) each"
    judge(attempt, [("random numbers", tuple(arguments), right)], slips, form)


def check_set_counter(attempt: Callable) -> None:
    """Check `set_counter(layer)`, which sets the parameters of an nn.LSTM(1, 1) in place: at every step, c must be the
    number of marks, 1 among 0, that it has heard, for 1,000 steps."""

    def count(marks: Tensor) -> Tensor:
        return marks[..., 0].cumsum(dim=1)

    _check_parameters(attempt, ["mark"], count, "the marks heard so far are")


def check_set_latch(attempt: Callable) -> None:
    """Check `set_latch(layer)`, which sets the parameters of an nn.LSTM(2, 1) in place: c must be 1 from each set mark
    up to the next reset mark, and 0 otherwise, for 1,000 steps."""

    def hold(marks: Tensor) -> Tensor:
        last = torch.where(marks.sum(dim=2) > 0, torch.arange(1, marks.shape[1] + 1), 0).cummax(dim=1).values
        padded = torch.cat([torch.zeros(len(marks), 1), marks[..., 0].cpu()], dim=1)
        return padded.gather(1, last)

    _check_parameters(attempt, ["set", "reset"], hold, "it should be")


@fixed_numbers
def _check_parameters(attempt: Callable, names: list[str], due: Callable[[Tensor], Tensor], what: str) -> None:
    """Let a hand-set unit read 1,000 steps of marks, never two at once, and compare its c with what is due."""
    kinds = torch.multinomial(torch.tensor([6.0] + [1.0] * len(names)), 3000, replacement=True).view(3, 1000)
    kinds[1, :3] = torch.tensor([1, 1, 0])  # the same mark twice, at the very start
    marks = one_hot(kinds, len(names) + 1)[..., 1:].double()
    wanted = due(marks).double()

    def verdict() -> str:
        layer = nn.LSTM(len(names), 1, batch_first=True, dtype=torch.float64, device="cpu")
        before = {name: value.clone() for name, value in layer.state_dict().items()}
        attempt(layer)
        if all(torch.equal(value, before[name]) for name, value in layer.state_dict().items()):
            return "not attempted yet."
        c = record(layer, marks).c[..., 0]
        wrong = (c - wanted).abs() > 1e-6
        if not wrong.any():
            return "correct."
        k = int(wrong.any(dim=1).nonzero()[0, 0])
        t = int(wrong[k].nonzero()[0, 0])
        heard = next((name for name, mark in zip(names, marks[k, t], strict=True) if mark), "no mark")
        said = f"not yet. At t = {t} ({heard}) c is {c[k, t]:.6g}, but {what} {wanted[k, t]:.0f}."
        if (c[k, t] - wanted[k, t]).abs() < 0.1:
            said += " Hint: close, but not exact; a sigmoid or a tanh is only as good as 0 or 1 for a large input."
        return said

    say(attempt, verdict)


@fixed_numbers
def check_find_carrier(attempt: Callable) -> None:
    """Check `find_carrier(trace, first)`: the one unit, counted from 0, whose c at the end still tells which of two
    symbols a sequence began with. first : (batch,), 0 or 1.

    It hides a hand-set latch among seven random units, one of which moves more than the latch.
    """
    cases = []
    for place in (2, 5, 0):
        first = torch.randint(2, (200,))
        x = torch.randn(200, 40, 3)
        x[:, 0, :2] = torch.stack([torch.ones(200), 2.0 * first - 1], dim=1)
        x[:, 1:, :2] = 0
        layer = nn.LSTM(3, 8, batch_first=True, device="cpu")
        with torch.no_grad():
            i, f, g, o = range(place, 32, 8)
            for parameter in layer.parameters():
                parameter[[i, f, g, o]] = 0
            layer.weight_ih_l0[:, :2] = 0  # how the sequence begins reaches the latch alone
            layer.weight_ih_l0[[i, f], 0] = torch.tensor([200.0, -200.0])
            layer.weight_ih_l0[g, 1] = 100
            layer.bias_ih_l0[[i, f]] = torch.tensor([-100.0, 100.0])
            most = (place + 3) % 8  # adds up noise
            layer.bias_ih_l0[8 + most] = layer.weight_ih_l0[16 + most, 2] = 9
            layer.bias_ih_l0[[o, 24 + (place + 6) % 8]] = -100  # two units do not show in h
        cases.append((f"the {('first', 'second', 'third')[len(cases)]} layer", (record(layer, x), first), float(place)))
    slips = {
        "look at c, not at h: a unit can hold what its output gate does not show": [
            lambda trace, first: int(_separation(trace.h, first).argmax())
        ],
        "the unit that varies most need not be the one that knows": [
            lambda trace, first: int(trace.c[:, -1].var(dim=0).argmax()),
            lambda trace, first: int(trace.c.var(dim=(0, 1)).argmax()),
            lambda trace, first: int(trace.c[:, -1].abs().mean(dim=0).argmax()),
            lambda trace, first: int(_separation(trace.c, first, relative=False).argmax()),
        ],
        "units are counted from 0": [lambda trace, first: int(_separation(trace.c, first).argmax()) + 1],
    }
    judge(attempt, cases, slips, "the number of one unit, counted from 0")


def _separation(value: Tensor, first: Tensor, *, relative: bool = True) -> Tensor:
    """How far apart the last values of the two kinds of sequence are, (hidden_size,)."""
    one, other = value[first == 0, -1], value[first == 1, -1]
    apart = (one.mean(dim=0) - other.mean(dim=0)).abs()
    return apart / (one.std(dim=0) + other.std(dim=0) + 1e-6) if relative else apart


@fixed_numbers
def check_repaired_cell(attempt: type[nn.Module]) -> None:
    """Check a cell class, `attempt(input_size, hidden_size)`, called as `cell(x_t, h, c)` and returning h and c: its
    gates must be able to differ, each with a matrix of its own.

    The gates are read from outside: c' is f·c + i·g, so two values of c give f and i·g; and o is h' / tanh(c').
    """

    def verdict() -> str:
        cell = attempt(3, 4).double()
        x_t, h = torch.randn(6, 3, dtype=torch.float64), torch.randn(6, 4, dtype=torch.float64)
        answers = [cell(x_t, h, torch.full((6, 4), value, dtype=torch.float64)) for value in (0.0, 1.0, 2.0)]
        if "forward" not in vars(attempt) or answers[0] is None:
            return "not attempted yet."
        shapes = [tuple(state.shape) for h_c in answers for state in h_c]
        if shapes != [(6, 4)] * 6:
            return "not yet. Return h and c, a tensor (batch, hidden_size) each."
        (_, new), (h_1, c_1), (_, c_2) = answers
        f = c_1 - new
        if not torch.allclose(c_2 - c_1, f):
            return "not yet. Hint: c must be f · c + i · g, where neither gate reads c."
        o = h_1 / c_1.tanh()
        if not all(((gate > 0) & (gate < 1)).all() for gate in (f, o)):
            return "not yet. Hint: f or o is not between 0 and 1; h must be o · tanh(c), with the new c."
        if torch.allclose(f, o):
            return "not yet. Hint: f and o are still the same at every step."
        if torch.allclose(new, f * f.logit().tanh()) or torch.allclose(new, o * o.logit().tanh()):
            return "not yet. Hint: i and g still share their matrix with another gate."
        numbers = sum(parameter.numel() for parameter in cell.parameters())
        least = 4 * 4 * (3 + 4)
        if numbers < least:
            return f"not yet. Hint: {numbers} parameters are too few; four matrices (4, 3 + 4) alone have {least}."
        (c_1.sum() + h_1.sum()).backward()
        if not all(p.grad is not None and p.grad.flatten(1).any(dim=1).all() for p in cell.parameters() if p.ndim > 1):
            return "not yet. Hint: a matrix of your cell has no effect on h or c."
        return "correct."

    say(attempt, verdict)


def _steps(mask: Tensor) -> list[int]:
    return mask.flatten().nonzero()[:, 0].tolist()
