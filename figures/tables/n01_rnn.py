"""The long experiments of notebook 01. `make results` runs them; measure.py says how."""

from itertools import count, product

import torch
from torch import Generator, nn
from torch.nn.utils import clip_grad_norm_

import seqmem_lib as sm

LAGS = [5, 10, 15, 20, 30, 40, 50, 70, 100]
RADII = [0.5, 0.7, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.75, 2.0, 2.5]
DESCENTS = [(0.1, float("inf")), (0.1, 1.0), (0.03, float("inf")), (0.03, 1.0), (0.01, float("inf")), (0.01, 1.0)]
RATES = [1e-3, 3e-3, 1e-2]
KINDS = [*product(["default", "orthogonal", "identity"], RATES), ("growing lag", 3e-3), ("asked at every step", 3e-3)]
DECAY = {"lags": 101, "warm_up": 200}
LATCH = {"steps": 1000, "batch_size": 64}
TIMING = {"lag": 20, "lr": 3e-3}
UNITS = {"steps": 1500, "batch_size": 64}
CLIPPING = {"steps": 600, "batch_size": 64, "lag": 20, "radius": 1.5}


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
    task = sm.tasks.latch(lag)
    model = plain_rnn(label if label in ("orthogonal", "identity") else "default", task, 32, seed=seed)
    learn, loss = task, task.loss
    if label == "growing lag":
        # From lag 1 to the full lag, evenly over the first four fifths of the training.
        taken = count()

        def learn(batch_size, *, generator):
            share = min(1, next(taken) / (0.8 * LATCH["steps"]))
            return sm.tasks.latch(1 + round(share * (lag - 1)))(batch_size, generator=generator)

    if label == "asked at every step":
        loss = sm.tasks.loss_at_every_step
    sm.train(model, learn, lr=lr, seed=seed, loss_function=loss, progress=False, **LATCH)
    accuracy = sm.evaluate(model, task)
    return {"label": label, "lr": lr, "lag": lag, "seed": seed, "accuracy": accuracy}


def timing(label: str, seed: int) -> dict:
    """Notebook 01, section 7: trained at one lag, tested at others; the rate of the gradient after training."""
    task = sm.tasks.latch(TIMING["lag"])
    model = sm.SequenceModel(nn.RNN, task, hidden_size=32, seed=seed)
    loss = sm.tasks.loss_at_every_step if label == "asked at every step" else task.loss
    sm.train(model, task, lr=TIMING["lr"], seed=seed, loss_function=loss, progress=False, **LATCH)
    # After k distractors the state is that of a sequence with lag k: one pass tells for all lags.
    x, y = sm.tasks.latch(lag=60)(1000, generator=Generator().manual_seed(1_000_000))
    with torch.no_grad():
        right = (model(x).argmax(dim=-1) == y[:, None]).double().mean(dim=0).tolist()
    row = {"label": label, "seed": seed} | {f"lag_{lag}": right[lag] for lag in range(1, 61)}
    for lag in (100, 300, 1000):
        row[f"lag_{lag}"] = sm.evaluate(model, sm.tasks.latch(lag=lag))
    rnn = model.rnn.double()
    x, _ = task(50, generator=Generator().manual_seed(1_000_001))
    norms = sm.gradient_norms(rnn, x).flip(1)[:, : TIMING["lag"]]  # up to the first distractor
    slope = 1 - rnn(x.double())[0].square().mean().item()
    radius = torch.linalg.eigvals(rnn.weight_hh_l0.detach()).abs().max().item()
    return row | {"rate": sm.measure_decay(norms)["rate"].median(), "slope": slope, "radius": radius}


def units(label: str, hidden_size: int, lr: float, seed: int) -> dict:
    """Notebook 01, section 8: how many units store_and_recall needs, with gates and without."""
    task = sm.tasks.store_and_recall()
    if label == "LSTM":
        model = sm.SequenceModel(nn.LSTM, task, hidden_size=hidden_size, seed=seed)
    else:
        model = plain_rnn(label, task, hidden_size, seed=seed)
    sm.train(model, task, lr=lr, seed=seed, progress=False, **UNITS)
    error = sm.evaluate(model, task, batch_size=500)
    return {"label": label, "hidden_size": hidden_size, "lr": lr, "seed": seed, "error": error}


def clipping(lr: float, max_norm: float, seed: int) -> dict:
    """Notebook 01, section 6: plain gradient descent from a W_hh of large radius, with clipping and without."""
    task = sm.tasks.latch(CLIPPING["lag"])
    model = plain_rnn("default", task, 32, seed=seed)
    weight = model.rnn.weight_hh_l0.data
    weight *= CLIPPING["radius"] / torch.linalg.eigvals(weight).abs().max()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    generator = Generator().manual_seed(seed)
    norms = []
    for _ in range(CLIPPING["steps"]):
        x, y = task(CLIPPING["batch_size"], generator=generator)
        loss = task.loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        norms.append(clip_grad_norm_(model.parameters(), max_norm).item())
        optimizer.step()
    accuracy = sm.evaluate(model, task)
    return {"lr": lr, "max_norm": max_norm, "seed": seed, "accuracy": accuracy, "largest_norm": max(norms)}


def plain_rnn(start: str, task: sm.tasks.Task, hidden_size: int, *, seed: int) -> sm.SequenceModel:
    """A vanilla RNN from torch's start, an orthogonal one, or that of the IRNN."""
    nonlinearity = "relu" if start == "identity" else "tanh"
    model = sm.SequenceModel(nn.RNN, task, hidden_size=hidden_size, seed=seed, nonlinearity=nonlinearity)
    if start == "orthogonal":
        sm.start_orthogonal(model.rnn, seed=seed)
    if start == "identity":
        sm.start_identity(model.rnn)
    return model


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
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
    "timing": (
        timing,
        product(["asked at the end", "asked at every step"], range(10)),
        f"latch, nn.RNN with 32 units, Adam, {LATCH | TIMING}; lag_n: accuracy at lag n, of 1,000 new sequences; "
        "rate, slope, radius: of the gradient over 20 steps, of the tanh, of W_hh",
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
