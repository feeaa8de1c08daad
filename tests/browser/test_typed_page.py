"""The TypedText in an exported page: no kernel, no network. It reads what is typed into it."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Locator, expect
from real import wait_until_drawn
from scrubber_page import ScrubberPage
from test_page import export, violations
from test_shapes_page import DARK, is_ours
from torch import nn

from seqmem_lib import SequenceClassifier, TypedText, Vocabulary, predict, read_mean, record, segment, split_words
from seqmem_lib.widgets import typed_text

pytestmark = pytest.mark.browser

ENGLISH = Vocabulary([["a", "good", "bad", "film", "not", "it's", "."]])
CHINESE = Vocabulary([["这", "电影", "不", "不好", "好", "。"]])
TEXT = {split_words: "It's not a bad film.", segment: "这电影不好。"}
NOTHING = "There is no word to read: type one."


def a_model(vocabulary, kind=nn.LSTM, **options):
    model = SequenceClassifier(kind, len(vocabulary), **{"hidden_size": 6, "embedding_size": 4, "seed": 0} | options)
    with torch.no_grad():
        for weights in model.parameters():
            weights.copy_((3 * weights).half())  # 16 bits hold them, one class is preferred, and no state is tiny
    return model.double().eval()  # in the precision of the page


@dataclass
class TypedPage:
    """One mounted TypedText, typed into as a person does it and read as a person reads it."""

    root: Locator
    model: SequenceClassifier
    cut: object

    def __post_init__(self):
        self.vocabulary = ENGLISH if self.cut is split_words else CHINESE
        self.box = self.root.get_by_label("Your text")
        self.words = self.root.get_by_role("toolbar", name="Hide words").get_by_role("button")
        self.verdict = self.root.locator(".seqmem-verdict")
        self.scrubber = ScrubberPage(self.root.locator(".seqmem-picture"))

    def assert_reads(self, text: str, hidden: tuple[int, ...] = (), dropped: str = "") -> None:
        """Everything on the page is what Python computes for this text."""
        tokens = self.cut(text) if self.cut is split_words else segment(text, self.vocabulary)
        known = [token in self.vocabulary and k not in hidden for k, token in enumerate(tokens)]
        marked = [token if right else f"⟨{token}⟩" for token, right in zip(tokens, known, strict=True)]
        expect(self.root).to_have_attribute("data-shown", str(len(tokens)), timeout=20_000)
        expect(self.root.locator(".seqmem-axis > span")).to_have_text(marked)
        expect(self.words).to_have_text(marked)
        pressed = [str(k in hidden).lower() for k in range(len(tokens))]
        assert self.words.evaluate_all("all => all.map((node) => node.ariaPressed)") == pressed
        numbers = [n if right else 1 for n, right in zip(self.vocabulary.encode(tokens), known, strict=True)]
        after = predict(self.model, [numbers[: k + 1] for k in range(len(numbers))])[:, 1].tolist()
        said = (
            f"{('negative', 'positive')[after[-1] >= 0.5]}, with a probability of {max(after[-1], 1 - after[-1]):.1%}"
        )
        unknown = [one for one, right in zip(marked, known, strict=True) if not right]
        said += f"; read as <unk>: {' '.join(unknown)}" if unknown else ""
        assert self.verdict.text_content() == said + (f"; not read at all: {dropped}" if dropped else "")
        trace = record(self.model.layers[0], self.model.embedding(torch.tensor([numbers])), tokens=marked)
        last = len(tokens) - 1
        wait_until_drawn(self.root.page)
        assert self.scrubber.step == last
        self.scrubber.assert_shows(trace, last, self.scrubber.unit, [])
        readings = self.root.locator(".seqmem-panels .seqmem-reading").first
        assert readings.text_content() == f"{after[-1]:.3f}"
        self.scrubber.press("Home", 0)
        self.scrubber.assert_shows(trace, 0, self.scrubber.unit, [])
        assert readings.text_content() == f"{after[0]:.3f}"


@pytest.fixture
def opened(page, tmp_path):
    """A function that opens a page with one of them."""
    page.on("console", lambda message: page.errors.append(message.text) if is_ours(message) else None)

    def open_page(cut=split_words, **options):
        vocabulary = ENGLISH if cut is split_words else CHINESE
        model = a_model(vocabulary, **options)
        page.goto(export(tmp_path / "page.html", TypedText(model, vocabulary, cut, TEXT[cut])))
        root = page.locator(".seqmem[data-shown]")
        root.wait_for()
        return TypedPage(root, model, cut)

    yield open_page
    assert page.errors == []
    # What is refused is asked for by nbconvert's own template.
    assert all("require" in url or "mathjax" in url.lower() for url in page.outside), page.outside


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
@pytest.mark.parametrize("options", [{}, {"read": read_mean}], ids=["last", "mean"])
def test_english_is_read_as_it_is_typed(opened, kind, options):
    typed = opened(kind=kind, **options)
    typed.assert_reads(TEXT[split_words])
    typed.box.press("Control+a")
    for text in ("G", "Good", "Good film", "Good film, not bad"):
        typed.box.press_sequentially(text.removeprefix(typed.box.input_value()) if text != "G" else text)
        typed.assert_reads(text)


def test_chinese_is_read_when_it_has_been_composed(opened, page):
    typed = opened(segment)
    typed.assert_reads(TEXT[segment])
    typed.box.press("Control+End")
    keyboard = page.context.new_cdp_session(page)
    for letters in ("b", "bu", "bu hao"):  # as an input method shows them until a word is chosen
        keyboard.send(
            "Input.imeSetComposition", {"text": letters, "selectionStart": len(letters), "selectionEnd": len(letters)}
        )
        page.wait_for_timeout(150)
        assert typed.box.input_value() == TEXT[segment] + letters
        expect(typed.words).to_have_text(segment(TEXT[segment], CHINESE))
    keyboard.send("Input.insertText", {"text": "不好"})
    assert typed.box.input_value() == TEXT[segment] + "不好"
    typed.assert_reads(TEXT[segment] + "不好")
    typed.box.fill("这 ＢＯＯＫ 电影🎬不")
    typed.assert_reads("这 ＢＯＯＫ 电影🎬不")


def test_words_are_hidden_by_a_click(opened):
    typed = opened()
    typed.words.nth(3).click()
    typed.assert_reads(TEXT[split_words], hidden=(3,))
    typed.words.nth(1).click()
    typed.assert_reads(TEXT[split_words], hidden=(1, 3))
    typed.words.nth(3).click()
    typed.assert_reads(TEXT[split_words], hidden=(1,))
    typed.box.press("Control+End")
    typed.box.press_sequentially(" Good")
    typed.assert_reads(TEXT[split_words] + " Good")


def test_words_are_hidden_by_keys(opened, page):
    typed = opened()
    typed.box.focus()
    for key in ("Tab", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft", "Space"):
        page.keyboard.press(key)
    expect(typed.words.nth(2)).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    typed.assert_reads(TEXT[split_words], hidden=(2,))
    typed.words.nth(2).focus()
    for key in ("End", "ArrowRight", "Enter", "Home", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    typed.assert_reads(TEXT[split_words], hidden=(0, 2, 5))
    typed.box.focus()
    page.keyboard.press("Tab")
    expect(typed.words.nth(0)).to_be_focused()  # the one that was left
    page.keyboard.press("Tab")
    expect(typed.root.get_by_role("button", name="Play")).to_be_focused()
    guards = typed.root.locator("input, select, button, textarea").evaluate_all(
        "all => all.map((n) => n.dataset.lmSuppressShortcuts)"
    )
    assert guards == ["true"] * len(guards), "Jupyter leaves their keys alone"


def test_signs_and_markup_stay_text(opened):
    typed = opened()
    for text, dropped in (
        ("A <b>lousy</b> film & 👍👍🏽 (bad)", "< > / & 👍 👍🏽 ( )"),
        ("</script><img src=x onerror=alert(1)>", "< / > ="),
        ("it's 'good'", "'"),
        ("𠮷 ΟΔΟΣ", ""),
    ):
        typed.box.fill(text)
        if "img" in text:
            dropped = "< / > = ( )"
        typed.assert_reads(text, dropped=dropped)


def test_an_empty_field_shows_no_picture_of_another_text(opened):
    typed = opened()
    for nothing in ("", "   ", "\n", "👍"):
        typed.box.fill(nothing)
        expect(typed.verdict).to_have_text(NOTHING)
        expect(typed.root.locator(".seqmem-picture")).to_be_hidden()
        expect(typed.words).to_have_count(0)
        typed.box.fill("not bad")
        typed.assert_reads("not bad")


def test_the_unit_that_was_chosen_stays(opened):
    typed = opened()
    unit = typed.root.get_by_role("spinbutton")
    unit.fill("5")
    unit.press("Enter")
    typed.box.fill("a film")
    typed.assert_reads("a film")
    assert typed.scrubber.unit == 5
    expect(unit).to_have_value("5")


@pytest.mark.parametrize("cut", [split_words, segment])
def test_three_thousand_characters(opened, page, cut):
    typed = opened(cut)
    text = (TEXT[cut] * 1000)[:3000]
    typed.box.fill(text)
    count = len(split_words(text) if cut is split_words else segment(text, CHINESE))
    expect(typed.root).to_have_attribute("data-shown", str(count), timeout=60_000)
    expect(typed.words).to_have_count(count)
    name = typed.root.locator(".seqmem-stage").get_attribute("aria-label")
    assert f"at each of {count} words" in name
    assert len(re.findall(r" [01]\.\d\d", name)) == 60, "nobody listens to all of them"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    typed.box.fill("a film" if cut is split_words else "电影")
    typed.assert_reads("a film" if cut is split_words else "电影")


def test_a_screen_reader_hears_the_verdict_when_the_keys_pause(opened, page):
    typed = opened()
    status = typed.root.get_by_role("status")
    expect(status).to_have_text(typed.verdict.text_content())
    page.evaluate(
        """() => { window.heard = [];
          new MutationObserver(() => heard.push(document.querySelector(".seqmem-status").textContent))
            .observe(document.querySelector(".seqmem-status"), { childList: true }); }"""
    )
    typed.box.fill("")
    typed.box.press_sequentially("bad film")
    typed.assert_reads("bad film")
    expect(status).to_have_text(typed.verdict.text_content())
    assert page.evaluate("heard.length") <= 2, "not after each of nine keys"
    name = typed.root.locator(".seqmem-stage").get_attribute("aria-label")
    assert name.startswith("What the LSTM computes at each of 2 words. Probability of positive after each: bad 0.")


def test_the_picture_follows_when_the_keys_pause(opened, page):
    """A burst of keys is read at once, and drawn once."""
    typed = opened()
    seen = page.evaluate(
        """async () => {
          const box = document.querySelector(".seqmem-text"), verdict = document.querySelector(".seqmem-verdict");
          let built = 0;
          new MutationObserver((all) => { built += all.filter(({ addedNodes }) => addedNodes.length).length; })
            .observe(document.querySelector(".seqmem-picture"), { childList: true });
          const said = [];
          for (const text of ["b", "ba", "bad"]) {
            box.value = text;
            box.dispatchEvent(new InputEvent("input"));
            said.push(verdict.textContent.includes("⟨"));
          }
          await new Promise((done) => setTimeout(done, 500));
          return [said, built];
        }"""
    )
    assert seen == [[True, True, False], 1]
    typed.assert_reads("bad")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_accessibility_violation(opened, page, dark):
    typed = opened()
    typed.box.fill("a lousy film 👍")
    typed.words.nth(2).click()
    typed.assert_reads("a lousy film 👍", hidden=(2,), dropped="👍")
    styled = set(re.findall(r"\.(seqmem-[\w-]+)", Path(typed_text.__file__).with_suffix(".css").read_text("utf-8")))
    classes = typed.root.evaluate("root => [...root.querySelectorAll('*')].flatMap((node) => [...node.classList])")
    assert styled <= set(classes), "each rule of the style sheet is for something"
    quiet = {name: typed.box.get_attribute(name) for name in ("spellcheck", "autocomplete", "dir")}
    assert quiet == {"spellcheck": "false", "autocomplete": "off", "dir": "auto"}, "no checker is asked"
    if dark:
        page.evaluate("() => { document.body.dataset.jpThemeLight = 'false'; }")
        page.add_style_tag(content=DARK)
    assert violations(page) == []


def test_two_views_are_independent_and_a_saved_page_is_alive(opened, page, tmp_path):
    model = a_model(ENGLISH)
    widget = TypedText(model, ENGLISH, split_words, TEXT[split_words])
    page.goto(export(tmp_path / "two.html", widget, widget))
    page.locator(".seqmem[data-shown]").nth(1).wait_for()
    first, second = (TypedPage(root, model, split_words) for root in page.locator(".seqmem[data-shown]").all())
    first.box.fill("bad")
    first.assert_reads("bad")
    second.words.nth(0).click()
    second.assert_reads(TEXT[split_words], hidden=(0,))
    assert first.root.locator("[id]").count() == 0
    html = page.content().replace("data-shown=", "data-was-shown=")  # so that it is seen when the script has begun
    (tmp_path / "saved.html").write_text(html, "utf-8")
    page.goto((tmp_path / "saved.html").as_uri())
    saved = TypedPage(page.locator(".seqmem[data-shown]").first, model, split_words)
    saved.assert_reads(TEXT[split_words])
    saved.box.fill("not good")
    saved.assert_reads("not good")


def test_without_scripts_the_picture_is_there(browser, tmp_path):
    page = browser.new_page(java_script_enabled=False)
    page.goto(export(tmp_path / "page.html", TypedText(a_model(ENGLISH), ENGLISH, split_words, TEXT[split_words])))
    image = page.locator(".seqmem img")
    assert image.bounding_box()["height"] > 100
    assert "Tokens: it's not a bad film ." in image.get_attribute("alt")
    page.close()
