"""The long experiments of notebook 04. `make results` runs them; measure.py says how."""

from itertools import product
from pathlib import Path

import pandas as pd

from seqmem_lib.comparison import NETWORKS, score, train_networks

MEMORY = ["latch", "temporal order", "adding", "copy"]
LENGTHS = [10, 20, 40, 80]
RATES = [1e-3, 3e-3, 1e-2, 3e-2]
TRAINING = "Adam, 1200 steps of 32 sequences, gradient clipped to a norm of 1, hidden_size 32"
TUNING_SEEDS = range(1000, 1002)  # not used for anything else
SEEDS = range(10)


def _scores(label: str, contest: str, length: int, seeds, **options) -> dict:
    models = train_networks(label, contest, length, seeds=seeds, **options)
    return {f"seed {seed}": score(model, contest, length) for seed, model in zip(seeds, models, strict=True)}


def tuning(label: str, contest: str, length: int, lr: float) -> dict:
    """Section 1: a learning rate for each network and task, on seeds of their own."""
    return _scores(label, contest, length, TUNING_SEEDS, lr=lr)


def spans(label: str, contest: str, length: int, lr: float) -> dict:
    """Section 2: accuracy against length, with the learning rate that was chosen."""
    return _scores(label, contest, length, SEEDS, lr=lr)


def chosen_rates() -> dict[tuple[str, str], float]:
    """(contest, label) -> the learning rate with the highest mean accuracy in the table `tuning`; of equals, the
    largest."""
    table = pd.read_csv(Path(__file__).parent / "results" / "tuning.csv", comment="#")
    means = table.groupby(["contest", "label", "lr"])["accuracy"].mean().reset_index()
    best = means.sort_values(["accuracy", "lr"]).groupby(["contest", "label"]).last()
    return best["lr"].to_dict()


def tuned(contests: list[str], lengths: list[int]):
    """The cases of a table whose learning rates are chosen: lazy, because the table `tuning` must be there."""
    rates = chosen_rates()
    # The longest first, so that no core waits for the last one.
    for length, contest, label in product(sorted(lengths, reverse=True), contests, NETWORKS):
        yield label, contest, length, rates[contest, label]


EXPERIMENTS = {
    "tuning": (
        tuning,
        ((label, contest, 40, lr) for contest, label, lr in product(MEMORY, NETWORKS, RATES)),
        f"{TRAINING}; accuracy: on 1,000 new sequences of the same length",
    ),
    "spans": (
        spans,
        tuned(MEMORY, LENGTHS),
        f"{TRAINING}; lr: chosen from the table tuning; accuracy: on 1,000 new sequences of the same length",
    ),
}
