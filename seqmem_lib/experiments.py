"""What was measured: summaries of a run, and tables of many runs."""

from pathlib import Path

import pandas as pd
import torch

from .trace import Trace

RESULTS = Path(__file__).parent.parent / "figures" / "results"


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
