"""The main job, as a reader does it: open the notebook, run it, scrub through the LSTM just trained."""

import random

import pytest
from real import IDLE
from scrubber_page import ScrubberPage
from torch import Generator, nn

from seqmem_lib import SequenceModel, name_marks, record, store_and_recall, train

pytestmark = pytest.mark.browser

ACTIVE_CELL = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"


@pytest.fixture(scope="module")
def trace():
    """What the notebook shows, computed again."""
    model = SequenceModel(nn.LSTM, 3, 1, 1, seed=0)
    train(model, store_and_recall, steps=1500, lr=2e-2, seed=0, progress=False)
    x, _ = store_and_recall(500, generator=Generator().manual_seed(1121))
    return record(model.rnn, x, tokens=name_marks(x))[0]


def test_train_and_scrub(page, lab, trace, tmp_path):
    page.goto(lab("02_lstm_gates.ipynb"))
    page.wait_for_function(IDLE, timeout=60_000)

    # Before anything runs: the still picture, in the place of the living one.
    page.locator(".jp-Notebook .seqmem").first.scroll_into_view_if_needed()
    picture = page.locator(".seqmem img")
    assert "Forget gate f: mean above 0.5 at" in picture.get_attribute("alt")

    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    root = page.locator(".seqmem[data-shown]")
    root.wait_for(timeout=120_000)
    scrubber = ScrubberPage(root)
    inputs = ["value", "write", "read"]
    # The kernel is busy with the later cells by now. The widget does not need it.
    root.scroll_into_view_if_needed()

    scrubber.assert_shows(trace, scrubber.step, 0, inputs)
    for step in random.Random(0).sample(range(40), 10):
        scrubber.drag_slider_to(step)
        scrubber.assert_shows(trace, step, 0, inputs)

    active = page.evaluate(ACTIVE_CELL)
    for key, step in [("Home", 0), ("ArrowRight", 1), ("ArrowUp", 2), ("ArrowDown", 1), ("ArrowLeft", 0), ("End", 39)]:
        scrubber.press(key, step)
        scrubber.assert_shows(trace, step, 0, inputs)
    assert page.evaluate(ACTIVE_CELL) == active, "the keys belong to the slider, not to the notebook"

    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})", theme)
        page.wait_for_function(f"() => document.body.dataset.jpThemeName === '{theme}'")
        page.locator("#jupyterlab-splash").wait_for(state="detached")
        cursor, column = (root.locator(name).bounding_box() for name in (".seqmem-cursor", ".seqmem-current"))
        assert cursor["x"] + cursor["width"] / 2 == pytest.approx(column["x"] + column["width"] / 2, abs=1)
        root.screenshot(path=tmp_path / f"{theme}.png")
    assert page.errors == []
    assert page.outside == []
