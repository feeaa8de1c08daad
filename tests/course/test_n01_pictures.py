"""The pictures of notebook 01, by their artists."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from stored import assert_as_stored

from seqmem_lib import use_style
from seqmem_lib.course.n01_rnn.pictures import plot_runs, plot_way_back
from seqmem_lib.plots.alt_text import describe


@pytest.fixture
def ax():
    use_style()
    return plt.figure().subplots()


def test_the_arrow_is_multiplied_on_its_way_back(ax):
    plot_way_back([0.5, -0.2, 0.8], ax=ax)
    written = [text.get_text() for text in ax.texts]
    bold = [text.get_text() for text in ax.texts if text.get_fontweight() == "bold"]
    assert bold == ["-0.08", "-0.16", "0.8", "1"]  # below h_1 to h_4
    assert [text for text in written if text.startswith("×")] == ["× 0.50", "× -0.20", "× 0.80"]
    assert describe(ax).startswith(
        "An arrow starts at $h_{4}$; what remains of it, step by step back: 1, 0.8, -0.16, -0.08."
    )
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    forward = [one for one in arrows if one.xy[0] > one.xyann[0]]
    back = [one for one in arrows if one.xy[0] < one.xyann[0]]
    assert len(forward) == len(back) == 3
    widths = [one.arrow_patch.get_arrowstyle().tail_width for one in back]
    assert widths == sorted(widths)
    assert widths[1] == pytest.approx(5 * widths[0])


@pytest.mark.parametrize("factors", [[0.5, -0.2, 0.8], [2.0, 2.0], [1e-9]])
def test_what_is_left_stands_below_its_state_and_no_arrow_covers_it(factors, ax):
    plot_way_back(factors, ax=ax)
    ax.figure.canvas.draw()
    places = {text.get_text(): text.get_position() for text in ax.texts}
    states = [places[f"$h_{{{t + 1}}}$"] for t in range(len(factors) + 1)]
    assert states == [(t, places["forward"][1]) for t in range(len(states))]
    left = [text.get_position() for text in ax.texts if text.get_fontweight() == "bold"]
    assert left == [(t, places["remaining gradient"][1]) for t in range(len(states))]
    assert places["forward"][1] > places["back"][1] > places["remaining gradient"][1]
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    for one in arrows:
        (start, height), (end, level) = one.xyann, one.xy
        assert height == level == places["forward" if start < end else "back"][1]
        assert np.floor(start) == np.floor(end)  # between two neighbours
    words = [text.get_window_extent() for text in ax.texts if text.get_text()]
    drawn = [one.arrow_patch.get_window_extent() for one in arrows]
    assert not [(arrow, word) for arrow in drawn for word in words if arrow.overlaps(word)]


@pytest.mark.parametrize("factors", [[], [[0.5]], [np.nan], [np.inf]])
def test_factors_are_numbers(factors, ax):
    with pytest.raises(ValueError, match="factors"):
        plot_way_back(factors, ax=ax)


def test_every_run_is_a_dot_and_none_covers_another(ax):
    rows = [
        {"label": label, "lag": lag, "seed": seed, "accuracy": (seed % 2) / 2 + 0.25}
        for label in ("a", "b")
        for lag in (5, 100)
        for seed in range(10)
    ]
    plot_runs(pd.DataFrame(rows), ax=ax)
    dots = [line for line in ax.lines if line.get_marker() in ("o", "s")]
    points = np.concatenate([line.get_xydata() for line in dots])
    assert len(points) == 40
    assert len(np.unique(points.round(6), axis=0)) == 40
    assert set(points[:, 0].round().astype(int)) == {0, 1}  # lags stand at equal distances
    assert set(points[:, 1]) == {0.25, 0.75}
    assert ax.get_title("left") == "40 runs; solved at each lag: 0, 0"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    ax.figure.canvas.draw()
    title = next(text for text in ax.get_children() if getattr(text, "get_text", str)() == ax.get_title("left"))
    named = [text.get_window_extent() for text in ax.get_legend().get_texts()]
    assert not any(name.overlaps(title.get_window_extent()) for name in named)


def test_more_labels_than_colours_are_refused(ax):
    rows = [{"label": label, "lag": 1, "seed": 0, "accuracy": 1.0} for label in "abcde"]
    with pytest.raises(ValueError, match="5 labels: plot at most 4"):
        plot_runs(pd.DataFrame(rows), ax=ax)


@pytest.mark.parametrize("cell", ["way-back", "span-figure"])
def test_the_notebook_shows_it_as_it_is_drawn_today(cell):
    assert_as_stored("01", cell)
