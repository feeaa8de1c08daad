"""The Cobweb in an exported page: no kernel, no network."""

import pytest
from test_page import export, violations

from seqmem_lib.course.n01_rnn.cobweb import MAPS, Cobweb

pytestmark = pytest.mark.browser


def opened(page, path, *cobwebs):
    page.goto(export(path / "page.html", *cobwebs))
    page.locator(".seqmem[data-shown]").last.wait_for()
    assert page.errors == []
    return page.locator(".seqmem[data-shown]")


def lines(root):
    return [text for text in root.locator(".seqmem-said > div").all_inner_texts() if text]


def test_a_slider_moves_the_curve_and_the_words(page, tmp_path):
    root = opened(page, tmp_path, Cobweb(w=0.5))
    assert lines(root)[0] == "It rests at 0.00 (slope 0.50)."
    before = [path.get_attribute("d") for path in root.locator("svg path").all()]
    slider = root.get_by_role("slider", name="w", exact=True)
    slider.focus()
    for _ in range(150):
        page.keyboard.press("ArrowRight")
    assert root.get_attribute("data-shown") == "2 0 0.5"
    assert lines(root)[:2] == [
        "It rests at −0.96 (slope 0.17), 0.96 (slope 0.17).",
        "It is driven away from 0.00 (slope 2.00).",
    ]
    after = [path.get_attribute("d") for path in root.locator("svg path").all()]
    assert before != after
    assert root.locator("circle.seqmem-rests").count() == 2
    assert root.locator("circle.seqmem-leaves").count() == 1


@pytest.mark.parametrize("formula", MAPS)
def test_the_page_computes_what_python_does(page, tmp_path, formula):
    cobweb = Cobweb(formula, start=0.75, steps=10)
    states, left = cobweb.followed()
    said = lines(opened(page, tmp_path, cobweb))[-1]
    assert f"is {states[-1]:.2f}, and" in said
    factor = said.split("multiplied by ")[1].rstrip(".")
    if "×" in factor:
        digits, power = factor.split("×10")
        factor = f"{digits}e{power.translate(str.maketrans('⁻⁰¹²³⁴⁵⁶⁷⁸⁹', '-0123456789'))}"
    assert float(factor) == pytest.approx(left[-1], rel=1e-3)


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_fits(page, tmp_path, width):
    page.set_viewport_size({"width": width, "height": 800})
    root = opened(page, tmp_path, Cobweb(w=2))
    assert root.evaluate("node => node.scrollWidth <= node.clientWidth")
    for svg in root.locator("svg").all():
        assert svg.bounding_box()["width"] > 200


def test_accessibility(page, tmp_path):
    opened(page, tmp_path, Cobweb(w=2))
    assert violations(page) == []
