"""Diagrams, by their artists."""

from itertools import pairwise

import matplotlib.pyplot as plt
import pytest
import torch
from stored import assert_as_stored
from torch.nn.utils.rnn import pack_padded_sequence

from seqmem_lib.course.n05_layers.diagram import plot_layers, plot_packing
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
            assert text.get_color() == cell.get_color()
    assert f"layer {layers - 1}, forward" in describe(ax)
    assert len({line.get_color() for line in ax.lines}) == 1 + len(directions)
    rows = [cells[name].get_xydata() for name in ("x", *(f"what layer {k} reads" for k in range(1, layers)), "output")]
    due = set()
    for layer in range(layers):
        below, above = ([tuple(place) for place in row.tolist()] for row in rows[layer : layer + 2])
        for direction in directions:
            own = [tuple(place) for place in cells[f"layer {layer}, {direction}"].get_xydata().tolist()]
            due |= set(zip(below, own, strict=True)) | set(zip(own, above, strict=True))  # what it reads and writes
            due |= set(pairwise(own if direction == "forward" else own[::-1]))
    assert {(one.get_position(), one.xy) for one in ax.texts if hasattr(one, "xy")} == due
    said = {text.get_text(): text.get_position() for text in ax.texts}
    for t in range(5):
        assert said[f"x[:, {t}]"][0] == said[f"output[:, {t}]"][0] == t
        assert said[f"x[:, {t}]"][1] < 0 < 2 * layers < said[f"output[:, {t}]"][1]
    between = {one.get_text(): one.get_position()[1] for one in ax.texts if one.get_text().endswith("reads")}
    assert between == {
        f"layer {layer}\nreads": cells[f"what layer {layer} reads"].get_ydata()[0] for layer in range(1, layers)
    }


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


LENGTHS = [4, 1, 3, 3]


def test_a_packed_picture_has_the_rows_and_the_sizes_that_torch_has():
    _, ax = plt.subplots()
    assert plot_packing(LENGTHS, packed=True, ax=ax) is ax
    names = torch.tensor([[[10 * k + t] for t in range(4)] for k in range(4)])
    packed = pack_padded_sequence(names.double(), torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False)
    said = [text.get_text() for text in ax.texts]
    order = [int(text.removeprefix("sequence ")) for text in said if text.startswith("sequence")]
    sizes = [int(text.get_text()) for text in ax.texts if text.get_text().isdigit() and text.get_position()[1] > 4]
    assert sizes == packed.batch_sizes.tolist() == [4, 3, 3, 1]
    rows = [text for text in ax.texts if text.get_text().isdigit() and text.get_position()[1] < 4]
    drawn = {int(one.get_text()): 10 * order[int(one.get_position()[1])] + int(one.get_position()[0]) for one in rows}
    assert [drawn[k] for k in range(11)] == packed.data[:, 0].tolist()
    assert len(ax.patches) == len(rows) == 11
    names_stand_before_their_rows(ax)


def names_stand_before_their_rows(ax):
    ax.figure.canvas.draw()
    boxes = [patch.get_window_extent() for patch in ax.patches]
    names = [text.get_window_extent() for text in ax.texts if text.get_text().startswith("sequence")]
    assert len(names) == len(LENGTHS)
    assert all(
        ax.bbox.x0 <= box.x0 < box.x1 <= ax.bbox.x1 and ax.bbox.y0 <= box.y0 < box.y1 <= ax.bbox.y1 for box in boxes
    )
    firsts = sorted((box for box in boxes if box.x0 == min(one.x0 for one in boxes)), key=lambda box: -box.y0)
    for name, first in zip(names, firsts, strict=True):
        assert name.x1 < first.x0
        assert first.y0 < name.y0 < name.y1 < first.y1
    columns = [text for text in ax.texts if text.get_text().isdigit() and text.get_position()[1] > len(LENGTHS)]
    assert [int(text.get_position()[0]) for text in columns] == list(range(max(LENGTHS)))
    said = next(text for text in ax.texts if text.get_text() in ("batch_sizes", "time step")).get_window_extent()
    assert said.x1 < boxes[0].x0
    assert said.y1 < min(box.y0 for box in boxes)


def test_a_padded_picture_has_boxes_for_the_padding():
    _, ax = plt.subplots()
    plot_packing(LENGTHS, packed=False, ax=ax)
    assert len(ax.patches) == 16
    assert sum(bool(patch.get_hatch()) for patch in ax.patches) == 5
    assert "time step" in [text.get_text() for text in ax.texts]
    names_stand_before_their_rows(ax)


def test_bad_lengths_are_named():
    with pytest.raises(ValueError, match="each of lengths must be a whole number from 1 to 100, not 0"):
        plot_packing([2, 0], packed=True)
    with pytest.raises(ValueError, match="packed must be True or False"):
        plot_packing([2], packed=2)


@pytest.mark.parametrize("cell", ["cell-07", "pack-picture"])
def test_the_notebook_shows_it_as_it_is_drawn_today(cell):
    assert_as_stored("05", cell)
