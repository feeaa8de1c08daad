"""The scripts as a browser loads them one by one, against the one module that they are joined into.

A name that a script uses and forgets to import is there all the same once all scripts are one, so only this finds it.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from real import wait_until_drawn
from torch import nn

import seqmem_lib as sm
from seqmem_lib.course.n05_layers import shape_explorer
from seqmem_lib.widgets import explorer, live_scrubber, scrubber
from seqmem_lib.widgets.modules import PAGE, joined
from seqmem_lib.widgets.page import quoted

pytestmark = pytest.mark.browser
PACKAGE = Path(sm.__file__).parent
ADDRESS = "http://127.0.0.1/"


def address(script):
    return ADDRESS + script.relative_to(PACKAGE).as_posix()


def a_scrubber():
    torch.manual_seed(0)
    layer, x = nn.LSTM(2, 3, batch_first=True), torch.randn(1, 6, 2)
    traces = {"LSTM": sm.record(layer, x, tokens=list("abcdef")), "GRU": sm.record(nn.GRU(2, 3, batch_first=True), x)}
    return sm.Scrubber(traces, readout={"loss": [1, 1e-2, 1e-4, 1e-6, 1, 1]})


def an_explorer():
    middle = 10.0 ** -np.arange(12).reshape(2, 6)
    curves = {"h": (middle, middle / 2, middle * 2), "c": middle / 3}
    sliders = {"rate": [0.1, 0.2]}
    return sm.Explorer(range(6), curves, sliders=sliders, xlabel="lag", ylabel="norm", log=True, reference=(1e-3, "y"))


@pytest.fixture
def served(page):
    """The page, to which the package's scripts are served."""

    def serve(route):
        name = route.request.url.removeprefix(ADDRESS)
        if name:
            route.fulfill(body=(PACKAGE / name).read_text("utf-8"), content_type="text/javascript; charset=utf-8")
        else:
            route.fulfill(body=page.html, content_type="text/html; charset=utf-8")

    page.route(f"{ADDRESS}**", serve)
    return page


def moved(page, html):
    """What a widget shows after each of a few moves, and what is painted in it."""
    page.html = html
    page.goto(ADDRESS)
    root = page.locator(".seqmem[data-shown]")
    root.wait_for()
    seen = []

    def look():
        wait_until_drawn(page)
        painted = "(root) => [root.innerHTML, ...[...root.querySelectorAll('canvas')].map((one) => one.toDataURL())]"
        seen.append(root.evaluate(painted))

    look()
    for slider in root.locator("input[type=range]").all():
        for key in ("End", "ArrowLeft"):
            slider.press(key)
            look()
    for select in root.locator("select:not(.seqmem-speed)").all():
        select.select_option(index=1)
        look()
    for inside in root.locator(".seqmem-stage, .seqmem-plot, .seqmem-diagram").all():
        inside.click(position={"x": 60, "y": 60})
        look()
    assert len({str(one) for one in seen}) >= 3
    return seen


@pytest.mark.parametrize(
    ("script", "make"),
    [
        (scrubber.SCRIPT, a_scrubber),
        (explorer.SCRIPT, an_explorer),
        (shape_explorer.SCRIPT, shape_explorer.ShapeExplorer),
    ],
    ids=["scrubber", "explorer", "shapes"],
)
def test_one_by_one_and_joined_they_do_the_same(served, script, make):
    together = make()._repr_mimebundle_()["text/html"]
    imports = f'import {{ mountAll }} from "{address(PAGE)}";\nimport {{ mount }} from "{address(script)}";'
    script = quoted(joined(script))
    assert together.count(script) == 1
    one_by_one = together.replace(script, quoted(imports))
    assert moved(served, one_by_one) == moved(served, together)
    assert served.errors == []


def test_the_live_face_one_by_one_and_joined(served):
    served.html = ""
    served.goto(ADDRESS)
    model = {"data": a_scrubber().data(), "step": 3, "unit": 1, "checkpoint": 0}
    render = """async ([address, values]) => {
      const model = { get: (name) => values[name], set() {}, save_changes() {}, on() {} };
      const { default: face } = await import(address);
      const el = document.createElement("div");
      document.body.append(el);
      face.render({ model, el });
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      return el.outerHTML;
    }"""
    served.route(
        f"{ADDRESS}joined.js",
        lambda route: route.fulfill(body=joined(live_scrubber.SCRIPT), content_type="text/javascript; charset=utf-8"),
    )
    one_by_one = served.evaluate(render, [address(live_scrubber.SCRIPT), model])
    assert "t = 3: d" in one_by_one
    assert one_by_one == served.evaluate(render, [f"{ADDRESS}joined.js", model])
    assert served.errors == []
