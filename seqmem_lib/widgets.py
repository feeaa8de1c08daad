"""Widgets that need no kernel: a Trace in, a living picture out."""

import base64

import numpy as np
from matplotlib.figure import Figure

from .arguments import whole_number
from .faces import static_face
from .plots import describe, numbers, only_sequence, plot_values, value_range
from .style import GATE_COLORS, NAMES, NEGATIVE, POSITIVE
from .trace import Trace

MOST = 32767  # of 16 bits with a sign
MOST_INPUTS = 8  # wider inputs, such as word vectors, tell nobody anything as a heatmap


class Scrubber:
    """Move through time and watch every gate and state of one sequence, and the numbers in the equation.

    trace : one sequence; of a larger trace, `trace[k]`
    unit : the unit whose equation is shown first; the one whose state changes most if omitted
    step : the step shown first, counted from 0; the one where that unit's state changes most if omitted
    inputs : names of the input features. Inputs are shown if there are at most 8 of them.

    It is a picture with alt text where JavaScript does not run, and alive everywhere else, with or without a
    kernel. Keys: arrows, Page Up and Down, Home and End on the slider.

    Raises ValueError if an argument does not fit the trace, or a value is NaN or has exploded past 32,767.
    """

    def __init__(
        self,
        trace: Trace,
        *,
        unit: int | None = None,
        step: int | None = None,
        inputs: list[str] | None = None,
    ):
        trace = only_sequence(trace)
        seq, units = trace.h.shape[1:]
        features = trace.x.shape[-1]
        memory = "c" if trace.kind == "LSTM" else "h"
        change = (trace.values[memory] - trace.before(memory))[0].abs()  # (seq, hidden_size)
        self.trace = trace
        unit = change.sum(dim=0).argmax() if unit is None else unit
        self.unit = whole_number("unit", unit, 0, units - 1)
        step = change[:, self.unit].argmax() if step is None else step
        self.step = whole_number("step", step, 0, seq - 1)
        self.inputs = [f"x{k}" for k in range(features)] if inputs is None else [str(name) for name in inputs]
        if isinstance(inputs, str) or len(self.inputs) != features:
            raise ValueError(f"inputs={inputs!r} must be a list of {features} names, one for each input feature")
        names = [*(["x"] if features <= MOST_INPUTS else []), *trace.values]
        self._panels = [_panel(name, numbers(trace, name)) for name in names]

    def __repr__(self) -> str:
        seq, units = self.trace.h.shape[1:]
        return f"Scrubber: {self.trace.kind}, steps: {seq}, units: {units}, starts at step {self.step}"

    def _repr_mimebundle_(self, **_) -> dict[str, str]:
        picture = _still_picture(self.trace, [panel["name"] for panel in self._panels])
        return static_face("scrubber", self._data(), picture, describe(self.trace), repr(self))

    def _data(self) -> dict:
        """What scrubber.js reads."""
        seq, units = self.trace.h.shape[1:]
        return {
            "kind": self.trace.kind,
            "seq": seq,
            "units": units,
            "step": self.step,
            "unit": self.unit,
            "reverse": self.trace.reverse,
            "tokens": self.trace.tokens and self.trace.tokens[0],
            "inputs": self.inputs,
            "alt": describe(self.trace),
            "colors": {"negative": NEGATIVE, "positive": POSITIVE},
            "panels": self._panels,
        }


def _panel(name: str, values: np.ndarray) -> dict:
    """One heatmap, (seq, rows), as whole numbers in units of the last decimal that is shown.

    They take the room of a float16, but what the page prints is the trace, rounded once.
    """
    largest = np.abs(values).max()
    if not largest <= MOST:  # NaN is not either
        raise ValueError(f"{name} reaches {largest:.3g}: a Scrubber shows values up to {MOST}; record fewer steps")
    decimals = 3
    while 0 < largest * 10**decimals < 100 and decimals < 6:  # small values get more decimals,
        decimals += 1
    while largest * 10**decimals > MOST:  # large ones fewer
        decimals -= 1
    whole = np.rint(values * 10**decimals).astype("<i2")
    return {
        "name": name,
        "label": NAMES[name],
        "rows": values.shape[1],
        "color": GATE_COLORS.get(name),
        "scale": value_range(name, values)[1],
        "decimals": decimals,
        "values": base64.b64encode(whole.tobytes()).decode(),
    }


def _still_picture(trace: Trace, names: list[str]) -> Figure:
    """The heatmaps: what a page shows where no script runs."""
    rows = [max(1, min(getattr(trace, name).shape[-1], 12) / 2) for name in names]
    figure = Figure(figsize=(8, 0.35 * sum(rows) + 0.5), dpi=90, layout="constrained")
    panels = figure.subplots(len(names), height_ratios=rows, squeeze=False)[:, 0]
    for name, ax in zip(names, panels, strict=True):
        plot_values(trace, name, ax=ax).tick_params(axis="x", labelbottom=name == names[-1])
    panels[-1].set_xlabel("time step")
    return figure
