"""What a figure shows, in words made from what is drawn, for those who cannot see it."""

import base64
import io
import re
from html import escape

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection, QuadMesh
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FuncFormatter
from PIL import Image

from ..arguments import check_kind, check_text
from ..language import tag, tr, tr_joined, tr_label
from ..trace import Trace, only_sequence
from .letters import dress
from .style import GATE_COLORS, NAMES


def describe(shown: Trace | Axes | Figure) -> str:
    """What the heatmaps of one sequence show, or what is drawn in axes or in a figure, in words.

    Axes are read from their artists: lines, bands, bars, heatmaps and the numbers in their cells. What else is drawn is
    counted, not described. Raises ValueError if a trace holds more than one sequence, TypeError for anything else.
    """
    if isinstance(shown, Trace):
        return _describe_trace(only_sequence(shown, "shown"))
    if isinstance(shown, Axes):
        return _describe_axes(shown)
    if isinstance(shown, Figure):
        panels = [ax for ax in shown.axes if ax.get_label() != "<colorbar>"]
        if len(panels) == 1:
            return _describe_axes(panels[0])
        starts = [tr("Panel {k} of {count}.", k=k, count=len(panels)) for k in range(1, len(panels) + 1)]
        return tr_joined(tr_joined(pair) for pair in zip(starts, map(_describe_axes, panels), strict=True))
    raise TypeError(f"shown is of type {type(shown).__name__}: pass a Trace, or what a plot function returned")


def show(shown: Axes | Figure, words: str = "") -> None:
    """Show a figure in a notebook with its description as alternative text, and close it.

    shown : a figure, or any axes of it. Unlike `plt.show()`, the picture can be read by a screen reader, and its labels
        are in the language in use, if its catalogue has them.
    words : a sentence that says what the figure shows. It comes first; what is read from the artists follows.

    Raises TypeError if shown is something else, or words is no text.

    >>> sm.show(sm.plot_decay(0.5 ** torch.arange(20)))  # in a notebook it is seen
    {'text/plain': 'Figure. Lines: gradient norm (logarithmic) over lag (steps).', ...}
    """
    check_kind("shown", shown, Axes | Figure, "a figure, or any axes of it")
    figure = shown.figure if isinstance(shown, Axes) else shown
    titles = tr("; ").join(tr_label(title) for ax in figure.axes if (title := ax.get_title("left") or ax.get_title()))
    described = describe(figure)
    # As text one sentence: the others hold digits that differ between processors, and outputs are compared. So may
    # titles with a decimal point.
    several = len(figure.axes) > 1 and not re.search(r"\d\.\d", titles)
    words = tr_label(check_text("words", words))
    sentence = words or (titles if several else "") or re.split(r"\. |。", described)[0]
    words = tr_joined([words, described]).strip()
    drawn, file = io.BytesIO(), io.BytesIO()
    dress(figure)
    figure.savefig(drawn, format="png", bbox_inches="tight")
    plt.close(figure)  # else the notebook shows it a second time
    Image.open(drawn).convert("RGB").quantize(256).save(file, "png", optimize=True)  # a third of the size
    png = base64.b64encode(file.getvalue()).decode()
    lang = f' lang="{tag()}"' if tag() else ""
    html = f'<img class="seqmem-figure"{lang} alt="{escape(words)}" src="data:image/png;base64,{png}">'
    text = tr("Figure. {sentence}.", sentence=sentence.removesuffix(".").removesuffix("。"))
    display({"text/plain": text, "text/html": html, "image/png": png}, raw=True)


def _describe_trace(trace: Trace) -> str:
    steps, units = trace.h.shape[1:]
    sizes = {"kind": trace.kind, "steps": steps, "units": units}
    said = [tr("Heatmaps of what the {kind} computed: {steps} time steps along, {units} units down.", **sizes)]
    for name, value in trace.values.items():
        if name in GATE_COLORS:
            open_at = (value[0].mean(dim=-1) > 0.5).nonzero()[:, 0].tolist()
            what = tr("mean above 0.5 at {count} steps", count=len(open_at))
            if 0 < len(open_at) <= 12:
                what = tr("{what}: {which}", what=what, which=tr(", ").join(map(str, open_at)))
        else:
            what = tr("between {low} and {high}", low=f"{value.min():.2f}", high=f"{value.max():.2f}")
        said.append(_pair(f"{tr_label(NAMES[name]).capitalize()} {name}", what))
    return tr_joined(said)


def _pair(name: str, what: str) -> str:
    return tr("{name}: {what}.", name=name, what=what)


def _describe_axes(ax: Axes) -> str:
    meshes = [artist for artist in ax.collections if isinstance(artist, QuadMesh)]
    bands = {artist.get_label(): artist for artist in ax.collections if isinstance(artist, PolyCollection)}
    # Which of x and y are data: a horizontal line spans the axes, whatever the x.
    kinds = [tuple(line.get_transform().contains_branch_seperately(ax.transData)) for line in ax.lines]
    lines = [line for line, kind in zip(ax.lines, kinds, strict=True) if kind == (True, True)]
    levels = [line for line, kind in zip(ax.lines, kinds, strict=True) if kind == (False, True)]
    named = [level for level in levels if not level.get_label().startswith("_")]
    titles = [tr_label(ax.get_title(loc)) for loc in ("left", "center", "right") if ax.get_title(loc)]
    said = [tr("{sentence}.", sentence=title) for title in titles]
    said += [_say_mesh(ax, mesh) for mesh in meshes]
    if lines:
        x, y = (_label(axis) and _scaled(_label(axis), axis) for axis in (ax.xaxis, ax.yaxis))
        over = y or not _names(ax.yaxis)
        said.append(tr("Lines: {y} over {x}.", y=y or "y", x=x or "x") if over else tr("Along: {x}.", x=x or "x"))
        legend = ax.get_legend() and tr_label(ax.get_legend().get_title().get_text())
        said += [tr("{sentence}.", sentence=_capital(legend))] if legend else []
    said += [_pair(_capital(_name(level)), f"{level.get_ydata()[0]:.3g}") for level in named]
    said += [_say_line(line, bands.pop(band_label(line.get_label()), None), named) for line in lines]
    groups = [group for group in ax.containers if isinstance(group, BarContainer)]
    said += [_say_bars(ax, group) for group in groups]
    read = [*meshes, *lines, *levels, *(bar for group in groups for bar in group)]
    rest = len(bands) + sum(artist not in read for artist in [*ax.lines, *ax.patches, *ax.images])
    rest += sum(not isinstance(artist, QuadMesh | PolyCollection) for artist in ax.collections)
    return tr_joined([*said, *([tr("Things drawn but not described: {count}.", count=rest)] if rest else [])])


def _scaled(label: str, axis) -> str:
    return tr("{label} (logarithmic)", label=label) if axis.get_scale() == "log" else label


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _say_mesh(ax: Axes, mesh: QuadMesh) -> str:
    values = np.asarray(mesh.get_array())
    rows, columns = values.shape
    if len(ax.texts) == values.size:  # a table, with numbers in its cells
        across, down = ([text.get_text() for text in axis.get_ticklabels()] for axis in (ax.xaxis, ax.yaxis))
        across, down = ([tr_label(text) for text in texts] for texts in (across, down))
        cells = np.reshape([text.get_text() for text in ax.texts], values.shape)
        each = [tr("; ").join(f"{name} {cell}" for name, cell in zip(across, row, strict=True)) for row in cells]
        start = tr("Table: rows are {y}, columns are {x}.", y=tr_label(ax.get_ylabel()), x=tr_label(ax.get_xlabel()))
        return tr_joined([start, *(_pair(name, cells) for name, cells in zip(down, each, strict=True))])
    name = tr_label(ax.get_ylabel())
    name = f"{tr_label(NAMES[name])} {name}" if name in NAMES else name
    low, high = mesh.get_clim()
    what = tr("Heatmap of {name}", name=name) if name else tr("Heatmap")
    size = tr("{columns} columns, {rows} rows", columns=columns, rows=rows)
    reach = tr("values from {low} to {high}", low=f"{values.min():.3g}", high=f"{values.max():.3g}")
    colours = tr("its colours run from {low} to {high}", low=f"{low:.3g}", high=f"{high:.3g}")
    return _pair(what, tr(", ").join((size, reach)) + tr("; ") + colours)


def _say_bars(ax: Axes, group: BarContainer) -> str:
    flat = group.orientation == "horizontal"
    ticks = [tr_label(text.get_text()) for text in (ax.get_yticklabels() if flat else ax.get_xticklabels())]
    bars = zip(ticks, group, strict=True) if len(ticks) == len(group) else enumerate(group)
    name = tr_label(str(group.get_label()))
    heights = tr(", ").join(f"{tick} {bar.get_width() if flat else bar.get_height():.3g}" for tick, bar in bars)
    return _pair(tr("Bars") if name.startswith("_") else tr("Bars, {name}", name=name), heights)


def _say_line(line: Line2D, band: PolyCollection | None, levels: list[Line2D]) -> str:
    x, y = (np.ma.filled(np.ma.asarray(values, dtype=float), np.nan) for values in line.get_data())
    drawn = np.isfinite(x) & np.isfinite(y)
    x, y = x[drawn], y[drawn]
    name = _name(line)
    if not y.size:
        return _pair(name, tr("no point"))
    dots = _say_dots(line, x, y) if line.get_linestyle() == "None" and y.size > 1 else ""
    if dots:
        return dots
    if line.get_linestyle() == "None" and np.ptp(y) == 0:
        where = _where(x, np.full(x.size, True))
        return _pair(name, tr("{where}, marked at {value}", where=where, value=f"{y[0]:.3g}"))

    def point(k: int) -> str:
        return tr("{y} at {x}", y=f"{y[k]:.3g}", x=_place(line.axes.xaxis, x[k]))

    said = [point(k) + _say_band(band, x[k]) for k in sorted({0, y.size - 1})]
    lowest, highest = y.argmin(), y.argmax()
    said += [tr("lowest {point}", point=point(lowest))] if y[lowest] not in (y[0], y[-1]) else []
    said += [tr("highest {point}", point=point(highest))] if y[highest] not in (y[0], y[-1]) else []
    for level in levels:
        above = y >= level.get_ydata()[0]
        where = _where(x, above) if above.any() else tr("nowhere")
        said.append(tr("{level} or above {where}", level=_name(level), where=where))
    return _pair(name, tr(", ").join(said))


def _say_dots(line: Line2D, x: np.ndarray, y: np.ndarray) -> str:
    """Of dots that stand side by side in one named row or column: where they lie along it. Else nothing."""
    for values, across, axis in ((y, x, line.axes.xaxis), (x, y, line.axes.yaxis)):
        named = {_place(axis, value) for value in across}
        if _names(axis) and len(named) == 1:
            at = dict(zip(("low", "middle", "high"), np.quantile(values, [0, 0.5, 1]), strict=True))
            at = {"count": values.size} | {name: f"{value:.3g}" for name, value in at.items()}
            name = tr(", ").join([*([_name(line)] if _is_named(line) else []), *named])
            return _pair(name, tr("{count} dots from {low} to {high}, median {middle}", **at))
    return ""


def _names(axis) -> dict[float, str]:
    """The places of the ticks that were given texts."""
    ticks, formatter = axis.get_ticklocs(), axis.get_major_formatter()
    given = isinstance(formatter, FixedFormatter | FuncFormatter)
    return {tick: formatter(tick, k) for k, tick in enumerate(ticks)} if given else {}


def _place(axis, value: float) -> str:
    names = _names(axis)
    return tr_label(str(names[min(names, key=lambda tick: abs(tick - value))])) if names else f"{value:g}"


def _label(axis) -> str:
    """Its label, or that of an axis which has the same numbers."""
    shared = getattr(axis.axes, f"get_shared_{axis.axis_name}_axes")().get_siblings(axis.axes)
    labels = [getattr(one, f"{axis.axis_name}axis").get_label_text() for one in [axis.axes, *shared]]
    return tr_label(next(filter(None, labels), ""))


def _say_band(band: PolyCollection | None, x: float) -> str:
    corners = np.concatenate([path.vertices for path in band.get_paths()]) if band else np.empty((0, 2))
    here = corners[corners[:, 0] == x, 1]
    return tr(" (band {low} to {high})", low=f"{here.min():.3g}", high=f"{here.max():.3g}") if here.size else ""


def _where(x: np.ndarray, true: np.ndarray) -> str:
    """Where something holds: "at 3 to 17 and 20", in neighbouring points."""
    runs = np.split(np.arange(x.size)[true], np.flatnonzero(np.diff(np.arange(x.size)[true]) > 1) + 1)
    if len(runs) > 3:
        return tr("at {count} of {size} points", count=true.sum(), size=x.size)
    ends = [(f"{x[run[0]]:g}", f"{x[run[-1]]:g}") for run in runs]
    runs = [a if a == b else tr("{first} to {last}", first=a, last=b) for a, b in ends]
    return tr("at {places}", places=tr(" and ").join(runs))


def _name(line: Line2D) -> str:
    return tr_label(str(line.get_label())) if _is_named(line) else tr("the line")


def _is_named(line: Line2D) -> bool:
    return not str(line.get_label()).startswith("_")


def band_label(label) -> str:
    """The label of a band around a line; the underscore keeps it out of the legend."""
    return f"_band around {label}"
