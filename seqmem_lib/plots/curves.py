"""Lines in bands: what several seeds learned, and how fast their gradients decay."""

import sys
from collections.abc import Mapping, Sequence
from math import floor, log10

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from ..seeds import check_norms
from ..training.history import History
from .alt_text import band_label
from .letters import tr_drawn
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
    ax.set(xlabel=tr_drawn("update"), ylabel=tr_drawn("training loss"))
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
        said = tr_drawn("{label}, validation", label=label) if label else tr_drawn("validation")
        if steps:
            ax.plot(steps, medians, color="black" if not label else color, ls=":", marker="o", ms=3, label=said)
    if any(judged.values()):
        if "" in judged:
            training.set_label(tr_drawn("training"))
        ax.set_ylabel(tr_drawn("loss"))
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
    ax.set(xlabel=tr_drawn("lag (steps)"), ylabel=tr_drawn("gradient norm"))
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
    over = over_seeds([len(values) for values in groups.values()])
    ax.set_yscale("log")
    draw_curves(ax, curves, over)
    for (label, values), (color, _) in zip(groups.items(), CURVE_STYLES, strict=False):
        zero = np.flatnonzero((values == 0).any(axis=0))
        if zero.size:
            said = tr_drawn("exactly 0 in some seeds") if len(values) > 1 else tr_drawn("exactly 0")
            said = tr_drawn("{label}: {said}", label=label, said=said) if label else said
            ax.plot(zero, np.full(zero.size, low_end), "v", color=color, mfc="white", ms=4, label=said, clip_on=False)
    add_legend(ax, curves, over)


def draw_curves(ax: Axes, curves: dict[str, tuple], over: str) -> None:
    """Lines in bands.

    curves : label -> (x, middle, low, high), each (points,). The label "" is for a single nameless curve.
    over : what line and band are, "" if there is only one seed
    """
    for (label, (x, middle, low, high)), (color, dashes) in zip(curves.items(), CURVE_STYLES, strict=False):
        (drawn,) = ax.plot(x, middle, color=color, ls=(0, dashes or None), label=label or over or None)
        if over:
            ax.fill_between(x, low, high, color=color, alpha=0.2, lw=0, label=band_label(drawn.get_label()))


def add_legend(ax: Axes, curves: dict[str, tuple], over: str) -> None:
    """A legend, unless there is only a nameless curve of one seed."""
    if ax.get_legend_handles_labels()[0]:
        title = "" if "" in curves else over
        ax.legend(title=title, title_fontsize="small", alignment="left", loc="best", frameon=False, handlelength=2.5)


def over_seeds(counts: list[int]) -> str:
    """What line and band are, such as "median and middle half, 10 seeds"; "" if there is only one seed."""
    few, many = min(counts), max(counts)
    if few == many:
        return "" if many == 1 else tr_drawn("median and middle half, {count} seeds", count=many)
    return tr_drawn("median and middle half, {few} to {many} seeds", few=few, many=many)
