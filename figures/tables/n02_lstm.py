"""The long experiments of notebook 02. `make results` runs them; measure.py says how."""

from itertools import product

import torch
from torch import Generator, nn
from torch.func import functional_call
from torch.nn.functional import mse_loss

import seqmem_lib as sm
from figures.tables.n01_rnn import LAGS, LATCH, TIMING
from seqmem_lib.course.n02_lstm.gates import gate_means

STORE_AND_RECALL = {"steps": 1500, "batch_size": 64, "lr": 2e-2}
LOSSES = {
    "everywhere": mse_loss,  # where a read weighs as much as any other step; one step in nine is one
    "at the reads": sm.tasks.error_at_reads,
    "reads weigh as much": lambda output, y: sm.tasks.error_at_reads(output, y) + error_elsewhere(output, y),
}
FORGET_BIAS = {"lr": 3e-3}
STARTS = ["torch's start", "bias 1", "bias 3", "chrono"]
TESTED = [5, 10, 15, 18, 19, 20, 21, 22, 25, 30, 40, 60, 100, 300, 1000]
ORDER = {"steps": 1000, "batch_size": 64, "lr": 2e-2}
BETWEEN_MARKS = 12  # of 30 steps; the first mark is at step 6 at the latest, the second at 15 at the earliest


def store_and_recall(hidden_size: int, loss: str, seed: int) -> dict:
    """Notebook 02, sections 6, 7 and 12: one training of an LSTM, from one start.

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
    """Notebook 02, section 9: the errors of a one-unit LSTM, at the reads and elsewhere, with a gate held."""
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
    """Notebook 02, section 11: one training of an LSTM, from one start of its forget gates, at one lag."""
    model = trained(nn.LSTM, label, lag, seed)
    accuracy = sm.evaluate(model, sm.tasks.latch(lag=lag))
    return {"label": label, "lag": lag, "seed": seed, "accuracy": accuracy}


def beyond(label: str, seed: int) -> dict:
    """Notebook 02, section 12: an LSTM that was trained at one lag, tested at others."""
    return {"label": label, "seed": seed} | tested(trained(nn.LSTM, label, TIMING["lag"], seed))


def order(hidden_size: int, seed: int) -> dict:
    """Notebook 02, sections 8 and 12: what the units and gates of an LSTM do that was trained on temporal_order, where
    X and Y are marks and a to d are fillers, and its accuracy when they may not.

    follow_one, follow_all : how often the answer follows when, halfway between the marks, the c of one unit (the one
        for which this is highest) or of all units is exchanged for that of a sequence with another first mark
    """
    model = sm.SequenceModel(nn.LSTM, (6, 4), hidden_size=hidden_size, seed=seed)
    sm.start_keeping(model.rnn, 3.0)
    sm.train(model, sm.tasks.temporal_order(), seed=seed, progress=False, **ORDER)
    x, y = sm.tasks.temporal_order()(1000, generator=Generator().manual_seed(1_000_000))
    trace = sm.record(model.rnn, x)
    mark = x[..., :2].sum(dim=-1) > 0
    row = {"hidden_size": hidden_size, "seed": seed}
    for gate in "ifo":
        value = trace.values[gate]
        row |= {f"{gate}_mark": value[mark].mean().item(), f"{gate}_filler": value[~mark].mean().item()}
    row["o_end"] = trace.o[:, -1].mean().item()

    def answers(**clamp) -> torch.Tensor:
        with torch.no_grad():
            return model.readout(sm.record(model.rnn, x, clamp=clamp).h[:, -1]).argmax(dim=-1)

    clamps = {
        "accuracy": {},
        "f_1_at_fillers": {"f": torch.where(mark, torch.nan, 1.0)[..., None]},
        "f_0_at_fillers": {"f": torch.where(mark, torch.nan, 0.0)[..., None]},
        "i_0_at_fillers": {"i": torch.where(mark, torch.nan, 0.0)[..., None]},
        "i_0_at_marks": {"i": torch.where(mark, 0.0, torch.nan)[..., None]},
        "o_1": {"o": 1},
    }
    row |= {name: (answers(**clamp) == y).double().mean().item() for name, clamp in clamps.items()}
    other = y.roll(1)
    differs = y // 2 != other // 2
    due = 2 * (other // 2) + y % 2

    def follow(units) -> float:
        c = torch.full_like(trace.c, torch.nan)
        c[:, BETWEEN_MARKS, units] = trace.c[:, BETWEEN_MARKS, units].roll(1, dims=0)
        return (answers(c=c) == due)[differs].double().mean().item()

    row["follow_one"] = max(follow([unit]) for unit in range(hidden_size))
    row["follow_all"] = follow(slice(None))
    return row


class SharedGates(sm.SequenceModel):
    """An LSTM in which i, f, g and o all share one matrix and its biases."""

    def forward(self, x):
        rows = slice(self.rnn.hidden_size)
        shared = {name: value[rows].repeat(4, *[1] * (value.ndim - 1)) for name, value in self.rnn.named_parameters()}
        output, _ = functional_call(self.rnn, shared, x)
        return self.readout(output)


def shared_gates(label: str, seed: int) -> dict:
    """Notebook 02, section 14: what it costs when the gates cannot differ."""
    kind = SharedGates if label == "one matrix" else sm.SequenceModel
    task = sm.tasks.store_and_recall()
    model = kind(nn.LSTM, task, hidden_size=4, seed=seed)
    sm.train(model, task, seed=seed, progress=False, **STORE_AND_RECALL)
    error = sm.evaluate(model, task, batch_size=500)
    return {"label": label, "seed": seed, "error": error}


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


def tested(model: sm.SequenceModel) -> dict:
    """Its accuracy on latch at many lags."""
    lags = {f"lag_{lag}": sm.tasks.latch(lag=lag) for lag in TESTED}
    return {name: sm.evaluate(model, task) for name, task in lags.items()}


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
    "beyond": (
        beyond,
        product(STARTS, range(10)),
        f"latch, nn.LSTM with 32 units, Adam, {LATCH | TIMING}; lag_n: accuracy at lag n, of 1,000 new sequences",
    ),
    "order": (
        order,
        product([2, 4], range(20)),
        f"temporal_order, seq 30, nn.LSTM, forget bias 3, Adam, {ORDER}; of 1,000 new sequences: means of the gates at "
        "marks and fillers, accuracy as trained and with gates held, share of answers that follow an exchanged c",
    ),
    "shared_gates": (
        shared_gates,
        product(["one matrix", "four matrices"], range(20)),
        f"store_and_recall, nn.LSTM with 4 units, {STORE_AND_RECALL}; error: mean square at the reads",
    ),
}
