"""The long experiments of notebook 01. `make results` runs them; measure.py says how."""

from itertools import count, product

from torch import nn

import seqmem_lib as sm

LAGS = [5, 10, 15, 20, 30, 40, 50, 70, 100]
RATES = [1e-3, 3e-3, 1e-2]
KINDS = [*product(["default", "orthogonal", "identity"], RATES), ("growing lag", 3e-3), ("asked at every step", 3e-3)]
LATCH = {"steps": 1000, "batch_size": 64}
TIMING = {"lag": 20, "lr": 3e-3}


def latch(label: str, lr: float, lag: int, seed: int) -> dict:
    """Section 7, and notebook 13: one training of a plain RNN with 32 units, from one start, at one lag."""
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
    "latch": (
        latch,
        ((*kind, lag, seed) for kind, seed, lag in product(KINDS, range(10), LAGS)),
        f"latch, nn.RNN with 32 units, Adam, {LATCH}; accuracy: at the last step of 1,000 new sequences",
    ),
}
