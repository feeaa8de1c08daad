"""How recurrent layers are connected. Axes in, axes out."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ...arguments import check_list, true_or_false, whole_number
from ...plots.letters import tr_drawn
from ...plots.style import CURVE_STYLES, LINE_COLORS, axes_of
from .shape_facts import layer_name


def plot_layers(num_layers: int, bidirectional: bool, *, seq: int = 4, ax: Axes | None = None) -> Axes:
    """The grid of cells inside an nn.RNN, nn.LSTM or nn.GRU, unrolled over time, with torch's names for what comes out.

    num_layers, bidirectional : as in torch
    seq : how many steps are drawn

    A triangle is a cell at one step, and points to where its direction reads. A row of h_n is the last state of one
    cell: it stands at the right for a forward direction, at the left for a backward one.

    Raises ValueError if a size is not a whole number of at least 1, or bidirectional is not True or False; TypeError if
    ax is no axes.
    """
    num_layers, seq = whole_number("num_layers", num_layers, 1), whole_number("seq", seq, 1)
    true_or_false("bidirectional", bidirectional)
    ax = axes_of(ax)
    steps = np.arange(seq)
    apart = 0.2 if bidirectional else 0.0  # so that the arrows of the two directions do not cover each other
    directions = [("forward", -apart, ">", LINE_COLORS["h"]), ("backward", apart, "<", CURVE_STYLES[1][0])]

    def nodes(x, level, marker, color, label):
        ax.plot(x, np.full(seq, level), ls="none", marker=marker, color=color, mfc="white", ms=9, label=label)

    def arrow(start, end, color="0.6"):
        ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": color, "shrinkA": 5, "shrinkB": 5})

    nodes(steps, 0, "s", "0.35", "x")
    row = 0
    for layer in range(num_layers):
        level = 2 * layer + 1
        for name, shift, marker, color in directions[: 1 + bidirectional]:
            x, y = steps + shift, level + shift
            nodes(x, y, marker, color, layer_name(layer, name, tr_drawn))
            for t in steps:
                arrow((t, level - 1), (x[t], y))
                arrow((x[t], y), (t, level + 1))
            for t in steps[:-1]:
                ends = [(x[t], y), (x[t + 1], y)]
                arrow(*(ends if name == "forward" else ends[::-1]), color)
            end, side = (seq - 0.6, "left") if name == "forward" else (-0.4, "right")
            ax.text(end, y, f"h_n[{row}]", color=color, ha=side, va="center")
            row += 1
        above = "output" if layer == num_layers - 1 else tr_drawn("what layer {layer} reads", layer=layer + 1)
        nodes(steps, level + 1, "s", "0.35", above)
        if layer < num_layers - 1:
            reads = tr_drawn("layer {layer}\nreads", layer=layer + 1)
            ax.text(-0.2, level + 1, reads, ha="right", va="center", fontsize="small")
    for t in steps:
        ax.text(t, -0.35, f"x[:, {t}]", ha="center", va="top", fontsize="small")
        ax.text(t, 2 * num_layers + 0.3, f"output[:, {t}]", ha="center", va="bottom", fontsize="small")
    ax.set(xlim=(-1.1, seq + 0.1), ylim=(-0.9, 2 * num_layers + 0.9))
    ax.set_axis_off()
    return ax


MOST_STEPS = 100  # that can be told apart


def plot_packing(lengths: Sequence[int], *, packed: bool, ax: Axes | None = None) -> Axes:
    """Sequences of different lengths, a row each and a column for each time step: padded, or as a packed sequence.

    lengths : how many steps each sequence has
    packed : without padding, the longest first, with torch's batch_sizes under the columns; or in the order given, with
        the padding drawn empty

    A number in a box is its row of `data`, in the order in which the layer reads it. Raises ValueError if lengths are
    not whole numbers from 1 to 100, or packed is not True or False; TypeError if lengths is no list or ax no axes.
    """
    lengths = check_list("lengths", lengths, "numbers of steps")
    lengths = [whole_number("each of lengths", length, 1, MOST_STEPS) for length in lengths]
    if not lengths:
        raise ValueError("lengths is empty: give one number of steps at least")
    true_or_false("packed", packed)
    ax = axes_of(ax)
    most = max(lengths)
    ranked = sorted(range(len(lengths)), key=lambda k: -lengths[k])
    sizes = [sum(length > t for length in lengths) for t in range(most)]
    for level, k in enumerate(ranked if packed else range(len(lengths))):
        name = tr_drawn("sequence {number}", number=k)
        ax.text(-0.15, level + 0.5, name, ha="right", va="center", fontsize="small")
        grey = str(0.92 - 0.3 * k / len(lengths))  # the colours are those of the cells
        for t in range(lengths[k] if packed else most):
            real = t < lengths[k]
            look = {"facecolor": grey} if real else {"facecolor": "none", "hatch": "//"}
            ax.add_patch(Rectangle((t, level), 0.94, 0.9, edgecolor="0.6", **look))
            if packed:
                ax.text(t + 0.47, level + 0.45, str(sum(sizes[:t]) + level), ha="center", va="center")
    below = len(lengths) + 0.25
    for t, size in enumerate(sizes):
        ax.text(t + 0.47, below, str(size if packed else t), ha="center", va="top")
    name = "batch_sizes" if packed else tr_drawn("time step")
    ax.text(-0.15, below, name, ha="right", va="top", fontsize="small")
    title = tr_drawn("packed: data") if packed else tr_drawn("padded")
    ax.set(xlim=(-1.8, most), ylim=(len(lengths) + 1, -0.2), title=title)
    ax.set_axis_off()
    return ax
