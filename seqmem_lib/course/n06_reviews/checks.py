"""The checks of notebook 06."""

from collections.abc import Callable
from math import comb

import torch
from torch import nn

from ...layers import cell_from, run_by_hand, turn
from ...texts.vocabulary import segment
from ..judge import fixed_numbers, judge, say


def longest_match(attempt: Callable) -> None:
    """Check `longest_match(text, words)`, which cuts a text into the longest words that fit, from left to right."""
    words = {"十", "十分", "分钟", "我们", "等", "电影", "电影院", "院"}

    def shortest(text):
        tokens = []
        while text:
            size = next((size for size in range(1, len(text) + 1) if text[:size] in words), 1)
            tokens.append(text[:size])
            text = text[size:]
        return tokens

    def from_the_right(text):
        tokens = []
        while text:
            size = max(size for size in range(1, len(text) + 1) if size == 1 or text[-size:] in words)
            tokens.insert(0, text[-size:])
            text = text[:-size]
        return tokens

    slips = {
        "take the longest word that fits, not the shortest": shortest,
        "begin at the left": from_the_right,
        "where no word fits, keep the character as a token": lambda text: [
            t for t in segment(text, words) if t in words
        ],
        "one character is left over at a time, not all of the rest": lambda text: _rest_together(
            segment(text, words), words
        ),
    }

    def verdict() -> str:
        for text in ("我们等", "我们等十分钟", "她等电影院", "天天天等", ""):
            answer, right = attempt(text, set(words)), segment(text, words)
            if answer is None or answer is ...:
                return "not attempted yet."
            if isinstance(answer, tuple | list) and list(answer) == right:
                continue
            if not (isinstance(answer, tuple | list) and all(isinstance(token, str) for token in answer)):
                return "not yet. Return a list of strings."
            hint = next((hint for hint, way in slips.items() if list(answer) == way(text)), None)
            shown = " · ".join(right) or "an empty list"
            return f"not yet. Hint: {hint}." if hint else f"not yet. {text!r} should give {shown}."
        return "correct."

    say(attempt, verdict)


def _rest_together(tokens: list[str], words: set[str]) -> list[str]:
    joined = []
    for token in tokens:
        if joined and token not in words and joined[-1] not in words:
            joined[-1] += token
        else:
            joined.append(token)
    return joined


def _padded():
    """Outputs of three sequences, of which the padding is not zero, and their lengths."""
    return torch.randn(3, 5, 2), torch.tensor([5, 2, 3])


@fixed_numbers
def mean_of_words(attempt: Callable) -> None:
    """Check `mean_of_words(output, lengths)`: the mean of the output over the words of each padded sequence."""
    output, lengths = _padded()
    real = (torch.arange(5) < lengths[:, None])[..., None]
    right = (output * real).sum(dim=1) / lengths[:, None]
    slips = {
        "that is the mean over all steps, the padding with them": [lambda output, lengths: output.mean(dim=1)],
        "leave the padding out of the sum too": [lambda output, lengths: output.sum(dim=1) / lengths[:, None]],
        "divide by the number of words, not by the number of steps": [
            lambda output, lengths: (output * real).mean(dim=1)
        ],
        "that is the sum: divide by the number of words": [lambda output, lengths: (output * real).sum(dim=1)],
    }
    judge(attempt, [("three sequences", (output, lengths), right)], slips, "(batch, features)")


@fixed_numbers
def turn_around(attempt: Callable) -> None:
    """Check `turn_around(x, lengths)`: each padded sequence from its last word to its first, padding behind it."""
    x, lengths = _padded()
    real = torch.arange(5) < lengths[:, None]
    x = x * real[..., None]
    slips = {
        "that brings the padding to the front": [lambda x, lengths: x.flip(1)],
        "that turns the features around, too or instead": [
            lambda x, lengths: x.flip(-1),
            lambda x, lengths: turn(x, real).flip(-1),
        ],
        "that turns the order of the sequences around": [lambda x, lengths: x.flip(0)],
        "that is x as it was": [lambda x, lengths: x],
    }
    judge(attempt, [("three sequences", (x, lengths), turn(x, real))], slips, "(batch, seq, features)")


def count_twins(attempt: Callable) -> None:
    """Check `count_twins(train, test)`: how many of the test texts are in the training too."""
    train, test = ["good", "bad", "good", "dull", "good"], ["fine", "good", "dull", "good", "poor"]
    slips = {
        "a text that is twice in the test counts twice": [lambda train, test: len(set(train) & set(test))],
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
    cases = [
        ("train = " + str(train) + " and test = " + str(test), (train, test), 3.0),
        ("no text in both", (["a", "b"], ["c"]), 0.0),
        ("the same five texts", (list("abcde"), list("abcde")), 5.0),
    ]
    judge(attempt, cases, slips, "a whole number")


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
        "that is the probability of a tie alone": [lambda *given: total(*given, lambda a, b: a == b)],
        "that is the probability that the better one is at least as good": [
            lambda *given: total(*given, lambda a, b: a <= b)
        ],
    }
    cases = []
    for given in ((0.5, 0.6, 1), (0.55, 0.65, 10), (0.55, 0.65, 40)):
        name = "worse = {}, better = {}, items = {}".format(*given)
        cases.append((name, given, total(*given, lambda a, b: a >= b)))
    judge(attempt, cases, slips, "a number between 0 and 1")


@fixed_numbers
def hold_over_padding(attempt: Callable) -> None:
    """Check `hold_over_padding(cell, x, lengths)`: the last state of a GRU cell that reads padded sequences, and holds
    its state where there is nothing to read."""
    gru = nn.GRU(2, 3, batch_first=True, dtype=torch.float64, device="cpu")
    x, lengths = torch.randn(4, 6, 2, dtype=torch.float64), torch.tensor([6, 2, 4, 1])
    cell = cell_from(gru).requires_grad_(False)

    def states(x):
        state, found = None, []
        for x_t in x.unbind(dim=1):
            state = cell(x_t, state)
            found.append(state)
        return torch.stack(found, dim=1)

    def emptied(cell, x, lengths):
        state = torch.zeros(len(x), 3, dtype=x.dtype)
        for t, x_t in enumerate(x.unbind(dim=1)):
            state = cell(x_t, state) * (t < lengths)[:, None]
        return state

    def late(cell, x, lengths):
        return states(x)[torch.arange(len(x)), lengths.clamp(max=x.shape[1] - 1)]

    slips = {
        "that is the state after the padding": [lambda cell, x, lengths: states(x)[:, -1]],
        "a state of zero is no held state: take the one from before": [emptied],
        "at time step t a sequence has something to read if t < length": [late],
    }
    with torch.no_grad():
        _, h_n = run_by_hand(gru, x, lengths=lengths)
    judge(attempt, [("four sequences", (cell, x, lengths), h_n[0])], slips, "(batch, units)")
