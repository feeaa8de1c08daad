"""How often one class is taken for another, and orbits of a state. Axes in, axes out."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.patches import FancyArrowPatch

from ...arguments import check_list, real_array, true_or_false, whole_number
from ...plots.heatmaps import frame
from ...plots.style import CURVE_STYLES, NEGATIVE, axes_of, readable_on
from .swing import principal_plane


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
    frame(ax)
    return ax


def plot_orbits(
    states,
    labels: Sequence[str],
    *,
    lettered: int,
    numbered: Sequence[int] = (),
    joined: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Paths of a state in the plane in which all of them together vary most (their first two principal components).

    states : array or Tensor, (paths, seq, hidden_size)
    labels : (paths,), at most four
    lettered : the step at which each path bears its label, in a disc
    numbered : steps of the first path that bear their number, in a disc, joined by a thin line with arrowheads
    joined : whether each path is drawn as a line, too. The lines of a state that goes round in large jumps would hide
        where it has been.

    Raises ValueError if states have another shape or are not finite, or do not fit the labels or the steps.
    """
    states, labels = real_array("states", states), [str(label) for label in check_list("labels", labels, "names")]
    if states.ndim != 3 or min(states.shape) < 2 or not np.isfinite(states).all():
        raise ValueError(f"states has shape {states.shape}: give finite numbers, (paths, seq, hidden_size)")
    if len(labels) != len(states) or len(labels) > len(CURVE_STYLES):
        raise ValueError(f"labels has {len(labels)} names for {len(states)} paths: give one each, at most four")
    last = states.shape[1] - 1
    lettered = whole_number("lettered", lettered, 0, last)
    numbered = [whole_number("numbered", step, 0, last) for step in check_list("numbered", numbered, "steps")]
    line = "-" if true_or_false("joined", joined) else ""
    centre, plane, _ = principal_plane(states)
    paths = (states - centre) @ plane.T
    ax = axes_of(ax)
    colors = [color for color, _ in CURVE_STYLES[: len(paths)]]
    for k, (path, label, color) in enumerate(zip(paths, labels, colors, strict=True)):
        ax.plot(*path.T, ".", ls=line, lw=1, color=color, ms=4, alpha=0.5)
        if k > 0 or lettered not in numbered:
            _disc(ax, path[lettered], label, color, filled=True)
    if numbered:
        ax.plot(*paths[0, numbered].T, "-", lw=1, color=colors[0])
    for start, end in pairwise(paths[0, numbered]):  # the head in the middle, where no disc covers it
        halfway = {"posA": start, "posB": (start + end) / 2, "shrinkA": 0, "shrinkB": 0}
        ax.add_patch(FancyArrowPatch(**halfway, arrowstyle="-|>", mutation_scale=12, lw=1, color=colors[0]))
    for step in numbered:
        _disc(ax, paths[0, step], f"{labels[0]} {step}" if step == lettered else str(step), colors[0], step == lettered)
    ax.margins(0.12)
    ax.set(xlabel="first principal component", ylabel="second", aspect="equal")
    return ax


def _disc(ax: Axes, at, text: str, color: str, filled: bool) -> None:
    """A word in a round patch, dark on white or white on dark."""
    patch = {"boxstyle": "circle,pad=0.25", "fc": color if filled else "white", "ec": color, "lw": 1.5}
    ink = {"color": readable_on(to_rgb(color)) if filled else color, "size": "small", "weight": "bold", "zorder": 4}
    ax.text(*at, text, ha="center", va="center", bbox=patch, **ink)
