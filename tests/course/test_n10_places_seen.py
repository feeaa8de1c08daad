"""The last exercise of notebook 10: what finds the places that a forecast has seen, and what misses some."""

import pytest
import torch
from verdict import verdict_on

from seqmem_lib.course.n10_forecasting import checks


def seen(forecast, series, end):
    before, found = forecast(series, end), []
    for place in range(end, len(series)):
        other = series.clone()
        other[place] = -5
        if (forecast(other, end) != before).any():
            found.append(place)
    return found


def seen_by_gradient(forecast, series, end):
    series = series.clone().requires_grad_()
    said = forecast(series, end)
    (said @ torch.arange(1.0, len(said) + 1)).backward()
    return [k for k, slope in enumerate(series.grad.tolist()) if k >= end and slope]


def seen_without_a_copy(forecast, series, end):
    before, found = forecast(series, end), []
    for place in range(end, len(series)):
        series[place] += 1
        if (forecast(series, end) != before).any():
            found.append(place)
    return found


def seen_if(change, differ=lambda one, other: (one != other).any()):
    """The places where a value that `change` gives for series and place makes a difference."""

    def attempt(forecast, series, end):
        before, found = forecast(series, end), []
        for place in range(end, len(series)):
            other = series.clone()
            other[place] = change(series, place)
            if differ(forecast(other, end), before):
                found.append(place)
        return found

    return attempt


def changed_from_there_on(forecast, series, end):
    found = []
    for place in range(end, len(series)):
        other = series.clone()
        other[place:] += 2
        if (forecast(other, end) != forecast(series, end)).any():
            found.append(place)
    return found


def one_more(series, place):
    return series[place] + 1


def seen_and_spoilt(forecast, series, end):
    found = seen(forecast, series, end)
    series[end:] = 0
    return found


def seen_and_between(forecast, series, end):
    found = seen(forecast, series, end)
    return list(range(found[0], found[-1] + 1)) if found else []


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (seen, ": correct."),
        (seen_by_gradient, ": correct."),
        (seen_if(one_more, differ=lambda one, other: not torch.allclose(one, other)), ": correct."),
        (seen_and_spoilt, "The answer is right, but your function changes what it was given"),
        (seen_and_between, "reads two places the answer is [7, 13], not [7, 8, 9, 10, 11, 12, 13]."),
        (lambda *given: [k for k in seen(*given) if k < given[-1] + 5], "that scales with all the answer is"),
        (seen_if(lambda series, place: 0), "that scales with all the answer is"),
        (seen_if(lambda series, place: 2 * series[place]), "that scales with all the answer is"),
        (seen_if(lambda series, place: series[place - 1]), "that scales with all the answer is"),
        (seen_if(one_more, differ=lambda one, other: (one != other).all()), "that reads four places the answer is"),
        (
            seen_if(one_more, differ=lambda one, other: not torch.isclose(one.sum(), other.sum())),
            "that says one value with both signs the answer is [9], not [].",
        ),
        (seen_without_a_copy, "Hint: change one value at a time"),
        (changed_from_there_on, "Hint: change one value at a time"),
        (lambda forecast, series, end: seen(lambda other, _: forecast(other, end), series, 0), "may be read: look at"),
        (lambda forecast, series, end: [k - end for k in seen(forecast, series, end)], "from the beginning"),
        (lambda forecast, series, end: [k for k in seen(forecast, series, end) if k > end], "`end` itself is"),
        (lambda forecast, series, end: [end, end + 1], "reads one too many the answer is [7], not [7, 8]."),
        (lambda forecast, series, end: 7.5, "not yet. Return a list of whole numbers."),
    ],
)
def test_places_seen(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.places_seen, capsys)
