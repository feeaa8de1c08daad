"""Notebook 14: the plane of a swing, and by how much a step turns it."""

import numpy as np
import pytest
import torch

from seqmem_lib.course.n14_inside.swing import (
    mean_phase,
    phases_in,
    principal_plane,
    quiet_input,
    spread_of,
    turn_of,
    wrapped,
)


def swing(turn, start=0.0, steps=200, size=6):
    """Round a circle in a plane of a larger space, by so many degrees at each step, and a little beside it."""
    generator = np.random.default_rng(0)
    angle = np.radians(start + turn * np.arange(steps))
    first, second = np.linalg.qr(generator.normal(size=(size, 2)))[0].T
    beside = 0.01 * generator.normal(size=(steps, size))
    return 5 + np.outer(np.cos(angle), 3 * first) + np.outer(np.sin(angle), 3 * second) + beside


@pytest.mark.parametrize("turn", [10.0, 45.0, 90.0, 129.2, 170.0])
def test_the_turn_of_a_swing(turn):
    paths = np.stack([swing(turn, start) for start in (0, 90, 180, 270)])
    centre, plane, share = principal_plane(torch.tensor(paths))
    phases = phases_in(paths, centre, plane)
    assert abs(turn_of(phases)) == pytest.approx(turn, abs=0.05)  # to which side depends on how the plane lies
    assert share > 0.99
    apart = np.abs(wrapped(phases[1:, 20] - phases[0, 20]))
    np.testing.assert_allclose(apart, [90, 180, 90], atol=2)


def test_the_turn_of_a_swing_that_is_uneven():
    """Near half a turn: some of its steps are longer than that, and look like short ones to the other side."""
    uneven = 10 * np.random.default_rng(0).normal(size=1000)
    assert turn_of(wrapped(175 * np.arange(1000) + uneven)) == pytest.approx(175, abs=0.1)


def test_half_a_turn_at_each_step():
    assert abs(turn_of(np.array([10.0, -170.0, 10.0, -170.0]))) == pytest.approx(180)


def test_the_share_of_the_plane():
    states = np.zeros((2, 4, 3))
    states[0, :, 0], states[1, :, 1] = [2, -2, 2, -2], [1, -1, 1, -1]
    states[:, :, 2] = [[0.5, 0.5, -0.5, -0.5]] * 2
    assert principal_plane(states)[2] == pytest.approx((16 + 4) / (16 + 4 + 2))


def test_a_plane_does_not_depend_on_the_signs_that_the_processor_chose(monkeypatch):
    states = swing(30.0)
    _, plane, _ = principal_plane(states)
    taken = np.linalg.svd

    def other_signs(*arguments, **named):
        u, lengths, axes = taken(*arguments, **named)
        return -u, lengths, -axes

    monkeypatch.setattr(np.linalg, "svd", other_signs)
    np.testing.assert_allclose(principal_plane(states)[1], plane)


@pytest.mark.parametrize("states", [np.zeros(4), np.zeros((4, 1)), np.full((4, 3), np.nan)])
def test_other_states_are_refused(states):
    with pytest.raises(ValueError, match=r"states has shape .*: give finite numbers, \(\.\.\., hidden_size\)"):
        principal_plane(states)


def test_phases_that_stand_on_both_sides_of_180():
    phases = np.array([178.0, -178.0, 176.0, -176.0])
    assert abs(mean_phase(phases)) == pytest.approx(180)
    assert spread_of(phases) == pytest.approx(np.sqrt((4 + 4 + 16 + 16) / 4))


def test_the_quiet_input_is_the_mean_of_the_task():
    x = quiet_input(5)
    assert x.shape == (4, 5, 8)
    torch.testing.assert_close(x[:, 0], torch.eye(4, 8))
    torch.testing.assert_close(x[:, 1:], torch.tensor([0.0] * 4 + [0.25] * 4).expand(4, 4, 8))
