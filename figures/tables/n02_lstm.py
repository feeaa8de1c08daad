"""The long experiments of notebook 02. `make results` runs them; measure.py says how."""

from itertools import product

import torch
from torch import Generator, nn
from torch.nn.functional import mse_loss

import seqmem_lib as sm
from figures.tables.n01_rnn import LAGS, LATCH
from seqmem_lib.course.n02_lstm.gates import gate_means

STORE_AND_RECALL = {"steps": 1500, "batch_size": 64, "lr": 2e-2}
LOSSES = {
    "everywhere": mse_loss,  # where a read weighs as much as any other step; one step in nine is one
    "at the reads": sm.tasks.error_at_reads,
    "reads weigh as much": lambda output, y: sm.tasks.error_at_reads(output, y) + error_elsewhere(output, y),
}
FORGET_BIAS = {"lr": 3e-3}
STARTS = ["torch's start", "bias 1", "bias 3", "chrono"]
# The lags at which the spans of forget_bias are decided, measured again from thirty starts that nobody had seen.
AGAIN = [("torch's start", 10), ("torch's start", 15), ("bias 1", 15), ("bias 3", 40)]


def store_and_recall(hidden_size: int, loss: str, seed: int) -> dict:
    """Notebook 02, section 6, and notebook 15, sections 4, 5 and 7: one training of an LSTM, from one start.

    i_acts, f_acts, o_acts : the first training step, of every tenth, at which the gate differs by more than 1/2 between
        the marks where it should be open and those where it should be closed
    """
    model = sm.SequenceModel(nn.LSTM, (3, 1), hidden_size=hidden_size, seed=seed)
    # The mean over several units, which may do different things, would tell nothing.
    every = range(0, STORE_AND_RECALL["steps"] + 1, 10) if hidden_size == 1 else ()
    options = {"loss_function": LOSSES[loss], "checkpoints": every, "progress": False}
    history = sm.train(model, sm.tasks.store_and_recall(), seed=seed, **options, **STORE_AND_RECALL)
    error = sm.evaluate(model, sm.tasks.store_and_recall(), batch_size=500)
    row = {"hidden_size": hidden_size, "loss": loss, "seed": seed, "error": error}
    x, _ = sm.tasks.store_and_recall()(500, generator=Generator().manual_seed(1_000_001))
    for step, weights in history.checkpoints.items():
        model.load_state_dict(weights)
        means = gate_means(sm.record(model.rnn, x))
        for gate, at, other in (("i", "write", "hold"), ("f", "hold", "write"), ("o", "read", "hold")):
            if means.loc[at, gate] - means.loc[other, gate] > 0.5:
                row.setdefault(f"{gate}_acts", step)
    if hidden_size == 1:
        row |= {f"{gate}_{kind}": means.loc[kind, gate] for kind in means.index for gate in means.columns}
    return row


def surgery(seed: int) -> dict:
    """Notebook 02, section 7: the errors of a one-unit LSTM, at the reads and elsewhere, with a gate held."""
    error, model = stored("LSTM", "everywhere", 1, seed)
    x, y = sm.tasks.store_and_recall()(500, generator=Generator().manual_seed(1_000_001))
    read = x[..., 2] > 0
    row = {"seed": seed, "error": error}
    for gate, value in product("ifo", (0, 1)):
        with torch.no_grad():
            wrong = (model.readout(sm.record(model.rnn, x, clamp={gate: value}).h) - y)[..., 0].square()
        row |= {
            f"{gate}{value}_reads": wrong[read].mean().item(),
            f"{gate}{value}_elsewhere": wrong[~read].mean().item(),
        }
    return row


def forget_bias(label: str, lag: int, seed: int) -> dict:
    """Notebook 02, section 9: one training of an LSTM, from one start of its forget gates, at one lag."""
    model = trained(nn.LSTM, label, lag, seed)
    accuracy = sm.evaluate(model, sm.tasks.latch(lag=lag))
    return {"label": label, "lag": lag, "seed": seed, "accuracy": accuracy}


def trained(layer_type: type, start: str, lag: int, seed: int) -> sm.SequenceModel:
    """An LSTM or GRU with 32 units that was trained on latch from a start of the gates that keep."""
    model = sm.SequenceModel(layer_type, (8, 4), hidden_size=32, seed=seed)
    if start == "chrono":
        sm.start_chrono(model.rnn, longest=lag + 1, seed=seed)
    elif start != "torch's start":
        sm.start_keeping(model.rnn, float(start.removeprefix("bias ")))
    task = sm.tasks.latch(lag=lag)
    sm.train(model, task, lr=FORGET_BIAS["lr"], seed=seed, progress=False, **LATCH)
    return model


def stored(label: str, loss: str, hidden_size: int, seed: int) -> tuple[float, sm.SequenceModel]:
    """A model trained on store_and_recall, and its error at the reads."""
    model = sm.SequenceModel({"LSTM": nn.LSTM, "GRU": nn.GRU}[label], (3, 1), hidden_size=hidden_size, seed=seed)
    options = {"loss_function": LOSSES[loss], "progress": False}
    sm.train(model, sm.tasks.store_and_recall(), seed=seed, **options, **STORE_AND_RECALL)
    return sm.evaluate(model, sm.tasks.store_and_recall(), batch_size=500), model


def error_elsewhere(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The mean squared error where a 0 is due."""
    return output[y == 0].square().mean()


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "store_and_recall": (
        store_and_recall,
        ((*kind, seed) for kind, seed in product([(2, "everywhere"), *((1, loss) for loss in LOSSES)], range(100))),
        f"store_and_recall, nn.LSTM, {STORE_AND_RECALL}; error: mean square at the reads; i_acts: training step, of "
        "every tenth, at which the gate first differs by more than 1/2 between where it should be open and closed",
    ),
    "surgery": (
        surgery,
        ((seed,) for seed in range(100)),
        f"store_and_recall, nn.LSTM with one unit, {STORE_AND_RECALL}; errors as trained and with a gate held",
    ),
    "forget_bias": (
        forget_bias,
        ((label, lag, seed) for label, seed, lag in product(STARTS, range(10), LAGS)),
        f"latch, nn.LSTM with 32 units, Adam, {LATCH | FORGET_BIAS}; accuracy: of 1,000 new sequences",
    ),
    "forget_bias_again": (
        forget_bias,
        ((*kind, seed) for kind, seed in product(AGAIN, range(100, 130))),
        f"latch, nn.LSTM with 32 units, Adam, {LATCH | FORGET_BIAS}; accuracy: of 1,000 new sequences",
    ),
}
