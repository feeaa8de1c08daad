"""The Explorer in an exported page: no kernel, no network."""

import random
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator
from real import wait_until_drawn
from test_page import MANY, export

from seqmem_lib import Explorer
from seqmem_lib.plots.style import CURVE_STYLES
from seqmem_lib.widgets import explorer as explorer_module

pytestmark = pytest.mark.browser

RADII, SCALES, LAGS = [0.5, 0.9, 1.0, 1.1, 1.5], [0.1, 1, 10], np.arange(1, 42)
FLOOR = 1e-9
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def decay():
    """Curves that reach exact zeros, with a band that is missing at one point."""
    middle = np.array(RADII)[:, None, None] ** LAGS / np.array(SCALES)[:, None]
    middle[0, :, 30:] = 0
    low, high = middle / 3, middle * 2
    low[:, :, 4] = high[:, :, 4] = np.nan
    return {"RNN": (middle, low, high), "<b>LSTM</b>": np.sqrt(middle) / 7}


def an_explorer(**options):
    sliders = {"spectral radius": RADII, "input scale": SCALES}
    start = {"log": True, "floor": FLOOR, "reference": (1, "no decay"), "start": (1, 2)}
    return Explorer(LAGS, decay(), sliders=sliders, xlabel="lag", ylabel="gradient norm", **start | options)


def text(value: float) -> str:
    """A number as the page must print it, computed here once more."""
    value = float(np.float32(value))
    if value <= np.float32(FLOOR):
        return "below 10⁻⁹"
    exact = Decimal(value)  # a tie, such as 0.078125, is rounded up by browsers and to even by Python
    value = exact.quantize(Decimal(1).scaleb(exact.adjusted() - 3), ROUND_HALF_UP)
    digits, power = f"{value:.3e}".split("e")
    if abs(int(power)) > 3:
        return f"{digits}×10{str(int(power)).translate(SUPERSCRIPT)}"
    return f"{value:.{3 - int(power)}f}"


@dataclass
class ExplorerPage:
    """One mounted Explorer, moved as a person moves it and read as a person reads it."""

    root: Locator

    def slider(self, name: str) -> Locator:
        return self.root.get_by_role("slider", name=name, exact=True)

    def shown(self) -> tuple[int, ...]:
        """The settings, and the point."""
        places = [*self.root.get_attribute("data-shown").split(","), self.root.get_attribute("data-point")]
        return tuple(map(int, places))

    def wait_for(self, *shown: int) -> None:
        script = "([root, shown]) => `${root.dataset.shown},${root.dataset.point}` === shown"
        arguments = [self.root.element_handle(), ",".join(map(str, shown))]
        self.root.page.wait_for_function(script, arg=arguments, timeout=20_000)

    def drag(self, name: str, start: int, to: int) -> None:
        """With the mouse, by the thumb, which is 16 pixels wide."""
        slider = self.slider(name)
        slider.scroll_into_view_if_needed()
        box, last = slider.bounding_box(), int(slider.get_attribute("max"))
        x = [box["x"] + 8 + k / last * (box["width"] - 16) for k in (start, to)]
        mouse, y = self.root.page.mouse, box["y"] + box["height"] / 2
        mouse.move(x[0], y)
        mouse.down()
        mouse.move(x[1], y, steps=4)
        mouse.up()

    def hover(self, point: int) -> None:
        plot = self.root.locator(".seqmem-plot")
        plot.evaluate("node => node.scrollIntoView({ block: 'center' })")  # not below the sliders, which stay in sight
        box = plot.bounding_box()
        self.root.page.mouse.move(box["x"] + point / (len(LAGS) - 1) * box["width"], box["y"] + 40)

    def numbers(self) -> list[tuple[str, str]]:
        read = (self.root.locator(name).all_text_contents() for name in (".seqmem-number", ".seqmem-interval"))
        return list(zip(*read, strict=True))

    def assert_shows(self, *shown: int) -> None:
        """Every number on the page is the grid's, in every digit, and every curve stands where its number says."""
        self.wait_for(*shown)
        (middle, low, high), other = decay().values()
        interval = "" if np.isnan(low[shown]) else f"{text(low[shown])} to {text(high[shown])}"
        assert self.numbers() == [(text(middle[shown]), interval), (text(other[shown]), ""), ("1", "")]
        values = [f"{value:g}" for value in (RADII[shown[0]], SCALES[shown[1]], LAGS[shown[2]])]
        assert self.root.locator(".seqmem-value").all_text_contents() == values
        for name, value in zip(("spectral radius", "input scale", "lag"), values, strict=True):
            assert self.slider(name).get_attribute("aria-valuetext") == value
        low, high = an_explorer()._limits
        share = np.log(np.maximum(middle[shown], low) / low) / np.log(high / low)
        dot = self.root.locator("circle").first
        assert float(dot.get_attribute("cy")) == pytest.approx(280 * (1 - share), abs=0.01)
        path = self.root.locator(".seqmem-plot > svg > path:not(.seqmem-band)").first.get_attribute("d")
        x, y = map(float, path[1:].split("L")[shown[2]].split(","))
        assert (x, y) == pytest.approx([float(dot.get_attribute(name)) for name in ("cx", "cy")], abs=0.01)


# Of all that is drawn, where it is: in pixels of the plot, or, of a text, its box on the page.
DRAWN = """(root) => {
  const plot = root.querySelector(".seqmem-plot"), svg = plot.querySelector("svg");
  const box = (node) => {
    const { left, right, top, bottom } = node.getBoundingClientRect();
    return { left, right, top, bottom };
  };
  const said = (node) => ({ text: node.textContent, ...box(node) });
  const look = (node) => {
    const { stroke, fill, strokeWidth, strokeDasharray } = getComputedStyle(node);
    return { stroke, fill, strokeWidth, strokeDasharray };
  };
  const numbers = (path) => path.getAttribute("d").split("Z").filter(Boolean)
    .map((piece) => piece.slice(1).split("L").map((pair) => pair.split(",").map(Number)));
  const all = (name) => [...svg.querySelectorAll(name)];
  const paths = all(":scope > path:not(.seqmem-band)"), bands = all(":scope > path.seqmem-band");
  return {
    plot: box(plot), svg: box(svg), root: box(root),
    texts: all(".seqmem-axes text").map(said), lines: all(".seqmem-axes line").map(box),
    curves: paths.map((path) => ({ ...look(path), points: numbers(path)[0] })),
    bands: bands.map((path) => ({ ...look(path), pieces: path.hasAttribute("d") ? numbers(path) : [] })),
    dots: all("circle").map((dot) => ({ ...look(dot), at: ["cx", "cy"].map((k) => Number(dot.getAttribute(k))) })),
    cursor: box(svg.querySelector(".seqmem-hair")), levels: all("line.seqmem-reference").map(box),
    key: [...root.querySelectorAll(".seqmem-table path")].map((path) => ({ ...look(path), ...box(path) })),
  };
}"""


def number(said: str) -> float:
    """Of a tick, as it is written."""
    said = said.removeprefix("≤ ").replace("−", "-")
    plain = {ord(raised): digit for digit, raised in zip("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True)}
    factor, ten, power = said.rpartition("10") if re.search("[⁻⁰-⁹¹²³]", said) else ("", "", "")
    return float(factor.removesuffix("×") or 1) * 10.0 ** int(power.translate(plain)) if ten else float(said)


def assert_drawn_by_its_axes(root, curves, x, point, *, reference, log=False):
    """Each point, turned into numbers by the ticks beside it, is what Python has; and all lies in its place."""
    drawn = root.evaluate(DRAWN)
    plot, svg = drawn["plot"], drawn["svg"]
    width, height = plot["right"] - plot["left"], plot["bottom"] - plot["top"]
    assert svg == pytest.approx(plot, abs=1), "the picture fills its place"
    below = [one for one in drawn["texts"] if one["top"] > plot["bottom"]]
    beside = [one for one in drawn["texts"] if one["top"] <= plot["bottom"]]
    for one in beside:
        assert drawn["root"]["left"] <= one["left"] < one["right"] <= plot["left"] - 8
    assert min(one["left"] for one in beside) < drawn["root"]["left"] + 24, (
        "there is no more room than the numbers need"
    )
    for one in below:
        assert one["right"] <= drawn["root"]["right"]
        assert one["bottom"] < plot["bottom"] + 30
    assert plot["right"] > drawn["root"]["right"] - max(10, 0.7 * (below[-1]["right"] - below[-1]["left"]))
    # By two of the ticks, and all others stand where these say.
    scale = np.log if log else np.array
    ticks_x = [(number(one["text"]), (one["left"] + one["right"]) / 2 - plot["left"]) for one in below]
    ticks_y = [(scale(number(one["text"])), (one["top"] + one["bottom"]) / 2 - plot["top"]) for one in beside]
    x_at, y_at = (np.polyfit(*zip(*ticks, strict=True), 1) for ticks in (ticks_x, ticks_y))
    for line, ticks in ((x_at, ticks_x), (y_at, ticks_y)):
        assert [at for _, at in ticks] == pytest.approx([np.polyval(line, value) for value, _ in ticks], abs=1.5)
    assert [one["top"] - plot["top"] for one in drawn["lines"]] == pytest.approx([at for _, at in ticks_y], abs=1.5)
    for one in drawn["lines"]:
        assert (one["left"], one["right"]) == pytest.approx((plot["left"], plot["right"]), abs=1)
    least = min(value for value, _ in ticks_y)

    def place(values):
        return np.polyval(y_at, np.maximum(scale(np.maximum(values, np.exp(least) if log else values)), least))

    def near(seen, expected):
        np.testing.assert_allclose(seen, expected, rtol=0, atol=1.5)

    for k, (one, arrays) in enumerate(zip(drawn["curves"], curves, strict=True)):
        near([at for at, _ in one["points"]], np.polyval(x_at, x))
        near([at for _, at in one["points"]], place(arrays[0]))
        assert all(0 <= across <= width + 0.5 and 0 <= up <= height for across, up in one["points"])
        near(drawn["dots"][k]["at"], one["points"][point])
        color, dash = CURVE_STYLES[k]
        rgb = f"rgb({', '.join(str(int(color[j : j + 2], 16)) for j in (1, 3, 5))})"
        dashes = ", ".join(f"{2 * length:g}px" for length in dash) or "none"
        look = {"stroke": rgb, "fill": "none", "strokeWidth": "2px", "strokeDasharray": dashes}
        assert {name: one[name] for name in look} == look
        assert {name: drawn["key"][k][name] for name in look} == look, "as the key says"
        assert drawn["dots"][k]["fill"] == rgb
        band = drawn["bands"][k]
        assert (band["fill"], band["stroke"]) == (rgb, rgb)
        corners = [corner for piece in band["pieces"] for corner in piece]
        known = ~np.isnan(arrays[1]) if len(arrays) > 1 else np.zeros(len(x), bool)
        assert len(band["pieces"]) == np.sum(np.diff(known.astype(int), prepend=0) == 1), "a piece between two gaps"
        expected = [
            [np.polyval(x_at, at), end]
            for at, *ends in zip(x, *map(place, arrays[1:]), strict=len(arrays) > 1)
            for end in ends
        ]
        near(sorted(corners), sorted([at, end] for at, end in expected if not np.isnan(end)))
    assert all(one["right"] - one["left"] >= 30 for one in drawn["key"]), "long enough for dashes"
    assert (drawn["cursor"]["left"] + drawn["cursor"]["right"]) / 2 - plot["left"] == pytest.approx(
        np.polyval(x_at, x[point]), abs=1.5
    )
    assert (drawn["cursor"]["top"], drawn["cursor"]["bottom"]) == pytest.approx((plot["top"], plot["bottom"]), abs=1)
    (level,) = drawn["levels"]
    assert level["top"] - plot["top"] == pytest.approx(place(reference), abs=1.5)
    assert (level["left"], level["right"]) == pytest.approx((plot["left"], plot["right"]), abs=1)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return export(tmp_path_factory.mktemp("explorer") / "page.html", an_explorer())


@pytest.fixture
def explorer(page, exported):
    page.goto(exported)
    root = page.locator(".seqmem[data-shown]")
    root.wait_for()
    yield ExplorerPage(root)
    assert page.errors == []


def test_first_view(explorer):
    explorer.assert_shows(1, 2, 20)
    for shown in ((1, 2, 20), (0, 2, 20)):  # of which the second reaches the floor
        curves = [
            [array[shown[:2]] for array in (arrays if isinstance(arrays, tuple) else (arrays,))]
            for arrays in decay().values()
        ]
        assert_drawn_by_its_axes(explorer.root, curves, LAGS, 20, log=True, reference=1)
        explorer.slider("spectral radius").press("Home")
        explorer.wait_for(0, 2, 20)
    assert explorer.root.locator(".seqmem-way").count() == 0, "a slider has equal steps, and so have these points"
    assert explorer.root.get_by_role("img").count() == 1, "the key is said with the picture"


def test_every_slider_by_mouse(explorer):
    draw = random.Random(1)
    at = [1, 2, 20]
    for _ in range(10):
        for k, (name, count) in enumerate([("spectral radius", 5), ("input scale", 3), ("lag", 41)]):
            to = draw.randrange(count)
            explorer.drag(name, at[k], to)
            at[k] = to
        explorer.assert_shows(*at)


def test_every_slider_by_keyboard(explorer):
    page = explorer.root.page
    explorer.slider("spectral radius").focus()
    for key, shown in [
        ("ArrowRight", (2, 2, 20)),
        ("End", (4, 2, 20)),
        ("ArrowRight", (4, 2, 20)),
        ("Home", (0, 2, 20)),
    ]:
        page.keyboard.press(key)
        explorer.assert_shows(*shown)
    for keys, shown in [(["Tab", "Home"], (0, 0, 20)), (["Tab", "End"], (0, 0, 40)), (["PageDown"], (0, 0, 36))]:
        for key in keys:
            page.keyboard.press(key)
        explorer.assert_shows(*shown)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "the focus is visible"
    guards = explorer.root.locator("input, button").evaluate_all("all => all.map((n) => n.dataset.lmSuppressShortcuts)")
    assert guards == ["true"] * 3, "Jupyter leaves their keys alone"


def test_the_pointer_reads_the_curves(explorer):
    for point in (0, 4, 40, 17):
        explorer.hover(point)
        explorer.assert_shows(1, 2, point)
    explorer.root.page.mouse.move(1, 1)
    explorer.assert_shows(1, 2, 17)


def test_the_thumb_stands_under_the_line(explorer):
    explorer.slider("lag").press("Home")
    explorer.wait_for(1, 2, 0)
    slider, line = explorer.slider("lag").bounding_box(), explorer.root.locator(".seqmem-hair").bounding_box()
    assert slider["x"] + 8 == pytest.approx(line["x"], abs=1.5)


def test_the_thumb_stands_under_the_line_wherever_the_points_lie(page, tmp_path):
    x = [1, 2, 5, 10, 50, 100]
    middle = np.array([[-3, -1, 0, 2, 4, 1], [0, 1, 2, 3, 4, 5.0]])
    curves = {"a": (middle, middle - 1, middle + 2), "b": middle / 2}
    options = {"xlabel": "lag", "ylabel": "norm", "reference": (-0.5, "chance")}
    uneven = Explorer(x, curves, sliders={"s": [0, 1]}, **options)
    page.goto(export(tmp_path / "page.html", uneven))
    view = ExplorerPage(page.locator(".seqmem[data-shown]"))
    view.root.wait_for()

    def middle_of(name):
        box = view.root.locator(name).bounding_box()
        return box["x"] + box["width"] / 2

    slider = view.slider("lag")
    slider.press("Home")
    for k in range(6):
        view.wait_for(0, k)
        assert slider.input_value() == str(k)
        assert middle_of(".seqmem-thumb") == pytest.approx(middle_of(".seqmem-hair"), abs=1.5)
        curves = [[middle[0], middle[0] - 1, middle[0] + 2], [middle[0] / 2]]
        assert_drawn_by_its_axes(view.root, curves, x, k, reference=-0.5)
        slider.press("ArrowRight")
    styled = set(
        re.findall(r"\.(seqmem-[\w-]+)", Path(explorer_module.__file__).with_suffix(".css").read_text("utf-8"))
    )
    classes = view.root.evaluate("root => [...root.querySelectorAll('*')].flatMap((node) => [...node.classList])")
    assert styled <= set(classes), "each rule of the style sheet is for something"
    plot, way = (view.root.locator(name).bounding_box() for name in (".seqmem-plot", ".seqmem-way"))
    y = way["y"] + way["height"] / 2
    page.mouse.move(middle_of(".seqmem-thumb"), y)
    page.mouse.down()
    for k in (4, 3, 0, 2):
        page.mouse.move(plot["x"] + plot["width"] * (x[k] - 1) / 99 + 1, y)
        view.wait_for(0, k)
    page.mouse.up()
    assert page.evaluate("document.activeElement.ariaLabel") == "lag", "the arrow keys go on from here"
    assert page.errors == []


def test_lines_are_wide_enough_to_be_seen(explorer):
    widths = explorer.root.locator(".seqmem-axes line").evaluate_all(
        "all => all.map((node) => parseFloat(getComputedStyle(node).strokeWidth))"
    )
    assert min(widths) >= 1, "a thinner one vanishes in Firefox and WebKit"


def test_the_axis_stays_while_the_curves_move(explorer):
    axis = explorer.root.locator(".seqmem-axes").inner_html()
    assert "≤ 10⁻⁹" in axis
    explorer.slider("spectral radius").press("End")
    explorer.wait_for(4, 2, 20)
    assert explorer.root.locator(".seqmem-axes").inner_html() == axis


def test_it_says_what_it_shows(explorer):
    figure = explorer.root.get_by_role("img")
    assert figure.get_attribute("aria-label").startswith(
        "gradient norm over lag at spectral radius 0.9, input scale 10. "
    )
    explorer.slider("spectral radius").press("Home")
    explorer.wait_for(0, 2, 20)
    ends = [(text(one[0, 2, 0]), text(one[0, 2, -1])) for one in (decay()["RNN"][0], decay()["<b>LSTM</b>"])]
    assert ends[0][1] == "below 10⁻⁹"
    curves = "".join(
        f"{label}: {first} at 1, {last} at 41. " for label, (first, last) in zip(decay(), ends, strict=True)
    )
    said = f"gradient norm over lag at spectral radius 0.5, input scale 10. {curves}no decay: 1."
    assert figure.get_attribute("aria-label") == said
    snapshot = explorer.root.aria_snapshot()
    assert re.findall('slider "(.*?)"', snapshot) == ["spectral radius", "input scale", "lag"]
    assert "text: spectral radius" not in snapshot, "a slider is named once"


def test_labels_are_text_and_lines_differ(explorer):
    assert explorer.root.locator("b").count() == 0
    lines = explorer.root.locator(".seqmem-table path").evaluate_all(
        "all => all.map((n) => n.getAttribute('stroke-dasharray'))"
    )
    assert len(set(lines)) == 3
    assert "<b>LSTM</b>" in explorer.root.locator(".seqmem-table").text_content()
    assert explorer.root.locator("[id]").count() == 0
    numeric = explorer.root.locator(".seqmem-table").evaluate("node => getComputedStyle(node).fontVariantNumeric")
    assert numeric == "tabular-nums"


def test_it_redraws_once_a_frame_and_touches_nothing_outside(page, tmp_path):
    page.add_init_script(
        """window.heard = []; window.frames = 0;
        for (const target of [window, document]) {
          target.addEventListener = (name) => { if (window.watching) window.heard.push(name); };
        }
        const frame = window.requestAnimationFrame.bind(window);
        window.requestAnimationFrame = (call) => { window.frames += 1; return frame(call); };
        new MutationObserver(() => { window.watching ||= !!document.querySelector("[data-seqmem]"); })
          .observe(document, { childList: true, subtree: true });"""
    )
    page.goto(export(tmp_path / "page.html", an_explorer()))
    page.locator(".seqmem[data-shown]").wait_for()
    wait_until_drawn(page)  # what its first size asked for
    asked = page.evaluate(
        """() => {
          const before = window.frames;
          const [slider] = document.querySelectorAll("input");
          for (const value of [0, 1, 2, 3]) {
            slider.value = value;
            slider.dispatchEvent(new Event("input"));
          }
          return window.frames - before;
        }"""
    )
    assert asked == 1
    assert [name for name in page.evaluate("window.heard") if name != "DOMContentLoaded"] == []
    assert page.errors == []


def test_two_views_of_one_widget_and_a_narrow_page(page, tmp_path):
    page.goto(export(tmp_path / "page.html", an_explorer(), an_explorer()))
    page.locator(".seqmem[data-shown]").nth(1).wait_for()
    first, second = (ExplorerPage(root) for root in page.locator(".seqmem[data-shown]").all())
    first.slider("spectral radius").press("End")
    second.slider("lag").press("Home")
    first.assert_shows(4, 2, 20)
    second.assert_shows(1, 2, 0)
    page.set_viewport_size({"width": 480, "height": 800})
    first.drag("input scale", 2, 0)
    first.hover(7)
    first.assert_shows(4, 0, 7)
    assert page.evaluate("document.documentElement.scrollWidth") <= 480
    inside = first.root.bounding_box()
    for box in [node.bounding_box() for node in first.root.locator("span, text, input").all()]:
        if box:
            assert box["x"] >= inside["x"] - 1
            assert box["x"] + box["width"] <= inside["x"] + inside["width"] + 1
    assert page.errors == []


def test_a_hidden_tab_draws_when_it_shows(page, tmp_path):
    path = tmp_path / "page.html"
    address = export(path, an_explorer())
    path.write_text(
        path.read_text("utf-8").replace("</head>", "<style>.hidden { display: none }</style></head>"), "utf-8"
    )
    html = path.read_text("utf-8").replace("</head>", "<style>.hidden { display: none }</style></head>")
    path.write_text(html.replace("<main", '<main class="hidden"'), "utf-8")
    page.goto(address)
    page.locator(".seqmem[data-shown]").wait_for(state="attached")
    explorer = ExplorerPage(page.locator(".seqmem[data-shown]"))
    assert explorer.root.locator(".seqmem-axes text").count() == 0
    page.locator("main").evaluate("node => node.classList.remove('hidden')")
    explorer.root.locator(".seqmem-axes text").first.wait_for()
    explorer.assert_shows(1, 2, 20)
    assert page.errors == []


def test_a_page_saved_by_the_browser_is_alive(page, tmp_path):
    page.goto(export(tmp_path / "page.html", an_explorer()))
    page.locator(".seqmem[data-shown]").wait_for()
    saved = page.content().replace("data-shown=", "data-was-shown=")  # so that it is seen when the script has begun
    (tmp_path / "saved.html").write_text(saved, "utf-8")
    page.goto((tmp_path / "saved.html").as_uri())
    explorer = ExplorerPage(page.locator(".seqmem[data-shown]"))
    explorer.slider("lag").press("End")
    explorer.wait_for(1, 2, 40)
    explorer.assert_shows(1, 2, 40)


def test_random_actions(explorer):
    page, draw = explorer.root.page, random.Random(7)
    keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]
    for k in range(MANY):
        action = draw.randrange(4)
        if action == 0:
            explorer.slider(draw.choice(["spectral radius", "input scale", "lag"])).press(draw.choice(keys))
        elif action == 1:
            explorer.hover(draw.randrange(41))
        elif action == 2:
            box = explorer.root.bounding_box()
            page.mouse.click(box["x"] + draw.random() * box["width"], box["y"] + draw.random() * box["height"])
        elif draw.random() < 0.2:
            page.set_viewport_size({"width": draw.randrange(380, 1400), "height": 900})
        if k % 20 == 19:
            wait_until_drawn(page)
            explorer.assert_shows(*explorer.shown())
    assert page.errors == []


def test_it_asks_for_nothing_outside(page, tmp_path):
    """The exported page itself asks for require.js and MathJax; with the widget in it, for the same and no more."""
    page.goto(export(tmp_path / "empty.html"))
    page.wait_for_load_state()
    asked, page.outside[:] = sorted(page.outside), []
    page.goto(export(tmp_path / "page.html", an_explorer()))
    page.locator(".seqmem[data-shown]").wait_for()
    page.wait_for_load_state()
    assert sorted(page.outside) == asked


@pytest.mark.parametrize(("settings", "points"), [(1, 1), (2, 1), (1, 1000)])
def test_extreme_sizes(page, tmp_path, settings, points):
    values = np.ones((settings, points))
    explorer = Explorer(
        range(points), {"a": (values, values / 2, values * 2)}, sliders={"s": range(settings)}, xlabel="x", ylabel="y"
    )
    page.goto(export(tmp_path / "page.html", explorer))
    page.locator(".seqmem[data-shown]").wait_for()
    for slider in page.get_by_role("slider").all():
        slider.press("End")
    view = ExplorerPage(page.locator(".seqmem[data-shown]"))
    view.wait_for(settings - 1, points - 1)
    assert view.numbers() == [("1.000", "0.5000 to 2.000")]
    if points == 1:
        drawn = view.root.evaluate(DRAWN)
        middle = (drawn["plot"]["left"] + drawn["plot"]["right"]) / 2
        assert drawn["plot"]["left"] + drawn["dots"][0]["at"][0] == pytest.approx(middle, abs=1)
        assert [(one["left"] + one["right"]) / 2 for one in drawn["texts"] if one["text"] == "0"][-1] == pytest.approx(
            middle, abs=1
        )
    assert page.errors == []


def test_without_scripts_the_picture_is_there(browser, tmp_path):
    page = browser.new_page(java_script_enabled=False)
    page.goto(export(tmp_path / "page.html", an_explorer()))
    assert page.locator(".seqmem img").bounding_box()["height"] > 100
    page.close()
