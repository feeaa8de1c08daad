"""The page splits texts into words as Python does. Node answers for the page."""

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from unicodedata import category

import pytest
from torch import Generator

from seqmem_lib.course.n06_reviews.written import write_reviews
from seqmem_lib.texts.vocabulary import Vocabulary, segment, split_words

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None and not os.environ.get("CI"), reason="no Node.js found: https://nodejs.org"
)
SCRIPT = Path(__file__).with_name("words.mjs")
# What a text is made of: pieces of both languages and of other scripts, signs, and white space of every kind.
WRITTEN = """
film The it's don’t 'quoted' 3D_effects Amélie naïve cafe\u0301 GREAT 10/10 ΟΔΟΣ. İstanbul Straße ﬁlm ½ Ⅷ x² ①
ＧＲＥＡＴ １０ ｶﾅ Ａ’ｂ _ www.a-b.de <b> &amp; 这 部电影 不好 不好看 无聊 十分 十分钟 人们 々 〇 𠮷 𠮷野家 ， 。 ！ “ ”
《书》 二〇二四 コーヒー か\u3099 が 한국어는 하\u1103 ที่นี่ดี ๑๐ ແມ່ນ မြန်မာ ខ្មែរ៛ हिन्दी भाषा اللُّغَة שָׁלוֹם ФИЛЬМ 𝒜
𐐀 𑀅𑀸 🄰 \U0001e8d0 👍 👍🏽 👨\u200d👩\u200d👧 🇩🇪 ❤\ufe0f 🤷🏿\u200d♀\ufe0f \u0301 \u200d \ufe0f \ufeff \0 . , ! ? ; : ' ’
"""
PIECES = [*WRITTEN.split(), " ", "  ", "\n", "\t", "\r\n", "\x1c", "\x85", "\xa0", "\u200b", "\u2028", "\u3000"]
# Words that begin alike, that differ in capitals, that hold spaces or signs, and of which one is a part of the other.
KNOWN = """
十|十分|分钟|电影|部电影|𠮷野|𠮷|Film|FILM|it's|it|10|1|不|不好|不好看|好 这|😀|👍👍|İstanbul|ΟΔΟΣ
|ＧＲＥＡＴ|コー|ที่|နန်|a b|film film
"""
WORDS = KNOWN.replace("\n", "").split("|")


def of_the_page(texts: list[str], words: list[str]) -> dict:
    sent = json.dumps({"texts": texts, "words": words})
    command = [shutil.which("node"), str(SCRIPT)]
    said = subprocess.run(command, input=sent, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    return json.loads(said)


def test_ten_thousand_texts_are_split_as_in_python():
    draw = random.Random(21)
    reviews = [
        review.text
        for language in ("zh", "en")
        for review in write_reviews(500, language=language, length=(4, 30), generator=Generator().manual_seed(21))
    ]
    mixed = ["".join(draw.choices(PIECES, k=draw.randint(0, 25))) for _ in range(9000)]
    texts = [*reviews, *mixed]
    assert len(texts) == 10_000
    seen = of_the_page(texts, WORDS)
    known = Vocabulary.of(WORDS)
    for text, split, cut in zip(texts, seen["split"], seen["cut"], strict=True):
        assert split == split_words(text), ascii(text)
        assert cut == segment(text, known), ascii(text)


def test_every_character_is_split_as_in_python():
    """At the beginning of a word, in it and alone: each that the Unicode of both knows. Half of a pair is none,
    and what is left to private use is of no script.
    """
    codes = [code for code in range(sys.maxunicode + 1) if category(chr(code)) not in ("Cn", "Cs", "Co")]
    texts = [f"{chr(code)} {chr(code)}a{chr(code)}B 电{chr(code)}1'{chr(code)}" for code in codes]
    seen, listed = of_the_page(texts, WORDS), Vocabulary.of(WORDS)
    unknown = set(seen["unknown"])
    known = [
        (code, *seen_one)
        for code, *seen_one in zip(codes, texts, seen["split"], seen["cut"], strict=True)
        if code not in unknown
    ]
    wrong = [f"{code:x}" for code, text, *said in known if said != [split_words(text), segment(text, listed)]]
    assert len(known) > 140_000
    assert wrong == []


def test_what_is_left_out_is_named_once():
    texts = [
        "A GOOD film 👍👍 (bad).",
        "it's 'quoted'",
        "👍🏽👍🏽 👨\u200d👩\u200d👧 ❤\ufe0f",
        "ＡΟΔΟΣ\x1c，\u3000 ",
        "",
    ]
    left = [["👍", "(", ")"], ["'"], ["👍🏽", "👨\u200d👩\u200d👧", "❤\ufe0f"], [], []]
    assert of_the_page(texts, [])["left"] == left
