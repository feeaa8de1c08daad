"""The checks of notebook 09."""

from collections.abc import Callable
from math import inf

import torch
from torch import Tensor

from ..judge import as_tensor, fixed_numbers, judge, say, whole


@fixed_numbers
def positions_looked_at(attempt: Callable) -> None:
    """Check `positions_looked_at(weights)`: over how many positions each step spreads its look, exp(-Σ w ln w),
    (steps,). weights is (steps, seq), some of them 0."""

    def entropy(weights):
        return -torch.special.xlogy(weights, weights).sum(dim=-1)

    def positions_looked_at(weights):
        return entropy(weights).exp()

    slips = {
        "0 · ln 0 is NaN in floating point: such a position adds 0": [
            lambda weights: (-(weights * weights.log()).sum(dim=-1)).exp()
        ],
        "that is the entropy: raise e to it": [entropy],
        "with the logarithm of base 2, raise 2 to it, not e": [
            lambda weights: (entropy(weights) / torch.tensor(2).log()).exp()
        ],
        "the sum of w ln w is negative: change its sign": [lambda weights: (-entropy(weights)).exp()],
        "one number for each step: do not add up the steps": [lambda weights: entropy(weights).sum().exp().expand(4)],
        "that counts the positions whose weight is not 0": [lambda weights: (weights > 0).sum(dim=-1).float()],
    }
    weights = torch.rand(4, 5)
    covered = torch.eye(4, 5)
    covered[1] = torch.tensor([0.5, 0.5, 0, 0, 0])
    covered[3] = 0.2
    cases = [
        (name, (one,), positions_looked_at(one))
        for name, one in {
            "four steps without a 0": weights / weights.sum(dim=-1, keepdim=True),
            "looks of one, two and five positions": covered,
        }.items()
    ]
    judge(attempt, cases, slips, "one number for each step, a tensor (steps,)")


@fixed_numbers
def product_scores(attempt: Callable) -> None:
    """Check `product_scores(d, h, W)`: the scores d · W h_s, (batch, seq), of Luong, Pham & Manning (2015), equation 8,
    "general". d is (batch, size), h (batch, seq, size) and W (size, size)."""

    def product_scores(d, h, W):
        return (h @ W.T @ d[..., None])[..., 0]

    slips = {
        "W acts on h, not on d": [lambda d, h, W: (h @ W @ d[..., None])[..., 0]],
        "use W": [lambda d, h, W: (h @ d[..., None])[..., 0]],
        "return the scores, before the softmax": [lambda *given: product_scores(*given).softmax(dim=-1)],
        "keep the axis of the steps: one score for each state": [lambda *given: product_scores(*given).sum(dim=1)],
        "add up over the features, not over the steps": [
            lambda d, h, W: ((h @ W.T) * d[:, None]).sum(dim=1),
            lambda d, h, W: (h @ W.T) * d[:, None],
        ],
        "these scores are not divided by anything": [
            lambda d, h, W: product_scores(d, h, W) / d.shape[-1] ** 0.5,
        ],
    }
    cases = []
    for name, (batch, seq, size) in {"two sequences": (2, 5, 3), "one state": (3, 1, 4)}.items():
        arguments = (torch.randn(batch, size), torch.randn(batch, seq, size), torch.randn(size, size))
        cases.append((name, arguments, product_scores(*arguments)))
    judge(attempt, cases, slips, "a tensor (batch, seq)")


@fixed_numbers
def within_reach(attempt: Callable) -> None:
    """Check `within_reach(scores, reach)`: weights, (seq, seq), where each position looks at those at most `reach`
    before or after it, itself among them. scores is (seq, seq)."""

    def far(scores, reach):
        positions = torch.arange(len(scores))
        return (positions[:, None] - positions).abs() > reach

    def within_reach(scores, reach, too_far=far):
        return scores.masked_fill(too_far(scores, reach), -inf).softmax(dim=-1)

    def one_sided(scores, reach):
        positions = torch.arange(len(scores))
        return far(scores, reach) | (positions > positions[:, None])

    slips = {
        "cover before the softmax: now the weights of a position no longer add up to 1": [
            lambda scores, reach: scores.softmax(dim=-1).masked_fill(far(scores, reach), 0)
        ],
        "a score of 0 is not a weight of 0: cover with minus infinity": [
            lambda scores, reach: scores.masked_fill(far(scores, reach), 0).softmax(dim=-1)
        ],
        "look to both sides": [lambda scores, reach: within_reach(scores, reach, one_sided)],
        "a position at a distance of `reach` itself is seen": [lambda scores, reach: within_reach(scores, reach - 1)],
        "you covered what is near": [lambda scores, reach: within_reach(scores, reach, lambda *given: ~far(*given))],
        "each row is one position that looks: the softmax runs along the last axis": [
            lambda scores, reach: scores.masked_fill(far(scores, reach), -inf).softmax(dim=0)
        ],
        "return the weights, after the softmax": [lambda scores, reach: scores.masked_fill(far(scores, reach), -inf)],
    }
    cases = []
    for seq, reach in ((5, 1), (7, 3), (4, 0)):
        arguments = (torch.randn(seq, seq).fill_diagonal_(0), reach)  # a score may be 0
        cases.append((f"{seq} positions and a reach of {reach}", arguments, within_reach(*arguments)))
    judge(attempt, cases, slips, "a tensor (seq, seq)")


@fixed_numbers
def position_waves(attempt: Callable) -> None:
    """Check `position_waves(seq, size)`: (seq, size), at position p, counted from 0, sin(p / 10000^(2i / size)) in
    column 2i and the cosine in column 2i + 1. Vaswani et al. (2017), section 3.5."""

    def position_waves(seq, size, *, first=0, power=2, swapped=False, halves=False):
        positions = torch.arange(first, first + seq, dtype=torch.float64)[:, None]
        angles = positions / 10_000 ** (power * torch.arange(size // 2) / size)
        pair = [angles.cos(), angles.sin()] if swapped else [angles.sin(), angles.cos()]
        return torch.cat(pair, dim=1) if halves else torch.stack(pair, dim=-1).flatten(1)

    def slip(**options):
        return [lambda seq, size: position_waves(seq, size, **options)]

    slips = {
        "count the positions from 0": slip(first=1),
        "the sine stands in the even columns, the cosine in the odd ones": slip(swapped=True),
        "a sine and its cosine stand side by side": slip(halves=True),
        "column 2i has the exponent 2i / size": slip(power=1) + slip(power=4),
        "a row for each position, a column for each feature": [lambda seq, size: position_waves(seq, size).T],
    }
    cases = [
        (f"{seq} positions of {size} features", (seq, size), position_waves(seq, size))
        for seq, size in ((7, 6), (3, 4), (whole(4, 12), 2 * whole(3, 6)))
    ]
    judge(attempt, cases, slips, "a tensor (seq, size)")


@fixed_numbers
def one_more(attempt: Callable) -> None:
    """Check `one_more(query, key, value, keys, values)`: what a new word sees, which looks at all before it and at
    itself, and the keys and values that are kept for the next. query, key and value are (batch, size), keys and values
    (batch, seq, size), seq may be 0. The answer: [(batch, size), (batch, seq + 1, size), (batch, seq + 1, size)]."""

    def grown(kept, new, front=False):
        return torch.cat([new[:, None], kept] if front else [kept, new[:, None]], dim=1)

    def look(query, keys, values, scale=0.5):
        scores = (keys @ query[..., None])[..., 0] / query.shape[-1] ** scale
        return (scores.softmax(dim=-1)[:, None] @ values)[:, 0]

    def one_more(query, key, value, keys, values, *, front=False, scale=0.5):
        keys, values = grown(keys, key, front), grown(values, value, front)
        return [look(query, keys, values, scale), keys, values]

    def without_itself(query, key, value, keys, values):
        return [look(query, keys, values), grown(keys, key), grown(values, value)]

    def forgetful(query, key, value, keys, values):
        return [one_more(query, key, value, keys, values)[0], keys, values]

    slips = {
        "the new word looks at itself, too": [without_itself],
        "keep the new key and value for the next word": [forgetful],
        "divide the scores by the root of the size": [lambda *given: one_more(*given, scale=0)],
        "the root of the size, not the size itself": [lambda *given: one_more(*given, scale=1)],
        "a batch may be of one text: `squeeze()` without an axis takes that axis off as well": [
            lambda *given: [one.squeeze() if one.ndim == 2 else one for one in one_more(*given)]
        ],
        "the new key and value come last": [lambda *given: one_more(*given, front=True)],
    }
    cases = []
    sizes = {"three words before": (2, 3, 6), "no word before": (2, 0, 3), "six words before": (3, 6, 2)}
    sizes["a batch of one text"] = (1, 4, 5)
    for name, (batch, seq, size) in sizes.items():
        new = [torch.randn(batch, size) for _ in range(3)]
        kept = [torch.randn(batch, seq, size) for _ in range(2)]
        arguments = (*new, *kept)
        cases.append((name, arguments, one_more(*arguments)))
    judge(attempt, cases, slips, "what is seen, the keys and the values, as a list of three tensors")


def looks_one_back(attempt: Callable) -> None:
    """Check `looks_one_back(seq)`: W_q and W_k, both (seq, seq), for one head over the unit vectors of seq positions:
    with q = x @ W_q.T and k = x @ W_k.T every position but the first gives 0.99 of its weight to the one before it."""

    def verdict() -> str:
        for seq in (5, 8, 12):
            answer = attempt(seq)
            if answer is None or answer is ...:
                return "not attempted yet."
            form = "not yet. Return a pair (W_q, W_k) of tensors (seq, seq), of finite numbers."
            if not isinstance(answer, tuple | list) or len(answer) != 2:
                return form
            answer = [as_tensor(one) for one in answer]
            if not all(isinstance(one, Tensor) and one.shape == (seq, seq) and one.isfinite().all() for one in answer):
                return form
            q, k = (one.detach().double().T for one in answer)  # x is the identity
            weights = (q @ k.T / seq**0.5).softmax(dim=-1)
            shares = {way: weights.diagonal(way).min().item() for way in (-1, 0, 1)}
            if shares[-1] >= 0.99:
                continue
            if shares[1] > 0.5:
                return (
                    f"not yet. Of {seq} positions each looks at the one after it. Hint: exchange the two, or transpose."
                )
            if shares[0] > 0.5:
                return f"not yet. Of {seq} positions each looks at itself. Hint: let one of the two move the positions."
            if shares[-1] > 1.5 / seq:
                said = f"the smallest share on the position before is {shares[-1]:.2f}"
                return f"not yet. Of {seq} positions {said}. Hint: larger scores make a sharper softmax."
            return f"not yet. Of {seq} positions the smallest share on the position before is {shares[-1]:.2f}."
        return "correct."

    say(attempt, verdict)
