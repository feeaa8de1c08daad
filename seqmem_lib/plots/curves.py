"""Lines in bands: what several seeds learned, how fast their gradients decay, and how long they remember."""

import sys
from collections.abc import Mapping, Sequence
from math import floor, log10

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from ..arguments import real_number
from ..seeds import check_norms, check_runs, mean_interval
from ..training.history import History
from .alt_text import band_label
from .style import CURVE_STYLES, axes_of


def plot_learning_curve(
    history: History | Sequence[History] | Mapping[str, Sequence[History]], *, ax: Axes | None = None
) -> Axes:
    """The training loss at every step, on a logarithmic axis; and the validation loss where it was measured.

    history : one; or a list of them, one for each seed; or label -> such a list, at most four labels

    Of several seeds: their median, in a band of their middle half (first to third quartile), up to the last step
    that all of them took. Losses of exactly 0 are drawn at the lower end, and marked.
    Raises ValueError if something else is given.

    >>> task = sm.tasks.latch(lag=5)
    >>> model = sm.SequenceModel(nn.GRU, task, hidden_size=4, seed=0)
    >>> ax = sm.plot_learning_curve(sm.train(model, task, steps=20, progress=False))
    >>> ax.get_yscale()
    'log'
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
    others = len(ax.lines)
    draw_log(ax, curves)
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 3)))  # few decades: 0.03, 0.1, 0.3
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set(xlabel="update", ylabel="training loss")
    draw_validation(ax, groups, ax.lines[others])
    return ax


def draw_validation(ax: Axes, groups: dict[str, Sequence[History]], training: Line2D) -> None:
    """The medians of the validation losses, as points on dotted lines, beside the training losses that are drawn.

    training : the line of the first group
    """
    judged = {label: [one.validation for one in group if one.validation] for label, group in groups.items()}
    for (label, runs), (color, _) in zip(judged.items(), CURVE_STYLES, strict=False):
        steps = sorted(set.intersection(*map(set, runs))) if runs else []
        medians = [np.median([run[step] for run in runs]) for step in steps]
        said = f"{label}, validation" if label else "validation"
        if steps:
            ax.plot(steps, medians, color="black" if not label else color, ls=":", marker="o", ms=3, label=said)
    if any(judged.values()):
        if "" in judged:
            training.set_label("training")
        ax.set_ylabel("loss")
        ax.legend(frameon=False)


def plot_decay(norms, *, ax: Axes | None = None) -> Axes:
    """Gradient norms against the lag, the distance in steps from the end, on a logarithmic axis.

    norms : array or Tensor, (lags,) or (seeds, lags), lag 0 first; or label -> such an array, at most four labels

    Of several seeds: their median, in a band of their middle half (first to third quartile). A norm of exactly 0
    would vanish from a logarithmic axis: it is drawn at the lower end, and marked.
    Raises ValueError if the norms are not such arrays, or one is negative, infinite or NaN.

    >>> ax = sm.plot_decay({"halving": 0.5 ** torch.arange(20)})
    >>> ax.get_yscale()
    'log'
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

    >>> import pandas as pd
    >>> table = pd.DataFrame({"lag": [5, 10, 20], "accuracy": [1.0, 0.95, 0.3], "seed": 0})
    >>> ax = sm.plot_memory_span(table, chance=0.25)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('lag (steps)', 'accuracy')
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


def check_labels(argument: str, labels) -> None:
    """Raises ValueError if there are more labels than colours."""
    if not 1 <= len(labels) <= len(CURVE_STYLES):
        raise ValueError(f"{argument} has {len(labels)} labels: plot 1 to {len(CURVE_STYLES)} of them")


def draw_log(ax: Axes, groups: dict[str, np.ndarray]) -> None:
    """Medians and middle halves of (seeds, points), not negative, on a logarithmic axis."""
    positive = np.concatenate([values[values > 0] for values in groups.values()])
    low_end = 10.0 ** (floor(log10(positive.min())) - 1) if positive.size else 0.1
    low_end = max(low_end, sys.float_info.min)
    curves = {}
    for label, values in groups.items():
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
        # The line ends where it would reach 0; a band is drawn down to the lower end.
        middle = np.where(middle > 0, middle, np.nan)
        curves[label] = (np.arange(middle.size), middle, *np.maximum([low, high], low_end))
    over = over_seeds("median and middle half", [len(values) for values in groups.values()])
    ax.set_yscale("log")
    draw_curves(ax, curves, over)
    for (label, values), (color, _) in zip(groups.items(), CURVE_STYLES, strict=False):
        zero = np.flatnonzero((values == 0).any(axis=0))
        if zero.size:
            said = "exactly 0" + " in some seeds" * (len(values) > 1)
            said = f"{label}: {said}" if label else said
            ax.plot(zero, np.full(zero.size, low_end), "v", color=color, mfc="white", ms=4, label=said, clip_on=False)
    add_legend(ax, curves, over)


def draw_curves(ax: Axes, curves: dict[str, tuple], over: str, **line) -> None:
    """Lines in bands.

    curves : label -> (x, middle, low, high), each (points,). The label "" is for a single nameless curve.
    over : what line and band are, "" if there is only one seed
    """
    for (label, (x, middle, low, high)), (color, dashes) in zip(curves.items(), CURVE_STYLES, strict=False):
        (drawn,) = ax.plot(x, middle, color=color, ls=(0, dashes or None), label=label or over or None, **line)
        if over:
            ax.fill_between(x, low, high, color=color, alpha=0.2, lw=0, label=band_label(drawn.get_label()))


def add_legend(ax: Axes, curves: dict[str, tuple], over: str) -> None:
    """A legend, unless there is only a nameless curve of one seed."""
    if ax.get_legend_handles_labels()[0]:
        title = "" if "" in curves else over
        ax.legend(title=title, title_fontsize="small", alignment="left", loc="best", frameon=False, handlelength=2.5)


def over_seeds(said: str, counts: list[int]) -> str:
    """What line and band are, such as "median and middle half, 10 seeds"; "" if there is only one seed."""
    few, many = min(counts), max(counts)
    return "" if many == 1 else f"{said}, {few if few == many else f'{few} to {many}'} seeds"
