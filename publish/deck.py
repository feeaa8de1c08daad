"""The slides of a deck, filled one after the other: what begins one, what is its title, and which are of the core."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from publish import measures
from publish.measures import ROOM
from publish.sentences import first_sentences, is_about_a_widget, leading_sentence


@dataclass
class Slide:
    section: str
    part: str  # of the section, below a heading of its own
    title: str  # as Markdown: a heading, a sentence, a question, or nothing
    rest: bool  # whether it comes after the core
    lines: float  # that are taken
    asks: bool = False  # what follows comes at the next key
    shown: list[NotebookNode] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_heading(self) -> bool:
        return self.title.startswith("#")

    @property
    def has_lead_only(self) -> bool:
        return (
            self.is_heading
            and len(self.shown) == len(self.notes) == 1
            and self.notes[0].startswith(self.shown[0].source)
        )

    @property
    def reads(self) -> bool:
        """Whether it is all text, and more may follow."""
        return bool(self.shown) and not self.asks and not any(cell.get("outputs") for cell in self.shown)

    def head(self) -> str:
        """Of the levels that notebooks lack, 4 is for a question, 5 for a sentence, 6 for the name of the section."""
        name = f"{self.section}: {self.part}" if self.part and not self.is_heading else self.section
        above = "" if self.title.startswith(("# ", "## ")) else f"###### {name}\n\n"
        level = "" if self.is_heading or not self.title else "#### " if self.asks else "##### "
        return above + level + self.title


class Deck:
    """Slides that are filled one after the other."""

    def __init__(self):
        self.slides: list[Slide] = []
        self.section, self.part, self.deep = "", "", False
        self.leads: list[str] = []  # the sentences that lead to what comes next
        self.said = ""  # the last of them, in this part
        self.held: list[str] = []  # answers that come after the code that follows

    def begin(self, title: str, asks: bool = False) -> None:
        rest = self.slides[-1].rest if self.slides else False
        if self.slides and self.slides[-1].is_heading and not self.slides[-1].shown:
            self.slides.pop()  # its words stand above this title
        self.slides.append(Slide(self.section, self.part, title, rest, measures.title(title), asks))

    def heading(self, level: int, text: str) -> None:
        """It begins a slide, and says whether what follows is of the core."""
        self.leads, self.said, self.part = [], "", text if level == 3 else ""
        if level < 3:
            self.section = text
            self.deep = level == 2 and (not re.match(r"\d+\. ", text) or "Exercises" in text or "*depth*" in text)
        self.begin(f"{'#' * level} {text}")
        self.slides[-1].rest = self.deep or "*depth*" in text

    def ask(self, question: str) -> None:
        self.leads = []
        self.begin(question.replace("\n", " "), asks=True)

    def say(self, paragraph: str) -> None:
        """Prose: to be heard. To be seen are its first sentences below a heading, and the one that leads to a thing."""
        here = self.slides[-1]
        if here.is_heading and not here.shown:
            lead = first_sentences(paragraph)
            self.show(new_markdown_cell(lead), measures.lines(lead))
        here.notes.append(paragraph)
        self.said = leading_sentence(paragraph)
        self.leads.append(self.said)

    def stand(self, cell: NotebookNode, lines: float, folded: bool = False) -> None:
        """A thing to be seen, below the sentence that leads to it: as the title of its slide, or if it is a thing to
        read, where it follows other text. What follows a question, or is folded, comes at the next key.
        """
        here, lead = self.slides[-1], self._lead(cell)
        if lead and here.has_lead_only and measures.title(lead) + lines <= ROOM:
            here.title, here.lines, here.shown = lead, measures.title(lead), []
        elif lead and not cell.get("outputs") and here.reads and here.lines + measures.lines(lead) + lines <= ROOM:
            self.show(new_markdown_cell(lead), measures.lines(lead))
        elif lead:
            self.begin(lead)
        here = self.slides[-1]
        is_part = cell.cell_type == "markdown" and not here.shown  # of the question
        self.show(cell, lines, folded or (here.asks and not is_part))

    def _lead(self, cell: NotebookNode) -> str:
        """The last sentence that may lead to it: not one about a widget to what is none, unless there is no other."""
        moves = any("seqmem-figure" not in one.data["text/html"] for one in cell.get("outputs", []) if "data" in one)
        fit = [k for k, lead in enumerate(self.leads) if moves == is_about_a_widget(lead)]
        at = fit[-1] if fit else len(self.leads) - 1
        lead = self.leads[at] if self.leads else ""
        self.leads = self.leads[at + 1 :]
        return lead

    def show(self, cell: NotebookNode, lines: float, covered: bool = False) -> None:
        """On this slide, or if there is no room, on the next."""
        here = self.slides[-1]
        if here.shown and here.lines + lines > ROOM:
            self.begin(self.said or here.title.lstrip("# ") if here.is_heading else here.title, here.asks)
            here = self.slides[-1]
        cell.metadata.slideshow = {"slide_type": "fragment" if covered else "-"}
        here.shown.append(cell)
        here.lines += lines

    def cells(self) -> Iterator[NotebookNode]:
        """The core, a slide that says what comes after it, and the rest."""
        core, rest = ([slide for slide in self.slides if slide.rest is after] for after in (False, True))
        if rest:
            sections = dict.fromkeys(slide.section for slide in rest if slide.section)
            later = "\n".join(f"- {section}" for section in sections)
            core.append(Slide(AFTER, "", f"## {AFTER}", False, ROOM, shown=[_typed(new_markdown_cell(later), "-")]))
        for before, slide in pairwise([None, *core, *rest]):
            kind = "subslide" if before and slide.section == before.section else "slide"
            cells = slide.shown
            if slide.section:
                cells = [new_markdown_cell(slide.head()), *cells]
                _typed(cells[0], kind)
            yield cells[0]
            if slide.notes:  # second, so that they belong to the slide and not to a fragment of it
                yield _typed(new_markdown_cell("\n\n".join(slide.notes)), "notes")
            yield from cells[1:]


AFTER = "What comes after the core"


def _typed(cell: NotebookNode, kind: str) -> NotebookNode:
    cell.metadata.slideshow = {"slide_type": kind}
    return cell
