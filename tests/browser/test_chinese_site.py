"""The Chinese pages of the site in a real browser: they are found, and each leads to the same place in English."""

import pytest
from playwright.sync_api import expect
from real import wait_until_drawn

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("遗忘门", "02_lstm_gates"),
        ("梯度消失", "01_rnn_gradient_decay"),
        ("重置门", "03_gru"),
        ("像素", "04_three_way_comparison"),
        ("LSTM", "04_three_way_comparison"),
        ("配对差", "04_three_way_comparison"),
    ],
)
def test_chinese_words_find_the_page_that_says_them_most(opened, words, first):
    page = opened(f"zh/search.html?q={words}")
    expect(page.locator("#search-results")).to_contain_text("搜索完成")
    assert page.locator("#search-results li a").first.get_attribute("href") == f"{first}.html"
    said = dict(page.evaluate("() => Object.entries(COUNTS).map(([name, said]) => [name, said['遗忘 忘门'] ?? 0])"))
    assert max(said, key=said.get) == "02_lstm_gates"


@pytest.mark.parametrize("words", ["门", "cobweb", "蛛网图"])
def test_a_single_sign_and_an_english_word_are_found(opened, words):
    page = opened(f"zh/search.html?q={words}")
    expect(page.locator("#search-results")).to_contain_text("搜索完成")
    assert page.locator("#search-results li a").count() >= 1


def test_pairs_that_stand_nowhere_are_not_found(opened):
    page = opened("zh/search.html?q=忘遗门门")
    expect(page.locator("#search-results")).to_contain_text("没有")


SHOWN = """() => [...document.querySelectorAll("article section section[id]")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().top < innerHeight / 3).at(-1)?.id"""


@pytest.mark.parametrize("size", [(1280, 900), (390, 800)])
def test_the_other_language_opens_at_the_same_section(opened, size):
    page = opened("02_lstm_gates.html")
    page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    link = page.locator("a.language")
    box = link.bounding_box()
    assert 0 <= box["x"] < box["x"] + box["width"] <= size[0]
    for k in (7, 3):
        wait_until_drawn(page)
        page.evaluate("(k) => document.querySelectorAll('article section > h2')[k].scrollIntoView()", k)
        section, address = page.evaluate(SHOWN), page.url
        assert section
        link.evaluate("(node) => node.click()")  # a mouse would be moved there by scrolling
        page.wait_for_url(lambda url, before=address: url != before)
        assert page.url.endswith(f"02_lstm_gates.html#{section}")
        assert page.evaluate(
            "(id) => document.getElementById(id).getBoundingClientRect().top < innerHeight / 3", section
        )
        assert page.locator("html").get_attribute("lang") in ("en", "zh-CN")
    assert "/zh/" not in page.url, "there and back"
    page.evaluate("() => scrollTo(0, 0)")
    stay = "(node) => { addEventListener('click', (event) => event.preventDefault()); node.click(); return node.hash; }"
    assert not page.evaluate(SHOWN)
    assert link.evaluate(stay) == "", "above the first section"


def test_without_a_script_the_language_is_a_link(site_folder, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site_folder.as_uri()}/03_gru.html")
    page.locator("a.language").click()
    assert page.url.endswith("/zh/03_gru.html")
    page.locator("a.language").click()
    assert page.url.endswith("/03_gru.html")
    assert "/zh/" not in page.url
    context.close()


def test_the_claims_can_be_filtered_in_chinese(opened):
    page = opened("zh/claims.html")
    rows = page.locator(".claims tbody tr:visible")
    every = rows.count()
    page.get_by_role("searchbox", name="只看").fill("遗忘门")
    assert 0 < rows.count() < every / 2
    page.locator(".claims tbody tr:visible a").first.click()
    page.wait_for_load_state()
    assert "#" in page.url
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_a_widget_of_the_chinese_site_speaks_chinese(opened):
    page = opened("zh/index.html")
    expect(page.locator(".seqmem-run button").first).to_have_text("训练")
