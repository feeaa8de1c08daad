"""The long experiments of notebook 06. `make results` runs them; measure.py says how."""

from itertools import product

import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from torch import Generator, nn
from torch.nn.functional import cross_entropy

import seqmem_lib as sm
from seqmem_lib.course.n06_reviews.written import Review, write_reviews

LAYERS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}
SEEDS = range(10)
HUNDRED = range(100)
PADDED = 12  # steps, in the popular experiment


# --- Readers that are wrong, as they are found in the wild ---------------------------------------------------------


def last_step(output, state, real):
    """The last step of the padded sequence."""
    return output[:, -1]


def last_cell(output, state, real):
    """c_n in place of h_n, after the padding."""
    return state[1][0]


def last_word_of_both(output, state, real):
    """Both directions at the last word, where the backward one has read nothing else."""
    steps = torch.arange(real.shape[1], device=real.device)
    return output[torch.arange(len(real), device=real.device), (steps * real).argmax(dim=1)]


def mean_of_all(output, state, real):
    """The mean over words and padding."""
    return output.mean(dim=1)


# --- Sections 2 and 3: the popular experiment ----------------------------------------------------------------------

# variant -> what differs from the popular settings: the number of an unknown word, the padding, the model
VARIANTS = {
    "as published": (2, {}, {"read": last_step}),
    "packed": (2, {}, {"read": sm.read_ends}),
    "padded on the left": (2, {"side": "left"}, {"read": last_step}),
    "no padding_idx": (2, {}, {"read": last_step, "padding_idx": None}),
    "proper unknown": (1, {}, {"read": last_step}),
    "c_n for h_n": (2, {}, {"read": last_cell}),
    "padded to 30": (2, {"length": 30}, {"read": last_step}),
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


def forty(variant: str, label: str) -> list[dict]:
    """The popular experiment, and one change at a time; a hundred little data sets, each with its own start. An unknown
    word gets number 2, that of a real word, unless the variant mends it."""
    unknown, padding, options = VARIANTS[variant]
    padding = {"length": PADDED} | padding
    corpora = [forty_reviews(seed) for seed in HUNDRED]
    vocabularies = [sm.Vocabulary(review.tokens for review in corpus[:30]) for corpus in corpora]
    numbers = [encode(corpus, words, unknown) for corpus, words in zip(corpora, vocabularies, strict=True)]
    labels = [[review.label for review in corpus] for corpus in corpora]
    size = max(map(len, vocabularies))
    models = [sm.SequenceClassifier(LAYERS[label], size, seed=seed, **options) for seed in HUNDRED]
    if "forget bias" in variant:
        for model in models:
            sm.start_keeping(model.layers[0], 1.0)
    tasks = [sm.Batches(one[:30], y[:30], **padding) for one, y in zip(numbers, labels, strict=True)]
    steps = 50 * 8  # 50 epochs
    settings = {"batch_size": 4, "lr": 1e-3, "loss_function": cross_entropy, "progress": False}
    sm.train_together(models, tasks, seeds=HUNDRED, steps=steps, **settings)
    rows = []
    for seed, model, one, y in zip(HUNDRED, models, numbers, labels, strict=True):
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


# --- Section 4: other pitfalls -------------------------------------------------------------------------------------

# pitfall -> broken and mended: options of the model
READERS = {
    "the last step is padding": (last_step, sm.read_ends, {}),
    "c_n for h_n": (last_cell, sm.read_ends, {}),
    "the wrong half": (last_word_of_both, sm.read_ends, {"bidirectional": True}),
    "a mean over padding": (mean_of_all, sm.read_mean, {}),
}


def texts(n: int, seed: int, part: str, **options) -> list[Review]:
    return write_reviews(n, part=part, generator=Generator().manual_seed(seed), **options)


def learn(models, corpora, tests, *, unknown: int = 1, most: int = 300, length: int = 30) -> list[dict]:
    """Train each model on its own corpus and test it on its own test."""
    rows, tasks, numbers = [], [], []
    for corpus, test in zip(corpora, tests, strict=True):
        vocabulary = sm.Vocabulary((review.tokens for review in corpus), most=most)
        numbers.append(encode(test, vocabulary, unknown))
        labels = [review.label for review in corpus]
        tasks.append(sm.Batches(encode(corpus, vocabulary, unknown), labels, length=length))
    settings = {"steps": 400, "batch_size": 32, "lr": 1e-2, "loss_function": cross_entropy, "max_norm": 1.0}
    if models[0].backward_layers or isinstance(models[0].layers[0], nn.LSTM):
        for seed, model, task in zip(SEEDS, models, tasks, strict=True):
            sm.train(model, task, seed=seed, progress=False, **settings)
    else:
        sm.train_together(models, tasks, seeds=SEEDS, progress=False, **settings)
    for seed, model, sequences, test in zip(SEEDS, models, numbers, tests, strict=True):
        y = torch.tensor([review.label for review in test])
        right = sm.predict(model, sequences, length=length).argmax(dim=1) == y
        rows.append({"seed": seed, "accuracy": right.double().mean().item()})
    return rows


def classifiers(label: str, **options) -> list[sm.SequenceClassifier]:
    """One for each seed. 300 numbers are enough for every word of the grammar."""
    return [sm.SequenceClassifier(LAYERS[label], 300, seed=seed, **options) for seed in SEEDS]


def readers(pitfall: str, state: str, label: str) -> dict:
    """Four ways to read the wrong thing, and the right one: 2,000 reviews of 6 to 30 words, padded to 30."""
    broken, mended, options = READERS[pitfall]
    models = classifiers(label, read=broken if state == "broken" else mended, **options)
    corpora, tests = ([texts(n, seed, part) for seed in SEEDS] for n, part in ((2000, "train"), (1000, "test")))
    return learn(models, corpora, tests)


def unknown_words(state: str, label: str) -> dict:
    """A vocabulary of the 80 most frequent words: the others become <unk>, or the number of the most frequent word."""
    corpora, tests = ([texts(n, seed, part) for seed in SEEDS] for n, part in ((2000, "train"), (1000, "test")))
    return learn(classifiers(label), corpora, tests, unknown=1 if state == "mended" else 2, most=80)


def duplicates(state: str, label: str) -> dict:
    """600 reviews, a fifth of them with the wrong label, each of them twice, as collected data often are: mixed, 900 to
    train on, and tested on the other 300, or on 300 that are new."""
    corpora, tests = [], []
    for seed in SEEDS:
        twice = 2 * texts(600, seed, "train", noise=0.2)
        mixed = [twice[k] for k in torch.randperm(1200, generator=Generator().manual_seed(seed)).tolist()]
        corpora.append(mixed[:900])
        tests.append(mixed[900:] if state == "broken" else texts(300, seed, "test", noise=0.2))
    return learn(classifiers(label), corpora, tests)


# --- Section 5: the deciding word far from the end -----------------------------------------------------------------

DISTANCES = [5, 10, 20, 40, 80, 150]
KINDS = {
    "RNN": ("RNN", {}),
    "LSTM": ("LSTM", {}),
    "LSTM, bias 3": ("LSTM", {}),
    "GRU": ("GRU", {}),
    "GRU, bias 3": ("GRU", {}),
    "LSTM, both directions": ("LSTM", {"bidirectional": True}),
    "LSTM, mean": ("LSTM", {"read": sm.read_mean}),
    "RNN, mean": ("RNN", {"read": sm.read_mean}),
}


def far(label: str, distance: int) -> dict:
    """2,000 reviews in which so many steps follow the deciding word, and 7 to 19 precede it."""
    kind, options = KINDS[label]
    size = {"distance": distance, "length": (min(distance + 8, 190), min(distance + 20, 200))}
    corpora, tests = ([texts(n, seed, part, **size) for seed in SEEDS] for n, part in ((2000, "train"), (1000, "test")))
    models = classifiers(kind, **options)
    if "bias" in label:
        for model in models:
            sm.start_keeping(model.layers[0], 3.0)
    return learn(models, corpora, tests, length=size["length"][1])


ABOUT = (
    "400 steps; 10 seeds, each with its own reviews and start; embedding 32, hidden_size 32, Adam, batch 32, lr 0.01"
)
EXPERIMENTS = {
    "forty": (
        forty,
        [
            (variant, label)
            for variant, label in product(VARIANTS, LAYERS)
            if label == "LSTM" or not ("c_n" in variant or "forget" in variant)
        ],
        f"40 reviews of 4 to 8 words, padded to {PADDED}, 30 to train, 10 to test, another 40 for each seed; embedding "
        "32, hidden_size 32, batch 4, 50 epochs, Adam 0.001; accuracy: on the 30 and on the 10",
    ),
    "forty_words": (forty_words, ((seed,) for seed in HUNDRED), "as forty, without a network; accuracy: on the 10"),
    "readers": (
        readers,
        [
            (pitfall, state, label)
            for pitfall, state, label in product(READERS, ("broken", "mended"), LAYERS)
            if label == "LSTM" or "c_n" not in pitfall
        ],
        f"2,000 reviews of 6 to 30 words, padded to 30; {ABOUT}; accuracy: on 1,000 others",
    ),
    "unknown_words": (
        unknown_words,
        product(("broken", "mended"), LAYERS),
        f"2,000 reviews of 6 to 30 words, of which 80 are known; {ABOUT}; accuracy: on 1,000 others",
    ),
    "duplicates": (
        duplicates,
        product(("broken", "mended"), LAYERS),
        f"600 reviews of 6 to 30 words, each twice, with a fifth of the labels turned around, 900 to train; {ABOUT}; "
        "accuracy: on the other 300, or on 300 new ones",
    ),
    "far": (
        far,
        product(KINDS, sorted(DISTANCES, reverse=True)),
        f"2,000 reviews; {ABOUT}; accuracy: on 1,000 others",
    ),
}
