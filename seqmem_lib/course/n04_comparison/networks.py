"""Seven networks and the tasks on which notebook 04 compares them, each under the same conditions."""

from collections.abc import Callable, Sequence
from itertools import count

from torch import nn

from ...arguments import check_device, check_list, check_model, one_of, seeded, true_or_false, whole_number
from ...tasks import Task, adding, copy, counting, digits, latch, parity, temporal_order
from ...training.models import SequenceModel
from ...training.start import start_identity, start_keeping, start_orthogonal
from ...training.together import train_together
from ...training.train import Draw, evaluate, train

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


def _digits(read: str) -> Callable[[int], Task]:
    return lambda _: digits(read)  # the images are all of one length


# name -> the task of a length
TASKS: dict[str, Callable[[int], Task]] = {
    "latch": latch,
    "temporal order": temporal_order,
    "adding": adding,
    "copy": copy,
    "counting": counting,
    "parity": parity,
    "digits, rows": _digits("rows"),
    "digits, pixels": _digits("pixels"),
    "digits, permuted": _digits("permuted"),
}


def task_of(name: str, length: int) -> Task:
    """The task of this name and length. Raises ValueError if there is none."""
    make, length = TASKS[one_of("task", name, TASKS)], whole_number("length", length, 1)
    try:
        return make(length)
    except ValueError as error:  # each task has a name of its own for its length
        raise ValueError(f"length={length} does not fit {name}: {error}") from None


def start_network(label: str, task: Task | tuple[int, int], *, hidden_size: int, seed: int) -> SequenceModel:
    """One of the seven NETWORKS, untrained: a recurrent layer as torch starts it, or from another start.

    "RNN, orthogonal" : W_hh orthogonal (Saxe, McClelland & Ganguli 2014)
    "IRNN" : ReLU, W_hh the identity, biases 0 (Le, Jaitly & Hinton 2015; they also make the input weights smaller)
    "LSTM, bias 3", "GRU, bias 3" : the gate that keeps starts near 0.95 (Gers, Schmidhuber & Cummins 2000)

    Raises ValueError if the label is not one of them, or a number is not possible.
    """
    layer_type, start = NETWORKS[one_of("label", label, NETWORKS)]
    nonlinearity = "relu" if start is start_identity else "tanh"
    model = SequenceModel(layer_type, task, hidden_size=hidden_size, seed=seed, nonlinearity=nonlinearity)
    if start is start_orthogonal:
        start_orthogonal(model.rnn, seed=seed)
    elif start is start_identity:
        start_identity(model.rnn)
    elif start is start_keeping:
        start_keeping(model.rnn, 3.0)
    return model


def train_networks(
    label: str,
    task: str,
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

    Raises ValueError if label or task is unknown or a number is not possible, TypeError if seeds is no list,
    FloatingPointError if a loss is no longer finite.
    """
    chosen = task_of(task, length)
    true_or_false("growing", growing)
    check_device(device)
    whole_number("steps", steps, 1)
    seeds = check_list("seeds", seeds, "whole numbers")
    if not seeds:
        raise ValueError("seeds must hold at least one")
    for seed in seeds:
        seeded("each of seeds", seed)
    models = [start_network(label, chosen, hidden_size=hidden_size, seed=seed).to(device) for seed in seeds]
    options = {"steps": steps, "batch_size": batch_size, "lr": lr, "loss_function": chosen.loss, "max_norm": max_norm}
    if len(models) > 1 and not (label.startswith("LSTM") and str(device) == "cpu"):
        drawn = _growing(task, length, steps, len(models)) if growing else chosen
        train_together(models, drawn, seeds=seeds, progress=False, **options)
    else:
        for model, seed in zip(models, seeds, strict=True):
            drawn = _growing(task, length, steps, 1) if growing else chosen
            train(model, drawn, seed=seed, progress=False, **options)
    return models


def _growing(name: str, length: int, steps: int, models: int) -> Draw:
    """A task that gets longer each time it has been drawn from once for each model."""
    drawn = count()

    def draw(batch_size, *, generator):
        share = min(1, (next(drawn) // models) / (0.8 * steps))
        return task_of(name, 10 + round(share * (length - 10)))(batch_size, generator=generator)

    return draw


def score(model: nn.Module, task: str, length: int, *, part: str = "test") -> float:
    """The share of right answers on 1,000 new sequences of any length, or on all the test images, from 0 to 1.

    part : "test", or "validation", other sequences or images, to choose settings by

    Raises ValueError if task or part is unknown or the length is not possible, TypeError if model is no model.
    """
    seeds = {"test": 2_000_000, "validation": 1_000_000}
    check_model("model", model)
    one_of("part", part, seeds)
    chosen, size = task_of(task, length), 1000
    if task.startswith("digits"):
        chosen, size = digits(task.removeprefix("digits, "), part), {"validation": 237, "test": 360}[part]
    return evaluate(model, chosen, batch_size=size, seed=seeds[part])
