"""The Playground in an exported page: no kernel, no network."""

import re

import pytest
import torch
from playwright.sync_api import expect
from real import wait_until_drawn
from test_page import export, violations
from torch import Generator, nn

from seqmem_lib import Playground, SequenceModel, record, tasks, train

pytestmark = pytest.mark.browser

TASK = tasks.store_and_recall(40)


@pytest.fixture
def opened(page, tmp_path):
    """Opens a Playground in a page, and returns its root."""
    page.emulate_media(reduced_motion="reduce")

    def opens(*given, **options):
        page.goto(export(tmp_path / "page.html", Playground(*given, **options)))
        root = page.locator(".seqmem[data-shown]")
        root.wait_for()
        return root

    return opens


def pressed(root, name):
    root.get_by_role("button", name=name, exact=True).click()
    wait_until_drawn(root.page)


def numbers(root, name):
    return root.locator(f"[data-of='{name}']").all_text_contents()


def updates(root):
    return int(re.search(r"(\d+) updates", root.locator(".seqmem-state").text_content())[1])


def test_it_starts_with_the_networks_that_python_made(opened):
    root = opened(TASK, cell=["LSTM", "GRU"], seed=3, forget_bias=2, step=7)
    x, _ = TASK(1, generator=Generator().manual_seed(1))
    wanted = {}
    for kind in (nn.LSTM, nn.GRU):
        model = SequenceModel(kind, TASK, hidden_size=1, seed=3)
        with torch.no_grad():
            model.rnn.bias_ih_l0[1], model.rnn.bias_hh_l0[1] = 2, 0
        trace = record(model.rnn, x)
        wanted |= {(kind.__name__, name): trace.values[name][0, 7, 0].item() for name in trace.values}
    for name in "ifgocrzn":
        kind = "GRU" if name in "rzn" else "LSTM"
        assert numbers(root, name) == [f"{wanted[kind, name]:.3f}".replace("-", "−")], name
    assert numbers(root, "h") == [f"{wanted[kind, 'h']:.3f}".replace("-", "−") for kind in ("LSTM", "GRU")]


def test_a_training_runs_pauses_and_goes_on_from_the_start_again(opened):
    root = opened(TASK, cell="GRU", seed=1)
    before = numbers(root, "z")
    pressed(root, "One update")
    assert updates(root) == 1
    root.get_by_role("button", name="Train", exact=True).click()
    root.page.wait_for_function("() => document.querySelector('.seqmem-state').textContent.split(' ')[1] > 20")
    pressed(root, "Pause")
    reached = updates(root)
    root.page.wait_for_timeout(200)
    assert updates(root) == reached
    assert numbers(root, "z") != before
    expect(root.get_by_role("slider", name="Time step")).to_be_visible()
    pressed(root, "Reset")
    assert (updates(root), numbers(root, "z")) == (0, before)


def test_a_model_of_your_own_that_has_learned_says_so(opened):
    task = tasks.latch(5)
    model = SequenceModel(nn.GRU, task, hidden_size=4, seed=0)
    train(model, task, steps=200, progress=False)
    root = opened(model, task=task)
    expect(root.locator(".seqmem-state")).to_have_text(re.compile(r"GRU: 0 updates, right (100|9\d) %, solved"))
    assert root.get_by_role("checkbox", name="GRU", exact=True).is_checked()
    x, y = task(1, generator=Generator().manual_seed(1))
    root.get_by_role("slider", name="Time step").fill("5")
    wait_until_drawn(root.page)
    right = model(x)[0, -1].softmax(-1)[y[0]].item()
    assert float(root.locator(".seqmem-panels .seqmem-reading").first.text_content()) == pytest.approx(right, abs=0.01)


def test_what_if_another_mark_a_hold_a_weight_a_nudge(opened):
    root = opened(TASK, seed=2, step=12)
    panels = root.locator(".seqmem-panels")
    assert "difference" not in panels.text_content()
    pressed(root, "write")
    assert numbers(root, "write") == ["1.000"]
    assert root.get_by_role("button", name="write", exact=True).get_attribute("aria-pressed") == "true"
    assert "difference to the other future" in panels.text_content()
    pressed(root, "·")
    assert "difference" not in panels.text_content()
    pressed(root, "Nudge at t = 12")
    difference = root.locator(".seqmem-row", has_text="difference").locator(".seqmem-reading")
    assert difference.text_content() == "0.1"
    note = root.get_by_role("note")
    assert note.text_content() == "At t = 12 the memory of unit 0 is 0.1 more than its equation says."
    pressed(root, "Undo the nudge")
    assert "difference" not in panels.text_content()
    root.get_by_role("combobox", name="hold", exact=True).select_option("f")
    root.get_by_role("slider", name="value that is held").fill("0.25")
    wait_until_drawn(root.page)
    assert numbers(root, "f") == ["0.250"]
    assert note.text_content() == ""  # f stands in its equation as it is
    root.get_by_role("combobox", name="hold", exact=True).select_option("c")
    wait_until_drawn(root.page)
    assert note.text_content() == "Whatever its equation says, c is held."
    root.get_by_role("combobox", name="hold", exact=True).select_option("nothing")
    wait_until_drawn(root.page)
    before = numbers(root, "o")
    root.get_by_role("combobox", name=re.compile("^weight")).select_option("o ← bias")
    root.get_by_role("slider", name="weight", exact=True).fill("9")
    wait_until_drawn(root.page)
    assert numbers(root, "o") != before
    assert float(numbers(root, "o")[0]) > 0.99


def test_two_futures_are_those_that_notebook_01_tells(opened):
    root = opened(tasks.latch(12), cell="RNN", units=8, lr=0.01, seed=5, step=2)
    slider = root.get_by_role("slider", name="Time step")

    def difference_at_the_end():
        slider.fill("12")
        wait_until_drawn(root.page)
        reading = root.locator(".seqmem-row", has_text="difference").locator(".seqmem-reading").text_content()
        return float(reading.replace("−", "-"))

    pressed(root, "Nudge at t = 2")
    assert difference_at_the_end() == pytest.approx(5e-5, rel=0.1)
    pressed(root, "Train")
    root.get_by_role("button", name="Train", exact=True).wait_for(timeout=60_000)  # it has ended by itself
    assert "solved" in root.locator(".seqmem-state").text_content()
    assert difference_at_the_end() < 1e-6
    pressed(root, "Undo the nudge")
    slider.fill("0")
    wait_until_drawn(root.page)
    pressed(root, "A")  # it was B
    assert difference_at_the_end() > 1


def test_other_cells_units_and_tasks_are_begun_at_once(opened):
    root = opened(tasks.counting(12))
    for cell, there in (("RNN", True), ("GRU", True), ("LSTM", False)):
        root.get_by_role("checkbox", name=cell, exact=True).set_checked(there)
    root.get_by_role("combobox", name="units").select_option("3")
    root.get_by_role("combobox", name="task").select_option("latch, lag 20")
    wait_until_drawn(root.page)
    assert root.locator(".seqmem-heading").all_text_contents() == ["RNN", "GRU"]
    assert "of 0 to 2" in root.locator(".seqmem-unit").text_content()
    assert root.locator(".seqmem-axis > span").count() == 21
    only = root.get_by_role("checkbox", name="RNN", exact=True)
    root.get_by_role("checkbox", name="GRU", exact=True).uncheck()
    only.click()
    assert only.is_checked()  # one is left
    first = numbers(root, "h")
    pressed(root, "Throw the die for another seed")
    assert numbers(root, "h") != first


def test_what_is_changed_during_a_training_begins_anew(opened):
    root = opened(tasks.latch(10), cell=["RNN", "GRU"])
    for change in (
        lambda: root.get_by_role("combobox", name="task").select_option(index=3),
        lambda: root.get_by_role("combobox", name="units").select_option("6"),
        lambda: root.get_by_role("checkbox", name="LSTM", exact=True).check(),
        lambda: root.get_by_role("checkbox", name="RNN", exact=True).uncheck(),
    ):
        root.get_by_role("button", name="Train", exact=True).click()
        root.page.wait_for_function("() => document.querySelector('.seqmem-state').textContent.split(' ')[1] > 0")
        change()
        wait_until_drawn(root.page)
        assert updates(root) == 0


def test_twenty_starts_are_counted_and_can_be_looked_at(opened):
    root = opened(tasks.latch(1), cell="RNN", units=4, lr=0.05)
    root.get_by_role("button", name="Train 20 starts").click()
    count = root.locator(".seqmem-count")
    expect(count).to_have_text(re.compile(r"RNN: solved \d of [3-9] \(95 % interval \d+ to \d+ %\)"), timeout=60_000)
    root.get_by_role("button", name="Stop").click()
    strip = root.locator(".seqmem-strip button")
    finished = strip.filter(has_text=re.compile("[✓×]")).count()
    assert re.search(rf"of {finished} ", count.text_content())
    solved = strip.filter(has_text="✓").count()
    assert re.search(rf"solved {solved} of", count.text_content())
    strip.nth(1).click()
    wait_until_drawn(root.page)
    assert (updates(root), root.get_by_label("seed", exact=False).first.input_value()) == (1500, "1")
    assert strip.last.is_disabled()


def test_it_trains_and_is_scrubbed_at_once(opened):
    """Nothing that a training does takes the slider away from who holds it."""
    root = opened(TASK)
    slider = root.get_by_role("slider", name="Time step")
    slider.focus()
    root.get_by_role("button", name="Train", exact=True).dispatch_event("click")
    slider.fill("0")
    for _ in range(6):
        slider.press("ArrowRight")
    root.page.wait_for_function("() => document.querySelector('.seqmem').dataset.shown === '6'")
    assert slider.evaluate("node => node === document.activeElement && node.isConnected")
    pressed(root, "Pause")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_used_by_everyone(opened, scheme):
    root = opened(TASK, cell=["RNN", "LSTM", "GRU"], units=2)
    root.page.emulate_media(color_scheme=scheme)
    pressed(root, "Nudge at t = " + root.get_attribute("data-shown"))
    assert not violations(root.page)
