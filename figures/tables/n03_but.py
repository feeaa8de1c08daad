"""The long experiment of notebook 03 on the word "but". `make results` runs it; measure.py says how.

What was expected, and when a verdict is given, was written into the docstring before the first run.
"""

import torch
from torch import Generator, nn
from torch.nn.functional import cross_entropy

import seqmem_lib as sm
from figures.tables.n03_gru_together import THIRTY
from seqmem_lib.course.n06_reviews.written import write_reviews

READERS = {"steps": 400, "batch_size": 32, "lr": 1e-2}
AROUND = range(-1, 4)  # time steps from "but"
BUTS = {"en": ("but", "yet"), "zh": ("但是", "不过", "可是")}


def at_but(language: str) -> list[dict]:
    """Notebook 03, section 9: GRUs that read the reviews of notebook 06. What do their gates do at the word "but", and
    does it matter?

    r_1, z_0 : the means over units one time step after "but", and at it, and so on; r_other : at all other words
    right, right_r_open, right_z_open : the share of right answers on reviews with a "but", as trained, and with r or z
        held at 1 at "but" and the step after it

    Expected, by the tale that the reset gate drops at "but" what came before: r is lower at "but" or just after it than
    at other words, and with r held open fewer answers are right. Each is judged by the interval over networks of the
    difference, for those with more than 90 % right answers.
    """
    options = {"language": language, "length": (12, 30)}
    rows, models, tasks, tests = [], [], [], []
    for seed in THIRTY:
        corpora = [write_reviews(n, part=part, generator=Generator().manual_seed(seed), **options)
                   for n, part in ((2000, "train"), (1000, "test"))]  # fmt: skip
        words = sm.Vocabulary((review.tokens for review in corpora[0]), most=300)
        numbers = [[words.encode(review.tokens) for review in corpus] for corpus in corpora]
        models.append(sm.SequenceClassifier(nn.GRU, 300, seed=seed))
        tasks.append(sm.Batches(numbers[0], [review.label for review in corpora[0]], length=30))
        tests.append((words, numbers[1], torch.tensor([review.label for review in corpora[1]])))
    settings = {"loss_function": cross_entropy, "max_norm": 1.0, "progress": False}
    sm.train_together(models, tasks, seeds=THIRTY, **settings, **READERS)
    for seed, model, (words, numbers, y) in zip(THIRTY, models, tests, strict=True):
        row = {
            "seed": seed,
            "accuracy": (sm.predict(model, numbers, length=30).argmax(dim=1) == y).double().mean().item(),
        }
        x = torch.tensor([one + [0] * (30 - len(one)) for one in numbers])
        lengths = [len(one) for one in numbers]
        buts = [words.encode([word])[0] for word in BUTS[language]]
        but = torch.isin(x, torch.tensor(buts))
        turns = but.any(dim=1)
        place, real = but.int().argmax(dim=1), torch.arange(30) < torch.tensor(lengths)[:, None]
        trace = sm.record(model.layers[0], model.embedding(x), lengths=lengths)
        for gate in "rz":
            value = trace.values[gate].mean(dim=2)
            row[f"{gate}_other"] = value[real & ~but].mean().item()
            for offset in AROUND:
                row[f"{gate}_{offset}"] = value[turns, place[turns] + offset].mean().item()
        after = but | but.roll(1, dims=1)
        for name, clamp in {"right": {}, "right_r_open": {"r": 1.0}, "right_z_open": {"z": 1.0}}.items():
            held = {gate: torch.where(after, 1.0, torch.nan)[..., None] for gate in clamp}
            h = sm.record(model.layers[0], model.embedding(x), lengths=lengths, clamp=held).h
            with torch.no_grad():
                says = model.readout(h[torch.arange(len(x)), torch.tensor(lengths) - 1]).argmax(dim=1)
            row[name] = (says == y)[turns].double().mean().item()
        rows.append(row)
    return rows


# name of the table -> the function that makes rows, one for each seed, its cases, what it measures
EXPERIMENTS = {
    "at_but": (
        at_but,
        (("en",), ("zh",)),
        f"2,000 reviews of 12 to 30 words, nn.GRU, embedding 32, hidden_size 32, Adam, {READERS}; of 1,000 others: "
        'accuracy; r_0: mean reset gate at "but", r_other: at other words; right: share of those with a "but"',
    ),
}
