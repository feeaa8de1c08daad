"""Moodle's XML (https://docs.moodle.org/en/Moodle_XML_format): a category for each question, with its variants in it.
Whoever makes a quiz of it adds a random question from each category.

Equations are LaTeX between \\( and \\), which Moodle's filter MathJax shows; it is on unless it was switched off.
"""

import xml.etree.ElementTree as ET

from text2qti.quiz import Question, Quiz

from publish.quiz import groups, html, name_of


def moodle(quiz: Quiz) -> str:
    root = ET.Element("quiz")
    for variants in groups(quiz):
        path = f"$course$/top/{quiz.title_raw}/{name_of(variants)}"
        _text(ET.SubElement(root, "question", type="category"), "category", path)
        for variant in variants:
            _question(root, variant)
    ET.indent(root)
    return ET.tostring(root, "unicode", xml_declaration=True)


def _question(root: ET.Element, question: Question) -> None:
    element = ET.SubElement(root, "question", type="multichoice")
    _text(element, "name", question.title_raw)
    _text(element, "questiontext", _html(question, question.question_raw), format="html")
    for tag, value in {"single": "true", "shuffleanswers": "true", "answernumbering": "abc"}.items():
        ET.SubElement(element, tag).text = value
    for choice in question.choices:
        answer = _text(element, "answer", _html(question, choice.choice_raw), format="html")
        answer.set("fraction", "100" if choice.correct else "0")
        _text(answer, "feedback", _html(question, choice.feedback_raw), format="html")


def _html(question: Question, text: str) -> str:
    return html(question, text, lambda latex: rf"\({latex}\)")


def _text(parent: ET.Element, tag: str, content: str, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    ET.SubElement(element, "text").text = content
    return element
