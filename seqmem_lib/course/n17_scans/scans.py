"""Recurrences that need no loop over time: linear in their state, and computed by a scan."""

import torch
from torch import Tensor, nn

from ...arguments import check_sequence, check_tensor, whole_number


def linear_scan(a: Tensor, b: Tensor) -> Tensor:
    """h_t = a_t · h_{t-1} + b_t at every step, from a state of 0, in about log2(seq) sweeps over the whole sequence.

    a, b : Tensor, (batch, seq, ...), of the same shape
    Returns h, of that shape. To start from a state h_0, add a_1 · h_0 to the first b.

    Two steps in a row are one step of the same form: a_2 (a_1 h + b_1) + b_2 = (a_2 a_1) h + (a_2 b_1 + b_2). So the
    sweeps join every step with the one that lies 1, 2, 4, ... steps before it (Hillis & Steele 1986).
    Raises TypeError if one is no tensor, ValueError if the shapes or dtypes differ, or hold no step.
    """
    check_tensor("a", a, "(batch, seq, ...)")
    check_tensor("b", b, "(batch, seq, ...)")
    if a.shape != b.shape or a.ndim < 2 or a.shape[1] == 0:
        raise ValueError(f"a has shape {tuple(a.shape)}, b {tuple(b.shape)}: pass two of the same (batch, seq, ...)")
    if a.dtype != b.dtype:
        raise ValueError(f"a is of {a.dtype} and b of {b.dtype}: convert one with .to()")
    reach = 1
    while reach < a.shape[1]:
        b = torch.cat([b[:, :reach], a[:, reach:] * b[:, :-reach] + b[:, reach:]], dim=1)
        a = torch.cat([a[:, :reach], a[:, reach:] * a[:, :-reach]], dim=1)
        reach *= 2
    return b


class MinGRU(nn.Module):
    """The minimal GRU of Feng, Tung, Ahmed, Bengio & Hajimirsadeghi (2024): its gate and its candidate see x only, so
    that h_t = (1 - z_t) · h_{t-1} + z_t · n_t is linear in h. Here a z near 1 writes, as in their paper.

    input_size, hidden_size : features that go in, units

    Raises ValueError if a size is not a whole number of at least 1.
    """

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        input_size, hidden_size = whole_number("input_size", input_size, 1), whole_number("hidden_size", hidden_size, 1)
        self.gates = nn.Linear(input_size, 2 * hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        """x, (batch, seq, input_size), to h of every step, (batch, seq, hidden_size). Raises TypeError or
        ValueError if x is something else.
        """
        check_sequence(x, None, self.gates.in_features, self.gates.weight.dtype)
        z, n = self.gates(x).chunk(2, dim=-1)
        z = z.sigmoid()
        return linear_scan(1 - z, z * n)
