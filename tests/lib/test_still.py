"""The Scrubber's still picture, by its artists: what stands where, and what it says of the trace."""

from itertools import combinations

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.patches import Circle, FancyBboxPatch
from torch import nn

from seqmem_lib.plots.style import GATE_COLORS, NEGATIVE, POSITIVE
from seqmem_lib.recording import record
from seqmem_lib.widgets.diagrams import PLANS, carried
from seqmem_lib.widgets.scrubber import Scrubber

WORDS = ["the", "film", "was", "not", "so", "good", "after", "all"]
KINDS = [nn.RNN, nn.LSTM, nn.GRU]


def a_trace(kind=nn.LSTM, units=3, seq=8, **options):
    torch.manual_seed(0)
    return record(kind(2, units, batch_first=True), torch.randn(1, seq, 2), **options)


def picture(traces, **options):
    """Its axes, drawn."""
    figure = Scrubber(traces, **options).still_picture()
    figure.set_dpi(100)
    figure.canvas.draw()
    return figure.axes[0]


def box(ax, artist):
    """Left, upper, right and lower end, in CSS pixels from the upper left corner."""
    extent = artist.get_window_extent()
    height = ax.figure.bbox.height
    return extent.x0, height - extent.y1, extent.x1, height - extent.y0


def overlap(one, other):
    return min(one[2], other[2]) - max(one[0], other[0]) > 1 and min(one[3], other[3]) - max(one[1], other[1]) > 1


PICTURES = {
    "RNN": lambda: picture(a_trace(nn.RNN), step=3),
    "LSTM, tokens": lambda: picture(a_trace(tokens=WORDS), step=3, readout={"positive": range(8)}),
    "RNN, long tokens": lambda: picture(a_trace(nn.RNN, seq=24, tokens=[*WORDS, *WORDS, *WORDS])),
    "GRU, many steps": lambda: picture(a_trace(nn.GRU, units=12, seq=120), inputs=["value", "mark"]),
    "two": lambda: picture({"a": a_trace(), "b": a_trace(nn.GRU, units=9)}, readout={"a loss": range(1, 9)}),
    "three": lambda: picture({"a": a_trace(), "b": a_trace(nn.GRU), "c": a_trace(nn.RNN)}),
}


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_no_words_stand_on_others_or_on_a_heatmap_or_past_the_edge(make):
    ax = make()
    texts = [text for text in ax.texts if text.get_text()]
    boxes = {text.get_text() + f" ({k})": box(ax, text) for k, text in enumerate(texts)}
    width, height = ax.figure.bbox.width, ax.figure.bbox.height
    assert (width, height) == (700, pytest.approx(ax.get_ylim()[0], abs=1))
    for said, (left, upper, right, lower) in boxes.items():
        assert -1 <= left < right <= width + 1, said
        assert -1 <= upper < lower <= height + 1, said
    heatmaps = {f"heatmap {k}": box(ax, image) for k, image in enumerate(ax.images)}
    for (one, first), (other, second) in combinations((boxes | heatmaps).items(), 2):
        assert not overlap(first, second), f"{one!r} stands on {other!r}"


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_heatmaps_stand_in_one_column_each_with_its_name_and_cursor(make):
    ax = make()
    boxes = [box(ax, image) for image in ax.images]
    assert {(round(left), round(right)) for left, _, right, _ in boxes} == {(128, 576)}
    assert all(lower - upper >= 17 for _, upper, _, lower in boxes)
    assert [upper for _, upper, _, _ in boxes] == sorted(upper for _, upper, _, _ in boxes)
    names = [box(ax, text) for text in ax.texts if text.get_ha() == "right"]
    upright = [line for line in ax.lines if len(set(line.get_xdata())) == 1]
    cursors = [line.get_xydata() for line in upright if line.get_color() == "0.1"]
    seq = ax.images[0].get_array().shape[1]
    for left, upper, right, lower in boxes:
        beside = [one for one in names if one[1] < (upper + lower) / 2 < one[3]]
        assert len(beside) == 1
        assert beside[0][2] < left
        x = sorted(line[0, 0] for line in cursors if line[0, 1] < upper < lower < line[1, 1])
        assert len(x) == 2
        assert x[1] - x[0] == pytest.approx((right - left) / seq)
        assert (x[0] - left) / (x[1] - x[0]) == pytest.approx(round((x[0] - left) / (x[1] - x[0])))


def test_each_of_several_cells_has_its_name_and_its_unit():
    said = [text.get_text() for text in picture({"a": a_trace(), "b": a_trace(nn.GRU, units=9)}, unit=4).texts]
    assert {"a, unit 2", "b, unit 4"} <= set(said)  # the first has three units


@pytest.mark.parametrize("kind", KINDS)
def test_the_cell_is_drawn_as_planned_with_what_it_carries(kind):
    trace, step, unit = a_trace(kind), 5, 1
    ax, plan = picture(trace, step=step, unit=unit), PLANS[trace.kind]
    drawn = {name: value[0, step, unit].item() for name, value in trace.values.items()}
    drawn |= {f"{name}₋₁": trace.before(name)[0, step, unit].item() for name in "hc" if name in trace.values}
    drawn |= {"x": 0.0}
    number = {**drawn}.__getitem__
    lines = [line for line in ax.lines if to_hex(line.get_color()) in (NEGATIVE, POSITIVE)]
    assert len(lines) == len(plan["wires"])
    moved = {
        tuple(np.round(line.get_xydata()[0] - wire["corners"][0], 6))
        for line, wire in zip(lines, plan["wires"], strict=True)
    }
    assert len(moved) == 1, "all by the same way"
    ((right, down),) = moved
    told = []
    for line, wire in zip(lines, plan["wires"], strict=True):
        np.testing.assert_allclose(line.get_xydata() - [right, down], wire["corners"])
        try:
            value = carried(wire["terms"], number)
        except KeyError:
            continue  # the sum over all units, which test_widgets.py is about
        assert to_hex(line.get_color()) == (NEGATIVE if value < 0 else POSITIVE)
        told.append((abs(value), line.get_linewidth() / 0.72))
    widths = [width for _, width in sorted(told)]
    assert widths == sorted(widths), "more is thicker"
    assert 1 <= min(widths) < max(widths) <= 6
    circles = [patch for patch in ax.patches if isinstance(patch, Circle)]
    rims, discs = circles[::2], circles[1::2]
    assert len(rims) == len(discs) == len(plan["valves"])
    for rim, disc, valve in zip(rims, discs, plan["valves"], strict=True):
        assert rim.center == disc.center == (valve["x"] + right, valve["y"] + down)
        opening = 1 - drawn[valve["letter"]] if valve["closes"] else drawn[valve["letter"]]
        assert disc.radius == pytest.approx(11 * opening)
        assert disc.radius < rim.radius == 13
        assert to_hex(rim.get_edgecolor()) == to_hex(disc.get_facecolor()) == GATE_COLORS[valve["letter"]]
        sign = "1−z" if valve["closes"] else valve["letter"]
        assert f"{sign} {opening:.3f}" in [text.get_text() for text in ax.texts]
    said = [text.get_text() for text in ax.texts]
    boxes = [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert len(boxes) == len(plan["marks"])
    over = min(patch.get_zorder() for patch in [*circles, *boxes])
    assert over > max(line.get_zorder() for line in lines), "a wire ends at a mark, it does not cross it"
    for mark, x, y in plan["marks"]:
        places = [text.get_position() for text in ax.texts if text.get_text() == mark]
        assert any(place == pytest.approx((x + right, y + down)) for place in places)
    for name, x, y, _ in plan["ends"]:
        places = [text.get_position() for text in ax.texts if text.get_text() == name[0]]
        assert any(place == pytest.approx((x + right, y + down)) for place in places)
        assert ("t−1" in said) or len(name) == 1


@pytest.mark.parametrize(
    ("values", "log"),
    [
        (list(range(8)), False),
        ([-3, 2, 1, 0, 1, 2, 3, 4], False),
        ([10.0**-k for k in range(8)], True),
        ([1, 1000] * 4, False),
        ([1, 1010] * 4, True),
        ([2] * 8, False),
    ],
)
def test_a_readout_is_a_curve_from_its_lowest_to_its_highest_value(values, log):
    ax = picture(a_trace(), step=2, readout={"norm": values})
    (line,) = [line for line in ax.lines if len(line.get_xdata()) == 8]
    column = (576 - 128) / 8
    np.testing.assert_allclose(line.get_xdata(), 128 + (np.arange(8) + 0.5) * column)
    said = " ".join(text.get_text() for text in ax.texts)
    assert ("(log scale)" in said) == log
    y, expected = line.get_ydata(), np.log(values) if log else np.array(values, float)
    if len(set(values)) > 1:
        low = min(expected) if log else min(0, min(expected))
        share = (expected - low) / (max(expected) - low)
        np.testing.assert_allclose((y.max() - y) / np.ptp(y), (share - share.min()) / np.ptp(share), atol=1e-9)
    name = next(box(ax, text) for text in ax.texts if text.get_text() == "norm")
    assert y.min() > name[1] - 22
    assert y.max() < name[3] + 22
