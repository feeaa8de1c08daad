"""load_reviews(): a file that was damaged is read rightly, or something is said; never a wrong row in silence.

SEQMEM_FUZZ=10000 damages so many files instead of 500. They are the same in every run, unless SEQMEM_DRAW=1 is set.
"""

import os
import random
import re
import warnings
from collections import Counter
from math import ceil
from typing import NamedTuple

import pytest

from seqmem_lib import load_reviews

DRAWS = int(os.environ.get("SEQMEM_FUZZ", 500))

PLAIN = ["Warm and funny.", "A bore", "so-so", "Never again!", "I wept, twice", "fine: see it", "no plot", "très bien"]
QUOTED = [
    '"Great" they say',
    'so "so',
    'it ends "well"',
    '"all of it"',
    "one,\ntwo",
    "a\n\nb; c",
    "5'11\"",
    "1, 2\n0, 3",
]
CHINESE = [
    "房间很小，但是很干净。",
    "电影太长了",
    "音乐很好，我哭了两次",
    "无聊",
    "服务不错，下次还会来",
    "没有意思",
    "好",
    "一般",
]
LABELS = [1, 0, 0, 1, 0, 1, 0, 1]


def minimal(text, separator=","):
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in f'"\n{separator}') else text


class Form(NamedTuple):
    texts: list
    head: str  # up to the first row
    row: str  # with {id}, {text} and {label}
    write: callable = minimal
    name: str = "mine.csv"
    encoding: str = "utf-8"
    asked: dict | None = None
    mark: bytes = b""


def always(text):
    return '"' + text.replace('"', '""') + '"'


def escaped(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def in_json(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


MIXED = PLAIN[:4] + QUOTED[4:]
FORMS = {
    "text first": Form(PLAIN, "text,label\n", "{text},{label}\n"),
    "text first, quoted": Form(QUOTED, "text,label\n", "{text},{label}\n"),
    "text last": Form(MIXED, "id,label,text\n", "{id},{label},{text}\n"),
    "words": Form(MIXED, "sentiment,review\n", "{word},{text}\n"),
    "all quoted": Form(QUOTED, '"text","label"\r\n', '{text},"{label}"\r\n', always),
    "German": Form(
        PLAIN,
        "id;text;label\r\n",
        "{id};{text};{label}\r\n",
        lambda text: minimal(text, ";"),
        encoding="cp1252",
        asked={"encoding": "cp1252"},
    ),
    "tabs, plain": Form(PLAIN, "text\tlabel\n", "{text}\t{label}\n", str, "mine.tsv"),
    "tabs, quoted": Form(QUOTED, "label\ttext\n", "{label}\t{text}\n", lambda text: minimal(text, "\t"), "mine.tsv"),
    "JSON": Form(MIXED, "", '{"id": {id}, "text": {text}, "label": {label}}\n', in_json, "mine.jsonl"),
    "GB18030": Form(CHINESE, "label,review\n", "{label},{text}\n", encoding="gb18030", asked={"encoding": "gb18030"}),
    "UTF-16": Form(
        MIXED,
        "text\tlabel\r\n",
        "{text}\t{label}\r\n",
        lambda text: minimal(text, "\t"),
        "mine.tsv",
        "utf-16-le",
        mark=b"\xff\xfe",
    ),
    "R": Form(MIXED, '"text" "label"\n', '"{id}" {text} {label}\n', escaped),
    "a database": Form(QUOTED, "id,text,label\n", '"{id}",{text},"{label}"\n', escaped),
}


class Row(NamedTuple):
    text: str
    label: int
    place: range  # of its bytes in the file, and of those of its fields
    text_place: range
    label_place: range


def build(form):
    """The file, and where each row stands in it."""
    data = form.mark + form.head.encode(form.encoding)
    rows = []
    for k, (text, label) in enumerate(zip(form.texts, LABELS, strict=True)):
        word = ("negative", "positive")[label]
        start, places = len(data), {}
        for part in re.split(r"\{(id|text|label|word)\}", form.row):
            fields = {"id": str(k + 1), "text": form.write(text), "label": str(label), "word": word}
            written = fields.get(part, part).encode(form.encoding)
            places[part] = range(len(data), len(data) + len(written))
            data += written
        label_place = places.get("label", places.get("word"))
        rows.append(Row(text, label, range(start, len(data)), places["text"], label_place))
    end = rows[-1].text_place.stop
    if not data[end:].strip():  # a file need not end in a line end, so what this becomes may be of the last text
        rows[-1] = rows[-1]._replace(text_place=range(rows[-1].text_place.start, len(data)))
    return data, rows


def change(data, draw, quote):
    """What was done, the new file, and the bytes of the old one that it touched."""
    kind = draw.choice(["flip", "any", "delete", "insert", "special", "quote", "two quotes", "swap", "cut"])
    at = draw.randrange(len(data))
    special = draw.choice([b'"', b",", b"\t", b";", b"\n", b"\r", b"\\", b"'", b"\0", b" ", b"|", b"\xe9", b"\xb5\xc4"])
    if kind == "flip":
        return kind, data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :], (at, at + 1)
    if kind == "any":
        return kind, data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :], (at, at + 1)
    if kind == "delete":
        end = min(at + draw.choice([1, 1, 2]), len(data))
        return kind, data[:at] + data[end:], (at, end)
    if kind == "insert":
        return kind, data[:at] + bytes([draw.randrange(256)]) + data[at:], (at, at)
    if kind == "special":
        return kind, data[:at] + special + data[at:], (at, at)
    if kind == "quote":  # at the beginning of a field
        at = draw.choice([k + 1 for k, byte in enumerate(data[:-1]) if byte in b",\t;\n "] or [0])
        return kind, data[:at] + quote + data[at:], (at, at)
    if kind == "two quotes":  # the first at the beginning of a field, the second at the end of one
        starts = [k + 1 for k, byte in enumerate(data[:-1]) if byte in b",\t;\n"]
        ends = [k for k, byte in enumerate(data) if byte in b",\t;\n"]
        first = draw.choice(starts or [0])
        last = draw.choice([k for k in ends if k > first] or [len(data)])
        return kind, data[:first] + quote + data[first:last] + quote + data[last:], (first, last)
    if kind == "swap":
        lines = data.splitlines(keepends=True)
        one, other = sorted(draw.sample(range(len(lines)), 2))
        start, end = len(b"".join(lines[:one])), len(b"".join(lines[: other + 1]))
        lines[one], lines[other] = lines[other], lines[one]
        return kind, b"".join(lines), (start, end)
    return kind, data[:at], (at, len(data))


def meets(place, touched):
    """Whether the change was within a field, or what was put in stands next to it."""
    start, end = touched
    return place.start <= start <= place.stop if start == end else start < place.stop and place.start < end


def wrong(rows, got, kind, touched):
    """What is wrong with the rows that were read without a word; None if nothing is."""
    before = [row for row in rows if row.place.stop < touched[0] + (kind == "cut")]
    after = [row for row in rows if row.place.start > touched[1]]
    middle = rows[len(before) : len(rows) - len(after)]
    end = len(got) - len(after)
    for expected, there in ((before, got[: len(before)]), (after, got[end:])):
        if [(row.text, row.label) for row in expected] != there:
            return f"rows that were not touched: {there}"
    there = got[len(before) : end]
    if kind == "cut":  # what is gone is gone; the last row may have been cut
        whole = all(new == (row.text, row.label) for new, row in zip(there[:-1], middle, strict=False))
        last = not there or middle[len(there) - 1].text.startswith(there[-1][0].rstrip('"'))
        return None if whole and last and len(there) <= len(middle) else f"after the cut: {there}"
    if len(there) != len(middle):
        return f"{len(there)} rows in place of {len(middle)}: {there}"
    if kind == "swap":  # whole rows in another order, or lines within one text
        moved = Counter(label for _, label in there) == Counter(row.label for row in middle)
        return None if moved else f"other labels: {there}"
    for row, (text, label) in zip(middle, there, strict=True):
        if text != row.text and not meets(row.text_place, touched):
            return f"{text!r} in place of {row.text!r}"
        if label != row.label and not meets(row.label_place, touched):
            return f"{label} in place of {row.label} for {text!r}"
    return None


@pytest.mark.parametrize("name", FORMS)
def test_no_wrong_row_in_silence(tmp_path, name):
    form = FORMS[name]
    data, rows = build(form)
    path = tmp_path / form.name
    path.write_bytes(data)
    table = load_reviews(path, **(form.asked or {}))
    assert [*table.itertuples(index=False, name=None)] == [(row.text, row.label) for row in rows]
    draw = random.Random(os.urandom(8) if os.environ.get("SEQMEM_DRAW") else name)
    faults, refused = [], 0
    for _ in range(ceil(DRAWS / len(FORMS))):
        kind, damaged, touched = change(data, draw, '"'.encode(form.encoding))
        path.write_bytes(damaged)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                got = [*load_reviews(path, **(form.asked or {})).itertuples(index=False, name=None)]
                messages = [str(one.message) for one in said]
                fault = None if said else wrong(rows, got, kind, touched)
            except ValueError as error:
                messages, fault = [str(error)], None
                refused += 1
        if any(len(one) > 400 or "\n" in one or not one.startswith("path=") for one in messages):
            fault = f"the message {messages}"
        if fault:
            faults.append((kind, damaged, fault))
    assert not faults, f"{len(faults)}, such as {faults[0]}"
    assert refused > 0
