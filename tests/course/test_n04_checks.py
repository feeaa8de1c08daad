"""The exercises of notebook 04."""

from copy import deepcopy
from itertools import count
from math import ceil

import pytest
import torch
from verdict import verdict_on

from seqmem_lib.course.n04_comparison import checks
from seqmem_lib.tasks import copy, counting


def counted(a, n, of=None):
    """Up to where, of the largest n."""
    most = (n - 1) // 2 if of is None else of
    return 1 + (most - 1) * (3 * a - 1) / 2


def at_best(validation, test):
    return test[validation.mean(dim=1).argmax()].mean()


def counter(layer, weight=1.0, bias=0.0, keep=1.0, order=(0, 1), against=None):
    with torch.no_grad():
        drawn = layer.bias_hh_l0.clone()
        for parameter in layer.parameters():
            parameter.zero_()
        layer.weight_ih_l0[list(order)] = weight * torch.eye(2)
        layer.weight_hh_l0.copy_(keep * torch.eye(2))
        layer.bias_hh_l0.fill_(bias)
        if against is not None:  # the second bias stays, and the first shall take it away
            layer.bias_hh_l0.copy_(drawn if against == "drawn" else torch.full((2,), against))
            layer.bias_ih_l0.copy_(-layer.bias_hh_l0)


def switch(layer, bias=0.0, keep=1.0, write=1.0, erase=1.0, order=(0, 1), scale=1.0):
    """One unit is 1 after a 1 that made the number odd, the other after a 0 that left it so."""
    weight_ih = torch.tensor([[write], [-erase]])
    weight_hh = torch.tensor([[-1.0, -1.0], [keep, keep]])
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
        layer.weight_ih_l0[list(order)] = weight_ih.to(layer.weight_ih_l0)
        layer.weight_hh_l0[list(order)] = weight_hh.to(layer.weight_hh_l0)
        layer.weight_hh_l0[order[0]] *= scale  # the unit that a 1 switches on may be pushed below 0 by any amount
        layer.bias_hh_l0.fill_(bias)


@pytest.mark.parametrize(
    ("attempt", "check", "verdict"),
    [
        (lambda a: (80 * a - 10) / 7, checks.symbols_known, ": correct."),
        (lambda a: 10 - 10 * (1 - torch.tensor(a, dtype=torch.float64)) / 0.875, checks.symbols_known, ": correct."),
        (lambda a: ..., checks.symbols_known, "not attempted yet."),
        (lambda a: 10 * a, checks.symbols_known, "Hint: whoever guesses is right in one of eight"),
        (lambda a: 10 * (a + 0.125), checks.symbols_known, "Hint: whoever guesses is right in one of eight"),
        (lambda a: 10 * a - 10 / 8, checks.symbols_known, "Hint: a symbol that becomes known raises"),
        (lambda a: 10 * (a - 1 / 9) / (8 / 9), checks.symbols_known, "Hint: there are eight symbols"),
        (lambda a: (100 * a - 10) / 9, checks.symbols_known, "Hint: there are eight symbols"),
        (lambda a: (8 * a - 1) / 7, checks.symbols_known, "Hint: that is the share of the symbols"),
        (lambda a: 10 - (80 * a - 10) / 7, checks.symbols_known, "Hint: that is how many it does not know"),
        (lambda a: 2, checks.symbols_known, "For accuracy = 0.35 the answer is 2.5714, not 2."),
        (at_best, checks.fair_score, ": correct."),
        (lambda v, t: float(t.numpy()[v.numpy().mean(1).argmax()].mean()), checks.fair_score, ": correct."),
        (lambda v, t: max(zip(v.mean(1), t.mean(1), strict=True))[1].item(), checks.fair_score, ": correct."),
        (lambda v, t: None, checks.fair_score, "not attempted yet."),
        (lambda v, t: t.mean(1).max(), checks.fair_score, "Hint: the rate is chosen by the test"),
        (lambda v, t: t.max(), checks.fair_score, "Hint: the rate is chosen by the test"),
        (lambda v, t: t[t.amax(1).argmax()].mean(), checks.fair_score, "Hint: the rate is chosen by the test"),
        (lambda v, t: v.mean(1).max(), checks.fair_score, "Hint: that is the score of the validation"),
        (lambda v, t: v.max(), checks.fair_score, "Hint: that is the score of the validation"),
        (lambda v, t: t[v.argmax(0), torch.arange(t.shape[1])].mean(), checks.fair_score, "Hint: one rate for all"),
        (lambda v, t: t[v.max(1).values.argmax()].mean(), checks.fair_score, "Hint: one lucky seed must not"),
        (lambda v, t: t[v[:, 0].argmax()].mean(), checks.fair_score, "Hint: one lucky seed must not"),
        (lambda v, t: t[v.median(1).values.argmax()].mean(), checks.fair_score, "Hint: choose the rate whose mean"),
        (lambda v, t: t[v.min(1).values.argmax()].mean(), checks.fair_score, "Hint: choose the rate whose mean"),
        (lambda v, t: t[(v + t).mean(1).argmax()].mean(), checks.fair_score, "Hint: the rate is chosen by the test"),
        (lambda v, t: t[v.mean(1).argmin()].mean(), checks.fair_score, "Hint: that is the worst of the rates"),
        (lambda v, t: t[v.mean(1).argmax()].median(), checks.fair_score, "the answer is 0.58667, not 0.56."),
        (lambda v, t: t[v.sum(1).argmax()].sum() / 3, checks.fair_score, "For four rates and ten seeds the answer is"),
        (lambda v, t: t.mean(), checks.fair_score, "Hint: that is the mean over all rates"),
        (lambda v, t: t.T[v.sum(0).argmax()].mean(), checks.fair_score, "Hint: rows are rates, columns are seeds"),
        (lambda v, t: t[v.mean(1).argmax()].max(), checks.fair_score, "Hint: report the mean over all seeds"),
        (lambda v, t: t[v.mean(1).argmax()], checks.fair_score, "Return a number from 0 to 1."),
        (lambda d, s: ceil(2 * (1.96 * s / d) ** 2), checks.runs_needed, ": correct."),
        (lambda d, s: -int(-2 * (1.95996 * s / d) ** 2 // 1), checks.runs_needed, ": correct."),
        (lambda d, s: next(n for n in count(1) if 1.96 * s * (2 / n) ** 0.5 <= d), checks.runs_needed, ": correct."),
        (lambda d, s: ..., checks.runs_needed, "not attempted yet."),
        (lambda d, s: ceil((1.96 * s / d) ** 2), checks.runs_needed, "Hint: that is for the mean of one network"),
        (lambda d, s: ceil((2 * 1.96 * s / d) ** 2), checks.runs_needed, "Hint: that is when two intervals no longer"),
        (lambda d, s: ceil(2 * (s / d) ** 2), checks.runs_needed, "Hint: a 95 % interval reaches 1.96"),
        (lambda d, s: ceil((s / d) ** 2), checks.runs_needed, "Hint: a 95 % interval reaches 1.96"),
        (lambda d, s: ceil(3.92 * s / d), checks.runs_needed, "Hint: the standard error falls with the square root"),
        (
            lambda d, s: ceil(1.96 * (2 * s * s / d / d) ** 0.5),
            checks.runs_needed,
            "Hint: the standard error falls with",
        ),
        (lambda d, s: ceil(2 * (2 * s / d) ** 2), checks.runs_needed, "Hint: a 95 % interval reaches 1.96"),
        (lambda d, s: 2 * (1.96 * s / d) ** 2, checks.runs_needed, "Hint: the runs must be at least that many"),
        (lambda d, s: int(2 * (1.96 * s / d) ** 2), checks.runs_needed, "Hint: the runs must be at least that many"),
        (lambda d, s: 2 * (1.96 * s / d) ** 2 + 1, checks.runs_needed, "Hint: the runs must be at least that many"),
        (lambda d, s: 2 * ceil(2 * (1.96 * s / d) ** 2), checks.runs_needed, "Hint: that is the runs of both"),
        (lambda d, s: 2 * ceil((1.96 * s / d) ** 2), checks.runs_needed, "Hint: round up at the end"),
        (lambda d, s: int(2 * (1.96 * s / d) ** 2) + 1, checks.runs_needed, "Hint: where that many runs are enough"),
        (lambda d, s: 1000, checks.runs_needed, "For difference = 0.02, spread = 0.07 the answer is 95, not 1000."),
        (counted, checks.counted_up_to, ": correct."),
        (lambda a, n: ((n - 1) // 2 - 1) * (a - 1 / 3) / (2 / 3) + 1, checks.counted_up_to, ": correct."),
        (lambda a, n: ..., checks.counted_up_to, "not attempted yet."),
        (lambda a, n: 1 + ((n - 1) // 2 - 1) * a, checks.counted_up_to, "Hint: whoever guesses is right in one of"),
        (lambda a, n: 1 + ((n - 1) // 2 - 1) * (2 * a - 1), checks.counted_up_to, "Hint: whoever guesses is right in"),
        (lambda a, n: 1 + ((n - 1) // 2 - 1) * (a - 1 / 3), checks.counted_up_to, "Hint: what becomes known raises"),
        (lambda a, n: counted(a, n) - 1, checks.counted_up_to, "Hint: n begins at 2"),
        (lambda a, n: counted(a, n) + 1, checks.counted_up_to, "Hint: n begins at 2"),
        (lambda a, n: (n - 1) // 2 * (3 * a - 1) / 2, checks.counted_up_to, "Hint: n begins at 2"),
        (lambda a, n: 2 + ((n - 1) // 2 - 2) * (3 * a - 1) / 2, checks.counted_up_to, "Hint: n begins at 2"),
        (lambda a, n: counted(a, n, of=n), checks.counted_up_to, "Hint: the largest n is just under half"),
        (lambda a, n: counted(a, n, of=n // 2), checks.counted_up_to, "Hint: the largest n is just under half"),
        (lambda a, n: counted(a, n, of=n / 2), checks.counted_up_to, "Hint: the largest n is just under half"),
        (lambda a, n: 19, checks.counted_up_to, "For accuracy = 0.8, length = 80 the answer is 27.6, not 19."),
        (lambda a, n: counted(a, n, of=n // 2 - 1), checks.counted_up_to, "length = 41 the answer is 20, not 19."),
        (counter, checks.set_relu_counter, ": correct."),
        (lambda layer: ..., checks.set_relu_counter, "not attempted yet."),
        (lambda layer: counter(layer, against=4.0), checks.set_relu_counter, ": correct."),
        (lambda layer: counter(layer, against="drawn"), checks.set_relu_counter, "not yet. "),
        (lambda layer: counter(deepcopy(layer)), checks.set_relu_counter, "as before: did you change a copy?"),
        (lambda layer: counter(layer, bias=1.0), checks.set_relu_counter, "Hint: the biases add up to something"),
        (lambda layer: counter(layer, order=(1, 0)), checks.set_relu_counter, "Hint: the units are exchanged"),
        (lambda layer: counter(layer, keep=0.9), checks.set_relu_counter, "Hint: without a mark each unit must stay"),
        (lambda layer: counter(layer, weight=2.0), checks.set_relu_counter, "Hint: how much must a mark add"),
        (lambda layer: counter(layer, weight=0.0), checks.set_relu_counter, "Hint: how much must a mark add"),
        (switch, checks.set_parity, ": correct."),
        (lambda layer: switch(layer, order=(1, 0)), checks.set_parity, ": correct."),
        (lambda layer: switch(layer, scale=2.0), checks.set_parity, ": correct."),
        (lambda layer: ..., checks.set_parity, "not attempted yet."),
        (lambda layer: switch(layer, bias=0.1), checks.set_parity, "Hint: nothing has come in, and nothing may"),
        (lambda layer: switch(layer, keep=0.5), checks.set_parity, "Hint: a 0 came in, and the sum must stay"),
        (lambda layer: switch(layer, write=0.5), checks.set_parity, "Hint: a 1 came in after an even number"),
        (lambda layer: switch(layer, erase=0.5), checks.set_parity, "Hint: a 1 came in after an odd number"),
        (lambda layer: counter(layer), checks.set_parity, "your function stopped with RuntimeError"),
        (lambda layer: layer.nothing, checks.set_relu_counter, "your function stopped with AttributeError"),
    ],
)
def test_verdicts(attempt, check, verdict, capsys):
    assert verdict in verdict_on(attempt, check, capsys)


def test_how_far_it_counted_is_what_the_task_gives():
    """The rule of the exercise against sequences: right up to n = 19, and guessing above."""
    x, y = counting(80)(60_000, generator=torch.Generator().manual_seed(0))
    known = x[..., 1].sum(dim=1) <= 19
    guessed = torch.randint(3, y.shape, generator=torch.Generator().manual_seed(1)) == y
    assert counted((known | guessed).double().mean().item(), 80) == pytest.approx(19, abs=0.5)


def test_what_is_known_of_copy_is_what_the_task_gives():
    """Three symbols known, seven guessed among eight."""
    _, y = copy(7)(20_000, generator=torch.Generator().manual_seed(0))
    said = torch.randint(8, (20_000, 10), generator=torch.Generator().manual_seed(1))
    said[:, :3] = y[:, -10:][:, :3]
    accuracy = (said == y[:, -10:]).double().mean().item()
    assert (80 * accuracy - 10) / 7 == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize("check", [checks.fair_score, checks.set_relu_counter, checks.set_parity])
def test_checks_leave_the_random_numbers_alone(check, capsys):
    before = torch.get_rng_state()
    check(lambda *_: None)
    assert torch.equal(torch.get_rng_state(), before)
