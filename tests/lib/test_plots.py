"""Plots by their artists: what is drawn, in which colours, between which limits."""

import base64
from itertools import combinations, product

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from contrast import contrast
from matplotlib.colors import to_hex, to_rgba
from torch import nn

from seqmem_lib.plots import alt_text
from seqmem_lib.plots.alt_text import describe, show
from seqmem_lib.plots.curves import plot_decay, plot_learning_curve
from seqmem_lib.plots.heatmaps import plot_values
from seqmem_lib.plots.style import (
    CURVE_STYLES,
    GATE_COLORS,
    LINE_COLORS,
    LINE_DASHES,
    NAMES,
    NEGATIVE,
    POSITIVE,
    colormap,
    readable_on,
    use_style,
)
from seqmem_lib.recording import record
from seqmem_lib.training.history import History


@pytest.fixture
def ax():
    return plt.figure().subplots()


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


@pytest.mark.parametrize(
    ("name", "largest", "ends"),
    [("f", 0.3, ["0", "1"]), ("c", 0.1251, ["−0.13", "0.13"]), ("c", 12.6, ["−13", "13"]), ("c", 0.0, ["−1", "1"])],
)
def test_around_a_heatmap(name, largest, ends, trace):
    values = dict(trace.values) | {name: torch.full((1, 7, 3), -largest)}
    trace = type(trace)("LSTM", trace.x, values, (7,))
    with plt.rc_context():
        use_style()  # which leaves half of every frame out
        ax = plot_values(trace, name, ax=plt.figure().subplots())
    _, bar = ax.figure.axes
    ax.figure.canvas.draw()
    assert [text.get_text() for text in bar.get_yticklabels()] == ends
    assert [(spine.get_visible(), spine.get_edgecolor()) for spine in ax.spines.values()] == [
        (True, to_rgba("0.8"))
    ] * 4
    label = ax.yaxis.label
    assert (label.get_rotation(), label.get_ha(), label.get_va(), label.get_style()) == (0, "right", "center", "italic")
    assert label.get_window_extent().x1 <= ax.bbox.x0, "beside the rows, not over them"
    assert bar.get_position().width < 0.05 * ax.get_position().width, "the room is the map's"
    assert (ax.yaxis_inverted(), [*ax.get_yticks()]) == (True, []), "the first unit is on top"


@pytest.mark.parametrize(
    ("count", "every"), [(1, 1), (7, 1), (20, 1), (21, 5), (59, 5), (61, 10), (100, 10), (101, 15), (400, 50)]
)
def test_steps_that_a_heatmap_numbers(count, every, ax):
    plot_values(record(nn.RNN(1, 1, batch_first=True), torch.zeros(1, count, 1)), "h", ax=ax)
    steps = range(0, count, every)
    assert [text.get_text() for text in ax.get_xticklabels()] == [str(step) for step in steps]
    assert ax.get_xticks().tolist() == [step + 0.5 for step in steps], "in the middle of a column"


def test_what_is_written_on_a_colour_has_the_higher_contrast():
    colours = [*product(range(0, 256, 15), repeat=3), *((k, k, k) for k in range(256))]
    for colour in colours:
        on = "#{:02x}{:02x}{:02x}".format(*colour)
        best = max(("black", "white"), key=lambda name: contrast(to_hex(name), on))
        assert readable_on((*(k / 255 for k in colour), 0.5)) == best, on


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
        figure, ax = plt.subplots()
        (line,) = ax.plot([0, 1], label="a")
        image, title, legend = ax.imshow([[0, 1]]), ax.set_title("of the left"), ax.legend()
    assert (*figure.get_size_inches(), figure.dpi) == (8, 3, 100)
    assert type(figure.get_layout_engine()).__name__ == "ConstrainedLayoutEngine"
    assert {side for side, spine in ax.spines.items() if spine.get_visible()} == {"left", "bottom"}
    assert (ax.get_title("left"), title.get_size(), ax.xaxis.label.get_size()) == ("of the left", 10.5, 10.5)
    assert title.get_fontfamily() == ["sans-serif"]
    assert not any(grid.get_visible() for grid in [*ax.get_xgridlines(), *ax.get_ygridlines()])
    assert (legend.get_frame_on(), line.get_linewidth(), image.get_interpolation()) == (False, 1.6, "nearest")


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


def band_between(band, x):
    corners = np.concatenate([path.vertices for path in band.get_paths()])
    y = corners[corners[:, 0] == x, 1]
    return y.min(), y.max()


def test_every_activation_has_a_line_of_its_own():
    assert set(LINE_COLORS) == set(LINE_DASHES) == set(NAMES)
    assert GATE_COLORS.items() <= LINE_COLORS.items()
    for names in ("ifogchx", "rznhx", "ahx"):
        assert len({LINE_COLORS[name] for name in names}) == len({LINE_DASHES[name] for name in names}) == len(names)
    for color in LINE_COLORS.values():
        assert min(contrast(color, "#ffffff"), contrast(color, "#000000")) >= 3


def test_learning_curves_of_seeds(ax):
    losses = [(1.0, 0.5), (2.0, 0.1), (3.0, 0.2), (4.0, 0.3), (9.0, 0.4, 0.01)]  # one was trained for longer
    plot_learning_curve([History(loss, 3) for loss in losses], ax=ax)
    (line,), (band,) = ax.lines, ax.collections
    assert line.get_ydata() == pytest.approx([3.0, 0.3])
    assert band_between(band, 0) == pytest.approx((2.0, 4.0))
    assert band_between(band, 1) == pytest.approx((0.2, 0.4))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["median and middle half, 5 seeds"]
    assert describe(ax) == (
        "Lines: training loss (logarithmic) over update. "
        "median and middle half, 5 seeds: 3 at 0 (band 2 to 4), 0.3 at 1 (band 0.2 to 0.4)."
    )


def test_learning_curves_of_labels(ax):
    one = History((1.0, 0.1), 2)
    plot_learning_curve({"LSTM": [one, one], "GRU": [one] * 3}, ax=ax)
    assert [line.get_label() for line in ax.lines] == ["LSTM", "GRU"]
    assert [line.get_color() for line in ax.lines] == [color for color, _ in CURVE_STYLES[:2]]
    assert ax.get_legend().get_title().get_text() == "median and middle half, 2 to 3 seeds"
    assert ax.get_yscale() == "log"


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ([], "history must be a History or a list of them"),
        ([1.0], "history must be a History or a list of them"),
        ({"LSTM": 3}, r"history\['LSTM'\] must be a History or a list of them"),
        ({}, "history has 0 labels: plot 1 to 4 of them"),
        (dict.fromkeys("abcde", History((1.0,), 1)), "history has 5 labels"),
    ],
)
def test_other_histories_are_refused(history, said, ax):
    with pytest.raises(ValueError, match=said):
        plot_learning_curve(history, ax=ax)


def test_decay_of_one_seed(ax):
    plot_decay(torch.tensor([1.0, 0.5, 0.25], requires_grad=True), ax=ax)
    (line,) = ax.lines
    assert line.get_xydata().tolist() == [[0, 1], [1, 0.5], [2, 0.25]]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("lag (steps)", "gradient norm", "log")
    assert ax.get_legend() is None
    assert not ax.collections


def test_decay_marks_exact_zeros(ax):
    norms = np.array([[1, 3e-4, 0], [2, 2e-4, 0], [3, 0, 0]])
    plot_decay({"RNN": norms, "LSTM": np.ones((3, 3))}, ax=ax)
    rnn, _, zeros = ax.lines
    assert rnn.get_ydata()[:2] == pytest.approx([2, 2e-4])
    assert np.isnan(rnn.get_ydata()[2])
    assert zeros.get_xydata() == pytest.approx(np.array([[1, 1e-5], [2, 1e-5]]))  # a decade below the smallest
    assert ax.get_ylim()[0] < 1e-5
    assert zeros.get_color() == rnn.get_color()
    assert band_between(ax.collections[0], 1) == pytest.approx((1e-4, 2.5e-4))
    assert [text.get_text() for text in ax.get_legend().get_texts()][2] == "RNN: exactly 0 in some seeds"
    assert "RNN: 2 at 0 (band 1.5 to 2.5), 0.0002 at 1" in describe(ax)
    assert "RNN: exactly 0 in some seeds: at 1 to 2, marked at 1e-05." in describe(ax)


@pytest.mark.parametrize("norms", [[0.0, 0.0], [5e-324, 0.0], [1e100, 1e-200]])
def test_decay_of_extreme_norms(norms, ax):
    plot_decay(norms, ax=ax)
    ax.figure.canvas.draw()


@pytest.mark.parametrize(
    ("norms", "said"),
    [
        (np.ones((2, 2, 2)), r"norms has shape \(2, 2, 2\)"),
        ([], r"norms has shape \(0,\)"),
        ([1.0, -1.0], "norms must be finite and not negative"),
        ({"RNN": [1.0, np.nan]}, r"norms\['RNN'\] must be finite and not negative"),
    ],
)
def test_other_norms_are_refused(norms, said, ax):
    with pytest.raises(ValueError, match=said):
        plot_decay(norms, ax=ax)


def test_description_says_where_a_line_is_above_a_level(ax):
    ax.plot([10, 20], [0.91, 0.7], label="LSTM")
    ax.axhline(0.8, label="threshold")
    ax.axhline(0.25, label="chance")
    ax.set(xlabel="lag (steps)", ylabel="accuracy")
    assert describe(ax) == (
        "Lines: accuracy over lag (steps). Threshold: 0.8. Chance: 0.25. "
        "LSTM: 0.91 at 10, 0.7 at 20, threshold or above at 10, chance or above at 10 to 20."
    )


def test_description_of_a_figure(trace):
    figure, (left, right) = plt.subplots(1, 2)
    plot_values(trace, "f", ax=left).set_title("Trained")
    right.plot([1, 2, 3], [5, 9, 4], label="loss")
    right.stairs([1, 1], [0, 1, 2])
    low, high = trace.f.min(), trace.f.max()
    assert describe(figure) == (
        f"Panel 1 of 2. Trained. Heatmap of forget gate f: 7 columns, 3 rows, values from {low:.3g} to {high:.3g}; "
        "its colours run from 0 to 1. "
        "Panel 2 of 2. Lines: y over x. loss: 5 at 1, 4 at 3, highest 9 at 2. Things drawn but not described: 1."
    )


def test_a_table_is_described_cell_by_cell(ax):
    ax.pcolormesh([[0.1, 0.2, 0.3], [0, 0, 1]])
    for (row, column), cell in zip(product(range(2), range(3)), ["1,500", "b", "2 %", "", "7", "x"], strict=True):
        ax.text(column + 0.5, row + 0.5, cell)
    ax.set_xticks([0.5, 1.5, 2.5], ["RNN", "LSTM", "GRU"])
    ax.set_yticks([0.5, 1.5], ["short", "long"])
    ax.set(xlabel="cell", ylabel="lag")
    assert describe(ax) == (
        "Table: rows are lag, columns are cell. short: RNN 1,500; LSTM b; GRU 2 %. long: RNN ; LSTM 7; GRU x."
    )


@pytest.mark.parametrize(
    ("label", "name"), [("", "Heatmap"), ("state", "Heatmap of state"), ("z", "Heatmap of update gate z")]
)
def test_a_heatmap_is_described_by_its_ends(label, name, ax):
    ax.pcolormesh([[-1.23456, 2, 3], [4, 5, 6.5]], vmin=-8.7654, vmax=9)
    ax.set_ylabel(label)
    said = "3 columns, 2 rows, values from -1.23 to 6.5; its colours run from -8.77 to 9."
    assert describe(ax) == f"{name}: {said}"


def test_bars_are_described(ax):
    ax.bar([0, 1], [0.5, 2], label="error")
    ax.bar([0, 1], [1, 3])
    ax.set_xticks([0, 1], ["i = 0", "f = 1"])
    assert describe(ax) == "Bars, error: i = 0 0.5, f = 1 2. Bars: i = 0 1, f = 1 3."


def test_a_description_of_something_else_is_refused():
    with pytest.raises(TypeError, match="shown is of type int: pass a Trace"):
        describe(3)


def test_show_attaches_the_words(monkeypatch, ax):
    sent = []
    monkeypatch.setattr(alt_text, "display", lambda data, raw: sent.append(data))
    ax.plot([1, 2], label='a "quoted" <label>')
    show(ax)
    assert sent[0]["text/plain"] == "Figure. Lines: y over x."
    assert 'alt="Lines: y over x. a &quot;quoted&quot; &lt;label&gt;: 1 at 0, 2 at 1."' in sent[0]["text/html"]
    assert base64.b64decode(sent[0]["image/png"]).startswith(b"\x89PNG")
    assert not plt.fignum_exists(ax.figure.number)


@pytest.mark.parametrize(
    ("titles", "words", "expected"),
    [
        (("H = 8", "H = 32"), "", "Figure. H = 8; H = 32."),
        (("error 0.005", "error 0.047"), "", "Figure. Panel 1 of 2."),  # measured, perhaps: no text that is compared
        (("error 0.005", "error 0.047"), "Two waves.", "Figure. Two waves."),
    ],
)
def test_what_is_compared_of_several_panels_was_not_measured(monkeypatch, titles, words, expected):
    sent = []
    monkeypatch.setattr(alt_text, "display", lambda data, raw: sent.append(data))
    fig, axes = plt.subplots(1, 2)
    for one, title in zip(axes, titles, strict=True):
        one.set_title(title)
    show(fig, words)
    assert sent[0]["text/plain"] == expected
    assert all(title in sent[0]["text/html"] for title in titles)


def test_a_learning_curve_with_validation_has_both(ax):
    one = History((1.0, 0.5, 0.2, 0.1), 4, validation={2: 0.8, 4: 0.9})
    two = History((1.0, 0.5, 0.2, 0.1), 4, validation={2: 0.6, 4: 0.3})
    ax.plot([0, 3], [1, 1], label="a line of one's own")
    plot_learning_curve(one, ax=ax)
    assert [line.get_label() for line in ax.lines] == ["a line of one's own", "training", "validation"]
    assert ax.lines[2].get_xydata().tolist() == [[2, 0.8], [4, 0.9]]
    assert (ax.get_ylabel(), len(ax.get_legend().texts)) == ("loss", 3)
    ax = plot_learning_curve({"GRU": [one, two], "LSTM": [History((1.0, 0.5), 2)]}, ax=plt.figure().subplots())
    assert [line.get_label() for line in ax.lines] == ["GRU", "LSTM", "GRU, validation"]
    assert ax.lines[2].get_xydata().tolist() == [[2, pytest.approx(0.7)], [4, pytest.approx(0.6)]]
    assert ax.lines[2].get_color() == ax.lines[0].get_color()


def test_dots_in_rows_and_columns_are_described_where_they_stand():
    fig, (rows, columns) = plt.subplots(1, 2)
    for k, name in enumerate(("LSTM", "GRU")):
        rows.plot([0.1 * k, 0.2, 0.7], [k - 0.1, k, k + 0.1], ".")
        columns.plot([k - 0.1, k, k + 0.1], [3 * k, 5, 6], "o", label=name)
    rows.set(xlabel="error")
    rows.set_yticks([0, 1], ["one LSTM unit", "one GRU unit"])
    columns.set_xticks([0, 1], ["fixed", "growing"])
    said = describe(fig)
    plt.close(fig)
    assert "Along: error. one LSTM unit: 3 dots from 0 to 0.7, median 0.2. one GRU unit: 3 dots from 0.1 to" in said
    assert "LSTM, fixed: 3 dots from 0 to 6, median 5. GRU, growing: 3 dots from 3 to 6, median 5." in said


def test_points_at_named_ticks_are_described_by_the_names():
    fig, axes = plt.subplots(1, 2, sharey=True)
    for ax in axes:
        ax.plot([-0.1, 0.9], [1, 0.3], "o", label="RNN")
        ax.set_xticks([0, 1], [10, 80])
    axes[0].set_ylabel("share")
    said = describe(axes[1])
    plt.close(fig)
    assert said == "Lines: share over x. RNN: 1 at 10, 0.3 at 80."


def test_bars_that_lie_are_described_by_their_lengths():
    fig, ax = plt.subplots()
    ax.barh(["RNN", "GRU"], [2, 5], height=0.6)
    assert describe(ax) == "Bars: RNN 2, GRU 5."
    plt.close(fig)


def test_what_the_author_says_comes_first(monkeypatch):
    sent = []
    monkeypatch.setattr(alt_text, "display", lambda data, raw: sent.append(data))
    fig, ax = plt.subplots()
    ax.bar(["RNN", "GRU"], [2, 5])
    show(fig, "Two bars & a line.")
    assert sent[0]["text/plain"] == "Figure. Two bars & a line."
    assert 'alt="Two bars &amp; a line. Bars: RNN 2, GRU 5."' in sent[0]["text/html"]
    with pytest.raises(TypeError, match="words"):
        show(fig, 3)


def test_only_the_gates_that_keep_share_a_colour():
    same = [(one, other) for one, other in combinations(GATE_COLORS, 2) if GATE_COLORS[one] == GATE_COLORS[other]]
    assert same == [("f", "z")]


def test_a_point_without_a_place_is_not_described(ax):
    ax.plot([1, float("nan"), 3], [5, 7, 4], label="a")
    assert "a: 5 at 1, 4 at 3." in describe(ax)
    assert "nan" not in describe(ax)
