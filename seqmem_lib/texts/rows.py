"""The rows of a file, and the lines on which they stand: CSV in the ways in which people write it, and JSON lines."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

from ..arguments import LARGEST

Rows = list[tuple[int, dict]]  # of each row, the line on which it begins, and column -> value
Find = Callable[[list[str]], tuple[str, str]]  # columns -> those of the text and the label, or ValueError

SEPARATORS = {"csv": ",;\t| ", "tsv": "\t,;| "}  # the usual one first; R writes spaces


class Fault(ValueError):
    """What is wrong on a line."""

    def __init__(self, line: int, what: str):
        super().__init__(f"line {line} {what}")
        self.line = line


def parse_csv(content: str, kind: str, find: Find, is_label: Callable[[str], bool]) -> tuple[list[str], Rows, list]:
    """The columns, the rows, and sentences on what had to be decided. Raises ValueError with the line."""
    content, header, options = _dialect(content, kind, find)
    if not header:
        return [], [], []
    label = find(header)[1]
    readings = [(content, options)]
    if '\\"' in content:
        readings.append((_backslashes(content), options | {"escapechar": "\\"}))
    found, doubt, faults, notes = None, None, [], []
    for text, how in readings:
        try:
            found = _parse(text, how)
            doubt = _swallowed(text, *found, options["delimiter"], label, is_label)
            break
        except Fault as fault:
            faults.append(fault)
    if doubt:
        notes = [f'line {doubt} opens a quote and makes one row of lines that look like several: write "" for a mark']
    if options["delimiter"] == "\t" and (doubt or not found) and '""' not in content:
        try:  # most such files are written without quotes, and those in them are only marks in a text
            plain = _parse(content, options | {"quoting": csv.QUOTE_NONE})
            if label in plain[0]:
                line = doubt or faults[0].line
                found, notes = plain, [f"quotes are read as they stand, because one on line {line} is not of its field"]
        except Fault as fault:
            faults.append(fault)
    if not found:
        raise max(faults, key=lambda fault: fault.line)
    columns, rows = found
    if not notes and (odd := _closes_nothing(content, rows)):
        notes.append(f'line {odd} ends in a quote that nothing opens: write "" for a mark, in a text in quotes')
    if odd := _ends_otherwise(content, rows):
        notes.append(f"line {odd} ends in another way than the first line: see whether it is whole")
    return columns, [(line, dict(zip(columns, fields, strict=True))) for line, fields in rows], notes


def _backslashes(content: str) -> str:
    """For a file in which a database or R has put them before quotes: those before other characters, doubled."""
    return re.sub(r'\\(["\\\r\n])|\\', lambda found: found[0] if found[1] else r"\\", content)


def _dialect(content: str, kind: str, find: Find) -> tuple[str, list[str], dict]:
    """The content without Excel's line sep=; then the columns, and how to tell them apart: by the separator with which
    the first line names those that are sought.
    """
    said = re.match(r'"?sep=([^\r\n])"?(?=[\r\n])', content, re.IGNORECASE)
    content = content[said.end() :] if said else content  # its line end stays: lines count as before
    headers = {}
    for separator in said[1] if said else SEPARATORS[kind]:
        reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator)
        with _any_length():
            headers[separator] = next((fields for fields in reader if fields), [])
    separator = next((one for one, columns in headers.items() if _finds(find, columns)), None)
    separator = separator or max(headers, key=lambda one: len(headers[one]) if one != " " else 0)
    spaced = separator != " " and any(column.startswith(" ") for column in headers[separator])
    header = [column.lstrip() if spaced else column for column in headers[separator]]
    return content, header, {"delimiter": separator, "skipinitialspace": spaced}


def _finds(find: Find, columns: list[str]) -> bool:
    try:
        return bool(find(columns))
    except ValueError:
        return False


@contextmanager
def _any_length() -> Iterator[None]:
    """A text may be longer than the 131,072 characters that the csv module reads."""
    limit = csv.field_size_limit(LARGEST)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _parse(content: str, options: dict) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The columns, and of each row its line and its fields, as many as there are columns."""
    reader = csv.reader(io.StringIO(content, newline=""), strict=True, **options)
    rows, line = [], 1
    try:
        with _any_length():
            for fields in reader:
                if fields and (len(fields) > 1 or fields[0].strip()):  # the line is not blank
                    rows.append((line, fields))
                line = reader.line_num + 1  # a quoted text may have taken several lines
    except csv.Error as error:
        raise Fault(line, f'has broken quotes ({error}): write "" for a quote in a text') from None
    (top, columns), *rows = rows or [(1, [])]
    if _are_numbered(columns, rows):
        columns = ["row.names", *columns]
    for line, fields in rows:
        if len(fields) != len(columns):
            count = f"{len(fields)} fields, not the {len(columns)} that line {top} names"
            raise Fault(line, f"has {count}: put quotes around a text that holds the separator")
    return columns, rows


def _are_numbered(columns: list[str], rows: list[tuple[int, list[str]]]) -> bool:
    """Whether each row begins with a number for which there is no column, as R writes it."""
    more = all(len(fields) == len(columns) + 1 for _, fields in rows)
    numbers = {fields[0] for _, fields in rows}
    return more and len(numbers) == len(rows) > 0 and all(re.fullmatch("[0-9]+", number) for number in numbers)


def _closes_nothing(content: str, rows: list[tuple[int, list[str]]]) -> int | None:
    """The first row on one line that ends in a quote, and has an odd number: it may be the end of the text above."""
    lines = [line.replace('\\"', "").rstrip() for line in io.StringIO(content, newline="")]
    alone = (line for (line, _), (after, _) in pairwise([*rows, (len(lines) + 1, [])]) if after == line + 1)
    return next((line for line in alone if lines[line - 1].endswith('"') and lines[line - 1].count('"') % 2), None)


def _ends_otherwise(content: str, rows: list[tuple[int, list[str]]]) -> int | None:
    """The first line that ends a row, but with another sign than the first line: a byte of it may be lost."""
    lines = list(io.StringIO(content, newline=""))
    ends = [line[len(line.rstrip("\r\n")) :] for line in lines]
    last = [line - 1 for line, _ in rows] + [len(lines)]
    return next((line for line in last if ends[line - 1] not in (ends[last[0] - 1], "")), None)


def _swallowed(
    content: str, columns: list[str], rows: list, separator: str, label: str, is_label: Callable[[str], bool]
) -> int | None:
    """The first line of a row within which lines look like rows themselves: a quote may have made them one."""
    lines = list(io.StringIO(content, newline=""))
    place = columns.index(label)
    for first, after in pairwise([line for line, _ in rows] + [len(lines) + 1]):
        if after - first > 1:
            parts = [line.split(separator) for line in lines[first - 1 : after - 1]]
            alike = [len(part) == len(columns) and is_label(part[place].strip(' \r\n"')) for part in parts]
            if sum(alike) > 1 or any(alike[1:-1]):  # the one at which the row begins or ends is its own
                return first
    return None


def parse_jsonl(content: str) -> tuple[list[str], Rows]:
    """The columns of the first row, and the rows. Raises ValueError with the line."""
    if content.lstrip().startswith("["):
        table = 'pd.read_json(path).to_json("mine.jsonl", orient="records", lines=True)'
        raise ValueError(f"line 1 opens a JSON array: write one object per line, such as with {table}")
    rows = []
    for line, written in enumerate(io.StringIO(content, newline=""), start=1):
        if written.strip():
            try:
                row = json.loads(written, object_pairs_hook=_unique)
                json.dumps(row, ensure_ascii=False).encode()  # half a character, \ud83d, has no bytes
            except (ValueError, RecursionError) as error:
                why = getattr(error, "msg", getattr(error, "reason", str(error)[:80]))
                raise Fault(line, f"is not valid JSON ({why}): write one object per line") from None
            if not isinstance(row, dict):
                raise Fault(line, 'is not a JSON object: write one like {"text": ..., "label": 1}')
            rows.append((line, row))
    return list(rows[0][1]) if rows else [], rows


def _unique(pairs: list[tuple]) -> dict:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise ValueError("one name stands twice")
    return row
