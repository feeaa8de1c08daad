"""What TypedText sends to the page, and what the page makes of it. Node answers for the page."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from torch import Generator, nn
from torch.nn.functional import cross_entropy

from seqmem_lib.course.n06_reviews.written import write_reviews
from seqmem_lib.course.n07_imdb.reader import load_reader
from seqmem_lib.recording import record
from seqmem_lib.texts.classifier import SequenceClassifier, predict
from seqmem_lib.texts.reads import read_ends, read_max, read_mean
from seqmem_lib.texts.vocabulary import Vocabulary, segment, split_words
from seqmem_lib.training.batches import Batches
from seqmem_lib.training.train import train
from seqmem_lib.widgets.typed_text import TypedText

needs_node = pytest.mark.skipif(
    shutil.which("node") is None and not os.environ.get("CI"), reason="no Node.js found: https://nodejs.org"
)
SCRIPT = Path(__file__).with_name("classifier.mjs")
VOCABULARY = Vocabulary([["a", "good", "bad", "film", "."]])


def a_model(kind=nn.GRU, vocabulary=VOCABULARY, **options):
    return SequenceClassifier(kind, len(vocabulary), **{"embedding_size": 3, "hidden_size": 4, "seed": 0} | options)


def of_the_page(model: dict, texts: list[list[int]]) -> list[dict]:
    """Of each text, name -> (seq, hidden_size) values, and the probability of class 1 after each word."""
    sent = json.dumps({"model": model, "texts": texts})
    command = [shutil.which("node"), str(SCRIPT)]
    return json.loads(subprocess.run(command, input=sent, capture_output=True, text=True, check=True).stdout)


def answers(model, vocabulary, cut, texts):
    """Of each text, what the page says after each word, with weights of 16 bits, and what `predict` says."""
    seen = of_the_page(TypedText(model, vocabulary, cut, "电影 film")._data()["model"], texts)
    for text, one in zip(texts, seen, strict=True):
        expected = predict(model, [text[: k + 1] for k in range(len(text))])[:, 1].double()
        yield torch.tensor(one["after"], dtype=torch.float64), expected


@needs_node
@pytest.mark.parametrize("read", [read_ends, read_mean])
@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_the_page_computes_what_the_model_does(kind, read):
    model = a_model(kind, read=read).double()
    with torch.no_grad():
        for weights in model.parameters():
            weights.copy_(weights.half())  # so that 16 bits hold them
    numbers = [2, 5, 1, 3, 3, 4, 6]
    data = TypedText(model, VOCABULARY, split_words, "a film")._data()
    (seen,) = of_the_page(data["model"], [numbers])
    trace = record(model.layers[0], model.embedding(torch.tensor([numbers])))
    names = [panel["name"] for panel in data["view"]["panels"]]
    assert names == [*trace.values, *["Wh"] * (kind is nn.GRU)]
    for panel in data["view"]["panels"]:
        values = torch.tensor(seen["values"][panel["name"]], dtype=torch.float64).view(len(numbers), -1)
        torch.testing.assert_close(values, getattr(trace, panel["name"])[0], atol=1e-12, rtol=0)
    after = predict(model, [numbers[: k + 1] for k in range(len(numbers))])[:, 1]
    torch.testing.assert_close(torch.tensor(seen["after"], dtype=torch.float64), after, atol=1e-12, rtol=0)


@needs_node
def test_the_reader_of_imdb_says_in_the_page_what_it_says_here():
    """Its weights were stored in 16 bits: what differs is single precision, in which Python computes."""
    reader, known = load_reader()
    reviews = write_reviews(100, language="en", length=(6, 60), part="test", generator=Generator().manual_seed(1))
    texts = [known.encode(split_words(review.text)) for review in reviews]
    assert max((seen - expected).abs().max() for seen, expected in answers(reader, known, split_words, texts)) < 2e-6


@needs_node
@pytest.mark.parametrize(("language", "cut"), [("zh", segment), ("en", split_words)])
def test_what_sixteen_bits_cost(language, cut):
    """The readers of notebook 06 hold weights that 16 bits do not. Rounding moves a probability by less than 0.01 after
    any word of a review, and by less than 0.001 at the end of 19 in 20.
    """
    options = {"language": language, "length": (6, 30), "generator": Generator().manual_seed(0)}
    reviews, new = (write_reviews(n, part=part, **options) for n, part in ((2000, "train"), (200, "test")))
    vocabulary = Vocabulary(review.tokens for review in reviews)
    model = SequenceClassifier(nn.LSTM, len(vocabulary), seed=0)
    task = Batches([vocabulary.encode(one.tokens) for one in reviews], [one.label for one in reviews], by_length=True)
    settings = {"steps": 300, "batch_size": 32, "lr": 1e-2, "max_norm": 1.0, "loss_function": cross_entropy}
    train(model, task, seed=0, progress=False, **settings)
    texts = [vocabulary.encode(review.tokens) for review in new]
    right = predict(model, texts).argmax(dim=1) == torch.tensor([review.label for review in new])
    assert right.double().mean() > 0.97  # it has learned to read
    moved = [seen - expected for seen, expected in answers(model, vocabulary, cut, texts)]
    assert 0 < max(one.abs().max() for one in moved) < 0.01
    assert sum(abs(one[-1]) < 0.001 for one in moved) >= 0.95 * len(moved)


def test_what_is_sent_is_what_the_page_needs_and_no_more():
    model = a_model(nn.LSTM, Vocabulary([["a", "good", "bad", "film", ".", "more"]]))  # a row more than the vocabulary
    widget = TypedText(model, VOCABULARY, segment, "a good filmx", says=["no", "yes"])
    data = widget._data()
    assert (data["words"], data["says"], data["cut"]) == (VOCABULARY.words, ["no", "yes"], "segment")
    assert len(data["model"]["weights"]["embedding"]) == 4 * -(-len(VOCABULARY) * 3 * 2 // 3)
    assert all("values" not in panel for panel in data["view"]["panels"])
    outputs = widget._repr_mimebundle_()
    assert outputs["text/plain"] == "TypedText, reads: a good filmx"
    assert set(outputs) == {"text/plain", "text/html", "image/png"}
    assert "Tokens: a good ⟨filmx⟩." in outputs["text/html"]
    assert "yes" in [text.get_text() for text in widget._scrubber.still_picture().axes[0].texts]
    assert widget._repr_mimebundle_() == outputs


def test_a_gloss_stands_in_the_still_picture_and_not_in_the_field():
    vocabulary = Vocabulary([["剧情", "精彩"]])
    widget = TypedText(a_model(nn.LSTM, vocabulary), vocabulary, segment, "剧情精彩", gloss=["plot", "brilliant"])
    assert "Tokens: plot brilliant." in widget._repr_mimebundle_()["text/html"]
    assert widget._data()["text"] == "剧情精彩"
    with pytest.raises(ValueError, match=r"gloss must be 2 texts, one for each word of text: \['剧情', '精彩'\]"):
        TypedText(a_model(nn.LSTM, vocabulary), vocabulary, segment, "剧情精彩", gloss=["plot"])


def test_the_imdb_reader_takes_less_than_a_megabyte():
    reader, known = load_reader()
    outputs = TypedText(reader, known, split_words, "It is anything but boring.")._repr_mimebundle_()
    assert sum(map(len, outputs.values())) < 1_000_000


def test_a_large_vocabulary_is_said(recwarn):
    vocabulary = Vocabulary([[f"w{k}" for k in range(20_000)]])
    model = SequenceClassifier(nn.RNN, len(vocabulary), embedding_size=100, seed=0)
    with pytest.warns(
        UserWarning, match="this TypedText makes the notebook 5 MB larger .*: keep fewer words"
    ) as caught:
        TypedText(model, vocabulary, split_words, "w1")
    assert caught[0].filename == __file__, "the line that made it is named"


def last_step(output, state, real):
    return output[:, -1]


def test_what_the_page_cannot_do_is_named():
    def made(text="a film", cut=split_words, **options):
        return TypedText(a_model(**options), VOCABULARY, cut, text)

    with pytest.raises(ValueError, match="text='  ' holds no word to read"):
        made("  ")
    with pytest.raises(ValueError, match="model and says must be of two classes"):
        made(classes=3)
    with pytest.raises(
        ValueError, match="cut must be split_words or segment, by which the page can cut too, not <class"
    ):
        made(cut=list)
    with pytest.raises(ValueError, match="model has 2 layers, two directions, the read read_max: the page can run"):
        made(num_layers=2, bidirectional=True, read=read_max)
    with pytest.raises(ValueError, match="read last_step: the page can run one layer that reads forward, with read_e"):
        made(read=last_step)
    model = a_model()
    with torch.no_grad():
        model.readout.bias[0] = 70_000
    with pytest.raises(ValueError, match="model has a readout_bias that 16 bits cannot hold: they reach 65,504"):
        TypedText(model, VOCABULARY, split_words, "a film")
