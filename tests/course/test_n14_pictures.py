"""The pictures of notebook 14, by their artists."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from contrast import contrast
from matplotlib.colors import to_hex

from seqmem_lib.course.n14_inside.pictures import plot_confusion, plot_orbits
from seqmem_lib.plots.alt_text import describe
from seqmem_lib.plots.style import readable_on


@pytest.fixture
def ax():
    return plt.figure().subplots()


def drawn_labels(ax):
    ax.figure.canvas.draw()
    return [text.get_text() for text in ax.get_xticklabels()]


def test_confusion(ax):
    matrix = torch.tensor([[1500, 500], [0, 0]])  # no example of the second class
    plot_confusion(matrix, ["neg", "pos"], ax=ax)
    (mesh,) = ax.collections
    np.testing.assert_array_equal(mesh.get_array(), [[0.75, 0.25], [0, 0]])
    assert mesh.get_clim() == (0, 1)
    assert [text.get_text() for text in ax.texts] == ["1,500", "500", "0", "0"]
    assert [text.get_position() for text in ax.texts] == [(0.5, 0.5), (1.5, 0.5), (0.5, 1.5), (1.5, 1.5)]
    assert drawn_labels(ax) == ["neg", "pos"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")
    (bar,) = set(ax.figure.axes) - {ax}
    assert [text.get_text() for text in bar.get_yticklabels()] == ["0%", "50%", "100%"]
    assert bar.get_ylabel() == "share of the true class"
    (left, top), (right, bottom) = ax.transData.transform([(0, 0), (1, 1)])
    assert right - left == pytest.approx(top - bottom)  # a class is as wide as it is high
    said = "Table: rows are true, columns are predicted. neg: neg 1,500; pos 500. pos: neg 0; pos 0."
    assert describe(ax) == describe(ax.figure) == said


def test_numbers_in_cells_can_be_read(ax):
    plot_confusion(np.array([[k, 100 - k] for k in range(100)][:2]), ["a", "b"], ax=ax)
    cmap = ax.collections[0].cmap
    for share in np.linspace(0, 1, 101):
        background = to_hex(cmap(share))
        assert contrast(to_hex(readable_on(cmap(share))), background) >= 4.5
    for text, share in zip(ax.texts, ax.collections[0].get_array().flat, strict=True):
        assert text.get_color() == readable_on(cmap(share))


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        ([[1, 2]], r"matrix has shape \(1, 2\): give one row, one column and one label"),
        ([[1, 2, 3]] * 3, r"matrix has shape \(3, 3\)"),
        ([[0.5, 0.5], [0, 1]], "matrix must hold counts, whole numbers from 0 up"),
        ([[1, -1], [0, 1]], "matrix must hold counts"),
        ([[1, np.nan], [0, 1]], "matrix must hold counts"),
    ],
)
def test_other_matrices_are_refused(matrix, said, ax):
    with pytest.raises(ValueError, match=said):
        plot_confusion(matrix, ["a", "b"], ax=ax)


def circles(start, steps=40, size=6):
    """A path that goes round in a plane of a larger space, a fifth of a turn at each step."""
    angle = start + 2 * np.pi * np.arange(steps) / 5
    first, second = np.linalg.qr(np.random.default_rng(0).normal(size=(size, 2)))[0].T
    return np.outer(np.cos(angle), 3 * first) + np.outer(np.sin(angle), 2 * second)


def discs(ax):
    return {text.get_text(): text for text in ax.texts}


def test_orbits_lie_in_the_plane_in_which_they_vary_most(ax):
    paths = np.stack([circles(0.0), circles(1.0)])
    plot_orbits(torch.tensor(paths), ["A", "B"], lettered=20, numbered=[18, 19, 20], ax=ax)
    first, second = (line.get_xydata() for line in ax.lines[:2])
    for path, points in zip(paths, (first, second), strict=True):  # nothing is lost: distances stay
        np.testing.assert_allclose(np.linalg.norm(points, axis=1), np.linalg.norm(path, axis=1), atol=1e-9)
    assert np.ptp(first[:, 0]) > np.ptp(first[:, 1])
    assert ax.get_aspect() == 1  # a circle looks like one
    assert [line.get_linestyle() for line in ax.lines] == ["None", "None", "-"]
    assert ax.lines[2].get_color() == ax.lines[0].get_color() != ax.lines[1].get_color()
    np.testing.assert_allclose(ax.lines[2].get_xydata(), first[[18, 19, 20]])
    assert set(discs(ax)) == {"18", "19", "A 20", "B"}
    for name, place in {"18": first[18], "19": first[19], "A 20": first[20], "B": second[20]}.items():
        np.testing.assert_allclose(discs(ax)[name].get_position(), place)


def test_the_thin_line_says_which_way_the_time_goes(ax):
    paths = np.stack([circles(0.0), circles(1.0)])
    plot_orbits(paths, ["A", "B"], lettered=20, numbered=[18, 19, 20], ax=ax)
    first = ax.lines[0].get_xydata()
    assert len(ax.patches) == 2
    for arrow, step in zip(ax.patches, (18, 19), strict=True):
        tail, way = arrow.get_path().vertices[0], first[step + 1] - first[step]
        np.testing.assert_allclose(tail, first[step], atol=1e-6)
        along = (arrow.get_path().vertices - tail) @ way / (way @ way)
        np.testing.assert_allclose(along[:3], [0, 0.25, 0.5], atol=0.01)  # the head is halfway
        assert {to_hex(arrow.get_edgecolor()), to_hex(arrow.get_facecolor())} == {ax.lines[0].get_color()}


def test_orbits_whose_numbers_are_not_at_the_letter(ax):
    plot_orbits(np.stack([circles(0.0), circles(1.0)]), ["A", "B"], lettered=20, numbered=[0], joined=True, ax=ax)
    assert set(discs(ax)) == {"A", "B", "0"}
    assert [line.get_linestyle() for line in ax.lines] == ["-", "-", "-"]
    assert [len(line.get_xydata()) for line in ax.lines] == [40, 40, 1]


def test_what_stands_in_a_disc_can_be_read(ax):
    paths = np.stack([circles(start) for start in (0.0, 1.0, 2.0, 3.0)])
    plot_orbits(paths, list("ABCD"), lettered=20, numbered=[18], ax=ax)
    for text in discs(ax).values():
        assert contrast(to_hex(text.get_color()), to_hex(text.get_bbox_patch().get_facecolor())) >= 4.5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"states": np.zeros((2, 3))}, "states has shape"),
        ({"labels": ["A", "B", "C"]}, "labels has 3 names for 2 paths"),
        ({"lettered": 50}, "lettered"),
        ({"numbered": [40]}, "numbered"),
    ],
)
def test_orbits_are_checked(arguments, said, ax):
    two = np.stack([circles(0.0), circles(1.0)])
    with pytest.raises(ValueError, match=said):
        plot_orbits(**{"states": two, "labels": ["A", "B"], "lettered": 20, "ax": ax} | arguments)
