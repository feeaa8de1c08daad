"""The checks of notebook 10."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..judge import fixed_numbers, judge, whole
from .forecasts import FORECASTS


@fixed_numbers
def seasonal_mase(attempt: Callable) -> None:
    """Check `seasonal_mase(forecast, came, known, period)`: the mean absolute error over the mean absolute difference
    of values of `known`, (time,), that lie one period apart (Hyndman & Koehler 2006). A number."""

    def apart(series, period):
        return series[period:] - series[:-period]

    def error(forecast, came):
        return (forecast - came).abs().mean()

    slips = {
        "the scale is of values that lie one period apart, not one step": [
            lambda forecast, came, known, period: error(forecast, came) / apart(known, 1).abs().mean()
        ],
        "that is the error alone: divide it by the scale": [lambda forecast, came, *_: error(forecast, came)],
        "the scale is of what is known, not of what came": [
            lambda forecast, came, known, period: error(forecast, came) / apart(came, period).abs().mean()
        ],
        "absolute errors, not squared ones": [
            lambda forecast, came, known, period: (forecast - came).square().mean() / apart(known, period).abs().mean(),
        ],
        "errors above and below must not cancel: take absolute values": [
            lambda forecast, came, known, period: (forecast - came).mean() / apart(known, period).abs().mean(),
            lambda forecast, came, known, period: error(forecast, came) / apart(known, period).mean(),
        ],
    }
    cases = []
    for name, (known, ahead, period) in {
        "40 known values and a period of 4": (40, 6, 4),
        "30 known values and a period of 3": (30, 5, 3),
    }.items():
        series = torch.randn(known).cumsum(dim=0)
        forecast, came = torch.randn(2, ahead)
        right = error(forecast, came) / apart(series, period).abs().mean()
        cases.append((name, (forecast, came, series, period), right.item()))
    judge(attempt, cases, slips, "a number")


@fixed_numbers
def origins_of(attempt: Callable) -> None:
    """Check `origins_of(length, first, every, ahead)`: the places of the origins, from `first` on, each `every` steps
    after the one before, after which `ahead` values of a series of that length follow. A list of whole numbers."""

    def origins_of(length, first, every, ahead):
        return [origin for origin in range(first, length, every) if origin + ahead < length]

    slips = {
        "after the last of them not enough values follow: the place of the last value is length - 1": [
            lambda length, first, every, ahead: list(range(first, length - ahead + 1, every)),
            lambda length, first, every, ahead: list(range(first, length, every)),
        ],
        "one more origin has all its values": [
            lambda length, first, every, ahead: list(range(first, length - ahead - 1, every)),
        ],
        "move on by `every`": [lambda length, first, every, ahead: list(range(first, length - ahead))],
        "the first origin is `first`": [
            lambda length, first, every, ahead: list(range(first + 1, length - ahead, every)),
        ],
    }
    cases = [
        (f"a series of {length} values, from {first}, every {every}, {ahead} ahead", (length, first, every, ahead))
        for length, first, every, ahead in (
            (20, 9, 2, 3),
            (20, 9, 1, 4),
            (309, 199, 10, 10),
            (21, 5, 5, 5),
            (11, 8, 2, 3),
            (whole(50, 90), whole(10, 30), whole(2, 7), whole(2, 7)),
        )
    ]
    judge(attempt, [(name, given, origins_of(*given)) for name, given in cases], slips, "a list of whole numbers")


@fixed_numbers
def same_season(attempt: Callable) -> None:
    """Check `same_season(series, origin, ahead, period)`: for each of the `ahead` steps after the origin the newest
    value that lies whole periods before it and is known at the origin. A tensor (ahead,)."""

    def same_season(series, origin, ahead, period):
        return torch.stack([series[origin + 1 - period + k % period] for k in range(ahead)])

    slips = {
        "beyond one period that reads values after the origin: go back by two periods, or three": [
            lambda series, origin, ahead, period: series[origin + 1 - period : origin + 1 - period + ahead]
        ],
        "a whole period after the origin, the newest value is that at the origin: it is known": [
            lambda series, origin, ahead, period: torch.stack(
                [series[origin - period + k % period] for k in range(1, ahead + 1)]
            )
        ],
        "that is one step too early: the first forecast is of the step after the origin": [
            lambda series, origin, ahead, period: same_season(series, origin - 1, ahead, period)
        ],
        "that is the last value; go back by whole periods": [
            lambda series, origin, ahead, period: series[origin].expand(ahead)
        ],
        "older than it must be: take the newest period that is known": [
            lambda series, origin, ahead, period: same_season(series, origin - period, ahead, period)
        ],
    }
    cases = []
    for length, origin, ahead, period in ((30, 14, 3, 4), (30, 19, 9, 4), (40, 30, 7, 7), (40, 25, 12, 5)):
        given = (torch.randn(length), origin, ahead, period)
        cases.append((f"{ahead} steps ahead and a period of {period}", given, same_season(*given)))
    judge(attempt, cases, slips, "a tensor (ahead,)")


@fixed_numbers
def feed_back_all(attempt: Callable) -> None:
    """Check `feed_back_all(step, window, ahead)`: step maps a window, (seq, feature), to the next row, (feature,); the
    forecasts of the first feature for `ahead` steps, (ahead,), each row that was said being read as if it had come. The
    window is left as it is."""

    def newest_last(window, row):
        return torch.cat([window[1:], row[None]])

    def feed_back_all(step, window, ahead, *, move=newest_last, feature=0):
        said = []
        for _ in range(ahead):
            row = step(window)
            said.append(row[feature])
            window = move(window, row)
        return torch.stack(said)

    def with_(move):
        return lambda step, window, ahead: feed_back_all(step, window, ahead, move=move)

    def first_only(window, row):
        return torch.cat([window[1:], torch.cat([row[:1], window[-1, 1:]])[None]])

    slips = {
        "the window stays as it was: the row that was said must come into it": [with_(lambda window, row: window)],
        "the window grows: drop its oldest row": [with_(lambda window, row: torch.cat([window, row[None]]))],
        "the newest row stands last": [with_(lambda window, row: torch.cat([row[None], window[:-1]]))],
        "all features of the row that was said are read, not only the first": [with_(first_only)],
        "return the first feature of each row": [
            lambda *given: feed_back_all(*given, feature=slice(None)),
            lambda *given: feed_back_all(*given, feature=-1),
        ],
    }
    cases = []
    for name, (seq, feature, ahead) in {"two features": (4, 2, 3), "three features": (3, 3, 5)}.items():
        given = (_next_row, torch.randn(seq, feature), ahead)
        cases.append((name, given, feed_back_all(*given)))
    judge(attempt, cases, slips, "a tensor (ahead,), one number for each step", intact=True)


def _next_row(window: Tensor) -> Tensor:
    return (window.mean(dim=0) + 2 * window[-1].flip(0) - window[0]).sin()


@fixed_numbers
def levels(attempt: Callable) -> None:
    """Check `levels(changes, last, mean, std)`: changes, (windows, ahead), are forecasts of each step's change from the
    step before, standardised by mean and std; last, (windows,), is the value at the origin. The values, (windows,
    ahead)."""

    def levels(changes, last, mean, std):
        return torch.cat([last[:, None], changes * std + mean], dim=1).cumsum(dim=1)[:, 1:]

    slips = {
        "each change is from the step before: they add up": [
            lambda changes, last, mean, std: last[:, None] + changes * std + mean
        ],
        "each step has a mean change of its own: undo the scaling before you add up": [
            lambda changes, last, mean, std: last[:, None] + changes.cumsum(dim=1) * std + mean
        ],
        "undo the scaling of the changes": [lambda changes, last, mean, std: last[:, None] + changes.cumsum(dim=1)],
        "times std, then plus mean": [
            lambda changes, last, mean, std: last[:, None] + ((changes + mean) * std).cumsum(dim=1)
        ],
        "undo the scaling, do not scale once more": [
            lambda changes, last, mean, std: last[:, None] + ((changes - mean) / std).cumsum(dim=1)
        ],
        "the changes begin at the last value": [
            lambda changes, last, mean, std: (changes * std + mean).cumsum(dim=1),
            lambda changes, last, mean, std: (last[:, None] + changes * std + mean).cumsum(dim=1),
        ],
        "the steps ahead lie along the second axis": [
            lambda changes, last, mean, std: last[:, None] + (changes * std + mean).cumsum(dim=0)
        ],
    }
    cases = []
    for windows, ahead in ((3, 4), (2, 5)):
        given = (torch.randn(windows, ahead), 10 * torch.randn(windows), 0.3, 1.7)
        cases.append((f"{windows} windows and {ahead} steps", given, levels(*given)))
    judge(attempt, cases, slips, "a tensor (windows, ahead)")


@fixed_numbers
def places_seen(attempt: Callable) -> None:
    """Check `places_seen(forecast, series, end)`: the places from `end` on whose value a forecast, called as
    `forecast(series, end)`, depends on. A list of whole numbers. The series is left as it is."""

    def places_seen(forecast, series, end, *, first=None, shift=0):
        others = series + torch.eye(len(series))
        first = end if first is None else first
        return [k - shift for k in range(first, len(series)) if seen(forecast, series, others[k], end)]

    def seen(forecast, series, other, end):
        return not torch.equal(forecast(other, end), forecast(series, end))

    def from_there_on(forecast, series, end):
        others = series + torch.eye(len(series)).cumsum(dim=0).T
        return [k for k in range(end, len(series)) if seen(forecast, series, others[k], end)]

    def one_after_the_other(forecast, series, end):
        found, before = [], forecast(series, end)
        for place in range(end, len(series)):
            series[place] += 1
            if not torch.equal(forecast(series, end), before):
                found.append(place)
        return found

    slips = {
        "change one value at a time, and put the one before back: work on a copy": [from_there_on, one_after_the_other],
        "what lies before `end` may be read: look at the places from `end` on": [
            lambda *given: places_seen(*given, first=0)
        ],
        "count the places from the beginning of the series, not from `end`": [
            lambda forecast, series, end: places_seen(forecast, series, end, shift=end)
        ],
        "`end` itself is the first place of the future": [
            lambda forecast, series, end: places_seen(forecast, series, end, first=end + 1)
        ],
    }
    series = torch.randn(16)
    series[8:12] = torch.tensor([1.0, 0.0, 0.5, 0.5])  # a value of the future may be 0, or like the one before it
    cases = []
    for name, forecast in FORECASTS.items():
        given = (forecast, series, 7)
        cases.append((f"a forecast that {name}", given, places_seen(*given)))
    judge(attempt, cases, slips, "a list of whole numbers", intact=True)
