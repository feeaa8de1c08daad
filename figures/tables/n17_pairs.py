"""The long experiment of notebook 17 about keys that are overwritten. `make results` runs it; measure.py says how."""

import torch
from torch import Tensor, nn

import seqmem_lib as sm
from figures.tables.n17_scans import SEEDS, train_stacked
from seqmem_lib.course.n17_scans.matrices import DeltaRule, SelectiveDiagonal
from seqmem_lib.course.n17_scans.pairs import KEYS, VALUES, overwritten_pairs
from seqmem_lib.course.n17_scans.scans import MinGRU

SEQ = 40
TRAINING = {"steps": 1000, "batch_size": 32, "lr": 1e-2}
UNITS = KEYS * VALUES  # all of them keep so many numbers


class WithOutputGate(nn.Module):
    """A minimal GRU with an output gate, as an LSTM has one, but one that sees x only."""

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        self.layer, self.gate = MinGRU(input_size, hidden_size), nn.Linear(input_size, hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.gate(x).sigmoid() * self.layer(x)


LAYERS = {  # each as (what it makes of the input's size, how many numbers it shows)
    "minGRU": (lambda size: MinGRU(size, UNITS), UNITS),
    "minGRU, output gate": (lambda size: WithOutputGate(size, UNITS), UNITS),
    "diagonal": (lambda size: SelectiveDiagonal(size, VALUES, KEYS), VALUES),
    "delta rule": (lambda size: DeltaRule(size, VALUES, KEYS), VALUES),
    "only adds": (lambda size: DeltaRule(size, VALUES, KEYS, erase=False), VALUES),
}


def pairs(label: str) -> list[dict]:
    """Notebook 17: which layers learn to read what was last written under a key, when keys are overwritten.

    All keep 32 numbers, and a linear readout of what they show gives the answer. Said before it was measured. minGRU:
    in none of ten seeds, for its readout shows all it holds in the same way, whichever key is asked. With an output
    gate: in at least half, since four units for each key can be written and shown by gates that see x only. Diagonal:
    in none: it reads by key, but its factor cannot spare the other keys. Delta rule: in all ten. The same layer that
    only adds: in none. GRU: in no more than half, because it must keep apart eight keys in 32 units that all read one
    another. At twice the length what is solved stays solved, for the rule is the same at each step. "Solved" is at
    least 90 % of the reads; a line is wrong if its count is on the other side.
    """
    drawn, far = overwritten_pairs(SEQ), overwritten_pairs(2 * SEQ)
    if label == "GRU":
        models = [sm.SequenceModel(nn.GRU, drawn, hidden_size=UNITS, seed=seed) for seed in SEEDS]
        sm.train_together(models, drawn, seeds=SEEDS, progress=False, **TRAINING)
    else:
        models = [network(label, drawn.input_size, seed=seed) for seed in SEEDS]
        train_stacked(models, drawn, **TRAINING)
    parameters = sum(one.numel() for one in models[0].parameters())
    scores = [(sm.evaluate(model, drawn), sm.evaluate(model, far)) for model in models]
    return [
        {"seed": seed, "parameters": parameters, "accuracy": near, "twice": twice}
        for seed, (near, twice) in zip(SEEDS, scores, strict=True)
    ]


def network(label: str, input_size: int, *, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    make, shown = LAYERS[label]
    return nn.Sequential(make(input_size), nn.Linear(shown, VALUES))


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "pairs": (
        pairs,
        [(label,) for label in (*LAYERS, "GRU")],
        f"reads of {KEYS} keys with {VALUES} values, {SEQ} steps; {UNITS} numbers kept, Adam, {TRAINING['steps']} "
        f"updates, batch {TRAINING['batch_size']}, learning rate {TRAINING['lr']}, seeds 0 to 9; accuracy: at the "
        "reads of new sequences; twice: of new sequences of twice the length",
    ),
}
