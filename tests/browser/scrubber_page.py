"""What a test may ask of a Scrubber on a page."""

import re

from playwright.sync_api import Locator


def text(value: float) -> str:
    """A number as the page must print it."""
    return f"{value:.3f}".replace("-0.000", "0.000").replace("-", "−")


class ScrubberPage:
    """One mounted Scrubber, moved as a person moves it and read as a person reads it."""

    def __init__(self, root: Locator):
        self.root = root
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
            timeout=5000,
        )

    def drag_slider_to(self, step: int) -> None:
        """With the mouse, thumb and all. The ends of the slider lie over the middle of the outer columns."""
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

    def readings(self) -> dict[str, str]:
        """Name -> number, as printed beside the panels."""
        cells = self.root.locator(".seqmem-readings > div").all()
        return {cell.get_attribute("data-of"): cell.text_content() for cell in cells}

    def equations(self) -> list[list[str]]:
        """Of each equation, its three parts: symbols, numbers, result."""
        return [math.text_content().split("=")[1:] for math in self.root.locator("math").all()]

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
        if trace.tokens:
            assert self.root.locator(".seqmem-when").text_content() == f"t = {step}: {trace.tokens[0][step]}"
            assert self.root.locator(".seqmem-current").text_content() == trace.tokens[0][step]
