"""What it takes to compare: many seeds, and an interval around every result."""

from math import sqrt


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a success rate, (low, high), by the score method (Wilson 1927).

    Unlike the familiar p ± 1.96·√(p(1-p)/n), it stays within [0, 1] and is honest for ten trials.
    Raises ValueError unless 0 <= successes <= trials and trials >= 1.
    """
    if not (trials >= 1 and 0 <= successes <= trials):
        raise ValueError(f"successes={successes} of trials={trials} is impossible: use 0 <= successes <= trials")
    z = 1.959964  # the normal distribution holds 95 % within ± z
    p = successes / trials
    center = p + z**2 / (2 * trials)
    spread = z * sqrt(p * (1 - p) / trials + z**2 / (4 * trials**2))
    scale = 1 + z**2 / trials
    return max(0.0, (center - spread) / scale), min(1.0, (center + spread) / scale)
