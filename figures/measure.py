"""Run the long experiments whose tables the notebooks show: `make results`, or `make results ARGS=latch` for one table.
All of them take about 80 minutes on two cores. An interrupted run goes on where it was."""

import platform
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from hashlib import sha256
from inspect import signature
from itertools import count, product
from pathlib import Path
from statistics import median
from time import perf_counter

import measure_comparison
import pandas as pd
import torch
from torch import Generator, nn
from torch.func import functional_call
from torch.nn.functional import mse_loss
from torch.nn.utils import clip_grad_norm_

import seqmem_lib as sm

RESULTS = Path(__file__).parent / "results"
STORE_AND_RECALL = {"steps": 1500, "batch_size": 64, "lr": 2e-2}
LOSSES = {
    "everywhere": mse_loss,  # where a read weighs as much as any other step; one step in nine is one
    "at the reads": sm.error_at_reads,
    "reads weigh as much": lambda output, y: sm.error_at_reads(output, y) + error_elsewhere(output, y),
}
DECAY = {"lags": 101, "warm_up": 200}
LATCH = {"steps": 1000, "batch_size": 64}
FORGET_BIAS = {"lr": 3e-3}
TIMING = {"lag": 20, "lr": 3e-3}
TESTED = [5, 10, 15, 18, 19, 20, 21, 22, 25, 30, 40, 60, 100, 300, 1000]
ORDER = {"steps": 1000, "batch_size": 64, "lr": 2e-2}
BETWEEN_MARKS = 12  # of 30 steps; the first mark is at step 6 at the latest, the second at 15 at the earliest
UNITS = {"steps": 1500, "batch_size": 64}
SPEED = {"batch_size": 32, "repetitions": 15}
CLIPPING = {"steps": 600, "batch_size": 64, "lag": 20, "radius": 1.5}


def store_and_recall(hidden_size: int, loss: str, seed: int) -> dict:
    """Notebook 02, sections 6, 7 and 12: one training of an LSTM, from one start.

    i_acts, f_acts, o_acts : the first training step, of every tenth, at which the gate differs by more than 1/2 between
        the marks where it should be open and those where it should be closed
    """
    model = sm.SequenceModel(nn.LSTM, 3, hidden_size, 1, seed=seed)
    # The mean over several units, which may do different things, would tell nothing.
    every = range(0, STORE_AND_RECALL["steps"] + 1, 10) if hidden_size == 1 else ()
    options = {"loss_function": LOSSES[loss], "checkpoints": every, "progress": False}
    history = sm.train(model, sm.store_and_recall, seed=seed, **options, **STORE_AND_RECALL)
    error = sm.evaluate(model, sm.store_and_recall, batch_size=500, metric=sm.error_at_reads)
    row = {"hidden_size": hidden_size, "loss": loss, "seed": seed, "error": error}
    x, _ = sm.store_and_recall(500, generator=Generator().manual_seed(1_000_001))
    for step, weights in history.checkpoints.items():
        model.load_state_dict(weights)
        means = sm.gate_means(sm.record(model.rnn, x))
        for gate, at, other in (("i", "write", "hold"), ("f", "hold", "write"), ("o", "read", "hold")):
            if means.loc[at, gate] - means.loc[other, gate] > 0.5:
                row.setdefault(f"{gate}_acts", step)
    if hidden_size == 1:
        row |= {f"{gate}_{kind}": means.loc[kind, gate] for kind in means.index for gate in means.columns}
    return row


def surgery(seed: int) -> dict:
    """Notebook 02, section 9: the errors of a one-unit LSTM, at the reads and elsewhere, with a gate held."""
    error, model = stored("LSTM", "everywhere", 1, seed)
    x, y = sm.store_and_recall(500, generator=Generator().manual_seed(1_000_001))
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


def decay(hidden_size: int, radius: float, scale: float, seed: int) -> dict:
    """Notebook 01, section 5: the rate of the gradient of one network that nobody has trained."""
    torch.manual_seed(seed)
    rnn = nn.RNN(4, hidden_size, batch_first=True, bias=False).double()
    with torch.no_grad():
        rnn.weight_hh_l0 *= radius / torch.linalg.eigvals(rnn.weight_hh_l0).abs().max()
    x = scale * torch.randn(1, DECAY["warm_up"] + DECAY["lags"], 4, dtype=torch.float64)
    norms = sm.gradient_norms(rnn, x).flip(1)[:, : DECAY["lags"]]
    row = {"hidden_size": hidden_size, "radius": radius, "scale": scale, "seed": seed}
    return row | {"rate": sm.measure_decay(norms)["rate"][0]}


def latch(label: str, lr: float, lag: int, seed: int) -> dict:
    """Notebook 01, sections 7 and 8: one training of a plain RNN with 32 units, from one start, at one lag."""
    model = plain_rnn(label if label in ("orthogonal", "identity") else "default", 8, 32, 4, seed=seed)
    task = partial(sm.latch, lag=lag)
    learn, loss = task, sm.loss_at_end
    if label == "growing lag":
        # From lag 1 to the full lag, evenly over the first four fifths of the training.
        taken = count()

        def learn(batch_size, *, generator):
            share = min(1, next(taken) / (0.8 * LATCH["steps"]))
            return sm.latch(batch_size, lag=1 + round(share * (lag - 1)), generator=generator)

    if label == "asked at every step":
        loss = sm.loss_at_every_step
    sm.train(model, learn, lr=lr, seed=seed, loss_function=loss, progress=False, **LATCH)
    accuracy = sm.evaluate(model, task, metric=sm.accuracy_at_end)
    return {"label": label, "lr": lr, "lag": lag, "seed": seed, "accuracy": accuracy}


def forget_bias(label: str, lag: int, seed: int) -> dict:
    """Notebook 02, section 11: one training of an LSTM, from one start of its forget gates, at one lag."""
    model = trained(nn.LSTM, label, lag, seed)
    accuracy = sm.evaluate(model, partial(sm.latch, lag=lag), metric=sm.accuracy_at_end)
    return {"label": label, "lag": lag, "seed": seed, "accuracy": accuracy}


def beyond(label: str, seed: int) -> dict:
    """Notebook 02, section 12: an LSTM that was trained at one lag, tested at others."""
    return {"label": label, "seed": seed} | tested(trained(nn.LSTM, label, TIMING["lag"], seed))


def trained(layer_type: type, start: str, lag: int, seed: int) -> sm.SequenceModel:
    """An LSTM or GRU with 32 units that was trained on latch from a start of the gates that keep."""
    model = sm.SequenceModel(layer_type, 8, 32, 4, seed=seed)
    if start == "chrono":
        sm.start_chrono(model.rnn, longest=lag + 1, seed=seed)
    elif start != "torch's start":
        sm.start_keeping(model.rnn, float(start.removeprefix("bias ")))
    task = partial(sm.latch, lag=lag)
    sm.train(model, task, lr=FORGET_BIAS["lr"], seed=seed, loss_function=sm.loss_at_end, progress=False, **LATCH)
    return model


def tested(model: sm.SequenceModel) -> dict:
    """Its accuracy on latch at many lags."""
    lags = {f"lag_{lag}": partial(sm.latch, lag=lag) for lag in TESTED}
    return {name: sm.evaluate(model, task, metric=sm.accuracy_at_end) for name, task in lags.items()}


def order(hidden_size: int, seed: int) -> dict:
    """Notebook 02, sections 8 and 12: what the units and gates of an LSTM do that was trained on temporal_order, where
    X and Y are marks and a to d are fillers, and its accuracy when they may not.

    follow_one, follow_all : how often the answer follows when, halfway between the marks, the c of one unit (the one
        for which this is highest) or of all units is exchanged for that of a sequence with another first mark
    """
    model = sm.SequenceModel(nn.LSTM, 6, hidden_size, 4, seed=seed)
    sm.start_keeping(model.rnn, 3.0)
    sm.train(model, sm.temporal_order, seed=seed, loss_function=sm.loss_at_end, progress=False, **ORDER)
    x, y = sm.temporal_order(1000, generator=Generator().manual_seed(1_000_000))
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
    model = kind(nn.LSTM, 3, 4, 1, seed=seed)
    sm.train(model, sm.store_and_recall, seed=seed, progress=False, **STORE_AND_RECALL)
    error = sm.evaluate(model, sm.store_and_recall, batch_size=500, metric=sm.error_at_reads)
    return {"label": label, "seed": seed, "error": error}


def timing(label: str, seed: int) -> dict:
    """Notebook 01, section 7: trained at one lag, tested at others; the rate of the gradient after training."""
    model = sm.SequenceModel(nn.RNN, 8, 32, 4, seed=seed)
    loss = sm.loss_at_every_step if label == "asked at every step" else sm.loss_at_end
    task = partial(sm.latch, lag=TIMING["lag"])
    sm.train(model, task, lr=TIMING["lr"], seed=seed, loss_function=loss, progress=False, **LATCH)
    # After k distractors the state is that of a sequence with lag k: one pass tells for all lags.
    x, y = sm.latch(1000, lag=60, generator=Generator().manual_seed(1_000_000))
    with torch.no_grad():
        right = (model(x).argmax(dim=-1) == y[:, None]).double().mean(dim=0).tolist()
    row = {"label": label, "seed": seed} | {f"lag_{lag}": right[lag] for lag in range(1, 61)}
    for lag in (100, 300, 1000):
        row[f"lag_{lag}"] = sm.evaluate(model, partial(sm.latch, lag=lag), metric=sm.accuracy_at_end)
    rnn = model.rnn.double()
    x, _ = task(50, generator=Generator().manual_seed(1_000_001))
    norms = sm.gradient_norms(rnn, x).flip(1)[:, : TIMING["lag"]]  # up to the first distractor
    slope = 1 - rnn(x.double())[0].square().mean().item()
    radius = torch.linalg.eigvals(rnn.weight_hh_l0.detach()).abs().max().item()
    return row | {"rate": sm.measure_decay(norms)["rate"].median(), "slope": slope, "radius": radius}


def update_bias(label: str, lag: int, seed: int) -> dict:
    """Notebook 03, section 5: as forget_bias, for a GRU and its update gate."""
    model = trained(nn.GRU, label, lag, seed)
    accuracy = sm.evaluate(model, partial(sm.latch, lag=lag), metric=sm.accuracy_at_end)
    return {"label": label, "lag": lag, "seed": seed, "accuracy": accuracy}


def must_show(label: str, loss: str, hidden_size: int, seed: int) -> dict:
    """Notebook 03, section 3: how many units store_and_recall needs, if the memory must be hidden and if not."""
    error, model = stored(label, loss, hidden_size, seed)
    row = {"label": label, "loss": loss, "hidden_size": hidden_size, "seed": seed, "error": error}
    return row | {"elsewhere": sm.evaluate(model, sm.store_and_recall, batch_size=500, metric=error_elsewhere)}


def error_elsewhere(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The mean squared error where a 0 is due."""
    return output[y == 0].square().mean()


def gate_pairs(seed: int) -> dict:
    """Notebook 03, section 4: an LSTM and a GRU of one unit each read the same sequences. How do their gates correlate,
    over all steps after the first write?"""
    x, _ = sm.store_and_recall(500, generator=Generator().manual_seed(1_000_001))
    real = x[..., 1].cumsum(dim=1) > 0
    row, gates = {"seed": seed}, {}
    for label in ("LSTM", "GRU"):
        row[label], model = stored(label, "at the reads", 1, seed)
        trace = sm.record(model.rnn, x)
        gates |= {name: trace.values[name][..., 0][real] for name in ("ifo" if label == "LSTM" else "rz")}
    pairs = product("ifo", "rz")
    return row | {a + b: torch.corrcoef(torch.stack([gates[a], gates[b]]))[0, 1].item() for a, b in pairs}


def stored(label: str, loss: str, hidden_size: int, seed: int) -> tuple[float, sm.SequenceModel]:
    """A model trained on store_and_recall, and its error at the reads."""
    model = sm.SequenceModel({"LSTM": nn.LSTM, "GRU": nn.GRU}[label], 3, hidden_size, 1, seed=seed)
    options = {"loss_function": LOSSES[loss], "progress": False}
    sm.train(model, sm.store_and_recall, seed=seed, **options, **STORE_AND_RECALL)
    return sm.evaluate(model, sm.store_and_recall, batch_size=500, metric=sm.error_at_reads), model


def speed(hidden_size: int, seq: int, onednn: bool) -> dict:
    """Notebook 03, section 6: the median time of a training step, forward and backward, of each layer, in ms. They take
    turns, so that their ratios can be compared on a noisy machine."""
    layers = {kind.__name__: kind(hidden_size, hidden_size, batch_first=True) for kind in (nn.RNN, nn.LSTM, nn.GRU)}
    x = torch.randn(SPEED["batch_size"], seq, hidden_size)
    times = {name: [] for name in layers}
    with warnings.catch_warnings(action="ignore"), torch.backends.mkldnn.flags(enabled=onednn):
        for _ in range(SPEED["repetitions"] + 1):
            for name, layer in layers.items():
                start = perf_counter()
                layer(x)[0].sum().backward()
                times[name].append(1000 * (perf_counter() - start))
    medians = {name: median(values[1:]) for name, values in times.items()}  # the first round warms up
    return {"hidden_size": hidden_size, "seq": seq, "onednn": onednn} | medians


def reset_place(seed: int) -> dict:
    """Notebook 03, section 2: a trained GRU, and its weights in the form with the reset before the product."""
    error, model = stored("GRU", "everywhere", 4, seed)
    published = sm.GRUCell(3, 4, reset_after=False)
    published.load_state_dict(sm.cell_from(model.rnn).state_dict())
    x, y = sm.store_and_recall(500, generator=Generator().manual_seed(1_000_000))
    with torch.no_grad():
        transplanted = sm.error_at_reads(model.readout(sm.record(published, x).h), y)
    return {"seed": seed, "error": error, "transplanted": transplanted.item()}


def units(label: str, hidden_size: int, lr: float, seed: int) -> dict:
    """Notebook 01, section 8: how many units store_and_recall needs, with gates and without."""
    if label == "LSTM":
        model = sm.SequenceModel(nn.LSTM, 3, hidden_size, 1, seed=seed)
    else:
        model = plain_rnn(label, 3, hidden_size, 1, seed=seed)
    sm.train(model, sm.store_and_recall, lr=lr, seed=seed, progress=False, **UNITS)
    error = sm.evaluate(model, sm.store_and_recall, batch_size=500, metric=sm.error_at_reads)
    return {"label": label, "hidden_size": hidden_size, "lr": lr, "seed": seed, "error": error}


def clipping(lr: float, max_norm: float, seed: int) -> dict:
    """Notebook 01, section 6: plain gradient descent from a W_hh of large radius, with clipping and without."""
    model = plain_rnn("default", 8, 32, 4, seed=seed)
    weight = model.rnn.weight_hh_l0.data
    weight *= CLIPPING["radius"] / torch.linalg.eigvals(weight).abs().max()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    generator = Generator().manual_seed(seed)
    norms = []
    for _ in range(CLIPPING["steps"]):
        x, y = sm.latch(CLIPPING["batch_size"], lag=CLIPPING["lag"], generator=generator)
        loss = sm.loss_at_end(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        norms.append(clip_grad_norm_(model.parameters(), max_norm).item())
        optimizer.step()
    accuracy = sm.evaluate(model, partial(sm.latch, lag=CLIPPING["lag"]), metric=sm.accuracy_at_end)
    return {"lr": lr, "max_norm": max_norm, "seed": seed, "accuracy": accuracy, "largest_norm": max(norms)}


def plain_rnn(start: str, input_size: int, hidden_size: int, output_size: int, *, seed: int) -> sm.SequenceModel:
    """A vanilla RNN from torch's start, an orthogonal one, or that of the IRNN."""
    nonlinearity = "relu" if start == "identity" else "tanh"
    model = sm.SequenceModel(nn.RNN, input_size, hidden_size, output_size, seed=seed, nonlinearity=nonlinearity)
    if start == "orthogonal":
        sm.start_orthogonal(model.rnn, seed=seed)
    if start == "identity":
        sm.start_identity(model.rnn)
    return model


def machine() -> str:
    """The processor, as Linux names it, or the architecture."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.machine())


RADII = [0.5, 0.7, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.75, 2.0, 2.5]
LAGS = [5, 10, 15, 20, 30, 40, 50, 70, 100]
DESCENTS = [(0.1, float("inf")), (0.1, 1.0), (0.03, float("inf")), (0.03, 1.0), (0.01, float("inf")), (0.01, 1.0)]
STARTS = ["torch's start", "bias 1", "bias 3", "chrono"]
RATES = [1e-3, 3e-3, 1e-2]
KINDS = [*product(["default", "orthogonal", "identity"], RATES), ("growing lag", 3e-3), ("asked at every step", 3e-3)]
# name of the table -> the function that makes one row, its cases, its settings, what it measures
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
    "decay": (
        decay,
        product([8, 32, 128], RADII, [0.01, 0.1, 1.0, 3.0], range(20)),
        f"untrained nn.RNN without biases, 4 inputs from N(0, scale²), float64, {DECAY}; rate: of the gradient",
    ),
    "latch": (
        latch,
        ((*kind, lag, seed) for kind, seed, lag in product(KINDS, range(10), LAGS)),
        f"latch, nn.RNN with 32 units, Adam, {LATCH}; accuracy: at the last step of 1,000 new sequences",
    ),
    "forget_bias": (
        forget_bias,
        ((label, lag, seed) for label, seed, lag in product(STARTS, range(10), LAGS)),
        f"latch, nn.LSTM with 32 units, Adam, {LATCH | FORGET_BIAS}; accuracy: of 1,000 new sequences",
    ),
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
    "timing": (
        timing,
        product(["asked at the end", "asked at every step"], range(10)),
        f"latch, nn.RNN with 32 units, Adam, {LATCH | TIMING}; lag_n: accuracy at lag n, of 1,000 new sequences; "
        "rate, slope, radius: of the gradient over 20 steps, of the tanh, of W_hh",
    ),
    "speed": (
        speed,
        product([16, 32, 64, 128, 256, 512], [20, 100], [True, False]),
        f"training step, float32, one thread, input_size = hidden_size, {SPEED}; ms, medians; {machine()}",
    ),
    "units": (
        units,
        product(["default", "identity", "LSTM"], [1, 2, 4, 8, 16, 32], [1e-3, 2e-3, 5e-3, 2e-2], range(10)),
        f"store_and_recall, Adam, {UNITS}; error: mean square at the reads",
    ),
    "clipping": (
        clipping,
        ((lr, max_norm, seed) for (lr, max_norm), seed in product(DESCENTS, range(20))),
        f"latch, nn.RNN with 32 units, plain gradient descent, {CLIPPING}; accuracy: of 1,000 new sequences",
    ),
}


EXPERIMENTS |= measure_comparison.EXPERIMENTS


def run(name: str, generator: Generator, **point) -> dict:
    """One row. Every experiment has the seeds that its point names, and leaves the generator alone."""
    sm.use_device("cpu")
    torch.set_num_threads(1)  # one process for each core is faster
    return EXPERIMENTS[name][0](**point)


def tidy(table: pd.DataFrame) -> pd.DataFrame:
    """One row for each seed, where a point trained several at once and returned "seed 0", "seed 1" and so on."""
    seeds = [name for name in table if name.startswith("seed ")]
    if not seeds:
        return table
    others = [name for name in table if name not in seeds]
    table = table.melt(others, seeds, "seed", "accuracy").sort_values(others, kind="stable")
    return table.assign(seed=table["seed"].str.removeprefix("seed ").astype(int))


def main() -> None:
    RESULTS.mkdir(exist_ok=True)
    code = sha256(Path(__file__).read_bytes() + torch.__version__.encode()).hexdigest()[:8]
    with ProcessPoolExecutor() as pool:
        for name in sys.argv[1:] or list(EXPERIMENTS):
            function, cases, about = EXPERIMENTS[name]
            points = [dict(zip(signature(function).parameters, case, strict=True)) for case in cases]
            # Finished rows are kept until the table is whole, so that an interrupted run goes on where it was. Another
            # state of this file begins anew.
            unfinished = RESULTS / f"{name}-{code}.unfinished"
            table = tidy(sm.sweep(partial(run, name), points, path=unfinished, executor=pool))
            head = f"# {about}; torch {torch.__version__}\n"
            (RESULTS / f"{name}.csv").write_text(head + table.to_csv(index=False, float_format="%.5f"), "utf-8")
            unfinished.unlink()
            print(f"{name}: {len(table)} rows")


if __name__ == "__main__":
    main()
