"""Heatmaps: axes in, axes out. They draw on the current axes if given none."""

from matplotlib.axes import Axes

from ..trace import Trace, numbers, only_sequence
from .style import GATE_COLORS, axes_of, colormap


def plot_values(trace: Trace, name: str, *, ax: Axes | None = None) -> Axes:
    """A heatmap of one activation of one sequence: units down, steps along.

    name : "x", or any name that the trace holds, such as "f" or "c"

    Gates run from 0 to 1 in their own colour, everything else symmetrically around 0.
    Raises ValueError if the trace holds more than one sequence, or has no such activation.
    """
    trace = only_sequence(trace)
    values = numbers(trace, name).T
    low, high = value_range(name, values)
    ax = axes_of(ax)
    # Not seaborn's heatmap, which draws the whole figure for each of its panels.
    mesh = ax.pcolormesh(values, cmap=colormap(name), vmin=low, vmax=high)
    ax.invert_yaxis()
    steps = range(0, values.shape[1], max(1, 5 * round(values.shape[1] / 40)))
    ax.set_xticks([step + 0.5 for step in steps], steps)
    ax.set_yticks([])
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.01, fraction=0.02, aspect=3, ticks=[low, high], format="{x:.2g}")
    bar.outline.set_linewidth(0)
    ax.set_ylabel(name, rotation=0, style="italic", ha="right", va="center")
    frame(ax)
    return ax


def value_range(name: str, values) -> tuple[float, float]:
    """What the two ends of the colour map mean: 0 and 1 for a gate, else the largest value on both sides."""
    if name in GATE_COLORS:
        return 0.0, 1.0
    bound = float(abs(values).max()) or 1.0
    return -bound, bound


def frame(ax: Axes) -> None:
    """A thin line around a heatmap."""
    for spine in ax.spines.values():
        spine.set(visible=True, color="0.8")
