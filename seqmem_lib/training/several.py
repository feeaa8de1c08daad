"""Several recurrent layers of one kind, run in one pass: the first axis of every tensor counts the models."""

import torch
from torch import Tensor, nn

from ..cells import lstm_update


def run_several(layer: nn.RNNBase, prefix: str, weights: dict[str, Tensor], x: Tensor):
    """h of several layers at every step, (models, batch, seq, hidden_size), as our cells compute it, and the last
    state, (models, 1, batch, hidden_size), for LSTMs h and c.

    The input is projected once for all steps. What is left at each step is one product for all models.
    """
    w_x, w_h, b_x, b_h = (weights[f"{prefix}{name}_l0"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    gru = layer.mode == "GRU"  # its reset gate multiplies the second bias, which the others add to the first
    b_x, b_h, w_h = (b_x if gru else b_x + b_h).unsqueeze(1), b_h.unsqueeze(1), w_h.mT.contiguous()
    sums = torch.baddbmm(b_x, x.flatten(1, 2), w_x.mT).unflatten(1, x.shape[1:3])
    h = c = x.new_zeros(*x.shape[:2], layer.hidden_size)
    shown = []
    for of_x in sums.unbind(dim=2):
        if gru:
            of_h = torch.baddbmm(b_h, h, w_h)
            (x_rz, x_n), (h_rz, h_n) = (one.tensor_split([2 * layer.hidden_size], dim=-1) for one in (of_x, of_h))
            r, z = (x_rz + h_rz).sigmoid().chunk(2, dim=-1)
            h = torch.lerp((x_n + r * h_n).tanh(), h, z)  # (1 - z)·n + z·h
        elif layer.mode == "LSTM":
            i, f, g, o = torch.baddbmm(of_x, h, w_h).chunk(4, dim=-1)
            h, c = lstm_update(i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid(), c)
        else:
            a = torch.baddbmm(of_x, h, w_h)
            h = a.relu() if layer.mode == "RNN_RELU" else a.tanh()
        shown.append(h)
    last = (h.unsqueeze(1), c.unsqueeze(1)) if layer.mode == "LSTM" else h.unsqueeze(1)
    return torch.stack(shown, dim=2), last


def read_out_several(weights: dict[str, Tensor], features: Tensor) -> Tensor:
    """The linear readout of each model, of features, (models, n, features)."""
    return torch.baddbmm(weights["readout.bias"].unsqueeze(1), features, weights["readout.weight"].mT)
