"""A state that swings: the plane in which it moves most, where it is on its way round, and how far a step turns it."""

import numpy as np
import torch

from ...arguments import real_array


def principal_plane(states) -> tuple[np.ndarray, np.ndarray, float]:
    """The plane in which states vary most, spanned by their first two principal components.

    states : array or Tensor, (..., hidden_size), of at least two states and units

    Returns the mean of the states, (hidden_size,), two unit vectors, (2, hidden_size), and the share of the variance
    that lies in the plane, from 0 to 1.
    Raises ValueError if states have another shape or are not finite.
    """
    states = real_array("states", states)
    if states.ndim < 2 or states.shape[-1] < 2 or not np.isfinite(states).all():
        raise ValueError(f"states has shape {states.shape}: give finite numbers, (..., hidden_size)")
    flat = states.reshape(-1, states.shape[-1])
    centre = flat.mean(axis=0)
    _, lengths, axes = np.linalg.svd(flat - centre, full_matrices=False)
    plane = axes[:2]
    largest = plane[range(2), np.abs(plane).argmax(axis=1)]
    plane = plane * np.sign(largest)[:, None]  # the sign is not left to the processor
    return centre, plane, float((lengths[:2] ** 2).sum() / (lengths**2).sum())


def phases_in(states, centre: np.ndarray, plane: np.ndarray) -> np.ndarray:
    """Where states, (..., hidden_size), are on their way round the centre of a plane, in degrees from −180 to 180."""
    first, second = np.moveaxis((real_array("states", states) - centre) @ plane.T, -1, 0)
    return np.degrees(np.arctan2(second, first))


def turn_of(phases: np.ndarray) -> float:
    """By how many degrees a time step turns a swing, on average; phases are (..., seq). From −180 to 180: a step that
    turns it by 350 degrees turns it by −10."""
    steps = np.diff(phases, axis=-1)
    usual = mean_phase(steps)  # near 180 a step and the next may seem to turn to different sides: measure from here
    return float(wrapped(usual + wrapped(steps - usual).mean()))


def mean_phase(phases: np.ndarray) -> float:
    """The mean of phases on the circle, in degrees from −180 to 180: of 170 and −170 it is 180, not 0."""
    return float(np.degrees(np.angle(np.exp(1j * np.radians(phases)).mean())))


def spread_of(phases: np.ndarray) -> float:
    """The standard deviation of phases, in degrees, from their mean on the circle."""
    return float(np.sqrt((wrapped(phases - mean_phase(phases)) ** 2).mean()))


def wrapped(degrees):
    """The same angle, from −180 to 180."""
    return (degrees + 180) % 360 - 180


def quiet_input(steps: int) -> torch.Tensor:
    """Latch without its noise, (4, steps, 8): each of the four symbols once, then the mean of the four distractors."""
    x = torch.zeros(4, steps, 8)
    x[:, 0, :4], x[:, 1:, 4:] = torch.eye(4), 0.25
    return x
