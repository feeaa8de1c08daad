"""The long experiments of notebook 06 on other bugs, and on distance. `make results` runs them; measure.py says how.

What was expected, and when a verdict is given, was written into the docstrings before the first run with the present
Chinese of the grammar.
"""

from itertools import product

import torch
from torch import Generator, nn
from torch.nn.functional import cross_entropy

import seqmem_lib as sm
from figures.tables.n06_reviews import LAYERS, encode, last_cell, last_step
from seqmem_lib.course.n06_reviews.written import Review, write_reviews

SEEDS = range(10)


def last_word_of_both(output, state, real):
    """Both directions at the last word, where the backward one has read nothing else."""
    steps = torch.arange(real.shape[1], device=real.device)
    return output[torch.arange(len(real), device=real.device), (steps * real).argmax(dim=1)]


def mean_of_all(output, state, real):
    """The mean over words and padding."""
    return output.mean(dim=1)


# pitfall -> broken and mended: options of the model
READERS = {
    "the last step is padding": (last_step, sm.read_ends, {}),
    "c_n for h_n": (last_cell, sm.read_ends, {}),
    "the wrong half": (last_word_of_both, sm.read_ends, {"bidirectional": True}),
    "a mean over padding": (mean_of_all, sm.read_mean, {}),
}


def texts(n: int, seed: int, part: str, **options) -> list[Review]:
    return write_reviews(n, part=part, generator=Generator().manual_seed(seed), **options)


def number_of(word: str | None, vocabulary: sm.Vocabulary) -> int:
    return 1 if word is None else vocabulary.encode([word])[0]


def fit(models, corpora, *, updates: int = 400, most: int = 300, word: str | None = None, length: int = 30):
    """Train each model on its own corpus, and return the vocabularies. An unknown word gets the number of `word`."""
    vocabularies = [sm.Vocabulary((review.tokens for review in corpus), most=most) for corpus in corpora]
    tasks = [
        sm.Batches(encode(corpus, words, number_of(word, words)), [review.label for review in corpus], length=length)
        for corpus, words in zip(corpora, vocabularies, strict=True)
    ]
    settings = {"batch_size": 32, "lr": 1e-2, "loss_function": cross_entropy, "max_norm": 1.0, "progress": False}
    if models[0].backward_layers or isinstance(models[0].layers[0], nn.LSTM):
        for seed, (model, task) in enumerate(zip(models, tasks, strict=True)):
            sm.train(model, task, seed=seed, steps=updates, **settings)
    else:
        sm.train_together(models, tasks, seeds=range(len(models)), steps=updates, **settings)
    return vocabularies


def share_right(
    model, vocabulary: sm.Vocabulary, reviews: list[Review], *, word: str | None = None, length=30
) -> float:
    """The share of the reviews that a model is right about."""
    answers = sm.predict(model, encode(reviews, vocabulary, number_of(word, vocabulary)), length=length).argmax(dim=1)
    return (answers == torch.tensor([review.label for review in reviews])).double().mean().item()


def learn(models, corpora, tests, *, length: int = 30) -> list[dict]:
    """Train each model on its own corpus and test it on its own test."""
    vocabularies = fit(models, corpora, length=length)
    runs = zip(models, vocabularies, tests, strict=True)
    return [{"seed": seed, "accuracy": share_right(*one, length=length)} for seed, one in enumerate(runs)]


def classifiers(label: str, **options) -> list[sm.SequenceClassifier]:
    """One for each seed. 300 numbers are enough for every word of the grammar."""
    return [sm.SequenceClassifier(LAYERS[label], 300, seed=seed, **options) for seed in SEEDS]


def readers(pitfall: str, state: str, label: str) -> dict:
    """Four ways to read the wrong thing, and the right one: 2,000 reviews of 6 to 30 words, padded to 30.

    Expected, from the earlier Chinese: the last step costs the LSTM half of everything and the GRU some; a mean over
    padding costs the RNN some and the gated cells nothing; the wrong half nothing. A cost is said if the interval of
    the difference, paired by seed, excludes zero.
    """
    broken, mended, options = READERS[pitfall]
    models = classifiers(label, read=broken if state == "broken" else mended, **options)
    corpora, tests = ([texts(n, seed, part) for seed in SEEDS] for n, part in ((2000, "train"), (1000, "test")))
    return learn(models, corpora, tests)


# what a word beyond the vocabulary becomes -> the known word whose number it gets
UNKNOWN = {"<unk>": None, "the full stop": "。", "a word of praise": "精彩"}


def unknown_words(state: str) -> list[dict]:
    """A vocabulary of the 80 most frequent words: the others, in training and test, become <unk>, or get the number of
    a real word, the most frequent one or one of praise. Ten GRUs, each tested on 4,000 reviews.

    Expected: the full stop costs little, because it says nothing about the label; the word of praise costs more. A cost
    is said if the interval of the difference, paired by seed, excludes zero.
    """
    models = classifiers("GRU")
    vocabularies = fit(models, [texts(2000, seed, "train") for seed in SEEDS], most=80, word=UNKNOWN[state])
    tests = [texts(4000, seed, "test") for seed in SEEDS]
    runs = zip(models, vocabularies, tests, strict=True)
    return [{"seed": seed, "accuracy": share_right(*one, word=UNKNOWN[state])} for seed, one in enumerate(runs)]


def duplicates(different: int, noise: float) -> list[dict]:
    """So many different reviews, a part of them with the wrong label, each of them twice, as collected data often are:
    mixed, three quarters to train on. One training, tested three times: on what it was trained on, on the last quarter,
    and on 1,000 new reviews with as many wrong labels. The leak is the difference of the last two, paired by seed.

    Size and noise are varied by themselves, because the network may learn the rule, the single reviews or neither.
    Expected: with 2,400 reviews and no wrong labels it learns the rule, and the leak is a few points at most; with
    wrong labels, or with 600 reviews, it learns reviews by heart, right in more of the training than the rule could be,
    and the leak is more than 10 points. GRUs, because they learn these reviews from every initialisation.
    """
    corpora, lasts = [], []
    for seed in SEEDS:
        twice = 2 * texts(different, seed, "train", noise=noise)
        order = torch.randperm(len(twice), generator=Generator().manual_seed(seed)).tolist()
        mixed, most = [twice[k] for k in order], len(twice) * 3 // 4
        corpora.append(mixed[:most])
        lasts.append(mixed[most:])
    models = classifiers("GRU")
    vocabularies = fit(models, corpora, updates=800)
    rows = []
    for seed, (model, words) in enumerate(zip(models, vocabularies, strict=True)):
        tested = {"train": corpora[seed], "mixed": lasts[seed], "new": texts(1000, seed, "test", noise=noise)}
        rows += [
            {"seed": seed, "tested": part, "accuracy": share_right(model, words, some)} for part, some in tested.items()
        ]
    return rows


# kind -> the distances that it is tried at: those around the one where, with the earlier Chinese, it ceased to learn,
# or the longest here.
TRIED = {
    "RNN": [5, 10],
    "LSTM": [5, 10, 20],
    "LSTM, mean": [40],
    "GRU": [10, 20, 40],
    "GRU, bias 3": [40],
    "RNN, mean": [40],
}
KINDS = {
    "RNN": ("RNN", {}),
    "LSTM": ("LSTM", {}),
    "GRU": ("GRU", {}),
    "GRU, bias 3": ("GRU", {}),
    "LSTM, mean": ("LSTM", {"read": sm.read_mean}),
    "RNN, mean": ("RNN", {"read": sm.read_mean}),
}


def far(label: str, distance: int) -> dict:
    """2,000 reviews in which so many words follow the deciding word, and 7 to 19 precede it.

    Expected, from the earlier Chinese: read at the last word and from PyTorch's initialisation, the RNN guesses from 10
    on, the LSTM from 20 on and the GRU from 40 on; with a bias of 3 the GRU goes on to 80; read from the mean, the LSTM
    too. A network "solves" a distance if it is right in more than 90 %; solved counts are given, and means beside them.
    """
    kind, options = KINDS[label]
    size = {"distance": distance, "length": (min(distance + 8, 190), min(distance + 20, 200))}
    corpora, tests = ([texts(n, seed, part, **size) for seed in SEEDS] for n, part in ((2000, "train"), (1000, "test")))
    models = classifiers(kind, **options)
    if "bias" in label:
        for model in models:
            sm.start_keeping(model.layers[0], 3.0)
    return learn(models, corpora, tests, length=size["length"][1])


ABOUT = "embedding 32, hidden_size 32, Adam, batch 32, lr 0.01, norm at most 1"
EXPERIMENTS = {
    "far": (
        far,
        [(label, distance) for label in TRIED for distance in TRIED[label]],
        f"2,000 reviews; 400 updates; 10 seeds, each with its own reviews and initialisation; {ABOUT}; accuracy: on "
        "1,000 others",
    ),
    "readers": (
        readers,
        [
            (pitfall, state, label)
            for pitfall, state, label in product(READERS, ("broken", "mended"), LAYERS)
            if label == "LSTM" or pitfall in ("the last step is padding", "a mean over padding")
        ],
        f"2,000 reviews of 6 to 30 words, padded to 30; 400 updates; 10 seeds, each with its own reviews and "
        f"initialisation; {ABOUT}; accuracy: on 1,000 others",
    ),
    "duplicates": (
        duplicates,
        product((600, 2400), (0.0, 0.2)),
        "reviews of 6 to 30 words, each twice, a part of the labels turned around, three quarters to train; 800 "
        f"updates; 10 seeds, each with its own reviews and initialisation; GRU, {ABOUT}",
    ),
    "unknown_words": (
        unknown_words,
        ((state,) for state in UNKNOWN),
        f"2,000 reviews of 6 to 30 words, of which 80 are known; 400 updates; 10 seeds, each with its own reviews and "
        f"initialisation; GRU, {ABOUT}; accuracy: on 4,000 others",
    ),
}
