"""Widgets that need no kernel: a Trace in, a living picture out."""

import base64
import hashlib
import io
import json
from functools import cached_property
from html import escape
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from .plots import check_single, describe, plot_values, value_range
from .style import GATE_COLORS, NAMES, NEGATIVE, POSITIVE
from .trace import Trace

STATIC = Path(__file__).parent / "static"
MOST_INPUTS = 8  # wider inputs, such as word vectors, tell nobody anything as a heatmap


class Scrubber:
    """Move through time and watch every gate and state of one sequence, and the numbers in the equation.

    trace : one sequence; of a larger trace, `trace[k]`
    unit : the unit whose equation is shown first; the one whose state changes most if omitted
    step : the step shown first, counted from 0; the one where that unit's state changes most if omitted
    inputs : names of the input features. Inputs are shown if there are at most 8 of them.

    It is a picture with alt text where JavaScript does not run, and alive everywhere else, with or without a
    kernel. Keys: arrows, Page Up and Down, Home and End on the slider.

    Raises ValueError if an argument does not fit the trace.
    """

    def __init__(
        self, trace: Trace, *, unit: int | None = None, step: int | None = None, inputs: list[str] | None = None
    ):
        check_single(trace)
        seq, units = trace.h.shape[1:]
        state = trace.c if trace.kind == "LSTM" else trace.h
        change = (state - trace.before("c" if trace.kind == "LSTM" else "h"))[0].abs()
        self.trace = trace
        self.unit = _within("unit", int(change.sum(dim=0).argmax()) if unit is None else unit, units)
        self.step = _within("step", int(change[:, self.unit].argmax()) if step is None else step, seq)
        features = trace.x.shape[-1]
        self.inputs = [f"x{k}" for k in range(features)] if inputs is None else list(inputs)
        if len(self.inputs) != features:
            raise ValueError(f"inputs={inputs} names {len(self.inputs)} features: this trace has {features}")

    def __repr__(self) -> str:
        seq, units = self.trace.h.shape[1:]
        return f"Scrubber: {self.trace.kind}, steps: {seq}, units: {units}, starts at step {self.step}"

    def _repr_mimebundle_(self, **_) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._html, "image/png": self._picture}

    @cached_property
    def _picture(self) -> str:
        """The heatmaps as a PNG in base64: what a page shows where no script runs."""
        names = self._names()
        rows = [max(1, min(getattr(self.trace, name).shape[-1], 12) / 2) for name in names]
        figure = Figure(figsize=(8, 0.35 * sum(rows) + 0.5), dpi=90, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        panels = figure.subplots(len(names), height_ratios=rows, squeeze=False)[:, 0]
        for name, ax in zip(names, panels, strict=True):
            plot_values(self.trace, name, ax=ax).tick_params(axis="x", labelbottom=name == names[-1])
        panels[-1].set_xlabel("time step")
        canvas.draw()
        # Few colours are in it: a palette makes the file three times smaller.
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").quantize(64)
        file = io.BytesIO()
        image.save(file, format="png", optimize=True)
        return base64.b64encode(file.getvalue()).decode()

    @cached_property
    def _html(self) -> str:
        # "<" is escaped inside the script: no token can end it. Text reaches the page as text nodes only.
        data = json.dumps(self._data(), ensure_ascii=False).replace("<", "\\u003c")
        key = hashlib.sha256(data.encode()).hexdigest()[:16]  # the same widget is the same text every time
        script, css = ((STATIC / name).read_text("utf-8") for name in ("scrubber.js", "seqmem.css"))
        return (
            f'<div class="seqmem" data-seqmem="{key}">'
            f'<img src="data:image/png;base64,{self._picture}" alt="{escape(describe(self.trace))}"></div>'
            f'<style>{css}</style><script type="module">{script}\nmountAll("{key}", {data});</script>'
        )

    def _names(self) -> list[str]:
        return (["x"] if len(self.inputs) <= MOST_INPUTS else []) + list(self.trace.values)

    def _data(self) -> dict:
        """What scrubber.js reads."""
        trace = self.trace
        seq, units = trace.h.shape[1:]
        panels = [_panel(name, getattr(trace, name)[0].double().numpy()) for name in self._names()]
        return {
            "kind": trace.kind,
            "seq": seq,
            "units": units,
            "step": self.step,
            "unit": self.unit,
            "reverse": trace.reverse,
            "tokens": trace.tokens and trace.tokens[0],
            "inputs": self.inputs,
            "alt": describe(trace),
            "colors": {"negative": NEGATIVE, "positive": POSITIVE},
            "panels": panels,
            "key": _key(panels),
        }


def _panel(name: str, values: np.ndarray) -> dict:
    """One heatmap, (seq, rows), as whole numbers in units of the last decimal that is shown."""
    largest = np.abs(values).max()
    decimals = next((d for d in (3, 2, 1) if largest * 10**d < 2**15 - 1), 0)
    whole = np.rint(values * 10**decimals).clip(1 - 2**15, 2**15 - 1).astype("<i2")
    return {
        "name": name,
        "label": NAMES[name],
        "rows": values.shape[1],
        "color": GATE_COLORS.get(name),
        "scale": value_range(name, values)[1],
        "decimals": decimals,
        "values": base64.b64encode(whole.tobytes()).decode(),
    }


def _key(panels: list[dict]) -> list[dict]:
    """The colour key: one ramp for the gates together, one for each signed panel."""
    key = []
    gates = [panel for panel in panels if panel["color"]]
    for panel in gates:
        ramp = f"linear-gradient(90deg, transparent, {panel['color']})"
        key.append({"text": panel["name"], "low": "0", "high": "1", "css": ramp})
    for panel in panels:
        if not panel["color"]:
            ramp = f"linear-gradient(90deg, {NEGATIVE}, transparent, {POSITIVE})"
            bound = f"{panel['scale']:.2g}"
            key.append({"text": panel["name"], "low": f"−{bound}", "high": bound, "css": ramp})
    return key


def _within(name: str, value: int, count: int) -> int:
    if not isinstance(value, int) or not 0 <= value < count:
        raise ValueError(f"{name}={value!r} does not exist: choose 0 to {count - 1}")
    return value
