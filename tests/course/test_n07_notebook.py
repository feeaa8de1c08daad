"""The cells of notebook 07 that lead from the download to a saved file that answers, run on IMDB's own archive: its
layout, with reviews of our own, from a server on this machine."""

import io
import json
import re
from contextlib import redirect_stdout
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pooch
import pytest
import torch
from safetensors import safe_open
from test_n07_download import pack, site  # noqa: F401 (a fixture)
from torch import nn

from figures.tables.n07_imdb_popular import POPULAR, Popular
from seqmem_lib import Vocabulary, read_mean, split_words
from seqmem_lib.course.n06_reviews.written import write_reviews
from seqmem_lib.course.n07_imdb import download

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "07_imdb_sentiment.ipynb"
PER_CLASS = 60


def cells(first, last):
    """The code cells of the notebook, id -> source, from one to another."""
    found = {cell.id: cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"}
    names = list(found)
    return {name: found[name] for name in names[names.index(first) : names.index(last) + 1]}


def archive():
    """In the layout of the published one: aclImdb/train/neg/0_2.txt, with the rating behind the number."""
    files = {"aclImdb/README": "about", "aclImdb/imdb.vocab": "the", "aclImdb/train/unsup/0_0.txt": "no label"}
    for split in ("train", "test"):
        generator = torch.Generator().manual_seed(len(split))
        texts = {0: [], 1: []}
        for review in write_reviews(2 * PER_CLASS, language="en", length=(6, 30), part=split, generator=generator):
            texts[review.label].append(review.text)
        for label, (sign, rating) in enumerate((("neg", 2), ("pos", 9))):
            for k, text in enumerate(texts[label]):
                files[f"aclImdb/{split}/{sign}/{k}_{rating}.txt"] = f"{text}<br /><br />The end."
    return pack(files)


@pytest.fixture
def served(site, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(download, "PER_CLASS", PER_CLASS)
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / name)
    site.publish(archive())
    yield site
    plt.close("all")


def run(data, first="setup", last="predict"):
    """The namespace after these cells, with the switch turned, and what they printed."""
    sources = cells(first, last)
    assert sources["load"].count('DATA = "own"') == 1
    sources["load"] = sources["load"].replace('DATA = "own"', f'DATA = "{data}"')
    space, printed = {"__name__": "__main__"}, io.StringIO()
    with redirect_stdout(printed), plt.rc_context():
        for name, source in sources.items():
            exec(compile(source, f"cell {name}", "exec"), space)
    return space, printed.getvalue()


def test_from_the_download_to_an_answer(served):
    space, printed = run("all")
    assert served.requests == 1
    assert "all: 120 reviews to train with, 120 to test with" in printed
    assert re.findall(r"^epoch (\d): loss 0\.\d+, right on the test part \d+\.\d%$", printed, re.M) == list("12345")
    as_ours = Vocabulary(map(split_words, space["train"]["text"]), most=25_000)
    assert space["words"] == list(as_ours)
    assert "br" not in space["words"]  # of <br />
    assert [space["encode"](text) for text in ("zwieback", "", "the " * 201)] == [
        [1],
        [1],
        200 * as_ours.encode(["the"]),
    ]
    assert "a probability changes by at most 0.0\n" in printed
    asked = "The acting was never superb."
    again = forget_and_load(space)
    assert again(asked) == space["predict"](asked)
    assert 0 < again(asked) < 1
    assert run("all")[1] == printed  # from the cache this time, with the same answers
    assert served.requests == 1


def forget_and_load(space):
    """`predict` of a program that has nothing but the file, and the definitions."""
    sources = cells("vocabulary", "predict")
    fresh = {name: space[name] for name in ("torch", "nn", "sm", "device", "last_state", "load_file")}
    with safe_open(space["path"], framework="pt") as file:
        fresh["words"] = json.loads(file.metadata()["words"])
    fresh["number_of"] = {word: number for number, word in enumerate(fresh["words"])}
    exec(sources["vocabulary"].partition("\n\n\n")[2], fresh)  # def encode
    exec(sources["model"], fresh)  # class Sentiment
    torch.manual_seed(1)
    fresh["loaded"] = fresh["Sentiment"](len(fresh["words"]))
    fresh["loaded"].load_state_dict(fresh["load_file"](space["path"]))
    exec(sources["predict"].partition("\n\n\n")[0], fresh)
    return fresh["predict"]


def test_a_part_of_it(served):
    space, printed = run("part", last="batch")
    assert "part: 48 reviews to train with, 10 to test with" in printed
    numbers, lengths, labels = next(iter(space["batches_of"](space["reviews"])))
    assert numbers.shape == (48, lengths.max())
    assert set(labels.tolist()) == {0.0, 1.0}
    for row, length in zip(numbers, lengths, strict=True):
        assert (row[:length] != 0).all()
        assert (row[length:] == 0).all()


def test_a_broken_archive_stops_the_notebook(served):
    served.body = served.body[:-20]
    with pytest.raises(ConnectionError, match="did not send the published archive"):
        run("all", last="load")


def test_packed_and_padded_are_the_same_and_so_is_the_network_of_the_table():
    space, _ = run("own", last="model")
    exec(cells("packed", "packed")["packed"], space)
    torch.manual_seed(3)
    shown = space["Sentiment"](30).eval()
    measured = Popular(30, seed=0).eval()
    weights = {"embedding.weight": shown.embedding.weight}
    weights |= {f"readout.{name}": value for name, value in shown.readout.named_parameters()}
    for name, value in shown.lstm.named_parameters():  # weight_ih_l0, ...
        weights[f"layers.{name[-1]}.0.{name[:-1]}0"] = value
    measured.load_state_dict(weights)
    numbers, lengths = some_texts()
    for way in (space["last_state"], space["packed_state"]):
        space["last_state"] = way
        torch.testing.assert_close(shown(numbers, lengths), measured(numbers)[:, 1])
    assert shown.lstm.dropout == shown.dropout.p == measured.dropout.p == 0.3
    assert sum(p.numel() for p in shown.parameters()) == sum(p.numel() for p in measured.parameters())


def test_the_other_networks_of_the_table_are_what_torch_makes_of_packed_texts():
    numbers, lengths = some_texts()
    both = POPULAR["popular but both ways, first 200"][0](30, seed=0).eval()
    lstm = nn.LSTM(100, 128, num_layers=2, batch_first=True, bidirectional=True)
    weights = {}
    for k, layer in enumerate(both.layers):
        for one, suffix in zip(layer, ("", "_reverse"), strict=True):
            weights |= {f"{name[:-1]}{k}{suffix}": value for name, value in one.named_parameters()}
    lstm.load_state_dict(weights)
    packed = nn.utils.rnn.pack_padded_sequence(both.embedding(numbers), lengths, batch_first=True, enforce_sorted=False)
    _, (h_n, _) = lstm(packed)
    torch.testing.assert_close(both(numbers)[:, 1], both.readout(torch.cat([h_n[-2], h_n[-1]], dim=1)).squeeze(1))
    assert POPULAR["popular but the mean, first 200"][0](30, seed=0).read is read_mean


def some_texts():
    lengths = torch.tensor([7, 2, 5])
    numbers = torch.randint(2, 30, (3, 7), generator=torch.Generator().manual_seed(0))
    return numbers * (torch.arange(7) < lengths[:, None]), lengths
