"""The exercises of notebook 07."""

import pytest
import torch
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


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (parameters, ": correct."),
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
        (lambda *sizes: "many", "not yet. Return a whole number."),
    ],
)
def test_lstm_parameters(attempt, verdict, capsys):
    assert verdict in verdict_on(attempt, checks.lstm_parameters, capsys)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda layer, reverse, layers, both: layer * (1 + both) + reverse, ": correct."),
        (lambda *given: None, "not attempted yet."),
        (lambda layer, reverse, layers, both: layer + layers * reverse, "Hint: the two directions of a layer are"),
        (lambda layer, reverse, layers, both: 2 * layer + reverse, "Hint: with one direction there is one row"),
        (lambda layer, reverse, layers, both: layer * (1 + both) + reverse + 1, "Hint: layers and rows are counted"),
        (lambda layer, reverse, layers, both: layer * (1 + both) + (not reverse), "Hint: the forward direction comes"),
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
    return torch.cat([output[ROWS, forward, :4], output[ROWS, backward, 4:]], dim=-1)


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda output, lengths: ends(output, lengths - 1, 0), ": correct."),
        (lambda output, lengths: ..., "not attempted yet."),
        (lambda output, lengths: output[ROWS, lengths - 1], "Hint: the backward half is the second half, and it ends"),
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
    for check in (checks.last_states, checks.row_of_h_n, checks.lstm_parameters):
        check(lambda *_: None)
    assert torch.equal(torch.get_rng_state(), before)
