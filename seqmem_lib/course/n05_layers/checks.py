"""The checks of notebook 05."""

from collections.abc import Callable
from itertools import product

import torch
from torch import nn

from ...layers import run_by_hand
from ..judge import fixed_numbers, judge


def lstm_parameters(attempt: Callable) -> None:
    """Check `lstm_parameters(input_size, hidden_size, num_layers, bidirectional)`, the number of parameters of an
    nn.LSTM."""

    def count(input_size, hidden_size, num_layers, bidirectional, *, blocks=4, biases=2, widens=True):
        directions = 2 if bidirectional else 1
        inputs = [input_size, *[(directions if widens else 1) * hidden_size] * (num_layers - 1)]
        cells = sum(size * hidden_size + hidden_size**2 + biases * hidden_size for size in inputs)
        return directions * blocks * cells

    slips = {
        "a layer of torch has two bias vectors": [lambda *sizes: count(*sizes, biases=1)],
        "the biases are missing": [lambda *sizes: count(*sizes, biases=0)],
        "an LSTM has four blocks, i, f, g and o": [
            lambda *sizes, blocks=blocks: count(*sizes, blocks=blocks) for blocks in (1, 3)
        ],
        "a layer above the first reads both directions of the layer below": [
            lambda *sizes: count(*sizes, widens=False)
        ],
        "each direction has parameters of its own": [
            lambda *sizes: count(*sizes) / (2 if sizes[-1] else 1),
            lambda *sizes: count(*sizes[:-1], False),
        ],
        "only the first layer reads the input": [lambda *sizes: sizes[2] * count(*sizes[:2], 1, sizes[3])],
    }
    cases = []
    for sizes in ((3, 4, 1, False), (3, 4, 3, False), (3, 4, 1, True), (5, 4, 3, True)):
        i, h, layers, both = sizes
        lstm = nn.LSTM(i, h, num_layers=layers, bidirectional=both, device="meta")
        right = sum(parameter.numel() for parameter in lstm.parameters())
        name = f"input_size = {i}, hidden_size = {h}, num_layers = {layers}, bidirectional = {both}"
        cases.append((name, sizes, float(right)))
    judge(attempt, cases, slips, "a whole number")


@fixed_numbers
def row_of_h_n(attempt: Callable) -> None:
    """Check `row_of_h_n(layer, reverse, num_layers, bidirectional)`: which row of h_n holds the last state of a layer,
    counted from 0, and of a direction."""
    slips = {
        "the two directions of a layer are neighbours": [
            lambda layer, reverse, layers, both: layer + layers * reverse,
        ],
        "with one direction there is one row for each layer": [
            lambda layer, reverse, layers, both: 2 * layer + reverse
        ],
        "layers and rows are counted from 0": [
            lambda layer, reverse, layers, both: (1 + both) * layer + reverse + 1,
            lambda layer, reverse, layers, both: (1 + both) * (layer - 1) + reverse,
        ],
        "the forward direction comes first": [
            lambda layer, reverse, layers, both: (1 + both) * layer + (both and not reverse),
        ],
        "layer 0, which reads x, comes first": [
            lambda layer, reverse, layers, both: (1 + both) * (layers - 1 - layer) + reverse,
        ],
    }
    cases = []
    for both in (True, False):
        for layer, reverse in product(range(3), (True, False) if both else (False,)):
            name = f"layer {layer}, {'backward' if reverse else 'forward'}, of 3 layers, bidirectional = {both}"
            cases.append((name, (layer, reverse, 3, both), float(_first_row(layer, reverse, both))))
    judge(attempt, cases, slips, "a whole number")


def _first_row(layer: int, reverse: bool, bidirectional: bool) -> int:
    """The first row of h_n that is not zero if all parameters are, except a bias of this layer and direction."""
    rnn = nn.RNN(1, 1, num_layers=3, bidirectional=bidirectional, device="cpu")
    with torch.no_grad():
        for parameter in rnn.parameters():
            parameter.zero_()
        getattr(rnn, f"bias_ih_l{layer}{'_reverse' if reverse else ''}").fill_(1)
        _, h_n = rnn(torch.zeros(1, 1, 1))
    return int(h_n.flatten().nonzero()[0])


@fixed_numbers
def last_states(attempt: Callable) -> None:
    """Check `last_states(output, lengths)`: from the padded output of a bidirectional layer, (batch, seq,
    2 · hidden_size), the last state of each direction, side by side, (batch, 2 · hidden_size)."""
    gru = nn.GRU(3, 4, bidirectional=True, batch_first=True, dtype=torch.float64, device="cpu")
    x, lengths = torch.randn(3, 5, 3, dtype=torch.float64), torch.tensor([3, 5, 2])
    with torch.no_grad():
        output, h_n = run_by_hand(gru, x, lengths=lengths)
    right = torch.cat([h_n[0], h_n[1]], dim=-1)
    rows = torch.arange(3)

    def ends(output, forward, backward):
        return torch.cat([output[rows, forward, :4], output[rows, backward, 4:]], dim=-1)

    slips = {
        "the backward half is the second half, and it ends at the first step": [
            lambda output, lengths: output[rows, lengths - 1],
            lambda output, lengths: ends(output, 0, lengths - 1),
        ],
        "for a shorter sequence the last step is padding: the forward half ends at lengths - 1": [
            lambda output, lengths: output[:, -1],
            lambda output, lengths: ends(output, -1, 0),
        ],
        "the forward half comes first": [lambda output, lengths: ends(output, lengths - 1, 0).roll(4, dims=-1)],
        "the forward half ends at the last real step, lengths - 1": [lambda output, lengths: output[:, 0]],
    }
    case = ("three sequences of 3, 5 and 2 steps", (output, lengths), right)
    judge(attempt, [case], slips, "(batch, 2 · hidden_size)")
