"""Every check by itself: what it says, and what it lets through at the edge."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence

from seqmem_lib import arguments as check


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: check.whole_number("n", 0, 1), "n must be a whole number of at least 1, not 0"),
        (lambda: check.whole_number("n", 2.5, 1), "n must be a whole number of at least 1, not 2.5"),
        (lambda: check.whole_number("n", 2**31, 1), "n must be a whole number from 1 to 2147483647, not 2147483648"),
        (lambda: check.whole_number("n", 7, 1, 6), "n must be a whole number from 1 to 6, not 7"),
        (lambda: check.whole_number("n", "a", 1, 6), "n must be a whole number from 1 to 6, not 'a'"),
        (
            lambda: check.whole_number("n", torch.ones(2).long(), 1),
            "n must be a whole number of at least 1, not tensor([1, 1])",
        ),
        *(
            (lambda no=no: check.whole_number("n", no, 0), f"n must be a whole number of at least 0, not {no!r}")
            for no in (True, np.True_, np.array(True), torch.tensor([[True]]), torch.ones(1, device="meta"))
        ),
        *(
            (lambda no=no: check.real_number("p", no), f"p must be a finite number, not {no!r}")
            for no in (True, np.True_, np.array(True), torch.tensor([True]), torch.ones(1, device="meta"), 1j)
        ),
        (lambda: check.real_number("p", float("nan")), "p must be a finite number, not nan"),
        (lambda: check.real_number("p", -float("inf")), "p must be a finite number, not -inf"),
        (lambda: check.real_number("p", 10**400), f"p must be a finite number, not 1{'0' * 76}..."),
        (lambda: check.real_number("p", -0.5, 0), "p must be a finite number of at least 0, not -0.5"),
        (lambda: check.real_number("p", 1.5, 0, 1), "p must be a number from 0 to 1, not 1.5"),
        (lambda: check.real_number("p", "1"), "p must be a finite number, not '1'"),
        (lambda: check.true_or_false("b", 1), "b must be True or False, not 1"),
        (lambda: check.one_of("side", "up", ("left", "right")), "side must be 'left' or 'right', not 'up'"),
        (lambda: check.one_of("side", 3, ("a", "b", None)), "side must be 'a', 'b' or None, not 3"),
        (lambda: check.check_text("text", 3), "text must be a text, not 3"),
        (lambda: check.check_texts("words", "ab"), "words must be a list of texts, not 'ab'"),
        (lambda: check.check_texts("words", ["a", 1]), "words must be a list of texts, not ['a', 1]"),
        (lambda: check.check_texts("words", {"a"}), "words must be a list of texts, not {'a'}"),
        (lambda: check.check_list("values", 3), "values must be a list of values, not 3"),
        (lambda: check.check_list("runs", {1}, "numbers"), "runs must be a list of numbers, not {1}"),
        (lambda: check.check_list("runs", b"a", ordered=False), "runs must be a list of values, not b'a'"),
        (lambda: check.check_function("loss", 3, "loss(h)"), "loss must be a function, called as loss(h), not 3"),
        (lambda: check.check_kind("clamp", 3, dict, "a dict"), "clamp is of type int: pass a dict"),
        (lambda: check.check_model("model", 3), "model must be a torch.nn.Module, such as a SequenceModel, not 3"),
        (lambda: check.check_model("model", nn.Tanh()), "model has no parameters: pass a model that has some"),
        (lambda: check.check_path("path", 3), "path must be a path, not 3"),
        (lambda: check.check_path("path", ""), "path='' can be the name of no file: choose another"),
        (lambda: check.check_path("path", "a\0"), "path='a\\x00' can be the name of no file: choose another"),
        (
            lambda: check.check_path("path", "a/" + "é" * 128),  # two bytes each
            f"path='a/{'é' * 74}... can be the name of no file: choose another",
        ),
        (lambda: check.check_tensor("x", [1], "(seq,)"), "x must be a tensor, (seq,); this is of type list"),
        (
            lambda: check.check_tensor("x", torch.zeros(2).long(), "(seq,)"),
            "x is of torch.int64, but floating-point numbers are read: pass x.float()",
        ),
        (
            lambda: check.check_tensor("x", torch.rand(2), "(seq,)", whole=True),
            "x is of torch.float32, but whole numbers are read: pass x.long()",
        ),
        *(
            (
                lambda no=no, fix=fix: check.check_tensor("x", no, "(seq,)", whole=fix == "long"),
                f"x is of {no.dtype}, but {kind} numbers are read: pass x.{fix}()",
            )
            for no in (torch.tensor([True]), torch.tensor([1j]))
            for kind, fix in (("floating-point", "float"), ("whole", "long"))
        ),
        (lambda: check.seeded("seed", -1), "seed must be a whole number from 0 to 9223372036854775807, not -1"),
        (lambda: check.seeded("seed", 2**63), f"seed must be a whole number from 0 to {2**63 - 1}, not {2**63}"),
        (
            lambda: check.check_device(3),
            "device=3 cannot be used (it is neither a name nor a torch.device): try 'cpu'",
        ),
        (
            lambda: check.check_dtype(torch.long),
            "dtype must be torch.float32 or another of floating-point numbers, not torch.int64",
        ),
        (lambda: check.real_array("values", "a"), "values must be an array of numbers, not 'a'"),
        (lambda: check.real_array("values", [1, None]), "values must be an array of numbers, not [1, None]"),
        (lambda: check.real_array("values", [[1], [1, 2]]), "values must be an array of numbers, not [[1], [1, 2]]"),
        (
            lambda: check.real_array("values", torch.tensor([True])),
            "values must be an array of numbers, not tensor([True])",
        ),
        (lambda: check.real_array("values", [True]), "values must be an array of numbers, not [True]"),
        (
            lambda: check.check_generator(0),
            "generator must be a torch.Generator, not 0: try Generator().manual_seed(0)",
        ),
        (lambda: check.check_lengths(3, 2, 5), "lengths=3 does not fit: x needs 2 of them, each from 1 to 5"),
        (lambda: check.check_lengths([4], 2, 5), "lengths=[4] does not fit: x needs 2 of them, each from 1 to 5"),
        (lambda: check.check_lengths([0, 5], 2, 5), "each of lengths must be a whole number from 1 to 5, not 0"),
        (lambda: check.check_lengths([1, 6], 2, 5), "each of lengths must be a whole number from 1 to 5, not 6"),
        (
            lambda: check.check_sequence([1], None, 3),
            "x must be a tensor, (batch, seq, 3); this is of type list",
        ),
        (
            lambda: check.check_sequence(pack_sequence([torch.rand(5, 3)]), None, 3),
            "x must be a tensor, (batch, seq, 3); this is of type PackedSequence: unpack it with pad_packed_sequence, "
            "and pass its lengths",
        ),
        (
            lambda: check.check_sequence(torch.ones(2, 5, 3).to_sparse(), None, 3),
            "x is a nested or a sparse tensor: pass a dense one, padded on the right",
        ),
        (
            lambda: check.check_sequence(torch.zeros(2, 3).long(), None, 3),
            "x has shape (2, 3): this layer reads (batch, seq, 3); of the numbers of words, pass what their embedding "
            "returns",
        ),
        (
            lambda: check.check_sequence((torch.rand(2, 5, 3),), None, 3),
            "x must be a tensor, (batch, seq, 3); this is of type tuple: of an output and a state, pass the output",
        ),
        (
            lambda: check.check_sequence(torch.rand(2, 3), None, 3),
            "x has shape (2, 3): this layer reads (batch, seq, 3)",
        ),
        (
            lambda: check.check_sequence(torch.rand(2, 5, 4), None, 3, batch_first=False),
            "x has shape (2, 5, 4): this layer reads (seq, batch, 3), because batch_first=False",
        ),
        (
            lambda: check.check_sequence(torch.zeros(2, 5, 4).long(), None, 3),  # of three axes, so no numbers of words
            "x has shape (2, 5, 4): this layer reads (batch, seq, 3)",
        ),
        *(
            (
                lambda shape=shape: check.check_sequence(torch.zeros(shape), None, 3),
                f"x has shape {shape}: it needs at least one sequence of at least one step",
            )
            for shape in ((0, 5, 3), (2, 0, 3))
        ),
        (
            lambda: check.check_sequence(torch.rand(2, 5, 3) + 1j, None, 3),
            "x is complex: this layer reads real numbers",
        ),
        (
            lambda: check.check_sequence(torch.rand(2, 5, 3), None, 3, torch.float64),
            "x is of torch.float32 and the weights are of torch.float64: pass x.to(torch.float64)",
        ),
        (
            lambda: check.check_sequence(torch.rand(2, 5, 3), [6, 1], 3),
            "each of lengths must be a whole number from 1 to 5, not 6",
        ),
        (
            lambda: check.check_sequence(torch.rand(5, 2, 3), [6, 1], 3, batch_first=False),
            "each of lengths must be a whole number from 1 to 5, not 6; x is (seq, batch, 3), "
            "because batch_first=False",
        ),
    ],
)
def test_every_check_says_what_was_given_and_what_to_pass(call, sentence):
    with pytest.raises((TypeError, ValueError)) as refused:
        call()
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("call", "taken"),
    [
        (lambda: check.shown("a" * 78), repr("a" * 78)),  # 80 letters with its quotation marks
        (lambda: check.shown("a" * 79), "'" + "a" * 76 + "..."),
        (lambda: check.shown(np.zeros((2, 1))), "array([[0.], [0.]])"),
        (lambda: check.whole_number("n", 1, 1), 1),
        (lambda: check.whole_number("n", 6, 1, 6), 6),
        (lambda: check.whole_number("n", 2**31 - 1, 1), 2**31 - 1),
        (lambda: check.whole_number("n", torch.tensor([[3]]), 1), 3),
        (lambda: check.whole_number("n", np.int8(3), 1), 3),
        (lambda: check.real_number("p", 0, 0, 1), 0.0),
        (lambda: check.real_number("p", np.float32(1), 0, 1), 1.0),
        (lambda: check.real_number("p", torch.tensor([0.5])), 0.5),
        (lambda: check.real_number("p", -1e308), -1e308),
        (lambda: check.one_of("side", None, ("left", None)), None),
        (lambda: check.check_list("values", (1, 2)), [1, 2]),
        (lambda: check.check_list("values", {1}, ordered=False), [1]),
        (lambda: check.check_texts("words", {"a"}, ordered=False), ["a"]),
        (lambda: check.check_function("loss", max, "loss(h)"), max),
        (lambda: check.check_path("path", "é" * 127 + "a"), Path("é" * 127 + "a")),  # 255 bytes
        (lambda: check.seeded("seed", 2**63 - 1).initial_seed(), 2**63 - 1),
        (lambda: check.check_dtype(torch.half), torch.half),
        (lambda: check.check_device(None), None),
        (lambda: check.real_array("values", [2**70, 0.5]).tolist(), [2.0**70, 0.5]),
        (lambda: check.real_array("values", torch.ones(1, dtype=torch.bfloat16)).tolist(), [1.0]),
        (lambda: check.check_lengths(torch.tensor([5, 1]), 2, 5), (5, 1)),
        (lambda: check.check_sequence(torch.rand(2, 5, 3), None, 3), (5, 5)),
        (lambda: check.check_sequence(torch.rand(5, 2, 3), None, 3, batch_first=False), (5, 5)),
        (lambda: check.check_sequence(torch.rand(1, 1, 3), [1], 3, torch.float32), (1,)),
    ],
)
def test_every_check_takes_what_is_just_within(call, taken):
    given = call()
    assert given == taken
    assert type(given) is type(taken)


def test_a_device_is_refused_in_torch_s_first_line(monkeypatch):
    def refuse(*_, device):
        raise RuntimeError(f"there is no {device}\nframe #0: somewhere in C++")

    monkeypatch.setattr(torch, "empty", refuse)
    with pytest.raises(ValueError, match=r"^device='no' cannot be used \(there is no no\): try 'cpu'$"):
        check.check_device("no")


def test_a_generator_draws_on_the_cpu():
    one, other = torch.Generator().manual_seed(1), torch.Generator().manual_seed(1)
    with torch.device("meta"):
        assert (
            torch.rand(3, **check.check_generator(one)).tolist()
            == torch.rand(3, generator=other, device="cpu").tolist()
        )
