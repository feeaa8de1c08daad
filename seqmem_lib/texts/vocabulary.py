"""From written text to numbers: words, a vocabulary, and batches of equal length."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import torch
from torch import Generator, Tensor
from torch.nn.utils.rnn import pad_sequence

from ..arguments import (
    check_generator,
    check_list,
    check_text,
    check_texts,
    one_of,
    shown,
    true_or_false,
    whole_number,
)

PAD, UNKNOWN = "<pad>", "<unk>"
WHOLE = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)
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


def pad(sequences: Iterable[Sequence[int] | Tensor], *, side: str = "right", length: int | None = None) -> Tensor:
    """Sequences of numbers as one Tensor, (batch, seq), filled up with 0.

    side : where the padding goes, "right" or "left"
    length : seq, at least as long as the longest sequence; just as long if omitted

    Raises TypeError if sequences is no list, ValueError if a sequence is empty, holds something else than whole numbers
    above 0 or is too long, or side is unknown.
    """
    one_of("side", side, ("right", "left"))
    tensors = [as_numbers("sequences", sequence).long() for sequence in check_list("sequences", sequences)]
    if not all(map(len, tensors)) or not tensors:
        raise ValueError("sequences must hold at least one, and none that is empty")
    longest = max(map(len, tensors))
    length = longest if length is None else whole_number("length", length, longest)
    padded = pad_sequence(tensors, batch_first=True, padding_side=side)
    if (padded > 0).sum() != sum(map(len, tensors)):
        raise ValueError("sequences must hold numbers from 1 on, and not the number 0, which stands for padding")
    missing = length - longest
    return torch.nn.functional.pad(padded, (0, missing) if side == "right" else (missing, 0))


def as_numbers(name: str, sequence) -> Tensor:
    """A sequence of whole numbers as a tensor on the CPU. Raises ValueError if it is something else."""
    try:
        tensor = torch.as_tensor(sequence, device="cpu")
    except (TypeError, ValueError, RuntimeError):
        tensor = None
    if tensor is not None and tensor.shape == (0,):
        return tensor.int()  # torch takes an empty list for one of fractions
    if tensor is None or tensor.ndim != 1 or tensor.dtype not in WHOLE:
        raise ValueError(f"{name} must hold lists of whole numbers, not {shown(sequence)}")
    return tensor


class Batches:
    """Texts that are there from the beginning, as a task for `train`: each pass over them is in a new random order.

    sequences, labels : the numbers of each text's words, a list or a Tensor, and its class
    side, length : of the padding, as in `pad`. If the length is omitted, each batch is as long as its longest text.
    by_length : put texts of about the same length into a batch, which saves most of the padding

    Called as `task(batch_size, generator=...)`, it returns the next batch: x, (batch, seq), and y, (batch,). One batch
    of a pass, the last if they are not by length, holds what is left. `len(batches)` is the number of texts.

    Raises TypeError if sequences or labels is no list, ValueError if there is not one label for each text, or an
    argument is not possible.
    """

    def __init__(self, sequences, labels, *, side: str = "right", length: int | None = None, by_length: bool = False):
        self.sequences = [as_numbers("sequences", one).int() for one in check_list("sequences", sequences)]
        self.side, self.by_length = one_of("side", side, ("right", "left")), true_or_false("by_length", by_length)
        longest = max(map(len, self.sequences), default=1)
        self.length = None if length is None else whole_number("length", length, longest)
        labels = check_list("labels", labels)
        self.labels = torch.tensor([whole_number("each of labels", one, 0) for one in labels], device="cpu")
        if self.labels.shape != (len(self.sequences),) or not self.sequences:
            raise ValueError(f"labels holds {len(self.labels)} and sequences {len(self.sequences)}: give one for each")
        self._left = []

    def __len__(self) -> int:
        return len(self.sequences)

    def __call__(self, batch_size: int, *, generator: Generator) -> tuple[Tensor, Tensor]:
        batch_size, options = whole_number("batch_size", batch_size, 1), check_generator(generator)
        if not self._left:
            self._left = self._shuffled(batch_size, **options)
        chosen = self._left.pop(0)
        return pad([self.sequences[k] for k in chosen], side=self.side, length=self.length), self.labels[chosen]

    def _shuffled(self, batch_size: int, **options) -> list[list[int]]:
        order = torch.randperm(len(self), **options).tolist()
        if self.by_length:  # not all of them sorted, so that each pass has other batches
            pools = [order[k : k + 50 * batch_size] for k in range(0, len(order), 50 * batch_size)]
            order = [k for pool in pools for k in sorted(pool, key=lambda k: len(self.sequences[k]))]
        batches = [order[k : k + batch_size] for k in range(0, len(order), batch_size)]
        mixed = torch.randperm(len(batches), **options).tolist() if self.by_length else range(len(batches))
        return [batches[k] for k in mixed]
