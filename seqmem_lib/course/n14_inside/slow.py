"""Where a state rests, or nearly so: the points at which a time step changes it least, and what happens close to them.
After Sussillo & Barak (2013), Opening the black box, Neural Computation 25(3)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import jacrev, vmap

Step = Callable[[Tensor], Tensor]  # of states, (..., hidden_size)


def step_of(rnn: nn.RNN, x: Tensor, steps: int = 1) -> Step:
    """The map F(h) = h after so many time steps with the input x, (input_size,), held as it is; in float64.

    rnn : one layer, one direction, tanh

    Raises ValueError if the layer is another one.
    """
    if not isinstance(rnn, nn.RNN) or rnn.num_layers > 1 or rnn.bidirectional or rnn.nonlinearity != "tanh":
        raise ValueError(f"rnn={rnn} must be a vanilla RNN of one layer and direction, with tanh")
    taken, w_x, w_h, b_x, b_h = (one.detach().cpu().double() for one in (x, *rnn.parameters()))
    drive = w_x @ taken + b_x + b_h

    def step(h: Tensor) -> Tensor:
        for _ in range(steps):
            h = torch.tanh(h @ w_h.T + drive)
        return h

    return step


def speed(step: Step, h: Tensor) -> Tensor:
    """q(h) = ½ |F(h) − h|², (...), of states (..., hidden_size): 0 where the state rests."""
    return (step(h) - h).square().sum(dim=-1) / 2


@torch.no_grad()
def jacobians(step: Step, h: Tensor) -> Tensor:
    """∂F/∂h, (batch, hidden_size, hidden_size), at states (batch, hidden_size)."""
    return vmap(jacrev(step))(h)


def slopes(step: Step, h: Tensor) -> Tensor:
    """The eigenvalues of the Jacobian, (batch, hidden_size), complex, the largest modulus first, at (batch,
    hidden_size). A push along one of them is multiplied by it at each time step."""
    values = torch.linalg.eigvals(jacobians(step, h))
    return values.gather(1, values.abs().argsort(dim=1, descending=True))


@torch.no_grad()
def minimise_speed(step: Step, h: Tensor, updates: int = 200) -> Tensor:
    """The states, (batch, hidden_size), to which starts of this shape come when q is minimised, each by itself.

    By the method of Levenberg (1944) and Marquardt (1963): between gradient descent and Newton's method, and nearer to
    the second the better it goes.
    """
    eye = torch.eye(h.shape[-1], dtype=h.dtype)
    damping, found = torch.full((len(h),), 1e-2, dtype=h.dtype), speed(step, h)
    for _ in range(updates):
        slope = jacobians(step, h) - eye  # of F(h) − h
        square = slope.mT @ slope + damping[:, None, None] * eye
        way = torch.linalg.solve(square, (slope.mT @ (step(h) - h)[..., None]))[..., 0]
        there = speed(step, h - way)
        better = there < found
        h, found = torch.where(better[:, None], h - way, h), torch.where(better, there, found)
        damping = torch.where(better, damping / 4, damping * 4).clamp(1e-14, 1e6)
    return h


def fixed_points(step: Step, starts: Tensor, close: float = 1e-3) -> Tensor:
    """The fixed points that minimising q finds from these starts, (batch, hidden_size): (points, hidden_size), stable
    ones first, those that most starts lead to before others.

    close : points that are nearer to each other than this are one

    A start that ends where q has a minimum above 0 gives none: there the state is slow, and does not rest.
    """
    ends = minimise_speed(step, starts)
    ends = ends[speed(step, ends) < 1e-22]
    points, counts = [], []
    while len(ends):
        same = (ends - ends[0]).norm(dim=1) < close
        points.append(ends[0])
        counts.append(same.sum().item())
        ends = ends[~same]
    if not points:
        return starts[:0]
    points = torch.stack(points)
    growing = (slopes(step, points)[:, 0].abs() >= 1).tolist()
    order = sorted(range(len(points)), key=lambda k: (growing[k], -counts[k]))
    return points[order]


def cycle_of(rnn: nn.RNN, x: Tensor, h: Tensor, longest: int) -> int:
    """The smallest k, up to `longest`, for which minimising the speed of the map of k time steps from the state h,
    (hidden_size,), leads to a stable fixed point of that map close by; 0 if there is none."""
    for k in range(1, longest + 1):
        step = step_of(rnn, x, k)
        points = fixed_points(step, h[None])
        if len(points) and (points[0] - h).norm() < 0.01 and slopes(step, points)[0, 0].abs() < 1:
            return k
    return 0
