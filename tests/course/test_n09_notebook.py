"""What notebook 09 teaches in plain PyTorch, run from its own cells: the look back, self-attention, and the block."""

from pathlib import Path

import nbformat
import pytest
import torch
from torch import nn

from seqmem_lib.course.n09_looking_back.looking_back import LookingBack

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "09_looking_back.ipynb"
TAUGHT = ("look-code", "look-step", "self-code", "heads-code", "block-code")
SOURCES = {cell.id: cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"}


@pytest.fixture(scope="module")
def taught():
    known = {"torch": torch, "nn": nn}
    for name in TAUGHT:
        exec(SOURCES[name], known)
    return known


def test_what_is_taught_is_short():
    assert sum(len(SOURCES[name].splitlines()) for name in ("look-code", "look-step")) <= 10
    assert sum(len(SOURCES[name].splitlines()) for name in ("heads-code", "block-code")) <= 40


def test_written_step_by_step_it_is_what_the_library_writes(taught):
    model = LookingBack(9, 7, start=1, embedding_size=3, hidden_size=5, seed=0).double()
    source = torch.tensor([[3, 8, 2, 4], [5, 6, 0, 0], [2, 2, 2, 0]])
    states, real, state = model.read(source)
    before, scores, looks = torch.full((3, 1), 1), [], []
    for _ in range(6):
        one, state, weights = taught["write_one"](model, before, state, states, real)
        scores.append(one)
        looks.append(weights)
        before = one.argmax(dim=-1)
    expected, looked = model.write(source, 6)
    torch.testing.assert_close(torch.cat(scores, dim=1), expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(torch.stack(looks, dim=1), looked, rtol=0, atol=1e-12)
    torch.testing.assert_close(looked.sum(dim=-1), torch.ones(3, 6, dtype=torch.float64), rtol=0, atol=1e-12)


def theirs_like(block, size, heads, wide):
    """PyTorch's layer with our weights, and the names of ours in its order."""
    layer = nn.TransformerEncoderLayer(size, heads, dim_feedforward=wide, dropout=0, batch_first=True).double()
    names = {
        "self_attn.in_proj_": "attention.qkv.",
        "self_attn.out_proj": "attention.out",
        "linear1": "alone.0",
        "linear2": "alone.2",
    }
    pairs = {}
    for name in layer.state_dict():
        ours = name
        for theirs, own in names.items():
            ours = ours.replace(theirs, own)
        pairs[name] = ours
    layer.load_state_dict({name: block.state_dict()[ours] for name, ours in pairs.items()})
    return layer, pairs


@pytest.mark.parametrize(("size", "heads", "wide"), [(6, 1, 10), (6, 2, 10), (12, 3, 4)])
def test_the_block_is_that_of_torch(taught, size, heads, wide):
    torch.manual_seed(0)
    block = taught["Block"](size, heads, wide).double()
    for parameter in block.parameters():  # norms and biases too, which start at 1 and 0
        nn.init.normal_(parameter)
    layer, pairs = theirs_like(block, size, heads, wide)
    x, padding = torch.randn(3, 5, size).double(), torch.arange(5) >= torch.tensor([5, 2, 4])[:, None]
    ours, theirs = (x.clone().requires_grad_() for _ in range(2))
    y, other = block(ours, padding), layer(theirs, src_key_padding_mask=padding)
    torch.testing.assert_close(y, other, rtol=0, atol=1e-10)
    for one in (y, other):
        (one * torch.arange(size)).square().sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-10, atol=1e-10)
    for name, own in pairs.items():
        gradients = layer.get_parameter(name).grad, block.get_parameter(own).grad
        torch.testing.assert_close(*gradients, rtol=1e-10, atol=1e-9)
    expected = layer.self_attn(x, x, x, key_padding_mask=padding, average_attn_weights=False)[1]
    torch.testing.assert_close(block.attention.weights, expected, rtol=0, atol=1e-10)


def test_order_is_lost_without_positions(taught):
    torch.manual_seed(0)
    maps, x = [nn.Linear(4, 4).double() for _ in range(3)], torch.randn(2, 7, 4).double()
    order = torch.tensor([3, 0, 6, 1, 5, 2, 4])
    positions = torch.randn(7, 4).double()

    def moved(before):
        return (
            (
                taught["self_attention"](before(x), *maps)[:, order]
                - taught["self_attention"](before(x[:, order]), *maps)
            )
            .abs()
            .max()
        )

    assert moved(lambda x: x) < 1e-12
    assert moved(lambda x: x + positions) > 0.01
    query, key, value = (layer(x)[:, None] for layer in maps)
    expected = nn.functional.scaled_dot_product_attention(query, key, value)[:, 0]
    torch.testing.assert_close(taught["self_attention"](x, *maps), expected, rtol=0, atol=1e-12)
