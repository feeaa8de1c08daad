"""A classifier of texts: embedding, recurrent layers, and one answer for the whole sequence."""

import os
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import vmap

from ..arguments import (
    check_function,
    check_kind,
    check_model,
    one_of,
    real_number,
    seeded,
    shown,
    true_or_false,
    whole_number,
)
from ..layers import turn
from ..training.models import check_layer_type, embed
from ..training.padding import as_sequences, pad
from ..training.saving import LAYER_TYPES, damage_named, load_model, save_model
from ..training.several import read_out_several, run_several
from .reads import READS, Read, read_ends
from .vocabulary import Vocabulary


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

    >>> model = sm.SequenceClassifier(nn.GRU, vocabulary_size=10, seed=0)
    >>> model(torch.tensor([[2, 3, 4], [5, 6, 0]])).shape  # (batch, classes)
    torch.Size([2, 2])
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

    def save(self, path: str | os.PathLike, vocabulary: Vocabulary) -> None:
        """Write the classifier and its vocabulary to one safetensors file, which is complete or not there at all.

        Raises TypeError if an argument is of another kind, FileNotFoundError if the folder is not there, ValueError if
        path is a folder, the vocabulary too large, `read` a function of yours or a part of the model another than
        the class makes, OSError if nothing can be written there.
        """
        check_kind("vocabulary", vocabulary, Vocabulary, "the Vocabulary of the model")
        check_fits(vocabulary, self)
        if self.read not in READS.values():
            raise ValueError(
                f"read is a function of yours, {shown(self.read)}, which no file can hold: use one of "
                f"{', '.join(READS)}, or save model.state_dict() and vocabulary.words instead"
            )
        save_model(path, self, words=vocabulary.words[2:])

    @classmethod
    def load(cls, path: str | os.PathLike) -> tuple["SequenceClassifier", Vocabulary]:
        """The classifier that `save` wrote, on the CPU and without dropout, and its vocabulary. Raises TypeError if
        path is none, FileNotFoundError if there is no such file, ValueError if it holds something else.
        """
        model, about = load_model(path, cls)
        with damage_named(path, cls):
            vocabulary = Vocabulary.of(about["words"])
            check_fits(vocabulary, model)
        return model, vocabulary

    def _settings(self) -> dict:
        return {
            "layer_type": type(self.layers[0]).__name__,
            "vocabulary_size": self.embedding.num_embeddings,
            "embedding_size": self.embedding.embedding_dim,
            "hidden_size": self.layers[0].hidden_size,
            "classes": self.readout.out_features,
            "num_layers": len(self.layers),
            "bidirectional": len(self.backward_layers) > 0,
            "dropout": self.dropout.p,
            "read": self.read.__name__,
            "padding_idx": self.embedding.padding_idx,
        }

    @classmethod
    def _made(cls, settings: dict) -> "SequenceClassifier":
        functions = {"layer_type": LAYER_TYPES[settings["layer_type"]], "read": READS[settings["read"]]}
        return cls(**settings | functions, seed=0)


def check_fits(vocabulary: Vocabulary, model: SequenceClassifier) -> None:
    """Raises ValueError if the model has no vector for some of the words."""
    if len(vocabulary) > model.embedding.num_embeddings:
        raise ValueError(f"vocabulary holds {len(vocabulary)} words, the model {model.embedding.num_embeddings}")


def predict(model: nn.Module, sequences: Sequence[Sequence[int]], *, side: str = "right", length=None) -> Tensor:
    """The probability of each class for each sequence, (sequences, classes), on the CPU and without dropout.

    sequences : lists of numbers of words
    side, length : of the padding, as in `pad`; if the length is omitted, sequences of about the same length are padded
        together

    Raises TypeError if an argument is of another kind, ValueError if a sequence or an argument is not possible.

    >>> model = sm.SequenceClassifier(nn.GRU, vocabulary_size=10, seed=0)
    >>> sm.predict(model, [[2, 3, 4], [5, 6]]).sum(dim=1)  # probabilities, (texts, classes)
    tensor([1., 1.])
    """
    check_model("model", model)
    one_of("side", side, ("right", "left"))
    sequences = as_sequences("sequences", sequences)
    if isinstance(model, SequenceClassifier) and sequences[0].ndim > 1:
        raise ValueError("sequences hold vectors, but a SequenceClassifier reads lists of numbers of words")
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
