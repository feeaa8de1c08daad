"""What was measured: summaries of a run, and tables of many runs."""

import json
from pathlib import Path

import pandas as pd
import torch
from safetensors import safe_open
from torch import nn

from ...arguments import check_kind, check_runs, check_text, real_number
from ...texts.classifier import SequenceClassifier, read_mean
from ...texts.vocabulary import Vocabulary
from ...trace import Trace

RESULTS = Path(__file__).parent


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


def memory_spans(table: pd.DataFrame, *, threshold: float = 0.9) -> pd.DataFrame:
    """How long each seed remembers: the largest lag up to which it answers with at least this accuracy at every lag
    that was tried, and 0 if it fails at the shortest.

    table : one row for each model, with the columns lag, accuracy, seed, and label if there are several kinds

    Returns the columns label (if there is one), seed and span, in steps.
    Raises TypeError or ValueError if the table does not hold this, or has two rows for one label, lag and seed, or the
    threshold is not from 0 to 1.
    """
    check_runs(table)
    threshold = real_number("threshold", threshold, 0, 1)
    keys = [name for name in ("label", "seed") if name in table]
    solved = table.sort_values("lag", kind="stable").assign(solved=lambda rows: rows["accuracy"] >= threshold)
    solved["solved"] = solved.groupby(keys, sort=False)["solved"].cummin()
    solved["span"] = solved["lag"].where(solved["solved"], 0)
    return solved.groupby(keys, sort=False)["span"].max().reset_index()


def load_results(name: str) -> pd.DataFrame:
    """A table of this folder, measured beforehand by `make results`; its first lines say how.

    Raises FileNotFoundError if there is no such table, TypeError if name is no text.
    """
    known = {file.stem: file for file in sorted(RESULTS.glob("*.csv"))}
    if check_text("name", name) not in known:
        names = ", ".join(map(repr, known)) or "none"
        raise FileNotFoundError(f"name={name!r} is not one of the tables, which are {names}")
    return pd.read_csv(known[name], comment="#")


def load_reader() -> tuple[SequenceClassifier, Vocabulary]:
    """A small classifier of film reviews that `make results` trained on IMDB (Maas et al. 2011), and its vocabulary of
    8,000 words: an LSTM of 32 units, and a readout of the mean of its output, `read_mean`. Class 1 is positive. The
    weights were stored in half precision. imdb_reader.csv says how good it is.
    """
    with safe_open(RESULTS / "imdb_reader.safetensors", framework="pt") as file:
        vocabulary = Vocabulary.of(json.loads(file.metadata()["words"]))
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    model = SequenceClassifier(nn.LSTM, len(vocabulary), read=read_mean, seed=0)
    model.load_state_dict(weights)
    return model.eval(), vocabulary
