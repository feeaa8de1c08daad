"""A labelled drawing of an LSTM cell, for the page and for print. Axes in, axes out."""

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch

from ...plots.letters import label_drawn, tr_drawn
from ...plots.style import LINE_COLORS, NAMES, axes_of
from ...widgets.diagrams import PLANS

CARRIED = [("$f_t \\cdot c_{t-1}$", 138, 56), ("$i_t \\cdot g_t$", 198, 74), ("$\\tanh(c_t)$", 292, 72)]
READING = [("f", 85, 85, 51), ("i", 167, 167, 116), ("g", 176, 176, 160), ("o", 246, 246, 117)]


def draw_lstm(*, ax: Axes | None = None) -> Axes:
    """What happens inside one unit of an LSTM at one step, with the name of every part, in the colours that the gates
    have everywhere. The places are those of the diagram below a Scrubber, whose numbers it leaves out.

    Raises TypeError if ax is no axes.
    """
    ax = axes_of(ax)
    # Where the plan of the widget's diagram leaves room.
    said = [
        ("f", 98, 8, "center", tr_drawn("how much to keep")),
        ("i", 157, 98, "right", tr_drawn("how much to write")),
        ("g", 184, 142, "left", tr_drawn("what to write")),
        ("o", 270, 98, "left", tr_drawn("how much to show")),
        ("c", 304, 33, "left", tr_drawn("the memory after the step")),
        ("h", 304, 149, "left", tr_drawn("what the rest of the network sees")),
    ]
    sources = tr_drawn("$x_t$ and $h_{t-1}$: from these the gates and $g$ are computed")
    draw_plan(ax, "LSTM", said, CARRIED, READING, (167, 200, sources))
    ax.text(32, 40, "$c_{t-1}$", ha="right", va="center", size="large")
    ax.text(32, 56, tr_drawn("the memory before"), ha="center", va="center", size="small", color="0.35")
    ax.set_title(
        tr_drawn("The old memory times f, plus the candidate times i, is the new memory. Its tanh times o is shown")
    )
    return ax


def draw_plan(ax: Axes, kind: str, said: list, carried: list, reading: list, bar: tuple[int, int, str]) -> None:
    """The plan of a cell's diagram, drawn and named.

    said : (letter, x, y of its first line, side, what it decides or is); carried : (text, x, y), what a wire carries
    reading : (letter, x at the bar, x, y), an arrow from the bar to what is computed from x_t and h_(t-1)
    bar : its middle, its upper edge, and what it says of x_t and h_(t-1)
    """
    plan, (middle, edge, sources) = PLANS[kind], bar
    for wire in plan["wires"]:
        color = LINE_COLORS[wire["terms"][-1][0].replace("W", "h")]
        *corners, last = wire["corners"]
        for start, end in zip(corners, [*corners[1:], last], strict=True):
            tip = "-|>" if end == last and end[0] == 296 else "-"
            draw_arrow(ax, start, end, color, tip, 2.2)
    for letter, start, x, y in reading:
        draw_arrow(ax, (start, edge), (x, y), LINE_COLORS[letter], "-|>", 0.9, linestyle=(0, (3, 2)))
    for valve in plan["valves"]:
        place = valve["x"], valve["y"]
        ax.add_patch(Circle(place, 12, facecolor=LINE_COLORS[valve["letter"]], edgecolor="white", zorder=3))
        letter = f"1−{valve['letter']}" if valve["closes"] else valve["letter"]
        ax.text(*place, letter, color="white", ha="center", va="center", weight="bold", zorder=4)
    for text, x, y in plan["marks"]:
        draw_box(ax, x, y, 20 if len(text) > 1 else 10, 10, text)
    draw_box(ax, middle, edge + 8, 106, 9, sources)
    for letter, x, y, side, what in said:
        symbol = f"${letter}_t$" if letter in "ch" else f"${letter}$"
        name = tr_drawn("{name} {letter}", name=label_drawn(NAMES[letter]), letter=symbol)
        ax.text(x, y, name, ha=side, va="center", color=LINE_COLORS[letter], weight="bold")
        ax.text(x, y + 12, what, ha=side, va="center", size="small", color="0.35")
    for text, x, y in carried:
        ax.text(x, y, text, ha="center", va="center", size="small")
    ax.set(xlim=(-20, 430), ylim=(edge + 20, -2), aspect="equal")
    ax.set_axis_off()


def draw_arrow(ax: Axes, start, end, color, tip: str, width: float, **look) -> None:
    """A line between two places (x, y) of a plan, with a tip as matplotlib names them; look: more of its settings."""
    arrow = {"arrowstyle": tip, "color": color, "lw": width, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 12} | look
    ax.annotate("", end, start, arrowprops=arrow)


def draw_box(ax: Axes, x: float, y: float, wide: float, high: float, text: str) -> None:
    """A text on a box with round corners around the place (x, y) of a plan; wide and high are half of its size."""
    box = FancyBboxPatch((x - wide, y - high), 2 * wide, 2 * high, boxstyle="round,pad=0,rounding_size=8")
    box.set(facecolor="white", edgecolor="0.5", lw=0.9, zorder=3)
    ax.add_patch(box)
    ax.text(x, y, text, ha="center", va="center", size="small", zorder=4)
