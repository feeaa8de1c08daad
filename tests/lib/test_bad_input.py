"""Every function that a reader may call meets bad values, one argument at a time.

The value is refused with one sentence of ours that names the argument, or it is taken and the result is a number.
SEQMEM_FUZZ=10000 draws so many values instead of 1,500. They are the same in every run, unless SEQMEM_DRAW=1 is set.
"""

import inspect
import os
import pkgutil
import re
import shutil
import traceback
from functools import partial
from importlib import import_module
from math import ceil, isfinite
from numbers import Number
from pathlib import Path
from zlib import crc32

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, example, given, seed, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from torch import Generator, Tensor, nn
from traitlets import TraitError

import seqmem_lib as sm
from seqmem_lib import course, tasks
from seqmem_lib.course.n04_comparison.networks import train_networks
from seqmem_lib.course.n08_four_shapes.encoder_decoder import EncoderDecoder
from seqmem_lib.course.n09_looking_back.looking_back import LookingBack
from seqmem_lib.course.n17_scans.matrices import DeltaRule, SelectiveDiagonal
from seqmem_lib.course.n17_scans.scans import MinGRU
from seqmem_lib.course.sweep import sweep
from seqmem_lib.plots.alt_text import describe
from seqmem_lib.plots.heatmaps import plot_values
from seqmem_lib.texts.reads import read_max
from seqmem_lib.training.history import History
from seqmem_lib.widgets.live_scrubber import LiveScrubber

PACKAGE = Path(sm.__file__).parent
DOCUMENTED = (TypeError, ValueError, KeyError, IndexError, FileNotFoundError, FloatingPointError, TraitError)
DOCUMENTED += (RuntimeError,)  # of use_device, where there is no GPU


def random(*shape):
    return torch.randn(shape, generator=Generator().manual_seed(1))


def whole(*shape, below, start=0):
    return torch.randint(start, below, shape, generator=Generator().manual_seed(1))


def a_generator():
    return Generator().manual_seed(0)


def a_trace(batch=1, kind=nn.LSTM):
    x = torch.tensor([[0.5, 1, 0], [0.1, 0, 0], [0.2, 0, 1]]).expand(batch, 3, 3)
    return sm.record(kind(3, 2, batch_first=True), x)


def a_model():
    return sm.SequenceModel(nn.GRU, (1, 2), hidden_size=2, seed=0)


def a_classifier():
    return sm.SequenceClassifier(nn.GRU, 6, embedding_size=2, hidden_size=2, seed=0)


def a_pair():
    return EncoderDecoder(nn.GRU, 5, 4, start=3, embedding_size=2, hidden_size=2, seed=0)


def one_that_looks():
    return LookingBack(5, 4, start=3, embedding_size=2, hidden_size=2, seed=0)


def a_history():
    return History((0.5, 0.25, 0.125), 3)


def a_vocabulary():
    return sm.Vocabulary([["a", "bad", "film", "."]])


def axes():
    return Figure().subplots()


def runs():
    return pd.DataFrame({"lag": [1, 2, 1, 2], "accuracy": [1.0, 0.5, 1.0, 0.95], "seed": [0, 0, 1, 1]})


def square(n, generator):
    return {"squared": n * n}


def a_batch(output=None, y=None):
    return {"output": random(3, 4, 2) if output is None else output, "y": whole(3, below=2) if y is None else y}


def training(**more):
    return {"lr": 0.01, "steps": 2, "batch_size": 2, "loss_function": tasks.loss_of_steps, "max_norm": 1.0} | more


def of_reads():
    return {"output": random(2, 3, 4), "state": random(1, 2, 4), "real": torch.tensor([[1, 1, 0], [1, 1, 1]]).bool()}


def a_state(layers=1):
    return random(layers, 2, 2), random(layers, 2, 2)


# name -> the arguments of a small valid call, made anew for each value, because some are changed in place
CALLS = {
    "RNNCell": lambda: {"input_size": 2, "hidden_size": 3, "bias": True, "nonlinearity": "relu"} | OPTIONS,
    "LSTMCell": lambda: {"input_size": 2, "hidden_size": 3, "bias": True} | OPTIONS,
    "GRUCell": lambda: {"input_size": 2, "hidden_size": 3, "bias": True, "reset_after": False} | OPTIONS,
    "cell_from": lambda: {"module": nn.LSTM(2, 3, 2, bidirectional=True), "layer": 1, "reverse": True},
    "n02_lstm.checks.find_writes": lambda: {"trace": a_trace(2)},
    "n03_gru.checks.find_overwrites": lambda: {"trace": a_trace(2, nn.GRU)},
    "accuracy_of_recall": lambda: a_batch(random(2, 12, 9), whole(2, 12, below=9)),
    "accuracy_of_steps": lambda: a_batch(y=whole(3, 4, below=2)),
    "accuracy_within": lambda: a_batch(y=random(3, 2)) | {"tolerance": 0.1},
    "adding": lambda: {"seq": 4},
    "copy": lambda: {"delay": 2},
    "counting": lambda: {"seq": 6},
    "digits": lambda: {"read": "permuted", "part": "test"},
    "loss_of_steps": lambda: a_batch(y=whole(3, 4, below=2)),
    "parity": lambda: {"seq": 4},
    "squared_error_at_end": lambda: a_batch(y=random(3, 2)),
    "SequenceClassifier": lambda: {
        "layer_type": nn.LSTM,
        "vocabulary_size": 5,
        "embedding_size": 2,
        "hidden_size": 2,
        "classes": 3,
        "num_layers": 2,
        "bidirectional": True,
        "dropout": 0.5,
        "read": sm.read_mean,
        "padding_idx": 0,
        "seed": 0,
    },
    "predict": lambda: {"model": a_classifier(), "sequences": [[2, 3], [4]], "side": "left", "length": 3},
    "read_ends": of_reads,
    "read_max": of_reads,
    "read_mean": of_reads,
    "score": lambda: {"model": a_model(), "task": "parity", "length": 2, "part": "validation"},
    "start_network": lambda: {"label": "IRNN", "task": (2, 2), "hidden_size": 2, "seed": 0},
    "task_of": lambda: {"name": "temporal order", "length": 12},
    "train_networks": lambda: {
        "label": "GRU, bias 3",
        "task": "parity",
        "length": 3,
        "seeds": [0, 1],
        "lr": 0.01,
        "hidden_size": 2,
        "steps": 2,
        "batch_size": 2,
        "max_norm": 1.0,
        "growing": True,
        "device": "cpu",
    },
    "write_reviews": lambda: {
        "n": 2,
        "language": "en",
        "length": (12, 14),
        "distance": (1, 3),
        "negated": 0.3,
        "conceded": 0.2,
        "noise": 0.5,
        "variety": 5,
        "part": "train",
        "generator": a_generator(),
    },
    "split_date": lambda: {"text": "March 3rd, 1984"},
    "write_sentences": lambda: {"amount": 2, "part": "test", "generator": a_generator(), "pronoun": "they"},
    "write_dates": lambda: {"amount": 2, "part": "test", "generator": a_generator(), "style": 1},
    "use_device": lambda: {"name": "cpu"},
    "draw_lstm": lambda: {"ax": axes()},
    "draw_gru": lambda: {"ax": axes()},
    "plot_layers": lambda: {"num_layers": 2, "bidirectional": True, "seq": 2, "ax": axes()},
    "plot_packing": lambda: {"lengths": [2, 1], "packed": True, "ax": axes()},
    "EncoderDecoder": lambda: {
        "layer_type": nn.LSTM,
        "source_size": 5,
        "target_size": 4,
        "start": 1,
        "embedding_size": 2,
        "hidden_size": 2,
        "seed": 0,
    },
    "LookingBack": lambda: {
        "source_size": 5,
        "target_size": 4,
        "start": 1,
        "embedding_size": 2,
        "hidden_size": 2,
        "seed": 0,
    },
    "train_pairs": lambda: {
        "model": a_pair(),
        "source": whole(3, 4, below=5, start=1),
        "target": whole(3, 2, below=4, start=1),
        "steps": 1,
        "batch_size": 2,
        "lr": 0.01,
        "seed": 0,
        "own_output": 0.5,
        "max_norm": 1.0,
        "progress": False,
    },
    "gate_means": lambda: {"trace": a_trace()},
    "load_results": lambda: {"name": "latch"},
    "memory_spans": lambda: {"table": runs(), "threshold": 0.9},
    "Explorer": lambda: {
        "x": [0, 1, 2],
        "curves": {"a": ([[1.0, 2, 3], [2.0, 3, 4]], [[0.5, 1, 2], [1.0, 2, 3]], [[2.0, 3, 4], [3.0, 4, 5]])},
        "sliders": {"w": [0.5, 1]},
        "xlabel": "t",
        "ylabel": "h",
        "log": True,
        "floor": 0.1,
        "reference": (1.0, "chance"),
        "start": (1,),
    },
    "Playground": lambda: {
        "what": tasks.latch(4),
        "task": None,
        "cell": "GRU",
        "units": 2,
        "forget_bias": 1.0,
        "lr": 0.01,
        "seed": 3,
        "step": 1,
    },
    "gradient_norms": lambda: {
        "layer_or_cell": nn.LSTM(2, 3, batch_first=True),
        "x": random(2, 4, 2),
        "loss": lambda h: h.sum(),
        "of": "c",
        "lengths": [4, 2],
        "state": (random(1, 2, 3), random(1, 2, 3)),
    },
    "measure_decay": lambda: {"norms": np.array([[1.0, 0.5, 0.25], [1.0, 0.1, 0]]), "below": 0.2},
    "spectral_norms": lambda: {"jacobians": random(2, 3, 2, 2)},
    "split_memory_gradient": lambda: {
        "layer_or_cell": nn.GRU(2, 3),
        "x": random(3, 2, 2),
        "lengths": [3, 2],
        "state": random(1, 2, 3),
    },
    "step_jacobians": lambda: {
        "layer_or_cell": sm.RNNCell(2, 3),
        "x": random(2, 3, 2),
        "lengths": [3, 2],
        "state": random(2, 3),
    },
    "load_imdb": lambda: {"cache": "cache", "progress": False},
    "mean_interval": lambda: {"values": [0.5, 0.6, 0.9]},
    "wilson_interval": lambda: {"successes": 7, "trials": 10},
    "run_by_hand": lambda: {"module": nn.LSTM(3, 2, 2), "x": random(3, 2, 3), "state": a_state(2), "lengths": [3, 1]},
    "SequenceModel": lambda: {
        "layer_type": nn.RNN,
        "task": (2, 1),
        "hidden_size": 2,
        "seed": 0,
        "nonlinearity": "relu",
    },
    "start_chrono": lambda: {"layer": nn.LSTM(2, 3), "longest": 10, "seed": 0},
    "start_identity": lambda: {"layer": nn.RNN(2, 3)},
    "start_keeping": lambda: {"layer": nn.GRU(2, 3), "bias": random(3)},
    "start_orthogonal": lambda: {"layer": nn.RNN(2, 3), "seed": 0},
    "plot_confusion": lambda: {"matrix": [[2, 1], [0, 3]], "labels": ["no", "yes"], "ax": axes()},
    "plot_decay": lambda: {"norms": {"GRU": [[1.0, 0.5, 0.25], [1.0, 0.1, 0]]}, "ax": axes()},
    "plot_learning_curve": lambda: {"history": {"GRU": [a_history(), a_history()]}, "ax": axes()},
    "plot_orbits": lambda: (
        {
            "states": random(2, 4, 3),
            "labels": ["A", "B"],
            "lettered": 2,
            "numbered": [1, 3],
            "joined": False,
            "ax": axes(),
        }
    ),
    "principal_plane": lambda: {"states": random(2, 4, 3)},
    "share_difference": lambda: {"solved": 7, "trials": 10, "other": 3, "other_trials": 12},
    "plot_way_back": lambda: {"factors": [0.5, -0.2], "ax": axes()},
    "plot_runs": lambda: {"table": runs(), "ax": axes(), "threshold": 0.9, "chance": 0.5},
    "plot_values": lambda: {"trace": a_trace(), "name": "f", "ax": axes()},
    "load_reviews": lambda: (
        {"path": "mine.csv", "text": "text", "label": "label"} | {"labels": {"1": 1, "0": 0}, "encoding": "utf-8"}
    ),
    "MinGRU": lambda: {"input_size": 2, "hidden_size": 3},
    "linear_scan": lambda: {"a": random(2, 4, 3), "b": random(2, 4, 3)},
    "delta_steps": lambda: {"key": random(2, 4, 3), "value": random(2, 4, 2), "beta": random(2, 4, 1)},
    "delta_scan": lambda: {"key": random(2, 4, 3), "value": random(2, 4, 2), "beta": random(2, 4, 1)},
    "DeltaRule": lambda: {"input_size": 2, "values": 3, "keys": 4, "erase": False},
    "SelectiveDiagonal": lambda: {"input_size": 2, "values": 3, "keys": 4},
    "overwritten_pairs": lambda: {"seq": 4},
    "held_number": lambda: {"lag": 4},
    "Cobweb": lambda: {"formula": "tanh(w·h + b)", "start": 0.5, "steps": 4, "w": 2.0, "b": 0.1},
    "ShapeExplorer": lambda: {
        "cell": "GRU",
        "batch": 2,
        "seq": 4,
        "input_size": 2,
        "hidden_size": 3,
        "num_layers": 1,
        "bidirectional": False,
        "batch_first": False,
        "lengths": "different",
    },
    "write_story": lambda: {"length": 30, "width": 20, "generator": a_generator()},
    "point_generator": lambda: {"point": {"lag": 3, "cell": "GRU"}},
    "sweep": lambda: (
        {"function": square, "points": [{"n": 1}, {"n": 2}], "path": "kept.jsonl", "progress": False}
        | {"executor": None}
    ),
    "accuracy_at_end": a_batch,
    "error_at_reads": lambda: a_batch(random(3, 4, 1), random(3, 4, 1)),
    "latch": lambda: {"lag": 3},
    "loss_at_end": a_batch,
    "loss_at_every_step": a_batch,
    "store_and_recall": lambda: {"seq": 4, "p_write": 0.3, "p_read": 0.3},
    "temporal_order": lambda: {"seq": 12},
    "Batches": lambda: {"sequences": [[2, 3], [4]], "labels": [1, 0], "side": "left", "length": 4, "by_length": True},
    "Vocabulary": lambda: {"texts": [["a", "film"], ["a"]], "most": 2, "least": 1},
    "pad": lambda: {"sequences": [[2, 3], [4]], "side": "left", "length": 4},
    "segment": lambda: {"text": "我们等", "words": ["我们", "等"]},
    "split_words": lambda: {"text": "It's GREAT, 10/10!"},
    "train_together": lambda: (
        {"models": [a_model(), a_model()], "task": tasks.parity(3), "seeds": [0, 1]} | training(progress=False)
    ),
    "Trace": lambda: {
        "kind": "RNN",
        "x": random(2, 3, 1),
        "values": {"a": random(2, 3, 2), "h": random(2, 3, 2)},
        "lengths": (3, 2),
        "tokens": (("a", "b", "c"), ("a", "b")),
        "layer": 1,
        "reverse": True,
        "start": {"h": random(2, 2)},
        "Wh": None,
    },
    "record": lambda: {
        "layer_or_cell": nn.LSTM(2, 3, 2, bidirectional=True, batch_first=True),
        "state": (random(4, 2, 3), random(4, 2, 3)),
        "x": random(2, 3, 2),
        "lengths": [3, 2],
        "tokens": [["a", "b", "c"], ["a", "b"]],
        "layer": 1,
        "reverse": True,
        "clamp": {"f": 1.0},
    },
    "evaluate": lambda: {
        "model": a_model(),
        "task": tasks.parity(3),
        "batch_size": 2,
        "seed": 0,
        "metric": tasks.accuracy_of_steps,
    },
    "train": lambda: (
        {"model": a_model(), "task": tasks.parity(3), "validation": tasks.parity(3)}
        | training(seed=0, checkpoints=[0, 2], progress=False)
    ),
    "use_language": lambda: {"name": "en"},
    "TypedText": lambda: {
        "model": a_classifier(),
        "vocabulary": a_vocabulary(),
        "cut": sm.split_words,
        "text": "a bad film",
        "says": ["no", "yes"],
        "gloss": ["one", "poor", "movie"],
    },
    "Scrubber": lambda: {
        "traces": {"GRU": [a_trace(kind=nn.GRU)] * 2},
        "unit": 1,
        "step": 2,
        "checkpoint": 1,
        "inputs": ["value", "write", "read"],
        "checkpoints": ["0 steps", "10 steps"],
        "readout": {"p": [[0.5, 0.2, 0.1]] * 2},
    },
    "describe": lambda: {"shown": a_trace()},
    "show": lambda: {"shown": axes(), "words": "A line."},
}
OPTIONS = {"device": "cpu", "dtype": torch.float32}

# Of what a class makes: name -> what is called, and its arguments
METHODS = {
    "RNNCell.forward": lambda: (sm.RNNCell(2, 3).forward, {"x_t": random(2, 2), "state": random(2, 3)}),
    "LSTMCell.forward": lambda: (sm.LSTMCell(2, 2).forward, {"x_t": random(2, 2), "state": (random(2, 2),) * 2}),
    "GRUCell.forward": lambda: (sm.GRUCell(2, 3).forward, {"x_t": random(2, 2), "state": random(2, 3)}),
    "SequenceModel.forward": lambda: (a_model().forward, {"x": random(2, 3, 1)}),
    "SequenceClassifier.forward": lambda: (a_classifier().forward, {"numbers": whole(2, 3, below=6)}),
    "MinGRU.forward": lambda: (MinGRU(2, 3).forward, {"x": random(2, 3, 2)}),
    "DeltaRule.forward": lambda: (DeltaRule(2, 3, 4).forward, {"x": random(2, 3, 2)}),
    "SelectiveDiagonal.forward": lambda: (SelectiveDiagonal(2, 3, 4).forward, {"x": random(2, 3, 2)}),
    "EncoderDecoder.forward": lambda: (
        a_pair().forward,
        {"source": whole(2, 3, below=5, start=1), "target": whole(2, 3, below=4)},
    ),
    "EncoderDecoder.generate": lambda: (a_pair().generate, {"source": whole(2, 3, below=5, start=1), "steps": 2}),
    "LookingBack.forward": lambda: (
        one_that_looks().forward,
        {"source": whole(2, 3, below=5, start=1), "target": whole(2, 3, below=4)},
    ),
    "LookingBack.write": lambda: (one_that_looks().write, {"source": whole(2, 3, below=5, start=1), "steps": 2}),
    "LookingBack.read": lambda: (one_that_looks().read, {"source": whole(2, 3, below=5, start=1)}),
    "Batches.__call__": lambda: (sm.Batches([[2, 3], [4]], [1, 0]), {"batch_size": 2, "generator": a_generator()}),
    "LiveScrubber.show": lambda: (LiveScrubber(a_trace()).show, {"traces": [a_trace(), a_trace()]}),
    "Trace.before": lambda: (a_trace().before, {"state": "c"}),
    "Trace.save": lambda: (a_trace().save, {"path": "kept.safetensors"}),
    "Trace.load": lambda: (sm.Trace.load, {"path": "trace.safetensors"}),
    "SequenceModel.save": lambda: (a_model().save, {"path": "kept.safetensors"}),
    "SequenceModel.load": lambda: (sm.SequenceModel.load, {"path": "model.safetensors"}),
    "SequenceClassifier.save": lambda: (
        a_classifier().save,
        {"path": "kept.safetensors", "vocabulary": a_vocabulary()},
    ),
    "SequenceClassifier.load": lambda: (sm.SequenceClassifier.load, {"path": "classifier.safetensors"}),
    "Vocabulary.encode": lambda: (a_vocabulary().encode, {"tokens": ["a", "film"]}),
    "Vocabulary.decode": lambda: (a_vocabulary().decode, {"numbers": [1, 2]}),
    "Vocabulary.of": lambda: (sm.Vocabulary.of, {"words": ["a", "film"]}),
}
TASKS = {
    "adding": tasks.adding(4),
    "copy": tasks.copy(2),
    "counting": tasks.counting(6),
    "digits": tasks.digits("permuted", "test"),
    "latch": tasks.latch(3),
    "parity": tasks.parity(4),
    "store_and_recall": tasks.store_and_recall(4),
    "temporal_order": tasks.temporal_order(12),
}
for of, one in TASKS.items():
    METHODS[f"{of}.__call__"] = lambda one=one: (one, {"batch_size": 2, "generator": a_generator()})
    if one.tokens is not None:
        METHODS[f"{of}.tokens"] = lambda one=one: (one.tokens, {"x": one(2, generator=a_generator())[0]})


def in_rooms():
    """What the rooms of the course define: name -> a function or a class; for a check, room.module.name."""
    for module in pkgutil.walk_packages(course.__path__, course.__name__ + "."):
        for name, value in vars(import_module(module.name)).items():
            mine = (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == module.name
            if mine and not name.startswith("_"):
                check = module.name.endswith("checks") and (value.__doc__ or "").startswith("Check ")
                yield f"{module.name.removeprefix(course.__name__ + '.')}.{name}" if check else name, value


# name -> what people call: from the package, from its tasks, from the rooms; and of deeper modules what is named above
PUBLIC = {name: getattr(sm, name) for name in sm.__all__ if name != "tasks"}
PUBLIC |= {name: getattr(tasks, name) for name in tasks.__all__} | dict(in_rooms())
PUBLIC |= {one.__name__: one for one in (History, LiveScrubber, describe, plot_values, read_max)}

CHECKS = [name for name in PUBLIC if "checks." in name]
# name -> why no bad value is drawn for it
EXCEPTIONS = dict.fromkeys(("load_reader", "story_entropy", "use_style", "sunspots", "economy"), "takes no argument")
EXCEPTIONS |= dict.fromkeys(("History", "Review", "Task"), "is a record that the library fills")
EXCEPTIONS |= dict.fromkeys(("CELL_COLORS", "GATE_COLORS"), "is a table")
EXCEPTIONS |= dict.fromkeys(
    ("judge", "say", "on", "fixed_numbers", "write_cases", "latched", "check_parameters", "steps_of", "as_tensor"),
    "is called by checks",
)
EXCEPTIONS |= dict.fromkeys(
    ("drawn_from", "in_any_order", "whole", "between", "about", "shown"), "is called by checks or by make grade"
)
EXCEPTIONS |= dict.fromkeys(
    ("start", "wrong_answers", "wrong_form", "close", "Reads", "mixing_models", "reading_models", "optimizers"),
    "is called by checks",
)
EXCEPTIONS |= dict.fromkeys(
    ("as_before", "learns", "fewest", "from_the_right", "rest_together", "shortest", "without_rest"),
    "is called by checks",
)
EXCEPTIONS |= dict.fromkeys(("different_lengths", "names_of", "fill", "layer_name", "facts"), "is called by a widget")
EXCEPTIONS |= dict.fromkeys(
    ("Phrases", "by_size", "WrittenDate", "Sentence", "days_of"), "is called by what writes texts"
)
EXCEPTIONS |= dict.fromkeys(
    ("computed_there", "draw_plan", "draw_arrow", "draw_box"), "is called by a check or a drawing of the course's rooms"
)
EXCEPTIONS |= dict.fromkeys(("phases_in", "turn_of", "mean_phase", "spread_of", "wrapped"), "takes what the room makes")
EXCEPTIONS["quiet_input"] = "is called by notebook 14 and its table"
EXCEPTIONS |= dict.fromkeys(
    ("step_of", "speed", "jacobians", "slopes", "minimise_speed", "fixed_points", "cycle_of"),
    "takes what the room makes",
)
EXCEPTIONS["read_numbers"] = "is called by notebook 14 and its table"
EXCEPTIONS["fingerprint"] = "is called by sweep"
EXCEPTIONS["LiveScrubber"] = "hands all its arguments to Scrubber"


def prepare(name):
    """What is called, and its arguments."""
    if name in METHODS:
        return METHODS[name]()
    if name in TASKS:  # a bad value may show only when data are drawn
        return lambda **given: PUBLIC[name](**given)(2, generator=a_generator()), CALLS[name]()
    return partial(PUBLIC[name], *[print] * (name in CHECKS)), CALLS[name]()


NOT_READ = {("read_max", "state"), ("read_mean", "state")}  # only what every `read` of a classifier is called with
PAIRS = [(name, argument) for name in (*CALLS, *METHODS) for argument in prepare(name)[1]]
PAIRS = [pair for pair in PAIRS if pair not in NOT_READ]
# A good value may contradict another argument, which the message then names.
CONTRADICTS = {
    "module": "layer|reverse|state|x",
    "layer_or_cell": "layer|reverse|x|clamp|state|of|lengths",
    "x": "curves|state|lengths",
    "sliders": "start|curves",
    "floor": "reference|curves",
    "labels": "matrix",
    "traces": "checkpoints|checkpoint|inputs|unit|step|readout",
    "trials": "successes",
    ("SequenceModel", "task"): "input_size|output_size",
    ("start_network", "task"): "input_size|output_size",
    ("task_of", "name"): "task|length",
}
DRAWS = int(os.environ.get("SEQMEM_FUZZ", 1500))
FEW = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


def test_every_public_name_is_in_the_table():
    assert {*CALLS, *CHECKS, *EXCEPTIONS} == set(PUBLIC)
    makers = {name for name in tasks.__all__ if inspect.signature(PUBLIC[name]).return_annotation is tasks.Task}
    assert {*TASKS} == makers
    for name in CALLS:
        if name not in CHECKS:
            known = inspect.signature(PUBLIC[name]).parameters.values()
            assert {one.name for one in known if one.kind != one.VAR_KEYWORD} <= set(CALLS[name]()), (
                f"{name} has an argument that is not drawn"
            )


def seed_of(name):
    """Other values for every name, and the same in every run unless SEQMEM_DRAW=1 asks for new ones."""
    return crc32(name.encode()) if settings.default.derandomize else int.from_bytes(os.urandom(8))


def nothing(*_, **__):
    return None


class OwnForward(nn.LSTM):
    def forward(self, *given):
        return super().forward(*given)


NUMBERS = st.one_of(
    st.integers(-3, 40),
    st.floats(),
    st.sampled_from([2**70, -(2**70), 2**63, 1e30, -1e30, np.int64(3), np.float64(0.5), np.bool_(True)]),
)
ODD_TEXTS = ["", " ", ".", "..", "/", "a/b", "no/such/file", "\0", "$", "x" * 300, "mine.csv"]
TEXTS = st.text(max_size=6) | st.sampled_from(ODD_TEXTS)
DTYPES = ["float32", "float64", "float16", "int64", "int32", "bool", "complex64"]
TENSORS = st.builds(
    lambda shape, fill, dtype: torch.full(shape, fill).to(getattr(torch, dtype)),
    st.lists(st.integers(0, 4), max_size=4),
    st.sampled_from([0.0, 1.0, -1.0, 7.0, 0.5]),
    st.sampled_from(DTYPES),
)
OBJECTS = st.sampled_from(
    [
        object,
        lambda: nothing,
        lambda: nn.RNN,
        lambda: nn.Module,
        lambda: nn.Linear(2, 3),
        lambda: nn.GRU(2, 3, 2, bidirectional=True),
        lambda: nn.LSTM(2, 3, proj_size=1),
        lambda: nn.LSTM(2, 3, bias=False),
        lambda: OwnForward(2, 3),
        lambda: nn.LSTM(2, 3, dtype=torch.float64),
        lambda: sm.GRUCell(2, 3),
        a_model,
        a_classifier,
        a_generator,
        lambda: a_trace(2),
        a_vocabulary,
        a_history,
        Figure,
        axes,
        pd.DataFrame,
        runs,
        lambda: runs()["lag"],
        lambda: np.full((2, 3), np.nan),
        lambda: np.array(["a", "b"]),
        lambda: np.array([None, object()]),
        lambda: Path("folder"),
        lambda: range(3),
        lambda: torch.float16,
        lambda: torch.device("cpu"),
        lambda: iter([1, 2]),
    ]
).map(lambda make: make())
PLAIN = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, st.binary(max_size=3), st.complex_numbers(), OBJECTS)
PLAIN |= TENSORS
JUNK = st.one_of(
    PLAIN,
    st.lists(PLAIN, max_size=3),
    st.lists(PLAIN, max_size=3).map(tuple),
    st.dictionaries(TEXTS | st.integers() | st.none(), PLAIN, max_size=2),
    st.sets(st.integers(0, 3)),
)


def like(valid):
    """Values that are nearly the valid one."""
    if isinstance(valid, Tensor):
        return st.sampled_from(TENSOR_CHANGES).map(lambda change: change(valid))
    if isinstance(valid, list | tuple):
        kind = type(valid)
        one = st.integers(0, len(valid) - 1).flatmap(
            lambda k: (JUNK | like(valid[k])).map(lambda bad: kind([*valid[:k], bad, *valid[k + 1 :]]))
        )
        return one | st.sampled_from([kind(valid[:-1]), kind([*valid, valid[0]]), kind([valid]), kind(valid[::-1])])
    if isinstance(valid, dict):
        name, value = next(iter(valid.items()))
        return st.one_of(
            (JUNK | like(value)).map(lambda bad: valid | {name: bad}),
            (TEXTS | NUMBERS | st.none()).map(lambda bad: {bad: value}),
            (TEXTS | NUMBERS | st.none()).map(lambda bad: valid | {bad: value}),
            st.sampled_from([{}, [*valid.items()]]),
        )
    if isinstance(valid, str):
        return st.sampled_from([valid.upper(), valid + " ", valid[:-1], [valid], valid.encode(), "../" + valid])
    if isinstance(valid, pd.DataFrame):
        return st.sampled_from(TABLE_CHANGES).map(lambda change: change(valid)) | st.tuples(
            st.sampled_from([*valid]), st.lists(JUNK, min_size=len(valid), max_size=len(valid))
        ).map(lambda pair: valid.assign(**{pair[0]: pd.Series(pair[1], dtype=object)}))
    if isinstance(valid, np.ndarray):
        return like(torch.as_tensor(valid)).map(lambda one: one.detach().numpy() if isinstance(one, Tensor) else one)
    if isinstance(valid, Number):
        return NUMBERS | st.floats(-1, 2)
    return JUNK


def with_one(value, tensor):
    changed = tensor.clone().to(tensor.dtype if isfinite(value) else torch.get_default_dtype())
    changed.flatten()[-1:].fill_(value)
    return changed


TENSOR_CHANGES = [
    lambda one: one[:0],
    lambda one: one.unsqueeze(0),
    lambda one: one.unsqueeze(-1),
    lambda one: one[0],
    lambda one: one[:-1],
    lambda one: one[..., :-1],
    lambda one: one[..., :0],
    lambda one: one.narrow(-2 % one.ndim, 0, 0) if one.ndim else one,
    lambda one: torch.cat([one, one[..., :1]], dim=-1),
    lambda one: one.transpose(0, one.ndim - 1),
    lambda one: one.mT if one.ndim > 1 else one,
    lambda one: one.double(),
    lambda one: one.half(),
    lambda one: one.long(),
    lambda one: one.int(),
    lambda one: one.bool(),
    lambda one: one.to(torch.complex64),
    lambda one: one + 100,
    lambda one: ~one if one.dtype == torch.bool else -one - 1,
    partial(with_one, torch.nan),
    partial(with_one, torch.inf),
    partial(with_one, -1),
    partial(with_one, 0),
    lambda one: one.float().requires_grad_(),
    lambda one: one.detach().numpy(),
    lambda one: one.tolist(),
    lambda one: list(one),
]
TABLE_CHANGES = [
    lambda one: one.iloc[:0],
    lambda one: one.iloc[:, 1:],
    lambda one: pd.concat([one, one]),
    lambda one: one.assign(accuracy=np.nan),
    lambda one: one.assign(accuracy=90),
    lambda one: one.assign(accuracy=["a", "b", "c", "d"]),
    lambda one: one.assign(lag=["a", "b", "c", "d"]),
    lambda one: one.assign(lag=-1.0 * one["lag"]),
    lambda one: one.assign(lag=np.inf),
    lambda one: one.assign(seed=None),
    lambda one: one.assign(label=[None, "a", "b", "c"]),
    lambda one: one.assign(label=[*"abcd"]),
    lambda one: pd.concat([one, one["lag"]], axis=1),
    lambda one: one.T,
    lambda one: one.to_dict("list"),
    lambda one: one["lag"],
]


def trouble(name, argument, value):
    """What is wrong with how a bad value was met; None if nothing is."""
    called, given = prepare(name)
    valid = given[argument]
    try:
        result = called(**given | {argument: value})
    except Exception as error:
        *_, last = frames = traceback.extract_tb(error.__traceback__)
        ours = [frame.line for frame in frames if Path(frame.filename).is_relative_to(PACKAGE)]
        own = {"points": "function", "validation": "task"}.get(argument, argument if callable(value) else None)
        if own and any(re.search(rf"\b{own}\b\)*\(", line) for line in ours):
            return None  # what a reader's own function raises is passed on
        if not (Path(last.filename).is_relative_to(PACKAGE) and last.line.startswith("raise")):
            return f"{type(error).__name__} from {last.filename}:{last.lineno} {last.line!r}: {error}"
        if not isinstance(error, DOCUMENTED):
            return f"{type(error).__name__} is not documented: {error}"
        others = CONTRADICTS.get((name, argument), CONTRADICTS.get(argument, argument))
        names = f"{argument}|{others}"
        where = re.match if type(value) is object else re.search  # what fits nowhere is named first of all
        if type(value) is object and re.search(r"(list of|called as) None\b", str(error)):
            return f"the message says None where it should say what fits: {error}"
        named = isinstance(error, FloatingPointError) or where(rf"({names})\b", str(error))
        return None if named else f"the message does not name {argument}: {error}"
    finally:
        plt.close("all")
    if type(value) in (object, complex, bytes):
        return f"it takes {value!r}"
    if isinstance(valid, int | float) and (isinstance(value, bool | np.bool_) != isinstance(valid, bool)):
        return f"it takes {value!r} for {valid!r}"
    if type(valid) is int and isinstance(value, float):
        return f"it takes {value!r} for a whole number"
    if isinstance(valid, str) and not isinstance(value, str | Path | torch.device | None):
        return f"it takes {value!r} for a text"
    if name == "mean_interval" and np.size(value) == 1:
        return None  # a single value has no interval
    return None if not all_finite(value) or all_finite(result) else f"{value!r} gives {result!r}"


def all_finite(result):
    """Whether all numbers in it are; what holds none is."""
    if isinstance(result, float | np.floating):
        return isfinite(result)
    if isinstance(result, Tensor):
        return bool(result.isfinite().all())
    if isinstance(result, np.ndarray):
        return result.dtype.kind not in "iuf" or bool(np.isfinite(result).all())
    if isinstance(result, list | tuple | set):
        return all(map(all_finite, result))
    if isinstance(result, dict):
        return all_finite(list(result.values()))
    if isinstance(result, nn.Module):
        return all_finite(list(result.parameters()))
    if isinstance(result, History):
        return all_finite(result.loss)
    if isinstance(result, sm.Trace):
        return all_finite(dict(result.values))
    return True


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Those that calls read."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "folder").mkdir()
    for name in ("mine.csv", "train.csv", "test.csv"):
        (folder / name).write_text("text,label\ngood,1\nbad,0\n")
    a_trace().save(folder / "trace.safetensors")
    a_model().save(folder / "model.safetensors")
    a_classifier().save(folder / "classifier.safetensors", a_vocabulary())
    return folder


@pytest.fixture(autouse=True)
def nothing_lasts(files, tmp_path, monkeypatch):
    """Calls that read or write a file find and leave it in a folder of their own."""
    shutil.copytree(files, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEQMEM_DATA", str(tmp_path))  # so that load_imdb never asks the network
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    yield
    torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize("name", [*CALLS, *METHODS])
def test_the_valid_call(name):
    called, given = prepare(name)
    assert all_finite(called(**given))


@pytest.mark.parametrize(("name", "argument"), PAIRS)
def test_a_bad_value_is_refused_by_name(name, argument):
    valid = prepare(name)[1][argument]

    @seed(seed_of(f"{name} {argument}"))
    @settings(max_examples=ceil(DRAWS / len(PAIRS)), **FEW)
    @given(JUNK | like(valid))
    @example(object())
    def refuse(value):
        assert trouble(name, argument, value) is None

    refuse()


@pytest.mark.parametrize("name", CHECKS)
def test_an_exercise_check_answers_anything_with_a_sentence(name, capsys):
    more = list(CALLS.get(name, dict)().values())

    @seed(seed_of(name))
    @settings(max_examples=ceil(DRAWS / len(PAIRS)), **FEW)
    @given(JUNK | JUNK.map(lambda answer: lambda *_: answer))
    def answer(attempt):
        capsys.readouterr()
        PUBLIC[name](attempt, *more)
        said = capsys.readouterr().out
        assert re.fullmatch(r"[^\n]+: [^\n]+\n", said)

    answer()


NO_LAYER = (
    "Linear is not a recurrent layer: pass an nn.RNN, nn.LSTM, nn.GRU or a cell (of a larger model, the attribute that "
    "holds it)"
)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: sm.cell_from(nn.Linear(2, 3)), f"module: {NO_LAYER}"),
        (lambda: sm.gradient_norms(nn.Linear(2, 3), random(1, 2, 2)), f"layer_or_cell: {NO_LAYER}"),
        (lambda: sm.record(nn.Linear(2, 3), random(1, 2, 2)), f"layer_or_cell: {NO_LAYER}"),
        (lambda: sm.GRUCell(2, 3, bias="no"), "bias must be True or False, not 'no'"),
        (
            lambda: sm.GRUCell(2, 3, dtype="half"),
            "dtype must be torch.float32 or another of floating-point numbers, not 'half'",
        ),
        (lambda: sm.GRUCell(2, 3).zero_state("a"), "x_t is of type str: pass a tensor, (batch, 2)"),
        (lambda: sm.RNNCell(2, 3)("a", random(1, 3)), "x_t is of type str: pass a tensor, (batch, 2)"),
        (lambda: sm.RNNCell(2, 3)(random(1, 2), "h"), "state must be h of shape (1, 3) for this x_t, not 'h'"),
        (
            lambda: sm.RNNCell(2, 3)(random(1, 2), random(1, 3).double()),
            "x_t and state are float32, float64, the weights torch.float32: convert them with .to()",
        ),
        (
            lambda: sm.gradient_norms(nn.GRU(2, 3), random(1, 2, 2), loss="h"),
            "loss must be a function, called as loss(h), not 'h'",
        ),
        (
            lambda: sm.spectral_norms("a"),
            "jacobians must be a tensor, (batch, seq, size, size); this is of type str",
        ),
        (
            lambda: sm.spectral_norms(random(1, 2, 3, 4)),
            "jacobians has shape (1, 2, 3, 4): it must be (batch, seq, size, size)",
        ),
        (
            lambda: sm.spectral_norms(random(1, 2, 3, 3) / 0),
            "jacobians must hold finite numbers in float32 or float64: measure fewer steps, or in double",
        ),
        (lambda: sm.measure_decay(random(1, 3).abs(), below=1.5), "below must be a number from 0 to 1, not 1.5"),
        (lambda: tasks.store_and_recall().tokens("a"), "x must be a tensor, (batch, seq, 3); this is of type str"),
        (lambda: tasks.latch(3).tokens("a"), "x must be a tensor, (batch, seq, 8); this is of type str"),
        (lambda: sm.Trace("GRU", "a", {}, (1,)), "x must be a tensor, (batch, seq, input_size); this is of type str"),
        (
            lambda: sm.Trace("GRU", random(1, 2, 1), {name: random(1, 2, k) for k, name in enumerate("rznh", 1)}, (2,)),
            "values must be r, z, n, h, in this order, all (batch, seq, hidden_size)",
        ),
        (
            lambda: sm.Trace("GRU", random(1, 2, 1), dict.fromkeys("rznh", random(1, 2, 3)), (2,)),
            "Wh must be a tensor of shape (1, 2, 3) in a trace of a GRU",
        ),
        (
            lambda: sm.Trace("RNN", random(1, 2, 1), dict.fromkeys("ah", random(1, 2, 3)), (2,), Wh=random(1, 2, 3)),
            "Wh must be None in a trace of an RNN",
        ),
        (lambda: a_trace().save(3), "path must be a path, not 3"),
        (lambda: a_trace().save("none/trace.st"), "path='none/trace.st': there is no folder 'none'; create it first"),
        (lambda: a_trace().save(PACKAGE), f"path={str(PACKAGE)!r} is a folder: name a file in it"),
        (lambda: sm.Trace.load(3), "path must be a path, not 3"),
        (lambda: sm.Trace.load("none.st"), "path='none.st' is not a file: pass one that Trace.save wrote"),
        (lambda: sm.Trace.load(__file__), f"path={__file__!r} is not a trace: pass a file that Trace.save wrote"),
        (lambda: sm.segment("a", "a"), "words must be a list of texts, not 'a'"),
        (lambda: sm.segment("a", [1]), "words must be a list of texts, not [1]"),
        (lambda: sm.Vocabulary(3), "texts must be a list of lists of tokens, not 3"),
        (lambda: sm.pad([["a"]]), "sequences[0] must be whole numbers, (seq,), or vectors, (seq, features), not ['a']"),
    ],
)
def test_the_whole_sentence(call, sentence):
    with pytest.raises((TypeError, ValueError, FileNotFoundError)) as refused:
        call()
    assert str(refused.value) == sentence


# --- what was taken once, and gave a wrong number or lost something --------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        # cut down to whole numbers
        (lambda: sm.pad([[2.7, 3]]), ValueError, r"sequences\[0\] must be whole numbers"),
        (lambda: sm.Batches([[2]], [0.7]), ValueError, r"labels\[0\] must be a whole number .* not 0\.7"),
        (lambda: sm.Batches([[2]], ["1"]), ValueError, r"labels\[0\] must be a whole number"),
        (lambda: sm.wilson_interval(7.9, 10), ValueError, r"successes must be a whole number .* not 7\.9"),
        # True is no count and no seed
        (lambda: sm.LSTMCell(2, torch.tensor(True)), ValueError, "hidden_size must be a whole number"),
        (lambda: sm.LSTMCell(2, torch.tensor([[True]])), ValueError, "hidden_size must be a whole number"),
        (lambda: sm.LSTMCell(2, np.True_), ValueError, "hidden_size must be a whole number"),
        (lambda: sm.LSTMCell(2, np.array(True)), ValueError, "hidden_size must be a whole number"),
        (lambda: sm.measure_decay([1.0, 0.5], below=np.True_), ValueError, "below must be a number from 0 to 1"),
        (lambda: sm.measure_decay([1.0, 0.5], below=torch.tensor(True)), ValueError, "below must be a number"),
        (lambda: sm.SequenceModel(nn.RNN, (1, 1), hidden_size=1, seed=True), ValueError, "seed must be a whole number"),
        # a text was taken for its letters, a count for a list of tokens
        (lambda: a_vocabulary().encode("film"), TypeError, "tokens must be a list of texts"),
        (lambda: sm.Vocabulary([{"film": 3}]), TypeError, "each of texts must be a list"),
        (lambda: a_vocabulary().of(["a", "b", "a"]), ValueError, "words must be different"),
        # a class that is none was only ever wrong, or left out
        (lambda: tasks.accuracy_at_end(random(2, 3, 4), torch.tensor([0, 4])), ValueError, "y holds 0 to 4"),
        (
            lambda: tasks.loss_at_end(random(2, 3, 4), torch.tensor([0, -100])),
            ValueError,
            "y holds a class that is not",
        ),
        (lambda: tasks.accuracy_of_recall(random(2, 4, 9), whole(2, 4, below=9)), ValueError, "output has 4 steps"),
        (
            lambda: sm.train_together([a_model()] * 2, tasks.parity(3), seeds=[0, 1], **training()),
            ValueError,
            "one model twice",
        ),
        (lambda: train_networks("GRU", "parity", 3, seeds=[], lr=0.01), ValueError, "seeds must hold at least one"),
        (lambda: sm.plot_decay(0.5), ValueError, r"norms has shape \(\)"),
        (lambda: sm.GRUCell(2, 3, device="no"), ValueError, "device='no' cannot be used"),
    ],
)
def test_a_wrong_number_is_no_answer(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("content", ["my notes, without an end of line", b"\xff\xfe\x00"])
def test_a_sweep_leaves_other_files_as_they_are(content, tmp_path):
    path = tmp_path / "notes.txt"
    content = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"path=.* holds something else than the points of a sweep"):
        sweep(square, [{"n": 1}], path=path, progress=False)
    assert path.read_bytes() == content


def test_the_maximum_of_no_word_is_finite():
    of_nothing = of_reads() | {"real": torch.zeros(2, 3, dtype=torch.bool)}
    assert (read_max(**of_nothing) == 0).all()
    assert (sm.read_mean(**of_nothing) == 0).all()
