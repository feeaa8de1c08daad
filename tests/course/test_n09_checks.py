"""The exercises of notebook 09: right answers in several forms, and wrong ones with the hint that they get."""

import math

import pytest
import torch
from verdict import verdict_on

from seqmem_lib.course.n09_looking_back import checks


def spread(weights):
    return torch.distributions.Categorical(probs=weights).entropy().exp()


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda w: (-torch.special.xlogy(w, w).sum(dim=1)).exp(), ": correct."),
        (lambda w: 2 ** -(w * w.clamp(min=1e-30).log2()).sum(dim=1), ": correct."),
        (lambda w: torch.where(w > 0, w**-w, 1).prod(dim=1), ": correct."),
        (lambda w: ..., "not attempted yet."),
        (lambda w: (-(w * w.log()).sum(dim=1)).exp(), "Hint: 0 · ln 0 is NaN in floating point"),
        (lambda w: (-(w * (w + 1e-3).log()).sum(dim=1)).exp(), "The numbers are wrong for four steps without a 0"),
        (lambda w: 1 / w.square().sum(dim=1), "The numbers are wrong for four steps without a 0"),
        (lambda w: -torch.special.xlogy(w, w).sum(dim=1), "Hint: that is the entropy"),
        (lambda w: (-(w * w.clamp(min=1e-30).log2()).sum(dim=1)).exp(), "Hint: with the logarithm of base 2"),
        (lambda w: torch.special.xlogy(w, w).sum(dim=1).exp(), "Hint: the sum of w ln w is negative"),
        (lambda w: (w > 0).sum(dim=1), "Hint: that counts the positions"),
        (lambda w: (-torch.special.xlogy(w, w).sum()).exp(), "not yet. Return one number for each step"),
    ],
)
def test_positions_looked_at(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.positions_looked_at, capsys)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda d, h, W: torch.einsum("bi,ij,bsj->bs", d, W, h), ": correct."),
        (lambda d, h, W: (d[:, None] @ W @ h.mT)[:, 0], ": correct."),
        (lambda d, h, W: ..., "not attempted yet."),
        (lambda d, h, W: torch.einsum("bj,ij,bsi->bs", d, W, h), "Hint: W acts on h, not on d"),
        (lambda d, h, W: torch.einsum("bi,bsi->bs", d, h), "Hint: use W"),
        (lambda d, h, W: torch.einsum("bi,ij,bsj->bs", d, W, h).softmax(1), "Hint: return the scores"),
        (lambda d, h, W: torch.einsum("bi,ij,bsj->bs", d, W, h) / d.shape[1] ** 0.5, "Hint: these scores are not"),
        (lambda d, h, W: torch.einsum("bi,ij,bsj->bi", d, W, h), "Hint: add up over the features"),
        (lambda d, h, W: h @ W.T @ d[0], "not yet. The numbers are wrong for two sequences"),
        (lambda d, h, W: (h @ W.T).tanh().mul(d[:, None]).sum(dim=2), "not yet. The numbers are wrong for two"),
        (lambda d, h, W: d @ W @ h, "your function stopped with RuntimeError"),
        (lambda d, h, W: (h @ W.T @ d[..., None]).squeeze(), "not yet. Return a tensor (batch, seq)"),  # of one state
    ],
)
def test_product_scores(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.product_scores, capsys)


def near(scores, reach):
    ones = torch.ones_like(scores)
    return (ones.triu(-reach) * ones.tril(reach)).bool()


def by_loop(scores, reach):
    weights = torch.zeros_like(scores)
    for t in range(len(scores)):
        seen = slice(max(0, t - reach), t + reach + 1)
        weights[t, seen] = scores[t, seen].softmax(dim=0)
    return weights


def by_attention(scores, reach):
    """In PyTorch's default precision."""
    none, mask = torch.zeros(1, len(scores), len(scores)), scores.where(near(scores, reach), -math.inf)
    return torch.nn.functional.scaled_dot_product_attention(none, none, torch.eye(len(scores))[None], attn_mask=mask)[0]


def covered_by_value(scores, reach):
    banded = scores.tril(reach).triu(-reach)
    return banded.masked_fill(banded == 0, -math.inf).softmax(1)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (by_attention, ": correct."),
        (covered_by_value, "not yet. The numbers are wrong for 5 positions"),  # a score may be 0
        (lambda s, r: by_loop(s, 1), "not yet. The numbers are wrong for 7 positions and a reach of 3."),
        (lambda s, r: by_loop(s, max(r, 1)), "not yet. The numbers are wrong for 4 positions and a reach of 0."),
        (lambda s, r: s.where(near(s, r), torch.tensor(-math.inf)).softmax(1), ": correct."),
        (by_loop, ": correct."),
        (lambda s, r: s.exp() * near(s, r) / (s.exp() * near(s, r)).sum(1, keepdim=True), ": correct."),
        (lambda s, r: ..., "not attempted yet."),
        (lambda s, r: s.softmax(1) * near(s, r), "Hint: cover before the softmax"),
        (lambda s, r: (s * near(s, r)).softmax(1), "Hint: a score of 0 is not a weight of 0"),
        (lambda s, r: by_loop(s, r - 1), "Hint: a position at a distance of `reach` itself"),
        (lambda s, r: s.masked_fill(~near(s, r).tril(), -math.inf).softmax(1), "Hint: look to both sides"),
        (lambda s, r: s.masked_fill(~near(s, r), -math.inf).softmax(0), "Hint: each row is one position"),
        (lambda s, r: s.masked_fill(~near(s, r), -math.inf), "Hint: return the weights, after the softmax"),
        (lambda s, r: s.softmax(1), "not yet. The numbers are wrong"),
    ],
)
def test_within_reach(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.within_reach, capsys)


def by_numbers(seq, size, *, start=0, power=2):
    rows = []
    for p in range(start, start + seq):
        angles = [p / 10_000 ** (power * (j // 2) / size) for j in range(size)]
        rows.append([math.cos(one) if j % 2 else math.sin(one) for j, one in enumerate(angles)])
    return torch.tensor(rows)


def in_place(seq, size):
    waves, positions = torch.empty(seq, size), torch.arange(seq)[:, None]
    rates = torch.exp(-math.log(10_000) * torch.arange(0, size, 2) / size)
    waves[:, 0::2], waves[:, 1::2] = (positions * rates).sin(), (positions * rates).cos()
    return waves


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (by_numbers, ": correct."),
        (in_place, ": correct."),
        (lambda seq, size: ..., "not attempted yet."),
        (lambda seq, size: by_numbers(seq, size, start=1), "Hint: count the positions from 0"),
        (lambda seq, size: by_numbers(seq, size, power=1), "Hint: column 2i has the exponent"),
        (lambda seq, size: by_numbers(seq, size).unflatten(1, (-1, 2)).flip(2).flatten(1), "Hint: the sine stands in"),
        (lambda seq, size: in_place(seq, size).unflatten(1, (-1, 2)).mT.flatten(1), "Hint: a sine and its cosine"),
        (lambda seq, size: in_place(seq, size).T, "Hint: a row for each position"),
        (lambda seq, size: in_place(seq, size)[None], "not yet. Return a tensor (seq, size)"),
        (lambda seq, size: by_numbers(seq, size, power=2 * size / 6), "wrong for 3 positions of 4 features"),
        (lambda seq, size: torch.eye(seq, size), "not yet. The numbers are wrong"),
    ],
)
def test_position_waves(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.position_waves, capsys)


def by_torch(q, k, v, keys, values):
    keys, values = torch.cat([keys, k[:, None]], 1), torch.cat([values, v[:, None]], 1)
    seen = torch.nn.functional.scaled_dot_product_attention(q[:, None], keys, values)
    return seen[:, 0], keys, values


def by_sum(q, k, v, keys, values, *, scale=0.5, itself=True):
    old, keys = keys, torch.cat([keys, k.unsqueeze(1)], 1)
    held, values = values, torch.cat([values, v.unsqueeze(1)], 1)
    looked, handed = (keys, values) if itself else (old, held)
    w = torch.einsum("bi,bsi->bs", q, looked) / q.shape[1] ** scale
    return [torch.einsum("bs,bsi->bi", w.softmax(1), handed), keys, values]


def by_lists(q, k, v, keys, values):
    """In PyTorch's default precision, sequence by sequence."""
    seen, keys, values = [], torch.cat([keys, k[:, None]], 1), torch.cat([values, v[:, None]], 1)
    for one, own, given in zip(q, keys, values, strict=True):
        weights = torch.tensor([math.exp(score) for score in own @ one / math.sqrt(len(one))])
        seen.append(weights / weights.sum() @ given)
    return [torch.stack(seen), keys, values]


def scaled_by(scale, last=99):
    def attempt(q, k, v, keys, values):
        _, keys, values = by_sum(q, k, v, keys, values)
        w = torch.einsum("bi,bsi->bs", q, keys[:, -last:]) * scale(keys)
        return [torch.einsum("bs,bsi->bi", w.softmax(1), values[:, -last:]), keys, values]

    return attempt


def never_empty(q, k, v, keys, values):
    return by_sum(q, k, v, keys, values) if keys.shape[1] else [v, keys, values]


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (by_lists, ": correct."),
        (scaled_by(lambda keys: keys.shape[2] ** -0.5), ": correct."),
        (scaled_by(lambda keys: keys.shape[1] ** -0.5), "not yet. The numbers are wrong for three words before"),
        (scaled_by(lambda keys: 0.5), "not yet. The numbers are wrong for three words before"),
        (scaled_by(lambda keys: keys.shape[2] ** -0.5, last=4), "not yet. The numbers are wrong for six words before"),
        (never_empty, "not yet. Return what is seen, the keys and the values"),
        (lambda *given: list(by_torch(*given)), ": correct."),
        (by_torch, ": correct."),
        (by_sum, ": correct."),
        (lambda *_: ..., "not attempted yet."),
        (lambda *given: by_sum(*given, itself=False), "Hint: the new word looks at itself"),
        (lambda *given: [by_sum(*given)[0], *given[3:]], "not yet. Hint: keep the new key and value"),
        (lambda *given: by_sum(*given, scale=0), "Hint: divide the scores by the root"),
        (lambda *given: by_sum(*given, scale=1), "Hint: the root of the size, not"),
        (lambda *given: [by_sum(*given)[0], *(one.roll(1, 1) for one in by_sum(*given)[1:])], "Hint: the new key"),
        (lambda *given: [by_sum(*given)[0].squeeze(), *by_sum(*given)[1:]], "Hint: a batch may be of one text"),
        (lambda *given: by_sum(*given)[0], "not yet. Return what is seen"),
    ],
)
def test_one_more(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.one_more, capsys)


def back(seq):
    return torch.eye(seq).roll(1, dims=0)  # row t is the unit vector of position t - 1


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda seq: (40 * torch.eye(seq), back(seq)), ": correct."),
        (lambda seq: (40 * back(seq).T, torch.eye(seq)), ": correct."),
        (lambda seq: [7 * torch.eye(seq), 7 * torch.diag(torch.ones(seq - 1), -1)], ": correct."),
        (lambda seq: ..., "not attempted yet."),
        (lambda seq: (40 * torch.eye(seq), back(seq).T), "each looks at the one after it"),
        (lambda seq: (40 * torch.eye(seq), torch.eye(seq)), "each looks at itself"),
        (lambda seq: (20 * torch.eye(seq), back(seq)), "Of 12 positions the smallest share on the position before"),
        (lambda seq: (1000 * torch.ones(seq, seq).tril(-1), torch.eye(seq)), "not yet. Of 5 positions"),
        (lambda seq: (4 * torch.eye(seq), back(seq)), "Hint: larger scores make a sharper softmax"),
        (lambda seq: (torch.zeros(seq, seq), back(seq)), "share on the position before is 0.20."),
        (lambda seq: (math.nan * torch.eye(seq), back(seq)), "not yet. Return a pair"),
        (lambda seq: 40 * torch.eye(seq), "not yet. Return a pair"),
    ],
)
def test_looks_one_back(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.looks_one_back, capsys)
