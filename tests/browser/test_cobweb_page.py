"""The Cobweb in an exported page: no kernel, no network."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from sound import faults, unused
from test_page import export, violations

from seqmem_lib.course.n01_rnn.cobweb import SCRIPT, Cobweb
from seqmem_lib.plots.style import LINE_COLORS

pytestmark = pytest.mark.browser

# What stays and what goes, what leaves the picture, slopes of 0, of 1 and of less than -1, a product of slopes that is
# too large for the picture and one that is too small.
COBWEBS = [
    Cobweb(w=1),
    Cobweb(w=-1, steps=40),
    Cobweb(w=2, steps=10),
    Cobweb(w=-2.5, b=0.25, start=-0.75),
    Cobweb(w=3, start=0, steps=40),
    Cobweb(w=0, b=1, start=-1),
    Cobweb(w=-3, start=0),
    Cobweb("f·c + i·g", f=1, i=1, g=1, start=-3, steps=12),
    Cobweb("f·c + i·g", f=0.5, i=1, g=-0.01, start=2),
    Cobweb("z·h + (1-z)·n", z=1, start=-0.5),
    Cobweb("z·h + (1-z)·n", z=0.8, n=-0.25, start=1),
]
# A picture in its own units: its room, its frame, its texts and what is drawn.
READ = """(svg) => {
  const box = (node) => { const { x, y, width, height } = node.getBBox(); return [x, y, x + width, y + height]; };
  const corners = (line) => line.getAttribute("d").slice(1).split("L").map((place) => place.split(",").map(Number));
  const middle = (dot) => [["cx", "cy"].map((name) => Number(dot.getAttribute(name)))];
  const all = (kind, read) => [...svg.querySelectorAll(kind)].map(read);
  const { x, y, width, height } = svg.viewBox.baseVal;
  return {
    room: [x, y, x + width, y + height],
    frame: box(svg.querySelector(".seqmem-frame")),
    texts: all("text", (node) => [node.textContent, box(node)]),
    drawn: all("path, circle", (node) => ({
      kind: node.getAttribute("class"), color: node.getAttribute("stroke"),
      points: node.matches("path") ? corners(node) : middle(node),
    })),
    above: svg.previousSibling.textContent,
  };
}"""

SLIDERS = """(rows) => rows.map((row) => {
  const slider = row.querySelector(".seqmem-control > .seqmem-slider");
  const said = ["aria-label", "aria-valuetext", "min", "max", "step"].map((name) => slider.getAttribute(name));
  return [row.firstChild.textContent, row.lastChild.textContent, slider.value, ...said];
})"""


def number(words):
    """As it is written in a sentence: 0.5, 1.234×10⁻⁶."""
    factor, _, power = words.partition("×10")
    return float(factor) * 10.0 ** int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)


def two(value):
    """With two decimals, as the page writes it."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def returns(cobweb, state):
    """Does a state that is pushed a little come nearer to this one again?"""
    pushed = state + 1e-3
    for _ in range(2000):
        pushed = cobweb.map.value(pushed, cobweb.settings)
    return abs(pushed - state) < 1e-3


def opened(page, path, *cobwebs):
    page.goto(export(path / "page.html", *cobwebs))
    page.locator(".seqmem[data-shown]").last.wait_for()
    assert page.errors == []
    return page.locator(".seqmem[data-shown]")


def lines(root):
    return [text for text in root.locator(".seqmem-said > div").all_inner_texts() if text]


def test_a_slider_moves_the_curve_and_the_words(page, tmp_path):
    root = opened(page, tmp_path, Cobweb(w=0.5))
    assert lines(root)[0] == "It rests at 0.00 (slope 0.50)."
    before = [path.get_attribute("d") for path in root.locator("svg path").all()]
    slider = root.get_by_role("slider", name="w", exact=True)
    slider.focus()
    for _ in range(150):
        page.keyboard.press("ArrowRight")
    assert root.get_attribute("data-shown") == "2 0 0.5"
    assert lines(root)[:2] == [
        "It rests at −0.96 (slope 0.17), 0.96 (slope 0.17).",
        "It is driven away from 0.00 (slope 2.00).",
    ]
    after = [path.get_attribute("d") for path in root.locator("svg path").all()]
    assert before != after
    assert root.locator("circle.seqmem-rests").count() == 2
    assert root.locator("circle.seqmem-leaves").count() == 1


class Picture:
    """One of a cobweb's pictures, in which the corners of the frame are these numbers: least and most."""

    def __init__(self, svg, across, up):
        self.read = svg.evaluate(READ)
        self.ends = np.array([across, up], float).T
        left, top, right, bottom = self.read["frame"]
        self.corners = np.array([[left, bottom], [right, top]])

    def place(self, points):
        """Where numbers must stand, (points, 2)."""
        share = (np.reshape(points, (-1, 2)) - self.ends[0]) / (self.ends[1] - self.ends[0])
        return self.corners[0] + share * (self.corners[1] - self.corners[0])

    def assert_drawn(self, kind, *expected):
        """All lines or dots of a kind, or of a colour, are these."""
        drawn = [one["points"] for one in self.read["drawn"] if kind in (one["kind"], one["color"])]
        assert len(drawn) == len(expected)
        for one, points in zip(drawn, expected, strict=True):
            np.testing.assert_allclose(one, self.place(points), atol=0.02)

    def assert_axes(self, above, name, across, up):
        """Beside and below the frame stand these numbers at their places, below them the name, and above it what is
        drawn; the picture has room for all of it, and for little else."""
        assert self.read["above"] == above
        left, top, right, bottom = self.read["room"]
        written = [(words, np.reshape(box, (2, 2))) for words, box in self.read["texts"]]
        for _, box in written:
            assert np.all(box[0] >= (left, top))
            assert np.all(box[1] <= (right, bottom))
        assert bottom - max(box[1, 1] for _, box in written) < 8
        assert right - self.corners[1, 0] < 20
        (said, lowest) = max(written, key=lambda one: one[1][1, 1])
        assert said == name
        assert lowest.mean(0)[0] == pytest.approx(self.corners[:, 0].mean(), abs=1)
        below = {words: box for words, box in written if box[0, 1] > self.corners[0, 1] and words != name}
        beside = {words: box for words, box in written if box[1, 0] < self.corners[0, 0] and words != name}
        assert len(below) + len(beside) == len(written) - 1
        assert (list(below), list(beside)) == (list(across), list(up))
        for words, box in below.items():
            assert box.mean(0)[0] == pytest.approx(self.place([across[words], 0])[0, 0], abs=1)
            assert box[1, 1] < lowest[1, 1]
        for words, box in beside.items():
            assert box.mean(0)[1] == pytest.approx(self.place([0, up[words]])[0, 1], abs=2)
            assert 3 < self.corners[0, 0] - box[1, 0] < 9


def test_what_is_drawn_and_said_is_what_python_computes(page, tmp_path, monkeypatch):
    monkeypatch.setattr(Cobweb, "_still_picture", lambda self: Figure((1, 1)))  # it is gone when the script runs
    roots = opened(page, tmp_path, *COBWEBS).all()
    for cobweb, root in zip(COBWEBS, roots, strict=True):
        assert faults(root) == []
        name, steps, reach, step = cobweb.map.state, cobweb.steps, cobweb.map.reach, cobweb.map.value
        states, left = cobweb.followed()
        web, path, push = (
            Picture(svg, *ends)
            for svg, ends in zip(
                root.locator("svg").all(), [(reach, reach), ((0, steps), reach), ((0, steps), (-9, 3))], strict=True
            )
        )
        most = int(reach[1])
        ticks, after = (
            {f"{k}".replace("-", "−"): k for k in all_of} for all_of in ((-most, 0, most), (0, steps // 2, steps))
        )
        powers = {"10⁻⁹": -9, "10⁻⁶": -6, "10⁻³": -3, "1": 0, "10³": 3}
        web.assert_axes(f"{name} after it: {cobweb.formula}", f"{name} before the step", ticks, ticks)
        path.assert_axes(f"{name} at each step", "step", after, ticks)
        small = f"what is left of a small change of {name}₀: the product of the slopes"
        push.assert_axes(small, "step", after, powers)

        def inside(points, bounds=reach):
            return np.clip(points, *bounds)

        grid, color = np.linspace(*reach, 201), LINE_COLORS[name]
        web.assert_drawn("seqmem-diagonal", [reach[:1] * 2, reach[1:] * 2])
        web.assert_drawn(color, np.stack([grid, inside(step(grid, cobweb.settings) + 0 * grid)], 1))
        corners = np.repeat(states, 2)
        web.assert_drawn("seqmem-walk", inside(np.stack([corners[:-1], [reach[0], *corners[2:]]], 1)))
        path.assert_drawn(color, np.stack([np.arange(steps + 1), inside(states)], 1))
        push.assert_drawn("seqmem-diagonal", [[0, 0], [steps, 0]])
        logs = np.log10(np.abs(left), out=np.full(steps + 1, -99.0), where=left != 0)
        push.assert_drawn("seqmem-walk", np.stack([np.arange(steps + 1), inside(logs, (-9, 3))], 1))

        fixed = cobweb.fixed_points()
        rests, leaves = ([one for one in fixed if returns(cobweb, one[0]) == kind] for kind in (True, False))
        for kind, points in (("seqmem-rests", rests), ("seqmem-leaves", leaves)):
            web.assert_drawn(kind, *([at, at] for at, _ in points))
        tangents = [np.array([1, slope]) / np.hypot(1, slope) * 0.1 * (reach[1] - reach[0]) for _, slope in fixed]
        web.assert_drawn(
            "seqmem-tangent", *([at - one, at + one] for (at, _), one in zip(fixed, tangents, strict=True))
        )

        def listed(points):
            return ", ".join(f"{two(at)} (slope {two(slope)})" for at, slope in points)

        said = [f"It rests at {listed(rests)}." if rests else "There is no place here where it rests."]
        if np.allclose(step(grid, cobweb.settings), grid):
            said = ["It rests everywhere: each state stays what it is."]
        said += [f"It is driven away from {listed(leaves)}."] if leaves else []
        *known, after = lines(root)
        assert known == said
        assert after.startswith(f"After {steps} steps {name} is {two(states[-1])}, and a small change of {name}₀ is ")
        factor = after.split("multiplied by ")[1].rstrip(".")
        if abs(left[-1]) < 1e-12:
            assert factor == "less than 10⁻¹²"
        else:
            assert number(factor) == pytest.approx(abs(left[-1]), rel=1e-3)
        route = f"{name} from {two(states[0])} to {two(states[-1])} in {steps} steps."
        labels = [svg.get_attribute("aria-label") for svg in root.locator("svg[role=img]").all()]
        assert labels == [" ".join([f"{cobweb.formula} against {name}.", *known]), route, after]

        sliders = cobweb.map.sliders | {f"{name}₀": (-most, most, None)}
        values = [*cobweb.settings.values(), cobweb.start]
        found = root.locator(".seqmem-bar > .seqmem-setting").evaluate_all(SLIDERS)
        for (one, (least, highest, _)), value, slider in zip(sliders.items(), values, found, strict=True):
            hundredths = [round(100 * number) for number in (least, highest, value)]
            least, highest, at = map(str, hundredths)
            assert slider == [one, two(value), at, one, two(value), least, highest, "1"]
    assert unused(page.locator(".seqmem").first, SCRIPT.with_suffix(".css").read_text("utf-8")) == set()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_fits(page, tmp_path, width):
    page.set_viewport_size({"width": width, "height": 800})
    root = opened(page, tmp_path, Cobweb(w=2))
    assert root.evaluate("node => node.scrollWidth <= node.clientWidth")
    for svg in root.locator("svg").all():
        assert svg.bounding_box()["width"] > 200


def test_accessibility(page, tmp_path):
    opened(page, tmp_path, Cobweb(w=2))
    assert violations(page) == []
