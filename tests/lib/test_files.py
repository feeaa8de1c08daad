"""load_reviews(): the reviews of any file, or one clear sentence."""

import gzip

import pandas as pd
import pytest

from seqmem_lib import load_reviews


def write(tmp_path, content, name="mine.csv", encoding="utf-8"):
    data = content if isinstance(content, bytes) else content.encode(encoding)
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


TEXTS = ["N A", 'she said "no",\nand\r\nleft', "房间很小，但是很干净"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.CSV.gz", "a.tsv.gz", "a.jsonl.gz"])
@pytest.mark.filterwarnings("ignore:.*is read as GB18030")
def test_formats_and_encodings(tmp_path, name, encoding):
    table = pd.DataFrame({"id": [1, 2, 3], "label": [0, 1, 1], "review": TEXTS})
    if "json" in name:
        content = table.to_json(orient="records", lines=True, force_ascii=False)
    else:
        content = table.to_csv(index=False, sep="\t" if "tsv" in name else ",", lineterminator="\r\n")
    loaded = load_reviews(write(tmp_path, content, name, encoding))
    assert loaded["text"].tolist() == TEXTS
    assert loaded["label"].tolist() == [0, 1, 1]
    assert list(loaded.columns) == ["text", "label"]


@pytest.mark.parametrize("pair", ["0 1", "neg Pos", "NEGATIVE positive", "负 正", "差评 好评", "-1 1", " 0 ; 1 "])
def test_labels(tmp_path, pair):
    bad, good = pair.split(";" if ";" in pair else " ")
    path = write(tmp_path, f"Sentiment,Text\n{good},a\n{bad},b\n\n{good},c\n")
    assert load_reviews(path)["label"].tolist() == [1, 0, 1]


def test_named_columns(tmp_path):
    path = write(tmp_path, "text,review,stars,label\na,b,1,0\nc,d,0,1\n")
    table = load_reviews(str(path), text="review", label="stars")
    assert table.to_dict("list") == {"text": ["b", "d"], "label": [1, 0]}


def test_rows_without_a_text_are_left_out(tmp_path):
    path = write(tmp_path, 'text,label\n"two\nlines",0\n,1\na,1\n  ,?\n' + "\t,0\n" * 5)
    with pytest.warns(
        UserWarning, match=r"^path='.*mine\.csv': rows without a text are left out: lines 4, 6, 7, 8, 9 and 2 more$"
    ) as caught:
        assert load_reviews(path)["text"].tolist() == ["two\nlines", "a"]
    assert [warning.filename for warning in caught] == [__file__]
    path = write(
        tmp_path, '{"text": null, "label": 0}\n{"text": "a", "label": 0}\n\n{"text": "b", "label": 1}', "a.jsonl"
    )
    with pytest.warns(UserWarning, match=r"left out: line 1$"):
        assert len(load_reviews(path)) == 2


HEAD = 'text,label\r\n"two\r\nlines",0\r\nb,1\r\n'  # the next line is the fifth
FAULTS = {
    "unknown label": (HEAD + "c,3\nd,bad\ne,3\n", "unknown labels, '3' on lines 5, 7; 'bad' on line 6: use 0 and 1"),
    "neutral": (HEAD + "c,-1\n", "labels are both -1 and 0: if 0 is neutral, drop those rows"),
    "too many fields": (HEAD + "c,d,1\n", "line 5 has 3 fields, not the 2 that line 1 names: put quotes around"),
    "too few fields": (HEAD + "c\n", "line 5 has 1 fields"),
    "quote never closed": (
        HEAD + '"c,1\nd,0\ne,1\n',
        r"line 5 has broken quotes \(unexpected end of data\): write \"\"",
    ),
    "quote in the middle": (HEAD + '"c" d,1\n', "line 5 has broken quotes"),
    "old line ends": ('text,label\r"a\rb",0\rc,?\r', r"'\?' on line 4"),
    "one class": ("text,label\na,1\nb,1\n", "its 2 reviews are of one class only: both 0 and 1 are needed"),
    "empty file": ("", "it is empty: it must hold reviews"),
    "only a header": ("text,label\n", "no row after the first line"),
    "no label column": (
        "text,stars\na,1\n",
        r"no columns of the label \(known are label, .*\) among text, stars: rename",
    ),
    "two text columns": ("text,review,label\na,b,1\n", "2 columns of the text .* among text, review, label"),
    "twice the same": ("text,label,text\na,1,b\n", "2 columns of the text"),
    "no header": ("good,1\nbad,0\n", "no columns of the text .* among good, 1"),
    "latin-1": (
        (HEAD + "caf\u00e9,1\n").encode("latin-1"),
        "line 5 is neither UTF-8 nor surely Chinese in GB18030: save the file as UTF-8, or name its encoding",
    ),
    "half of UTF-16": (HEAD.encode("utf-16")[:-1], "line 5 is not in the encoding utf-16: save the file as UTF-8"),
    "damaged UTF-8": (
        (HEAD + "房间很好服务早餐酒店不错,1\n").encode() + "房间,0\n".encode()[2:],  # GB18030 could read this
        "line 6 is neither UTF-8",
    ),
    "a byte that is in no encoding": ((HEAD + "„ so,1\n").encode() + b"\xff,0\n", "line 6 is neither UTF-8"),
    "old line ends, no encoding": (b"text,label\ra,0\r\xff,1\r", "line 3 is neither UTF-8"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_a_csv(tmp_path, fault):
    content, match = FAULTS[fault]
    with pytest.raises(ValueError, match=rf"^path='.*mine\.csv': .*{match}") as caught:
        load_reviews(write(tmp_path, content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (
            '{"text": "a", "label": 0}\n\n{"text": "b", "label": 1\n',
            r"line 3 is not valid JSON \(.+\): write one object",
        ),
        ('{"text": "a", "label": 0}\n["b", 1]\n', "line 2 is not a JSON object"),
        ('{"text": "a", "label": 0}\n{"text": "b"}\n', "line 2 lacks 'label': every line needs both"),
        ('{"text": "a", "label": 0}\n{"label": 1}\n', "line 2 lacks 'text'"),
        ('{"text": "a", "label": 0}\n{"text": 5, "label": 1}\n', "line 2: text is 5, but must be a text"),
        ('{"text": "a", "label": 0}\n{"text": "b", "label": null}\n', r"line 2 has no label \(None\): write one"),
        ("\n", "it is empty"),
    ],
)
def test_faults_of_jsonl(tmp_path, content, match):
    with pytest.raises(ValueError, match=match):
        load_reviews(write(tmp_path, content, "mine.jsonl"))


def test_files_that_are_none(tmp_path):
    for path in (tmp_path, tmp_path / "gone.csv"):
        with pytest.raises(FileNotFoundError, match=r"^path='.*' is not a file: name a \.csv, \.tsv or \.jsonl file"):
            load_reviews(path)
    with pytest.raises(ValueError, match=r"its name must end in \.csv, \.tsv or \.jsonl"):
        load_reviews(write(tmp_path, HEAD, "mine.xlsx"))
    path = write(tmp_path, HEAD, "mine.csv.gz")
    whole = path.read_bytes()
    for content in (whole[:-9], HEAD.encode(), whole[:15] + b"\xff\xff" + whole[17:]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="it is not a whole gzip file"):
            load_reviews(path)
    with pytest.raises(ValueError, match=r"no columns called 'stars' among text, label"):
        load_reviews(write(tmp_path, HEAD), label="stars")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl"])
def test_lines_end_in_three_ways(tmp_path, name, end):
    lines = ['{"text": "a", "label": 0}', "", '{"text": "b", "label": 1}', '{"text": "c", "label": "?"}']
    if name != "a.jsonl":
        lines = [line.replace(" ", {"a.csv": ",", "a.tsv": "\t"}[name]) for line in ("text label", "a 0", "b 1", "c ?")]
    loaded = load_reviews(write(tmp_path, end.join(lines[:-1]), name))
    assert loaded.to_dict("list") == {"text": ["a", "b"], "label": [0, 1]}
    with pytest.raises(ValueError, match=r"unknown labels, '\?' on line 4: "):
        load_reviews(write(tmp_path, end.join([*lines, ""]), name))


@pytest.mark.parametrize("length", [119, 120, 121, 300])
def test_of_a_long_path_its_end_is_named(length, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    path = ("0123456789/" * 30)[: length - 4] + ".csv"
    name = path if length <= 120 else "..." + path[length - 117 :]
    with pytest.raises(FileNotFoundError) as refused:
        load_reviews(path)
    assert str(refused.value) == f"path={name!r} is not a file: name a .csv, .tsv or .jsonl file, or its .gz"
