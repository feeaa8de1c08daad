"""Dates in words, read back by a parser of its own."""

import re
from datetime import date

import pytest
import torch
from torch import Generator

from seqmem_lib.course.n08_four_shapes.dates import STYLES, days_of, split_date, write_dates

NUMBERS = {"oh": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
NUMBERS |= {"ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16}
NUMBERS |= {"seventeen": 17, "eighteen": 18, "nineteen": 19}
NUMBERS |= {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
FIRST_FORMS = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
FIRST_FORMS |= {"twentieth": 20, "thirtieth": 30}
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
ENDINGS = {1: "st", 21: "st", 31: "st", 2: "nd", 22: "nd", 3: "rd", 23: "rd"}


def ordinal(text):
    *tens, last = text.split("-")
    regular = last.removesuffix("th")
    assert last in FIRST_FORMS or regular not in ("one", "two", "three", "five", "eight", "nine", "twelve")
    return sum(NUMBERS[word] for word in tens) + (FIRST_FORMS.get(last) or NUMBERS[regular])


def year(text):
    words = text.replace("-", " ").split()
    if "thousand" in words:
        assert words[:2] == ["two", "thousand"]
        assert len(words) == 2 or words[3] in list(NUMBERS)[1:10]
        return 2000 + (NUMBERS[words[3]] if len(words) > 2 else 0)
    century = 20 if words[0] == "twenty" else 19
    assert words[0] in ("nineteen", "twenty")
    assert words[1] == "oh" or words[1] == "hundred" or NUMBERS[words[1]] > 9
    return 100 * century + sum(NUMBERS.get(word, 0) for word in words[1:])


def parse(text):
    """The date that a text means, and the weekday that it names, by patterns that know nothing of the templates."""
    text = text.lower()
    weekday = re.match(r"(mon|tues|wednes|thurs|fri|satur|sun)day ", text) or re.search(
        r"\b(mon|tue|wed|thu|fri|sat|sun)\b", text
    )
    if numeric := re.search(r"(\d+)[/.](\d+)[/.](\d{4})", text):
        day, month, in_year = map(int, numeric.groups())
    else:
        (name,) = re.findall(r"\b(?:" + "|".join(MONTHS) + r")[a-z]*", text)
        month = 1 + MONTHS.index(name[:3])
        if digits := re.search(r"\b(\d{1,2})(st|nd|rd|th)?\b", text):
            day, in_year = int(digits[1]), int(re.search(r"\d{4}", text)[0])
            assert digits[2] in (None, ENDINGS.get(day, "th"))
        else:
            said = re.search(rf"the (\S+?),? of {name} (.+)", text) or re.search(rf"{name} the (\S+), (.+)", text)
            day, in_year = ordinal(said[1]), year(said[2])
    return date(in_year, month, day), weekday and weekday[1][:3]


@pytest.mark.parametrize("style", range(len(STYLES)))
def test_a_text_means_its_date(style):
    for part in ("train", "test"):
        for one in write_dates(1500, part=part, style=style, generator=Generator().manual_seed(style)):
            day, weekday = parse(one.text)
            assert day.isoformat() == one.iso
            named = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][day.weekday()]
            assert weekday == (named if "weekday" in STYLES[style] else None)
            assert one.tokens == tuple(split_date(one.text))
            capitals = {word[:3].lower() for word in re.findall(r"\b[A-Z]\w*", one.text)}
            assert capitals <= {MONTHS[day.month - 1], named}
            assert len(re.findall("[A-Z]", one.text)) == len(capitals)


def test_tags_say_which_part_a_token_belongs_to():
    for one in write_dates(700, part="train", generator=Generator().manual_seed(0)):
        parts = {tag: [t for t, own in zip(one.tokens, one.tags, strict=True) if own == tag] for tag in set(one.tags)}
        day, month = date.fromisoformat(one.iso), parts["month"]
        assert (int("".join(month)) if month[0].isdigit() else 1 + MONTHS.index(month[0][:3])) == day.month
        if parts["day"][0].isdigit():
            assert int(re.match(r"\d+", "".join(parts["day"]))[0]) == day.day
        else:
            assert ordinal("".join(parts["day"])) == day.day
        in_year = parts["year"]
        assert (int("".join(in_year)) if in_year[0].isdigit() else year(" ".join(in_year))) == day.year
        assert not set(parts.get("other", [])) - {"the", "of", ",", "/", ".", "(", ")"}
        assert all(len(token) >= 3 for token in parts.get("weekday", []))


def test_train_and_test_share_no_date_and_cover_all_years():
    train, test = set(days_of("train").tolist()), set(days_of("test").tolist())
    assert not train & test
    assert sorted(train | test) == list(range(73_049))  # 200 years, of which 49 are leap years
    for part, days in (("train", train), ("test", test)):
        written = write_dates(5000, part=part, generator=Generator().manual_seed(1))
        assert {(date.fromisoformat(one.iso) - date(1900, 1, 1)).days for one in written} <= days
        assert {one.iso[:4] for one in written} == {str(each) for each in range(1900, 2100)}


def test_the_generator_decides():
    def draw(seed):
        return write_dates(50, part="test", generator=Generator().manual_seed(seed))

    assert draw(3) == draw(3)
    assert draw(3) != draw(4)
    assert len({split_date(one.text)[0] for one in draw(3)}) > 10  # all styles
    torch.manual_seed(0)
    state = torch.get_rng_state()
    draw(3)
    assert torch.equal(torch.get_rng_state(), state)


def test_tokens():
    assert split_date("March 23rd, 1984") == ["march", "2", "3", "rd", ",", "1", "9", "8", "4"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"amount": 0}, "amount must be a whole number of at least 1"),
        ({"part": "valid"}, "part must be 'train' or 'test', not 'valid'"),
        ({"style": 7}, "style must be a whole number from 0 to 6"),
    ],
)
def test_refusals(options, message):
    settings = {"amount": 5, "part": "train", "generator": Generator()} | options
    with pytest.raises(ValueError, match=message):
        write_dates(settings.pop("amount"), **settings)
