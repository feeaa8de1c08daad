"""The exercises of notebook 10: right answers in several forms, and wrong ones with the hint that they get."""

import numpy as np
import pytest
import torch
from verdict import verdict_on

from seqmem_lib.course.n10_forecasting import checks


def scale(known, period):
    return (known[period:] - known[:-period]).abs().mean()


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda said, came, known, period: (said - came).abs().mean() / scale(known, period), ": correct."),
        (
            lambda said, came, known, period: (
                np.abs((said - came).numpy()).mean() / np.abs(known.numpy()[period:] - known.numpy()[:-period]).mean()
            ),
            ": correct.",
        ),
        (lambda said, came, known, period: (said - came).abs().mean() / scale(known, 1), "one period apart, not one"),
        (lambda said, came, known, period: (said - came).abs().mean(), "Hint: that is the error alone"),
        (lambda said, came, known, period: (said - came).abs().mean() / scale(came, period), "not of what came"),
        (lambda said, came, known, period: (said - came).square().mean() / scale(known, period), "not squared ones"),
        (lambda said, came, known, period: (said - came).mean() / scale(known, period), "must not cancel"),
        (
            lambda said, came, known, period: (came - said).abs().mean() / (known[period:] - known[:-period]).mean(),
            "must not cancel",
        ),
        (
            lambda said, came, known, period: (said - came).abs().mean() / (known - known.roll(period)).abs().mean(),
            "For 40 known values and a period of 4 the answer is",
        ),
        (lambda said, came, known, period: (said - came).abs() / scale(known, period), "not yet. Return a number."),
        (
            lambda said, came, known, period: (said - came).abs().mean() / scale(known, 4),
            "For 30 known values and a period of 3 the answer is",
        ),
    ],
)
def test_seasonal_mase(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.seasonal_mase, capsys)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda n, first, every, ahead: list(range(first, n - ahead, every)), ": correct."),
        (lambda n, first, every, ahead: [k for k in range(n)[first::every] if k + ahead <= n - 1], ": correct."),
        (lambda n, first, every, ahead: torch.arange(first, n - ahead, every), ": correct."),
        (lambda n, first, every, ahead: list(range(first, n - ahead + 1, every)), "not enough values follow"),
        (lambda n, first, every, ahead: list(range(first, n, every)), "not enough values follow"),
        (lambda n, first, every, ahead: list(range(first, n - ahead - 1, every)), "one more origin has all"),
        (lambda n, first, every, ahead: list(range(first, n - ahead)), "Hint: move on by `every`"),
        (lambda n, first, every, ahead: list(range(first + 1, n - ahead, every)), "Hint: the first origin is"),
        (
            lambda n, first, every, ahead: list(range(first, n - ahead, every)) or [first],
            "For a series of 11 values, from 8, every 2, 3 ahead the answer is [], not [8].",
        ),
        (
            lambda n, first, every, ahead: [k for k in range(first, n - ahead) if k % every == 0],
            "Hint: the first origin is",
        ),
        (lambda n, first, every, ahead: 3.5, "not yet. Return a list of whole numbers."),
    ],
)
def test_origins_of(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.origins_of, capsys)


def by_going_back(series, origin, ahead, period):
    found = []
    for place in range(origin + 1, origin + 1 + ahead):
        while place > origin:
            place -= period
        found.append(series[place])
    return torch.stack(found)


def by_going_back_too_far(series, origin, ahead, period):
    return torch.stack([series[origin + k - period * (k // period + 1)] for k in range(1, ahead + 1)])


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (by_going_back_too_far, "Hint: a whole period after the origin, the newest value is that at the origin"),
        (lambda s, o, ahead, period: by_going_back(s, len(s) - 1, ahead, period), "numbers are wrong for 3 steps"),
        (lambda s, o, ahead, period: torch.from_numpy(np.resize(s[o + 1 - period : o + 1], ahead)), ": correct."),
        (by_going_back, ": correct."),
        (lambda s, o, ahead, period: s[o + 1 - period : o + 1].repeat(ahead // period + 1)[:ahead], ": correct."),
        (lambda s, o, ahead, period: s[o + 1 - period : o + 1 - period + ahead], "reads values after the origin"),
        (lambda s, o, ahead, period: by_going_back(s, o - 1, ahead, period), "Hint: that is one step too early"),
        (lambda s, o, ahead, period: s[o].repeat(ahead), "Hint: that is the last value"),
        (lambda s, o, ahead, period: by_going_back(s, o - period, ahead, period), "Hint: older than it must be"),
        (lambda s, o, ahead, period: s[:ahead] * 0, "The numbers are wrong for 3 steps ahead"),
        (lambda s, o, ahead, period: s[o - 3 : o + 1].repeat(3)[:ahead], "for 7 steps ahead and a period of 7"),
    ],
)
def test_same_season(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.same_season, capsys)


def fed_back(step, window, ahead):
    rows = list(window)
    for _ in range(ahead):
        rows.append(step(torch.stack(rows[-len(window) :])))
    return torch.stack(rows[len(window) :])[:, 0]


def fed_back_wrongly(move):
    def attempt(step, window, ahead):
        said = []
        for _ in range(ahead):
            said.append(step(window))
            window = move(window, said[-1])
        return torch.stack(said)[:, 0]

    return attempt


def fed_back_in_place(step, window, ahead):
    said = torch.empty(ahead)
    for k in range(ahead):
        row = step(window)
        said[k] = row[0]
        window[:-1], window[-1] = window[1:].clone(), row
    return said


def all_said(step, window, ahead):
    rows = list(window)
    for _ in range(ahead):
        rows.append(step(torch.stack(rows[-len(window) :])))
    return torch.stack(rows[len(window) :])


def said_behind_the_window(step, window, ahead):
    """Once all that was given has left, the window grows."""
    said = []
    for k in range(ahead):
        said.append(step(torch.vstack([window[k:], *said])))
    return torch.stack(said)[:, 0]


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (fed_back_in_place, "The answer is right, but your function changes what it was given"),
        (lambda step, window, ahead: fed_back_in_place(step, window.clone(), ahead), ": correct."),
        (all_said, "Hint: return the first feature of each row."),
        (lambda *given: all_said(*given)[:, -1], "Hint: return the first feature of each row."),
        (lambda step, window, ahead: fed_back(step, window, ahead - 1), "not yet. Return a tensor (ahead,), one"),
        (fed_back, ": correct."),
        (fed_back_wrongly(lambda window, row: torch.vstack([window, row])[1:]), ": correct."),
        (fed_back_wrongly(lambda window, row: window), "Hint: the window stays as it was"),
        (fed_back_wrongly(lambda window, row: torch.vstack([window, row])), "Hint: the window grows"),
        (said_behind_the_window, "not yet. The numbers are wrong for three features"),
        (fed_back_wrongly(lambda window, row: torch.vstack([row, window])[:-1]), "Hint: the newest row stands last"),
        (
            fed_back_wrongly(lambda window, row: torch.vstack([window[1:], torch.cat([row[:1], window[-1, 1:]])])),
            "Hint: all features of the row",
        ),
        (lambda step, window, ahead: step(window), "not yet. Return a tensor (ahead,), one number for each step."),
    ],
)
def test_feed_back_all(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.feed_back_all, capsys)


def level_by_level(changes, last, mean, std):
    found = [last]
    for column in changes.T:
        found.append(found[-1] + mean + std * column)
    return torch.stack(found[1:], dim=1)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (level_by_level, ": correct."),
        (lambda d, last, mean, std: last.unsqueeze(1) + torch.cumsum(mean + d * std, 1), ": correct."),
        (lambda d, last, mean, std: last.unsqueeze(1) + mean + d * std, "they add up"),
        (lambda d, last, mean, std: last.unsqueeze(1) + mean + d.cumsum(1) * std, "before you add up"),
        (lambda d, last, mean, std: last.unsqueeze(1) + d.cumsum(1), "Hint: undo the scaling of the changes"),
        (lambda d, last, mean, std: last.unsqueeze(1) + ((d - mean) / std).cumsum(1), "do not scale once more"),
        (lambda d, last, mean, std: (mean + d * std).cumsum(1), "Hint: the changes begin at the last value"),
        (lambda d, last, mean, std: (last.unsqueeze(1) + mean + d * std).cumsum(1), "begin at the last value"),
        (lambda d, last, mean, std: last.unsqueeze(1) + std * (d + mean).cumsum(1), "Hint: times std, then plus mean"),
        (lambda d, last, mean, std: last.unsqueeze(1) + (mean + d * std).cumsum(0), "along the second axis"),
        (lambda d, last, mean, std: (last.unsqueeze(1) + d.cumsum(1)) * std + mean, "wrong for 3 windows and 4 steps"),
        (lambda d, last, mean, std: last[0] + (mean + d * std).cumsum(1), "wrong for 3 windows and 4 steps"),
        (lambda d, last, mean, std: last, "not yet. Return a tensor (windows, ahead)."),
        (
            lambda d, last, mean, std: last.unsqueeze(1) + d.cumsum(1) * std + mean * torch.arange(1, 5),
            "your function stopped with RuntimeError",
        ),
    ],
)
def test_levels(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.levels, capsys)
