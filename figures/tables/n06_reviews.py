"""The long experiments of notebook 06 on the popular data set of forty reviews. `make results` runs them; measure.py
says how.

What was expected, and when a verdict is given, was written into the docstring before the first run with the present
Chinese of the grammar.
"""

from itertools import product

import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from torch import Generator, nn
from torch.nn.functional import cross_entropy

import seqmem_lib as sm
from seqmem_lib.course.n06_reviews.written import Review, write_reviews

LAYERS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}
HUNDRED = 100  # seeds of a point
PADDED = 12  # time steps


def last_step(output, state, real):
    """The last step of the padded sequence."""
    return output[:, -1]


def last_cell(output, state, real):
    """c_n in place of h_n, after the padding."""
    return state[1][0]


# variant -> what differs from the popular settings: the number of an unknown word, the padding, the model
VARIANTS = {
    "as published": (2, {}, {"read": last_step}),
    "packed": (2, {}, {"read": sm.read_ends}),
    "padded on the left": (2, {"side": "left"}, {"read": last_step}),
    "no padding_idx": (2, {}, {"read": last_step, "padding_idx": None}),
    "proper unknown": (1, {}, {"read": last_step}),
    "c_n for h_n": (2, {}, {"read": last_cell}),
    "padded to 50": (2, {"length": 50}, {"read": last_step}),
    "padded to 50, forget bias 1": (2, {"length": 50}, {"read": last_step}),
}


def forty_reviews(seed: int) -> list[Review]:
    """A little data set like the popular one: 30 to train on, and the last 10 to test."""
    generator = Generator().manual_seed(seed)
    return write_reviews(40, variety=3, length=(4, 8), negated=0.15, conceded=0.15, generator=generator)


def encode(reviews: list[Review], vocabulary: sm.Vocabulary, unknown: int) -> list[list[int]]:
    numbers = (vocabulary.encode(review.tokens) for review in reviews)
    return [[unknown if number == 1 else number for number in sequence] for sequence in numbers]


def forty(variant: str, label: str, first: int) -> list[dict]:
    """The popular experiment, and one change at a time; a hundred little data sets, each with its own initialisation.
    An unknown word gets number 2, that of a real word, unless the variant mends it.

    The two variants that the verdict is about have 300 data sets, of which seeds 100 to 299 were never looked at before
    this table was planned. Expected, from the hundred with the earlier Chinese: the LSTM leads the RNN by about 11
    points as published and by 0 to 5 packed. The share of the lead that packing takes away is given with a bootstrap
    over seeds, and called "most" only if its interval lies above a half. That the GRU leads the RNN when packed (4.1
    points then, none in a replication with other code) is said only if the interval of the new seeds excludes zero.
    """
    unknown, padding, options = VARIANTS[variant]
    padding = {"length": PADDED} | padding
    seeds = range(first, first + HUNDRED)
    corpora = [forty_reviews(seed) for seed in seeds]
    vocabularies = [sm.Vocabulary(review.tokens for review in corpus[:30]) for corpus in corpora]
    numbers = [encode(corpus, words, unknown) for corpus, words in zip(corpora, vocabularies, strict=True)]
    labels = [[review.label for review in corpus] for corpus in corpora]
    size = max(map(len, vocabularies))
    models = [sm.SequenceClassifier(LAYERS[label], size, seed=seed, **options) for seed in seeds]
    if "forget bias" in variant:
        for model in models:
            sm.start_keeping(model.layers[0], 1.0)
    tasks = [sm.Batches(one[:30], y[:30], **padding) for one, y in zip(numbers, labels, strict=True)]
    steps = 50 * 8  # 50 epochs
    settings = {"batch_size": 4, "lr": 1e-3, "loss_function": cross_entropy, "progress": False}
    sm.train_together(models, tasks, seeds=seeds, steps=steps, **settings)
    rows = []
    for seed, model, one, y in zip(seeds, models, numbers, labels, strict=True):
        right = (sm.predict(model, one, **padding).argmax(dim=1) == torch.tensor(y)).double()
        for part in (right[:30], right[30:]):
            rows.append({"seed": seed, "tested": len(part), "accuracy": part.mean().item()})
    return rows


def forty_words(seed: int) -> dict:
    """The same little data sets without any order: a bag of words and logistic regression, and always the class that is
    more frequent among the thirty."""
    corpus = forty_reviews(seed)
    labels = [review.label for review in corpus]
    words = CountVectorizer(analyzer=lambda review: review.tokens)
    model = LogisticRegression().fit(words.fit_transform(corpus[:30]), labels[:30])
    majority = int(sum(labels[:30]) > 15)
    return {
        "bag of words": model.score(words.transform(corpus[30:]), labels[30:]),
        "majority": sum(label == majority for label in labels[30:]) / 10,
    }


# name of the table -> the function that makes one row, its cases, what it measures
EXPERIMENTS = {
    "forty": (
        forty,
        [
            (variant, label, first)
            for variant, label in product(VARIANTS, LAYERS)
            if label == "LSTM" or not ("c_n" in variant or "forget" in variant)
            for first in ((0, 100, 200) if variant in ("as published", "packed") else (0,))
        ],
        f"40 reviews of 4 to 8 words, padded to {PADDED}, 30 to train, 10 to test, another 40 for each seed; embedding "
        "32, hidden_size 32, batch 4, 50 epochs, Adam 0.001; accuracy: on the 30 and on the 10",
    ),
    "forty_words": (forty_words, ((seed,) for seed in range(300)), "as forty, without a network; accuracy: on the 10"),
}
