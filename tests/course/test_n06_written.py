"""The reviews are read by rules of this file's own, not with the grammar that wrote them."""

from collections import Counter, defaultdict

import pytest
import torch
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from torch import Generator

from figures.own_reviews import own_reviews
from seqmem_lib import load_reviews
from seqmem_lib.course.n06_reviews.written import OWN_REVIEWS, Review, write_reviews


def words(text):
    return set(text.split())


PRAISE = {
    "zh": words("精彩 感人 出色 动人 迷人 惊艳 用心 到位 完美 难忘"),
    "en": words("wonderful moving superb brilliant excellent charming gripping beautiful delightful memorable"),
}
BLAME = {
    "zh": words("糟糕 让人失望 平庸 平淡 乏味 老套 无聊 生硬 俗气 粗糙"),
    "en": words("dull dreadful disappointing clumsy tedious awful bland boring lifeless mediocre"),
}
FACETS = words("剧情 音乐 表演 画面 结局 对白 镜头 剧本 布景 特效")
NEGATIONS = {"zh": words("不 一点也不 并不 不算 根本不"), "en": words("not never hardly scarcely")}
ALTHOUGH = {"zh": "虽然", "en": "although"}
BUT = {"zh": {"但是", "不过", "可是"}, "en": {"but", "yet"}}
LANGUAGES = ("zh", "en")
both_languages = pytest.mark.parametrize("language", LANGUAGES)


def write(n, seed=0, **options):
    return write_reviews(n, **options, generator=Generator().manual_seed(seed))


def opinions(review):
    evaluative = PRAISE[review.language] | BLAME[review.language]
    return [k for k, token in enumerate(review.tokens) if token in evaluative]


def negated(review, at):
    """Whether a negation stands between the word and the last comma or end before it."""
    k = at
    while k > 0 and review.tokens[k - 1] not in "，。！,.!":
        k -= 1
    return bool(NEGATIONS[review.language] & set(review.tokens[k:at]))


def read(review):
    """The deciding word's index and the label, as a careful reader finds them."""
    first, *more = opinions(review)
    if not more:
        decisive = first
    else:
        (second,) = more
        between = set(review.tokens[first:second])
        granted_later = ALTHOUGH[review.language] in between
        turned = between & BUT[review.language] or ALTHOUGH[review.language] in review.tokens[:first]
        assert granted_later != bool(turned)
        decisive = first if granted_later else second
    good = review.tokens[decisive] in PRAISE[review.language]
    return decisive, int(good != negated(review, decisive))


def sentences(reviews):
    found = set()
    for review in reviews:
        one = ()
        for token in review.tokens:
            one += (token,)
            if token in "。！.!":
                found.add(one)
                one = ()
        assert one == (), "a review ends where a sentence ends"
    return found


@both_languages
@pytest.mark.parametrize("options", [{}, {"length": (20, 200)}, {"length": (8, 60), "part": "train"}])
def test_a_reader_agrees_with_every_label(language, options):
    for review in write(10_000 if options == {} else 2000, language=language, **options):
        assert read(review) == (review.decisive, review.label)
        assert not review.flipped
        assert review.language == language


@both_languages
def test_the_word_alone_does_not_give_the_label(language):
    """Negations turn it in 30 % of the reviews, and a second opinion, of which a fifth comes later, is in 27 %."""
    reviews = write(10_000, language=language, length=(30, 60))
    decided = [opinions(review).index(review.decisive) for review in reviews]
    two = [len(opinions(review)) == 2 for review in reviews]
    assert sum(two) / 10_000 == pytest.approx(0.27, abs=0.02)
    assert sum(pair and first == 0 for pair, first in zip(two, decided, strict=True)) / sum(two) > 0.15
    assert sum(negated(review, review.decisive) for review in reviews) / 10_000 == pytest.approx(0.3, abs=0.02)
    for review in reviews:  # both opinions of a pair are opposite
        if len(opinions(review)) == 2:
            good = [(review.tokens[k] in PRAISE[language]) != negated(review, k) for k in opinions(review)]
            assert good[0] != good[1]


@both_languages
def test_a_bag_of_words_is_right_in_less_than_two_thirds(language):
    train, test = (write(4000, language=language, part=part) for part in ("train", "test"))
    columns = DictVectorizer().fit([Counter(review.tokens) for review in train])
    counts, answers = (
        [columns.transform([Counter(review.tokens) for review in reviews]) for reviews in (train, test)],
        [[review.label for review in reviews] for reviews in (train, test)],
    )
    model = LogisticRegression(max_iter=1000).fit(counts[0], answers[0])
    assert 0.6 < model.score(counts[1], answers[1]) < 0.67


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_negations_and_concessions_have_their_shares(language, share):
    """Where there is room for them: the deciding word is in the middle."""
    where = {"language": language, "length": 40, "distance": 20}
    reviews = write(1000, negated=share, conceded=0, **where)
    assert all(len(opinions(review)) == 1 for review in reviews)
    assert sum(negated(review, review.decisive) for review in reviews) == pytest.approx(1000 * share, abs=60)
    reviews = write(1000, negated=0, conceded=share, **where)
    assert not any(negated(review, review.decisive) for review in reviews)
    assert sum(len(opinions(review)) == 2 for review in reviews) == pytest.approx(1000 * share, abs=60)


@both_languages
@pytest.mark.parametrize("noise", [0, 0.1, 0.25, 1])
def test_noise_turns_exactly_so_many_labels(language, noise):
    reviews = write(1003, language=language, noise=noise)
    assert sum(review.flipped for review in reviews) == round(noise * 1003)
    for review in reviews:
        decisive, label = read(review)
        assert (decisive, label != review.label) == (review.decisive, review.flipped)


@both_languages
@pytest.mark.parametrize("n", [1, 2, 7, 1000])
def test_half_are_positive(language, n):
    reviews = write(n, language=language)
    assert [review.label for review in reviews].count(1) == n // 2
    assert len(reviews) == n


def test_the_order_is_random():
    labels = torch.tensor([review.label for review in write(4000)])
    assert labels[:2000].sum().item() == pytest.approx(1000, abs=100)
    assert (labels[1:] == labels[:-1]).double().mean().item() == pytest.approx(0.5, abs=0.04)


@both_languages
def test_no_review_twice(language):
    assert len({review.text for review in write(10_000, language=language)}) == 10_000
    short = write(40, language=language, length=(4, 12), variety=3)
    assert len({review.text for review in short}) == 40


@both_languages
def test_every_length_is_as_likely(language):
    lengths = Counter(len(review.tokens) for review in write(10_000, language=language))
    assert sorted(lengths) == list(range(6, 31))
    assert list(lengths.values()) == pytest.approx([400] * 25, abs=100)


@both_languages
@pytest.mark.parametrize("length", [4, 5, 6, 7, 8, 9, 13, 50, 200])
def test_one_length(language, length):
    assert {len(review.tokens) for review in write(8, language=language, length=length)} == {length}


@both_languages
@pytest.mark.parametrize("part", ["train", "test"])
def test_every_distance_can_be_had_exactly(language, part):
    """With the least room in front of the deciding word, and with more; and with a small vocabulary."""
    room = {"zh": 2, "en": 3}[language]
    for distance in (*range(1, 25), 50, 100, 150, 190, 200 - room):
        for length in {distance + room, distance + room + 1, distance + room + 7, 200}:
            if length <= 200 and length >= 4:
                options = {"length": length, "distance": distance, "variety": 3, "part": part}
                for review in write(4, language=language, **options):
                    assert len(review.tokens) == length
                    assert review.distance == len(review.tokens) - 1 - review.decisive == distance
                    assert read(review) == (review.decisive, review.label)


@both_languages
def test_distances_of_a_range_are_all_as_likely(language):
    reviews = write(3000, language=language, length=(40, 50), distance=(11, 20))
    distances = Counter(review.distance for review in reviews)
    assert sorted(distances) == list(range(11, 21))
    assert list(distances.values()) == pytest.approx([300] * 10, abs=80)


@both_languages
def test_what_is_asked_for_a_reader_does_not_depend_on_the_distance(language):
    """Otherwise a curve of accuracy over distance would show something else."""
    for distance in (1, 10, 40):
        reviews = write(3000, language=language, length=60, distance=distance)
        assert sum(negated(review, review.decisive) for review in reviews) / 3000 == pytest.approx(0.3, abs=0.035)
        assert sum(len(opinions(review)) == 2 for review in reviews) / 3000 == pytest.approx(0.27, abs=0.035)


@both_languages
@pytest.mark.parametrize("variety", [None, 3])
def test_parts_share_no_sentence_but_every_word(language, variety):
    train, test = [], []
    for seed, length in enumerate([(4, 12), (6, 30), (100, 200)]):
        n = 20 if length[0] == 4 else 600
        train += write(n, seed, language=language, variety=variety, length=length, part="train")
        test += write(n // 2, seed, language=language, variety=variety, length=length, part="test")
    assert not sentences(train) & sentences(test)
    vocabularies = [{word for one in sentences(part) for word in one} for part in (train, test)]
    assert vocabularies[0] == vocabularies[1]


@both_languages
def test_a_fifth_of_the_sentences_is_for_testing(language):
    parts = {part: sentences(write(4000, language=language, part=part)) for part in ("train", "test")}
    known = [part for one in sentences(write(4000, 1, language=language)) for part in parts if one in parts[part]]
    share = known.count("test") / len(known)
    assert 0.15 < share < 0.35  # of those met; the fewer of "test" are met more often


@both_languages
@pytest.mark.parametrize("part", ["train", "test"])
def test_each_part_has_several_sentences_of_every_size(language, part):
    """With a small vocabulary too: nine words before and after the deciding one at least, and neutral ones."""
    evaluative = PRAISE[language] | BLAME[language]
    opinion, neutral = defaultdict(set), defaultdict(set)
    for one in sentences(write(400, language=language, variety=3, length=(7, 90), part=part)):
        (opinion if evaluative & set(one) else neutral)[len(one)].add(one)
    shortest = {"zh": 3, "en": 4}[language]
    assert all(len(opinion[size]) >= 3 for size in range(shortest + 1, 15)), {k: len(v) for k, v in opinion.items()}
    assert all(len(neutral[size]) >= 3 for size in range(3, 10)), {k: len(v) for k, v in neutral.items()}


@both_languages
def test_a_small_variety_has_a_small_vocabulary(language):
    reviews = write(40, language=language, variety=3, length=(4, 12))
    assert 35 <= len({token for review in reviews for token in review.tokens}) <= 52
    many = write(3000, language=language, length=(10, 40))
    assert len({token for review in many for token in review.tokens}) > 150
    some = write(3000, language=language, variety=4, length=(10, 40))
    assert len({token for review in some for token in review.tokens} & PRAISE[language]) == 4


@both_languages
def test_neutral_words_say_nothing_about_the_label(language):
    """Negations and concessions neither. Of k reviews with a word, half are positive, up to 4.5 standard errors."""
    counts, positive = Counter(), Counter()
    for review in write(10_000, language=language):
        for token in set(review.tokens) - PRAISE[language] - BLAME[language]:
            counts[token] += 1
            positive[token] += review.label
    assert len(counts) > 100
    for token, k in counts.items():
        assert abs(positive[token] / k - 0.5) < 4.5 * 0.5 / k**0.5, token


# What a speaker of Chinese would not say: whole facets with single words, and the other way round.
WRONG = words("音乐无聊 音乐用心 对白用心 镜头无聊 剧情用心 结局用心 特效感人 布景动人 画面到位 镜头老套 剧本难忘")


def test_chinese_clauses_go_together():
    """Of 10,000 reviews: no facet with a word that it is never called, no 不难忘 (read as 不难), no blame with 呢,
    nothing behind a comma at the end but 真的, 其实 and 说真的, and what happened is told as having happened."""
    heard = set()
    for review in write(10_000):
        for sentence in sentences([review]):
            for clause in "".join(f"{token} " for token in sentence[:-1]).split("，"):
                told = clause.split()
                facets = [k for k, token in enumerate(told) if token in FACETS]
                heard |= {told[facets[0]] + token for token in told if facets and token in PRAISE["zh"] | BLAME["zh"]}
                assert not (NEGATIONS["zh"] & set(told) and "难忘" in told)
                assert told not in (["的确"], ["显然"], ["确实"])
                assert not {"呢", "看完", "买票", "排队", "吃饭", "停车", "聊天", "学"} & set(told)
    assert not heard & WRONG
    assert len(heard) > 140, "the others are said"
    assert {facet for facet in FACETS if any(pair.startswith(facet) for pair in heard)} == FACETS


def test_a_facet_says_nothing_about_the_label_though_it_chooses_its_words():
    """Up to 4.5 standard errors, in plain reviews, where the word gives the label."""
    reviews = write(10_000, negated=0, conceded=0)
    for facet in FACETS:
        labels = [review.label for review in reviews if facet in review.tokens]
        assert abs(sum(labels) / len(labels) - 0.5) < 4.5 * 0.5 / len(labels) ** 0.5, facet


def test_500_reviews_come_as_a_file():
    """As `python -m figures.own_reviews` writes it, and as load_reviews reads it."""
    assert OWN_REVIEWS.read_bytes().decode("utf-8") == own_reviews()
    read = load_reviews(OWN_REVIEWS)
    assert len(read) == 500
    assert sorted(read["label"].value_counts().to_dict().items()) == [(0, 250), (1, 250)]
    longest = max(read["text"], key=len)
    assert 20 < len(longest) < 80
    assert longest.endswith(("。", "！"))


def test_every_chinese_token_has_a_gloss():
    reviews = write(3000, length=(6, 60))
    for review in reviews:
        assert len(review.gloss) == len(review.tokens)
        assert all(gloss and gloss.isascii() for gloss in review.gloss)
    glosses = {token: gloss for review in reviews for token, gloss in zip(review.tokens, review.gloss, strict=True)}
    some = {"一点也不": "not at all", "剧情": "plot", "。": ".", "了": "(particle)"}
    assert {token: glosses[token] for token in some} == some
    english = write(1, language="en")[0]
    assert english.gloss == english.tokens


def test_texts_are_written_as_people_write():
    tokens = ("虽然", "剧情", "不", "精彩", "，", "但是", "音乐", "感人", "。")
    assert Review(tokens, 1, 7, False, "zh").text == "虽然剧情不精彩，但是音乐感人。"
    tokens = ("seen", "today", "!", "overall", ",", "the", "plot", "was", "dull", ".", "I", "paid", ".")
    assert Review(tokens, 0, 8, False, "en").text == "Seen today! Overall, the plot was dull. I paid."
    assert Review(tokens, 0, 8, False, "en").distance == 4


def test_the_first_review_of_a_seed_is_known():
    zh, en = (write(2, 5, language=language, length=(14, 20), distance=(5, 9))[0] for language in LANGUAGES)
    assert (zh.text, zh.label, zh.decisive) == ("我觉得结局确实非常俗气，可是表演感人。爸爸带了面包。", 1, 9)
    assert (en.text, en.label, en.decisive) == (
        "Altogether photography was clumsy, but the scenery was superb, really. Parked tonight.",
        1,
        9,
    )


def test_reviews_depend_on_the_generator_alone():
    state = torch.get_rng_state()
    first, again, other = (write(20, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert torch.equal(torch.get_rng_state(), state), "the global generator must be left alone"
    with torch.device("meta"):
        assert write(20, 1) == first
    generator = Generator().manual_seed(1)
    assert write_reviews(20, generator=generator) != write_reviews(20, generator=generator)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "n must be a whole number of at least 1, not 0"),
        ({"language": "de"}, "language must be 'zh' or 'en', not 'de'"),
        ({"part": "validation"}, "part must be None, 'train' or 'test', not 'validation'"),
        ({"length": 3}, "length, or each of its two ends, must be a whole number from 4 to 200, not 3"),
        ({"length": (6, 201)}, "length, or each of its two ends, must be a whole number from 4 to 200, not 201"),
        ({"length": (6, 7, 8)}, r"length must be one whole number, or a pair of them, not \(6, 7, 8\)"),
        ({"length": (9, 6)}, r"length=\(9, 6\) runs backwards: put the smaller number first"),
        ({"length": 8.5}, r"length, or .* must be a whole number from 4 to 200, not 8\.5"),
        ({"distance": 0}, "distance, or each of its two ends, must be a whole number from 1 to 198, not 0"),
        ({"noise": -0.1}, r"noise must be a number from 0 to 1, not -0\.1"),
        ({"negated": -0.1}, r"negated must be a number from 0 to 1, not -0\.1"),
        ({"conceded": 2}, r"conceded must be a number from 0 to 1, not 2"),
        ({"noise": 1.5}, r"noise must be a number from 0 to 1, not 1\.5"),
        ({"noise": "10 %"}, "noise must be a number from 0 to 1, not '10 %'"),
        ({"noise": float("nan")}, "noise must be a number from 0 to 1, not nan"),
        ({"variety": 2}, "variety must be a whole number of at least 3, not 2"),
        (
            {"length": (6, 30), "distance": (3, 20)},
            r"length=\(6, 30\) and distance=\(3, 20\) do not fit: a distance of 20 needs a length of at least 22, "
            "and a length of 6 has distances from 1 to 4",
        ),
        ({"language": "en", "length": 20, "distance": 18}, "a distance of 18 needs a length of at least 21"),
        ({"n": 5000, "length": 4, "variety": 3}, r"n=5000 is too many: after \d+ reviews, no new one of 4 tokens was"),
        ({"generator": None}, r"generator must be a torch\.Generator, not None"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        write_reviews(**{"n": 2, "generator": Generator().manual_seed(0), **options})
