"""Axes-level plots: data in, Axes out. They run no model, and draw on the current axes if given none."""

import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.axes import Axes

from .style import GATE_COLORS, NAMES, colormap
from .trace import Trace
from .training import History


def plot_values(trace: Trace, name: str, *, ax: Axes | None = None) -> Axes:
    """A heatmap of one activation of one sequence: units down, steps along.

    name : "x", or any name that the trace holds, such as "f" or "c"

    Gates run from 0 to 1 in their own colour, everything else symmetrically around 0.
    Raises ValueError if the trace holds more than one sequence, or has no such activation.
    """
    trace = only_sequence(trace)
    values = numbers(trace, name).T
    low, high = value_range(name, values)
    ax = plt.gca() if ax is None else ax
    sns.heatmap(
        values,
        ax=ax,
        cmap=colormap(name),
        vmin=low,
        vmax=high,
        xticklabels=max(1, 5 * round(values.shape[1] / 40)),
        yticklabels=False,
        cbar_kws={"pad": 0.01, "fraction": 0.02, "aspect": 3, "ticks": [low, high], "format": "{x:.2g}"},
    )
    ax.tick_params(axis="x", labelrotation=0)
    ax.set_ylabel(name, rotation=0, style="italic", ha="right", va="center")
    for spine in ax.spines.values():
        spine.set(visible=True, color="0.8")
    return ax


def plot_learning_curve(history: History, *, ax: Axes | None = None) -> Axes:
    """The training loss at every step, on a logarithmic axis."""
    ax = plt.gca() if ax is None else ax
    ax.semilogy(history.loss)
    ax.set(xlabel="training step", ylabel="training loss")
    return ax


def value_range(name: str, values) -> tuple[float, float]:
    """What the two ends of the colour map mean: 0 and 1 for a gate, else the largest value on both sides."""
    if name in GATE_COLORS:
        return 0.0, 1.0
    bound = float(abs(values).max()) or 1.0
    return -bound, bound


def describe(trace: Trace) -> str:
    """What the heatmaps of one sequence show, in words, for those who cannot see them."""
    trace = only_sequence(trace)
    steps, units = trace.h.shape[1:]
    lines = [f"Heatmaps of what the {trace.kind} computed: {steps} time steps along, {units} units down."]
    for name, value in trace.values.items():
        if name in GATE_COLORS:
            open_at = (value[0].mean(dim=-1) > 0.5).nonzero()[:, 0].tolist()
            which = f": {', '.join(map(str, open_at))}" if 0 < len(open_at) <= 12 else ""
            said = f"mean above 0.5 at {len(open_at)} steps{which}"
        else:
            said = f"between {value.min():.2f} and {value.max():.2f}"
        lines.append(f"{NAMES[name].capitalize()} {name}: {said}.")
    return " ".join(lines)


def numbers(trace: Trace, name: str):
    """One activation, or the input x, of the only sequence: (seq, features), in double precision."""
    if name not in ("x", *trace.values):
        raise ValueError(f"name={name!r} is nothing that this trace holds: use x, {', '.join(trace.values)}")
    return getattr(trace, name)[0].double().numpy()


def only_sequence(trace: Trace) -> Trace:
    """The trace cut to its length, if it holds one sequence."""
    if len(trace) != 1:
        raise ValueError(f"trace holds {len(trace)} sequences: choose one, such as trace[0]")
    return trace[0]
