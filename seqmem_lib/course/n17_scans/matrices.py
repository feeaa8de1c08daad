"""Layers whose state is a matrix, values by keys, and which gates of an LSTM they kept: a diagonal recurrence with a
decay that depends on the input, and the delta rule. Each can be computed step by step, or by a scan."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, softplus

from ...arguments import check_sequence, check_tensor, true_or_false, whole_number
from .scans import linear_scan


def delta_steps(key: Tensor, value: Tensor, beta: Tensor) -> Tensor:
    """S_t = S_{t-1} - β_t (S_{t-1} k_t - v_t) k_tᵀ at every step, from S = 0, one step after the other.

    key : Tensor, (batch, seq, keys); of length 1, or a step does not replace what its key held
    value : Tensor, (batch, seq, values)
    beta : Tensor, (batch, seq, 1), how much of it is replaced
    Returns S of every step, (batch, seq, values, keys).

    The fast weights of Schlag, Irie & Schmidhuber (2021), with the delta rule of Widrow & Hoff (1960).
    Raises TypeError if one is no tensor, ValueError if the shapes or dtypes do not fit.
    """
    _check(key, value, beta)
    state, states = torch.zeros_like(value[:, 0, :, None] * key[:, 0, None]), []
    for k, v, b in zip(key.unbind(dim=1), value.unbind(dim=1), beta.unbind(dim=1), strict=True):
        held = (state * k[:, None]).sum(dim=-1)  # S k: what the key finds
        state = state - (b * (held - v))[..., None] * k[:, None]
        states.append(state)
    return torch.stack(states, dim=1)


def delta_scan(key: Tensor, value: Tensor, beta: Tensor) -> Tensor:
    """What `delta_steps` gives, in about log2(seq) sweeps, for S_t = S_{t-1} (I - β k kᵀ) + β v kᵀ is linear in S.

    Arguments, result and errors are those of delta_steps. A join multiplies matrices, (keys, keys), which a step never
    writes down: a join costs keys²·(keys + values) products, a step about 2·keys·values. Yang, Wang, Zhang, Shen & Kim
    (2024) have a form, in chunks, that does without these matrices.
    """
    _check(key, value, beta)
    outer = beta[..., None] * key[..., None, :]  # β kᵀ
    a = torch.eye(key.shape[-1]).to(key) - key[..., None] * outer
    b = value[..., None] * outer
    reach = 1
    while reach < a.shape[1]:  # as in linear_scan, with matrices, so that the order counts
        b = torch.cat([b[:, :reach], b[:, :-reach] @ a[:, reach:] + b[:, reach:]], dim=1)
        a = torch.cat([a[:, :reach], a[:, :-reach] @ a[:, reach:]], dim=1)
        reach *= 2
    return b


def _check(key: Tensor, value: Tensor, beta: Tensor) -> None:
    for name, one, last in (("key", key, "keys"), ("value", value, "values"), ("beta", beta, "1")):
        check_tensor(name, one, f"(batch, seq, {last})")
        if one.ndim != 3 or one.shape[:2] != key.shape[:2] or one.shape[1] == 0 or one.dtype != key.dtype:
            raise ValueError(
                f"{name} has shape {tuple(one.shape)} and {one.dtype}: pass (batch, seq, {last}), "
                "with the batch, the seq and the dtype of key"
            )
    if beta.shape[-1] != 1:
        raise ValueError(f"beta has shape {tuple(beta.shape)}: pass one number for each step, (batch, seq, 1)")


class DeltaRule(nn.Module):
    """One head of fast weights with the delta rule. Key, value and query are linear in x; key and query are brought to
    length 1, as in Yang et al. (2024), and β = sigmoid(linear in x). What is shown at a step is S_t q_t.

    input_size, values, keys : features that go in; rows and columns of the state S
    erase : False adds β v kᵀ without taking away what the key held: linear attention (Katharopoulos et al. 2020)

    Raises ValueError if a size is not a whole number of at least 1, TypeError if erase is not True or False.
    """

    def __init__(self, input_size: int, values: int, keys: int, *, erase: bool = True):
        super().__init__()
        input_size = whole_number("input_size", input_size, 1)
        keys, values = whole_number("keys", keys, 1), whole_number("values", values, 1)
        self.sizes = [keys, keys, values, 1]
        self.project, self.erase = nn.Linear(input_size, sum(self.sizes)), true_or_false("erase", erase)

    def forward(self, x: Tensor, way=delta_steps) -> Tensor:
        """x, (batch, seq, input_size), to (batch, seq, values); way: delta_steps, or delta_scan. Raises TypeError or
        ValueError if x is something else.
        """
        check_sequence(x, None, self.project.in_features, self.project.weight.dtype)
        key, query, value, beta = self.project(x).split(self.sizes, dim=-1)
        key, query, beta = normalize(key, dim=-1), normalize(query, dim=-1), beta.sigmoid()
        if self.erase:
            states = way(key, value, beta)
        else:
            states = (beta[..., None] * value[..., None] * key[..., None, :]).cumsum(dim=1)
        return (states * query[..., None, :]).sum(dim=-1)


class SelectiveDiagonal(nn.Module):
    """The recurrence inside Mamba (S6 of Gu & Dao 2023): for channel d and its n-th number,
    h ← exp(Δ_d A_dn) h + Δ_d B_n u_d, and y_d = Σ_n C_n h_dn. Δ = softplus(linear in x) is positive and A negative, so
    that the factor lies between 0 and 1; u, B and C are linear in x, and A is learned.

    input_size, values, keys : features that go in; channels d, and numbers n of each

    Only the recurrence: without the convolution before it, the gated branch beside it, the path from u straight to y,
    and with Δ B in place of the exact step, as in the authors' code. A begins as -1, -2, ... in each channel, as there.
    Raises ValueError if a size is not a whole number of at least 1.
    """

    def __init__(self, input_size: int, values: int, keys: int):
        super().__init__()
        input_size = whole_number("input_size", input_size, 1)
        keys, values = whole_number("keys", keys, 1), whole_number("values", values, 1)
        self.sizes = [values, values, keys, keys]
        self.project = nn.Linear(input_size, sum(self.sizes))
        self.log_a = nn.Parameter(torch.arange(1.0, keys + 1).log().repeat(values, 1))

    def forward(self, x: Tensor, way=linear_scan) -> Tensor:
        """x, (batch, seq, input_size), to y, (batch, seq, values); way: linear_scan, or a loop that gives the same.
        Raises TypeError or ValueError if x is something else.
        """
        check_sequence(x, None, self.project.in_features, self.project.weight.dtype)
        delta, u, b, c = self.project(x).split(self.sizes, dim=-1)
        delta = softplus(delta)[..., None]
        states = way((-delta * self.log_a.exp()).exp(), delta * u[..., None] * b[..., None, :])
        return (states * c[..., None, :]).sum(dim=-1)
