"""The long experiments of notebook 03. `make results` runs them; measure.py says how."""

import platform
import warnings
from itertools import product
from pathlib import Path
from statistics import median
from time import process_time

import torch
from torch import Generator, nn

import seqmem_lib as sm
from figures.tables.n01_rnn import LAGS, LATCH
from figures.tables.n02_lstm import FORGET_BIAS, STARTS, STORE_AND_RECALL, error_elsewhere, stored, trained

SPEED = {"batch_size": 32, "repetitions": 5}


def update_bias(label: str, lag: int, seed: int) -> dict:
    """Notebook 03, section 5: as forget_bias, for a GRU and its update gate."""
    model = trained(nn.GRU, label, lag, seed)
    accuracy = sm.evaluate(model, sm.tasks.latch(lag=lag))
    return {"label": label, "lag": lag, "seed": seed, "accuracy": accuracy}


def must_show(label: str, loss: str, hidden_size: int, seed: int) -> dict:
    """Notebook 03, section 3: how many units store_and_recall needs, if the memory must be hidden and if not."""
    error, model = stored(label, loss, hidden_size, seed)
    row = {"label": label, "loss": loss, "hidden_size": hidden_size, "seed": seed, "error": error}
    return row | {"elsewhere": sm.evaluate(model, sm.tasks.store_and_recall(), batch_size=500, metric=error_elsewhere)}


def gate_pairs(seed: int) -> dict:
    """Notebook 03, section 4: an LSTM and a GRU of one unit each read the same sequences. How do their gates correlate,
    over all steps after the first write?"""
    x, _ = sm.tasks.store_and_recall()(500, generator=Generator().manual_seed(1_000_001))
    real = x[..., 1].cumsum(dim=1) > 0
    row, gates = {"seed": seed}, {}
    for label in ("LSTM", "GRU"):
        row[label], model = stored(label, "at the reads", 1, seed)
        trace = sm.record(model.rnn, x)
        gates |= {name: trace.values[name][..., 0][real] for name in ("ifo" if label == "LSTM" else "rz")}
    pairs = product("ifo", "rz")
    return row | {a + b: torch.corrcoef(torch.stack([gates[a], gates[b]]))[0, 1].item() for a, b in pairs}


def speed(run: int, hidden_size: int, seq: int, onednn: bool) -> dict:
    """Notebook 03, section 8: the median time of a training step, forward and backward, of each layer, in ms. They take
    turns, so that their ratios can be compared, and it is the processor's time, which does not count what other
    programs take; they share its caches and memory all the same. Everything is measured three times, minutes apart.
    Faster or slower is said of a size if all three ratios are on one side of 1."""
    layers = {kind.__name__: kind(hidden_size, hidden_size, batch_first=True) for kind in (nn.RNN, nn.LSTM, nn.GRU)}
    x = torch.randn(SPEED["batch_size"], seq, hidden_size)
    times = {name: [] for name in layers}
    with warnings.catch_warnings(action="ignore"), torch.backends.mkldnn.flags(enabled=onednn):
        for _ in range(SPEED["repetitions"] + 1):
            for name, layer in layers.items():
                start = process_time()
                layer(x)[0].sum().backward()
                times[name].append(1000 * (process_time() - start))
    medians = {name: median(values[1:]) for name, values in times.items()}  # the first round warms up
    return {"run": run, "hidden_size": hidden_size, "seq": seq, "onednn": onednn} | medians


def reset_place(seed: int) -> dict:
    """Notebook 03, section 2: a trained GRU, and its weights in the form with the reset before the product."""
    error, model = stored("GRU", "everywhere", 4, seed)
    published = sm.GRUCell(3, 4, reset_after=False)
    published.load_state_dict(sm.cell_from(model.rnn).state_dict())
    x, y = sm.tasks.store_and_recall()(500, generator=Generator().manual_seed(1_000_000))
    with torch.no_grad():
        transplanted = sm.tasks.error_at_reads(model.readout(sm.record(published, x).h), y)
    return {"seed": seed, "error": error, "transplanted": transplanted.item()}


def machine() -> str:
    """The processor, as Linux names it, or the architecture."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.machine())


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "must_show": (
        must_show,
        product(["LSTM", "GRU"], ["everywhere", "at the reads"], [1, 2, 3, 4], range(20)),
        f"store_and_recall, {STORE_AND_RECALL}; loss: at which steps; error: mean square at the reads; "
        "elsewhere: mean square at all other steps",
    ),
    "reset_place": (
        reset_place,
        ((seed,) for seed in range(20)),
        f"store_and_recall, nn.GRU with 4 units, {STORE_AND_RECALL}; error: mean square at the reads, as trained "
        "and with the reset before the product",
    ),
    "gate_pairs": (
        gate_pairs,
        ((seed,) for seed in range(40)),
        f"store_and_recall, one unit, loss at the reads, {STORE_AND_RECALL}; LSTM, GRU: their errors at the reads; fz: "
        "correlation of f of the LSTM and z of the GRU, and so on",
    ),
    "update_bias": (
        update_bias,
        ((label, lag, seed) for label, seed, lag in product(STARTS[:3], range(10), LAGS)),
        f"latch, nn.GRU with 32 units, Adam, {LATCH | FORGET_BIAS}; accuracy: of 1,000 new sequences",
    ),
    "speed": (
        speed,
        product(range(3), [16, 32, 64, 128, 256, 512], [20, 100], [True, False]),
        f"training step, float32, one thread, input_size = hidden_size, {SPEED}; ms of the processor, medians; "
        f"{machine()}",
    ),
}
