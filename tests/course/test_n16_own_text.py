"""The cells of notebook 16 that train, score and write, on texts of other people and of any length."""

import re
from math import isfinite, log2
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest
import torch

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "16_character_model.ipynb"


def code():
    """The code up to the writing, with a training of a few steps and two short continuations."""
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    (writing,) = [k for k, cell in enumerate(cells) if "stories = {temperature: write(temperature)" in cell.source]
    sources = [cell.source for cell in cells[: writing + 1] if cell.cell_type == "code"]
    text = "\n".join(sources)
    for long, short in (
        ("updates, length = 2500,", "updates, length = 12,"),
        ("length=1000, streams=200", "length=9, streams=2"),
    ):
        assert text.count(long) == 1
        text = text.replace(long, short)
    return text


def run(parts):
    """What the cells leave behind, with these parts in the place of our tales."""
    ours = re.search(r"^texts = \{.*?^\}$", code(), re.MULTILINE | re.DOTALL)
    names = {}
    exec(code().replace(ours[0], f"texts = {parts!r}"), names)
    plt.close("all")
    return names


# The figure has no Chinese letters, which matplotlib says.
pytestmark = pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
PROSE = "In the beginning there was a word; nobody knew which. "
CHINESE = "不好看！不，很好看。"


LENGTHS = 2, 3, 15, 16, 17, 31, 32, 33, 100, 1039, 1040, 1041, 3001


@pytest.mark.parametrize(
    ("prose", "length"), [*((PROSE, one) for one in LENGTHS), *((CHINESE, one) for one in (2, 33))]
)
def test_a_text_of_any_length(prose, length, capsys):
    text = prose * (length // len(prose) + 1)
    names = run({"train": text[:length], "search": text[: max(2, length // 5)], "test": text[: max(2, length // 5)]})
    streams, window = names["streams"], names["window"]
    assert isfinite(names["bits"])
    assert 0 < names["bits"] < 3 * log2(len(names["alphabet"]))
    assert 1 <= window < streams.shape[1]
    assert streams.numel() > length - len(streams), "no more is left over than one character of each stream"
    assert torch.equal(streams.flatten(), names["numbers"]["train"][: streams.numel()])
    assert {len(one) for written in names["stories"].values() for one in written} == {9}
    assert "bits per character" in capsys.readouterr().out


def test_a_character_that_was_not_trained_on():
    names = run({"train": "abc" * 40, "search": "abd" * 9, "test": "xyz" * 9})
    assert isfinite(names["bits"])
    assert names["counted"][1] > log2(3)


def test_of_our_tales_all_is_read_in_sixteen_streams():
    """300,000 characters, and windows of 64, as the text says."""
    names = run({"train": PROSE[:48] * 6250, "search": PROSE, "test": PROSE})
    assert names["streams"].shape == (16, 18_750)
    assert names["window"] == 64
