"""The models that the notebooks train."""

import torch
from torch import Generator, Tensor, nn

from .arguments import whole_number


class SequenceModel(nn.Module):
    """One recurrent layer and a linear readout of its h at every step.

    layer_type : nn.RNN, nn.LSTM or nn.GRU
    input_size, hidden_size, output_size : features that go in, units of the layer, numbers that come out
    seed : of the initial weights. They are drawn on the CPU, so that every device starts from the same ones, and
        as torch draws them: uniform in [-1/√hidden_size, 1/√hidden_size].
    """

    def __init__(self, layer_type: type[nn.RNNBase], input_size: int, hidden_size: int, output_size: int, *, seed: int):
        super().__init__()
        if layer_type not in (nn.RNN, nn.LSTM, nn.GRU):
            raise TypeError(f"layer_type must be nn.RNN, nn.LSTM or nn.GRU, not {layer_type!r}")
        input_size, hidden_size = whole_number("input_size", input_size, 1), whole_number("hidden_size", hidden_size, 1)
        output_size = whole_number("output_size", output_size, 1)
        self.rnn = layer_type(input_size, hidden_size, batch_first=True, device="meta")
        self.readout = nn.Linear(hidden_size, output_size, device="meta")
        self.to_empty(device="cpu")
        generator = Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.uniform_(-(hidden_size**-0.5), hidden_size**-0.5, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """x, (batch, seq, input_size), to one output per step, (batch, seq, output_size)."""
        output, _ = self.rnn(x)
        return self.readout(output)
