"""A gradient on its way back, and the accuracy of every single run. Axes in, axes out."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ...arguments import real_array, real_number
from ...plots.letters import tr_drawn
from ...plots.style import CURVE_STYLES, LINE_COLORS, axes_of
from ...seeds import check_runs


def plot_way_back(factors: Sequence[float], *, ax: Axes | None = None) -> Axes:
    """Backpropagation through time for one unit: an arrow that is multiplied, step by step, on its way back.

    factors : (seq - 1,), by what the gradient is multiplied between two neighbouring states, the earliest first

    States stand from left to right. The arrows lead back, as wide as what is left of the gradient, which is written
    below each state; at the last one it is 1.
    Raises TypeError if they are no numbers, ValueError unless they are at least one finite number.
    """
    factors = real_array("factors", factors)
    if factors.ndim != 1 or not factors.size or not np.isfinite(factors).all():
        raise ValueError("factors must be a list of at least one finite number: one for each pair of neighbours")
    left = np.append(np.cumprod(factors[::-1])[::-1], 1)
    ax = axes_of(ax)
    for t, value in enumerate(left):
        ax.text(
            t,
            0.62,
            f"$h_{{{t + 1}}}$",
            ha="center",
            va="center",
            bbox={"boxstyle": "circle", "fc": "white", "ec": LINE_COLORS["h"], "lw": 2},
        )
        ax.text(t, -0.62, f"{value:.3g}", ha="center", va="center", fontweight="bold")
        if t:
            ax.annotate("", (t - 0.26, 0.62), (t - 0.74, 0.62), arrowprops={"arrowstyle": "->", "color": "0.6"})
            width = float(np.clip(12 * abs(value), 0.5, 16))
            back = {"arrowstyle": f"simple,tail_width={width / 20},head_width={width / 10 + 0.3},head_length=0.5"}
            ax.annotate(
                "",
                (t - 0.95, 0),
                (t - 0.05, 0),
                arrowprops=back | {"mutation_scale": 20, "fc": LINE_COLORS["o"], "ec": "none"},
            )
            ax.text(t - 0.5, 0.3, f"× {factors[t - 1]:.2f}", ha="center", va="center", color=LINE_COLORS["o"])
    ax.text(-0.55, 0.62, tr_drawn("forward"), ha="right", va="center")
    ax.text(-0.55, 0, tr_drawn("back"), ha="right", va="center")
    ax.text(-0.55, -0.62, tr_drawn("remaining gradient"), ha="right", va="center")
    steps = ", ".join(f"{value:.3g}" for value in left[::-1])
    first = f"$h_{{{len(left)}}}$"
    ax.set_title(
        tr_drawn("An arrow starts at {h}; what remains of it, step by step back: {steps}", h=first, steps=steps)
    )
    ax.set(xlim=(-1.9, len(left) - 0.6), ylim=(-0.9, 1))
    ax.set_axis_off()
    return ax


def plot_runs(table: pd.DataFrame, *, ax: Axes | None = None, threshold: float = 0.9, chance: float = 0.25) -> Axes:
    """The accuracy of every run against the lag: a dot each, beside each other where they would cover each other.

    table : one row for each model, with the columns lag, accuracy (from 0 to 1), seed, and label if several kinds are
        compared, at most four
    threshold, chance : horizontal lines

    A mean would stand between what solves a task and what guesses, where there is no run.
    Raises TypeError or ValueError if the table does not hold this.
    """
    check_runs(table)
    threshold, chance = real_number("threshold", threshold, 0, 1), real_number("chance", chance, 0, 1)
    groups = list(table.groupby("label", sort=False)) if "label" in table else [("", table)]
    if len(groups) > len(CURVE_STYLES):
        raise ValueError(f"table has {len(groups)} labels: plot at most {len(CURVE_STYLES)} of them")
    ax = axes_of(ax)
    lags = sorted(table["lag"].unique())
    room = 0.8 / len(groups)
    for k, ((label, group), (color, _), marker) in enumerate(zip(groups, CURVE_STYLES, "os^D", strict=False)):
        rank = group.groupby("lag")["accuracy"].rank(method="first")
        most = group.groupby("lag")["accuracy"].transform("size")
        x = group["lag"].map(lags.index) - 0.4 + room * (k + (rank - 0.5) / most)
        ax.plot(x, group["accuracy"], marker, ms=3.5, color=color, alpha=0.8, label=str(label))
    solved = tr_drawn("solved from {share}", share=f"{threshold:.0%}")
    guessing = tr_drawn("guessing {share}", share=f"{chance:.0%}")
    for level, name in ((threshold, solved), (chance, guessing)):
        ax.axhline(level, color="0.6", lw=0.8, zorder=0)
        ax.annotate(
            name,
            (1, level),
            xytext=(4, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            color="0.4",
            size="small",
        )
    ax.set(
        xticks=range(len(lags)),
        xticklabels=lags,
        xlabel=tr_drawn("lag (steps)"),
        ylabel=tr_drawn("accuracy of each run"),
        ylim=(-0.03, 1.05),
    )
    counts = ", ".join(str((group["accuracy"] >= threshold).sum()) for _, group in table.groupby("lag"))
    said = tr_drawn("{runs} runs; solved at each lag: {counts}", runs=len(table), counts=counts)
    ax.set_title(said, pad=24 if len(groups) > 1 else None)
    if len(groups) > 1:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, markerscale=1.6, handletextpad=0.2)
    return ax
