"""The checks of notebook 07."""

from collections.abc import Callable, Sequence

import torch

from ...language import tr
from ..judge import between, fixed_numbers, judge, whole


@fixed_numbers
def keep_ends(attempt: Callable) -> None:
    """Check `keep_ends(numbers, most)`: a list cut to its first and its last part, `most` numbers together; of an odd
    number the first part has one more."""

    def right(numbers, most):
        return [*numbers] if len(numbers) <= most else [*numbers[: most - most // 2], *_last(numbers, most // 2)]

    def halves(first, last):
        return lambda numbers, most: [*numbers[: first(most)], *numbers[len(numbers) - last(most) :]]

    slips = {
        "numbers[-0:] is the whole list, because -0 is 0; count from the front": [
            lambda numbers, most: [*numbers[:most], *numbers] if most == 1 else None
        ],
        "a list that is short enough stays as it is": [
            halves(lambda most: most - most // 2, lambda most: most // 2),
            lambda numbers, most: [*numbers[: most - most // 2], *numbers[-(most // 2) :]],
        ],
        "that is only the first part": [lambda numbers, most: [*numbers[:most]]],
        "that is only the last part": [lambda numbers, most: [*_last(numbers, most)]],
        "one number is lost if most is odd": [halves(lambda most: most // 2, lambda most: most // 2)],
        "of an odd number, the first part has one more, not the last": [
            halves(lambda most: most // 2, lambda most: most - most // 2)
        ],
        "most counts both parts together": [halves(lambda most: most, lambda most: most)],
    }
    cases = [
        ("10 numbers, most = 4", ([*range(2, 12)], 4)),
        ("9 numbers, most = 5", ([*range(2, 11)], 5)),
        ("3 numbers, most = 5", ([7, 8, 9], 5)),
        ("4 numbers, most = 1", ([7, 8, 9, 5], 1)),
        ("9 numbers, some of them twice, most = 5", ([9, 4, 9, 3, 8, 6, 2, 4, 2], 5)),
        ("12 numbers", ([whole(2, 9) for _ in range(12)], whole(6, 11))),
    ]
    judge(attempt, [(tr(name), given, right(*given)) for name, given in cases], slips, "a list of numbers")


@fixed_numbers
def padding_share(attempt: Callable) -> None:
    """Check `padding_share(lengths, batch_size)`: the share of padding in all batches, if texts of these lengths are
    taken in this order, and each batch is padded to its longest text."""

    def cells(lengths, batch_size):
        batches = [lengths[k : k + batch_size] for k in range(0, len(lengths), batch_size)]
        return [(sum(batch), len(batch) * max(batch)) for batch in batches]

    def share(words, places):
        return 1 - words / places

    def right(lengths, batch_size):
        words, places = map(sum, zip(*cells(lengths, batch_size), strict=True))
        return share(words, places)

    def whole_batches(lengths, batch_size):
        return right(lengths[: len(lengths) // batch_size * batch_size], batch_size)

    def mean_of_shares(lengths, batch_size):
        shares = [share(*batch) for batch in cells(lengths, batch_size)]
        return sum(shares) / len(shares)

    def full_last(lengths, batch_size):
        places = sum(batch_size * max(lengths[k : k + batch_size]) for k in range(0, len(lengths), batch_size))
        return share(sum(lengths), places)

    slips = {
        "each batch is as long as its own longest text, not as the longest of all": [
            lambda lengths, batch_size: share(sum(lengths), len(lengths) * max(lengths))
        ],
        "that is the share of the words; the padding is the rest": [lambda *both: 1 - right(*both)],
        "divide by all places, words and padding": [lambda *both: 1 / (1 - right(*both)) - 1],
        "add up the places of all batches first, because a long batch weighs more": [mean_of_shares],
        "the last batch counts too, though it is smaller": [whole_batches],
        "the last batch holds what is left, and is not filled up with empty texts": [full_last],
        "the texts are taken in the order given; do not sort them": [
            lambda lengths, batch_size: right(sorted(lengths), batch_size)
        ],
        "a share from 0 to 1, not in per cent": [lambda *both: 100 * right(*both)],
    }
    cases = [
        ("lengths [2, 4, 10, 10], batch_size = 2", ([2, 4, 10, 10], 2)),
        ("lengths [9, 3, 5, 20, 1, 7, 8], batch_size = 3", ([9, 3, 5, 20, 1, 7, 8], 3)),
        ("eleven lengths, batch_size = 4", ([whole(1, 30) for _ in range(11)], 4)),
    ]
    judge(attempt, [(tr(name), given, right(*given)) for name, given in cases], slips, "a number from 0 to 1")


@fixed_numbers
def mean_of_words(attempt: Callable) -> None:
    """Check `mean_of_words(output, lengths)`: output, (batch, seq, hidden_size), of a padded batch; lengths, (batch,);
    returned is the mean over the words of each text, (batch, hidden_size)."""

    def words(output, lengths):
        return [text[:length] for text, length in zip(output, lengths.tolist(), strict=True)]

    slips = {
        "behind the words the output goes on: leave it out of the sum": [
            lambda output, lengths: output.mean(dim=1),
            lambda output, lengths: output.sum(dim=1) / lengths[:, None],
        ],
        "divide by the length of each text, not by that of the batch": [
            lambda output, lengths: torch.stack([one.sum(dim=0) / output.shape[1] for one in words(output, lengths)])
        ],
        "that is the sum": [lambda *both: torch.stack([one.sum(dim=0) for one in words(*both)])],
        "that is the last word": [lambda *both: torch.stack([one[-1] for one in words(*both)])],
        "the places count from 0: the one at `lengths` is behind the last word": [
            lambda output, lengths: torch.stack([one.mean(dim=0) for one in words(output, lengths + 1)]),
            lambda output, lengths: (
                torch.stack([one.sum(dim=0) for one in words(output, lengths + 1)]) / lengths[:, None]
            ),
        ],
        "the last word counts too": [lambda *both: torch.stack([one[:-1].mean(dim=0) for one in words(*both)])],
        "that is the mean over the texts; take it over the words": [lambda output, lengths: output.mean(dim=0)],
    }
    cases = []
    for lengths in ((3, 5, 2), (4, 1)):
        output = torch.randn(len(lengths), 5, 4)
        output[:, 0, 0] = 0  # a word may have a 0
        arguments = output, torch.tensor(lengths)
        right = torch.stack([one.mean(dim=0) for one in words(*arguments)])
        cases.append((tr("texts of {words} words", words=", ".join(map(str, lengths))), arguments, right))
    judge(attempt, cases, slips, "a tensor, (batch, hidden_size)")


@fixed_numbers
def interaction(attempt: Callable) -> None:
    """Check `interaction(score_of, tokens, j, k)`, j < k: how much of the score two words make together, beyond what
    each of them makes alone."""

    def without(tokens, *places):
        return [token for place, token in enumerate(tokens) if place not in places]

    def terms(score_of, tokens, j, k):
        return [score_of(without(tokens, *places)) for places in ((), (j,), (k,), (j, k))]

    def weighted(*signs):
        return lambda *all_: sum(s * term for s, term in zip(signs, terms(*all_), strict=True))

    right = weighted(1, -1, -1, 1)

    def shifted(score_of, tokens, j, k):
        both = without(without(tokens, j), k)
        return right(score_of, tokens, j, k) - score_of(without(tokens, j, k)) + score_of(both)

    def by_value(score_of, tokens, j, k):
        def less(*places):
            left = list(tokens)
            for place in places:
                left.remove(tokens[place])
            return score_of(left)

        return score_of(list(tokens)) - less(j) - less(k) + less(j, k)

    slips = {
        "what is left without both words is subtracted twice; add it once": [weighted(1, -1, -1, 0)],
        "look at the signs of the four scores": [
            weighted(*signs) for signs in ((-1, 1, 1, -1), (1, -1, -1, -1), (1, 1, 1, 1), (1, 1, 1, -1), (1, 1, -1, -1))
        ],
        "that is the effect of taking out both words": [weighted(1, 0, 0, -1), weighted(-1, 0, 0, 1)],
        "once word j is out, word k has moved to place k - 1": [shifted],
        "remove() takes out the first word that is equal; take words out by their places": [by_value],
        "that is what both words score by themselves": [
            lambda score_of, tokens, j, k: score_of([tokens[j], tokens[k]]),
            lambda score_of, tokens, j, k: (
                score_of([tokens[j], tokens[k]]) - score_of([tokens[j]]) - score_of([tokens[k]])
            ),
        ],
    }
    cases = [
        ("tokens b a d c, j = 0, k = 2", (_score_of, [*"badc"], 0, 2)),
        ("tokens a b a c b a, j = 2, k = 4", (_score_of, [*"abacba"], 2, 4)),
        ("six tokens, j = 1, k = 4", (_score_of, ["abcd"[whole(0, 3)] for _ in range(6)], 1, 4)),
    ]
    judge(attempt, [(tr(name), given, right(*given)) for name, given in cases], slips, "a number")


@fixed_numbers
def calibration_error(attempt: Callable) -> None:
    """Check `calibration_error(said, right, texts)`, Tensors, (bins,): over the bins of stated probability, how far it
    is from the share of right answers, on average over the texts."""

    def truth(said, right, texts):
        return ((said - right).abs().sum() / texts.sum()).item()

    def shares(said, right, texts):
        some = texts > 0
        return said[some] / texts[some], right[some] / texts[some]

    def gaps(*bins):
        stated, true = shares(*bins)
        return stated - true

    slips = {
        "0 / 0 is NaN: leave a bin without a text out": [
            lambda said, right, texts: (((said - right) / texts).abs() * texts).sum().item() / texts.sum().item()
        ],
        "bins that are not sure enough count too": [
            lambda said, right, texts: ((said - right).clamp(min=0).sum() / texts.sum()).item(),
            lambda said, right, texts: ((right - said).clamp(min=0).sum() / texts.sum()).item(),
        ],
        "a bin counts as much as it has texts": [lambda *bins: gaps(*bins).abs().mean().item()],
        "take the absolute value in each bin, or too sure here and not sure enough there cancel": [
            lambda said, right, texts: ((said - right).sum() / texts.sum()).item(),
            lambda said, right, texts: ((right - said).sum() / texts.sum()).item(),
            lambda said, right, texts: ((said - right).sum().abs() / texts.sum()).item(),
        ],
        "divide by the number of all texts": [
            lambda said, right, texts: (said - right).abs().sum().item(),
            lambda said, right, texts: (said - right).abs().mean().item(),
        ],
        "that is the worst bin; take the mean over the texts": [lambda *bins: gaps(*bins).abs().max().item()],
        "take the distance itself, not its square": [
            lambda said, right, texts: ((texts[texts > 0] * gaps(said, right, texts) ** 2).sum() / texts.sum()).item()
        ],
        "said and right are sums over the texts of a bin, not shares": [
            lambda said, right, texts: ((said - right).abs() * texts).sum().item() / texts.sum().item()
        ],
    }
    bins = [
        ("two bins", ([5.5, 18.8], [6.0, 16.0], [10.0, 20.0])),
        ("three bins, one of them without a text", ([11.2, 0.0, 47.5], [0.0, 0.0, 49.0], [20.0, 0.0, 50.0])),
        ("two other bins", ([between(5, 9), between(14, 19)], [6.0, 16.0], [10.0, 20.0])),
    ]
    bins = [(name, tuple(map(torch.tensor, numbers))) for name, numbers in bins]
    cases = [(tr(name), given, truth(*given)) for name, given in bins]
    judge(attempt, cases, slips, "a number from 0 to 1")


def _score_of(tokens: Sequence[str]) -> float:
    """A score in which the order counts."""
    if not isinstance(tokens, list):
        raise TypeError("score_of wants a list of tokens")
    score = 0.0
    for token in tokens:
        score = 0.5 * score + {"a": 1.0, "b": -2.0, "c": 3.0, "d": 0.7}[token] * (1 + score * score / 16)
    return score


def _last(numbers: Sequence, count: int) -> Sequence:
    return numbers[max(0, len(numbers) - count) :]
