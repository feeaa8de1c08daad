"""Axes-level plots: data in, Axes out. They run no model, and draw on the current axes if given none."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import TextPath
from matplotlib.ticker import LogLocator, NullFormatter

from ..arguments import check_list, check_norms, check_runs, real_array, real_number, shown, whole_number
from ..seeds import mean_interval
from ..trace import Trace
from ..training.train import History
from .alt_text import only_sequence
from .curves import add_legend, axes_of, check_labels, draw_curves, draw_log, over_seeds
from .style import GATE_COLORS, LINE_COLORS, LINE_DASHES, NAMES, NEGATIVE, colormap, readable_on


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


def plot_unit(trace: Trace, unit: int, *, ax: Axes | None = None) -> Axes:
    """Every gate and state of one unit of one sequence, as lines over the time steps.

    Tokens stand below the steps if they fit and the font has their letters, else step numbers.
    Raises ValueError if the trace holds more than one sequence, or has no such unit.
    """
    trace = only_sequence(trace)
    unit = whole_number("unit", unit, 0, trace.h.shape[-1] - 1)
    ax = axes_of(ax)
    lines = []
    for name in trace.values:
        width = 1.3 if name in GATE_COLORS else 2.0
        dashes = (0, LINE_DASHES[name] or None)
        label = f"{name}  {NAMES[name]}"
        lines += ax.plot(numbers(trace, name)[:, unit], color=LINE_COLORS[name], ls=dashes, lw=width, label=label)
    ax.axhline(0, color="0.8", lw=0.6, zorder=0)
    ax.set(xlabel="time step", ylabel=f"activations of unit {unit}")
    ax.margins(x=0.01)
    ax.legend(handles=lines, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, handlelength=3)
    if trace.tokens:
        _name_steps(ax, trace.tokens[0])
    return ax


def plot_learning_curve(
    history: History | Sequence[History] | Mapping[str, Sequence[History]], *, ax: Axes | None = None
) -> Axes:
    """The training loss at every step, on a logarithmic axis.

    history : one; or a list of them, one for each seed; or label -> such a list, at most four labels

    Of several seeds: their median, in a band of their middle half (first to third quartile), up to the last step
    that all of them took. Losses of exactly 0 are drawn at the lower end, and marked.
    Raises ValueError if something else is given.
    """
    groups = history if isinstance(history, Mapping) else {"": history}
    groups = {str(label): [one] if isinstance(one, History) else one for label, one in groups.items()}
    for label, group in groups.items():
        if (
            not isinstance(group, list | tuple)
            or not group
            or not all(isinstance(one, History) and one.loss for one in group)
        ):
            kind = f"history[{label!r}]" if isinstance(history, Mapping) else "history"
            raise ValueError(f"{kind} must be a History or a list of them, of at least one step: train() returns one")
    check_labels("history", groups)
    shortest = {label: min(len(one.loss) for one in group) for label, group in groups.items()}
    curves = {label: np.array([one.loss[: shortest[label]] for one in group]) for label, group in groups.items()}
    ax = axes_of(ax)
    draw_log(ax, curves)
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 3)))  # few decades: 0.03, 0.1, 0.3
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set(xlabel="training step", ylabel="training loss")
    return ax


def plot_decay(norms, *, ax: Axes | None = None) -> Axes:
    """Gradient norms against the lag, the distance in steps from the end, on a logarithmic axis.

    norms : array or Tensor, (lags,) or (seeds, lags), lag 0 first; or label -> such an array, at most four labels

    Of several seeds: their median, in a band of their middle half (first to third quartile). A norm of exactly 0
    would vanish from a logarithmic axis: it is drawn at the lower end, and marked.
    Raises ValueError if the norms are not such arrays, or one is negative, infinite or NaN.
    """
    groups = norms if isinstance(norms, Mapping) else {"": norms}
    check_labels("norms", groups)
    curves = {}
    for label, group in groups.items():
        name = f"norms[{label!r}]" if isinstance(norms, Mapping) else "norms"
        curves[str(label)] = check_norms(name, group)
    ax = axes_of(ax)
    draw_log(ax, curves)
    ax.set(xlabel="lag (steps)", ylabel="gradient norm")
    return ax


def plot_memory_span(
    table: pd.DataFrame, *, ax: Axes | None = None, threshold: float | None = 0.9, chance: float | None = None
) -> Axes:
    """Accuracy against the lag: how long a trained model remembers.

    table : one row for each model, with the columns lag (steps), accuracy (from 0 to 1), seed, and label if several
        kinds of model are compared, at most four
    threshold, chance : draw a horizontal line there

    The mean over the seeds, in a band of its 95 % interval: Student's t over seeds, clipped to [0, 1]. A single seed
    has none.
    Raises ValueError if the table does not hold this, or has two rows for one label, lag and seed.
    """
    check_runs(table)
    levels = {"threshold": threshold, "chance": chance}
    levels = {name: real_number(name, level, 0, 1) for name, level in levels.items() if level is not None}
    groups = table.groupby("label", sort=False, observed=True) if "label" in table else [("", table)]
    curves, counts = {}, []
    for label, group in groups:
        lags = group.groupby("lag")["accuracy"]
        points = np.array([mean_interval(values) for _, values in lags]).clip(0, 1).T
        curves[str(label)] = (np.array(list(lags.groups)), *points)
        counts += lags.size().tolist()
    check_labels("table", curves)
    ax = axes_of(ax)
    over = over_seeds("mean and its 95 % interval", counts)
    draw_curves(ax, curves, over, marker="o", markersize=4)
    add_legend(ax, curves, over)
    if ax.get_legend():  # above the axes: bands, threshold and chance leave no room inside
        sns.move_legend(ax, "lower left", bbox_to_anchor=(0, 1), ncols=2)
    for name, level in levels.items():
        ax.axhline(level, color="0.6", lw=0.8, zorder=0, label=name)
        place = {"xy": (1, level), "xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        ax.annotate(f"{name} {level:.3g}", xytext=(4, 0), va="center", color="0.4", size="small", **place)
    ax.set(xlabel="lag (steps)", ylabel="accuracy", ylim=(-0.02, 1.02))
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


def value_range(name: str, values) -> tuple[float, float]:
    """What the two ends of the colour map mean: 0 and 1 for a gate, else the largest value on both sides."""
    if name in GATE_COLORS:
        return 0.0, 1.0
    bound = float(abs(values).max()) or 1.0
    return -bound, bound


def numbers(trace: Trace, name: str):
    """One activation, or the input x, of the only sequence: (seq, features), in double precision."""
    if not isinstance(name, str) or name not in ("x", *trace.values):
        raise ValueError(f"name={shown(name)} is nothing that this trace holds: use x, {', '.join(trace.values)}")
    return getattr(trace, name)[0].double().numpy()


def _name_steps(ax: Axes, tokens: Sequence[str]) -> None:
    """Tokens as tick labels: side by side if there is room, else upright, else not at all."""
    style = FontProperties(family=plt.rcParams["font.family"], size=plt.rcParams["xtick.labelsize"])
    fonts = [get_font(findfont(FontProperties(family=[family]))) for family in style.get_family()]
    letters = set("".join(tokens))
    if not all(any(font.get_char_index(ord(one)) for font in fonts) for one in letters):
        return
    room = ax.get_window_extent().width / ax.figure.dpi * 72 / len(tokens)  # points for each step
    widths = [TextPath((0, 0), token, prop=style).get_extents().width if token.strip() else 0 for token in tokens]
    size = style.get_size_in_points()
    side_by_side = max((a + b for a, b in pairwise(widths)), default=0) / 2 + size / 2 <= room
    if not side_by_side and size > room:
        return
    # A $ in a token is no formula.
    ax.set_xticks(range(len(tokens)), tokens, rotation=0 if side_by_side else 90, parse_math=False)
    ax.set_xlabel("token")


def _frame(ax: Axes) -> None:
    for spine in ax.spines.values():
        spine.set(visible=True, color="0.8")
