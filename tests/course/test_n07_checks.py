"""The exercises of notebook 07."""

from fractions import Fraction

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


def ends_popped(numbers, most):
    numbers = numbers.copy()
    while len(numbers) > most:
        numbers.pop((most + 1) // 2)
    return numbers


def ends_without_twins(numbers, most):
    first, last = numbers[: most - most // 2], numbers[max(0, len(numbers) - most // 2) :]
    return first + [one for one in last if one not in first]


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


def share_of_fractions(lengths, batch_size):
    words, places = Fraction(sum(lengths)), 0
    while lengths:
        batch, lengths = lengths[:batch_size], lengths[batch_size:]
        places += len(batch) * max(batch)
    return 1 - words / places


def mean_by_mask(output, lengths, seq=None):
    real = torch.arange(seq or output.shape[1]) < lengths[:, None]
    return (output * real[..., None]).sum(dim=1) / lengths[:, None]


def mean_of_others(output, lengths):
    """Without what is 0."""
    real = output * (torch.arange(output.shape[1]) < lengths[:, None])[..., None]
    return real.sum(dim=1) / (real != 0).sum(dim=1)


def mean_by_loop(output, lengths):
    return torch.stack([output[k, :length].mean(dim=0) for k, length in enumerate(lengths)])


def table(*rows):
    return pytest.mark.parametrize(("attempt", "verdict"), rows)


@table(
    (ends, ": correct."),
    (ends_popped, ": correct."),
    (lambda numbers, most: torch.tensor(ends(numbers, most)), ": correct."),
    (lambda numbers, most: ..., "not attempted yet."),
    (lambda numbers, most: numbers[:most], "Hint: that is only the first part"),
    (lambda numbers, most: numbers[-most:], "Hint: that is only the last part"),
    (
        lambda numbers, most: numbers[: most // 2] + numbers[len(numbers) - most // 2 :],
        "Hint: one number is lost if most is odd",
    ),
    (
        lambda numbers, most: numbers[: most // 2] + numbers[len(numbers) - most + most // 2 :],
        "Hint: of an odd number, the first part has one more",
    ),
    (
        lambda numbers, most: numbers[: most - most // 2] + numbers[-(most // 2) :],
        "Hint: a list that is short enough stays as it is",
    ),
    (ends_from_the_back, "Hint: numbers[-0:] is the whole list"),
    (lambda numbers, most: numbers[:most] + numbers[-most:], "Hint: most counts both parts"),
    (
        ends_without_twins,
        "For 9 numbers, some of them twice, most = 5 the answer is [9, 4, 9, 4, 2], not [9, 4, 9, 2].",
    ),
    (lambda numbers, most: sorted({*ends(numbers, most)}), "For 9 numbers, some of them twice"),
    (lambda numbers, most: 7, "Return a list of numbers."),
    (lambda numbers, most: numbers[::2][:most], "For 10 numbers, most = 4 the answer is"),
)
def test_keep_ends(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.keep_ends, capsys)


@table(
    (share, ": correct."),
    (share_of_fractions, ": correct."),
    (lambda lengths, size: torch.tensor(share(lengths, size)).double(), ": correct."),
    (lambda lengths, size: None, "not attempted yet."),
    (lambda lengths, size: 1 - share(lengths, size), "Hint: that is the share of the words"),
    (lambda lengths, size: share(lengths, len(lengths)), "Hint: each batch is as long as its own longest text"),
    (mean_of_shares, "Hint: add up the places of all batches first"),
    (lambda lengths, size: share(lengths[: len(lengths) // size * size], size), "Hint: the last batch counts too"),
    (
        lambda lengths, size: (
            1 - sum(lengths) / sum(size * max(lengths[k : k + size]) for k in range(0, len(lengths), size))
        ),
        "Hint: the last batch holds what is left",
    ),
    (lambda lengths, size: share(sorted(lengths), size), "do not sort them"),
    (lambda lengths, size: 100 * share(lengths, size), "not in per cent"),
    (lambda lengths, size: 1 / (1 - share(lengths, size)) - 1, "Hint: divide by all places"),
    (lambda lengths, size: round(share(lengths, size), 2), "the answer is 0.071429, not 0.07."),
    (lambda lengths, size: lengths.fill(0), "your function stopped with AttributeError"),
    (lambda lengths, size: torch.tensor([0.5]), "the answer is 0.071429, not 0.5."),
)
def test_padding_share(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.padding_share, capsys)


@table(
    (mean_by_mask, ": correct."),
    (mean_by_loop, ": correct."),
    (
        lambda output, lengths: output.masked_fill((torch.arange(5) >= lengths[:, None])[..., None], torch.nan).nanmean(
            dim=1
        ),
        ": correct.",
    ),
    (lambda output, lengths: None, "not attempted yet."),
    (lambda output, lengths: output.mean(dim=1), "Hint: behind the words the output goes on"),
    (lambda output, lengths: output.sum(dim=1) / lengths[:, None], "Hint: behind the words the output goes on"),
    (
        lambda output, lengths: mean_by_loop(output, lengths) * lengths[:, None] / output.shape[1],
        "Hint: divide by the length of each text",
    ),
    (lambda output, lengths: mean_by_loop(output, lengths) * lengths[:, None], "Hint: that is the sum"),
    (lambda output, lengths: output[torch.arange(len(output)), lengths - 1], "Hint: that is the last word"),
    (lambda output, lengths: mean_by_loop(output, lengths - 1), "Hint: the last word counts too"),
    (lambda output, lengths: mean_by_loop(output, lengths + 1), "Hint: the places count from 0"),
    (
        lambda output, lengths: mean_by_mask(output, lengths + 1) * ((lengths + 1) / lengths)[:, None],
        "Hint: the places count from 0",
    ),
    (mean_of_others, "The numbers are wrong for texts of 3, 5, 2 words."),
    (lambda output, lengths: mean_by_mask(output, lengths, int(lengths.max())), "stopped with RuntimeError"),
    (lambda output, lengths: output.mean(dim=0), "Hint: that is the mean over the texts"),
    (lambda output, lengths: output[:, 0], "The numbers are wrong for texts of 3, 5, 2 words."),
    (lambda output, lengths: "mean", "Return a tensor, (batch, hidden_size)."),
)
def test_mean_of_words(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.mean_of_words, capsys)


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
