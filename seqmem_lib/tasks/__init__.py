"""Tasks that need memory: each function makes a Task, which draws its data and knows how an answer is judged."""

from .compute import adding, counting, digits, parity
from .hold import copy, latch, store_and_recall, temporal_order
from .judging import (
    accuracy_at_end,
    accuracy_of_recall,
    accuracy_of_steps,
    accuracy_within,
    error_at_reads,
    loss_at_end,
    loss_at_every_step,
    loss_of_steps,
    squared_error_at_end,
)
from .task import Task

__all__ = [
    "Task",
    "accuracy_at_end",
    "accuracy_of_recall",
    "accuracy_of_steps",
    "accuracy_within",
    "adding",
    "copy",
    "counting",
    "digits",
    "error_at_reads",
    "latch",
    "loss_at_end",
    "loss_at_every_step",
    "loss_of_steps",
    "parity",
    "squared_error_at_end",
    "store_and_recall",
    "temporal_order",
]
