"""An endless text of short tales, from a small grammar of our own, for models that read one character at a time."""

import re
from math import log2

import torch
from torch import Generator

from ...arguments import check_generator, whole_number

# A symbol in capitals stands for one of its alternatives, all equally likely. What happens is told in the past tense,
# and what people say is in the present tense. Opening and closing marks are the same sign: a reader has to remember.
GRAMMAR = {
    "TALE": ("OPENING TURN TURN TURN", "OPENING TURN TURN TURN TURN", "OPENING TURN TURN TURN TURN TURN"),
    "OPENING": ("Once a PERSON lived PLACE.",),
    "TURN": ("TOLD", "SPEECH"),
    "TOLD": ("The EVENT.", "The EVENT, and the EVENT."),
    "EVENT": ("PERSON TOOK the THING", "PERSON WENT PLACE", "KIND THING was PLACE"),
    "SPEECH": (
        '"The CLAIM," VOICED the PERSON.',
        '"The CLAIM. The CLAIM," VOICED the PERSON.',
        'The PERSON VOICED: "The CLAIM."',
        'The PERSON VOICED: "The CLAIM. The CLAIM."',
    ),
    "CLAIM": ("PERSON TAKES the THING", "PERSON GOES PLACE", "KIND THING is PLACE"),
    "PERSON": ("miller", "queen", "fox", "sailor", "thief"),
    "KIND": ("small", "blue", "old", "lost"),
    "THING": ("lamp", "bell", "key", "map", "drum"),
    "TOOK": ("painted", "dropped", "cleaned", "wanted"),
    "TAKES": ("paints", "drops", "cleans", "wants"),
    "WENT": ("walked", "waited", "danced"),
    "GOES": ("walks", "waits", "dances"),
    "PLACE": ("by the river", "in the forest", "near the sea", "on the hill"),
    "VOICED": ("said", "cried", "asked"),
}
SYMBOL = re.compile("|".join(sorted(GRAMMAR, key=len, reverse=True)))
TALES_APART = "\n\n"


def write_story(length: int, *, width: int = 32, generator: Generator) -> str:
    """Tales one after another, of which the first `length` characters are returned: the last tale may be cut.

    width : the most characters of a line, at least 12. A line is broken in place of a space, where the next word would
        pass the width; tales are an empty line apart.
    generator : a torch.Generator on the CPU. Two of them write different texts, though short sentences recur in both.

    Raises ValueError if length is below 1 or width below 12, TypeError if generator is none.
    """
    length, width = whole_number("length", length, 1), whole_number("width", width, 12)
    options = check_generator(generator)

    def write(symbol: str) -> str:
        choices = GRAMMAR[symbol]
        chosen = choices[torch.randint(len(choices), (), **options)]
        return SYMBOL.sub(lambda found: write(found[0]), chosen)

    tales, written = [], 0
    while written < length:
        tales.append(_break_lines(write("TALE"), width) + TALES_APART)
        written += len(tales[-1])
    return "".join(tales)[:length]


def story_entropy() -> float:
    """The entropy of `write_story`, in bits per character: what a model that knew the grammar would need on average;
    no model can do with less (Shannon 1948).

    Every text has one derivation in the grammar, so its bits are those of the choices. Line breaks cost nothing: they
    follow from the words.
    """
    bits, characters = _expect("TALE")
    return bits / (characters + len(TALES_APART))


def _expect(symbol: str) -> tuple[float, float]:
    """The bits and the characters of a symbol, on average."""
    choices = GRAMMAR[symbol]
    parts = [_expect(part) for choice in choices for part in SYMBOL.findall(choice)]
    literal = sum(len(SYMBOL.sub("", choice)) for choice in choices)
    bits, characters = (sum(part[k] for part in parts) for k in (0, 1))
    return log2(len(choices)) + bits / len(choices), (literal + characters) / len(choices)


def _break_lines(text: str, width: int) -> str:
    lines = [""]
    for word in text.split(" "):
        if len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
