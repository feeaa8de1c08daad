"""The labelled drawing of an LSTM cell."""

from itertools import pairwise
from math import dist

import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Circle, FancyBboxPatch
from stored import assert_as_stored

from seqmem_lib.course.n02_lstm.drawing import draw_lstm
from seqmem_lib.course.n03_gru.drawing import draw_gru
from seqmem_lib.plots.alt_text import describe
from seqmem_lib.plots.style import GATE_COLORS, LINE_COLORS, NAMES
from seqmem_lib.widgets.diagrams import PLANS


@pytest.fixture
def ax():
    fig, ax = plt.subplots(figsize=(8, 4))
    yield draw_lstm(ax=ax)
    plt.close(fig)


def test_the_gates_have_their_colours_and_the_places_of_the_widget(ax):
    valves = [patch for patch in ax.patches if isinstance(patch, Circle)]
    drawn = {tuple(valve.center): to_hex(valve.get_facecolor()) for valve in valves}
    assert drawn == {(one["x"], one["y"]): GATE_COLORS[one["letter"]] for one in PLANS["LSTM"]["valves"]}


def test_every_part_is_named(ax):
    said = " ".join(text.get_text() for text in ax.texts)
    for letter in "ifgoch":
        assert NAMES[letter] in said
    assert {"+", "tanh"} <= {text.get_text() for text in ax.texts}
    assert describe(ax.figure).startswith("The old memory times f, plus the candidate times i, is the new memory.")


def test_no_label_lies_on_another(ax):
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
    assert len(boxes) > 20
    crossing = [(a, b) for k, a in enumerate(boxes) for b in boxes[:k] if a.overlaps(b)]
    assert crossing == []


@pytest.mark.parametrize(("kind", "draw"), [("LSTM", draw_lstm), ("GRU", draw_gru)])
def test_arrows_lead_to_where_they_do_in_the_widget(kind, draw):
    figure, ax = plt.subplots(figsize=(8, 4))
    arrows = {(one.xyann, one.xy): one.arrow_patch for one in draw(ax=ax).texts if hasattr(one, "arrow_patch")}
    plt.close(figure)

    def has_tip(drawn):
        return "FilledB" in type(drawn.get_arrowstyle()).__name__

    wires, valves = PLANS[kind]["wires"], PLANS[kind]["valves"]
    out = max(x for wire in wires for x, _ in wire["corners"])
    for wire in wires:
        for start, end in pairwise(wire["corners"]):
            drawn = arrows.pop((start, end))
            assert to_hex(drawn.get_edgecolor()) == LINE_COLORS[wire["terms"][-1][0].replace("W", "h")]
            assert has_tip(drawn) == (end[0] == out)  # where it leaves the cell
    # The others are dashed: from a box that says what is read, to a valve, or to where the wire of a candidate begins.
    boxes = [patch.get_bbox() for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    targets = [(valve["letter"], (valve["x"], valve["y"])) for valve in valves]
    targets += [(wire["terms"][0], wire["corners"][0]) for wire in wires if len(wire["terms"]) == 1]
    reached = []
    for (start, end), drawn in arrows.items():
        assert any(box.contains(*start) for box in boxes)
        letter, place = min(targets, key=lambda target, end=end: dist(target[1], end))
        assert dist(place, end) < 18  # the radius of a valve is 12
        assert has_tip(drawn)
        assert to_hex(drawn.get_edgecolor()) == LINE_COLORS[letter]
        reached.append(letter)
    assert sorted(reached) == sorted([valve["letter"] for valve in valves] + ["g" if kind == "LSTM" else "n"])


def test_only_axes_can_be_drawn_on():
    with pytest.raises(TypeError, match="ax is of type str"):
        draw_lstm(ax="here")


def test_the_notebook_shows_it_as_it_is_drawn_today():
    assert_as_stored("02", "drawing")
