"""A classifier of texts: embedding, recurrent layers, and one answer for the whole sequence."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.func import vmap

from ..arguments import (
    check_function,
    check_list,
    check_model,
    check_tensor,
    one_of,
    real_number,
    seeded,
    shown,
    true_or_false,
    whole_number,
)
from ..layers import turn
from ..training.models import check_layer_type, embed
from ..training.several import read_out_several, run_several
from .batches import as_numbers, pad

# (output, last state, which steps are real) -> what the answer is made from
Read = Callable[[Tensor, Tensor | tuple[Tensor, Tensor], Tensor], Tensor]


class SequenceClassifier(nn.Module):
    """Numbers of words to the scores of two or more classes.

    layer_type : nn.RNN, nn.LSTM or nn.GRU
    vocabulary_size : how many numbers there are; 0 is padding
    embedding_size, hidden_size : of each word's vector, of each layer and direction
    num_layers, bidirectional : as in torch. Each direction of each layer is a layer of its own here, in `layers` and
        `backward_layers`, so that padding can never come before a word, and nothing needs to be packed.
    dropout : on the embedding, between layers and before the readout, in training
    read : what the answer is made from: `read_ends`, `read_mean`, `read_max`, or a function of yours, called as
        `read(output, state, real)`: output, (batch, seq, features), of the last layer; state, what its forward
        direction returned at the end of the padded sequence, (1, batch, hidden_size), for the LSTM h and c; and real,
        (batch, seq), True at every word
    padding_idx : 0, so that padding is a vector of zeros that is not trained; None, and it is a word like others
    seed : of the initial weights. They are drawn on the CPU, as torch draws them: the embedding from N(0, 1), all
        others uniform in ±1/√hidden_size, those of the readout in ±1/√features.

    Raises TypeError if layer_type is none of the three or read is no function, ValueError if another argument is not
    possible.
    """

    def __init__(
        self,
        layer_type: type[nn.RNNBase],
        vocabulary_size: int,
        *,
        embedding_size: int = 32,
        hidden_size: int = 32,
        classes: int = 2,
        num_layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        read: Read | None = None,
        padding_idx: int | None = 0,
        seed: int,
    ):
        super().__init__()
        check_layer_type(layer_type)
        if padding_idx is not None and not (type(padding_idx) is int and padding_idx == 0):
            raise ValueError(f"padding_idx must be 0 or None, not {shown(padding_idx)}: the number 0 is the padding")
        sizes = {"embedding_size": embedding_size, "hidden_size": hidden_size, "classes": classes}
        embedding_size, hidden_size, classes = (whole_number(name, size, 1) for name, size in sizes.items())
        vocabulary_size = whole_number("vocabulary_size", vocabulary_size, 2)
        num_layers, dropout = whole_number("num_layers", num_layers, 1), real_number("dropout", dropout, 0, 1)
        directions = 2 if true_or_false("bidirectional", bidirectional) else 1
        self.read = read_ends if read is None else check_function("read", read, "read(output, state, real)")
        generator = seeded("seed", seed)

        def stack():
            inputs = [embedding_size, *[directions * hidden_size] * (num_layers - 1)]
            return nn.ModuleList(layer_type(size, hidden_size, batch_first=True, device="meta") for size in inputs)

        self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx, device="meta")
        self.layers, self.backward_layers = stack(), stack() if bidirectional else nn.ModuleList()
        self.dropout = nn.Dropout(dropout)
        self.readout = nn.Linear(directions * hidden_size, classes, device="meta")
        self.to_empty(device="cpu")
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                features = self.readout.in_features if name.startswith("readout") else hidden_size
                if name == "embedding.weight":
                    parameter.normal_(generator=generator)
                    parameter[: 0 if padding_idx is None else 1] = 0
                else:
                    parameter.uniform_(-(features**-0.5), features**-0.5, generator=generator)

    def extra_repr(self) -> str:
        return f"read: {getattr(self.read, '__name__', self.read)}"

    def forward(self, numbers: Tensor) -> Tensor:
        """numbers, (batch, seq), 0 where there is padding, to scores, (batch, classes).

        Raises TypeError or ValueError if numbers is something else, or holds a number past the vocabulary.
        """
        x = self.dropout(embed("numbers", self.embedding, numbers))
        real = numbers != 0
        for k, layer in enumerate(self.layers):
            x = self.dropout(x) if k else x
            output, state = layer(x)
            if self.backward_layers:
                backward = turn(self.backward_layers[k](turn(x, real))[0], real)
                output = torch.cat([output, backward], dim=-1)
            x = output
        return self.readout(self.dropout(self.read(x, state, real)))

    def forward_several(self, weights: dict[str, Tensor], numbers: Tensor) -> Tensor:
        """What several classifiers of this kind return for numbers, (models, batch, seq): (models, batch, classes). The
        first axis of each weight, name -> Tensor, counts the models.

        Raises ValueError if they have several layers, two directions or dropout.
        """
        if len(self.layers) > 1 or self.backward_layers or self.dropout.p:
            raise ValueError("models have several layers, two directions or dropout: train them one by one")
        real = numbers != 0
        model = torch.arange(len(numbers), device=numbers.device).view(-1, 1, 1)
        embedded = weights["embedding.weight"][model, numbers]
        if self.embedding.padding_idx is not None:
            embedded = torch.where(real.unsqueeze(-1), embedded, 0)  # so that no gradient reaches the padding's vector
        h, state = run_several(self.layers[0], "layers.0.", weights, embedded)
        return read_out_several(weights, vmap(self.read)(h, state, real))


def read_ends(output: Tensor, state, real: Tensor) -> Tensor:
    """The output of the forward direction at the last word, and of the backward direction, if there is one, at the
    first: where each has read everything. (batch, features)

    output : Tensor, (batch, seq, features); state : Tensor, (1, batch, hidden_size), or such a pair; real : Tensor of
        True and False, (batch, seq). Raises TypeError or ValueError if one is something else, as do the other two.
    """
    _check_read(output, real)
    if isinstance(state, tuple | list) and state:
        state = state[0]
    if not isinstance(state, Tensor) or state.ndim == 0 or not 1 <= state.shape[-1] <= output.shape[-1]:
        raise ValueError("state must be a tensor of at most the features of output, or for an LSTM the pair (h, c)")
    steps = torch.arange(real.shape[1], device=real.device)
    last, first = (steps * real).argmax(dim=1), real.int().argmax(dim=1)
    row = torch.arange(len(real), device=real.device)
    size = state.shape[-1]
    return torch.cat([output[row, last, :size], output[row, first, size:]], dim=-1)


def read_mean(output: Tensor, state, real: Tensor) -> Tensor:
    """The mean of the output over all words; 0 if there is none. (batch, features)"""
    _check_read(output, real)
    real = real.unsqueeze(-1)
    return (output * real).sum(dim=1) / real.sum(dim=1).clamp(min=1)


def read_max(output: Tensor, state, real: Tensor) -> Tensor:
    """The maximum of each feature of the output over all words; 0 if there is none. (batch, features)"""
    _check_read(output, real)
    most = output.masked_fill(~real.unsqueeze(-1), -torch.inf).amax(dim=1)
    return most.masked_fill(~real.any(dim=1, keepdim=True), 0)


def _check_read(output: Tensor, real: Tensor) -> None:
    check_tensor("output", output, "(batch, seq, features)")
    if not isinstance(real, Tensor) or real.dtype != torch.bool:
        raise TypeError(f"real must be a tensor of True and False, (batch, seq), not {shown(real)}")
    if output.ndim != 3 or output.shape[:2] != real.shape or 0 in output.shape:
        shapes = f"output has shape {tuple(output.shape)}, real {tuple(real.shape)}"
        raise ValueError(f"{shapes}: pass (batch, seq, features) and (batch, seq)")


def predict(model: nn.Module, sequences: Sequence[Sequence[int]], *, side: str = "right", length=None) -> Tensor:
    """The probability of each class for each sequence, (sequences, classes), on the CPU and without dropout.

    sequences : lists of numbers of words
    side, length : of the padding, as in `pad`; if the length is omitted, sequences of about the same length are padded
        together

    Raises TypeError if an argument is of another kind, ValueError if a sequence or an argument is not possible.
    """
    check_model("model", model)
    one_of("side", side, ("right", "left"))
    sequences = [as_numbers("sequences", one) for one in check_list("sequences", sequences, "lists of numbers")]
    if not sequences:
        raise ValueError("sequences must hold at least one")
    was_training, device = model.training, next(model.parameters()).device
    order = sorted(range(len(sequences)), key=lambda k: len(sequences[k]))
    model.eval()
    try:
        with torch.no_grad():
            parts = [order[k : k + 256] for k in range(0, len(order), 256)]
            batches = (pad([sequences[k] for k in part], side=side, length=length) for part in parts)
            scores = torch.cat([model(batch.to(device)).cpu() for batch in batches])
    finally:
        model.train(was_training)
    if scores.ndim != 2 or len(scores) != len(sequences):
        raise ValueError(f"model must return scores, (batch, classes), not something of shape {tuple(scores.shape)}")
    return scores[torch.tensor(order).argsort()].softmax(dim=-1)
