"""The Playground in an exported page: no kernel, no network."""

import re
from pathlib import Path

import pytest
import torch
from playwright.sync_api import expect
from real import wait_until_drawn
from sound import faults
from test_page import export, violations
from torch import Generator, nn

from seqmem_lib import Playground, SequenceModel, record, tasks, train, wilson_interval
from seqmem_lib.widgets import playground

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

    yield opens
    assert page.errors == []


def pressed(root, name):
    root.get_by_role("button", name=name, exact=True).click()
    wait_until_drawn(root.page)


def numbers(root, name):
    return root.locator(f"[data-of='{name}']").all_text_contents()


def updates(root):
    return int(re.search(r"(\d+) updates", root.locator(".seqmem-state").text_content())[1])


def minus(value):
    return f"{value:.2f}".replace("-", "−")


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


def test_every_control_has_a_name_and_offers_what_was_sent(opened):
    root = opened(TASK, cell=["LSTM", "GRU"], units=2, seed=3, forget_bias=-1.5, lr=0.005, step=12)
    names = {
        "combobox": ["task", "units", "forget or update bias", "learning rate", "hold", "weight of the LSTM"],
        "checkbox": ["RNN", "ReLU RNN", "LSTM", "GRU"],
        "spinbutton": ["seed"],
        "slider": ["weight", "Time step"],
        "button": ["Train", "One update", "Reset", "Nudge at t = 12", "New sequence", "Throw the die for another seed"],
        "group": ["cells", "What if", "starts"],
    }
    for role, name in ((role, name) for role, all_of_it in names.items() for name in all_of_it):
        expect(root.get_by_role(role, name=name, exact=True)).to_have_count(1)
    expect(root.get_by_role("group", name="cells")).to_be_visible()
    offered = {
        "task": (["store and recall, 40 steps", "latch, lag 20", "counting, 20 steps", "temporal order, 30 steps"], 0),
        "units": (list("12345678"), 1),
        "forget or update bias": (["as drawn", "−1.5", "0", "1", "2", "3"], 1),
        "learning rate": (["0.001", "0.003", "0.005", "0.01", "0.02", "0.05", "0.1"], 2),
        "hold": (["nothing", *"ifgochrzn"], 0),
    }
    for name, (texts, chosen) in offered.items():
        control = root.get_by_role("combobox", name=name, exact=True)
        assert control.locator("option").all_text_contents() == texts, name
        assert control.evaluate("node => node.selectedIndex") == chosen, name
    checked = [root.get_by_role("checkbox", name=cell, exact=True).is_checked() for cell in names["checkbox"]]
    assert checked == [False, False, True, True]
    guards = root.locator("input, select, button").evaluate_all("all => all.map((n) => n.dataset.lmSuppressShortcuts)")
    assert guards == ["true"] * len(guards), "Jupyter leaves their keys alone"
    look = "all => [...new Set(all.map(getComputedStyle).map((one) => `${one.cursor} ${one.borderRadius}`))]"
    for kind in ("input[type=range]", "select", "button"):
        assert len(root.locator(kind).evaluate_all(look)) == 1, f"one {kind} looks like another"
    assert faults(root) == ["OPTION.null has an empty value"], "which is nothing"


def test_a_setting_that_is_moved_there_and_back_shows_the_same(opened):
    root = opened(TASK, cell=["LSTM", "GRU"], units=2, seed=3, forget_bias=1.5, step=12)

    def seen():
        wait_until_drawn(root.page)
        return [root.locator(name).all_text_contents() for name in (".seqmem-panels", ".seqmem-axis", ".seqmem-state")]

    first = seen()
    for name, there, back in (
        ("task", "3", "0"),
        ("units", "4", "2"),
        ("forget or update bias", "", "1.5"),
        ("forget or update bias", "0", "1.5"),
    ):
        control = root.get_by_role("combobox", name=name)
        control.select_option(there)
        assert seen() != first, name
        control.select_option(back)
        assert seen() == first, name
    more = root.get_by_role("checkbox", name="ReLU RNN", exact=True)
    more.check()
    assert root.locator(".seqmem-heading").all_text_contents() == ["ReLU RNN", "LSTM", "GRU"]
    more.uncheck()
    assert seen() == first
    seed = root.get_by_role("spinbutton", name="seed", exact=True)
    for typed, taken in (("5000", "999"), ("-3", "0"), ("7.6", "8"), ("", "0"), ("3", "3")):
        seed.fill(typed)
        seed.press("Enter")
        assert seed.input_value() == taken
        assert (seen() == first) == (taken == "3")
    for _ in range(3):
        pressed(root, "Throw the die for another seed")
        assert 0 <= int(seed.input_value()) <= 999


def test_every_weight_is_python_s_and_that_of_the_unit_that_is_shown(opened):
    root = opened(TASK, units=2, seed=3, step=12)
    model = SequenceModel(nn.LSTM, TASK, hidden_size=2, seed=3)
    rnn, weights = model.rnn, root.get_by_role("combobox", name="weight", exact=True)
    offered = """node => [...node.options].map((option) => {
      node.value = option.value;
      node.dispatchEvent(new Event("change"));
      return [option.text, node.closest("span").querySelector(".seqmem-number").textContent];
    })"""
    chooser = root.locator(".seqmem-unit input")
    for unit in (1, 0):
        chooser.fill(str(unit))
        chooser.press("Enter")
        wait_until_drawn(root.page)
        expected = {"answer ← h": model.readout.weight[0, unit]}
        for k, gate in enumerate("ifgo"):
            row = 2 * k + unit
            expected |= {
                f"{gate} ← {name}": rnn.weight_ih_l0[row, j] for j, name in enumerate(["value", "write", "read"])
            }
            expected |= {f"{gate} ← h of unit {j}": rnn.weight_hh_l0[row, j] for j in (0, 1)}
            expected[f"{gate} ← bias"] = rnn.bias_ih_l0[row] + rnn.bias_hh_l0[row]
        assert dict(weights.evaluate(offered)) == {name: minus(one.item()) for name, one in expected.items()}
    slider = root.get_by_role("slider", name="weight", exact=True)
    weights.select_option("o ← bias")
    slider.fill("-9")
    wait_until_drawn(root.page)
    assert slider.get_attribute("aria-valuetext") == "−9.00"
    assert float(numbers(root, "o")[0]) < 0.01
    pressed(root, "One update")
    assert 0 < abs(float(slider.get_attribute("aria-valuetext").replace("−", "-")) + 9) < 0.05, "it follows a training"
    root.get_by_role("combobox", name="forget or update bias").select_option("2")
    weights.select_option("f ← bias")
    assert (slider.get_attribute("aria-valuetext"), float(slider.input_value())) == ("2.00", 2)


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
    status = root.locator("[aria-live=polite]")
    assert status.first.text_content() == root.locator(".seqmem-state").text_content()
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
    marks = root.get_by_role("group").filter(has_text="it reads").last
    tokens = root.locator(".seqmem-axis > span").all_text_contents()
    assert set(tokens) == {"·", "write", "read"}
    for step in (tokens.index("read"), tokens.index("write"), 12):
        root.get_by_role("slider", name="Time step").evaluate(
            "(node, step) => { node.value = step; node.dispatchEvent(new Event('input')); }", step
        )
        wait_until_drawn(root.page)
        assert marks.text_content().startswith(f"at t = {step} it reads")
        assert marks.get_by_role("button", pressed=True).all_text_contents() == [tokens[step]]
        assert marks.get_by_role("button", pressed=False).count() == 2
    assert "difference" not in panels.text_content()
    pressed(root, "write")
    assert numbers(root, "write") == ["1.000"]
    expect(root.get_by_role("button", name="write", exact=True)).to_be_focused()
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
    hold, held = root.get_by_role("combobox", name="hold", exact=True), root.get_by_label("value that is held")
    assert hold.locator("option").all_text_contents() == ["nothing", *"ifgoch"]
    expect(held).to_be_hidden()
    for name in "ifgoch":  # a gate runs from 0 to 1, a state from -1 to 1
        hold.select_option(name)
        wait_until_drawn(root.page)
        assert numbers(root, name) == ["1.000"], "it begins there"
        assert held.get_attribute("min") == ("0" if name in "ifo" else "-1")
        assert (held.get_attribute("max"), held.get_attribute("aria-valuetext")) == ("1", "1.00")
        held.fill("0.25" if name in "ifo" else "-0.25")
        wait_until_drawn(root.page)
        assert numbers(root, name) == ["0.250" if name in "ifo" else "−0.250"]
        assert held.get_attribute("aria-valuetext") == numbers(root, name)[0][:-1]
        said = f"Whatever its equation says, {name} is held." if name in "ch" else ""  # a gate stands in it as it is
        assert note.text_content() == said
    hold.select_option("nothing")
    wait_until_drawn(root.page)
    expect(held).to_be_hidden()
    assert note.text_content() == ""
    before = numbers(root, "o")
    root.get_by_role("combobox", name=re.compile("^weight")).select_option("o ← bias")
    root.get_by_role("slider", name="weight", exact=True).fill("9")
    wait_until_drawn(root.page)
    assert numbers(root, "o") != before
    assert float(numbers(root, "o")[0]) > 0.99
    pressed(root, "Nudge at t = 12")
    values = numbers(root, "value")
    pressed(root, "New sequence")
    assert numbers(root, "value") != values
    assert "difference" not in panels.text_content()
    expect(root.get_by_role("button", name="Nudge at t = 12")).to_have_count(1)


def test_two_futures_are_those_that_notebook_01_tells(opened):
    root = opened(tasks.latch(12), cell="RNN", units=8, lr=0.01, seed=5, step=2)
    slider = root.get_by_role("slider", name="Time step")

    def difference_at_the_end():
        slider.fill("12")
        wait_until_drawn(root.page)
        reading = root.locator(".seqmem-row", has_text="difference").locator(".seqmem-reading").text_content()
        return float(reading.replace("−", "-"))

    assert root.get_by_role("combobox", name="hold").locator("option").all_text_contents() == ["nothing", "h"]
    pressed(root, "Nudge at t = 2")
    assert difference_at_the_end() == pytest.approx(5e-5, rel=0.1)
    pressed(root, "One update")
    pressed(root, "Train")
    root.get_by_role("button", name="Train", exact=True).wait_for(timeout=60_000)  # it has ended by itself
    assert updates(root) == 1501
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
    root.get_by_role("combobox", name="units").select_option("8")
    for control, last in (
        (root.locator(".seqmem-unit input"), "7"),
        (root.get_by_role("slider", name="Time step"), "11"),
    ):
        control.fill(last)
        control.press("Enter")
    root.get_by_role("combobox", name="task").select_option("latch, lag 20")
    assert root.get_attribute("data-shown") == "11", "the cursor stays"
    root.get_by_role("slider", name="Time step").fill("20")
    wait_until_drawn(root.page)
    root.get_by_role("combobox", name="task").select_option("counting, 12 steps")
    wait_until_drawn(root.page)
    assert root.get_attribute("data-shown") == "11", "it is where there is a step"
    root.get_by_role("combobox", name="units").select_option("3")
    root.get_by_role("combobox", name="task").select_option("latch, lag 20")
    wait_until_drawn(root.page)
    assert root.locator(".seqmem-unit input").input_value() == "2"
    assert "h of unit 2" in root.get_by_role("combobox", name=re.compile("^weight")).text_content()
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


# The clock stands still while a training makes so many updates. Then it hurries, and there is time for none.
TIME_FOR = """(updates) => {
  const now = performance.now();
  let asked = 0;
  performance.now = () => now + 1000 * Math.max(0, asked++ - updates);
}"""


def test_twenty_starts_are_counted_and_can_be_looked_at(opened):
    root = opened(tasks.latch(1), cell=["RNN", "GRU"], units=4, seed=5, lr=1e-6)
    count, strip = root.locator(".seqmem-count"), root.locator(".seqmem-strip button")
    classes = set()
    for lr, mark, solved in (("0.000001", "×", 0), ("0.05", "✓", 1)):
        root.get_by_role("combobox", name="learning rate").select_option(label=lr)
        root.page.evaluate(TIME_FOR, 0)
        root.get_by_role("button", name="Train 20 starts").click()
        said = "RNN, 1 of 20 …"
        for made, trained, done in ((15, 0, "0.01"), (1485, 1, "0"), (1515, 2, "0.01")):
            expect(count).to_have_text(said)
            root.page.evaluate(TIME_FOR, made)
            expect(strip.nth(trained)).to_have_css("--done", done, timeout=60_000)
            if trained:
                low, high = (round(100 * share) for share in wilson_interval(trained * solved, trained))
                said = f"RNN: solved {trained * solved} of {trained} (95 % interval {low} to {high} %)"
        root.get_by_role("button", name="Stop").click()
        assert count.text_content() == said
        assert root.locator("[aria-live=polite]").last.text_content() == said
        assert strip.all_text_contents() == [mark] * 2 + [""] * 18
        named = [f"seed {seed}: {'' if solved else 'not '}solved, show it" for seed in (5, 6)]
        named += [f"seed {seed}: not trained yet" for seed in range(7, 25)]
        assert strip.evaluate_all("all => all.map((node) => node.ariaLabel)") == named
        assert strip.evaluate_all("all => all.map((node) => node.disabled)") == [False] * 2 + [True] * 18
        classes |= set(root.evaluate("root => [...root.querySelectorAll('*')].flatMap((node) => [...node.classList])"))
    styled = re.findall(r"\.(seqmem-[\w-]+)", Path(playground.__file__).with_suffix(".css").read_text("utf-8"))
    assert set(styled) <= classes, "each rule of the style sheet is for something"
    root.page.evaluate("() => delete performance.now")
    strip.nth(1).click()
    wait_until_drawn(root.page)
    assert root.get_by_role("spinbutton", name="seed").input_value() == "6"
    shown = r"RNN: 1500 updates, loss 0\.\d+, right \d+ %, solved · GRU: 0 updates, right \d+ %"
    expect(root.locator(".seqmem-state")).to_have_text(re.compile(shown))
    root.get_by_role("button", name="Train 20 starts").click()
    root.get_by_role("combobox", name="task").select_option("counting, 20 steps")
    expect(strip).to_have_count(0)  # those were of another task
    expect(count).to_have_text("")
    expect(root.get_by_role("button", name="Train 20 starts")).to_be_visible()


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
