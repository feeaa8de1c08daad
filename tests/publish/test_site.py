"""The site, as `make site` builds it; in a browser it is tested in browser/test_site_pages.py, and how it is made in
test_site_parts.py."""

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import seqmem_lib as sm
from publish.site.sources import documents

ROOT = Path(__file__).parents[2]
HERE = ROOT / "publish" / "site"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
REFERENCE = sorted(path.stem for path in (HERE / "pages" / "reference").glob("*.rst"))


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.all = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.all.append((tag, dict(attributes)))

    def of(self, tag):
        return [attributes for name, attributes in self.all if name == tag]


@pytest.fixture(scope="module")
def texts(site_folder):
    return {path.relative_to(site_folder).as_posix(): path.read_text("utf-8") for path in site_folder.rglob("*.html")}


@pytest.fixture(scope="module")
def pages(texts):
    return {name: Elements(text) for name, text in texts.items() if "_static/" not in name}


def test_a_page_for_every_notebook(pages):
    others = {"index", "claims", "teachers", "teaching", "changelog", "search", "genindex", "py-modindex"}
    wanted = {path.stem for path in NOTEBOOKS} | others | {f"reference/{name}" for name in REFERENCE}
    assert {name.removesuffix(".html") for name in pages if not name.startswith("zh/")} | {"py-modindex"} == wanted
    chinese = {name[3:].removesuffix(".html") for name in pages if name.startswith("zh/")}
    assert chinese == {*documents("zh"), "search"}
    assert {path.stem for path in NOTEBOOKS[:4]} <= chinese


def test_every_notebook_is_in_a_group(pages):
    """A link in the sidebar, and one on the landing page: none is forgotten when another is added."""
    links = [link.get("href", "").removesuffix(".html") for link in pages["index.html"].of("a")]
    assert all(links.count(path.stem) >= 2 for path in NOTEBOOKS)


def test_a_page_is_small(texts):
    assert max(len(text.encode()) for text in texts.values()) < 1_500_000


def test_nothing_comes_from_outside(pages, site_folder):
    for name, page in pages.items():
        (policy,) = [meta["content"] for meta in page.of("meta") if "http-equiv" in meta]
        assert "default-src 'none'" in policy
        assert not re.search(r"https?:|\*", policy)
        here = (site_folder / name).parent
        needed = [link["href"] for link in page.of("link") if link["rel"] not in ("next", "prev", "index", "search")]
        needed += [script["src"] for script in page.of("script") if "src" in script]
        needed += [image["src"] for image in page.of("img") if not image["src"].startswith("data:")]
        assert len(needed) > 10
        for one in needed:
            assert (here / one.partition("?")[0]).exists(), (name, one)


def test_a_page_says_what_it_is(pages):
    for name, page in pages.items():
        assert page.of("html")[0]["lang"] == ("zh-CN" if name.startswith("zh/") else "en")
        about = {meta.get("name", meta.get("property")): meta.get("content") for meta in page.of("meta")}
        assert about["description"], name
        assert about["og:image"].endswith(".png")
        assert any(link["rel"] == "icon" for link in page.of("link"))
        assert any(link.get("href") == "#main-content" for link in page.of("a")), "to skip what all pages begin with"


def test_every_picture_is_described(pages):
    for name, page in pages.items():
        assert all(len(image["alt"]) > 20 for image in page.of("img")), name


def test_links_lead_somewhere(pages, site_folder):
    """Within the site, to a page and a heading that exist."""
    ids = {name: {attributes.get("id") for _, attributes in page.all} for name, page in pages.items()}
    for name, page in pages.items():
        for link in page.of("a"):
            if link.get("href", "#").startswith(("https:", "http:")) or link.get("href", "#") == "#":
                continue
            to, _, at = link["href"].partition("#")
            target = os.path.relpath((site_folder / name).parent / to, site_folder) if to else name
            assert target in pages or (site_folder / target).exists(), (name, link)
            assert not at or at in ids[target], (name, link)
        found = [attributes["id"] for _, attributes in page.all if "id" in attributes]
        assert len(found) == len(set(found)), (name, sorted(one for one in found if found.count(one) > 1))


def test_equations_are_mathml(texts, pages):
    assert sum(len(page.of("math")) for page in pages.values()) > 500
    for name, page in texts.items():
        if name in pages:
            text = re.sub(r"<(pre|script|style|code)\b.*?</\1>|<[^>]*>", "", page, flags=re.DOTALL)
            assert "$" not in text, name
            assert "\\" not in text or "reference/" in name, name
            assert not re.search(r"<mi>&(amp;)?</mi>", page), "an environment that latex2mathml does not know"


def test_the_claims(pages):
    """At least forty; test_links_lead_somewhere follows each to its section."""
    links = [link["href"] for link in pages["claims.html"].of("a") if re.match(r"\d\d_.*#.", link.get("href", ""))]
    assert len(links) >= 40
    assert {link.split("#")[0] for link in links} == {f"{path.stem}.html" for path in NOTEBOOKS}


def sections(page):
    return [attributes.get("id") for tag, attributes in page.all if tag == "section"]


def test_a_page_leads_to_the_same_one_in_the_other_language(pages, site_folder):
    """And each section has the same name there; a page that has no other leads to the first."""
    for name, page in pages.items():
        (link,) = [link for link in page.of("a") if link.get("class") == "language"]
        target = os.path.relpath((site_folder / name).parent / link["href"], site_folder)
        assert target in pages
        assert link["hreflang"] == pages[target].of("html")[0]["lang"] != page.of("html")[0]["lang"]
        if name.removeprefix("zh/").removesuffix(".html") in documents("zh"):
            assert Path(target).name == Path(name).name
            assert sections(page) == sections(pages[target]), name
            assert [one["href"] for one in page.of("link") if "hreflang" in one] == [link["href"]]
        else:
            assert Path(target).name == "index.html"
    assert len(sections(pages["zh/02_lstm_gates.html"])) > 15


def test_chinese_pages_are_chinese(texts):
    for name, text in texts.items():
        if name.startswith("zh/") and name.removeprefix("zh/").removesuffix(".html") in documents("zh"):
            title = re.search("<title>(.*?)</title>", text)[1]
            assert re.search("[一-鿿]", title), name
    index = texts["zh/index.html"]
    assert "{{" not in index
    in_english = [path.stem for path in NOTEBOOKS if path.stem not in documents("zh")]
    assert index.count('class="english') > len(in_english) > 5, "they, and the reference"
    for name in ("01_rnn_gradient_decay", "03_gru"):
        assert "Show what happened" not in texts[f"zh/{name}.html"]
        assert texts[f"zh/{name}.html"].count("<details") == texts[f"{name}.html"].count("<details"), name


def test_the_chinese_claims(pages):
    rows = {name: len(pages[f"{name}claims.html"].of("tr")) for name in ("", "zh/")}
    led = [link.get("href", "").split(".html#") for link in pages["claims.html"].of("a")]
    translated = [one for one in led if len(one) == 2 and one[0] in documents("zh")]
    assert rows["zh/"] - 1 == len(translated) > 30


def test_binder_and_colab_are_not_offered_where_no_address_is_known(texts):
    assert "binder" not in texts["03_gru.html"].lower().replace("mybinder.org/v2/gh/x", "")


def test_every_public_name_is_in_the_reference(texts, pages):
    ids = {attributes.get("id") for name in pages if "reference/" in name for _, attributes in pages[name].all}
    wanted = {f"seqmem_lib.{name}" for name in sm.__all__ if name != "tasks"}
    wanted |= {f"seqmem_lib.tasks.{name}" for name in sm.tasks.__all__}
    assert len(wanted) > 55
    assert wanted - ids == set()
    assert all(name.split(".")[1] in (*sm.__all__,) for name in ids if name and name.startswith("seqmem_lib."))


def test_solutions_and_depth_are_folded(texts):
    text = texts["03_gru.html"]
    folded = re.findall(r"<summary>Solution</summary>.*?</details>", text, flags=re.DOTALL)
    assert len(folded) == 6
    assert all("_solution" in one for one in folded)
    headings = re.findall(r"<h2>[^\n]*<em>depth</em>.*?</h2>\s*(\S+ \S+)", texts["02_lstm_gates.html"])
    assert headings == ['<details class="fold"><summary>Show']
