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
    """Notebook 10, sections 4 to 6: mean absolute errors by block, seed and years or quarters ahead.

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
            errors = (said - came).abs().mean(dim=1)
            for seed, row in enumerate(errors.tolist()):
                ahead = {f"ahead_{k}": error for k, error in enumerate(row, start=1)}
                rows.append({"updates": updates, "refit": refit, "block": block, "seed": seed} | ahead)
    return rows


def paths(layer: str, how: str, updates: int) -> list[dict]:
    """Notebook 10, section 5: what the networks of seed 0 said from each origin, to be looked at."""
    rows = []
    found = forecasts("sunspots", layer, how, "one", SERIES["sunspots"].test, updates, seeds=[0])
    for block in range(SERIES["sunspots"].test.blocks):
        first = SERIES["sunspots"].test.first + block * SERIES["sunspots"].test.every
        for k, row in enumerate(found[block, "every block"][0][0].tolist()):
            year = int(sunspots()[0][first + k])
            rows.append({"origin": year} | {f"ahead_{n}": said for n, said in enumerate(row, start=1)})
    return rows


def promises(split: str) -> list[dict]:
    """Notebook 10, section 3: what a validation part promised, and what came.

    The windows of the sunspots before 1930 are split into three quarters for training and one for validation, in time
    or shuffled; forecasts of ten years; then the same networks forecast from the origins 1929 to 1998. Said before it
    was measured: shuffled, the promise is less than half of the error that came, and in time it is nearer to it. Rule:
    the ratio promise / came, mean and 95 % interval over ten seeds; "promises too much" if the interval is below 1.
    """
    values, (seq, ahead, *_) = values_of("sunspots", "one"), SERIES["sunspots"]
    known = 230  # the years 1700 to 1929
    mean, std = scaling(values[:known])
    z = ((values - mean) / std).float()
    x, y = windows(z[:known], seq, ahead)
    x_new, y_new = windows(z[known - seq :], seq, ahead)
    train = 3 * len(x) // 4
    orders = [torch.arange(len(x)) for _ in SEEDS]
    if split == "shuffled":
        orders = [torch.randperm(len(x), generator=Generator().manual_seed(seed)) for seed in SEEDS]
    rows = []
    for updates in (COUNTS["steps"], 4 * COUNTS["steps"], 16 * COUNTS["steps"]):
        models = fit("LSTM", [(x[order[:train]], y[order[:train]]) for order in orders], list(SEEDS), updates)
        for seed, (model, order) in enumerate(zip(models, orders, strict=True)):
            with torch.no_grad():
                promised = (model(x[order[train:]])[:, -1] - y[order[train:]]).abs().mean() * std[0]
                came = (model(x_new)[:, -1] - y_new).abs().mean() * std[0]
            rows.append({"updates": updates, "seed": seed, "promised": promised.item(), "came": came.item()})
    return rows


def scalers(series: str, scaler: str) -> list[dict]:
    """Notebook 10, section 3: an LSTM, one time step ahead, whose scaler (to 0 and 1, as min and max) has seen the
    training part, or all. GDP: the product of the United States, which grows.

    Said before it was measured: with all, the error in the test part seems smaller for GDP, by a third or more; for
    the sunspots it does not differ. Rule: the difference paired by seed, and its 95 % interval.
    """
    values = sunspots()[1][:, None] if series == "sunspots" else economy()[2][:, None]
    seq, known = 12, 3 * len(values) // 4
    seen = values[:known] if scaler == "training part" else values
    low, high = seen.min(), seen.max()
    z = ((values - low) / (high - low)).float()
    models = fit("LSTM", len(SEEDS) * [windows(z[:known], seq, 1)], list(SEEDS), 4 * COUNTS["steps"])
    x, y = windows(z[known - seq :], seq, 1)
    with torch.no_grad():
        errors = [((model(x)[:, -1] - y).abs().mean() * (high - low)).item() for model in models]
    return [{"seed": seed, "error": error} for seed, error in enumerate(errors)]


def walks(seq: int) -> list[dict]:
    """Notebook 10, section 1: an LSTM that forecasts a random walk one step ahead; ten walks. Seen in a trial before."""
    steps = torch.randn(10, 600, generator=Generator().manual_seed(0), dtype=torch.float64)
    known, series = 400, steps.cumsum(dim=1)[..., None]
    z = torch.stack([(one - one[:known].mean()) / one[:known].std() for one in series]).float()
    data = [windows(one[:known], seq, 1) for one in z]
    models = fit("LSTM", data, list(SEEDS), 4 * COUNTS["steps"], lr=1e-2)
    rows = []
    for seed, (model, one) in enumerate(zip(models, z, strict=True)):
        x, came = windows(one[known - seq :], seq, 1)
        with torch.no_grad():
            said, came, before = model(x)[:, -1, 0], came[:, 0], x[:, -1, 0]
        like = {"with_truth": torch.stack([said, came]), "with_before": torch.stack([said, before])}
        row = {name: torch.corrcoef(pair)[0, 1].item() for name, pair in like.items()}
        ratio = (said - came).abs().mean() / (before - came).abs().mean()
        rows.append({"seed": seed} | row | {"relative_error": ratio.item()})
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
        f"{ADAM}, Adam, seeds 0 to 9; ahead_n: mean absolute error n years or quarters ahead over the origins of a "
        "block, networks fitted to all that came before the block, or before the first one (refit: never); plans: "
        + "; ".join(f"{name} {one.test}, choice {one.choice}" for name, one in SERIES.items()),
    ),
    "promises": (
        promises,
        product(["in time", "shuffled"]),
        f"sunspots, nn.LSTM, ten years ahead, {ADAM}, Adam, seeds 0 to 9; mean absolute error of a quarter of the "
        "windows before 1930 (promised), and of the origins 1929 to 1998 (came)",
    ),
    "scalers": (
        scalers,
        product(["sunspots", "GDP"], ["training part", "all"]),
        f"LSTM, one time step ahead, 12 read, {ADAM}, Adam, 400 updates, seeds 0 to 9; min and max of the training part "
        "or of all; error: mean absolute, of the last quarter of the series, in spots or billions of dollars of 2005",
    ),
    "walks": (
        walks,
        [(10,)],
        f"random walks of 600 steps, nn.LSTM, one step ahead, 10 read, {ADAM} but a rate of 0.01, Adam, 400 updates on "
        "the first 400, a walk for each of the seeds 0 to 9; over the last 200: correlations of the forecast with the "
        "truth and with the value before, and mean absolute error over that of the last value",
    ),
}
