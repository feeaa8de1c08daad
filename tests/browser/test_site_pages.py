"""Every page of the site in a real browser, from the disk, with the network blocked."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from real import ROOT, wait_until_drawn

pytestmark = pytest.mark.browser

NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]

CUT_OFF = """
() => [...document.querySelectorAll(".seqmem-detail")]
  .filter((one) => one.scrollWidth > one.clientWidth)
  .map((one) => one.textContent)
"""


@pytest.fixture
def opened(silent_page, site_folder):
    """Opens a page of the site."""

    def open_it(address, theme="light"):
        silent_page.emulate_media(color_scheme=theme)
        silent_page.goto(f"{site_folder.as_uri()}/{address}")
        return silent_page

    return open_it


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_control_works(opened, name):
    page = opened(f"{name}.html")
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    roots = page.locator(".seqmem").all()
    for root in roots:
        root.locator("input, select, button").first.wait_for()
        for slider in root.locator("input[type=range]:visible").all():
            first, last, step = (float(slider.get_attribute(name) or 1) for name in ("min", "max", "step"))
            for key, value in (("Home", first), ("End", last), ("ArrowLeft", max(first, last - step))):
                slider.press(key)
                expect(slider).to_have_value(f"{value:g}")
            wait_until_drawn(page)
            said = root.inner_html()
            slider.press("Home")
            wait_until_drawn(page)
            assert root.inner_html() != said or last == first + 1
        for choice in root.locator("select:visible").all():
            for k in range(choice.locator("option").count()):
                choice.select_option(index=k)
                assert choice.evaluate("node => node.selectedIndex") == k
        for button in root.get_by_role("button", name="Play").all():
            button.click()
            expect(root.get_by_role("button", name="Pause")).to_have_count(1)
            root.get_by_role("button", name="Pause").click()
            expect(root.get_by_role("button", name="Pause")).to_have_count(0)
    assert roots
    assert page.evaluate(CUT_OFF) == [], "an equation does not fit"


# Axe takes minutes for a page with thousands of coloured words, so one word of each colour stays coloured.
PLAIN_CODE = """
() => {
  const seen = new Set();
  for (const word of document.querySelectorAll("pre.source span")) {
    if (seen.has(word.className)) word.replaceWith(word.textContent);
    else seen.add(word.className);
  }
  for (const code of document.querySelectorAll("pre.source code")) code.normalize();
  for (const folded of document.querySelectorAll("details")) folded.open = true;
}
"""


@pytest.mark.parametrize("name", ["index", "claims", *NOTEBOOKS])
def test_accessible(opened, name):
    page = opened(f"{name}.html?q=gate")
    page.evaluate(PLAIN_CODE)
    for theme, rules in {"light": RULES, "dark": ["color-contrast"]}.items():  # the rest has no theme
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        found = Axe().run(page, options={"runOnly": rules}).response["violations"]
        assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []


def test_search(opened):
    page = opened("index.html")
    page.get_by_label("Search").fill("output gate")
    page.get_by_role("button", name="Find").click()
    first = page.locator("#found li a").first
    expect(page.locator("#found")).to_contain_text("sections with “output gate”")
    first.click()
    page.wait_for_function("() => location.hash && document.querySelector(':target')")
    assert "output gate" in page.locator("main").text_content().lower()


def test_a_search_is_text(opened):
    page = opened("index.html?q=<img src=x onerror=alert(1)>")
    expect(page.locator("#found")).to_contain_text("No section holds “<img src=x onerror=alert(1)>”.")


def test_the_theme_that_was_chosen_stays(opened):
    page = opened("index.html")
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(20, 20, 20)"
    page.locator(".series a").first.click()
    page.wait_for_load_state()
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_narrow(opened, name):
    """On a telephone nothing but code, tables, equations and widgets is wider than the screen, whatever answer is
    opened, and these scroll by themselves.
    """
    page = opened(f"{name}.html")
    page.set_viewport_size({"width": 390, "height": 800})
    page.evaluate("() => { for (const folded of document.querySelectorAll('details')) folded.open = true; }")
    wait_until_drawn(page)
    wait_until_drawn(page)  # an observer asks for a frame
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_only_what_scrolls_is_a_stop_of_the_tab_key(opened):
    page = opened("02_lstm_gates.html")
    scrolls = "node => node.scrollWidth > node.clientWidth"
    blocks = page.locator("pre[tabindex]:visible, main div.equation:visible, main div.wide:visible")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        wait_until_drawn(page)
        stops = [(one.evaluate(scrolls), one.evaluate("node => node.tabIndex === 0")) for one in blocks.all()]
        assert all(wide == stop for wide, stop in stops)
        assert len({wide for wide, _ in stops}) == 2 or width == 1280
    page.set_viewport_size({"width": 1280, "height": 900})
    wait_until_drawn(page)
    page.keyboard.press("Home")
    pressed = 0
    while not page.evaluate("() => document.activeElement.closest('.seqmem')"):
        page.keyboard.press("Tab")
        pressed += 1
        assert pressed < 40
