"""The checks of notebook 06."""

from collections import Counter
from collections.abc import Callable
from math import ceil, comb

import torch
from torch import nn

from ...language import tr
from ...layers import cell_from, run_by_hand, turn
from ...texts.vocabulary import segment
from ..judge import CHANGED, between, fixed_numbers, judge, say, whole
from .cuts import fewest, from_the_right, rest_together, shortest, without_rest

TEXTS = (  # not drawn: written so that each slip cuts one of them in another way
    "电影院等",
    "我们等",
    "我们等十分钟",
    "她等电影院",
    "天天天等",
    "电影院长们",
    "电影院长们好",
    "我们等我们",
    "",
    "等中华人民共和国中央人民政府",
)


def longest_match(attempt: Callable) -> None:
    """Check `longest_match(text, words)`, which cuts a text into the longest words that fit, from left to right."""
    long = "中华人民共和国中央人民政府"  # none of its beginnings is a word of the list
    words = {"十", "十分", "分钟", "我们", "等", "电影", "电影院", "院", "院长们", "院长们好", long}

    slips = {
        "a word may be of any length, and its beginnings need not be words": lambda text: segment(text, words - {long}),
        "the last character of the text may be the end of a word": lambda text: [*segment(text[:-1], words), text[-1:]],
        "take the longest word at each place, even where another cut has fewer tokens": lambda text: fewest(
            text, words
        ),
        "take the longest word that fits, not the shortest": lambda text: shortest(text, words),
        "begin at the left": lambda text: from_the_right(text, words),
        "where no word fits, keep the character as a token": lambda text: without_rest(text, words),
        "one character is left over at a time, not all of the rest": lambda text: rest_together(text, words),
    }

    def was_right(way: Callable, place: int) -> bool:
        """As the attempt was: in a text further on they agree by chance."""
        return all(way(text) == segment(text, words) for text in TEXTS[:place])

    def verdict() -> str:
        for place, text in enumerate(TEXTS):
            given, right = set(words), segment(text, words)
            answer = attempt(text, given)
            if answer is None or answer is ...:
                return "not attempted yet."
            if isinstance(answer, tuple | list) and list(answer) == right:
                if given == words:
                    continue
                return CHANGED
            if not (isinstance(answer, tuple | list) and all(isinstance(token, str) for token in answer)):
                return "not yet. Return a list of strings."
            known = (hint for hint, way in slips.items() if list(answer) == way(text) and was_right(way, place))
            hint = next(known, None)
            if hint:
                return tr("not yet. Hint: {hint}.", hint=tr(hint))
            shown = " · ".join(right) or tr("an empty list")
            return tr("not yet. {text!r} should give {shown}.", text=text, shown=shown)
        return "correct."

    say(attempt, verdict)


def _padded():
    """Outputs of padded sequences, of which the padding is not zero, and their lengths; and which steps are words. In
    the second all are shorter than the batch."""
    for seq, features, lengths in ((5, 2, [5, 2, 3]), (4, 4, [1, 3])):
        output, lengths = torch.randn(len(lengths), seq, features), torch.tensor(lengths)
        yield output, lengths, _real(output, lengths)


def _real(output, lengths):
    return torch.arange(output.shape[1]) < lengths[:, None]


def _name(sequences):
    return tr("{count} sequences", count=len(sequences))


@fixed_numbers
def mean_of_words(attempt: Callable) -> None:
    """Check `mean_of_words(output, lengths)`: the mean of the output over the words of each padded sequence."""

    def words_alone(output, lengths):
        return output * _real(output, lengths)[..., None]

    slips = {
        "that is the mean over all steps, the padding with them": [lambda output, lengths: output.mean(dim=1)],
        "leave the padding out of the sum too": [lambda output, lengths: output.sum(dim=1) / lengths[:, None]],
        "divide by the number of words, not by the number of steps": [
            lambda output, lengths: words_alone(output, lengths).mean(dim=1)
        ],
        "that is the sum: divide by the number of words": [
            lambda output, lengths: words_alone(output, lengths).sum(dim=1)
        ],
    }
    cases = [
        (_name(output), (output, lengths), words_alone(output, lengths).sum(dim=1) / lengths[:, None])
        for output, lengths, _ in _padded()
    ]
    judge(attempt, cases, slips, "(batch, features)", intact=True)


@fixed_numbers
def turn_around(attempt: Callable) -> None:
    """Check `turn_around(x, lengths)`: each padded sequence from its last word to its first, padding behind it."""
    slips = {
        "that brings the padding to the front": [lambda x, lengths: x.flip(1)],
        "that turns the features around, too or instead": [
            lambda x, lengths: x.flip(-1),
            lambda x, lengths: turn(x, _real(x, lengths)).flip(-1),
        ],
        "that turns the order of the sequences around": [lambda x, lengths: x.flip(0)],
        "that is x as it was": [lambda x, lengths: x],
    }
    cases = []
    for x, lengths, real in _padded():
        x = x * real[..., None]
        cases.append((_name(x), (x, lengths), turn(x, real)))
    judge(attempt, cases, slips, "(batch, seq, features)", intact=True)


@fixed_numbers
def count_twins(attempt: Callable) -> None:
    """Check `count_twins(train, test)`: how many of the test texts are in the training too."""
    train, test = (
        ["good", "bad", "good", "dull", "good"],
        ["fine", "good", "dull", "good", "poor", "slow", "long", "cold"],
    )
    similar = ["good film", "Dull", "not bad at all, but far too long for me", "slow "]
    nearly = ["good film", "good film", "dull", "film good", "good", "good film indeed", "slow", similar[2][:-2] + "us"]

    def alike(change: Callable) -> Callable:
        return lambda train, test: sum(change(text) in [change(one) for one in train] for text in test)

    slips = {
        "a text that is twice in the test counts twice": [
            lambda train, test: len(set(train) & set(test)),
            lambda train, test: (Counter(train) & Counter(test)).total(),
        ],
        "a text that is not in the training is no twin, however often it is in the test": [
            lambda train, test: len(test) - len(set(test) - set(train))
        ],
        "those are the texts that are not in the training": [lambda train, test: sum(t not in train for t in test)],
        "only texts that are equal in each letter are twins": [
            *(alike(change) for change in (str.lower, str.strip, lambda text: sorted(text.split()), lambda t: t[:20])),
            lambda train, test: sum(any(text in one for one in train) for text in test),
            lambda train, test: sum(any(one in text for one in train) for text in test),
        ],
        "a text that is twice in the training has no more twins in the test for that": [
            lambda train, test: sum(train.count(text) for text in test),
        ],
        "count the texts of the test, not those of the training": [
            lambda train, test: sum(text in test for text in train)
        ],
        "the two need not stand at the same place": [
            lambda train, test: sum(a == b for a, b in zip(train, test, strict=False))
        ],
    }
    drawn = [["abcdefgh"[whole(0, 7)] for _ in range(9)] for _ in range(2)]
    cases = [
        (tr("train = {train} and test = {test}", train=train, test=test), (train, test), 3.0),
        (tr("texts of which some are nearly the same"), (similar, nearly), 2.0),
        (tr("no text in both"), (["a", "b"], ["c", "d", "c"]), 0.0),
        (tr("the same five texts"), (list("abcde"), list("abcde")), 5.0),
        (tr("nine texts each"), tuple(drawn), float(len([text for text in drawn[1] if text in drawn[0]]))),
    ]
    judge(attempt, cases, slips, "a whole number", intact=True)


@fixed_numbers
def at_least_as_good(attempt: Callable) -> None:
    """Check `at_least_as_good(worse, better, items)`: the probability that a classifier that is right with probability
    `worse` gets at least as many of the test items right as another one with probability `better`."""

    def binomial(share, items):
        return [comb(items, k) * share**k * (1 - share) ** (items - k) for k in range(items + 1)]

    def total(worse, better, items, counts):
        pairs = [(a, b) for a in range(items + 1) for b in range(items + 1) if counts(a, b)]
        first, second = binomial(worse, items), binomial(better, items)
        return sum(first[a] * second[b] for a, b in pairs)

    slips = {
        "a tie counts too: at least as many": [lambda *given: total(*given, lambda a, b: a > b)],
        "that is the probability that the better one is ahead": [lambda *given: total(*given, lambda a, b: a < b)],
        "the number that the better one gets right varies, too": [
            lambda worse, better, items: sum(binomial(worse, items)[ceil(better * items) :])
        ],
        "that is the probability of a tie alone": [lambda *given: total(*given, lambda a, b: a == b)],
        "that is the probability that the better one is at least as good": [
            lambda *given: total(*given, lambda a, b: a <= b)
        ],
    }
    cases = []
    drawn = between(0.3, 0.5), between(0.5, 0.8), whole(5, 15)
    for given in ((0.4, 0.7, 1), (0.55, 0.65, 10), (0.55, 0.65, 40), drawn):
        name = "worse = {:.5g}, better = {:.5g}, items = {}".format(*given)
        cases.append((name, given, total(*given, lambda a, b: a >= b)))
    judge(attempt, cases, slips, "a number between 0 and 1")


@fixed_numbers
def hold_over_padding(attempt: Callable) -> None:
    """Check `hold_over_padding(cell, x, lengths)`: the last state of a GRU cell that reads padded sequences, and holds
    its state where there is nothing to read."""

    def states(cell, x):
        state, found = None, []
        for x_t in x.unbind(dim=1):
            state = cell(x_t, state)
            found.append(state)
        return torch.stack(found, dim=1)

    def emptied(cell, x, lengths):
        state = None
        for t, x_t in enumerate(x.unbind(dim=1)):
            state = cell(x_t, state) * (t < lengths)[:, None]
        return state

    def late(cell, x, lengths):
        return states(cell, x)[torch.arange(len(x)), lengths.clamp(max=x.shape[1] - 1)]

    slips = {
        "that is the state after the padding": [lambda cell, x, lengths: states(cell, x)[:, -1]],
        "a state of zero is no held state: take the one from before": [emptied],
        "at time step t a sequence has something to read if t < length": [late],
    }
    cases = []
    for units, lengths in ((3, [6, 2, 4, 1]), (5, [2, 3])):
        gru = nn.GRU(2, units, batch_first=True, dtype=torch.float64, device="cpu")
        x, lengths = torch.randn(len(lengths), max(lengths), 2, dtype=torch.float64), torch.tensor(lengths)
        with torch.no_grad():
            _, h_n = run_by_hand(gru, x, lengths=lengths)
        cases.append((_name(x), (cell_from(gru).requires_grad_(False), x, lengths), h_n[0]))
    judge(attempt, cases, slips, "(batch, units)", intact=True)
