"""The language in which widgets, figures and the verdicts of checks speak.

The code holds the English sentences. A catalogue, `zh.po` beside this file, has each of them in another language; what
it lacks stays English.
"""

import os
import re
from collections.abc import Iterable, Mapping
from functools import cache, reduce
from pathlib import Path

CATALOGUES = Path(__file__).parent
TAGS = {"zh": "zh-CN"}  # what pages call a language, so that they choose its letters and a voice for it
NUMBER = re.compile(r"[+\-−]?\d+(?:,\d{3})*(?:\.\d+)?")


def use_language(name: str) -> None:
    """Let everything that is shown from now on speak this language.

    name : "en", or "zh" for Chinese. The environment variable SEQMEM_LANGUAGE says which one it is at the beginning.

    Raises ValueError if there is no catalogue of that name.

    >>> from seqmem_lib.language import tr
    >>> sm.use_language("zh")
    >>> tr("update gate")
    '更新门'
    >>> sm.use_language("en")
    """
    global _language
    _language = _known(name, "name")


def tr(sentence: str, /, **values) -> str:
    """A sentence in the language in use, with values in the place of their names in braces."""
    sentence = catalogue().get(sentence, sentence)
    return sentence.format(**values) if values else sentence


def tr_label(label: str) -> str:
    """A label that a notebook passes, in the language in use. Its numbers stand as {0}, {1}, ... in the catalogue, so
    that one entry does for all of them."""
    if label in catalogue():
        return catalogue()[label]
    numbers = NUMBER.findall(label)
    places = iter(range(len(numbers)))
    pattern = NUMBER.sub(lambda _: f"{{{next(places)}}}", label)
    return catalogue()[pattern].format(*numbers) if pattern in catalogue() else label


def language() -> str:
    """The language in use."""
    return _language


def tag() -> str:
    """What a page calls the language in use; empty for English, which is what a page of ours takes for granted."""
    return "" if _language == "en" else TAGS.get(_language, _language)


def tr_joined(sentences: Iterable[str]) -> str:
    """Sentences one after the other: after a Chinese full stop stands no space."""
    return reduce(lambda said, one: said + " " * bool(said and not said.endswith("。")) + one, filter(None, sentences))


def catalogue() -> Mapping[str, str]:
    """English -> the language in use; empty for English."""
    return _read(_language)


@cache
def _read(language: str) -> dict[str, str]:
    if language == "en":
        return {}
    from babel.messages.pofile import read_po  # only here, so that English needs no time for it

    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return {one.id: one.string for one in read_po(file) if one.id and one.string and not one.fuzzy}


def _known(name: str, argument: str) -> str:
    known = ["en", *sorted(path.stem for path in CATALOGUES.glob("*.po"))]
    if not isinstance(name, str) or name not in known:
        from ..arguments import shown  # only here: it loads torch

        raise ValueError(
            f"{argument}={shown(name)} is no language of ours: choose one of {', '.join(map(repr, known))}"
        )
    return name


_language = _known(os.environ.get("SEQMEM_LANGUAGE") or "en", "SEQMEM_LANGUAGE")
