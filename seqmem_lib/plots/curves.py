"""Lines in bands: how the results of several seeds are drawn."""

import sys
from math import floor, log10

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from ..arguments import check_kind
from .alt_text import band_label
from .style import CURVE_STYLES


def axes_of(ax: Axes | None) -> Axes:
    """The axes to draw on: the current ones if none are given. Raises TypeError if they are something else."""
    return plt.gca() if ax is None else check_kind("ax", ax, Axes, "axes of matplotlib, such as plt.gca()")


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
