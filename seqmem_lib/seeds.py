"""What several runs say together: intervals, how fast gradients decay, and how long networks remember."""

from numbers import Real

import numpy as np
import pandas as pd
from scipy import stats

from .arguments import check_kind, real_array, real_number, whole_number


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a success rate, (low, high), by the score method (Wilson 1927).

    Unlike the familiar p ± 1.96·√(p(1-p)/n), it stays within [0, 1] and is honest for ten trials.
    Raises ValueError unless 0 <= successes <= trials and trials >= 1.

    >>> low, high = sm.wilson_interval(9, 10)
    >>> f"{low:.2f} to {high:.2f}"
    '0.60 to 0.98'
    """
    trials = whole_number("trials", trials, 1)
    successes = whole_number("successes", successes, 0, trials)
    low, high = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    return float(low), float(high)


def mean_interval(values) -> tuple[float, float, float]:
    """The mean and its 95 % interval, (mean, low, high), by Student's t (1908): mean ± t·s/√n.

    values : (n,), one number for each seed, drawn independently. A single one has no interval: low and high are NaN.

    Raises TypeError if they are no numbers, ValueError unless they are at least one finite number.

    >>> mean, low, high = sm.mean_interval([1.0, 2.0, 3.0])
    >>> f"{mean:.1f} ({low:.1f} to {high:.1f})"
    '2.0 (-0.5 to 4.5)'
    """
    values = real_array("values", values)
    if values.ndim != 1 or values.size == 0 or not np.isfinite(values).all():
        raise ValueError("values must be a list of at least one finite number: drop runs that have no result")
    mean = float(values.mean())
    if values.size == 1:
        return mean, np.nan, np.nan
    spread = float(stats.t.ppf(0.975, values.size - 1) * stats.sem(values))
    return mean, mean - spread, mean + spread


def measure_decay(norms, *, below: float = 1e-3) -> pd.DataFrame:
    """How fast gradient norms decay, one row for each seed: `rate`, `half_life` and `span`.

    norms : array or Tensor, (lags,) or (seeds, lags), lag 0 first, as `plot_decay` takes them

    rate : what one more step of lag multiplies the norm by: exp of the slope of a straight line, fitted by least
        squares to the logarithm of the norms. Norms of exactly 0 are left out.
    half_life : the steps in which the norm halves at this rate, log(1/2) / log(rate); infinite from a rate of 1 on
    span : the smallest lag at which the norm is below `below` times the norm at lag 0; NaN if it never is

    Raises TypeError if the norms are no numbers, ValueError if they are not such arrays, or one is negative, infinite
    or NaN, or fewer than two of a seed are above 0, or `below` is not from 0 to 1.

    >>> halving = 0.5 ** torch.arange(20)  # (lags,), lag 0 first
    >>> sm.measure_decay(halving)
       rate  half_life  span
    0   0.5        1.0    10
    """
    below = real_number("below", below, 0, 1)
    values = check_norms("norms", norms)
    if ((values > 0).sum(axis=1) < 2).any() or (values[:, 0] == 0).any():
        raise ValueError("norms must be above 0 at lag 0 and at one more lag at least: no rate can be fitted to zeros")
    return pd.DataFrame([_decay(one, below) for one in values])


def _decay(norms: np.ndarray, below: float) -> dict[str, float]:
    (lags,) = norms.nonzero()
    slope = np.polyfit(lags, np.log(norms[lags]), 1)[0]
    low = np.flatnonzero(norms < below * norms[0])
    half_life = np.log(0.5) / slope if slope < 0 else np.inf
    return {"rate": np.exp(slope), "half_life": half_life, "span": low[0] if low.size else np.nan}


def memory_spans(table: pd.DataFrame, *, threshold: float = 0.9) -> pd.DataFrame:
    """How long each seed remembers: the largest lag up to which it answers with at least this accuracy at every lag
    that was tried, and 0 if it fails at the shortest.

    table : one row for each model, with the columns lag, accuracy, seed, and label if there are several kinds

    Returns the columns label (if there is one), seed and span, in steps.
    Raises TypeError or ValueError if the table does not hold this, or has two rows for one label, lag and seed, or the
    threshold is not from 0 to 1.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"lag": [5, 10, 20], "accuracy": [1.0, 0.95, 0.3], "seed": 0})
    >>> sm.memory_spans(table)
       seed  span
    0     0    10
    """
    check_runs(table)
    threshold = real_number("threshold", threshold, 0, 1)
    keys = [name for name in ("label", "seed") if name in table]
    solved = table.sort_values("lag", kind="stable").assign(solved=lambda rows: rows["accuracy"] >= threshold)
    solved["solved"] = solved.groupby(keys, sort=False)["solved"].cummin()
    solved["span"] = solved["lag"].where(solved["solved"], 0)
    return solved.groupby(keys, sort=False)["span"].max().reset_index()


def check_norms(name: str, norms) -> np.ndarray:
    """Norms as (seeds, lags) in double precision, from an array or a Tensor of that shape or of (lags,).

    Raises TypeError if they are no numbers, ValueError if they have another shape, or one is negative, infinite or NaN.
    """
    values = real_array(name, norms)
    values = values[None] if values.ndim == 1 else values
    if values.ndim != 2 or values.size == 0:
        raise ValueError(f"{name} has shape {np.shape(norms)}: it must be (lags,) or (seeds, lags)")
    if not (np.isfinite(values) & (values >= 0)).all():
        raise ValueError(f"{name} must be finite and not negative: pass norms, and fewer lags if they explode")
    return values


def check_runs(table) -> None:
    """A pandas table of trained models: one row for each lag and seed, and for each label if there are labels.

    Raises TypeError if it is no table or a column is of another kind, ValueError if a column is missing, a label, lag
    or seed has gaps or repeats, or an accuracy is not one.
    """
    check_kind("table", table, pd.DataFrame, "a pandas.DataFrame")
    if not table.columns.is_unique:
        raise ValueError("table has two columns of the same name: drop one")
    missing = [name for name in ("lag", "accuracy", "seed") if name not in table]
    if missing or table.empty:
        raise ValueError(f"table lacks {', '.join(missing) or 'rows'}: it needs the columns lag, accuracy and seed")
    keys = [name for name in ("label", "lag", "seed") if name in table]
    if table[keys].isna().any(axis=None):
        raise ValueError(f"table has gaps in {', '.join(keys)}: fill them, or drop those rows")
    if any(table[name].dtype.kind not in "iuf" for name in ("lag", "accuracy")) or np.isinf(table["lag"]).any():
        raise TypeError("table must have finite numbers in the columns lag and accuracy: convert them")
    if not table[keys].map(lambda value: isinstance(value, str | Real)).all(axis=None):
        raise TypeError(f"table must have numbers or texts in {', '.join(keys)}: convert them")
    if table.duplicated(keys).any():
        raise ValueError(f"table has two rows of the same {', '.join(keys)}: average them, or tell them apart by label")
    if not table["accuracy"].between(0, 1).all():
        raise ValueError("table['accuracy'] must be from 0 to 1: divide percentages by 100, and drop NaN")
