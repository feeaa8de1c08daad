"""What passes between the process that judges and the one that an answer runs in."""

import json
import sys

import numpy as np
import pytest
import torch
from torch import nn

if sys.platform == "win32":
    pytest.skip("answers run in forks, and Windows has none", allow_module_level=True)

from publish.grade import wire
from publish.grade.lesson import names_in, of_checks


def sent(value, given=()):
    return wire.decode(json.loads(json.dumps(wire.encode(value, given))), given)


@pytest.mark.parametrize(
    "value",
    [
        torch.randn(2, 3),
        torch.randn(3, 2).T,
        torch.tensor(2.5, dtype=torch.float64),
        torch.tensor([True, False]),
        torch.zeros(0, 3, dtype=torch.long),
        torch.from_numpy(np.empty(0)),
        torch.randn(2, dtype=torch.complex64).conj(),
        torch.ones(2, dtype=torch.bfloat16),
        torch.randn(2, requires_grad=True) * 2,
    ],
    ids=lambda one: f"{one.dtype} {tuple(one.shape)}",
)
def test_a_tensor_arrives(value):
    there = sent([value])[0]
    assert there.dtype == value.dtype
    assert there.requires_grad == value.requires_grad
    assert torch.equal(there, value)


@pytest.mark.parametrize("value", [None, True, 3, 0.1, float("inf"), "a", [1, [2.0]], (1, "b"), {"a": 1, 2: (3,)}, ...])
def test_plain_data_arrives(value):
    assert sent(value) == value
    assert type(sent(value)) is type(value)


def test_what_is_like_a_number_or_a_list_becomes_one():
    assert sent(np.float32(0.5)) == 0.5
    assert sent(np.bool_(True)) is True
    assert sent(np.arange(6).reshape(2, 3)).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert sent(range(3)) == sent(iter([0, 1, 2])) == (0, 1, 2)
    for one in (object(), 1j, len, nn.Linear(2, 1)):
        assert isinstance(sent(one), wire.Unreadable)


@pytest.mark.parametrize(
    "forged",
    [
        {"tensor": ["AAAA", "load", [1], False]},
        {"tensor": ["AAAA", "float32", [10**9], False]},
        {"tensor": ["AAAA", "int8", [3], True]},
        {"tensor": 3},
        {"array": "a"},
        {"module": [0, {"weight": [3, True, None]}]},
        {"list": 3},
        {},
    ],
)
def test_what_is_forged_is_an_error_or_data(forged):
    with pytest.raises((TypeError, ValueError, RuntimeError, AttributeError, IndexError, KeyError)):
        wire.decode(forged)


def test_modules_tensors_and_lists_become_what_they_became_there():
    layer, other = nn.GRU(2, 3), nn.GRU(2, 3)
    other(torch.randn(4, 2))[0].sum().backward()
    other.bias_ih_l0.requires_grad_(False)
    wire.become(layer, json.loads(json.dumps(wire.state(other))))
    for one, its in zip(layer.parameters(), other.parameters(), strict=True):
        assert torch.equal(one, its)
        assert one.requires_grad == its.requires_grad
        assert torch.equal(one.grad, its.grad)
    own = [torch.ones(2, requires_grad=True) * 1, [1, 2]]
    states = [wire.state(torch.zeros(2)), wire.state([3])]
    for one, state in zip(wire.changeable(own), states, strict=True):
        wire.become(one, state)
    assert not own[0].requires_grad
    assert (own[0].tolist(), own[1]) == ([0.0, 0.0], [3])
    assert torch.equal(sent(other, (layer,)).weight_hh_l0, other.weight_hh_l0)
    assert sent(other, (layer, other)) is other
    assert sent([other, {"a": (layer,)}], (layer, other)) == [other, {"a": (layer,)}]


def test_what_only_checks_use_is_kept_from_answers():
    """The models of notebook 12's checks stand beside the answers that are right for them."""
    names = {f"{path.parent.name}/{path.name}" for path in of_checks()}
    assert names >= {"n01_rnn/checks.py", "n11_training/gradient_cases.py", "n12_bug_museum/models.py"}
    assert not names & {"n01_rnn/cobweb.py", "n17_scans/scans.py", "n02_lstm/gates.py"}


def test_names_in_a_cell():
    cell = "import torch.nn as nn\nk = n\nfor k in k: pass\nm = m\ndef f(x):\n    y = x\n    return g(y) + z\n"
    cell += "class C(B):\n    def m(self):\n        return w\n"
    used, defined = names_in(cell)
    assert used - {"__name__"} == {"n", "m", "g", "z", "B", "w"}
    assert defined == {"nn", "f", "C", "k", "m"}
    assert names_in("def f(:") == names_in("x = '\0'") == (set(), set())
