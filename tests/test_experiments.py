import pytest
import torch
from torch import nn

from seqmem_lib.experiments import RESULTS, gate_means, load_results, wilson_interval
from seqmem_lib.trace import Trace, record


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [  # Newcombe (1998), Statistics in Medicine 17, table I, score method without continuity correction
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_values(successes, trials, low, high):
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_is_symmetric():
    low, high = wilson_interval(3, 10)
    assert wilson_interval(7, 10) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (-1, 5), (6, 5)])
def test_bad_input_is_named(successes, trials):
    with pytest.raises(ValueError, match=rf"successes={successes} of trials={trials} is impossible"):
        wilson_interval(successes, trials)


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


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*.csv")), ids=lambda path: path.stem)
def test_results_say_how_they_were_made(path):
    first = path.read_text("utf-8").splitlines()[0]
    assert first.startswith("# ")
    assert "torch 2" in first
    assert len(load_results(path.stem)) >= 10


def test_unknown_results():
    with pytest.raises(
        FileNotFoundError, match="'none' is not a table of figures/results, which holds 'store_and_recall'"
    ):
        load_results("none")
