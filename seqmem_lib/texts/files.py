"""Reviews of your own, from a file."""

import csv
import gzip
import io
import json
import os
import re
import warnings
import zlib
from pathlib import Path

import pandas as pd

from ..arguments import check_path, check_text

SPLITS = ("train", "test")

TEXT_COLUMNS = ("text", "review", "content", "comment", "sentence")
LABEL_COLUMNS = ("label", "sentiment", "class", "polarity")
LABELS = {"-1": 0, "0": 0, "neg": 0, "negative": 0, "负": 0, "差评": 0}
LABELS |= {"1": 1, "pos": 1, "positive": 1, "正": 1, "好评": 1}

Rows = list[tuple[int, dict]]  # of each row, the line on which it begins, and column -> value


def load_reviews(path: str | os.PathLike, *, text: str | None = None, label: str | None = None) -> pd.DataFrame:
    """Your own reviews, in the order of the file, with the columns text and label (0 negative, 1 positive).

    path : a .csv (commas), .tsv (tabs) or .jsonl (one JSON object per line) file, or one of these compressed as .gz,
        in UTF-8 or GB18030. The first line of a .csv or .tsv names its columns.
    text, label : the columns. If omitted, the one called text, review, content, comment or sentence, and the one
        called label, sentiment, class or polarity.

    Labels may be 0 or 1, -1 or 1, neg or pos, negative or positive, 负 or 正, 差评 or 好评; capitals do not matter.
    Rows without a text are left out, and one warning says on which lines they are.

    Raises FileNotFoundError if there is no such file, TypeError if path is no path or a column no text, and ValueError,
    with the line, if it cannot be read as this.
    """
    for name, column in {"text": text, "label": label}.items():
        if column is not None:
            check_text(name, column)
    return read_reviews("path", check_path("path", path), text=text, label=label)


def read_reviews(source: str, path: Path, *, split: str | None = None, **columns: str | None) -> pd.DataFrame:
    """A file of reviews; of one split, if it tells them apart. `source` is what named the path."""
    if not path.is_file():
        raise FileNotFoundError(f"{source}={str(path)!r} is not a file: name a .csv, .tsv or .jsonl file, or its .gz")
    try:
        names, rows = _read_rows(path)
        if split:
            if "split" not in names:
                raise ValueError("it has no column split, which says train or test: add one")
            for line, row in rows:
                if row["split"] not in SPLITS:
                    raise ValueError(f"line {line}: split is {row['split']!r}, but must be train or test")
            rows = [(line, row) for line, row in rows if row["split"] == split]
        return _to_table(names, rows, **columns)
    except ValueError as error:
        raise ValueError(f"{source}={str(path)!r}: {error}") from None


def _decode(path: Path) -> str:
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix.lower() == ".gz" else data
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise ValueError("it is not a whole gzip file: compress it again, or leave out .gz") from None
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        end = error.start
    # GB18030 gives a meaning to nearly all bytes. If UTF-8 went well so far, the file is UTF-8 and damaged.
    if sum(char > "\x7f" for char in data[:end].decode("utf-8")) < 10:
        try:
            return data.decode("gb18030").removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            end = max(end, error.start)
    line = len(re.findall(rb"\r\n|\r|\n", data[:end])) + 1
    raise ValueError(f"line {line} is neither UTF-8 nor GB18030: save the file as UTF-8")


def _read_rows(path: Path) -> tuple[list[str], Rows]:
    """The columns and the rows, whatever the format. Raises ValueError with the line."""
    kind = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if kind not in ("csv", "tsv", "jsonl"):
        raise ValueError("its name must end in .csv, .tsv or .jsonl, or one of these and .gz")
    lines = io.StringIO(_decode(path), newline="")
    columns, rows = _parse_jsonl(lines) if kind == "jsonl" else _parse_csv(lines, "\t" if kind == "tsv" else ",")
    if not rows:
        raise ValueError("it is empty: it must hold reviews" if not columns else "it holds no row after the first line")
    return columns, rows


def _parse_csv(lines: io.StringIO, delimiter: str) -> tuple[list[str], Rows]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    columns, rows, line = [], [], 1
    try:
        for fields in reader:
            if not columns:
                columns = fields
            elif fields and len(fields) != len(columns):
                count = f"{len(fields)} fields, not the {len(columns)} that line 1 names"
                raise ValueError(f"line {line} has {count}: put quotes around a text that holds the separator")
            elif fields:  # none if the line is blank
                rows.append((line, dict(zip(columns, fields, strict=True))))
            line = reader.line_num + 1  # a quoted text may have taken several lines
    except csv.Error as error:
        raise ValueError(f'line {line} has broken quotes ({error}): write "" for a quote in a text') from None
    return columns, rows


def _parse_jsonl(lines: io.StringIO) -> tuple[list[str], Rows]:
    rows = []
    for line, content in enumerate(lines, start=1):
        if content.strip():
            try:
                row = json.loads(content)
            except ValueError as error:
                raise ValueError(f"line {line} is not valid JSON ({error}): write one object per line") from None
            if not isinstance(row, dict):
                raise ValueError(f'line {line} is not a JSON object: write one like {{"text": ..., "label": 1}}')
            rows.append((line, row))
    return list(rows[0][1]) if rows else [], rows


def _column(columns: list[str], what: str, name: str | None, known: tuple[str, ...]) -> str:
    """The column that is named, or else the one with a known name."""
    found = [column for column in columns if (column.strip().lower() in known if name is None else column == name)]
    if len(found) != 1:
        wanted = f"called {name!r}" if name is not None else f"of the {what} (known are {', '.join(known)})"
        there = ", ".join(column[:30] for column in columns)
        raise ValueError(f"{len(found) or 'no'} columns {wanted} among {there}: rename one, or name it with {what}=")
    return found[0]


def _to_table(columns: list[str], rows: Rows, text: str | None = None, label: str | None = None) -> pd.DataFrame:
    """Rows -> the columns text and label."""
    text = _column(columns, "text", text, TEXT_COLUMNS)
    label = _column(columns, "label", label, LABEL_COLUMNS)
    kept, empty, unknown, given = [], [], {}, set()
    for line, row in rows:
        if text not in row or label not in row:
            raise ValueError(f"line {line} lacks {label if text in row else text!r}: every line needs both")
        words, mark = row[text], str(row[label]).strip().lower()
        if words is None or (isinstance(words, str) and not words.strip()):
            empty.append(line)
        elif not isinstance(words, str):
            raise ValueError(f"line {line}: {text} is {words!r}, but must be a text")
        elif mark not in LABELS:
            unknown.setdefault(mark, []).append(line)
        else:
            kept.append((words, LABELS[mark]))
            given.add(mark)
    if unknown:
        names = "; ".join(f"{mark!r} on {_on_lines(where)}" for mark, where in list(unknown.items())[:3])
        raise ValueError(f"unknown labels, {names}: use 0 and 1, or one of the pairs that load_reviews knows")
    if {"-1", "0"} <= given:
        raise ValueError("its labels are both -1 and 0: if 0 is neutral, drop those rows; two classes are needed")
    table = pd.DataFrame(kept, columns=["text", "label"])
    if table["label"].nunique() < 2:
        raise ValueError(f"its {len(table)} reviews are of one class only: both 0 and 1 are needed")
    if empty:
        warnings.warn(f"rows without a text are left out: {_on_lines(empty)}", stacklevel=4)
    return table


def _on_lines(lines: list[int]) -> str:
    shown = ", ".join(map(str, lines[:5]))
    return f"line{'s' if len(lines) > 1 else ''} {shown}" + (f" and {len(lines) - 5} more" if len(lines) > 5 else "")
