"""The long experiments of notebook 03 that train many networks at a time: what one unit of a GRU can hide, what its
reset gate is good for, and how far it reaches. `make results` runs them; measure.py says how.

What was expected, and when a verdict is given, was written into the docstrings before the first run.
"""

from itertools import product

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

import seqmem_lib as sm
from figures.tables.n01_rnn import LATCH
from figures.tables.n02_lstm import FORGET_BIAS, STORE_AND_RECALL
from seqmem_lib.course.n06_reviews.written import write_reviews

HUNDRED = range(100)
THIRTY = range(100, 130)  # that nobody had seen
HELD_OPEN = 1000.0  # as a bias: the gate is exactly 1, and no gradient reaches it
READERS = {"steps": 400, "batch_size": 32, "lr": 1e-2}
AROUND = range(-1, 4)  # time steps from "but"
# (start, lag) where the memory spans of update_bias are decided
AGAIN = [("torch's start", 20), ("torch's start", 30), ("bias 1", 40), ("bias 1", 50), ("bias 3", 100)]


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


def stored(hidden_size: int, loss: str, *, times: int = 1, lr: float = STORE_AND_RECALL["lr"], reset: str = "learned"):
    """A hundred GRUs that were trained on store_and_recall, from the seeds of the LSTMs of store_and_recall.csv."""
    models = [sm.SequenceModel(nn.GRU, (3, 1), hidden_size=hidden_size, seed=seed) for seed in HUNDRED]
    if reset == "held open":
        for model in models:
            model.rnn.bias_ih_l0.data[:hidden_size] = HELD_OPEN
    settings = STORE_AND_RECALL | {"steps": times * STORE_AND_RECALL["steps"], "lr": lr}
    options = {"loss_function": LOSSES[loss], "progress": False}
    sm.train_together(models, sm.tasks.store_and_recall(), seeds=HUNDRED, **settings, **options)
    return models


def gru_stores(hidden_size: int, loss: str, times: int, lr: float) -> list[dict]:
    """Notebook 03, sections 1 and 5: from how many starts a GRU learns to store a value, and to hide it.

    Expected: with one unit and the loss everywhere, fewer starts than the 39 of 100 of the LSTM, also with four times
    as many updates and at other learning rates. *Fewer* is said if the interval of the difference, paired by seed, does
    not hold 0; *none* only with Wilson's interval.
    """
    x, _ = sm.tasks.store_and_recall()(500, generator=Generator().manual_seed(1_000_001))
    write, read = x[..., 1] > 0, x[..., 2] > 0
    kinds = {"write": write, "hold": ~write & ~read & (write.cumsum(dim=1) > 0), "read": read}
    rows = []
    for seed, model in zip(HUNDRED, stored(hidden_size, loss, times=times, lr=lr), strict=True):
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

    Expected: no clear difference in how many starts learn the task; *of use* is said if the interval of the difference,
    paired by seed, does not hold 0. That r scales what takes the rest of the old value away is said of a network if
    the candidate's part is negative and leaves less than half of the direct part, and of GRUs if it is so in most.
    """
    x, y = sm.tasks.store_and_recall()(500, generator=Generator().manual_seed(1_000_001))
    write = x[..., 1:2] > 0
    later = (write & (write.cumsum(dim=1) > 1))[..., 0]  # something is stored already
    clamps = {
        "r_1_at_writes": torch.where(write, 1.0, torch.nan),
        "r_0_at_writes": torch.where(write, 0.0, torch.nan),
        "r_1_at_others": torch.where(write, torch.nan, 1.0),
    }
    rows = []
    for seed, model in zip(HUNDRED, stored(hidden_size, loss, reset=reset), strict=True):
        row = {"seed": seed, "error": sm.evaluate(model, sm.tasks.store_and_recall(), batch_size=500)}
        if hidden_size == 1 and reset == "learned":
            trace = sm.record(model.rnn, x)
            slopes = {name: part[later].mean().item() for name, part in slopes_of(model.rnn, trace).items()}
            row |= slopes | {"r_write": trace.r[later].mean().item()}
            for name, held in clamps.items():
                with torch.no_grad():
                    says = model.readout(sm.record(model.rnn, x, clamp={"r": held}).h)
                row[name] = at_reads(says, y).item()
        rows.append(row)
    return rows


def slopes_of(gru: nn.GRU, trace: sm.Trace) -> dict[str, Tensor]:
    """The parts of the derivative of h by the h before it, of a GRU of one unit, (batch, seq) each."""
    r, z, n = (trace.values[name][..., 0] for name in "rzn")
    before = trace.before("h")[..., 0]
    w_r, w_z, w_n = gru.weight_hh_l0.detach()[:, 0]
    through_n = (1 - z) * (1 - n**2)
    sum_n = w_n * before + gru.bias_hh_l0.detach()[2]  # which r multiplies
    gates = (before - n) * z * (1 - z) * w_z + through_n * sum_n * r * (1 - r) * w_r
    return {"z_slope": z, "n_slope": through_n * r * w_n, "gates_slope": gates}


def at_but(language: str) -> list[dict]:
    """Notebook 03, section 9: GRUs that read the reviews of notebook 06. What do their gates do at the word "but", and
    does it matter?

    r_1, z_0 : the means over units one time step after "but", and at it, and so on; r_other : at all other words
    right, right_r_open, right_z_open : the share of right answers on reviews with a "but", as trained, and with r or z
        held at 1 at "but" and the step after it

    Expected, by the tale that the reset gate drops at "but" what came before: r is lower at "but" or just after it than
    at other words, and with r held open fewer answers are right. Each is judged by the interval over networks of the
    difference, for those with more than 90 % right answers.
    """
    options = {"language": language, "length": (12, 30)}
    rows, models, tasks, tests = [], [], [], []
    for seed in THIRTY:
        corpora = [write_reviews(n, part=part, generator=Generator().manual_seed(seed), **options)
                   for n, part in ((2000, "train"), (1000, "test"))]  # fmt: skip
        words = sm.Vocabulary((review.tokens for review in corpora[0]), most=300)
        numbers = [[words.encode(review.tokens) for review in corpus] for corpus in corpora]
        models.append(sm.SequenceClassifier(nn.GRU, 300, seed=seed))
        tasks.append(sm.Batches(numbers[0], [review.label for review in corpora[0]], length=30))
        tests.append((words, numbers[1], torch.tensor([review.label for review in corpora[1]])))
    settings = {"loss_function": cross_entropy, "max_norm": 1.0, "progress": False}
    sm.train_together(models, tasks, seeds=THIRTY, **settings, **READERS)
    for seed, model, (words, numbers, y) in zip(THIRTY, models, tests, strict=True):
        row = {
            "seed": seed,
            "accuracy": (sm.predict(model, numbers, length=30).argmax(dim=1) == y).double().mean().item(),
        }
        x = torch.tensor([one + [0] * (30 - len(one)) for one in numbers])
        lengths = [len(one) for one in numbers]
        buts = [words.encode([word])[0] for word in BUTS[language]]
        but = torch.isin(x, torch.tensor(buts))
        turns = but.any(dim=1)
        place, real = but.int().argmax(dim=1), torch.arange(30) < torch.tensor(lengths)[:, None]
        trace = sm.record(model.layers[0], model.embedding(x), lengths=lengths)
        for gate in "rz":
            value = trace.values[gate].mean(dim=2)
            row[f"{gate}_other"] = value[real & ~but].mean().item()
            for offset in AROUND:
                row[f"{gate}_{offset}"] = value[turns, place[turns] + offset].mean().item()
        after = but | but.roll(1, dims=1)
        for name, clamp in {"right": {}, "right_r_open": {"r": 1.0}, "right_z_open": {"z": 1.0}}.items():
            held = {gate: torch.where(after, 1.0, torch.nan)[..., None] for gate in clamp}
            h = sm.record(model.layers[0], model.embedding(x), lengths=lengths, clamp=held).h
            with torch.no_grad():
                says = model.readout(h[torch.arange(len(x)), torch.tensor(lengths) - 1]).argmax(dim=1)
            row[name] = (says == y)[turns].double().mean().item()
        rows.append(row)
    return rows


BUTS = {"en": ("but", "yet"), "zh": ("但是", "不过", "可是")}


def update_bias_again(label: str, lag: int) -> list[dict]:
    """Notebook 03, section 10: the lags at which the spans of update_bias are decided, from thirty starts that nobody
    had seen. Expected: the same as there, at least 90 % of the runs or at most 10 %."""
    models = [sm.SequenceModel(nn.GRU, (8, 4), hidden_size=32, seed=seed) for seed in THIRTY]
    for model in models if label != "torch's start" else ():
        sm.start_keeping(model.rnn, float(label.removeprefix("bias ")))
    task = sm.tasks.latch(lag=lag)
    sm.train_together(models, task, seeds=THIRTY, lr=FORGET_BIAS["lr"], progress=False, **LATCH)
    return [{"seed": seed, "accuracy": sm.evaluate(model, task)} for seed, model in zip(THIRTY, models, strict=True)]


def stored_cases():
    """The settings of section 1, and what might help the single unit: more updates, other rates, other losses."""
    yield from ((1, loss, 1, 2e-2) for loss in LOSSES)
    yield from ((1, "everywhere", 4, lr) for lr in (5e-3, 2e-2, 5e-2))
    yield 2, "everywhere", 1, 2e-2


# name of the table -> the function that makes rows, one for each seed, its cases, what it measures
EXPERIMENTS = {
    "gru_stores": (
        gru_stores,
        stored_cases(),
        f"store_and_recall, nn.GRU, {STORE_AND_RECALL}, times so many steps; error: mean square at the reads; "
        "elsewhere: mean square at all other steps; z_hold: mean update gate where there is no "
        "mark, after the first write",
    ),
    "reset_gate": (
        reset_gate,
        product([1, 2], ["at the reads", "everywhere"], ["learned", "held open"]),
        f"store_and_recall, nn.GRU, {STORE_AND_RECALL}; reset: learned, or held open, r = 1, in training too; error: "
        "mean square at the reads; n_slope: mean part of the slope of h at a write that goes through the candidate",
    ),
    "at_but": (
        at_but,
        (("en",), ("zh",)),
        f"2,000 reviews of 12 to 30 words, nn.GRU, embedding 32, hidden_size 32, Adam, {READERS}; of 1,000 others: "
        'accuracy; r_0: mean reset gate at "but", r_other: at other words; right: share of those with a "but"',
    ),
    "update_bias_again": (
        update_bias_again,
        ((label, lag) for label, lag in AGAIN),
        f"latch, nn.GRU with 32 units, Adam, {LATCH | FORGET_BIAS}; accuracy: of 1,000 new sequences",
    ),
}
