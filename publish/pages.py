"""The messages of a page in Markdown: its paragraphs, lists, tables, and the comments of its code.

How a paragraph is broken into lines is no matter of its message, and is lost in a translation, because Chinese has no
spaces that could become the ends of lines.
"""

import re
from collections.abc import Callable, Iterator

PICTURE = re.compile(r'alt="([^"{]+)"')
COMMENT = re.compile(r"(?<!\S)# (.+)$", re.MULTILINE)
TEMPLATE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}")
NO_WORDS = re.compile(r"<[^>]*>|\]\([^)]*\)|```\S*|:\w+:")
WRAPPED = re.compile(r"\n(?![-*] |\d+\. |\||\n) *")


def messages(text: str) -> Iterator[tuple[str, str]]:
    """(number of the block, English) of all that is translated, in its order."""
    for number, block in enumerate(_blocks(text)):
        yield from ((str(number), message) for _, _, message in _parts(block))


def translated(text: str, say: Callable[[str], str]) -> str:
    """The page with `say(English)` in the place of each message. Links to its headings go along."""
    blocks = list(_blocks(text))
    before = _anchors(blocks)
    for number, block in enumerate(blocks):
        for first, last, message in reversed(list(_parts(block))):
            if (said := say(message)) != message:
                block = block[:first] + said + block[last:]
        blocks[number] = block
    said = "\n\n".join(blocks) + "\n"
    for old, new in zip(before, _anchors(blocks), strict=True):
        said = said.replace(f"](#{old})", f"](#{new})")
    return said


def _anchors(blocks: list[str]) -> list[str]:
    """Of the headings, as GitHub makes them."""
    headings = [re.match(r"#+ (.+)", block) for block in blocks]
    return [re.sub(r"[^\w -]", "", one[1].lower()).replace(" ", "-") for one in headings if one]


def _blocks(text: str) -> Iterator[str]:
    """What stands between empty lines that are in no code."""
    block, in_code = [], False
    for line in text.rstrip("\n").split("\n"):
        in_code ^= line.count("```") == 1
        if line or in_code:
            block.append(line)
        elif block:
            yield "\n".join(block)
            block = []
    yield "\n".join(block)


def _parts(block: str) -> Iterator[tuple[int, int, str]]:
    """The messages of a block: where they begin and end, and the text."""
    start = len(block) - len(block.lstrip())
    if block[start:].startswith("```") and "{toctree}" not in block:
        yield from ((one.start(1), one.end(), one[1]) for one in COMMENT.finditer(block))
    elif not block.startswith("---\n") and re.search(r"\w", NO_WORDS.sub("", TEMPLATE.sub("", block))):
        text = block[start:]
        yield start, len(block), text if text.startswith(("<", "{", "```", "|")) else WRAPPED.sub(" ", text)
    else:
        yield from ((one.start(1), one.end(1), one[1]) for one in PICTURE.finditer(block))
