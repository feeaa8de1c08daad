"""Intervals against published tables and a simulation."""

import numpy as np
import pytest

from seqmem_lib.seeds import mean_interval, measure_decay, wilson_interval


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [  # Newcombe (1998), Statistics in Medicine 17, table I, score method without continuity correction
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_values(successes, trials, low, high):
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_is_symmetric():
    low, high = wilson_interval(3, 10)
    assert wilson_interval(7, 10) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (-1, 5), (6, 5)])
def test_bad_input_is_named(successes, trials):
    with pytest.raises(ValueError, match=r"(successes|trials) must be a whole number"):
        wilson_interval(successes, trials)


# Fisher & Yates, the two-sided 5 % points of t.
@pytest.mark.parametrize(
    ("freedom", "t"), [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (30, 2.042), (120, 1.980)]
)
def test_half_width_has_the_published_t(freedom, t):
    values = np.arange(freedom + 1.0)
    mean, low, high = mean_interval(values)
    unit = values.std(ddof=1) / np.sqrt(freedom + 1)
    assert ((high - mean) / unit, (mean - low) / unit) == pytest.approx((t, t), abs=6e-4)


def test_mean_interval_in_closed_form():
    # Two values: the standard deviation is |a - b| / sqrt(2), so the half-width is t * |a - b| / 2.
    assert mean_interval([1, 2]) == pytest.approx((1.5, 1.5 - 12.7062 / 2, 1.5 + 12.7062 / 2), abs=1e-4)
    assert mean_interval([3.0])[0] == 3
    assert np.isnan(mean_interval([3.0])[1:]).all()
    with pytest.raises(ValueError, match="values must be a list of at least one finite number"):
        mean_interval([1, np.nan])


def test_mean_interval_holds_what_it_says():
    samples = np.random.default_rng(0).normal(size=(4000, 4))
    inside = [low <= 0 <= high for _, low, high in map(mean_interval, samples)]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.012)  # 3.5 standard errors


@pytest.mark.parametrize("values", [[], [[1.0, 2.0], [3.0, 4.0]], 1.0, [1.0, np.inf]])
def test_what_has_no_mean_is_named(values):
    with pytest.raises(ValueError, match=r"^values must be a list of at least one finite number"):
        mean_interval(values)


def test_texts_have_no_mean_and_one_trial_has_an_interval():
    with pytest.raises(TypeError, match=r"^values\b"):
        mean_interval(["one"])
    low, high = wilson_interval(1, 1)
    assert 0 < low < high == pytest.approx(1)


@pytest.mark.parametrize(
    ("norms", "options", "message"),
    [
        ([1.0, 0.5], {"below": 1.5}, r"^below\b"),
        (np.ones((2, 2, 2)), {}, r"^norms has shape \(2, 2, 2\): it must be \(lags,\) or \(seeds, lags\)"),
        (np.ones((2, 0)), {}, r"^norms has shape \(2, 0\)"),
        ([1.0], {}, "no rate can be fitted"),
    ],
)
def test_norms_that_have_no_decay_are_named(norms, options, message):
    with pytest.raises(ValueError, match=message):
        measure_decay(norms, **options)
