"""How much room things take on a slide, in lines of text, and how large code may be."""

from base64 import b64decode
from math import ceil
from struct import unpack
from unicodedata import east_asian_width

from nbformat import NotebookNode

ROOM = 16  # lines of text on a slide; the measures of other things are in such lines


def height(output: NotebookNode) -> float:
    """In lines. A figure is as wide as the slide, and its PNG begins with its width and height."""
    if output.output_type == "stream":
        return printed(output.text)
    if "seqmem-figure" in output.data["text/html"]:
        width, height = unpack(">II", b64decode(output.data["image/png"])[16:24])
        return min(ROOM - 2, 30 * height / width)
    return ROOM - 2


def lines(text: str) -> int:
    return ceil(len(text) / 80)


def printed(text: str) -> float:
    """The same for code and what it prints."""
    return (text.count("\n") + 1) * font_size(text) / 27 + 0.7


def font_size(text: str) -> int:
    """In pixels, of code or what it prints: as large as its longest line and the number of its lines allow."""
    lines = [*text.splitlines(), " "]
    return max(15, min(24, 1750 // max(map(columns, lines)), 400 // len(lines)))


def columns(line: str) -> int:
    return sum(1 + (east_asian_width(letter) == "W") for letter in line)
