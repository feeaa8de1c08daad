"""From written text to numbers: words, and a vocabulary."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from unicodedata import category

from ..arguments import check_list, check_text, check_texts, whole_number

PAD, UNKNOWN = "<pad>", "<unk>"
# What is written without spaces: Han with 々 and 〇, kana, and the scripts of Thai, Lao, Burmese and Khmer.
_UNSPACED = (
    r"\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    r"\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
    r"\u0e01-\u0eff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f\u1780-\u17ff"
)
_ACCENTS = "".join(chr(code) for code in range(0x300, 0x10000) if category(chr(code)) in ("Mn", "Mc"))
_LETTER = rf"[^\W\d_{_UNSPACED}]"
_PART = rf"{_LETTER}+(?:[{_ACCENTS}]+{_LETTER}*)*"  # a letter keeps the accents and vowel signs that it carries
_WORD = rf"{_PART}(?:['’]{_PART})*|\d+"
_TOKENS = re.compile(rf"{_WORD}|[.,;:!?，。；：！？]|[{_UNSPACED}](?<![\W\d_])[{_ACCENTS}]*")
_WHOLE = re.compile(rf"{_WORD}|[{_UNSPACED}][{_ACCENTS}]+")  # what segment never cuts
_LOOSE_SPACE = re.compile(rf" (?![^\W_{_UNSPACED}])")  # it parts no words, unless it stands before one
_FULL_WIDTH = re.compile("[０-９Ａ-Ｚａ-ｚ]")


def split_words(text: str) -> list[str]:
    """A text as words in lower case, numbers, and the marks . , ; : ! ? and ，。；：！？ as tokens of their own. Where
    words are written without spaces, in Chinese, Japanese, Thai, Lao, Burmese and Khmer, each character is a token.

    "It's GREAT, 10/10!" gives it's · great · , · 10 · 10 · !
    "这部电影 is GREAT，10分" gives 这 · 部 · 电 · 影 · is · great · ， · 10 · 分

    Full-width letters and digits become ordinary ones. For Chinese words instead of characters there is `segment`.
    Raises TypeError if text is something else.

    >>> sm.split_words("It's GREAT, 10/10!")
    ["it's", 'great', ',', '10', '10', '!']
    """
    return _TOKENS.findall(_plain(check_text("text", text)))


def segment(text: str, words: Iterable[str]) -> list[str]:
    """Chinese text, which is written without spaces, as words: at each place the longest word that fits, and where none
    does, a single character. White space is left out.

    words : the words that are known, best as a `Vocabulary`, which is prepared for this once

    Words in Latin letters and numbers are never cut: where the list does not have them, they are as `split_words` gives
    them. Capitals do not matter, nor does full width: a token that is known is written as in the list, of several that
    differ in capitals alone as the first.

    Longest match from left to right is an old and greedy method: it is quick, and it can be fooled.
    Raises TypeError if text is something else, or words are.

    >>> sm.segment("这部电影很好看", words=["电影", "好看"])
    ['这', '部', '电影', '很', '好看']
    """
    text = _LOOSE_SPACE.sub("", " ".join(_plain(check_text("text", text)).split()))
    if isinstance(words, Vocabulary):
        known, sizes = words._beginnings
    else:
        known, sizes = _by_beginning(tuple(check_texts("words", words, ordered=False)))
    ends = {found.start(): found.end() for found in _WHOLE.finditer(text)}
    inside = {k for start, end in ends.items() for k in range(start + 1, end)}
    tokens, start = [], 0
    while start < len(text):
        end = ends.get(start, start + 1)
        for size in sizes.get(text[start : start + 2], ()):
            if start + size not in inside and text[start : start + size] in known:
                end = start + size
                break
        tokens.append(text[start:end])
        start = end
    return [known.get(token, token) for token in tokens if token != " "]


def _plain(text: str) -> str:
    """The text in lower case, with full-width letters and digits as ordinary ones."""
    return _FULL_WIDTH.sub(lambda wide: chr(ord(wide[0]) - 0xFEE0), text).lower()


@lru_cache(maxsize=8)
def _by_beginning(words: tuple[str, ...]) -> tuple[dict[str, str], dict[str, tuple[int, ...]]]:
    """For longest match: each word as it is compared -> as it is listed, and the first two characters of words -> the
    lengths of those, longest first.
    """
    known, sizes = {}, {}
    for word in words:
        known.setdefault(_plain(word), word)
    for word in known:
        if len(word) > 1:
            sizes.setdefault(word[:2], set()).add(len(word))
    return known, {beginning: tuple(sorted(lengths, reverse=True)) for beginning, lengths in sizes.items()}


class Vocabulary:
    """The words that a model knows, each with a number.

    texts : lists of tokens, of the training part only
    most : keep so many words, the most frequent; all of them if omitted
    least : keep words that occur at least so often

    Number 0 is padding and number 1 stands for every unknown word. The others follow by frequency, and of equals in
    alphabetical order, so that the order of the texts does not matter.

    Raises TypeError if texts are not lists of texts, ValueError if most or least is not a whole number of at least 1.

    >>> vocabulary = sm.Vocabulary([["a", "good", "film"], ["a", "bad", "film"]])
    >>> vocabulary.encode(["a", "good", "book"])  # 1 is an unknown word
    [2, 5, 1]
    """

    def __init__(self, texts: Iterable[Sequence[str]], *, most: int | None = None, least: int = 1):
        least = whole_number("least", least, 1)
        most = None if most is None else whole_number("most", most, 1)
        counts = Counter()
        for tokens in check_list("texts", texts, "lists of tokens"):
            if isinstance(tokens, str):
                raise TypeError("texts must be lists of tokens, not texts: cut them first, with split_words or segment")
            counts.update(check_texts("each of texts", tokens))
        ranked = sorted((word for word in counts if counts[word] >= least), key=lambda word: (-counts[word], word))
        self.words = (PAD, UNKNOWN, *(word for word in ranked[:most] if word not in (PAD, UNKNOWN)))
        self._number = {word: number for number, word in enumerate(self.words)}

    @classmethod
    def of(cls, words: Iterable[str]) -> "Vocabulary":
        """The vocabulary of these words, in this order: what `words[2:]` of another gave.

        Raises TypeError if they are no texts, ValueError if one is there twice.
        """
        vocabulary = cls([])
        vocabulary.words += tuple(check_texts("words", words))
        if len(set(vocabulary.words)) < len(vocabulary.words):
            raise ValueError(f"words must be different, and neither {PAD} nor {UNKNOWN}")
        vocabulary._number = {word: number for number, word in enumerate(vocabulary.words)}
        return vocabulary

    @cached_property
    def _beginnings(self):
        return _by_beginning.__wrapped__(self.words[2:])

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word) -> bool:
        return word in self._number

    def __iter__(self):
        return iter(self.words)

    def __repr__(self) -> str:
        return f"Vocabulary of {len(self) - 2:,} words, {PAD} and {UNKNOWN}"

    def encode(self, tokens: Sequence[str]) -> list[int]:
        """The number of each token. One that looks like the padding is an unknown word too.

        Raises TypeError if the tokens are not a list of texts.
        """
        return [self._number.get(token) or 1 for token in check_texts("tokens", tokens)]

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """The word of each number; every unknown word comes back as <unk>.

        Raises TypeError if they are no list, ValueError if there is no such number.
        """
        numbers = check_list("numbers", numbers)
        return [self.words[whole_number("each of numbers", number, 0, len(self) - 1)] for number in numbers]
