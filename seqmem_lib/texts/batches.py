"""Sequences of different lengths as batches: padding, and a data set that is there from the beginning."""

from collections.abc import Iterable, Sequence

import torch
from torch import Generator, Tensor
from torch.nn.utils.rnn import pad_sequence

from ..arguments import check_generator, check_list, one_of, shown, true_or_false, whole_number

WHOLE = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)


def pad(sequences: Iterable[Sequence[int] | Tensor], *, side: str = "right", length: int | None = None) -> Tensor:
    """Sequences of numbers as one Tensor, (batch, seq), filled up with 0.

    side : where the padding goes, "right" or "left"
    length : seq, at least as long as the longest sequence; just as long if omitted

    Raises TypeError if sequences is no list, ValueError if a sequence is empty, holds something else than whole numbers
    above 0 or is too long, or side is unknown.
    """
    one_of("side", side, ("right", "left"))
    tensors = [as_numbers("sequences", sequence).long() for sequence in check_list("sequences", sequences)]
    if not all(map(len, tensors)) or not tensors:
        raise ValueError("sequences must hold at least one, and none that is empty")
    longest = max(map(len, tensors))
    length = longest if length is None else whole_number("length", length, longest)
    padded = pad_sequence(tensors, batch_first=True, padding_side=side)
    if (padded > 0).sum() != sum(map(len, tensors)):
        raise ValueError("sequences must hold numbers from 1 on, and not the number 0, which stands for padding")
    missing = length - longest
    return torch.nn.functional.pad(padded, (0, missing) if side == "right" else (missing, 0))


def as_numbers(name: str, sequence) -> Tensor:
    """A sequence of whole numbers as a tensor on the CPU. Raises ValueError if it is something else."""
    try:
        tensor = torch.as_tensor(sequence, device="cpu")
    except (TypeError, ValueError, RuntimeError):
        tensor = None
    if tensor is not None and tensor.shape == (0,):
        return tensor.int()  # torch takes an empty list for one of fractions
    if tensor is None or tensor.ndim != 1 or tensor.dtype not in WHOLE:
        raise ValueError(f"{name} must hold lists of whole numbers, not {shown(sequence)}")
    return tensor


class Batches:
    """Texts that are there from the beginning, as a task for `train`: each pass over them is in a new random order.

    sequences, labels : the numbers of each text's words, a list or a Tensor, and its class
    side, length : of the padding, as in `pad`. If the length is omitted, each batch is as long as its longest text.
    by_length : put texts of about the same length into a batch, which saves most of the padding

    Called as `task(batch_size, generator=...)`, it returns the next batch: x, (batch, seq), and y, (batch,). One batch
    of a pass, the last if they are not by length, holds what is left. `len(batches)` is the number of texts.

    Raises TypeError if sequences or labels is no list, ValueError if there is not one label for each text, or an
    argument is not possible.
    """

    def __init__(self, sequences, labels, *, side: str = "right", length: int | None = None, by_length: bool = False):
        self.sequences = [as_numbers("sequences", one).int() for one in check_list("sequences", sequences)]
        self.side, self.by_length = one_of("side", side, ("right", "left")), true_or_false("by_length", by_length)
        longest = max(map(len, self.sequences), default=1)
        self.length = None if length is None else whole_number("length", length, longest)
        labels = check_list("labels", labels)
        self.labels = torch.tensor([whole_number("each of labels", one, 0) for one in labels], device="cpu")
        if self.labels.shape != (len(self.sequences),) or not self.sequences:
            raise ValueError(f"labels holds {len(self.labels)} and sequences {len(self.sequences)}: give one for each")
        self._left = []

    def __len__(self) -> int:
        return len(self.sequences)

    def __call__(self, batch_size: int, *, generator: Generator) -> tuple[Tensor, Tensor]:
        batch_size, options = whole_number("batch_size", batch_size, 1), check_generator(generator)
        if not self._left:
            self._left = self._shuffled(batch_size, **options)
        chosen = self._left.pop(0)
        return pad([self.sequences[k] for k in chosen], side=self.side, length=self.length), self.labels[chosen]

    def _shuffled(self, batch_size: int, **options) -> list[list[int]]:
        order = torch.randperm(len(self), **options).tolist()
        if self.by_length:  # not all of them sorted, so that each pass has other batches
            pools = [order[k : k + 50 * batch_size] for k in range(0, len(order), 50 * batch_size)]
            order = [k for pool in pools for k in sorted(pool, key=lambda k: len(self.sequences[k]))]
        batches = [order[k : k + batch_size] for k in range(0, len(order), batch_size)]
        mixed = torch.randperm(len(batches), **options).tolist() if self.by_length else range(len(batches))
        return [batches[k] for k in mixed]
