"""The exercises of notebook 05."""

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from verdict import verdict_on

from seqmem_lib.course.n06_reviews import checks

CHECKS = [checks.longest_match, checks.at_last_word, checks.mean_of_words, checks.turn_around]


def untouched(*_): ...


def broken(*_):
    raise IndexError("out of range")


@pytest.mark.parametrize("check", CHECKS)
def test_a_stub_and_an_error(check, capsys):
    assert verdict_on(untouched, check, capsys) == "untouched: not attempted yet.\n"
    assert "your function stopped with IndexError: out of range" in verdict_on(broken, check, capsys)
    assert "correct" not in verdict_on(lambda *_: 3, check, capsys)


def match(text, words, longest=True, start=1, keep=True):
    tokens = []
    while text:
        sizes = [size for size in range(1, len(text) + 1) if text[:size] in words]
        size = (max(sizes) if longest else min(sizes)) if sizes else 1
        if sizes or keep:
            tokens.append(text[:size])
        text = text[size:]
    return tokens


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (match, "correct."),
        (lambda text, words: tuple(match(text, words)), "correct."),
        (lambda text, words: match(text, words, longest=False), "the longest word that fits, not the shortest"),
        (lambda text, words: match(text, words, keep=False), "keep the character as a token"),
        (lambda text, words: list(text), "not yet."),
        (lambda text, words: text, "Return a list of strings"),
        (lambda text, words: [text] if text else [], "not yet."),
    ],
)
def test_longest_match(attempt, said, capsys):
    assert said in verdict_on(attempt, checks.longest_match, capsys)


def by_packing(output, lengths):
    packed = pack_padded_sequence(output, lengths, batch_first=True, enforce_sorted=False)
    padded, _ = pad_packed_sequence(packed, batch_first=True, total_length=output.shape[1])
    return padded


def rows(output, lengths):
    return zip(output, lengths.tolist(), strict=True)


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (lambda o, n: torch.stack([one[length - 1] for one, length in rows(o, n)]), "correct."),
        (lambda o, n: o.gather(1, (n - 1).view(-1, 1, 1).expand(-1, 1, 2))[:, 0], "correct."),
        (lambda o, n: o[:, -1], "the last step, which may be padding"),
        (lambda o, n: o[range(3), n.clamp(max=4)], "counted from 0"),
        (lambda o, n: o[:, 0], "that is the first word"),
        (lambda o, n: o[:, n - 1], "choose one step for each sequence"),
        (lambda o, n: o[range(3), n], "IndexError"),
    ],
)
def test_at_last_word(attempt, said, capsys):
    assert said in verdict_on(attempt, checks.at_last_word, capsys)


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (lambda o, n: torch.stack([one[:length].mean(dim=0) for one, length in rows(o, n)]), "correct."),
        (lambda o, n: by_packing(o, n).sum(dim=1) / n[:, None], "correct."),
        (lambda o, n: o.mean(dim=1), "the mean over all steps"),
        (lambda o, n: o.sum(dim=1) / n[:, None], "leave the padding out of the sum too"),
        (lambda o, n: by_packing(o, n).mean(dim=1), "divide by the number of words"),
        (lambda o, n: by_packing(o, n).sum(dim=1), "that is the sum"),
        (lambda o, n: o, "Return (batch, features)"),
    ],
)
def test_mean_of_words(attempt, said, capsys):
    assert said in verdict_on(attempt, checks.mean_of_words, capsys)


def turned(x, lengths):
    return torch.stack([torch.cat([one[:length].flip(0), one[length:]]) for one, length in rows(x, lengths)])


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (turned, "correct."),
        (lambda x, n: x.flip(1), "brings the padding to the front"),
        (lambda x, n: x.flip(-1), "turns the features around"),
        (lambda x, n: x.flip(0), "the order of the sequences"),
        (lambda x, n: x, "x as it was"),
    ],
)
def test_turn_around(attempt, said, capsys):
    assert said in verdict_on(attempt, checks.turn_around, capsys)
