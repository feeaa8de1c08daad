"""The tales are read by rules of this file's own: by their marks, their lines, and the derivations that they have."""

import re
from functools import cache
from itertools import pairwise
from math import log2

import pytest
import torch
from torch import Generator

from seqmem_lib.course.n16_characters.stories import GRAMMAR, SYMBOL, story_entropy, write_story


def story(length=20_000, seed=0, **options):
    return write_story(length, generator=Generator().manual_seed(seed), **options)


def whole_tales(text):
    """All but the last, which may be cut."""
    return text.split("\n\n")[:-1]


def derivations(text):
    """The bits of every way in which the grammar writes this tale."""

    @cache
    def ends(symbol, begin):
        """Where the symbol may end that begins here: (end, bits), once for each way."""
        found = []
        for choice in GRAMMAR[symbol]:
            reached = [(begin, log2(len(GRAMMAR[symbol])))]
            for part in re.split(f"({SYMBOL.pattern})", choice):
                if part in GRAMMAR:
                    reached = [(end, bits + more) for at, bits in reached for end, more in ends(part, at)]
                else:
                    reached = [(at + len(part), bits) for at, bits in reached if text.startswith(part, at)]
            found += reached
        return found

    return [bits for end, bits in ends("TALE", 0) if end == len(text)]


@pytest.mark.parametrize("width", [12, 32, 50])
def test_no_line_passes_the_width_and_no_word_could_have_stayed(width):
    for tale in whole_tales(story(width=width)):
        lines = tale.split("\n")
        assert max(map(len, lines)) <= width
        for line, after in pairwise(lines):
            assert len(line) + 1 + len(after.split(" ")[0]) > width


def test_every_quotation_is_closed_and_in_the_present():
    tales = whole_tales(story())
    told, said = set(GRAMMAR["TOOK"] + GRAMMAR["WENT"]), set(GRAMMAR["TAKES"] + GRAMMAR["GOES"])
    seen = 0
    for tale in tales:
        pieces = tale.split('"')
        assert len(pieces) % 2 == 1
        for k, piece in enumerate(pieces):
            words = set(re.findall("[a-z]+", piece))
            assert not words & (said if k % 2 == 0 else told)
            if k % 2:
                seen += 1
                assert piece[0].isupper()
                assert piece[-1] in ".,"
    assert seen > 100


def test_length_and_alphabet():
    text = story(12_345)
    assert len(text) == 12_345
    assert re.fullmatch('[A-Za-z ,.:"\n]+', text)
    assert "  " not in text
    assert " \n" not in text
    assert "\n\n\n" not in text
    assert not set(re.findall("[A-Z]{2,}", text))  # no symbol is left over


def test_a_seed_decides_and_another_text_shares_no_run_of_sentences():
    def runs(text):
        sentences = re.split(r'(?<=\.)"? ', text.replace("\n", " "))
        return set(zip(*(sentences[k:] for k in range(4)), strict=False))

    train, test = story(300_000), story(10_000, seed=1)
    assert train.startswith(story(500))
    assert len(runs(test)) > 200
    assert not runs(train) & runs(test)


def test_other_random_numbers_are_left_alone():
    before = torch.get_rng_state()
    story(100)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_entropy_is_that_of_the_tales():
    """By the bits of the derivations of real tales, each of which has exactly one."""
    tales = [tale.replace("\n", " ") for tale in whole_tales(story(100_000))]
    bits = [derivations(tale) for tale in tales]
    assert {len(ways) for ways in bits} == {1}
    assert sum(only for [only] in bits) / sum(len(tale) + 2 for tale in tales) == pytest.approx(
        story_entropy(), rel=0.004
    )


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"length": 0}, ValueError, "length must be a whole number of at least 1"),
        ({"width": 11}, ValueError, "width must be a whole number of at least 12"),
        ({"generator": 0}, TypeError, "generator must be a torch.Generator"),
    ],
)
def test_bad_input(options, error, message):
    with pytest.raises(error, match=message):
        write_story(**{"length": 10, "generator": Generator()} | options)
