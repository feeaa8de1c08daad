"""From one sequence to another: an encoder that reads, a decoder that writes."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from ...arguments import check_kind, check_tensor, real_number, seeded, true_or_false, whole_number
from ...training.history import History
from ...training.models import check_layer_type, embed
from ...training.train import check_training, descend


class EncoderDecoder(nn.Module):
    """The last state of the encoder is the first state of the decoder, and all that it learns of the source.

    layer_type : nn.RNN, nn.LSTM or nn.GRU
    source_size, target_size : how many different numbers the sequences hold; 0 is padding, on the right
    start : the number that the decoder reads before it has written anything
    embedding_size, hidden_size : of each number's vector, of each of the two layers
    seed : of the initial weights, drawn on the CPU: uniform in [-1/√hidden_size, 1/√hidden_size], vectors normal

    Cho et al. (2014); Sutskever, Vinyals & Le (2014).
    Raises TypeError if layer_type is none of the three, ValueError if a number is not possible.
    """

    def __init__(
        self,
        layer_type: type[nn.RNNBase],
        source_size: int,
        target_size: int,
        *,
        start: int,
        embedding_size: int = 32,
        hidden_size: int = 128,
        seed: int,
    ):
        super().__init__()
        check_layer_type(layer_type)
        source_size, target_size = (
            whole_number("source_size", source_size, 2),
            whole_number("target_size", target_size, 2),
        )
        embedding_size = whole_number("embedding_size", embedding_size, 1)
        hidden_size = whole_number("hidden_size", hidden_size, 1)
        self.start = whole_number("start", start, 1, target_size - 1)
        self.source_embedding = nn.Embedding(source_size, embedding_size, device="meta")
        self.target_embedding = nn.Embedding(target_size, embedding_size, device="meta")
        self.encoder = layer_type(embedding_size, hidden_size, batch_first=True, device="meta")
        self.decoder = layer_type(embedding_size, hidden_size, batch_first=True, device="meta")
        self.readout = nn.Linear(hidden_size, target_size, device="meta")
        self._draw_weights(seed)

    def encode(self, source: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """source, (batch, seq), to the state after its last real number: h_n, of an LSTM (h_n, c_n).

        Raises TypeError if source is no tensor, ValueError if it has another shape, or holds a number past source_size
        or a sequence of nothing but padding.
        """
        return self._run_encoder(source)[1]

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Teacher forcing: the scores of each number of target, (batch, steps), where the decoder has read the right
        numbers before it. (batch, steps, target_size)

        Raises TypeError or ValueError if one is something else, as `encode` does.
        """
        state, _ = self.encode(source), embed("target", self.target_embedding, target)
        if len(source) != len(target):
            raise ValueError(f"source holds {len(source)} sequences and target {len(target)}: give one target for each")
        read = torch.cat([torch.full_like(target[:, :1], self.start), target[:, :-1]], dim=1)
        output, _ = self.decoder(self.target_embedding(read), state)
        return self.readout(output)

    def generate(self, source: Tensor, steps: int) -> Tensor:
        """Greedy decoding: the scores, (batch, steps, target_size), where the decoder has read what it wrote itself,
        the number with the highest score at each step.

        Raises ValueError if steps is not a whole number of at least 1, and as `encode` does.
        """
        steps = whole_number("steps", steps, 1)
        state, scores = self.encode(source), []
        read = torch.full_like(source[:, :1], self.start)
        for _ in range(steps):
            output, state = self.decoder(self.target_embedding(read), state)
            scores.append(self.readout(output))
            read = scores[-1].argmax(dim=-1)
        return torch.cat(scores, dim=1)

    def _draw_weights(self, seed: int) -> None:
        """The initial weights, in the order of the parts: one more at the end changes none before it."""
        generator, size = seeded("seed", seed), self.encoder.hidden_size**-0.5
        self.to_empty(device="cpu")
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if "embedding" in name:
                    parameter.normal_(generator=generator)
                else:
                    parameter.uniform_(-size, size, generator=generator)

    def _run_encoder(self, source: Tensor) -> tuple[PackedSequence, Tensor | tuple[Tensor, Tensor]]:
        """All states of the encoder, packed, and what `encode` returns, which says what is raised."""
        vectors = embed("source", self.source_embedding, source)
        lengths = (source != 0).sum(dim=1).cpu()
        if not lengths.all():
            raise ValueError("source holds a sequence of nothing but padding: leave it out")
        return self.encoder(pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False))


def train_pairs(
    model: EncoderDecoder,
    source: Tensor,
    target: Tensor,
    *,
    steps: int,
    batch_size: int = 64,
    lr: float = 5e-3,
    seed: int = 0,
    own_output: float = 0,
    max_norm: float = 1.0,
    progress: bool = True,
) -> History:
    """Train with Adam and cross-entropy on pairs drawn at random. Ctrl-C ends it after the current step, as in `train`.

    source, target : numbers, (pairs, seq) and (pairs, steps), 0 where there is padding; the padding of the target is
        left out of the loss
    seed : of the draws
    own_output : in which share of the updates the decoder reads what it wrote itself; in the others it reads the right
        answers, which is teacher forcing (Williams & Zipser 1989)
    max_norm : clip the gradient of all parameters together to this norm
    progress : show a bar

    Raises TypeError if the model is none or the pairs are no tensors, ValueError if source and target are not of the
    same number of pairs, or hold a number that the model does not know or a sequence of nothing but padding, or another
    argument is not possible; FloatingPointError if the loss is no longer finite.
    """
    check_kind("model", model, EncoderDecoder, "an EncoderDecoder")
    own_output = real_number("own_output", own_output, 0, 1)
    true_or_false("progress", progress)
    steps, batch_size, lr, max_norm = check_training(steps, batch_size, lr, max_norm)
    generator, coin = seeded("seed", seed), seeded("seed", seed)
    _check_pairs("source", source, model.source_embedding.num_embeddings)
    _check_pairs("target", target, model.target_embedding.num_embeddings)
    if len(source) != len(target):
        raise ValueError(f"source holds {len(source)} sequences and target {len(target)}: give one target for each")
    device = model.readout.weight.device

    def draw_loss() -> Tensor:
        chosen = torch.randint(len(source), (batch_size,), generator=generator, device="cpu")
        x, y = source[chosen].to(device), target[chosen].to(device)
        own = torch.rand((), generator=coin, device="cpu") < own_output
        scores = model.generate(x, y.shape[1]) if own else model(x, y)
        return cross_entropy(scores.flatten(0, 1), y.flatten().long(), ignore_index=0)

    return descend(model, draw_loss, steps=steps, lr=lr, max_norm=max_norm, progress=progress)


def _check_pairs(name: str, numbers: Tensor, size: int) -> None:
    check_tensor(name, numbers, "(pairs, seq)", whole=True)
    if numbers.ndim != 2 or 0 in numbers.shape:
        raise ValueError(f"{name} has shape {tuple(numbers.shape)}: pass (pairs, seq), of one step at least")
    if not 0 <= numbers.min() <= numbers.max() < size:
        raise ValueError(f"{name} holds {numbers.min()} to {numbers.max()}, but the model knows 0 to {size - 1}")
    if not (numbers != 0).any(dim=1).all():
        raise ValueError(f"{name} holds a sequence of nothing but padding: leave that pair out")
