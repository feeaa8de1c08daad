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
import tables_comparison
import tables_gru
import tables_imdb
import tables_layers
import tables_lstm
import tables_museum
import tables_reviews
import tables_rnn
import tables_shapes
import tables_stories
import tables_training
import torch
from torch import Generator

import seqmem_lib as sm

RESULTS = Path(__file__).parent / "results"
EXPERIMENTS = tables_rnn.EXPERIMENTS | tables_lstm.EXPERIMENTS | tables_gru.EXPERIMENTS | tables_comparison.EXPERIMENTS
EXPERIMENTS |= tables_reviews.EXPERIMENTS | tables_imdb.EXPERIMENTS
EXPERIMENTS |= tables_shapes.EXPERIMENTS
EXPERIMENTS |= tables_layers.EXPERIMENTS
EXPERIMENTS |= tables_training.EXPERIMENTS
EXPERIMENTS |= tables_museum.EXPERIMENTS
EXPERIMENTS |= tables_stories.EXPERIMENTS


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


def write_table(path: Path, about: str, table: pd.DataFrame) -> None:
    """The same bytes on every system: Windows would end its lines twice, with \\r\\r\\n."""
    rows = table.to_csv(index=False, float_format="%.5f", lineterminator="\n")
    path.write_text(f"# {about}\n{rows}", "utf-8", newline="\n")


def main() -> None:
    RESULTS.mkdir(exist_ok=True)
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
            write_table(RESULTS / f"{name}.csv", f"{about}; torch {torch.__version__}", table)
            unfinished.unlink()
            print(f"{name}: {len(table)} rows")


if __name__ == "__main__":
    main()
