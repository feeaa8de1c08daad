"""One palette and one look for plots and widgets.

The colours keep their meaning everywhere. A gate is shown from nothing (0) to its own full colour (1); a signed
value from nothing (0) to blue (negative) or orange (positive). Blue and orange stay apart for every common form
of colour blindness, and blue is the darker one, so the sign survives a grey print.
"""

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from ..arguments import check_kind
from .letters import families

NEGATIVE, POSITIVE = "#2a5caa", "#e8871e"

GATE_COLORS = {
    "i": "#1b8a6b",
    "f": "#6a4fa3",
    "o": "#b8336a",
    "r": "#c8442f",
    "z": "#6a4fa3",  # like f, it keeps
}

# Lines stand out from white and from black, 3 to 1 at least. Red-green blindness confuses i with o, and a grey print
# most of them, so each line of a figure also has dashes of its own, in line widths.
LINE_COLORS = GATE_COLORS | {
    "g": "#909010",
    "n": "#909010",
    "a": "#909010",
    "c": "#8b5a2b",
    "h": "#0f8fd6",
    "x": "#777777",
}
LINE_DASHES = {
    "i": (1.5, 1),
    "f": (6, 1.5),
    "o": (5, 1.2, 1, 1.2),
    "r": (1.5, 1),
    "z": (6, 1.5),
    "g": (2.5, 1.2),
    "n": (2.5, 1.2),
    "a": (2.5, 1.2),
    "c": (),
    "h": (8, 1, 1, 1, 1, 1),
    "x": (1, 2.5),
}

NAMES = {
    "x": "input",
    "a": "pre-activation",
    "i": "input gate",
    "f": "forget gate",
    "g": "candidate",
    "o": "output gate",
    "r": "reset gate",
    "z": "update gate",
    "n": "candidate",
    "c": "cell state",
    "h": "hidden state",
}

# The curves of a figure, in this order: a colour and its dashes, in line widths. The colours stand out from white and
# from black (3 to 1 at least), stay apart for the common forms of colour blindness, and are no gate's; the dashes
# survive a grey print.
CURVE_STYLES = [
    ("#2f74cf", ()),
    ("#d1700a", (4, 1.5)),
    ("#73734b", (1, 1.2)),
    ("#bf7ca6", (6, 1.5, 1, 1.5)),
]


# The three cells, wherever they are compared: the colours that an Explorer gives its first curves.
CELL_COLORS = {cell: color for cell, (color, _) in zip(("RNN", "LSTM", "GRU"), CURVE_STYLES, strict=False)}


def colormap(name: str) -> LinearSegmentedColormap:
    """The colour map of one activation: white to its colour for a gate in [0, 1], else diverging around 0."""
    if name in GATE_COLORS:
        return LinearSegmentedColormap.from_list(f"seqmem-{name}", ["white", GATE_COLORS[name]])
    # An odd number of colours has a middle: white is exactly 0.
    return LinearSegmentedColormap.from_list("seqmem-signed", [NEGATIVE, "white", POSITIVE], N=255)


def readable_on(color: tuple[float, ...]) -> str:
    """Black or white, whichever stands out more from a colour, by the contrast of WCAG 2."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color[:3])
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "white" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "black"


def use_style() -> None:
    """Set matplotlib's defaults for the notebooks: fonts, sizes, no frames. Call it once, in the first cell,
    after `use_language` if you choose one.

    >>> sm.use_style()
    >>> import matplotlib
    >>> matplotlib.rcParams["axes.spines.top"]
    False
    """
    matplotlib.rcParams.update(
        {
            "figure.figsize": (8, 3),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "font.size": 10.5,
            "font.family": families(),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlelocation": "left",
            "axes.titlesize": "medium",
            "axes.grid": False,
            "legend.frameon": False,
            "lines.linewidth": 1.6,
            "image.interpolation": "nearest",
        }
    )


def axes_of(ax: Axes | None) -> Axes:
    """The axes to draw on: the current ones if none are given. Raises TypeError if they are something else."""
    return plt.gca() if ax is None else check_kind("ax", ax, Axes, "axes of matplotlib, such as plt.gca()")
