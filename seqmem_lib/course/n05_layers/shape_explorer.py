"""The ShapeExplorer: choose a recurrent layer, and see which block of h_n is which slice of its output."""

from itertools import product
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ...arguments import shown, whole_number
from ...language import tr, tr_joined
from ...plots.letters import tr_drawn
from ...widgets.page import static_face
from .shape_facts import CHOICES, LONGEST, SIZES, different_lengths, facts, fill, layer_name, names_of

SCRIPT = Path(__file__).with_suffix(".js")
# They stand out from white and from black (3 to 1 at least), and none is that of a direction in plot_layers. Forward is
# filled, backward is light with an outline, so that directions are told apart in a grey print too.
LAYER_COLORS = ["#0a8a70", "#c2417c", "#8a5cd1"]


class ShapeExplorer:
    """Choose cell, sizes, layers, directions, batch_first and lengths: see output, h_n and c_n as labelled blocks.

    cell : "RNN", "GRU" or "LSTM"
    batch, seq, input_size, hidden_size : 2 to 4, 2 to 7, 1 to 5, 1 to 5
    num_layers, bidirectional, batch_first : as in torch.nn
    lengths : "equal", or "different" for padded sequences that are packed, and unpacked afterwards

    All are where the controls start. Below the blocks stand Python expressions, true and false ones, about the layer
    that is chosen, and its number of parameters. It is a picture with alt text where JavaScript does not run, and alive
    everywhere else, with or without a kernel.

    Raises ValueError if an argument is not one of these values.
    """

    def __init__(
        self,
        *,
        cell: str = "LSTM",
        batch: int = 3,
        seq: int = 6,
        input_size: int = 2,
        hidden_size: int = 5,
        num_layers: int = 2,
        bidirectional: bool = True,
        batch_first: bool = True,
        lengths: str = "equal",
    ):
        numbers = zip(SIZES.items(), (batch, seq, input_size, hidden_size), strict=True)
        self.sizes = {letter: whole_number(name, value, *reach) for (letter, (name, *reach)), value in numbers}
        values = cell, whole_number("num_layers", num_layers, 1, 3), bidirectional, batch_first, lengths
        for (name, allowed), value in zip(CHOICES.items(), values, strict=True):
            if not any(type(value) is type(one) and value == one for one in allowed):
                raise ValueError(f"{name}={shown(value)} must be one of {', '.join(map(repr, allowed))}")
        self.choice = dict(zip(CHOICES, values, strict=True))

    def __repr__(self) -> str:
        chosen = {SIZES[letter][0]: value for letter, value in self.sizes.items()} | self.choice
        return f"ShapeExplorer: {', '.join(f'{name} {value}' for name, value in chosen.items())}"

    def _repr_mimebundle_(self, **_) -> dict[str, str]:
        return static_face(SCRIPT, self._data(), self._still_picture(), self._describe(), repr(self))

    def _data(self) -> dict:
        """What the script reads. What several choices share is sent once, in a pool, where they name its place."""
        pool = {}  # fact -> its place
        choices = {}
        for values in product(*CHOICES.values()):
            found = facts(**dict(zip(CHOICES, values, strict=True)))
            choices[" ".join(map(str, values))] = {
                name: [pool.setdefault(fact, len(pool)) for fact in of_one_kind] for name, of_one_kind in found.items()
            }
        return {
            "sizes": [
                {"letter": letter, "name": name, "low": low, "high": high, "start": self.sizes[letter]}
                for letter, (name, low, high) in SIZES.items()
            ],
            "options": [
                {"name": name, "values": [str(value) for value in values], "start": str(self.choice[name])}
                for name, values in CHOICES.items()
            ],
            "lengths": {seq: different_lengths(seq) for seq in range(2, LONGEST + 1)},
            "colors": LAYER_COLORS,
            "pool": list(pool),
            "choices": choices,
        }

    def _describe(self) -> str:
        """What the still picture shows, in words, for those who cannot see it."""
        found, names = facts(**self.choice), names_of(self.sizes)
        shapes = tr(", ").join(f"{name} {fill(shape, names)}" for name, shape in found["shapes"])
        rows = [tr(", ").join((layer_name(*block[:2]), fill(block[2], names))) for block in found["blocks"]]
        rows = tr("; ").join(tr("{label}: {said}", label=f"h_n[{k}]", said=row) for k, row in enumerate(rows))
        chosen = {name: self.choice[name] for name in ("cell", "lengths")}
        said = [tr("{cell}, lengths {lengths}.", **chosen), tr("Shapes: {shapes}.", shapes=shapes)]
        return tr_joined([*said, tr("{sentence}.", sentence=rows)])

    def _still_picture(self) -> Figure:
        """output and h_n at the start: what a page shows where no script runs."""
        found, names = facts(**self.choice, tr=tr_drawn), names_of(self.sizes)
        b, t, blocks, first = self.sizes["B"], self.sizes["T"], found["blocks"], self.choice["batch_first"]
        ends = names["lengths"] if self.choice["lengths"] == "different" else [t] * b
        shown = [block for block in blocks if block[3]]
        figure = Figure(figsize=(7, 3.6), layout="constrained")
        axes = figure.subplots(1, 2, width_ratios=[t + 1, b + 4] if first else [b + 1, b + 4])
        rows, columns = (b, t) if first else (t, b)
        sizes, directions = (
            {"output": (rows, columns), "h_n": (len(blocks), b + 3)},
            tr_drawn("batch ↓  time →") if first else tr_drawn("time ↓  batch →"),
        )
        for ax, (name, (rows, columns)) in zip(axes, sizes.items(), strict=True):
            ax.set(xlim=(0, columns), ylim=(rows, 0), xticks=[], yticks=[])
            ax.set_title(f"{name} {fill(dict(found['shapes'])[name], names)}", loc="left", fontsize="medium")
            ax.spines[:].set_visible(False)
        outlined = tr_drawn("outlined: what h_n repeats")
        axes[0].set_xlabel(f"{directions}   {outlined}", loc="left", fontsize="small")
        for k, step, (part, block) in product(range(b), range(t), enumerate(shown)):
            place = (step, k) if first else (k, step)
            end = ends[k] - 1 if block[3] == "end" else 0
            _box(axes[0], place, part, len(shown), block, padded=step >= ends[k], marked=step == end)
        for row, block in enumerate(blocks):
            for k in range(b):
                _box(axes[1], (k, row), 0, 1, block, marked=bool(block[3]))
            label = tr_drawn("{label}: {said}", label=f"h_n[{row}]", said=layer_name(*block[:2], tr_drawn))
            text = f"{label}\n{fill(block[2], names)}"
            axes[1].text(b + 0.15, row + 0.5, text, va="center", fontsize="small")
        return figure


def _box(ax, place, part: int, of: int, block: tuple, *, marked: bool, padded: bool = False) -> None:
    """The numbers of one layer and direction at one place, beside those of the other direction."""
    color = "0.6" if padded else LAYER_COLORS[block[0]]
    face = "none" if padded else color if block[1] == "forward" else color + "33"
    left, width = place[0] + 0.08 + part * 0.84 / of, 0.84 / of - 0.06
    look = {"edgecolor": color, "facecolor": face, "hatch": "////" if padded else None}
    ax.add_patch(Rectangle((left, place[1] + 0.2), width, 0.6, **look))
    if marked:
        ax.add_patch(Rectangle((left, place[1] + 0.2), width, 0.6, edgecolor="0.1", facecolor="none", linewidth=2))
