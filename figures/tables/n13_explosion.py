"""The long experiments of notebook 13. `make results` runs them; measure.py says how."""

from itertools import product

import torch
from torch import Generator, nn
from torch.nn.utils import clip_grad_norm_

import seqmem_lib as sm
from figures.tables.n01_rnn import LAGS, LATCH, RATES, plain_rnn

RADII = [0.5, 0.7, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.75, 2.0, 2.5]
SCALES = [0.01, 0.1, 1.0, 3.0]
DESCENTS = [(0.1, float("inf")), (0.1, 1.0), (0.03, float("inf")), (0.03, 1.0), (0.01, float("inf")), (0.01, 1.0)]
TEN = range(10)
DECAY = {"lags": 101, "warm_up": 200}
BOUND = {"lags": 41, "lag": 40}
UNITS = {"steps": 1500, "batch_size": 64}
CLIPPING = {"steps": 600, "batch_size": 64, "lag": 20, "radius": 1.5}


def decay_cases():
    """A hundred networks where the interval decides: 32 units, inputs of scale 1. Thirty elsewhere."""
    for size, radius, scale in product([8, 32, 128], RADII, SCALES):
        yield from ((size, radius, scale, seed) for seed in range(100 if (size, scale) == (32, 1.0) else 30))


def decay(hidden_size: int, radius: float, scale: float, seed: int) -> dict:
    """Section 2: the decay factor of one network that nobody has trained, and the slopes of its tanh.

    The slopes are those of the steps that the gradient passes. rms_slope is the root of their mean square, which
    mean-field theory multiplies by the radius (Poole et al. 2016; Schoenholz et al. 2017).
    """
    rnn = rnn_of_radius(hidden_size, radius, seed)
    x = scale * torch.randn(1, DECAY["warm_up"] + DECAY["lags"], 4, dtype=torch.float64)
    norms = sm.gradient_norms(rnn, x).flip(1)[:, : DECAY["lags"]]
    with torch.no_grad():
        slopes = 1 - rnn(x)[0][0, -DECAY["lags"] + 1 :] ** 2
    row = {"hidden_size": hidden_size, "radius": radius, "scale": scale, "seed": seed}
    row |= {"rate": sm.measure_decay(norms)["rate"][0]}
    return row | {"mean_slope": slopes.mean().item(), "rms_slope": slopes.square().mean().sqrt().item()}


def bound(sigma: float, seed: int) -> dict:
    """Section 3: the spectral norm of the product of Jacobians against its bound, sigma to the power of the lag."""
    rnn = rnn_of_radius(32, 1.0, seed)
    with torch.no_grad():
        rnn.weight_hh_l0 *= sigma / torch.linalg.matrix_norm(rnn.weight_hh_l0, ord=2)
    x = torch.randn(1, BOUND["lags"], 4, dtype=torch.float64)
    norms = sm.spectral_norms(sm.step_jacobians(rnn, x))[0].flip(0)
    share = (norms / sigma ** torch.arange(BOUND["lags"]))[1:].max().item()
    return {"sigma": sigma, "seed": seed, "norm": norms[BOUND["lag"]].item(), "share_of_bound": share}


def rnn_of_radius(hidden_size: int, radius: float, seed: int) -> nn.RNN:
    torch.manual_seed(seed)
    rnn = nn.RNN(4, hidden_size, batch_first=True, bias=False).double()
    set_radius(rnn, radius)
    return rnn


@torch.no_grad()
def set_radius(rnn: nn.RNN, radius: float) -> None:
    rnn.weight_hh_l0 *= radius / torch.linalg.eigvals(rnn.weight_hh_l0).abs().max()


def latch_radius(lr: float, lag: int) -> list[dict]:
    """Section 5: the start that stands between PyTorch's and the orthogonal one. PyTorch's random matrix, of the same
    seeds as in the table latch, multiplied so that its spectral radius is 1; otherwise all is as there.

    Said beforehand: of each start the learning rate with the highest mean accuracy counts, and the memory spans are
    compared, paired by seed. If the interval of orthogonal minus radius 1 is above 0, orthogonality gives something
    that the radius alone does not; if that of radius 1 minus PyTorch's start is, so does the radius. Expected: both,
    and the radius the larger part, because the two matrices of radius 1 have about the same decay factor at scale 1.
    """
    task = sm.tasks.latch(lag)
    models = [plain_rnn("default", task, 32, seed=seed) for seed in TEN]
    for model in models:
        set_radius(model.rnn, 1.0)
    sm.train_together(models, task, seeds=TEN, lr=lr, progress=False, **LATCH)
    return [{"label": "radius 1", "seed": k, "accuracy": sm.evaluate(models[k], task)} for k in TEN]


def units(label: str, hidden_size: int, lr: float, seed: int) -> dict:
    """Section 6: how many units store_and_recall needs, with gates and without."""
    task = sm.tasks.store_and_recall()
    if label == "LSTM":
        model = sm.SequenceModel(nn.LSTM, task, hidden_size=hidden_size, seed=seed)
    else:
        model = plain_rnn(label, task, hidden_size, seed=seed)
    sm.train(model, task, lr=lr, seed=seed, progress=False, **UNITS)
    error = sm.evaluate(model, task, batch_size=500)
    return {"label": label, "hidden_size": hidden_size, "lr": lr, "seed": seed, "error": error}


def clipping(lr: float, max_norm: float, seed: int) -> dict:
    """Section 4: plain gradient descent from a W_hh of large radius, with clipping and without."""
    task = sm.tasks.latch(CLIPPING["lag"])
    model = plain_rnn("default", task, 32, seed=seed)
    set_radius(model.rnn, CLIPPING["radius"])
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


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "decay": (
        decay,
        decay_cases(),
        f"untrained nn.RNN without biases, 4 inputs from N(0, scale²), float64, {DECAY}; rate: the decay factor of the "
        "gradient; mean_slope, rms_slope: of the tanh over units and steps",
    ),
    "bound": (
        bound,
        product([0.95, 1.5, 3.0], range(100)),
        f"untrained nn.RNN with 32 units, without biases, 4 inputs from N(0, 1), float64, {BOUND}; sigma: largest "
        "singular value of W_hh; norm: of the product of Jacobians at that lag; share_of_bound: its most, from lag 1",
    ),
    "latch_radius": (
        latch_radius,
        product(RATES, LAGS),
        f"latch, nn.RNN with 32 units, W_hh of PyTorch's start multiplied to a spectral radius of 1, Adam, {LATCH}; "
        "accuracy: at the last step of 1,000 new sequences",
    ),
    "units": (
        units,
        product(["default", "identity", "LSTM"], [1, 2, 4, 8, 16, 32], [1e-3, 2e-3, 5e-3, 2e-2], range(10)),
        f"store_and_recall, Adam, {UNITS}; error: mean square at the reads",
    ),
    "clipping": (
        clipping,
        ((lr, max_norm, seed) for (lr, max_norm), seed in product(DESCENTS, range(40))),
        f"latch, nn.RNN with 32 units, plain gradient descent, {CLIPPING}; accuracy: of 1,000 new sequences",
    ),
}
