"""Experiments of notebook 10 about forecasts that only look good. `make results` runs them; measure.py says how."""

from itertools import product

import torch
from torch import Generator

from figures.tables.n10_forecasting import ADAM, COUNTS, SEEDS, SERIES, fit, scaling, values_of, windows
from seqmem_lib.course.n10_forecasting.series import economy, sunspots


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
    """Notebook 10, section 1: an LSTM that forecasts a random walk one step ahead. Seen in a trial before."""
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


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "promises": (
        promises,
        product(["in time", "shuffled"]),
        f"sunspots, nn.LSTM, ten years ahead, {ADAM}, Adam, seeds 0 to 9; mean absolute error of a quarter of the "
        "windows before 1930 (promised), and of the origins 1929 to 1998 (came)",
    ),
    "scalers": (
        scalers,
        product(["sunspots", "GDP"], ["training part", "all"]),
        f"LSTM, one time step ahead, 12 read, {ADAM}, Adam, 400 updates, seeds 0 to 9; min and max of the training "
        "part or of all; error: mean absolute, of the last quarter of the series, in spots or billions of dollars",
    ),
    "walks": (
        walks,
        [(10,)],
        f"random walks of 600 steps, nn.LSTM, one step ahead, {ADAM} but a rate of 0.01, Adam, 400 updates on "
        "the first 400, a walk for each of the seeds 0 to 9; over the last 200: correlations of the forecast with the "
        "truth and with the value before, and mean absolute error over that of the last value",
    ),
}
