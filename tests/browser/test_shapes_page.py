"""The ShapeExplorer in an exported page: no kernel, no network."""

import random
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator
from real import wait_until_drawn
from sound import faults, unused
from test_chinese_page import Shown
from test_page import export, violations
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqmem_lib.course.n05_layers.shape_explorer import LAYER_COLORS, SCRIPT, ShapeExplorer
from seqmem_lib.course.n05_layers.shape_facts import CHOICES, SIZES, facts, fill, names_of

pytestmark = pytest.mark.browser

LABELS = {letter: f"{letter}, {name}" for letter, (name, *_) in SIZES.items()}
START = {"cell": "LSTM", "num_layers": 2, "bidirectional": True, "batch_first": True, "lengths": "equal"}
START |= {"B": 3, "T": 6, "I": 2, "H": 5}
DARK = (
    ":root, body { background: #111; --jp-content-font-color1: #ddd; --jp-border-color2: #555;"
    " --jp-brand-color1: #64b5f6; --jp-layout-color0: #111; color-scheme: dark }"
)
# A drawing in its own units: its room, its boxes by (row, column, part), with what is in them, their outlines, and its
# texts. A box is [left, top, right, bottom].
READ = """(svg) => {
  const box = (node) => { const { x, y, width, height } = node.getBBox(); return [x, y, x + width, y + height]; };
  const all = (kind, read) => [...svg.querySelectorAll(kind)].map(read);
  const at = (node) => node.dataset.at.split(",").map(Number);
  const { x, y, width, height } = svg.viewBox.baseVal;
  return {
    room: [x, y, x + width, y + height],
    size: [Number(svg.getAttribute("width")), Number(svg.getAttribute("height"))],
    boxes: all("g", (node) => [at(node), { box: box(node.firstChild), kind: node.getAttribute("class"),
      color: node.style.getPropertyValue("--color"), inside: node.querySelector("path") && box(node.lastChild),
      lines: (node.querySelector("path")?.getAttribute("d") ?? "").split("M").length - 1 }]),
    outlines: all("rect.seqmem-same", (node) => [at(node), box(node)]),
    texts: all("text", (node) => [node.textContent, box(node)]),
    code: all("text.seqmem-mono", (node) => node.textContent), role: svg.getAttribute("role"),
  };
}"""


def a_choice(draw):
    drawn = {name: draw.choice(values) for name, values in CHOICES.items()}
    return drawn | {letter: draw.randint(low, high) for letter, (_, low, high) in SIZES.items()}


def a_layer(shown):
    """What torch returns for this choice: (x, output, h_n, c_n or None, lengths), batch first."""
    settings = {name: shown[name] for name in ("num_layers", "bidirectional")}
    layer = getattr(nn, shown["cell"])(shown["I"], shown["H"], **settings, batch_first=True)
    lengths = [shown["T"]] * shown["B"]
    if shown["lengths"] == "different":
        lengths = names_of({letter: shown[letter] for letter in SIZES})["lengths"]
    x = torch.randn(shown["B"], shown["T"], shown["I"])
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    output, state = layer(packed)
    h_n, c_n = state if isinstance(state, tuple) else (state, None)
    return x, pad_packed_sequence(output, batch_first=True)[0], h_n, c_n, lengths


@dataclass
class ShapesPage:
    """One mounted ShapeExplorer, moved as a person moves it and read as a person reads it."""

    root: Locator

    def select(self, name: str) -> Locator:
        return self.root.get_by_role("combobox", name=name, exact=True)

    def slider(self, letter: str) -> Locator:
        return self.root.get_by_role("slider", name=LABELS[letter], exact=True)

    def wait_for(self, shown: dict) -> None:
        script = "([root, shown]) => root.dataset.shown === shown"
        arguments = [self.root.element_handle(), " ".join(str(shown[name]) for name in START)]
        self.root.page.wait_for_function(script, arg=arguments, timeout=20_000)

    def drag(self, letter: str, start: int, to: int) -> None:
        """With the mouse, by the thumb, which is 16 pixels wide."""
        slider, (_, low, high) = self.slider(letter), SIZES[letter]
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        x = [box["x"] + 8 + (k - low) / (high - low) * (box["width"] - 16) for k in (start, to)]
        mouse, y = self.root.page.mouse, box["y"] + box["height"] / 2
        mouse.move(x[0], y)
        mouse.down()
        mouse.move(x[1], y, steps=4)
        mouse.up()

    def tensor(self, name: str) -> Locator:
        return self.root.locator(f"[data-tensor={name}]")

    def boxes(self, name: str, kind: str) -> set[tuple[int, ...]]:
        """(row, column, part) of the boxes that look like this."""
        script = "all => all.map((node) => node.dataset.at.split(',').map(Number))"
        return {tuple(at) for at in self.tensor(name).locator(kind).evaluate_all(script)}

    def assert_drawn(
        self, name: str, count: int, down: list[str], across: list[str], looks: list, beside: list
    ) -> None:
        """The blocks of a tensor stand in rows and columns below and beside their names; each box is as wide as the
        `count` numbers in it, which are lines apart.

        looks : of each part of a block, or of each row of a state, its colour, and whether it is light
        beside : what stands beside each row
        """
        drawn = self.tensor(name).locator("svg").evaluate(READ)
        assert drawn["role"] == "img"
        room = np.array(drawn["room"])
        assert [0, 0, *drawn["size"]] == drawn["room"]
        state, parts = name.endswith("_n"), max(at[2] for at, _ in drawn["boxes"]) + 1
        boxes = np.full((len(down), len(across), parts, 4), np.nan)  # left, top, right, bottom
        for at, one in drawn["boxes"]:
            boxes[tuple(at)] = one["box"]
            left, top, right, bottom = one["box"]
            color, light = looks[at[0 if state else 2]]
            if one["kind"] == "seqmem-padding":
                inside = np.array(one["inside"]) - one["box"]
                assert np.all(inside[:2] >= -0.01)
                assert np.all(inside[2:] <= 0.01)
                assert np.abs(inside).max() <= 5
            else:
                assert (one["color"], one["kind"]) == (color, "seqmem-light" if light else "seqmem-full")
                assert one["lines"] == count - 1
                number = (right - left) / count
                lines = [left + number, top, right - number, bottom]
                assert count == 1 or one["inside"] == pytest.approx(lines, abs=0.02)
        assert not np.isnan(boxes).any()
        x0, y0, x1, y1 = np.moveaxis(boxes, -1, 0)
        assert np.ptp(x0, axis=0).max() < 0.01
        assert np.ptp(x1 - x0) < 0.01
        assert np.ptp(y0, axis=(1, 2)).max() < 0.01
        assert np.ptp(y1 - y0) < 0.01
        assert y1[0, 0, 0] - y0[0, 0, 0] > 20
        assert 1 < (x1 - x0).max() / count <= 5.001
        for starts, ends in ((x0[0, :, 0], x1[0, :, -1]), (y0[:, 0, 0], y1[:, 0, 0])):
            np.testing.assert_allclose(
                np.diff(starts, 2), 0, atol=0.01, err_msg="as far from one to the next everywhere"
            )
            assert np.all(starts[1:] - ends[:-1] > 6)
        between = x0[:, :, 1:] - x1[:, :, :-1]
        assert np.all(between > 5)
        assert np.all(between < (x0[:, 1:, 0] - x1[:, :-1, -1]).min())
        for at, outline in drawn["outlines"]:
            around = np.array(outline) - boxes[tuple(at)]
            np.testing.assert_allclose(around, np.array([-1, -1, 1, 1]) * around[3], atol=0.01)
            assert 2 < around[3] < 4

        texts = [(words, np.array(box)) for words, box in drawn["texts"]]
        for _, (left, top, right, bottom) in [*texts, *(("", box) for box in boxes.reshape(-1, 4))]:
            assert room[0] <= left + 0.01
            assert room[1] <= top + 0.01
            assert right <= room[2] + 0.5
            assert bottom <= room[3] + 0.01
        rows = [(words, box) for words, box in texts if box[2] < x0.min()]
        columns = [(words, box) for words, box in texts if box[3] < y0.min()]
        others = [(words, box) for words, box in texts if box[0] > x1.max()]
        assert [words for words, _ in rows] == down
        assert [words for words, _ in columns] in (across, [words[2:] for words in across])
        middles = (y0[:, 0, 0] + y1[:, 0, 0]) / 2
        for (_, (_, top, _, bottom)), middle in zip(rows, middles, strict=True):
            assert (top + bottom) / 2 == pytest.approx(middle, abs=2)
        for (_, (left, _, right, _)), middle in zip(columns, (x0[0, :, 0] + x1[0, :, -1]) / 2, strict=True):
            assert (left + right) / 2 == pytest.approx(middle, abs=1)
        assert [words for words, _ in others] == beside
        pairs = zip(middles[: len(beside) // 2], others[::2], others[1::2], strict=True)
        for middle, (_, above), (_, below) in pairs:
            assert above[3] < below[1] + 4
            assert (above[1] + below[3]) / 2 == pytest.approx(middle, abs=3)
        assert drawn["code"] == [words for words in beside if words.startswith("=")]
        assert len(texts) == len(rows) + len(columns) + len(others)

    def assert_shows(self, shown: dict) -> None:
        """Shapes, blocks, padding and outlines are a real layer's; every text is Python's, with the numbers in it."""
        self.wait_for(shown)
        names = names_of({letter: shown[letter] for letter in SIZES})
        written = facts(**{name: shown[name] for name in CHOICES})
        x, output, h_n, c_n, lengths = a_layer(shown)

        def seen(tensor):
            return tensor if shown["batch_first"] else tensor.transpose(0, 1)

        shapes = {"x": seen(x).shape, "output": seen(output).shape, "h_n": h_n.shape}
        shapes |= {} if c_n is None else {"c_n": c_n.shape}
        for name, shape in shapes.items():
            assert self.tensor(name).locator(".seqmem-caption > b:last-of-type").text_content() == str(tuple(shape))
        assert self.tensor("c_n").is_visible() == (c_n is not None)
        parameters = f"{self.root.locator('.seqmem-parameters b').last.text_content().removeprefix('= ')} parameters"
        said = [f"{name} {tuple(shape)}" for name, shape in shapes.items()] + [parameters]
        assert self.root.get_by_role("status").text_content() == ", ".join(said)

        halves = output.unflatten(-1, (-1, shown["H"]))  # (batch, seq, directions, hidden_size)
        same, padding, full, places = set(), set(), set(), set()
        for row, step, half in torch.cartesian_prod(*map(torch.arange, halves.shape[:3])).view(-1, 3).tolist():
            at = (row, step, half) if shown["batch_first"] else (step, row, half)
            places.add(at)
            if (h_n[:, row] == halves[row, step, half]).all(dim=-1).any():
                same.add(at)
            if step >= lengths[row]:
                assert not halves[row, step, half].any()
                padding.add(at)
            elif half == 0:
                full.add(at)
        assert self.boxes("output", ".seqmem-same") == same
        assert self.boxes("output", ".seqmem-padding") == padding
        assert self.boxes("output", ".seqmem-full") == full
        assert self.boxes("output", "g") == places
        assert self.boxes("x", ".seqmem-padding") == {(*at, 0) for *at, half in padding if half == 0}
        last = range(len(h_n) - halves.shape[2], len(h_n))
        assert self.boxes("h_n", ".seqmem-same") == {(k, row, 0) for k in last for row in range(shown["B"])}
        looks = [(LAYER_COLORS[layer], direction == "backward") for layer, direction, *_ in written["blocks"]]
        names_of_layers = [f"layer {layer}, {direction}" for layer, direction, *_ in written["blocks"]]
        directions = halves.shape[2]
        batch, time = ([f"{letter}={k}" for k in range(shown[size])] for letter, size in ("bB", "tT"))
        outer = (batch, time) if shown["batch_first"] else (time, batch)
        self.assert_drawn("x", shown["I"], *outer, [("var(--ink)", True)], [])
        self.assert_drawn("output", shown["H"], *outer, looks[-directions:], [])
        axes = "batch ↓  time →" if shown["batch_first"] else "time ↓  batch →"
        whats = {"x": [axes], "output": [axes, *names_of_layers[-directions:]]}
        for name, said in {
            "h_n": [fill(where, names) for *_, where, _ in written["blocks"]],
            "c_n": ["in no output"] * len(looks),
        }.items():
            if name in shapes:
                rows = [f"{name}[{k}]" for k in range(len(looks))]
                pairs = list(zip(names_of_layers, said, strict=True))
                self.assert_drawn(name, shown["H"], rows, batch, looks, [words for pair in pairs for words in pair])
                axes = "layer and direction ↓  batch →"
                whats[name] = [axes, *(f"{row}: {', '.join(pair)}" for row, pair in zip(rows, pairs, strict=True))]
        for name, (axes, *said) in whats.items():
            caption = self.tensor(name).locator(".seqmem-caption")
            formula = dict(written["shapes"])[name].replace("*", "·").translate({ord(one): None for one in "{}"})
            assert caption.all_inner_texts()[0].split("\n") == [name, f"{formula} =", str(tuple(shapes[name])), axes]
            label = f"{name} {tuple(shapes[name])}: {'; '.join([axes, *said])}."
            assert self.tensor(name).locator("svg").get_attribute("aria-label") == label
        assert faults(self.root) == []

        def texts(selector):
            return self.root.locator(selector).all_text_contents()

        assert texts(".seqmem-code") == ["\n".join(fill(line, names) for (line,) in written["code"])]
        for answer, side in ((True, "True"), (False, "False")):
            items = self.root.locator(".seqmem-answers > div", has_text=f"Python answers {side}").locator(
                "[role=listitem]"
            )
            claims = [fill(text, names) + why for text, said, why in written["claims"] if said is answer]
            assert items.all_text_contents() == claims
        counts = [int(fill(f"{{{formula}}}", names)) for (formula,) in written["parameters"]]
        assert texts(".seqmem-parameters > :nth-child(3n)") == [f"= {count}" for count in (*counts, sum(counts))]


@pytest.fixture
def shapes(page, tmp_path):
    page.on("console", lambda message: page.errors.append(message.text) if is_ours(message) else None)
    page.goto(export(tmp_path / "page.html", ShapeExplorer()))
    root = page.locator(".seqmem[data-shown]")
    root.wait_for()
    yield ShapesPage(root)
    assert page.errors == []
    # What is refused is asked for by nbconvert's own template.
    assert all("require" in url or "mathjax" in url.lower() for url in page.outside), page.outside


def is_ours(message) -> bool:
    return message.type == "error" and "net::ERR_FAILED" not in message.text  # a request that the test refused


def test_every_control_by_mouse(shapes):
    shapes.assert_shows(START)
    for name, values in CHOICES.items():
        assert shapes.select(name).locator("option").all_inner_texts() == [str(value) for value in values]
    key = shapes.root.locator(".seqmem-legend-line > span")
    words = ["forward", "backward", "outlined: the same numbers in output and in h_n", "padding"]
    assert [text.strip() for text in key.all_inner_texts()] == words
    for kind, swatch in zip(("full", "light", "same", "padding"), key.all(), strict=True):
        assert swatch.locator(f"svg[aria-hidden=true] .seqmem-{kind}").count() == 1
    draw, shown = random.Random(1), dict(START)
    for _ in range(8):
        chosen = a_choice(draw)
        for name in CHOICES:
            shapes.select(name).select_option(str(chosen[name]))
        for letter in SIZES:
            shapes.drag(letter, shown[letter], chosen[letter])
        shown = chosen
        shapes.assert_shows(shown)
    assert unused(shapes.root, SCRIPT.with_suffix(".css").read_text("utf-8")) == set()


def test_every_control_by_keyboard(shapes):
    keyboard = shapes.root.page.keyboard
    shapes.select("cell").focus()
    shown = START | {
        "cell": "RNN",
        "num_layers": 3,
        "bidirectional": False,
        "batch_first": False,
        "lengths": "different",
    }
    shown |= {"B": 4, "T": 5, "I": 1, "H": 1}
    keys = [["r"], ["3"], ["f"], ["f"], ["d"], ["End"], ["ArrowLeft"], ["Home"], ["Home"]]
    for k, pressed in enumerate(keys):
        for key in ["Tab"] * (k > 0) + pressed:
            keyboard.press(key)
        assert shapes.root.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    shapes.assert_shows(shown)
    shapes.select("num_layers").press("ArrowUp")
    shapes.slider("T").press("End")
    shapes.assert_shows(shown | {"num_layers": 2, "T": 7})
    shapes.root.page.set_viewport_size({"width": 320, "height": 900})
    heights = set()
    for letter in SIZES:
        for key in ("Home", "End"):
            shapes.slider(letter).press(key)
            wait_until_drawn(shapes.root.page)
            heights.add(shapes.root.bounding_box()["height"])
    assert max(heights) - min(heights) < 1, "there is room for the longest texts"
    shapes.assert_shows(shown | {"num_layers": 2} | {letter: most for letter, (_, _, most) in SIZES.items()})
    guards = shapes.root.locator("input, select").evaluate_all("all => all.map((n) => n.dataset.lmSuppressShortcuts)")
    assert guards == ["true"] * 9, "Jupyter leaves their keys alone"


def test_it_starts_where_python_says(page, tmp_path):
    start = {"cell": "GRU", "num_layers": 1, "bidirectional": False, "batch_first": False, "lengths": "different"}
    sizes = {"B": 2, "T": 7, "I": 4, "H": 3}
    named = {SIZES[letter][0]: value for letter, value in sizes.items()}
    page.goto(export(tmp_path / "page.html", ShapeExplorer(**start, **named)))
    ShapesPage(page.locator(".seqmem[data-shown]")).assert_shows(start | sizes)
    assert page.errors == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("lengths", ["equal", "different"])
def test_no_accessibility_violation(page, tmp_path, dark, lengths):
    page.goto(export(tmp_path / "page.html", ShapeExplorer(lengths=lengths, num_layers=3)))
    page.locator(".seqmem[data-shown]").wait_for()
    if dark:
        page.evaluate("() => { document.body.dataset.jpThemeLight = 'false'; }")
        page.add_style_tag(content=DARK)
    assert violations(page) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_overlaps_and_nothing_sticks_out(page, tmp_path, language):
    """The widest choice, on a wide page and on a narrow one: no two texts of a picture touch."""
    widest = ShapeExplorer(batch=4, seq=7, num_layers=3, lengths="different")
    page.goto(export(tmp_path / "page.html", Shown(widest, language)))
    shapes = ShapesPage(page.locator(".seqmem[data-shown]"))
    for width in (1280, 480, 400):
        page.set_viewport_size({"width": width, "height": 900})
        wait_until_drawn(page)
        wait_until_drawn(page)  # an observer asks for a frame
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        inside = shapes.root.bounding_box()
        for name in ("x", "output", "h_n", "c_n"):
            boxes = [node.bounding_box() for node in shapes.tensor(name).locator("text").all()]
            assert len(boxes) >= 11
            for k, one in enumerate(boxes):
                assert inside["x"] - 1 <= one["x"]
                assert one["x"] + one["width"] <= inside["x"] + inside["width"] + 1
                for other in boxes[:k]:
                    apart = [
                        one["x"] >= other["x"] + other["width"] - 0.5,
                        other["x"] >= one["x"] + one["width"] - 0.5,
                        abs(one["y"] - other["y"]) >= 0.7 * min(one["height"], other["height"]),
                    ]
                    assert any(apart), (name, one, other)
    assert shapes.root.locator("[id]").count() == 0


def test_two_views_are_independent_and_a_saved_page_is_alive(page, tmp_path):
    page.goto(export(tmp_path / "page.html", ShapeExplorer(), ShapeExplorer()))
    page.locator(".seqmem[data-shown]").nth(1).wait_for()
    first, second = (ShapesPage(root) for root in page.locator(".seqmem[data-shown]").all())
    first.slider("H").press("Home")
    second.select("cell").select_option("RNN")
    first.assert_shows(START | {"H": 1})
    second.assert_shows(START | {"cell": "RNN"})
    html = page.content().replace("data-shown=", "data-was-shown=")  # so that it is seen when the script has begun
    (tmp_path / "saved.html").write_text(html, "utf-8")
    page.goto((tmp_path / "saved.html").as_uri())
    saved = ShapesPage(page.locator(".seqmem[data-shown]").first)
    saved.slider("T").press("Home")
    saved.assert_shows(START | {"T": 2})
    assert page.errors == []


def test_it_redraws_once_a_frame(shapes):
    wait_until_drawn(shapes.root.page)  # what its first size asked for
    asked = shapes.root.page.evaluate(
        """() => {
          let frames = 0;
          const frame = window.requestAnimationFrame.bind(window);
          window.requestAnimationFrame = (call) => { frames += 1; return frame(call); };
          const slider = document.querySelector(".seqmem input");
          for (const value of [2, 3, 4, 2]) {
            slider.value = value;
            slider.dispatchEvent(new Event("input"));
          }
          return frames;
        }"""
    )
    assert asked == 1
    shapes.assert_shows(START | {"B": 2})


def test_without_scripts_the_picture_is_there(browser, tmp_path):
    page = browser.new_page(java_script_enabled=False)
    page.goto(export(tmp_path / "page.html", ShapeExplorer()))
    assert page.locator(".seqmem img").bounding_box()["height"] > 100
    page.close()
