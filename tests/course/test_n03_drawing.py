"""The labelled drawing of a GRU cell."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Circle
from stored import assert_as_stored

from seqmem_lib.course.n03_gru.drawing import draw_gru
from seqmem_lib.plots.alt_text import describe
from seqmem_lib.plots.style import GATE_COLORS, NAMES
from seqmem_lib.widgets.diagrams import PLANS


@pytest.fixture
def ax():
    fig, ax = plt.subplots(figsize=(8, 4))
    yield draw_gru(ax=ax)
    plt.close(fig)


def test_the_gates_have_their_colours_and_the_places_of_the_widget(ax):
    valves = [patch for patch in ax.patches if isinstance(patch, Circle)]
    drawn = {tuple(valve.center): to_hex(valve.get_facecolor()) for valve in valves}
    assert drawn == {(one["x"], one["y"]): GATE_COLORS[one["letter"]] for one in PLANS["GRU"]["valves"]}


def test_every_part_is_named(ax):
    said = " ".join(text.get_text() for text in ax.texts)
    for letter in "rznh":
        assert NAMES[letter] in said
    assert {"+", "tanh", "r", "z", "1−z", "$x_t$"} <= {text.get_text() for text in ax.texts}
    assert describe(ax.figure).startswith("A share z of the old memory and a share 1 − z of the candidate")


def test_no_label_lies_on_another(ax):
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
    assert len(boxes) > 18
    crossing = [(a, b) for k, a in enumerate(boxes) for b in boxes[:k] if a.overlaps(b)]
    assert crossing == []


def test_only_axes_can_be_drawn_on():
    with pytest.raises(TypeError, match="ax is of type str"):
        draw_gru(ax="here")


def test_the_notebook_shows_it_as_it_is_drawn_today():
    assert_as_stored("03", "drawing")
