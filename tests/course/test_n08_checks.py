"""The exercises of notebook 08."""

import numpy as np
import pytest
import torch
from verdict import verdict_on

from seqmem_lib.course.n08_four_shapes import checks


def decode(step, state, start, end, longest):
    written, number = [], start
    while len(written) < longest:
        scores, state = step(number, state)
        number = int(scores.argmax())
        if number == end:
            break
        written.append(number)
    return written


def with_end(step, state, start, end, longest):
    written = decode(step, state, start, end, longest)
    return [*written, end] if len(written) < longest else written


def never_stops(step, state, start, end, longest):
    return decode(step, state, start, -1, longest)


def forgets_state(step, state, start, end, longest):
    return decode(lambda number, _: step(number, state), state, start, end, longest)


def reads_start(step, state, start, end, longest):
    return decode(lambda _, now: step(start, now), state, start, end, longest)


def endless(step, state, start, end, longest):
    return decode(step, state, start, end, 10**9)


def recursive(step, state, start, end, longest):
    if not longest:
        return []
    scores, state = step(start, state)
    best = max(range(len(scores)), key=lambda k: scores[k].item())
    return [] if best == end else [best, *recursive(step, state, best, end, longest - 1)]


def looks_from_the_second_on(step, state, start, end, longest):
    scores, state = step(start, state)
    first = int(scores.argmax())
    return [first, *decode(step, state, first, end, longest - 1)]


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (decode, ": correct."),
        (recursive, ": correct."),
        (
            lambda step, state, start, end, longest: decode(step, state, start, 1, longest),
            "Hint: the end sign is `end`",
        ),
        (lambda step, state, start, end, longest: decode(step, state, 0, end, longest), "not yet. "),
        (looks_from_the_second_on, "Hint: the first number may be the end sign already"),
        (lambda step, state, start, end, longest: decode(step, state, start, end, longest + 1), "does not end"),
        (lambda *given: None, "not attempted yet."),
        (with_end, "Hint: leave the end sign out"),
        (lambda *given: [0, *decode(*given)], "Hint: leave the start sign out"),
        (
            lambda step, state, start, *rest: [start, *with_end(step, state, start, *rest)],
            "Hint: leave the start sign out",
        ),
        (never_stops, "Hint: stop when the best number is the end sign"),
        (forgets_state, "Hint: pass the new state on"),
        (reads_start, "Hint: the decoder must read the number that it wrote last"),
        (endless, "step was called 10,000 times"),
        (lambda *given: [2], "not yet. For a decoder that ends the answer is"),
    ],
)
def test_decode_until_end(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.decode_until_end, capsys)


@pytest.mark.parametrize("check", [checks.decode_until_end, checks.keep_best])
def test_checks_leave_the_random_numbers_alone(check, capsys):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    check(lambda *_: None)
    assert torch.equal(torch.get_rng_state(), before)


def per_sequence(losses, lengths):
    return [row[:n].mean() for row, n in zip(losses, lengths.tolist(), strict=True)]


def real_if_not_zero(losses, lengths):
    rows = zip(losses.tolist(), lengths.tolist(), strict=True)
    return np.mean([np.mean([one for one in row[:length] if one]) for row, length in rows])


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda losses, lengths: torch.stack(per_sequence(losses, lengths)).mean(), ": correct."),
        (lambda losses, lengths: float(sum(per_sequence(losses, lengths))) / len(lengths), ": correct."),
        (lambda *given: None, "not attempted yet."),
        (lambda losses, lengths: losses.mean(), "Hint: leave the padding out"),
        (
            lambda losses, lengths: sum(row[:n].sum() for row, n in zip(losses, lengths, strict=True)) / lengths.sum(),
            "Hint: that is the mean over all real places",
        ),
        (
            lambda losses, lengths: sum(row[:n].sum() for row, n in zip(losses, lengths, strict=True)) / losses.numel(),
            "Hint: the padding still counts",
        ),
        (
            lambda losses, lengths: sum(row[:n].sum() for row, n in zip(losses, lengths, strict=True)) / len(lengths),
            "Hint: divide the sum of each sequence",
        ),
        (lambda losses, lengths: torch.stack(per_sequence(losses, lengths)), "Hint: return the mean"),
        (lambda losses, lengths: losses.cumsum(1)[range(len(lengths)), lengths - 1].div(lengths).mean(), ": correct."),
        (real_if_not_zero, "Hint: a loss of 0 is no sign of padding"),
        (lambda *given: sum(per_sequence(*given)) / 3, "For two sequences the answer is"),
        (
            lambda losses, lengths: torch.stack(per_sequence(losses, lengths)).median(),
            "For three sequences the answer is",
        ),
    ],
)
def test_mean_over_sequences(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.mean_over_sequences, capsys)


def late(target, start):
    read = np.empty_like(target.numpy())
    read[:, 0], read[:, 1:] = start, target[:, :-1]
    return torch.from_numpy(read)


def one_by_one(target, start):
    return torch.tensor([[start, *row[:-1]] for row in target.tolist()])


def in_place(target, start):
    for t in reversed(range(1, target.shape[1])):
        target[:, t] = target[:, t - 1]
    target[:, 0] = start
    return target


def in_place_forwards(target, start):
    for t in range(1, target.shape[1]):
        target[:, t] = target[:, t - 1]
    target[:, 0] = start
    return target


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (late, ": correct."),
        (one_by_one, ": correct."),
        (in_place, ": correct."),
        (lambda *given: None, "not attempted yet."),
        (lambda target, start: target, "Hint: it must not read the number that it is to write"),
        (lambda target, start: torch.roll(target, 1, dims=1), "Hint: before the first number it reads `start`"),
        (lambda target, start: torch.roll(target, 1), "not yet."),  # flattened: a row begins with the row before
        (lambda target, start: late(target, 1), "Hint: begin with `start`, whatever number"),
        (lambda target, start: late(target, 0), "Hint: begin with `start`, whatever number"),
        (lambda target, start: torch.roll(late(target, start), -1, dims=1), "not yet."),
        (lambda target, start: one_by_one(target.flip(1), start).flip(1), "the number before, not the number after"),
        (lambda target, start: torch.roll(target, -1, dims=1), "the number before, not the number after"),
        (lambda target, start: one_by_one(target.T, start).T, "Hint: move along the time steps"),
        (
            lambda target, start: torch.cat([torch.full((len(target), 1), start), target], dim=1),
            "Hint: the last number of the target is never read",
        ),
        (in_place_forwards, "not yet. The numbers are wrong for 2 targets"),
        (lambda target, start: late(torch.cat([target[:, :3], target[:, 4:]], dim=1), start), "not yet. Return"),
    ],
)
def test_decoder_inputs(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.decoder_inputs, capsys)


def sorted_pairs(beams, next_one, width, score=lambda a, b: a + b):
    pairs = [(k, n) for k in range(len(beams)) for n in range(next_one.shape[1])]
    pairs.sort(key=lambda pair: -score(float(beams[pair[0]]), float(next_one[pair])))
    return torch.tensor(pairs[:width])


def by_probabilities(beams, next_one, width):
    chance = (beams.exp()[:, None] * next_one.exp()).numpy()
    best = np.argsort(-chance, axis=None)[:width]
    return torch.tensor(np.stack(np.unravel_index(best, chance.shape), axis=1))


def best_of_each(beams, next_one, width):
    pairs = [(float(beams[k] + row.max()), k, int(row.argmax())) for k, row in enumerate(next_one)]
    return torch.tensor([pair[1:] for pair in sorted(pairs, reverse=True)[:width]])


def likeliest_alone(beams, next_one, width):
    likeliest = int(beams.argmax())
    return torch.tensor([[likeliest, number] for number in next_one[likeliest].argsort(descending=True)[:width]])


def divided_by_beams(beams, next_one, width):
    places = (beams[:, None] + next_one).flatten().argsort(descending=True)[:width].tolist()
    return torch.tensor([divmod(place, len(beams)) for place in places])


def two_of_each(beams, next_one, width):
    values, numbers = next_one.topk(2, dim=1)
    best = (values + beams[:, None]).flatten().argsort(descending=True)[:width]
    return torch.stack([best // 2, numbers.flatten()[best]], dim=1)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (sorted_pairs, ": correct."),
        (by_probabilities, ": correct."),
        (lambda *given: sorted_pairs(*given).double(), ": correct."),
        (lambda *given: None, "not attempted yet."),
        (lambda *given: sorted_pairs(*given, score=lambda a, b: b), "Hint: a longer beginning is as likely"),
        (lambda *given: sorted_pairs(*given, score=lambda a, b: a * b), "Hint: log-probabilities are added"),
        (
            lambda *given: sorted_pairs(*given, score=lambda a, b: -a - b),
            "not yet. The numbers are wrong for 3 beginnings",
        ),
        (lambda *given: sorted_pairs(*given).flip(1), "Hint: the beginning first"),
        (lambda *given: sorted_pairs(*given).flip(0), "Hint: the best first"),
        (lambda *given: sorted_pairs(*given).T, "not yet. Return a Tensor"),
        (lambda beams, next_one, width: sorted_pairs(beams, next_one, len(beams)), "not yet."),
        (best_of_each, "not yet."),
        (likeliest_alone, "Hint: look at what continues every beginning"),
        (divided_by_beams, "Hint: a row of `next_one` has as many places"),
        (lambda *given: sorted_pairs(*given).unique(dim=0), "Hint: the best first"),
        (
            lambda beams, next_one, width: sorted_pairs(beams, next_one, min(width, next_one.shape[1])),
            "not yet. Return",
        ),
        (two_of_each, "not yet. "),
    ],
)
def test_keep_best(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.keep_best, capsys)
