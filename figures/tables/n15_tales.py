"""The long experiments of notebook 15. `make results` runs them; measure.py says how."""

from itertools import product

import torch
from torch import Generator, nn
from torch.func import functional_call

import seqmem_lib as sm
from figures.tables.n01_rnn import LATCH, TIMING
from figures.tables.n02_lstm import STARTS, STORE_AND_RECALL, stored, trained

TESTED = [5, 10, 15, 18, 19, 20, 21, 22, 25, 30, 40, 60, 100, 300, 1000]
ORDER = {"steps": 1000, "batch_size": 64, "lr": 2e-2}
BETWEEN_MARKS = 12  # of 30 steps; the first mark is at step 6 at the latest, the second at 15 at the earliest
FILLERS = {"steps": 2000, "batch_size": 64, "lr": 2e-2}
HOLDS = 100
AROUND = range(-2, 6)  # time steps from a mark, at which the gates are looked at


def order(hidden_size: int, seed: int) -> dict:
    """Notebook 15, sections 2 and 4: what the units and gates of an LSTM do that was trained on temporal_order, where
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


def fillers(bias: float, seed: int) -> dict:
    """Notebook 15, section 3: what the gates of an LSTM with four units do at marks and at fillers of temporal_order,
    before the training (start) and after it, and its accuracy with a gate held at all fillers.

    f_first_2 : the mean forget gate two time steps after the first mark; i_second_-1 : the mean input gate one step
        before the second
    f_lowest : f at fillers minus f at marks, of the unit for which this is lowest
    f_own_at_fillers : the accuracy with the forget gate of each unit held, at all fillers, at its own mean there

    Said beforehand: in more than half of the networks that learned f_lowest is above 0, so that no unit does what the
    tale says; and most stay at 90 % right with each gate held at its own mean: to be held as such does no harm.
    """
    model = sm.SequenceModel(nn.LSTM, (6, 4), hidden_size=4, seed=seed)
    sm.start_keeping(model.rnn, bias)
    x, y = sm.tasks.temporal_order()(1000, generator=Generator().manual_seed(1_000_001))
    mark = x[..., :2].sum(dim=-1) > 0
    row = {"bias": bias, "seed": seed}

    def note(when: str) -> sm.Trace:
        trace = sm.record(model.rnn, x)
        for gate in "ifo":
            value = trace.values[gate]
            row[f"{gate}_mark{when}"], row[f"{gate}_filler{when}"] = (
                value[mark].mean().item(),
                value[~mark].mean().item(),
            )
        return trace

    def right(**clamp) -> float:
        with torch.no_grad():
            answers = model.readout(sm.record(model.rnn, x, clamp=clamp).h[:, -1]).argmax(dim=-1)
        return (answers == y).double().mean().item()

    note("_start")
    sm.train(model, sm.tasks.temporal_order(), seed=seed, progress=False, **FILLERS)
    trace = note("")
    row["accuracy"] = right()
    own = trace.f[~mark].mean(dim=0)
    row["f_lowest"] = (own - trace.f[mark].mean(dim=0)).min().item()
    row["f_own_at_fillers"] = right(f=torch.where(mark[..., None], torch.nan, own))
    for gate, value in (("f", 0.0), ("f", 1.0), ("i", 0.0)):
        row[f"{gate}_{value:.0f}_at_fillers"] = right(**{gate: torch.where(mark, torch.nan, value)[..., None]})
    places = {"first": mark.int().argmax(dim=1), "second": mark.shape[1] - 1 - mark.int().flip(1).argmax(dim=1)}
    for (name, place), gate, offset in product(places.items(), "fi", AROUND):
        row[f"{gate}_{name}_{offset}"] = trace.values[gate][range(len(x)), place + offset].mean().item()
    return row


def overwritten(label: str, seed: int) -> dict:
    """Notebook 15, section 5: a network learns latch at a lag of 10. How much of its memory is new at each time step,
    and does the answer follow when halfway the memory is exchanged for that of a sequence with another symbol?

    follow exchanges all that the network hands on, so that a network which is right must follow it. follow_c and
    follow_h exchange one of the two that an LSTM hands on. Expected beforehand: the answer follows c, and not h.
    """
    model = sm.SequenceModel({"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}[label], (8, 4), hidden_size=32, seed=seed)
    task = sm.tasks.latch(lag=10)
    sm.train(model, task, lr=TIMING["lr"], seed=seed, progress=False, **LATCH)
    x, y = task(1000, generator=Generator().manual_seed(1_000_000))
    trace = sm.record(model.rnn, x)
    memory = {name: trace.values[name] for name in ("c", "h") if name in trace.values}
    state = next(iter(memory.values()))
    changed = (state[:, 2:] - state[:, 1:-1]).square().sum() / state[:, 1:-1].square().sum()

    def right(due, differs=slice(None), **clamp) -> float:
        with torch.no_grad():
            answers = model.readout(sm.record(model.rnn, x, clamp=clamp).h[:, -1]).argmax(dim=-1)
        return (answers == due)[differs].double().mean().item()

    clamp = {name: torch.full_like(value, torch.nan) for name, value in memory.items()}
    for name, value in memory.items():
        clamp[name][:, 5] = value[:, 5].roll(1, dims=0)
    other = y.roll(1)
    row = {"label": label, "seed": seed, "accuracy": right(y), "changed": changed.sqrt().item()}
    row["follow"] = right(other, y != other, **clamp)
    if len(clamp) > 1:
        row |= {f"follow_{name}": right(other, y != other, **{name: value}) for name, value in clamp.items()}
    return row


def diluted(seed: int) -> dict:
    """Section 5: what a one-unit LSTM that learned store_and_recall still has of a memory after a hundred holds.

    After one write come holds, each with a new value. left : the product of the forget gates at these holds, measured
    step by step, median of 500 sequences; left_by_mean : their mean to the power of 100, which is at least as large.
    Expected beforehand: at least half is left in the median network, and left is below left_by_mean by a few per cent.
    """
    error, model = stored("LSTM", "everywhere", 1, seed)
    x = torch.zeros(500, 1 + HOLDS, 3)
    x[..., 0] = 2 * torch.rand(500, 1 + HOLDS, generator=Generator().manual_seed(1_000_002)) - 1
    x[:, 0, 1] = 1  # the write
    f = sm.record(model.rnn, x).f[:, 1:, 0].double()
    left, by_mean = f.prod(dim=1).median().item(), f.mean().item() ** HOLDS
    return {"seed": seed, "error": error, "left": left, "left_by_mean": by_mean}


def beyond(label: str, seed: int) -> dict:
    """Notebook 15, section 6: an LSTM that was trained at one lag, tested at others."""
    return {"label": label, "seed": seed} | tested(trained(nn.LSTM, label, TIMING["lag"], seed))


class SharedGates(sm.SequenceModel):
    """An LSTM in which i, f, g and o all share one matrix and its biases."""

    def forward(self, x):
        rows = slice(self.rnn.hidden_size)
        shared = {name: value[rows].repeat(4, *[1] * (value.ndim - 1)) for name, value in self.rnn.named_parameters()}
        output, _ = functional_call(self.rnn, shared, x)
        return self.readout(output)


def shared_gates(label: str, seed: int) -> dict:
    """Notebook 15, section 9: what it costs when the gates cannot differ."""
    kind = SharedGates if label == "one matrix" else sm.SequenceModel
    task = sm.tasks.store_and_recall()
    model = kind(nn.LSTM, task, hidden_size=4, seed=seed)
    sm.train(model, task, seed=seed, progress=False, **STORE_AND_RECALL)
    error = sm.evaluate(model, task, batch_size=500)
    return {"label": label, "seed": seed, "error": error}


def tested(model: sm.SequenceModel) -> dict:
    """Its accuracy on latch at many lags."""
    lags = {f"lag_{lag}": sm.tasks.latch(lag=lag) for lag in TESTED}
    return {name: sm.evaluate(model, task) for name, task in lags.items()}


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "order": (
        order,
        product([2, 4], range(20)),
        f"temporal_order, seq 30, nn.LSTM, forget bias 3, Adam, {ORDER}; of 1,000 new sequences: means of the gates at "
        "marks and fillers, accuracy as trained and with gates held, share of answers that follow an exchanged c",
    ),
    "fillers": (
        fillers,
        product([0.0, 1.0, 3.0], range(100, 130)),
        f"temporal_order, seq 30, nn.LSTM with 4 units, Adam, {FILLERS}; bias: of the forget gates at the "
        "start; of 1,000 new sequences: means of the gates at marks and fillers before (_start) and after training and "
        "around the marks, accuracy as trained and with a gate held at all fillers; f_lowest: f at fillers minus f at "
        "marks, of the unit where it is lowest; f_own: held at the mean of each unit at fillers",
    ),
    "diluted": (
        diluted,
        ((seed,) for seed in range(100)),
        f"store_and_recall, nn.LSTM with one unit, {STORE_AND_RECALL}; error: mean square at the reads; left: product "
        f"of the forget gates at {HOLDS} holds after a write, median of 500 sequences; left_by_mean: their mean to "
        "that power",
    ),
    "overwritten": (
        overwritten,
        product(["RNN", "LSTM", "GRU"], range(100, 120)),
        f"latch, lag 10, 32 units, Adam, {LATCH | {'lr': TIMING['lr']}}; changed: length of the change of the memory "
        "(c or h) from one step to the next, of its length; follow: share of answers that follow an exchanged memory; "
        "follow_c, follow_h: that follow if one of the two is exchanged",
    ),
    "beyond": (
        beyond,
        product(STARTS, range(10)),
        f"latch, nn.LSTM with 32 units, Adam, {LATCH | TIMING}; lag_n: accuracy at lag n, of 1,000 new sequences",
    ),
    "shared_gates": (
        shared_gates,
        product(["one matrix", "four matrices"], range(20)),
        f"store_and_recall, nn.LSTM with 4 units, {STORE_AND_RECALL}; error: mean square at the reads",
    ),
}
