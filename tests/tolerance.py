"""A pytest plugin over nbval: numbers that were measured are compared within the tolerance that their cell declares.

Processors differ in the last bit of an exponential, and training amplifies it. So the metadata of a cell say how exact
its measured numbers are:

    "tolerance": {"relative": 0.02, "last_digit": 1}

A number may be off by 2 % of the stored one or by 1 in its last printed digit, whichever is more; both may be left
out, and are then 0 and 1. A third entry, "because", gives the reason for more than 10 % or more than one digit.

Measured numbers are those printed with a point, a percent sign or an exponent: 0.35, 27%, 1e-05. Whole numbers are
counts. They and the words are compared strictly, and so is everything in a cell that declares nothing. Without this
plugin nbval compares everything strictly.

`make shake` uses the other half: options that disturb the training in each notebook, as another processor would.
"""

import inspect
import json
import re
from math import inf
from typing import NamedTuple

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from tests.noise import disturb_training

# Spaces around a number do not count: 9.8 takes one more than 10.1 in a column.
NUMBER = r"[-+−]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?%?"
PART = re.compile(rf"([ \t]*(?<![\w.]){NUMBER}[ \t]*)")
COMPARED = ("text/plain", "text/html", "text/markdown")


class Deviation(NamedTuple):
    """One number that was printed: the how-manieth of its text, as it is stored, as it came out now, and by how much it
    may be off."""

    number: int
    stored: str
    seen: str
    allowed: float

    @property
    def off(self) -> float:
        return abs(value(self.stored) - value(self.seen))

    @property
    def share(self) -> float:
        """Of what is allowed; more than 1 is outside."""
        if not self.allowed:
            return inf if self.off else 0.0
        return round(self.off / self.allowed, 6)  # 0.31 - 0.30 is a little more than 0.01 in binary


def value(number: str) -> float:
    return float(number.strip(" \t%").replace(",", "").replace("−", "-"))


def allowed(number: str, tolerance: dict) -> float:
    """By how much a printed number may be off; 0 for a count."""
    digits, _, exponent = number.strip(" \t%").partition("e")
    decimals = len(digits.partition(".")[2])
    if not (decimals or exponent or "%" in number):
        return 0.0
    last_digit = 10.0 ** (int(exponent or 0) - decimals)
    if not tolerance:
        return 0.0
    return max(tolerance.get("relative", 0) * abs(value(number)), tolerance.get("last_digit", 1) * last_digit)


def compare(stored: str, seen: str, tolerance: dict) -> tuple[str, list[Deviation]]:
    """The text seen, with the stored number in place of each that is near enough; and how far each number is off."""
    stored_parts, seen_parts = PART.split(stored), PART.split(seen)
    if stored_parts[::2] != seen_parts[::2]:  # other words, or more numbers, or fewer
        return seen, []
    deviations = []
    for k in range(1, len(stored_parts), 2):
        was, now = stored_parts[k], seen_parts[k]
        deviation = Deviation((k + 1) // 2, was.strip(), now.strip(), allowed(was, tolerance))
        if deviation.allowed:
            near = deviation.share <= 1 and ("%" in was) == ("%" in now)
        else:
            near = deviation.stored == deviation.seen
        if tolerance and near:
            seen_parts[k] = was
        deviations.append(deviation)
    return "".join(seen_parts), deviations


class Cell(IPyNbCell):
    """A cell of a notebook, whose measured numbers may be a little off."""

    def compare_outputs(self, test, ref, skip_compare=None):
        tolerance = self.cell.metadata.get("tolerance", {})
        deviations = []

        def accept(stored, seen):
            text, found = compare(self.sanitize(stored), self.sanitize(seen), tolerance)
            deviations.extend(found)
            return text

        for stored, seen in zip(ref, test, strict=False):
            if "text" in stored and "text" in seen:
                seen["text"] = accept(stored["text"], seen["text"])
            for kind in set(COMPARED) & set(stored.get("data", {})) & set(seen.get("data", {})):
                seen["data"][kind] = accept(stored["data"][kind], seen["data"][kind])
        passed = super().compare_outputs(test, ref, skip_compare)
        if not passed:
            declared = json.dumps(tolerance) if tolerance else "no tolerance"
            for one in deviations:
                if one.stored != one.seen and not one.share <= 1:
                    said = f"stored {one.stored}, seen {one.seen}: off by {one.off:.3g}, allowed {one.allowed:.3g}"
                    self.comparison_traceback.append(f"{said} ({declared})")
        self.user_properties.append(("deviations", json.dumps([one for one in deviations if one.off])))
        return passed


class Notebook(IPyNbFile):
    def collect(self):
        for cell in super().collect():
            ours = Cell.from_parent(self, name=cell.name, cell_num=cell.cell_num, cell=cell.cell, options=cell.options)
            # For `make shake`. Counted from 1, as the notebook shows it after a run; nbval counts from 0.
            ours.user_properties = [("notebook", self.path.stem), ("cell", cell.cell_num + 1)]
            yield ours

    def setup(self):
        try:
            super().setup()
        except RuntimeError:  # Two kernels that start at once may be given the same port, and one then never answers.
            super().setup()
        if self.config.option.shake:
            code = f"{inspect.getsource(disturb_training)}\ndisturb_training(**{self.config.option.shake})"
            # In a namespace of its own, so that the notebook finds none of it.
            reply = self.kernel.kc.execute_interactive(f"exec({code!r}, {{}})", silent=True, timeout=120)
            if reply["content"]["status"] != "ok":
                raise RuntimeError("".join(reply["content"]["traceback"]))


def pytest_addoption(parser):
    parser.addoption("--shake", help="arguments of disturb_training, as a Python dict; see tests/shake.py")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    found = yield
    return [Notebook.from_parent(parent, path=file_path) if type(one) is IPyNbFile else one for one in found]
