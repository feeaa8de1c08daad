"""The long experiments of notebook 14. `make results` runs them; measure.py says how."""

from itertools import combinations, permutations, product

import torch
from torch import Generator, Tensor, nn

import seqmem_lib as sm
from figures.tables.n01_rnn import LATCH, TIMING
from seqmem_lib.course.n14_inside.swing import phases_in, principal_plane, quiet_input, spread_of, turn_of, wrapped

LONGEST = 60
ORBIT = {"run_in": 200, "steps": 512}  # for the period
COMES_BACK = {"within": 12, "close": 1e-3}


def timing(label: str, seed: int) -> dict:
    """Sections 1 to 3: trained at one lag, tested at others; what the state still knows; how it moves."""
    task = sm.tasks.latch(TIMING["lag"])
    model = sm.SequenceModel(nn.RNN, task, hidden_size=32, seed=seed)
    loss = sm.tasks.loss_at_every_step if label == "asked at every step" else task.loss
    sm.train(model, task, lr=TIMING["lr"], seed=seed, loss_function=loss, progress=False, **LATCH)
    # After k distractors the state is that of a sequence with lag k: one pass tells for all lags.
    x, y = sm.tasks.latch(lag=LONGEST)(1000, generator=Generator().manual_seed(1_000_000))
    with torch.no_grad():
        h = model.rnn(x)[0]
        answers = model.readout(h).argmax(dim=-1)
    right = (answers == y[:, None]).double().mean(dim=0).tolist()
    row = {"label": label, "seed": seed} | {f"lag_{lag}": right[lag] for lag in range(1, LONGEST + 1)}
    for lag in (100, 300, 1000):
        row[f"lag_{lag}"] = sm.evaluate(model, sm.tasks.latch(lag=lag))
    row |= {"told_apart": min(told_apart(h[:, lag], y) for lag in range(1, LONGEST + 1))}
    row |= {"renamed_19": renamed(answers[:, 19], y)}
    rnn = model.rnn.double()
    x, _ = task(50, generator=Generator().manual_seed(1_000_001))
    norms = sm.gradient_norms(rnn, x).flip(1)[:, : TIMING["lag"]]  # up to the first distractor
    slope = 1 - rnn(x.double())[0].square().mean().item()
    radius = torch.linalg.eigvals(rnn.weight_hh_l0.detach()).abs().max().item()
    row |= {"rate": sm.measure_decay(norms)["rate"].median(), "slope": slope, "radius": radius}
    return row | orbit(rnn)


def told_apart(h: Tensor, y: Tensor) -> float:
    """In how many of the second half of the sequences the state, (batch, hidden_size), is nearest to the mean that the
    states of its own symbol have in the first half."""
    half = len(y) // 2
    means = torch.stack([h[:half][y[:half] == symbol].mean(dim=0) for symbol in range(4)])
    return (torch.cdist(h[half:], means).argmin(dim=1) == y[half:]).double().mean().item()


def renamed(answers: Tensor, y: Tensor) -> float:
    """How often the answers would be right if the four were given other names: the best of the 24 ways."""
    ways = torch.tensor(list(permutations(range(4))))
    return (ways[:, answers] == y).double().mean(dim=1).max().item()


@torch.no_grad()
def orbit(rnn: nn.RNN) -> dict:
    """Where the state goes after each symbol, if each step then brings the mean of the four distractors.

    swing, period : after A, how large a step is, compared with the state, and the period of the strongest of its
        oscillations, in steps
    comes_back : after how many steps, of at most 12, every unit is where it was, in the last hundred steps; 0 if never
    plane : the share of the variance of all four paths in the plane of their first two principal components
    turn : by how many degrees a step turns the swing in that plane, on average
    gap : the smallest angle between the phases of two symbols at the lag of the training
    spread_20, spread_1000 : by how many degrees the phases of sequences with the same symbol differ (standard
        deviation, mean of the four symbols) after as many distractors drawn at random

    The rule for notebook 14: if the four phases are 90 degrees apart, a network is right at a lag if its swing is
    there within 45 degrees of where it is at the lag of the training.
    """
    paths = rnn(quiet_input(1 + sum(ORBIT.values())).double())[0]
    late = paths[:, -ORBIT["steps"] :]
    h, end = late[0], late[:, -100:]
    swing = (h.diff(dim=0).norm(dim=1).mean() / h.norm(dim=1).mean()).item()
    back = (steps for steps in range(1, COMES_BACK["within"] + 1) if returns(end, steps))
    row = {"swing": swing, "period": 0.0, "comes_back": next(back, 0)}
    if swing < 0.01:
        return row
    power = torch.fft.rfft(h - h.mean(dim=0), dim=0).abs().square().sum(dim=1)
    row["period"] = ORBIT["steps"] / power[1:].argmax().add(1).item()
    centre, plane, share = principal_plane(late)
    row |= {"plane": share, "turn": turn_of(phases_in(late, centre, plane))}
    at_lag = phases_in(paths[:, TIMING["lag"]], centre, plane)
    row["gap"] = min(abs(wrapped(one - other)) for one, other in combinations(at_lag, 2))
    x, y = sm.tasks.latch(lag=1000)(400, generator=Generator().manual_seed(1_000_002))
    noisy = rnn(x.double())[0]
    for lag in (20, 1000):
        spreads = [spread_of(phases_in(noisy[y == symbol, lag], centre, plane)) for symbol in range(4)]
        row[f"spread_{lag}"] = sum(spreads) / 4
    return row


def returns(paths: Tensor, steps: int) -> bool:
    return (paths[:, steps:] - paths[:, :-steps]).abs().max().item() < COMES_BACK["close"]


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "timing": (
        timing,
        product(["asked at the end", "asked at every step"], range(30)),
        f"latch, nn.RNN with 32 units, Adam, {LATCH | TIMING}; lag_n: accuracy at lag n, of 1,000 new sequences; "
        "told_apart: share of sequences whose state is nearest to its symbol's mean, at the worst lag from 1 to 60; "
        "renamed_19: accuracy at 19 if the answers had the best other names; rate, slope, radius: decay factor over "
        "20 steps, mean slope of the tanh, spectral radius of W_hh; swing to gap: of the paths without noise, "
        f"{ORBIT}, {COMES_BACK}; turn, gap, spread: in degrees; spread_n: of the phase after n distractors, of 400 "
        "sequences",
    ),
}
