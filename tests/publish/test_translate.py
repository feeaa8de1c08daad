"""The catalogues of other languages: in step with the English, whole, and saying the same."""

import ast
import csv
import re
from collections import Counter

import nbformat
import pytest
from markdown_it import MarkdownIt

from publish import pages, translate
from publish.translate import COMPLETE, LANGUAGES, PAGES, ROOT, catalogue_of, counts, messages_of, read, source, step

ALL = [(language, name) for language in LANGUAGES for name in translate.names(language)]
WHOLE = [(language, name) for language in LANGUAGES for name in COMPLETE[language]]
MATHS = r"\$\$.+?\$\$|\$[^$\n]+?\$"
ADDRESS = r"\]\([^)]*\)"
WORDS = re.compile(r"(?<=\\text)\{[^}]*\}")  # within a formula they are translated
KINDS = {  # name -> its pattern, and whether it is looked for in formulas, code and addresses too
    "formulas": (re.compile(MATHS, re.DOTALL), True),
    "code in a sentence": (re.compile(r"`[^`\n]+`"), True),
    "addresses": (re.compile(ADDRESS), True),
    "templates": (re.compile(r"\{%.*?%\}|\{\{.*?\}\}"), True),
    "tags": (re.compile(r"</?[a-z][^>]*>"), False),
    "headings": (re.compile(r"^#+ ", re.MULTILINE), False),
    "items of lists": (re.compile(r"^(?:- |\d+\. )", re.MULTILINE), False),
    "cells of tables": (re.compile(r"(?<=\|)[^|\n]*(?=\|)"), False),
    "numbers": (re.compile(r"\d+(?:[.,]\d+)*"), False),
}


def translations(language, name):
    return [(one.id, one.string) for one in counts(read(catalogue_of(name, language)))[0]]


@pytest.mark.parametrize(("language", "name"), ALL)
def test_a_catalogue_is_in_step_with_the_english(language, name):
    """And written as it is always written, so that a change of it is one."""
    path = catalogue_of(name, language)
    new = translate.written(step(read(path), messages_of(source(name))), name, language)
    assert path.read_text("utf-8") == new, "make translate brings it in step"


@pytest.mark.parametrize(("language", "name"), WHOLE)
def test_what_has_to_be_complete_is(language, name):
    translated, fuzzy, missing = counts(read(catalogue_of(name, language)))
    assert translated
    assert [one.id for one in fuzzy + missing] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_readme_is_made_of_its_catalogue(language):
    path = ROOT / f"README.{language}.md"
    assert path.read_text("utf-8") == translate.page("readme", language), "make translate writes it"
    assert f"```\nmake lab LANGUAGE={language}\n```" in path.read_text("utf-8"), "it opens what it speaks of"
    for readme in (ROOT / "README.md", path):
        assert f"](README.{language}.md)" in readme.read_text("utf-8").split("\n\n")[1]


@pytest.fixture
def folder(tmp_path, monkeypatch, windows):
    """The notebooks in a copy, to be changed; the catalogue of 03 alone has to be complete."""
    notebooks = tmp_path / "notebooks"
    (notebooks / "zh").mkdir(parents=True)
    for path in (source("03_gru"), catalogue_of("03_gru", "zh")):
        (notebooks / path.relative_to(translate.NOTEBOOKS)).write_bytes(path.read_bytes())
    (tmp_path / "README.md").write_bytes((ROOT / "README.md").read_bytes())
    for name, value in {"ROOT": tmp_path, "NOTEBOOKS": notebooks, "COMPLETE": {"zh": ["03_gru"]}}.items():
        monkeypatch.setattr(translate, name, value)
    monkeypatch.setattr(translate, "PAGES", {"readme": tmp_path / "README.md"})
    return notebooks


def change(path, edit):
    notebook = nbformat.read(path, as_version=4)
    edit(notebook.cells)
    nbformat.write(notebook, path)


def in_chinese(path):
    notebook = nbformat.read(path, as_version=4)
    return translate.translated(notebook, translate.speaker(path.stem, "zh")).cells


def test_a_changed_cell_is_fuzzy_and_english_until_somebody_has_looked_at_it(folder, capsys):
    assert translate.main([]) == 0
    path, catalogue = folder / "03_gru.ipynb", folder / "zh" / "03_gru.po"
    before, old = catalogue.read_text("utf-8"), in_chinese(path)[0].source

    def edit(cells):
        cells[0].source = "# Something else\n\nAltogether."

    change(path, edit)
    assert translate.main([]) == 1
    assert "1 fuzzy, 0 missing" in capsys.readouterr().out
    (fuzzy,) = counts(read(catalogue))[1]
    assert (fuzzy.id, fuzzy.string) == ("# Something else\n\nAltogether.", old)
    assert in_chinese(path)[0].source == fuzzy.id
    change(path, lambda cells: cells.__setitem__(0, nbformat.read(source("03_gru"), as_version=4).cells[0]))
    assert translate.main([]) == 1, "the old English is back, but nobody has said so"
    path.write_bytes((ROOT / "notebooks" / "03_gru.ipynb").read_bytes())
    catalogue.write_text(before, "utf-8")
    assert translate.main([]) == 0


def test_a_new_cell_is_missing_and_one_that_is_gone_comes_back_with_its_translation(folder, capsys):
    path, catalogue = folder / "03_gru.ipynb", folder / "zh" / "03_gru.po"
    before, english = catalogue.read_text("utf-8"), path.read_bytes()
    change(path, lambda cells: cells.append(nbformat.v4.new_markdown_cell("Ὁδὸς ἄνω κάτω", id="new")))
    assert translate.main([]) == 1
    assert "0 fuzzy, 1 missing" in capsys.readouterr().out
    path.write_bytes(english)
    change(path, lambda cells: cells.pop(0))
    assert translate.main([]) == 0
    assert "\n#~ msgid" in catalogue.read_text("utf-8")
    path.write_bytes(english)
    assert translate.main([]) == 0
    assert catalogue.read_text("utf-8") == before
    assert translate.main([]) == 0
    assert catalogue.read_text("utf-8") == before


def test_all_that_is_left_to_do_is_counted(folder, monkeypatch, capsys):
    monkeypatch.setattr(translate, "COMPLETE", {"zh": ["readme", "03_gru"]})
    (folder / "zh" / "03_gru.po").unlink()
    assert translate.main([]) == 1
    said = capsys.readouterr().out
    left = [int(number) for number in re.findall(r"(\d+) missing", said)]
    assert len(left) == 2
    assert said.splitlines()[-1].startswith(f"{sum(left)} messages of what has to be complete")


def unlike(english, said):
    """What one of the two has, and the other has not."""
    found = {}
    for kind, (pattern, everywhere) in KINDS.items():
        texts = [
            one if everywhere else re.sub(rf"{MATHS}|`[^`\n]+`|{ADDRESS}", "", one, flags=re.S)
            for one in (english, said)
        ]
        had, has = (Counter(WORDS.sub("", one) for one in pattern.findall(text)) for text in texts)
        if kind == "cells of tables":  # their words are translated, not their number
            had, has = Counter(had.total() * "|"), Counter(has.total() * "|")
        if had != has:
            found[kind] = (had - has, has - had)
    return found


@pytest.mark.parametrize(("language", "name"), ALL)
def test_a_translation_has_the_same_formulas_code_links_tables_and_numbers(language, name):
    assert {
        english[:60]: found for english, said in translations(language, name) if (found := unlike(english, said))
    } == {}


@pytest.mark.parametrize(
    "said",
    [
        "- 在 20 步之后，$h_t$ 是 `f`",
        "在 30 步之后，$h_t$ 是 `f`",
        "在 20 步之后，$h_t$ 是 f",
        "在 20 步之后，h 是 `f`",
        "[在](a.md) 20 步之后，$h_t$ 是 `f`",
    ],
)
def test_a_slip_is_seen(said):
    assert unlike("After 20 steps, $h_t$ is `f`", "在 20 步之后，$h_t$ 是 `f`") == {}
    assert unlike("After 20 steps, $h_t$ is `f`", said)


TERMS = list(csv.DictReader((translate.NOTEBOOKS / "zh" / "terms.csv").read_text("utf-8").splitlines()))


@pytest.mark.parametrize("name", COMPLETE["zh"])
def test_the_glossary_is_kept(name):
    """No form that it tells to avoid, unless as a part of a good one; and a term that occurs is said as it says."""
    pairs = translations("zh", name)
    for term in TERMS:
        good = term["中文"].split("、")
        for english, said in pairs:
            for form in filter(None, term["avoid"].split("|")):
                rest = said
                for one in good:
                    rest = rest.replace(one, "")
                assert form not in rest, f"{form} where the glossary has {term['中文']}: {english[:60]}"
        word = re.compile(rf"\b{re.escape(term['English'])}\b", re.IGNORECASE)
        where = [said for english, said in pairs if word.search(english) and not word.search(said)]
        assert (
            not where
            or name in PAGES
            or len(term["English"]) < 9
            or any(form in said for said in where for form in good)
        ), f"nowhere {term['中文']}"


@pytest.mark.parametrize(("language", "name"), ALL)
def test_chinese_marks_stand_after_chinese_words(language, name):
    for english, said in translations(language, name):
        assert re.findall(r"[一-鿿][,;:?!]|[一-鿿]\.(?!\w)", said) == [], english[:60]
        stars = [
            "**" in MarkdownIt().enable("table").render(re.sub(f"{MATHS}|`[^`\n]+`", "$", one))
            for one in (english, said)
        ]
        assert stars[0] or not stars[1], f"stars would be seen: {english[:60]}"


def plain(code):
    """What Python sees in it, docstrings aside."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            node.body[0].value.value = ""
    return ast.dump(tree)


@pytest.mark.parametrize(("language", "name"), [pair for pair in ALL if pair[1] not in PAGES])
def test_the_code_is_the_english_one(language, name):
    """So its outputs are, too."""
    english = nbformat.read(source(name), as_version=4)
    said = translate.translated(english, translate.speaker(name, language))
    for before, after in zip(english.cells, said.cells, strict=True):
        assert {**before, "source": ""} == {**after, "source": ""}
        if before.cell_type == "code":
            assert plain(after.source) == plain(before.source)
    assert any(before.source != after.source for before, after in zip(english.cells, said.cells, strict=True))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_of_the_readme_is_the_english_one(language):
    blocks = [
        re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        for text in (PAGES["readme"].read_text("utf-8"), translate.page("readme", language))
    ]
    assert [plain(one) for one in blocks[0]] == [plain(one) for one in blocks[1]] != []


def test_comments_and_docstrings_are_messages_and_nothing_else_of_the_code_is():
    code = (
        'def f():\n    """A text."""\n    return "# none"  # a word\n\n\nx = 1  # noqa: F841\n# ein Wort\n"""no text"""'
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code, id="a")])
    assert list(translate.messages(notebook)) == [("a", "A text."), ("a", "a word"), ("a", "ein Wort")]
    (cell,) = translate.translated(
        notebook, lambda english: {"A text.": "文", "ein Wort": "字"}.get(english, english)
    ).cells
    assert cell.source == code.replace("A text.", "文").replace("ein Wort", "字")


PAGE = """---
a: b
---

# A heading

A line that
goes on, see [below](#a-heading).

- one
  more
- two

<div class="x">

![{{ alt.x }}](x.png)

```
make lab  # a remark
nothing here
```

| a |
|---|
| b |

<img alt="a picture">
"""


def test_the_messages_of_a_page():
    said = [
        "# A heading",
        "A line that goes on, see [below](#a-heading).",
        "- one more\n- two",
        "a remark",
        "| a |\n|---|\n| b |",
    ]
    assert [message for _, message in pages.messages(PAGE)] == [*said, "a picture"]
    assert pages.translated(PAGE, lambda english: english) == PAGE
    words = {said[0]: "# 标题 一", said[1]: "一行，见[下文](#a-heading)。", "a remark": "注"}
    expected = PAGE.replace(said[0], "# 标题 一").replace("A line that\ngoes on, see [below]", "一行，见[下文]")
    expected = expected.replace("(#a-heading).", "(#标题-一)。").replace("a remark", "注")
    assert pages.translated(PAGE, lambda english: words.get(english, english)) == expected


@pytest.mark.parametrize("name", PAGES)
def test_a_page_without_a_translation_is_as_it_was(name):
    text = PAGES[name].read_text("utf-8")
    assert pages.translated(text, lambda english: english) == text
