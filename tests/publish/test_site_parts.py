"""How the site is made: what Sphinx reads, what is done to its pages, and when another takes the place of what was
there. The site itself is tested in test_site.py."""

import io
import json
import pickle
import re
import shutil
import warnings
from contextlib import redirect_stderr
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from docutils import nodes
from docutils.core import publish_doctree
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from windows import as_on_windows

from publish import site
from publish.claims import read_claims
from publish.edition import in_language
from publish.site import conf, sources
from publish.site.search import Chinese, words
from publish.site.sources import contents, documents, lead_home, read, write_sources
from publish.translate import PAGES
from publish.words import word
from seqmem_lib.language import language

ROOT = Path(__file__).parents[2]
HERE = ROOT / "publish" / "site"


def test_what_has_no_translation_stays_english():
    assert [word(one, "zh") for one in ("Search", "no such word")] == ["搜索", "no such word"]
    assert word("Search", "en") == "Search"


def test_what_is_not_there_is_looked_for_in_english():
    text = "[a](05_x.ipynb) [b](01_a.ipynb#c) [c](reference/index.rst) [d](https://a.md)"
    expected = "[a](en:05_x.html) [b](01_a.ipynb#c) [c](en:reference/index.html) [d](https://a.md)"
    assert lead_home(text, ["01_a"]) == expected
    toctree = "```{toctree}\n:hidden:\n:caption: Core\n\n01 · a <01_a>\n05 · b <05_x>\n```\n"
    assert contents(toctree, ["01_a"], "zh") == toctree.replace("Core", "核心部分").replace("05 · b <05_x>\n", "")
    assert contents(toctree, [], "zh") == "\n"


def test_chinese_is_split_into_pairs():
    assert words("遗忘门 f_t 接近 1，LSTM的门") == ["遗忘", "忘门", "f_t", "接近", "1", "LSTM", "的门"]
    assert set(Chinese({}).split("遗忘门")) == {"遗忘", "忘门", "遗", "忘", "门"}


# --- What Sphinx reads ----------------------------------------------------------------------------------------


TWO = ("01_rnn_gradient_decay", "17_scans_and_after")  # one is translated


@pytest.fixture
def two(tmp_path, monkeypatch, windows):
    """A course of two notebooks, and no pictures: where and in which language they were to be drawn."""
    (tmp_path / "notebooks").mkdir()
    for name in TWO:
        shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", tmp_path / "notebooks")
    drawn = []
    monkeypatch.setattr(sources, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(sources.landing, "draw", lambda folder: drawn.append((folder, language())) or {"alt": {}})
    return drawn


def test_the_sources_in_english(two, tmp_path):
    folder = tmp_path / "en"
    write_sources(folder)
    assert documents("en") == [
        *("index", "claims", "teachers", "teaching", *TWO, "changelog"),
        *(f"reference/{path.stem}" for path in (HERE / "pages" / "reference").glob("*.rst")),
    ]
    assert {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.*")} == {
        *documents("en"),
        "playground",
    }
    assert (folder / "changelog.md").read_bytes() == (ROOT / "CHANGELOG.md").read_bytes()
    assert (folder / "teachers.md").read_bytes() == PAGES["teachers"].read_bytes()
    for name in TWO:
        made = nbformat.read(folder / f"{name}.ipynb", as_version=4)
        assert made == nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    assert two == [(folder, "en")]
    index, claims = ((folder / f"{name}.md").read_text("utf-8") for name in ("index", "claims"))
    assert "[01 · How does a vanilla RNN remember, and why does it forget?](01_rnn_gradient_decay.ipynb)" in index
    assert re.search(r"\| Deeper \| \[17 · .*\]\(17_scans_and_after.ipynb\) \| about 35 minutes \|", index)
    assert re.findall(":caption: (.*)\n", index) == ["Core", "Deeper", "Look up", "Reference"]
    rows = [line for line in claims.splitlines() if line.endswith(") |")]
    assert len(rows) == sum(len(read_claims(nbformat.read(path, as_version=4))) for path in folder.glob("*.ipynb"))
    assert rows[0].endswith("| [01, section 6](01_rnn_gradient_decay.ipynb#6-how-fast-it-fades-3-min) |")
    assert f"\n{len(rows)} claims about" in claims


@pytest.mark.parametrize("run", [None, []])
def test_the_sources_in_chinese(run, two, tmp_path, monkeypatch):
    """What is not translated is led to, in English; outputs are those of a run in Chinese, if it is to be run."""
    folder, made = tmp_path / "zh", []

    def with_outputs(path, language):
        made.append((path.stem, language))
        return in_language(path, language)

    monkeypatch.setattr(sources.edition, "with_outputs", with_outputs)
    write_sources(folder, "zh", run)
    assert made == [(TWO[0], "zh")] * (run is None)
    assert documents("zh") == ["index", "claims", "teachers", "teaching", TWO[0]]
    assert {path.stem for path in folder.iterdir()} == {*documents("zh"), "playground"}
    assert two == [(folder, "zh")]
    assert language() == "en"
    files = {path.stem: path.read_text("utf-8") for path in folder.iterdir()}
    assert "# 普通 RNN 怎样记忆" in files[TWO[0]]
    assert f"[01 · 普通 RNN 怎样记忆，又为什么遗忘？]({TWO[0]}.ipynb)" in files["index"]
    assert re.search(rf"\| 更进一步 \| \[17 · .*[一-鿿].*\]\(en:{TWO[1]}\.html\) \| 约 35 分钟 \|", files["index"])
    assert re.findall(":caption: (.*)\n", files["index"]) == ["核心部分", "查阅"]
    assert f"<{TWO[1]}>" not in files["index"]
    assert "](en:reference/index.html)" in files["index"]
    rows = re.findall(r"\(([\w.]+)#([^)]+)\) \|$", files["claims"], re.MULTILINE)
    assert len(rows) == len(read_claims(in_language(ROOT / "notebooks" / f"{TWO[0]}.ipynb", "zh"), "zh"))
    assert rows[0] == (f"{TWO[0]}.ipynb", "6-衰减得有多快3-分钟")
    assert 'lang="zh-CN"' in files["playground"]


def test_not_all_notebooks_are_made_at_once(two, slow_run, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "nbformat", SimpleNamespace(read=slow_run))
    monkeypatch.setattr(sources.edition, "AT_ONCE", 1)
    monkeypatch.setattr(sources, "read", lambda *_: 1 / 0)  # what comes later
    with pytest.raises(ZeroDivisionError):
        write_sources(tmp_path / "en")


def test_a_language_is_left_again_when_its_pages_cannot_be_made(two, tmp_path, monkeypatch):
    for name in TWO:
        (tmp_path / "notebooks" / f"{name}.ipynb").unlink()
    monkeypatch.setattr(sources.landing, "draw", lambda folder: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_sources(tmp_path / "zh", "zh", [])
    assert language() == "en"


def test_what_the_pages_know_of_a_notebook():
    path = ROOT / "notebooks" / f"{TWO[0]}.ipynb"
    facts = read(path, "en")
    assert {name: facts[name] for name in ("name", "number", "takes", "title")} == {
        "name": TWO[0],
        "number": 1,
        "takes": "about 45 minutes",
        "title": "How does a vanilla RNN remember, and why does it forget?",
    }
    assert list(facts["at"]) == [*range(1, 11)]
    assert facts["at"][10] == "10-exercises-53-min"
    assert facts["claims"] == read_claims(nbformat.read(path, as_version=4))
    facts = read(path.with_name(f"{TWO[1]}.ipynb"), "zh")
    assert facts == {"name": TWO[1], "number": 17, "takes": "约 35 分钟", "title": facts["title"], "claims": []}
    assert f"| [17](notebooks/{TWO[1]}.ipynb) | {facts['title']} |" in (ROOT / "README.zh.md").read_text("utf-8")


# --- What is done to the pages --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "summaries"),
    [
        ({}, []),
        ({"jupyter": {"outputs_hidden": True}}, ["Show what happened"]),
        ({"jupyter": {"source_hidden": True}}, ["Code"]),
        ({"jupyter": {"source_hidden": True, "outputs_hidden": True}}, ["Code", "Show what happened"]),
        ({"tags": ["solution"], "jupyter": {"source_hidden": True}}, ["Solution"]),
    ],
)
def test_what_jupyter_folds_is_folded(metadata, summaries):
    """Solutions, the outputs below a prediction until they are asked for, and code that draws or tabulates."""
    source = nodes.container("", nodes.Text("measure"), nb_element="cell_code_source")
    output = nodes.container("", nodes.Text("0.55"), nodes.Text("0.58"), nb_element="cell_code_output")
    cell = nodes.container("", source, output, nb_element="cell_code", cell_metadata=metadata)
    tree = publish_doctree("")
    tree += cell
    conf.fold(None, tree)
    html = cell.astext().replace("\n", "")
    folded = dict(re.findall(r"<summary>(.*?)</summary>(.*?)</details>", html))
    assert list(folded) == summaries
    inside = {"measure": {"Code", "Solution"}, "0.550.58": {"Show what happened", "Solution"}}
    for text, where in inside.items():
        assert html.count(text) == 1
        assert any(text in folded[summary] for summary in where & set(folded)) == bool(where & set(summaries))


def test_a_docstring_becomes_definitions():
    said = [
        "What f_t * c is.",
        "",
        "x, y : Tensor, (batch, seq)",
        "    or more",
        "seed : |of| `a_b`",
        "Raises ValueError.",
    ]
    conf.document(None, "function", "name", None, None, said)
    tree = publish_doctree("\n".join(said), settings_overrides={"report_level": 2, "halt_level": 2})
    terms = [term.astext() for term in tree.findall(nodes.term)]
    assert terms == ["x, y", "seed"]
    assert [one.astext() for one in tree.findall(nodes.definition)] == ["Tensor, (batch, seq)\nor more", "|of| a_b"]
    assert [one.astext() for one in tree.children if one.tagname == "paragraph"] == [
        "What f_t * c is.",
        "Raises ValueError.",
    ]


# --- Building -------------------------------------------------------------------------------------------------

CELLS = [
    new_markdown_cell(
        "# 问题\n\n门 遗忘门 遗忘门 遗忘门 $a = b$\n\n$$\nx\n$$\n\n<details><summary>答案</summary>有 $c$</details>"
    ),
    new_markdown_cell("## 1. 核心\n\n遗忘 一次"),
    new_code_cell("x_solution = 1", outputs=[new_output("stream", text="7\n")], metadata={"tags": ["solution"]}),
    new_markdown_cell("## 2. 更多（2 分钟，深入）\n\n二\n\n三"),
]
NAMES = {"index": [["head"]], "name": [["name"]], "01_x": [["question"], ["core"], ["more"]]}  # of the sections


def write_notebook(folder):
    folder.mkdir()
    notebook = new_notebook(cells=CELLS, metadata={"language_info": {"name": "python"}})
    nbformat.write(notebook, folder / "01_x.ipynb")


@pytest.fixture
def settled(windows):
    """What Sphinx and its extensions say of each other's future is theirs to mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_binder_and_colab_are_offered_where_the_address_is_known(tmp_path, monkeypatch, capsys, settled):
    write_notebook(tmp_path / "sources")
    (tmp_path / "sources" / "index.md").write_text("# A\n\n```{toctree}\n01_x\n```\n")
    monkeypatch.setenv("GITHUB_REPOSITORY", "somebody/seqmem")
    monkeypatch.setenv("GITHUB_SHA", "0123abc")
    site.run_sphinx(tmp_path / "sources", tmp_path / "made")
    assert capsys.readouterr() == ("", "")
    text = (tmp_path / "made" / "01_x.html").read_text("utf-8")
    links = re.findall(r'href="([^"]*)"', text)
    assert "https://mybinder.org/v2/gh/somebody/seqmem/0123abc?urlpath=lab/tree/notebooks/01_x.ipynb" in links
    assert "https://colab.research.google.com/github/somebody/seqmem/blob/0123abc/notebooks/01_x.ipynb" in links
    assert "!git clone -q https://github.com/somebody/seqmem seqmem\n!git -C seqmem checkout -q 0123abc\n" in text
    assert '<html lang="en"' in text
    assert (tmp_path / "read-en" / "01_x.doctree").exists(), "where build() looks for it"


@pytest.fixture(scope="module")
def chinese(tmp_path_factory):
    """Pages with a slip in them, made by the functions of this process's conf.py: where, and what was said."""
    folder, said = tmp_path_factory.mktemp("site"), io.StringIO()
    write_notebook(folder / "sources")
    slip = "# 头\n\n[去](01_x.ipynb#1-核心) [没有](missing.md) [英](en:05_y.html)\n\n```{toctree}\n01_x\nname\n```\n"
    name = "名\n==\n\n.. autofunction:: seqmem_lib.mean_interval\n"
    for file, text in {"index.md": slip, "name.rst": name, "sections.json": json.dumps(NAMES)}.items():
        (folder / "sources" / file).write_text(text, "utf-8")
    places = {"html_static_path": [str(HERE / "static")], "templates_path": [str(HERE / "templates")]}
    settings = {**places, "language": "zh_CN", "html_favicon": None}
    lines = ["from publish.site.conf import *", *(f"{name} = {value!r}" for name, value in settings.items())]
    (folder / "conf.py").write_text("\n".join(lines), "utf-8")
    with as_on_windows(), pytest.MonkeyPatch.context() as patch, redirect_stderr(said), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as above
        patch.setattr(site, "HERE", folder)
        for name, value in {"LANGUAGE": "zh", "LATER": re.compile("深入"), "WORDS": words}.items():
            patch.setattr(conf, name, value)
        with pytest.raises(RuntimeError, match="Sphinx could not build the site"):
            site.run_sphinx(folder / "sources", folder / "made", "zh")
    return folder / "made", said.getvalue()


def test_a_warning_is_an_error_and_all_of_them_are_said(chinese):
    assert re.findall("WARNING: ([^\x1b\n]*)", chinese[1]) == [  # on a terminal it is coloured
        "'myst' cross-reference target not found: 'missing.md' [myst.xref_missing]"
    ]


def test_sphinx_makes_pages_of_them_in_their_language(chinese):
    """Whose sections have their English names; what is for later is folded, and equations are MathML."""
    page, index, name = (
        re.search(r"<article.*?</article>", (chinese[0] / f"{one}.html").read_text("utf-8"), re.DOTALL)[0]
        for one in ("01_x", "index", "name")
    )
    assert re.findall(r'<section [^>]*id="(.*?)"', page) == ["question", "core", "more"]
    assert re.findall(r'<p><a [^>]*href="(.*?)".*<a [^>]*href="(.*?)"', index) == [("01_x.html#core", "../05_y.html")]
    folded = re.findall(r"<details[^>]*><summary>(.*?)</summary>(.*?)</details>", page, re.DOTALL)
    assert [summary for summary, _ in folded] == ["答案", "参考解答", "展开这一节"]
    assert ["<math" in inside for _, inside in folded] == [True, False, False]
    assert "x_solution" in re.sub("<[^>]*>", "", folded[1][1])
    assert re.findall("<p>(.)</p>", folded[2][1]) == ["二", "三"]
    assert re.findall(r'<math [^>]*display="(\w+)"', page) == ["inline", "inline", "block", "inline"]
    assert "$" not in page
    assert "<dt>values</dt>" in name
    read = {path.relative_to(chinese[0].parent).as_posix() for path in chinese[0].parent.rglob("*.doctree")}
    assert read == {f"read-zh/{one}.doctree" for one in NAMES}, "where build() looks for those of another language"


def test_the_search_knows_how_often_a_word_is_said_in_a_notebook(chinese):
    """Twice is too seldom. It finds Chinese, and counts in it, without what the pages' policy forbids."""
    static = chinese[0] / "_static"
    counts = (static / "counts.js").read_text("utf-8")
    assert counts == 'var COUNTS = {"01_x": {"遗忘": 4, "忘门": 3, "遗忘 忘门": 3}};'
    assert "splitQuery" in (static / "language_data.js").read_text("utf-8")
    script = (static / "translations.js").read_text("utf-8")
    assert script.startswith(conf.PLAIN)
    assert "addTranslations" not in script


def test_the_words_are_counted_anew_beside_what_others_wrote_there(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "counts.js").write_text("of before")
    conf.count(SimpleNamespace(outdir=tmp_path), SimpleNamespace(found_docs={"index", "a_1"}))
    assert (tmp_path / "_static" / "counts.js").read_text() == "var COUNTS = {};"


def doctree(path, *ids):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(nodes.document(None, None, "", *(nodes.section(ids=one) for one in ids))))


def test_another_site_takes_the_place_of_the_one_that_was_there(tmp_path, monkeypatch, windows):
    """Each other language stands in a folder of its own, and is told the names of the English sections."""
    asked, places = [], set()

    def write(folder, language, run):
        folder.mkdir()
        asked.append((language, run))

    def run_sphinx(read, made, language="en"):
        places.update((read, made))
        (made / "page.html").parent.mkdir(parents=True, exist_ok=True)
        (made / "page.html").write_text(language)
        if language == "en":
            for name in ("index", "a"):
                doctree(made.with_name("read-en") / f"{name}.doctree", [name], ["second", "alias"])
        else:
            asked.append(json.loads((read / "sections.json").read_text("utf-8")))

    monkeypatch.setattr(site, "write_sources", write)
    monkeypatch.setattr(site, "run_sphinx", run_sphinx)
    monkeypatch.setattr(site, "documents", lambda language: {"zh": ["index", "a"]}[language])
    folder = tmp_path / "_site"
    for _ in range(2):
        site.build(folder, ["01_x"])
        assert {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.*")} == {
            "page.html": "en",
            "zh/page.html": "zh",
        }
        (folder / "old.html").write_text("old")
        assert not any(place.exists() for place in places), "nothing is left of what was needed on the way"
    ids = {name: [[name], ["second", "alias"]] for name in ("index", "a")}
    assert asked == [("en", ["01_x"]), ("zh", ["01_x"]), ids] * 2
