"""Seven networks and the tasks on which notebook 04 compares them, each under the same conditions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

from torch import Tensor, nn

from ...arguments import check_device, check_list, check_model, one_of, seeded, true_or_false, whole_number
from ...tasks.compute import (
    accuracy_of_recall,
    accuracy_of_steps,
    accuracy_within,
    adding,
    copy,
    counting,
    digits,
    loss_of_steps,
    parity,
    squared_error_at_end,
)
from ...tasks.hold import accuracy_at_end, latch, loss_at_end, temporal_order
from ...training.models import SequenceModel
from ...training.start import start_identity, start_keeping, start_orthogonal
from ...training.together import train_together
from ...training.train import Task, evaluate, train

# label -> the layer, and what is changed in its start
NETWORKS = {
    "RNN": (nn.RNN, None),
    "RNN, orthogonal": (nn.RNN, start_orthogonal),
    "IRNN": (nn.RNN, start_identity),
    "LSTM": (nn.LSTM, None),
    "LSTM, bias 3": (nn.LSTM, start_keeping),
    "GRU": (nn.GRU, None),
    "GRU, bias 3": (nn.GRU, start_keeping),
}


@dataclass(frozen=True)
class Contest:
    """A task of a length, and how it is judged.

    task : length -> the task that draws training data
    loss, metric : what is trained, and what is reported: a share of right answers
    input_size, output_size : of a network for it
    chance : what the metric gives without any memory
    shortest : the least length
    parts : where the data are a fixed set: "validation" and "test" -> the task that draws from it, and its size
    """

    task: Callable[[int], Task]
    loss: Callable[[Tensor, Tensor], Tensor]
    metric: Callable[[Tensor, Tensor], Tensor]
    input_size: int
    output_size: int
    chance: float
    shortest: int = 1
    parts: dict[str, tuple[Task, int]] | None = None


def _digits_contest(read: str, input_size: int) -> Contest:
    return Contest(
        task=lambda _: partial(digits, read=read),
        loss=loss_at_end,
        metric=accuracy_at_end,
        input_size=input_size,
        output_size=10,
        chance=1 / 10,
        parts={
            part: (partial(digits, read=read, part=part), size) for part, size in (("validation", 237), ("test", 360))
        },
    )


CONTESTS = {
    "latch": Contest(lambda length: partial(latch, lag=length), loss_at_end, accuracy_at_end, 8, 4, 1 / 4),
    "temporal order": Contest(
        lambda length: partial(temporal_order, seq=length), loss_at_end, accuracy_at_end, 6, 4, 1 / 4, shortest=10
    ),
    "adding": Contest(
        lambda length: partial(adding, seq=length),
        squared_error_at_end,
        accuracy_within,
        2,
        1,
        0.16 - 0.08**2,
        shortest=2,
    ),
    "copy": Contest(lambda length: partial(copy, delay=length), loss_of_steps, accuracy_of_recall, 10, 9, 1 / 8),
    "counting": Contest(
        lambda length: partial(counting, seq=length), loss_at_end, accuracy_at_end, 3, 3, 1 / 3, shortest=5
    ),
    "parity": Contest(lambda length: partial(parity, seq=length), loss_of_steps, accuracy_of_steps, 1, 2, 1 / 2),
    "digits, rows": _digits_contest("rows", 8),
    "digits, pixels": _digits_contest("pixels", 1),
    "digits, permuted": _digits_contest("permuted", 1),
}


def _contest(name: str, length: int) -> Contest:
    contest = CONTESTS[one_of("contest", name, CONTESTS)]
    whole_number("length", length, contest.shortest)
    return contest


def start_network(label: str, input_size: int, hidden_size: int, output_size: int, *, seed: int) -> SequenceModel:
    """One of the seven NETWORKS, untrained: a recurrent layer as torch starts it, or from another start.

    "RNN, orthogonal" : W_hh orthogonal (Saxe, McClelland & Ganguli 2014)
    "IRNN" : ReLU, W_hh the identity, biases 0 (Le, Jaitly & Hinton 2015; they also make the input weights smaller)
    "LSTM, bias 3", "GRU, bias 3" : the gate that keeps starts near 0.95 (Gers, Schmidhuber & Cummins 2000)

    Raises ValueError if the label is not one of them, or a number is not possible.
    """
    layer_type, start = NETWORKS[one_of("label", label, NETWORKS)]
    nonlinearity = "relu" if start is start_identity else "tanh"
    model = SequenceModel(layer_type, input_size, hidden_size, output_size, seed=seed, nonlinearity=nonlinearity)
    if start is start_orthogonal:
        start_orthogonal(model.rnn, seed=seed)
    elif start is start_identity:
        start_identity(model.rnn)
    elif start is start_keeping:
        start_keeping(model.rnn, 3.0)
    return model


def train_networks(
    label: str,
    contest: str,
    length: int,
    *,
    seeds: Sequence[int],
    lr: float,
    hidden_size: int = 32,
    steps: int = 1200,
    batch_size: int = 32,
    max_norm: float = 1.0,
    growing: bool = False,
    device="cpu",
) -> list[SequenceModel]:
    """Networks of one kind, one for each seed, trained on one task of one length with Adam (Kingma & Ba 2015). A seed
    draws the initial weights, and in `train` the data.

    growing : begin with a length of 10, and grow evenly to the full length over the first four fifths of the training

    Several are trained in one pass, except for LSTMs on a CPU: torch has a routine of its own for those there, and one
    by one they are faster. `make bench` measures it.

    Raises ValueError if label or contest is unknown or a number is not possible, TypeError if seeds is no list,
    FloatingPointError if a loss is no longer finite.
    """
    chosen = _contest(contest, length)
    true_or_false("growing", growing), check_device(device), whole_number("steps", steps, 1)
    seeds = check_list("seeds", seeds, "whole numbers")
    if not seeds:
        raise ValueError("seeds must hold at least one")
    for seed in seeds:
        seeded("each of seeds", seed)
    sizes = (chosen.input_size, hidden_size, chosen.output_size)
    models = [start_network(label, *sizes, seed=seed).to(device) for seed in seeds]
    options = {"steps": steps, "batch_size": batch_size, "lr": lr, "loss_function": chosen.loss, "max_norm": max_norm}
    if len(models) > 1 and not (label.startswith("LSTM") and str(device) == "cpu"):
        task = _growing(chosen, length, steps, len(models)) if growing else chosen.task(length)
        train_together(models, task, seeds=seeds, **options)
    else:
        for model, seed in zip(models, seeds, strict=True):
            task = _growing(chosen, length, steps, 1) if growing else chosen.task(length)
            train(model, task, seed=seed, progress=False, **options)
    return models


def _growing(contest: Contest, length: int, steps: int, models: int) -> Task:
    """A task that gets longer each time it has been drawn from once for each model."""
    drawn = count()

    def task(batch_size, *, generator):
        share = min(1, (next(drawn) // models) / (0.8 * steps))
        return contest.task(10 + round(share * (length - 10)))(batch_size, generator=generator)

    return task


def score(model: nn.Module, contest: str, length: int, *, part: str = "test") -> float:
    """The share of right answers on 1,000 new sequences of any length, or on all the test images, from 0 to 1.

    part : "test", or "validation", other sequences or images, to choose settings by

    Raises ValueError if contest or part is unknown or the length is not possible, TypeError if model is no model.
    """
    seeds = {"test": 2_000_000, "validation": 1_000_000}
    check_model("model", model), one_of("part", part, seeds)
    chosen = _contest(contest, length)
    task, size = chosen.parts[part] if chosen.parts else (chosen.task(length), 1000)
    return evaluate(model, task, batch_size=size, seed=seeds[part], metric=chosen.metric)
