"""The long experiments of notebook 05. `make results` runs them; measure.py says how."""

from itertools import product

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

import seqmem_lib as sm

ORDER = {"steps": 800, "batch_size": 64, "lr": 2e-2}
ORDER_SEQ = 20
BETWEEN_MARKS = 9  # the first mark is at step 4 at the latest, the second at 10 at the earliest
LATCH = {"steps": 300, "batch_size": 64, "lr": 1e-2}
DIFFERS = {"steps": 400, "batch_size": 64, "lr": 1e-2}
LETTERS, DIFFERS_SEQ = 4, 12


class Tagger(nn.Module):
    """An LSTM of any height and width with a readout at every step."""

    def __init__(self, input_size: int, hidden_size: int, classes: int, *, seed: int, **options):
        super().__init__()
        torch.manual_seed(seed)
        self.rnn = nn.LSTM(input_size, hidden_size, batch_first=True, **options)
        self.readout = nn.Linear(hidden_size * (2 if self.rnn.bidirectional else 1), classes)

    def forward(self, x: Tensor) -> Tensor:
        output, _ = self.rnn(x)
        return self.readout(output)


class RightEnds(Tagger):
    """It answers once, from the last state of each direction: (batch, 1, classes)."""

    def forward(self, x):
        output, _ = self.rnn(x)
        size = self.rnn.hidden_size
        return self.readout(torch.cat([output[:, -1:, :size], output[:, :1, size:]], dim=-1))


class LastStep(Tagger):
    """The bug: both directions are read at the last step, where the backward one has read a single step."""

    def forward(self, x):
        output, _ = self.rnn(x)
        return self.readout(output[:, -1:])


def two_layers(seed: int) -> dict:
    """Section 3: what each layer of an LSTM knows of temporal_order, and which one the answer comes from.

    letter_k, first_k, both_k : how often a linear probe reads from layer k's h, untrained and trained, the letter of
        the last step, the first mark between the marks, and both marks at the end
    follow_k : of the trained, how often the answer follows, when between the marks the state of layer k, or of both,
        is exchanged for that of a sequence with another first mark
    """
    model = Tagger(6, 16, 4, seed=seed, num_layers=2)
    with torch.no_grad():  # a forget bias of 3 in both layers, as in notebook 02
        for k in range(2):
            getattr(model.rnn, f"bias_ih_l{k}")[16:32] = 3.0
            getattr(model.rnn, f"bias_hh_l{k}")[16:32] = 0.0
    task = sm.tasks.temporal_order(seq=ORDER_SEQ)
    x, y = task(4000, generator=Generator().manual_seed(1_000_001))
    row = {"seed": seed}

    def look(name: str) -> None:
        for k in range(2):
            h = sm.record(model.rnn, x, layer=k).h
            row[f"{name}_letter_{k + 1}"] = probe(h[:, -1], x[:, -1].argmax(dim=-1))
            row[f"{name}_first_{k + 1}"] = probe(h[:, BETWEEN_MARKS], y // 2)
            row[f"{name}_both_{k + 1}"] = probe(h[:, -1], y)

    look("untrained")
    sm.train(model, task, seed=seed, progress=False, **ORDER)
    look("trained")
    other = y.roll(1)
    differs, due = y // 2 != other // 2, 2 * (other // 2) + y % 2
    with torch.no_grad():
        row["accuracy"] = sm.tasks.accuracy_at_end(model(x), y).item()
        _, state = model.rnn(x[:, : BETWEEN_MARKS + 1])
        for name, layers in {"1": [0], "2": [1], "both": [0, 1]}.items():
            exchanged = tuple(part.clone() for part in state)  # h and c, (layers, batch, hidden_size)
            for part in exchanged:
                part[layers] = part[layers].roll(1, dims=1)
            output, _ = model.rnn(x[:, BETWEEN_MARKS + 1 :], exchanged)
            answer = model.readout(output[:, -1]).argmax(dim=-1)
            row[f"follow_{name}"] = (answer == due)[differs].double().mean().item()
    return row


def probe(h: Tensor, y: Tensor) -> float:
    """The accuracy of a linear readout of h, (batch, hidden_size), for the classes y, (batch,): least squares on the
    first half of the batch, tested on the second."""
    half = len(h) // 2
    h = torch.cat([h, torch.ones(len(h), 1)], dim=1).double()
    weights = torch.linalg.lstsq(h[:half], one_hot(y[:half]).double()).solution
    return ((h[half:] @ weights).argmax(dim=-1) == y[half:]).double().mean().item()


def wrong_end(label: str, lag: int, seed: int) -> dict:
    """Section 4: a bidirectional LSTM that learns latch, with each direction read at its own end or both at the last
    step.

    read_wrong : the accuracy of the model that was trained with the right ends, when it is read at the last step
    """
    model = {"right ends": RightEnds, "last step": LastStep}[label](8, 16, 4, seed=seed, bidirectional=True)
    task = sm.tasks.latch(lag=lag)
    sm.train(model, task, seed=seed, progress=False, **LATCH)
    row = {"label": label, "lag": lag, "seed": seed, "accuracy": sm.evaluate(model, task)}
    wrong = LastStep(8, 16, 4, seed=seed, bidirectional=True)
    wrong.load_state_dict(model.state_dict())
    return row | {"read_wrong": sm.evaluate(wrong, task)}


def differs(batch_size: int, *, generator: Generator) -> tuple[Tensor, Tensor]:
    """Does this letter differ from the next one? x, (batch, seq, 4), random letters, one-hot; y, (batch, seq - 1)."""
    letters = torch.randint(LETTERS, (batch_size, DIFFERS_SEQ), generator=generator)
    return one_hot(letters, LETTERS).float(), (letters[:, :-1] != letters[:, 1:]).long()


def differs_from_next(label: str, seed: int) -> dict:
    """Section 4: one direction, two, and one that answers a step later. The last step has no next one."""
    bidirectional = label == "two directions"
    model = Tagger(LETTERS, 16 if bidirectional else 32, 2, seed=seed, bidirectional=bidirectional)
    answers = slice(1, None) if label == "one direction, a step later" else slice(None, -1)

    def loss(output, y):
        return cross_entropy(output[:, answers].flatten(0, 1), y.flatten())

    def accuracy(output, y):
        return (output[:, answers].argmax(dim=-1) == y).double().mean()

    sm.train(model, differs, seed=seed, loss_function=loss, progress=False, **DIFFERS)
    return {"label": label, "seed": seed, "accuracy": sm.evaluate(model, differs, metric=accuracy)}


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "two_layers": (
        two_layers,
        ((seed,) for seed in range(20)),
        f"temporal_order, seq {ORDER_SEQ}, nn.LSTM with two layers of 16 units, forget bias 3, Adam, {ORDER}; "
        "accuracy, and that of linear probes of each layer, of 4,000 new sequences; follow_k: share of answers that "
        "follow an exchanged state of layer k",
    ),
    "wrong_end": (
        wrong_end,
        product(["right ends", "last step"], [5, 60], range(10)),
        f"latch, bidirectional nn.LSTM with 16 units, Adam, {LATCH}; accuracy: of 1,000 new sequences; read_wrong: the "
        "same model, read at the last step",
    ),
    "differs_from_next": (
        differs_from_next,
        product(["one direction", "two directions", "one direction, a step later"], range(10)),
        f"does this letter differ from the next? {LETTERS} letters, seq {DIFFERS_SEQ}, nn.LSTM with 32 units or twice "
        f"16, Adam, {DIFFERS}; accuracy: of 1,000 new sequences, all steps but the last",
    ),
}
