"""The main job, as a reader does it: open the notebook, run it, scrub through the LSTM just trained."""

import json
import random

import pytest
import torch
from playwright.sync_api import expect
from real import IDLE, ROOT, UNFOLD
from scrubber_page import ScrubberPage
from torch import Generator, nn

from seqmem_lib import SequenceModel, record, train
from seqmem_lib.tasks import store_and_recall

pytestmark = pytest.mark.browser


def open_notebook(page, address):
    page.goto(address)
    page.wait_for_function(IDLE, timeout=120_000)


ACTIVE_CELL = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"


@pytest.fixture(scope="module")
def trace():
    """What the notebook shows, computed again."""
    task = store_and_recall()
    model = SequenceModel(nn.LSTM, task, hidden_size=1, seed=0)
    train(model, task, steps=1500, lr=2e-2, seed=0, progress=False)
    x, _ = task(500, generator=Generator().manual_seed(1121))
    return record(model.rnn, x, tokens=task.tokens(x))[0]


def test_train_and_scrub(page, lab, trace, tmp_path):
    open_notebook(page, lab("first_part.ipynb"))
    page.evaluate(UNFOLD)
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    root = page.locator(".seqmem[data-unit]")
    root.wait_for(timeout=120_000)
    scrubber = ScrubberPage(root)
    inputs = ["value", "write", "read"]
    # The kernel is busy with a later cell by now. The widget does not need it.
    root.scroll_into_view_if_needed()

    scrubber.assert_shows(trace, scrubber.step, 0, inputs)
    for step in random.Random(0).sample(range(40), 10):
        scrubber.drag_slider_to(step)
        scrubber.assert_shows(trace, step, 0, inputs)

    active = page.evaluate(ACTIVE_CELL)
    scrubber.move_every_control(trace, inputs)
    assert page.evaluate(ACTIVE_CELL) == active, "the keys belong to the slider, not to the notebook"

    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})", theme)
        page.wait_for_function(f"() => document.body.dataset.jpThemeName === '{theme}'")
        page.locator("#jupyterlab-splash").wait_for(state="detached")
        cursor, column = (root.locator(name).first.bounding_box() for name in (".seqmem-cursor", ".seqmem-current"))
        assert cursor["x"] + cursor["width"] / 2 == pytest.approx(column["x"] + column["width"] / 2, abs=1)
        root.screenshot(path=tmp_path / f"{theme}.png")
    assert page.errors == []
    assert page.outside == []


def unfolded(path):
    """A stored notebook, but for which results were folded: that the reader has changed."""
    notebook = json.loads(path.read_text("utf-8"))
    for cell in notebook["cells"]:
        jupyter = cell["metadata"].pop("jupyter", {})
        jupyter.pop("outputs_hidden", None)
        cell["metadata"] |= {"jupyter": jupyter} if jupyter else {}
    return notebook


def test_it_opens_on_the_first_notebook(page, lab):
    open_notebook(page, lab.front)
    assert page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path") == "01_rnn_gradient_decay.ipynb"
    # Not any notebook's: a workspace opens those of last time behind it.
    title = "() => window.jupyterapp.shell.currentWidget.node.querySelector('h1')?.textContent"
    page.wait_for_function(f"() => ({title})()?.includes('How does a vanilla RNN remember')")


def test_a_notebook_of_ours_is_alive_before_anything_runs_and_stays_the_same_file(page, lab, trace, tmp_path):
    """Opened and saved, not run: what it shows came with the file."""
    open_notebook(page, lab("02_lstm_gates.ipynb"))
    page.evaluate(UNFOLD)
    page.locator(".jp-Notebook .seqmem").first.scroll_into_view_if_needed()
    root = page.locator(".seqmem[data-unit]").first  # the first of several
    root.wait_for(timeout=60_000)
    scrubber = ScrubberPage(root)
    for step in random.Random(1).sample(range(40), 10):
        scrubber.drag_slider_to(step)
        shown = {name: float(number.replace("−", "-")) for name, number in scrubber.readings().items()}
        for name, value in trace.values.items():  # stored on another machine, perhaps, where the last digit may differ
            assert shown[name] == pytest.approx(value[0, step, 0].item(), abs=0.0021)
    scrubber.move_every_control(None, [])
    root.screenshot(path=tmp_path / "saved.png")
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")  # as it would by itself, later
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    assert unfolded(lab.folder / "02_lstm_gates.ipynb") == unfolded(ROOT / "notebooks" / "02_lstm_gates.ipynb")
    assert page.errors == []
    assert page.outside == []


def test_a_notebook_that_somebody_changed_says_how_it_comes_alive(page, lab):
    """A still picture, with alt text, until the reader trusts it."""
    open_notebook(page, lab("changed.ipynb"))
    page.evaluate(UNFOLD)
    still = page.locator(".jp-Notebook .seqmem").first
    still.scroll_into_view_if_needed()
    assert "Forget gate f: mean above 0.5 at" in still.locator("img").get_attribute("alt")
    expect(still).to_contain_text("trust")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:trust'); }")
    page.locator(".jp-Dialog button.jp-mod-accept").click()
    root = page.locator(".seqmem[data-unit]").first
    root.wait_for(timeout=60_000)
    expect(root).not_to_contain_text("trust")
    ScrubberPage(root).move_every_control(None, [])


ASK = """async (code) => {
  const future = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({ code });
  let text = "";
  future.onIOPub = (message) => { text += message.content.text ?? ""; };
  await future.done;
  return text;
}"""


def ask_until(page, code: str, answer: str) -> None:
    """A busy kernel hears of the last move a little later."""
    for _ in range(40):
        heard = page.evaluate(ASK, code)
        if heard == answer:
            break
        page.wait_for_timeout(250)
    assert heard == answer


def test_live_face_follows_python_and_python_follows_it(page, lab):
    open_notebook(page, lab("live.ipynb"))
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    root = page.locator(".seqmem[data-checkpoint]")
    root.wait_for(timeout=120_000)
    torch.manual_seed(0)
    expected = record(nn.GRU(2, 4, batch_first=True), torch.randn(1, 12, 2))
    scrubber = ScrubberPage(root)
    inputs = ["x0", "x1"]
    scrubber.assert_shows(expected, 3, 1, inputs)

    scrubber.move_every_control(expected, inputs)
    ask_until(page, "print(live.step, live.unit)", "0 1\n")
    page.evaluate(ASK, "live.step, live.unit = 9, 2")
    scrubber.wait_for(9)
    scrubber.assert_shows(expected, 9, 2, inputs)

    # A drag over all columns, faster than a kernel would like: it is told of no more than each step once.
    page.evaluate(ASK, "live.step = 0; steps.clear()")
    scrubber.wait_for(0)
    scrubber.drag_slider_to(11)
    ask_until(page, "print(live.step)", "11\n")
    assert len(page.evaluate(ASK, "print(*steps)").split()) <= 12

    page.evaluate(
        ASK, "torch.manual_seed(5); live.show(sm.record(nn.LSTM(2, 3, batch_first=True), torch.randn(1, 6, 2)))"
    )
    scrubber.wait_for(5)
    assert len(scrubber.equations()) == 2, "an LSTM now"
    page.evaluate(ASK, "live.close()")
    root.wait_for(state="detached")
    assert page.errors == []


def test_explorer_in_jupyterlab(page, lab):
    open_notebook(page, lab("live.ipynb"))
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    root = page.locator(".seqmem[data-point]")
    root.wait_for(timeout=120_000)
    active = page.evaluate(ACTIVE_CELL)
    rate, lag = root.get_by_role("slider", name="rate"), root.get_by_role("slider", name="lag")
    rate.press("End")
    lag.press("Home")
    lag.press("ArrowRight")
    page.wait_for_function(
        "root => root.dataset.shown === '2' && root.dataset.point === '1'", arg=root.element_handle()
    )
    assert "0.9" in root.text_content()
    assert page.evaluate(ACTIVE_CELL) == active
    assert page.errors == []
    assert page.outside == []


def test_a_typed_review_is_read(page, lab):
    """What a reader types is text, whatever it looks like, and no command of JupyterLab: a, b, x and dd are some."""
    open_notebook(page, lab("typed.ipynb"))
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    root = page.locator(".seqmem[data-shown]")
    root.wait_for(timeout=120_000)
    cells = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"
    before = page.evaluate(cells)
    box, words = root.get_by_label("Your text"), root.get_by_role("toolbar").get_by_role("button")
    for typed, shown in (
        ("bad", ["bad"]),
        ("a <b>add</b> film xx", ["a", "⟨b⟩", "⟨add⟩", "⟨b⟩", "film", "⟨xx⟩"]),
    ):
        box.press("Control+a")
        box.press_sequentially(typed)
        assert box.input_value() == typed
        expect(words).to_have_text(shown)
        last = f"t = {len(shown) - 1}: {shown[-1]}"
        expect(root.get_by_role("slider", name="Time step")).to_have_attribute("aria-valuetext", last)
    words.nth(0).press("Enter")
    expect(words.nth(0)).to_have_attribute("aria-pressed", "true")
    expect(root.locator(".seqmem-verdict")).to_contain_text(
        "read as <unk>: ⟨a⟩ ⟨b⟩ ⟨add⟩ ⟨b⟩ ⟨xx⟩; not read at all: < > /"
    )
    assert page.evaluate(cells) == before
    assert page.errors == []
    assert page.outside == []
