"""From text to numbers."""

import re
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Generator

from seqmem_lib.texts.vocabulary import Vocabulary, segment, split_words


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It's GREAT, 10/10!", ["it's", "great", ",", "10", "10", "!"]),
        ("don’t… stop", ["don’t", "stop"]),
        ("Amélie: a joy;naïve?", ["amélie", ":", "a", "joy", ";", "naïve", "?"]),
        ("'quoted' words' end", ["quoted", "words", "end"]),
        ("3D_effects", ["3", "d", "effects"]),
        ("\"The 80's\" (o'clock), 1/2 – 100%…", ["the", "80", "s", "o'clock", ",", "1", "2", "100"]),
        (" \n\t", []),
        # written without spaces: each character is a token
        ("这部电影 is GREAT，10分", ["这", "部", "电", "影", "is", "great", "，", "10", "分"]),
        ("不好！不好看。", ["不", "好", "！", "不", "好", "看", "。"]),
        ("人们、《书》“二〇二四”𠮷", ["人", "们", "书", "二", "〇", "二", "四", "𠮷"]),
        ("人々はコーヒー・パン", ["人", "々", "は", "コ", "ー", "ヒ", "ー", "パ", "ン"]),
        ("ｶﾅ", ["ｶ", "ﾅ"]),
        ("ที่นี่ดี ๑๐", ["ที่", "นี่", "ดี", "๑๐"]),
        ("ດີ ແມ່ນ", ["ດີ", "ແ", "ມ່", "ນ"]),
        ("မြန်မာ။", ["မြ", "န်", "မာ"]),
        ("ខ្មែរ៛", ["ខ្", "មែ", "រ"]),
        # written with spaces: words stay whole, with what their letters carry
        ("한국어는 좋다", ["한국어는", "좋다"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("اللُّغَة", ["اللُّغَة"]),
        ("Cafe\u0301 d'E\u0301te\u0301", ["cafe\u0301", "d'e\u0301te\u0301"]),
        ("ФИЛЬМ好", ["фильм", "好"]),
        # full width
        ("，。；：！？,.;:!?", list("，。；：！？,.;:!?")),
        ("ＧＲＥＡＴ１０分", ["great", "10", "分"]),
    ],
)
def test_words(text, tokens):
    assert split_words(text) == tokens


def test_english_is_cut_as_ever():
    """What no new rule is for: the tokens are those of the plain rule."""
    plain = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|[.,;:!?]")
    characters = [*"aZ éßœ'’09_-,.;:!?\n\"&<br/>£½²ª\x85\x96…"]
    generator = Generator().manual_seed(0)
    for _ in range(300):
        text = "".join(characters[k] for k in torch.randint(len(characters), (40,), generator=generator))
        assert split_words(text) == plain.findall(text.lower())


@pytest.mark.parametrize(
    ("text", "words", "tokens"),
    [
        ("不好看", ["好", "好看", "不"], ["不", "好看"]),
        ("不好看", ["不好", "好看"], ["不好", "看"]),  # greedy, and wrong here
        ("研究生命", ["研究", "研究生", "生命"], ["研究生", "命"]),  # the textbook's example of how it is fooled
        ("研究生", ["研究生命", "研究"], ["研究", "生"]),  # the longer word is cut off by the end
        ("电影 很\n好 看。", ["电影", "好看"], ["电影", "很", "好看", "。"]),
        ("好看吗", ["好看", "好看了"], ["好看", "吗"]),
        ("《电影》、“好”…", ["电影"], ["《", "电影", "》", "、", "“", "好", "”", "…"]),
        ("", ["好"], []),
        # Latin words and numbers are never cut, nor run together
        ("ABC", [], ["abc"]),
        ("iPhone15很好", ["很好", "i", "pho", "1"], ["iphone", "15", "很好"]),
        ("iPhone15很好", ["iphone15"], ["iphone15", "很", "好"]),
        ("WIFI密码", ["fi密", "密码"], ["wifi", "密码"]),
        ("I don't go in to it", ["into", "i", "on"], ["i", "don't", "go", "in", "to", "it"]),
        ("100元 20 元", ["00元", "0元", "元20"], ["100", "元", "20", "元"]),
        ("हिन्दी भाषा", ["हि"], ["हिन्दी", "भाषा"]),
        ("ที่นี่", ["ที"], ["ที่", "นี่"]),
        # a word with Latin letters in it, whatever its capitals and width
        ("卡拉OK，卡拉ok，卡拉ＯＫ", ["卡拉OK"], ["卡拉OK", "，"] * 2 + ["卡拉OK"]),
        ("Ｔ恤t恤", ["T恤"], ["T恤", "T恤"]),
        ("us US", ["US", "us"], ["US", "US"]),
        ("ＧＲＥＡＴ！", [], ["great", "！"]),
    ],
)
def test_segmentation_takes_the_longest_word(text, words, tokens):
    for known in (words, tuple(words), dict.fromkeys(words).keys(), Vocabulary.of(words)):
        assert segment(text, known) == tokens
    if len({word.lower() for word in words}) == len(words):
        assert segment(text, set(words)) == segment(text, frozenset(words)) == tokens


def longest_match(text, words):
    """As notebook 06 tells it."""
    text, tokens, longest = "".join(text.split()), [], max(map(len, words), default=1)
    while text:
        size = next((size for size in range(longest, 1, -1) if text[:size] in words), 1)
        tokens.append(text[:size])
        text = text[size:]
    return tokens


@given(st.text("不好看电影 。", max_size=12), st.sets(st.text("不好看电影。", min_size=1, max_size=5), max_size=8))
def test_of_chinese_it_is_the_longest_match(text, words):
    assert segment(text, words) == segment(text, Vocabulary.of(sorted(words))) == longest_match(text, words)


def test_a_list_that_was_changed_is_read_again():
    words = ["好看"]
    assert segment("不好看", words) == ["不", "好看"]
    words.append("不好看")
    assert segment("不好看", words) == ["不好看"]
    words[:] = ["不好"]
    assert segment("不好看", words) == ["不好", "看"]


def test_a_vocabulary_is_prepared_once(monkeypatch):
    """Not at each text: with 15,000 words, that took a hundred times as long as the cutting."""
    made = []
    monkeypatch.setattr(Vocabulary, "_beginnings", property(made.append))
    with pytest.raises(TypeError):
        segment("好", Vocabulary([["好"]]))
    assert len(made) == 1, "nothing else is asked of a vocabulary"
    monkeypatch.undo()
    vocabulary = Vocabulary([["好看", "电影"]])
    assert segment("电影好看", vocabulary) == ["电影", "好看"]
    assert vocabulary._beginnings is vocabulary._beginnings


def test_segmentation_knows_a_vocabulary_and_its_padding_is_no_word():
    vocabulary = Vocabulary([["好看", "电影"]])
    assert segment("电影好看", vocabulary) == ["电影", "好看"]
    assert segment("<pad>好看", vocabulary) == ["<", "pad", ">", "好看"]


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
