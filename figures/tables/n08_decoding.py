"""The experiments of notebook 08 on how a decoder writes. `make results` runs them; measure.py says how."""

import numpy as np
import torch
from sklearn.linear_model import RidgeClassifier
from torch import Generator, Tensor

import seqmem_lib as sm
from figures.tables.n08_four_shapes import DATES, END, LETTERS, START, date_reader
from seqmem_lib.course.n08_four_shapes.dates import write_dates
from seqmem_lib.course.n08_four_shapes.encoder_decoder import EncoderDecoder

# "the sixth of May two thousand and one", cut off after a word: how many tokens from "of" on are read.
STAGES = {"the day": 0, "of": 1, "the month": 2, "one more token": 3, "the whole date": None}
PLACES = {"month": slice(5, 7), "day": slice(8, 10)}


@torch.no_grad()
def beam_search(model: EncoderDecoder, source: Tensor, width: int, longest: int) -> list[int]:
    """The likeliest of the sequences that a beam of this width finds for one source, (1, seq)."""
    beams = [(0.0, [START], model.encode(source))]
    for _ in range(longest):
        grown = [beam for beam in beams if beam[1][-1] == END]
        for score, written, state in (beam for beam in beams if beam[1][-1] != END):
            output, after = model.decoder(model.target_embedding(torch.tensor([written[-1:]])), state)
            more = model.readout(output)[0, 0].log_softmax(dim=0).tolist()
            grown += [(score + more[k], [*written, k], after) for k in range(len(more))]
        beams = sorted(grown, key=lambda beam: -beam[0])[:width]
    return beams[0][1][1:]


def beams(seed: int) -> dict:
    """Section 7: does a beam mend what greedy decoding gets wrong? 300 updates, after which about three dates in ten
    are wrong. Expected: a gain of a few points from a width of 2, and hardly more from wider ones."""
    model, _, new, wanted = date_reader("LSTM", 300, seed)
    row = {}
    for width in (1, 2, 3, 5):
        found = [beam_search(model, one[one != 0][None], width, wanted.shape[1]) for one in new[:500]]
        row[f"exact_{width}"] = np.mean([a == b.tolist() for a, b in zip(found, wanted, strict=False)])
    return row


def halfway(seed: int) -> dict:
    """Section 4: the share of 300 dates whose month and whose day would be right, if the source ended at a word:
    written by the decoder, and read from the encoder's state by a linear probe that was fitted to 2,000 others.
    Expected: each is right as soon as its last word has been read, and stays right."""
    model, words, _, _ = date_reader("LSTM", 700, seed)
    row = {}
    for stage, more in STAGES.items():
        states, right = {}, {}
        for part, amount in (("train", 2000), ("test", 300)):
            dates = write_dates(amount, part=part, style=0, generator=Generator().manual_seed(seed))
            ends = [None if more is None else one.tokens.index("of") + more for one in dates]
            numbers = sm.pad(words.encode(one.tokens[:end]) for one, end in zip(dates, ends, strict=True))
            with torch.no_grad():
                states[part] = torch.cat(model.encode(numbers), dim=-1)[0].numpy()
                written = model.generate(numbers, 10).argmax(dim=-1).tolist()
            right[part] = [one.iso for one in dates]
        said = ["".join(LETTERS.decode(one)) for one in written]
        for part, at in PLACES.items():
            known, wanted = ([one[at] for one in right[kind]] for kind in ("train", "test"))
            row[f"{part} written after {stage}"] = np.mean([a[at] == b for a, b in zip(said, wanted, strict=True)])
            row[f"{part} probed after {stage}"] = (
                RidgeClassifier().fit(states["train"], known).score(states["test"], wanted)
            )
    return row


EXPERIMENTS = {
    "beams": (
        beams,
        ((seed,) for seed in range(10)),
        f"as in written_dates, after 300 updates, {DATES}; exact_n: share of 500 unseen dates that a beam of width n "
        "gets right to the last character",
    ),
    "halfway": (
        halfway,
        ((seed,) for seed in range(10)),
        f"as in written_dates, after 700 updates, {DATES}; 300 unseen dates such as the sixth of May two thousand and "
        "one, cut off after a word; share right: written by the decoder, or read from the state by a linear probe",
    ),
}
