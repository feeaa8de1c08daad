"""seqmem: see how recurrent networks remember and forget.

Every public name can be imported from here. A module is loaded when one of its names is first used, so that
`import seqmem_lib` is quick and does not load torch.
"""

from importlib import import_module

_NAMES = {
    "cells": ("RNNCell", "LSTMCell", "GRUCell", "cell_from"),
    "checks.comparison": (
        "check_copy_baseline",
        "check_matching_units",
        "check_set_relu_counter",
        "check_share_of_wins",
    ),
    "checks.gru": (
        "check_find_overwrites",
        "check_gru_parameters",
        "check_published_step",
        "check_set_gru_latch",
        "check_translate_update",
    ),
    "checks.imdb": ("check_calibration_error", "check_interaction", "check_keep_ends", "check_padding_share"),
    "checks.layers": ("check_last_states", "check_lstm_parameters", "check_row_of_h_n"),
    "checks.lstm": (
        "check_find_carrier",
        "check_find_writes",
        "check_forget_gate_for",
        "check_set_counter",
        "check_set_forget_bias",
        "check_set_latch",
    ),
    "checks.lstm_cells": ("check_coupled_step", "check_repaired_cell"),
    "checks.museum": ("check_museum_batch", "check_museum_forecast", "check_museum_order", "check_museum_state"),
    "checks.museum_losses": (
        "check_museum_clipping",
        "check_museum_padding",
        "check_museum_shift",
        "check_museum_softmax",
    ),
    "checks.reviews": ("check_at_last_word", "check_longest_match", "check_mean_of_words", "check_turn_around"),
    "checks.rnn": (
        "check_clip_by_norm",
        "check_exploding_weight",
        "check_predict_half_life",
        "check_repaired_forward",
        "check_rnn_step",
        "check_step_jacobian",
    ),
    "checks.scans": ("check_compose_steps", "check_detach_state"),
    "checks.sequences": ("check_decode_until_end", "check_skill"),
    "checks.stories": ("check_next_probabilities",),
    "classic_tasks": (
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
    "classifier": ("SequenceClassifier", "predict", "read_ends", "read_max", "read_mean"),
    "comparison": ("CONTESTS", "NETWORKS", "Contest", "score", "start_network", "train_networks"),
    "corpus": ("Review", "write_reviews"),
    "dates": ("split_date", "write_dates"),
    "device": ("use_device",),
    "diagrams": ("plot_layers",),
    "encoder_decoder": ("EncoderDecoder", "train_pairs"),
    "experiments": ("gate_means", "load_reader", "load_results", "memory_spans"),
    "explorer": ("Explorer",),
    "gradients": ("gradient_norms", "measure_decay", "spectral_norms", "split_memory_gradient", "step_jacobians"),
    "imdb": ("load_imdb",),
    "intervals": ("mean_interval", "wilson_interval"),
    "layers": ("run_by_hand",),
    "live": ("LiveScrubber",),
    "models": ("SequenceModel", "start_chrono", "start_identity", "start_keeping", "start_orthogonal"),
    "plots": (
        "plot_confusion",
        "plot_decay",
        "plot_learning_curve",
        "plot_memory_span",
        "plot_unit",
        "plot_unrolled",
        "plot_values",
    ),
    "reviews": ("load_reviews",),
    "scans": ("MinGRU", "linear_scan"),
    "shapes": ("ShapeExplorer",),
    "stories": ("story_entropy", "write_story"),
    "style": ("CELL_COLORS", "GATE_COLORS", "use_style"),
    "sweeps": ("point_generator", "sweep"),
    "tasks": (
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
    "text": ("Batches", "Vocabulary", "pad", "segment", "split_words"),
    "together": ("train_together",),
    "trace": ("Trace", "record"),
    "training": ("History", "evaluate", "train"),
    "typed": ("TypedText",),
    "widgets": ("Scrubber",),
    "words": ("describe", "show"),
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
