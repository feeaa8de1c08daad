"""What the check of an exercise says, in both languages."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from seqmem_lib.language import tr, use_language

CHINESE = "zh"  # the name of the catalogue
SPEAKS_CHINESE = re.compile(r"seqmem_lib\.course\.n0[1-7]_")  # the rooms whose checks are translated
OUTCOMES = "correct.", "not attempted yet.", "not yet. {wrong}", "your function stopped with {error}{place}"
# What is written with Latin letters in Chinese too: names in code, and of networks. And a single letter, as of a gate.
NAMES = "LSTM GRU PyTorch torch tanh sigmoid clone set reset factor True False nan accuracy length difference spread "
NAMES += "input_size hidden_size seq batch requires_grad weight_ih weight_hh bias bias_hh_l0 W_hh W_hn W_h h_t "
NAMES += "num_layers bidirectional value features units lengths batch_size worse better items most train test NaN"
WORDS = re.compile(r"[A-Za-z]\w+", re.ASCII)
NUMBERS = re.compile(r"[+-]?\d[\d,.]*\d|[+-]?\d")


def verdict_on(attempt, check, capsys, *arguments):
    """The one line that it prints. If it speaks Chinese, it must say the same there.

    Left out is the code of a line that stopped: it is a line of the test, where the verdict stands that is expected."""
    text = _line(attempt, check, capsys, arguments)
    assert text.startswith(f"{getattr(attempt, '__name__', 'your function')}: ")
    if SPEAKS_CHINESE.match(check.__module__):
        with chinese():
            assert_same(text, _line(attempt, check, capsys, arguments))
    return re.sub(r"(, in line \d+ of its cell): .*", r"\1", text)


def _line(attempt, check, capsys, arguments):
    check(attempt, *arguments)
    text = capsys.readouterr().out
    assert text.count("\n") == 1
    return text


@contextmanager
def chinese() -> Iterator[None]:
    use_language(CHINESE)
    try:
        yield
    finally:
        use_language("en")


def assert_same(english: str, translated: str) -> None:
    """The outcome and the numbers are those of the English verdict, and no English is left."""
    name, said = english.rstrip("\n").split(": ", 1)
    own, in_chinese = translated.rstrip("\n").split("：", 1)
    begins = [one.split("{")[0] for one in OUTCOMES]
    outcome = next(k for k, one in enumerate(begins) if said.startswith(one))
    assert in_chinese.startswith(tr(OUTCOMES[outcome]).split("{")[0])
    assert own == name
    assert sorted(NUMBERS.findall(in_chinese)) == sorted(NUMBERS.findall(said))
    if outcome < 3:  # an error speaks its own language
        assert not english_in(in_chinese), in_chinese


def english_in(text: str) -> set[str]:
    """The words of a text that are neither names nor in backticks, nor strings of Python, as in a case."""
    return set(WORDS.findall(re.sub(r"`[^`]*`|'\w+'|\{[^}]*\}", "", text))) - set(NAMES.split())
