"""The cell diagram: what happens inside one unit at one step. Where everything stands, for the page and for print.

All places are in a picture that is 320 wide, so that it can be read in any column. A wire names its terms, whose
product it carries (`carried`), its corners, and where its number is written: x, y and which part of the text that is.
Wh is what the box W·+b makes of the states of all units. A valve opens as far as its gate, and its number is written
likewise.
"""

from math import tanh

WIDTH = 320


def _wire(terms: str, corners: list[tuple[int, int]], *number) -> dict:
    return {"terms": terms.split(), "corners": corners, "number": number or None}


def _valve(letter: str, x: int, y: int, *number, closes: bool = False) -> dict:
    return {"letter": letter, "x": x, "y": y, "number": number, "closes": closes}


def _rnn(function: str) -> dict:
    return {
        "height": 66,
        "wires": [
            _wire("h₋₁", [(38, 40), (106, 40)], 66, 26, "middle"),
            _wire("a", [(106, 40), (206, 40)], 152, 26, "middle"),
            _wire("h", [(206, 40), (296, 40)], 260, 26, "middle"),
        ],
        "valves": [],
        "marks": [("+", 106, 40), (function, 206, 40)],
        "ends": [("h₋₁", 0, 40, "start"), ("h", 300, 40, "start")],
    }


def _gru(*to_candidate: dict, reset: dict, matrix: tuple[int, int]) -> dict:
    return {
        "height": 152,
        "wires": [
            _wire("h₋₁", [(38, 40), (124, 40)], 76, 26, "middle"),
            _wire("z h₋₁", [(124, 40), (220, 40)], 176, 26, "middle"),
            *to_candidate,
            _wire("n", [(172, 120), (220, 120), (220, 98)], 206, 140, "middle"),
            _wire("z n", [(220, 98), (220, 40)], 228, 74, "start"),
            _wire("h", [(220, 40), (296, 40)], 260, 26, "middle"),
        ],
        "valves": [_valve("z", 124, 40, 124, 70, "middle"), reset, _valve("z", 220, 98, 202, 98, "end", closes=True)],
        "marks": [("+", 220, 40), ("W·+b", *matrix), ("tanh", 172, 120)],
        "ends": [("h₋₁", 0, 40, "start"), ("h", 300, 40, "start")],
    }


PLANS = {
    "LSTM": {
        "height": 178,
        "wires": [
            _wire("c₋₁", [(38, 40), (98, 40)], 58, 26, "middle"),
            _wire("f c₋₁", [(98, 40), (176, 40)], 140, 26, "middle"),
            _wire("g", [(176, 156), (176, 104)], 184, 144, "start"),
            _wire("i g", [(176, 104), (176, 40)], 188, 58, "start"),
            _wire("c", [(176, 40), (296, 40)], 222, 26, "middle"),
            _wire("tanh c", [(250, 40), (250, 104)]),
            _wire("h", [(250, 104), (250, 156), (296, 156)], 260, 144, "start"),
        ],
        "valves": [_valve("f", 98, 40, 98, 70, "middle"), _valve("i", 176, 104, 158, 109, "end")]
        + [_valve("o", 250, 104, 268, 109, "start")],
        "marks": [("+", 176, 40), ("tanh", 250, 70)],
        "ends": [("c₋₁", 0, 40, "start"), ("c", 300, 40, "start"), ("g", 176, 168, "middle"), ("h", 300, 156, "start")],
    },
    # The reset acts on what the matrix made of the old state, or, as published, on the old state itself.
    "GRU": _gru(
        _wire("h₋₁", [(66, 40), (66, 78)]),
        _wire("Wh", [(66, 78), (66, 120), (106, 120)], 58, 112, "end"),
        _wire("r Wh", [(106, 120), (172, 120)], 138, 140, "middle"),
        reset=_valve("r", 106, 120, 106, 100, "middle"),
        matrix=(66, 78),
    ),
    "published GRU": _gru(
        _wire("h₋₁", [(66, 40), (66, 84)]),
        _wire("r h₋₁", [(66, 84), (66, 120), (106, 120)], 58, 116, "end"),
        _wire("Wh", [(106, 120), (172, 120)], 138, 140, "middle"),
        reset=_valve("r", 66, 84, 48, 84, "end"),
        matrix=(106, 120),
    ),
    "RNN": _rnn("tanh"),
    "ReLU RNN": _rnn("max"),
}


def carried(terms: list[str], number) -> float:
    """What a wire carries: the product of its terms. `number` gives the value of a letter."""
    if terms == ["z", "n"]:
        return (1 - number("z")) * number("n")
    if terms[0] == "tanh":
        return tanh(number(terms[1]))
    product = 1.0
    for term in terms:
        product *= number(term)
    return product
