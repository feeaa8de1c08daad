"""Run the long experiments whose tables the notebooks show: `make results`. About six minutes on two cores."""

from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path

import pandas as pd
import torch
from torch import Generator, nn

import seqmem_lib as sm

RESULTS = Path(__file__).parent / "results"
SEEDS = range(100)
SETTINGS = {"steps": 1500, "batch_size": 64, "lr": 2e-2}


def store_and_recall(case: tuple[int, int]) -> dict:
    """Notebook 02, section 6: one training of an LSTM, from one start."""
    hidden_size, seed = case
    sm.use_device("cpu")
    model = sm.SequenceModel(nn.LSTM, 3, hidden_size, 1, seed=seed)
    sm.train(model, sm.store_and_recall, seed=seed, progress=False, **SETTINGS)
    error = sm.evaluate(model, sm.store_and_recall, batch_size=500, metric=sm.error_at_reads)
    row = {"hidden_size": hidden_size, "seed": seed, "error": error}
    if hidden_size == 1:  # the mean over several units, which may do different things, would tell nothing
        x, _ = sm.store_and_recall(500, generator=Generator().manual_seed(1_000_001))
        means = sm.gate_means(sm.record(model.rnn, x))
        row |= {f"{gate}_{kind}": means.loc[kind, gate] for kind in means.index for gate in means.columns}
    return row


def main() -> None:
    RESULTS.mkdir(exist_ok=True)
    with ProcessPoolExecutor() as pool:
        rows = pool.map(store_and_recall, product([1, 2], SEEDS))
        table = pd.DataFrame(rows)
    about = f"# store_and_recall, nn.LSTM, {SETTINGS}, torch {torch.__version__}; error: mean square at the reads\n"
    (RESULTS / "store_and_recall.csv").write_text(about + table.to_csv(index=False, float_format="%.5f"), "utf-8")


if __name__ == "__main__":
    main()
