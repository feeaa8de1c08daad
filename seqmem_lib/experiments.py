"""What it takes to compare: many seeds, an interval around every result, and tables of what was measured."""

from math import sqrt
from pathlib import Path

import pandas as pd
import torch

from .trace import Trace

RESULTS = Path(__file__).parent.parent / "figures" / "results"


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


def gate_means(trace: Trace) -> pd.DataFrame:
    """The mean of i, f and o at each kind of step of `store_and_recall`: rows write, hold and read.

    trace : of an LSTM that read x, (batch, seq, 3). A hold is a step without a mark, after the first write.

    Raises ValueError if the trace is of something else.
    """
    if trace.kind != "LSTM" or trace.x.shape[-1] != 3:
        raise ValueError("trace must be of an LSTM that read store_and_recall, whose x has 3 features")
    real = torch.arange(trace.x.shape[1]) < torch.tensor(trace.lengths)[:, None]
    write, read = trace.x[..., 1] > 0, trace.x[..., 2] > 0
    hold = real & ~write & ~read & (write.cumsum(dim=1) > 0)
    kinds = {"write": write, "hold": hold, "read": read}
    means = [[getattr(trace, gate)[at].mean().item() for gate in "ifo"] for at in kinds.values()]
    return pd.DataFrame(means, index=list(kinds), columns=list("ifo"))


def load_results(name: str) -> pd.DataFrame:
    """A table of figures/results, measured beforehand by `make results`; its first lines say how.

    Raises FileNotFoundError if there is no such table.
    """
    path = RESULTS / f"{name}.csv"
    if not path.exists():
        known = ", ".join(sorted(repr(file.stem) for file in RESULTS.glob("*.csv")))
        raise FileNotFoundError(f"name={name!r} is not a table of figures/results, which holds {known or 'none'}")
    return pd.read_csv(path, comment="#")
