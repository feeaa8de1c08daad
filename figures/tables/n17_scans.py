"""The long experiments of notebook 17. `make results` runs them; measure.py says how."""

from itertools import product
from statistics import median
from time import perf_counter

import torch
from torch import Generator, Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

import seqmem_lib as sm
from figures.tables.n03_gru import machine
from seqmem_lib.course.n17_scans.scans import MinGRU

SEEDS = range(10)
SHORT = {"steps": 500, "batch_size": 32}
LONG = {"steps": 2000, "batch_size": 32}
TRAININGS = {"500 updates": SHORT, "2000 updates": LONG}
LABELS = ["minGRU, 1 layer", "minGRU, 2 layers", "minGRU, bias -3", "GRU", "GRU, bias 3"]
TASKS = {"parity": (sm.tasks.parity, 12), "latch": (sm.tasks.latch, 30)}
REPETITIONS = 25  # after one that warms up


def min_gru(training: str, task: str, label: str) -> list[dict]:
    """Notebook 17: ten minimal GRUs, or GRUs, what they can learn, and whether it holds at twice the length.

    Said before it was measured, after an independent replication. Parity: one layer solves it in no seed in either
    training; two layers in none with 500 updates, and in at least five of ten with 2,000, but on sequences of twice
    the length in no more than two. Then "fails parity" was an effect of the budget, for the length that was practised.
    Latch: a bias of the update gate that keeps solves it in all ten seeds of both layers, minGRU and GRU, so that what
    differed was the initialisation. "Solved" is an accuracy of at least 90 %.
    """
    make, length = TASKS[task]
    drawn, settings = make(length), {"lr": 1e-2} | TRAININGS[training]
    if label.startswith("GRU"):
        models = [sm.SequenceModel(nn.GRU, drawn, hidden_size=32, seed=seed) for seed in SEEDS]
        for model in models:
            if label == "GRU, bias 3":
                sm.start_keeping(model.rnn, 3)
        sm.train_together(models, drawn, seeds=SEEDS, progress=False, **settings)
    else:
        models = [min_grus(label, drawn.input_size, drawn.output_size, seed=seed) for seed in SEEDS]
        train_stacked(models, drawn, **settings)
    scores = [(sm.evaluate(model, drawn), sm.evaluate(model, make(2 * length))) for model in models]
    return [{"seed": seed, "accuracy": near, "twice": far} for seed, (near, far) in zip(SEEDS, scores, strict=True)]


def train_stacked(models: list[nn.Module], task: sm.tasks.Task, *, steps: int, batch_size: int, lr: float) -> None:
    """As train_together, which knows the layers of torch only."""
    weights, _ = stack_module_state(models)
    optimizer = torch.optim.Adam(weights.values(), lr=lr)
    generators = [Generator().manual_seed(seed) for seed in SEEDS]
    each = vmap(lambda weights, x, y: task.loss(functional_call(models[0], weights, (x,)), y))
    for _ in range(steps):
        x, y = map(torch.stack, zip(*(task(batch_size, generator=one) for one in generators), strict=True))
        optimizer.zero_grad()
        each(weights, x, y).sum().backward()
        optimizer.step()
    for k, model in enumerate(models):
        model.load_state_dict({name: value[k].detach() for name, value in weights.items()})


def min_grus(label: str, input_size: int, output_size: int, *, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    first = MinGRU(input_size, 32)
    if label == "minGRU, bias -3":  # z near 0 keeps
        nn.init.constant_(first.gates.bias[:32], -3)
    more = [MinGRU(32, 32)] if label == "minGRU, 2 layers" else []
    return nn.Sequential(first, *more, nn.Linear(32, output_size))


def over_time(batch_size: int, seq: int) -> dict:
    """Notebook 17: the median time of a training step, forward and backward, in ms, of 32 units. They take
    turns, so that their ratios can be compared on a noisy machine."""
    torch.manual_seed(0)
    layer, gru = MinGRU(32, 32), nn.GRU(32, 32, batch_first=True)
    x = torch.randn(batch_size, seq, 32)

    def loop() -> Tensor:
        z, n = layer.gates(x).chunk(2, dim=-1)
        z, h, shown = z.sigmoid(), torch.zeros(batch_size, 32), []
        for z_t, n_t in zip(z.unbind(dim=1), n.unbind(dim=1), strict=True):
            h = (1 - z_t) * h + z_t * n_t
            shown.append(h)
        return torch.stack(shown, dim=1)

    project = nn.Linear(32, 96)

    def attention() -> Tensor:
        query, key, value = project(x).chunk(3, dim=-1)
        scores = query @ key.mT / 32**0.5
        return scores.masked_fill(torch.ones(seq, seq).triu(1).bool(), -torch.inf).softmax(dim=-1) @ value

    ways = {"minGRU, loop": loop, "minGRU, scan": lambda: layer(x), "attention": attention, "GRU": lambda: gru(x)[0]}
    times = {name: [] for name in ways}
    for _ in range(REPETITIONS + 1):
        for name, way in ways.items():
            start = perf_counter()
            way().sum().backward()
            times[name].append(1000 * (perf_counter() - start))
    return {"batch_size": batch_size, "seq": seq} | {name: median(each[1:]) for name, each in times.items()}


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "min_gru": (
        min_gru,
        [
            *product(["500 updates"], TASKS, LABELS),
            *product(["2000 updates"], ["parity"], LABELS),
            ("2000 updates", "latch", "minGRU, 1 layer"),
        ],
        f"32 units, Adam, batch {SHORT['batch_size']}, learning rate 0.01, seeds 0 to 9; bias: of z, so that the layer "
        "starts out keeping, -3 where z writes and 3 where it keeps; parity: 12 steps; latch: lag 30; accuracy: on new "
        "sequences; twice: on new sequences of twice the length",
    ),
    "over_time": (
        over_time,
        [(1, seq) for seq in (16, 64, 256, 1024, 4096)] + [(32, seq) for seq in (16, 64, 256, 512)],
        f"training step, forward and backward, float32, one thread, 32 units; ms, medians of {REPETITIONS}; "
        f"{machine()}",
    ),
}
