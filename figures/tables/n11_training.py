"""The long experiments of notebook 11. `make results` runs them; measure.py says how."""

from functools import partial
from itertools import product
from statistics import median
from time import perf_counter

import torch
from torch import Generator, Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

import seqmem_lib as sm
from figures.tables.n03_gru import machine
from seqmem_lib.course.n11_training.scans import MinGRU

SEEDS = range(10)
SETTINGS = {"steps": 500, "batch_size": 32}
STREAM = {"updates": 500, "streams": 32, "lr": 1e-2}
MIN_GRU = {"steps": 500, "batch_size": 32}
KINDS = {kind.__name__: kind for kind in (nn.RNN, nn.LSTM, nn.GRU)}
SAME_PARAMETERS = {1: 32, 2: 19, 3: 15}  # layers of an LSTM for 8 inputs -> units of each: 5,376, 5,244 and 5,340
REPETITIONS = 25  # after one that warms up
ROWS = sm.tasks.digits(read="rows")  # 8 steps


class LearnedStart(sm.SequenceModel):
    """A plain RNN whose first state is a parameter, 0 before training."""

    def __init__(self, task: sm.tasks.Task, *, hidden_size: int, seed: int):
        super().__init__(nn.RNN, task, hidden_size=hidden_size, seed=seed)
        self.h_0 = nn.Parameter(torch.zeros(1, 1, self.rnn.hidden_size))

    def forward(self, x: Tensor) -> Tensor:
        output, _ = self.rnn(x, self.h_0.expand(-1, len(x), -1).contiguous())
        return self.readout(output)


def initial_state(variant: str) -> list[float]:
    """On the shortest sequences of this series, where the start may matter most."""
    kind = LearnedStart if variant == "learned" else partial(sm.SequenceModel, nn.RNN)
    return [on_digits(kind(ROWS, hidden_size=32, seed=seed), seed) for seed in SEEDS]


def layers(variant: str) -> list[float]:
    count = int(variant[0])
    units = SAME_PARAMETERS[count]

    def model(seed: int) -> sm.SequenceModel:
        deep = sm.SequenceModel(nn.LSTM, (8, 10), hidden_size=units, seed=seed)
        if count > 1:
            torch.manual_seed(seed)
            deep.rnn = nn.LSTM(8, units, num_layers=count, batch_first=True)
        return deep

    return [on_digits(model(seed), seed) for seed in SEEDS]


def recurrent_start(variant: str) -> list[float]:
    models = [sm.SequenceModel(nn.RNN, (8, 4), hidden_size=32, seed=seed) for seed in SEEDS]
    for seed, model in enumerate(models):
        if variant == "orthogonal":
            sm.start_orthogonal(model.rnn, seed=seed)
        if variant == "Xavier":
            nn.init.xavier_uniform_(model.rnn.weight_hh_l0, generator=Generator().manual_seed(seed))
    return together(models, sm.tasks.latch(lag=20), lr=3e-3)


def clipping(variant: str) -> list[float]:
    """As the table of that name, but with Adam: a plain RNN whose gradients explode, from a W_hh of radius 1.5."""
    lr, how = variant.split(", ")
    models = [sm.SequenceModel(nn.RNN, (8, 4), hidden_size=32, seed=seed) for seed in SEEDS]
    for model in models:
        weight = model.rnn.weight_hh_l0.data
        weight *= 1.5 / torch.linalg.eigvals(weight).abs().max()
    limit = {"max_norm": 1.0} if how == "clipped" else {}
    return together(models, sm.tasks.latch(lag=20), lr=float(lr), **limit)


def learning_rate(variant: str) -> list[float]:
    kind, lr = variant.split(", ")
    models = [sm.SequenceModel(KINDS[kind], (6, 4), hidden_size=32, seed=seed) for seed in SEEDS]
    return together(models, sm.tasks.temporal_order(seq=15), lr=float(lr), max_norm=1.0)


def carried_state(variant: str) -> list[float]:
    """An endless stream of bits, of which each is to be said again `lag` steps later, learned window by window."""
    how, lag, window = variant.split(", ")
    lag, window = int(lag.removeprefix("lag ")), int(window.removeprefix("window "))
    return [on_stream(how == "carried", lag, window, seed) for seed in SEEDS]


def on_stream(carry: bool, lag: int, window: int, seed: int) -> float:
    model = sm.SequenceModel(nn.RNN, (1, 2), hidden_size=32, seed=seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=STREAM["lr"])
    x, y = stream(STREAM["streams"], STREAM["updates"] * window, lag, seed)
    state = None
    for x_window, y_window in zip(x.split(window, dim=1), y.split(window, dim=1), strict=True):
        output, state = model.rnn(x_window, state)
        optimizer.zero_grad()
        sm.tasks.loss_of_steps(model.readout(output), y_window).backward()
        optimizer.step()
        state = state.detach() if carry else None
    x, y = stream(100, 200, lag, seed=1_000_000)
    with torch.no_grad():
        return sm.tasks.accuracy_of_steps(model(x)[:, lag:], y[:, lag:]).item()


def stream(streams: int, steps: int, lag: int, seed: int) -> tuple[Tensor, Tensor]:
    """x, (streams, steps, 1), random bits; and y, (streams, steps), the bits of `lag` steps before."""
    bits = torch.randint(2, (streams, steps + lag), generator=Generator().manual_seed(seed))
    return bits[:, lag:, None].float(), bits[:, :steps]


def on_digits(model: nn.Module, seed: int) -> float:
    sm.train(model, ROWS, seed=seed, lr=3e-3, progress=False, **SETTINGS)
    return sm.evaluate(model, sm.tasks.digits("rows", part="test"), batch_size=360)


def together(models: list[sm.SequenceModel], task, **settings) -> list[float]:
    sm.train_together(models, task, seeds=SEEDS, progress=False, **SETTINGS, **settings)
    return [sm.evaluate(model, task) for model in models]


FOLKLORE = {
    "initial state": (initial_state, ["zero", "learned"]),
    "carried state": (
        carried_state,
        [
            "reset, lag 3, window 5",
            "carried, lag 3, window 5",
            "carried, lag 8, window 5",
            "carried, lag 8, window 20",
        ],
    ),
    "start of W_hh": (recurrent_start, ["torch's uniform", "Xavier", "orthogonal"]),
    "clipping": (clipping, [", ".join(pair) for pair in product(["0.01", "0.03"], ["not clipped", "clipped"])]),
    "learning rate": (
        learning_rate,
        [", ".join(pair) for pair in product(KINDS, ["0.0001", "0.001", "0.01", "0.1"])],
    ),
    "layers": (layers, ["1 layer", "2 layers", "3 layers"]),
}


def folklore(folklore: str, variant: str) -> list[dict]:
    """Notebook 11, section 1: the accuracies of ten trainings."""
    scores = FOLKLORE[folklore][0](variant)
    return [{"seed": seed, "accuracy": score} for seed, score in enumerate(scores)]


def min_gru(task: str, label: str) -> list[dict]:
    """Notebook 11, section 3: ten minimal GRUs, or GRUs, and what they can learn."""
    drawn = {"parity": sm.tasks.parity(12), "latch": sm.tasks.latch(30)}[task]
    settings = {"lr": 1e-2} | MIN_GRU
    if label == "GRU":
        models = [sm.SequenceModel(nn.GRU, drawn, hidden_size=32, seed=seed) for seed in SEEDS]
        sm.train_together(models, drawn, seeds=SEEDS, progress=False, **settings)
    else:
        models = [min_grus(label, drawn.input_size, drawn.output_size, seed=seed) for seed in SEEDS]
        train_min_grus(models, drawn, **settings)
    return [{"seed": seed, "accuracy": sm.evaluate(model, drawn)} for seed, model in zip(SEEDS, models, strict=True)]


def train_min_grus(models: list[nn.Module], task: sm.tasks.Task, *, steps: int, batch_size: int, lr: float) -> None:
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
    """Notebook 11, section 3: the median time of a training step, forward and backward, in ms, of 32 units. They take
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
    "folklore": (
        folklore,
        [(name, variant) for name, (_, variants) in FOLKLORE.items() for variant in variants],
        f"Adam, {SETTINGS}. initial state: RNN, and layers: LSTM, as many parameters, both on digits by rows at 0.003; "
        f"start of W_hh: RNN, latch, lag 20, at 0.003; clipping: RNN, radius 1.5, latch, lag 20; learning rate: "
        f"temporal order, 15 steps, clipped to 1; carried state: RNN, bits said again after a lag, {STREAM}; accuracy: "
        "on new sequences",
    ),
    "min_gru": (
        min_gru,
        product(["parity", "latch"], ["minGRU, 1 layer", "minGRU, 2 layers", "minGRU, bias -3", "GRU"]),
        f"32 units, Adam, {MIN_GRU}, learning rate 0.01; bias -3: of z, so that one layer starts out keeping; "
        "parity: 12 steps; latch: lag 30; accuracy: on new sequences",
    ),
    "over_time": (
        over_time,
        [(1, seq) for seq in (16, 64, 256, 1024, 4096)] + [(32, seq) for seq in (16, 64, 256, 512)],
        f"training step, forward and backward, float32, one thread, 32 units; ms, medians of {REPETITIONS}; "
        f"{machine()}",
    ),
}
