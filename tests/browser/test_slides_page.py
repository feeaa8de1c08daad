"""The decks in a real browser, from the disk, with the network blocked."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from publish import slides as deck

pytestmark = pytest.mark.browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
EVERY_SLIDE = """() => {
  const seen = [];
  for (;;) {
    while (Reveal.availableFragments().next) Reveal.nextFragment();
    const slide = Reveal.getCurrentSlide();
    seen.push({
      text: slide.innerText.trim(),
      scale: Number(slide.dataset.scale),
      over: slide.scrollHeight - slide.clientHeight,
      widget: Boolean(slide.querySelector(".seqmem")),
    });
    if (Reveal.isLastSlide()) return seen;
    Reveal.next();
  }
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "_slides"
    deck.build(folder)
    return folder


@pytest.fixture
def opened(silent_page, folder):
    """Opens a deck on a projector."""
    silent_page.set_viewport_size({"width": 1280, "height": 720})

    def open_it(name, theme="light"):
        silent_page.emulate_media(color_scheme=theme)
        silent_page.goto((folder / name).as_uri())
        silent_page.wait_for_function("() => window.Reveal?.isReady()")
        return silent_page

    return open_it


@pytest.mark.parametrize("name", ["02_lstm_gates", "12_bug_museum"])
def test_every_slide_fits(opened, name):
    """Only a widget may be so tall that it scrolls, and nothing is drawn so small that a room cannot read it."""
    for slide in opened(f"{name}.html").evaluate(EVERY_SLIDE):
        assert slide["text"]
        assert slide["widget"] or slide["over"] <= 1, slide
        assert slide["scale"] >= (0.7 if slide["widget"] else 0.8), slide


def test_keys_turn_the_slides_unless_a_widget_has_them(opened):
    page = opened("01_rnn_gradient_decay.html")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getIndices().h") == 1
    page.evaluate(
        "Reveal.slide(3, [...document.querySelectorAll('.slides > section')[3].children]"
        ".findIndex((slide) => slide.querySelector('.seqmem')))"
    )
    page.keyboard.press("Space")  # it stands below a prediction
    at = page.evaluate("Reveal.getIndices()")
    slider = page.locator("section.present > section.present .seqmem").get_by_role("slider").first
    value = int(slider.input_value())
    slider.focus()
    for key, wanted in (("ArrowRight", value + 1), ("ArrowUp", value + 2), ("ArrowLeft", value + 1)):
        page.keyboard.press(key)
        expect(slider).to_have_value(str(wanted))
    page.locator("section.present > section.present .seqmem select").first.press("ArrowDown")
    assert page.evaluate("Reveal.getIndices()") == at
    slider.focus()
    page.keyboard.press("PageDown")  # a clicker
    assert page.evaluate("Reveal.getIndices()") != at
    page.keyboard.press("PageUp")
    assert page.evaluate("Reveal.getIndices()") == at
    slider.focus()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")  # the widget goes again
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("Reveal.getIndices().h") == 2


def test_the_answer_comes_at_the_next_key(opened):
    page = opened("01_rnn_gradient_decay.html")
    page.evaluate("Reveal.slide(1, 2)")
    answer = page.locator("section.present > section.present .fragment").first
    expect(answer).to_have_css("visibility", "hidden")
    page.keyboard.press("Space")
    expect(answer).to_have_css("visibility", "visible")


def test_the_speaker_sees_the_notes(opened):
    page = opened("03_gru.html")
    page.keyboard.press("ArrowRight")
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    expect(popup.value.locator(".speaker-controls-notes")).to_contain_text("from the same hundred seeds")


@pytest.mark.parametrize(("theme", "at"), [("light", "4, 1"), ("dark", "2, 1")], ids=["widget", "code"])
def test_accessible(opened, theme, at):
    page = opened("02_lstm_gates.html", theme)
    page.evaluate(f"Reveal.slide({at})")
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []
