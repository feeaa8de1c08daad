"""The site, as `make site` builds it; in a browser it is tested in browser/test_site_pages.py."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_output

from publish import site

ROOT = Path(__file__).parents[2]

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


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
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GITHUB_REPOSITORY", raising=False)
        site.build(folder := tmp_path_factory.mktemp("built") / "_site")
    return folder


@pytest.fixture(scope="module")
def pages(folder):
    return {path.name: Elements(path.read_text("utf-8")) for path in folder.iterdir()}


def test_a_page_for_every_notebook(pages):
    assert set(pages) == {"index.html", "claims.html", *(f"{path.stem}.html" for path in NOTEBOOKS)}


def test_a_page_is_under_3_mb(folder):
    assert max(path.stat().st_size for path in folder.iterdir()) < 3_000_000


def test_nothing_comes_from_outside(pages):
    for name, page in pages.items():
        (policy,) = [meta["content"] for meta in page.of("meta") if "http-equiv" in meta]
        assert "default-src 'none'" in policy
        assert not re.search(r"https?:|\*", policy)
        assert not page.of("link"), name
        assert all("src" not in script for script in page.of("script")), name
        assert all(image["src"].startswith("data:") for image in page.of("img")), name


def test_every_picture_is_described(pages):
    for page in pages.values():
        assert all(len(image["alt"]) > 20 for image in page.of("img"))


def test_links_lead_somewhere(pages):
    """Within the site, to a page and a heading that exist."""
    ids = {name: {attributes.get("id") for _, attributes in page.all} for name, page in pages.items()}
    for name, page in pages.items():
        for link in page.of("a"):
            if link["href"].startswith(("https:", "http:")):
                continue
            to, _, at = link["href"].partition("#")
            assert (to or name) in pages, (name, link)
            assert not at or at in ids[to or name], (name, link)
        found = [attributes["id"] for _, attributes in page.all if "id" in attributes]
        assert len(found) == len(set(found)), name


def test_equations_are_mathml(folder, pages):
    assert sum(len(page.of("math")) for page in pages.values()) > 500
    for path in folder.iterdir():
        text = re.sub(r"<(pre|script|style|code)\b.*?</\1>|<[^>]*>", "", path.read_text("utf-8"), flags=re.DOTALL)
        assert "$" not in text, path.name
        assert "\\" not in text, path.name
        unknown = re.search(r"<mi>&(amp;)?</mi>", path.read_text("utf-8"))
        assert not unknown, "an environment that latex2mathml does not know"


def test_the_ledger(pages):
    """At least forty claims; test_links_lead_somewhere follows each to its section."""
    claims = [link for link in pages["claims.html"].of("a") if "#" in link["href"] and link["href"] != "#main"]
    assert len(claims) >= 40
    assert {link["href"].split("#")[0] for link in claims} == {f"{path.stem}.html" for path in NOTEBOOKS}


def test_binder_and_colab_are_offered_where_the_address_is_known(folder, tmp_path, monkeypatch):
    assert "Binder" not in (folder / "03_gru.html").read_text("utf-8")
    monkeypatch.setenv("GITHUB_REPOSITORY", "somebody/seqmem")
    monkeypatch.setenv("GITHUB_SHA", "0123abc")
    site.build(tmp_path / "_site")
    text = (tmp_path / "_site" / "03_gru.html").read_text("utf-8")
    links = [link["href"] for link in Elements(text).of("a")]
    assert "https://mybinder.org/v2/gh/somebody/seqmem/0123abc?urlpath=lab/tree/notebooks/03_gru.ipynb" in links
    assert "https://colab.research.google.com/github/somebody/seqmem/blob/0123abc/notebooks/03_gru.ipynb" in links
    assert "!git clone -q https://github.com/somebody/seqmem seqmem\n!git -C seqmem checkout -q 0123abc\n" in text


@pytest.mark.parametrize(
    ("fold", "summaries"),
    [
        ({}, []),
        ({"outputs_hidden": True}, ["Show what happened"]),
        ({"source_hidden": True}, ["Code"]),
        ({"source_hidden": True, "outputs_hidden": True}, ["Code", "Show what happened"]),
    ],
)
def test_what_jupyter_folds_is_folded(fold, summaries):
    """The outputs below a prediction until they are asked for, and code that draws or tabulates."""
    outputs = [new_output("stream", text="0.55"), new_output("stream", text="0.58")]
    html = site._code(new_code_cell("measure()", outputs=outputs, metadata={"jupyter": fold}))
    folded = dict(re.findall(r"<details><summary>(.*?)</summary>(.*?)</details>", html, flags=re.DOTALL))
    assert list(folded) == summaries
    assert html.count("0.55") == html.count("0.58") == html.count("measure") == 1
    for word, summary in {"0.55": "Show what happened", "0.58": "Show what happened", "measure": "Code"}.items():
        assert (word in folded.get(summary, "")) == (summary in summaries)


def test_solutions_are_folded(folder):
    text = (folder / "03_gru.html").read_text("utf-8")
    folded = re.findall(r"<details><summary>Solution</summary>.*?</details>", text, flags=re.DOTALL)
    assert len(folded) == 6
    assert all("_solution" in one for one in folded)
