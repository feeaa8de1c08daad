"""The checks of notebook 08."""

from collections.abc import Callable

import torch

from ..judge import fixed_numbers, judge


@fixed_numbers
def mean_over_sequences(attempt: Callable) -> None:
    """Check `mean_over_sequences(losses, lengths)`: the mean over the sequences of each one's mean loss, without the
    padding. losses is (batch, seq) and lengths (batch,)."""

    def real(losses, lengths):
        return torch.arange(losses.shape[1]) < lengths[:, None]

    def mean_over_sequences(losses, lengths):
        return ((losses * real(losses, lengths)).sum(dim=1) / lengths).mean().item()

    def of_places(losses, lengths):
        return losses[real(losses, lengths)].mean()

    def of_padded(losses, lengths):
        return (losses * real(losses, lengths)).mean()

    def of_sums(losses, lengths):
        return (losses * real(losses, lengths)).sum(dim=1).mean()

    slips = {
        "that is the mean over all real places: long sequences count for more": [of_places],
        "leave the padding out": [lambda losses, lengths: losses.mean()],
        "the padding still counts in what you divide by": [of_padded],
        "divide the sum of each sequence by its own length": [of_sums],
        "return the mean, not a number for each sequence": [
            lambda losses, lengths: (losses * real(losses, lengths)).sum(dim=1) / lengths
        ],
    }
    cases = []
    for name, lengths in {"three sequences": [5, 1, 3], "two sequences": [2, 6]}.items():
        losses = 1 + torch.rand(len(lengths), max(lengths), dtype=torch.float64)
        arguments = (losses, torch.tensor(lengths))
        cases.append((name, arguments, mean_over_sequences(*arguments)))
    judge(attempt, cases, slips, "one number")


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


@fixed_numbers
def lag_of(attempt: Callable) -> None:
    """Check `lag_of(forecast, series, most)`: the shift, from 0 to most, at which the forecast correlates best with the
    series so many steps before. forecast and series are (steps,)."""

    def likeness(a, b):
        return torch.corrcoef(torch.stack([a, b]))[0, 1].item()

    def lag_of(forecast, series, most):
        return max(range(most + 1), key=lambda k: likeness(forecast[k:], series[: len(series) - k]))

    def ahead(forecast, series, most):
        return max(range(most + 1), key=lambda k: likeness(forecast[: len(forecast) - k], series[k:]))

    def around(forecast, series, most):
        return max(range(most + 1), key=lambda k: likeness(forecast, series.roll(k)))

    def of_products(forecast, series, most):
        return max(range(most + 1), key=lambda k: (forecast[k:] * series[: len(series) - k]).sum().item())

    slips = {
        "the series has no beginning after its end: cut both, and do not roll": [around],
        "compare the forecast with the series before it, not after it": [ahead],
        "compare by the correlation: a sum of products grows with the mean and the length": [of_products],
        "the shift may be `most` itself": [lambda forecast, series, most: lag_of(forecast, series, most - 1)],
        "the shift may be 0": [lambda forecast, series, most: max(1, lag_of(forecast, series, most))],
        "return the shift, not its correlation": [
            lambda forecast, series, most: max(
                likeness(forecast[k:], series[: len(series) - k]) for k in range(most + 1)
            )
        ],
    }
    cases = []
    # A wave, so that the wrong direction has a best shift too; far from 0, so that the sum of products is largest where
    # nothing is cut off; once with a jump at both ends, which a roll brings to the other end.
    for lag, jump in ((2, 0), (5, 30), (0, 0)):
        series = 20 + 3 * (torch.arange(60, dtype=torch.float64) * 0.9).sin() + torch.randn(60, dtype=torch.float64)
        series[:6] += jump
        series[-6:] -= jump
        forecast = torch.cat([series[:1].expand(lag), series[: len(series) - lag]])
        forecast = forecast + 0.1 * torch.randn(60, dtype=torch.float64)
        arguments = (forecast, series, 5)
        cases.append((f"a forecast that lags by {lag}", arguments, lag_of(*arguments)))
    judge(attempt, cases, slips, "a whole number")
