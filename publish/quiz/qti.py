"""QTI 2.1 (https://www.imsglobal.org/question/), for systems other than Canvas and Moodle: a package with an item for
each variant, and a test that draws one variant of each question.

Equations are MathML, which the standard has wherever it has HTML, and which browsers show by themselves.
"""

import io
import zipfile
from html import escape, unescape

from latex2mathml.converter import convert
from text2qti.quiz import Question, Quiz

from publish.quiz import groups, html, name_of

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
QTI = 'xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1"'
ITEM = """<assessmentItem {xmlns} identifier="{identifier}" title="{title}" adaptive="false" timeDependent="false">
<responseDeclaration identifier="RESPONSE" cardinality="single" baseType="identifier">
<correctResponse><value>{key}</value></correctResponse>
</responseDeclaration>
<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float" normalMaximum="1"/>
<outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>
<itemBody>
{text}
<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="1">
{choices}
</choiceInteraction>
</itemBody>
<responseProcessing>
<responseCondition><responseIf>
<match><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match>
<setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue>
</responseIf></responseCondition>
<setOutcomeValue identifier="FEEDBACK"><variable identifier="RESPONSE"/></setOutcomeValue>
</responseProcessing>
{feedback}
</assessmentItem>"""
CHOICE = '<simpleChoice identifier="{identifier}">{text}</simpleChoice>'
FEEDBACK = (
    '<modalFeedback outcomeIdentifier="FEEDBACK" identifier="{identifier}" showHide="show">{text}</modalFeedback>'
)
TEST = """<assessmentTest {xmlns} identifier="{name}" title="{title}">
<testPart identifier="part" navigationMode="nonlinear" submissionMode="individual">
{sections}
</testPart>
</assessmentTest>"""
SECTION = """<assessmentSection identifier="question-{number}" title="{title}" visible="false">
<selection select="1"/>
{items}
</assessmentSection>"""
ITEM_OF_SECTION = '<assessmentItemRef identifier="{identifier}" href="{identifier}.xml"/>'
MANIFEST = """<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="manifest-{name}">
<metadata><schema>QTIv2.1 Package</schema><schemaversion>1.0.0</schemaversion></metadata>
<organizations/>
<resources>
<resource identifier="test" type="imsqti_test_xmlv2p1" href="test.xml">
<file href="test.xml"/>
{dependencies}
</resource>
{resources}
</resources>
</manifest>"""
RESOURCE = """<resource identifier="{identifier}" type="imsqti_item_xmlv2p1" href="{identifier}.xml">
<file href="{identifier}.xml"/>
</resource>"""


def qti(quiz: Quiz, name: str) -> bytes:
    """The package, a zip file. `name` must begin with a letter."""
    items = {
        f"question-{number}-{letter}": variant
        for number, variants in enumerate(groups(quiz), start=1)
        for letter, variant in zip("AB", variants, strict=True)
    }
    sections = "\n".join(
        SECTION.format(
            number=number,
            title=escape(name_of(variants)),
            items="\n".join(ITEM_OF_SECTION.format(identifier=f"question-{number}-{letter}") for letter in "AB"),
        )
        for number, variants in enumerate(groups(quiz), start=1)
    )
    dependencies = "\n".join(f'<dependency identifierref="{identifier}"/>' for identifier in items)
    resources = "\n".join(RESOURCE.format(identifier=identifier) for identifier in items)
    files = {f"{identifier}.xml": _item(identifier, variant) for identifier, variant in items.items()}
    files["test.xml"] = TEST.format(xmlns=QTI, name=name, title=escape(quiz.title_raw), sections=sections)
    files["imsmanifest.xml"] = MANIFEST.format(name=name, dependencies=dependencies, resources=resources)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for path, text in files.items():
            package.writestr(path, HEAD + text)
    return stream.getvalue()


def _item(identifier: str, question: Question) -> str:
    choices = {f"choice-{k}": choice for k, choice in enumerate(question.choices, start=1)}
    (key,) = (name for name, choice in choices.items() if choice.correct)
    texts = {name: _html(question, choice.choice_raw) for name, choice in choices.items()}
    feedback = {name: _html(question, choice.feedback_raw) for name, choice in choices.items()}
    return ITEM.format(
        xmlns=QTI,
        identifier=identifier,
        title=escape(question.title_raw),
        key=key,
        text=_html(question, question.question_raw),
        choices="\n".join(CHOICE.format(identifier=name, text=text) for name, text in texts.items()),
        feedback="\n".join(FEEDBACK.format(identifier=name, text=text) for name, text in feedback.items()),
    )


def _html(question: Question, text: str) -> str:
    return html(question, text, lambda latex: convert(unescape(latex)))
