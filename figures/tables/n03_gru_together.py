"""The long experiments of notebook 03 that train many networks at a time: what one unit of a GRU can hide, what its
reset gate is good for, and how far it reaches. `make results` runs them; measure.py says how.

What was expected, and when a verdict is given, was written into the docstrings before the first run.
"""

from itertools import product

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import mse_loss

import seqmem_lib as sm
from figures.tables.n01_rnn import LATCH
from figures.tables.n02_lstm import FORGET_BIAS, STORE_AND_RECALL

TEN, FIFTY = range(10), range(50)
NUDGE = 0.1  # as that of the Playground
# The seeds of gru_stores with two units that solve.
HIDDEN_BY_TWO = (5, 6, 8, 10, 11, 13, 14, 17, 23, 30, 33, 39, 43, 47)
THIRTY = range(100, 130)  # that nobody had seen
HELD_OPEN = 1000.0  # as a bias: the gate is exactly 1, and no gradient reaches it
AGAIN = [("torch's start", 20), ("torch's start", 30)]  # (start, lag) where the span from torch's start is decided


def at_reads(output: Tensor, y: Tensor) -> Tensor:
    """As error_at_reads, for several models at once: a sum in place of a choice of steps."""
    return ((output - y).square() * (y != 0)).sum() / (y != 0).sum()


def elsewhere(output: Tensor, y: Tensor) -> Tensor:
    return ((output - y).square() * (y == 0)).sum() / (y == 0).sum()


LOSSES = {
    "everywhere": mse_loss,
    "at the reads": at_reads,
    "reads weigh as much": lambda output, y: at_reads(output, y) + elsewhere(output, y),
}


def stored(hidden_size: int, loss: str, seeds: range, reset: str = "learned") -> list[sm.SequenceModel]:
    """GRUs that were trained on store_and_recall, from the seeds of the LSTMs of store_and_recall.csv."""
    models = [sm.SequenceModel(nn.GRU, (3, 1), hidden_size=hidden_size, seed=seed) for seed in seeds]
    if reset == "held open":
        for model in models:
            model.rnn.bias_ih_l0.data[:hidden_size] = HELD_OPEN
    options = {"loss_function": LOSSES[loss], "progress": False}
    sm.train_together(models, sm.tasks.store_and_recall(), seeds=seeds, **STORE_AND_RECALL, **options)
    return models


def gru_stores(hidden_size: int, loss: str, starts: int) -> list[dict]:
    """Notebook 03, sections 1 and 5: from how many starts a GRU learns to store a value, and to hide it.

    Expected: with one unit and the loss everywhere, fewer starts than the 39 of 100 of the LSTM. *Fewer* is said if the
    interval of the difference, paired by seed, does not hold 0; *none* only with Wilson's interval.
    """
    x, _ = sm.tasks.store_and_recall()(500, generator=Generator().manual_seed(1_000_001))
    write, read = x[..., 1] > 0, x[..., 2] > 0
    kinds = {"write": write, "hold": ~write & ~read & (write.cumsum(dim=1) > 0), "read": read}
    rows = []
    for seed, model in enumerate(stored(hidden_size, loss, range(starts))):
        row = {"seed": seed}
        for name, metric in {"error": at_reads, "elsewhere": elsewhere}.items():
            row[name] = sm.evaluate(model, sm.tasks.store_and_recall(), batch_size=500, metric=metric)
        trace = sm.record(model.rnn, x)
        means = {f"{gate}_{kind}": trace.values[gate][at].mean().item() for gate in "rz" for kind, at in kinds.items()}
        rows.append(row | means)
    return rows


def reset_gate(hidden_size: int, loss: str, reset: str) -> list[dict]:
    """Notebook 03, section 9: GRUs that were trained with their reset gate and with one that is held open; and what
    the reset gate does in those with one unit.

    z_slope, n_slope, gates_slope : the three parts of the slope of h at a write, on average: directly, through the
        candidate, which r scales, and through the gates
    r_1_at_writes, r_0_at_writes, r_1_at_others : the error at the reads with r held there, everything else as trained
    said_least, said_most, said : of two units, what each adds to the answer while the value is held: its standard
        deviation over all holds, the smaller and the larger, and that of the sum

    Expected: no clear difference in how many starts learn the task; *of use* is said if the interval of the difference,
    paired by seed, does not hold 0. That r scales what takes the rest of the old value away is said of a network if
    the candidate's part is negative and leaves less than half of the direct part, and of GRUs if it is so in most. Two
    units that hide a value *cancel* if each says ten times as much as their sum; they *relay* if neither says a
    quarter of what a read says (a standard deviation of 0.14; the values have 0.58), so that it is handed on at a read.
    """
    x, y = sm.tasks.store_and_recall()(500, generator=Generator().manual_seed(1_000_001))
    write = x[..., 1:2] > 0
    later = (write & (write.cumsum(dim=1) > 1))[..., 0]  # something is stored already
    hold = (~write & (x[..., 2:] == 0) & (write.cumsum(dim=1) > 0))[..., 0]
    clamps = {
        "r_1_at_writes": torch.where(write, 1.0, torch.nan),
        "r_0_at_writes": torch.where(write, 0.0, torch.nan),
        "r_1_at_others": torch.where(write, torch.nan, 1.0),
    }
    rows = []
    for seed, model in zip(FIFTY, stored(hidden_size, loss, FIFTY, reset), strict=True):
        row = {"seed": seed, "error": sm.evaluate(model, sm.tasks.store_and_recall(), batch_size=500)}
        if hidden_size == 1 and reset == "learned":
            trace = sm.record(model.rnn, x)
            slopes = {name: part[later].mean().item() for name, part in slopes_of(model.rnn, trace).items()}
            row |= slopes | {"r_write": trace.r[later].mean().item()}
            for name, held in clamps.items():
                with torch.no_grad():
                    says = model.readout(sm.record(model.rnn, x, clamp={"r": held}).h)
                row[name] = at_reads(says, y).item()
        if hidden_size == 2 and reset == "learned":
            said = sm.record(model.rnn, x).h[hold] * model.readout.weight.detach()
            least, most = said.std(dim=0).sort().values.tolist()
            row |= {"said_least": least, "said_most": most, "said": said.sum(dim=1).std().item()}
        rows.append(row)
    return rows


def two_units() -> list[dict]:
    """Notebook 03, section 5: the two units of the networks of gru_stores that hide the value. holder: the unit with
    the larger z while the value is held; shower: the other one.

    Looked for after the means of r over both units were seen: that the shower's r is larger at reads than at holds."""
    x, _ = sm.tasks.store_and_recall()(500, generator=Generator().manual_seed(1_000_001))
    write, read = x[..., 1] > 0, x[..., 2] > 0
    hold = ~write & ~read & (write.cumsum(dim=1) > 0)
    rows = []
    for seed, model in zip(HIDDEN_BY_TWO, stored(2, "everywhere", HIDDEN_BY_TWO), strict=True):
        trace = sm.record(model.rnn, x)
        holder = trace.z[hold].mean(dim=0).argmax().item()
        row = {"seed": seed, "error": sm.evaluate(model, sm.tasks.store_and_recall(), batch_size=500)}
        for name, unit in (("holder", holder), ("shower", 1 - holder)):
            for gate, (kind, at) in product("rz", (("write", write), ("hold", hold), ("read", read))):
                row[f"{name}_{gate}_{kind}"] = trace.values[gate][..., unit][at].mean().item()
        rows.append(row)
    return rows


def nudged(label: str) -> list[dict]:
    """Notebook 03, section 6: what is left of a small change of the memory, in networks of four units that were not
    trained, or were on store_and_recall. They read 500 sequences with the marks of the Playground there: writes at t =
    10 and 38, reads at 17, 20, 24, 28 and 29. One unit of the memory is moved by 0.1.

    most, least : how far the whole memory is moved at t = 29, in parts of the 0.1, on average over the sequences, for a
        nudge at t = 12 of the unit of which most is left, and of the one of which least is left
    before : the most for a nudge at t = 8, before the write

    Expected: not trained, less than a hundredth in every cell; trained, more than half in LSTM and GRU and less than a
    tenth in the RNN; before the write, less than a tenth in all. *Lasts* is said of a cell if in its median network
    more than half is left.
    """
    x = torch.zeros(500, 40, 3)
    x[..., 0] = 2 * torch.rand(500, 40, generator=Generator().manual_seed(1_000_001)) - 1
    x[:, [10, 38], 1] = x[:, [17, 20, 24, 28, 29], 2] = 1
    layer_type, task = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}[label], sm.tasks.store_and_recall()
    models = [sm.SequenceModel(layer_type, (3, 1), hidden_size=4, seed=seed) for seed in TEN]
    rows = []
    for training in ("untrained", "trained"):
        if training == "trained":
            sm.train_together(models, task, seeds=TEN, progress=False, **STORE_AND_RECALL)
        for seed, model in zip(TEN, models, strict=True):
            error = sm.evaluate(model, task, batch_size=500, metric=at_reads)
            after, before = (left_of_nudges(model.rnn, x, step) for step in (12, 8))
            left = {"most": max(after), "least": min(after), "before": max(before)}
            rows.append({"training": training, "seed": seed, "error": error} | left)
    return rows


def left_of_nudges(layer: nn.Module, x: Tensor, step: int, until: int = 29) -> list[float]:
    """For each unit: how far the memory is moved at `until`, in parts of what its unit was moved by at `step`."""
    memory = "c" if isinstance(layer, nn.LSTM) else "h"
    undisturbed = sm.record(layer, x).values[memory]
    left = []
    for unit in range(layer.hidden_size):
        held = torch.full_like(undisturbed, torch.nan)
        held[:, step, unit] = undisturbed[:, step, unit] + NUDGE
        moved = sm.record(layer, x, clamp={memory: held}).values[memory] - undisturbed
        left.append(moved[:, until].norm(dim=-1).mean().item() / NUDGE)
    return left


def slopes_of(gru: nn.GRU, trace: sm.Trace) -> dict[str, Tensor]:
    """The parts of the derivative of h by the h before it, of a GRU of one unit, (batch, seq) each."""
    r, z, n = (trace.values[name][..., 0] for name in "rzn")
    before = trace.before("h")[..., 0]
    w_r, w_z, w_n = gru.weight_hh_l0.detach()[:, 0]
    through_n = (1 - z) * (1 - n**2)
    sum_n = w_n * before + gru.bias_hh_l0.detach()[2]  # which r multiplies
    gates = (before - n) * z * (1 - z) * w_z + through_n * sum_n * r * (1 - r) * w_r
    return {"z_slope": z, "n_slope": through_n * r * w_n, "gates_slope": gates}


def update_bias_again(label: str, lag: int) -> list[dict]:
    """Notebook 03, section 10: the lags at which the spans of update_bias are decided, from thirty starts that nobody
    had seen. Expected: the same as there, at least 90 % of the runs or at most 10 %."""
    models = [sm.SequenceModel(nn.GRU, (8, 4), hidden_size=32, seed=seed) for seed in THIRTY]
    for model in models if label != "torch's start" else ():
        sm.start_keeping(model.rnn, float(label.removeprefix("bias ")))
    task = sm.tasks.latch(lag=lag)
    sm.train_together(models, task, seeds=THIRTY, lr=FORGET_BIAS["lr"], progress=False, **LATCH)
    return [{"seed": seed, "accuracy": sm.evaluate(model, task)} for seed, model in zip(THIRTY, models, strict=True)]


# hidden_size, loss, starts: the riddle, what answers it, and what else might
STORED = [
    (1, "everywhere", 100),
    (1, "at the reads", 100),
    (1, "reads weigh as much", 50),
    (2, "everywhere", 50),
]

# name of the table -> the function that makes rows, one for each seed, its cases, what it measures
EXPERIMENTS = {
    "gru_stores": (
        gru_stores,
        STORED,
        f"store_and_recall, nn.GRU, {STORE_AND_RECALL}; error: mean square at the reads; "
        "elsewhere: mean square at all other steps; z_hold: mean update gate where there is no "
        "mark, after the first write",
    ),
    "reset_gate": (
        reset_gate,
        ((*kind, reset) for kind in ((1, "at the reads"), (2, "everywhere")) for reset in ("learned", "held open")),
        f"store_and_recall, nn.GRU, {STORE_AND_RECALL}; reset: learned, or held open, r = 1, in training too; error: "
        "mean square at the reads; n_slope: mean part of the slope of h at a write that goes through the candidate",
    ),
    "two_units": (
        two_units,
        [()],
        f"store_and_recall, nn.GRU with two units, loss everywhere, {STORE_AND_RECALL}; the networks that hide the "
        "value: mean gates of the unit that holds it, and of the other, which shows it",
    ),
    "nudged": (
        nudged,
        ((label,) for label in ("RNN", "LSTM", "GRU")),
        f"store_and_recall, 4 units, {STORE_AND_RECALL}; error: mean square at the reads; most, least, before: what is "
        "left at t = 29 of a nudge of one unit, at t = 12 and before the write",
    ),
    "update_bias_again": (
        update_bias_again,
        ((label, lag) for label, lag in AGAIN),
        f"latch, nn.GRU with 32 units, Adam, {LATCH | FORGET_BIAS}; accuracy: of 1,000 new sequences",
    ),
}
