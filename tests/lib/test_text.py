"""From text to numbers."""

from collections import Counter

import pytest

from seqmem_lib.texts.vocabulary import Vocabulary, segment, split_words


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It's GREAT, 10/10!", ["it's", "great", ",", "10", "10", "!"]),
        ("don’t… stop", ["don’t", "stop"]),
        ("Amélie: a joy;naïve?", ["amélie", ":", "a", "joy", ";", "naïve", "?"]),
        ("'quoted' words' end", ["quoted", "words", "end"]),
        ("3D_effects", ["3", "d", "effects"]),
        (" \n\t", []),
    ],
)
def test_words(text, tokens):
    assert split_words(text) == tokens


@pytest.mark.parametrize(
    ("text", "words", "tokens"),
    [
        ("不好看", ["好", "好看", "不"], ["不", "好看"]),
        ("不好看", ["不好", "好看"], ["不好", "看"]),  # greedy, and wrong here
        ("研究生命", ["研究", "研究生", "生命"], ["研究生", "命"]),  # the textbook's example of how it is fooled
        ("电影 很\n好看。", ["电影", "好看"], ["电影", "很", "好看", "。"]),
        ("好看吗", ["好看", "好看了"], ["好看", "吗"]),
        ("ABC", [], ["A", "B", "C"]),
        ("", ["好"], []),
    ],
)
def test_segmentation_takes_the_longest_word(text, words, tokens):
    assert segment(text, words) == tokens


def test_segmentation_knows_a_vocabulary_and_its_padding_is_no_word():
    vocabulary = Vocabulary([["好看", "电影"]])
    assert segment("电影好看", vocabulary) == ["电影", "好看"]
    assert vocabulary.encode(segment("<pad>", vocabulary)) == [1] * len(segment("<pad>", vocabulary))


def test_segmentation_takes_words_in_any_order():
    assert segment("电影好看", {"好看", "电影"}) == ["电影", "好看"]


@pytest.mark.parametrize("cut", [split_words, lambda text: segment(text, ["a"])])
def test_something_else_than_a_text_is_named(cut):
    with pytest.raises(TypeError, match=r"text must be a text, not \['a'\]"):
        cut(["a"])


# --- Vocabulary ------------------------------------------------------------------------------------------

TEXTS = [["b", "a", "b"], ["c", "a", "b"], ["d"]]


def test_a_vocabulary_is_ranked_by_frequency_whatever_the_order():
    vocabulary = Vocabulary(TEXTS)
    assert vocabulary.words == ("<pad>", "<unk>", "b", "a", "c", "d")
    assert Vocabulary(TEXTS[::-1]).words == vocabulary.words
    assert list(vocabulary) == list(vocabulary.words)
    assert len(vocabulary) == 6
    assert "a" in vocabulary
    assert "z" not in vocabulary
    assert repr(vocabulary) == "Vocabulary of 4 words, <pad> and <unk>"


@pytest.mark.parametrize(
    ("options", "kept"),
    [({"most": 2}, "ba"), ({"most": 1}, "b"), ({"least": 2}, "ba"), ({"most": 9}, "bacd"), ({"least": 4}, "")],
)
def test_rare_words_are_left_out(options, kept):
    assert Vocabulary(TEXTS, **options).words[2:] == tuple(kept)


def test_unknown_words_are_one_number_and_never_the_padding():
    vocabulary = Vocabulary(TEXTS)
    assert vocabulary.encode(["b", "z", "<pad>", "<unk>"]) == [2, 1, 1, 1]
    assert vocabulary.decode([2, 1, 0, 5]) == ["b", "<unk>", "<pad>", "d"]
    counts = Counter(number for text in TEXTS for number in vocabulary.encode(text))
    assert counts[0] == counts[1] == 0


def test_a_vocabulary_of_the_words_of_another():
    vocabulary = Vocabulary(TEXTS)
    again = Vocabulary.of(vocabulary.words[2:])
    assert again.words == vocabulary.words
    assert again.encode(["d", "b", "z"]) == vocabulary.encode(["d", "b", "z"]) == [5, 2, 1]


def test_specials_that_occur_in_a_text_are_not_kept_twice():
    assert Vocabulary([["<pad>", "<unk>", "a"]]).words == ("<pad>", "<unk>", "a")


def test_wrong_arguments_of_a_vocabulary():
    with pytest.raises(TypeError, match=r"^texts must be lists of tokens, not texts: cut them first"):
        Vocabulary(["a text"])
    with pytest.raises(ValueError, match="most must be"):
        Vocabulary(TEXTS, most=0)
    with pytest.raises(ValueError, match="least must be"):
        Vocabulary(TEXTS, least=0)
    for number in (-1, 6):
        with pytest.raises(ValueError, match="numbers must be a whole number from 0 to 5"):
            Vocabulary(TEXTS).decode([number])
