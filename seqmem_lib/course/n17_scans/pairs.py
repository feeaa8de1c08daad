"""The task of notebook 17 on which the layers differ: keys whose values are overwritten."""

import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy, one_hot

from ...arguments import whole_number
from ...tasks.task import Task, check_read

KEYS, VALUES = 8, 4
NOT_DUE = -100  # cross_entropy leaves such steps out


def overwritten_pairs(seq: int) -> Task:
    """Write values under keys, often over an old one, and read them: at a read, the value last written is due.

    x, (batch, seq, 13): one of eight keys, one-hot; at a write one of four values, one-hot, else zeros; 1 at a read.
    y, (batch, seq): at a read the value last written under its key, elsewhere -100, which counts for nothing.

    seq : at least 2. Each step is a write or a read, as likely as not, of a random key; where that key has not been
        written yet, the step writes.

    Guessing is right at one read of four. In the spirit of Schlag, Irie & Schmidhuber (2021), who let keys come again
    with new values; theirs are read once, at the end.
    Raises ValueError if seq is not a whole number of at least 2.
    """
    seq = whole_number("seq", seq, 2)

    def draw(batch_size: int, *, generator: Generator) -> tuple[Tensor, Tensor]:
        options = {"generator": generator, "device": "cpu"}
        key, value = (torch.randint(n, (batch_size, seq), **options) for n in (KEYS, VALUES))
        wish = torch.randint(2, (batch_size, seq), **options) == 1
        held, y = (torch.full((batch_size, n), NOT_DUE, device="cpu") for n in (KEYS, seq))
        for t in range(seq):
            found = held.gather(1, key[:, t : t + 1])[:, 0]
            read = wish[:, t] & (found != NOT_DUE)
            y[:, t] = torch.where(read, found, NOT_DUE)
            held.scatter_(1, key[:, t : t + 1], torch.where(read, found, value[:, t])[:, None])
        write = (y == NOT_DUE)[..., None].float()
        return torch.cat([one_hot(key, KEYS), write * one_hot(value, VALUES), 1 - write], dim=-1), y

    return Task(
        f"overwritten pairs, {seq} steps", draw, KEYS + VALUES + 1, VALUES, _loss, _metric, chance=1 / 4, tokens=_tokens
    )


def _loss(output: Tensor, y: Tensor) -> Tensor:
    return cross_entropy(output.transpose(1, 2), y, ignore_index=NOT_DUE)


def _metric(output: Tensor, y: Tensor) -> Tensor:
    due = y != NOT_DUE
    return (output.argmax(dim=-1)[due] == y[due]).float().mean()


def _tokens(x: Tensor) -> list[list[str]]:
    check_read(x, KEYS + VALUES + 1)
    keys, values = x[..., :KEYS].argmax(dim=-1), x[..., KEYS:-1].argmax(dim=-1)
    return [
        ["ABCDEFGH"[k] + ("?" if r else "=" + "1234"[v]) for k, v, r in zip(*each, strict=True)]
        for each in zip(keys.tolist(), values.tolist(), x[..., -1].tolist(), strict=True)
    ]
