"""The gates of an LSTM that stores and recalls, on average at each kind of step."""

import pandas as pd
import torch

from ...arguments import check_kind
from ...trace import Trace


def gate_means(trace: Trace) -> pd.DataFrame:
    """The mean of i, f and o at each kind of step of `store_and_recall`: rows write, hold and read.

    trace : of an LSTM that read x, (batch, seq, 3). A hold is a step without a mark, after the first write.

    Raises TypeError if it is no trace, ValueError if it is of something else.
    """
    check_kind("trace", trace, Trace, "what record returned")
    if trace.kind != "LSTM" or trace.x.shape[-1] != 3:
        raise ValueError("trace must be of an LSTM that read store_and_recall, whose x has 3 features")
    real = torch.arange(trace.x.shape[1]) < torch.tensor(trace.lengths)[:, None]
    write, read = trace.x[..., 1] > 0, trace.x[..., 2] > 0
    hold = real & ~write & ~read & (write.cumsum(dim=1) > 0)
    kinds = {"write": write, "hold": hold, "read": read}
    means = [[getattr(trace, gate)[at].mean().item() for gate in "ifo"] for at in kinds.values()]
    return pd.DataFrame(means, index=list(kinds), columns=list("ifo"))
