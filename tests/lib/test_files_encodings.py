"""load_reviews(): what is in another encoding is read rightly, or refused; it never comes out as Chinese."""

import codecs
import warnings

import pytest

from seqmem_lib import load_reviews

# language -> its encodings, and sentences that we made up
WRITTEN = {
    "English": (
        "cp1252 mac_roman cp850 latin-1",
        ["Her fiancé is a bore.", "A cliché, naïvely told in a café.", "It’s “fine”.", "Über-silly – and résumés!"],
    ),
    "French": (
        "cp1252 latin-1 mac_roman cp850",
        [
            "Un été raté, très décevant.",
            "L’héroïne rêve, et nous dormons.",
            "Où est passée la fin ?",
            "Créée à la hâte.",
        ],
    ),
    "German": (
        "cp1252 mac_roman cp850",
        ["Für Kinder zu laut.", "Größe allein genügt nicht.", "Schöne Bilder, müde Späße.", "ÖDE ÜBERLÄNGE!"],
    ),
    "Spanish": (
        "cp1252 mac_roman",
        ["El guión está vacío.", "¡Qué película más pequeña!", "Mañana la veré otra vez.", "Ningún corazón latió."],
    ),
    "Polish": ("cp1250 iso8859_2", ["Żółw gra lepiej niż aktorzy.", "Świetna muzyka, słaby koniec.", "Nudą wieje."]),
    "Czech": ("cp1250 iso8859_2 cp852", ["Příběh je příliš dlouhý.", "Skvělé herečky, špatný střih."]),
    "Turkish": ("cp1254", ["Çok güzel bir film, ağladım.", "Sıkıcı ve uzun, üzgünüm."]),
    "Russian": (
        "cp1251 koi8_r cp866 iso8859_5 mac_cyrillic",
        ["Очень скучный фильм.", "Да, да, мне нравится!", "ПЛОХО", "Она поёт лучше, чем он играет", "Кино на века"],
    ),
    "Greek": ("cp1253 iso8859_7", ["Πολύ ωραία ταινία.", "ΒΑΡΕΤΗ ΙΣΤΟΡΙΑ", "Δεν μου άρεσε καθόλου"]),
    "Hebrew": ("cp1255", ["סרט משעמם מאוד", "השחקנים נהדרים"]),
    "Arabic": ("cp1256", ["فيلم جميل جدا", "القصة مملة وطويلة"]),
    "Thai": ("cp874", ["หนังสนุกมาก", "น่าเบื่อและยาวเกินไป"]),
    "Japanese": (
        "shift_jis cp932 euc_jp iso2022_jp",
        ["とても退屈な映画でした。", "音楽は最高、結末は残念。", "もう一度見たい！", "部屋は広くて清潔", "最高傑作"],
    ),
    "Korean": (
        "euc_kr cp949 johab",
        [
            "정말 지루한 영화였다.",
            "배우들의 연기가 훌륭했어요!",
            "다시 보고 싶은 작품",
            "방이 좁고 시끄럽다",
            "최고의 영화",
        ],
    ),
    "traditional Chinese": (
        "big5 cp950",
        ["這部電影實在太無聊了。", "房間很小，但是服務不錯！", "我還會再來", "音樂好聽，結局很差。"],
    ),
}
FOREIGN = [(of, encoding) for of, (encodings, _) in WRITTEN.items() for encoding in encodings.split()]
CHINESE = [
    "房间很小，但是很干净。",
    "电影太长了，看到一半就想走。",
    "服务员的态度不好，下次不会再来了！",
    "早餐没有什么可以吃的，别的都还不错。",
    "KTV里的人唱到两点，WiFi也没有。",
    "我很喜欢",
]


def write(tmp_path, data, name="mine.csv"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def a_file(texts, encoding):
    rows = [f'"{text}",{k % 2}' for k, text in enumerate([*texts, "Good"])]
    rows += ['"Bad",0', '"Fine",1']
    return "\r\n".join(["text,label", *rows, ""]).encode(encoding)


@pytest.mark.parametrize(("of", "encoding"), FOREIGN)
def test_no_other_language_comes_out_as_chinese(tmp_path, of, encoding):
    sentences = WRITTEN[of][1]
    for texts in [*([one] for one in sentences), sentences, sentences * 20]:
        texts = [one.encode(encoding, "ignore").decode(encoding) for one in texts]
        path = write(tmp_path, a_file(texts, encoding))
        if not path.read_bytes().isascii():
            with pytest.raises(ValueError, match=r"line [2-9] is neither UTF-8 nor surely Chinese in GB18030") as no:
                load_reviews(path)
            assert len(str(no.value)) <= 400
        table = load_reviews(path, encoding=encoding)
        assert table["text"].tolist() == [*texts, "Good", "Bad", "Fine"]
        assert table.attrs["encoding"] == codecs.lookup(encoding).name


def test_the_accents_of_one_english_review(tmp_path):
    """Each of these is valid GB18030, and two of them were Chinese once."""
    for sentence in (b"Her fianc\xe9e is a bore.", b"It\x92s fine, she \x93said\x94.", b"D\xe9j\xe0 vu, na\xefve"):
        sentence.decode("gb18030", "replace")
        path = write(tmp_path, b'text,label\n"%b",0\ngood,1\n' % sentence)
        with pytest.raises(ValueError, match=r"line 2 is neither .* name its encoding, such as encoding='cp1252'$"):
            load_reviews(path)
        assert load_reviews(path, encoding="cp1252")["text"][0] == sentence.decode("cp1252")


@pytest.mark.parametrize("texts", [*([one] for one in CHINESE), CHINESE])
@pytest.mark.parametrize("encoding", ["gb18030", "gbk"])
def test_chinese_is_read_and_said(tmp_path, texts, encoding):
    path = write(tmp_path, a_file(texts, encoding))
    with pytest.warns(UserWarning, match=r"^path='.*mine\.csv': it is not UTF-8, and is read as GB18030") as caught:
        table = load_reviews(path)
    assert table["text"].tolist() == [*texts, "Good", "Bad", "Fine"]
    assert table.attrs == {"encoding": "gb18030"}
    assert [one.filename for one in caught] == [__file__]
    assert f"({texts[0][:20]!r}): if this is right, say encoding='gb18030'" in str(caught[0].message)
    assert load_reviews(path, encoding=encoding).equals(table)  # asked for, nothing is said


@pytest.mark.parametrize("text", ["酒店房间", "龘靐齉爩麤", "a好b的c是d", "啊啊啊啊啊啊啊啊啊啊"])
def test_chinese_that_could_be_something_else_is_refused(tmp_path, text):
    path = write(tmp_path, a_file([text], "gb18030"))
    with pytest.raises(ValueError, match="line 2 is neither"):
        load_reviews(path)
    assert load_reviews(path, encoding="GB18030")["text"][0] == text


# The edges of what is surely Chinese. 的 is frequent; 啊 and 座 are the first and last common characters, and their
# neighbours by their bytes are rare. One in ten may be rare, and one in four alone beside a letter. Two in four must be
# frequent, four in ten, then one in five.
RARE = [bytes.fromhex(code).decode("gb18030") for code in ("afa1", "b080", "b0a0", "d7a0", "d8a1", "95328236")]
ALONE = ["a的", "的A", "Z的", "的z"]
SURE = ["的的座座", "的的的的" + "座" * 6, "的的的的" + "座" * 10, "的" * 5 + "座" * 14]
SURE += ["的" * 8 + char * 2 for char in "啊座，。！？、：；（）“”‘’…—―《》～·"]
SURE += ["的" * 9 + char for char in RARE]
SURE += ["的的，" + alone for alone in ALONE] + ["的，" + mark + "的" for mark in "@[`{1"] + ["的，a的的", "的的a，"]
UNSURE = ["的", "的座座座", "的的座座座", "的的的" + "座" * 7, "的的的的" + "座" * 11, "的的的的的" + "座" * 15]
UNSURE += ["的" * 8 + char for char in RARE]
UNSURE += ["的，" + alone for alone in ALONE]


@pytest.mark.parametrize("text", SURE)
def test_enough_to_be_surely_chinese(text, tmp_path):
    with pytest.warns(UserWarning, match="is read as GB18030"):
        assert load_reviews(write(tmp_path, a_file([text], "gb18030")))["text"][0] == text


@pytest.mark.parametrize("text", UNSURE)
def test_not_enough_to_be_surely_chinese(text, tmp_path):
    with pytest.raises(ValueError, match="line 2 is neither UTF-8 nor surely Chinese"):
        load_reviews(write(tmp_path, a_file([text], "gb18030")))


def test_ten_characters_of_utf8_are_not_taken_for_chinese(tmp_path):
    """The bytes of 一 in GB18030 are a letter in UTF-8 as well; those of 的 are not."""
    assert "一".encode("gb18030").decode() == "һ"
    with pytest.warns(UserWarning, match="is read as GB18030"):
        assert load_reviews(write(tmp_path, a_file(["一" * 9 + "的"], "gb18030")))["text"][0] == "一" * 9 + "的"
    with pytest.raises(ValueError, match="line 2 is neither UTF-8 nor surely Chinese"):
        load_reviews(write(tmp_path, a_file(["一" * 10 + "的"], "gb18030")))


@pytest.mark.parametrize("cut", [b"\xb5", b"\xff", b"\x81\x30", b"\x81\x30\x81", b"\xb5\x20", b"\x81\x30\x81\x20"])
def test_a_character_that_is_cut_is_named_by_its_line(cut, tmp_path):
    """Of two bytes one, of four bytes two or three."""
    data = a_file(CHINESE, "gb18030")
    for whole in (b"", b'a,1\r\n"b\r\nc",0\r\n'):
        line = (data + whole).count(b"\n") + 1
        with pytest.raises(ValueError, match=f"line {line} is neither UTF-8 nor surely Chinese in GB18030"):
            load_reviews(write(tmp_path, data + whole + cut))


def test_damaged_files_are_not_guessed(tmp_path):
    good = a_file(CHINESE, "gb18030")
    with pytest.raises(ValueError, match="line 11 is neither UTF-8 nor"):
        load_reviews(write(tmp_path, good + b"\xff,1\r\n"))
    with pytest.raises(ValueError, match="line 11 is neither UTF-8 nor"):
        load_reviews(write(tmp_path, a_file(CHINESE, "utf-8") + "很,1".encode("gb18030")))


MARKED = {
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16",  # what Excel calls Unicode text
    "utf-32": "utf-32",
}


@pytest.mark.parametrize("encoding", MARKED)
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl"])
def test_a_byte_order_mark_says_the_encoding(tmp_path, name, encoding):
    content = 'text,label\r\n"房间, très",0\r\nb,1\r\n'
    if name == "a.tsv":
        content = 'text\tlabel\r\n"房间, très"\t0\r\nb\t1\r\n'
    elif name == "a.jsonl":
        content = '{"text": "房间, très", "label": 0}\n{"text": "b", "label": 1}\n'
    table = load_reviews(write(tmp_path, content.encode(encoding), name))
    assert table["text"].tolist() == ["房间, très", "b"]
    assert table.attrs["encoding"] == MARKED[encoding]
    if encoding == "utf-16":
        big = codecs.BOM_UTF16_BE + content.encode("utf-16-be")
        assert load_reviews(write(tmp_path, big, name)).equals(table)
        with pytest.raises(ValueError, match=r"line \d is not in the encoding utf-16: save the file as UTF-8, or name"):
            load_reviews(write(tmp_path, big[:-1], name))


def test_what_has_no_mark_is_named(tmp_path):
    content = "text,label\r\nа,0\r\nb,1\r\n"
    path = write(tmp_path, content.encode("utf-16-le").replace("а".encode("utf-16-le"), b"a\0"))
    with pytest.raises(ValueError, match=r"line 1 holds a NUL byte: save .* or try encoding='utf-16-le'"):
        load_reviews(path)
    assert load_reviews(path, encoding="utf-16-le")["text"].tolist() == ["a", "b"]
    with pytest.raises(ValueError, match=r"line 3 holds a NUL byte"):
        load_reviews(write(tmp_path, b"text,label\na,0\nb\0,1\n"))


def test_an_encoding_that_does_not_fit(tmp_path):
    path = write(tmp_path, 'text,label\na,0\n"“b”",1\n'.encode("cp1252"))
    with pytest.raises(ValueError, match=r"line 3 is not in the encoding utf-8: .*, which is another$"):
        load_reviews(path, encoding="UTF8")
    with pytest.raises(
        ValueError, match=r"line 3 holds '\\x93', which is no letter in iso8859-1: try encoding='cp1252'"
    ):
        load_reviews(path, encoding="latin-1")
    assert load_reviews(path, encoding="cp1252")["text"].tolist() == ["a", "“b”"]
    with pytest.raises(ValueError, match=r"line 1 is not in the encoding punycode"):  # it does not say where
        load_reviews(write(tmp_path, b"text-label,\n"), encoding="punycode")


@pytest.mark.parametrize("encoding", ["", "utf8000", "hex", "rot13", "a\0b", "x" * 300, "/", "../cp1252", "undefined"])
def test_an_encoding_that_is_none(tmp_path, encoding):
    with pytest.raises(ValueError, match=r"^encoding='.*\.* is none that Python knows: try 'utf-8', 'cp1252' or"):
        load_reviews(write(tmp_path, b"text,label\na,0\nb,1\n"), encoding=encoding)
    with pytest.raises(TypeError, match=r"^encoding must be a text, not 8"):
        load_reviews("mine.csv", encoding=8)


def test_utf8_needs_no_word(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for texts in (["plain"], CHINESE, WRITTEN["Korean"][1]):
            assert load_reviews(write(tmp_path, a_file(texts, "utf-8"))).attrs["encoding"] == "utf-8"
