"""The decks, as `make slides` builds them; in a browser they are tested in browser/test_slides_page.py."""

import re
from base64 import b64decode, b64encode
from importlib.util import find_spec
from pathlib import Path
from struct import pack, unpack
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from publish import measures, site
from publish import slides as deck
from publish.sentences import LEAD, first_sentences

ROOT = Path(__file__).parents[2]

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
TITLE = "# A title\n\nOne sentence. Another one."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "_slides"
    deck.build(folder)
    return folder


def slides(*cells):
    """What the slides of a notebook show, as (slide type, source) of each cell after the title's."""
    start = [new_markdown_cell(TITLE), new_code_cell("import torch")]
    made = deck.slides_of(
        new_notebook(cells=[*start, *(new_markdown_cell(c) if isinstance(c, str) else c for c in cells)])
    )
    nbformat.validate(made)
    return [(cell.metadata.slideshow.slide_type, cell.source) for cell in made.cells][3:]


def code(source, printed=None, **metadata):
    outputs = [new_output("stream", text=printed)] if printed else []
    return new_code_cell(source, outputs=outputs, metadata=metadata)


def figure(height):
    """A thousand pixels wide."""
    png = b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + pack(">II", 1000, height)).decode()
    return new_output("display_data", data={"text/html": '<img class="seqmem-figure">', "image/png": png})


def test_a_deck_for_every_notebook(folder):
    assert [path.stem for path in NOTEBOOKS] == sorted(path.stem for path in folder.iterdir())
    assert max(path.stat().st_size for path in folder.iterdir()) < 2_000_000


def test_nothing_comes_from_outside(folder):
    for path in folder.iterdir():
        text = path.read_text("utf-8")
        (policy,) = re.findall(r'content="([^"]*)" http-equiv="Content-Security-Policy"', text)
        assert "default-src 'none'" in policy
        assert not re.search(r"https?:|\*", policy)
        page = re.sub(r"(<(?:script|style)\b[^>]*>).*?</(?:script|style)>", r"\1", text, flags=re.DOTALL)
        assert not re.search(r"<(link|iframe)\b|<script[^>]* src=|<img[^>]* src=\"(?!data:)", page), path.name


def test_no_figure_is_so_large_that_a_room_cannot_read_its_letters():
    """They have 14.6 of its own pixels, and shall have 18 on a slide, where it has 1256 by 605."""
    most = 10.5 / 72 * 100 / 18
    large = []
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                if "seqmem-figure" in output.get("data", {}).get("text/html", ""):
                    width, height = unpack(">II", b64decode(output.data["image/png"])[16:24])
                    if width > 1256 * most or height > 605 * most:
                        large.append((path.name, cell.id, width, height))
    assert large == [], "draw it at most 10 inches wide and 4.6 high"


def test_every_figure_and_widget_is_shown_and_no_solution(folder):
    for path in NOTEBOOKS:
        page = (folder / f"{path.stem}.html").read_text("utf-8").split("</main>")[0]
        shown = re.findall(r'src="data:image/png;base64,(.+?)"', page)
        cells = nbformat.read(path, as_version=4).cells
        outputs = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
        assert sorted(shown) == sorted(
            re.search('base64,(.+?)"', one["text/html"])[1] for one in outputs if "text/html" in one
        )
        assert "_solution" not in page


def test_equations_are_mathml(folder):
    for path in folder.iterdir():
        text = path.read_text("utf-8").split("</main>")[0]
        text = re.sub(r"<(pre|script|style|code)\b.*?</\1>|<[^>]*>", "", text, flags=re.DOTALL)
        assert "$" not in text, path.name
        assert "\\" not in text, path.name
        unknown = re.search(r"<mi>&(amp;)?</mi>", path.read_text("utf-8"))
        assert not unknown, "an environment that latex2mathml does not know"


def test_a_section_begins_a_slide_and_a_heading_below_it_another():
    made = slides("## 1. A section\n\nIt says this.", "### A part\n\nAnd that.", "## 2. Empty\n\n### Its part\n\nText.")
    assert made == [
        ("slide", "## 1. A section"),
        ("notes", "It says this."),
        ("-", "It says this."),
        ("subslide", "###### 1. A section\n\n### A part"),
        ("notes", "And that."),
        ("-", "And that."),
        ("slide", "###### 2. Empty\n\n### Its part"),
        ("notes", "Text."),
        ("-", "Text."),
    ]


def test_a_long_paragraph_is_shown_by_whole_sentences():
    sentences = [f"Sentence {k} is about as long as this one." for k in range(20)]
    _, (kind, note), (_, shown) = slides("## 1. Long\n\n" + " ".join(sentences))
    assert kind == "notes"
    assert note == " ".join(sentences)
    assert 250 < len(shown) <= LEAD + 1, "a blank stands between two"
    assert shown.endswith("one.")


def test_the_first_sentence_is_shown_however_long_it_is_and_others_while_there_is_room():
    one = "A" * 299 + "."
    assert first_sentences(f"{one} {'B' * 19}. C.") == f"{one} {'B' * 19}."
    assert first_sentences(f"{one} {'B' * 20}. C.") == one
    assert first_sentences(f"{one[1:]}{one} C.") == f"{one[1:]}{one}"


def test_the_sentence_that_leads_to_something_is_the_title_of_its_slide():
    text = "Some prose. Here are the two numbers. They are small."
    made = slides("## 1. One\n\nLead.", text, code("print(1)", "1\n"), code("print(2)", "2\n"))
    assert made[:2] == [("slide", "## 1. One"), ("notes", f"Lead.\n\n{text}")]
    assert made[3:] == [("subslide", "###### 1. One\n\n##### Here are the two numbers."), ("-", ""), ("-", "")]


def test_a_heading_with_one_sentence_makes_room_for_what_it_leads_to():
    made = slides("## 1. One\n\nHere is the number.", code("print(1)", "1\n"))
    assert made[0] == ("slide", "###### 1. One\n\n##### Here is the number.")
    made = slides("## 1. One\n\n| a |\n|---|\n| b |\n\nHere is the number.", code("print(1)", "1\n"))
    assert made[1] == ("notes", "Here is the number.")
    assert made[2][1].startswith("| a |")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("First of all, a word. The picture shows what waits. More.", "The picture shows what waits."),
        (
            "A first sentence that says enough to be a title. A second.",
            "A first sentence that says enough to be a title.",
        ),
        ("Prose. With the sum of both, it is", "With the sum of both, it is"),
        ("Of both. The product:", "The product:"),
        ("Prose. Here are\nthe numbers. More.", "Here are the numbers."),
        ("Short one. And another, which is long enough.", "Short one. And another, which is long enough."),
    ],
)
def test_which_sentence_leads_on(text, title):
    made = slides("## 1. One\n\nLead.", text, code("print(1)", "1\n"))
    assert made[3] == ("subslide", f"###### 1. One\n\n##### {title}")


def test_a_widget_stands_below_the_sentence_about_it():
    widget = new_code_cell("w", outputs=[new_output("display_data", data={"text/html": "<div class='seqmem'></div>"})])
    text = "Here are the numbers of all of them.\n\nMove the slider below, and look at each of them."
    made = slides("## 1. One\n\nLead.", text, code("print(1)", "1\n"), widget)
    titles = [source.split("##### ")[-1] for kind, source in made if kind == "subslide"]
    assert titles == text.split("\n\n")


def test_if_all_sentences_are_about_a_widget_the_last_leads_to_what_is_none():
    text = "## 1. One\n\nMove the slider below to see the first.\n\nPress the button below to see the second."
    made = slides(text, code("print(1)", "1\n"))
    assert made[3:] == [("subslide", "###### 1. One\n\n##### Press the button below to see the second."), ("-", "")]


def test_code_to_read_follows_text_in_its_text_but_no_question():
    text = "## 1. One\n\n- a\n- b\n\nSo it is written:"
    made = slides(text, code("x = 1"))
    assert [source for kind, source in made if kind != "notes"][1:] == ["- a\n- b", "So it is written:", "x = 1"]
    made = slides("## 1. One\n\n**Predict.** What?\n\n- a\n- b\n\nSo it is written:", code("x = 1"))
    assert made[-2:] == [("subslide", "###### 1. One\n\n##### So it is written:"), ("-", "x = 1")]


def test_equations_follow_in_their_text_and_other_prose_goes_to_the_notes():
    made = slides("## 1. One\n\nLead.", "Some prose.\n\nSo it is\n\n$$\na = b\n$$\n\nMore prose.")
    assert [source for kind, source in made if kind != "notes"] == ["## 1. One", "Lead.", "So it is", "$$\na = b\n$$"]
    assert [source for kind, source in made if kind == "notes"] == ["Lead.\n\nSome prose.\n\nSo it is\n\nMore prose."]


@pytest.mark.parametrize("thing", ["- a\n- b", "1. a\n2. b", "> said", "    code", "| a |\n|---|\n| b |", "![a](b)"])
def test_lists_tables_and_quotations_are_shown(thing):
    made = slides("## 1. One\n\nLead.", f"**Try it.**\n\n{thing}")
    assert [source for kind, source in made if kind != "notes"][2:] == ["**Try it.**", thing]


def test_a_question_is_a_title_and_what_follows_comes_at_the_next_key():
    text = "## 1. One\n\nProse. **Predict.** What?\n\n<details><summary>Answer</summary>\n\nThis.\n\n</details>"
    made = slides(text, code("print(1)", "1\n"))
    assert made[:2] == [("slide", "## 1. One"), ("notes", "Prose.")]
    assert made[3:] == [
        ("subslide", "###### 1. One\n\n#### **Predict.** What?"),
        ("fragment", "This."),
        ("fragment", ""),
    ]


def test_what_belongs_to_a_question_stands_below_it():
    made = slides("## 1. One\n\n**Predict.** What?\n\n1. This?\n2. That?", code("print(1)", "1\n"))
    assert made[1:] == [("-", "1. This?\n2. That?"), ("fragment", "")]


def test_what_jupyter_folds_comes_at_the_next_key():
    made = slides("## 1. One", code("print(1)", "1\n", jupyter={"outputs_hidden": True}), code("print(2)", "2\n"))
    assert made[1:] == [("fragment", ""), ("-", "")]


def test_the_answer_to_a_bug_comes_after_it():
    text = "### Exhibit\n\nIt reads.\n\n<details><summary>What is wrong</summary>\n\nThis.\n\n</details>"
    made = slides("## 1. One", text, code("class Bug: ...", "Bug: not yet.\n", tags=["bug"]))
    assert made[2:] == [("-", "class Bug: ..."), ("-", ""), ("fragment", "**What is wrong** This.")]


def test_code_is_shown_if_it_is_there_to_be_read():
    cells = [
        code("def shown():\n    ..."),
        code("print('hidden')", "printed\n"),
        code("class Bug: ...", "Bug: not yet.\n", tags=["bug"]),
        code("def stub():\n    ...", tags=["exercise"]),
        code("sm.check_stub(stub)", "stub: not attempted yet.\n"),
        code("def stub_solution(): ...", "stub_solution: correct.\n", tags=["solution"]),
    ]
    sources = [source for _, source in slides("## 1. One", *cells)]
    assert sources == ["## 1. One", "def shown():\n    ...", "", "class Bug: ...", "", "def stub():\n    ..."]


def test_an_exercise_is_shown_as_a_whole():
    made = slides("## 9. Exercises\n\nLead.", "**Exercise 1. Sum (5 min).** Add them.\n\nAll of them.\n\n- a\n- b")
    shown = [source for kind, source in made if kind != "notes"]
    assert shown[4:] == [
        "###### 9. Exercises\n\n##### **Exercise 1. Sum (5 min).**",
        "Add them.",
        "All of them.",
        "- a\n- b",
    ]


def test_the_core_comes_first():
    texts = [
        "## 1. Core",
        "### More (2 min, *depth*)",
        "### Core again",
        "## 2. Deep (*depth*)",
        "## 3. Core",
        "## Quiz",
    ]
    made = [source for kind, source in slides(*(f"{text}\n\nText." for text in texts)) if kind != "notes"]
    assert [source.split("\n")[-1] for source in made if source != "Text."] == [
        *("## 1. Core", "### Core again", "## 3. Core", "## What comes after the core", "- Quiz"),
        *("### More (2 min, *depth*)", "## 2. Deep (*depth*)", "## Quiz"),
    ]


def test_a_slide_type_of_the_cell_wins():
    def typed(kind):
        return new_markdown_cell(f"All of it.\n\nIn one: {kind}.", metadata={"slideshow": {"slide_type": kind}})

    made = slides("## 1. One", *map(typed, ["skip", "notes", "fragment", "subslide", "slide"]))
    assert [kind for kind, _ in made] == ["slide", "notes", "fragment", "subslide", "slide"]
    assert all(source == f"All of it.\n\nIn one: {kind}." for kind, source in made[1:])


def test_a_slide_of_ones_own_belongs_to_the_core_or_to_the_rest_as_the_one_before():
    own = new_markdown_cell("Mine.", metadata={"slideshow": {"slide_type": "slide"}})
    made = slides("## 1. Core\n\nA.", "## 2. Deep (*depth*)\n\nB.", own, "## 3. Core\n\nC.")
    shown = [source for kind, source in made if kind != "notes"]
    assert shown[2:] == [
        *("## 3. Core", "C.", "## What comes after the core", "- 2. Deep (*depth*)"),
        *("## 2. Deep (*depth*)", "B.", "Mine."),
    ]


def test_what_is_printed_stands_in_one_piece_between_what_is_drawn():
    drawn = new_output("display_data", data={"text/html": "<div class='seqmem'></div>"})
    bare = new_output("display_data", data={"text/plain": "what train() leaves"})
    printed = [new_output("stream", text=text) for text in ("a\n", "b\n", "c\n")]
    cell = new_code_cell("x", outputs=[bare, *printed[:2], drawn, printed[2]])
    made = deck.slides_of(new_notebook(cells=[new_markdown_cell(TITLE), new_code_cell("1"), cell]))
    shown = [one.outputs[0] for one in made.cells if one.cell_type == "code"]
    assert [one.get("text", one.get("data")) for one in shown] == ["a\nb\n", drawn.data, "c\n"]


def test_a_long_answer_comes_paragraph_by_paragraph_and_a_sentence_about_solutions_not_at_all():
    long = ["word " * 100 + "end."] * 2
    text = "**Predict.** What?\n\n<details><summary>Answer</summary>\n\n{}\n\n</details>"
    for answer in (long, ["Short.", "And short."]):
        made = slides("## 1. One\n\nThe folded solution is below.", text.format("\n\n".join(answer)))
        expected = long if answer == long else ["Short.\n\nAnd short."]
        assert [source for kind, source in made if kind == "fragment"] == expected
        assert not any("solution" in source or "XX" in source for _, source in made)


def test_a_question_of_the_quiz_stands_above_its_answer_and_two_on_a_slide():
    text = "**{0}.** Question {0}?\n\n<details><summary>Answer</summary>\n\nAnswer {0}.\n\n</details>"
    made = slides("## Quiz\n\nLead.\n\n" + "\n\n".join(text.format(k) for k in range(1, 5)))[5:]
    pairs = [[("-", f"**{k}.** Question {k}?"), ("fragment", f"Answer {k}.")] for k in range(1, 5)]
    assert made == [*pairs[0], *pairs[1], ("subslide", "###### Quiz\n\n"), *pairs[2], *pairs[3]]
    made = slides("## Quiz\n\nHere are the questions.\n\n**1.** Which?\n\n- this\n- that")
    assert made[-2:] == [("-", "**1.** Which?"), ("-", "- this\n- that")]


def test_what_is_printed_and_long_goes_on_on_the_next_slide():
    long = code("print", "\n".join(f"line {k}" for k in range(60)))
    assert [kind for kind, _ in slides("## 1. One", long)] == ["slide", "-", *["subslide", "-"] * 2]
    made = deck.slides_of(new_notebook(cells=[new_markdown_cell(TITLE), new_code_cell("1"), long])).cells
    parts = [cell.outputs[0].text for cell in made if cell.cell_type == "code"]
    assert "\n".join(parts) == long.outputs[0].text
    assert max(len(part.splitlines()) for part in parts) <= measures.MOST


def test_a_picture_is_led_to_by_the_sentence_about_it_and_a_widget_by_that_about_a_widget():
    picture = new_code_cell("p", outputs=[figure(400)])
    made = slides("## 1. One\n\nHere is the picture of it.\n\nMove the slider below.", picture)
    assert made[-2][1].endswith("##### Here is the picture of it.")
    widget = new_code_cell("w", outputs=[new_output("display_data", data={"text/html": "<div class='seqmem'></div>"})])
    made = slides("## 1. One\n\nMove the slider below.\n\nHere is the picture of it.", widget)
    assert made[-2][1].endswith("##### Move the slider below.")


def test_a_deck_is_a_page_with_all_that_it_needs(tmp_path, monkeypatch, windows):
    (tmp_path / "notebooks").mkdir()
    cells = [TITLE, "import torch", "## 1. Ünë\n\nLead. More.", "**Predict.** What?", "Here are the numbers."]
    cells = [new_code_cell(one) if one.startswith("import") else new_markdown_cell(one) for one in cells]
    cells += [code("def f(): ..."), code("1", "x" * 100), new_code_cell("p", outputs=[figure(400)])]
    nbformat.write(new_notebook(cells=cells), tmp_path / "notebooks" / "01_a.ipynb")
    (tmp_path / "notebooks" / "other.ipynb").write_text("no notebook of the course")
    monkeypatch.setattr(deck, "NOTEBOOKS", tmp_path / "notebooks")
    assert deck.build(tmp_path / "_slides") == [tmp_path / "_slides" / "01_a.html"]
    page = (tmp_path / "_slides" / "01_a.html").read_text("utf-8")
    assert "<title>A title" in page
    assert '<p class="section">1. Ünë</p>' in page
    assert '<h2 id="1-ünë">1. Ünë</h2>' in page
    assert '<h3 class="says asks"><strong>Predict.</strong> What?</h3>' in page
    assert '<h3 class="says">Here are the numbers.</h3>' in page
    assert '<span class="k">def</span>' in page
    assert re.findall(r'class="code"[^>]*font-size: (\d+)px', page) == ["24", "19", "24"]
    own = (deck.TEMPLATES / "deck" / name for name in ("page.css", "deck.css", "deck.js", "theme.js"))
    there = Path(find_spec("sphinx_revealjs").origin).parent / "_static" / "revealjs"
    for path in (*own, *(there / name for name in ("dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js"))):
        assert path.read_text("utf-8")[:200].strip() in page, path.name


def test_what_does_not_fit_goes_on_on_the_next_slide():
    table = "| a | b |\n|---|---|\n" + "\n".join(f"| row {k} | {'words ' * 20} |" for k in range(12))
    parts = [source for _, source in slides("## 1. Long", table) if source.startswith("|")]
    assert len(parts) > 1
    assert all(measures.lines(part) < measures.ROOM - 2 for part in parts), "below a title"
    assert all(measures.lines(part) > measures.ROOM / 2 for part in parts[:-1])
    assert all(part.startswith("| a | b |\n|---|---|\n") for part in parts)
    assert [row for part in parts for row in part.splitlines()[2:]] == table.splitlines()[2:]
    rows = [f"- item {k} {'words ' * 20}." for k in range(30)]
    parts = [source for _, source in slides("## 1. Long", "\n".join(rows)) if source.startswith("- ")]
    assert len(parts) > 1
    assert "\n".join(parts).splitlines() == rows
    assert all(measures.lines(part) < measures.ROOM - 2 for part in parts)
    assert all(measures.lines(part) > measures.ROOM / 2 for part in parts[:-1])
    some = "\n".join(f"- item {k}" for k in range(6))
    made = slides("## 1. Long", "\n\n".join([some] * 3))
    assert [kind for kind, _ in made] == ["slide", "-", "-", "subslide", "-"], "all that stands there counts"


# A block -> how high it is in Chromium, with what keeps it apart from the next, in pixels of a slide
HEIGHTS = {
    "A line of prose.": 55,
    "word " * 23 + "word": 93,
    "- a\n- b\n- c": 132,
    "- " + "word " * 24 + "word\n- b": 132,
    "$$\na = b\n$$": 67,
    r"$$\begin{aligned} a &= b \\ c &= d \end{aligned}$$": 116,
    r"$$\begin{aligned} a &= b \\ c &= d \\ e &= f \end{aligned}$$": 152,
    "| a | b |\n|---|---|\n| c | d |": 91,
    "| a | b |\n|---|---|" + "\n| c | d |" * 3: 169,
    "| a | b |\n|---|---|\n| " + "word " * 13 + "| " + "word " * 13 + "|": 117,
}
CODE = {"x = 1": 69, "\n".join(["x = 1"] * 10): 334, f"x = '{'w' * 98}'\n": 52}
TITLES = {"": 0, "Short title of a slide": 52, "word " * 17 + "word": 87, "word " * 29 + "word": 122}


@pytest.mark.parametrize(
    ("measure", "heights"), [(measures.lines, HEIGHTS), (measures.printed, CODE), (measures.title, TITLES)]
)
def test_room_is_measured_as_a_browser_takes_it(measure, heights):
    """Rather too much than too little."""
    found = {text: measure(text) * measures.LINE for text in heights}
    assert {
        text: found[text] for text, pixels in heights.items() if not 0.88 * pixels <= found[text] <= 1.3 * pixels + 8
    } == {}


def test_a_figure_is_as_wide_as_its_slide_and_a_widget_leaves_room_for_a_title_alone():
    assert measures.height(figure(400)) * measures.LINE == pytest.approx(1256 * 0.4, rel=0.02)
    widget = new_code_cell("w", outputs=[new_output("display_data", data={"text/html": "<div class='seqmem'></div>"})])
    title = "Move the slider below, and look at each of its steps, and then at all of them together."
    assert len(title) > 70
    made = slides("## 1. One\n\n" + title, widget)
    assert [kind for kind, _ in made] == ["slide", "notes", "-"]
    made = slides("## 1. One\n\nMove the slider below.", widget, code("print(1)", "1\n"))
    assert [kind for kind, _ in made] == ["slide", "notes", "-", "subslide", "-"]


def test_long_code_is_cut_between_its_parts():
    functions = [f"def f{k}():\n" + "    x = 1\n" * 7 for k in range(4)]
    first, second = measures.pieces("\n".join(functions))
    assert [first.count("def"), second.count("def")] == [2, 2]
    assert f"{first}\n\n{second}\n" == "\n".join(functions)
    lines = "\n".join(f"line {k}" for k in range(50))
    parts = measures.pieces(lines)
    assert "\n".join(parts) == lines
    assert max(part.count("\n") + 1 for part in parts) <= measures.MOST


@pytest.mark.parametrize(
    ("text", "pixels"),
    [("", 24), ("x" * 70, 24), ("x" * 100, 19), ("中" * 50, 19), ("x" * 400, 18), ("x\n" * 19, 24), ("x\n" * 21, 21)],
)
def test_code_is_as_large_as_it_can_be(text, pixels):
    assert measures.font_size(text) == pixels


@pytest.mark.parametrize("found", [None, "an older version"])
def test_without_reveal_js_there_is_one_clear_sentence(monkeypatch, tmp_path, found):
    spec = found and SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(deck, "find_spec", lambda name: spec)
    with pytest.raises(SystemExit, match=r"dist/reveal.css of reveal.js is missing: `pip install 'sphinx-revealjs"):
        deck.build(tmp_path / "_slides")
    assert not (tmp_path / "_slides").exists()


@pytest.mark.parametrize(("builder", "step"), [(deck, "slides_of"), (site, "write_sources")])
def test_what_was_there_stays_if_the_build_fails(builder, step, tmp_path, monkeypatch):
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "01.html").write_text("old")
    monkeypatch.setattr(builder, step, lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        builder.build(tmp_path / "built")
    assert (tmp_path / "built" / "01.html").read_text() == "old"
