"""seqmem: see how recurrent networks remember and forget.

What two notebooks or more use can be imported from here. A module is loaded when one of its names is first used, so
that `import seqmem_lib` is quick and does not load torch. The tasks are in `seqmem_lib.tasks`; what one notebook alone
needs is in its room of `seqmem_lib.course`.
"""

from importlib import import_module

_NAMES = {
    "language": ("use_language",),
    "cells": ("RNNCell", "LSTMCell", "GRUCell"),
    "layers": ("cell_from", "run_by_hand"),
    "trace": ("Trace",),
    "recording": ("record",),
    "gradients": ("gradient_norms", "spectral_norms", "split_memory_gradient", "step_jacobians"),
    "seeds": ("mean_interval", "measure_decay", "memory_spans", "wilson_interval"),
    "training.device": ("use_device",),
    "training.models": ("SequenceModel",),
    "training.start": ("start_chrono", "start_identity", "start_keeping", "start_orthogonal"),
    "training.train": ("evaluate", "train"),
    "training.together": ("train_together",),
    "texts.vocabulary": ("Vocabulary", "segment", "split_words"),
    "training.batches": ("Batches",),
    "training.padding": ("pad",),
    "texts.files": ("load_reviews",),
    "texts.classifier": ("SequenceClassifier", "predict"),
    "texts.reads": ("read_ends", "read_mean"),
    "plots.style": ("CELL_COLORS", "GATE_COLORS", "use_style"),
    "plots.curves": ("plot_decay", "plot_learning_curve"),
    "plots.alt_text": ("show",),
    "widgets.scrubber": ("Scrubber",),
    "widgets.explorer": ("Explorer",),
    "widgets.playground": ("Playground",),
    "widgets.typed_text": ("TypedText",),
    "course.results": ("load_results",),
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted([*_MODULE_OF, "tasks"])
__version__ = "0.1.0"


def __getattr__(name: str):
    if name == "tasks":
        return import_module(".tasks", __name__)
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)


def __dir__():
    return __all__
