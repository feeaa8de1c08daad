"""A network unrolled over time, and how often one class is taken for another. Axes in, axes out."""

from collections.abc import Sequence

import numpy as np
import seaborn as sns
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from ...arguments import check_list, real_array, shown
from ...plots.heatmaps import frame
from ...plots.style import LINE_COLORS, NEGATIVE, axes_of, readable_on


def plot_unrolled(reads: Sequence[bool], answers: Sequence[bool], *, ax: Axes | None = None) -> Axes:
    """A recurrent network unrolled over time: a state at every step, and arrows from the inputs and to the answers.

    reads, answers : (seq,), True at the steps that read an input, and at those that give an answer

    Raises TypeError if they are no such lists, ValueError unless both have the same length, of at least 1.
    """
    reads, answers = _flags("reads", reads), _flags("answers", answers)
    if len(reads) != len(answers) or len(reads) == 0:
        raise ValueError(f"reads and answers have the lengths {len(reads)} and {len(answers)}: give one pair per step")
    ax = axes_of(ax)
    arrow = {"arrowstyle": "->", "color": "0.5", "shrinkA": 5, "shrinkB": 5}
    read, answer = np.flatnonzero(reads), np.flatnonzero(answers)
    for label, steps, level, marker in (
        ("input", read, -1, "s"),
        ("hidden state", np.arange(len(reads)), 0, "o"),
        ("answer", answer, 1, "D"),
    ):
        color = LINE_COLORS["h"] if level == 0 else "0.35"
        ax.plot(
            steps, np.full(steps.size, level), ls="none", marker=marker, color=color, mfc="white", ms=7, label=label
        )
    ends = [((k, -1), (k, 0)) for k in read] + [((k, 0), (k, 1)) for k in answer]
    for start, end in ends + [((k, 0), (k + 1, 0)) for k in range(len(reads) - 1)]:
        ax.annotate("", end, start, arrowprops=arrow)
    ax.set(xlim=(-0.6, len(reads) - 0.4), ylim=(-1.5, 1.5))
    ax.set_axis_off()
    return ax


def _flags(name: str, values) -> list[bool]:
    values = check_list(name, values, "True and False")
    if not all(np.ndim(value) == 0 and isinstance(value, bool | np.bool_ | torch.Tensor) for value in values):
        raise TypeError(f"{name} must be a list of True and False, not {shown(values)}")
    return list(map(bool, values))


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
