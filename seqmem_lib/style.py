"""One palette and one look for plots and widgets.

The colours keep their meaning everywhere. A gate is shown from nothing (0) to its own full colour (1); a signed
value from nothing (0) to blue (negative) or orange (positive). Blue and orange stay apart for every common form
of colour blindness, and blue is the darker one, so the sign survives a grey print.
"""

import matplotlib
from matplotlib.colors import LinearSegmentedColormap

NEGATIVE, POSITIVE = "#2a5caa", "#e8871e"

GATE_COLORS = {
    "i": "#1b8a6b",
    "f": "#6a4fa3",
    "o": "#b8336a",
    "r": "#1b8a6b",  # like i, it decides what comes in
    "z": "#6a4fa3",  # like f, it keeps
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


def colormap(name: str) -> LinearSegmentedColormap:
    """The colour map of one activation: white to its colour for a gate in [0, 1], else diverging around 0."""
    if name in GATE_COLORS:
        return LinearSegmentedColormap.from_list(f"seqmem-{name}", ["white", GATE_COLORS[name]])
    # An odd number of colours has a middle: white is exactly 0.
    return LinearSegmentedColormap.from_list("seqmem-signed", [NEGATIVE, "white", POSITIVE], N=255)


def use_style() -> None:
    """Set matplotlib's defaults for the notebooks: fonts, sizes, no frames. Call it once, in the first cell."""
    matplotlib.rcParams.update(
        {
            "figure.figsize": (8, 3),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "font.size": 10.5,
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
