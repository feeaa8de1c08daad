"""Which sentences of a paragraph a slide shows: the first below a heading, and the one that leads to what follows."""

import re

LEAD = 320  # letters below a heading
TITLE = 40  # letters: a shorter sentence says too little to be a title, unless it points
SENTENCE = re.compile(r"(?<=[.?!:])\s(?=[A-Z*`$\[(])")
POINTS = re.compile(r"\b([Hh]ere (is|are)|next cells?|below|widget|picture|figure|table|shows?)\b")
WIDGET = re.compile(r"\b([Ww]idget|[Ss]liders?|[Mm]ove|[Pp]ress|[Tt]ype|[Ss]witch)\b")


def first_sentences(text: str) -> str:
    """Whole sentences, and at least one."""
    first, *others = SENTENCE.split(text)
    for sentence in others:
        if len(first) + len(sentence) > LEAD:
            break
        first += " " + sentence
    return first


def leading_sentence(text: str) -> str:
    """The one that leads to what follows: the last if it is open, else the first that points, else the first."""
    sentences = SENTENCE.split(text.replace("\n", " "))
    if not re.search(r"[.?!)*]$", text):
        return sentences[-1]
    pointing = [sentence for sentence in sentences if POINTS.search(sentence)]
    if pointing:
        return pointing[0]
    first, *others = sentences
    return f"{first} {others[0]}" if others and len(first) < TITLE else first


def is_about_a_widget(sentence: str) -> bool:
    return bool(WIDGET.search(sentence))
