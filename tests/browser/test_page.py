"""An exported page: no kernel, no network. Everything must work there."""

import functools
import os
import random
import re
from itertools import pairwise

import nbformat
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from nbconvert import HTMLExporter
from playwright.sync_api import expect
from real import wait_until_drawn
from scrubber_page import ScrubberPage
from sound import faults
from torch import nn

from seqmem_lib import Explorer, Scrubber, record
from seqmem_lib.course.n01_rnn.cobweb import Cobweb
from seqmem_lib.course.n05_layers.shape_explorer import ShapeExplorer
from seqmem_lib.widgets.live_scrubber import LiveScrubber

pytestmark = pytest.mark.browser

SEQ, UNITS = 12, 6
TOKENS = ["这", "部", "电影", "<b>", "is", "not", "good", "</script>", "&amp;", "but", "short", "."]
INPUTS = ["x0", "x1"]
MANY = 1000 if os.environ.get("SEQMEM_DRAW") else 300  # random actions


def a_trace(kind):
    torch.manual_seed(1)
    layer = kind(2, UNITS, batch_first=True, bidirectional=True)
    return record(layer, 3 * torch.randn(1, SEQ, 2), tokens=TOKENS, reverse=kind is nn.GRU)


def an_explorer():
    return Explorer(range(9), {"h": torch.rand(3, 9)}, sliders={"rate": [1, 2, 3]}, xlabel="lag", ylabel="norm")


@pytest.fixture(params=[nn.RNN, nn.LSTM, nn.GRU], ids=lambda kind: kind.__name__, scope="module")
def trace(request):
    return a_trace(request.param)


@functools.cache
def exporter(**options):
    """It reads its templates once, which takes longer than an export."""
    return HTMLExporter(**options)


def export(path, *widgets):
    """A notebook that shows these widgets, as plain nbconvert exports it."""
    cells = []
    for widget in widgets:
        output = nbformat.v4.new_output("execute_result", widget._repr_mimebundle_(), execution_count=1)
        cells.append(nbformat.v4.new_code_cell("widget", outputs=[output], execution_count=1))
    html, _ = exporter().from_notebook_node(nbformat.v4.new_notebook(cells=cells))
    path.write_text(html, "utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def exported(trace, tmp_path_factory):
    return export(tmp_path_factory.mktemp("scrubber") / "page.html", Scrubber(trace, unit=2, step=5))


@pytest.fixture
def scrubber(page, exported):
    page.goto(exported)
    root = page.locator(".seqmem[data-shown]")
    root.wait_for()
    yield ScrubberPage(root)
    assert page.errors == []
    # What is refused is asked for by nbconvert's own template.
    assert all("require" in url or "mathjax" in url.lower() for url in page.outside), page.outside


def test_first_view(scrubber, trace):
    assert (scrubber.step, scrubber.unit) == (5, 2)
    scrubber.assert_shows(trace, 5, 2, INPUTS)


def test_the_diagram_keeps_its_size_in_a_column_of_jupyter_s(scrubber):
    """Jupyter has a rule for every picture in an output."""
    scrubber.root.page.set_viewport_size({"width": 760, "height": 900})
    wait_until_drawn(scrubber.root.page)
    assert scrubber.root.locator(".seqmem-diagram").bounding_box()["width"] == 420


def test_every_control_by_mouse_and_keyboard(scrubber, trace):
    for step in random.Random(1).sample(range(SEQ), 10):
        scrubber.drag_slider_to(step)
        scrubber.assert_shows(trace, step, 2, INPUTS)
    scrubber.press("End", SEQ - 1)
    scrubber.press("ArrowRight", SEQ - 1)
    scrubber.move_every_control(trace, INPUTS)


def test_a_click_chooses_unit_and_step_and_a_drag_only_the_step(scrubber, trace):
    scrubber.stage.scroll_into_view_if_needed()
    box = scrubber.stage.bounding_box()
    panel = scrubber.root.locator(".seqmem-panel").nth(len(trace.values)).bounding_box()  # of h
    x = [box["x"] + (step + 0.5) * box["width"] / SEQ for step in range(SEQ)]
    y = [panel["y"] + (unit + 0.5) * panel["height"] / UNITS for unit in range(UNITS)]
    mouse = scrubber.root.page.mouse
    mouse.move(x[9], y[4])
    mouse.down()
    scrubber.wait_for(9)
    assert scrubber.unit == 4
    mouse.move(x[3], y[0], steps=5)
    mouse.up()
    scrubber.wait_for(3)
    scrubber.assert_shows(trace, 3, 4, INPUTS)
    mouse.move(x[0], y[0])
    assert scrubber.step == 3, "the drag has ended"


def test_play_goes_to_the_end_and_says_so(scrubber):
    scrubber.press("Home", 0)
    for _ in range(SEQ - 4):
        scrubber.slider.press("ArrowRight")
    play = scrubber.root.get_by_role("button")
    play.click()
    assert play.text_content() == "Pause"
    scrubber.wait_for(SEQ - 1)
    scrubber.root.get_by_role("button", name="Play").wait_for()
    scrubber.root.get_by_label("Speed").select_option("2")
    play.click()  # again, from the beginning
    scrubber.wait_until_under_way()
    play.click()
    assert play.text_content() == "Play"


def test_pixels_are_the_values(page, tmp_path):
    """The colour in the middle of every cell, against the rule of style.py, computed here once more."""
    trace = a_trace(nn.LSTM)
    page.goto(export(tmp_path / "page.html", Scrubber(trace)))
    page.locator(".seqmem[data-shown]").wait_for()
    pixels = page.evaluate(
        """([rows, seq]) => {
          const stage = document.querySelector(".seqmem-stage");
          const canvas = stage.querySelector("canvas");
          const context = canvas.getContext("2d");
          const scale = canvas.width / stage.clientWidth;
          const panels = [...document.querySelectorAll(".seqmem-panel")].slice(0, rows.length); // without the lines
          return panels.map((panel, k) => Array.from({ length: seq }, (_, t) =>
            Array.from({ length: rows[k] }, (_, row) => {
              const x = ((t + 0.5) / seq) * canvas.width;
              const y = panel.offsetTop + ((row + 0.5) / rows[k]) * panel.offsetHeight;
              return [...context.getImageData(Math.floor(x), Math.floor(y * scale), 1, 1).data];
            })));
        }""",
        [[len(INPUTS)] + [UNITS] * len(trace.values), SEQ],
    )
    for name, panel in zip(["x", *trace.values], pixels, strict=True):
        values = getattr(trace, name)[0]
        bound = 1 if name in "ifo" else values.abs().max()
        alpha = torch.tensor(panel)[..., 3]
        assert (alpha - 255 * values.abs() / bound).abs().max() <= 1.5, name
        red = torch.tensor(panel)[..., 0]
        if name not in "ifo":
            assert ((red > 128) == (values > 0))[alpha > 20].all(), name


def test_a_unit_can_be_typed_while_it_plays(scrubber):
    scrubber.press("Home", 0)
    scrubber.root.get_by_role("button", name="Play").click()
    chooser = scrubber.root.get_by_role("spinbutton")
    chooser.fill("4")
    step = scrubber.step
    scrubber.root.page.wait_for_function(
        "([r, t]) => r.dataset.shown > t", arg=[scrubber.root.element_handle(), step + 1]
    )
    assert chooser.input_value() == "4"
    chooser.press("Enter")
    scrubber.root.page.wait_for_function("root => root.dataset.unit === '4'", arg=scrubber.root.element_handle())
    chooser.fill("")
    chooser.press("Enter")
    assert chooser.input_value() == "4", "nothing typed, nothing changed"


def test_a_page_saved_by_the_browser_is_alive(page, tmp_path):
    trace = a_trace(nn.LSTM)
    page.goto(export(tmp_path / "page.html", Scrubber(trace, step=5)))
    page.locator(".seqmem[data-shown]").wait_for()
    html = page.content().replace("data-shown=", "data-was-shown=")  # so that it is seen when the script has begun
    (tmp_path / "saved.html").write_text(html, "utf-8")
    page.goto((tmp_path / "saved.html").as_uri())
    scrubber = ScrubberPage(page.locator(".seqmem[data-shown]"))
    scrubber.press("Home", 0)
    scrubber.assert_shows(trace, 0, scrubber.unit, INPUTS)


LONG = ["extraordinarily", "looong", "电影非常好看", "a"] * 3


@pytest.mark.parametrize("width", [500, 1280])
def test_tokens_keep_out_of_each_other_s_way(page, tmp_path, width):
    torch.manual_seed(1)
    trace = record(nn.LSTM(2, 3, batch_first=True), torch.randn(1, SEQ, 2), tokens=LONG)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(export(tmp_path / "page.html", Scrubber(trace)))
    page.locator(".seqmem[data-shown]").wait_for()
    boxes = [span.bounding_box() for span in page.locator(".seqmem-axis > span").all()]
    for left, right in pairwise(boxes):
        assert left["x"] + left["width"] <= right["x"] + 1
    above, below = (page.locator(name).bounding_box() for name in (".seqmem-bar", ".seqmem-panels"))
    assert min(box["y"] for box in boxes) >= above["y"] + above["height"] - 1
    assert max(box["y"] + box["height"] for box in boxes) <= below["y"] + 1


@pytest.fixture(scope="module")
def lessons(tmp_path_factory):
    """Three layers in lock-step, at three checkpoints, with a readout: where they are shown, and what they are."""
    torch.manual_seed(2)
    x = torch.randn(1, SEQ, 2)
    kinds = {"LSTM": (nn.LSTM, 1), "GRU": (nn.GRU, 4), "RNN": (nn.RNN, 3)}
    traces = {
        label: [record(kind(2, units, batch_first=True), x, tokens=TOKENS) for _ in range(3)]
        for label, (kind, units) in kinds.items()
    }
    loss = 10.0 ** -torch.arange(3 * SEQ).reshape(3, SEQ)
    widget = Scrubber(traces, checkpoints=["0 steps", "10 steps", "100 steps"], readout={"loss": loss}, step=4, unit=0)
    return export(tmp_path_factory.mktemp("lessons") / "page.html", widget), traces, loss


@pytest.fixture
def learned(page, lessons):
    address, traces, loss = lessons
    page.goto(address)
    page.locator(".seqmem[data-shown]").wait_for()
    yield page, traces, loss
    assert page.errors == []


def assert_open_and_thick_as_their_numbers_say(page):
    """The valves and the wires of the cell diagrams of an LSTM, a GRU and an RNN."""
    valves, wires = page.evaluate(
        """() => [
          [...document.querySelectorAll(".seqmem-diagram g:has(circle)")].map((valve) =>
            [valve.textContent, Number(valve.querySelector("circle:not(.seqmem-valve)").getAttribute("r"))]),
          [...document.querySelectorAll(".seqmem-diagram")].map((diagram) =>
            [...diagram.querySelectorAll("g:has(path)")].filter((wire) => wire.textContent).map((wire) =>
              [wire.textContent, Number(wire.querySelector("path").getAttribute("stroke-width"))])),
        ]"""
    )
    assert len(valves) == 6, "three of the LSTM; r, z and 1 - z of the GRU"
    for label, radius in valves:
        assert radius == pytest.approx(11 * float(label.split()[-1]), abs=0.01), label
    for diagram in wires:
        numbers = [(abs(float(label.replace("−", "-"))), width - 1) for label, width in diagram]
        most, widest = max(numbers)
        assert all(width * most == pytest.approx(widest * number, abs=0.01) for number, width in numbers), diagram


def test_several_traces_move_together_through_time_and_training(learned):
    page, traces, loss = learned
    root = page.locator(".seqmem[data-shown]")
    training = root.get_by_role("slider", name="trained for")
    for step, unit, checkpoint, key in [(4, 0, 2, None), (7, 2, 1, "ArrowLeft"), (0, 3, 0, "Home"), (11, 1, 2, "End")]:
        ScrubberPage(root).drag_slider_to(step)
        chooser = root.get_by_role("spinbutton")
        chooser.fill(str(unit))
        chooser.press("Enter")
        if key:
            training.press(key)
        wanted = "([r, u, c]) => r.dataset.unit === u && r.dataset.checkpoint === c"
        page.wait_for_function(wanted, arg=[root.element_handle(), str(unit), str(checkpoint)])
        for view, checkpoints in enumerate(traces.values()):
            trace = checkpoints[checkpoint]
            within = min(unit, trace.h.shape[-1] - 1)
            ScrubberPage(root, view).assert_shows(trace, step, within, INPUTS)
        assert_open_and_thick_as_their_numbers_say(page)
        assert training.get_attribute("aria-valuetext") == ["0 steps", "10 steps", "100 steps"][checkpoint]
        shown = root.locator(".seqmem-reading > div:not([data-of], .seqmem-legend)").text_content()
        assert shown == f"{loss[checkpoint, step].item():.3g}".replace("-", "−")


def test_lines_are_redrawn_for_another_unit_and_checkpoint(learned):
    page, _, _ = learned
    root = page.locator(".seqmem[data-shown]")
    pixels = "() => document.querySelector('.seqmem-stage canvas').toDataURL()"
    seen = {page.evaluate(pixels)}
    for name, key in [("trained for", "Home"), ("trained for", "ArrowRight")]:
        root.get_by_role("slider", name=name).press(key)
        wait_until_drawn(page)
        seen.add(page.evaluate(pixels))
    root.get_by_role("spinbutton").press("ArrowUp")
    wait_until_drawn(page)
    seen.add(page.evaluate(pixels))
    assert len(seen) == 4


def test_play_has_a_speed(scrubber):
    speed, play = scrubber.root.get_by_label("Speed"), scrubber.root.get_by_role("button")
    times = {}
    for value in ("20", "2"):
        speed.select_option(value)
        scrubber.press("End", SEQ - 1)
        for _ in range(5):
            scrubber.slider.press("ArrowLeft")
        scrubber.wait_for(SEQ - 6)
        start = scrubber.root.page.evaluate("performance.now()")
        play.click()
        scrubber.wait_for(SEQ - 1)  # where it stays: a step in between can be missed
        times[value] = scrubber.root.page.evaluate("performance.now()") - start
    assert times["2"] > 2 * times["20"]


def test_a_wire_and_its_letters_light_up_together_in_one_trace(learned):
    page, traces, _ = learned
    details = page.locator(".seqmem-details")
    for label in traces:
        expect(details.get_by_role("group", name=f"{label} one unit", exact=True)).to_be_visible()
    assert details.locator("b").all_text_contents() == list(traces)
    terms, lit = details.evaluate(
        """(details) => {
          const all = [...details.querySelectorAll("[data-terms]")];
          const home = (node) => [...details.children].indexOf(node.closest(".seqmem-detail"));
          return [all.map((node) => [home(node), node.dataset.terms]), all.map((node) => {
            node.firstElementChild?.dispatchEvent(new PointerEvent("pointerover", { bubbles: true })) ??
              node.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
            return all.map((one) => one.classList.contains("seqmem-lit"));
          })];
        }"""
    )
    for (home, here), shown in zip(terms, lit, strict=True):
        together = [at == home and not set(here.split()).isdisjoint(there.split()) for at, there in terms]
        assert shown == together, (home, here)
    assert {home for home, _ in terms} == {0, 1, 2}
    details.locator("math").first.hover()
    details.locator("math [data-terms]").first.hover()
    assert details.locator(".seqmem-lit").count() >= 3, "a symbol, its number, and a wire or a valve"
    page.get_by_role("slider", name="Time step").hover()
    assert details.locator(".seqmem-lit").count() == 0
    details.locator("math [data-terms]").first.hover()
    details.locator("b").first.hover()
    assert details.locator(".seqmem-lit").count() == 0, "what has no letter"
    assert page.errors == []


def violations(page):
    """What breaks axe-core's rules for WCAG 2.1 A and AA in our widgets."""
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    found = Axe().run(page, context=".seqmem", options=rules).response["violations"]
    return [(rule["id"], [node["html"][:80] for node in rule["nodes"]]) for rule in found]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("make", [lambda: Scrubber([a_trace(nn.LSTM)] * 2), an_explorer], ids=["Scrubber", "Explorer"])
def test_no_accessibility_violation(page, tmp_path, make, dark):
    page.goto(export(tmp_path / "page.html", make()))
    page.locator(".seqmem[data-shown]").wait_for()
    if dark:
        page.evaluate("() => { document.body.dataset.jpThemeLight = 'false'; }")
        page.add_style_tag(
            content=":root, body { background: #111; --jp-content-font-color1: #ddd; --jp-border-color2: #555;"
            " --jp-brand-color1: #64b5f6; --jp-layout-color0: #111 }"
        )
    page.locator(".seqmem").screenshot(path=tmp_path / "widget.png")
    assert violations(page) == []


def test_random_actions(learned):
    page, _, _ = learned
    root = page.locator(".seqmem[data-shown]")
    randomly = random.Random(0)
    box = root.locator(".seqmem-stage").bounding_box()
    keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown", "Tab", "Space", "7"]
    root.get_by_role("button").focus()
    for _ in range(MANY):
        x, y = box["x"] + randomly.random() * box["width"], box["y"] + randomly.random() * box["height"]
        action = randomly.randrange(10)
        if action < 6:
            page.keyboard.press(randomly.choice(keys))
        elif action < 8:
            page.mouse.move(x, y)
        elif action == 8:
            randomly.choice([page.mouse.down, page.mouse.up])()
        else:
            page.mouse.wheel(0, randomly.choice([-50, 50]))
    page.mouse.up()
    root.get_by_role("slider", name="Time step").press("Home")
    ScrubberPage(root).wait_for(0)


AGAIN = """async (html) => {
  const place = document.querySelector("#place") ?? document.body.appendChild(document.createElement("div"));
  place.id = "place";
  place.replaceChildren(document.createRange().createContextualFragment(html)); // scripts run, as in an output area
  while (!place.querySelector("[data-shown]")) await new Promise(requestAnimationFrame);
  place.querySelector("button")?.click(); // leave it playing
  await new Promise((resolve) => setTimeout(resolve, 250));
  place.replaceChildren();
  await new Promise((resolve) => setTimeout(resolve, 100));
}"""


class Drawn:
    """A widget as it was shown the first time: its picture takes half a second."""

    def __init__(self, make):
        self.make = make

    @functools.cached_property
    def bundle(self):
        return self.make()._repr_mimebundle_()

    @property
    def html(self):
        return self.bundle["text/html"]

    def _repr_mimebundle_(self):
        return self.bundle


WIDGETS = {"Scrubber": lambda: Scrubber(a_trace(nn.LSTM)), "Explorer": an_explorer}
WIDGETS |= {"ShapeExplorer": ShapeExplorer, "Cobweb": Cobweb}
WIDGETS = {name: Drawn(make) for name, make in WIDGETS.items()}


@pytest.mark.parametrize("widget", WIDGETS.values(), ids=WIDGETS)
def test_rerunning_and_removing_leaves_nothing_behind(page, tmp_path, widget):
    (tmp_path / "empty.html").write_text("<!doctype html><title>empty</title>", "utf-8")
    page.goto((tmp_path / "empty.html").as_uri())
    developer = page.context.new_cdp_session(page)

    def alive():
        for _ in range(3):
            developer.send("HeapProfiler.collectGarbage")
        counted = developer.send("Memory.getDOMCounters")
        return counted["nodes"], counted["jsEventListeners"]

    html = widget.html
    page.evaluate(AGAIN, html)
    before = alive()
    for _ in range(10):
        page.evaluate(AGAIN, html)
    nodes, listeners = alive()
    assert listeners <= before[1]
    assert nodes <= before[0] + 20, "fewer than one widget has"
    assert page.errors == []


def test_two_views_of_one_widget_and_a_narrow_page(page, tmp_path):
    trace = a_trace(nn.LSTM)
    page.goto(export(tmp_path / "page.html", Scrubber(trace), Scrubber(trace)))
    page.locator(".seqmem[data-shown]").nth(1).wait_for()
    first, second = (ScrubberPage(root) for root in page.locator(".seqmem[data-shown]").all())
    first.press("Home", 0)
    second.press("End", SEQ - 1)
    assert (first.step, second.step) == (0, SEQ - 1)
    page.set_viewport_size({"width": 480, "height": 800})
    first.drag_slider_to(7)
    first.assert_shows(trace, 7, first.unit, INPUTS)
    assert page.errors == []


@pytest.mark.parametrize(("seq", "units"), [(1, 1), (2, 1), (500, 128)])
def test_extreme_sizes(page, tmp_path, seq, units):
    trace = record(nn.LSTM(2, units, batch_first=True), torch.randn(1, seq, 2))
    page.goto(export(tmp_path / "page.html", Scrubber(trace)))
    root = page.locator(".seqmem[data-shown]")
    root.wait_for()
    scrubber = ScrubberPage(root)
    scrubber.press("End", seq - 1)
    scrubber.assert_shows(trace, seq - 1, scrubber.unit, INPUTS)
    assert page.errors == []


@pytest.mark.parametrize("widget", WIDGETS.values(), ids=WIDGETS)
def test_without_scripts_the_picture_is_there_and_says_what_to_do(browser, tmp_path, widget):
    page = browser.new_page(java_script_enabled=False)
    page.goto(export(tmp_path / "page.html", widget))
    box = page.locator(".seqmem img").bounding_box()
    assert box["height"] > 100
    assert 600 < box["width"] <= 760, "1:1"
    caption = page.get_by_text("This is a still picture. Run this cell, or trust the notebook")
    assert caption.is_visible()
    summary = page.get_by_text("The picture in words")
    summary.click()
    words = page.locator(".seqmem img").get_attribute("alt")
    assert page.get_by_text(words).is_visible()
    page.close()


@pytest.mark.parametrize("widget", WIDGETS.values(), ids=WIDGETS)
def test_the_caption_is_gone_before_the_widget_is_alive(page, tmp_path, widget):
    path = tmp_path / "page.html"
    html = widget.html
    path.write_text(re.sub(r"data-module='[^']*'", "data-module=''", html), "utf-8")  # as if it were on its way
    page.goto(path.as_uri())
    assert page.locator(".seqmem img").is_visible()
    assert page.get_by_text("This is a still picture.").is_hidden()
    path.write_text(html, "utf-8")
    page.goto(path.as_uri())
    page.locator(".seqmem[data-shown]").wait_for()
    assert page.get_by_text("This is a still picture.").count() == 0
    assert page.errors == []


# What shows an output puts its HTML into the page, and then its scripts again, because those do not run by themselves:
# with all their attributes, as JupyterLab does, or with few of them and for a moment only, as VS Code does.
SHOW = {
    "JupyterLab": "(old, script) => { for (const { name, value } of old.attributes) script.setAttribute(name, value);"
    " script.textContent = old.textContent; old.replaceWith(script); }",
    "VS Code": "(old, script) => { script.text = old.innerText; if (old.type) script.type = old.type;"
    " old.parentNode.appendChild(script).remove(); }",
}
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"


@pytest.mark.parametrize("way", SHOW.values(), ids=SHOW)
@pytest.mark.parametrize("widget", WIDGETS.values(), ids=WIDGETS)
def test_it_comes_alive_where_outputs_are_put_into_a_page(page, tmp_path, way, widget):
    path = tmp_path / "page.html"
    path.write_text(
        f'<!doctype html><meta http-equiv="Content-Security-Policy" content="{POLICY}"><main></main>', "utf-8"
    )
    page.goto(path.as_uri())
    page.evaluate(
        """(html) => {
          const place = document.querySelector("main");
          place.innerHTML = html;
          for (const old of [...place.querySelectorAll("script")]) way(old, document.createElement("script"));
        }""".replace("way(", f"({way})("),
        widget.html,
    )
    page.locator(".seqmem[data-shown]").wait_for()
    assert page.locator(".seqmem-slider").first.evaluate("node => getComputedStyle(node).height") == "24px", "styled"
    assert page.errors == []


@pytest.mark.parametrize("widget", WIDGETS.values(), ids=WIDGETS)
def test_a_sanitizer_leaves_the_picture_and_its_words(browser, tmp_path, widget):
    """nbconvert's, which shows the text of the scripts that it does not trust."""
    output = nbformat.v4.new_output("execute_result", widget._repr_mimebundle_(), execution_count=1)
    cell = nbformat.v4.new_code_cell("widget", outputs=[output], execution_count=1)
    html, _ = exporter(sanitize_html=True).from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    (tmp_path / "page.html").write_text(html, "utf-8")
    page = browser.new_page(java_script_enabled=False)
    page.goto((tmp_path / "page.html").as_uri())
    shown = page.locator(".jp-OutputArea-output").text_content()
    assert "This is a still picture." in shown
    assert "function" not in shown
    page.close()


def finger(page):
    """Puts a finger on a page and moves it through places, as a touch screen does."""
    developer = page.context.new_cdp_session(page)

    def touch(*places):
        for kind, place in [
            ("touchStart", places[0]),
            *(("touchMove", place) for place in places[1:]),
            ("touchEnd", None),
        ]:
            points = [] if place is None else [{"x": place[0], "y": place[1]}]
            developer.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            page.wait_for_timeout(30)

    return touch


def wait_until_at_rest(page):
    """A page that a finger has thrown goes on scrolling after the finger has left it."""
    page.evaluate("""() => new Promise((done) => {
      let at = window.scrollY, still = 0;
      requestAnimationFrame(function look() {
        still = window.scrollY === at ? still + 1 : 0;
        at = window.scrollY;
        still < 20 ? requestAnimationFrame(look) : done();
      });
    })""")


@pytest.mark.parametrize(
    "make", [lambda: Scrubber(a_trace(nn.LSTM), step=5, unit=2), an_explorer], ids=["Scrubber", "Explorer"]
)
def test_a_finger_moves_the_cursor_along_and_the_page_across(browser, tmp_path, make):
    context = browser.new_context(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 700})
    page = context.new_page()
    path, html = tmp_path / "page.html", make()._repr_mimebundle_()["text/html"]
    head = '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    path.write_text(f'{head}{html}<div style="height:2000px"></div>', "utf-8")
    page.goto(path.as_uri())
    page.locator(".seqmem[data-shown]").wait_for()
    touch = finger(page)
    state = "() => JSON.stringify({ ...document.querySelector('.seqmem').dataset, style: 0, module: 0, sent: 0 })"
    box = page.locator(".seqmem-stage, .seqmem-plot").bounding_box()
    x, y = box["x"] + box["width"] / 3, box["y"] + 150
    before = page.evaluate(state)
    touch((x, y), *((x, y - 15 * k) for k in range(1, 9)))
    page.wait_for_function("() => window.scrollY > 50")
    wait_until_at_rest(page)
    assert page.evaluate(state) == before
    page.evaluate("() => window.scrollTo(0, 0)")
    touch((x, y), *((x + 15 * k, y) for k in range(1, 9)))
    wait_until_drawn(page)
    along = page.evaluate(state)
    assert along != before
    assert page.evaluate("() => window.scrollY") == 0
    touch((x - 60, y))  # a tap
    wait_until_drawn(page)
    assert page.evaluate(state) != along
    context.close()


# A model as ipywidgets has it: `python(values)` is what the kernel sends, all values first and then what tells of them.
MODEL = """async ([esm, values]) => {
  const { default: face } = await import(URL.createObjectURL(new Blob([esm], { type: "text/javascript" })));
  const state = new Map(Object.entries(values)), heard = new Map();
  const each = (names, call) => names.split(" ").forEach(call);
  window.state = state;
  window.saved = [];
  window.heard = () => [...heard.values()].flat().length;
  window.python = (values) => {
    Object.entries(values).forEach(([name, value]) => state.set(name, value));
    for (const name in values) (heard.get(`change:${name}`) ?? []).forEach((call) => call());
  };
  const model = {
    get: (name) => state.get(name),
    set: (values) => Object.entries(values).forEach(([name, value]) => state.set(name, value)),
    save_changes: () => saved.push(["step", "unit", "checkpoint"].map((name) => state.get(name))),
    on: (names, call) => each(names, (name) => heard.set(name, [...(heard.get(name) ?? []), call])),
    off: (names, call) => each(names, (name) => heard.set(name, heard.get(name).filter((one) => one !== call))),
  };
  const el = document.body.appendChild(document.createElement("div"));
  window.leave = face.render({ model, el });
}"""


def test_the_live_face_shares_its_place_with_the_kernel(page):
    """Without Jupyter; test_lab.py has it there."""
    trace, checkpoints = a_trace(nn.GRU), ["0", "1", "2"]
    live = LiveScrubber([trace] * 3, checkpoints=checkpoints, step=3, unit=1)
    page.goto("about:blank")
    page.evaluate(MODEL, [live._esm, {name: getattr(live, name) for name in ("data", "step", "unit", "checkpoint")}])
    root = page.locator(".seqmem[data-shown]")
    root.wait_for()

    def shown(*place):
        wait_until_drawn(page)
        return [root.get_attribute(f"data-{name}") for name in ("shown", "unit", "checkpoint")] == list(map(str, place))

    assert shown(3, 1, live.checkpoint)
    assert root.evaluate("el => el.lang") == ""
    ScrubberPage(root).press("Home", 0)
    assert page.evaluate("saved.at(-1)") == [0, 1, live.checkpoint]
    for place in ({"step": 5}, {"unit": 4}, {"checkpoint": 0}, {"step": 7, "unit": 2, "checkpoint": 1}):
        page.evaluate("place => python(place)", place)
        assert shown(*(page.evaluate("name => state.get(name)", name) for name in ("step", "unit", "checkpoint"))), (
            place
        )
    shorter = record(nn.LSTM(2, 2, batch_first=True), torch.randn(1, 4, 2))
    data = LiveScrubber(shorter).data | {"lang": "zh-Hans"}
    page.evaluate("values => python(values)", {"step": 11, "unit": 5, "data": data})  # of which there are 4, and 2
    assert shown(3, 1, 0)
    assert root.evaluate("el => el.lang") == "zh-Hans"
    assert (
        root.locator(".seqmem-heading, .seqmem-panel").count() == len(shorter.values) + 2
    )  # with the input and the lines
    assert root.get_by_role("spinbutton", name="unit").get_attribute("max") == "1"
    data = LiveScrubber(record(nn.RNN(2, 1, batch_first=True), torch.randn(1, 4, 2))).data
    page.evaluate("values => python(values)", {"data": data})
    assert shown(3, 0, 0)
    assert root.get_by_role("spinbutton").count() == 0, "there is one unit"
    assert root.locator(".seqmem-when").all_text_contents() == ["t = 3"]
    assert root.get_by_role("slider", name="Time step").get_attribute("aria-valuetext") == "t = 3"
    assert faults(root) == ["DIV.seqmem has an empty lang"]  # the page's own language
    heard = page.evaluate("[heard(), leave(), heard()]")
    assert (heard[0] > 0, heard[2]) == (True, 0)
    assert page.locator(".seqmem > *").count() == 0
    assert page.errors == []


def test_the_slider_stays_in_sight_while_the_page_scrolls(learned):
    page, _, _ = learned
    page.set_viewport_size({"width": 1280, "height": 500})
    for place in page.locator(".seqmem-panel").all():
        place.evaluate("node => node.scrollIntoView({ block: 'end' })")
        box = page.get_by_role("slider", name="Time step").bounding_box()
        assert 0 <= box["y"] <= 470
