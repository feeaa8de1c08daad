"""The fixed points of notebook 14, and what ten trained networks have in common. `make results` runs them; measure.py
says how."""

import torch
from torch import Generator, Tensor, nn

import seqmem_lib as sm
from figures.tables.n01_rnn import LATCH, TIMING
from seqmem_lib.course.n14_inside.held import held_number, read_numbers
from seqmem_lib.course.n14_inside.slow import cycle_of, fixed_points, slopes, step_of
from seqmem_lib.course.n14_inside.swing import phases_in, principal_plane, quiet_input, turn_of

SEEDS = range(10)
STARTS = {"sequences": 20, "every": 3, "seq": 61}  # states that real sequences pass through
LATE, LONGEST = 200, 12
HELD = {"lag": 25, "steps": 1500, "batch_size": 64, "lr": 3e-3}


def inside(label: str) -> list[dict]:
    """Ten networks of `timing`, trained again: where they rest, and whether a probe on one reads another.

    points, stable : fixed points with the mean distractor as a constant input, found from states that sequences with
        real distractors pass through; how many of them undo a small push
    largest : the largest modulus of an eigenvalue at a stable point; empty if there is none
    centre, angle : of the fixed point nearest to the mean of the four late paths, the modulus and the angle, in degrees
        from 0 to 180, of its leading eigenvalue
    turn : by how many degrees a step turns the swing, as in `timing`, without its sign
    cycle : the smallest k up to 12 with a stable fixed point of the map of k steps where A's path ends; 0 if none
    probe_own, probe_other : a linear readout that is fitted by least squares on this network's states at lag 20: how
        often it is right on new states of this network, and of the nine others on average

    Predicted, before the measurement. Asked at every step: exactly four stable points in at least 9 of 10 networks,
    with moduli from 0.1 to 0.7. Asked at the end: no stable point in at least 8 of 10; in at least 8 of 10 the leading
    eigenvalue at the centre has a modulus above 1 and an angle within 15 degrees of the turn; `cycle` is what
    `comes_back` of `timing` says, in all ten. Probes: right in more than 95 % on the network that they were fitted on,
    and in 25 % on others, within 10, on average. A claim of the notebook holds if these counts are reached.
    """
    task = sm.tasks.latch(TIMING["lag"])
    loss = sm.tasks.loss_at_every_step if label == "asked at every step" else task.loss
    models = [sm.SequenceModel(nn.RNN, task, hidden_size=32, seed=seed) for seed in SEEDS]
    for seed, model in zip(SEEDS, models, strict=True):
        sm.train(model, task, lr=TIMING["lr"], seed=seed, loss_function=loss, progress=False, **LATCH)
    rows = [{"label": label, "seed": seed} | rests(model.rnn) for seed, model in zip(SEEDS, models, strict=True)]
    right = probes(models, task)  # (probes, networks)
    for k, row in enumerate(rows):
        others = [right[k, other].item() for other in range(len(models)) if other != k]
        row |= {"probe_own": right[k, k].item(), "probe_other": sum(others) / len(others)}
    return rows


def rests(rnn: nn.RNN) -> dict:
    """The fixed points of one network, and what its paths without noise do."""
    x, _ = sm.tasks.latch(lag=STARTS["seq"] - 1)(STARTS["sequences"], generator=Generator().manual_seed(1_000_003))
    quiet = quiet_input(2)[0, 1]
    step = step_of(rnn, quiet)
    with torch.no_grad():
        starts = rnn(x)[0].double()[:, :: STARTS["every"]].flatten(0, 1)
        paths = rnn.double()(quiet_input(LATE + 512).double())[0]
    points = fixed_points(step, starts)
    leading = slopes(step, points)
    stable = leading[:, 0].abs() < 1
    centre, plane, _ = principal_plane(paths[:, LATE:])
    middle = leading[(points - torch.from_numpy(centre)).norm(dim=1).argmin(), 0]
    return {
        "points": len(points),
        "stable": stable.sum().item(),
        "largest": leading[stable, 0].abs().max().item() if stable.any() else None,
        "centre": middle.abs().item(),
        "angle": middle.angle().rad2deg().abs().item(),
        "turn": abs(turn_of(phases_in(paths[:, LATE:], centre, plane))),
        "cycle": cycle_of(rnn, quiet, paths[0, -1], LONGEST),
    }


@torch.no_grad()
def probes(models: list[sm.SequenceModel], task: sm.tasks.Task) -> Tensor:
    """(probes, networks): how often the readout fitted on the states of one is right on new states of another."""

    def states(seed: int) -> tuple[list[Tensor], Tensor]:
        x, y = task(1000, generator=Generator().manual_seed(seed))
        last = (model.rnn.double()(x.double())[0][:, -1] for model in models)
        return [torch.cat([h, torch.ones(len(h), 1, dtype=h.dtype)], dim=1) for h in last], y

    (seen, y), (new, due) = states(1_000_004), states(1_000_005)
    wanted = nn.functional.one_hot(y, 4).double()
    ways = [torch.linalg.lstsq(h, wanted, driver="gelsd").solution for h in seen]
    return torch.tensor([[((h @ way).argmax(dim=1) == due).double().mean() for h in new] for way in ways])


def held(label: str) -> list[dict]:
    """Ten vanilla RNNs that learn to hold a number: is there a line of resting places?

    error_n : root mean squared error n steps after the number, of 201 numbers from -1 to 1
    slowest, fastest : of the leading eigenvalue at the states at lag 25, the smallest and largest modulus
    second : the largest modulus of the second eigenvalue there
    points, stable : fixed points that minimising q finds from these states; how many undo a small push
    left : how many answers that differ by more than 0.01 are left of the 201 after 10,000 steps

    Predicted, before these ten were measured, from three others, seeds 100 to 102, which had 3 to 5 points: no line. In
    at least 9 of 10 networks 2 to 12 separate points, leading moduli from 0.95 to 1.05 and second ones below 0.8 all
    along, and an error that is more than five times as large at lag 1,000 as at lag 25. The notebook may call it a row
    of separate points if these counts are reached.
    """
    task = held_number(HELD["lag"])
    models = [sm.SequenceModel(nn.RNN, task, hidden_size=32, seed=seed) for seed in SEEDS]
    training = {name: HELD[name] for name in ("steps", "batch_size", "lr")}
    sm.train_together(models, task, seeds=SEEDS, **training, progress=False)
    return [{"label": label, "seed": seed} | rests_of_number(model) for seed, model in zip(SEEDS, models, strict=True)]


@torch.no_grad()
def rests_of_number(model: sm.SequenceModel) -> dict:
    model = model.double()
    values = torch.linspace(-1, 1, 201)
    x, y = read_numbers(values, 10_000)
    states = [model.rnn(x[:, :1].double())[1][0]]
    step = step_of(model.rnn, torch.zeros(2))
    for _ in range(10_000):
        states.append(step(states[-1]))
    found = {}
    for lag in (25, 100, 1000):
        found[f"error_{lag}"] = (model.readout(states[lag]) - y[:, 0]).square().mean().sqrt().item()
    leading = slopes(step, states[HELD["lag"]]).abs()
    points = fixed_points(step, states[HELD["lag"]])
    answers = model.readout(states[-1])[:, 0].sort().values
    return found | {
        "slowest": leading[:, 0].min().item(),
        "fastest": leading[:, 0].max().item(),
        "second": leading[:, 1].max().item(),
        "points": len(points),
        "stable": (slopes(step, points)[:, 0].abs() < 1).sum().item(),
        "left": 1 + (answers.diff() > 0.01).sum().item(),
    }


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "inside": (
        inside,
        [("asked at the end",), ("asked at every step",)],
        f"latch, nn.RNN with 32 units, Adam, {LATCH | TIMING}; points, stable, largest, centre, angle: fixed points "
        f"with the mean distractor as input, from states of {STARTS}, and their eigenvalues; turn, angle: in degrees; "
        f"cycle: steps, up to {LONGEST}; probe_own, probe_other: share of 1,000 new sequences",
    ),
    "held_number": (
        held,
        [("RNN",)],
        f"a number to hold, nn.RNN with 32 units, Adam, {HELD}; error_n: root mean squared error at lag n; slowest, "
        "fastest, second: moduli of eigenvalues at the states at lag 25; points, stable: fixed points; left: answers "
        "after 10,000 steps that differ by more than 0.01",
    ),
}
