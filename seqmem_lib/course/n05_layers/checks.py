"""The checks of notebook 05."""

from collections.abc import Callable
from functools import wraps
from itertools import product

import torch
from torch import Tensor, nn

from ...language import tr
from ...layers import run_by_hand
from ..judge import CHANGED, as_before, as_tensor, fixed_numbers, judge, say, whole


@fixed_numbers
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
    drawn = whole(2, 9), whole(2, 9), whole(2, 5), True
    for sizes in ((3, 4, 1, False), (3, 4, 3, False), (3, 4, 1, True), (5, 4, 3, True), (9, 2, 2, True), drawn):
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
        "the two directions of a layer are neighbours, the forward one first": [
            lambda layer, reverse, layers, both: layer + layers * reverse,
            lambda layer, reverse, layers, both: (1 + both) * layer + (both and not reverse),
            lambda layer, reverse, layers, both: layer + reverse,
            lambda layer, reverse, layers, both: (1 + both) * layer,
        ],
        "with one direction there is one row for each layer": [
            lambda layer, reverse, layers, both: 2 * layer + reverse
        ],
        "layers and rows are counted from 0, from the layer on that reads x": [
            lambda layer, reverse, layers, both: (1 + both) * layer + reverse + 1,
            lambda layer, reverse, layers, both: (1 + both) * (layer - 1) + reverse,
            lambda layer, reverse, layers, both: -1 if reverse or not both else -2,
        ],
        "layer 0, which reads x, comes first": [
            lambda layer, reverse, layers, both: (1 + both) * (layers - 1 - layer) + reverse,
        ],
    }
    cases = []
    for both in (True, False):
        for layer, reverse in product(range(3), (True, False) if both else (False,)):
            cases.append(_case(layer, reverse, 3, both))
    cases.append(_case(whole(3, 9), bool(whole(0, 1)), 10, True))
    judge(attempt, cases, slips, "a whole number")


def _case(layer: int, reverse: bool, layers: int, bidirectional: bool) -> tuple[str, tuple, float]:
    """Right is the first row of h_n that is not zero if all parameters are but a bias of this layer and direction."""
    forward = "layer {layer}, forward, of {layers} layers, bidirectional = {both}"
    backward = "layer {layer}, backward, of {layers} layers, bidirectional = {both}"
    name = tr(backward if reverse else forward, layer=layer, layers=layers, both=bidirectional)
    rnn = nn.RNN(1, 1, num_layers=layers, bidirectional=bidirectional, device="cpu")
    with torch.no_grad():
        for parameter in rnn.parameters():
            parameter.zero_()
        getattr(rnn, f"bias_ih_l{layer}{'_reverse' if reverse else ''}").fill_(1)
        _, h_n = rnn(torch.zeros(1, 1, 1))
    return name, (layer, reverse, layers, bidirectional), float(h_n.flatten().nonzero()[0])


@fixed_numbers
def last_states(attempt: Callable) -> None:
    """Check `last_states(output, lengths)`: from the padded output of a bidirectional layer, (batch, seq,
    2 · hidden_size), the last state of each direction, side by side, (batch, 2 · hidden_size)."""

    def ends(output, forward, backward):
        rows, size = torch.arange(len(output)), output.shape[-1] // 2
        return torch.cat([output[rows, forward, :size], output[rows, backward, size:]], dim=-1)

    slips = {
        "the backward half is the second half, and it ends at the first step": [
            lambda output, lengths: ends(output, lengths - 1, lengths - 1),
            lambda output, lengths: ends(output, 0, lengths - 1),
        ],
        "for a shorter sequence the last step is padding: the forward half ends at lengths - 1": [
            lambda output, lengths: output[:, -1],
            lambda output, lengths: ends(output, -1, 0),
        ],
        "the forward half comes first": [
            lambda output, lengths: ends(output, lengths - 1, 0).roll(output.shape[-1] // 2, dims=-1)
        ],
        "the forward half ends at the last real step, lengths - 1": [lambda output, lengths: output[:, 0]],
    }
    cases = []
    for size, lengths in ((4, [3, 5, 2]), (3, [1, 4, 6, 2])):
        gru = nn.GRU(3, size, bidirectional=True, batch_first=True, dtype=torch.float64, device="cpu")
        x, lengths = torch.randn(len(lengths), max(lengths), 3, dtype=torch.float64), torch.tensor(lengths)
        with torch.no_grad():
            output, h_n = run_by_hand(gru, x, lengths=lengths)
        said = "sequences of {steps} steps and hidden_size {size}"
        name = tr(said, steps=", ".join(map(str, lengths.tolist())), size=size)
        cases.append((name, (output, lengths), torch.cat([h_n[0], h_n[1]], dim=-1)))
    judge(attempt, cases, slips, "(batch, 2 · hidden_size)", intact=True)


@fixed_numbers
def packed_sizes(attempt: Callable) -> None:
    """Check `packed_sizes(lengths)`: batch_sizes of packed sequences with these lengths."""
    slips = {
        "count the sequences that still have a step, at each time step": [
            lambda lengths: sorted(lengths, reverse=True),
            lambda lengths: list(lengths),
        ],
        "a sequence of n steps has a step at 0 to n - 1": [
            lambda lengths: [sum(length >= t for length in lengths) for t in range(max(lengths) + 1)],
            lambda lengths: [sum(length >= t for length in lengths) for t in range(max(lengths))],
        ],
        "the first time step counts too": [
            lambda lengths: [sum(length > t for length in lengths) for t in range(1, max(lengths))]
        ],
        "how many still have a step, not how many end": [
            lambda lengths: [sum(length == t + 1 for length in lengths) for t in range(max(lengths))]
        ],
    }
    cases = []
    for lengths in ([4, 1, 3], [2, 2], [1], [1, 5, 5, 2], [whole(1, 9) for _ in range(6)]):
        sequences = [torch.zeros(length, 1, device="cpu") for length in lengths]
        packed = nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False)
        cases.append((f"lengths = {lengths}", (lengths,), packed.batch_sizes.tolist()))
    judge(attempt, cases, slips, "a list of whole numbers", intact=True)


@fixed_numbers
def set_forget_biases(attempt: Callable) -> None:
    """Check `set_forget_biases(lstm, value)`: every forget gate of an nn.LSTM, of each layer and direction, gets this
    bias, and all other biases stay. It returns the module."""

    def biases(way):
        @wraps(way)
        def tried(num_layers, bidirectional, value):
            torch.manual_seed(1)
            lstm = nn.LSTM(2, 3, num_layers=num_layers, bidirectional=bidirectional, device="cpu")
            before = [parameter.clone() for parameter in lstm.parameters()]
            answer = way(lstm, value)
            if answer is not lstm:  # a copy, or nothing although it was changed
                same = all(map(torch.equal, lstm.parameters(), before))
                return answer if same and (answer is None or answer is ...) else "another"
            weights = [weight.flatten() for one in lstm.all_weights for weight in one[:2]]
            return torch.cat([*(ih + hh for ih, hh in pairs(lstm)), *weights]).detach()

        return tried

    def pairs(lstm):
        return [(one[2], one[3]) for one in lstm.all_weights]

    def setter(rows=slice(3, 6), cells=slice(None), both=False, other=True):
        @torch.no_grad()
        def way(lstm, value):
            for ih, hh in pairs(lstm)[cells]:
                ih[rows] = value
                if other:
                    hh[rows] = value if both else 0.0
            return lstm

        return way

    slips = {
        "the two biases are added: set one of them, and the other to 0": [biases(setter(both=True))],
        "PyTorch starts the second bias with random numbers: set its part to 0": [biases(setter(other=False))],
        "every layer and every direction has biases of its own": [
            biases(setter(cells=slice(0, 1))),
            biases(setter(cells=slice(0, None, 2))),
        ],
        "the forget gate is the second of the four blocks of rows": [
            biases(setter(rows=slice(3 * k, 3 * k + 3))) for k in (0, 2, 3)
        ],
        "the other gates keep their biases": [biases(setter(rows=slice(None)))],
    }
    cases = []
    for arguments in ((1, False, 1.0), (2, True, 3.0), (3, False, -1.0)):
        name = "num_layers = {}, bidirectional = {}, value = {}".format(*arguments)
        cases.append((name, arguments, biases(setter())(*arguments)))
    judge(biases(attempt), cases, slips, "the module that was given, changed")


@fixed_numbers
def same_mask(attempt: Callable) -> None:
    """Check `same_mask(x, p)`: dropout that hides the same features at every time step of a sequence."""

    def verdict() -> str:
        x, p = 1 + torch.rand(400, 6, 5), 0.25
        given = x.clone()
        answer = attempt(given, p)
        if answer is None or answer is ...:
            return "not attempted yet."
        answer, again = (as_tensor(one) for one in (answer, attempt(x.clone(), p)))
        if not all(isinstance(one, Tensor) and one.shape == x.shape for one in (answer, again)):
            return "not yet. Return (batch, seq, features)."
        answer, again = answer.float(), again.float()
        gone = answer == 0
        if torch.allclose(answer, x):
            return "not yet. Nothing is hidden."
        if not torch.allclose(answer[~gone], x[~gone] / (1 - p)):
            return "not yet. Hint: divide what is left by 1 - p, so that the mean stays."
        if not (gone == gone[:, :1]).all():
            return "not yet. Hint: draw one mask for a sequence, (batch, 1, features), and use it at every time step."
        hidden = gone[:, 0].sum(dim=1)
        if (gone == gone[:1]).all() or (gone == gone[:, :, :1]).all() or (hidden == hidden[0]).all():
            return "not yet. Hint: each sequence and each feature has a draw of its own."
        share = gone[:, 0].double().mean().item()
        if abs(share - p) > 0.05:  # five standard deviations of 2,000 draws
            return tr("not yet. For p = {p} the share of hidden features is {share:.2f}.", p=p, share=share)
        if (gone == (again == 0)).all():
            return "not yet. Hint: draw a new mask at each call."
        return "correct." if as_before(given, x) else CHANGED

    say(attempt, verdict)
