"""The heatmaps of the Scrubber as they travel to the page: their numbers, and how they look."""

import base64

import numpy as np
import torch

from ..language import tr_label
from ..plots.heatmaps import value_range
from ..plots.style import GATE_COLORS, LINE_COLORS, LINE_DASHES, NAMES
from ..trace import Trace, numbers

LINE_WIDTH = 1.6  # in CSS pixels, as in stage.js
MOST = 32767  # of 16 bits with a sign


def panel(name: str, traces: list[Trace]) -> dict:
    """One heatmap at each checkpoint, (checkpoints, seq, rows), as whole numbers in units of the last decimal shown.

    They take the room of a float16, but what the page prints is the trace, rounded once.
    """
    values = np.stack([numbers(trace, name) for trace in traces])
    first = None  # (checkpoints, rows): what a state was before the first step, where it was not zero
    if any(trace.start and name in trace.start for trace in traces):
        zero = torch.zeros(1, values.shape[-1])
        first = np.stack([(trace.start or {}).get(name, zero)[0].double().numpy() for trace in traces])
    largest = np.abs(values).max() if first is None else max(np.abs(values).max(), np.abs(first).max())
    if not largest <= MOST:  # NaN is not either
        said = f"{name} reaches {largest:.3g}: a Scrubber shows values up to {MOST}; record fewer steps"
        raise ValueError(f"traces: {said}")
    decimals = 3
    while 0 < largest * 10**decimals < 100 and decimals < 6:  # small values get more decimals,
        decimals += 1
    while largest * 10**decimals > MOST:  # large ones fewer
        decimals -= 1

    def encoded(numbers: np.ndarray) -> str:
        return base64.b64encode(np.rint(numbers * 10**decimals).astype("<i2").tobytes()).decode()

    return {
        **look(name),
        "rows": values.shape[-1],
        # Full colour is the largest value of the last checkpoint: before it is trained, a layer may run far off.
        "scale": value_range(name, values[-1])[1],
        "decimals": decimals,
        "values": encoded(values),
        **({} if first is None else {"first": encoded(first)}),
    }


def in_words(panel: dict) -> dict:
    """A panel, or how it looks, with its name in the language in use."""
    return {**panel, "label": tr_label(panel["label"])} if "label" in panel else panel


def look(name: str) -> dict:
    """How a panel looks, whatever its numbers are."""
    if name == "Wh":
        return {"name": name, "hidden": True}  # the diagram alone shows its numbers
    dash = " ".join(f"{LINE_WIDTH * dash:g}" for dash in LINE_DASHES[name])
    line = {"color": LINE_COLORS[name], "dash": dash}
    return {"name": name, "label": NAMES[name], "color": GATE_COLORS.get(name), "line": line}
