"""The cell diagrams: every wire leads from somewhere to somewhere, and carries what comes in there."""

from itertools import pairwise
from runpy import run_path

import pytest

from seqmem_lib.widgets import diagrams

PLANS, WIDTH = list(diagrams.PLANS), diagrams.WIDTH
MARKS = {"LSTM": {"+", "tanh"}, "RNN": {"+", "tanh"}, "ReLU RNN": {"+", "max"}}
MARKS |= {kind: {"+", "W·+b", "tanh"} for kind in ("GRU", "published GRU")}


@pytest.fixture(params=PLANS)
def kind(request):
    return request.param


@pytest.fixture
def plan(kind):
    """Made anew, as `make mutate` asks of a test."""
    return run_path(diagrams.__file__, run_name=diagrams.__name__)["PLANS"][kind]


def beside(plan, terms, place):
    """Whether these terms stand, as a text, where a wire begins or ends: in its row or in its column."""
    x, y = place
    rooms = {(x - 38, y, "start"), (x + 4, y, "start"), (x, y + 12, "middle")}
    return any(name == " ".join(terms) and tuple(at) in rooms for name, *at in plan["ends"])


def lies_on(place, wire):
    (x, y), corners = place, wire["corners"]
    return any(min(a, c) <= x <= max(a, c) and min(b, d) <= y <= max(b, d) for (a, b), (c, d) in pairwise(corners))


def test_no_wire_hangs_in_the_air(plan):
    places = {(valve["x"], valve["y"]) for valve in plan["valves"]} | {(x, y) for _, x, y in plan["marks"]}
    for wire in plan["wires"]:
        first, last = wire["corners"][0], wire["corners"][-1]
        others = [one for one in plan["wires"] if one is not wire]
        assert first in places or beside(plan, wire["terms"], first) or any(lies_on(first, one) for one in others)
        assert last in places or beside(plan, wire["terms"], last)
        for (a, b), (c, d) in pairwise(wire["corners"]):
            assert (a == c) != (b == d), "it runs along a row or a column"
    used = [place for wire in plan["wires"] for place in (wire["corners"][0], wire["corners"][-1])]
    assert all(any(place in used or lies_on(place, wire) for wire in plan["wires"]) for place in places)
    ends = [(wire["terms"], place) for wire in plan["wires"] for place in (wire["corners"][0], wire["corners"][-1])]
    assert sum(beside(plan, *one) for one in ends) == len(plan["ends"]), "each text stands beside a wire"


def test_a_valve_multiplies_what_comes_in(plan):
    for valve in plan["valves"]:
        place = valve["x"], valve["y"]
        (comes,) = (wire["terms"] for wire in plan["wires"] if wire["corners"][-1] == place)
        (goes,) = (wire["terms"] for wire in plan["wires"] if wire["corners"][0] == place)
        assert goes == ([valve["letter"], *comes] if valve["letter"] != "o" else ["h"])
        assert valve["closes"] == (goes == ["z", "n"]), "the candidate passes where the old state does not"


def test_what_is_done_on_the_way(plan, kind):
    assert {name for name, *_ in plan["marks"]} == MARKS[kind]
    assert {term for wire in plan["wires"] for term in wire["terms"]} <= {*"acfghinorz", "c₋₁", "h₋₁", "Wh", "tanh"}


def test_a_number_stands_near_its_wire(plan):
    def is_near(place, corners):
        (x, y), (xs, ys) = place, zip(*corners, strict=True)
        return min(xs) - 20 <= x <= max(xs) + 20 and min(ys) - 40 <= y <= max(ys) + 40

    for wire in plan["wires"]:
        if wire["number"]:
            x, y, anchor = wire["number"]
            assert is_near((x, y), wire["corners"])
            assert (0 < x < WIDTH, 0 < y < plan["height"]) == (True, True)
            assert anchor in ("start", "middle", "end")
    for valve in plan["valves"]:
        x, y, anchor = valve["number"]
        assert max(abs(x - valve["x"]), abs(y - valve["y"])) <= 30
