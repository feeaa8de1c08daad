"""From bytes to text: the encoding that was asked for, or the one that is sure."""

import codecs
import re

from ..arguments import check_text, shown

BOMS = {  # UTF-32 before UTF-16, which begins in the same way
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Characters for "of", "is", "not" or "very", and punctuation, of which every Chinese text is full: 49 % of what is not
# ASCII in the 7,765 hotel reviews of ChnSentiCorp. Chosen by hand; they are not the ranks of a published list.
FREQUENT = set(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多"
    "经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实很太真再让给次点错差最无比，。！？、"
)
PUNCTUATION = set("，。！？、：；（）“”‘’…—―《》～·")
LONE = re.compile(r"(?<![㐀-鿿])[㐀-鿿](?=[A-Za-z])|(?<=[A-Za-z])[㐀-鿿](?![㐀-鿿])")


def check_encoding(encoding: str | None) -> str | None:
    """Python's own name of an encoding of texts. Raises TypeError if it is no text, ValueError if there is none."""
    if encoding is None:
        return None
    try:
        b"a".decode(check_text("encoding", encoding), "ignore")
        return codecs.lookup(encoding).name
    except (LookupError, ValueError):  # which is what Python says to a name, and to one that is no name
        pass
    raise ValueError(f"encoding={shown(encoding)} is none that Python knows: try 'utf-8', 'cp1252' or 'gb18030'")


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text, and its encoding: the one asked for, or what a byte order mark says, or UTF-8, or GB18030 if the text
    is then surely Chinese. Raises ValueError with the line.
    """
    named = encoding or next((name for bom, name in BOMS.items() if data.startswith(bom)), None)
    text, end = _read(data, named or "utf-8")
    if text is not None:
        if "\0" in text:
            line = _line(text[: text.index("\0")])
            raise ValueError(f"line {line} holds a NUL byte: save the file as UTF-8, or try encoding='utf-16-le'")
        control = re.search("[\x80-\x9f]", text) if named and not named.startswith("utf") else None
        if control:
            line = _line(text[: control.start()])
            raise ValueError(f"line {line} holds {control[0]!r}, which is no letter in {named}: try encoding='cp1252'")
        return text.removeprefix("\ufeff"), named or "utf-8"
    before = data[:end].decode(named or "utf-8", "ignore")
    if named:
        fix = "save the file as UTF-8, or name its encoding" + ", which is another" * bool(encoding)
        raise ValueError(f"line {_line(before)} is not in the encoding {named}: {fix}")
    # GB18030 gives a meaning to nearly all bytes. If UTF-8 went well so far, the file is UTF-8 and damaged.
    if sum(char > "\x7f" for char in before) < 10:
        text, end = _read(data, "gb18030")
        so_far = data[:end].decode("gb18030") if text is None else text
        if surely_chinese(so_far):
            if text is not None:
                return text.removeprefix("\ufeff"), "gb18030"
            before = so_far
    raise ValueError(
        f"line {_line(before)} is neither UTF-8 nor surely Chinese in GB18030: save the file as UTF-8, or name its "
        "encoding, such as encoding='cp1252'"
    )


def surely_chinese(text: str) -> bool:
    """Whether a reading as GB18030 makes sense: other languages come out as rare characters, or as common ones that
    Chinese does not use together, and accents as lone characters between Latin letters.
    """
    foreign = [char for char in text if char > "\x7f"]
    rare = sum(not _is_common(char) for char in foreign)
    frequent = sum(char in FREQUENT for char in foreign)
    lone = len(LONE.findall(text))
    # Two in four, four in ten, then one in five. Set on those reviews, of which 1 % are too short or too odd by
    # themselves, and on translated messages in the encodings of other languages, of which none passes.
    return 10 * rare <= len(foreign) and 4 * lone <= len(foreign) and 5 * frequent >= len(foreign) + 6


def _is_common(char: str) -> bool:
    """Of the 3,755 characters on level 1 of GB2312, or punctuation."""
    first, second, *_ = char.encode("gb18030")  # of four bytes, the second is a digit
    return char in PUNCTUATION or (0xB0 <= first <= 0xD7 and second >= 0xA1)


def _read(data: bytes, encoding: str) -> tuple[str | None, int]:
    """The text, or None and where it could not be read."""
    try:
        return data.decode(encoding), len(data)
    except UnicodeError as error:
        return None, getattr(error, "start", 0)


def _line(before: str) -> int:
    return len(re.findall(r"\r\n|\r|\n", before)) + 1
