"""Minutes and plans: what the notebooks and the pages for teachers state is added up, from the pages' own tables."""

import re
from itertools import pairwise
from math import ceil
from pathlib import Path
from statistics import mean

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from publish.minutes import SECONDS, read, read_notebooks

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGE = (ROOT / "notebooks" / "README.md").read_text("utf-8")
TEACHING = (ROOT / "notebooks" / "teaching.md").read_text("utf-8")
NOTEBOOKS = read_notebooks()
IN_CLASS = 1.25  # of what a heading says, as the page states
FREE = {"break", "lunch", "questions", "what the electives found"}
every = pytest.mark.parametrize("number", NOTEBOOKS)


def section_of(page, title):
    """What stands under a heading, up to the next one of its level or a higher one."""
    level, text = re.search(rf"^(#+) {re.escape(title)}.*?\n(.+?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL).groups()
    assert level
    return text


def table(text):
    """The cells of the rows of the first table, without its head."""
    rows = re.search(r"^\|.+\n\|[-|]+\n((?:\|.+\n)+)", text, re.MULTILINE)[1]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()]


def numbers(text):
    """3 | 3 and 5 | 3, 4 and 6 | 1 to 3 | 1 and 4 to 6"""
    found = re.findall(r"(\d+)(?: to (\d+))?", text)
    return [n for first, last in found for n in range(int(first), int(last or first) + 1)]


# --- Minutes --------------------------------------------------------------------------------------------------


def stated(number):
    """Minutes of core, of depth and of the exercises, as the opening of a notebook states them."""
    opening = NOTEBOOKS[number].opening
    patterns = (
        r"about (\d+) minutes to read",
        r"(\d+) (?:minutes )?more for|takes (\d+) minutes more",
        r"(\d+) for the exercises|the exercises (\d+)",
    )
    return [int(next(filter(None, re.search(pattern, opening).groups()))) for pattern in patterns]


def test_the_model_on_a_small_notebook():
    cells = [
        "# Q\n\nFour words stand here.",
        "## 1. A title (3 min)\n\n**Predict.** One two.\n\n$$x$$\n\n### More (2 min, *depth*)\n\nOne two three.",
        "## 2. Exercises (5 min)\n\n**Exercise 1. Name (5 min, easy).** Do it.",
        "## What we measured\n\n## Quiz\n\n**1.** Why?",
    ]
    code = new_code_cell(outputs=[new_output("display_data", {"text/html": '<div class="seqmem-figure">'})])
    cells = list(map(new_markdown_cell, cells))
    found = read("00_small", new_notebook(cells=[cells[0], new_code_cell(), cells[1], code, *cells[2:]]))
    core, depth = found.sections
    assert (core.title, core.minutes, depth.title, depth.minutes) == ("A title", 3, "More", 2)
    assert core.holds == {"word": 5 + 3, "prediction": 1, "equation": 1}
    assert depth.holds == {"word": 4 + 3, "cell": 1, "figure": 1}
    assert core.modelled == (8 * SECONDS["word"] + SECONDS["prediction"] + SECONDS["equation"]) / 60
    assert depth.modelled == (7 * SECONDS["word of depth"] + SECONDS["cell"] + SECONDS["figure"]) / 60
    assert found.modelled(depth=False) == core.modelled + SECONDS["opening"] / 60
    assert (found.exercises[0].minutes, found.questions) == (5, 1)


def test_what_belongs_to_a_section():
    """A part that is no depth belongs to it again; what is done elsewhere, or once for all, is no time of a reader."""
    widget = {"text/html": '<div data-seqmem="a">'}
    figure = {"text/html": '<div class="seqmem-figure" data-seqmem="a">'}
    outputs = [new_output("display_data", one) for one in (widget, widget, figure)] + [new_output("stream", text="x")]
    texts = {
        "opening": "# Q\n\nIt begins.",
        "one": "## 1. One (3 min)\n\nA $x + y$ b.\n\nBefore every **Predict** here.",
        "deep": "### Deep (2 min, *depth*)\n\nOne.\n\n$$x$$ $$y$$\n\n### Back\n\nTwo <b>words</b>.",
        "end": "## 2. Exercises (15 min)\n\n**Exercise 1. Name (5 min, easy).** Do.\n\n"
        "**Exercise 2. Other** (10 min, hard, *depth*)",
        "quiz": "## What we measured\n\n## Quiz\n\n**1.** Why?\n\n**2.** How?\n\n## References\n\n**3.** No",
    }
    cells = {name: new_markdown_cell(text) for name, text in texts.items()}
    bug, solution, other = (
        new_code_cell(outputs=outputs, metadata={"tags": [tag]}) for tag in ("bug", "solution", "bug")
    )
    order = [cells["opening"], cells["one"], bug, solution, cells["deep"], new_code_cell()]
    order += [cells["end"], other, cells["quiz"]]
    found = read("00_small", new_notebook(cells=order))
    assert (found.name, found.opening, found.core, found.questions) == ("00_small", texts["opening"], [1], 2)
    core, depth = found.sections
    assert core.holds == {"word": 4 + 3 + 4 + 3, "cell": 2, "bug": 1, "widget": 2, "figure": 1}
    assert (depth.number, depth.holds) == (1, {"word": 5, "equation": 2})
    assert (found.minutes(depth=False), found.minutes(depth=True)) == (3, 2)
    assert found.modelled(depth=True) == depth.modelled == (5 * SECONDS["word of depth"] + 2 * SECONDS["equation"]) / 60
    exercises = [(one.number, one.minutes, one.difficulty, one.depth) for one in found.exercises]
    assert exercises == [(1, 5, "easy", False), (2, 10, "hard", True)]
    cells["end"].source = "## 2. Two (4 min, *depth*)\n\nOne.\n\n### Its part\n\nTwo.\n\n## 3. Exercises (5 min)"
    whole = read("00_small", new_notebook(cells=order))
    assert (whole.core, whole.minutes(depth=True)) == ([1], 2 + 4), "a section that is depth as a whole"
    assert (whole.sections[-1].number, whole.sections[-1].holds["word"]) == (2, 5 + 4)
    cells["end"].source = "**Exercise 3. Name (5 minutes).** Do."
    with pytest.raises(ValueError, match="exercise 3 does not say its minutes and how hard it is"):
        read("00_small", new_notebook(cells=order))


@every
def test_an_opening_states_the_sum_of_its_sections(number):
    core, depth, exercises = stated(number)
    notebook = NOTEBOOKS[number]
    assert 0 <= core - notebook.minutes(depth=False) <= 3, "what is missing is the opening itself"
    assert depth == notebook.minutes(depth=True)
    assert exercises == sum(one.minutes for one in notebook.exercises)


@every
def test_minutes_stated_are_those_of_the_model(number):
    core, depth, _ = stated(number)
    for minutes, modelled in ((core, NOTEBOOKS[number].modelled(False)), (depth, NOTEBOOKS[number].modelled(True))):
        assert abs(minutes - modelled) <= max(5, 0.3 * modelled), f"the model says {modelled:.0f}, not {minutes}"


def clocks():
    head = re.search(r"^\| Notebook \|(.+)\|$", TEACHING, re.MULTILINE)[1].split("|")
    row = re.search(r"^\| A reader's minutes, core \|(.+)\|$", TEACHING, re.MULTILINE)[1].split("|")
    return {number.strip(): float(minutes) for number, minutes in zip(head, row, strict=True)}


@every
def test_minutes_stated_are_those_of_a_reader(number):
    assert abs(stated(number)[0] - clocks()[number]) <= 0.12 * clocks()[number]


def test_the_page_says_how_far_the_model_is_off():
    off = {number: NOTEBOOKS[number].modelled(False) / minutes - 1 for number, minutes in clocks().items()}
    said = int(re.search(r"It is off by (\d+) % on average", TEACHING)[1])
    assert abs(100 * mean(map(abs, off.values())) - said) < 1.5
    worst, says = re.search(r"At worst, for (\d\d), it says (\d+)\s", TEACHING).groups()
    assert worst == max(off, key=lambda number: abs(off[number]))
    assert abs(NOTEBOOKS[worst].modelled(False) - int(says)) < 2


def test_the_page_states_the_model():
    text = " ".join(section_of(TEACHING, "How the minutes were found").split())
    for name, said in {
        "word": "100 words a minute",
        "word of depth": "(60 in what is marked *depth*)",
        "equation": "20 seconds for an equation",
        "cell": "20 for a cell of code",
        "figure": "half a minute for a figure",
        "widget": "one for a widget",
        "prediction": "75 seconds for a prediction",
        "bug": "three minutes to repair an exhibit",
        "opening": "and five to open a notebook",
    }.items():
        assert said in text
        amount = re.search(r"\d+|half|one|three|five", said)[0]
        seconds = {"half": 30, "one": 60, "three": 180, "five": 300}.get(amount) or int(amount)
        assert SECONDS[name] == (60 / seconds if name.startswith("word") else seconds)


def test_minutes_on_the_pages():
    """To read, for the core; with depth and exercises, to the next five, for all, and their sum in hours."""
    rows = {re.match(r"\[(\d\d)\]", row[0])[1]: row for row in table(section_of(PAGE, "What each is for"))}
    assert list(rows) == list(NOTEBOOKS)
    for number, row in rows.items():
        core, depth, exercises = stated(number)
        assert row[2] == f"{5 * round((core + depth + exercises) / 5)} min"
        on_readme = re.search(rf"\[{number}\]\(notebooks/.+\| (\d+ min) \|$", README, re.MULTILINE)[1]
        assert on_readme == (f"{core} min" if int(number) <= 4 else row[2])
    hours = sum(int(row[2].split()[0]) for row in rows.values()) / 60
    words = {33: "thirty-three", 34: "thirty-four", 35: "thirty-five", 36: "thirty-six", 37: "thirty-seven"}
    assert f"about {words[round(hours)]} hours" in PAGE


@every
def test_the_table_of_sections(number):
    """For each section of its core, and for no other; in 01 to 04 a row for each of its predictions, too."""
    text = section_of(TEACHING, number)
    notebook = NOTEBOOKS[number]
    core = [section for section in notebook.sections if not section.depth]
    assert [row[:2] for row in table(text)] == [[str(one.number), str(one.minutes)] for one in core]
    assert all(can and point.endswith(".") for *_, can, point in table(text))
    assert f"# {number}: {re.match('# (.+)', notebook.opening)[1]}" in TEACHING
    if int(number) <= 4:
        predictions = [int(row[0].split(",")[0]) for row in table(text[text.index("| Predict |") :])]
        assert predictions == sorted(predictions)
        for section in core:
            assert predictions.count(section.number) >= min(1, section.holds["prediction"])


# --- What is needed -------------------------------------------------------------------------------------------


def needs():
    """For each notebook: the numbers of the sections that it needs, by notebook."""
    text = PAGE[PAGE.index("| To teach |") :]
    found = {}
    for number, need, _ in table(text):
        found[number] = {}
        for other, some in re.findall(r"\b(\d\d)\b(?:, sections? ([\d to,and]*\d))?", need):
            found[number].setdefault(other, set()).update(numbers(some) if some else NOTEBOOKS[other].core)
    return found


@every
def test_the_page_and_the_notebook_agree_on_what_is_needed(number):
    need = re.search(r"\*\*You need\*\*(.+?)\*\*It takes", NOTEBOOKS[number].opening, re.DOTALL)[1]
    need = re.sub(r"\d\d helps|sections? [\d to,and]+", "", need)
    wanted = {f"{n:02}" for n in numbers(" ".join(re.findall(r"\b\d\d(?: to \d\d)?\b", need)))}
    assert set(needs()[number]) == wanted


# --- Plans ----------------------------------------------------------------------------------------------------


def five(minutes):
    return 5 * ceil(round(minutes, 6) / 5)


def entries(text):
    """(what, minutes) of each entry; what stands behind the minutes is a remark."""
    found = [(what.strip(" ;,"), int(minutes)) for what, minutes in re.findall(r"([^()]+) \((\d+)\)", text)]
    return [(re.sub(r"^[^;]*; ", "", what) if ";" in what else what, minutes) for what, minutes in found]


def sections_in(what):
    found = re.fullmatch(r"(\d\d), sections? (.+)", what)
    return found and (found[1], [n for n in numbers(found[2]) if n in NOTEBOOKS[found[1]].core])


def exercises_in(what):
    return [
        (number, n) for number, some in re.findall(r"(\d\d), exercises? ([\d to,and]*\d)", what) for n in numbers(some)
    ]


def electives_in(what):
    return re.findall(r"\d\d", what) if what.startswith("one of ") else []


def planned(what, at_home):
    """Minutes of an entry, by the rules that the page states; None where they are free."""
    if what.removesuffix(", aloud") in FREE:
        return None
    if found := sections_in(what):
        minutes = {section.number: section.minutes for section in NOTEBOOKS[found[0]].sections if not section.depth}
        return five(sum(minutes[n] for n in found[1]) * (1 if at_home else IN_CLASS))
    if found := exercises_in(what):
        assert all(number == found[0][0] for number, _ in found)
        minutes = {one.number: one.minutes for one in NOTEBOOKS[found[0][0]].exercises}
        return five(sum(minutes[n] for _, n in found))
    if found := re.match(r"quiz(?:zes)? of (.+)", what):
        return five(sum(NOTEBOOKS[f"{n:02}"].questions for n in numbers(found[1])))
    found = electives_in(what)
    assert found, f"{what!r} is nothing that a plan can hold"
    return five(max(NOTEBOOKS[number].minutes(depth=False) for number in found))


def plan(title):
    """(parts, optional): each part is (whether at home, entries), in order; and the exercises that are optional. A day
    is one part."""
    text = section_of(PAGE, title)
    parts = [part for row in table(text) for part in enumerate(map(entries, row[1:]))]
    if title == "One day":
        parts = [(False, [entry for _, some in parts for entry in some])]
    return parts, exercises_in(" ".join(re.search(r"^Optional: (.+?)\n\n", text + "\n\n", re.M | re.S)[1].split()))


PLANS = ["One day", "A lab", "Four weeks"]
each = pytest.mark.parametrize("title", PLANS)


def test_how_plans_are_read():
    assert numbers("1, 3 and 5 to 7") == [1, 3, 5, 6, 7]
    text = "01, sections 1 to 3 (25), in pairs; break (10); 01, exercise 2 (5); let them argue"
    assert entries(text) == [("01, sections 1 to 3", 25), ("break", 10), ("01, exercise 2", 5)]
    assert sections_in("17, sections 1 to 5") == ("17", [1, 2, 3, 5]), "what is depth is left out"
    assert exercises_in("01, exercises 4 to 6; 03, exercise 1") == [("01", 4), ("01", 5), ("01", 6), ("03", 1)]
    assert electives_in("one of 07, 08 and 10") == ["07", "08", "10"]
    assert planned("01, sections 1 and 2", at_home=True) == five(11)
    assert planned("01, sections 1 and 2", at_home=False) == five(13.75)
    assert needs()["16"] == {"02": set(range(1, 9)), "15": {1, 2}}


@each
def test_every_entry_has_its_minutes(title):
    parts, _ = plan(title)
    assert sum(len(some) for _, some in parts) > 9
    for at_home, some in parts:
        for what, minutes in some:
            assert planned(what, at_home) in (None, minutes), what
    text = " ".join(" ".join(row[1:]) for row in table(section_of(PAGE, title)))
    named = re.findall(r"\d\d, (?:section|exercise)", text)
    read = [what for _, some in parts for what, _ in some if re.match(r"\d\d, ", what)]
    assert len(named) == len(read), "none is overlooked"


@each
def test_sessions_add_up_and_have_breaks(title):
    """Nobody sits for more than 90 minutes without one."""
    for at_home, some in plan(title)[0]:
        if not at_home:
            marks = ["|" if what in ("break", "lunch") else str(minutes) for what, minutes in some]
            stretches = " ".join(marks).split("|")
            assert len(stretches) > 1
            assert all(sum(map(int, stretch.split())) <= 90 for stretch in stretches)


def test_the_clock_of_the_day_goes_on():
    rows = table(section_of(PAGE, "One day"))
    times = [60 * int(hour) + int(minute) for hour, minute in (row[0].split(":") for row in rows)]
    lasts = [sum(minutes for _, minutes in entries(row[1])) for row in rows[:-1]]
    assert [end - begin for begin, end in pairwise(times)] == lasts


@pytest.mark.parametrize("title", PLANS[1:])
def test_a_session_is_as_long_as_its_table_says(title):
    total = int(re.search(r"^\| Session \| In .+? \((\d+)\) \|", section_of(PAGE, title), re.MULTILINE)[1])
    sessions = [sum(minutes for _, minutes in some) for at_home, some in plan(title)[0] if not at_home]
    assert set(sessions) == {total}


@each
def test_only_what_was_taught_is_used(title):
    taught = {}
    for _, some in plan(title)[0]:
        for what, _ in some:
            found = sections_in(what)
            starting = electives_in(what) + ([found[0]] if found and found[0] not in taught else [])
            for number in starting:
                for other, sections in needs()[number].items():
                    assert sections <= taught.get(other, set()), f"{number} needs {sorted(sections)} of {other}"
            if found:
                number, sections = found
                before = taught.setdefault(number, set())
                assert [*sorted(before), *sections] == NOTEBOOKS[number].core[: len(before) + len(sections)], "in order"
                before.update(sections)
            asked = {number for number, _ in exercises_in(what)}
            if quiz := re.match(r"quiz(?:zes)? of (.+)", what):
                asked = {f"{n:02}" for n in numbers(quiz[1])}
            for number in asked:
                assert taught.get(number) == set(NOTEBOOKS[number].core), f"{what} before the core of {number}"


@each
def test_every_exercise_is_assigned_or_optional(title):
    parts, optional = plan(title)
    assigned = [one for _, some in parts for what, _ in some for one in exercises_in(what)]
    used = {found[0] for _, some in parts for what, _ in some if (found := sections_in(what))}
    wanted = [(number, one.number) for number in sorted(used) for one in NOTEBOOKS[number].exercises]
    assert sorted(assigned + optional) == wanted
    depth = {(number, one.number) for number in used for one in NOTEBOOKS[number].exercises if one.depth}
    assert not depth & set(assigned), "no plan has the depth that they need"
