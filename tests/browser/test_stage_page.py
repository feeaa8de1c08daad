"""What a Scrubber draws on its canvas, and what stands around it, against its traces."""

import re
from itertools import pairwise

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from real import wait_until_drawn
from sound import faults, unused
from torch import nn

from seqmem_lib import Scrubber, record
from seqmem_lib.plots.style import GATE_COLORS, LINE_COLORS, LINE_DASHES, NAMES, NEGATIVE, POSITIVE
from seqmem_lib.widgets.diagrams import PLANS, carried
from seqmem_lib.widgets.page import static_face
from seqmem_lib.widgets.scrubber import SCRIPT

pytestmark = pytest.mark.browser

SEQ, RATIO, LINE = 7, 2, 1.6
INPUTS, LEARNED = ["value", "mark"], ["0 updates", "after 100"]
TOKENS = ["not", "a", "bad", "film", "at", "all", "."]
LOSS = 10.0 ** -torch.arange(2.0 * SEQ).reshape(2, SEQ)
ANSWERS = {"LSTM": [0.5, -0.25, 0, 0.75, 1, -1, 0.125], "GRU": [-0.5, 0.25, 1, 0, 0, 0.5, -1]}
DUE = ["", "-0.5", "", "", "1", "", ""]
WRITTEN = {
    "LSTM": [("c", ["f", "·", "c₋₁", "+", "i", "·", "g"]), ("h", ["o", "·", "tanh", "(", "c", ")"])],
    "GRU": [("h", ["(", "1", "−", "z", ")", "·", "n", "+", "z", "·", "h₋₁"])],
}
# Notes each line that is drawn on a canvas: its points in CSS pixels, or the middle and the radius of a ring.
NOTE = """
globalThis.strokes = [];
const canvas = CanvasRenderingContext2D.prototype, ratio = devicePixelRatio;
let points = [];
const noted = (name, note) => {
  const really = canvas[name];
  canvas[name] = function (...given) {
    note(this, ...given.map((one) => one / ratio));
    return really.apply(this, given);
  };
};
noted("beginPath", () => { points = []; });
noted("lineTo", (_, x, y) => points.push([x, y]));
noted("arc", (_, x, y, radius, from, to) => points.push([x, y], [radius, (to - from) * ratio]));
noted("stroke", (context) => strokes.push({ points, color: context.strokeStyle,
  dash: context.getLineDash().map((one) => one / ratio), width: context.lineWidth / ratio }));
"""
ROWS = """(root) => [...root.querySelectorAll(".seqmem-panels > .seqmem-row")].map((row) => {
  const [label, panel, reading] = row.children;
  const mark = panel.querySelector(".seqmem-mark"), box = panel.getBoundingClientRect();
  const from = mark && mark.getBoundingClientRect();
  const shown = [...label.children].filter((node) => node.checkVisibility());
  return {
    label: shown.map((node) => node.textContent.trim()).join(" "), top: panel.offsetTop, height: panel.offsetHeight,
    mark: mark && [from.top - box.top, from.bottom - box.top],
    cursor: panel.querySelector(".seqmem-cursor").getBoundingClientRect().toJSON(),
    readings: [...reading.children].filter((node) => !node.matches(".seqmem-legend"))
      .map((node) => [node.dataset.of ?? null, node.textContent]),
    legend: [...reading.querySelectorAll(".seqmem-legend > span")].map((node) => {
      const { stroke, strokeDasharray } = getComputedStyle(node.querySelector("path"));
      return [node.textContent, node.querySelector("path").getAttribute("stroke"), strokeDasharray];
    }),
  };
})"""
# What stands in a cell diagram, in the order of its plan: wires and valves, boxes, the names of what comes and goes.
DIAGRAM = """(detail) => {
  const svg = detail.querySelector("svg.seqmem-diagram[aria-hidden=true]");
  const of = (node, ...names) => names.map((name) => node.getAttribute(name));
  const numbers = (node, ...names) => of(node, ...names).map(Number);
  const at = (node) => node && [...numbers(node, "x", "y"), node.getAttribute("text-anchor")];
  const corners = (d) => d.slice(1).split("L").map((place) => place.split(",").map(Number));
  const inside = ([box, text]) => {
    const [outer, inner] = [box.getBBox(), text.getBBox()];
    const [left, right] = [inner.x - outer.x, outer.x + outer.width - inner.x - inner.width];
    const [above, below] = [inner.y - outer.y, outer.y + outer.height - inner.y - inner.height];
    return left > 0 && Math.abs(left - right) < 1 && Math.min(above, below) > -1;
  };
  const { width, height } = svg.viewBox.baseVal;
  return {
    room: [width, height],
    groups: [...svg.querySelectorAll("g")].map((node) => {
      const path = node.querySelector("path"), text = node.querySelector("text");
      return {
        terms: node.dataset.terms.split(" "), at: at(text), words: text ? [text.textContent] : [],
        ...(path && { corners: corners(path.getAttribute("d")), color: path.getAttribute("stroke"),
          width: Number(path.getAttribute("stroke-width")), opacity: Number(path.getAttribute("stroke-opacity")),
          filled: path.getAttribute("fill") }),
        circles: [...node.querySelectorAll("circle")].map((one) =>
          [...of(one, "class", "stroke", "fill"), ...numbers(one, "cx", "cy", "r")]),
      };
    }),
    marks: [...svg.querySelectorAll(".seqmem-mark-box")].map((box) => [box, box.nextSibling])
      .map((both) => [both[1].textContent, inside(both)]),
    ends: [...svg.querySelectorAll(".seqmem-end")].map((one) => [one.textContent, one.dataset.terms, ...at(one)]),
  };
}"""
# Of each equation its rows, of each row its cells, of each cell what stands in it: kind, text, and whose number it is.
EQUATIONS = """(detail) => [...detail.querySelectorAll("math.seqmem-equation")].map((math) =>
  [...math.querySelectorAll("mtable > mtr")].map((row) => [...row.children].map((cell) =>
    [...cell.children].map((one) =>
      [one.localName, one.textContent, ...["data-terms", "class"].map((name) => one.getAttribute(name))]))))"""


def dash_of(name):
    return [LINE * length for length in LINE_DASHES[name]]


# Of a page with little room, of other widgets, and of what a pointer is at.
OTHERS = ["seqmem-upright", "seqmem-no-room", "seqmem-select", "seqmem-lit"]


@pytest.fixture(scope="module")
def traces():
    torch.manual_seed(4)
    x = torch.randn(1, SEQ, 2)
    kinds = {"LSTM": (nn.LSTM, 3), "GRU": (nn.GRU, 5)}
    made = {label: [kind(2, units, batch_first=True) for _ in range(2)] for label, (kind, units) in kinds.items()}
    with torch.no_grad():
        for layers in made.values():
            for parameter in layers[1].parameters():
                parameter.mul_(3)
    return {label: [record(layer, x, tokens=TOKENS) for layer in layers] for label, layers in made.items()}


@pytest.fixture(scope="module")
def stage(traces, browser, tmp_path_factory):
    """A Scrubber of two layers at two checkpoints, with a readout of its own and one as in the Playground."""
    scrubber = Scrubber(
        traces, readout={"loss": LOSS}, step=2, unit=4, checkpoint=0, inputs=INPUTS, checkpoints=LEARNED
    )
    lines = [
        {
            "of": label,
            "values": [[f"{value:g}" if value else "" for value in values]],
            "color": LINE_COLORS[name],
            "dash": dash,
        }
        for (label, values), name, dash in zip(ANSWERS.items(), "ch", ("", "3 2"), strict=True)
    ]
    data = scrubber.data()
    data["readouts"] = [*data["readouts"], {"name": "answer", "lines": lines, "due": [DUE], "range": [-2, 2]}]
    html = static_face(SCRIPT, data, Figure((1, 1)), "in words", "Scrubber")["text/html"]
    path = tmp_path_factory.mktemp("stage") / "page.html"
    path.write_text(f'<!doctype html><meta charset="utf-8">{html}', "utf-8")
    page = browser.new_page(viewport={"width": 1000, "height": 900}, device_scale_factor=RATIO)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script(NOTE)
    page.goto(path.as_uri())
    root = page.locator(".seqmem[data-shown]")
    root.wait_for()
    wait_until_drawn(page)
    yield root
    assert errors == []
    page.close()


@pytest.mark.parametrize("checkpoint", [0, 1])
def test_curves_are_the_numbers_on_one_axis(stage, traces, checkpoint):
    training = stage.get_by_role("slider", name="trained for")
    training.press("Home" if checkpoint else "End")
    wait_until_drawn(stage.page)
    stage.evaluate("() => strokes.splice(0)")
    training.press("End" if checkpoint else "Home")
    wait_until_drawn(stage.page)
    rows = stage.evaluate(ROWS)
    width = stage.locator(".seqmem-stage").bounding_box()["width"]
    x = (np.arange(SEQ) + 0.5) / SEQ * width

    def assert_drawn(row, *expected, rings=()):
        """Of each line its heights, from 1 at the top to -1, colour and dashes; of each ring its step and height."""
        top, height = row["top"], row["height"]
        found = [one for one in stage.evaluate("() => strokes") if top < one["points"][0][1] < top + height]

        def place(share):
            return top + height / 2 - np.asarray(share) * (height / 2 - 4)

        assert len(found) == len(expected) + len(rings)
        for one, (share, color, dash) in zip(found, expected, strict=False):
            np.testing.assert_allclose(one["points"], np.stack([x, place(share)], 1), atol=0.6)
            assert (one["color"], one["dash"], one["width"]) == (
                color,
                pytest.approx(dash, abs=0.01),
                pytest.approx(LINE),
            )
        for one, (step, share) in zip(found[len(expected) :], rings, strict=True):
            (left, top_), (radius, around) = one["points"]
            assert (left, top_) == pytest.approx((x[step], float(place(share))), abs=0.6)
            assert (radius, around) == pytest.approx((4, 2 * np.pi))
            assert (one["color"], one["dash"], one["width"]) == (POSITIVE, [], pytest.approx(LINE))

    by_name = {row["label"]: row for row in rows}
    log = LOSS.log10()
    share = 2 * (log[checkpoint] - log.min()) / (log.max() - log.min()) - 1
    assert_drawn(by_name["loss log scale"], (share, "#808080", []))
    colors, dashes = [LINE_COLORS[name] for name in "ch"], [[], [3, 2]]
    answers = zip(ANSWERS.values(), colors, dashes, strict=True)
    rings = [(k, float(due) / 2) for k, due in enumerate(DUE) if due]
    # A value that is not there is not drawn: a canvas leaves NaN out.
    found = [([v / 2 if v else np.nan for v in values], color, dash) for values, color, dash in answers]
    assert_drawn(by_name["answer"], *found, rings=rings)
    for label, unit in (("LSTM", 2), ("GRU", 4)):
        trace, last = traces[label][checkpoint], traces[label][1]
        row = next(row for row in rows if row["label"] == f"unit {unit}")
        bound = max(1, *(value.abs().max().item() for value in last.values.values()))
        curves = [
            ((value[0, :, unit] / bound).clip(-1, 1), LINE_COLORS[name], dash_of(name))
            for name, value in trace.values.items()
        ]
        assert_drawn(row, (np.zeros(SEQ), "rgba(128, 128, 128, 0.5)", []), *curves)
        for words, color, dash in row["legend"]:
            assert color == LINE_COLORS[words]
            assert [float(one) for one in re.findall(r"[\d.]+", dash)] == pytest.approx(dash_of(words), abs=0.01)
        assert [words for words, *_ in row["legend"]] == list(trace.values)


def text(value):
    return f"{value:.3f}".replace("-0.000", "0.000").replace("-", "−")


@pytest.mark.parametrize(("step", "unit", "checkpoint"), [(2, 4, 1), (4, 1, 0), (0, 0, 1)])
def test_each_row_has_its_name_its_numbers_and_its_mark(stage, traces, step, unit, checkpoint):
    page = stage.page
    stage.get_by_role("slider", name="trained for").fill(str(checkpoint))
    stage.get_by_role("slider", name="Time step").fill(str(step))
    chooser = stage.get_by_role("spinbutton", name="unit")
    chooser.fill(str(unit))
    chooser.press("Enter")
    wait_until_drawn(page)
    due = f", due: {DUE[step].replace('-', '−')}" if DUE[step] else ""
    first, second = (f"{values[step]:g}".replace("-", "−") for values in ANSWERS.values())
    expected = [
        ("loss log scale", None, [[None, f"{LOSS[checkpoint, step].item():.3g}".replace("-", "−")]]),
        ("answer", None, [["LSTM", first + due], ["GRU", second]]),
        ("input x", None, [[name, text(traces["LSTM"][0].x[0, step, k])] for k, name in enumerate(INPUTS)]),
    ]
    for view in traces.values():
        trace = view[checkpoint]
        units = trace.h.shape[-1]
        within = min(unit, units - 1)
        for name, value in trace.values.items():
            expected.append((f"{NAMES[name]} {name}", (within, units), [[name, text(value[0, step, within])]]))
        expected.append((f"unit {within}", None, []))
    rows, box = stage.evaluate(ROWS), stage.locator(".seqmem-stage").bounding_box()
    assert [(row["label"], row["readings"]) for row in rows] == [(label, read) for label, _, read in expected]
    for row, (label, of, _) in zip(rows, expected, strict=True):
        assert (row["mark"] is None) == (of is None), label
        if of:
            high = row["height"] / of[1]
            assert row["mark"] == pytest.approx([of[0] * high - 1, of[0] * high + high - 1], abs=3), "around its row"
        column = box["width"] / SEQ
        assert row["cursor"]["left"] == pytest.approx(box["x"] + step * column, abs=1)
        assert row["cursor"]["width"] == pytest.approx(column, abs=1)
    assert [row["height"] for row in rows if row["label"].startswith("unit")] == [64, 64]
    assert page.locator(".seqmem-panels > .seqmem-heading").all_inner_texts() == list(traces)
    assert (
        stage.locator(".seqmem-stage[role=img]").get_attribute("aria-label")
        == Scrubber(traces, checkpoint=0, step=2).alt()
    )
    assert faults(stage) == []
    assert unused(stage, SCRIPT.with_name("page.css").read_text("utf-8"), *OTHERS) == set()


def test_the_axis_names_each_column_and_the_key_each_colour(stage, traces):
    box = stage.locator(".seqmem-stage").bounding_box()
    spans = stage.locator(".seqmem-axis[aria-hidden=true] > span").all()
    assert [(span.text_content(), span.get_attribute("title")) for span in spans] == [(one, one) for one in TOKENS]
    for k, span in enumerate(spans):
        at = span.bounding_box()
        assert at["height"] < 24, "level, where it fits"
        assert at["x"] + at["width"] / 2 == pytest.approx(box["x"] + (k + 0.5) * box["width"] / SEQ, abs=1)
    assert stage.locator(".seqmem-axis > b").all_text_contents() == ["t = 0", f"t = {SEQ - 1}"], (
        "where no token has room"
    )
    assert not stage.locator(".seqmem-axis > b").first.is_visible()
    expected, x = {}, traces["LSTM"][0].x
    for label, view in {"": None, **traces}.items():
        values = {"x": x} if view is None else view[1].values
        for name, value in values.items():
            color, bound = GATE_COLORS.get(name), float(f"{value.abs().max().item():.2g}")
            label_ = "" if color or not label else f"{label} "
            said = f"{label_}{name} 0  1" if color else f"{label_}{name} −{bound:g}  {bound:g}"
            expected.setdefault(said, ["transparent", color] if color else [NEGATIVE, "transparent", POSITIVE])
    key = stage.locator(".seqmem-key > span")
    assert key.all_text_contents() == list(expected)
    for span, colors in zip(key.all(), expected.values(), strict=True):
        style = span.locator("i ~ .seqmem-ramp").get_attribute("style")
        assert style == f"background-image:linear-gradient(90deg, {','.join(colors)})"


def test_the_diagram_and_the_equations_carry_the_numbers(stage, traces):
    """Wires by their sign and their size, valves as far open as their gates; brackets where two signs would meet."""
    step, unit, checkpoint = 3, 1, 1
    stage.get_by_role("slider", name="trained for").fill(str(checkpoint))
    stage.get_by_role("slider", name="Time step").fill(str(step))
    chooser = stage.get_by_role("spinbutton", name="unit")
    chooser.fill(str(unit))
    chooser.press("Enter")
    wait_until_drawn(stage.page)
    details = stage.locator(".seqmem-details > .seqmem-detail[role=group]")
    assert details.evaluate_all("all => all.map((one) => one.ariaLabel)") == [f"{label} one unit" for label in traces]
    for detail, (label, view) in zip(details.all(), traces.items(), strict=True):
        trace, plan = view[checkpoint], PLANS[label]
        values = {name: value[0, step, unit] for name, value in trace.values.items()}
        values |= {f"{name}₋₁": trace.before(name)[0, step, unit] for name in "ch" if name in trace.values}
        values |= {} if trace.Wh is None else {"Wh": trace.Wh[0, step, unit]}
        number = {name: round(value.item(), 3) for name, value in values.items()}.__getitem__
        states = [name for name in ("c", "h", "g", "n") if name in trace.values]
        scale = max(view[1].values[name].abs().max().item() for name in states)
        drawn = detail.evaluate(DIAGRAM)
        assert drawn["room"] == [320, plan["height"]]
        wires, valves = drawn["groups"][: len(plan["wires"])], drawn["groups"][len(plan["wires"]) :]
        for one, wire in zip(wires, plan["wires"], strict=True):
            value, place = carried(wire["terms"], number), wire["number"]
            assert (one["terms"], one["corners"]) == (wire["terms"], [list(corner) for corner in wire["corners"]])
            assert (one["color"], one["filled"]) == (NEGATIVE if value < 0 else POSITIVE, "none")
            assert one["opacity"] == (0.35 if abs(value) < 0.0005 else 1)
            assert one["width"] == pytest.approx(1 + 5 * min(1, abs(value) / scale), abs=0.01)
            assert (one["words"], one["at"]) == (([text(value)], list(place)) if place else ([], None))
        for one, valve in zip(valves, plan["valves"], strict=True):
            letter, value, place = valve["letter"], number(valve["letter"]), [valve["x"], valve["y"]]
            opening, said = (1 - value, "1−z") if valve["closes"] else (value, letter)
            assert (one["terms"], one["words"]) == ([letter], [f"{said} {text(opening)}"])
            assert one["at"] == list(valve["number"])
            color = GATE_COLORS[letter]
            around = ["seqmem-valve", color, None, *place, 13]
            assert one["circles"] == [around, [None, None, color, *place, pytest.approx(11 * opening)]]
        assert drawn["marks"] == [[words, True] for words, *_ in plan["marks"]]
        ends = [[words.replace("₋₁", "ₜ₋₁"), words, x, y + 5, anchor] for words, x, y, anchor in plan["ends"]]
        assert drawn["ends"] == ends

        for (state, right), rows in zip(WRITTEN[label], detail.evaluate(EQUATIONS), strict=True):
            (name, symbols), (empty, numbers), (also_empty, result) = rows
            assert empty == also_empty == []
            symbol = {
                letter: ["msub", f"{letter[0]}t−1", letter, None] if "₋" in letter else ["mi", letter, letter, None]
                for letter in values
            }
            assert name == [symbol[state]]
            marks = {"tanh": "mi", "1": "mn"}
            signs = [["mo", "=", None, None]]
            assert symbols == signs + [symbol.get(one, [marks.get(one, "mo"), one, None, None]) for one in right]
            filled = []
            for before, one in pairwise(["=", *right]):
                said = text(number(one)) if one in values else one
                said = f"({said})" if said[0] == "−" and before in "·+−" and one in values else said
                filled.append(
                    ["mn" if one in values else marks.get(one, "mo"), said, one if one in values else None, None]
                )
            assert numbers == signs + filled
            assert result == [*signs, ["mn", text(number(state)), state, "seqmem-result"]]
    assert stage.locator("math mo").evaluate_all(
        "all => all.filter((one) => '()'.includes(one.textContent)).every("
        "(one) => one.getAttribute('stretchy') === 'false')"
    )


CONTROLS = """(root) => [...root.querySelectorAll(".seqmem-bar > .seqmem-row")].map((row) => {
  const slider = row.querySelector(".seqmem-control > .seqmem-slider");
  const said = ["type", "aria-label", "min", "max", "step", "aria-valuetext"].map((name) => slider.getAttribute(name));
  const shown = row.querySelector(".seqmem-reading > .seqmem-when");
  return [...said, slider.value, shown.textContent, shown.dataset.longest];
})"""


def test_each_control_says_where_it_stands_and_moves_it(stage):
    page = stage.page
    time, training = (stage.get_by_role("slider", name=name, exact=True) for name in ("Time step", "trained for"))
    unit = stage.get_by_role("spinbutton", name="unit of 0 to 4", exact=True)
    speed = stage.get_by_role("combobox", name="Speed", exact=True)
    assert speed.locator("option").all_inner_texts() == ["2/s", "6/s", "20/s"]
    assert speed.input_value() == "6"
    assert [unit.get_attribute(name) for name in ("min", "max", "step")] == ["0", "4", "1"]

    def shows(*place):
        wait_until_drawn(page)
        step, chosen, checkpoint = place
        assert [stage.get_attribute(f"data-{name}") for name in ("shown", "unit", "checkpoint")] == list(
            map(str, place)
        )
        assert unit.input_value() == str(chosen)
        said, learned = f"t = {step}: {TOKENS[step]}", LEARNED[checkpoint]
        assert stage.evaluate(CONTROLS) == [
            ["range", "Time step", "0", "6", "1", said, str(step), said, "t = 6: film"],
            ["range", "trained for", "0", "1", "1", learned, str(checkpoint), learned, "0 updates"],
        ]
        assert stage.locator(".seqmem-axis > .seqmem-current").all_inner_texts() == [TOKENS[step]]

    labels = stage.locator(".seqmem-bar .seqmem-label")
    assert labels.nth(1).inner_text() == "trained for"
    time.fill("3")
    training.fill("0")
    unit.fill("2")
    unit.press("Enter")
    shows(3, 2, 0)
    training.press("End")
    shows(3, 2, 1)
    for typed, key, chosen in (
        ("99", "Enter", 4),
        ("-3", "Enter", 0),
        ("2.6", "Enter", 3),
        ("", "Enter", 3),
        ("1", "ArrowUp", 2),
    ):
        unit.fill(typed)
        unit.press(key)
        shows(3, chosen, 1)
    page.evaluate("() => scrollTo(0, 1)")  # from where it could go up, and down
    box = stage.locator(".seqmem-stage").bounding_box()
    page.mouse.click(box["x"] + 5, box["y"] + 5, button="right")
    page.mouse.move(box["x"] + 4.5 * box["width"] / SEQ, box["y"] + 5)
    page.evaluate("() => document.activeElement.blur()")
    page.mouse.wheel(0, 40)
    page.wait_for_timeout(200)
    page.evaluate("() => scrollTo(0, 1)")
    shows(3, 2, 1)  # who scrolls past is not held up
    time.focus()
    for across, along, step in ((0, 40, 4), (0, -40, 3), (40, 0, 4), (-40, 0, 3)):
        page.mouse.wheel(across, along)
        page.wait_for_function("step => document.querySelector('.seqmem').dataset.shown === step", arg=str(step))
        shows(step, 2, 1)
    assert page.evaluate("scrollY") == 1, "the page stays"
    page.mouse.down()
    shows(4, 2, 1)
    page.mouse.up()
    assert time.evaluate("node => node === document.activeElement"), "the arrows go on from here"
    time.press("ArrowRight")
    shows(5, 2, 1)
    play = stage.get_by_role("button", name="Play", exact=True)
    for stop in (
        lambda: page.mouse.wheel(0, -1),
        lambda: page.mouse.click(box["x"] + 9, box["y"] + 5),
        lambda: time.press("Home"),
    ):
        time.press("Home")
        speed.select_option("2")
        play.click()
        stage.get_by_role("button", name="Pause", exact=True).wait_for()
        page.mouse.move(box["x"] + 9, box["y"] + 5)
        stop()
        play.wait_for()
