"""Every page of the site in a real browser, from the disk, with the network blocked."""

import functools
import os
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from real import ROOT, wait_until_drawn

pytestmark = pytest.mark.browser

NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
REFERENCE = sorted(path.stem for path in (ROOT / "publish" / "site" / "pages" / "reference").glob("*.rst"))
ALIVE = ["index", *NOTEBOOKS]  # pages with widgets
OTHERS = [
    "claims",
    "teachers",
    "teaching",
    "changelog",
    "genindex",
    "search",
    *(f"reference/{name}" for name in REFERENCE),
]
CHINESE = ["zh/index", "zh/claims", "zh/search", "zh/01_rnn_gradient_decay"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
# Of each page its name and its address, for tests that share it (see conftest.py).
PAGES = [
    pytest.param(name, f"{name}.html" + ("?q=gate" if name.endswith("search") else ""), id=name)
    for name in [*ALIVE, *OTHERS, *CHINESE]
]
PHONE, DESK = {"width": 390, "height": 800}, {"width": 1280, "height": 1000}
EVERY_LOOK = [(DESK, ["light", "dark"]), (PHONE, ["light", "dark"])]
# What is made like these has one look, by turns; all are looked at in the run of every night.
MODELS = ["index", "claims", "search", "02_lstm_gates"]
ONE_LOOK = [[(DESK, ["light"])], [(PHONE, ["dark"])]]


def looks_of(name):
    if name in MODELS or os.environ.get("SEQMEM_DRAW"):
        return EVERY_LOOK
    return ONE_LOOK[[*ALIVE, *OTHERS, *CHINESE].index(name) % 2]


CUT_OFF = """
() => [...document.querySelectorAll(".seqmem-detail")]
  .filter((one) => one.scrollWidth > one.clientWidth)
  .map((one) => one.textContent)
"""
# As a person does, and Playwright; that one takes long for each of 64 weights.
CHOOSE_EACH = """
async (node) => {
  const left = [];
  for (const { index } of node.options) {
    node.selectedIndex = index;
    for (const name of ["input", "change"]) node.dispatchEvent(new Event(name, { bubbles: true }));
    await new Promise(requestAnimationFrame);
    if (node.selectedIndex !== index) left.push(index);
  }
  return left;
}
"""
NAMELESS = """
() => [...document.querySelectorAll(".seqmem svg")]
  .filter((one) => !one.closest("[aria-hidden=true], [aria-label]") && !one.querySelector("title"))
  .map((one) => one.outerHTML.slice(0, 200))
"""
UNFOLD = "() => document.querySelectorAll('article details').forEach((one) => { one.open = true; })"


# The next three look at one load of each page, one after the other.
SMALLEST = """() => [...document.querySelectorAll(".seqmem-figure")].map((image) => {
  return image.getBoundingClientRect().width / Math.min(image.naturalWidth, 800);
})"""


@pytest.mark.parametrize(("name", "loaded"), PAGES, indirect=["loaded"], scope="module")
def test_size(shared_page, name):
    page = shared_page
    if name in NOTEBOOKS:  # folded, as it is opened: about 15,000 pixels, and room for another machine's letters
        page.wait_for_function("() => [...document.querySelectorAll('.seqmem')].every((root) => root.dataset.seqmem)")
        assert page.evaluate("() => document.documentElement.scrollHeight") < 16_500
    # On a telephone nothing but code, tables, equations and widgets is wider than the screen, whatever answer is
    # opened, and these scroll by themselves.
    page.set_viewport_size(PHONE)
    page.evaluate(UNFOLD)
    wait_until_drawn(page)
    wait_until_drawn(page)  # an observer asks for a frame
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    # A letter of a figure is 14.6 px high where that is as large as it was drawn: 10.5 points, 100 dots to the inch.
    assert all(14.6 * scale > 9 for scale in page.evaluate(SMALLEST))


@pytest.mark.parametrize(("name", "loaded"), PAGES[: len(ALIVE)], indirect=["loaded"], scope="module")
def test_every_control_works(shared_page, name):
    page = shared_page
    page.set_viewport_size(DESK)
    page.evaluate(UNFOLD)
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
            choice.select_option(index=choice.locator("option").count() - 1)
            assert choice.evaluate(CHOOSE_EACH) == [], "these do not stay"
        for button in root.get_by_role("button", name="Play").all():
            button.click()
            expect(root.get_by_role("button", name="Pause")).to_have_count(1)
            root.get_by_role("button", name="Pause").click()
            expect(root.get_by_role("button", name="Pause")).to_have_count(0)
    assert roots
    assert page.evaluate(CUT_OFF) == [], "an equation does not fit"
    assert page.evaluate(NAMELESS) == [], "a picture that a screen reader can neither name nor pass over"


# Axe takes minutes for a page with thousands of coloured words, so one word of each colour stays coloured.
PLAIN_CODE = """
() => {
  const seen = new Set();
  for (const word of document.querySelectorAll(".highlight pre span")) {
    if (seen.has(word.className)) word.replaceWith(word.textContent);
    else seen.add(word.className);
  }
  for (const code of document.querySelectorAll(".highlight pre")) code.normalize();
}
"""
# And half a minute for the contrast of a thousand words, which is that of the few kinds of them: what it judges by are
# a word's colour and size and the grounds that it stands on. (Whole widgets are looked at by their own tests.)
ONE_OF_A_KIND = """
() => {
  const looks = (node) => {
    const style = getComputedStyle(node);
    return [style.backgroundColor, style.backgroundImage, style.opacity];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), seen = new Set(), taken = [];
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    if (!text.data.trim() || text.parentElement.closest("script, style")) continue;
    const own = getComputedStyle(text.parentElement), grounds = [];
    for (let node = text.parentElement; node; node = node.parentElement) grounds.push(...looks(node));
    const kind = [own.color, own.fontSize, own.fontWeight, own.visibility, ...grounds].join();
    if (seen.has(kind)) taken.push([text, text.data]);
    seen.add(kind);
  }
  for (const [text] of taken) text.data = "";
  window.putBack = () => taken.forEach(([text, words]) => { text.data = words; });
}
"""


def violations(page, rules):
    options = {**rules, "preload": False, "resultTypes": ["violations"]}
    found = page.evaluate("async (options) => (await axe.run(options)).violations", options)
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize(("name", "loaded"), PAGES, indirect=["loaded"], scope="module")
def test_accessible(shared_page, name):
    page = shared_page
    page.evaluate(UNFOLD)
    page.evaluate(PLAIN_CODE)
    page.add_style_tag(content="* { transition: none !important; }")  # no colour on its way to another
    page.evaluate("() => window.scrollTo(0, 0)")
    page.evaluate(Axe().axe_script)
    for size, themes in looks_of(name):
        page.set_viewport_size(size)
        wait_until_drawn(page)
        assert violations(page, {"runOnly": RULES, "rules": {"color-contrast": {"enabled": False}}}) == []
        for theme in themes:
            page.emulate_media(color_scheme=theme)
            expect(page.locator("html")).to_have_attribute("data-theme", theme)
            wait_until_drawn(page)
            page.evaluate(ONE_OF_A_KIND)
            assert violations(page, {"runOnly": ["color-contrast"]}) == []
            page.evaluate("() => window.putBack()")


@pytest.fixture(scope="module")
def server(site_folder):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site_folder))
    server.handle_error = lambda *_: None  # a page that is left has not always all that it asked for
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("from_server", [False, True], ids=["folder", "server"])
def test_search(silent_page, site_folder, server, from_server):
    page = silent_page
    page.goto(f"{server if from_server else site_folder.as_uri()}/index.html")
    page.get_by_role("button", name="Search").first.click()
    page.get_by_role("searchbox", name="Search").fill("forget bias")
    page.keyboard.press("Enter")
    expect(page.locator("#search-results")).to_contain_text("Search finished")
    hits = [link.get_attribute("href") for link in page.locator("#search-results li a").all()]
    assert "02_lstm_gates.html" in hits[:2], hits
    page.locator("#search-results li a").nth(hits.index("02_lstm_gates.html")).click()
    page.wait_for_function("() => document.title.includes('gates of an LSTM')")


@pytest.mark.parametrize("words", ["output gate", "cobweb"])
def test_search_puts_first_who_says_it_most(opened, words):
    page = opened(f"search.html?q={words}")
    expect(page.locator("#search-results")).to_contain_text("Search finished")
    every = "(words) => Object.entries(COUNTS).map(([name, said]) => [`${name}.html`, said[words] ?? 0])"
    counts = dict(page.evaluate(every, words))
    first = page.locator("#search-results li a").first.get_attribute("href")
    assert counts[first] == max(counts.values()) > 5


@pytest.mark.parametrize(("words", "name"), [("split_words", "reference/texts.html#"), ("蛛网图", "0")])
def test_search_knows_names_and_chinese_terms(opened, words, name):
    page = opened(f"search.html?q={words}")
    expect(page.locator("#search-results")).to_contain_text("Search finished")
    assert page.locator("#search-results li a").first.get_attribute("href").startswith(name)


def test_a_search_is_text(opened):
    page = opened("search.html?q=<img src=x onerror=alert(1)>")
    expect(page.locator("#search-results")).to_contain_text("did not match")


def test_the_theme_that_was_chosen_stays(opened):
    page = opened("index.html")
    page.get_by_role("button", name="Color mode").first.click()
    page.get_by_role("button", name="Dark").first.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    page.get_by_role("link", name="Start with notebook 01").click()
    page.wait_for_load_state()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == dark


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_shows_only_now_and_then_can_be_read(opened, theme):
    """A link that is pointed at, and the button that leads back to the top."""
    page = opened("index.html", theme)
    page.add_style_tag(content="* { transition: none !important; } #pst-back-to-top { display: block !important; }")
    page.locator(".bd-article p a:not(.button)").first.hover()
    assert page.locator("#pst-back-to-top").is_visible()
    assert page.locator(".bd-article p a:not(.button):hover").count() == 1
    page.evaluate(Axe().axe_script)
    assert violations(page, {"runOnly": ["color-contrast"]}) == []


def test_in_the_dark_outputs_are_no_grey_boxes(opened):
    page = opened("02_lstm_gates.html", "dark")
    shown = page.locator(".cell_output .text_html:has(.seqmem)").first
    assert shown.evaluate("node => getComputedStyle(node).backgroundColor") == "rgba(0, 0, 0, 0)"
    assert shown.evaluate("node => getComputedStyle(node).padding") == "0px"


def test_one_way_to_search(opened):
    page = opened("02_lstm_gates.html")
    inside = "node => { const r = node.getBoundingClientRect(); return r.right > 0 && r.left < innerWidth; }"
    for width in (390, 760, 960, 1280, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        wait_until_drawn(page)
        shown = [one for one in page.get_by_role("button", name="Search").all() if one.is_visible()]
        assert len([one for one in shown if one.evaluate(inside)]) == 1, width


def test_on_paper_nothing_is_folded_and_nothing_but_the_text_is_there(opened):
    page = opened("03_gru.html")
    shown = (
        "() => [...document.querySelectorAll('article .fold > :not(summary)')].map((node) => node.checkVisibility())"
    )
    assert not any(page.evaluate(shown))
    page.emulate_media(media="print")
    assert all(page.evaluate(shown))
    for name in (".bd-sidebar-primary", ".bd-header-article", ".prev-next-footer"):
        expect(page.locator(name).first).to_be_hidden()


def test_a_verdict_is_on_the_screen_of_a_telephone(opened):
    page = opened("claims.html")
    page.set_viewport_size(PHONE)
    for row in page.locator(".claims tbody tr").all():
        box = row.locator("td").nth(3).bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= 390


# The texts of one column of the claims, and whether they are in order.
COLUMN = """(column) => {
  const texts = [...document.querySelectorAll(".claims tbody tr")].map((row) => row.cells[column].textContent);
  const sorted = texts.toSorted(new Intl.Collator("en").compare).join();
  return [sorted === texts.join(), sorted === texts.toReversed().join()];
}"""


def test_claims_are_found_and_sorted(opened):
    page = opened("claims.html")
    rows, box = page.locator(".claims tbody tr:visible"), page.get_by_role("searchbox", name="Show only")
    every = rows.all_text_contents()
    for words in ("forget bias", " Bias \t FORGET "):
        box.fill(words)
        found = [one for one in every if "forget" in one.lower() and "bias" in one.lower()]
        assert rows.all_text_contents() == found
        assert 0 < len(found) < len(every) / 4
    box.fill("")
    sorted_by = page.locator(".claims th[aria-sort]")
    for column, name in ((3, "Verdict"), (0, "Claim")):
        for down in (False, True, False):
            page.get_by_role("columnheader", name=name).get_by_role("button", name=name).click()
            assert sorted_by.all_text_contents() == [name]
            assert sorted_by.get_attribute("aria-sort") == ("descending" if down else "ascending")
            assert page.evaluate(COLUMN, column)[down]
    assert sorted(rows.all_text_contents()) == sorted(every)


def test_only_what_scrolls_is_a_stop_of_the_tab_key(opened):
    page = opened("02_lstm_gates.html")
    scrolls = "node => node.scrollWidth > node.clientWidth"
    blocks = page.locator("article :is(pre, .equation, .pst-scrollable-table-container):visible")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        wait_until_drawn(page)
        page.wait_for_timeout(600)  # the theme waits until the window has its size
        stops = [(one.evaluate(scrolls), one.evaluate("node => node.tabIndex >= 0")) for one in blocks.all()]
        assert all(wide == stop for wide, stop in stops)
        assert len({wide for wide, _ in stops}) == 2 or width == 1280
    page.set_viewport_size({"width": 1280, "height": 900})
    wait_until_drawn(page)
    page.locator("article h1").click()  # as one who has skipped what all pages begin with
    pressed = 0
    while not page.evaluate("() => document.activeElement.closest('.seqmem')"):
        page.keyboard.press("Tab")
        pressed += 1
        assert pressed < 40
