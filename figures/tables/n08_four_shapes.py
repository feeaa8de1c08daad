"""The long experiments of notebook 08. `make results` runs them; measure.py says how."""

from itertools import product
from math import pi

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import mse_loss

import seqmem_lib as sm
from seqmem_lib.course.n08_four_shapes.dates import write_dates
from seqmem_lib.course.n08_four_shapes.encoder_decoder import EncoderDecoder, train_pairs

LETTERS = sm.Vocabulary.of(["<start>", "<end>", *"0123456789-"])
START, END = LETTERS.encode(["<start>", "<end>"])
DATES = {"hidden_size": 128, "batch_size": 64, "lr": 5e-3}
COPY = {"hidden_size": 64, "steps": 800, "batch_size": 64, "lr": 1e-2}
LONGEST, TESTED = 8, (2, 4, 6, 7, 8, 9, 10, 12, 16)
WAVES = {"steps": 600, "batch_size": 32, "lr": 1e-2}
LAYERS = {"LSTM": nn.LSTM, "GRU": nn.GRU}


OWN = {"the right answers": 0, "its own output": 1, "half of each": 0.5}  # the share of the updates


def written_dates(layer: str, decoder_reads: str, steps: int, seed: int) -> dict:
    """Notebook 08, sections 4 and 5: the share of unseen dates that are right to the last character. Expected of a
    decoder that reads its own output in half of the updates: between the two others; it is better than teacher forcing
    only if the interval of the difference, paired by seed, lies above 0."""
    model, _, new, wanted = date_reader(layer, steps, seed, OWN[decoder_reads])
    exact, characters = greedy(model, new, wanted)
    with torch.no_grad():
        told = model(new, wanted).argmax(dim=-1) == wanted
    return {"exact": exact, "characters": characters, "characters_told": told[:, :-1].double().mean().item()}


def dates_in_numbers(seed: int):
    """The vocabulary of 8,000 dates to train with; their numbers, of words and of characters; those of 2,000 unseen
    dates; and these dates."""
    train = write_dates(8000, part="train", generator=Generator().manual_seed(seed))
    test = write_dates(2000, part="test", generator=Generator().manual_seed(1_000_000 + seed))
    words = sm.Vocabulary(one.tokens for one in train)
    pairs = (
        (sm.pad(words.encode(d.tokens) for d in part), sm.pad(LETTERS.encode([*d.iso, "<end>"]) for d in part))
        for part in (train, test)
    )
    return words, *pairs, test


def date_reader(layer: str, steps: int, seed: int, own_output: float = 0):
    """A trained model, its vocabulary, and 2,000 unseen dates: numbers of words, and of characters."""
    words, (source, target), (new, wanted), _ = dates_in_numbers(seed)
    sizes = {"start": START, "hidden_size": DATES["hidden_size"], "seed": seed}
    model = EncoderDecoder(LAYERS[layer], len(words), len(LETTERS), **sizes)
    options = {"batch_size": DATES["batch_size"], "lr": DATES["lr"], "own_output": own_output}
    train_pairs(model, source, target, steps=steps, seed=seed, progress=False, **options)
    return model, words, new, wanted


def copied(order: str, seed: int) -> dict:
    """Notebook 08, section 4: copying digits, trained on 1 to 8 of them, and tested on other lengths."""
    generator = Generator().manual_seed(seed)
    lengths = torch.randint(1, LONGEST + 1, (5000,), generator=generator).tolist()
    sizes = {"start": START, "hidden_size": COPY["hidden_size"], "seed": seed}
    model = EncoderDecoder(nn.LSTM, len(LETTERS), len(LETTERS), **sizes)
    options = {name: COPY[name] for name in ("steps", "batch_size", "lr")}
    train_pairs(model, *digit_pairs(lengths, order, generator), seed=seed, progress=False, **options)
    row = {}
    for length in TESTED:
        pairs = digit_pairs(500 * [length], order, Generator().manual_seed(1_000_000 + seed))
        row[f"exact_{length}"], row[f"digits_{length}"] = greedy(model, *pairs)
    return row


def digit_pairs(lengths: list[int], order: str, generator: Generator) -> tuple[Tensor, Tensor]:
    """Random digits as they are or from the last to the first, and the same digits with the sign of the end."""
    first = LETTERS.encode(["0"])[0]
    digits = [torch.randint(first, first + 10, (length,), generator=generator) for length in lengths]
    source = sm.pad([one.flip(0) for one in digits] if order == "reversed" else digits)
    return source, sm.pad(torch.cat([one, torch.tensor([END])]) for one in digits)


def greedy(model: EncoderDecoder, source: Tensor, target: Tensor) -> tuple[float, float]:
    """The share of sequences that are right as a whole, and of the characters before the end. All of one length."""
    with torch.no_grad():
        right = model.generate(source, target.shape[1]).argmax(dim=-1) == target
    return right.all(dim=1).double().mean().item(), right[:, :-1].double().mean().item()


def waves(batch_size: int, *, seq: int = 60, shortest: float = 8, longest: float = 20, generator: Generator):
    """Periods, in tens of steps and the same at every step, (batch, seq, 1), and sines, (batch, seq, 1)."""
    period = shortest + (longest - shortest) * torch.rand(batch_size, 1, 1, generator=generator)
    steps = torch.arange(1, seq + 1).view(1, seq, 1)
    return (period / 10).expand(-1, seq, -1), (2 * pi * steps / period).sin()


def forced_waves(batch_size: int, **options):
    """The same, with the value before beside the period."""
    period, y = waves(batch_size, **options)
    return torch.cat([period, torch.cat([torch.zeros_like(y[:, :1]), y[:, :-1]], dim=1)], dim=-1), y


def run_free(model: sm.SequenceModel, period: Tensor) -> Tensor:
    """What the network writes when it reads its own values."""
    value, state, said = torch.zeros(len(period), 1, 1), None, []
    for now in period.split(1, dim=1):
        h, state = model.rnn(torch.cat([now, value], dim=-1), state)
        value = model.readout(h)
        said.append(value)
    return torch.cat(said, dim=1)


def waveforms(reads: str, seed: int) -> dict:
    """Notebook 08, section 3: squared errors of generated sines. Half of a sine's square is 1/2 in the mean."""
    constant = reads == "the period"
    model = sm.SequenceModel(nn.LSTM, (1 if constant else 2, 1), hidden_size=32, seed=seed)
    sm.train(model, waves if constant else forced_waves, seed=seed, progress=False, **WAVES)
    row = {}
    if not constant:
        row["forced"] = sm.evaluate(model, forced_waves)
    kinds = {"inside": {}, "longer periods": {"shortest": 20, "longest": 30}, "longer": {"seq": 240}}
    with torch.no_grad():
        for kind, options in kinds.items():
            period, y = waves(500, generator=Generator().manual_seed(1_000_000), **options)
            said = model(period) if constant else run_free(model, period)
            row[kind] = mse_loss(said[:, -60:], y[:, -60:]).item()
    return row


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "written_dates": (
        written_dates,
        product(["LSTM"], ["the right answers"], [700], range(10)),
        f"dates in words to ISO 8601, EncoderDecoder, 8,000 dates, Adam, {DATES}; of 2,000 unseen dates: exact: all "
        "characters right, greedy decoding; characters: share of them right; characters_told: the same where the "
        "decoder reads the right ones",
    ),
    "teacher_forcing": (
        written_dates,
        (
            *product(["LSTM"], OWN, [300], range(10)),
            *product(["GRU"], ["the right answers"], [300], range(5)),
        ),
        f"as in written_dates, after 300 updates, {DATES}; decoder_reads: in training, in all updates or in half",
    ),
    "copied": (
        copied,
        product(["as it is", "reversed"], range(10)),
        f"copy digits, EncoderDecoder of nn.LSTM, 5,000 sequences of 1 to {LONGEST} digits, Adam, {COPY}; of 500 new "
        "ones: exact_n: all of n digits and the end right, greedy decoding; digits_n: share of digits right",
    ),
    "waveforms": (
        waveforms,
        product(["the period", "the period and its own output"], range(10)),
        f"sines of periods of 8 to 20 steps, 60 steps, nn.LSTM with 32 units, Adam, {WAVES}; mean squared errors of "
        "the last 60 steps, running free: inside: the same kind; longer periods: 20 to 30; longer: 240 steps; forced: "
        "where the network reads the right value before",
    ),
}
