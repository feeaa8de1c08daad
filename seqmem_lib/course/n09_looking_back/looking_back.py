"""An encoder and a decoder that looks back at every state of the encoder."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_packed_sequence

from ...arguments import whole_number
from ...training.models import embed
from ..n08_four_shapes.encoder_decoder import EncoderDecoder


class LookingBack(EncoderDecoder):
    """The encoder and decoder of notebook 08, both nn.LSTM. Before each step the decoder's state is compared with all
    states of the encoder, and their mean, weighted by the comparison, is read beside the number before.

    The arguments are those of EncoderDecoder. With the same seed, embeddings and encoder start from the same weights.

    Bahdanau, Cho & Bengio (2015), equations 5 and 6 and appendix A.1.2, with an encoder of one direction.
    """

    def __init__(
        self,
        source_size: int,
        target_size: int,
        *,
        start: int,
        embedding_size: int = 32,
        hidden_size: int = 128,
        seed: int,
    ):
        sizes = {"embedding_size": embedding_size, "hidden_size": hidden_size}
        super().__init__(nn.LSTM, source_size, target_size, start=start, seed=seed, **sizes)
        self.decoder = nn.LSTM(embedding_size + hidden_size, hidden_size, batch_first=True, device="meta")
        self.query = nn.Linear(hidden_size, hidden_size, bias=False, device="meta")
        self.key = nn.Linear(hidden_size, hidden_size, bias=False, device="meta")
        self.score = nn.Linear(hidden_size, 1, bias=False, device="meta")
        self._draw_weights(seed)

    def read(self, source: Tensor) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor]]:
        """source, (batch, seq), to the encoder's states, (batch, seq, hidden_size), which of them are real,
        (batch, seq), and the last one, (h_n, c_n). Raises what `encode` raises."""
        packed, last = self._run_encoder(source)
        states, _ = pad_packed_sequence(packed, batch_first=True, total_length=source.shape[1])
        return states, source != 0, last

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Teacher forcing, as in EncoderDecoder: scores, (batch, steps, target_size)."""
        embed("source", self.source_embedding, source)
        embed("target", self.target_embedding, target)
        if len(source) != len(target):
            raise ValueError(f"source holds {len(source)} sequences and target {len(target)}: give one target for each")
        return self._write(source, target.shape[1], target)[0]

    def generate(self, source: Tensor, steps: int) -> Tensor:
        """Greedy decoding, as in EncoderDecoder: scores, (batch, steps, target_size)."""
        return self.write(source, steps)[0]

    def write(self, source: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        """Greedy decoding: the scores, (batch, steps, target_size), and where the decoder looked as it wrote each
        number, (batch, steps, seq).

        Raises ValueError if steps is not a whole number of at least 1, and what `encode` raises.
        """
        return self._write(source, whole_number("steps", steps, 1), None)

    def _write(self, source: Tensor, steps: int, told: Tensor | None) -> tuple[Tensor, Tensor]:
        """It reads what it wrote itself, or the numbers that it is told, (batch, steps)."""
        states, real, state = self.read(source)
        keys, before, scores, looks = self.key(states), torch.full_like(source[:, :1], self.start), [], []
        for k in range(steps):
            looks.append(self._look(state[0][-1], keys, real))
            mean = looks[-1][:, None] @ states
            output, state = self.decoder(torch.cat([self.target_embedding(before), mean], dim=-1), state)
            scores.append(self.readout(output))
            before = scores[-1].argmax(dim=-1) if told is None else told[:, k : k + 1]
        return torch.cat(scores, dim=1), torch.stack(looks, dim=1)

    def _look(self, h: Tensor, keys: Tensor, real: Tensor) -> Tensor:
        """How much of its weight the decoder's state, (batch, hidden_size), gives to each place of the source, whose
        keys are (batch, seq, hidden_size). (batch, seq), 0 in the padding, of the sum 1."""
        scores = self.score(torch.tanh(self.query(h)[:, None] + keys))[..., 0]
        return scores.masked_fill(~real, -torch.inf).softmax(dim=-1)
