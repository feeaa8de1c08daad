"""What is true, and what is not, about the tensors of every recurrent layer that the ShapeExplorer shows.

Everything is text: Python expressions with {formulas} of the sizes in them. The tests run each of them on real layers.
"""

import re
from collections.abc import Callable
from itertools import product

from ...language import tr

BLOCKS_OF_ROWS = {"RNN": 1, "GRU": 3, "LSTM": 4}  # in each weight matrix: one for each gate or candidate
LONGEST, WIDEST = 7, 5
# With one sequence, one step or equal lengths, some of the claims that are marked as false would be true.
SIZES = {
    "B": ("batch", 2, 4),
    "T": ("seq", 2, LONGEST),
    "I": ("input_size", 1, WIDEST),
    "H": ("hidden_size", 1, WIDEST),
}
CHOICES = {
    "cell": list(BLOCKS_OF_ROWS),
    "num_layers": [1, 2, 3],
    "bidirectional": [False, True],
    "batch_first": [True, False],
    "lengths": ["equal", "different"],
}


def different_lengths(seq: int) -> list[int]:
    """The lengths of four sequences of which the longest has `seq` steps, in no order."""
    return [seq, (seq + 1) // 2, max(seq - 1, 1), 1]


def names_of(sizes: dict[str, int]) -> dict:
    """What the formulas of `facts` may name, for these sizes."""
    return sizes | {"lengths": different_lengths(sizes["T"])[: sizes["B"]]}


def fill(template: str, names: dict) -> str:
    """The template with a number in place of each {formula}. Templates are this module's own: eval meets no others."""
    return re.sub(r"\{(.*?)\}", lambda found: str(eval(found[1], {}, names)), template)


def layer_name(layer: int, direction: str, tr: Callable[..., str] = tr) -> str:
    """As a cell of the grid is called in texts, and in pictures, for which tr is `tr_drawn`."""
    if direction == "backward":
        return tr("layer {layer}, backward", layer=layer)
    return tr("layer {layer}, forward", layer=layer)


def facts(
    cell: str,
    num_layers: int,
    bidirectional: bool,
    batch_first: bool,
    lengths: str,
    *,
    tr: Callable[..., str] = tr,
) -> dict[str, list[tuple]]:
    """All that is said about one choice, for any sizes B, T, I, H: templates, for `fill`, in tuples.

    shapes : (name, shape)
    blocks : of h_n: (layer, direction, which slice of output it is, where that is: "end", "start" or "")
    code : (line) that makes the tensors
    claims : (expression, what Python answers, why)
    parameters : (number of parameters of one layer)

    For a picture, tr is `tr_drawn`.
    """
    directions = 2 if bidirectional else 1
    features = "2*H" if bidirectional else "H"
    inputs = ["I"] + [features] * (num_layers - 1)
    parameters = [(f"{directions}*{BLOCKS_OF_ROWS[cell]}*(H*{size} + H*H + 2*H)",) for size in inputs]
    states = f"({num_layers * directions}, {{B}}, {{H}})"
    outer = "{B}, {T}" if batch_first else "{T}, {B}"
    shapes = [("x", f"({outer}, {{I}})"), ("output", f"({outer}, {{{features}}})"), ("h_n", states)]
    shapes += [("c_n", states)] if cell == "LSTM" else []
    layout = directions, batch_first, lengths
    return {
        "shapes": shapes,
        "blocks": _blocks(num_layers, *layout, tr),
        "code": _code(cell, num_layers, *layout),
        "claims": _claims(cell, num_layers, *layout, states, " + ".join(formula for (formula,) in parameters)),
        "parameters": parameters,
    }


def _slices(directions: int, batch_first: bool, lengths: str):
    """A function that writes output[...]: of which sequence, at which step, of which direction, 0 or 1."""

    def write(sequence: str, step: str, direction: int) -> str:
        if step == "end":
            sequence, step = (sequence, "-1") if lengths == "equal" else ("torch.arange({B})", "lengths - 1")
        half = [(":{H}", "{H}:")[direction]] if directions == 2 else []
        text = ", ".join([*((sequence, step) if batch_first else (step, sequence)), *half])
        return f"output[{text.removesuffix(', :')}]"

    return write


def _blocks(num_layers: int, directions: int, batch_first: bool, lengths: str, tr: Callable[..., str]) -> list[tuple]:
    output = _slices(directions, batch_first, lengths)
    blocks = []
    for layer, direction in product(range(num_layers), range(directions)):
        where, place = tr("in no output"), ""
        if layer == num_layers - 1:
            place = ("end", "start")[direction]
            where = "= " + output(":", ("end", "0")[direction], direction)
            if place == "end" and lengths == "different":
                where = tr("= output at lengths - 1")
        blocks.append((layer, ("forward", "backward")[direction], where, place))
    return blocks


def _code(cell: str, num_layers: int, directions: int, batch_first: bool, lengths: str) -> list[tuple]:
    arguments = f"num_layers={num_layers}, bidirectional={directions == 2}, batch_first={batch_first}"
    state = "(h_n, c_n)" if cell == "LSTM" else "h_n"
    layer = f"layer = nn.{cell}({{I}}, {{H}}, {arguments})"
    if lengths == "equal":
        outer = "{B}, {T}" if batch_first else "{T}, {B}"
        lines = [layer, f"x = torch.randn({outer}, {{I}})", f"output, {state} = layer(x)"]
    else:
        lines = [
            layer,
            "lengths = torch.tensor({lengths})",
            f"x = pad_sequence([torch.randn(n, {{I}}) for n in lengths], batch_first={batch_first})",
            f"packed = pack_padded_sequence(x, lengths, batch_first={batch_first}, enforce_sorted=False)",
            f"packed_output, {state} = layer(packed)",
            f"output, _ = pad_packed_sequence(packed_output, batch_first={batch_first})",
        ]
    return [(line,) for line in lines]


def _claims(cell, num_layers, directions, batch_first, lengths, states: str, parameters: str) -> list[tuple]:
    output = _slices(directions, batch_first, lengths)
    forward, backward = f"h_n[-{directions}]", "h_n[-1]"
    equal = "torch.equal({}, {})".format
    packed = lengths == "different"
    at_end, at_start, bug = _whys_of_own_ends() if packed else _whys_of_one_end()
    claims = [(equal(output(":", "end", 0), forward), True, at_end)]
    if directions == 2:
        claims.append((equal(output(":", "0", 1), backward), True, at_start))
        claims.append((equal(output(":", "end", 1), backward), False, bug))
    if packed:
        claims += _packed_claims(cell, batch_first)
        why = tr("At the last step of output the shorter sequences have padding, not their states.")
        claims.append((equal(output(":", "-1", 0), forward), False, why))
    first = tr("The first axis is the batch here: this is the last sequence, not the last step.")
    second = tr("The second axis is the batch here: this is the last sequence, not the last step.")
    why = first if batch_first else second
    claims.append((equal(output("-1", ":", 0), forward), False, why))
    if num_layers > 1:
        why = tr("Layer 0 is in h_n only: output shows no layer below the last.")
        claims.append((equal(output(":", "end", 0), "h_n[0]"), False, why))
    if cell == "LSTM":
        why = tr("c_n is in no output: output holds h only.")
        claims.append((equal(output(":", "end", 0), forward.replace("h", "c")), False, why))
        why = tr("h = o · tanh(c): an LSTM never shows more than it keeps.")
        claims.append(("torch.all(h_n.abs() <= c_n.abs())", True, why))
    why = tr("Layers times directions, batch, hidden_size: batch_first moves x and output, and leaves h_n alone.")
    claims.append((f"h_n.shape == {states}", True, why))
    why = tr("The sum of the formulas below.")
    claims.append((f"sum(p.numel() for p in layer.parameters()) == {{{parameters}}}", True, why))
    return claims


def _whys_of_one_end() -> tuple[str, str, str]:
    """Of sequences of equal lengths: forward at its end, backward at its end, backward at the wrong end."""
    return (
        tr("The last layer, forward: its state after the last step."),
        tr(
            "The last layer, backward: it starts at the last step, so it has read everything when it arrives at step 0."
        ),
        tr("The classic bug: at the last step the backward half has read one step only."),
    )


def _whys_of_own_ends() -> tuple[str, str, str]:
    """The same of packed sequences."""
    return (
        tr("The last layer, forward: its state after each sequence's own last real step."),
        tr(
            "The last layer, backward: it starts at each sequence's own last real step, so it has read everything when "
            "it arrives at step 0."
        ),
        tr("The classic bug: at each sequence's own last real step the backward half has read one step only."),
    )


def _packed_claims(cell: str, batch_first: bool) -> list[tuple]:
    padding, alone = (
        ("output[k, n:]", "x[1:2, :lengths[1]]") if batch_first else ("output[n:, k]", "x[:lengths[1], 1:2]")
    )
    h_n = "[1][0]" if cell == "LSTM" else "[1]"  # of what a layer returns
    same = "torch.allclose(h_n[:, 1], layer({}){}[:, {}], atol=1e-6)".format
    return [
        (f"all(({padding} == 0).all() for k, n in enumerate(lengths))", True, tr("Padding is exactly 0.")),
        (same(alone, h_n, 0), True, tr("Sequence 1 alone, without padding, ends in the same states.")),
        (same("x", h_n, 1), False, tr("Without packing the layer reads the padding too, and ends in other states.")),
    ]
