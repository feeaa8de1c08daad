"""What `make quiz` writes is what the bank says, read anew from each format by its published structure."""

import re
import runpy
import xml.etree.ElementTree as ET
import zipfile
from html import unescape

import nbformat
import pytest
from text2qti.config import Config
from text2qti.qti import QTI
from text2qti.quiz import Quiz

import publish.quiz
from publish.quiz import BANK, groups, html, read
from publish.quiz.cells import notebook
from publish.quiz.moodle import moodle
from publish.quiz.qti import qti

PATHS = sorted(BANK.glob("*.txt"))
every = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
QTI12 = "{http://www.imsglobal.org/xsd/ims_qtiasiv1p2}"
QTI21 = "{http://www.imsglobal.org/xsd/imsqti_v2p1}"
PACKAGE = "{http://www.imsglobal.org/xsd/imscp_v1p1}"
HOSTILE = r"""Quiz title: 01 "Less" & <more>

GROUP

Title: a < b, & "c", A
1.  Is $x < y$ & `a<b>` ]]> "so" {1} 中文?
*a) $W_{hh} > 1$
... <b>no tag</b> (section 1)
b)  \*a\* < b
... {key} (section 2)

Title: a < b, & "c", B
1.  Another?
*a) x
... y
b)  z
... y

END_GROUP
"""


def plain(markup):
    """What a reader sees of some HTML, without white space and equations."""
    markup = re.sub(r"<math.*?</math>|<img[^>]*>|\\\(.*?\\\)", "", markup, flags=re.DOTALL)
    return re.sub(r"\s", "", unescape(re.sub(r"<[^>]*>", "", markup)))


def expected(quiz):
    """Title, question, and (answer, feedback, whether it is right) of every variant, as a reader sees it."""
    seen = []
    for question in (question for variants in groups(quiz) for question in variants):
        show = [
            tuple(plain(html(question, text, lambda latex: "")) for text in (choice.choice_raw, choice.feedback_raw))
            + (choice.correct,)
            for choice in question.choices
        ]
        seen.append((question.title_raw, plain(html(question, question.question_raw, lambda latex: "")), show))
    return seen


def titles(quiz):
    """What the variants of each question have in common in their titles -> the titles."""
    both = [[variant.title_raw for variant in variants] for variants in groups(quiz)]
    return {title.removesuffix(", A"): [title, other] for title, other in both}


def without_text(root, *tags):
    """Elements that hold elements only."""
    for one in [found for tag in tags for found in root.iter(tag)]:
        assert not "".join([one.text or "", *(inner.tail or "" for inner in one)]).strip(), one.tag


def categories(text):
    """Moodle's categories, and the titles of the questions in each."""
    found = {}
    for question in ET.fromstring(text):
        if question.get("type") == "category":
            inside = found.setdefault(question.find("category/text").text, [])
        else:
            inside.append(question.find("name/text").text)
    return found


def read_moodle(text):
    assert text.startswith("<?xml ")
    root = ET.fromstring(text)
    assert root.tag == "quiz"
    for question in root.findall("question"):
        if question.get("type") == "category":
            continue
        assert question.get("type") == "multichoice"
        settings = {tag: question.find(tag).text for tag in ("single", "shuffleanswers", "answernumbering")}
        assert settings == {"single": "true", "shuffleanswers": "true", "answernumbering": "abc"}  # as Moodle spells it
        shown = [question.find("questiontext"), *question.findall("answer"), *question.findall("answer/feedback")]
        assert {one.get("format") for one in shown} == {"html"}
        answers = question.findall("answer")
        assert sorted(answer.get("fraction") for answer in answers) == ["0"] * (len(answers) - 1) + ["100"]
        show = [
            (plain(one.find("text").text), plain(one.find("feedback/text").text), one.get("fraction") == "100")
            for one in answers
        ]
        yield question.find("name/text").text, plain(question.find("questiontext/text").text), show


def read_qti12(path):
    with zipfile.ZipFile(path) as package:
        assert ET.fromstring(package.read("imsmanifest.xml")).tag.endswith("manifest")
        (name,) = (
            name for name in package.namelist() if re.search("assessment_[0-9a-f]+/[^/]*assessment_[0-9a-f]+.xml", name)
        )
        root = ET.fromstring(package.read(name))
    drawn = root.findall(f".//{QTI12}selection_number")
    assert {one.text for one in drawn} == {"1"}  # one variant of each
    assert len(root.findall(f".//{QTI12}item")) == 2 * len(drawn)
    for item in root.findall(f".//{QTI12}item"):
        scored = [
            one.find(f"{QTI12}conditionvar/{QTI12}varequal").text
            for one in item.findall(f".//{QTI12}respcondition")
            if one.find(f"{QTI12}setvar") is not None
        ]
        assert len(scored) == 1
        feedback = {one.get("ident"): one for one in item.findall(f"{QTI12}itemfeedback")}
        show = [
            (
                plain(label.find(f".//{QTI12}mattext").text),
                plain(feedback[f"{label.get('ident')}_fb"].find(f".//{QTI12}mattext").text),
                label.get("ident") == scored[0],
            )
            for label in item.findall(f".//{QTI12}response_label")
        ]
        yield item.get("title"), plain(item.find(f"{QTI12}presentation/{QTI12}material/{QTI12}mattext").text), show


def read_qti21(path, quiz):
    def shown(element):
        return plain(ET.tostring(element, "unicode").replace("ns0:", "").replace("ns1:", ""))

    with zipfile.ZipFile(path) as package:
        manifest = ET.fromstring(package.read("imsmanifest.xml"))
        files = [one.get("href") for one in manifest.findall(f".//{PACKAGE}file")]
        assert sorted(files) == sorted(set(package.namelist()) - {"imsmanifest.xml"})
        names = {one.get("identifier") for one in manifest.findall(f".//{PACKAGE}resource")}
        assert {one.get("identifierref") for one in manifest.findall(f".//{PACKAGE}dependency")} == names - {"test"}
        assert manifest.get("identifier") == "manifest-quiz"
        without_text(manifest, *(f"{PACKAGE}{tag}" for tag in ("manifest", "resources", "resource")))
        assert all(package.read(name).startswith(b"<?xml ") for name in package.namelist())
        sizes = [(one.compress_size, one.file_size) for one in package.infolist()]
        assert sum(packed for packed, _ in sizes) < sum(size for _, size in sizes) / 2
        test = ET.fromstring(package.read("test.xml"))
        assert (test.get("identifier"), test.get("title")) == ("quiz", quiz.title_raw)
        without_text(test, *(f"{QTI21}{tag}" for tag in ("assessmentTest", "testPart", "assessmentSection")))
        sections = test.findall(f".//{QTI21}assessmentSection")
        assert [section.get("title") for section in sections] == [*titles(quiz)]
        for section in sections:
            assert section.find(f"{QTI21}selection").get("select") == "1"
            assert len(section.findall(f"{QTI21}assessmentItemRef")) == 2
        for ref in test.findall(f".//{QTI21}assessmentItemRef"):
            item = ET.fromstring(package.read(ref.get("href")))
            without_text(item, f"{QTI21}assessmentItem", f"{QTI21}choiceInteraction")
            assert item.get("identifier") == ref.get("identifier")
            (key,) = (
                one.text for one in item.findall(f"{QTI21}responseDeclaration/{QTI21}correctResponse/{QTI21}value")
            )
            body = item.find(f"{QTI21}itemBody")
            interaction = body.find(f"{QTI21}choiceInteraction")
            feedback = {one.get("identifier"): shown(one) for one in item.findall(f"{QTI21}modalFeedback")}
            show = [(shown(one), feedback[one.get("identifier")], one.get("identifier") == key) for one in interaction]
            body.remove(interaction)
            yield item.get("title"), shown(body), show


def check(quiz, folder):
    QTI(quiz).save(folder / "1.zip")
    (folder / "2.zip").write_bytes(qti(quiz, "quiz"))
    said = expected(quiz)
    assert list(read_moodle(moodle(quiz))) == said
    course = f"$course$/top/{quiz.title_raw}"  # Moodle takes it for the course that the file is read into
    assert categories(moodle(quiz)) == {f"{course}/{name}": both for name, both in titles(quiz).items()}
    assert list(read_qti12(folder / "1.zip")) == said
    assert list(read_qti21(folder / "2.zip", quiz)) == said


@every
def test_every_format_says_what_the_bank_says(path, tmp_path):
    check(read(path), tmp_path)


def test_nothing_escapes(tmp_path):
    check(Quiz(HOSTILE, config=Config()), tmp_path)


def test_equations():
    quiz = Quiz(HOSTILE, config=Config())
    (question, _) = groups(quiz)[0]
    assert r"\(x &lt; y\)" in ET.fromstring(moodle(quiz)).find("question[2]/questiontext/text").text
    assert "<mo>&lt;</mo>" in html(question, "$x < y$", lambda latex: f"<mo>{latex.split()[1]}</mo>")


def test_equations_are_mathml_in_qti21(tmp_path):
    (tmp_path / "2.zip").write_bytes(qti(Quiz(HOSTILE, config=Config()), "quiz"))
    with zipfile.ZipFile(tmp_path / "2.zip") as package:
        item = ET.fromstring(package.read("question-1-A.xml"))
    math = item.findall(".//{http://www.w3.org/1998/Math/MathML}math")
    assert ["".join(one.itertext()) for one in math] == ["x<y", "Whh>1"]


@every
def test_the_right_letters_give_all_points_and_others_none(path):
    for variant in (0, 1):
        made = notebook(read(path), variant)
        nbformat.validate(made)
        assert (made.metadata.kernelspec.name, made.metadata.kernelspec.language) == ("python3", "python")
        assert [cell.cell_type for cell in made.cells[:4]] == ["markdown", "markdown", "code", "code"]
        assert made.cells[0].source.startswith(f"# {read(path).title_raw}\n\n")
        for number, variants in enumerate(groups(read(path)), start=1):
            cells = {cell.id: cell for cell in made.cells}
            check = cells[f"question-{number}-check"]
            assert (check.metadata.nbgrader.points, check.metadata.nbgrader.locked) == (1, True)
            answer = cells[f"question-{number}-answer"]
            assert (answer.metadata.nbgrader.solution, answer.metadata.nbgrader.grade) == (True, False)
            assert (check.metadata.nbgrader.grade, check.metadata.nbgrader.grade_id) == (True, check.id)
            assert answer.metadata.nbgrader.grade_id == answer.id
            head, _, asked = cells[f"question-{number}"].source.partition("\n\n- ")
            assert head == f"**{number}.** {variants[variant].question_raw}"
            asked = f"- {asked}".splitlines()
            assert len(asked) == len(variants[variant].choices)
            passed = ""
            for letter, choice in zip("abcdefgh", variants[variant].choices, strict=False):
                assert f"- **{letter})** {choice.choice_raw}" in asked
                said = answer.source.replace('""', f'" {letter.upper()}"')
                passed += letter if verdict(said, check.source) is None else ""
                if not choice.correct:
                    assert verdict(said, check.source) == choice.feedback_raw
                else:
                    right = letter
            assert passed == right
            assert verdict(answer.source, check.source) == "not one of the letters"


def verdict(*sources):
    """What the check says to an answer; None if it gives the point."""
    names = {}
    try:
        for source in sources:
            exec(source, names)
    except AssertionError as error:
        return str(error)


def test_an_answer_that_says_yes_to_everything_gets_nothing():
    (check,) = (cell.source for cell in notebook(read(PATHS[0]), 0).cells if cell.id == "question-1-check")
    cheat = "class Any(str):\n    __eq__ = lambda *_: True\n    strip = lower = lambda self: self\nanswer_1 = Any('no')"
    assert verdict(cheat, check) == "not one of the letters"


def test_students_get_no_key():
    source = "\n".join(cell.source for cell in notebook(read(PATHS[0]), 0).cells)
    kept = re.sub(r"### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS", "", source, flags=re.DOTALL)
    assert "assert" in source
    assert "assert" not in kept


def test_the_command_writes_every_file(tmp_path, monkeypatch):
    monkeypatch.setattr(publish.quiz, "WRITTEN", tmp_path / "_quiz")
    runpy.run_module("publish.quiz", run_name="__main__")
    endings = (".xml", "_qti12.zip", "_qti21.zip", "_A.ipynb", "_B.ipynb")
    expected = {path.stem + ending for path in PATHS for ending in endings}
    assert {path.name for path in (tmp_path / "_quiz").iterdir()} == expected
