"""The Cobweb: its maps against torch's own cells and autograd, and what reaches the page."""

import json
import re
from html import unescape
from itertools import pairwise

import numpy as np
import pytest
import torch
from stored import assert_as_stored
from torch import nn

from seqmem_lib.course.n01_rnn.cobweb import MAPS, Cobweb
from seqmem_lib.plots.style import LINE_COLORS


def test_the_map_of_the_rnn_is_torchs():
    cell = nn.RNNCell(1, 1, dtype=torch.float64)
    with torch.no_grad():
        for name, parameter in cell.named_parameters():
            parameter.fill_({"weight_hh": 1.7, "bias_hh": -0.3}.get(name, 0.0))
    cobweb = Cobweb(w=1.7, b=-0.3, start=0.4, steps=10)
    first = h = torch.tensor([[0.4]], dtype=torch.float64, requires_grad=True)
    for state, left in zip(*cobweb.followed(), strict=True):
        (gradient,) = torch.autograd.grad(h, first, retain_graph=True)
        assert h.item() == pytest.approx(state)
        assert gradient.item() == pytest.approx(left)
        h = cell(torch.zeros(1, 1, dtype=torch.float64), h)


@pytest.mark.parametrize("formula", MAPS)
def test_a_slope_is_the_derivative_and_a_fixed_point_stays(formula):
    cobweb = Cobweb(formula)
    value, slope = (lambda s, f=f: f(s, cobweb.settings) for f in (cobweb.map.value, cobweb.map.slope))
    for state in np.linspace(-1, 1, 7):
        assert slope(state) == pytest.approx((value(state + 1e-6) - value(state - 1e-6)) / 2e-6, abs=1e-7)
    assert cobweb.fixed_points()
    for state, there in cobweb.fixed_points():
        assert value(state) == pytest.approx(state, abs=1e-9)
        assert there == slope(state)


def test_fixed_points():
    assert [round(state, 3) for state, _ in Cobweb(w=2).fixed_points()] == pytest.approx([-0.958, 0, 0.958], abs=1e-9)
    assert [slope for _, slope in Cobweb(w=-2.5).fixed_points()] == pytest.approx([-2.5])
    assert Cobweb("f·c + i·g", f=1, i=1).fixed_points() == []


def test_what_reaches_the_page():
    cobweb = Cobweb("f·c + i·g", f=0.5, start=2)
    assert repr(cobweb) == "Cobweb of f·c + i·g: f = 0.5, i = 0, g = 0.5, c₀ = 2"
    bundle = cobweb._repr_mimebundle_()
    sent = json.loads(unescape(re.search(r"data-sent='(.*?)'", bundle["text/html"])[1]))
    assert [(one["name"], one["start"]) for one in sent["sliders"]] == [("f", 0.5), ("i", 0), ("g", 0.5), ("c₀", 2)]
    assert [sent[name] for name in ("map", "state", "low", "high", "steps")] == ["f·c + i·g", "c", -3.3, 3.3, 20]
    assert sent["color"] == LINE_COLORS["c"]
    words = re.search(r'alt="(.*?)"', bundle["text/html"])[1]
    assert words == (  # 2 / 2**20 is left after 20 steps
        "Cobweb of f·c + i·g: f = 0.5, i = 0, g = 0.5, c₀ = 2. Fixed points: 0.00, with a slope of 0.50. From step to "
        "step: 2.00, 1.00, 0.50, 0.25, 0.12, 0.06, and so on; after 20 steps 0.00. A small change of c₀ is by then "
        "multiplied by 9.5e-07."
    )


def test_words_say_where_the_walk_ends():
    words = Cobweb("z·h + (1-z)·n", z=0.5, n=-0.75, start=1, steps=2)._describe()  # -0.75 + 1.75 / 4
    assert "after 2 steps -0.31. A small change of h₀ is by then multiplied by 0.25." in words


def test_the_still_picture_shows_the_walk():
    """A step up or down to the curve, and one aside to the diagonal, which is at 45 degrees."""
    w, states = 2.0, [0.1]
    for _ in range(10):
        states.append(np.tanh(w * states[-1]))
    figure = Cobweb(w=w, start=0.1, steps=10)._still_picture()
    figure.draw_without_rendering()
    web, path, push = figure.axes
    assert web.bbox.width == pytest.approx(web.bbox.height)
    assert web.get_xlim() == web.get_ylim() == (-1.1, 1.1)
    diagonal, curve, walk, *dots = web.lines
    assert np.array_equal(*diagonal.get_data())
    x, y = curve.get_data()
    assert y == pytest.approx(np.tanh(w * x))
    corners = [(states[0], -1.1)]
    for before, after in pairwise(states):
        corners += [(before, after), (after, after)]
    assert walk.get_xydata() == pytest.approx(np.array(corners))
    filled = {round(float(dot.get_xdata()[0]), 3): dot.get_markerfacecolor() != "white" for dot in dots}
    assert filled == {-0.958: True, 0.0: False, 0.958: True}
    assert path.lines[0].get_ydata() == pytest.approx(states)
    left = np.cumprod([1, *(w * (1 - np.square(states[1:])))])
    assert push.get_yscale() == "log"
    assert push.lines[0].get_ydata() == pytest.approx(left)
    assert [ax.get_title("left").split(":")[0] for ax in figure.axes] == [
        "h after the step",
        "h at each step",
        "product of the slopes since h₀",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"formula": "tanh"}, "formula='tanh' must be one of 'tanh"),
        ({"f": 0.5}, r"tanh\(w·h \+ b\) has the sliders w, b, not f"),
        ({"w": 4}, "w"),
        ({"start": 1.5}, "start"),
        ({"steps": 3}, "steps=3 must be even"),
    ],
)
def test_arguments(arguments, said):
    with pytest.raises(ValueError, match=said):
        Cobweb(**arguments)


@pytest.mark.parametrize(("notebook", "cell"), [("01", "cobweb-widget"), ("02", "cobweb"), ("03", "cobweb")])
def test_the_still_picture_is_the_one_of_today(notebook, cell):
    assert_as_stored(notebook, cell)
