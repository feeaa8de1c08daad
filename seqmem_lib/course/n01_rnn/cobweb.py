"""The Cobweb: a map of one state drawn against the diagonal, whose slope is what a gradient is multiplied by."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import brentq

from ...arguments import real_number, shown, whole_number
from ...language import tr, tr_joined
from ...plots.letters import tr_drawn
from ...plots.style import LINE_COLORS
from ...widgets.page import static_face

SCRIPT = Path(__file__).with_suffix(".js")


@dataclass(frozen=True)
class _Map:
    """One step: `value(state, settings)` is the next state, `slope` its derivative. maps.js has the same."""

    state: str
    reach: tuple[float, float]  # of the state, in the picture
    sliders: dict[str, tuple[float, float, float]]  # name -> least, most, where it starts
    value: Callable
    slope: Callable


MAPS = {
    "tanh(w·h + b)": _Map(
        "h",
        (-1.1, 1.1),
        {"w": (-3, 3, 0.5), "b": (-1, 1, 0)},
        lambda h, s: np.tanh(s["w"] * h + s["b"]),
        lambda h, s: s["w"] * (1 - np.tanh(s["w"] * h + s["b"]) ** 2),
    ),
    "f·c + i·g": _Map(
        "c",
        (-3.3, 3.3),
        {"f": (0, 1, 0.9), "i": (0, 1, 0), "g": (-1, 1, 0.5)},
        lambda state, s: s["f"] * state + s["i"] * s["g"],
        lambda state, s: s["f"] + 0 * state,
    ),
    "z·h + (1-z)·n": _Map(
        "h",
        (-1.1, 1.1),
        {"z": (0, 1, 0.9), "n": (-1, 1, 0.5)},
        lambda h, s: s["z"] * h + (1 - s["z"]) * s["n"],
        lambda h, s: s["z"] + 0 * h,
    ),
}


class Cobweb:
    """How one unit goes on by itself: its state after a step against its state before, and the walk between the two.

    formula : "tanh(w·h + b)" for the vanilla RNN, "f·c + i·g" for the LSTM, "z·h + (1-z)·n" for the GRU
    start : the state before the first step
    steps : how many are followed, an even number from 2 to 100
    settings : where the sliders start, by their names in the formula, such as `w=2`

    Dots are the fixed points: filled where the slope is between -1 and 1, or one of the two, so that the state comes
    back after a small push, and open where it is driven away. A short line at each is the slope. Beside it stand the
    state at each step, and the product of the slopes on the way, which is the gradient of that state by the first one.
    Everything is computed in the page: it moves with or without a kernel, and is a picture with alt text where no
    script runs.

    Raises ValueError if the formula or a setting is not one of these, or a number is outside its slider.
    """

    def __init__(self, formula: str = "tanh(w·h + b)", *, start: float = 0.5, steps: int = 20, **settings: float):
        if not isinstance(formula, str) or formula not in MAPS:
            raise ValueError(f"formula={shown(formula)} must be one of {', '.join(map(repr, MAPS))}")
        self.formula, self.map = formula, MAPS[formula]
        if unknown := set(settings) - set(self.map.sliders):
            raise ValueError(f"{formula} has the sliders {', '.join(self.map.sliders)}, not {', '.join(unknown)}")
        self.settings = {
            name: real_number(name, settings.get(name, at), low, high)
            for name, (low, high, at) in self.map.sliders.items()
        }
        low, high = (round(end / 1.1) for end in self.map.reach)
        self.start = real_number("start", start, low, high)
        self.steps = whole_number("steps", steps, 2, 100)
        if self.steps % 2:
            raise ValueError(f"steps={self.steps} must be even: its half is written below the picture")

    def __repr__(self) -> str:
        return f"Cobweb of {self.formula}: {self._chosen()}, {self.map.state}₀ = {self.start:g}"

    def _repr_mimebundle_(self, **_) -> dict[str, str]:
        return static_face(SCRIPT, self._data(), self._still_picture(), self._describe(), repr(self))

    def followed(self) -> tuple[np.ndarray, np.ndarray]:
        """The states, (steps + 1,), from the first one on, and the product of the slopes up to each."""
        states, left = [self.start], [1.0]
        for _ in range(self.steps):
            left.append(left[-1] * float(self.map.slope(states[-1], self.settings)))
            states.append(float(self.map.value(states[-1], self.settings)))
        return np.array(states), np.array(left)

    def fixed_points(self) -> list[tuple[float, float]]:
        """Where one step changes nothing, and the slope there; empty if no state changes at all."""
        low, high = self.map.reach

        def off(state):
            return self.map.value(state, self.settings) - state

        grid = np.linspace(low, high, 402)
        change = off(grid)
        crossed = np.flatnonzero((change[:-1] * change[1:] <= 0) & (change[1:] != 0))
        found = [brentq(off, grid[k], grid[k + 1]) for k in crossed]
        return [(state, float(self.map.slope(state, self.settings))) for state in found]

    def _chosen(self) -> str:
        return ", ".join(f"{name} = {value:g}" for name, value in self.settings.items())

    def _data(self) -> dict:
        """What the script reads."""
        low, high = self.map.reach
        places = {**self.map.sliders, f"{self.map.state}₀": (round(low / 1.1), round(high / 1.1), self.start)}
        values = [*self.settings.values(), self.start]
        return {
            "map": self.formula,
            "state": self.map.state,
            "low": low,
            "high": high,
            "color": LINE_COLORS[self.map.state],
            "steps": self.steps,
            "sliders": [
                {"name": name, "low": least, "high": most, "step": 0.01, "start": value}
                for (name, (least, most, _)), value in zip(places.items(), values, strict=True)
            ],
        }

    def _describe(self) -> str:
        """What the still picture shows, in words, for those who cannot see it."""
        states, left = self.followed()
        fixed = tr("; ").join(
            tr("{state}, with a slope of {slope}", state=f"{state:.2f}", slope=f"{slope:.2f}")
            for state, slope in self.fixed_points()
        )
        walk = tr(", ").join(f"{state:.2f}" for state in states[:6])
        start = f"{self._chosen()}, {self.map.state}₀ = {self.start:g}"
        said = [
            tr("Cobweb of {formula}: {start}.", formula=self.formula, start=start),
            tr("Fixed points: {fixed}.", fixed=fixed or tr("none")),
            tr("From step to step: {walk}, and so on; ", walk=walk)
            + tr("after {steps} steps {state}.", steps=self.steps, state=f"{states[-1]:.2f}"),
            tr(
                "A small change of {state}₀ is by then multiplied by {factor}.",
                state=self.map.state,
                factor=f"{left[-1]:.2g}",
            ),
        ]
        return tr_joined(said)

    def _still_picture(self) -> Figure:
        """The sliders at their start: what a page shows where no script runs."""
        states, left = self.followed()
        low, high = self.map.reach
        figure = Figure(figsize=(7.6, 3.6), layout="constrained")
        axes = figure.subplot_mosaic([["web", "path"], ["web", "push"]], width_ratios=[1, 1.1])
        grid, color, name = np.linspace(low, high, 201), LINE_COLORS[self.map.state], self.map.state
        axes["web"].plot([low, high], [low, high], "--", color="0.6", linewidth=1)
        axes["web"].plot(grid, self.map.value(grid, self.settings), color=color, linewidth=2.5)
        corners = np.repeat(states, 2)
        axes["web"].plot(corners[:-1], [low, *corners[2:]], color="0.1", linewidth=1)
        for state, slope in self.fixed_points():
            face = "0.1" if abs(slope) <= 1 else "white"
            axes["web"].plot(state, state, "o", markerfacecolor=face, markeredgecolor="0.1", zorder=3)
        axes["web"].set(xlim=(low, high), ylim=(low, high), xlabel=tr_drawn("{state} before the step", state=name))
        axes["web"].set_box_aspect(1)
        after = tr_drawn("{state} after the step: {formula}", state=name, formula=self.formula)
        axes["web"].set_title(f"{after}\n{self._chosen()}", loc="left", fontsize="medium")
        axes["path"].plot(states, color=color, linewidth=2)
        axes["path"].set(ylim=(low, high), xticklabels=[])
        axes["path"].set_title(tr_drawn("{state} at each step", state=name), loc="left", fontsize="medium")
        axes["push"].semilogy(np.abs(left).clip(1e-9, 1e3), color="0.1", linewidth=1.3)
        axes["push"].axhline(1, linestyle="--", color="0.6", linewidth=1)
        axes["push"].set(ylim=(1e-9, 1e3), xlabel=tr_drawn("step"))
        product = tr_drawn("product of the slopes since {state}₀", state=name)
        axes["push"].set_title(product, loc="left", fontsize="medium")
        for ax in axes.values():
            ax.spines[["top", "right"]].set_visible(False)
        return figure
