"""Run the long experiments whose tables the notebooks show: `make results`, or `make results ARGS=latch` for one table.
All of them take about four hours on two cores: those of notebook 04 more than a third of that, those of notebooks 05
and 06 half an hour each. An interrupted run goes on where it was."""

import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from hashlib import sha256
from inspect import getsourcefile, signature
from pathlib import Path

import pandas as pd
import torch
from torch import Generator

import seqmem_lib as sm
from figures.tables import (
    n01_rnn,
    n02_lstm,
    n03_gru,
    n04_comparison,
    n05_layers,
    n06_reviews,
    n07_imdb,
    n08_four_shapes,
    n11_training,
    n11_training_bugs,
    n16_characters,
)
from seqmem_lib.course.results import RESULTS

MODULES = [n01_rnn, n02_lstm, n03_gru, n04_comparison, n05_layers, n06_reviews, n07_imdb, n08_four_shapes]
MODULES += [n11_training, n11_training_bugs, n16_characters]
EXPERIMENTS = {name: experiment for module in MODULES for name, experiment in module.EXPERIMENTS.items()}


def run(name: str, generator: Generator, **point) -> dict:
    """One row. Every experiment has the seeds that its point names, and leaves the generator alone."""
    sm.use_device("cpu")
    torch.set_num_threads(1)  # one process for each core is faster
    return EXPERIMENTS[name][0](**point)


def tidy(table: pd.DataFrame) -> pd.DataFrame:
    """One row for each seed, where a point trained several at once and returned "seed 0", or "seed 0, tested 20"."""
    columns = [name for name in table if name.startswith("seed ")]
    if not columns:
        return table
    others = [name for name in table if name not in columns]
    table = table.melt(others, columns, "seed", "accuracy").sort_values(others, kind="stable")
    parts = table["seed"].str.extract(r"seed (\d+)(?:, tested (\d+))?").dropna(axis=1).astype(int)
    table = table.assign(seed=parts[0])
    if 1 in parts:
        table.insert(table.columns.get_loc("accuracy"), "tested", parts[1])
    return table


def main() -> None:
    with ProcessPoolExecutor() as pool:
        for name in sys.argv[1:] or list(EXPERIMENTS):
            function, cases, about = EXPERIMENTS[name]
            points = [dict(zip(signature(function).parameters, case, strict=True)) for case in cases]
            # Finished rows are kept until the table is whole, so that an interrupted run goes on where it was. Another
            # state of the file that holds the experiment begins anew.
            source = Path(getsourcefile(function)).read_bytes()
            code = sha256(source + torch.__version__.encode()).hexdigest()[:8]
            unfinished = RESULTS / f"{name}-{code}.unfinished"
            table = tidy(sm.sweep(partial(run, name), points, path=unfinished, executor=pool))
            head = f"# {about}; torch {torch.__version__}\n"
            (RESULTS / f"{name}.csv").write_text(head + table.to_csv(index=False, float_format="%.5f"), "utf-8")
            unfinished.unlink()
            print(f"{name}: {len(table)} rows")


if __name__ == "__main__":
    main()
