"""The long experiments of notebook 07, on the 50,000 reviews of IMDB. `make results` runs them; measure.py says how.
They download the reviews once, or read them where SEQMEM_DATA says.

Said before whole reviews were read:
- The LSTM both ways with the mean, on whole reviews, comes to 88.5 to 89.5 % and is less than 1.5 points ahead of
  tf-idf on the same text. It is ahead if the interval of the difference over its three seeds excludes 0."""

import json
import time
from functools import cache, partial

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy

import seqmem_lib as sm
from seqmem_lib.course.n07_imdb.download import load_imdb
from seqmem_lib.course.results import RESULTS

WORDS = 25_000
VALIDATION = 2500  # of the training part, to choose by
# The reader's file goes its own way, without LICENSE-CONTENT.
WHOSE = {
    "licence": "CC BY 4.0; credit: seqmem, by the seqmem authors",
    "trained on": "Large Movie Review Dataset (IMDB), of A. L. Maas, R. E. Daly, P. T. Pham, D. Huang, A. Y. Ng, "
    "C. Potts (2011). Learning word vectors for sentiment analysis. ACL",
}


class Bag(nn.Module):
    """A bag of embeddings: the mean of the words' vectors, whatever their order, and a linear layer."""

    def __init__(self, vocabulary_size: int, *, embedding_size: int, dropout: float, seed: int):
        super().__init__()
        torch.manual_seed(seed)
        self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.dropout = nn.Dropout(dropout)
        self.readout = nn.Linear(embedding_size, 2)

    def forward(self, numbers: Tensor) -> Tensor:
        return self.readout(self.dropout(sm.read_mean(self.embedding(numbers), None, numbers != 0)))


SIZE = {"embedding_size": 64, "dropout": 0.5}
OURS = partial(sm.SequenceClassifier, hidden_size=64, read=sm.read_mean, **SIZE)
TWO_LAYERS = partial(  # nearly the popular setting: dropout on the embedding too
    sm.SequenceClassifier, nn.LSTM, embedding_size=100, hidden_size=128, num_layers=2, dropout=0.3, read=sm.read_ends
)
WHOLE, FIRST, LAST = {"keep": slice(None)}, {"keep": slice(200)}, {"keep": slice(-200, None)}
SLOW = {"epochs": 5, "lr": 1e-3, "by_length": False}
QUICK = {"epochs": 3, "lr": 3e-3, "by_length": True}
# label -> the model, and how it is trained; "keep" is the part of a longer review that is read
MODELS = {
    "bag, whole": (partial(Bag, **SIZE), QUICK | WHOLE),
    "LSTM both ways, mean, whole": (partial(OURS, nn.LSTM, bidirectional=True), QUICK | WHOLE),
    "GRU, mean, whole": (partial(OURS, nn.GRU), QUICK | WHOLE),
    "bag, last 200": (partial(Bag, **SIZE), QUICK | LAST),
    "RNN, mean, last 200": (partial(OURS, nn.RNN), QUICK | LAST),
    "LSTM, mean, last 200": (partial(OURS, nn.LSTM), QUICK | LAST),
    "GRU, mean, last 200": (partial(OURS, nn.GRU), QUICK | LAST),
    "LSTM both ways, mean, last 200": (partial(OURS, nn.LSTM, bidirectional=True), QUICK | LAST),
    "LSTM, end, last 200": (partial(OURS, nn.LSTM, read=sm.read_ends), QUICK | LAST),
    "GRU, mean, first 200": (partial(OURS, nn.GRU), QUICK | FIRST),
    "2 layers, end, last 200": (TWO_LAYERS, SLOW | LAST),
    "2 layers, end, first 200": (TWO_LAYERS, SLOW | FIRST),
}
BINS = range(50, 100, 5)


@cache
def reviews(
    most: int = WORDS, validation: int = VALIDATION
) -> tuple[dict[str, list[Tensor]], dict[str, Tensor], sm.Vocabulary]:
    """Numbers of words and labels of the parts, in a random order, and the vocabulary of the training part."""
    train, test = load_imdb(progress=False)
    order = torch.randperm(len(train), generator=Generator().manual_seed(0)).tolist()
    parts = {"train": train.iloc[order[validation:]], "validation": train.iloc[order[:validation]], "test": test}
    vocabulary = sm.Vocabulary(map(sm.split_words, parts["train"]["text"]), most=most)
    numbers = {
        part: [torch.tensor(vocabulary.encode(sm.split_words(text)), dtype=torch.int32) for text in table["text"]]
        for part, table in parts.items()
    }
    return numbers, {part: torch.tensor(table["label"].to_numpy()) for part, table in parts.items()}, vocabulary


def fit(model: nn.Module, numbers, labels, *, keep: slice, lr: float, by_length: bool, epochs: int, seed: int):
    """Train, and return the weights after each pass, and the seconds of processor time of a pass."""
    task = sm.Batches([one[keep] for one in numbers["train"]], labels["train"], by_length=by_length)
    steps = -(-len(task) // 64)  # of a pass
    after = range(steps, epochs * steps + 1, steps)
    settings = {"batch_size": 64, "lr": lr, "loss_function": cross_entropy, "max_norm": 1.0, "progress": False}
    torch.manual_seed(seed)  # of the dropout
    started = time.process_time()
    history = sm.train(model, task, steps=epochs * steps, seed=seed, checkpoints=after, **settings)
    return list(history.checkpoints.values()), (time.process_time() - started) / epochs


def accuracy(probabilities: Tensor, y: Tensor) -> float:
    return (probabilities.argmax(dim=1) == y).double().mean().item()


def imdb(label: str, seed: int) -> dict:
    """Section 3: accuracy on the validation part after each pass, on the test after the last; and how often the model
    was right on those texts of the test of which it said 50 to 55 %, 55 to 60 %, and so on."""
    numbers, labels, vocabulary = reviews()
    build, training = MODELS[label]
    model = build(vocabulary_size=len(vocabulary), seed=seed)

    def predicted(part):
        return sm.predict(model, [one[training["keep"]] for one in numbers[part]])

    checkpoints, seconds = fit(model, numbers, labels, seed=seed, **training)
    result = {}
    for epoch, weights in enumerate(checkpoints, start=1):  # the last are those that the model has in the end
        model.load_state_dict(weights)
        result[f"validation {epoch}"] = accuracy(predicted("validation"), labels["validation"])
    result["validation"] = result[f"validation {epoch}"]
    return result | graded(predicted("test"), labels["test"]) | {"seconds per epoch": seconds}


def graded(probabilities: Tensor, y: Tensor) -> dict:
    """Accuracy; and for each bin of stated probability the sum of what was said, how many were right, of how many."""
    right = (probabilities.argmax(dim=1) == y).numpy()
    sure = np.clip(probabilities.amax(dim=1).double().numpy() * 100, 50, 99.999)
    result = {"test": accuracy(probabilities, y)}
    for low in BINS:
        inside = (sure >= low) & (sure < low + 5)
        result |= {f"said {low}": sure[inside].sum() / 100, f"right {low}": int(right[inside].sum())}
        result |= {f"texts {low}": int(inside.sum())}
    return result


def imdb_words(keep: str) -> dict:
    """Section 3: tf-idf and logistic regression, on the same parts."""
    numbers, labels, _ = reviews()
    part = {"all": slice(None), "first 200": slice(200), "last 200": slice(-200, None)}[keep]
    started = time.process_time()
    vectorizer = TfidfVectorizer(analyzer=lambda one: one[part].tolist())
    x = vectorizer.fit_transform(numbers["train"])
    model = LogisticRegression(max_iter=1000).fit(x, labels["train"])
    seconds = time.process_time() - started
    scores = {name: model.score(vectorizer.transform(numbers[name]), labels[name]) for name in ("validation", "test")}
    return scores | {"seconds": seconds}


def imdb_reader(words: int) -> dict:
    """Section 4: a model that is small enough to be kept, and to be watched: 32 units, and the vocabulary with it."""
    numbers, labels, vocabulary = reviews(words)
    model = sm.SequenceClassifier(nn.LSTM, len(vocabulary), dropout=0.3, read=sm.read_mean, seed=0)
    training = QUICK | LAST
    _, seconds = fit(model, numbers, labels, seed=0, **training)
    test = accuracy(sm.predict(model, [one[training["keep"]] for one in numbers["test"]]), labels["test"])
    weights = {name: value.half().contiguous() for name, value in model.state_dict().items()}
    path = RESULTS / "imdb_reader.safetensors"
    save_file(weights, path, WHOSE | {"words": json.dumps(vocabulary.words[2:], ensure_ascii=False)})
    return {"test": test, "seconds": seconds * training["epochs"]}


SAID = f"IMDB, {25_000 - VALIDATION} reviews to train, {VALIDATION} to validate, 25,000 to test; {WORDS} words"
EXPERIMENTS = {
    "imdb_words": (imdb_words, ((part,) for part in ("all", "first 200", "last 200")), SAID),
    "imdb_reader": (
        imdb_reader,
        [(8000,)],
        "LSTM of 32 units, mean of its output, last 200 words, 3 epochs, Adam 0.003",
    ),
    "imdb": (
        imdb,
        ((label, seed) for label in reversed(MODELS) for seed in range(3)),  # the slowest first
        f"{SAID}; Adam, batch 64, gradient clipped to a norm of 1; 2 layers: 128 units, embedding 100, dropout 0.3, "
        "lr 0.001, 5 epochs; others: 64 units, embedding 64, dropout 0.5, lr 0.003, 3 epochs; dropout on the embedding "
        "too",
    ),
}
