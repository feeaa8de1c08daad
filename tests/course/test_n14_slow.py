"""Notebook 14: fixed points, against cases that are known and against another solver."""

import numpy as np
import pytest
import torch
from scipy.optimize import root
from torch import nn

from seqmem_lib import load_results
from seqmem_lib.course.n14_inside.held import held_number, read_numbers
from seqmem_lib.course.n14_inside.slow import (
    cycle_of,
    fixed_points,
    jacobians,
    minimise_speed,
    slopes,
    speed,
    step_of,
)


def network(weight, inputs=3, seed=0):
    """A vanilla RNN with this W_hh, and with other weights and biases drawn at random."""
    torch.manual_seed(seed)
    rnn = nn.RNN(inputs, len(weight), batch_first=True).double()
    with torch.no_grad():
        rnn.weight_hh_l0.copy_(torch.as_tensor(weight))
    return rnn


def wild(size=8, radius=1.6, seed=3):
    generator = np.random.default_rng(seed)
    return network(radius * generator.normal(size=(size, size)) / size**0.5, seed=seed)


def alone(weight):
    """A network without biases."""
    rnn = network(weight)
    for bias in (rnn.bias_ih_l0, rnn.bias_hh_l0):
        nn.init.zeros_(bias)
    return rnn


@pytest.fixture
def starts():
    return 2 * torch.rand(200, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) - 1


@pytest.mark.parametrize("steps", [1, 3])
def test_the_step_is_that_of_the_layer(steps):
    rnn, x, h = wild(), torch.tensor([0.3, -0.2, 0.5]), torch.linspace(-0.9, 0.9, 16).double().reshape(2, 8)
    _, there = rnn(x.double().expand(2, steps, 3), h[None])
    torch.testing.assert_close(step_of(rnn, x, steps)(h), there[0])
    torch.testing.assert_close(speed(step_of(rnn, x, steps), h), (there[0] - h).norm(dim=1) ** 2 / 2)


def test_the_jacobian_is_what_a_small_push_becomes():
    step, h = step_of(wild(), torch.zeros(3), 2), torch.linspace(-0.9, 0.9, 16).double().reshape(2, 8)
    push = 1e-6 * torch.eye(8).double()
    for k, matrix in enumerate(jacobians(step, h)):
        seen = (step(h[k] + push) - step(h[k] - push)).T / 2e-6
        torch.testing.assert_close(matrix, seen, rtol=1e-7, atol=1e-8)


def test_slopes_are_sorted():
    step = step_of(alone(np.diag([0.5, -0.9, 0.7])), torch.zeros(3))
    torch.testing.assert_close(slopes(step, torch.zeros(1, 3).double()).real, torch.tensor([[-0.9, 0.7, 0.5]]).double())


def test_two_units_that_latch_have_nine_fixed_points():
    """Each unit alone has three, h = tanh(2h): two stable ones, and 0 with the slope 2."""
    step = step_of(alone(2 * np.eye(2)), torch.zeros(3))
    grid = torch.cartesian_prod(*[torch.linspace(-1, 1, 15, dtype=torch.float64)] * 2)
    points = fixed_points(step, grid)
    held = 0.957504024
    known = [(a, b) for a in (-held, 0, held) for b in (-held, 0, held)]
    assert len(points) == 9
    np.testing.assert_allclose(
        sorted(points.round(decimals=6).abs().tolist()), sorted(np.abs(known).tolist()), atol=1e-6
    )
    stable = slopes(step, points)[:, 0].abs() < 1
    assert stable.tolist() == [True] * 4 + [False] * 5
    assert (points[:4].abs() > 0.9).all()


def test_stable_points_come_first_however_few_starts_lead_there():
    step = step_of(alone(1.5 * np.eye(1)), torch.zeros(3))  # at 0 the slope is 1.5
    points = fixed_points(step, torch.tensor([[0.0]] * 9 + [[1.0], [1.0], [-1.0]]).double())
    assert points[:, 0].sign().tolist() == [1, -1, 0]


def test_another_solver_finds_the_same_points(starts):
    """scipy's hybrid method of Powell, from a place near each point; and from all the starts, it finds no other."""
    step = step_of(wild(), torch.tensor([0.3, -0.2, 0.5]))
    points = fixed_points(step, starts).numpy()
    assert len(points) >= 3
    ends = minimise_speed(step, starts)
    ways = torch.func.vmap(torch.func.grad(lambda h: speed(step, h)))(ends)
    assert ways.norm(dim=1).max() < 1e-9  # each start came to a place where nothing leads down any more
    assert speed(step, torch.tensor(points)).max() < 1e-22

    def rest(h):
        return (step(torch.tensor(h)) - torch.tensor(h)).numpy()

    for point in points:
        found = root(rest, point + 1e-3, tol=1e-12)
        assert found.success
        np.testing.assert_allclose(found.x, point, atol=1e-9)
    others = [root(rest, start, tol=1e-12) for start in starts[:60].numpy()]
    solved = [found.x for found in others if found.success]
    assert len(solved) > 30
    for one in solved:
        assert np.linalg.norm(points - one, axis=1).min() < 1e-8


def test_stable_points_are_where_paths_end(starts):
    step = step_of(network(np.diag([2.0, 1.5, 0.5])), torch.zeros(3))
    h = starts[:, :3]
    points = fixed_points(step, h)
    stable = points[slopes(step, points)[:, 0].abs() < 1]
    for _ in range(2000):
        h = step(h)
    distance = torch.cdist(h, stable, compute_mode="donot_use_mm_for_euclid_dist")
    assert distance.amin(dim=1).max() < 1e-8
    assert set(distance.argmin(dim=1).tolist()) == set(range(len(stable)))
    assert len(points) > len(stable)


def test_a_minimum_above_zero_is_no_fixed_point():
    """Just before two fixed points are born, a state is slow where they will be, and rests nowhere near."""
    rnn = alone([[2.0]])
    nn.init.constant_(rnn.bias_ih_l0, 0.54)  # the ghost of the two is near -0.7
    step, start = step_of(rnn, torch.zeros(3)), torch.tensor([[-0.7]]).double()
    end = minimise_speed(step, start)
    assert end.item() == pytest.approx(-0.7, abs=0.05)
    assert 1e-8 < speed(step, end).item() < 1e-4
    assert len(fixed_points(step, start)) == 0


@pytest.mark.parametrize(("period", "strength", "cycle"), [(4, 1.2, 4), (8, 1.4, 8), (7.3, 1.1, 0)])
def test_a_swing_that_comes_back_rests_in_the_map_of_its_steps(period, strength, cycle):
    angle = 2 * np.pi / period
    rnn = alone(strength * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]))
    h = torch.tensor([0.5, 0.1]).double()
    step = step_of(rnn, torch.zeros(3))
    for _ in range(1000):
        h = step(h)
    assert cycle_of(rnn, torch.zeros(3), h, 8) == cycle
    (centre,) = fixed_points(step, 0.1 * torch.randn(5, 2).double())
    leading = slopes(step, centre[None])[0, 0]
    assert leading.abs().item() == pytest.approx(strength)
    assert abs(np.degrees(np.angle(leading))) == pytest.approx(360 / period)


@pytest.mark.parametrize(
    "rnn",
    [nn.GRU(3, 4), nn.RNN(3, 4, num_layers=2), nn.RNN(3, 4, bidirectional=True), nn.RNN(3, 4, nonlinearity="relu")],
)
def test_other_layers_are_refused(rnn):
    with pytest.raises(ValueError, match="must be a vanilla RNN of one layer and direction, with tanh"):
        step_of(rnn, torch.zeros(3))


def test_a_held_number():
    task = held_number(4)
    with torch.device("meta"):  # data come from the CPU, whatever the default device
        x, y = task(100, generator=torch.Generator("cpu").manual_seed(0))
    assert x.shape == (100, 5, 2) == (100, 5, task.input_size)
    assert y.shape == (100, 5, 1) == (100, 5, task.output_size)
    assert "lag 4" in str(task)
    assert held_number(1)(2, generator=torch.Generator())[0].shape == (2, 2, 2)
    assert (x[:, 1:] == 0).all()
    assert (x[:, 0, 1] == 1).all()
    torch.testing.assert_close(y[..., 0], x[:, :1, 0].expand(-1, 5))
    assert x[:, 0, 0].min() < -0.9
    assert x[:, 0, 0].max() > 0.9
    assert torch.equal(task(100, generator=torch.Generator("cpu").manual_seed(0))[0], x)
    again, _ = read_numbers(x[:, 0, 0], 4)
    torch.testing.assert_close(again, x)
    with pytest.raises(ValueError, match="lag"):
        held_number(0)


def test_the_swings_that_come_back_are_those_of_the_other_table():
    """`timing` compares states along a path, `inside` looks for fixed points of a map of several steps."""
    tables = (
        load_results(name).query("label == 'asked at the end'").set_index("seed") for name in ("inside", "timing")
    )
    inside, timing = tables
    timing = timing.loc[inside.index]
    assert inside["cycle"].tolist() == timing["comes_back"].tolist()
    assert inside["cycle"].max() > 2
    np.testing.assert_allclose(inside["turn"], timing["turn"].abs(), atol=0.05)
