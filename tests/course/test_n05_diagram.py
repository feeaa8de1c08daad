"""Diagrams, by their artists."""

import matplotlib.pyplot as plt
import pytest

from seqmem_lib.course.n05_layers.diagram import plot_layers
from seqmem_lib.plots.alt_text import describe


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_every_cell_and_every_state_is_there(layers, bidirectional):
    _, ax = plt.subplots()
    assert plot_layers(layers, bidirectional, seq=5, ax=ax) is ax
    directions = ["forward", "backward"][: 1 + bidirectional]
    labels = [line.get_label() for line in ax.lines]
    assert [label for label in labels if label.startswith("layer")] == [
        f"layer {layer}, {direction}" for layer in range(layers) for direction in directions
    ]
    assert labels[0] == "x"
    assert labels[-1] == "output"
    assert all(len(line.get_xdata()) == 5 for line in ax.lines)
    cells = {line.get_label(): line for line in ax.lines}
    for layer in range(layers):
        for k, direction in enumerate(directions):
            text = next(one for one in ax.texts if one.get_text() == f"h_n[{layer * len(directions) + k}]")
            cell = cells[f"layer {layer}, {direction}"]
            x, y = text.get_position()
            assert y == cell.get_ydata()[0]
            assert x > max(cell.get_xdata()) if direction == "forward" else x < min(cell.get_xdata())
    assert f"layer {layers - 1}, forward" in describe(ax)


def test_arrows_point_to_where_a_direction_reads():
    _, ax = plt.subplots()
    plot_layers(1, True, seq=3, ax=ax)
    level = {line.get_label(): line.get_ydata()[0] for line in ax.lines}
    for direction, sign in (("forward", 1), ("backward", -1)):
        y = level[f"layer 0, {direction}"]
        along = [one for one in ax.texts if getattr(one, "xy", (0, 0))[1] == y and one.get_position()[1] == y]
        along = [one.xy[0] - one.get_position()[0] for one in along if hasattr(one, "xy")]
        assert along == pytest.approx([sign, sign])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, False), "num_layers must be a whole number of at least 1, not 0"),
        ((1, 2), "bidirectional must be True or False, not 2"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        plot_layers(*arguments)
    with pytest.raises(ValueError, match="seq must be"):
        plot_layers(1, False, seq=0)
