"""Plots by their artists: what is drawn, in which colours, between which limits."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from torch import nn

from seqmem_lib.plots import describe, plot_learning_curve, plot_values
from seqmem_lib.style import GATE_COLORS, NEGATIVE, POSITIVE, colormap, use_style
from seqmem_lib.trace import record
from seqmem_lib.training import History


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


@pytest.fixture
def trace():
    return record(nn.LSTM(2, 3, batch_first=True), torch.randn(1, 7, 2))


@pytest.mark.parametrize("name", ["x", "i", "f", "g", "o", "c", "h"])
def test_heatmap_shows_the_values(name, trace, ax):
    assert plot_values(trace, name, ax=ax) is ax
    (mesh,) = ax.collections
    values = getattr(trace, name)[0].T.numpy()
    np.testing.assert_array_equal(mesh.get_array(), values)
    bound = abs(values).max()
    assert mesh.get_clim() == ((0, 1) if name in "ifo" else pytest.approx((-bound, bound)))
    assert to_hex(mesh.cmap(1.0)) == (GATE_COLORS[name] if name in "ifo" else POSITIVE)
    assert to_hex(mesh.cmap(0.0)) == ("#ffffff" if name in "ifo" else NEGATIVE)
    assert ax.get_ylabel() == name


def test_signed_colours_are_white_at_zero():
    assert to_hex(colormap("c")(0.5)) == "#ffffff"


def test_sign_survives_a_grey_print():
    def grey(color):
        r, g, b = (int(color[k : k + 2], 16) for k in (1, 3, 5))
        return 0.299 * r + 0.587 * g + 0.114 * b

    assert grey(POSITIVE) - grey(NEGATIVE) > 50


def test_learning_curve(ax):
    plot_learning_curve(History((1.0, 0.1, 0.01), 3), ax=ax)
    (line,) = ax.lines
    assert line.get_ydata().tolist() == [1.0, 0.1, 0.01]
    assert ax.get_yscale() == "log"


def test_current_axes_are_the_default(trace, ax):
    assert plot_values(trace, "f") is ax
    assert plot_learning_curve(History((1.0,), 1)) is ax


def test_plots_leave_global_settings_alone(trace, ax):
    before = dict(plt.rcParams)
    plot_values(trace, "f", ax=ax)
    assert dict(plt.rcParams) == before


def test_use_style():
    with plt.rc_context():
        use_style()
        assert not plt.rcParams["axes.spines.top"]


def test_description_is_made_from_the_data():
    trace = record(nn.LSTM(1, 1, batch_first=True), torch.zeros(1, 5, 1))
    values = dict(trace.values)
    values["i"] = torch.tensor([0.9, 0.1, 0.2, 0.8, 0.0]).view(1, 5, 1)
    values["c"] = torch.tensor([0.9, 0.1, -0.25, 0.8, 0.0]).view(1, 5, 1)
    text = describe(type(trace)("LSTM", trace.x, values, (5,)))
    assert "Input gate i: mean above 0.5 at 2 steps: 0, 3." in text
    assert "Cell state c: between -0.25 and 0.90." in text
    assert "5 time steps along, 1 units down" in text


def test_an_unknown_name_is_refused(trace, ax):
    with pytest.raises(ValueError, match="name='kind' is nothing that this trace holds: use x, i, f, g, o, c, h"):
        plot_values(trace, "kind", ax=ax)


def test_several_sequences_are_refused(ax):
    trace = record(nn.GRU(2, 3, batch_first=True), torch.randn(2, 5, 2))
    for call in (describe, lambda trace: plot_values(trace, "z", ax=ax)):
        with pytest.raises(ValueError, match="trace holds 2 sequences"):
            call(trace)
