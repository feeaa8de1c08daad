"""The Scrubber's Python half: what it sends to the page. The browser tests look at what the page makes of it."""

import base64
import json
import re
import warnings
from html import unescape
from io import BytesIO

import nbformat
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert import MarkdownExporter
from nbconvert.filters import markdown2html
from PIL import Image
from reader import Reader
from torch import nn
from traitlets import TraitError, link

from seqmem_lib.cells import GRUCell, RNNCell
from seqmem_lib.course.n01_rnn.cobweb import Cobweb
from seqmem_lib.course.n05_layers.shape_explorer import ShapeExplorer
from seqmem_lib.plots.style import LINE_COLORS
from seqmem_lib.recording import record
from seqmem_lib.trace import Trace
from seqmem_lib.widgets.diagrams import PLANS, carried
from seqmem_lib.widgets.explorer import Explorer
from seqmem_lib.widgets.live_scrubber import LiveScrubber
from seqmem_lib.widgets.page import MOST_PNG, caption
from seqmem_lib.widgets.panels import panel as panel_of
from seqmem_lib.widgets.scrubber import Scrubber
from seqmem_lib.widgets.still import most_changing


def a_trace(kind=nn.LSTM, units=3, seq=7, inputs=2, **options):
    torch.manual_seed(0)
    x = torch.randn(1, seq, inputs)
    return record(kind(inputs, units, batch_first=True), x, **options)


def data_of(scrubber):
    html = scrubber._repr_mimebundle_()["text/html"]
    return json.loads(Reader(html).elements[0][1]["data-sent"])


def numbers(panel):
    whole = np.frombuffer(base64.b64decode(panel["values"]), "<i2").reshape(-1, panel["rows"])
    return [[f"{value / 10 ** panel['decimals']:.{panel['decimals']}f}" for value in row] for row in whole]


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_the_page_receives_the_trace(kind):
    trace = a_trace(kind)
    data = data_of(Scrubber(trace))
    (view,) = data["views"]
    panels = [data["input"], *view["panels"]]
    assert [panel["name"] for panel in panels] == ["x", *trace.values, *["Wh"] * (kind is nn.GRU)]
    for panel in panels:
        values = getattr(trace, panel["name"])[0].double()
        expected = [[f"{value:.3f}".replace("-0.000", "0.000") for value in row] for row in values.tolist()]
        assert numbers(panel) == expected


def test_a_gate_has_its_whole_range_and_a_state_its_largest_value():
    trace = a_trace()
    for panel in data_of(Scrubber(trace))["views"][0]["panels"]:
        largest = trace.values[panel["name"]].abs().max().item()
        assert panel["scale"] == (1 if panel["name"] in "ifo" else pytest.approx(largest)), panel["name"]
        assert panel["line"]["color"] == LINE_COLORS[panel["name"]]


@given(st.lists(st.floats(-32767, 32767, width=32), min_size=1, max_size=20))
@settings(deadline=None)
def test_every_digit_that_is_sent_is_right(values):
    """Large values are sent with fewer decimals and small ones with more, never with wrong ones."""
    c = torch.tensor(values, dtype=torch.float64)[None, :, None]
    panel = panel_of("c", [Trace("LSTM", c, dict.fromkeys("ifgoch", c), (len(values),))])
    for (sent,), value in zip(numbers(panel), values, strict=True):
        assert abs(float(sent) - value) <= 0.500001 * 10 ** -panel["decimals"]
    largest = max(map(abs, values))
    assert panel["decimals"] == 3 or largest > 32 or 0 < largest < 0.1
    assert largest * 10 ** panel["decimals"] >= 100 or largest < 1e-4, "the colours need two digits at least"


def test_starts_where_most_happens():
    trace = a_trace()
    change = (trace.c - trace.before("c"))[0].abs()
    scrubber = Scrubber(trace)
    assert scrubber.unit == change.sum(dim=0).argmax()
    assert scrubber.step == change[:, scrubber.unit].argmax()
    chosen = data_of(Scrubber(trace, unit=2, step=5))
    assert (chosen["unit"], chosen["step"]) == (2, 5)


def test_wide_inputs_are_left_out():
    assert data_of(Scrubber(a_trace(inputs=9)))["input"] is None


def test_relu_and_reverse_are_told_apart():
    torch.manual_seed(0)
    module = nn.RNN(2, 3, nonlinearity="relu", batch_first=True, bidirectional=True)
    (view,) = data_of(Scrubber(record(module, torch.randn(1, 4, 2), reverse=True)))["views"]
    assert (view["kind"], view["reverse"]) == ("ReLU RNN", True)


def test_same_trace_same_text():
    first, again = Scrubber(a_trace()), Scrubber(a_trace())
    assert first._repr_mimebundle_() == again._repr_mimebundle_()
    assert repr(first) == "Scrubber: LSTM, steps: 7, units: 3, starts where the state changes most"
    assert (
        first._repr_mimebundle_()["text/html"] != Scrubber(a_trace(), unit=0, step=0)._repr_mimebundle_()["text/html"]
    )


def test_the_text_of_a_widget_does_not_hang_on_a_rounding():
    """Two steps at which the state changes by nearly the same: which one is first may differ between processors."""
    cell = RNNCell(1, 1, bias=False)
    with torch.no_grad():
        cell.weight_ih.fill_(1.0)
        cell.weight_hh.zero_()
    earlier, later = (record(cell, torch.tensor([[[a], [0.0], [b]]])) for a, b in ((0.5001, 0.5), (0.5, 0.5001)))
    assert (Scrubber(earlier).step, Scrubber(later).step) == (0, 2)
    assert repr(Scrubber(earlier)) == repr(Scrubber(later))
    assert repr(Scrubber(earlier, step=1)).endswith("starts at step 1")


NASTY = ["</script><b>", "<img src=x onerror=alert(1)>", '"quote"', "'", "<!--", "&amp;", "\\u003c"]


def test_tokens_never_become_html():
    scrubber = Scrubber(a_trace(tokens=NASTY))
    reader = Reader(scrubber._repr_mimebundle_()["text/html"])
    assert [tag for tag, _ in reader.elements] == ["div", "img", "div", "details", "summary", "script"]
    assert data_of(scrubber)["tokens"] == NASTY


def test_still_picture():
    bundle = Scrubber(a_trace())._repr_mimebundle_()
    image = Image.open(BytesIO(base64.b64decode(bundle["image/png"])))
    img = dict(Reader(bundle["text/html"]).elements)["img"]
    assert (image.size[0], img["width"]) == (1400, "700"), "1:1, and sharp on a fine screen"
    assert img["src"] == "data:image/png;base64," + bundle["image/png"]
    assert "Forget gate f: mean above 0.5 at" in img["alt"]


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_the_still_picture_is_one_to_learn_from(kind):
    """Tokens, names, the numbers of the step it starts at, the cell diagram with them, and few units."""
    words = ["the", "$film", "电影", "was", "not", "so", "good"]
    trace = a_trace(kind, units=20, tokens=words)
    scrubber = Scrubber(trace, step=4, unit=3, inputs=["value", "write"], readout={"positive": range(7)})
    ax = scrubber.still_picture().axes[0]
    said = [text.get_text() for text in ax.texts]
    assert [word for word in said if word in words] == ["the", "$film", "was", "not", "so", "good"], "no font has 电影"
    assert scrubber.alt().count("the $film 电影 was not so good") == 1
    assert "t = 4 of 0 to 6: “not”" in said
    assert f"{trace.kind}: 8 of 20 units, those that change most; framed, and in numbers: unit 3" in said
    for k, name in enumerate(["value", "write"]):
        assert f"{name} {trace.x[0, 4, k]:.3f}".replace("-", "−") in said
    for name, values in trace.values.items():
        number = f"{values[0, 4, 3]:.3f}".replace("-", "−")
        assert f"{name} {number}" in said
        assert name in "ifozr" or number in said, "on its wire"
    earlier = f"{trace.before('c' if 'c' in trace.values else 'h')[0, 4, 3]:.3f}".replace("-", "−")
    assert earlier in said
    assert {len(image.get_array()) for image in ax.images} == {2, 8}
    assert "positive" in said
    assert max(len(line.get_xdata()) for line in ax.lines) == 7, "the readout"
    assert min(text.get_size() for text in ax.texts) / 0.72 >= 11, "CSS pixels"


def test_the_rows_of_the_still_picture_are_those_that_change_most():
    trace = a_trace(units=20)
    change = (trace.c - trace.before("c"))[0].abs().sum(dim=0)
    least = change.argmin().item()
    rows = most_changing(trace, least)
    assert rows == sorted({least, *change.argsort(descending=True)[:7].tolist()})
    shown = Scrubber(trace, unit=least).still_picture().axes[0].images[1].get_array()
    np.testing.assert_allclose(shown, trace.i[0].T[rows])


@pytest.mark.parametrize("reset_after", [True, False])
def test_what_the_candidate_sees_is_printed_as_the_equation_says(reset_after):
    """r·(W_hn h₋₁ + b_hn), as torch computes it, and W_hn (r·h₋₁) + b_hn, as published: over all units."""
    torch.manual_seed(2)
    cell, layer = GRUCell(2, 3, reset_after=reset_after), nn.GRU(2, 3, batch_first=True)
    x = torch.randn(1, 7, 2)
    trace = record(layer if reset_after else cell, x)
    weight, bias = (layer.weight_hh_l0, layer.bias_hh_l0) if reset_after else (cell.weight_hh, cell.bias_hh)
    r, h, weight, bias = trace.r[0, 4], trace.h[0, 3], weight[6:].detach(), bias[6:].detach()
    seen = r * (weight @ h + bias) if reset_after else weight @ (r * h) + bias
    if reset_after:
        known = layer.weight_ih_l0[6:].detach() @ x[0, 4] + layer.bias_ih_l0[6:].detach()
        torch.testing.assert_close((known + seen).tanh(), trace.n[0, 4], rtol=0, atol=1e-6)
    said = [text.get_text() for text in Scrubber(trace, step=4, unit=1).still_picture().axes[0].texts]
    assert f"{seen[1]:.3f}".replace("-", "−") in said
    assert f"{r[1] * h[1]:.3f}".replace("-", "−") not in said or not reset_after


def test_a_wire_carries_the_same_in_print():
    """The product of its terms; carried in diagram.js is held to the same in widgets.test.mjs."""
    trace = a_trace(nn.GRU)
    number = {name: value[0, 3, 1].item() for name, value in trace.values.items()}
    number["h₋₁"] = trace.h[0, 2, 1].item()
    wires = [wire["terms"] for wire in PLANS["GRU"]["wires"]]
    kept, new = (carried(terms, number.get) for terms in (["z", "h₋₁"], ["z", "n"]))
    assert ["z", "h₋₁"] in wires
    assert ["z", "n"] in wires
    assert kept + new == pytest.approx(number["h"], abs=1e-6)
    lstm = a_trace()
    number = {name: value[0, 3, 1].item() for name, value in lstm.values.items()}
    assert number["o"] * carried(["tanh", "c"], number.get) == pytest.approx(number["h"], abs=1e-6)


WIDGETS = {
    "Scrubber": lambda: Scrubber({"A": a_trace(), "B": a_trace(nn.GRU)}, readout={"loss": range(7)}),
    "Explorer": lambda: Explorer([0, 1], {"y": [[0, 1], [1, 0]]}, sliders={"k": [0, 1]}, xlabel="x", ylabel="y"),
    "ShapeExplorer": ShapeExplorer,
    "Cobweb": Cobweb,
}


@pytest.mark.parametrize("make", WIDGETS.values(), ids=WIDGETS)
def test_who_strips_the_tags_keeps_the_words(make):
    html = make()._repr_mimebundle_()["text/html"]
    assert "\n\n" not in html, "Markdown would end the HTML at an empty line"
    text = unescape(re.sub(r"<[^>]+>", " ", html))
    assert caption() in text
    assert dict(Reader(html).elements)["img"]["alt"] in text
    for words in (caption(), dict(Reader(html).elements)["img"]["alt"]):
        text = text.replace(words, "")
    assert len(text) < 600, text


@pytest.mark.parametrize("make", WIDGETS.values(), ids=WIDGETS)
def test_what_runs_is_the_same_in_a_page_of_any_encoding(make):
    """A page without a charset may be read as Latin-1: the letters of an equation would not be found."""
    html = make()._repr_mimebundle_()["text/html"]
    assert html[: html.index("<img")].isascii()
    assert html[html.index("<script") :].isascii()


@pytest.mark.parametrize("make", WIDGETS.values(), ids=WIDGETS)
def test_a_notebook_as_markdown_shows_the_picture(make):
    bundle = make()._repr_mimebundle_()
    output = nbformat.v4.new_output("execute_result", bundle, execution_count=1)
    cell = nbformat.v4.new_code_cell("widget", outputs=[output], execution_count=1)
    markdown, _ = MarkdownExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    page = markdown2html(markdown)
    images = [attributes for tag, attributes in Reader(page).elements if tag == "img"]
    assert [image["src"] for image in images] == ["data:image/png;base64," + bundle["image/png"]]
    text = unescape(re.sub(r"<[^>]+>", " ", page))
    assert caption() in text
    assert "function" not in text


def test_size_of_a_typical_widget():
    """T = 100, 32 units, an LSTM: at most 120 kB beside the still picture, which has 60 kB."""
    bundle = Scrubber(a_trace(units=32, seq=100))._repr_mimebundle_()
    assert len(bundle["text/html"].replace(bundle["image/png"], "")) < 100_000
    assert len(base64.b64decode(bundle["image/png"])) <= MOST_PNG


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unit": 3}, "unit must be a whole number from 0 to 2, not 3"),
        ({"step": -1}, "step must be a whole number from 0 to 6, not -1"),
        ({"step": 1.5}, r"step must be .*, not 1\.5"),
        ({"unit": True}, "unit must be .*, not True"),
        ({"inputs": ["a"]}, r"inputs=\['a'\] must be a list of 2 names"),
        ({"inputs": "ab"}, "inputs='ab' must be a list of 2 names"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        Scrubber(a_trace(), **options)


def test_an_explosion_is_refused():
    layer = nn.RNN(1, 1, nonlinearity="relu", batch_first=True)
    for parameter in layer.parameters():
        nn.init.constant_(parameter, 2.0)
    with pytest.raises(ValueError, match=r"a reaches .*: a Scrubber shows values up to 32767; record fewer steps"):
        Scrubber(record(layer, torch.ones(1, 20, 1)))


def test_nan_is_refused():
    layer = nn.LSTM(2, 3, batch_first=True)
    nn.init.constant_(layer.weight_hh_l0, torch.nan)
    with pytest.raises(ValueError, match="i reaches nan: a Scrubber shows values up to 32767"):
        Scrubber(record(layer, torch.randn(1, 4, 2)))


def test_padding_is_left_out():
    data = data_of(
        Scrubber(record(nn.GRU(2, 3, batch_first=True), torch.randn(1, 5, 2), lengths=[2], tokens=["a", "b"]))
    )
    assert (data["seq"], len(data["tokens"])) == (2, 2)


def test_other_kinds_of_numbers():
    layer = nn.LSTM(2, 3, batch_first=True, dtype=torch.bfloat16)
    scrubber = Scrubber(
        record(layer, torch.randn(1, 4, 2)), unit=np.int64(1), step=torch.tensor(2), inputs=np.arange(2)
    )
    assert scrubber._repr_mimebundle_()["text/plain"].endswith("starts at step 2")


def test_several_traces_and_checkpoints():
    lstm, gru = [a_trace(), a_trace(units=3)], [a_trace(nn.GRU, units=5)] * 2
    readout = {"loss": [[1, 2, 3, 4, 5, 6, 1e-7]] * 2, "norm": range(7)}
    scrubber = Scrubber({"A": lstm, "B": gru}, checkpoints=["start", "end"], readout=readout, unit=4)
    data = data_of(scrubber)
    views = [(view["label"], view["kind"], view["units"]) for view in data["views"]]
    assert views == [("A", "LSTM", 3), ("B", "GRU", 5)]
    assert (data["checkpoints"], data["checkpoint"]) == (["start", "end"], 1)
    assert len(numbers(data["views"][0]["panels"][0])) == 2 * 7
    assert data["readouts"][0]["values"][1] == ["1", "2", "3", "4", "5", "6", "1e-07"]
    assert data["differIn"] == "trained for"
    assert len(data["readouts"][1]["values"]) == 1, "the same at every checkpoint"
    assert data["input"]["name"] == "x"
    said = "Scrubber: LSTM, GRU, steps: 7, units: 3, 5, checkpoints: 2, starts where the state changes most"
    assert repr(scrubber) == said
    assert "A: Heatmaps" in data["alt"]
    assert "B: Heatmaps" in data["alt"]


@pytest.mark.parametrize("checkpoint", [0, 1])
def test_picture_and_words_are_of_the_checkpoint_that_is_shown(checkpoint):
    torch.manual_seed(1)
    other = record(nn.LSTM(2, 3, batch_first=True), a_trace().x)
    traces, loss = [a_trace(), other], [list(range(7)), list(range(7, 14))]
    options = {"unit": 1, "step": 3}
    shown = Scrubber(traces, checkpoint=checkpoint, readout={"loss": loss}, **options)
    alone = Scrubber(traces[checkpoint], readout={"loss": loss[checkpoint]}, **options)
    assert shown.alt() == alone.alt()
    assert written(shown) == written(alone)
    assert f"{traces[checkpoint].f[0, 3, 1]:.3f}" in " ".join(written(shown))
    assert str(loss[checkpoint][3]) in written(shown)


def written(scrubber):
    return [text.get_text() for text in scrubber.still_picture().axes[0].texts]


@pytest.mark.parametrize(
    ("seq", "ticks"), [(1, "t = 0"), (5, "t = 0, 1, 2, 3, 4"), (30, "t = 0, 2, 4"), (200, "t = 0, 20, 40")]
)
def test_steps_are_numbered_below_the_still_picture(seq, ticks):
    """Each number in the middle of its column, and none on another."""
    scrubber = Scrubber(a_trace(nn.RNN, seq=seq), step=0)
    ax = scrubber.still_picture().axes[0]
    heights = [text.get_position()[1] for text in ax.texts if text.get_text() == "t = 0"]
    row = [text for text in ax.texts if text.get_position()[1] == heights[-1]]
    assert ", ".join(text.get_text() for text in row).startswith(ticks)
    left, right = ax.images[0].get_extent()[:2]
    for text in row:
        t = int(text.get_text().removeprefix("t = "))
        assert text.get_position()[0] == pytest.approx(left + (t + 0.5) * (right - left) / seq)
    places = [text.get_position()[0] for text in row]
    assert min(np.diff(places), default=26) >= 26
    assert heights[-1] > max(image.get_extent()[2] for image in ax.images)


def test_traces_may_differ_in_something_else():
    scrubber = Scrubber([a_trace()] * 2, checkpoints={"held": ["nothing", "f = 1"]}, checkpoint=0)
    data = data_of(scrubber)
    assert (data["differIn"], data["checkpoints"], data["checkpoint"]) == ("held", ["nothing", "f = 1"], 0)


def test_different_inputs_are_not_shown():
    other = record(nn.LSTM(2, 3, batch_first=True), torch.ones(1, 7, 2))
    assert data_of(Scrubber({"A": a_trace(), "B": other}))["input"] is None


@pytest.mark.parametrize(
    ("traces", "options", "message"),
    [
        ([], {}, "traces must be a Trace, a list or a dict of them"),
        ({}, {}, "traces must be a Trace, a list or a dict of them"),
        (["a"], {}, "traces must be a Trace"),
        ({"A": [a_trace()] * 2, "B": a_trace()}, {}, r"traces has \[2, 1\] checkpoints"),
        ({"A": a_trace(), "B": a_trace(seq=5)}, {}, "traces has sequences of different lengths"),
        ([a_trace(), a_trace(nn.GRU)], {}, r"traces\[''\] mixes layers"),
        ([a_trace()] * 2, {"checkpoints": ["one"]}, r"checkpoints=\['one'\] must be a list of 2 names"),
        ([a_trace()] * 2, {"checkpoint": 2}, "checkpoint must be a whole number from 0 to 1, not 2"),
        (a_trace(), {"readout": {"loss": [1, 2]}}, r"readout\['loss'\] must be finite numbers, one for each of the 7"),
        (a_trace(), {"readout": {"loss": [np.nan] * 7}}, "must be finite numbers"),
    ],
)
def test_traces_that_do_not_fit(traces, options, message):
    with pytest.raises(ValueError, match=message):
        Scrubber(traces, **options)


def test_live_scrubber_shares_its_position():
    live = LiveScrubber(a_trace(), step=2, unit=1)
    assert (live.step, live.unit, live.checkpoint) == (2, 1, 0)
    assert repr(live) == "LiveScrubber: LSTM, steps: 7, units: 3, starts at step 2"
    assert live.data == Scrubber(a_trace(), step=2, unit=1).data()
    live.step = 6
    with pytest.raises(TraitError, match="step must be a whole number from 0 to 6, not 7"):
        live.step = 7
    assert live.step == 6
    other = LiveScrubber(a_trace())
    linked = link((live, "step"), (other, "step"))
    live.step = 1
    assert other.step == 1
    linked.unlink()
    live.step = 6
    live.show(a_trace(seq=4))
    assert (live.step, live.unit, live.data["seq"]) == (3, 1, 4)
    for name, most in {"step": 3, "unit": 2, "checkpoint": 0}.items():
        with pytest.raises(TraitError, match=f"{name} must be .*{most}, not {most + 1}"):
            setattr(live, name, most + 1)


def test_one_sequence_at_a_time():
    trace = record(nn.GRU(2, 3, batch_first=True), torch.randn(2, 5, 2))
    with pytest.raises(ValueError, match=r"trace holds 2 sequences: choose one, such as trace\[0\]"):
        Scrubber(trace)


def test_a_large_scrubber_says_so_before_it_is_shown():
    """1,400 steps of 256 units are 5.7 MB; what it says to record is below 5 MB."""
    layer = nn.LSTM(3, 256, batch_first=True)
    with pytest.warns(
        UserWarning,
        match=r"^this Scrubber makes the notebook 6 MB .* 1,400 steps, .* last 1,220, or fewer checkpoints$",
    ) as caught:
        Scrubber(record(layer, torch.zeros(1, 1400, 3)))
    assert caught[0].filename == __file__, "the line that made it is named"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Scrubber(record(layer, torch.zeros(1, 1220, 3)))


@pytest.mark.parametrize("reverse", [False, True])
def test_a_trace_that_did_not_start_from_zero_brings_its_start(reverse):
    layer = nn.LSTM(3, 4, batch_first=True, bidirectional=True)
    state = tuple(3 * torch.randn(2, 1, 4) for _ in "hc")
    started = record(layer, torch.randn(1, 5, 3), state=state, reverse=reverse)
    data = Scrubber([started, record(layer, torch.randn(1, 5, 3), reverse=reverse)]).data()
    panels = {panel["name"]: panel for panel in data["views"][0]["panels"]}
    assert [name for name in panels if "first" in panels[name]] == ["c", "h"]
    for name, one in zip("hc", state, strict=True):
        whole = np.frombuffer(base64.b64decode(panels[name]["first"]), "<i2").reshape(2, 4)
        expected = one[int(reverse), 0].double().numpy()
        np.testing.assert_allclose(whole[0] / 10 ** panels[name]["decimals"], expected, atol=0.51e-3)
        assert not whole[1].any()
    from_zero = Scrubber(record(layer, torch.randn(1, 5, 3))).data()["views"][0]["panels"]
    assert not any("first" in panel for panel in from_zero)
