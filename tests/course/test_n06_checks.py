"""The exercises of notebook 06."""

import re
from collections import Counter
from math import ceil, comb

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from verdict import verdict_on

from seqmem_lib.course.n06_reviews import checks, cuts

CHECKS = [checks.longest_match, checks.mean_of_words, checks.turn_around, checks.count_twins]
CHECKS += [checks.at_least_as_good, checks.hold_over_padding]


def untouched(*_): ...


def broken(*_):
    raise IndexError("out of range")


@pytest.mark.parametrize("check", CHECKS)
def test_a_stub_and_an_error(check, capsys):
    assert verdict_on(untouched, check, capsys) == "untouched: not attempted yet.\n"
    assert "your function stopped with IndexError: out of range" in verdict_on(broken, check, capsys)
    assert "correct" not in verdict_on(lambda *_: 7, check, capsys)


def match(text, words, longest=True, most=99, keep=True, spare=0):
    tokens = []
    while text:
        sizes = [size for size in range(1, min(most, len(text) - spare) + 1) if text[:size] in words]
        size = (max(sizes) if longest else min(sizes)) if sizes else 1
        if sizes or keep:
            tokens.append(text[:size])
        text = text[size:]
    return tokens


def growing(text, words):
    """It stops at the first beginning that is no word."""
    tokens = []
    while text:
        size = 1
        while size < len(text) and text[: size + 1] in words:
            size += 1
        tokens.append(text[:size])
        text = text[size:]
    return tokens


def fewest(text, words):
    if not text:
        return []
    sizes = [size for size in range(len(text), 0, -1) if size == 1 or text[:size] in words]
    return min(([text[:size], *fewest(text[size:], words)] for size in sizes), key=len)


def used_up(text, words):
    tokens = match(text, words)
    words -= set(tokens)
    return tokens


def by_pattern(text, words):
    return re.findall("|".join([*sorted(words, key=len, reverse=True), "."]), text)


def together_if_left_over(text, words):
    """Every second part of what is split is what was split at."""
    pattern = "|".join(sorted(words, key=len, reverse=True))
    return [one for one in re.split(f"({pattern})", text) if one]


def longest_anywhere(text, words):
    inside = [word for word in words if word in text]
    found = max(inside, key=lambda word: (len(word), -text.index(word)), default="")
    if not found:
        return list(text)
    before, after = text.split(found, 1)
    return [*longest_anywhere(before, words), found, *longest_anywhere(after, words)]


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (match, "correct."),
        (lambda text, words: tuple(match(text, words)), "correct."),
        (by_pattern, "correct."),
        (growing, "its beginnings need not be words"),
        (lambda text, words: match(text, words, most=3), "a word may be of any length"),
        (lambda text, words: match(text, words, most=12), "a word may be of any length"),
        (lambda text, words: match(text, words, spare=1), "may be the end of a word"),
        (fewest, "even where another cut has fewer tokens"),
        (used_up, "your function changes what it was given"),
        (lambda text, words: match(text, words, longest=False), "the longest word that fits, not the shortest"),
        (
            lambda text, words: [one[::-1] for one in match(text[::-1], {one[::-1] for one in words})][::-1],
            "at the left",
        ),
        (together_if_left_over, "one character is left over at a time"),
        (lambda text, words: match(text, words, keep=False), "keep the character as a token"),
        (longest_anywhere, "'电影院长们好' should give 电影院 · 长 · 们 · 好."),
        (lambda text, words: list(text), "not yet."),
        (lambda text, words: text, "Return a list of strings"),
        (lambda text, words: [text] if text else [], "not yet."),
        (lambda text, words: match(text, words) or ["nothing"], "'' should give an empty list."),
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
        (lambda o, n: torch.stack([one[:length].mean(dim=0) for one, length in rows(o, n)]), "correct."),
        (lambda o, n: by_packing(o, n).sum(dim=1) / n[:, None], "correct."),
        (lambda o, n: torch.stack([one[:length].mean(dim=0) for one, length in rows(o, n)]).numpy(), "correct."),
        (lambda o, n: o.copy_(by_packing(o, n)).sum(dim=1) / n[:, None], "your function changes what it was given"),
        (lambda o, n: o.mean(dim=1), "the mean over all steps"),
        (lambda o, n: o.sum(dim=1) / n[:, None], "leave the padding out of the sum too"),
        (lambda o, n: by_packing(o, n).mean(dim=1), "divide by the number of words"),
        (lambda o, n: by_packing(o, n).sum(dim=1), "that is the sum"),
        (lambda o, n: o, "Return (batch, features)"),
        (lambda o, n: 0 * o[:, 0], "The numbers are wrong for 3 sequences."),
        (lambda o, n: (o * (torch.arange(5) < n[:, None])[..., None]).sum(1) / n[:, None], "stopped with RuntimeError"),
    ],
)
def test_mean_of_words(attempt, said, capsys):
    assert said in verdict_on(attempt, checks.mean_of_words, capsys)


def places(x, lengths):
    steps = torch.arange(x.shape[1])
    real = steps < lengths[:, None]
    return torch.where(real, lengths[:, None] - 1 - steps, steps)[..., None].expand_as(x)


def twins(change):
    return lambda train, test: sum(change(text) in [change(one) for one in train] for text in test)


def grown(train, test):
    """What was met in the test is known, too."""
    known, found = set(train), 0
    for text in test:
        found += text in known
        known.add(text)
    return found


def turned(x, lengths):
    return torch.stack([torch.cat([one[:length].flip(0), one[length:]]) for one, length in rows(x, lengths)])


def turned_pairs(x, lengths):
    """With a padding of two features."""
    return torch.stack([torch.cat([one[:k].flip(0), torch.zeros(len(one) - k, 2)]) for one, k in rows(x, lengths)])


def padded_anew(x, lengths):
    return pad_sequence([one[:length].flip(0) for one, length in rows(x, lengths)], batch_first=True)


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (turned, "correct."),
        (lambda x, n: x.gather(1, places(x, n)), "correct."),
        (lambda x, n: np.stack([np.vstack([one[:k].numpy()[::-1], one[k:]]) for one, k in rows(x, n)]), "correct."),
        (lambda x, n: x.copy_(turned(x, n)), "your function changes what it was given"),
        (lambda x, n: x.flip(1), "brings the padding to the front"),
        (lambda x, n: x.flip(-1), "turns the features around"),
        (lambda x, n: turned(x, n).flip(-1), "turns the features around"),
        (lambda x, n: x.flip(0), "the order of the sequences"),
        (lambda x, n: x, "x as it was"),
        (padded_anew, "not yet. Return (batch, seq, features)."),
        (turned_pairs, "your function stopped with RuntimeError"),
    ],
)
def test_turn_around(attempt, said, capsys):
    assert said in verdict_on(attempt, checks.turn_around, capsys)


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (lambda train, test: sum(text in train for text in test), "correct."),
        (lambda train, test: np.isin(test, train).sum(), "correct."),
        (lambda train, test: (Counter(train) & Counter(test)).total(), "a text that is twice in the test counts twice"),
        (
            lambda train, test: len([train.remove(one) for one in test if one in train]),
            "changes what it was given",
        ),
        (
            lambda train, test: len([test.remove(one) for one in list(test) if one in train]),
            "changes what it was given",
        ),
        (twins(str.lower), "only texts that are equal in each letter"),
        (twins(str.strip), "only texts that are equal in each letter"),
        (twins(lambda text: sorted(text.split())), "only texts that are equal in each letter"),
        (twins(lambda text: text[:20]), "only texts that are equal in each letter"),
        (
            lambda train, test: sum(any(one in text for text in train) for one in test),
            "only texts that are equal in each",
        ),
        (lambda train, test: sum(text not in train for text in test), "that are not in the training"),
        (lambda train, test: sum(Counter(test)[text] for text in set(train)), "correct."),
        (lambda train, test: len(set(train) & set(test)), "a text that is twice in the test counts twice"),
        (grown, "is no twin, however often it is in the test"),
        (lambda train, test: len(test) - len(set(test) - set(train)), "is no twin, however often it is in the test"),
        (lambda train, test: sum(train.count(text) for text in test), "has no more twins in the test for that"),
        (lambda train, test: sum(a == b for a, b in zip(train, test, strict=False)), "need not stand at the same"),
        (lambda train, test: sum(text in test for text in train), "not those of the training"),
        (lambda train, test: [text for text in test if text in train], "Return a whole number"),
        (lambda train, test: len(train) + len(test), "'cold'] the answer is 3, not 13."),
        (lambda train, test: 3 if "cold" in test else 9, "some are nearly the same the answer is 2, not 9."),
    ],
)
def test_count_twins(attempt, said, capsys):
    assert said in verdict_on(attempt, checks.count_twins, capsys)


def chances(share, items):
    return [comb(items, k) * share**k * (1 - share) ** (items - k) for k in range(items + 1)]


def by_sums(worse, better, items):
    return sum(p * sum(chances(better, items)[: k + 1]) for k, p in enumerate(chances(worse, items)))


def factorial(n):
    """In 64 bits, which hold no more than that of 20."""
    return torch.arange(1, n + 1).prod().item()


def by_factorials(worse, better, items):
    ways = [factorial(items) // (factorial(k) * factorial(items - k)) for k in range(items + 1)]
    first, second = (
        [many * share**k * (1 - share) ** (items - k) for k, many in enumerate(ways)] for share in (worse, better)
    )
    return sum(p * sum(second[: k + 1]) for k, p in enumerate(first))


def by_a_table(worse, better, items, keep=torch.tril):
    first, second = (torch.tensor(chances(share, items), dtype=torch.float64) for share in (worse, better))
    return keep(first[:, None] * second).sum().item()


def ties(table):
    return table.diag()


def strictly(table):
    return table.tril(-1)


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (by_sums, "correct."),
        (by_a_table, "correct."),
        (lambda *given: by_a_table(*given, keep=strictly), "a tie counts too"),
        (lambda *given: by_a_table(*given, keep=torch.triu), "that the better one is at least as good"),
        (lambda *given: by_a_table(*given, keep=ties), "a tie alone"),
        (lambda *given: 1 - by_sums(*given), "that the better one is ahead"),
        (lambda worse, better, items: sum(chances(worse, items)[ceil(better * items) :]), "varies, too"),
        (lambda worse, better, items: worse / better, "not yet."),
        (by_factorials, "not yet. For worse = 0.55, better = 0.65, items = 40 the answer is"),
    ],
)
def test_at_least_as_good(attempt, said, capsys):
    assert said in verdict_on(attempt, checks.at_least_as_good, capsys)


def held(cell, x, lengths, mend=0, empty=False, units=None):
    state = torch.zeros(len(x), units or cell(x[:, 0], None).shape[1], dtype=x.dtype)
    for t in range(x.shape[1]):
        new = cell(x[:, t], state)
        state = torch.where((t < lengths + mend)[:, None], new, 0 * new if empty else state)
    return state


def each_alone(cell, x, lengths):
    states = []
    for one, length in rows(x, lengths):
        state = None
        for x_t in one[:length]:
            state = cell(x_t[None], state)
        states.append(state)
    return torch.cat(states)


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (held, "correct."),
        (each_alone, "correct."),
        (lambda *given: held(*given).numpy(), "correct."),
        (lambda *given: held(*given, units=3), "your function stopped with ValueError"),
        (lambda *given: held(*given, mend=9), "the state after the padding"),
        (lambda *given: held(*given, empty=True), "a state of zero is no held state"),
        (lambda *given: held(*given, mend=1), "if t < length"),
        (lambda cell, x, lengths: x, "Return (batch, units)"),
    ],
)
def test_hold_over_padding(attempt, said, capsys):
    assert said in verdict_on(attempt, checks.hold_over_padding, capsys)


@pytest.mark.parametrize(
    ("cut", "tokens"),
    [
        ("fewest", ["甲乙", "丙", "子", "丑", "丁", "丙丁"]),
        ("shortest", ["甲", "乙", "丙", "子", "丑", "丁", "丙", "丁"]),
        ("from_the_right", ["甲", "乙丙", "子", "丑", "丁", "丙丁"]),
        ("without_rest", ["甲乙", "丙", "丁", "丙丁"]),
        ("rest_together", ["甲乙", "丙", "子丑", "丁", "丙丁"]),
    ],
)
def test_other_cuts_by_hand(cut, tokens):
    words = {"甲", "甲乙", "乙", "乙丙", "丙", "丁", "丙丁"}
    assert getattr(cuts, cut)("甲乙丙子丑丁丙丁", words) == tokens
