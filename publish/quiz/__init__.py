"""The bank of multiple-choice questions. `make quiz` writes it to `_quiz/`, for each notebook:

- `NN_topic.xml` for Moodle,
- `NN_topic_qti12.zip` in QTI 1.2 as Canvas reads it, by text2qti,
- `NN_topic_qti21.zip` in QTI 2.1, the standard that other systems read,
- `NN_topic_A.ipynb` and `NN_topic_B.ipynb` for nbgrader, with the first or the second variant of each question.

The source is bank/NN_topic.txt, the plain text of text2qti (https://github.com/gpoore/text2qti). A group holds the two
variants of one question. The right answer stands first there, where whoever edits it will find it.
"""

import random
import re
from html import unescape
from itertools import takewhile
from pathlib import Path

from text2qti.config import Config
from text2qti.quiz import GroupStart, Question, Quiz

BANK = Path(__file__).parent / "bank"
WRITTEN = Path(__file__).parents[2] / "_quiz"
NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot);)[a-z]+;")  # quotation marks and dashes, by names that XML does not know
EQUATION = re.compile(r'<img class="equation_image" title="([^"]*)"[^>]*>')


def read(path: Path) -> Quiz:
    """The questions about a notebook, with the answers of each in an order that is drawn from its own text.

    Raises Text2qtiError, with the line, where the text is not what text2qti reads: no right answer, two equal ones, ...
    """
    quiz = Quiz(path.read_text("utf-8"), config=Config(), source_name=path.name)
    for part in quiz.questions_and_delims:
        if isinstance(part, Question):
            random.Random(part.id).shuffle(part.choices)
    return quiz


def groups(quiz: Quiz) -> list[list[Question]]:
    """The variants of each question."""
    parts = iter(quiz.questions_and_delims)
    starts = (part for part in parts if isinstance(part, GroupStart))
    return [list(takewhile(lambda part: isinstance(part, Question), parts)) for _ in starts]


def name_of(variants: list[Question]) -> str:
    """What the variants of a question have in common: their title, without its letter."""
    return variants[0].title_raw.rpartition(",")[0]


def html(question: Question, text: str, equation) -> str:
    """A text of this question as XHTML, each of whose equations is what `equation` makes of its LaTeX, escaped."""
    shown = NAMED.sub(lambda found: unescape(found[0]), question.md.md_to_html(text))
    return EQUATION.sub(lambda found: equation(found[1]), shown)
