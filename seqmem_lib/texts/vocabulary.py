"""From written text to numbers: words, and a vocabulary."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from ..arguments import check_list, check_text, check_texts, whole_number

PAD, UNKNOWN = "<pad>", "<unk>"
_WORDS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|[.,;:!?]")


def split_words(text: str) -> list[str]:
    """English text as words in lower case, numbers, and the marks . , ; : ! ? as tokens of their own.

    "It's GREAT, 10/10!" gives it's · great · , · 10 · 10 · !

    Raises TypeError if text is something else.
    """
    return _WORDS.findall(check_text("text", text).lower())


def segment(text: str, words: Iterable[str]) -> list[str]:
    """Chinese text, which is written without spaces, as words: at each place the longest word that fits, and where none
    does, a single character. White space is left out.

    words : the words that are known, such as a `Vocabulary`

    Longest match from left to right is an old and greedy method: it is quick, and it can be fooled.
    Raises TypeError if text is something else, or words are.
    """
    text, tokens = "".join(check_text("text", text).split()), []
    known = set(check_texts("words", words, ordered=False))
    longest = max(map(len, known), default=1)
    while text:
        fits = (text[:size] for size in range(min(longest, len(text)), 1, -1))
        token = next((piece for piece in fits if piece in known), text[0])
        tokens.append(token)
        text = text[len(token) :]
    return tokens


class Vocabulary:
    """The words that a model knows, each with a number.

    texts : lists of tokens, of the training part only
    most : keep so many words, the most frequent; all of them if omitted
    least : keep words that occur at least so often

    Number 0 is padding and number 1 stands for every unknown word. The others follow by frequency, and of equals in
    alphabetical order, so that the order of the texts does not matter.

    Raises TypeError if texts are not lists of texts, ValueError if most or least is not a whole number of at least 1.
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
