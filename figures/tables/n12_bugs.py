"""What seven of the bugs of notebook 12's museum cost. `make results` runs them; measure.py says how.

Each is trained and tested in its broken and in its mended form, from the same start and with the same data.
reported : what the code says of itself on test data, measured with the slip in it
true : the same, measured as the network would be used: on each sequence by itself, without the slip
"""

from itertools import product
from math import cos, pi

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss, one_hot
from torch.nn.utils.rnn import pack_padded_sequence

import seqmem_lib as sm

UNITS, BATCH, LR = 32, 32, 1e-2
STATES = ["broken", "mended"]
TEST = 1_000_000  # the seed of the test data, plus that of the run


def model_for(input_size: int, output_size: int, seed: int) -> sm.SequenceModel:
    return sm.SequenceModel(nn.GRU, (input_size, output_size), hidden_size=UNITS, seed=seed)


def accuracy(scores: Tensor, y: Tensor) -> float:
    return (scores.argmax(dim=-1) == y).double().mean().item()


def fit(model: nn.Module, loss_of, draw, seed: int, steps: int) -> None:
    """loss_of(model, *batch), with a fresh batch, draw(size, generator=...), at every step."""
    generator, optimizer = Generator().manual_seed(seed), torch.optim.Adam(model.parameters(), lr=LR)
    for _ in range(steps):
        loss = loss_of(model, *draw(BATCH, generator=generator))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def unseen(draw, seed: int, size: int = 512):
    return draw(size, generator=Generator().manual_seed(TEST + seed))


def batch_as_time(state: str, seed: int) -> tuple[float, float]:
    """Accuracy on latch, lag 10: say the first of 11 letters. Guessing is right in one of four."""
    model = model_for(8, 4, seed)
    model.rnn.batch_first = state == "mended"
    draw = sm.tasks.latch(lag=10)
    fit(model, lambda model, x, y: cross_entropy(model(x)[:, -1], y), draw, seed, 200)
    x, y = unseen(draw, seed)
    with torch.no_grad():
        batches = [model(one)[:, -1] for one in x.split(BATCH)]
        alone = torch.cat([model(one)[:, -1] for one in x.split(1)])
    return accuracy(torch.cat(batches), y), accuracy(alone, y)


def state_that_stays(state: str, seed: int) -> tuple[float, float]:
    """Squared error on adding, 10 steps. Always saying the mean has one of 1/6."""
    model, h = model_for(2, 1, seed), [None]

    def answers(model, x) -> Tensor:
        output, kept = model.rnn(x, h[0])
        h[0] = kept.detach() if state == "broken" else None
        return model.readout(output[:, -1])

    draw = sm.tasks.adding(seq=10)
    fit(model, lambda model, x, y: mse_loss(answers(model, x), y), draw, seed, 300)
    x, y = unseen(draw, seed)
    with torch.no_grad():
        batches = torch.cat([answers(model, one) for one in x.split(BATCH)])
        return mse_loss(batches, y).item(), mse_loss(model(x)[:, -1], y).item()


def of_lengths(batch_size: int, *, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Latch with 2 to 12 letters in a sequence, padded with zeros."""
    x, y = sm.tasks.latch(lag=11)(batch_size, generator=generator)
    lengths = torch.randint(2, 13, (batch_size,), generator=generator)
    return x * (torch.arange(12)[:, None] < lengths[:, None, None]), y, lengths


def not_sorted_back(state: str, seed: int) -> tuple[float, float]:
    """Accuracy on latch with 2 to 12 letters."""
    model = model_for(8, 4, seed)

    def scores(model, x, lengths) -> Tensor:
        order = lengths.argsort(descending=True, stable=True)
        _, h_n = model.rnn(pack_padded_sequence(x[order], lengths[order], batch_first=True))
        return model.readout(h_n[-1] if state == "broken" else h_n[-1][order.argsort()])

    fit(model, lambda model, x, y, lengths: cross_entropy(scores(model, x, lengths), y), of_lengths, seed, 150)
    x, y, lengths = unseen(of_lengths, seed)
    with torch.no_grad():
        batches = torch.cat([scores(model, *one) for one in zip(x.split(BATCH), lengths.split(BATCH), strict=True)])
        return accuracy(batches, y), accuracy(model(x)[range(len(x)), lengths - 1], y)


def repeats(batch_size: int, *, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Tag each letter of 5 to 15, padded to 40: 1 if it occurred before in its sequence, 0 if not. Of 12 letters."""
    letters = torch.randint(1, 13, (batch_size, 40), generator=generator)
    lengths = torch.randint(5, 16, (batch_size,), generator=generator)
    letters = letters * (torch.arange(40) < lengths[:, None])
    before = (letters[:, :, None] == letters[:, None]).tril(-1).any(dim=-1)
    return one_hot(letters, 13).float(), (before & (letters > 0)).long(), lengths


def padding_counts(state: str, seed: int) -> tuple[float, float]:
    """Accuracy per letter on `repeats`."""
    model = model_for(13, 2, seed)

    def loss_of(model, x, y, lengths) -> Tensor:
        words = torch.arange(y.shape[1]) < lengths[:, None] if state == "mended" else torch.ones_like(y, dtype=bool)
        return cross_entropy(model(x)[words], y[words])

    fit(model, loss_of, repeats, seed, 200)
    x, y, lengths = unseen(repeats, seed)
    with torch.no_grad():
        scores = model(x)
    words = torch.arange(y.shape[1]) < lengths[:, None]
    true = accuracy(scores[words], y[words])
    return (accuracy(scores, y) if state == "broken" else true), true


def softmax_twice(state: str, seed: int) -> tuple[float, float]:
    """Accuracy on the digits of scikit-learn, read row by row, after 200 steps."""
    model = model_for(8, 10, seed)

    def loss_of(model, x, y) -> Tensor:
        scores = model(x)[:, -1]
        return cross_entropy(scores.softmax(dim=-1) if state == "broken" else scores, y)

    draw = sm.tasks.digits(read="rows")
    fit(model, loss_of, draw, seed, 200)
    x, y = unseen(sm.tasks.digits("rows", part="test"), seed, 360)
    with torch.no_grad():
        true = accuracy(model(x)[:, -1], y)
    return true, true


def chain(batch_size: int, *, generator: Generator) -> tuple[Tensor, Tensor]:
    """30 tokens of ten: each is its predecessor plus 1, 2 or 3, modulo ten, with the shares 0.7, 0.2 and 0.1. The best
    forecast has a cross-entropy of 0.80."""
    steps = 1 + torch.multinomial(torch.tensor([0.7, 0.2, 0.1]), batch_size * 30, True, generator=generator)
    tokens = steps.view(batch_size, 30).cumsum(dim=1) % 10
    return one_hot(tokens, 10).float(), tokens


def target_not_shifted(state: str, seed: int) -> tuple[float, float]:
    """Cross-entropy per token on `chain`; guessing has ln 10 = 2.30."""
    model = model_for(10, 10, seed)

    def loss(scores, tokens, shift) -> Tensor:
        return cross_entropy(scores[:, : 30 - shift].flatten(0, 1), tokens[:, shift:].flatten())

    shift = {"broken": 0, "mended": 1}[state]
    fit(model, lambda model, x, tokens: loss(model(x), tokens, shift), chain, seed, 200)
    x, tokens = unseen(chain, seed)
    with torch.no_grad():
        scores = model(x)
    return loss(scores, tokens, shift).item(), loss(scores, tokens, 1).item()


def swings(batch_size: int, *, generator: Generator) -> tuple[Tensor, Tensor]:
    """An autoregressive series of 80 steps, x(t) = a·x(t-1) + b·x(t-2) + noise (Yule 1927), which swings with a
    period of about 15 steps; its standard deviation is 1. Returned twice: it is its own target."""
    a, b = 2 * 0.97 * cos(2 * pi / 15), -(0.97**2)
    spread = ((1 - b) / ((1 + b) * ((1 - b) ** 2 - a**2))) ** 0.5  # for noise of 1
    noise = torch.randn(120, batch_size, generator=generator) / spread
    x = [torch.zeros(batch_size)] * 2
    for one in noise:
        x.append(a * x[-1] + b * x[-2] + one)
    series = torch.stack(x[-80:], dim=1)[..., None]
    return series, series


def forecast_of_the_known(state: str, seed: int) -> tuple[float, float]:
    """Root mean square error of a forecast of the last 30 of 80 steps; always saying the mean, 0, has one of 1."""
    model = model_for(1, 1, seed)
    fit(model, lambda model, x, y: mse_loss(model(x)[:, :-1], y[:, 1:]), swings, seed, 200)
    x, _ = unseen(swings, seed, 128)
    with torch.no_grad():
        one_step = model(x)[:, 49:-1]
        seen = x[:, :50]
        while seen.shape[1] < 80:
            seen = torch.cat([seen, model(seen)[:, -1:]], dim=1)
    error = {"broken": one_step, "mended": seen[:, 50:]}
    error = {name: (said - x[:, 50:]).square().mean().sqrt().item() for name, said in error.items()}
    return error[state], error["mended"]


PITFALLS = {
    "batch as time": batch_as_time,
    "state that stays": state_that_stays,
    "not sorted back": not_sorted_back,
    "padding counts": padding_counts,
    "softmax twice": softmax_twice,
    "target not shifted": target_not_shifted,
    "forecast of the known": forecast_of_the_known,
}


def museum(pitfall: str, state: str, seed: int) -> dict:
    """Notebook 12: one training with a bug or without it."""
    reported, true = PITFALLS[pitfall](state, seed)
    return {"pitfall": pitfall, "state": state, "seed": seed, "reported": reported, "true": true}


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "museum": (
        museum,
        product(PITFALLS, STATES, range(10)),
        "bugs of notebook 12, broken and mended, nn.GRU with 32 units, Adam, batch 32, lr 0.01, 150 to 300 steps; "
        "reported: what the code says of itself on test data; true: without the slip; accuracy, but squared error for "
        "the state that stays, cross-entropy for the target and root mean square error for the forecast",
    ),
}
