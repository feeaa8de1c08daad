"""The ShapeExplorer: every claim, shape and number that it can show is run on real layers, over the whole grid."""

import base64
import json
import re
from io import BytesIO
from itertools import product

import pytest
import torch
from matplotlib.colors import to_rgb
from PIL import Image
from reader import Reader
from stored import assert_as_stored
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from seqmem_lib.course.n05_layers.shape_explorer import LAYER_COLORS, ShapeExplorer
from seqmem_lib.course.n05_layers.shape_facts import (
    CHOICES,
    SIZES,
    different_lengths,
    facts,
    fill,
    layer_name,
    names_of,
)

GRID = list(product(*CHOICES.values()))
# Different numbers, so that a transposition cannot hide; the corners of the sliders; and as many blocks as sequences.
SOME_SIZES = [(3, 6, 2, 5), (2, 7, 5, 3), (4, 3, 5, 1), (2, 2, 1, 1), (4, 7, 5, 5), (4, 4, 4, 4)]


@pytest.fixture(autouse=True)
def double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture(params=GRID, ids=lambda values: "-".join(map(str, values)))
def choice(request):
    return dict(zip(CHOICES, request.param, strict=True))


def run(choice, sizes, seed):
    """What the code that the page shows makes, and the facts with these numbers in them."""
    names = names_of(dict(zip(SIZES, sizes, strict=True)))
    found = {
        kind: [tuple(fill(text, names) if isinstance(text, str) else text for text in fact) for fact in of_one_kind]
        for kind, of_one_kind in facts(**choice).items()
    }
    made = {function.__name__: function for function in (pad_sequence, pack_padded_sequence, pad_packed_sequence)}
    made |= {"torch": torch, "nn": nn, "lengths": torch.full((names["B"],), names["T"])}
    torch.manual_seed(seed)
    with torch.no_grad():
        exec("\n".join(line for (line,) in found["code"]), made)
    return made, found


def by_hand(layer, x):
    """For one sequence, (seq, input_size): the outputs of the last layer, and (h, c) of each layer and direction."""
    ends = {}
    for k, direction in product(range(layer.num_layers), range(1 + layer.bidirectional)):
        if direction == 0:
            inputs, x = x, []
        cell = getattr(nn, f"{type(layer).__name__}Cell")(inputs.shape[1], layer.hidden_size)
        suffix = f"_l{k}" + "_reverse" * direction
        cell.load_state_dict({name: getattr(layer, name + suffix) for name, _ in cell.named_parameters()})
        state, shown = None, []
        for x_t in inputs.flip(0) if direction else inputs:
            state = cell(x_t, state)
            shown.append(state[0] if isinstance(state, tuple) else state)
        ends[k, ("forward", "backward")[direction]] = state if isinstance(state, tuple) else (state, None)
        x.append(torch.stack(shown).flip(0) if direction else torch.stack(shown))
        if direction == layer.bidirectional:
            x = torch.cat(x, dim=1)
    return x, ends


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])  # the latter if a reader copies the code
def test_every_claim(choice, dtype):
    torch.set_default_dtype(dtype)
    for seed, sizes in enumerate(SOME_SIZES):
        made, found = run(choice, sizes, seed)
        with torch.no_grad():
            for expression, answer, _ in found["claims"]:
                assert bool(eval(expression, made)) is answer, (sizes, expression)
        assert {answer for _, answer, _ in found["claims"]} == {True, False}


def test_why_says_which_axis_is_the_batch_and_whose_end_is_meant(choice):
    whys = [why for *_, why in facts(**choice)["claims"]]
    (axis,) = [why for why in whys if "this is the last sequence, not the last step" in why]
    assert axis.startswith("The first axis" if choice["batch_first"] else "The second axis")
    ends = [why for why in whys if "each sequence's own last real step" in why]
    for expression, *_ in facts(**choice)["claims"]:
        assert choice["lengths"] == "different" or "lengths" not in expression
    count = 3 if choice["bidirectional"] else 1
    assert len(ends) == (count if choice["lengths"] == "different" else 0)


def test_every_shape_and_number_of_parameters(choice):
    for sizes in SOME_SIZES:
        made, found = run(choice, sizes, 0)
        assert [name for name, _ in found["shapes"]] == ["x", "output", "h_n"] + ["c_n"] * (choice["cell"] == "LSTM")
        for name, shape in found["shapes"]:
            assert str(tuple(made[name].shape)) == shape
        for k, (formula,) in enumerate(facts(**choice)["parameters"]):
            of_layer = [p for name, p in made["layer"].named_parameters() if re.search(rf"_l{k}(_reverse)?$", name)]
            assert int(fill(f"{{{formula}}}", dict(zip(SIZES, sizes, strict=True)))) == sum(p.numel() for p in of_layer)


def test_every_block_is_of_that_layer_and_direction_and_in_that_place(choice):
    """Against cells that are stepped by hand, sequence by sequence."""
    for seed, sizes in enumerate(SOME_SIZES[:2]):
        made, found = run(choice, sizes, seed)
        x, output = ((t if choice["batch_first"] else t.transpose(0, 1)) for t in (made["x"], made["output"]))
        h_n, c_n = made["h_n"], made.get("c_n", [None] * len(found["blocks"]))
        assert len(found["blocks"]) == len(h_n)
        halves = output.unflatten(-1, (-1, sizes[3]))  # (batch, seq, directions, hidden_size)
        for row, n in enumerate(made["lengths"].tolist()):
            with torch.no_grad():
                outputs, ends = by_hand(made["layer"], x[row, :n])
            torch.testing.assert_close(output[row, :n], outputs, rtol=0, atol=1e-10)
            for k, (layer, direction, _, place) in enumerate(found["blocks"]):
                h, c = ends[layer, direction]
                torch.testing.assert_close(h_n[k, row], h, rtol=0, atol=1e-10)
                if c is not None:
                    torch.testing.assert_close(c_n[k, row], c, rtol=0, atol=1e-10)
                    assert not (halves == c_n[k, row]).all(-1).any(), "c_n is in no output"
                where = (halves[row] == h_n[k, row]).all(-1).nonzero().tolist()
                step = {"end": n - 1, "start": 0}.get(place)
                assert where == ([] if step is None else [[step, int(direction == "backward")]])
        for k, (_, _, where, place) in enumerate(found["blocks"]):
            if where.startswith("= output["):
                assert torch.equal(eval(where[2:], made), h_n[k])
            else:
                assert where == ("= output at lengths - 1" if place else "in no output")


def test_lengths_are_what_the_claims_need():
    for seq in range(2, 8):
        lengths = different_lengths(seq)
        assert lengths[0] == max(lengths) == seq
        assert all(1 <= n < seq for n in lengths[1:])
    assert different_lengths(6) != sorted(different_lengths(6), reverse=True), "no order is needed"


def data_of(explorer):
    html = explorer._repr_mimebundle_()["text/html"]
    return json.loads(Reader(html).elements[0][1]["data-sent"])


def test_the_page_receives_every_fact():
    data = data_of(ShapeExplorer())
    assert len(data["choices"]) == len(GRID)
    for values in GRID:
        sent = data["choices"][" ".join(map(str, values))]
        sent = {kind: [tuple(data["pool"][k]) for k in places] for kind, places in sent.items()}
        assert sent == facts(**dict(zip(CHOICES, values, strict=True)))
    assert data["lengths"] == {str(seq): different_lengths(seq) for seq in range(2, 8)}
    assert data["colors"] == LAYER_COLORS


def test_the_start_reaches_the_page():
    explorer = ShapeExplorer(
        cell="GRU",
        batch=2,
        seq=7,
        input_size=1,
        hidden_size=3,
        num_layers=torch.tensor(3),
        bidirectional=False,
        batch_first=False,
        lengths="different",
    )
    data = data_of(explorer)
    assert [size["start"] for size in data["sizes"]] == [2, 7, 1, 3]
    assert [option["start"] for option in data["options"]] == ["GRU", "3", "False", "False", "different"]
    assert repr(explorer) == (
        "ShapeExplorer: batch 2, seq 7, input_size 1, hidden_size 3, cell GRU, num_layers 3, bidirectional False, "
        "batch_first False, lengths different"
    )
    assert explorer._repr_mimebundle_()["text/plain"] == repr(explorer)


def test_same_data_same_text_and_not_much_of_it():
    html = ShapeExplorer()._repr_mimebundle_()["text/html"]
    assert html == ShapeExplorer()._repr_mimebundle_()["text/html"]
    assert html != ShapeExplorer(seq=5)._repr_mimebundle_()["text/html"]
    assert len(html) < 80_000
    assert [tag for tag, _ in Reader(html).elements] == ["div", "img", "div", "details", "summary", "script"]


@pytest.mark.parametrize("batch_first", [True, False])
def test_still_picture(batch_first):
    explorer = ShapeExplorer(lengths="different", batch_first=batch_first)
    bundle = explorer._repr_mimebundle_()
    assert Image.open(BytesIO(base64.b64decode(bundle["image/png"]))).size[0] == 1400
    left, right = explorer._still_picture().axes
    padded = [box for box in left.patches if box.get_hatch()]
    assert len(padded) == 2 * (18 - (6 + 3 + 5))
    outlined = [box for box in left.patches if box.get_linewidth() == 2]
    cells = [(int(box.get_x()), int(box.get_y())) for box in outlined]
    places = [(k, n - 1) for k, n in enumerate((6, 3, 5))] + [(k, 0) for k in range(3)]
    assert sorted(cells) == sorted((step, k) if batch_first else (k, step) for k, step in places)
    drawn = {}
    for box in left.patches:
        x, y = box.get_x(), box.get_y()
        assert int(x) == int(x + box.get_width())  # inside one cell, whose forward half is left
        assert int(y) == int(y + box.get_height())
        if box.get_linewidth() < 2:
            cell = (int(x), int(y)) if batch_first else (int(y), int(x))
            drawn[(*cell, int(2 * x) % 2)] = box.get_hatch() or box.get_facecolor()[3]
    padding = {(step, k) for k, n in enumerate((6, 3, 5)) for step in range(n, 6)}
    assert drawn == {
        (step, k, half): "////" if (step, k) in padding else (1, pytest.approx(0.2))[half]
        for step in range(6)
        for k in range(3)
        for half in range(2)
    }
    assert (left.get_xlim()[1], left.get_ylim()[0]) == ((6, 3) if batch_first else (3, 6))
    assert left.get_xlabel().startswith("batch ↓  time →" if batch_first else "time ↓  batch →")
    assert [int(box.get_y()) for box in right.patches if box.get_linewidth() < 2] == [k // 3 for k in range(12)]
    assert [text.get_position()[1] for text in right.texts] == [0.5, 1.5, 2.5, 3.5]
    assert len(right.patches) == 4 * 3 + 2 * 3, "blocks, and outlines of the last layer"
    colors = [to_rgb(box.get_edgecolor()) for box in right.patches if box.get_linewidth() < 2]
    assert colors == [to_rgb(LAYER_COLORS[k // 6]) for k in range(12)]
    last = "output[:, 0, 5:]" if batch_first else "output[0, :, 5:]"
    shape = "3, 6" if batch_first else "6, 3"
    assert [ax.get_title("left") for ax in (left, right)] == [f"output ({shape}, 10)", "h_n (4, 3, 5)"]
    assert dict(Reader(bundle["text/html"]).elements)["img"]["alt"] == (
        f"LSTM, lengths different. Shapes: x ({shape}, 2), output ({shape}, 10), h_n (4, 3, 5), c_n (4, 3, 5). "
        "h_n[0]: layer 0, forward, in no output; h_n[1]: layer 0, backward, in no output; "
        f"h_n[2]: layer 1, forward, = output at lengths - 1; h_n[3]: layer 1, backward, = {last}."
    )
    assert right.texts[3].get_text() == f"h_n[3]: {layer_name(1, 'backward')}\n= {last}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "lstm"}, "cell='lstm' must be one of 'RNN', 'GRU', 'LSTM'"),
        ({"cell": nn.LSTM}, "cell=.* must be one of 'RNN'"),
        ({"batch": 1}, "batch must be a whole number from 2 to 4, not 1"),
        ({"batch": 5}, "batch must be a whole number from 2 to 4, not 5"),
        ({"seq": 1}, "seq must be a whole number from 2 to 7, not 1"),
        ({"seq": 5.0}, r"seq must be a whole number from 2 to 7, not 5\.0"),
        ({"input_size": 0}, "input_size must be a whole number from 1 to 5, not 0"),
        ({"hidden_size": "4"}, "hidden_size must be a whole number from 1 to 5, not '4'"),
        ({"num_layers": 4}, "num_layers must be a whole number from 1 to 3, not 4"),
        ({"num_layers": True}, "num_layers must be a whole number from 1 to 3, not True"),
        ({"bidirectional": 1}, "bidirectional=1 must be one of False, True"),
        ({"batch_first": "True"}, "batch_first='True' must be one of True, False"),
        ({"lengths": [3, 2]}, r"lengths=\[3, 2\] must be one of 'equal', 'different'"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        ShapeExplorer(**options)


def test_colors_stand_out_from_any_page():
    """WCAG asks 3 to 1 for what must be seen; JupyterLab's pages are #ffffff, #111111 and #212121."""

    def luminance(color):
        channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
        return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), channels, strict=True))

    for color, page in product(LAYER_COLORS, ("#ffffff", "#111111", "#212121")):
        dark, light = sorted([luminance(color), luminance(page)])
        assert (light + 0.05) / (dark + 0.05) >= 3, (color, page)
    assert len(set(LAYER_COLORS)) == max(CHOICES["num_layers"])


def test_the_still_picture_is_the_one_of_today():
    assert_as_stored("05", "cell-18")
