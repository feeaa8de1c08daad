"""Pictures in a language whose letters their font lacks: on a machine that has a font for it, and on one without."""

import re
import warnings
from html import unescape

import matplotlib
import pytest
import torch
from babel.messages.pofile import read_po
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.text import Text
from spoken import left_in
from torch import nn

import seqmem_lib as sm
from seqmem_lib.course.n01_rnn.cobweb import Cobweb
from seqmem_lib.course.n02_lstm.drawing import draw_lstm
from seqmem_lib.course.n03_gru.drawing import draw_gru
from seqmem_lib.course.n05_layers.diagram import plot_layers, plot_packing
from seqmem_lib.course.n05_layers.shape_explorer import ShapeExplorer
from seqmem_lib.language import CATALOGUES
from seqmem_lib.plots import alt_text, letters
from seqmem_lib.widgets.live_scrubber import LiveScrubber

BEHIND = [font for font in letters.FONTS["zh"] if font in fontManager.get_font_names()]
with_font = pytest.mark.skipif(not BEHIND, reason="no font here has Chinese: on Debian, fonts-noto-cjk does")


@pytest.fixture
def chinese():
    sm.use_language("zh")
    letters._warn.cache_clear()
    yield
    sm.use_language("en")


@pytest.fixture
def no_font(monkeypatch):
    monkeypatch.setattr(fontManager, "get_font_names", lambda: ["DejaVu Sans"])


@pytest.fixture
def shown(monkeypatch):
    """What `show` handed to the notebook."""
    outputs = []
    monkeypatch.setattr(alt_text, "display", lambda data, raw: outputs.append(data))
    return outputs


def a_figure():
    figure = Figure()
    ax = figure.subplots()
    ax.plot([0, 1], [2, -3], label="all paths")
    ax.plot([0, 1], [1, 1], label="of nobody")
    ax.set(xlabel="lag (steps)", title="growing")
    ax.set_xticks([0, 1], ["fixed", "growing"])
    ax.legend(title="task")
    return figure


def words(figure):
    figure.canvas.draw()
    return {text.get_text() for text in figure.findobj(Text)}


def a_scrubber():
    torch.manual_seed(0)
    trace = sm.record(nn.LSTM(3, 4, batch_first=True), torch.randn(1, 5, 3), tokens=["·", "write", "·", "read", "·"])
    return sm.Scrubber(trace, inputs=["value", "write", "read"], readout={"answer": [1e-9, 1, 2, 3, 4]}, step=1)


PICTURES = {
    "scrubber": a_scrubber,
    "cobweb": Cobweb,
    "explorer": lambda: sm.Explorer(
        [0, 1], {"all paths": [[1, 2]]}, sliders={"forget bias": [3]}, xlabel="lag (steps)", ylabel="state"
    ),
    "playground": lambda: sm.Playground(sm.tasks.store_and_recall(5)),
    "shapes": lambda: ShapeExplorer(lengths="different"),
}


@with_font
def test_a_figure_speaks_chinese_with_letters_that_are_there(chinese, shown):
    figure = a_figure()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of each letter that it cannot draw
        sm.show(figure)
        assert {"间隔（步）", "渐增", "固定", "全部路径", "of nobody", "任务", "−3"} <= words(figure)
    (output,) = shown
    assert output["text/plain"] == "图。渐增。"
    html = output["text/html"]
    assert '<img class="seqmem-figure" lang="zh-CN" alt="渐增。曲线（横轴：间隔（步）；纵轴：y）。' in html
    assert "全部路径：固定 处为 2" in unescape(output["text/html"])


@with_font
def test_every_letter_of_the_catalogue_can_be_drawn(chinese):
    with (CATALOGUES / "zh.po").open("rb") as file:
        said = [one.string for one in read_po(file) if one.id]
    assert letters.can_speak()
    assert [one for one in said if not letters.can_draw(one.replace("\n", ""))] == []
    assert not letters.can_draw("\ue123")
    sm.use_language("en")
    assert not letters.can_draw("写"), "in English, pictures are the same whatever fonts are there"


@with_font
@pytest.mark.parametrize("draw", [draw_lstm, draw_gru])
def test_formulas_beside_chinese_need_no_font_of_mathematics(draw, chinese):
    sm.use_style()
    try:
        figure = Figure(figsize=(8, 4))
        said = words(draw(ax=figure.subplots()).figure)
        assert "之前的记忆" in said
        assert {"$h_{t-1}$"} & said or {"$c_{t-1}$"} & said, "alone, a formula stays one"
        assert [one for one in said if "$" in one and not letters._have(one, ["sans-serif"])] == []
        assert any("由 xₜ 和 hₜ₋₁ 算出" in one for one in said)
    finally:
        matplotlib.rcdefaults()


@with_font
@pytest.mark.parametrize(
    ("draw", "settings"),
    [
        (plot_layers, {"num_layers": 2, "bidirectional": True}),
        (plot_packing, {"lengths": [2, 1], "packed": False}),
        (plot_packing, {"lengths": [2, 1], "packed": True}),
    ],
)
def test_a_diagram_of_layers_or_of_packing_speaks_chinese(draw, settings, chinese):
    ax = draw(**settings, ax=Figure().subplots())
    said = words(ax.figure)
    assert any(map(has_chinese, said))
    assert [one for one in [*said, alt_text.describe(ax)] if left_in(one)] == []


def test_where_no_font_has_chinese_a_figure_stays_english_and_says_so_once(chinese, no_font, shown):
    fonts = r"[A-Z][\w ]+(, [A-Z][\w ]+)* or [A-Z][\w ]+"
    with pytest.warns(UserWarning, match=rf"stay English: install one of {fonts} \(on Debian .*fonts-noto-cjk\)"):
        sm.show(a_figure())
    figure = a_figure()
    sm.show(figure)  # another warning would be an error
    assert {"lag (steps)", "growing", "fixed", "all paths"} <= words(figure)
    assert "全部路径：固定 处为 2" in unescape(shown[0]["text/html"]), "who listens needs no font"
    assert letters.tr_drawn("below {floor}", floor=3) == "below 3"
    assert letters.label_drawn("bias 3") == "bias 3"


@pytest.fixture
def drawn(monkeypatch):
    """The words of the still picture inside a widget."""
    found = set()
    monkeypatch.setattr("seqmem_lib.widgets.page._png", lambda figure: found.update(words(figure)) or b"")
    return found


def has_chinese(text):
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


@with_font
@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_the_still_picture_of_a_widget_has_the_letters_of_its_words(make, chinese, drawn):
    make()._repr_mimebundle_()
    assert any(map(has_chinese, drawn))
    assert {one for one in drawn if left_in(one)} == set()


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_where_no_font_has_chinese_a_widget_is_chinese_all_the_same(make, chinese, no_font, drawn):
    with pytest.warns(UserWarning, match="stay English"):
        html = make()._repr_mimebundle_()["text/html"]
    assert not any(map(has_chinese, drawn))
    assert html.startswith('<div class="seqmem" lang="zh-CN" ')
    assert "<summary>图的文字说明</summary>" in html
    (alt,) = re.findall(r'alt="([^"]*)"', html)
    assert has_chinese(alt)
    assert left_in(alt) == []


def test_a_live_widget_brings_its_language_along(chinese):
    live = LiveScrubber(a_scrubber().trace, inputs=["value", "write", "read"])
    assert (live.data["lang"], live.data["sentences"]["Play"], live.data["inputs"][0]) == ("zh-CN", "播放", "数值")
    panels = live.data["views"][0]["panels"]
    assert [panel["label"] for panel in panels if panel["name"] in "fc"] == ["遗忘门", "细胞状态"]
    sm.use_language("en")
    live.show(a_scrubber().trace)
    assert not {"lang", "sentences"} & set(live.data)


@with_font
def test_marks_are_translated_and_texts_are_not(chinese):
    assert a_scrubber().saying(letters.tr_label).tokens == ["·", "写入", "·", "读取", "·"]
    trace = sm.record(nn.RNN(1, 1, batch_first=True), torch.zeros(1, 3, 1), tokens=["read", "the", "input"])
    assert list(sm.Scrubber(trace).saying(letters.tr_label).tokens) == ["read", "the", "input"]


def test_english_brings_no_language_along():
    for make in PICTURES.values():
        html = make()._repr_mimebundle_()["text/html"]
        assert "lang=" not in html
        assert '"sentences":' not in html
    assert letters.families() == matplotlib.rcParams["font.family"] == ["sans-serif"]


def test_how_wide_a_text_is():
    assert [letters.columns(text) for text in ("abc", "写", "写，a", "−·₀", "")] == [3, 2, 5, 3, 0]


def test_in_english_a_picture_keeps_its_own_fonts_and_texts():
    figure = a_figure()
    (ax,) = figure.axes
    ax.tick_params(labelfontfamily="monospace")
    ax.set_title(ax.get_title(), family="serif")
    formatter, said = ax.xaxis.get_major_formatter(), words(figure)
    letters.dress(figure)
    letters.use_fonts(figure)
    figure.canvas.draw()
    assert (ax.xaxis.get_major_formatter(), words(figure)) == (formatter, said)
    assert {text.get_fontfamily()[0] for text in [*ax.get_xticklabels(), *ax.get_yticklabels()]} == {"monospace"}
    assert ax.title.get_fontfamily() == ["serif"]


def test_a_table_in_chinese(chinese):
    ax = Figure().subplots()
    ax.pcolormesh([[1, 2]])
    for k in range(2):
        ax.text(k + 0.5, 0.5, f"{k}")
    ax.set_xticks([0.5, 1.5], ["fixed", "growing"])
    ax.set_yticks([0.5], ["all paths"])
    ax.set(xlabel="task", ylabel="lag (steps)")
    assert alt_text.describe(ax) == "表格（行：间隔（步）；列：任务）。全部路径：固定 0；渐增 1。"
