"""load_reviews(): files as spreadsheets, pandas, R, databases and people write them, row by row against pandas."""

import csv
import gzip
import io
import json
import tarfile

import pandas as pd
import pytest

from seqmem_lib import load_reviews

TEXTS = [
    "Warm, funny; over too soon.",
    'She said "no", twice',
    "two\nlines",
    "Größe – très long…",
    "5'11\" tall",
    'ends with a quote "',
    "房间很小，但是干净",
    "C:\\new and a\\b",
    "  spaces  ",
    "10, out of 10",
    "it was 3,5 stars | more",
]
TABLE = pd.DataFrame({"text": TEXTS, "label": [1, 0] * 5 + [1]})


def write(tmp_path, content, name="mine.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def excel(table, separator, quoted='"\n\r'):
    """As Excel writes: quotes only where they are needed, CRLF between rows, LF in a cell."""

    def cell(value):
        value = str(value)
        return '"' + value.replace('"', '""') + '"' if any(c in value for c in quoted + separator) else value

    rows = [separator.join(map(cell, row)) for row in [table.columns, *table.itertuples(index=False)]]
    return "\r\n".join(rows) + "\r\n"


def r_table(table, separator, names=True, escape='\\"'):
    """As R's write.table and write.csv do: texts and names of rows in quotes, and no name above these."""
    quoted = ['"' + text.replace('"', escape) + '"' for text in table["text"]]
    head = ['"text"', '"label"']
    if separator == "," and names:
        head = ['""', *head]  # of write.csv
    rows = zip(quoted, map(str, table["label"]), strict=True)
    rows = [[f'"{k}"'] * names + [*row] for k, row in enumerate(rows, start=1)]
    return "\n".join(separator.join(row) for row in [head, *rows]) + "\n"


def plain(table, characters='"\n\t'):
    """Without what the form cannot hold."""
    return table[[not any(c in text for c in characters) for text in table["text"]]].reset_index(drop=True)


WESTERN = TABLE[["房" not in text for text in TEXTS]].reset_index(drop=True)
NO_BACKSLASH = TABLE[["\\" not in text for text in TEXTS]].reset_index(drop=True)
# what wrote it -> name, content, encoding, the options with which pandas reads it, and those of load_reviews
MADE = {
    "Excel, English": ("a.csv", excel(TABLE, ","), "utf-8-sig", {}, {}),
    "Excel, German": ("a.csv", excel(WESTERN, ";"), "cp1252", {"sep": ";"}, {"encoding": "cp1252"}),
    "Excel, Chinese": (
        "a.csv",
        excel(NO_BACKSLASH[~NO_BACKSLASH["text"].str.contains("ö")], ","),
        "gb18030",
        {},
        {"encoding": "gb18030"},
    ),
    "Excel, Unicode text": ("a.tsv", excel(TABLE, "\t", '",\n\r'), "utf-16", {"sep": "\t"}, {}),
    "Excel, with sep=": ("a.csv", "sep=;\r\n" + excel(TABLE, ";"), "utf-8", {"sep": ";", "skiprows": 1}, {}),
    "pandas": ("a.csv", TABLE.to_csv(index=False), "utf-8", {}, {}),
    "pandas, with its index": ("a.csv", TABLE.to_csv(), "utf-8", {}, {}),
    "pandas, with its index, again": (
        "a.csv",
        pd.read_csv(io.StringIO(TABLE.to_csv())).to_csv(),
        "utf-8",
        {},
        {},
    ),
    "pandas, tabs": ("a.tsv", TABLE.to_csv(index=False, sep="\t"), "utf-8", {"sep": "\t"}, {}),
    "pandas, tabs in a .csv": ("a.csv", TABLE.to_csv(index=False, sep="\t"), "utf-8", {"sep": "\t"}, {}),
    "pandas, bars": ("a.csv", TABLE.to_csv(index=False, sep="|"), "utf-8", {"sep": "|"}, {}),
    "pandas, all in quotes": ("a.csv", TABLE.to_csv(index=False, quoting=csv.QUOTE_ALL), "utf-8", {}, {}),
    "pandas, backslashes": (
        "a.csv",
        TABLE.to_csv(index=False, escapechar="\\", doublequote=False),
        "utf-8",
        {"escapechar": "\\", "doublequote": False},
        {},
    ),
    "R, write.csv": ("a.csv", r_table(TABLE, ",", escape='""'), "utf-8", {}, {}),
    "R, write.csv2": ("a.csv", r_table(TABLE, ";", names=False, escape='""'), "utf-8", {"sep": ";"}, {}),
    "R, write.table": (
        "a.csv",
        r_table(NO_BACKSLASH, " "),
        "utf-8",
        {"sep": " ", "escapechar": "\\", "index_col": 0},
        {},
    ),
    "R, write.table with tabs": (
        "a.tsv",
        r_table(NO_BACKSLASH, "\t"),
        "utf-8",
        {"sep": "\t", "escapechar": "\\", "index_col": 0},
        {},
    ),
    "a database": (
        "a.csv",
        "text,label\n"
        + "".join(
            '"{}","{}"\n'.format(text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\\n"), label)
            for text, label in TABLE.itertuples(index=False)
        ),
        "utf-8",
        {"escapechar": "\\"},
        {},
    ),
    "by hand": (
        "a.csv",
        '\n\nlabel, text\n\n1, good\n0, "bad, really"\n   \n1, fine "enough"\n0, "so ""so"""',
        "utf-8",
        {"skipinitialspace": True},
        {},
    ),
    "by hand, without quotes": (
        "a.tsv",
        plain(TABLE).to_csv(index=False, sep="\t", quoting=csv.QUOTE_NONE),
        "utf-8",
        {"sep": "\t", "quoting": csv.QUOTE_NONE},
        {},
    ),
    "by a machine of old": (
        "a.csv",
        plain(TABLE).to_csv(index=False, lineterminator="\r"),
        "utf-8",
        {"engine": "python"},
        {},
    ),
}


@pytest.mark.parametrize("made", MADE)
def test_row_by_row_as_pandas_reads_it(tmp_path, made):
    name, content, encoding, options, asked = MADE[made]
    path = write(tmp_path, content, name, encoding)
    table = load_reviews(path, **asked)
    expected = pd.read_csv(path, encoding=encoding, keep_default_na=False, **options)
    assert len(table) > 3
    assert table["text"].tolist() == expected["text"].tolist()
    assert table["label"].tolist() == expected["label"].tolist()
    if "hand" not in made:
        there = dict(TABLE.itertuples(index=False))
        assert all(there[text] == label for text, label in table.itertuples(index=False))


def test_a_trailing_separator(tmp_path):
    path = write(tmp_path, "text;label;\ngood;1;\nbad;0;\n")
    assert load_reviews(path).to_dict("list") == {"text": ["good", "bad"], "label": [1, 0]}
    with pytest.raises(ValueError, match="line 2 has 3 fields, not the 2 that line 1 names"):
        load_reviews(write(tmp_path, "text,label\ngood,1,\nbad,0,\n"))  # or is the comma of the text?


def test_names_of_rows_are_numbers(tmp_path):
    """One field more in every row is a number that R wrote, or else a comma in every text."""
    path = write(tmp_path, 'text,label\n7,good,1\n"12",bad,0\n')
    assert load_reviews(path)["text"].tolist() == ["good", "bad"]
    for rows in ("good, nice,1\nbad, ugly,0\n", "1,good,1\n1,bad,0\n", "1,good,1\nbad,0\n"):
        with pytest.raises(ValueError, match=r"line [23] has [23] fields"):
            load_reviews(write(tmp_path, "text,label\n" + rows))


def test_separators_in_the_names(tmp_path):
    path = write(tmp_path, "stars|my text|mark\n3|a, b; c|1\n1|d|0\n")
    assert load_reviews(path, text="my text", label="mark")["text"].tolist() == ["a, b; c", "d"]
    path = write(tmp_path, "stars, my text, mark\n3, a, 1\n1, d, 0\n")
    assert load_reviews(path, text="my text", label="mark")["text"].tolist() == ["a", "d"]
    path = write(tmp_path, "text;review;label\na;b;1\nc;d;0\n")
    with pytest.raises(ValueError, match=r"2 columns of the text .* among text, review, label"):
        load_reviews(path)
    assert load_reviews(path, text="review")["text"].tolist() == ["b", "d"]
    for said in ("sep=;", '"sep=;"', "SEP=;"):
        path = write(tmp_path, f"{said}\r\ntext;label\r\na,b;1\r\nc;2\r\nd;0\r\n")
        with pytest.raises(ValueError, match="'2' on line 4"):
            load_reviews(path)


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("good film,1\nbad film,0\nso-so,1\n", {}),
        ("good film,1\nbad film,0\nso-so,1\n", {"text": "good film", "label": "1"}),
        ("negative\tbad\npositive\tgood\nnegative\tlong\n", {"label": "negative", "text": "bad"}),
        ("good,ja\nbad,nein\nlong,nein\nshort,ja\n", {"labels": {"ja": 1, "nein": 0}, "label": "ja", "text": "good"}),
    ],
)
def test_no_names_above_the_first_review(tmp_path, content, options):
    with pytest.raises(ValueError, match=r"line 1 seems to be a review, .*write .*text,label.* above"):
        load_reviews(write(tmp_path, content, "mine.tsv" if "\t" in content else "mine.csv"), **options)


def test_names_that_are_numbers(tmp_path):
    table = pd.DataFrame([["a", 1], ["b", 0]])
    for content in (table.to_csv(), table.to_csv(index=False)):
        loaded = load_reviews(write(tmp_path, content), text="0", label="1")
        assert loaded.to_dict("list") == {"text": ["a", "b"], "label": [1, 0]}
    path = write(tmp_path, "text,positive\na,1\nb,0\n")  # whether it is positive
    assert load_reviews(path, label="positive")["label"].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("bad", "good"),
    [("0.0", "1.0"), ("-1.0", "+1"), ("False", "True"), ("FALSE", "TRUE"), ('"0,0"', '"1,00"'), ("0.", "1.000")],
)
def test_numbers_and_truths(tmp_path, bad, good):
    path = write(tmp_path, f"text,label\na,{good}\nb,{bad}\nc,{good}\n")
    assert load_reviews(path)["label"].tolist() == [1, 0, 1]


def test_truths_of_json(tmp_path):
    rows = [("a", True), ("b", False), ("c", 1.0), ("d", 0), ("e", "pos")]
    content = "\n".join(json.dumps({"text": text, "label": label}) for text, label in rows)
    assert load_reviews(write(tmp_path, content, "a.jsonl"))["label"].tolist() == [1, 0, 1, 0, 1]


def test_a_decimal_comma_between_semicolons(tmp_path):
    path = write(tmp_path, "text;label\na, b;1,0\nc;0,0\n")
    assert load_reviews(path).to_dict("list") == {"text": ["a, b", "c"], "label": [1, 0]}
    with pytest.raises(ValueError, match="'0,5' on line 2; '1,000' on line 3"):
        load_reviews(write(tmp_path, "text;label\na;0,5\nc;1,000\nd;1\n"))


@pytest.mark.parametrize(
    ("marks", "labels"),
    [
        (["1", "2"], {1: 0, 2: 1}),
        (["1.0", "2"], {"1": 0, 2.0: 1}),
        (["1", "0"], {1: 0, 0: 1}),
        (["1", "-1"], {-1: 1, 1: 0}),
        (["TRUE", "false"], {True: 0, False: 1}),
        (["Mies", "Gut"], {"mies": 0, " GUT ": 1}),
        (["0.5", "5"], {0.5: 0, 5: 1}),
        (["NULL", "x"], {"NULL": 0, "x": 1}),
        (["1", "2", "4", "5"], {1: 0, 2: 0, 4: 1, 5: 1}),
    ],
)
def test_labels_in_their_own_words(tmp_path, marks, labels):
    path = write(tmp_path, "text,label\n" + "".join(f"{k},{mark}\n" for k, mark in enumerate(marks)))
    half = len(marks) // 2
    assert load_reviews(path, labels=labels)["label"].tolist() == [0] * half + [1] * half


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([1, 0], TypeError, r'^labels must be a dict such as \{"bad": 0, "good": 1\}, not \[1, 0\]'),
        ({(1, 2): 0}, TypeError, "^labels must be a dict such as"),
        ({"a": 0, "b": 2}, ValueError, r"^labels\['b'\] must be a whole number from 0 to 1, not 2"),
        ({"a": 0, "b": True}, ValueError, r"^labels\['b'\] must be a whole number"),
        ({"a": 0, "b": 0}, ValueError, "^labels must say what is 0 and what is 1"),
        ({}, ValueError, "^labels must say what is 0"),
        ({"a": 0, "A": 1}, ValueError, "^labels has both 0 and 1 for 'A'"),
        ({"a": 0, "c": 1}, ValueError, "unknown labels, 'b' on line 3: say with labels= what they mean, too$"),
    ],
)
def test_labels_that_do_not_do(tmp_path, labels, error, message):
    with pytest.raises(error, match=message):
        load_reviews(write(tmp_path, "text,label\n1,a\n2,b\n"), labels=labels)


def test_two_unknown_labels_are_a_pair(tmp_path):
    fix = r"'2' on lines 2, 4: replace each \.\.\. by 0 or 1 in labels=\{'1': \.\.\., '2': \.\.\.\}$"
    with pytest.raises(ValueError, match=fix):
        load_reviews(write(tmp_path, "text,label\na,2\nb,1\nc,2\n"))


@pytest.mark.parametrize("cell", ["NULL", r"\N", "NA", "", "nan", "#N/A"])
def test_cells_that_hold_nothing(tmp_path, cell):
    with pytest.warns(UserWarning, match=r"mine\.csv': rows without a text are left out: line 3$"):
        assert load_reviews(write(tmp_path, f"text,label\na,0\n{cell},1\nb,1\n"))["text"].tolist() == ["a", "b"]
    with pytest.raises(ValueError, match=r"line 3 has no label \(.*\): write one, or take the row out"):
        load_reviews(write(tmp_path, f"text,label\na,0\nb,{cell}\nc,1\n"))


def test_a_name_that_stands_twice(tmp_path):
    path = write(tmp_path, "id,text,label,id\n1,a,0,2\n3,b,1,4\n")
    assert load_reviews(path)["text"].tolist() == ["a", "b"]
    for header in ("label,text,label", "text,label,text"):
        with pytest.raises(ValueError, match="2 columns of the"):
            load_reviews(write(tmp_path, f"{header}\n1,a,0\n0,b,1\n"))
    with pytest.raises(ValueError, match=r"line 1 is not valid JSON \(one name stands twice\)"):
        load_reviews(write(tmp_path, '{"text": "a", "label": 0, "label": 1}\n', "a.jsonl"))


def test_long_texts(tmp_path):
    """The csv module stops at 131,072 characters, and said that quotes were broken."""
    limit = csv.field_size_limit()
    for text in ("wort " * 40_000, "a,b\n" * 40_000):
        path = write(tmp_path, pd.DataFrame({"text": [text, "b"], "label": [1, 0]}).to_csv(index=False))
        assert load_reviews(path)["text"].tolist() == [text, "b"]
    assert csv.field_size_limit() == limit


# --- quotes that are none --------------------------------------------------------------------------------

SWALLOWED = '"Great film{s}1\nbad{s}0\nlong{s}0\nso-so"{s}1\nfine{s}1\n'


def test_a_quote_that_is_closed_three_rows_later(tmp_path):
    path = write(tmp_path, "text\tlabel\n" + SWALLOWED.format(s="\t"), "a.tsv")
    with pytest.warns(UserWarning, match="quotes are read as they stand, because one on line 2 is not of its field"):
        table = load_reviews(path)
    assert table["text"].tolist() == ['"Great film', "bad", "long", 'so-so"', "fine"]
    assert table["label"].tolist() == [1, 0, 0, 1, 1]
    path = write(tmp_path, "text,label\nx,0\n" + SWALLOWED.format(s=","))
    with pytest.warns(UserWarning, match=r"line 3 opens a quote and makes one row of lines that look like several"):
        table = load_reviews(path)
    assert table["text"].tolist()[1:] == ["Great film,1\nbad,0\nlong,0\nso-so", "fine"]  # as it is written
    path = write(tmp_path, 'label\ttext\n1\t"Great film\n0\tbad\n1\tso-so"\n', "a.tsv")
    with pytest.warns(UserWarning, match="line 2"):
        assert load_reviews(path)["text"].tolist() == ['"Great film', "bad", 'so-so"']


@pytest.mark.parametrize(
    "rows",
    [
        'text,label\n"good,1\nbad",0\nfine,1\n',  # two lines
        'label,text\n1,"good, long\n0,bad\nso-so"\n0,fine\n',  # only the one between looks like a row
    ],
)
def test_few_lines_within_a_text_look_like_rows(tmp_path, rows):
    with pytest.warns(UserWarning, match="line 2 opens a quote and makes one row of lines"):
        assert len(load_reviews(write(tmp_path, rows))) == 2


def test_a_backslash_before_another_character_is_its_own(tmp_path):
    path = write(tmp_path, '"text" "label"\n"1" "she said \\"C:\\new\\" :\\" 1\n"2" "a\\b" 0\n'.replace(':\\"', ':"'))
    assert load_reviews(path)["text"].tolist() == ['she said "C:\\new" :', "a\\b"]


def test_quotes_of_a_text_between_tabs(tmp_path):
    content = 'text\tlabel\n"Great" film\t1\nnot "so" great\t0\n"never closed\t0\n'
    with pytest.warns(UserWarning, match="one on line 2"):
        table = load_reviews(write(tmp_path, content, "a.tsv"))
    assert table["text"].tolist() == ['"Great" film', 'not "so" great', '"never closed']
    with pytest.raises(ValueError, match="line 5 has 1 fields"):
        load_reviews(write(tmp_path, content + "x\n", "a.tsv"))
    with pytest.raises(ValueError, match="line 4 has broken quotes"):  # the others are quotes of the file
        load_reviews(write(tmp_path, 'text\tlabel\n"a ""b"""\t0\nc\t1\n"d" e\t1\n', "a.tsv"))
    with pytest.raises(ValueError, match="line 2 has broken quotes"):
        load_reviews(write(tmp_path, content.replace("\t", ",")))


def test_a_quote_that_nothing_opens(tmp_path):
    """A text of two lines, of which the second looks like a row once a quote stands at the end of the first."""
    path = write(tmp_path, 'label,text\n1,"1, plot"\n0, cast"\n')
    with pytest.warns(UserWarning, match="line 3 ends in a quote that nothing opens"):
        assert load_reviews(path)["text"].tolist() == ["1, plot", ' cast"']
    path = write(tmp_path, 'label,text\n1,"it is 5\'11"""\n0,5\'11" tall\n1,"so ""so"""\n0,the "end"\n')
    assert load_reviews(path)["text"].tolist() == ["it is 5'11\"", "5'11\" tall", 'so "so"', 'the "end"']


def test_texts_of_several_lines_are_no_trouble(tmp_path):
    texts = ["Three things:\n1. plot\n2. cast", "one, two\nthree, four\n\nfive", "a\r\nb"]
    for separator in ",;\t|":
        content = pd.DataFrame({"label": [1, 0, 1], "text": texts}).to_csv(index=False, sep=separator)
        assert load_reviews(write(tmp_path, content))["text"].tolist() == texts


def test_lines_that_end_in_two_ways(tmp_path):
    """Of a line end in two bytes one may have been lost, and what is left of the other stands in a text."""
    for content, line in (
        ("text,label\r\na,1\r\nb,0\rXc,1\r\n", 3),
        ("label,text\r\n1,a\r\n0,bX\n1,c\r\n", 3),
        ("text,label\na,1\nb,0\r\n", 3),
    ):
        with pytest.warns(UserWarning, match=rf"mine\.csv': line {line} ends in another way than the first line"):
            load_reviews(write(tmp_path, content))


# --- files of another kind -------------------------------------------------------------------------------


def test_other_kinds_by_name(tmp_path):
    for name, fix in {
        "a.xlsx": 'save it as "CSV UTF-8" in your spreadsheet',
        "a.XLS": 'save it as "CSV UTF-8"',
        "a.parquet": r"try pd\.read_parquet\(path\)\.to_csv",
        "a.json": r"try pd\.read_json\(path\)\.to_json",
        "a.json.gz": r"try pd\.read_json",
        "a.zip": "unpack it",
        "a.tar.gz": "unpack it",
        "a.txt": r"call it \.tsv",
    }.items():
        with pytest.raises(ValueError, match=rf"its name must end in \.csv, \.tsv or \.jsonl, .*{fix}"):
            load_reviews(write(tmp_path, "text,label\na,1\nb,0\n", name))


def test_other_kinds_by_what_they_hold(tmp_path):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(write(tmp_path, "text,label\na,1\nb,0\n"), "train.csv")
    for data, kind, fix in [
        (b"PK\x03\x04....", "zip", "unpack it"),
        (b"\xd0\xcf\x11\xe0....", "xls", "CSV UTF-8"),
        (b"PAR1....", "parquet", "read_parquet"),
        (packed.getvalue(), "tar", "unpack it"),
        (b"<!DOCTYPE html><p>", "html", "name a file of reviews"),
        (gzip.compress(b"text,label"), "gz", r"end its name in \.gz too"),
    ]:
        for name, content in (("a.csv", data), ("a.jsonl.gz", gzip.compress(data))):
            with pytest.raises(ValueError, match=rf"it holds no text, but a file of the kind \.{kind}: .*{fix}"):
                load_reviews(write(tmp_path, content, name))


def test_other_json(tmp_path):
    rows = [{"text": "long " * 10_000, "label": k % 2} for k in range(4)]
    for content, match in [
        (json.dumps(rows), r"line 1 opens a JSON array: write one object per line, such as with pd\.read_json"),
        (json.dumps(rows, indent=1), "line 1 opens a JSON array"),
        (json.dumps({"data": rows}, indent=1), "line 1 is not valid JSON"),
        (json.dumps({"text": ["a"], "label": [0]}), r"line 1: text is \['a'\], but must be a text"),
        ("[" * 100_000, "line 1 opens a JSON array"),
        ('{"a": ' * 100_000, r"line 1 is not valid JSON \((maximum recursion|Stack overflow)"),  # since Python 3.14
        ('{"text": "half \\ud83d", "label": 1}', r"line 1 is not valid JSON \(surrogates not allowed\)"),
        (f'{{"text": "a", "label": {"9" * 5000}}}', r"line 1 is not valid JSON \(Exceeds the limit"),
        (f'{{"text": "a", "label": {"9" * 3000}}}', r"unknown labels, '9{30}' on line 1"),
    ]:
        with pytest.raises(ValueError, match=match) as refused:
            load_reviews(write(tmp_path, content, "mine.jsonl"))
        assert len(str(refused.value)) <= 400


def test_messages_stay_short(tmp_path):
    long = "x" * 300
    for content, options in [
        (f"{long},{long}\na,b\n" * 2, {}),
        (",".join(f"{long}{k}\ny" for k in range(500)) + "\n", {}),
        (",".join(f"{long}{k}" for k in range(500)) + "\n", {}),
        (f"text,label\n{long},{long}\na,{long}1\nb,{long}2\nc,1\n", {}),
        (f"text,label\n{long},{long}\na,1\n", {"labels": {"1": 1, "0": 0}}),
        ("text,label\na,1\n", {"text": long}),
        ("text,label\na,1\n", {"encoding": long}),
        (f'{{"text": "a", "label": "{long}"}}\n', {}),
        (f'{{"{long}": 1, "b": "a"}}\n', {"text": long, "label": "b"}),
    ]:
        name = "n" * 200 + (".jsonl" if content.startswith("{") else ".csv")
        folder = tmp_path / ("f" * 200)
        folder.mkdir(exist_ok=True)
        with pytest.raises(ValueError, match=r"path=|encoding=") as refused:
            load_reviews(write(folder, content, name), **options)
        assert len(str(refused.value)) <= 400
        assert "\n" not in str(refused.value)
