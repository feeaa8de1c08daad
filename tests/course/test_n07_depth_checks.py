"""The last exercises of notebook 07, which are depth."""

import numpy as np
import pytest
from verdict import verdict_on

from seqmem_lib.course.n07_imdb import checks


def together(score_of, tokens, j, k):
    def less(*places):
        return score_of([token for place, token in enumerate(tokens) if place not in places])

    return less() - less(j) - less(k) + less(j, k)


def together_shifted(score_of, tokens, j, k):
    first, second = tokens[:j] + tokens[j + 1 :], tokens[:k] + tokens[k + 1 :]
    both = first.copy()
    del both[k]
    return score_of(tokens) - score_of(first) - score_of(second) + score_of(both)


def together_by_value(score_of, tokens, j, k):
    first, second, both = tokens.copy(), tokens.copy(), tokens.copy()
    for left, place in ((first, j), (second, k), (both, j), (both, k)):
        left.remove(tokens[place])
    return score_of(tokens) - score_of(first) - score_of(second) + score_of(both)


def together_between(score_of, tokens, j, k):
    """Between them nothing is left, too."""
    rest = tokens[:j] + tokens[k + 1 :]
    return (
        score_of(tokens)
        - score_of(tokens[:j] + tokens[j + 1 :])
        - score_of(tokens[:k] + tokens[k + 1 :])
        + score_of(rest)
    )


def together_twice(score_of, tokens, j, k):
    """A difference of two differences."""

    def without(tokens, place):
        return tokens[:place] + tokens[place + 1 :]

    left = score_of(without(tokens, k)) - score_of(without(without(tokens, k), j))
    return score_of(tokens) - score_of(without(tokens, j)) - left


def scores(score_of, tokens, j, k):
    """Of all words, without one, without the other, without both."""
    rest = [tokens, tokens[:j] + tokens[j + 1 :], tokens[:k] + tokens[k + 1 :]]
    return [score_of(one) for one in [*rest, tokens[:j] + tokens[j + 1 : k] + tokens[k + 1 :]]]


def error(said, right, texts):
    some = texts > 0
    return (texts[some] * (said[some] / texts[some] - right[some] / texts[some]).abs()).sum() / texts.sum()


def table(*rows):
    return pytest.mark.parametrize(("attempt", "verdict"), rows)


@table(
    (together, ": correct."),
    (together_twice, ": correct."),
    (lambda score_of, tokens, j, k: ..., "not attempted yet."),
    (lambda *given: -together(*given), "Hint: look at the signs"),
    (lambda *given: abs(together(*given)), "j = 2, k = 4 the answer is -0.48473, not 0.48473."),  # no slip of signs
    (
        lambda score_of, tokens, j, k: (
            score_of(tokens) - score_of(tokens[:j] + tokens[j + 1 :]) - score_of(tokens[:k] + tokens[k + 1 :])
        ),
        "Hint: what is left without both words is subtracted twice",
    ),
    (
        lambda score_of, tokens, j, k: score_of(tokens) - score_of(tokens[:j] + tokens[j + 1 : k] + tokens[k + 1 :]),
        "Hint: that is the effect of taking out both words",
    ),
    (
        lambda score_of, tokens, j, k: score_of(tokens[:j] + tokens[j + 1 : k] + tokens[k + 1 :]) - score_of(tokens),
        "Hint: that is the effect of taking out both words",
    ),
    (
        lambda score_of, tokens, j, k: (
            score_of(tokens[j : k + 1 : k - j]) - sum(score_of([tokens[at]]) for at in (j, k))
        ),
        "Hint: that is what both words score by themselves",
    ),
    *(
        (lambda *given, signs=signs: np.dot(signs, scores(*given)), "Hint: look at the signs")
        for signs in ((1, -1, -1, -1), (1, 1, 1, 1), (1, 1, 1, -1), (1, 1, -1, -1))
    ),
    (together_shifted, "Hint: once word j is out, word k has moved"),
    (together_by_value, "Hint: remove() takes out the first word that is equal"),
    (together_between, "For tokens b a d c, j = 0, k = 2 the answer is"),
    (
        lambda score_of, tokens, j, k: score_of([tokens[j], tokens[k]]),
        "Hint: that is what both words score by themselves",
    ),
    (lambda score_of, tokens, j, k: score_of("ab"), "score_of wants a list of tokens"),
)
def test_interaction(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.interaction, capsys)


@table(
    (error, ": correct."),
    (lambda said, right, texts: (said - right).abs().sum() / texts.sum(), ": correct."),
    (lambda said, right, texts: np.abs(said.numpy() - right.numpy()).sum() / texts.numpy().sum(), ": correct."),
    (lambda said, right, texts: None, "not attempted yet."),
    (
        lambda said, right, texts: (said / texts - right / texts).abs().mean(),
        "Hint: a bin counts as much as it has texts",
    ),
    (lambda said, right, texts: (said.sum() - right.sum()) / texts.sum(), "take the absolute value in each bin, or"),
    (lambda said, right, texts: (right.sum() - said.sum()) / texts.sum(), "Hint: take the absolute value in each bin"),
    (lambda said, right, texts: (said - right).clamp(min=0).sum() / texts.sum(), "Hint: bins that are not sure enough"),
    (lambda said, right, texts: (right - said).relu().sum() / texts.sum(), "Hint: bins that are not sure enough"),
    (lambda said, right, texts: abs(said.sum() - right.sum()) / texts.sum(), "Hint: take the absolute value in each"),
    (lambda said, right, texts: (said - right).abs().mean(), "Hint: divide by the number of all texts"),
    (lambda said, right, texts: (said - right).abs().sum(), "Hint: divide by the number of all texts"),
    (lambda said, right, texts: (said / texts - right / texts).abs().max(), "Hint: that is the worst bin"),
    (
        lambda said, right, texts: (texts * (said / texts - right / texts) ** 2).sum() / texts.sum(),
        "Hint: take the distance itself, not its square",
    ),
    (
        lambda said, right, texts: ((said - right).abs() * texts).sum() / texts.sum(),
        "Hint: said and right are sums over the texts of a bin",
    ),
    (
        lambda said, right, texts: (texts * (said / texts - right / texts).abs()).sum() / texts.sum(),
        "Hint: 0 / 0 is NaN",
    ),
    (
        lambda said, right, texts: (said - right).abs().sum() / texts.clamp(min=1).sum(),
        "For three bins, one of them without a text the answer is 0.18143, not",
    ),
    (
        lambda said, right, texts: (said - right)[right > 0].abs().sum() / texts.sum(),
        "For three bins, one of them without a text the answer is 0.18143, not",
    ),
    (lambda said, right, texts: "none", "Return a number from 0 to 1."),
)
def test_calibration_error(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.calibration_error, capsys)
