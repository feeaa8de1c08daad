"""Reviews of your own, from a file."""

import gzip
import os
import re
import warnings
import zlib
from functools import partial
from numbers import Real
from pathlib import Path

import pandas as pd

from ..arguments import check_path, check_text, shown, whole_number
from .encodings import check_encoding, decode
from .rows import Rows, parse_csv, parse_jsonl

SPLITS = ("train", "test")

TEXT_COLUMNS = ("text", "review", "content", "comment", "sentence")
LABEL_COLUMNS = ("label", "sentiment", "class", "polarity")
LABELS = {"-1": 0, "0": 0, "false": 0, "neg": 0, "negative": 0, "负": 0, "差评": 0}
LABELS |= {"1": 1, "true": 1, "pos": 1, "positive": 1, "正": 1, "好评": 1}
MISSING = {"", "NULL", "null", r"\N", "NA", "<NA>", "N/A", "#N/A", "NaN", "nan", "None"}

# what another kind of file is made into, by the end of its name
FIXES = dict.fromkeys(("xlsx", "xlsm", "xls", "ods"), 'save it as "CSV UTF-8" in your spreadsheet')
FIXES |= dict.fromkeys(("zip", "tar", "tgz", "7z", "rar", "bz2", "xz", "zst"), "unpack it, and name the file in it")
FIXES |= {kind: f'try pd.read_{kind}(path).to_csv("mine.csv", index=False)' for kind in ("parquet", "feather")}
FIXES["json"] = 'try pd.read_json(path).to_json("mine.jsonl", orient="records", lines=True)'
FIXES["txt"] = "call it .tsv if tabs stand between its columns, or else .csv"
# and by its first bytes, whatever its name
STARTS = {b"PK\x03\x04": "zip", b"\xd0\xcf\x11\xe0": "xls", b"PAR1": "parquet", b"BZh": "bz2", b"\xfd7zXZ": "xz"}
STARTS |= {b"\x1f\x8b": "gz", b"7z\xbc\xaf": "7z", b"ARROW1": "feather", b"%PDF": "pdf", b"<!DOCTYPE": "html"}


def load_reviews(
    path: str | os.PathLike,
    *,
    text: str | None = None,
    label: str | None = None,
    labels: dict | None = None,
    encoding: str | None = None,
) -> pd.DataFrame:
    """Your own reviews, in the order of the file, with the columns text and label (0 negative, 1 positive).

    path : a .csv, .tsv or .jsonl (one JSON object per line) file, or one of these compressed as .gz
    text, label : the columns. If omitted, the one called text, review, content, comment or sentence, and the one
        called label, sentiment, class or polarity.
    labels : what stands for 0 and what for 1 in the file, such as {"bad": 0, "good": 1}. If omitted, labels may be 0
        or 1, -1 or 1, false or true, neg or pos, negative or positive, 负 or 正, 差评 or 好评. Capitals do not matter,
        and 1.0 is 1.
    encoding : any that Python knows, such as "cp1252". If omitted, what a byte order mark says, or UTF-8; or GB18030,
        with a warning, if the text is then surely Chinese. The table says which it was: table.attrs["encoding"].

    The first line of a .csv or .tsv names its columns. Commas, semicolons, tabs, | or spaces stand between them. A text
    may stand in quotes, and a quote in it is written "" or \\". Where tabs stand between columns, quotes that do not
    fit are read as they stand, with a warning. A warning also says on which lines rows without a text (or with NULL, NA
    or \\N) are left out, and if a quote has made one row of lines that look like several.

    Raises FileNotFoundError if there is no such file, OSError if it cannot be opened, TypeError if path is no path, a
    column or encoding no text, or labels no dict, and ValueError, with the line, if the file cannot be read as this:
    other kinds of files and encodings, broken quotes, a row with more or fewer fields than there are columns, an
    unknown or missing label, reviews of one class only.

    >>> from pathlib import Path
    >>> _ = Path("mine.csv").write_text("label,text\\npositive,I loved it.\\nnegative,How dull.\\n")
    >>> sm.load_reviews("mine.csv")["label"].tolist()
    [1, 0]
    """
    for name, column in {"text": text, "label": label}.items():
        if column is not None:
            check_text(name, column)
    meanings, encoding = check_labels(labels), check_encoding(encoding)
    path = check_path("path", path)
    return read_reviews("path", path, text=text, label=label, meanings=meanings, encoding=encoding)


def check_labels(labels: dict | None) -> dict[str, int]:
    """mark -> 0 or 1. Raises TypeError if it is no dict, ValueError unless it leads to both."""
    if labels is None:
        return LABELS
    if not isinstance(labels, dict) or not all(isinstance(key, str | Real | None) for key in labels):
        raise TypeError(f'labels must be a dict such as {{"bad": 0, "good": 1}}, not {shown(labels)}')
    meanings = {}
    for key, value in labels.items():
        number = whole_number(f"labels[{shown(key)}]", value, 0, 1)
        if meanings.setdefault(_mark(key), number) != number:
            raise ValueError(f"labels has both 0 and 1 for {shown(key)}: capitals and .0 make no difference")
    if set(meanings.values()) != {0, 1}:
        raise ValueError(f"labels must say what is 0 and what is 1, not {shown(labels)}")
    return meanings


def _mark(value) -> str:
    """A label as it is looked up: 1, 1.0, "+1" and "1,00" are one."""
    mark = str(value).strip().lower()
    number = re.fullmatch(r"([+-]?[0-9]{1,9})(\.0*|,00?)?", mark)
    return str(int(number[1])) if number else mark


def read_reviews(
    source: str,
    path: Path,
    *,
    split: str | None = None,
    text: str | None = None,
    label: str | None = None,
    meanings: dict[str, int] = LABELS,
    encoding: str | None = None,
) -> pd.DataFrame:
    """A file of reviews; of one split, if it tells them apart. `source` is what named the path."""
    name = str(path) if len(str(path)) <= 120 else "..." + str(path)[-117:]
    if not path.is_file():
        raise FileNotFoundError(f"{source}={name!r} is not a file: name a .csv, .tsv or .jsonl file, or its .gz")
    try:
        kind = _kind(path)
        content, found = decode(_bytes(path), encoding)
        find = partial(_find, text=text, label=label)
        if kind == "jsonl":
            (columns, rows), notes = parse_jsonl(content), []
        else:
            columns, rows, notes = parse_csv(content, kind, find, lambda field: _mark(field) in meanings)
        if not rows:
            raise ValueError("it holds no row after the first line" if columns else "it is empty: it must hold reviews")
        if split:
            rows = _of_split(columns, rows, split)
        table, more = _to_table(rows, columns, *find(columns), meanings)
    except ValueError as error:
        raise ValueError(f"{source}={name!r}: {error}") from None
    if found == "gb18030" and not encoding:
        start = next(one for one in table["text"] if not one.isascii())[:20]
        notes.append(f"it is not UTF-8, and is read as GB18030 ({start!r}): if this is right, say encoding='gb18030'")
    for note in notes + more:
        warnings.warn(f"{source}={name!r}: {note}", stacklevel=3)
    table.attrs["encoding"] = found
    return table


def _kind(path: Path) -> str:
    kind = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if kind not in ("csv", "tsv", "jsonl"):
        fix = f"; {FIXES[kind]}" if kind in FIXES else ""
        raise ValueError(f"its name must end in .csv, .tsv or .jsonl, or one of these and .gz{fix}")
    return kind


def _bytes(path: Path) -> bytes:
    """What the file holds, unpacked. Raises ValueError if it is of another kind than its name says."""
    data = path.read_bytes()
    if path.suffix.lower() == ".gz":
        try:
            data = gzip.decompress(data)
        except (gzip.BadGzipFile, EOFError, zlib.error):
            raise ValueError("it is not a whole gzip file: compress it again, or leave out .gz") from None
    kind = next((kind for start, kind in STARTS.items() if data.startswith(start)), None)
    kind = "tar" if data[257:262] == b"ustar" else kind
    if kind:
        fix = FIXES.get(kind, "end its name in .gz too" if kind == "gz" else "name a file of reviews")
        raise ValueError(f"it holds no text, but a file of the kind .{kind}: {fix}")
    return data


def _find(columns: list[str], text: str | None, label: str | None) -> tuple[str, str]:
    return _column(columns, "text", text, TEXT_COLUMNS), _column(columns, "label", label, LABEL_COLUMNS)


def _column(columns: list[str], what: str, name: str | None, known: tuple[str, ...]) -> str:
    """The column that is named, or else the one with a known name."""
    found = [column for column in columns if (column.strip().lower() in known if name is None else column == name)]
    if len(found) != 1:
        wanted = f"called {shown(name)}" if name is not None else f"of the {what} (known are {', '.join(known)})"
        there = ", ".join(" ".join(column[:20].split()) for column in columns[:5]) + ", ..." * (len(columns) > 5)
        fix = f"rename one, or name it with {what}="
        if not found and any(_mark(column) in LABELS for column in columns):
            fix = "line 1 seems to be a review, so write a line of names, such as text,label, above it"
        raise ValueError(f"{len(found) or 'no'} columns {wanted} among {there}: {fix}")
    return found[0]


def _of_split(columns: list[str], rows: Rows, split: str) -> Rows:
    if columns.count("split") != 1:
        raise ValueError("it has no column split, which says train or test: add one")
    for line, row in rows:
        if row.get("split") not in SPLITS:
            raise ValueError(f"line {line}: split is {shown(row.get('split'))}, but must be train or test")
    return [(line, row) for line, row in rows if row["split"] == split]


def _to_table(
    rows: Rows, columns: list[str], text: str, label: str, meanings: dict[str, int]
) -> tuple[pd.DataFrame, list[str]]:
    """Rows -> the columns text and label, and a sentence on the rows that are left out."""
    kept, empty, unknown, given = [], [], {}, set()
    for line, row in rows:
        if text not in row or label not in row:
            raise ValueError(f"line {line} lacks {shown(label if text in row else text)}: every line needs both")
        words, mark = row[text], _mark(row[label])
        if words is None or (isinstance(words, str) and words.strip() in MISSING):
            empty.append(line)
            continue
        if not isinstance(words, str):
            raise ValueError(f"line {line}: {' '.join(text.split())[:40]} is {shown(words)}, but must be a text")
        given.add(mark)
        if mark in meanings:
            kept.append((words, meanings[mark]))
        elif row[label] is None or str(row[label]).strip() in MISSING:
            raise ValueError(f"line {line} has no label ({shown(row[label])}): write one, or take the row out")
        else:
            unknown.setdefault(mark, []).append(line)
    if unknown:
        raise ValueError(_unknown(unknown, given, meanings))
    if {"-1", "0"} <= given and meanings is LABELS:
        raise ValueError("its labels are both -1 and 0: if 0 is neutral, drop those rows; two classes are needed")
    counted = [column for column in columns if column not in ("", "Unnamed: 0")]
    if _mark(label) in given and counted != [str(k) for k in range(len(counted))]:  # as pandas calls nameless columns
        raise ValueError(f"line 1 seems to be a review, with the label {label!r}: write text,label on a line above it")
    table = pd.DataFrame(kept, columns=["text", "label"])
    if table["label"].nunique() < 2:
        raise ValueError(f"its {len(table)} reviews are of one class only: both 0 and 1 are needed")
    return table, [f"rows without a text are left out: {_on_lines(empty)}"] * bool(empty)


def _unknown(unknown: dict[str, list[int]], given: set[str], meanings: dict[str, int]) -> str:
    names = "; ".join(f"{mark[:30]!r} on {_on_lines(where)}" for mark, where in list(unknown.items())[:3])
    if meanings is not LABELS:
        fix = "say with labels= what they mean, too"
    elif len(given) == 2 and max(map(len, given)) <= 20:
        fix = f"replace each ... by 0 or 1 in labels={{{', '.join(f'{mark!r}: ...' for mark in sorted(given))}}}"
    else:
        fix = "use 0 and 1, or one of the pairs that load_reviews knows"
    return f"unknown labels, {names}: {fix}"


def _on_lines(lines: list[int]) -> str:
    shown = ", ".join(map(str, lines[:5]))
    return f"line{'s' if len(lines) > 1 else ''} {shown}" + (f" and {len(lines) - 5} more" if len(lines) > 5 else "")
