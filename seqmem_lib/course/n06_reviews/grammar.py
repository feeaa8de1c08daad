"""The words and sentences that `corpus` writes reviews with: our own, in Chinese and in English, of the same structure.

A template is a text of tokens. Those in capitals are slots, and every alternative of a slot is one token, so that the
number of tokens of a sentence is known before it is written. The end of a sentence is left out.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from itertools import product


@dataclass(frozen=True)
class Phrases:
    """What one language is written with. All but the opinions is neutral: it must say nothing about the label."""

    praise: str
    blame: str
    slots: dict[str, str]
    affirmed: tuple[str, ...]  # clauses that mean what their WORD says
    negated: tuple[str, ...]  # clauses that mean the opposite
    leads: tuple[str, ...]  # what may come before an opinion
    tails: tuple[str, ...]  # and after it; they have 0, 1 and 2 tokens, so that every distance can be filled
    turns: tuple[str, ...]  # the CLAUSE counts, and the OTHER clause, of the opposite opinion, does not
    openings: tuple[str, ...]  # the first sentence of a review
    fillers: tuple[str, ...]  # any other one; those of a size that come first share their words
    ends: tuple[str, ...]
    clashes: dict[str, str] = field(default_factory=dict)  # a word -> what cannot be said after it in one clause


PHRASES = {
    "zh": Phrases(
        praise="精彩 感人 出色 动人 迷人 惊艳 用心 到位 完美 难忘",
        blame="糟糕 让人失望 平庸 平淡 乏味 老套 无聊 生硬 俗气 粗糙",
        slots={
            "FACET": "剧情 音乐 表演 画面 结局 对白 镜头 剧本 布景 特效",
            "DEGREE": "很 非常 特别 十分 相当 格外",
            "ADVERB": "真的 确实 其实 的确 显然",
            "AFTER": "真的 其实 说真的",
            "NOT": "不 一点也不 并不 不算 根本不",
            "SUMMARY": "总之 老实说 反正 说到底 总的来说",
            "WHEN": "昨天 周末 今晚 上周 前天 周五",
            "PERSON": "朋友 同事 妹妹 爸爸 室友 邻居",
            "PLACE": "影院 商场 学校 剧院 市中心 城南",
            "HOUSE": "影院 商场 学校 剧院",
            "DEED": "买了票 排了队 吃了饭 停了车 喝了茶 聊了天",
            "NUMBER": "八 五 三 六 九 十",
            "SNACK": "爆米花 热茶 汽水 面包 橘子 花生",
            "WEATHER": "下雨 刮风 下雪 打雷",
            "VEHICLE": "地铁 公交 出租车 火车 轮渡",
            "COLOR": "红色 蓝色 灰色 绿色 棕色",
            "THING": "座位 地毯 幕布 大门 墙壁 沙发",
            "TONGUE": "中文 英文 法文 日文",
        },
        affirmed=("FACET WORD", "FACET DEGREE WORD", "FACET 太 WORD 了", "FACET ADVERB DEGREE WORD"),
        negated=("FACET NOT WORD", "FACET ADVERB NOT WORD"),
        leads=("", "SUMMARY", "SUMMARY ，", "我 觉得"),
        tails=("", "啊", "哦", "， AFTER"),
        turns=("虽然 OTHER ， 但是 CLAUSE", "OTHER ， 不过 CLAUSE", "OTHER ， 可是 CLAUSE", "CLAUSE ， 虽然 OTHER"),
        openings=(
            "WHEN 看完的",
            "我 WHEN 看完的",
            "WHEN 和 PERSON 看完的",
            "WHEN 在 PLACE 看完的",
            "我 WHEN 在 PLACE 看完的",
            "我 和 PERSON WHEN 看完的",
            "我 和 PERSON 在 PLACE 看完的",
            "我 WHEN 和 PERSON 在 PLACE 看完的",
            "WHEN ， 我 和 PERSON 在 PLACE 看完的",
        ),
        fillers=(
            *("我 DEED", "PERSON DEED", "WHEN DEED"),
            *("我 WHEN DEED", "PERSON WHEN DEED", "WHEN PERSON DEED"),
            *("我 和 PERSON DEED", "我 在 PLACE DEED", "PERSON 在 PLACE DEED"),
            *("我 WHEN 在 PLACE DEED", "PERSON WHEN 在 PLACE DEED", "WHEN PERSON 在 PLACE DEED"),
            *("我 和 PERSON 在 PLACE DEED", "WHEN 我 DEED ， PERSON DEED", "WHEN 我 和 PERSON 一起 DEED"),
            *("我 WHEN 和 PERSON 在 PLACE DEED", "WHEN 我 和 PERSON 在 PLACE DEED", "我 和 PERSON WHEN 在 PLACE DEED"),
            *("我 DEED ， PERSON WHEN 在 PLACE DEED", "WHEN 我 DEED ， PERSON 在 PLACE DEED"),
            *("WHEN ， 我 和 PERSON 在 PLACE DEED", "我 在 PLACE DEED ， PERSON 在 PLACE DEED"),
            *("PERSON 带 了 SNACK", "WHEN PLACE 外面 在 WEATHER", "WHEN NUMBER 点 散场"),
            *("WHEN 电影 NUMBER 点 开始", "PERSON 坐 VEHICLE 来 的", "散场 时 PLACE 外面 在 WEATHER"),
            *("HOUSE 的 THING 是 COLOR 的", "票 是 PERSON WHEN 买 的", "PERSON WHEN 在 PLACE 学了 TONGUE"),
            *("WHEN PERSON 坐 在 第 NUMBER 排", "PERSON 说 片尾 字幕 有 NUMBER 分钟", "PERSON 旁边 的 人 带 了 SNACK"),
            *(
                "开场 前 PERSON 去 买 了 SNACK",
                "从 PLACE 坐 VEHICLE 要 NUMBER 分钟",
                "PLACE 的 SNACK NUMBER 块 钱 一 份",
            ),
            *("WHEN 影厅 里 坐 了 NUMBER 个 人", "散场 以后 ， PERSON 去 PLACE 买 了 SNACK"),
            *("回家 路上 ， PERSON 和 我 聊 了 NUMBER 分钟", "WHEN ， 我 和 PERSON 坐 VEHICLE 去 了 PLACE"),
            "从 PLACE 到 PLACE ， 我们 坐 了 NUMBER 分钟 VEHICLE",
        ),
        ends=("。", "！"),
        clashes={
            "剧情": "惊艳 用心 到位",
            "音乐": "用心 无聊 生硬 粗糙",
            "表演": "无聊",
            "画面": "到位 老套 无聊 生硬",
            "结局": "迷人 用心 到位 乏味 粗糙",
            "对白": "迷人 惊艳 用心 粗糙",
            "镜头": "老套 无聊 俗气",
            "剧本": "迷人 难忘",
            "布景": "精彩 感人 动人 难忘 乏味 无聊 生硬",
            "特效": "感人 动人 迷人 难忘 乏味 无聊 俗气",
        }
        # 不难忘 would be read as 不难, "not hard", and 忘, "to forget".
        | dict.fromkeys(["不", "一点也不", "并不", "不算", "根本不"], "难忘"),
    ),
    "en": Phrases(
        praise="wonderful moving superb brilliant excellent charming gripping beautiful delightful memorable",
        blame="dull dreadful disappointing clumsy tedious awful bland boring lifeless mediocre",
        slots={
            "FACET": "plot music acting photography ending dialogue editing script scenery soundtrack",
            "DEGREE": "very quite so extremely remarkably rather",
            "ADVERB": "really certainly honestly truly clearly",
            "NOT": "not never hardly scarcely",
            "SUMMARY": "overall altogether anyway somehow",
            "WHEN": "yesterday today recently tonight earlier",
            "PERSON": "friend colleague sister father flatmate neighbour",
            "PLACE": "cinema mall college theatre museum harbour",
            "DEED": "queued waited paid parked shopped dined",
            "NUMBER": "eight five three six nine ten",
            "SNACK": "popcorn tea lemonade bread fruit chocolate",
            "WEATHER": "raining snowing thundering drizzling",
            "VEHICLE": "tram bus taxi train ferry",
            "COLOR": "red blue grey green brown",
            "THING": "carpet curtain door ceiling wall sofa",
            "TONGUE": "English French Spanish German",
        },
        affirmed=(
            "FACET was WORD",
            "the FACET was WORD",
            "the FACET was DEGREE WORD",
            "the FACET ADVERB was DEGREE WORD",
        ),
        negated=("FACET was NOT WORD", "the FACET was NOT WORD", "the FACET ADVERB was NOT WORD"),
        leads=("", "SUMMARY", "SUMMARY ,", "for me ,"),
        tails=("", "SUMMARY", ", ADVERB"),
        turns=("although OTHER , CLAUSE", "OTHER , but CLAUSE", "OTHER , yet CLAUSE", "CLAUSE , although OTHER"),
        openings=(
            "seen WHEN",
            "I saw it",
            "I saw it WHEN",
            "seen with my PERSON",
            "seen at the PLACE",
            "seen WHEN with my PERSON",
            "seen WHEN at the PLACE",
            "I saw it with my PERSON",
            "we saw it at the PLACE",
            "I saw it with my PERSON WHEN",
            "WHEN I saw it at the PLACE",
            "seen at the PLACE with my PERSON WHEN",
            "I saw it with my PERSON at the PLACE",
        ),
        fillers=(
            *("I DEED", "we DEED", "DEED WHEN"),
            *("my PERSON DEED", "I DEED WHEN", "we DEED WHEN"),
            *("my PERSON DEED WHEN", "WHEN my PERSON DEED", "DEED at the PLACE"),
            *("I DEED at the PLACE", "we DEED at the PLACE", "DEED WHEN at the PLACE"),
            *("my PERSON DEED at the PLACE", "I DEED at the PLACE WHEN", "we DEED WHEN at the PLACE"),
            *(
                "my PERSON DEED at the PLACE WHEN",
                "my PERSON DEED WHEN at the PLACE",
                "WHEN my PERSON DEED at the PLACE",
            ),
            *("I DEED with my PERSON at the PLACE", "we DEED with my PERSON at the PLACE"),
            *("I DEED and my PERSON DEED WHEN too", "I DEED with my PERSON at the PLACE WHEN"),
            *("my PERSON brought SNACK", "WHEN it was WEATHER outside", "WHEN it started at NUMBER"),
            *("my PERSON came by VEHICLE", "my PERSON sat in row NUMBER", "NUMBER people sat behind my PERSON"),
            *("my PERSON bought the tickets WHEN", "the VEHICLE took NUMBER minutes WHEN"),
            *("the THING at the PLACE was COLOR", "it was WEATHER when my PERSON left"),
            *("before it started my PERSON bought SNACK", "the man beside my PERSON had SNACK"),
            *("my PERSON learns TONGUE at the PLACE", "the VEHICLE to the PLACE took NUMBER minutes"),
            *("afterwards my PERSON had SNACK at the PLACE", "my PERSON and I had SNACK at the PLACE"),
            *(
                "my PERSON says that the credits took NUMBER minutes",
                "on the way home my PERSON talked for NUMBER minutes",
            ),
            *(
                "WHEN my PERSON took the VEHICLE to the PLACE",
                "my PERSON took the VEHICLE home and it was WEATHER outside",
            ),
            "the ticket that my PERSON bought WHEN was for row NUMBER",
        ),
        ends=(".", "!"),
    ),
}

_GLOSSES = """
精彩 brilliant; 感人 moving; 出色 excellent; 动人 touching; 迷人 charming; 惊艳 stunning; 用心 made with care;
到位 spot-on; 完美 perfect; 难忘 memorable; 无聊 dull; 糟糕 terrible; 让人失望 disappointing; 乏味 tedious;
平庸 mediocre; 平淡 flat; 老套 hackneyed; 生硬 wooden; 俗气 tacky; 粗糙 crude; 剧情 plot; 音乐 music; 表演 acting;
画面 photography; 结局 ending; 对白 dialogue; 镜头 camera work; 剧本 script; 布景 scenery; 特效 special effects;
很 very; 非常 extremely; 特别 particularly; 十分 most; 相当 quite; 格外 exceptionally; 太 so; 了 (particle);
真的 really; 说真的 seriously; 确实 certainly; 其实 actually; 的确 indeed; 显然 clearly; 不 not; 一点也不 not at all;
并不 not really; 不算 not exactly; 根本不 simply not; 总之 in short; 老实说 honestly; 反正 anyway; 说到底 after all;
总的来说 overall; 我 I; 觉得 think; 啊 (emphasis); 哦 (mild emphasis); 虽然 although; 但是 but; 不过 however;
可是 yet; ， ,; 。 .; ！ !; 昨天 yesterday; 周末 at the weekend; 今晚 tonight; 上周 last week; 前天 two days ago;
周五 on Friday; 朋友 friend; 同事 colleague; 妹妹 sister; 爸爸 father; 室友 flatmate; 邻居 neighbour; 影院 cinema;
商场 mall; 学校 school; 剧院 theatre; 市中心 city centre; 城南 south of town; 买了票 bought tickets; 排了队 queued;
吃了饭 dined; 停了车 parked; 喝了茶 drank tea; 聊了天 chatted; 看完的 watched to the end; 和 and; 在 at;
一起 together; 八 eight; 五 five; 三 three; 六 six; 九 nine; 十 ten; 点 o'clock; 散场 end of the show; 外面 outside;
下雨 rain; 刮风 be windy; 下雪 snow; 打雷 thunder; 电影 film; 开始 start; 带 bring; 爆米花 popcorn; 热茶 hot tea;
汽水 lemonade; 面包 bread; 橘子 tangerine; 花生 peanuts; 座位 seat; 地毯 carpet; 幕布 curtain; 大门 front door;
墙壁 wall; 沙发 sofa; 是 is; 红色 red; 蓝色 blue; 灰色 grey; 绿色 green; 棕色 brown; 的 of; 字幕 subtitles;
中文 Chinese; 英文 English; 法文 French; 日文 Japanese; 时 when; 坐 sit; 地铁 underground; 公交 bus; 出租车 taxi;
火车 train; 轮渡 ferry; 来 come; 片尾 closing; 有 have; 分钟 minutes; 说 say; 学了 learned; 我们 we; 第 number;
排 row; 票 ticket; 买 buy; 旁边 beside; 人 person; 影厅 screening room; 块 yuan; 钱 money; 一 one; 份 portion;
从 from; 要 take; 里 in; 个 (count); 开场 start of the show; 前 before; 去 go; 以后 after; 回家 go home;
路上 on the way; 聊 chat; 到 to
"""
# The English of every Chinese token.
GLOSSES = dict(entry.strip().split(" ", 1) for entry in _GLOSSES.split(";"))


def by_size(templates: tuple[str, ...]) -> dict[int, list[tuple[str, ...]]]:
    """The templates, as tuples of tokens, by the number of tokens of a sentence, its end included."""
    found = defaultdict(list)
    for template in templates:
        found[len(template.split()) + 1].append(tuple(template.split()))
    return found


@cache
def opinion_templates(language: str) -> dict[tuple[str, bool], dict[tuple[int, int], list[tuple[str, ...]]]]:
    """The templates of the sentence with the opinion that counts.

    They are sorted by their kind, by whether that opinion is negated, and by the number of tokens before and after the
    deciding word, which is the slot VERDICT. The kinds are "plain", and "first" and "later" if an opposite opinion is
    granted: before the one that counts, or after it.
    """
    phrases = PHRASES[language]
    # What is granted has the opposite opinion: its word differs from the label, unless it is negated.
    granted = [clause.replace("WORD", "DIFFERS") for clause in phrases.affirmed]
    granted += [clause.replace("WORD", "AGREES") for clause in phrases.negated]
    found = defaultdict(lambda: defaultdict(list))
    for lead, clause, tail in product(phrases.leads, phrases.affirmed + phrases.negated, phrases.tails):
        told = [("plain", clause)]
        for turn, other in product(phrases.turns, granted):
            kind = "later" if turn.startswith("CLAUSE") else "first"
            if not (kind == "later" and tail):  # it would read as a tail of what is granted
                told.append((kind, turn.replace("OTHER", other).replace("CLAUSE", clause)))
        for kind, sentence in told:
            template = f"{lead} {sentence} {tail}".replace("WORD", "VERDICT").split()
            before = template.index("VERDICT")
            found[kind, clause in phrases.negated][before, len(template) - before].append(tuple(template))
    return found
