"""The Explorer's Python half: what it sends to the page. The browser tests look at what the page makes of it."""

import base64
import json
import warnings
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from reader import Reader

from seqmem_lib.plots.style import CURVE_STYLES
from seqmem_lib.widgets.explorer import Explorer

POINTS = 7
NASTY = ["</script><b>", "<img src=x onerror=alert(1)>", "$x_", "&amp;"]


def grid(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.1, 1, (*shape, POINTS))


def an_explorer(curves=None, **options):
    sliders = {"spectral radius": [0.5, 0.9, 1.1], "cell": ["RNN", "LSTM"]}
    curves = {"decay": grid(3, 2)} if curves is None else curves
    return Explorer(
        options.pop("x", range(POINTS)), curves, **{"sliders": sliders, "xlabel": "lag", "ylabel": "norm"} | options
    )


def data_of(explorer):
    html = explorer._repr_mimebundle_()["text/html"]
    return json.loads(Reader(html).elements[0][1]["data-sent"])


def values_of(curve, *shape):
    return [np.frombuffer(base64.b64decode(values), "<f4").reshape(*shape, -1) for values in curve["values"]]


def test_the_page_receives_the_grid():
    middle = grid(3, 2)
    low, high = middle - 0.05, middle + 0.05
    low[1, 0, 2] = high[1, 0, 2] = np.nan
    data = data_of(an_explorer({"with": (middle, low, high), "without": grid(3, 2, seed=1)}, start=(2, 1)))
    assert [curve["label"] for curve in data["curves"]] == ["with", "without"]
    for sent, expected in zip(values_of(data["curves"][0], 3, 2), (middle, low, high), strict=True):
        np.testing.assert_array_equal(sent, expected.astype(np.float32))
    np.testing.assert_array_equal(values_of(data["curves"][1], 3, 2), [grid(3, 2, seed=1).astype(np.float32)])
    assert data["x"] == list(range(POINTS))
    assert data["sliders"] == [
        {"name": "spectral radius", "values": [0.5, 0.9, 1.1]},
        {"name": "cell", "values": ["RNN", "LSTM"]},
    ]
    assert data["start"] == [2, 1]
    assert [(curve["color"], tuple(curve["dash"])) for curve in data["curves"]] == CURVE_STYLES[:2]


def test_one_slider_and_other_kinds_of_numbers():
    settings = {"seed": np.arange(2), "leak": torch.tensor([0.25, 0.5])}
    for name, values in settings.items():
        curves = {"a": torch.ones(2, POINTS, dtype=torch.float16), "b": [[1] * POINTS] * 2}
        explorer = an_explorer(curves, x=torch.arange(POINTS), sliders={name: values}, start=[np.int64(1)])
        data = data_of(explorer)
        assert data["sliders"][0]["values"] == values.tolist()
        assert (values_of(data["curves"][0], 2)[0] == 1).all()


def test_the_axis_is_round_and_holds_everything():
    def axis(values, **options):
        curves = {"a": np.resize(np.array(values, dtype=float), (1, POINTS))}
        explorer = an_explorer(curves, sliders={"s": [0]}, **options)
        return explorer._limits, explorer._ticks

    assert axis([0.03, 0.97]) == ((0, 1), pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1]))
    assert axis([-3, 8])[0] == (-4, 8)
    assert axis([0.5], reference=(2, "chance"))[0][1] >= 2
    assert axis([1e-5, 3], log=True) == ((1e-5, 10), pytest.approx([1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10]))
    (low, high), ticks = axis([0, 1e-20, 1], log=True, floor=1e-12)
    assert (low, high) == (pytest.approx(1e-12), 1)
    assert ticks == pytest.approx([1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1])
    limits, ticks = axis([0.3, 0.7], log=True)
    assert limits[0] == pytest.approx(0.3)
    assert limits[1] >= 0.7
    assert 2 < len(ticks) < 8
    assert axis([0])[0] == (-1, 1)
    for constant in (0, 1, -5e9, 1e-20):
        (low, high), ticks = axis([constant])
        assert low <= constant <= high
        assert len(set(ticks)) > 2
    limits, _ = axis([0], log=True, floor=1e-3)
    assert limits[0] < limits[1]


def test_the_axis_covers_bands_and_every_setting():
    middle = grid(3, 2)
    middle[2, 1, 3] = 4.9
    high = middle + 3
    low, high = np.where(middle > 4, np.nan, middle - 1), np.where(middle > 4, np.nan, high)
    assert an_explorer({"a": (middle, low, high)})._limits == (-1, 5)


def test_the_floor_is_compared_as_the_page_compares_it():
    """0.1 is larger in float32 than in float64; a value at the floor must stay at it."""
    explorer = an_explorer({"a": np.full((3, 2, POINTS), 0.1)}, log=True, floor=0.1)
    data = data_of(explorer)
    assert values_of(data["curves"][0], 3, 2)[0].max().item() == data["floor"]
    assert "a: below 0.1 at 0, below 0.1 at 6." in explorer._describe()


def test_same_data_same_text():
    assert an_explorer()._repr_mimebundle_() == an_explorer()._repr_mimebundle_()
    assert repr(an_explorer()) == "Explorer: sliders spectral radius (3) x cell (2), curves: decay"
    assert an_explorer()._repr_mimebundle_()["text/plain"] == repr(an_explorer())
    other = an_explorer(start=(1, 0))._repr_mimebundle_()["text/html"]
    assert an_explorer()._repr_mimebundle_()["text/html"] != other


def test_labels_never_become_html():
    explorer = an_explorer(
        {label: grid(4) for label in NASTY},
        sliders={NASTY[0]: NASTY},
        xlabel=NASTY[1],
        ylabel=NASTY[2],
        reference=(0.5, NASTY[3]),
    )
    reader = Reader(explorer._repr_mimebundle_()["text/html"])
    assert [tag for tag, _ in reader.elements] == ["div", "img", "div", "details", "summary", "script"]
    data = data_of(explorer)
    assert data["sliders"] == [{"name": NASTY[0], "values": NASTY}]
    assert [curve["label"] for curve in data["curves"]] == NASTY


def test_still_picture():
    explorer = an_explorer({"a": (grid(3, 2), grid(3, 2) / 2, grid(3, 2) * 2)}, start=(1, 1), reference=(0.5, "chance"))
    bundle = explorer._repr_mimebundle_()
    assert Image.open(BytesIO(base64.b64decode(bundle["image/png"]))).size[0] == 1400
    alt = dict(Reader(bundle["text/html"]).elements)["img"]["alt"]
    middle = grid(3, 2)[1, 1]
    assert alt == (
        f"norm over lag at spectral radius 0.9, cell LSTM. a: {middle[0]:.4g} at 0, {middle[-1]:.4g} at 6. chance: 0.5."
    )
    ax = explorer._still_picture().axes[0]
    curve, chance = ax.get_lines()
    np.testing.assert_allclose(curve.get_ydata(), middle, rtol=1e-6)
    assert chance.get_ydata() == [0.5, 0.5]
    assert curve.get_color() == CURVE_STYLES[0][0]
    (band,) = ax.collections
    corners = np.concatenate([path.vertices for path in band.get_paths()])
    for x in range(POINTS):
        ends = corners[corners[:, 0] == x, 1]
        assert (ends.min(), ends.max()) == pytest.approx((middle[x] / 2, middle[x] * 2), rel=1e-6)
    assert ax.get_ylim() == explorer._limits


def test_both_axes_of_the_picture_have_numbers():
    def ticks(explorer):
        ax = explorer._still_picture().axes[0]
        ax.figure.canvas.draw()
        pairs = [(ax.get_xticks(), ax.get_xticklabels()), (ax.get_yticks(), ax.get_yticklabels())]
        return [dict(zip(at.tolist(), (text.get_text() for text in texts), strict=True)) for at, texts in pairs]

    x, y = ticks(an_explorer({"a": np.resize([0.0, 0.97], (3, 2, POINTS))}))
    assert x == {float(k): str(k) for k in range(POINTS)}
    assert list(y) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert list(y.values()) == ["0", "0.2", "0.4", "0.6", "0.8", "1"]
    _, y = ticks(an_explorer({"a": np.resize([1e-3, 1.0], (3, 2, POINTS))}, log=True))
    assert list(y.values()) == ["10⁻³", "10⁻²", "10⁻¹", "10⁰"]
    _, y = ticks(an_explorer({"a": np.resize([-2.0, 2.0], (3, 2, POINTS))}))
    assert list(y.values()) == ["−2", "−1", "0", "1", "2"]


def test_the_picture_says_what_the_floor_is():
    explorer = an_explorer({"a": grid(3, 2) * 1e-9}, log=True, floor=3e-10)
    ax = explorer._still_picture().axes[0]
    assert ax.get_yticklabels()[0].get_text() == "≤ 3e−10"
    assert ax.get_lines()[0].get_ydata().min() >= explorer.floor


def test_size_of_a_typical_widget():
    """5 x 3 settings, 100 points, two curves with bands: at most 120 kB."""
    values = np.random.default_rng(0).uniform(size=(5, 3, 100)).cumsum(axis=-1)
    curves = dict.fromkeys(("RNN", "LSTM"), (values, values - 1, values + 1))
    explorer = an_explorer(curves, x=range(100), sliders={"radius": range(5), "scale": range(3)})
    assert len(explorer._repr_mimebundle_()["text/html"]) < 120_000


@pytest.mark.parametrize("points", [1, 2])
def test_few_of_everything(points):
    bundle = an_explorer({"a": np.ones((1, points))}, x=range(points), sliders={"s": [0]})._repr_mimebundle_()
    assert bundle["image/png"]


def nan_at(*place):
    values = grid(3, 2)
    values[place] = np.nan
    return values


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"x": [0, 1, 1]}, "x must be a list of finite numbers, each larger than the one before: sort it"),
        ({"x": []}, "x must be a list of finite numbers"),
        ({"x": [0, np.nan]}, "x must be a list of finite numbers"),
        ({"x": ["a", "b"]}, "x must be a list of finite numbers"),
        ({"sliders": {}}, "sliders={} must be a dict of one or two names"),
        ({"sliders": {"a": [1], "b": [1], "c": [1]}}, "sliders=.* must be a dict of one or two names"),
        ({"sliders": [1, 2]}, r"sliders=\[1, 2\] must be a dict"),
        ({"sliders": {"a": []}}, r"sliders\['a'\] must be a list of different numbers or texts, not \[\]"),
        ({"sliders": {"a": "RNN"}}, r"sliders\['a'\] must be a list of different numbers or texts, not 'RNN'"),
        ({"sliders": {"a": [1, 1.0]}}, r"sliders\['a'\] must be a list of different"),
        ({"sliders": {"a": [1, np.inf]}}, r"sliders\['a'\] must be a list of different"),
        ({"sliders": {"a": [True, False]}}, r"sliders\['a'\] must be a list of different"),
        ({"curves": {}}, "curves must be a dict of 1 to 4 labels and their values: plot fewer"),
        ({"curves": {k: grid(3, 2) for k in "abcde"}}, "curves must be a dict of 1 to 4 labels"),
        ({"curves": grid(3, 2)}, "curves must be a dict of 1 to 4 labels"),
        ({"curves": {"a": grid(2, 3)}}, r"curves\['a'\] must have the shape \(3, 2, 7\), .*, not \(2, 3, 7\)"),
        ({"curves": {"a": (grid(3, 2), grid(3, 2))}}, r"curves\['a'\] must be an array, or the tuple .* not 2 arrays"),
        ({"curves": {"a": [[1], [1, 2]]}}, r"curves\['a'\] must be numbers"),
        ({"curves": {"a": nan_at(1, 0, 3)}}, r"curves\['a'\] must be finite, but at \[1, 0, 3\] it is NaN"),
        ({"curves": {"a": grid(3, 2) * 1e39}}, r"curves\['a'\] must be finite, but at \[0, 0, 0\] it is .* too large"),
        ({"curves": {"a": (grid(3, 2), nan_at(0), grid(3, 2))}}, r"curves\['a'\] must have finite low <= high, or NaN"),
        ({"curves": {"a": (grid(3, 2), grid(3, 2), grid(3, 2) / 2)}}, r"curves\['a'\] must have finite low <= high"),
        ({"curves": {"a": grid(3, 2) * 0}, "log": True}, r"curves\['a'\] is 0 or less .*: pass floor, such as 1e-12"),
        ({"floor": 1e-9}, "floor=1e-09 belongs to a logarithmic axis: pass log=True with it"),
        ({"floor": 0, "log": True}, "floor=0 must be a number between 1e-37 and 1e37"),
        ({"floor": "low", "log": True}, "floor='low' must be a number between"),
        ({"reference": 0.5}, r"reference=0\.5 must be \(value, label\)"),
        ({"reference": (np.nan, "a")}, "reference=.* must have a finite value that is on the axis"),
        ({"reference": (0, "a"), "log": True}, "reference=.* must have a finite value that is on the axis"),
        ({"start": (0,)}, r"start=\(0,\) must be 2 whole numbers in a tuple, one for each slider"),
        ({"start": 1}, "start=1 must be 2 whole numbers in a tuple"),
        ({"start": (3, 0)}, r"start\[0\] must be a whole number from 0 to 2, not 3"),
        ({"start": (0, 0.5)}, r"start\[1\] must be a whole number from 0 to 1, not 0\.5"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        an_explorer(**options)


def test_curves_stand_out_from_any_page():
    """WCAG asks 3 to 1 for lines; JupyterLab's pages are #ffffff, #111111 and #212121."""

    def luminance(color):
        channels = np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)]) / 255
        return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4) @ [
            0.2126,
            0.7152,
            0.0722,
        ]

    for color, _ in CURVE_STYLES:
        for page in ("#ffffff", "#111111", "#212121"):
            dark, light = sorted([luminance(color), luminance(page)])
            assert (light + 0.05) / (dark + 0.05) >= 3, (color, page)
    assert len({dash for _, dash in CURVE_STYLES}) == len(CURVE_STYLES)


def test_a_large_explorer_says_so():
    curves = {"a": np.zeros((20, 50, 1000))}
    settings = {"sliders": {"p": list(range(20)), "q": list(range(50))}, "xlabel": "x", "ylabel": "y"}
    with pytest.warns(
        UserWarning, match=r"^this Explorer makes the notebook 5 MB larger .* fewer than 1,000 points"
    ) as caught:
        Explorer(range(1000), curves, **settings)
    assert caught[0].filename == __file__, "the line that made it is named"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Explorer(range(900), {"a": curves["a"][..., :900]}, **settings)


@pytest.mark.parametrize("kind", [np.float32, torch.tensor, np.array])
def test_numbers_of_numpy_and_torch_are_numbers(kind):
    one = Explorer(
        [1, 2],
        {"a": [[1.0, 2.0], [3.0, 4.0]]},
        sliders={"p": [kind(0.5), kind(1.5)]},
        xlabel="x",
        ylabel="y",
        log=True,
        floor=kind(0.25),
        reference=(kind(2.5), "line"),
    )
    assert (one.sliders, one.floor, one.reference) == ({"p": [0.5, 1.5]}, 0.25, (2.5, "line"))
