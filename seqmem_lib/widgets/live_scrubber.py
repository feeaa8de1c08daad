"""The live face of the Scrubber: the same scripts as an anywidget, where Python must read or drive it."""

from pathlib import Path

import anywidget
import traitlets

from ..arguments import whole_number
from ..language import tr_label
from .modules import joined, style_sheet
from .page import spoken
from .scrubber import Scrubber

SCRIPT = Path(__file__).with_suffix(".js")


class LiveScrubber(anywidget.AnyWidget):
    """A Scrubber whose position is shared with Python. It needs a running kernel; `Scrubber` does not.

    It takes what `Scrubber` takes. Its traits `step`, `unit` and `checkpoint` follow the reader and can be set,
    observed and linked with ipywidgets. `show(traces)` replaces what is shown.

    Raises ValueError as `Scrubber` does, and TraitError if a trait is set to what does not exist.
    """

    _esm = joined(SCRIPT)
    _css = style_sheet(SCRIPT)
    data = traitlets.Dict().tag(sync=True)
    step = traitlets.Int().tag(sync=True)
    unit = traitlets.Int().tag(sync=True)
    checkpoint = traitlets.Int().tag(sync=True)

    def __init__(self, traces, **options):
        still = Scrubber(traces, **options)
        self._text = f"Live{still!r}"
        position = {"step": still.step, "unit": still.unit, "checkpoint": still.checkpoint}
        super().__init__(data=spoken(still.saying(tr_label).data(), SCRIPT), **position)

    def show(self, traces, **options) -> None:
        """Show other traces, at the position that the reader has chosen if it exists there."""
        still = Scrubber(traces, **options)
        data = spoken(still.saying(tr_label).data(), SCRIPT)
        limits = self._limits(data)
        with self.hold_trait_notifications():
            self.data = data
            for name, most in limits.items():
                setattr(self, name, min(getattr(self, name), most))

    def __repr__(self) -> str:
        return self._text

    @staticmethod
    def _limits(data: dict) -> dict[str, int]:
        units = max(view["units"] for view in data["views"])
        return {"step": data["seq"] - 1, "unit": units - 1, "checkpoint": len(data["checkpoints"]) - 1}

    @traitlets.validate("step", "unit", "checkpoint")
    def _exists(self, proposal) -> int:
        name = proposal["trait"].name
        try:
            return whole_number(name, proposal["value"], 0, self._limits(self.data)[name])
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None
