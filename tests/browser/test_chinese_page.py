"""Widgets that speak Chinese, in an exported page: no kernel, no network."""

import pytest
import torch
from real import wait_until_drawn
from spoken import left_in
from test_page import export, violations
from torch import nn

import seqmem_lib as sm
from seqmem_lib.course.n01_rnn.cobweb import Cobweb
from seqmem_lib.course.n05_layers.shape_explorer import ShapeExplorer

pytestmark = pytest.mark.browser

# Code is left out, and so are the sliders that PyTorch has named.
SAID = """root => {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const said = [];
  while (texts.nextNode()) {
    const { parentElement: node, data } = texts.currentNode;
    if (!node.closest(".seqmem-mono") && node.checkVisibility()) said.push(data);
  }
  return [...said, ...[...root.querySelectorAll("*")].flatMap((node) =>
    ["aria-label", "aria-valuetext", "title", "alt", "data-longest"].map((name) => node.getAttribute(name) ?? ""))];
}"""
NAMES = """root => [...root.querySelectorAll("[aria-label]:not(.seqmem-sizes input)")].map(
  (node) => node.getAttribute("aria-label"))"""


class Shown:
    """A widget as it was shown in a language."""

    def __init__(self, widget, language):
        sm.use_language(language)
        try:
            self.bundle = widget._repr_mimebundle_()
        finally:
            sm.use_language("en")

    def _repr_mimebundle_(self):
        return self.bundle


def a_scrubber():
    task = sm.tasks.store_and_recall(12)
    x, _ = task(1, generator=torch.Generator().manual_seed(1))
    layer = nn.LSTM(3, 2, batch_first=True)
    traces = [sm.record(layer, x, tokens=task.tokens(x), clamp=clamp) for clamp in ({}, {"f": 1})]
    readout = {"probability of the right answer": (0.1 ** torch.arange(12)).tolist()}
    names = {"held": ["nothing", "f = 1"]}
    return sm.Scrubber(traces, inputs=["value", "write", "read"], checkpoints=names, readout=readout)


def an_explorer():
    decay = torch.tensor([0.5, 0.9])[:, None] ** torch.arange(61)
    return sm.Explorer(
        range(61),
        {"all paths": (decay, 0.9 * decay, 1.1 * decay), "direct path": decay / 2},
        sliders={"forget bias": [0, 1]},
        xlabel="lag (steps)",
        ylabel="gradient of the memory",
        log=True,
        floor=1e-6,
        reference=(1, "neither grows nor shrinks"),
    )


def a_reader():
    vocabulary = sm.Vocabulary([["好", "坏"]])
    return sm.TypedText(sm.SequenceClassifier(nn.LSTM, len(vocabulary), seed=0), vocabulary, sm.segment, "好，不坏")


def a_packed_layer():
    return ShapeExplorer(lengths="different", batch_first=False, num_layers=1)


def a_playground():
    return sm.Playground(sm.tasks.store_and_recall(40), cell=["LSTM", "GRU"], units=2, step=3)


@pytest.fixture
def opened(page, tmp_path):
    """Opens a page with these widgets, and returns their roots."""
    page.emulate_media(reduced_motion="reduce")

    def opens(*widgets):
        page.goto(export(tmp_path / "page.html", *widgets))
        page.locator(".seqmem[data-shown]").last.wait_for()
        return page.locator(".seqmem[data-shown]").all()

    yield opens
    assert page.errors == []


def assert_chinese(root, *also):
    for said in root.evaluate(SAID):
        assert set(left_in(said)) <= set(also), said
    for name in root.evaluate(NAMES):
        assert any(letter >= "\u4e00" for letter in name) or len(name) < 3, f"{name}: a letter, or Chinese"


@pytest.mark.parametrize(
    ("make", "also"),
    [
        (a_scrubber, ()),
        (Cobweb, ()),
        (an_explorer, ()),
        (a_playground, ()),
        (a_reader, ("unk",)),
        (ShapeExplorer, ("True", "False", "batch", "seq")),
        (a_packed_layer, ("True", "False", "batch", "seq")),
    ],
    ids=["scrubber", "cobweb", "explorer", "playground", "typed text", "shapes", "shapes, packed"],
)
def test_no_english_is_left_wherever_the_controls_stand(opened, page, make, also):
    (root,) = opened(Shown(make(), "zh"))
    assert root.get_attribute("lang") == "zh-CN"
    assert_chinese(root, *also)
    for slider in root.get_by_role("slider").all():
        if slider.is_visible():
            slider.press("End")
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        wait_until_drawn(page)
        assert_chinese(root, *also)
        assert root.evaluate("node => node.scrollWidth <= node.clientWidth")


def test_a_playground_answers_in_chinese(opened, page):
    (root,) = opened(Shown(a_playground(), "zh"))

    def press(name):
        root.get_by_role("button", name=name, exact=True).click()
        wait_until_drawn(page)

    press("在 t = 3 处轻推")
    assert "在 t = 3，单元" in root.locator(".seqmem-note").text_content()
    press("撤销轻推")
    press("更新一次")
    assert root.locator(".seqmem-state").text_content().startswith("LSTM：1 次更新，损失 ")
    press("读取")
    assert root.locator(".seqmem-what button[aria-pressed=true]").text_content() == "读取"
    root.get_by_role("combobox", name="固定").select_option("f")
    root.get_by_role("combobox", name="固定").select_option("h")
    assert "写入" in root.locator(".seqmem-axis span").all_text_contents()
    assert {"数值", "写入", "读取"} <= {cell.get_attribute("data-of") for cell in root.locator("[data-of]").all()}
    for task in ("1", "2", "3"):
        root.get_by_role("combobox", name="任务").select_option(task)
        wait_until_drawn(page)
        assert_chinese(root)
    root.get_by_role("button", name="训练 20 个起点").click()
    page.wait_for_function("document.querySelector('.seqmem-count').textContent")
    press("停止")
    assert_chinese(root)


def test_two_languages_stand_on_one_page(opened, page):
    chinese, english = opened(Shown(Cobweb(w=2), "zh"), Shown(Cobweb(w=2), "en"))
    for _ in range(2):
        assert "停留在 −0.96" in chinese.locator(".seqmem-said").text_content()
        assert "It rests at −0.96" in english.locator(".seqmem-said").text_content()
        english.get_by_role("slider", name="b", exact=True).press("Home")
        english.get_by_role("slider", name="b", exact=True).fill("0")
    assert english.get_attribute("lang") is None
    assert violations(page) == []
