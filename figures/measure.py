"""Run the long experiments whose tables the notebooks show: `make results`, or `make results ARGS=latch` for one table.
All of them take about four hours on two cores: those of notebook 04 more than a third of that, those of notebooks 05
and 06 half an hour each. An interrupted run goes on where it was."""

import json
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
from seqmem_lib.course.sweep import sweep

MODULES = [n01_rnn, n02_lstm, n03_gru, n04_comparison, n05_layers, n06_reviews, n07_imdb, n08_four_shapes]
MODULES += [n11_training, n11_training_bugs, n16_characters]
EXPERIMENTS = {name: experiment for module in MODULES for name, experiment in module.EXPERIMENTS.items()}


def run(name: str, generator: Generator, **point) -> dict:
    """What a point gave. Every experiment has the seeds that its point names, and leaves the generator alone."""
    sm.use_device("cpu")
    torch.set_num_threads(1)  # one process for each core is faster
    found = EXPERIMENTS[name][0](**point)
    return {"rows": json.dumps(found)} if isinstance(found, list) else found


def tidy(table: pd.DataFrame) -> pd.DataFrame:
    """One row for each seed, where a point trained several at once and gave a list of rows."""
    if "rows" not in table:
        return table
    settings = [name for name in table if name != "rows"]
    rows = [point | row for point in table.to_dict("records") for row in json.loads(point.pop("rows"))]
    return pd.DataFrame(rows).sort_values(settings, kind="stable")


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
            table = tidy(sweep(partial(run, name), points, path=unfinished, executor=pool))
            head = f"# {about}; torch {torch.__version__}\n"
            (RESULTS / f"{name}.csv").write_text(head + table.to_csv(index=False, float_format="%.5f"), "utf-8")
            unfinished.unlink()
            print(f"{name}: {len(table)} rows")


if __name__ == "__main__":
    main()
