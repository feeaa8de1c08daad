"""How often one class is taken for another, and orbits of a state. Axes in, axes out."""

from collections.abc import Sequence

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from ...arguments import check_list, real_array, whole_number
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
    states, labels: Sequence[str], *, marked: Sequence[int] = (), numbered: Sequence[int] = (), ax: Axes | None = None
) -> Axes:
    """Paths of a state in the plane in which all of them together vary most (their first two principal components).

    states : array or Tensor, (paths, seq, hidden_size)
    labels : (paths,), at most four
    marked : steps that get a mark of their own on each path: a cross for the first, a dot for the second, at most two,
        with an arrow from one to the other
    numbered : steps of the first path beside which their number stands

    A state that goes round in large jumps is drawn without the lines of the jumps, which would hide where it has been.
    Raises ValueError if states have another shape or are not finite, or do not fit the labels or the steps.
    """
    states, labels = real_array("states", states), [str(label) for label in check_list("labels", labels, "names")]
    if states.ndim != 3 or min(states.shape) < 2 or not np.isfinite(states).all():
        raise ValueError(f"states has shape {states.shape}: give finite numbers, (paths, seq, hidden_size)")
    if len(labels) != len(states) or len(labels) > len(CURVE_STYLES):
        raise ValueError(f"labels has {len(labels)} names for {len(states)} paths: give one each, at most four")
    last = states.shape[1] - 1
    marked = [whole_number("marked", step, 0, last) for step in check_list("marked", marked, "steps")]
    numbered = [whole_number("numbered", step, 0, last) for step in check_list("numbered", numbered, "steps")]
    if len(marked) > 2:
        raise ValueError(f"marked has {len(marked)} steps: mark at most two")
    centre, plane, _ = principal_plane(states)
    paths = (states - centre) @ plane.T
    ax = axes_of(ax)
    for path, label, (color, _) in zip(paths, labels, CURVE_STYLES, strict=False):
        ax.plot(*path.T, ".", color=color, ms=4, alpha=0.5, label=label)
        for step, marker in zip(marked, "Xo", strict=False):
            ax.plot(*path[step], marker, color=color, ms=9, mec="black", zorder=3)
        if len(marked) == 2:
            way = {"arrowstyle": "->", "color": color, "lw": 1.8, "shrinkA": 6, "shrinkB": 6}
            ax.annotate("", path[marked[1]], path[marked[0]], arrowprops=way)
    for step in numbered:
        outward = 13 * paths[0, step] / max(np.hypot(*paths[0, step]), 1e-9)
        beside = {"xytext": outward, "textcoords": "offset points", "ha": "center", "va": "center"}
        ax.annotate(str(step), paths[0, step], color=CURVE_STYLES[0][0], size="small", **beside)
    ax.margins(0.08)
    ax.set(xlabel="first principal component", ylabel="second", aspect="equal")
    return ax
