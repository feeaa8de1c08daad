"""seqmem: see how recurrent networks remember and forget.

Every public name can be imported from here. A module is loaded when one of its names is first used, so that
`import seqmem_lib` is quick and does not load torch.
"""

from importlib import import_module

_NAMES = {
    "cells": ("RNNCell", "LSTMCell", "GRUCell"),
    "course.n04_comparison.checks": (
        "check_copy_baseline",
        "check_matching_units",
        "check_set_relu_counter",
        "check_share_of_wins",
    ),
    "course.n03_gru.checks": (
        "check_find_overwrites",
        "check_gru_parameters",
        "check_published_step",
        "check_set_gru_latch",
        "check_translate_update",
    ),
    "course.n07_imdb.checks": (
        "check_calibration_error",
        "check_interaction",
        "check_keep_ends",
        "check_padding_share",
    ),
    "course.n05_layers.checks": ("check_last_states", "check_lstm_parameters", "check_row_of_h_n"),
    "course.n02_lstm.checks": (
        "check_find_carrier",
        "check_find_writes",
        "check_forget_gate_for",
        "check_set_counter",
        "check_set_forget_bias",
        "check_set_latch",
    ),
    "course.n02_lstm.cell_checks": ("check_coupled_step", "check_repaired_cell"),
    "course.n11_training.bug_checks": (
        "check_museum_batch",
        "check_museum_forecast",
        "check_museum_order",
        "check_museum_state",
    ),
    "course.n11_training.bug_loss_checks": (
        "check_museum_clipping",
        "check_museum_padding",
        "check_museum_shift",
        "check_museum_softmax",
    ),
    "course.n06_reviews.checks": (
        "check_at_last_word",
        "check_longest_match",
        "check_mean_of_words",
        "check_turn_around",
    ),
    "course.n01_rnn.checks": (
        "check_clip_by_norm",
        "check_exploding_weight",
        "check_predict_half_life",
        "check_repaired_forward",
        "check_rnn_step",
        "check_step_jacobian",
    ),
    "course.n11_training.checks": ("check_compose_steps", "check_detach_state"),
    "course.n08_four_shapes.checks": ("check_decode_until_end", "check_skill"),
    "course.n16_characters.checks": ("check_next_probabilities",),
    "tasks.compute": (
        "accuracy_of_recall",
        "accuracy_of_steps",
        "accuracy_within",
        "adding",
        "copy",
        "counting",
        "digits",
        "loss_of_steps",
        "parity",
        "squared_error_at_end",
    ),
    "texts.classifier": ("SequenceClassifier", "predict", "read_ends", "read_max", "read_mean"),
    "course.n04_comparison.networks": ("CONTESTS", "NETWORKS", "Contest", "score", "start_network", "train_networks"),
    "course.n06_reviews.written": ("Review", "write_reviews"),
    "course.n08_four_shapes.dates": ("split_date", "write_dates"),
    "training.device": ("use_device",),
    "plots.diagrams": ("plot_layers", "plot_unrolled"),
    "course.n08_four_shapes.encoder_decoder": ("EncoderDecoder", "train_pairs"),
    "course.n02_lstm.gates": ("gate_means",),
    "course.n07_imdb.reader": ("load_reader",),
    "course.results": ("load_results",),
    "widgets.explorer": ("Explorer",),
    "gradients": ("gradient_norms", "spectral_norms", "split_memory_gradient", "step_jacobians"),
    "course.n07_imdb.download": ("load_imdb",),
    "seeds": ("mean_interval", "measure_decay", "memory_spans", "wilson_interval"),
    "layers": ("cell_from", "run_by_hand"),
    "widgets.live_scrubber": ("LiveScrubber",),
    "training.models": ("SequenceModel",),
    "training.start": ("start_chrono", "start_identity", "start_keeping", "start_orthogonal"),
    "plots.curves": ("plot_decay", "plot_learning_curve", "plot_memory_span"),
    "plots.heatmaps": ("plot_confusion", "plot_values"),
    "course.n07_imdb.files": ("load_reviews",),
    "course.n11_training.scans": ("MinGRU", "linear_scan"),
    "course.n05_layers.shape_explorer": ("ShapeExplorer",),
    "course.n16_characters.stories": ("story_entropy", "write_story"),
    "plots.style": ("CELL_COLORS", "GATE_COLORS", "use_style"),
    "course.sweep": ("point_generator", "sweep"),
    "tasks.hold": (
        "accuracy_at_end",
        "error_at_reads",
        "latch",
        "loss_at_end",
        "loss_at_every_step",
        "name_letters",
        "name_marks",
        "store_and_recall",
        "temporal_order",
    ),
    "texts.vocabulary": ("Batches", "Vocabulary", "pad", "segment", "split_words"),
    "training.together": ("train_together",),
    "recording": ("record",),
    "trace": ("Trace",),
    "training.train": ("History", "evaluate", "train"),
    "course.n06_reviews.typed_text": ("TypedText",),
    "widgets.scrubber": ("Scrubber",),
    "plots.alt_text": ("describe", "show"),
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_MODULE_OF)
__version__ = "0.1.0"


def __getattr__(name: str):
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)


def __dir__():
    return [*globals(), *__all__]
