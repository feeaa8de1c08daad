"""The Scrubber's still picture, for where no script runs: the heatmaps, and the cell diagram of the first step shown.

It is drawn in CSS pixels from the upper left corner, as a page is; page.py prints it at 1:1.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle

from ..plots.heatmaps import value_range
from ..plots.letters import can_draw, columns, label_drawn, tr_drawn
from ..plots.style import GATE_COLORS, NAMES, NEGATIVE, POSITIVE, colormap
from ..trace import Trace, numbers
from .diagrams import PLANS, WIDTH, carried

WIDE, LEFT, RIGHT = 700, 128, 576  # of the picture; where panels begin and end
MOST_ROWS = 8
PX = 0.72  # points
TEXT = 11.5 * PX


class Still:
    """A picture that grows downwards."""

    def __init__(self, seq: int, step: int):
        self.figure = Figure(layout="none")
        self.ax = self.figure.add_axes((0, 0, 1, 1))
        self.ax.axis("off")
        self.seq, self.step, self.y = seq, step, 8
        self.full = {}  # name of a heatmap -> the value that has its full colour

    def write(self, x: float, y: float, text: str, side: str = "left", **look) -> None:
        self.ax.text(x, y, text, **{"ha": side, "va": "center", "size": TEXT, "parse_math": False} | look)

    def title(self, text: str) -> None:
        self.write(0, self.y + 8, text, weight="bold")
        self.y += 24

    def tokens(self, tokens: list[str]) -> None:
        """Over their columns: level, or upright, or that of the step alone. What no font here has is left to the alt
        text."""
        column = (RIGHT - LEFT) / self.seq
        texts = [token if can_draw(token) else f"t{k}" for k, token in enumerate(tokens)]
        longest = 7 * max(map(columns, texts))
        if column < 12:
            texts = [text if k == self.step else "" for k, text in enumerate(texts)]
        upright = column < longest and column >= 12
        self.y += min(longest, 100) if upright else 18
        for k, text in enumerate(texts):
            weight = "bold" if k == self.step else "normal"
            cut = shortened(text, 14)
            place = {"rotation": 90} if upright else {}
            self.write(LEFT + (k + 0.5) * column, self.y - 3, cut, "center", va="bottom", weight=weight, **place)

    def frame(self, height: float, label: str) -> None:
        """A panel of that height, its name, and the cursor in it."""
        column = (RIGHT - LEFT) / self.seq
        self.write(LEFT - 8, self.y + height / 2, label, "right")
        self.ax.add_patch(Rectangle((LEFT, self.y), RIGHT - LEFT, height, fill=False, edgecolor="0.8", linewidth=PX))
        for x in (self.step, self.step + 1):
            self.ax.plot([LEFT + x * column] * 2, [self.y - 3, self.y + height + 3], color="0.1", linewidth=PX)

    def heatmap(self, name: str, values: np.ndarray, height: float, marked: int | None = None) -> None:
        """values : (rows, seq); marked : the row that the readings are of"""
        low, high = value_range(name, values)
        self.full[name] = high
        extent = (LEFT, RIGHT, self.y + height, self.y)
        look = {"cmap": colormap(name), "vmin": low, "vmax": high, "aspect": "auto", "interpolation": "nearest"}
        self.ax.imshow(values, extent=extent, **look)
        self.frame(height, tr_drawn("{name} {letter}", name=label_drawn(NAMES[name]), letter=name))
        if marked is not None and len(values) > 1:
            place = (LEFT - 3, self.y + marked * height / len(values))
            self.ax.add_patch(
                Rectangle(place, RIGHT - LEFT + 6, height / len(values), fill=False, edgecolor="0.1", linewidth=PX)
            )

    def read(self, name: str, value: float, down: float) -> None:
        self.write(RIGHT + 12, self.y + down, f"{name} {_text(value)}")

    def curve(self, name: str, values: np.ndarray, said: str) -> None:
        log = (values > 0).all() and values.max() > 1000 * values.min()
        scaled = np.log(values) if log else values
        low, high = scaled.min() if log else min(0, scaled.min()), scaled.max()
        column, height = (RIGHT - LEFT) / self.seq, 44
        y = self.y + 4 + (1 - (scaled - low) / max(high - low, 1e-30)) * (height - 8)
        self.ax.plot(LEFT + (np.arange(self.seq) + 0.5) * column, y, color="0.3", linewidth=1.6 * PX)
        self.frame(height, shortened(name, 18))
        said = said.replace("-", "−")
        self.write(RIGHT + 12, self.y + height / 2, tr_drawn("{value} (log scale)", value=said) if log else said)
        self.y += height + 7

    def axis(self) -> None:
        """Some of the steps' numbers, below their columns."""
        column = (RIGHT - LEFT) / self.seq
        apart = next(n for n in (1, 2, 5, 10, 20, 50, 100, 200, self.seq) if n * column >= 26)
        for t in range(0, self.seq, apart):
            self.write(LEFT + (t + 0.5) * column, self.y + 5, f"t = {t}" if t == 0 else str(t), "center", color="0.3")
        self.y += 16

    def diagram(self, trace: Trace, unit: int, left: float) -> None:
        """What happens in that unit at the step, as in diagram.js."""
        plan, step = PLANS[trace.kind], self.step

        def number(letter: str) -> float:
            values = trace.before(letter[0]) if letter.endswith("₋₁") else getattr(trace, letter)
            return values[0, step, unit].item()

        def place(x: float, y: float) -> tuple[float, float]:
            return left + x, self.y + y

        scale = max(abs(trace.values[name]).max().item() for name in ("h", "c") if name in trace.values) or 1
        for wire in plan["wires"]:
            value = carried(wire["terms"], number)
            look = {
                "color": NEGATIVE if value < 0 else POSITIVE,
                "linewidth": (1 + 5 * min(1, abs(value) / scale)) * PX,
            }
            self.ax.plot(*zip(*(place(*corner) for corner in wire["corners"]), strict=True), **look)
            if wire["number"]:
                x, y, anchor = wire["number"]
                self.write(*place(x, y), _text(value), SIDES[anchor], va="baseline")
        for valve in plan["valves"]:
            letter, (x, y, anchor), centre = valve["letter"], valve["number"], place(valve["x"], valve["y"])
            opening = 1 - number(letter) if valve["closes"] else number(letter)
            edge = GATE_COLORS[letter]
            self.ax.add_patch(Circle(centre, 13, facecolor="white", edgecolor=edge, linewidth=1.5 * PX, zorder=3))
            self.ax.add_patch(Circle(centre, 11 * opening, color=edge, linewidth=0, zorder=3))
            said = f"{'1−z' if valve['closes'] else letter} {opening:.3f}"
            self.write(*place(x, y), said, SIDES[anchor], va="baseline")
        for text, x, y in plan["marks"]:
            half = 19 if len(text) > 1 else 10
            box = FancyBboxPatch(place(x - half, y - 10), 2 * half, 20, boxstyle="round,pad=0,rounding_size=10")
            box.set(facecolor="white", edgecolor="0.5", linewidth=PX, zorder=3)
            self.ax.add_patch(box)
            self.write(*place(x, y), text, "center", zorder=4)
        for text, x, y, anchor in plan["ends"]:
            letter, earlier = text[0], text[1:]
            self.write(*place(x, y), letter, SIDES[anchor], style="italic", size=14 * PX)
            self.write(*place(x + 10, y + 4), "t−1" if earlier else "", style="italic")

    def done(self) -> Figure:
        self.figure.set_size_inches(WIDE / 100, self.y / 100)
        self.ax.set(xlim=(0, WIDE), ylim=(self.y, 0))
        return self.figure


SIDES = {"start": "left", "middle": "center", "end": "right"}


def most_changing(trace: Trace, unit: int) -> list[int]:
    """At most 8 units, in their order: the one shown, and those whose state changes most."""
    memory = "c" if "c" in trace.values else "h"
    change = (trace.values[memory] - trace.before(memory))[0].abs().sum(dim=0)
    ranked = change.argsort(descending=True, stable=True).tolist()
    return sorted([unit, *(k for k in ranked if k != unit)][:MOST_ROWS])


def still_picture(
    traces: dict[str, Trace],
    unit: int,
    step: int,
    tokens: list[str] | None,
    inputs: list[str],
    readouts: dict[str, list[str]],
) -> Figure:
    """What a page shows where no script runs.

    traces : label -> what is shown; tokens : over the steps, if there are any
    inputs : the names of the input features, none if they are not shown; readouts : name -> its values as text
    """
    first = next(iter(traces.values()))
    seq = first.h.shape[1]
    still = Still(seq, step)
    where = tr_drawn("t = {step} of 0 to {last}", step=step, last=seq - 1)
    named = tokens and can_draw(tokens[step])
    still.title(tr_drawn("{where}: “{token}”", where=where, token=tokens[step]) if named else where)
    if tokens:
        still.tokens(tokens)
    for name, values in readouts.items():
        still.curve(name, np.array(values, dtype=float), values[step])
    if inputs:
        x = numbers(first, "x").T
        still.heatmap("x", x, 15 * len(x))
        for k, name in enumerate(inputs):
            still.read(name, x[k, step], 15 * k + 7.5)
        still.y += 15 * len(x) + 8
    several = len(traces) > 1
    chosen = {label: min(unit, trace.h.shape[-1] - 1) for label, trace in traces.items()}
    for label, trace in traces.items():
        units, shown = trace.h.shape[-1], most_changing(trace, chosen[label])
        rows = tr_drawn("{units} units", units=units)
        if len(shown) < units:
            rows = tr_drawn("{shown} of {units} units, those that change most", shown=len(shown), units=units)
        name = label if label and can_draw(label) else trace.kind
        of = tr_drawn("{rows}; framed, and in numbers: unit {unit}", rows=rows, unit=chosen[label])
        still.title(tr_drawn("{label}: {said}", label=name, said=of if units > 1 else tr_drawn("one unit")))
        for name in trace.values:
            height = max(18, len(shown) * (4 if several else 6))
            values = numbers(trace, name).T
            still.heatmap(name, values[shown], height, shown.index(chosen[label]))
            still.read(name, values[chosen[label], step], height / 2)
            still.y += height + 6
        still.y += 4
    still.axis()
    lowest = still.y
    for k, (label, trace) in enumerate(traces.items()):
        side = k % 2
        if side == 0:
            still.y = lowest
        name = label if can_draw(label) else trace.kind
        said = tr_drawn("{name}, unit {unit}", name=name, unit=chosen[label]) if label else ""
        still.write(side * WIDE / 2, still.y + 8, said, weight="bold")
        still.y += 18
        still.diagram(trace, chosen[label], side * WIDE / 2 + (WIDE / 2 - WIDTH) / 2)
        lowest = max(lowest, still.y + PLANS[trace.kind]["height"] + 10)
        still.y -= 18
    still.y = lowest
    scales = ", ".join(f"{name} ±{full:.2g}" for name, full in still.full.items() if name not in GATE_COLORS)
    own = tr_drawn("each trace has a scale of its own")
    said = own if several else tr_drawn("full colour is {scales}", scales=scales)
    gated = any(name in GATE_COLORS for trace in traces.values() for name in trace.values)
    colours = tr_drawn("Blue below 0, orange above; {said}.", said=said)
    if gated:
        colours = tr_drawn("Gates: white is 0, full colour 1. All else: blue below 0, orange above; {said}.", said=said)
    still.write(0, still.y, colours)
    still.y += 12
    return still.done()


def _text(value: float) -> str:
    return f"{value:.3f}".replace("-0.000", "0.000").replace("-", "−")


def shortened(text: str, most: int) -> str:
    """A text of at most so many columns, with a mark where it was cut."""
    if columns(text) <= most:
        return text
    while columns(text) >= most:
        text = text[:-1]
    return text + "…"
