"""The interval of a difference of shares, against the numbers that its author printed."""

import pytest

from seqmem_lib.course.n04_comparison.intervals import share_difference


@pytest.mark.parametrize(
    ("counts", "published"),
    [  # Newcombe (1998), table II, method 10
        ((56, 70, 48, 80), (0.2, 0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.6, 0.1705, 0.8090)),
        ((6, 7, 2, 7), (0.5714, 0.0582, 0.8062)),
        ((5, 56, 0, 29), (0.0893, -0.0381, 0.1926)),
        ((0, 10, 0, 10), (0.0, -0.2775, 0.2775)),
        ((10, 10, 0, 10), (1.0, 0.6075, 1.0)),
    ],
)
def test_the_published_examples(counts, published):
    assert share_difference(*counts) == pytest.approx(published, abs=6e-5)


def test_turned_round_it_changes_its_sign():
    difference, low, high = share_difference(9, 10, 3, 30)
    assert share_difference(3, 30, 9, 10) == pytest.approx((-difference, -high, -low))


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((11, 10, 0, 10), "solved must be a whole number from 0 to 10, not 11"),
        ((1, 0, 0, 10), "trials must be a whole number of at least 1, not 0"),
        ((1, 2, -1, 10), "other must be a whole number from 0 to 10, not -1"),
        ((1, 2, 1, 0.5), "other_trials must be a whole number"),
    ],
)
def test_bad_counts(counts, message):
    with pytest.raises(ValueError, match=message):
        share_difference(*counts)
