"""The code of README.md runs as it is printed, one block after the other, by somebody who has read nothing else."""

import csv
import re
from pathlib import Path

import pytest
import torch
from torch import Generator, nn

import seqmem_lib as sm
from seqmem_lib.course.n06_reviews.written import write_reviews

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def block(*wanted):
    """The only one with these names."""
    (found,) = [one for one in BLOCKS if all(f"sm.{name}(" in one for name in wanted)]
    return found


def test_every_block_is_run_below():
    assert len(BLOCKS) == 4
    assert {block("record"), block("gradient_norms"), block("load_reviews"), block("Playground")} == set(BLOCKS)


def test_networks_that_are_trained_in_the_page():
    names = {}
    exec(block("Playground"), names)
    assert sm.evaluate(names["model"], names["task"]) > 0.9


def test_a_network_of_your_own():
    names = {}
    exec(block("record"), names)
    assert names["trace"].f.shape == (1, 4, 8)
    assert names["trace"].tokens == (("not", "bad", "at", "all"),)
    exec(block("gradient_norms"), names)
    assert names["norms"].shape == (1, 4)
    assert names["norms"].dtype == torch.float64
    assert names["lstm"].weight_ih_l0.dtype == torch.float32, "it is left as it was"


def write_file(language, path="mine.csv", n=400):
    """Easy reviews, sorted by label, as files often are; with a text that holds no word."""
    reviews = write_reviews(
        n, language=language, length=(6, 12), negated=0, conceded=0, generator=Generator().manual_seed(0)
    )
    rows = sorted((review.label, review.text) for review in reviews)
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("label", "text"), *rows, (1, "👍👍")])


@pytest.mark.parametrize(
    ("language", "good", "bad"),
    [("en", "The plot was superb.", "The plot was dull."), ("zh", "剧情非常精彩。", "剧情非常无聊。")],
)
def test_texts_of_your_own(language, good, bad, capsys):
    write_file(language)
    code = block("load_reviews")
    assert code.count("steps=800,") == 1
    names = {}
    exec(code.replace("steps=800,", "steps=160, progress=False,"), names)
    said = capsys.readouterr().out
    share = float(re.search(r"right on ([\d.]+)% of the texts", said)[1])
    assert share > 90
    assert "tensor([[" in said
    assert len(names["held_out"]) == 40
    assert len(names["batches"]) == 361
    vocabulary, encode = names["vocabulary"], names["encode"]
    assert isinstance(names["model"].layers[0], nn.GRU)
    assert {"plot", "superb", "."} <= set(vocabulary) or {"剧", "情", "。"} <= set(vocabulary)
    assert all(len(word) == 1 for word in vocabulary.words[2:]) == (language == "zh")
    assert encode(["…"]) == [[1]]
    unknown = sum(number == 1 for text in encode(names["held"]["text"]) for number in text)
    assert unknown < 10, "a Chinese clause is not one unknown word"
    sure = sm.predict(names["model"], encode([good, bad]))
    assert sure.argmax(dim=1).tolist() == [1, 0]
