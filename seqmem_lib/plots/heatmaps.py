"""Heatmaps: axes in, axes out. They draw on the current axes if given none."""

from collections.abc import Sequence

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from ..arguments import check_list, real_array
from ..trace import Trace, numbers, only_sequence
from .style import GATE_COLORS, NEGATIVE, axes_of, colormap, readable_on


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
    # Not seaborn's heatmap, which draws the whole figure for each of its panels: half a Scrubber's time and memory.
    mesh = ax.pcolormesh(values, cmap=colormap(name), vmin=low, vmax=high)
    ax.invert_yaxis()
    steps = range(0, values.shape[1], max(1, 5 * round(values.shape[1] / 40)))
    ax.set_xticks([step + 0.5 for step in steps], steps)
    ax.set_yticks([])
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.01, fraction=0.02, aspect=3, ticks=[low, high], format="{x:.2g}")
    bar.outline.set_linewidth(0)
    ax.set_ylabel(name, rotation=0, style="italic", ha="right", va="center")
    _frame(ax)
    return ax


def plot_confusion(matrix, labels: Sequence[str], *, ax: Axes | None = None) -> Axes:
    """How often each class was taken for which: counts, coloured by their share of the true class.

    matrix : array or Tensor, (classes, classes), counts; rows are true, columns predicted
    labels : (classes,), their names

    Raises ValueError if the counts are not whole numbers from 0 up, or do not fit the labels.
    """
    matrix = real_array("matrix", matrix)
    labels = [str(label) for label in check_list("labels", labels, "names")]
    if matrix.shape != (len(labels), len(labels)) or not labels:
        raise ValueError(f"matrix has shape {matrix.shape}: give one row, one column and one label for each class")
    if not ((matrix >= 0) & (matrix == np.floor(matrix)) & np.isfinite(matrix)).all():
        raise ValueError("matrix must hold counts, whole numbers from 0 up: pass them before they are normalized")
    shares = matrix / matrix.sum(axis=1, keepdims=True).clip(1)
    cmap = LinearSegmentedColormap.from_list("seqmem-share", ["white", NEGATIVE])
    ax = axes_of(ax)
    bar = {"label": "share of the true class", "ticks": [0, 0.5, 1], "format": "{x:.0%}", "aspect": 20}
    names = {"xticklabels": labels, "yticklabels": labels}
    sns.heatmap(shares, ax=ax, cmap=cmap, vmin=0, vmax=1, cbar_kws=bar, **names)
    for (row, column), count in np.ndenumerate(matrix):
        color = readable_on(cmap(shares[row, column]))
        ax.text(column + 0.5, row + 0.5, f"{int(count):,}", ha="center", va="center", color=color)
    ax.tick_params(length=0, labelrotation=0)
    ax.set_box_aspect(1)
    ax.set(xlabel="predicted", ylabel="true")
    _frame(ax)
    return ax


def value_range(name: str, values) -> tuple[float, float]:
    """What the two ends of the colour map mean: 0 and 1 for a gate, else the largest value on both sides."""
    if name in GATE_COLORS:
        return 0.0, 1.0
    bound = float(abs(values).max()) or 1.0
    return -bound, bound


def _frame(ax: Axes) -> None:
    for spine in ax.spines.values():
        spine.set(visible=True, color="0.8")
