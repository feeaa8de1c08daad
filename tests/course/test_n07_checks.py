"""The exercises of notebook 07."""

import pytest
import torch
from verdict import verdict_on

from seqmem_lib import Batches
from seqmem_lib.course.n07_imdb import checks

ALL = [checks.calibration_error, checks.interaction, checks.keep_ends, checks.mean_of_words, checks.padding_share]


def ends(numbers, most):
    if len(numbers) <= most:
        return numbers
    last = most // 2
    return numbers[: most - last] + numbers[len(numbers) - last :]


def ends_from_the_back(numbers, most):
    return numbers if len(numbers) <= most else numbers[: most - most // 2] + numbers[-(most // 2) :]


def share(lengths, batch_size):
    """As `Batches` pads, without its shuffling."""
    texts, places = [torch.ones(length, dtype=torch.int) for length in lengths], 0
    for k in range(0, len(texts), batch_size):
        part = texts[k : k + batch_size]
        x, _ = Batches(part, [0] * len(part))(batch_size, generator=torch.Generator().manual_seed(0))
        places += x.numel()
    return 1 - sum(lengths) / places


def mean_of_shares(lengths, batch_size):
    parts = [lengths[k : k + batch_size] for k in range(0, len(lengths), batch_size)]
    return sum(1 - sum(part) / len(part) / max(part) for part in parts) / len(parts)


def mean_by_mask(output, lengths):
    real = torch.arange(output.shape[1]) < lengths[:, None]
    return (output * real[..., None]).sum(dim=1) / lengths[:, None]


def mean_by_loop(output, lengths):
    return torch.stack([output[k, :length].mean(dim=0) for k, length in enumerate(lengths)])


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


def error(said, right, texts):
    some = texts > 0
    return (texts[some] * (said[some] / texts[some] - right[some] / texts[some]).abs()).sum() / texts.sum()


@pytest.mark.parametrize(
    ("attempt", "check", "verdict"),
    [
        (ends, checks.keep_ends, ": correct."),
        (lambda numbers, most: ..., checks.keep_ends, "not attempted yet."),
        (lambda numbers, most: numbers[:most], checks.keep_ends, "Hint: that is only the first part"),
        (lambda numbers, most: numbers[-most:], checks.keep_ends, "Hint: that is only the last part"),
        (
            lambda numbers, most: numbers[: most // 2] + numbers[len(numbers) - most // 2 :],
            checks.keep_ends,
            "Hint: one number is lost if most is odd",
        ),
        (
            lambda numbers, most: numbers[: most // 2] + numbers[len(numbers) - most + most // 2 :],
            checks.keep_ends,
            "Hint: of an odd number, the first part has one more",
        ),
        (
            lambda numbers, most: numbers[: most - most // 2] + numbers[-(most // 2) :],
            checks.keep_ends,
            "Hint: a list that is short enough stays as it is",
        ),
        (ends_from_the_back, checks.keep_ends, "Hint: numbers[-0:] is the whole list"),
        (lambda numbers, most: numbers[:most] + numbers[-most:], checks.keep_ends, "Hint: most counts both parts"),
        (lambda numbers, most: 7, checks.keep_ends, "Return a list of numbers."),
        (lambda numbers, most: numbers[::2][:most], checks.keep_ends, "For 10 numbers, most = 4 the answer is"),
        (share, checks.padding_share, ": correct."),
        (lambda lengths, size: torch.tensor(share(lengths, size)).double(), checks.padding_share, ": correct."),
        (lambda lengths, size: None, checks.padding_share, "not attempted yet."),
        (lambda lengths, size: 1 - share(lengths, size), checks.padding_share, "Hint: that is the share of the words"),
        (
            lambda lengths, size: share(lengths, len(lengths)),
            checks.padding_share,
            "Hint: each batch is as long as its own longest text",
        ),
        (mean_of_shares, checks.padding_share, "Hint: add up the places of all batches first"),
        (
            lambda lengths, size: share(lengths[: len(lengths) // size * size], size),
            checks.padding_share,
            "Hint: the last batch counts too",
        ),
        (
            lambda lengths, size: (
                1 - sum(lengths) / sum(size * max(lengths[k : k + size]) for k in range(0, len(lengths), size))
            ),
            checks.padding_share,
            "Hint: the last batch holds what is left",
        ),
        (lambda lengths, size: share(sorted(lengths), size), checks.padding_share, "do not sort them"),
        (lambda lengths, size: 100 * share(lengths, size), checks.padding_share, "not in per cent"),
        (lambda lengths, size: 1 / (1 - share(lengths, size)) - 1, checks.padding_share, "Hint: divide by all places"),
        (lambda lengths, size: lengths.fill(0), checks.padding_share, "your function stopped with AttributeError"),
        (lambda lengths, size: 0.5, checks.padding_share, "the answer is 0.071429, not 0.5."),
        (mean_by_mask, checks.mean_of_words, ": correct."),
        (mean_by_loop, checks.mean_of_words, ": correct."),
        (lambda output, lengths: None, checks.mean_of_words, "not attempted yet."),
        (lambda output, lengths: output.mean(dim=1), checks.mean_of_words, "Hint: behind the words the output goes on"),
        (
            lambda output, lengths: output.sum(dim=1) / lengths[:, None],
            checks.mean_of_words,
            "Hint: behind the words the output goes on",
        ),
        (
            lambda output, lengths: mean_by_loop(output, lengths) * lengths[:, None] / output.shape[1],
            checks.mean_of_words,
            "Hint: divide by the length of each text",
        ),
        (
            lambda output, lengths: mean_by_loop(output, lengths) * lengths[:, None],
            checks.mean_of_words,
            "Hint: that is the sum",
        ),
        (
            lambda output, lengths: output[torch.arange(len(output)), lengths - 1],
            checks.mean_of_words,
            "Hint: that is the last word",
        ),
        (
            lambda output, lengths: torch.stack([output[k, : n - 1].mean(dim=0) for k, n in enumerate(lengths)]),
            checks.mean_of_words,
            "Hint: the last word counts too",
        ),
        (lambda output, lengths: output.mean(dim=0), checks.mean_of_words, "Hint: that is the mean over the texts"),
        (
            lambda output, lengths: output[:, 0],
            checks.mean_of_words,
            "The numbers are wrong for texts of 3, 5, 2 words.",
        ),
        (lambda output, lengths: "mean", checks.mean_of_words, "Return a tensor, (batch, hidden_size)."),
        (together, checks.interaction, ": correct."),
        (lambda score_of, tokens, j, k: ..., checks.interaction, "not attempted yet."),
        (lambda *given: -together(*given), checks.interaction, "Hint: look at the signs"),
        (
            lambda score_of, tokens, j, k: (
                score_of(tokens) - score_of(tokens[:j] + tokens[j + 1 :]) - score_of(tokens[:k] + tokens[k + 1 :])
            ),
            checks.interaction,
            "Hint: what is left without both words is subtracted twice",
        ),
        (
            lambda score_of, tokens, j, k: (
                score_of(tokens) - score_of(tokens[:j] + tokens[j + 1 : k] + tokens[k + 1 :])
            ),
            checks.interaction,
            "Hint: that is the effect of taking out both words",
        ),
        (together_shifted, checks.interaction, "Hint: once word j is out, word k has moved"),
        (together_by_value, checks.interaction, "Hint: remove() takes out the first word that is equal"),
        (
            lambda score_of, tokens, j, k: score_of([tokens[j], tokens[k]]),
            checks.interaction,
            "Hint: that is what both words score by themselves",
        ),
        (lambda score_of, tokens, j, k: score_of("ab"), checks.interaction, "score_of wants a list of tokens"),
        (error, checks.calibration_error, ": correct."),
        (lambda said, right, texts: (said - right).abs().sum() / texts.sum(), checks.calibration_error, ": correct."),
        (lambda said, right, texts: None, checks.calibration_error, "not attempted yet."),
        (
            lambda said, right, texts: (said / texts - right / texts).abs().mean(),
            checks.calibration_error,
            "Hint: a bin counts as much as it has texts",
        ),
        (
            lambda said, right, texts: (said.sum() - right.sum()) / texts.sum(),
            checks.calibration_error,
            "Hint: take the absolute value in each bin, or",
        ),
        (
            lambda said, right, texts: (right.sum() - said.sum()) / texts.sum(),
            checks.calibration_error,
            "Hint: take the absolute value in each bin",
        ),
        (
            lambda said, right, texts: (said - right).abs().sum(),
            checks.calibration_error,
            "Hint: divide by the number of all texts",
        ),
        (
            lambda said, right, texts: (said / texts - right / texts).abs().max(),
            checks.calibration_error,
            "Hint: that is the worst bin",
        ),
        (
            lambda said, right, texts: (texts * (said / texts - right / texts) ** 2).sum() / texts.sum(),
            checks.calibration_error,
            "Hint: take the distance itself, not its square",
        ),
        (
            lambda said, right, texts: ((said - right).abs() * texts).sum() / texts.sum(),
            checks.calibration_error,
            "Hint: said and right are sums over the texts of a bin",
        ),
        (
            lambda said, right, texts: (texts * (said / texts - right / texts).abs()).sum() / texts.sum(),
            checks.calibration_error,
            "For three bins, one of them without a text the answer is 0.052857, not nan.",
        ),
        (lambda said, right, texts: "none", checks.calibration_error, "Return a number from 0 to 1."),
    ],
)
def test_verdicts(attempt, check, verdict, capsys):
    assert verdict in verdict_on(attempt, check, capsys)


def test_an_attempt_may_change_what_it_is_given(capsys):
    def in_place(numbers, most):
        if len(numbers) > most:
            del numbers[most - most // 2 : len(numbers) - most // 2]
        return numbers

    assert ": correct." in verdict_on(in_place, checks.keep_ends, capsys)


@pytest.mark.parametrize("check", ALL)
def test_checks_leave_the_random_numbers_alone(check, capsys):
    before = torch.get_rng_state()
    check(lambda *_: None)
    assert torch.equal(torch.get_rng_state(), before)
