"""The long experiments of notebook 10. `make results` runs them; measure.py says how.

Three words: the *origin* is the last time step that a forecast may know; the *window* is the time steps up to it that
a model reads; *ahead* is how far after the origin the forecast lies.
"""

from functools import partial
from itertools import product
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import mse_loss

import seqmem_lib as sm
from seqmem_lib.course.n10_forecasting.series import economy, sunspots

SEEDS = range(10)
ADAM = {"hidden_size": 16, "batch_size": 32, "lr": 5e-3}
COUNTS = {"steps": 100}  # updates; twice and four times as many are measured too
LAYERS = {"LSTM": nn.LSTM, "GRU": nn.GRU}


class Plan(NamedTuple):
    """A rolling origin: fit to all time steps up to `first`, forecast from the next `every` origins; move on; refit."""

    first: int
    every: int
    blocks: int


class Series(NamedTuple):
    """seq, ahead: time steps that are read and that are forecast; choice: the plan of the years before the test."""

    seq: int
    ahead: int
    test: Plan
    choice: Plan


# Sunspots: origins 1899 to 1998. Unemployment: the origins of 24 years. Nothing of a test is in a choice.
SERIES = {
    "sunspots": Series(seq=30, ahead=10, test=Plan(199, 10, 10), choice=Plan(159, 30, 1)),
    "unemployment": Series(seq=12, ahead=8, test=Plan(98, 8, 12), choice=Plan(66, 24, 1)),
}


def values_of(series: str, reads: str) -> Tensor:
    """(time, feature), what is forecast first."""
    if series == "sunspots":
        return sunspots()[1][:, None]
    values = economy()[1]
    return values if reads == "all four" else values[:, :1]


def windows(series: Tensor, seq: int, ahead: int) -> tuple[Tensor, Tensor]:
    """Every window of a series, (time, feature): x, (windows, seq, feature), and what came after it, y, (windows,
    ahead), of the first feature."""
    count = len(series) - seq - ahead + 1
    x = torch.stack([series[k : k + seq] for k in range(count)])
    y = torch.stack([series[k + seq : k + seq + ahead, 0] for k in range(count)])
    return x, y


def scaling(known: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each feature of what is known, (time, feature)."""
    return known.mean(dim=0), known.std(dim=0)


def last_step(output: Tensor, y: Tensor) -> Tensor:
    return mse_loss(output[:, -1], y)


def draw(batch_size: int, *, x: Tensor, y: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    chosen = torch.randint(len(x), (batch_size,), generator=generator)
    return x[chosen], y[chosen]


def fit(
    layer: str, data: list[tuple[Tensor, Tensor]], seeds: list[int], updates: int, lr: float = ADAM["lr"]
) -> list[sm.SequenceModel]:
    """A network for each pair of x and y and each seed."""
    features, ahead = data[0][0].shape[-1], data[0][1].shape[-1]
    sizes = {"hidden_size": ADAM["hidden_size"]}
    models = [sm.SequenceModel(LAYERS[layer], (features, ahead), seed=seed, **sizes) for seed in seeds]
    tasks = [partial(draw, x=x, y=y) for x, y in data]
    options = {"batch_size": ADAM["batch_size"], "lr": lr, "loss_function": last_step, "progress": False}
    sm.train_together(models, tasks, seeds=seeds, steps=updates, **options)
    return models


def say(model: sm.SequenceModel, x: Tensor, ahead: int) -> Tensor:
    """Forecasts, (windows, ahead). A model of one output reads its own forecasts as if they had come."""
    said = model(x)[:, -1]
    while said.shape[1] < ahead:
        x = torch.cat([x[:, 1:], said[:, -1:, None]], dim=1)
        said = torch.cat([said, model(x)[:, -1]], dim=1)
    return said


def forecasts(series: str, layer: str, how: str, reads: str, plan: Plan, updates: int, seeds=SEEDS) -> dict:
    """block, refit -> forecasts of its origins, (seeds, origins, ahead), and what came, (origins, ahead), as they were
    counted. how: direct, fed back, or direct, as the change since the origin."""
    values, (seq, ahead, *_) = values_of(series, reads), SERIES[series]
    ends = [plan.first + 1 + block * plan.every for block in range(plan.blocks)]
    scales = [scaling(values[:end]) for end in ends]
    data = []
    for end, (mean, std) in zip(ends, scales, strict=True):
        x, y = windows(((values[:end] - mean) / std).float(), seq, 1 if how == "fed back" else ahead)
        data += len(seeds) * [(x, y - x[:, -1, :1] if how == "change" else y)]
    models = fit(layer, data, len(ends) * list(seeds), updates)
    found = {}
    for block, end in enumerate(ends):
        # The origins end - 1 to end + every - 2: a window ends there, and `ahead` time steps come after it.
        seen = values[end - seq : end + plan.every - 1 + ahead]
        for refit, used in {"every block": block, "never": 0}.items():
            mean, std = scales[used]
            x, came = windows(((seen - mean) / std).float(), seq, ahead)
            with torch.no_grad():
                own = models[used * len(seeds) : (used + 1) * len(seeds)]
                said = torch.stack([say(model, x, ahead) for model in own])
            said = said + x[:, -1, :1] if how == "change" else said
            found[block, refit] = said * std[0] + mean[0], came * std[0] + mean[0]
    return found


def rolling(series: str, layer: str, how: str, reads: str, part: str) -> list[dict]:
    """Notebook 10, sections 4 to 6: mean absolute errors by block and by years or quarters ahead, means of ten seeds.

    Said before it was measured, with the line (autoregression by least squares, its lags chosen on the same years as
    the updates of the networks) as the rival. Sunspots: one year ahead LSTM, GRU and the line differ by less than 5 %;
    ten years ahead, direct, the line is better than both; fed back, the networks are worse ten years ahead than direct;
    with refits they are better than without. Unemployment: no network that says the level is better than the last
    value at one quarter; those that say the change are better than those that say the level; to read all four series
    does not help the networks. Rule: the difference of the mean absolute errors, paired by block after the mean over
    seeds, and its 95 % interval by Student's t over the blocks; one is better only if the interval lies beside 0.
    """
    plan = getattr(SERIES[series], part)
    rows = []
    for updates in (COUNTS["steps"], 2 * COUNTS["steps"], 4 * COUNTS["steps"]):
        for (block, refit), (said, came) in forecasts(series, layer, how, reads, plan, updates).items():
            if part == "choice" and refit == "never":
                continue
            errors = (said - came).abs().mean(dim=1)  # (seeds, ahead)
            spread = errors.mean(dim=1).std().item()
            ahead = {f"ahead_{k}": error for k, error in enumerate(errors.mean(dim=0).tolist(), start=1)}
            rows.append({"updates": updates, "refit": refit, "block": block, "spread": spread} | ahead)
    return rows


def paths(layer: str, how: str) -> list[dict]:
    """Notebook 10, section 5: what the network of seed 0 said from each origin, to be looked at."""
    plan, (years, _) = SERIES["sunspots"].test, sunspots()
    found = forecasts("sunspots", layer, how, "one", plan, COUNTS["steps"], seeds=[0])
    rows = []
    for block in range(plan.blocks):
        said, _ = found[block, "every block"]
        for k, row in enumerate(said[0].tolist()):
            year = int(years[plan.first + block * plan.every + k])
            rows.append({"origin": year} | {f"ahead_{n}": value for n, value in enumerate(row, start=1)})
    return rows


SUNSPOTS = [("sunspots", layer, how, "one") for layer, how in product(LAYERS, ["direct", "fed back"])]
ECONOMY = [
    ("unemployment", layer, how, reads)
    for layer, how, reads in product(LAYERS, ["direct", "change"], ["one", "all four"])
]

# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "rolling": (
        rolling,
        [(*point, part) for point in SUNSPOTS + ECONOMY for part in ("choice", "test")],
        f"{ADAM}, Adam, means of the seeds 0 to 9; ahead_n: mean absolute error n years or quarters ahead over the "
        "origins of a block; spread: standard deviation over seeds of the mean of all ahead; networks fitted to all "
        "that came before the block, or before the first one (refit: never); plans: "
        + "; ".join(f"{name} {one.test}, choice {one.choice}" for name, one in SERIES.items()),
    ),
    "paths": (
        paths,
        product(LAYERS, ["direct", "fed back"]),
        f"sunspots, forecasts from the origins 1899 to 1998, refitted every ten years, {ADAM}, Adam, 100 updates, seed "
        "0",
    ),
}
