"""The quiz as a notebook for nbgrader: a cell for the letter of each answer, and a check that gives a point.

The key stands in hidden tests, which nbgrader takes out of what students get (`nbgrader generate_assignment`) and puts
back to mark it. A wrong letter gets its feedback.
"""

from string import ascii_lowercase

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from text2qti.quiz import Question, Quiz

from publish.quiz import groups
from publish.student import for_nbgrader


def notebook(quiz: Quiz, variant: int) -> NotebookNode:
    """The quiz with this variant of each question, counted from 0."""
    head = f"# {quiz.title_raw}\n\nWrite the letter of the right answer between the quotation marks."
    cells = [new_markdown_cell(head, id="head")]
    for number, variants in enumerate(groups(quiz), start=1):
        cells += _question(number, variants[variant])
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _question(number: int, question: Question) -> list[NotebookNode]:
    lettered = dict(zip(ascii_lowercase, question.choices, strict=False))
    lines = [f"- **{letter})** {choice.choice_raw}" for letter, choice in lettered.items()]
    (key,) = (letter for letter, choice in lettered.items() if choice.correct)
    feedback = {letter: choice.feedback_raw for letter, choice in lettered.items() if not choice.correct}
    check = [
        "### BEGIN HIDDEN TESTS",
        f"said = str.strip(answer_{number}).lower()",  # str's own method, whatever the answer may bring along
        f"assert said == {key!r}, {feedback!r}.get(said, 'not one of the letters')",
        "### END HIDDEN TESTS",
    ]
    name = f"question-{number}"
    return [
        new_markdown_cell(f"**{number}.** {question.question_raw}\n\n" + "\n".join(lines), id=name),
        for_nbgrader(new_code_cell(f'answer_{number} = ""', id=f"{name}-answer"), f"{name}-answer", solution=True),
        for_nbgrader(new_code_cell("\n".join(check), id=f"{name}-check"), f"{name}-check", grade=True, points=1),
    ]
