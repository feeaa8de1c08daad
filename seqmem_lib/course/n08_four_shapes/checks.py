"""The checks of notebook 08."""

from collections.abc import Callable

import torch

from ..judge import fixed_numbers, judge


@fixed_numbers
def decode_until_end(attempt: Callable) -> None:
    """Check `decode_until_end(step, state, start, end, longest)`: the numbers that a decoder writes, greedily.

    step : called as `step(number, state)`, it returns the scores of the next number, (numbers,), and the next state.
    The reference returns a list without start and end, of at most `longest` numbers.
    """
    scores = torch.rand(12, 6, 6)  # which number comes next depends on the last one and on the state
    scores[:, :, 1] = -1
    ending = scores.clone()
    ending[4, :, 1] = 2  # the end, at the fifth call

    def decoder(table):
        calls = 0

        def step(number, state):
            nonlocal calls
            calls += 1
            if calls > 10_000:
                raise RuntimeError("step was called 10,000 times: stop after `longest` numbers")
            return table[min(state, 11), int(number)].clone(), state + 1

        return step

    def decode(step, state, start, end, longest, *, feed=True, keep=True, stop=True, keep_end=False, keep_start=False):
        number, written = start, [start] if keep_start else []
        for _ in range(longest):
            row, new = step(number if feed else start, state)
            state = new if keep else state
            number = row.argmax().item()
            if stop and number == end:
                return [*written, end] if keep_end else written
            written.append(number)
            number = number if feed else start
        return written

    def slip(**options):
        return [lambda *given: decode(*given, **options)]

    slips = {
        "leave the end sign out of the answer": slip(keep_end=True),
        "leave the start sign out of the answer": slip(keep_start=True) + slip(keep_start=True, keep_end=True),
        "stop when the best number is the end sign": slip(stop=False),
        "the decoder must read the number that it wrote last": slip(feed=False),
        "pass the new state on": slip(keep=False),
    }
    decoders = {
        "a decoder that ends": (decoder(ending), 0, 0, 1, 10),
        "a decoder that does not end": (decoder(scores), 0, 0, 1, 7),
    }
    cases = [(name, arguments, decode(*arguments)) for name, arguments in decoders.items()]
    judge(attempt, cases, slips, "a list of whole numbers, without start and end")


@fixed_numbers
def skill(attempt: Callable) -> None:
    """Check `skill(forecast, series, ahead)`: 1 - E / E of the naive forecast, which is the value `ahead` steps before.
    forecast and series are (steps,); the first `ahead` steps have no forecast, hold 0 there, and are left out."""

    def errors(forecast, series, ahead, back=None):
        back = ahead if back is None else back
        start = max(ahead, back)
        own = (forecast[start:] - series[start:]).square().mean()
        return own, (series[start - back : len(series) - back] - series[start:]).square().mean()

    def skill(forecast, series, ahead):
        own, naive = errors(forecast, series, ahead)
        return (1 - own / naive).item()

    def of_one_before(forecast, series, ahead):
        own, naive = errors(forecast, series, ahead, back=1)
        return 1 - own / naive

    def of_roots(forecast, series, ahead):
        own, naive = errors(forecast, series, ahead)
        return 1 - (own / naive).sqrt()

    def of_mean(forecast, series, ahead):
        own, _ = errors(forecast, series, ahead)
        return 1 - own / (series[ahead:] - series[ahead:].mean()).square().mean()

    def of_all_steps(forecast, series, ahead):
        return 1 - (forecast - series).square().mean() / errors(forecast, series, ahead)[1]

    slips = {
        "the naive forecast is the last value known `ahead` steps before, not one step before": [of_one_before],
        "take squared errors, not their roots": [of_roots],
        "compare with the last value, not with the mean: that would be R squared": [of_mean],
        "that is the ratio of the errors: the skill is 1 minus it": [lambda *given: 1 - skill(*given)],
        "divide by the naive error, not by the forecast's": [lambda *given: 1 - 1 / (1 - skill(*given))],
        "the first `ahead` steps have no forecast, so leave them out": [of_all_steps],
    }
    cases = []
    for ahead in (3, 1):
        series = torch.randn(40, dtype=torch.float64).cumsum(dim=0)
        forecast = series + torch.randn(40, dtype=torch.float64)
        forecast[:ahead] = 0
        arguments = (forecast, series, ahead)
        cases.append((f"a forecast {ahead} ahead", arguments, skill(*arguments)))
    judge(attempt, cases, slips, "one number")
