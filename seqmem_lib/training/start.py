"""Where a training starts: other initial weights than those of torch."""

import torch
from torch import Tensor, nn

from ..arguments import real_number, seeded, shown, whole_number


def start_orthogonal(layer: nn.RNN, *, seed: int) -> None:
    """Replace W_hh of an nn.RNN by a random orthogonal matrix: it turns h, and leaves its length as it is.

    Saxe, McClelland & Ganguli (2014). Drawn on the CPU, as all starts are.
    Raises TypeError if the layer is not an nn.RNN, ValueError if it has several layers or directions, or the seed is
    not a whole number from 0 on.

    >>> rnn = nn.RNN(3, 4)
    >>> sm.start_orthogonal(rnn, seed=0)
    >>> torch.allclose(rnn.weight_hh_l0 @ rnn.weight_hh_l0.T, torch.eye(4), atol=1e-5)
    True
    """
    _check_layer(layer, nn.RNN)
    generator = seeded("seed", seed)
    weight = torch.empty(layer.weight_hh_l0.shape, dtype=torch.float64, device="cpu")
    nn.init.orthogonal_(weight, generator=generator)
    with torch.no_grad():
        layer.weight_hh_l0.copy_(weight)


def start_identity(layer: nn.RNN) -> None:
    """Replace W_hh of an nn.RNN by the identity and its biases by 0: with `nonlinearity="relu"`, the IRNN of
    Le, Jaitly & Hinton (2015). The weights of the input stay as they are.

    Raises TypeError if the layer is not an nn.RNN, ValueError if it has several layers or directions.

    >>> rnn = nn.RNN(3, 2, nonlinearity="relu")
    >>> sm.start_identity(rnn)
    >>> rnn.weight_hh_l0.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    _check_layer(layer, nn.RNN)
    with torch.no_grad():
        nn.init.eye_(layer.weight_hh_l0)
        for bias in (layer.bias_ih_l0, layer.bias_hh_l0) if layer.bias else ():
            bias.zero_()


def start_keeping(layer: nn.LSTM | nn.GRU, bias: float | Tensor) -> None:
    """Set the bias of the gate that keeps, so that it starts out open: the forget gate f of an nn.LSTM, the update
    gate z of an nn.GRU.

    bias : the sum of torch's two bias vectors for this gate, a number or (hidden_size,). Setting both to 1 would make
        it 2. With no other input, the gate is sigmoid(bias): 0.5 for 0, 0.73 for 1, 0.95 for 3.

    Gers, Schmidhuber & Cummins (2000); Jozefowicz, Zaremba & Sutskever (2015) recommend 1.
    Raises TypeError if the layer is neither, ValueError if it has no bias, or several layers or directions, or `bias`
    is not such numbers.

    >>> lstm = nn.LSTM(3, 4)
    >>> sm.start_keeping(lstm, 3.0)
    >>> (lstm.bias_ih_l0 + lstm.bias_hh_l0)[4:8]  # of the forget gate
    tensor([3., 3., 3., 3.], grad_fn=<SliceBackward0>)
    """
    _check_layer(layer, nn.LSTM, nn.GRU)
    if not layer.bias:
        raise ValueError("layer has no bias to set: make it with bias=True")
    if not isinstance(bias, Tensor) or bias.ndim == 0:
        most = torch.finfo(layer.bias_ih_l0.dtype).max
        bias = real_number("bias", bias, -most, most)
    elif bias.shape != (layer.hidden_size,) or bias.dtype == torch.bool or not bias.isfinite().all():
        raise ValueError(f"bias must be a finite number, or ({layer.hidden_size},) of them, not {shown(bias)}")
    keeps = slice(layer.hidden_size, 2 * layer.hidden_size)  # f and z are both second in torch's order
    with torch.no_grad():
        layer.bias_ih_l0[keeps] = bias
        layer.bias_hh_l0[keeps] = 0


def start_chrono(layer: nn.LSTM, *, longest: int, seed: int) -> None:
    """Chrono initialisation (Tallec & Ollivier 2018): forget biases log U[1, longest - 1], and input
    biases of the same size with the other sign, so that the units start with half-lives of all lengths.

    longest : the largest lag that is to be learned, at least 3
    seed : of the biases, drawn on the CPU
    Raises TypeError if the layer is not an nn.LSTM, ValueError if it has no bias, or several layers or directions, or
    a number is not possible.

    >>> lstm = nn.LSTM(3, 4)
    >>> sm.start_chrono(lstm, longest=100, seed=0)
    >>> ((lstm.bias_ih_l0 + lstm.bias_hh_l0)[4:8] >= 0).all().item()  # of the forget gate
    True
    """
    _check_layer(layer, nn.LSTM)
    longest, generator = whole_number("longest", longest, 3), seeded("seed", seed)
    size = layer.hidden_size
    drawn = torch.empty(size, device="cpu").uniform_(1, longest - 1, generator=generator).log()
    start_keeping(layer, drawn.to(layer.weight_hh_l0))
    with torch.no_grad():
        layer.bias_ih_l0[:size] = -drawn
        layer.bias_hh_l0[:size] = 0


def _check_layer(layer, *kinds) -> None:
    if not isinstance(layer, kinds):
        names = " or ".join(f"nn.{kind.__name__}" for kind in kinds)
        raise TypeError(f"layer is of type {type(layer).__name__}: this start is for an {names}")
    if layer.num_layers > 1 or layer.bidirectional:
        raise ValueError("layer has several layers or directions: this start is for one layer and one direction")
