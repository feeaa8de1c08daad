"""The interval of the difference of two shares, such as of how many runs of two networks solve a task."""

from math import hypot

from ...arguments import whole_number
from ...seeds import wilson_interval


def share_difference(solved: int, trials: int, other: int, other_trials: int) -> tuple[float, float, float]:
    """The difference solved/trials − other/other_trials and its 95 % interval, (difference, low, high), from the two
    Wilson intervals (Newcombe 1998, method 10).

    It has a width where both shares are 0 or 1 too. Of runs with the same seeds it makes no use of the pairs.
    Raises ValueError unless 0 <= solved <= trials and trials >= 1, and so for the other.
    """
    pairs = (("solved", solved, "trials", trials), ("other", other, "other_trials", other_trials))
    for name, count, name_of_all, all_of_them in pairs:
        whole_number(name, count, 0, whole_number(name_of_all, all_of_them, 1))
    (low, high), (other_low, other_high) = wilson_interval(solved, trials), wilson_interval(other, other_trials)
    share, other_share = solved / trials, other / other_trials
    difference = share - other_share
    below = hypot(share - low, other_high - other_share)
    above = hypot(high - share, other_share - other_low)
    return difference, difference - below, difference + above
