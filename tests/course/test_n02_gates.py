"""The means of the gates at writes, reads and between them."""

import pytest
import torch
from torch import nn

from seqmem_lib.course.n02_lstm.gates import gate_means
from seqmem_lib.recording import record
from seqmem_lib.trace import Trace


def test_gate_means_by_hand():
    """Steps: nothing, write, hold, read, hold, and padding, which must not count."""
    x = torch.zeros(1, 6, 3)
    x[0, 1, 1] = x[0, 3, 2] = 1
    gate = torch.tensor([9, 0.1, 0.2, 0.3, 0.6, 0])[None, :, None]
    names = "ifgoch"
    trace = Trace("LSTM", x, dict.fromkeys(names, gate) | {"f": gate / 2}, (5,))
    means = gate_means(trace)
    assert list(means.index) == ["write", "hold", "read"]
    assert means["i"].tolist() == pytest.approx([0.1, 0.4, 0.3])
    assert means["f"].tolist() == pytest.approx([0.05, 0.2, 0.15])


def test_gate_means_of_something_else():
    with pytest.raises(ValueError, match="trace must be of an LSTM that read store_and_recall"):
        gate_means(record(nn.GRU(3, 1, batch_first=True), torch.zeros(1, 2, 3)))
