"""How sure a result is: intervals around a mean and around a success rate."""

import numpy as np
from scipy import stats

from .arguments import real_array, whole_number


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a success rate, (low, high), by the score method (Wilson 1927).

    Unlike the familiar p ± 1.96·√(p(1-p)/n), it stays within [0, 1] and is honest for ten trials.
    Raises ValueError unless 0 <= successes <= trials and trials >= 1.
    """
    trials = whole_number("trials", trials, 1)
    successes = whole_number("successes", successes, 0, trials)
    low, high = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    return float(low), float(high)


def mean_interval(values) -> tuple[float, float, float]:
    """The mean and its 95 % interval, (mean, low, high), by Student's t (1908): mean ± t·s/√n.

    values : (n,), one number for each seed, drawn independently. A single one has no interval: low and high are NaN.

    Raises TypeError if they are no numbers, ValueError unless they are at least one finite number.
    """
    values = real_array("values", values)
    if values.ndim != 1 or values.size == 0 or not np.isfinite(values).all():
        raise ValueError("values must be a list of at least one finite number: drop runs that have no result")
    mean = float(values.mean())
    if values.size == 1:
        return mean, np.nan, np.nan
    spread = float(stats.t.ppf(0.975, values.size - 1) * stats.sem(values))
    return mean, mean - spread, mean + spread
