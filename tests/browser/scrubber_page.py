"""What a test may ask of a Scrubber on a page."""

import re

from playwright.sync_api import Locator
from real import wait_until_drawn


def text(value: float) -> str:
    """A number as the page must print it."""
    return f"{value:.3f}".replace("-0.000", "0.000").replace("-", "−")


class ScrubberPage:
    """One mounted Scrubber, moved as a person moves it and read as a person reads it.

    view : which of several traces is read
    """

    def __init__(self, root: Locator, view: int = 0):
        self.root = root
        self.view = view
        self.slider = root.get_by_role("slider", name="Time step")
        self.stage = root.locator(".seqmem-stage")

    @property
    def step(self) -> int:
        return int(self.root.get_attribute("data-shown"))

    @property
    def unit(self) -> int:
        return int(self.root.get_attribute("data-unit"))

    def wait_for(self, step: int) -> None:
        self.root.page.wait_for_function(
            "([root, step]) => root.dataset.shown === String(step)",
            arg=[self.root.element_handle(), step],
            timeout=20_000,
        )

    def wait_until_under_way(self) -> None:
        """Playing, and past the first step. At the lowest speed a busy machine does not miss it."""
        self.root.page.wait_for_function(
            "([root, last]) => 0 < root.dataset.shown && root.dataset.shown < last",
            arg=[self.root.element_handle(), int(self.slider.get_attribute("max"))],
            timeout=20_000,
        )

    def drag_slider_to(self, step: int) -> None:
        """With the mouse, thumb and all. The ends of the slider lie over the middle of the outer columns."""
        self.slider.scroll_into_view_if_needed()
        box = self.slider.bounding_box()
        seq = int(self.slider.get_attribute("max")) + 1
        x = [box["x"] + 8 + k / (seq - 1) * (box["width"] - 16) for k in (self.step, step)]
        mouse, y = self.root.page.mouse, box["y"] + box["height"] / 2
        mouse.move(x[0], y)
        mouse.down()
        mouse.move(x[1], y, steps=4)
        mouse.up()
        self.wait_for(step)

    def press(self, key: str, step: int) -> None:
        self.slider.press(key)
        self.wait_for(step)

    def click_stage(self, step: int, drag_to: int | None = None) -> None:
        """On the input's panel or the first heatmap, so that no other unit is chosen if there is one only."""
        self.stage.scroll_into_view_if_needed()
        box = self.stage.bounding_box()
        seq = int(self.slider.get_attribute("max")) + 1
        mouse = self.root.page.mouse
        mouse.move(box["x"] + (step + 0.5) * box["width"] / seq, box["y"] + 4)
        mouse.down()
        self.wait_for(step)
        if drag_to is not None:
            mouse.move(box["x"] + (drag_to + 0.5) * box["width"] / seq, box["y"] + 4, steps=3)
            self.wait_for(drag_to)
        mouse.up()

    def move_every_control(self, trace, inputs: list[str]) -> None:
        """Each control once by mouse and once by keyboard, and the numbers after each; no numbers if trace is None."""

        def check(step):
            assert self.step == step
            if trace is not None:
                self.assert_shows(trace, step, self.unit, inputs)

        last = int(self.slider.get_attribute("max"))
        self.drag_slider_to(last // 2)
        check(last // 2)
        for key, step in [("Home", 0), ("ArrowRight", 1), ("ArrowUp", 2), ("ArrowLeft", 1), ("End", last)]:
            self.press(key, step)
            check(step)
        self.click_stage(3, drag_to=1)
        check(1)
        self.slider.focus()
        self.stage.hover(position={"x": 5, "y": 5})
        page_at = self.root.page.evaluate("scrollY")
        self.root.page.mouse.wheel(0, 30)
        self.wait_for(2)
        wait_until_drawn(self.root.page)
        assert self.root.page.evaluate("scrollY") == page_at, "the wheel moves the cursor, not the page"
        speed, play = self.root.get_by_label("Speed"), self.root.locator("button")
        speed.focus()
        self.root.page.keyboard.press("ArrowDown")
        speed.select_option("20")
        play.click()
        self.wait_for(last)
        speed.select_option("2")
        play.press("Enter")
        self.wait_until_under_way()
        play.press("Space")
        assert play.text_content() == "Play"
        chooser = self.root.get_by_role("spinbutton")
        if chooser.count():
            chooser.fill("0")
            for key, unit in (("Enter", "0"), ("ArrowUp", "1")):
                chooser.press(key)
                wanted = "([root, unit]) => root.dataset.unit === unit"
                self.root.page.wait_for_function(wanted, arg=[self.root.element_handle(), unit])
        self.press("Home", 0)
        check(0)

    def readings(self) -> dict[str, str]:
        """Name -> number, as printed beside the panels of the input and of this trace."""
        cells = self.root.locator(".seqmem-reading > div[data-of]").all()
        pairs = [(cell.get_attribute("data-of"), cell.text_content()) for cell in cells]
        ends = [k for k, (name, _) in enumerate(pairs) if name == "h"]  # h is the last of each trace
        begins = [pairs.index(next(p for p in pairs if p[0] in "iar")), *(end + 1 for end in ends)]
        return dict(pairs[: begins[0]] + pairs[begins[self.view] : ends[self.view] + 1])

    def equations(self) -> list[list[str]]:
        """Of each equation, its three rows: symbols, numbers, result."""
        detail = self.root.locator(".seqmem-detail").nth(self.view)
        return [math.text_content().split("=")[1:] for math in detail.locator("math").all()]

    def diagram(self) -> list[str]:
        """The numbers on the wires and the valves of the cell diagram."""
        found = self.root.locator(".seqmem-detail").nth(self.view).locator("svg g text").all()
        return [label.text_content() for label in found]

    def assert_shows(self, trace, step: int, unit: int, inputs: list[str]) -> None:
        """Every number on the page is the trace's, in every digit."""
        expected = {name: text(value[0, step, unit].item()) for name, value in trace.values.items()}
        expected |= {name: text(trace.x[0, step, k].item()) for k, name in enumerate(inputs)}
        assert self.readings() == expected
        earlier = {f"{s}t−1": text(trace.before(s)[0, step, unit].item()) for s in ("h", "c") if s in trace.values}
        known = expected | earlier
        for symbols, numbers, result in self.equations():
            # Fill the symbols in ourselves; brackets around negative numbers are a matter of taste.
            filled = re.sub(r"tanh|max|[a-z](?:t−1)?", lambda m: known.get(m[0], m[0]), symbols)
            assert numbers.replace("(", "").replace(")", "") == filled.replace("(", "").replace(")", "")
            assert result in (expected["h"], expected.get("c"))
        numbers = self.diagram()
        for gate in set("ifo" if trace.kind == "LSTM" else "rz" if trace.kind == "GRU" else ""):
            assert f"{gate} {expected[gate]}" in numbers
        if trace.Wh is not None:  # of rounded numbers, as every product on a wire
            r, Wh = (round(value[0, step, unit].item(), 3) for value in (trace.r, trace.Wh))
            assert text(Wh) in numbers
            assert text(r * Wh) in numbers
        for state in {"h", "c"} & set(trace.values):
            assert expected[state] in numbers
            assert earlier[f"{state}t−1"] in numbers or trace.kind == "LSTM"
        if trace.tokens:
            assert self.root.locator(".seqmem-when").first.text_content() == f"t = {step}: {trace.tokens[0][step]}"
            assert self.root.locator(".seqmem-current").text_content() == trace.tokens[0][step]
