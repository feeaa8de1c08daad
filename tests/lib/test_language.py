"""The language in which the library speaks: its catalogues are whole, and English stays as it is."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from html import unescape
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from spoken import OF_CHECKS, left_in, names, sentences

import seqmem_lib as sm
from seqmem_lib.language import CATALOGUES, NUMBER, language, tag, tr, tr_joined, tr_label

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("0[1-7]_*.ipynb"))
CHINESE = re.compile(r"[\u3001-\u303f\u4e00-\u9fff\uff01-\uff60]")


@pytest.fixture
def chinese():
    sm.use_language("zh")
    yield
    sm.use_language("en")


def entries():
    """English -> (Chinese, the files that say it), of what widgets and figures say; the verdicts of checks aside."""
    with (CATALOGUES / "zh.po").open("rb") as file:
        found = {one.id: (one.string, {path for path, _ in one.locations}) for one in read_po(file) if one.id}
    return {english: one for english, one in found.items() if one[1] and not any(map(OF_CHECKS.search, one[1]))}


def test_it_is_switched_back_and_forth():
    assert (language(), tag(), tr("step")) == ("en", "", "step")
    sm.use_language("zh")
    assert (language(), tag(), tr("step")) == ("zh", "zh-CN", "步")
    assert tr("unit {unit}", unit=3) == "单元 3"
    assert tr("a sentence that no catalogue has, {n}", n=3) == "a sentence that no catalogue has, 3"
    with pytest.raises(ValueError, match=r"^name='xx' is no language of ours: choose one of 'en', 'zh'$"):
        sm.use_language("xx")
    assert language() == "zh"
    sm.use_language("en")
    assert (tr("step"), tr_label("bias 3"), tr_joined(["One.", "Two."])) == ("step", "bias 3", "One. Two.")


def test_a_language_of_your_own(tmp_path, monkeypatch):
    """What its catalogue has no words for, or is not sure of, stays English; pages call it by its name."""
    entries = 'msgid ""\nmsgstr "header"\n\nmsgid "step"\nmsgstr "Schritt"\n\nmsgid "unit"\nmsgstr ""\n\n'
    (tmp_path / "de.po").write_text(entries + '#, fuzzy\nmsgid "units"\nmsgstr "Einheit"\n', encoding="utf-8")
    monkeypatch.setattr("seqmem_lib.language.CATALOGUES", tmp_path)
    sm.use_language("de")
    try:
        assert (tag(), [tr(one) for one in ("step", "unit", "units", "")]) == ("de", ["Schritt", "unit", "units", ""])
    finally:
        sm.use_language("en")


@pytest.mark.parametrize(
    ("name", "said"), [("", "step"), ("en", "step"), ("zh", "步"), ("no", "SEQMEM_LANGUAGE='no' is")]
)
def test_the_environment_chooses_at_the_beginning(name, said):
    code = "from seqmem_lib.language import tr; print(tr('step'))"
    environment = os.environ | {"SEQMEM_LANGUAGE": name, "PYTHONUTF8": "1"}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8"
    )
    assert said in result.stdout + result.stderr
    assert (result.returncode == 0) == (name != "no")


def test_a_label_has_one_entry_for_all_its_numbers(chinese):
    assert tr_label("bias 3") == "偏置 3"
    assert tr_label("bias -1.5") == "偏置 -1.5"
    assert tr_label("seconds for 1,200 passes, forward and backward, on this machine").startswith("1,200 次")
    assert NUMBER.findall("layer 0, forward: 1,200.5 of 2,000, or 3") == ["0", "1,200.5", "2,000", "3"]
    assert tr_label("bias {0}") == "偏置 {0}"
    assert tr_label("h_{3} of nobody") == "h_{3} of nobody"
    assert tr_joined(["一。", "二。"]) == "一。二。"
    assert tr_joined(["a typed “。 ”", "", "三。", "四"]) == "a typed “。 ” 三。四"  # what a reader typed stays


def test_every_sentence_has_its_entry_and_every_entry_its_sentence():
    said = {english: {at for at in files if not at.endswith(".ipynb")} for english, (_, files) in entries().items()}
    said = {english: files for english, files in said.items() if files}  # the others are labels of a notebook
    assert len(said) > 150
    assert said == sentences()


def test_braces_agree_and_each_entry_is_chinese():
    for english, (chinese, _) in entries().items():
        assert names(english) == names(chinese), english
        assert CHINESE.search(chinese) or not left_in(re.sub(r"\{\w+\}", "", english)), english
        assert not re.search(r"[,;:!?] *[\u4e00-\u9fff]|[\u4e00-\u9fff][,;:!?]", chinese), f"{chinese}: Chinese signs"
        beside = r"[\u4e00-\u9fff][A-Za-z0-9{}]|[A-Za-z0-9{}][\u4e00-\u9fff]"
        assert not re.search(beside, chinese), f"{chinese}: a space between Chinese and other letters"


def shown_by(path):
    """What a notebook shows: (the data of its widgets, the alternative texts of its pictures), and its code with what
    that prints."""
    cells = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    shown = ["".join(output.get("data", {}).get("text/html", "")) for cell in cells for output in cell["outputs"]]
    data = [json.loads(unescape(one)) for html in shown for one in re.findall(r" data-sent='([^']*)'", html)]
    alts = [unescape(one) for html in shown for one in re.findall(r'<img [^>]*?alt="([^"]*)"', html)]
    printed = ["".join(output.get("text", "")) for cell in cells for output in cell["outputs"]]
    return data, alts, "\n".join(["".join(cell["source"]) for cell in cells] + printed)


def labels_in(data, key=""):
    """The texts that a widget was given to show."""
    if isinstance(data, dict):
        settings = data["values"] if {*data} == {"name", "values"} else []  # of a slider
        settings = [value for value in settings if isinstance(value, str)]
        return settings + [text for key, value in data.items() for text in labels_in(value, key)]
    if isinstance(data, list) and key in ("views", "panels", "readouts", "curves", "sliders", "reference"):
        return [text for one in data for text in labels_in(one, key if key == "reference" else "")]
    if isinstance(data, list) and key in ("inputs", "checkpoints"):
        return data
    said = ("label", "name", "xlabel", "ylabel", "differIn", "reference")
    return [data] if isinstance(data, str) and key in said else []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_widget_and_no_picture_of_a_notebook_keeps_a_label_in_english(path, chinese):
    """By what is stored: widgets hold their labels, and the alternative text of a picture says its own."""
    data, alts, _ = shown_by(path)
    labels = {label for one in data for label in labels_in(one)}
    assert {label: left for label in labels if (left := left_in(tr_label(label)))} == {}
    assert len(alts) >= 6
    # Not by what scripts alone say: their short words would hide a label that is not known.
    messages = [english for english, (_, files) in entries().items() if any(not at.endswith(".js") for at in files)]
    parts = [part for english in messages for part in re.split(r"\{\w+\}", english) if left_in(part)]
    known = {re.sub(r"^[^A-Za-z]+|[^A-Za-z]+$", "", part) for part in parts}
    texts = {word for one in data for token in one.get("tokens") or () for word in token.split()}  # stay as they are
    for alt in (re.sub(r"Tokens: .*?\. (?=Below)", "", alt) for alt in alts):
        for part in sorted(known, key=len, reverse=True):
            alt = re.sub(rf"(?<![A-Za-z]){re.escape(part)}(?![A-Za-z])", " ", alt, flags=re.IGNORECASE)
        assert set(left_in(alt)) <= texts, alt


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_label_of_the_catalogue_is_in_its_notebook(path):
    data, alts, code = shown_by(path)
    shown = "\n".join([code, *alts, *(label for one in data for label in labels_in(one))])
    labels = [english for english, (_, files) in entries().items() if path.name in files]
    assert labels
    for label in labels:
        pattern = re.sub(r"\\{\d+\\}", lambda _: NUMBER.pattern, re.escape(label)).replace("\\\n", r"(\n|\\n)")
        assert re.search(pattern, shown) or label in formatted(code), label


def formatted(code):
    """The patterns of f-strings, with their fields numbered as a catalogue has them."""

    def numbered(text):
        places = iter(range(9))
        return re.sub(r"\{[^{}]*\}", lambda _: f"{{{next(places)}}}", text)

    return set(map(numbered, re.findall(r'f"([^"]*)"', code)))


def test_no_entry_stands_twice():
    text = (CATALOGUES / "zh.po").read_text("utf-8")
    twice = [one for one, count in Counter(re.findall(r"^msgid (.*)$", text, re.MULTILINE)).items() if count > 1]
    assert twice == []
