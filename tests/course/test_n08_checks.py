"""The exercises of notebook 08."""

import numpy as np
import pytest
import torch
from verdict import verdict_on

from seqmem_lib.course.n08_four_shapes import checks


def decode(step, state, start, end, longest):
    written, number = [], start
    while len(written) < longest:
        scores, state = step(number, state)
        number = int(scores.argmax())
        if number == end:
            break
        written.append(number)
    return written


def with_end(step, state, start, end, longest):
    written = decode(step, state, start, end, longest)
    return [*written, end] if len(written) < longest else written


def never_stops(step, state, start, end, longest):
    return decode(step, state, start, -1, longest)


def forgets_state(step, state, start, end, longest):
    return decode(lambda number, _: step(number, state), state, start, end, longest)


def reads_start(step, state, start, end, longest):
    return decode(lambda _, now: step(start, now), state, start, end, longest)


def endless(step, state, start, end, longest):
    return decode(step, state, start, end, 10**9)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (decode, ": correct."),
        (lambda *given: None, "not attempted yet."),
        (with_end, "Hint: leave the end sign out"),
        (lambda *given: [0, *decode(*given)], "Hint: leave the start sign out"),
        (never_stops, "Hint: stop when the best number is the end sign"),
        (forgets_state, "Hint: pass the new state on"),
        (reads_start, "Hint: the decoder must read the number that it wrote last"),
        (endless, "step was called 10,000 times"),
        (lambda *given: [2], "not yet. For a decoder that ends the answer is"),
    ],
)
def test_decode_until_end(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.decode_until_end, capsys)


def skill(forecast, series, ahead, back=None, power=1):
    own = (forecast[ahead:] - series[ahead:]).square().mean()
    back = back or ahead
    naive = (series[ahead - back : -back] - series[ahead:]).square().mean()
    return 1 - (own / naive) ** power


def r_squared(forecast, series, ahead):
    true = series[ahead:]
    return 1 - (forecast[ahead:] - true).square().sum() / (true - true.mean()).square().sum()


def with_the_first_steps(forecast, series, ahead):
    naive = (series[:-ahead] - series[ahead:]).square().mean()
    return 1 - (forecast - series).square().mean() / naive


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (skill, ": correct."),
        (lambda *given: None, "not attempted yet."),
        (lambda *given: skill(*given, back=1), "Hint: the naive forecast is the last value known"),
        (lambda *given: skill(*given, power=0.5), "Hint: take squared errors"),
        (r_squared, "Hint: compare with the last value, not with the mean"),
        (lambda *given: 1 - skill(*given), "Hint: that is the ratio of the errors"),
        (lambda *given: 1 - 1 / (1 - skill(*given)), "Hint: divide by the naive error"),
        (with_the_first_steps, "Hint: the first `ahead` steps have no forecast"),
        (lambda *given: 0.5, "not yet. For a forecast 3 ahead the answer is"),
    ],
)
def test_skill(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.skill, capsys)


@pytest.mark.parametrize("check", [checks.decode_until_end, checks.skill])
def test_checks_leave_the_random_numbers_alone(check, capsys):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    check(lambda *_: None)
    assert torch.equal(torch.get_rng_state(), before)


def per_sequence(losses, lengths):
    return [row[:n].mean() for row, n in zip(losses, lengths.tolist(), strict=True)]


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda losses, lengths: torch.stack(per_sequence(losses, lengths)).mean(), ": correct."),
        (lambda losses, lengths: float(sum(per_sequence(losses, lengths))) / len(lengths), ": correct."),
        (lambda *given: None, "not attempted yet."),
        (lambda losses, lengths: losses.mean(), "Hint: leave the padding out"),
        (
            lambda losses, lengths: sum(row[:n].sum() for row, n in zip(losses, lengths, strict=True)) / lengths.sum(),
            "Hint: that is the mean over all real places",
        ),
        (
            lambda losses, lengths: sum(row[:n].sum() for row, n in zip(losses, lengths, strict=True)) / losses.numel(),
            "Hint: the padding still counts",
        ),
        (
            lambda losses, lengths: sum(row[:n].sum() for row, n in zip(losses, lengths, strict=True)) / len(lengths),
            "Hint: divide the sum of each sequence",
        ),
        (lambda losses, lengths: torch.stack(per_sequence(losses, lengths)), "Hint: return the mean"),
    ],
)
def test_mean_over_sequences(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.mean_over_sequences, capsys)


def best_shift(forecast, series, most, before=True):
    found = []
    for k in range(most + 1):
        early, late = (series, forecast) if before else (forecast, series)
        pair = np.corrcoef(late[k:], early[: len(early) - k])
        found.append(pair[0, 1])
    return found


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda *given: int(np.argmax(best_shift(*given))), ": correct."),
        (lambda *given: torch.tensor(best_shift(*given)).argmax(), ": correct."),
        (lambda *given: None, "not attempted yet."),
        (lambda *given: int(np.argmax(best_shift(*given, before=False))), "Hint: compare the forecast with the series"),
        (lambda f, s, most: int(np.argmax(best_shift(f, s, most - 1))), "Hint: the shift may be `most` itself"),
        (lambda *given: 1 + int(np.argmax(best_shift(*given)[1:])), "Hint: the shift may be 0"),
        (lambda *given: max(best_shift(*given)), "Hint: return the shift, not its correlation"),
        (
            lambda f, s, most: max(range(most + 1), key=lambda k: float(f[k:] @ s[: len(s) - k])),
            "Hint: compare by the correlation",
        ),
        (
            lambda f, s, most: max(range(most + 1), key=lambda k: np.corrcoef(f, np.roll(s, k))[0, 1]),
            "Hint: the series has no beginning after its end",
        ),
    ],
)
def test_lag_of(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.lag_of, capsys)
