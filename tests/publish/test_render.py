"""How text, code and outputs become HTML, as a browser would read it."""

import re
import xml.etree.ElementTree as ET
from html import unescape

import pytest
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbformat.v4 import new_code_cell, new_output

from publish import render


def maths(html):
    """What each equation of some HTML says, and whether it has lines of its own."""
    found = re.findall(r"<math\b.*?</math>", html, re.DOTALL)
    return [("".join(ET.fromstring(one).itertext()), 'display="block"' in one) for one in found]


def said(html):
    return unescape(re.sub(r"<[^>]+>", "", html))


def rendered(text):
    return MarkdownWithMath(renderer=render.Renderer()).render(text)


@pytest.mark.parametrize(
    ("formula", "parts"),
    [
        ("a", ["a"]),
        ("a = b", ["a=", "b"]),
        ("a = b = c", ["a=", "b=", "c"]),
        (r"a \approx b + c", ["a≈", "b+c"]),
        ("= b", ["=b"]),
        ("a =", ["a="]),
        (r"x_{t = 1} = 2", ["xt=1=", "2"]),
        (r"\left(a = b\right) = c", ["(a=b)=", "c"]),
        (r"\{ a = b \}", ["{a=", "b}"]),
        ("a\n= b", ["a=", "b"]),
    ],
)
def test_a_formula_in_a_line_may_break_after_its_relations_alone(formula, parts):
    """And not within a group, half of which would be no formula."""
    assert maths(render.in_line(formula)) == [(part, False) for part in parts]


def test_an_equation_has_lines_of_its_own_and_can_be_scrolled():
    html = render.display(r"\begin{aligned} a &= b \\ c &= d \end{aligned}")
    assert maths(html) == [("a=bc=d", True)]
    assert len(re.findall("<mtr", html)) == 2
    assert ET.fromstring(html.replace("&", "&amp;")).attrib == {"class": "equation", "tabindex": "0"}


def test_markdown_has_mathml_names_of_headings_and_links_from_deck_to_deck():
    html = rendered("## A *b*, C?\n\nSo $x = 1$:\n\n$$\ny\n$$\n\n[a](02_b.ipynb#c) [d](03_e.ipynb) [f](g.md)")
    assert re.findall(r"<h(\d) id=\"(.*?)\">(.*?)</h(\d)>", html) == [("2", "a-b-c", "A <em>b</em>, C?", "2")]
    assert maths(html) == [("x=", False), ("1", False), ("y", True)]
    assert re.findall(r'href="(.*?)"', html) == ["02_b.html#c", "03_e.html", "g.md"]
    assert re.findall(r"<a [^>]*>(.*?)</a>", html) == ["a", "d", "f"]
    assert maths(rendered("<details><summary>S</summary>With $a$, so $b$.</details>")) == [("a", False), ("b", False)]
    assert "<b>" in rendered("<b>x</b>"), "tags are tags, as in Jupyter"


def test_code_and_what_it_prints_can_be_read_and_scrolled():
    printed = new_output("stream", text="a < b & c\n")
    plain = new_output("execute_result", data={"text/plain": "<Trace>"})
    for html, text, name in (
        (render.source_as_html("x = '<b>'  # 1"), "x = '<b>'  # 1\n", "code"),
        (render.output_as_html(printed), "a < b & c\n", "output"),
        (render.output_as_html(plain), "<Trace>", "output"),
    ):
        assert said(html) == text
        (tag,) = re.findall("<pre ([^>]*)>", html)
        assert f'aria-label="{name}"' in tag
        assert 'tabindex="0"' in tag
    assert '<pre class="source"' in render.source_as_html("1"), "which the colours are for"
    assert '<span class="k">def</span>' in render.source_as_html("def f(): ..."), "in colours"


def test_a_figure_is_shown_as_it_is_and_what_is_neither_is_an_error():
    figure = new_output("display_data", data={"text/html": "<img alt='a < b'>", "text/plain": "no"})
    assert render.output_as_html(figure) == "<div class=\"output shown\"><img alt='a < b'></div>"
    with pytest.raises(ValueError, match="image/png, text/latex"):
        render.output_as_html(new_output("display_data", data={"image/png": "", "text/latex": ""}))


def test_what_jupyterlab_folds_is_folded():
    cells = [new_code_cell(metadata=one) for one in ({}, {"jupyter": {}}, {"jupyter": {"source_hidden": True}})]
    assert [render.is_folded(cell) for cell in cells] == [False] * 3
    assert render.is_folded(new_code_cell(metadata={"jupyter": {"outputs_hidden": True}}))


def test_a_text_without_its_tags():
    assert render.plain(" <b>a</b> &amp;\n  <i>b</i> ") == "a & b"


def test_code_has_its_colours_in_both_themes(windows):
    page = (render.TEMPLATES / "deck" / "page.css").read_text("utf-8")
    assert render.style().startswith(f"{page}\n")
    _, *themes = re.split(r':root\[data-theme="(\w+)"\] {', render.style().removeprefix(page))
    keyword = {
        theme: re.search(r"\.source \.k { color: (#\w+)", rules)[1]
        for theme, rules in zip(themes[::2], themes[1::2], strict=True)
    }
    light, dark = (sum(bytes.fromhex(keyword[theme][1:])) for theme in ("light", "dark"))
    assert light < 3 * 128 < dark, "dark letters on a light ground, and the other way round"


def test_a_folder_is_written_in_the_place_of_what_was_there(tmp_path, windows):
    folder = tmp_path / "_slides"
    for left in (folder, tmp_path / "_slides.part"):  # of a build that was ended
        left.mkdir()
        (left / "old.html").write_text("old")
    paths = render.write_folder(folder, {"a.html": "一\n", "b.html": "2"})
    assert paths == [folder / "a.html", folder / "b.html"]
    assert {path.name: path.read_bytes().decode("utf-8") for path in folder.iterdir()} == {
        "a.html": "一\n",
        "b.html": "2",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["_slides"]
    assert render.write_folder(tmp_path / "new", {}) == []
