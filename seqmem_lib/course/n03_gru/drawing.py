"""A labelled drawing of a GRU cell, for the page and for print. Axes in, axes out."""

from matplotlib.axes import Axes

from ...plots.letters import tr_drawn
from ...plots.style import LINE_COLORS, axes_of
from ..n02_lstm.drawing import draw_arrow, draw_box, draw_plan

CARRIED = [
    ("$z_t \\cdot h_{t-1}$", 172, 28),
    ("$(1 - z_t) \\cdot n_t$", 254, 66),
    ("$r_t \\cdot (W_{hn} h_{t-1} + b_{hn})$", 164, 103),
]
READING = [("r", 106, 106, 133), ("z", 124, 124, 53), ("z", 246, 230, 109)]


def draw_gru(*, ax: Axes | None = None) -> Axes:
    """What happens inside one unit of a GRU at one step, as `draw_lstm` of notebook 02 draws an LSTM. The update gate
    z is there twice: as it opens for the old memory, it closes for the candidate.

    Raises TypeError if ax is no axes.
    """
    ax = axes_of(ax)
    said = [
        ("z", 124, 6, "center", tr_drawn("how much to keep")),
        ("r", 92, 140, "right", tr_drawn("how much $n$ may see")),
        ("n", 178, 146, "left", tr_drawn("what to write")),
        ("h", 304, 33, "left", tr_drawn("the memory, and what is shown")),
    ]
    sources = tr_drawn("$x_t$ and $h_{t-1}$: from these the gates are computed")  # n sees h by way of r
    draw_plan(ax, "GRU", said, CARRIED, READING, (142, 180, sources))
    draw_box(ax, 150, 158, 12, 9, "$x_t$")
    draw_arrow(ax, (155, 149), (168, 131), LINE_COLORS["n"], "-|>", 0.9, linestyle=(0, (3, 2)))
    ax.text(32, 40, "$h_{t-1}$", ha="right", va="center", size="large")
    ax.text(34, 56, tr_drawn("the memory before"), ha="right", va="center", size="small", color="0.35")
    ax.text(44, 82, tr_drawn("of all units"), ha="right", va="center", size="small", color="0.35")
    ax.text(238, 92, tr_drawn("the rest, $1 - z$:"), ha="left", va="center", size="small", color="0.35")
    ax.text(238, 104, tr_drawn("how much to write"), ha="left", va="center", size="small", color="0.35")
    ax.set_title(
        tr_drawn("A share z of the old memory and a share 1 − z of the candidate are the new memory, which is shown")
    )
    return ax
