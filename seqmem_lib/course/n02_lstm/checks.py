"""The checks of notebook 02 on traces and on weights set by hand."""

from collections.abc import Callable
from dataclasses import replace
from math import exp, log

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ...arguments import check_kind
from ...language import tr
from ...recording import record
from ...trace import Trace
from ..judge import AS_BEFORE, fixed_numbers, judge, say, whole


def find_writes(attempt: Callable, trace: Trace) -> None:
    """Check `find_writes(trace)`: the steps, counted from 0, at which a one-unit LSTM that has learned
    `store_and_recall` overwrote its memory.

    trace : of that LSTM; every sequence of it is tried, with its input hidden. The reference is the write marks.
    """
    slips = {
        "an open input gate adds; the memory is overwritten where the forget gate closes too": [
            lambda one: steps_of(one.i > 0.5)
        ],
        "a closed forget gate drops what was there; something is written where the input gate opens too": [
            lambda one: steps_of(one.f < 0.5)
        ],
        "one gate is not enough: at that step i must be open and f closed": [
            lambda one: steps_of((one.i > 0.5) | (one.f < 0.5))
        ],
        "a forget gate near 1 keeps the memory": [lambda one: steps_of(one.f > 0.5)],
        "the output gate opens at reads, which leave the memory as it is": [
            lambda one: steps_of(one.o > 0.5),
            lambda one: steps_of(one.h.abs() > 0.05),
        ],
        "a sigmoid never reaches 1: compare with 0.5": [lambda one: []],
        "return the step numbers, not one True or False per step": [lambda one: _overwrites(one).flatten().tolist()],
        "steps are counted from 0": [lambda one: [t + 1 for t in steps_of(_overwrites(one))]],
        "a write can put in nearly the same value again, so look at the gates and not at c": [
            lambda one, least=least: steps_of((one.c - one.before("c")).abs() > least)
            for least in (0.02, 0.05, 0.1, 0.2)
        ],
    }
    judge(attempt, write_cases(trace, "LSTM"), slips, "a list of step numbers, such as [3, 17]")


def _overwrites(one: Trace) -> Tensor:
    return (one.i > 0.5) & (one.f < 0.5)


def write_cases(trace: Trace, kind: str) -> list[tuple]:
    """For each sequence of a trace of store_and_recall: the trace without its input, and the steps of its writes.

    Raises TypeError if it is no trace, ValueError if it is of something else.
    """
    check_kind("trace", trace, Trace, "what record returned")
    if trace.kind != kind or trace.x.shape[-1] != 3:
        raise ValueError(f"trace must be of an nn.{kind} that read store_and_recall, whose x has 3 features")
    cases = []
    for k, one in enumerate(trace):
        # A copy without its input, that an attempt may change in place.
        values = {name: value.clone() for name, value in one.values.items()}
        hidden = replace(one, x=torch.full_like(one.x, torch.nan), values=values, tokens=None)
        cases.append((tr("sequence {k}", k=k), (hidden,), steps_of(one.x[..., 1] > 0.5)))
    return [*cases, (tr("a made trace"), (_made_trace(kind),), MADE_WRITES)]


MADE_WRITES = [0, 3, 4]  # not drawn, and neither is the trace that a notebook made: what is asked for are its own steps


def _made_trace(kind: str) -> Trace:
    """Six steps with the writes of MADE_WRITES, in which the gate that does not change the memory, r or o, is open at
    some writes and at some other steps. An LSTM adds something at one step, and drops everything at another."""
    write = torch.zeros(6)
    write[MADE_WRITES] = 0.8
    take, keep, other = 0.1 + write, 0.9 - write, torch.tensor([0.9, 0.9, 0.1, 0.1, 0.9, 0.1])
    if kind == "LSTM":
        take[1], keep[5] = 0.95, 0.05
    new, memory, found = torch.tensor([0.5, -0.2, 0.1, 0.4, -0.6, 0.3]), 0.0, []
    for t in range(6):
        memory = keep[t] * memory + take[t] * new[t]
        found.append(memory)
    memory = torch.stack(found)
    if kind == "LSTM":
        values = {"i": take, "f": keep, "g": new, "o": other, "c": memory, "h": other * memory.tanh()}
    else:
        values = {"r": other, "z": keep, "n": new, "h": memory}
    values = {name: value[None, :, None] for name, value in values.items()}
    return Trace(
        kind, torch.full((1, 6, 3), torch.nan), values, (6,), **({} if kind == "LSTM" else {"Wh": values["n"]})
    )


@fixed_numbers
def forget_gate_for(attempt: Callable) -> None:
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
    judge(
        attempt,
        [(f"n = {n}", (n,), 0.5 ** (1 / n)) for n in (10, 200, 2, whole(3, 90))],
        slips,
        "a number between 0 and 1",
    )


@fixed_numbers
def set_forget_bias(attempt: Callable) -> None:
    """Check `set_forget_bias(layer, bias)`, which changes an nn.LSTM in place so that the bias of its forget gates is
    `bias` in all. The gates themselves are measured, for no input and no state: f must be sigmoid(bias), and the other
    gates as they were.
    """

    def verdict() -> str:
        for bias, size in ((1.0, 4), (-2.0, 5)):
            layer = nn.LSTM(3, size, batch_first=True, device="cpu")
            parameters = {name: value.clone() for name, value in layer.state_dict().items()}
            before = record(layer, torch.zeros(1, 1, 3))
            attempt(layer, bias)
            after = record(layer, torch.zeros(1, 1, 3))
            if all(torch.equal(value, parameters[name]) for name, value in layer.state_dict().items()):
                return AS_BEFORE
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
            if not learns(layer):
                return FROZEN
        return "correct."

    say(attempt, verdict)


def set_counter(attempt: Callable) -> None:
    """Check `set_counter(layer)`, which sets the parameters of an nn.LSTM(1, 1) in place: at every step, c must be the
    number of marks, 1 among 0, that it has heard, for 1,000 steps."""

    def count(marks: Tensor) -> Tensor:
        return marks[..., 0].cumsum(dim=1)

    check_parameters(attempt, nn.LSTM, ["mark"], count, "the marks heard so far are {due:.0f}")


def set_latch(attempt: Callable) -> None:
    """Check `set_latch(layer)`, which sets the parameters of an nn.LSTM(2, 1) in place: c must be 1 from each set mark
    up to the next reset mark, and 0 otherwise, for 1,000 steps."""

    check_parameters(attempt, nn.LSTM, ["set", "reset"], latched, "it should be {due:.0f}")


def latched(marks: Tensor) -> Tensor:
    """1 from each set mark, the first feature, up to the next reset mark, the second; else 0. (batch, seq)"""
    last = torch.where(marks.sum(dim=2) > 0, torch.arange(1, marks.shape[1] + 1), 0).cummax(dim=1).values
    padded = torch.cat([torch.zeros(len(marks), 1), marks[..., 0].cpu()], dim=1)
    return padded.gather(1, last)


@fixed_numbers
def check_parameters(
    attempt: Callable, layer_type: type, names: list[str], due: Callable[[Tensor], Tensor], what: str
) -> None:
    """Let a hand-set unit read 1,000 steps of marks, never two at once, and compare its memory, the c of an LSTM or the
    h of a GRU, with what is due."""
    kinds = torch.multinomial(torch.tensor([6.0] + [1.0] * len(names)), 3000, replacement=True).view(3, 1000)
    kinds[1, :3] = torch.tensor([1, 1, 0])  # the same mark twice, at the very start
    marks = one_hot(kinds, len(names) + 1)[..., 1:].float()
    wanted = due(marks)

    def verdict() -> str:
        layer = layer_type(len(names), 1, batch_first=True, device="cpu")  # in single precision, as the reader's own
        before = {name: value.clone() for name, value in layer.state_dict().items()}
        attempt(layer)
        if all(torch.equal(value, before[name]) for name, value in layer.state_dict().items()):
            return AS_BEFORE
        trace = record(layer, marks)
        *gates, memory = (name for name in trace.values if layer_type is nn.GRU or name not in "oh")
        off = trace.values[memory][..., 0] - wanted
        wrong = ~(off.abs() <= 1e-6)
        if not wrong.any():
            return "correct."
        k = int(wrong.any(dim=1).nonzero()[0, 0])
        t = int(wrong[k].nonzero()[0, 0])
        heard = next((name for name, mark in zip(names, marks[k, t], strict=True) if mark), "no mark")
        gates = ", ".join(f"{name} = {trace.values[name][k, t, 0]:.3g}" for name in gates)
        said = tr(
            "not yet. At t = {t} ({heard}) {memory} is {off:+.2g} off: {due}.",
            t=t,
            heard=tr(heard),
            memory=memory,
            off=off[k, t],
            due=tr(what, due=wanted[k, t]),
        )
        said += tr(" There {gates}.", gates=gates)
        drawn = [name for name, value in layer.named_parameters() if torch.equal(value, before[name])]
        if drawn:
            return said + tr(" Hint: {name} is still as it was drawn.", name=drawn[-1])
        if layer.weight_hh_l0.any():
            return said + tr(" Hint: weight_hh is not 0, so h acts on the gates.")
        if any(trace.values[name][k, t, 0] == 0.5 for name in "ifz" if name in trace.values):
            return said + tr(" Hint: a gate of 0.5 has a sum of 0; a weight may only have cancelled the bias.")
        if off[k, t].abs() < 0.1:
            return said + tr(" Hint: a sigmoid or a tanh is as good as 0 or 1 only for a large input.")
        return said

    say(attempt, verdict)


FROZEN = "not yet. The values are right, but the parameters can no longer be trained: leave requires_grad as it is."


def learns(layer: nn.Module) -> bool:
    """Whether all parameters of a layer can still be trained."""
    return all(parameter.requires_grad for parameter in layer.parameters())


def steps_of(mask: Tensor) -> list[int]:
    """The steps at which a mask of one sequence is True, counted from 0."""
    return mask.flatten().nonzero()[:, 0].tolist()
