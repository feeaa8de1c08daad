"""Film reviews from a small grammar, in Chinese and in English: every length and every distance is exact."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import torch
from torch import Generator

from ...arguments import check_generator, one_of, real_number, shown, whole_number
from .grammar import GLOSSES, PHRASES, by_size, opinion_templates

GRANTED_LATER = 0.25  # how many of the concessions come after the opinion that counts
SHORTEST_FILLER = 3  # tokens, with its end
OWN_REVIEWS = Path(__file__).with_name("reviews_zh.csv")  # 500 in Chinese, by figures/own_reviews.py


@dataclass(frozen=True)
class Review:
    """One review, cut into tokens.

    tokens : the words and punctuation marks
    label : 0 negative or 1 positive, as a learner is given it
    decisive : the index of the deciding word, which says what the reviewer thinks
    flipped : whether the label was turned around, so that it contradicts the text
    language : "zh" or "en"
    """

    tokens: tuple[str, ...]
    label: int
    decisive: int
    flipped: bool
    language: str

    @property
    def distance(self) -> int:
        """Steps from the deciding word to the last token, which is always the end of a sentence."""
        return len(self.tokens) - 1 - self.decisive

    @property
    def text(self) -> str:
        """The review as people write it: Chinese without spaces, English with capitals where a sentence starts."""
        if self.language == "zh":
            return "".join(self.tokens)
        text = re.sub(r" ([,.!])", r"\1", " ".join(self.tokens))
        return re.sub(r"(^|[.!] )\w", lambda start: start[0].upper(), text)

    @property
    def gloss(self) -> tuple[str, ...]:
        """The English of each token; of an English token, itself."""
        return tuple(GLOSSES[token] for token in self.tokens) if self.language == "zh" else self.tokens


def write_reviews(
    n: int,
    *,
    language: str = "zh",
    length: int | tuple[int, int] = (6, 30),
    distance: int | tuple[int, int] | None = None,
    negated: float = 0.3,
    conceded: float = 0.27,
    noise: float = 0.0,
    variety: int | None = None,
    part: str | None = None,
    generator: Generator,
) -> list[Review]:
    """Write n different reviews, half of them positive, in random order; of an odd n, one more is negative.

    Exactly one opinion counts. It may be negated, "not dull"; and another one, which does not count, may be granted,
    "although the music was superb". All else is neutral, and says nothing about the label.

    language : "zh" or "en". The grammar is the same, the words are not: these are no translations.
    length : tokens of a review, from 4 to 200: a number, or (shortest, longest), all equally likely
    distance : steps from the deciding word to the last token: a number, or (least, most), all equally likely; None
        for any. A negation needs 2 tokens before the deciding word, in English 3; what is granted needs 5 before or
        5 after it, in English 7 or 6. Where there is no room, the review does without, and is easier.
    negated : the share of opinions that count and are put the other way round, "not dull", from 0 to 1
    conceded : the share of reviews that grant the opposite of what they think, "although the plot was dull, ..."
    noise : the share of labels that are turned around, from 0 to 1
    variety : use the first so many alternatives only for each word, and for each size of the neutral sentences; at
        least 3. None for all.
    part : "train" or "test", to write with four fifths of all sentences, or with the others: no sentence is in both,
        whatever the seeds. None to write with all.

    Guessing is right in half of the reviews. A logistic regression on how often each word occurs, trained on 4,000
    reviews of "train", is right in about 63 % of those of "test": order is what the rest is about.
    Raises ValueError if an argument does not fit, or there are fewer than n different reviews of this kind.
    """
    n = whole_number("n", n, 1)
    one_of("language", language, tuple(PHRASES))
    one_of("part", part, (None, "train", "test"))
    shortest, longest = _check_range("length", length, 4, 200)
    spread = None if distance is None else _check_range("distance", distance, 1, 198)
    shares = {"negated": negated, "conceded": conceded, "noise": noise}
    negated, conceded, noise = (real_number(name, share, 0, 1) for name, share in shares.items())
    if variety is not None:
        variety = whole_number("variety", variety, 3)  # fewer would leave no sentence of some sizes for "test"
    writer = _Writer(language, negated, conceded, variety, part, generator)
    least_before = writer.least("plain", False)[0]
    if spread and spread[1] > shortest - 1 - least_before:
        raise ValueError(
            f"length={length} and distance={distance} do not fit: a distance of {spread[1]} needs a length of at least "
            f"{spread[1] + 1 + least_before}, and a length of {shortest} has distances from 1 to "
            f"{shortest - 1 - least_before}"
        )
    labels = writer.shuffle([k < n // 2 for k in range(n)])
    turned = writer.shuffle([k < round(noise * n) for k in range(n)])
    reviews, seen = [], set()
    for label, flipped in zip(labels, turned, strict=True):
        size = shortest + writer.below(longest - shortest + 1)
        after = spread and spread[0] + writer.below(spread[1] - spread[0] + 1)
        for _ in range(300):
            tokens, decisive = writer.review(label, size, after)
            if tokens and tokens not in seen:
                break
        else:
            raise ValueError(
                f"n={n} is too many: after {len(seen)} reviews, no new one of {size} tokens was found. Ask for fewer, "
                f"for longer ones, or for more variety than {variety}"
            )
        seen.add(tokens)
        reviews.append(Review(tokens, int(label != flipped), decisive, flipped, language))
    return reviews


def _check_range(name: str, value, low: int, high: int) -> tuple[int, int]:
    pair = value if isinstance(value, tuple | list) else (value, value)
    if len(pair) != 2:
        raise ValueError(f"{name} must be one whole number, or a pair of them, not {shown(value)}")
    first, last = (whole_number(f"{name}, or each of its two ends,", end, low, high) for end in pair)
    if first > last:
        raise ValueError(f"{name}={value!r} runs backwards: put the smaller number first")
    return first, last


class _Writer:
    """Draws reviews, sentence by sentence. Its random numbers are the generator's, fetched many at a time."""

    def __init__(self, language, negated, conceded, variety, part, generator):
        self.phrases, self.negated, self.conceded, self.part = PHRASES[language], negated, conceded, part
        self.slots = {name: words.split()[:variety] for name, words in self.phrases.slots.items()}
        self.praise, self.blame = self.phrases.praise.split()[:variety], self.phrases.blame.split()[:variety]
        self.opinions = opinion_templates(language)
        self.openings, self.fillers = (
            {size: templates[:variety] for size, templates in by_size(some).items()}
            for some in (self.phrases.openings, self.phrases.fillers)
        )
        self.clashes = {word: unfit.split() for word, unfit in self.phrases.clashes.items()}
        self.numbers = _uniform(check_generator(generator))

    def below(self, k: int) -> int:
        return int(next(self.numbers) * k)

    def chance(self, share: float) -> bool:
        return next(self.numbers) < share

    def pick(self, options):
        return options[self.below(len(options))]

    def shuffle(self, values: list) -> list:
        for k in range(len(values) - 1, 0, -1):
            other = self.below(k + 1)
            values[k], values[other] = values[other], values[k]
        return values

    def least(self, kind: str, negated: bool) -> tuple[int, int]:
        """The fewest tokens before and after the deciding word. There are templates for the next two numbers too."""
        return tuple(min(counts) for counts in zip(*self.opinions[kind, negated], strict=True))

    def review(self, label: bool, size: int, after: int | None) -> tuple[tuple[str, ...] | None, int]:
        """The tokens of one review, `size` of them, and the index of its deciding word, which has `after` after it.

        No tokens, if the part has no sentence of the form that was drawn.
        """
        kind = ("later" if self.chance(GRANTED_LATER) else "first") if self.chance(self.conceded) else "plain"
        negated = self.chance(self.negated)
        kinds = {"plain": ("plain",), "first": ("first", "later", "plain"), "later": ("later", "first", "plain")}[kind]
        for form in ((kind, turned) for kind in kinds for turned in dict.fromkeys((negated, False))):
            least_before, least_after = self.least(*form)
            most_after = size - 1 - least_before
            if least_after <= (after or most_after) <= most_after:
                break
        if after is None:
            after = least_after + self.below(most_after - least_after + 1)
        before = size - 1 - after
        fitting = [counts for counts in self.opinions[form] if _fits(before - counts[0]) and _fits(after - counts[1])]
        counts = self.pick(fitting)
        agrees, differs = (self.praise, self.blame) if label else (self.blame, self.praise)
        words = {"VERDICT": differs if form[1] else agrees, "AGREES": agrees, "DIFFERS": differs}
        opinion = self.sentence(self.opinions[form][counts], words)
        front = self.neutral(before - counts[0], self.openings)
        back = self.neutral(after - counts[1], self.fillers)
        if None in (opinion, front, back):
            return None, 0
        return (*front, *opinion, *back), before

    def neutral(self, count: int, first: dict[int, list]) -> tuple[str, ...] | None:
        """Neutral sentences of `count` tokens; the first of them is from `first`, if there is one of its size."""
        tokens, templates = (), first
        while count:
            sizes = [size for size in self.fillers if _fits(count - size)]
            size = max(self.pick(sizes), self.pick(sizes))  # the longer ones have more variants
            sentence = self.sentence(templates.get(size, self.fillers[size]), {})
            if sentence is None:
                return None
            tokens, count, templates = tokens + sentence, count - size, self.fillers
        return tokens

    def sentence(self, templates: list[tuple[str, ...]], words: dict[str, list]) -> tuple[str, ...] | None:
        """A sentence that belongs to the part; None if none of 60 did. `words` are the alternatives of the opinions."""
        slots = self.slots | words
        for _ in range(60):
            tokens, unfit = [], []
            for token in self.pick(templates):
                word = self.pick(slots[token]) if token in slots else token
                while token in slots and (word in tokens or word in unfit):  # twice would read badly
                    word = self.pick(slots[token])
                tokens.append(word)
                unfit = [] if word == "，" else unfit + self.clashes.get(word, [])
            tokens = (*tokens, self.phrases.ends[self.chance(0.25)])
            if self.part in (None, _part(tokens)):
                return tokens
        return None


def _fits(rest: int) -> bool:
    """Whether neutral sentences can fill so many tokens."""
    return rest == 0 or rest >= SHORTEST_FILLER


def _part(sentence: tuple[str, ...]) -> str:
    """The part that a sentence belongs to: a fifth of all belong to "test"."""
    return "train" if int.from_bytes(sha256(" ".join(sentence).encode()).digest()[:4]) % 5 else "test"


def _uniform(options: dict) -> Iterator[float]:
    while True:
        yield from torch.rand(1024, dtype=torch.float64, **options).tolist()
