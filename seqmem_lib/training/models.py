"""The models that the notebooks train."""

import os

import torch
from torch import Tensor, nn

from ..arguments import check_sequence, check_tensor, one_of, seeded, shown, whole_number
from ..tasks.task import Task
from .saving import LAYER_TYPES, load_model, save_model
from .several import read_out_several, run_several


class SequenceModel(nn.Module):
    """One recurrent layer and a linear readout of its h at every step.

    layer_type : nn.RNN, nn.LSTM or nn.GRU
    task : the Task that it is for; or (input_size, output_size), the features that go in and the numbers that come out
    hidden_size : units of the layer
    seed : of the initial weights. They are drawn on the CPU, so that every device starts from the same ones, and
        as torch draws them: uniform in [-1/√hidden_size, 1/√hidden_size].
    nonlinearity : of an nn.RNN, "tanh" or "relu"

    Raises TypeError if layer_type is none of the three or task is something else, ValueError if a size, the seed or
    nonlinearity is not possible.

    >>> task = sm.tasks.latch(lag=5)
    >>> model = sm.SequenceModel(nn.GRU, task, hidden_size=4, seed=0)
    >>> x, y = task(2, generator=torch.Generator())
    >>> model(x).shape  # (batch, seq, output_size)
    torch.Size([2, 6, 4])
    """

    def __init__(
        self,
        layer_type: type[nn.RNNBase],
        task: Task | tuple[int, int],
        *,
        hidden_size: int,
        seed: int,
        nonlinearity: str = "tanh",
    ):
        super().__init__()
        check_layer_type(layer_type)
        if isinstance(task, Task):
            task = task.input_size, task.output_size
        if not isinstance(task, tuple | list) or len(task) != 2:
            raise TypeError(f"task must be a Task or a pair (input_size, output_size), not {shown(task)}")
        input_size, output_size = (
            whole_number(name, size, 1) for name, size in zip(("input_size", "output_size"), task, strict=True)
        )
        hidden_size = whole_number("hidden_size", hidden_size, 1)
        one_of("nonlinearity", nonlinearity, ("tanh", "relu"))
        generator = seeded("seed", seed)
        if nonlinearity != "tanh" and layer_type is not nn.RNN:
            raise ValueError(f"nonlinearity={nonlinearity!r} is for nn.RNN only: leave it out")
        options = {"nonlinearity": nonlinearity} if layer_type is nn.RNN else {}
        self.rnn = layer_type(input_size, hidden_size, batch_first=True, device="meta", **options)
        self.readout = nn.Linear(hidden_size, output_size, device="meta")
        self.to_empty(device="cpu")
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.uniform_(-(hidden_size**-0.5), hidden_size**-0.5, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """x, (batch, seq, input_size), to one output per step, (batch, seq, output_size). Raises TypeError
        or ValueError if x is something else.
        """
        check_sequence(x, None, self.rnn.input_size, self.readout.weight.dtype)
        output, _ = self.rnn(x)
        return self.readout(output)

    def forward_several(self, weights: dict[str, Tensor], x: Tensor) -> Tensor:
        """What several models of this kind return for x, (models, batch, seq, input_size): one output per step. The
        first axis of each weight, name -> Tensor, counts the models.
        """
        h, _ = run_several(self.rnn, "rnn.", weights, x)
        return read_out_several(weights, h.flatten(1, 2)).unflatten(1, h.shape[1:3])

    def save(self, path: str | os.PathLike) -> None:
        """Write the model to a safetensors file. The file is complete or not there at all.

        Raises TypeError if path is none, FileNotFoundError if its folder is not there, ValueError if it is a folder or
        the parts of the model were changed, OSError if nothing can be written there.
        """
        save_model(path, self)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "SequenceModel":
        """The model that `save` wrote, on the CPU. Raises TypeError if path is none, FileNotFoundError if there is no
        such file, ValueError if it holds something else.
        """
        return load_model(path, cls)[0]

    def _settings(self) -> dict:
        options = {"nonlinearity": self.rnn.nonlinearity} if type(self.rnn) is nn.RNN else {}
        sizes = [self.rnn.input_size, self.readout.out_features]
        return {"layer_type": type(self.rnn).__name__, "task": sizes, "hidden_size": self.rnn.hidden_size, **options}

    @classmethod
    def _made(cls, settings: dict) -> "SequenceModel":
        return cls(**settings | {"layer_type": LAYER_TYPES[settings["layer_type"]], "seed": 0})


def check_layer_type(layer_type) -> None:
    """Raises TypeError unless it is one of torch's three."""
    if not any(layer_type is known for known in (nn.RNN, nn.LSTM, nn.GRU)):
        raise TypeError(f"layer_type must be nn.RNN, nn.LSTM or nn.GRU, not {shown(layer_type)}")


def embed(name: str, embedding: nn.Embedding, numbers: Tensor) -> Tensor:
    """The vectors of numbers, (batch, seq). Raises TypeError if they are no tensor, ValueError if one has no vector."""
    check_tensor(name, numbers, "(batch, seq)", whole=True)
    if numbers.ndim != 2 or 0 in numbers.shape:
        raise ValueError(f"{name} has shape {tuple(numbers.shape)}: pass (batch, seq), of one step at least")
    try:
        return embedding(numbers.long())
    except IndexError:  # not looked for beforehand, because a GPU would have to be waited for
        most = embedding.num_embeddings - 1
        raise ValueError(f"{name} holds a number that is not from 0 to {most}, which have vectors") from None
