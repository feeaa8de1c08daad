"""Dates, written as people write them: sentences with a part to find, and an exact answer."""

import re
from dataclasses import dataclass
from datetime import date
from string import Formatter

import torch
from torch import Generator, Tensor

from ...arguments import check_generator, check_text, one_of, whole_number

FIRST = date(1900, 1, 1)
DAYS = (date(2100, 1, 1) - FIRST).days
# fmt: off
MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
SMALL = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]
# fmt: on
TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth"}
ORDINALS |= {"twelve": "twelfth", "twenty": "twentieth", "thirty": "thirtieth"}

# The part before an underscore is the tag of what stands there. Day before month where both are numbers.
STYLES = (
    "the {day_said} of {month_name} {year_said}",
    "{month_name} the {day_said}, {year_said}",
    "{weekday_name} the {day_th} of {month_name}, {year}",
    "{month_name} {day_th}, {year}",
    "{day} {month_short} {year}",
    "{day}/{month}/{year} ({weekday_short})",
    "{weekday_short} {day:02}.{month:02}.{year}",
)
_TOKENS = re.compile(r"[a-z]+|\d|[^\w\s]")


@dataclass(frozen=True)
class WrittenDate:
    """A date in words, its tokens, the tag of each token, and the date as ISO 8601 writes it."""

    text: str
    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    iso: str


def write_dates(amount: int, *, part: str, generator: Generator, style: int | None = None) -> list[WrittenDate]:
    """Dates of the years 1900 to 2099 in seven styles, such as "the third of March nineteen eighty-four",
    "March 3rd, 1984" and "3/3/1984 (Sat)".

    amount : how many; a date may come more than once
    part : "train" or "test". They share no date: a tenth of all days, always the same, is kept for the test.
    style : the number of the one style to use, from 0; drawn for each date if omitted

    Raises ValueError if amount, part or style is not possible.
    """
    one_of("part", part, ("train", "test"))
    options = check_generator(generator)
    size = (whole_number("amount", amount, 1),)
    days = days_of(part)
    chosen = days[torch.randint(len(days), size, **options)].tolist()
    if style is None:
        styles = torch.randint(len(STYLES), size, **options).tolist()
    else:
        styles = size[0] * [whole_number("style", style, 0, len(STYLES) - 1)]
    return [_write(date.fromordinal(FIRST.toordinal() + day), STYLES[k]) for day, k in zip(chosen, styles, strict=True)]


def days_of(part: str) -> Tensor:
    """The days of a part, counted from FIRST, in an order of their own."""
    shuffled = torch.randperm(DAYS, generator=Generator().manual_seed(0), device="cpu")
    return shuffled[: DAYS // 10] if part == "test" else shuffled[DAYS // 10 :]


def split_date(text: str) -> list[str]:
    """A written date as words in lower case, single digits, and marks: "March 3rd, 1984" gives
    march · 3 · rd · , · 1 · 9 · 8 · 4

    Raises TypeError if text is something else.
    """
    return _TOKENS.findall(check_text("text", text).lower())


def _write(day: date, template: str) -> WrittenDate:
    values, pieces, tags = _ways_to_write(day), [], []
    for literal, field, form, _ in Formatter().parse(template):
        filled = (
            [(literal, "other"), (format(values[field], form), field.split("_")[0])] if field else [(literal, "other")]
        )
        for piece, tag in filled:
            pieces.append(piece)
            tags += len(split_date(piece)) * [tag]
    text = "".join(pieces)
    return WrittenDate(text, tuple(split_date(text)), tuple(tags), day.isoformat())


def _ways_to_write(day: date) -> dict[str, int | str]:
    month, weekday = MONTHS[day.month - 1], WEEKDAYS[day.weekday()]
    *tens, last = _said(day.day).split("-")
    ordinal = ORDINALS.get(last, f"{last}th")
    return {
        "day": day.day,
        "day_th": f"{day.day}{ordinal[-2:]}",
        "day_said": "-".join([*tens, ordinal]),
        "month": day.month,
        "month_name": month,
        "month_short": month[:3],
        "year": day.year,
        "year_said": _year_said(day.year),
        "weekday_name": weekday,
        "weekday_short": weekday[:3],
    }


def _said(number: int) -> str:
    """A number from 1 to 99."""
    if number < 20:
        return SMALL[number]
    ten, one = divmod(number, 10)
    return f"{TENS[ten]}-{SMALL[one]}" if one else TENS[ten]


def _year_said(year: int) -> str:
    century, rest = divmod(year, 100)
    if century == 20 and rest < 10:
        return f"two thousand and {_said(rest)}" if rest else "two thousand"
    if rest == 0:
        return f"{_said(century)} hundred"
    return f"{_said(century)} {'oh ' if rest < 10 else ''}{_said(rest)}"
