"""The words of pictures in the language in use, and the fonts that have its letters."""

import re
import warnings
from functools import cache
from unicodedata import east_asian_width

import matplotlib
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FuncFormatter

from ..language import language, tr, tr_label

# Language -> the fonts that have it and are found where it is spoken. One is enough.
FONTS = {
    "zh": ["Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans CJK JP"]
    + ["WenQuanYi Micro Hei", "WenQuanYi Zen Hei"]  # Linux
    + ["Microsoft YaHei", "SimHei", "DengXian", "SimSun"]  # Windows
    + ["PingFang SC", "PingFang HK", "Hiragino Sans GB", "Heiti TC", "Songti SC", "Arial Unicode MS"]  # macOS
}
LOWERED = str.maketrans("0123456789+-−t", "₀₁₂₃₄₅₆₇₈₉₊₋₋ₜ")


def tr_drawn(sentence: str, /, **values) -> str:
    """As `tr`, for a picture: English where no font has the letters of the language in use."""
    if can_speak():
        return _without_mathematics(tr(sentence, **values))
    return sentence.format(**values) if values else sentence


def label_drawn(label: str) -> str:
    """As `tr_label`, for a picture: English where no font has the letters of the language in use."""
    return _without_mathematics(tr_label(label)) if can_speak() else label


def dress(figure: Figure) -> None:
    """Let a figure that is drawn, with all its labels, speak the language in use."""
    if language() == "en":
        return
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            given = axis.get_major_formatter()
            if isinstance(given, FixedFormatter | FuncFormatter):  # texts, not numbers
                axis.set_major_formatter(FuncFormatter(lambda at, k, given=given: label_drawn(str(given(at, k)))))
    for text in figure.findobj(Text):
        text.set_text(label_drawn(text.get_text()))
    use_fonts(figure)


def use_fonts(figure: Figure) -> None:
    """Give all words of a figure the fonts that have the letters of the language in use."""
    if language() == "en":
        return
    for ax in figure.axes:
        ax.tick_params(which="both", labelfontfamily=families())
    for text in figure.findobj(Text):
        text.set_fontfamily(_distinct([*text.get_fontfamily(), *_behind()]))


def families() -> list[str]:
    """The fonts of pictures: matplotlib's, and behind them, for the letters that they lack, one that has the language
    in use, if there is one."""
    return _distinct([*matplotlib.rcParams["font.family"], *_behind()])


def can_draw(text: str) -> bool:
    """Whether the fonts of pictures have every character."""
    return _have(text, families())


def can_speak() -> bool:
    """Whether pictures can speak the language in use. If no font has it, a warning says so, once."""
    if language() not in FONTS or _behind():
        return True
    _warn(language())
    return False


def columns(text: str) -> int:
    """How wide a text is, in letters: a Chinese one is as wide as two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _distinct(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _behind() -> list[str]:
    known = fontManager.get_font_names()
    return [font for font in FONTS.get(language(), []) if font in known][:1]


@cache
def _warn(language: str) -> None:
    said = f"no font here has the letters of the language {language!r}, so the words of pictures stay English"
    many = f"{', '.join(FONTS[language][:-1])} or {FONTS[language][-1]}"
    warnings.warn(
        f"{said}: install one of {many} (on Debian and Ubuntu: sudo apt install fonts-noto-cjk) and restart the kernel",
        stacklevel=3,
    )


def _have(text: str, families: list[str]) -> bool:
    fonts = [get_font(findfont(FontProperties(family=[family]))) for family in families]
    return all(any(font.get_char_index(ord(letter)) for font in fonts) for letter in text)


def _without_mathematics(text: str) -> str:
    """Beside $h_1$, matplotlib takes all letters from the font of mathematics, which has no Chinese: it becomes h₁."""
    if "$" not in text or _have(text, families()[:1]):
        return text
    return re.sub(r"_\{?([^\s{}$]+)\}?", lambda found: found[1].translate(LOWERED), text.replace("$", ""))
