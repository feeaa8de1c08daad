"""The experiments of notebook 09 without a recurrent layer. `make results` runs them; measure.py says how."""

from itertools import product
from time import process_time

import torch
from torch import Generator, Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy

import seqmem_lib as sm
from seqmem_lib.course.n08_four_shapes.dates import write_dates
from seqmem_lib.course.n09_looking_back.sentences import PRONOUNS, write_sentences

TAGS = ["pad", "other", "weekday", "day", "month", "year"]
BLOCK = {"nhead": 2, "dim_feedforward": 64, "dropout": 0.0, "batch_first": True}
SIZE, PLACES = 32, 20
TAGGING = {"steps": 400, "batch_size": 64, "lr": 5e-3}
READING = {"steps": 600, "batch_size": 64, "lr": 5e-3}
LENGTHS = (32, 64, 128, 256, 512, 1024, 2048)


class Attends(nn.Module):
    """One block of a Transformer, with or without a vector for each place, and a readout of every word."""

    def __init__(self, words: int, answers: int, positions: bool):
        super().__init__()
        self.embedding = nn.Embedding(words, SIZE)
        self.place = nn.Embedding(PLACES, SIZE) if positions else None
        self.block = nn.TransformerEncoderLayer(SIZE, **BLOCK)
        self.readout = nn.Linear(SIZE, answers)

    def vectors(self, numbers: Tensor) -> Tensor:
        x = self.embedding(numbers)
        return x if self.place is None else x + self.place.weight[: numbers.shape[1]]

    def forward(self, numbers: Tensor, covered: Tensor | None = None) -> Tensor:
        """numbers, (batch, seq), to (batch, seq, answers); nobody looks at padding, nor where covered is true."""
        hidden = numbers == 0
        hidden = hidden if covered is None else hidden | covered
        return self.readout(self.block(self.vectors(numbers), src_key_padding_mask=hidden))


class Recurs(nn.Module):
    """The tagger of notebook 08: an LSTM in place of the block."""

    def __init__(self, words: int, answers: int):
        super().__init__()
        self.embedding, self.rnn = nn.Embedding(words, SIZE), nn.LSTM(SIZE, SIZE, batch_first=True)
        self.readout = nn.Linear(SIZE, answers)

    def forward(self, numbers: Tensor) -> Tensor:
        return self.readout(self.rnn(self.embedding(numbers))[0])


def tagged(model: str, seed: int) -> dict:
    """Sections 3 and 4: which part of the date a word is. Expected: with positions practically all dates, as the LSTM;
    without, all words that are alike get the same tag, so no date with such words of two parts can be right. The rule:
    positions are needed if the interval of the difference, paired by seed, lies above 0."""
    train = write_dates(8000, part="train", generator=Generator().manual_seed(seed))
    test = write_dates(2000, part="test", generator=Generator().manual_seed(1_000_000 + seed))
    words = sm.Vocabulary(one.tokens for one in train)
    (read, tags), (new, new_tags) = (
        (sm.pad(words.encode(d.tokens) for d in part), sm.pad([TAGS.index(tag) for tag in d.tags] for d in part))
        for part in (train, test)
    )
    torch.manual_seed(seed)
    sizes = len(words), len(TAGS)
    net = Recurs(*sizes) if model == "LSTM" else Attends(*sizes, positions=model == "with positions")

    def task(batch_size, *, generator):
        chosen = torch.randint(len(read), (batch_size,), generator=generator)
        return read[chosen], tags[chosen]

    def loss(scores, right):
        return cross_entropy(scores.flatten(0, 1), right.flatten(), ignore_index=0)

    sm.train(net, task, loss_function=loss, seed=seed, progress=False, **TAGGING)
    with torch.no_grad():
        right = net(new).argmax(dim=-1) == new_tags
    real = new_tags != 0
    possible = [len({*zip(one.tokens, one.tags, strict=True)}) == len({*one.tokens}) for one in test]
    return {
        "words": right[real].double().mean().item(),
        "dates": (right | ~real).all(dim=1).double().mean().item(),
        "possible": sum(possible) / len(possible),
    }


def pronouns(positions: str, seed: int) -> list[dict]:
    """Section 6: which noun a pronoun stands for, said at the pronoun, and where it looks. Expected: with positions
    practically all are right; without, "it" and "they" as well, which can tell the noun by its number, and "the former"
    and "the latter" in half. With positions one of the two heads gives most of its weight to the noun; and if the noun
    is covered, next to none is right, whereas the other noun can be covered with no harm. The rule for the weight: it
    is on the noun if the share of the better head is above one half in each of the ten networks."""
    train = write_sentences(8000, part="train", generator=Generator().manual_seed(seed))
    words = sm.Vocabulary(one.tokens for one in train)
    read, *right = numbers_of(train, words)
    torch.manual_seed(seed)
    net = Attends(len(words), len(words), positions=positions == "with")

    def task(batch_size, *, generator):
        chosen = torch.randint(len(read), (batch_size,), generator=generator)
        return read[chosen], torch.stack([one[chosen] for one in right], dim=1)

    def loss(scores, right):
        at, _, _, answer = right.unbind(dim=1)
        return cross_entropy(scores[torch.arange(len(at)), at], answer)

    sm.train(net, task, loss_function=loss, seed=seed, progress=False, **READING)
    return [of_pronoun(net, words, one, seed) for one in PRONOUNS]


def numbers_of(sentences, words) -> tuple[Tensor, ...]:
    """The numbers of the words, (sentences, seq); where pronoun, noun and the other noun stand; the noun's number."""
    places = [torch.tensor([getattr(one, name) for one in sentences]) for name in ("pronoun", "noun", "other")]
    read = sm.pad(words.encode(one.tokens) for one in sentences)
    return read, *places, read.gather(1, places[1][:, None])[:, 0]


@torch.no_grad()
def of_pronoun(net: Attends, words, pronoun: str, seed: int) -> dict:
    test = write_sentences(1000, part="test", pronoun=pronoun, generator=Generator().manual_seed(1_000_000 + seed))
    read, at, noun, other, answer = numbers_of(test, words)
    every, row = torch.arange(len(test)), {"pronoun": pronoun}
    for name, place in {"right": None, "noun_covered": noun, "other_covered": other}.items():
        covered = torch.zeros_like(read, dtype=torch.bool)
        if place is not None:
            covered[every, place] = True
        said = net(read, covered)[every, at].argmax(dim=-1)
        row[name] = (said == answer).double().mean().item()
    x = net.vectors(read)
    options = {"key_padding_mask": read == 0, "average_attn_weights": False}
    looks = net.block.self_attn(x, x, x, **options)[1][every, :, at]  # (sentences, heads, seq)
    for name, place in {"noun": noun, "other": other}.items():
        heads = looks[every, :, place].mean(dim=0)
        row[f"weight_on_{name}"] = heads.mean().item()
        row[f"best_head_on_{name}"] = heads.max().item()
    return row


def costs(model: str, seq: int, run: int) -> dict:
    """Section 7: what one training step of one block costs, beside nn.LSTM of as many features. Expected: the time and
    the memory of the LSTM double with the length. The time of attention nearly doubles while short, and quadruples when
    long. Its memory quadruples where the weights are kept, and doubles where PyTorch's fused routine computes them a
    second time on the way back (Dao et al. 2022). Processor seconds of one thread, the least of five; bytes are what
    autograd keeps for the way back, each tensor once, without the parameters."""
    torch.manual_seed(run)
    layer = nn.LSTM(64, 64, batch_first=True) if model == "LSTM" else nn.TransformerEncoderLayer(64, **BLOCK)
    x, kept = torch.randn(4, seq, 64), {}
    weights = {weight.untyped_storage().data_ptr() for weight in layer.parameters()}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    kernel = SDPBackend.MATH if model.endswith("kept") else SDPBackend.FLASH_ATTENTION

    def step():
        with sdpa_kernel(kernel):
            output = layer(x)
        return (output[0] if model == "LSTM" else output).square().mean()

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        step().backward()
    seconds = []
    for _ in range(5):
        before = process_time()
        step().backward()
        seconds.append(process_time() - before)
    return {"ms": 1000 * min(seconds), "megabytes": sum(kept.values()) / 1e6}


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "tagged": (
        tagged,
        product(["without positions", "with positions", "LSTM"], range(10)),
        f"tags of dates in words, one nn.TransformerEncoderLayer of {SIZE} features, {BLOCK}, or nn.LSTM, 8,000 dates, "
        f"Adam, {TAGGING}; of 2,000 unseen dates: words, dates: share right; possible: share of dates in which words "
        "that are alike have the same tag",
    ),
    "pronouns": (
        pronouns,
        product(["with", "without"], range(10)),
        f"which noun a pronoun stands for, one nn.TransformerEncoderLayer of {SIZE} features, {BLOCK}, 8,000 "
        f"sentences, Adam, {READING}; of 1,000 with unseen pairs of nouns: right: share named at the pronoun, "
        "also with one of the nouns covered; weight_on: share of the pronoun's weight, mean of both heads; "
        "best_head_on: that of the head which gives more",
    ),
    "looking_costs": (
        costs,
        product(["LSTM", "attention", "attention, weights kept"], LENGTHS, range(3)),
        f"one training step, batch 4, 64 features, nn.LSTM or nn.TransformerEncoderLayer, {BLOCK}, one thread of a "
        "CPU: ms: processor time, the least of five; megabytes: kept for the way back; weights kept: without PyTorch's "
        "fused attention",
    ),
}
