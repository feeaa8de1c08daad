"""The Playground: small networks that are trained in the page, and what becomes of them if something is changed."""

import base64
import re
from collections.abc import Sequence
from pathlib import Path

from torch import Generator, Tensor, nn

from ..arguments import check_kind, check_list, one_of, real_number, shown, whole_number
from ..language import tr_label
from ..plots.letters import label_drawn
from ..plots.style import CELL_COLORS, NEGATIVE, POSITIVE
from ..recording import record
from ..tasks import counting, latch, store_and_recall, temporal_order
from ..tasks.task import Task
from ..training.models import SequenceModel
from ..training.start import start_keeping
from .diagrams import PLANS
from .page import static_face
from .panels import in_words, look
from .scrubber import Scrubber

SCRIPT = Path(__file__).with_suffix(".js")
# What the page can draw: the name there, the maker here, and the length that is offered if no other is asked for.
TASKS = {
    "store and recall": ("storeAndRecall", store_and_recall, 40),
    "latch": ("latch", latch, 20),
    "counting": ("counting", counting, 20),
    "temporal order": ("temporalOrder", temporal_order, 30),
}
CELLS = {"RNN": nn.RNN, "ReLU RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}
PANELS = {"RNN": "ah", "ReLU RNN": "ah", "LSTM": "ifgoch", "GRU": [*"rznh", "Wh"]}
CURVES = {
    "RNN": {"color": CELL_COLORS["RNN"], "dash": ""},
    "ReLU RNN": {"color": CELL_COLORS["RNN"], "dash": "2 2"},
    "LSTM": {"color": CELL_COLORS["LSTM"], "dash": "6 2"},
    "GRU": {"color": CELL_COLORS["GRU"], "dash": "8 2 1 2"},
}
MOST_UNITS = 8


class Playground:
    """Train RNN, LSTM and GRU in the page, and ask what if: another input, a gate held, a weight moved, a state nudged.

    what : one of the tasks store_and_recall, latch, counting and temporal_order; or a SequenceModel of at most 8 units
        for one of them, trained or not, which is then where the Playground starts
    task : what a model given as `what` reads
    cell : "RNN", "ReLU RNN", "LSTM" or "GRU"; or a list of them, which read the same sequences side by side. An LSTM if
        omitted; a model has its own.
    units : from 1 to 8; 1 if omitted, and a model has its own
    forget_bias : of the forget gate of the LSTM and the update gate of the GRU at the start; as torch draws it if
        omitted
    lr : the learning rate of Adam (Kingma & Ba 2015)
    seed : of the initial weights, from 0 to 999
    step : the step shown first; the one where the state changes most if omitted

    The networks compute in double precision, as torch does. A training has 1,500 updates on fresh batches of 64. The
    Playground is a picture with alt text where JavaScript does not run, and alive everywhere else, with or without a
    kernel.

    Raises TypeError if what is neither a task nor a SequenceModel, ValueError if the page cannot draw the task, the
    model does not fit it, or another argument is not possible.

    >>> sm.Playground(sm.tasks.latch(20), cell=["LSTM", "GRU"], units=4)
    Playground: LSTM, GRU, units: 4, latch, lag 20
    """

    def __init__(
        self,
        what: Task | SequenceModel,
        *,
        task: Task | None = None,
        cell: str | Sequence[str] | None = None,
        units: int | None = None,
        forget_bias: float | None = None,
        lr: float = 2e-2,
        seed: int = 0,
        step: int | None = None,
    ):
        self.lr = real_number("lr", lr, 1e-6, 1)
        self.seed = whole_number("seed", seed, 0, 999)
        self.forget_bias = None if forget_bias is None else real_number("forget_bias", forget_bias, -10, 10)
        check_kind("what", what, Task | SequenceModel, "a task, such as tasks.latch(20), or a SequenceModel")
        if isinstance(what, SequenceModel):
            self.task = check_kind("task", task, Task, "the task that the model reads, such as tasks.latch(20)")
            for name, value in {"cell": cell, "units": units}.items():
                if value is not None:
                    raise ValueError(f"{name}={shown(value)} is for a task: a model given as `what` has its own")
            self.models = {_cell_of(what): what}
        else:
            if task is not None:
                raise ValueError(f"task={shown(task)} belongs to a model: pass one task, as the first argument")
            self.task = what
            self.models = self._started("LSTM" if cell is None else cell, 1 if units is None else units)
        self.kind, self.length, x = _page_task(self.task)
        first = next(iter(self.models.values()))
        self.units = whole_number("units", first.rnn.hidden_size, 1, MOST_UNITS)
        sizes = first.rnn.input_size, first.readout.out_features
        if sizes != (self.task.input_size, self.task.output_size):
            raise ValueError(f"what reads {sizes[0]} and answers {sizes[1]} numbers: it does not fit the {self.task!r}")
        self.x = x
        traces = {
            label: record(model.rnn, x.to(model.readout.weight), tokens=self.task.tokens(x))[0]
            for label, model in self.models.items()
        }
        self._scrubber = Scrubber(traces if len(traces) > 1 else [*traces.values()], step=step, inputs=self._inputs())

    def _started(self, cell: str | Sequence[str], units: int) -> dict[str, SequenceModel]:
        units = whole_number("units", units, 1, MOST_UNITS)
        cells = check_list("cell", [cell] if isinstance(cell, str) else cell, "names of cells")
        if not cells or len(set(cells)) < len(cells):
            raise ValueError(f"cell={shown(cells)} must be different cells, one at least")
        models = {}
        for cell in cells:
            one_of("cell", cell, tuple(CELLS))
            options = {"nonlinearity": "relu"} if cell == "ReLU RNN" else {}
            models[cell] = SequenceModel(CELLS[cell], self.task, hidden_size=units, seed=self.seed, **options)
            if self.forget_bias is not None and "RNN" not in cell:
                start_keeping(models[cell].rnn, self.forget_bias)
        return models

    def _inputs(self) -> list[str]:
        letters = self.task.input_size > 3 or self.kind == "counting"
        names = {"counting": "·ab", "latch": "ABCDabcd", "temporalOrder": "XYabcd"}
        return list(names[self.kind]) if letters else ["value", "write", "read"]

    def __repr__(self) -> str:
        return f"Playground: {', '.join(self.models)}, units: {self.units}, {self.task.name}"

    def _repr_mimebundle_(self, **_) -> dict[str, str]:
        page, drawn = self._scrubber.saying(tr_label), self._scrubber.saying(label_drawn)
        return static_face(SCRIPT, self._data(), drawn.still_picture(), page.alt(), repr(self))

    def _data(self) -> dict:
        """What playground.js reads."""
        others = [[kind, length] for kind, _, length in TASKS.values() if kind != self.kind]
        return {
            "tasks": [[self.kind, self.length], *others],
            "cells": list(self.models),
            "units": self.units,
            "keep": self.forget_bias,
            "lr": self.lr,
            "seed": self.seed,
            "step": self._scrubber.step,
            "unit": self._scrubber.unit,
            "x": _encoded(self.x[0]),
            "weights": {cell: _weights(model) for cell, model in self.models.items()},
            "kinds": {
                cell: {
                    "plan": PLANS[cell],
                    "panels": [in_words(look(name)) for name in PANELS[cell]],
                    "curve": CURVES[cell],
                }
                for cell in CELLS
            }
            | {"x": in_words(look("x"))},
            "colors": {"negative": NEGATIVE, "positive": POSITIVE},
        }


def _cell_of(model: SequenceModel) -> str:
    kind = model.rnn.mode
    return {"RNN_TANH": "RNN", "RNN_RELU": "ReLU RNN"}.get(kind, kind)


def _page_task(task: Task) -> tuple[str, int, Tensor]:
    """The task's name in the page, its length there, and one sequence, (1, seq, input_size). Raises ValueError if the
    page cannot draw it.
    """
    found = re.fullmatch(r"(.+), (?:lag )?(\d+)(?: steps)?", task.name)
    kind, maker, _ = TASKS.get(found[1] if found else "", (None, None, None))
    if maker:
        length = int(found[2])
        x, y = task(1, generator=Generator().manual_seed(1))
        same_x, same_y = maker(length)(1, generator=Generator().manual_seed(1))
        if x.shape == same_x.shape and x.equal(same_x) and y.equal(same_y):
            return kind, length, x
    raise ValueError(f"the page cannot draw the {task!r}: choose one of {', '.join(TASKS)}, as tasks makes them")


def _encoded(values: Tensor) -> str:
    return base64.b64encode(values.detach().cpu().double().numpy().astype("<f8").tobytes()).decode()


def _weights(model: SequenceModel) -> dict[str, str]:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    layer = {name: getattr(model.rnn, f"{name}_l0") for name in names}
    return {name: _encoded(one) for name, one in layer.items()} | {
        "readout_weight": _encoded(model.readout.weight),
        "readout_bias": _encoded(model.readout.bias),
    }
