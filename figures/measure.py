"""Run the long experiments whose tables the notebooks show: `make results`, or `make results ARGS=latch` for one table.
All of them take about five hours on two cores: those of notebook 04 a third of that, those of notebook 07 an hour and a
half, those of notebook 06 half an hour. An interrupted run goes on where it was.

On a cluster: `make results ARGS="--scheduler=tcp://host:8786"`, with the address of a dask scheduler."""

import json
from argparse import ArgumentParser
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial, update_wrapper
from inspect import signature
from pathlib import Path

import pandas as pd
import torch
from torch import Generator

import seqmem_lib as sm
from figures.tables import (
    n01_rnn,
    n02_lstm,
    n03_but,
    n03_gru,
    n03_gru_together,
    n04_comparison,
    n04_comparison_kinds,
    n05_layers,
    n06_pitfalls,
    n06_reviews,
    n07_imdb,
    n07_imdb_popular,
    n08_decoding,
    n08_four_shapes,
    n09_attention,
    n09_looking_back,
    n10_forecasting,
    n10_leaks,
    n11_training,
    n12_bugs,
    n12_bugs_training,
    n13_explosion,
    n14_fixed,
    n14_inside,
    n15_tales,
    n16_characters,
    n17_pairs,
    n17_scans,
)
from seqmem_lib.course.results import RESULTS
from seqmem_lib.course.sweep import fingerprint, sweep

MODULES = [n01_rnn, n02_lstm, n03_gru, n03_gru_together, n03_but, n04_comparison, n04_comparison_kinds]
MODULES += [n05_layers, n06_reviews, n06_pitfalls, n07_imdb, n07_imdb_popular, n08_four_shapes, n08_decoding]
MODULES += [n09_looking_back, n09_attention, n10_forecasting, n10_leaks]
MODULES += [n11_training, n12_bugs, n12_bugs_training, n13_explosion, n14_inside, n14_fixed]
MODULES += [n15_tales, n16_characters, n17_scans, n17_pairs]
EXPERIMENTS = {
    name: (function, [*cases], about)  # where cases are drawn they come from a generator, which gives them once
    for module in MODULES
    for name, (function, cases, about) in module.EXPERIMENTS.items()
}


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


def points_of(name: str) -> list[dict]:
    """The settings of each point of a table, by the parameters of its function."""
    function, cases, _ = EXPERIMENTS[name]
    return [dict(zip(signature(function).parameters, case, strict=True)) for case in cases]


def measure(name: str, points: list[dict], executor: Executor, path: Path | None = None) -> pd.DataFrame:
    # Workers import the function. As that of a program it would have no name that they know.
    from figures.measure import run as imported

    function = update_wrapper(partial(imported, name), EXPERIMENTS[name][0])  # whose state the path belongs to
    return tidy(sweep(function, points, path=path, executor=executor))


def workers(scheduler: str | None) -> Executor:
    """A process for each core of this machine, or the cluster of a dask scheduler, "tcp://host:port", whose workers run
    in a checkout of the same commit."""
    if scheduler is None:
        return ProcessPoolExecutor()
    from distributed import Client  # comes with what the tests need

    return Client(scheduler).get_executor()


def write_table(path: Path, about: str, table: pd.DataFrame) -> None:
    """The same bytes on every system: Windows would end its lines twice, with \\r\\r\\n."""
    rows = table.to_csv(index=False, float_format="%.5f", lineterminator="\n")
    path.write_text(f"# {about}\n{rows}", "utf-8", newline="\n")


def main() -> None:
    parser = ArgumentParser(prog="make results", description="Run the long experiments of the notebooks.")
    parser.add_argument("tables", nargs="*", metavar="table", help="all if omitted")
    parser.add_argument("--scheduler", help="the address of a dask scheduler, such as tcp://127.0.0.1:8786")
    asked = parser.parse_args()
    if unknown := set(asked.tables) - set(EXPERIMENTS):
        parser.error(f"no table {', '.join(sorted(unknown))}: there are {', '.join(EXPERIMENTS)}")
    with workers(asked.scheduler) as pool:
        for name in asked.tables or EXPERIMENTS:
            function, _, about = EXPERIMENTS[name]
            # Finished rows are kept until the table is whole, so that an interrupted run goes on where it was. Another
            # state of the file that holds the experiment begins anew, in a file of its own.
            unfinished = RESULTS / f"{name}-{fingerprint(function)}.unfinished"
            table = measure(name, points_of(name), pool, unfinished)
            write_table(RESULTS / f"{name}.csv", f"{about}; torch {torch.__version__}", table)
            unfinished.unlink()
            print(f"{name}: {len(table)} rows")


if __name__ == "__main__":
    main()
