"""The exercises of notebook 05."""

from copy import deepcopy

import pytest
import torch
from torch import nn
from verdict import verdict_on

from seqmem_lib.course.n05_layers import checks

ROWS = torch.arange(3)


def parameters(input_size, hidden_size, num_layers, bidirectional):
    directions = 1 + bidirectional
    total = 0
    for layer in range(num_layers):
        reads = input_size if layer == 0 else directions * hidden_size
        total += directions * 4 * hidden_size * (reads + hidden_size + 2)
    return total


def counted(input_size, hidden_size, num_layers, bidirectional):
    lstm = nn.LSTM(input_size, hidden_size, num_layers, bidirectional=bidirectional)
    return sum(parameter.numel() for parameter in lstm.parameters())


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (parameters, ": correct."),
        (counted, ": correct."),
        (lambda *sizes: ..., "not attempted yet."),
        (
            lambda i, h, n, both: parameters(i, h, n, both) - 4 * h * n * (1 + both),
            "Hint: a layer of torch has two bias",
        ),
        (lambda i, h, n, both: parameters(i, h, n, both) - 8 * h * n * (1 + both), "Hint: the biases are missing"),
        (lambda i, h, n, both: parameters(i, h, n, both) * 3 // 4, "Hint: an LSTM has four blocks"),
        (
            lambda i, h, n, both: (1 + both) * parameters(i, h, n, False),
            "Hint: a layer above the first reads both directions",
        ),
        (lambda i, h, n, both: parameters(i, h, n, False), "Hint: each direction has parameters of its own"),
        (lambda i, h, n, both: n * parameters(i, h, 1, both), "Hint: only the first layer reads the input"),
        (
            lambda i, h, n, both: i * h,
            "For input_size = 3, hidden_size = 4, num_layers = 1, bidirectional = False the answer is 144, not 12.",
        ),
        (
            lambda i, h, n, both: sum(parameters(max(i, h + h * both) if k else i, h, 1, both) for k in range(n)),
            "num_layers = 2, bidirectional = True the answer is 336, not 416.",
        ),
        (lambda *sizes: "many", "not yet. Return a whole number."),
    ],
)
def test_lstm_parameters(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.lstm_parameters, capsys)


def by_listing(layer, reverse, layers, both):
    return [(k, back) for k in range(layers) for back in ((False, True) if both else (False,))].index((layer, reverse))


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda layer, reverse, layers, both: layer * (1 + both) + reverse, ": correct."),
        (by_listing, ": correct."),
        (lambda *given: None, "not attempted yet."),
        (lambda layer, reverse, layers, both: layer + layers * reverse, "Hint: the two directions of a layer are"),
        (lambda layer, reverse, layers, both: 2 * layer + reverse, "Hint: with one direction there is one row"),
        (lambda layer, reverse, layers, both: layer * (1 + both) + reverse + 1, "Hint: layers and rows are counted"),
        (
            lambda layer, reverse, layers, both: layer * (1 + both) + (not reverse),
            "Hint: the two directions of a layer",
        ),
        (lambda layer, reverse, layers, both: layer + reverse, "neighbours, the forward one first"),
        (lambda layer, reverse, layers, both: layer * (1 + both), "neighbours, the forward one first"),
        (lambda layer, reverse, layers, both: reverse - 2 if both else -1, "Hint: layers and rows are counted from 0"),
        (lambda *given: str(by_listing(*given)), "not yet. Return a whole number."),
        (
            lambda layer, reverse, layers, both: (layers - 1 - layer) * (1 + both) + reverse,
            "Hint: layer 0, which reads",
        ),
        (lambda *given: 17, "For layer 0, backward, of 3 layers, bidirectional = True the answer is 1, not 17."),
        (lambda *given: 1 / 0, "your function stopped with ZeroDivisionError"),
    ],
)
def test_row_of_h_n(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.row_of_h_n, capsys)


def ends(output, forward, backward):
    rows, size = torch.arange(len(output)), output.shape[-1] // 2
    return torch.cat([output[rows, forward, :size], output[rows, backward, size:]], dim=-1)


def one_by_one(output, lengths):
    pairs = zip(output, lengths.tolist(), strict=True)
    size = output.shape[2] // 2
    return torch.stack([torch.cat([one[length - 1, :size], one[0, size:]]) for one, length in pairs])


def for_three(output, lengths, size=4, rows=ROWS):
    return torch.cat([output[rows, lengths - 1, :size], output[rows, 0, size:]], dim=-1)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda output, lengths: ends(output, lengths - 1, 0), ": correct."),
        (one_by_one, ": correct."),
        (lambda output, lengths: ..., "not attempted yet."),
        (lambda output, lengths: one_by_one(output, lengths).numpy(), ": correct."),
        (for_three, "your function stopped with IndexError"),
        (lambda output, lengths: for_three(output, lengths, rows=range(len(output))), "hidden_size 3"),
        (
            lambda output, lengths: ends(output, lengths - 1, lengths - 1),
            "Hint: the backward half is the second half, and it ends",
        ),
        (lambda output, lengths: output[:, -1], "Hint: for a shorter sequence the last step is padding"),
        (lambda output, lengths: ends(output, -1, 0), "Hint: for a shorter sequence the last step is padding"),
        (lambda output, lengths: ends(output, lengths.clamp(max=4), 0), "Hint: for a shorter sequence"),
        (lambda output, lengths: ends(output, lengths - 1, 0)[:, [4, 5, 6, 7, 0, 1, 2, 3]], "Hint: the forward half"),
        (lambda output, lengths: output[:, 0], "Hint: the forward half ends at the last real step"),
        (lambda output, lengths: 0 * ends(output, lengths - 1, 0), "The numbers are wrong for"),
        (lambda output, lengths: output, "not yet. Return (batch, 2 · hidden_size)."),
        (lambda output, lengths: output[:, lengths - 1], "not yet. Return (batch, 2 · hidden_size)."),
    ],
)
def test_last_states(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.last_states, capsys)


def test_the_check_leaves_the_random_numbers_alone(capsys):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    for check in (checks.last_states, checks.row_of_h_n, checks.lstm_parameters, checks.packed_sizes):
        check(lambda *_: None)
    for check in (checks.set_forget_biases, checks.same_mask):
        check(lambda *_: None)
    assert torch.equal(torch.get_rng_state(), before)


def still_there(lengths):
    return [sum(length > t for length in lengths) for t in range(max(lengths))]


def by_torch(lengths):
    sequences = [torch.zeros(length) for length in lengths]
    return nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False).batch_sizes


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (still_there, ": correct."),
        (by_torch, ": correct."),
        (lambda lengths: None, "not attempted yet."),
        (lambda lengths: sorted(lengths)[::-1], "Hint: count the sequences that still have a step"),
        (lambda lengths: still_there(lengths)[1:], "Hint: the first time step counts too"),
        (lambda lengths: [sum(n >= t for n in lengths) for t in range(max(lengths))], "Hint: a sequence of n steps"),
        (lambda lengths: [lengths.count(t + 1) for t in range(max(lengths))], "Hint: how many still have a step, not"),
        (lambda lengths: [len(lengths)] * max(lengths), "For lengths = [4, 1, 3] the answer is [3, 2, 2, 1], not"),
        (lambda lengths: lengths.sort(reverse=True) or still_there(lengths), "your function changes what it was given"),
        (lambda lengths: [sum(n > t for n in lengths) for t in range(lengths[0])], "not yet. "),
        (lambda lengths: 3, "not yet. Return a list of whole numbers."),
    ],
)
def test_packed_sizes(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.packed_sizes, capsys)


@torch.no_grad()
def by_name(lstm, value, blocks=(1,), both=False, only=""):
    size = lstm.hidden_size
    for name, parameter in lstm.named_parameters():
        if name.startswith("bias") and name.endswith(only):
            for block in blocks:
                rows = slice(block * size, (block + 1) * size)
                parameter[rows] = value if both or name.startswith("bias_ih") else 0
    return lstm


@torch.no_grad()
def by_weights(lstm, value):
    for _, _, ih, hh in lstm.all_weights:
        ih.view(4, -1)[1] = value - hh.view(4, -1)[1]
    return lstm


@torch.no_grad()
def two_layers(lstm, value):
    for _, _, ih, hh in lstm.all_weights[: 2 * (1 + lstm.bidirectional)]:
        ih.view(4, -1)[1] = value - hh.view(4, -1)[1]
    return lstm


@torch.no_grad()
def without_weights(lstm):
    for _, hh, *_ in lstm.all_weights:
        hh.zero_()
    return lstm


@torch.no_grad()
def first_bias_only(lstm, value):
    for _, _, ih, _ in lstm.all_weights:
        ih.chunk(4)[1].fill_(value)
    return lstm


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (by_name, ": correct."),
        (by_weights, ": correct."),
        (lambda lstm, value: ..., "not attempted yet."),
        (lambda lstm, value: by_name(lstm, value, both=True), "Hint: the two biases are added"),
        (first_bias_only, "Hint: PyTorch starts the second bias with random numbers"),
        (lambda lstm, value: by_name(lstm, value, only="l0"), "Hint: every layer and every direction"),
        (lambda lstm, value: by_name(lstm, value, blocks=(0,)), "Hint: the forget gate is the second"),
        (lambda lstm, value: by_name(lstm, value, blocks=range(4)), "Hint: the other gates keep their biases"),
        (lambda lstm, value: lstm, "The numbers are wrong for num_layers = 1"),
        (lambda lstm, value: two_layers(lstm, value), "wrong for num_layers = 3"),
        (lambda lstm, value: by_name(deepcopy(lstm), value), "Return the module that was given, changed."),
        (lambda lstm, value: by_name(lstm, value) and None, "Return the module that was given, changed."),
        (lambda lstm, value: without_weights(by_name(lstm, value)), "The numbers are wrong for num_layers = 1"),
    ],
)
def test_set_forget_biases(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.set_forget_biases, capsys)


def drawn(x, p, shape=None):
    return x * (torch.rand(shape or (len(x), 1, x.shape[2])) >= p) / (1 - p)


def by_dropout(x, p):
    return nn.functional.dropout1d(x.transpose(1, 2), p).transpose(1, 2)


def always_one(x, p):
    """Exactly one of the five features of each sequence."""
    rank = torch.rand(len(x), 1, x.shape[2]).argsort(dim=2).argsort(dim=2)
    return x * (rank > 0) / (1 - p)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (drawn, ": correct."),
        (by_dropout, ": correct."),
        (lambda x, p: None, "not attempted yet."),
        (lambda x, p: nn.functional.dropout(x, p), "Hint: draw one mask for a sequence"),
        (lambda x, p: drawn(x, p) * (1 - p), "Hint: divide what is left by 1 - p"),
        (lambda x, p: drawn(x, p, (1, 1, x.shape[2])), "Hint: each sequence and each feature"),
        (lambda x, p: drawn(x, p, (len(x), 1, 1)), "Hint: each sequence and each feature"),
        (lambda x, p: drawn(x, 1 - p) * (1 - (1 - p)) / (1 - p), "the share of hidden features is 0.7"),
        (lambda x, p: by_dropout(x, p).numpy(), ": correct."),
        (lambda x, p: x.mul_(drawn(torch.ones_like(x), p)), "your function changes what it was given"),
        (lambda x, p: torch.manual_seed(0) and drawn(x, p), "Hint: draw a new mask at each call"),
        (always_one, "Hint: each sequence and each feature has a draw of its own"),
        (lambda x, p: x, "Nothing is hidden"),
        (lambda x, p: x[:, 0], "Return (batch, seq, features)"),
    ],
)
def test_same_mask(attempt, verdict, capsys):
    torch.manual_seed(0)
    assert verdict in verdict_on(attempt, checks.same_mask, capsys)
