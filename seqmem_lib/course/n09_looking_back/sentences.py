"""Sentences with a word that stands for one of two nouns: a small grammar, made up for notebook 09."""

from dataclasses import dataclass

import torch
from torch import Generator

from ...arguments import check_generator, one_of, whole_number

OPENINGS = ("", "yesterday", "after lunch", "on a cold day")
NOUNS = (
    ("dog", "dogs"),
    ("cat", "cats"),
    ("bird", "birds"),
    ("fox", "foxes"),
    ("horse", "horses"),
    ("farmer", "farmers"),
    ("child", "children"),
    ("mouse", "mice"),
)
ADJECTIVES = ("", "old", "small", "friendly")
VERBS = ("met", "saw", "followed", "heard")
ENDINGS = ("had to leave", "came too late", "wanted to play", "could not wait")
PRONOUNS = ("it", "they", "the former", "the latter")
TEST_PAIRS = 5  # one pair of nouns in so many is kept for the test


@dataclass(frozen=True)
class Sentence:
    """Its words; where the pronoun stands, where the noun that it stands for, and where the other noun: counted from 0,
    of "the latter" the place of "latter"."""

    tokens: tuple[str, ...]
    pronoun: int
    noun: int
    other: int


def write_sentences(amount: int, *, part: str, generator: Generator, pronoun: str | None = None) -> list[Sentence]:
    """Sentences such as "yesterday the old dog met the birds because they had to leave".

    "it" stands for the noun in the singular, "they" for the one in the plural, "the former" for the first of the two
    and "the latter" for the second.

    amount : how many; a sentence may come more than once
    part : "train" or "test". They share no pair of nouns: one pair in five, always the same, is kept for the test.
    pronoun : one of the four; drawn for each sentence if omitted

    Raises ValueError if amount, part or pronoun is not possible.
    """
    one_of("part", part, ("train", "test"))
    options = check_generator(generator)
    amount = whole_number("amount", amount, 1)
    if pronoun is not None:
        one_of("pronoun", pronoun, PRONOUNS)
    pairs = [(a, b) for a in range(len(NOUNS)) for b in range(len(NOUNS)) if a != b]
    pairs = [pair for k, pair in enumerate(pairs) if (k % TEST_PAIRS == 0) == (part == "test")]

    def draw(choices):
        return choices[torch.randint(len(choices), (1,), **options).item()]

    return [_write(draw, draw(pairs), draw(PRONOUNS) if pronoun is None else pronoun) for _ in range(amount)]


def _write(draw, pair: tuple[int, int], pronoun: str) -> Sentence:
    numbers = [draw((0, 1)), draw((0, 1))]  # singular or plural
    if pronoun in ("it", "they"):
        numbers[1] = 1 - numbers[0]
    chosen = {"it": 0, "they": 1}
    stands_for = numbers.index(chosen[pronoun]) if pronoun in chosen else PRONOUNS.index(pronoun) - 2
    words, places = draw(OPENINGS).split(), []
    for noun, number, after in zip(pair, numbers, (draw(VERBS), "because"), strict=True):
        words += ["the", *draw(ADJECTIVES).split(), NOUNS[noun][number], after]
        places.append(len(words) - 2)
    words += pronoun.split()
    at = len(words) - 1
    words += draw(ENDINGS).split()
    return Sentence(tuple(words), at, places[stands_for], places[1 - stands_for])
