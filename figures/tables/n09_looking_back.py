"""The experiments of notebook 09 on a decoder that looks back. `make results` runs them; measure.py says how."""

from itertools import product

import torch
from torch import Generator, Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from figures.tables.n08_four_shapes import COPY, DATES, LETTERS, START, dates_in_numbers, digit_pairs, greedy
from seqmem_lib.course.n08_four_shapes.encoder_decoder import EncoderDecoder, train_pairs
from seqmem_lib.course.n09_looking_back.looking_back import LookingBack

TESTED = (4, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16)
PARTS = {"year": (0, 1, 2, 3), "month": (5, 6), "day": (8, 9)}  # which characters of 1984-03-03


def looked_back(decoder: str, trained_to: int, seed: int) -> dict:
    """Sections 1 and 2: copy digits, with a decoder that knows the encoder's last state alone or that looks back. Same
    rows, same updates, same learning rate, which was chosen for the first of the two in notebook 08.

    Expected, after one trial with the seed 100: trained on 1 to 8 digits, rows of 9 and 10 come out right far more
    often, and rows of 14 to 16 hardly ever: to look back is no cure for lengths that were never trained. Trained on 1
    to 16 digits, most rows of 16 are right, and without looking back hardly any. The rule: to look back helps with 9 to
    16 digits if the share of rows that are right, the mean of the eight lengths, is at least twice that without, in the
    mean of the ten seeds, and the interval of the difference, paired by seed, lies above 0.
    """
    generator = Generator().manual_seed(seed)
    lengths = torch.randint(1, trained_to + 1, (5000,), generator=generator).tolist()
    sizes = {"start": START, "hidden_size": COPY["hidden_size"], "seed": seed}
    if decoder == "looks back":
        model = LookingBack(len(LETTERS), len(LETTERS), **sizes)
    else:
        model = EncoderDecoder(nn.LSTM, len(LETTERS), len(LETTERS), **sizes)
    options = {name: COPY[name] for name in ("steps", "batch_size", "lr")}
    train_pairs(model, *digit_pairs(lengths, "as it is", generator), seed=seed, progress=False, **options)
    row = {}
    for length in TESTED:
        source, target = digit_pairs(500 * [length], "as it is", Generator().manual_seed(1_000_000 + seed))
        row[f"exact_{length}"], _ = greedy(model, source, target)
        if decoder == "looks back":
            with torch.no_grad():
                _, looks = model.write(source, length)
            row[f"weight_{length}"] = looks.diagonal(dim1=1, dim2=2).mean().item()
            row[f"most_{length}"] = (looks.argmax(dim=-1) == torch.arange(length)).double().mean().item()
    return row


def dates_looked_up(seed: int) -> dict:
    """Section 2: dates in words after 300 updates, the same dates and updates as in the table teacher_forcing, whose
    decoder knows the last state alone. Expected: more of them right, and most of the weight of each character on the
    words of its part, the year, the month or the day. The rule: it helps if the interval of the difference, paired by
    seed, lies above 0."""
    words, (source, target), (new, wanted), test = dates_in_numbers(seed)
    model = LookingBack(len(words), len(LETTERS), start=START, hidden_size=DATES["hidden_size"], seed=seed)
    train_pairs(
        model, source, target, steps=300, batch_size=DATES["batch_size"], lr=DATES["lr"], seed=seed, progress=False
    )
    exact, _ = greedy(model, new, wanted)
    with torch.no_grad():
        _, looks = model.write(new, wanted.shape[1])
    row = {"exact": exact}
    for part, places in PARTS.items():
        its_own = pad_sequence([torch.tensor([tag == part for tag in one.tags]) for one in test], batch_first=True)
        row[f"weight_{part}"] = on_its_own(looks, its_own, places)
        row[f"even_{part}"] = (its_own.sum(dim=1) / (new != 0).sum(dim=1)).mean().item()
    return row


def on_its_own(looks: Tensor, its_own: Tensor, places: tuple[int, ...]) -> float:
    """The share of the weight, (batch, steps, seq), of these characters on the words that its_own, (batch, seq), has
    marked with 1."""
    return (looks[:, list(places)] * its_own[:, None]).sum(dim=-1).mean().item()


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "looked_back": (
        looked_back,
        product(["carries a state", "looks back"], [8, 16], range(10)),
        f"copy digits, EncoderDecoder of nn.LSTM or LookingBack, 5,000 sequences of 1 to trained_to digits, Adam, "
        f"{COPY}; of 500 new ones of n digits: exact_n: all of them and the end right, greedy decoding; weight_n: "
        "share of the weight on the digit that is written, mean of all places; most_n: share of the places where that "
        "digit has the largest weight",
    ),
    "dates_looked_up": (
        dates_looked_up,
        ((seed,) for seed in range(10)),
        f"as in teacher_forcing, after 300 updates, {DATES}, LookingBack; of 2,000 unseen dates: exact: all characters "
        "right, greedy decoding; weight_part: share of the weight of its characters on its words; even_part: the same "
        "if all words had the same weight",
    ),
}
