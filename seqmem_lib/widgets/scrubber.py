"""The Scrubber: move through time, and watch what a recurrent layer computes."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ..arguments import check_kind, check_list, real_array, shown, whole_number
from ..language import tr, tr_joined, tr_label
from ..plots.alt_text import describe
from ..plots.letters import label_drawn
from ..plots.style import NEGATIVE, POSITIVE
from ..trace import Trace, only_sequence
from .diagrams import PLANS
from .page import MOST_BYTES, say_size, static_face
from .panels import in_words, panel
from .still import still_picture

SCRIPT = Path(__file__).with_suffix(".js")
MOST_WORDS = 60  # in the alternative text
MARKS = {"·", "write", "read"}  # the tokens of `store_and_recall`
MOST_INPUTS = 8  # wider inputs, such as word vectors, tell nobody anything as a heatmap


class Scrubber:
    """Move through time and watch every gate and state of one sequence, and the numbers inside one unit.

    traces : a trace of one sequence (of a larger trace, `trace[k]`); a list of them, one for each checkpoint of a
        training; or a dict, label -> either of these, to see several layers read the same sequence in lock-step
    unit : the unit shown first; the one whose state changes most if omitted
    step : the step shown first, counted from 0; the one where that unit's state changes most if omitted
    checkpoint : the checkpoint shown first; the last if omitted
    inputs : names of the input features. Inputs are shown if there are at most 8 of them.
    checkpoints : one text for each checkpoint, such as "100 steps"; or {name of the slider: these texts} if the traces
        differ in something else than the training, such as in a gate that was held
    readout : name -> (seq,) or (checkpoints, seq) values, such as a probability or a gradient norm for each step.
        Positive values that span a factor of 1,000 are drawn on a logarithmic axis.

    It is a picture with alt text where JavaScript does not run, and alive everywhere else, with or without a kernel. A
    warning says so if it takes more than 5 MB. Keys on the sliders: arrows, Page Up and Down, Home and End.

    Raises ValueError if the traces or another argument do not fit together, or a value is NaN or past 32,767, TypeError
    if readout is no dict.

    >>> trace = sm.record(nn.LSTM(2, 4, batch_first=True), torch.randn(1, 4, 2), tokens=["not", "bad", "at", "all"])
    >>> sm.Scrubber(trace, step=1)
    Scrubber: LSTM, steps: 4, units: 4, starts at step 1
    """

    def __init__(
        self,
        traces: Trace | Sequence[Trace] | Mapping[str, Trace | Sequence[Trace]],
        *,
        unit: int | None = None,
        step: int | None = None,
        checkpoint: int | None = None,
        inputs: Sequence[str] | None = None,
        checkpoints: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
        readout: Mapping[str, Sequence] | None = None,
    ):
        self.views = _views(traces)
        first = next(iter(self.views.values()))
        self.trace = first[-1]
        self.tokens = self.trace.tokens and self.trace.tokens[0]
        seq, units = self.trace.h.shape[1:]
        self.differ_in = "trained for"
        if isinstance(checkpoints, Mapping) and len(checkpoints) == 1:
            ((differ_in, checkpoints),) = checkpoints.items()
            self.differ_in = str(differ_in)
        self.checkpoints = _names("checkpoints", checkpoints, len(first), default=[str(k) for k in range(len(first))])
        features = self.trace.x.shape[-1]
        self.inputs = _names("inputs", inputs, features, default=[f"x{k}" for k in range(features)])
        memory = "c" if self.trace.kind == "LSTM" else "h"
        change = (self.trace.values[memory] - self.trace.before(memory))[0].abs()  # (seq, hidden_size)
        most_units = max(view[0].h.shape[-1] for view in self.views.values())
        self.unit = whole_number("unit", change.sum(dim=0).argmax() if unit is None else unit, 0, most_units - 1)
        most = change[:, min(self.unit, units - 1)].argmax()
        self.step = whole_number("step", most if step is None else step, 0, seq - 1)
        # Which change is the largest may hang on a rounding, and processors round differently: no text names that step.
        self._moving = step is None
        checkpoint = len(first) - 1 if checkpoint is None else checkpoint
        self.checkpoint = whole_number("checkpoint", checkpoint, 0, len(first) - 1)
        readout = {} if readout is None else check_kind("readout", readout, Mapping, "a dict, name -> values")
        self._readouts = [_readout(name, values, len(first), seq) for name, values in readout.items()]
        self._panels = {label: [panel(name, view) for name in view[0].values] for label, view in self.views.items()}
        same_input = all(trace.x.equal(self.trace.x) for view in self.views.values() for trace in view)
        self._input = panel("x", [self.trace]) if same_input and features <= MOST_INPUTS else None
        for label, view in self.views.items():
            if view[0].Wh is not None:  # for the diagram alone
                self._panels[label].append(panel("Wh", view))
        size = sum(len(one["values"]) for panels in self._panels.values() for one in panels)
        fewer = max(1, seq * MOST_BYTES // size)
        say_size(
            "Scrubber", size, f"record fewer of its {seq:,} steps, such as the last {fewer:,}, or fewer checkpoints"
        )

    def __repr__(self) -> str:
        kinds = ", ".join(view[0].kind for view in self.views.values())
        units = ", ".join(str(view[0].h.shape[-1]) for view in self.views.values())
        learned = f", checkpoints: {len(self.checkpoints)}" if len(self.checkpoints) > 1 else ""
        steps, start = self.trace.lengths[0], "where the state changes most" if self._moving else f"at step {self.step}"
        return f"Scrubber: {kinds}, steps: {steps}, units: {units}{learned}, starts {start}"

    def _repr_mimebundle_(self, **_) -> dict[str, str]:
        page, drawn = self.saying(tr_label), self.saying(label_drawn)
        return static_face(SCRIPT, page.data(), drawn.still_picture(), page.alt(), repr(self))

    def saying(self, say: Callable[[str], str]) -> "Scrubber":
        """The same with what it was given to say in other words."""
        other = copy(self)
        other.views = {say(label): view for label, view in self.views.items()}
        other._panels = {say(label): panels for label, panels in self._panels.items()}
        if self.tokens and set(self.tokens) <= MARKS:  # a text stays as it was written
            other.tokens = [say(token) for token in self.tokens]
        other.differ_in = say(self.differ_in)
        other.checkpoints = [say(name) for name in self.checkpoints]
        other.inputs = [say(name) for name in self.inputs]
        other._readouts = [{**one, "name": say(one["name"])} for one in self._readouts]
        return other

    def data(self) -> dict:
        """What scrubber.js reads."""
        return {
            "seq": self.trace.lengths[0],
            "step": self.step,
            "unit": self.unit,
            "checkpoint": self.checkpoint,
            "checkpoints": self.checkpoints,
            "differIn": self.differ_in,
            "tokens": self.tokens,
            "inputs": self.inputs,
            "input": self._input and in_words(self._input),
            "alt": self.alt(),
            "colors": {"negative": NEGATIVE, "positive": POSITIVE},
            "views": [
                {
                    "label": label,
                    "kind": view[0].kind,
                    "units": view[0].h.shape[-1],
                    "reverse": view[0].reverse,
                    "plan": PLANS[view[0].kind],
                    "panels": [in_words(one) for one in self._panels[label]],
                }
                for label, view in self.views.items()
            ],
            "readouts": self._readouts,
        }

    def alt(self) -> str:
        """What the still picture shows, in words, for those who cannot see it."""
        said = []
        for label, view in self.views.items():
            described = describe(view[self.checkpoint])
            said.append(tr("{label}: {said}", label=label, said=described) if label else described)
        said += [tr("Tokens: {tokens}.", tokens=" ".join(self.tokens[:MOST_WORDS]))] if self.tokens else []
        if self._moving:
            said.append(tr("Below, the cell diagram of one unit where the state changes most, with its numbers."))
        else:
            said.append(tr("Below, the cell diagram of one unit at step {step}, with its numbers.", step=self.step))
        return tr_joined(said)

    def still_picture(self) -> Figure:
        """The first view: what a page shows where no script runs."""
        traces = {label: view[self.checkpoint] for label, view in self.views.items()}
        readouts = {one["name"]: one["values"][min(self.checkpoint, len(one["values"]) - 1)] for one in self._readouts}
        inputs = self.inputs if self._input else []
        return still_picture(traces, self.unit, self.step, self.tokens, inputs, readouts)


def _views(traces) -> dict[str, list[Trace]]:
    """Label -> one trace for each checkpoint, all of one sequence of the same length."""
    views = {str(label): view for label, view in traces.items()} if isinstance(traces, Mapping) else {"": traces}
    views = {label: [view] if isinstance(view, Trace) else view for label, view in views.items()}
    lists = [view for view in views.values() if isinstance(view, list | tuple) and view]
    if not views or len(lists) < len(views) or not all(isinstance(trace, Trace) for view in lists for trace in view):
        raise ValueError("traces must be a Trace, a list or a dict of them: sm.record(layer, x)[0] makes one")
    views = {label: [only_sequence(trace, "traces") for trace in view] for label, view in views.items()}
    if len({len(view) for view in views.values()}) > 1:
        raise ValueError(f"traces has {[len(view) for view in views.values()]} checkpoints: give each label as many")
    if len({trace.lengths for view in views.values() for trace in view}) > 1:
        raise ValueError("traces has sequences of different lengths: let all layers read the same sequence")
    for label, view in views.items():
        if len({(trace.kind, trace.h.shape, trace.reverse) for trace in view}) > 1:
            raise ValueError(f"traces[{label!r}] mixes layers: its checkpoints must be of one layer and direction")
    return views


def _names(argument: str, names, count: int, *, default: list[str]) -> list[str]:
    try:
        chosen = check_list(argument, default if names is None else names)
    except TypeError:
        chosen = None
    if chosen is None or len(chosen) != count:
        raise ValueError(f"{argument}={shown(names)} must be a list of {count} names")
    return [str(name) for name in chosen]


def _readout(name: str, values, checkpoints: int, seq: int) -> dict:
    values = real_array(f"readout[{name!r}]", values)
    values = values[None] if values.ndim == 1 else values
    if values.shape not in ((1, seq), (checkpoints, seq)) or not np.isfinite(values).all():
        raise ValueError(f"readout[{name!r}] must be finite numbers, one for each of the {seq} steps")
    # As text: what the page prints is what Python rounded.
    return {"name": str(name), "values": [[f"{value:.3g}" for value in row] for row in values]}
