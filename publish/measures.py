"""How much room things take on a slide, in lines of text, how large code may be, and where what is too long is cut."""

import re
from base64 import b64decode
from math import ceil
from struct import unpack
from unicodedata import east_asian_width

from nbformat import NotebookNode

ROOM = 15.5  # lines of text on a slide below the name of its section; the measures of other things are in such lines
LINE = 39  # pixels
WIDEST = 105  # columns of code at its smallest
MOST = 20  # lines of code or of what it prints, on one slide


def title(text: str) -> float:
    return 0.6 + 1.1 * ceil(len(text) / 70) if text else 0.2


def height(output: NotebookNode) -> float:
    """In lines. A figure is as wide as the slide, and its PNG begins with its width and height."""
    if output.output_type == "stream":
        return printed(output.text)
    if "seqmem-figure" in output.data["text/html"]:
        width, height = unpack(">II", b64decode(output.data["image/png"])[16:24])
        return 32 * height / width
    return ROOM - 3


def lines(text: str) -> float:
    """Of a block of Markdown, or several."""
    if text.startswith("$$"):
        return 2 + 1.5 * text.count("\\\\")
    if text.startswith("|"):
        return 1 + sum(_row(row) for row in text.splitlines()[2:])
    return sum(ceil(len(line) / 78) for line in text.splitlines()) + 0.4


def _row(row: str) -> float:
    return 0.5 + 0.75 * ceil(len(row) / 85)


def parts(block: str) -> list[str]:
    """A long table goes on on the next slide, under its head again, and so does a long list."""
    if block.startswith("|"):
        head, rule, *rows = block.splitlines()
        return ["\n".join([head, rule, *part]) for part in _filled(rows, _row, ROOM - 4)]
    if re.match(r"[-*] |\d+\. ", block):
        items = re.split(r"\n(?=[-*] |\d+\. )", block)
        return ["\n".join(part) for part in _filled(items, lines, ROOM - 3)]
    return [block]


def _filled(all_of_them: list[str], size, room: float) -> list[list[str]]:
    """As many in each part as there is room for."""
    made, left = [[]], room
    for one in all_of_them:
        if made[-1] and size(one) > left:
            made, left = [*made, []], room
        made[-1].append(one)
        left -= size(one)
    return made


def pieces(text: str) -> list[str]:
    """Code or what it prints, cut between paragraphs if need be, and within those that are too long themselves."""
    if wrapped(text) <= MOST:
        return [text]
    made = []
    for paragraph in re.split(r"\n\n+", text.strip("\n")):
        rows = paragraph.splitlines()
        step = ceil(len(rows) / ceil(wrapped(paragraph) / MOST))
        parts = ["\n".join(rows[k : k + step]) for k in range(0, len(rows), step)]
        if made and wrapped(made[-1] + parts[0]) < MOST:
            made[-1] += "\n\n" + parts.pop(0)
        made += parts
    return made


def wrapped(text: str) -> int:
    return sum(max(1, ceil(columns(line) / WIDEST)) for line in text.splitlines())


def printed(text: str) -> float:
    """The same for code and what it prints."""
    return wrapped(text) * font_size(text) * 1.45 / LINE + 0.7


def font_size(text: str) -> int:
    """In pixels, of code or what it prints: as large as its longest line and the number of its lines allow."""
    lines = [*text.splitlines(), " "]
    return max(18, min(24, 1900 // max(map(columns, lines)), 480 // len(lines)))


def columns(line: str) -> int:
    return sum(1 + (east_asian_width(letter) == "W") for letter in line)
