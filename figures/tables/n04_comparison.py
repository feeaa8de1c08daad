"""The long experiments of notebook 04. `make results` runs them; measure.py says how."""

from itertools import product

import pandas as pd

import seqmem_lib as sm
from seqmem_lib.course.n04_comparison.networks import NETWORKS, score, start_network, task_of, train_networks
from seqmem_lib.course.results import RESULTS

MEMORY = ["latch", "temporal order", "adding", "copy"]
DIGITS = ["digits, rows", "digits, pixels", "digits, permuted"]
CELLS = ["RNN", "LSTM", "GRU"]
COUNTERS = [*CELLS, "IRNN"]
LENGTHS = [10, 20, 40, 80]
RATES = [1e-3, 3e-3, 1e-2, 3e-2]
TRAINING = "Adam, 1200 steps of 32 sequences, gradient clipped to a norm of 1, hidden_size 32"
CHOSEN = "lr: chosen from the table tuning"
TUNING_SEEDS = range(1000, 1002)  # not used for anything else
SEEDS = range(10)
TRAINED = {"counting": 40, "parity": 20}  # at this length, and tested at others
TESTED = [20, 40, 80, 160, 320]
RETUNED = [
    ("LSTM", "temporal order", 80),
    ("GRU", "temporal order", 80),
    ("LSTM", "latch", 20),
    ("RNN, orthogonal", "adding", 10),
]
PUBLISHED_STEPS = {"adding": 2300, "temporal order": 980}  # 73,600 and 31,360 sequences
COPY = {"steps": 4000, "batch_size": 32}


def tuning(label: str, contest: str, length: int, lr: float) -> list[dict]:
    """Section 1: a learning rate for each network and task, on seeds and data of their own."""
    models = train_networks(label, contest, length, seeds=TUNING_SEEDS, lr=lr)
    return by_seed(models, TUNING_SEEDS, lambda model: score(model, contest, length, part="validation"))


def spans(label: str, contest: str, length: int, lr: float) -> list[dict]:
    """Sections 2 and 4: ten seeds, with the learning rate that was chosen."""
    models = train_networks(label, contest, length, seeds=SEEDS, lr=lr)
    return by_seed(models, SEEDS, lambda model: score(model, contest, length))


def matched(label: str, contest: str, length: int, lr: float, hidden_size: int) -> list[dict]:
    """Section 2: as many units as give the recurrent layer the parameters of an LSTM of 32."""
    models = train_networks(label, contest, length, seeds=SEEDS, lr=lr, hidden_size=hidden_size)
    return by_seed(models, SEEDS, lambda model: score(model, contest, length))


def curriculum(label: str, contest: str, length: int, lr: float) -> list[dict]:
    """Section 2: the length grows from 10 while the network is trained."""
    models = train_networks(label, contest, length, seeds=SEEDS, lr=lr, growing=True)
    return by_seed(models, SEEDS, lambda model: score(model, contest, length))


def kinds(label: str, contest: str, lr: float) -> list[dict]:
    """Section 4: trained at one length, tested at longer ones."""
    models = train_networks(label, contest, TRAINED[contest], seeds=SEEDS, lr=lr)
    rows = []
    for tested in TESTED:
        rows += by_seed(models, SEEDS, lambda model, length=tested: score(model, contest, length), tested=tested)
    return rows


def winners(label: str, lr: float) -> list[dict]:
    """Section 1: many seeds of a cheap task, to see what one of them would have told."""
    seeds = range(100)
    models = train_networks(label, "digits, rows", 8, seeds=seeds, lr=lr)
    return by_seed(models, seeds, lambda model: score(model, "digits, rows", 8))


def published(label: str, contest: str, length: int, lr: float, steps: int) -> list[dict]:
    """Section 6: two results of Hochreiter & Schmidhuber (1997), with about as many sequences as theirs."""
    models = train_networks(label, contest, length, seeds=SEEDS, lr=lr, steps=steps)
    return by_seed(models, SEEDS, lambda model: score(model, contest, length))


def copy_100(label: str, lr: float, seed: int) -> dict:
    """Section 6: the copy task at a delay of 100, from two starts of the LSTM (Tallec & Ollivier 2018)."""
    model = start_network("LSTM", sm.tasks.copy(delay=100), hidden_size=64, seed=seed)
    if label == "chrono":
        sm.start_chrono(model.rnn, longest=150, seed=seed)
    else:
        sm.start_keeping(model.rnn, 1.0)
    task = sm.tasks.copy(delay=100)
    sm.train(model, task, seed=seed, lr=lr, max_norm=1.0, progress=False, **COPY)
    return {"loss": sm.evaluate(model, task, metric=sm.tasks.loss_of_steps)}


def by_seed(models, seeds, measure, **about) -> list[dict]:
    return [{"seed": seed, **about, "accuracy": measure(model)} for seed, model in zip(seeds, models, strict=True)]


def chosen_rates() -> dict[tuple[str, str], float]:
    """(contest, label) -> the learning rate with the highest mean accuracy in the table `tuning`; of equals, the
    smallest."""
    table = pd.read_csv(RESULTS / "tuning.csv", comment="#")
    means = table.groupby(["contest", "label", "lr"])["accuracy"].mean().reset_index()
    best = means.sort_values(["accuracy", "lr"], ascending=[False, True]).groupby(["contest", "label"]).first()
    rates = best["lr"].to_dict()
    # An order of the pixels that nobody would choose to tune on: the rates of the other.
    pixels = {label: lr for (contest, label), lr in rates.items() if contest == "digits, pixels"}
    return rates | {("digits, permuted", label): lr for label, lr in pixels.items()}


def tuned(contests: list[str], lengths: list[int], labels=tuple(NETWORKS)):
    """The points of a table whose learning rates are chosen: lazy, because the table `tuning` must be there."""
    rates = chosen_rates()
    # The longest first, so that no core waits for the last one.
    for length, contest, label in product(sorted(lengths, reverse=True), contests, labels):
        yield label, contest, length, rates[contest, label]


def same_size(label: str, contest: str) -> int:
    """The units of an RNN or GRU whose layer has as many parameters as an LSTM's of 32, as nearly as possible."""
    inputs = task_of(contest, 40).input_size
    blocks = {"RNN": 1, "IRNN": 1, "GRU": 3}[label.split(",")[0]]

    def parameters(blocks, units):
        return blocks * units * (inputs + units + 2)

    return min(range(1, 100), key=lambda units: abs(parameters(blocks, units) - parameters(4, 32)))


def matched_points():
    for label, contest, length, lr in tuned(MEMORY, [40], ["RNN", "GRU"]):
        yield label, contest, length, lr, same_size(label, contest)


def kinds_points():
    for contest, length in TRAINED.items():
        for label, _, _, lr in tuned([contest], [length], COUNTERS):
            yield label, contest, lr


def winners_points():
    for label, _, _, lr in tuned(["digits, rows"], [8], CELLS):
        yield label, lr


def published_points():
    for label, contest, length, lr in tuned(["adding", "temporal order"], [100], [*CELLS, "LSTM, bias 3"]):
        yield label, contest, length, lr, PUBLISHED_STEPS[contest]


def tuning_points():
    for contest, label, lr in product(MEMORY, NETWORKS, RATES):
        yield label, contest, 40, lr
    for contest, label, lr in product(TRAINED, COUNTERS, RATES):
        yield label, contest, TRAINED[contest], lr
    for (contest, length), label, lr in product((("digits, rows", 8), ("digits, pixels", 64)), NETWORKS, RATES):
        yield label, contest, length, lr


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "tuning": (tuning, tuning_points(), f"{TRAINING}; accuracy: on 1,000 new sequences or 237 validation images"),
    "winners": (winners, winners_points(), f"digits row by row, {TRAINING}; {CHOSEN}; accuracy: on 360 test images"),
    "spans": (spans, tuned(MEMORY, LENGTHS), f"{TRAINING}; {CHOSEN}; accuracy: on 1,000 new sequences"),
    "retuned": (
        spans,
        ((*case, lr) for case, lr in product(RETUNED, RATES)),
        f"{TRAINING}; accuracy: as spans",
    ),
    "matched": (matched, matched_points(), f"{TRAINING.replace(', hidden_size 32', '')}; {CHOSEN}; accuracy: as spans"),
    "curriculum": (
        curriculum,
        tuned(["latch", "temporal order"], [80], CELLS),
        f"growing length, {TRAINING}; {CHOSEN}; accuracy: as spans",
    ),
    "kinds": (kinds, kinds_points(), f"{TRAINING}; trained at length {TRAINED}; {CHOSEN}; accuracy: at length tested"),
    "digits": (spans, tuned(DIGITS, [64]), f"{TRAINING}; {CHOSEN}; accuracy: on 360 test images"),
    "published": (
        published,
        published_points(),
        f"{TRAINING.replace(', 1200 steps', '')}; {CHOSEN}; accuracy: on 1,000 new sequences",
    ),
    "copy_100": (
        copy_100,
        product(["bias 1", "chrono"], [1e-2, 3e-2], SEEDS),
        f"copy, delay 100, LSTM with 64 units, Adam, {COPY}, gradient clipped to a norm of 1; loss: mean "
        "cross-entropy of 1,000 new sequences",
    ),
}
