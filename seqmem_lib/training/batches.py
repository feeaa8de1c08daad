"""A data set that is there from the beginning, as a task: sequences of different lengths, padded into batches."""

from collections.abc import Iterator
from weakref import WeakKeyDictionary

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy

from ..arguments import check_generator, check_list, one_of, true_or_false, whole_number
from ..tasks.judging import share_right
from .padding import NO_CLASS, as_sequence, as_sequences, padded, real_steps

# generator -> the batches that are left of its pass. An older torch cannot tell that a generator is no longer used.
Passes = WeakKeyDictionary if Generator.__weakrefoffset__ else dict


class Batches:
    """A data set as a task for `train`: each pass over it is in a new random order.

    sequences : the numbers of each text's words, a list or a Tensor, (seq,); or vectors, (seq, features)
    labels : one class for each sequence; or for each a sequence of classes, (seq,), or of vectors, (seq, n), as long as
        it is: targets at each step
    side, length : of the padding, as in `pad`. If the length is omitted, each batch is as long as its longest sequence.
    by_length : put sequences of about the same length into a batch, which saves most of the padding

    Called as `task(batch_size, generator=...)`, it returns the next batch: x, (batch, seq) or (batch, seq, features),
    and y, (batch,), or with targets at each step (batch, seq) or (batch, seq, n), which is -100 or NaN in the padding.
    Each generator has a pass of its own: a new one begins anew. One batch of a pass, the last if they are not by
    length, holds what is left. `len(batches)` is the number of sequences.

    The loss is the cross-entropy of classes, or the squared error of vectors, the metric the accuracy or the error;
    padding counts in neither. For others of your own there is `real_steps`.

    Raises TypeError if sequences or labels is no list, ValueError, with the index, if a sequence is empty or one of the
    others is not as above, or there is not one label for each sequence.

    >>> batches = sm.Batches([[2, 3, 4], [5, 6]], labels=[1, 0])
    >>> x, y = batches(2, generator=torch.Generator().manual_seed(0))
    >>> x.shape, y.shape  # padded with 0 on the right
    (torch.Size([2, 3]), torch.Size([2]))
    """

    def __init__(self, sequences, labels, *, side: str = "right", length: int | None = None, by_length: bool = False):
        self.sequences = as_sequences("sequences", sequences)
        self.side, self.by_length = one_of("side", side, ("right", "left")), true_or_false("by_length", by_length)
        longest = max(map(len, self.sequences))
        self.length = None if length is None else whole_number("length", length, longest)
        self.labels = _as_labels(labels, self.sequences)
        self.at_each_step = isinstance(self.labels, list)
        of_vectors = self.at_each_step and self.labels[0].ndim == 2
        self.loss, self.metric = (error_of_steps, error_of_steps) if of_vectors else (loss_of_classes, accuracy)
        self._left = Passes()

    def __len__(self) -> int:
        return len(self.sequences)

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_left": {}}

    def __setstate__(self, state: dict) -> None:
        self.__dict__ = state | {"_left": Passes()}  # a copy begins anew

    def __call__(self, batch_size: int, *, generator: Generator) -> tuple[Tensor, Tensor]:
        batch_size, options = whole_number("batch_size", batch_size, 1), check_generator(generator)
        if not self._left.get(generator):
            self._left[generator] = self._shuffled(batch_size, **options)
        return self._batch(self._left[generator].pop(0))

    def once(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Every sequence once, those of about the same length together."""
        order = sorted(range(len(self)), key=lambda k: len(self.sequences[k]))
        return (self._batch(order[k : k + batch_size]) for k in range(0, len(order), batch_size))

    def _batch(self, chosen: list[int]) -> tuple[Tensor, Tensor]:
        x = [self.sequences[k] for k in chosen]
        length = max(map(len, x)) if self.length is None else self.length
        if not self.at_each_step:
            return padded(x, self.side, length), self.labels[chosen]
        y = [self.labels[k] for k in chosen]
        outside = torch.nan if y[0].is_floating_point() else NO_CLASS
        return padded(x, self.side, length), padded(y, self.side, length, outside)

    def _shuffled(self, batch_size: int, **options) -> list[list[int]]:
        order = torch.randperm(len(self), **options).tolist()
        if self.by_length:  # not all of them sorted, so that each pass has other batches
            pools = [order[k : k + 50 * batch_size] for k in range(0, len(order), 50 * batch_size)]
            order = [k for pool in pools for k in sorted(pool, key=lambda k: len(self.sequences[k]))]
        batches = [order[k : k + batch_size] for k in range(0, len(order), batch_size)]
        mixed = torch.randperm(len(batches), **options).tolist() if self.by_length else range(len(batches))
        return [batches[k] for k in mixed]

    def check(self, model: nn.Module, *, own_loss: bool) -> None:
        """What a training would stumble over in some later batch is named before it begins: the sequence with the
        largest number goes through the model, and the classes must have scores.

        Raises ValueError with the index; what the model raises is passed on.
        """
        k = max(range(len(self)), key=lambda k: self.sequences[k].max())
        known, most = getattr(model, "embedding", None), self.sequences[k].max()
        if self.sequences[k].ndim == 1 and isinstance(known, nn.Embedding) and most >= known.num_embeddings:
            last = known.num_embeddings - 1
            raise ValueError(
                f"sequences[{k}] holds the number {most}, but the model knows 1 to {last}: make it with "
                "vocabulary_size=len(vocabulary)"
            )
        was_training, parameter = model.training, next(model.parameters())
        model.eval()
        try:
            with torch.no_grad():
                x, y = self._batch([k])
                output = model(x.to(parameter.device, parameter.dtype if x.is_floating_point() else None))
        except Exception as error:
            error.add_note(f"at sequences[{k}]")
            raise
        finally:
            model.train(was_training)
        if self.loss is not loss_of_classes or not isinstance(output, Tensor):
            return
        if output.ndim != y.ndim + 1 and not own_loss:
            raise ValueError(
                f"the model answers {tuple(output.shape)}, and labels need scores of the shape "
                f"{(*y.shape, 'classes')}: use another model, or pass a loss_function"
            )
        labels = self.labels if self.at_each_step else self.labels.unsqueeze(1)
        k = max(range(len(self)), key=lambda k: labels[k].max())
        if (most := labels[k].max()) >= (classes := output.shape[-1]) and not (own_loss and classes == 1):
            raise ValueError(
                f"labels[{k}] holds the class {most}, but the model has scores for 0 to {classes - 1}: "
                f"make it with {most + 1} classes, or look for a wrong label"
            )

    def check_shape(self, batch_size: int, *, like: "Batches") -> None:
        """Several models read their batches in lock-step, each in an order of its own. Raises ValueError if these, and
        those of `like`, could be of different shapes.
        """
        lengths = {self.length} if self.length else set(map(len, self.sequences))
        if len(lengths) > 1:
            raise ValueError(
                f"task is Batches of {min(lengths)} to {max(lengths)} steps: pass them a length, which is "
                "then that of every batch, or train the models one by one"
            )
        if len(self) % batch_size and (self.by_length or not isinstance(like, Batches) or len(like) != len(self)):
            raise ValueError(
                f"task is Batches of {len(self)} sequences, and a batch_size of {batch_size} leaves some over, "
                "for each model at another time: leave out by_length, or give each model as many sequences, "
                "or train the models one by one"
            )


def _as_labels(labels, sequences: list[Tensor]) -> Tensor | list[Tensor]:
    """One class for each sequence, (batch,); or the targets at each step, a list of (seq,) or (seq, n)."""
    labels = check_list("labels", labels)
    if len(labels) != len(sequences):
        raise ValueError(f"labels holds {len(labels)} and sequences {len(sequences)}: give one for each")
    if all(getattr(one, "ndim", isinstance(one, list | tuple)) == 0 for one in labels):
        return torch.tensor([whole_number(f"labels[{k}]", one, 0) for k, one in enumerate(labels)], device="cpu")
    targets = [as_sequence(f"labels[{k}]", one) for k, one in enumerate(labels)]
    for k, (one, sequence) in enumerate(zip(targets, sequences, strict=True)):
        if len(one) != len(sequence):
            raise ValueError(f"labels[{k}] has {len(one)} steps and sequences[{k}] {len(sequence)}: give one for each")
        if one.shape[1:] != targets[0].shape[1:] or (one.ndim == 1 and one.min() < 0):
            raise ValueError(f"labels[{k}] must hold classes from 0 on, or vectors of one size, as the others do")
    return targets


def loss_of_classes(output: Tensor, y: Tensor) -> Tensor:
    """The mean cross-entropy, without the padding.

    output : Tensor, (batch, classes) or (batch, seq, classes), scores; y : Tensor, (batch,) or (batch, seq)
    """
    return cross_entropy(output.flatten(0, -2), y.flatten(), ignore_index=NO_CLASS)


def accuracy(output: Tensor, y: Tensor) -> Tensor:
    """The share of right answers, from 0 to 1, without the padding. Shapes are as for `loss_of_classes`."""
    return share_right(*real_steps(output, y))


def error_of_steps(output: Tensor, y: Tensor) -> Tensor:
    """The mean squared error, without the padding: of output and y, (batch, seq, n)."""
    if output.shape != y.shape:
        raise ValueError(f"the model answers {tuple(output.shape)}, but y is {tuple(y.shape)}: they must be equal")
    real = ~y.isnan()
    return torch.where(real, output - y.nan_to_num(), 0).square().sum() / real.sum()
