"""A widget that moves through a parameter: curves of a small grid in, a living figure out."""

import base64
from collections.abc import Callable
from copy import copy
from math import ceil, floor, isfinite, log10
from numbers import Integral, Real
from pathlib import Path
from textwrap import fill

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..arguments import alone, check_text, shown, true_or_false
from ..language import tr, tr_joined, tr_label
from ..plots.letters import columns, label_drawn, tr_drawn
from ..plots.style import CURVE_STYLES
from .page import say_size, static_face
from .settings import float32, floor_of, increasing, plain, settings, start_of

SCRIPT = Path(__file__).with_suffix(".js")
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Explorer:
    """Curves over x for every setting of one or two sliders: move a slider and see how they change.

    x : increasing numbers, (points,)
    curves : label -> values, (settings, points), or (settings of the first slider, of the second, points) if there
        are two; or (middle, low, high), a tuple of three such arrays, for a line inside a band. NaN at both ends of
        a band is a point without an interval.
    sliders : name -> its settings, numbers or texts; one or two of them
    log, floor : a logarithmic axis, and the value at and below which a curve is only "below": it is drawn there
    reference : a horizontal line, (value, label)
    start : the setting of each slider that is shown first, counted from 0; the first ones if omitted

    All values are computed beforehand; the page looks them up as float32 and prints four significant digits. The
    axis is the same for all settings, so that curves can be compared while they move. It is a picture with alt text
    where JavaScript does not run, and alive everywhere else, with or without a kernel.

    Raises ValueError if an argument does not fit the others, or a value is NaN or infinite, TypeError if a label is no
    text.

    >>> decay = torch.tensor([0.5, 0.9])[:, None] ** torch.arange(20)
    >>> sm.Explorer(range(20), {"left": decay}, sliders={"factor": [0.5, 0.9]}, xlabel="steps", ylabel="share")
    Explorer: sliders factor (2), curves: left
    """

    def __init__(
        self,
        x,
        curves: dict,
        *,
        sliders: dict[str, list],
        xlabel: str,
        ylabel: str,
        log: bool = False,
        floor: float | None = None,
        reference: tuple[float, str] | None = None,
        start: tuple[int, ...] | None = None,
    ):
        self.x = increasing(x)
        self.sliders = settings(sliders)
        self.xlabel, self.ylabel = check_text("xlabel", xlabel), check_text("ylabel", ylabel)
        self.log = true_or_false("log", log)
        self.floor = floor_of(floor, self.log)
        counts = [len(values) for values in self.sliders.values()]
        self.start = start_of(start, counts)
        if not isinstance(curves, dict) or not 1 <= len(curves) <= len(CURVE_STYLES):
            raise ValueError(f"curves must be a dict of 1 to {len(CURVE_STYLES)} labels and their values: plot fewer")
        shape = (*counts, len(self.x))
        self.curves = {str(label): self._curve(label, values, shape) for label, values in curves.items()}
        self.reference = self._reference(reference)
        self._limits, self._ticks = self._axis()
        size = sum(array.nbytes for arrays in self.curves.values() for array in arrays) * 4 // 3  # as base64
        say_size(
            "Explorer", size, f"pass fewer than {len(self.x):,} points, fewer values of the sliders, or fewer curves"
        )

    def __repr__(self) -> str:
        sliders = " x ".join(f"{name} ({len(values)})" for name, values in self.sliders.items())
        return f"Explorer: sliders {sliders}, curves: {', '.join(self.curves)}"

    def _repr_mimebundle_(self, **_) -> dict[str, str]:
        page, drawn = self._saying(tr_label), self._saying(label_drawn)
        return static_face(SCRIPT, page._data(), drawn._still_picture(), page._describe(), repr(self))

    def _saying(self, say: Callable[[str], str]) -> "Explorer":
        """The same with what it was given to say in other words."""
        other = copy(self)
        other.xlabel, other.ylabel = say(self.xlabel), say(self.ylabel)
        other.curves = {say(label): arrays for label, arrays in self.curves.items()}
        other.reference = self.reference and (self.reference[0], say(self.reference[1]))
        other.sliders = {
            say(name): [say(value) if isinstance(value, str) else value for value in values]
            for name, values in self.sliders.items()
        }
        return other

    def _curve(self, label, values, shape: tuple[int, ...]) -> list[np.ndarray]:
        """[middle], or [middle, low, high], each of that shape in float32."""
        name = f"curves[{label!r}]"
        parts = values if isinstance(values, tuple) else (values,)
        if len(parts) not in (1, 3):
            raise ValueError(f"{name} must be an array, or the tuple (middle, low, high), not {len(parts)} arrays")
        arrays = [float32(name, part) for part in parts]
        for array in arrays:
            if array.shape != shape:
                raise ValueError(f"{name} must have the shape {shape}, settings then points, not {array.shape}")
        middle, *band = arrays
        if not np.isfinite(middle).all():
            where = np.argwhere(~np.isfinite(middle))[0].tolist()
            raise ValueError(f"{name} must be finite, but at {where} it is NaN or too large: leave that setting out")
        if band and not ((band[0] <= band[1]) & np.isfinite(band).all(axis=0) | np.isnan(band).all(axis=0)).all():
            raise ValueError(f"{name} must have finite low <= high, or NaN in both where there is no interval")
        if self.log and self.floor is None and any((array <= 0).any() for array in arrays):
            raise ValueError(f"{name} is 0 or less somewhere, where a logarithmic axis ends: pass floor, such as 1e-12")
        return arrays

    def _reference(self, reference) -> tuple[float, str] | None:
        if reference is None:
            return None
        said = shown(reference)
        value, label = reference if isinstance(reference, tuple | list) and len(reference) == 2 else (None, None)
        value = alone(value)
        if not isinstance(value, Real) or isinstance(value, bool) or not isinstance(label, str):
            raise ValueError(f"reference={said} must be (value, label)")
        if not isfinite(value) or (self.log and value <= (self.floor or 0)):
            raise ValueError(f"reference={said} must have a finite value that is on the axis: choose another")
        return float(value), label

    def _axis(self) -> tuple[tuple[float, float], list[float]]:
        """Where y begins and ends for all settings, and the few round numbers that are written beside it."""
        values = np.concatenate([np.ravel(arrays) for arrays in self.curves.values()]).astype(float)
        if self.reference:
            values = np.append(values, self.reference[0])
        values = np.maximum(values, -np.inf if self.floor is None else self.floor)  # NaN stays NaN
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        if self.log and high >= 10 * low:
            # Rounded first, because float32 holds 1e-5 as a little less.
            first, last = floor(round(log10(low), 6)), ceil(round(log10(high), 6))
            low = low if self.floor == low else 10.0**first
            stride = ceil((last - first) / 6)
            # A tick too near the floor would stand on its label.
            powers = [k for k in range(first, last + 1) if k % stride == 0 and k - log10(low) > 0.6 * stride]
            return (low, 10.0**last), [low, *(10.0**k for k in powers)]
        least = 1e-3 * max(abs(low), abs(high)) or 1.0
        if high - low < least:  # a flat line needs an axis too
            low, high = high - least, high + least
        ticks = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high).tolist()
        if not self.log:
            return (ticks[0], ticks[-1]), ticks
        return (low, ticks[-1]), [low, *(tick for tick in ticks[1:] if tick > 1.1 * low)]

    def _xticks(self) -> list[float]:
        first, last = float(self.x[0]), float(self.x[-1])
        ticks = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(first, last) if first < last else self.x
        return [float(tick) for tick in ticks if first <= tick <= last]

    def _data(self) -> dict:
        """What explorer.js reads."""
        styles = zip(self.curves.items(), CURVE_STYLES, strict=False)
        return {
            "x": [plain(value) for value in self.x],
            "xlabel": self.xlabel,
            "ylabel": self.ylabel,
            "xticks": self._xticks(),
            "yticks": self._ticks,
            "limits": self._limits,
            "log": self.log,
            "floor": self.floor,
            "reference": self.reference,
            "sliders": [{"name": name, "values": values} for name, values in self.sliders.items()],
            "start": self.start,
            "curves": [
                {"label": label, "color": color, "dash": dash, "values": [_base64(array) for array in arrays]}
                for (label, arrays), (color, dash) in styles
            ],
        }

    def _setting(self, say: Callable[[str], str]) -> str:
        """Where the sliders start, in words."""
        chosen = zip(self.sliders.items(), self.start, strict=True)
        return say(", ").join(f"{name} {_text(values[k])}" for (name, values), k in chosen)

    def _describe(self) -> str:
        """What the still picture shows, in words, for those who cannot see it."""
        lines = [tr("{y} over {x} at {where}.", y=self.ylabel, x=self.xlabel, where=self._setting(tr))]
        for label, (middle, *_) in self.curves.items():
            values = middle[self.start]
            ends = [tr("{y} at {x}", y=self._value(values[k]), x=_text(self.x[k])) for k in (0, -1)]
            lines.append(tr("{name}: {what}.", name=label, what=tr(", ").join(ends)))
        if self.reference:
            lines.append(tr("{name}: {what}.", name=self.reference[1], what=_text(self.reference[0])))
        return tr_joined(lines)

    def _value(self, value: float) -> str:
        if self.floor is not None and value <= self.floor:
            return tr("below {floor}", floor=_text(self.floor))
        return f"{value:.4g}"

    def _still_picture(self) -> Figure:
        """The first setting: what a page shows where no script runs."""
        figure = Figure(figsize=(7, 4), layout="constrained")
        ax = figure.subplots()
        for (label, arrays), (color, dash) in zip(self.curves.items(), CURVE_STYLES, strict=False):
            middle, *band = (np.maximum(array[self.start], self._limits[0]) for array in arrays)
            ax.plot(self.x, middle, color=color, linestyle=(0, dash or None), linewidth=2, label=label, clip_on=False)
            if band:
                ax.fill_between(self.x, *band, color=color, alpha=0.2, linewidth=0)
        if self.reference:
            ax.axhline(self.reference[0], label=self.reference[1], color="0.25", linewidth=0.8)
        ax.set_yscale("log" if self.log else "linear")
        ax.set_yticks(self._ticks, [("≤ " if y == self.floor else "") + _tick(y, self.log) for y in self._ticks])
        ax.set_yticks([], minor=True)
        ax.set(ylim=self._limits, xticks=self._xticks(), xlabel=_literal(self.xlabel))
        title = tr_drawn("{y}, at {where}", y=self.ylabel, where=self._setting(tr_drawn))
        title = fill(title, 90 * len(title) // columns(title))
        ax.set_title(_literal(title), loc="left", fontsize="medium", pad=12)
        ax.margins(x=0)
        ax.grid(axis="y", color="0.88", linewidth=0.8)
        ax.spines[["top", "left", "right"]].set_visible(False)
        ax.tick_params(length=0, pad=6)
        handles, labels = ax.get_legend_handles_labels()
        in_a_row = len(labels) if columns("".join(labels)) < 60 else 1
        key = {"loc": "outside lower left", "frameon": False, "handlelength": 3}
        figure.legend(handles, [_literal(label) for label in labels], ncols=in_a_row, **key)
        return figure


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()


def _text(value) -> str:
    return str(value) if isinstance(value, str | Integral) else f"{value:.6g}"


def _tick(value: float, log: bool) -> str:
    power = log10(value) if log else 0.5
    if abs(power - round(power)) < 1e-6:
        return f"10{str(round(power)).translate(RAISED)}"
    return _text(value).replace("-", "−")


def _literal(text: str) -> str:
    """Text for matplotlib, which would read dollars as mathematics."""
    return text.replace("$", r"\$")
