"""The checks of notebook 08."""

from collections.abc import Callable

import torch
from torch.nn.functional import pad

from ..judge import fixed_numbers, judge


@fixed_numbers
def mean_over_sequences(attempt: Callable) -> None:
    """Check `mean_over_sequences(losses, lengths)`: the mean over the sequences of each one's mean loss, without the
    padding. losses is (batch, seq) and lengths (batch,)."""

    def real(losses, lengths):
        return torch.arange(losses.shape[1]) < lengths[:, None]

    def mean_over_sequences(losses, lengths):
        return ((losses * real(losses, lengths)).sum(dim=1) / lengths).mean().item()

    def of_places(losses, lengths):
        return losses[real(losses, lengths)].mean()

    def of_padded(losses, lengths):
        return (losses * real(losses, lengths)).mean()

    def of_sums(losses, lengths):
        return (losses * real(losses, lengths)).sum(dim=1).mean()

    slips = {
        "that is the mean over all real places: long sequences count for more": [of_places],
        "leave the padding out": [lambda losses, lengths: losses.mean()],
        "the padding still counts in what you divide by": [of_padded],
        "divide the sum of each sequence by its own length": [of_sums],
        "a loss of 0 is no sign of padding: `lengths` says what is real": [
            lambda losses, lengths: (
                (losses * real(losses, lengths)).sum(1) / (losses * real(losses, lengths) != 0).sum(1)
            ).mean()
        ],
        "return the mean, not a number for each sequence": [
            lambda losses, lengths: (losses * real(losses, lengths)).sum(dim=1) / lengths
        ],
    }
    cases = []
    for name, lengths in {"three sequences": [5, 1, 3], "two sequences": [2, 6]}.items():
        losses = 1 + torch.rand(len(lengths), max(lengths), dtype=torch.float64)
        losses[-1, 0] = 0  # a real loss may be 0
        arguments = (losses, torch.tensor(lengths))
        cases.append((name, arguments, mean_over_sequences(*arguments)))
    judge(attempt, cases, slips, "one number")


@fixed_numbers
def decode_until_end(attempt: Callable) -> None:
    """Check `decode_until_end(step, state, start, end, longest)`: the numbers that a decoder writes, greedily.

    step : called as `step(number, state)`, it returns the scores of the next number, (numbers,), and the next state.
    The reference returns a list without start and end, of at most `longest` numbers.
    """
    scores = torch.rand(12, 6, 6)  # which number comes next depends on the last one and on the state

    def ends(end, at):
        table = scores.clone()
        table[:, :, end] = -1
        if at is not None:
            table[at, :, end] = 2  # the end, when step is called for the at-th time, counted from 0
        return decoder(table)

    def decoder(table):
        calls = 0

        def step(number, state):
            nonlocal calls
            calls += 1
            if calls > 10_000:
                raise RuntimeError("step was called 10,000 times: stop after `longest` numbers")
            return table[min(state, 11), int(number)].clone(), state + 1

        return step

    def decode(step, state, start, end, longest, *, feed=True, keep=True, stop=True, keep_end=False, keep_start=False):
        number, written = start, [start] if keep_start else []
        for _ in range(longest):
            row, new = step(number if feed else start, state)
            state = new if keep else state
            number = row.argmax().item()
            if stop and number == end:
                return [*written, end] if keep_end else written
            written.append(number)
            number = number if feed else start
        return written

    def slip(**options):
        return [lambda *given: decode(*given, **options)]

    slips = {
        "leave the end sign out of the answer": slip(keep_end=True),
        "leave the start sign out of the answer": slip(keep_start=True) + slip(keep_start=True, keep_end=True),
        "the first number may be the end sign already": [
            lambda *given: decode(*given) or decode(*given, stop=False)  # it looks from the second number on
        ],
        "stop when the best number is the end sign": slip(stop=False),
        "the end sign is `end`, whatever number that is": [
            lambda step, state, start, end, longest: decode(step, state, start, 1, longest)
        ],
        "the decoder must read the number that it wrote last": slip(feed=False),
        "pass the new state on": slip(keep=False),
    }
    decoders = {
        "a decoder that ends": (ends(1, at=4), 0, 0, 1, 10),
        "a decoder that does not end": (ends(1, at=None), 0, 0, 1, 7),
        "a decoder that begins with 2 and ends with 4": (ends(4, at=3), 0, 2, 4, 10),
        "a decoder that ends at once": (ends(0, at=0), 0, 3, 0, 5),
    }
    cases = [(name, arguments, decode(*arguments)) for name, arguments in decoders.items()]
    judge(attempt, cases, slips, "a list of whole numbers, without start and end")


@fixed_numbers
def decoder_inputs(attempt: Callable) -> None:
    """Check `decoder_inputs(target, start)`: what the decoder reads under teacher forcing: `start`, then the numbers of
    target, each one step late. Both are (batch, steps)."""

    def decoder_inputs(target, start):
        return pad(target[:, :-1], (1, 0), value=start)

    def starts_with(first):
        return lambda target, start: decoder_inputs(target, first)

    def early(target, start):
        return torch.cat([target[:, 1:], torch.full_like(target[:, :1], start)], dim=1)

    slips = {
        "it must not read the number that it is to write: move the target by one step": [lambda target, start: target],
        "the decoder reads the number before, not the number after": [early, lambda target, start: target.roll(-1, 1)],
        "before the first number it reads `start`, not the end of the target": [
            lambda target, start: target.roll(1, 1)
        ],
        "begin with `start`, whatever number that is": [starts_with(0), starts_with(1)],
        "the last number of the target is never read: there are as many steps as in the target": [
            lambda target, start: torch.cat([torch.full_like(target[:, :1], start), target], dim=1)
        ],
        "move along the time steps, not along the batch": [
            lambda target, start: torch.cat([torch.full_like(target[:1], start), target[:-1]])
        ],
    }
    cases = []
    for batch, steps, start in ((2, 5, 1), (3, 3, 9), (4, 1, 7)):
        arguments = (torch.randint(2, 7, (batch, steps)), start)
        cases.append((f"{batch} targets of {steps} steps and start {start}", arguments, decoder_inputs(*arguments)))
    judge(attempt, cases, slips, "a Tensor of the shape of target")


@fixed_numbers
def keep_best(attempt: Callable) -> None:
    """Check `keep_best(beams, next_one, width)`: of all longer beginnings the `width` most likely, (width, 2): which
    beginning each continues, and by which number. beams is (beams,) and next_one (beams, numbers): log-probabilities.
    """

    def keep_best(beams, next_one, width, *, divide_by=None, score=torch.add):
        best = score(beams[:, None], next_one).flatten().topk(width).indices
        divide_by = divide_by or next_one.shape[1]
        return torch.stack([best // divide_by, best % divide_by], dim=1)

    def of_each(beams, next_one, width):
        number = next_one.argmax(dim=1)
        best = (beams + next_one.gather(1, number[:, None])[:, 0]).topk(min(width, len(beams))).indices
        return torch.stack([best, number[best]], dim=1)

    def of_the_best(beams, next_one, width):
        numbers = next_one[beams.argmax()].topk(width).indices
        return torch.stack([beams.argmax().expand(width), numbers], dim=1)

    slips = {
        "a longer beginning is as likely as its beginning times what follows: add the two log-probabilities": [
            lambda *given: keep_best(*given, score=lambda beams, next_one: next_one + 0 * beams)
        ],
        "log-probabilities are added, not multiplied": [lambda *given: keep_best(*given, score=torch.mul)],
        "one beginning may be continued more than once, and another not at all": [of_each],
        "look at what continues every beginning, not only the best one": [of_the_best],
        "the beginning first, then the number": [lambda *given: keep_best(*given).flip(1)],
        "the best first": [
            lambda *given: keep_best(*given).flip(0),
            lambda *given: torch.tensor(sorted(keep_best(*given).tolist())),
        ],
        "a row of `next_one` has as many places as there are numbers": [
            lambda beams, *given: keep_best(beams, *given, divide_by=len(beams))
        ],
    }
    cases = []
    for beams, numbers, width in ((3, 7, 4), (4, 4, 2), (2, 5, 3), (1, 6, 4), (4, 3, 7)):
        likely = torch.randn(beams, numbers, dtype=torch.float64).log_softmax(dim=1)
        arguments = (-1 - torch.rand(beams, dtype=torch.float64), likely, width)
        cases.append((f"{beams} beginnings, {numbers} numbers, width {width}", arguments, keep_best(*arguments)))
    judge(attempt, cases, slips, "a Tensor of whole numbers, (width, 2)")
