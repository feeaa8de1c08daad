"""How long a notebook takes: what it says, and what a model of a reader's time says of it.

`python -m publish.minutes` prints both for every section. The model adds up what a section holds; its numbers are those
that fit the clocks of readers, which stand in notebooks/teaching.md, and a test holds the two to each other.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache

import nbformat
from nbformat import NotebookNode

from publish.claims import NOTEBOOKS

SECONDS = {
    "word": 0.6,  # 100 a minute, answers and tables included; a formula in a line is one word
    "word of depth": 1.0,  # nobody's clock was kept there: as slow as its authors say
    "equation": 20,  # on lines of its own
    "cell": 20,  # of code: run it, and look at what it prints
    "figure": 30,
    "widget": 60,
    "prediction": 75,  # to commit to an answer, and write it down
    "bug": 180,  # an exhibit of the museum, to be repaired
    "opening": 300,  # of each notebook: open it, read what it promises, run the first cell
}

HEADING = re.compile(r"^(#{1,3}) (.+)$", re.MULTILINE)
EXERCISE = re.compile(r"\*\*Exercise (\d+)\.(.*?\*\*[^(\n]*(?:\([^\n]*?\))?)")
AT_THE_END = re.compile(r"(\d+\. )?(Exercises|What we measured|Quiz|Words and|Notation and|Whose|References)")


@dataclass
class Section:
    """A numbered section without its depth, or a part of one that is depth."""

    number: int
    title: str
    minutes: int  # as its heading says
    depth: bool
    holds: Counter = field(default_factory=Counter)

    @property
    def modelled(self) -> float:
        """Minutes, by the model."""
        return (
            sum(SECONDS["word of depth" if self.depth and one == "word" else one] * n for one, n in self.holds.items())
            / 60
        )


@dataclass(frozen=True)
class Exercise:
    number: int
    minutes: int
    difficulty: str
    depth: bool


@dataclass(frozen=True)
class Notebook:
    name: str
    opening: str  # its first cell
    sections: list[Section]
    exercises: list[Exercise]
    questions: int  # of its quiz

    @property
    def core(self) -> list[int]:
        """The numbers of the sections that are not depth as a whole."""
        return [section.number for section in self.sections if not section.depth]

    def minutes(self, depth: bool) -> int:
        return sum(section.minutes for section in self.sections if section.depth == depth)

    def modelled(self, depth: bool) -> float:
        opening = 0 if depth else SECONDS["opening"] / 60
        return opening + sum(section.modelled for section in self.sections if section.depth == depth)


@cache
def read_notebooks() -> dict[str, Notebook]:
    """By number: "01", "02", ..."""
    paths = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    return {path.name[:2]: read(path.stem, nbformat.read(path, as_version=4)) for path in paths}


def read(name: str, notebook: NotebookNode) -> Notebook:
    opening, *cells = notebook.cells
    texts = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    exercises, _, rest = texts.partition("## What we measured")
    quiz = rest.partition("## Quiz")[2].partition("\n## ")[0]
    return Notebook(
        name,
        opening.source,
        _sections(cells),
        [_exercise(found) for found in EXERCISE.finditer(exercises)],
        len(re.findall(r"^\*\*\d+\.\*\*", quiz, re.MULTILINE)),
    )


def _sections(cells: list[NotebookNode]) -> list[Section]:
    sections, section, open_one = [], None, None  # of the section; where the next cell belongs
    for cell in cells:
        if cell.cell_type == "code":
            if open_one and "solution" not in cell.metadata.get("tags", []):
                open_one.holds += look_at(cell)
            continue
        starts = [0, *(found.start() for found in HEADING.finditer(cell.source) if found.start())]
        for start, end in zip(starts, [*starts[1:], None], strict=True):
            text = cell.source[start:end]
            heading = HEADING.match(text)
            if heading and AT_THE_END.match(heading[2]):
                return sections
            said = heading and re.match(r"(?:(\d+)\. )?(.+?) \((\d+) min(, \*depth\*)?\)$", heading[2])
            if heading and len(heading[1]) == 2:
                section = open_one = Section(int(said[1]), said[2], int(said[3]), bool(said[4]))
                sections.append(section)
            elif heading:
                open_one = section
                if said and said[4]:
                    open_one = Section(section.number, said[2], int(said[3]), True)
                    sections.append(open_one)
            if open_one:
                open_one.holds += read_text(text)
    return sections


def read_text(text: str) -> Counter:
    equations = text.count("$$") // 2
    plain = re.sub(r"\$\$.*?\$\$", " ", text, flags=re.DOTALL)
    predictions = len(re.findall(r"(?<!every )\*\*Predict\b", plain))
    plain = re.sub(r"<[^>]+>", " ", re.sub(r"\$[^$]*\$", " formula ", plain))
    return Counter(word=len(re.findall(r"\w[\w’'.-]*", plain)), equation=equations, prediction=predictions)


def look_at(cell: NotebookNode) -> Counter:
    holds = Counter(cell=1, bug="bug" in cell.metadata.get("tags", []))
    for output in cell.outputs:
        html = output.get("data", {}).get("text/html", "")
        holds["figure"] += "seqmem-figure" in html
        holds["widget"] += "data-seqmem" in html and "seqmem-figure" not in html
    return holds


def _exercise(found: re.Match) -> Exercise:
    said = re.search(r"\((\d+) min, (easy|medium|hard)", found[2])
    if said is None:
        raise ValueError(f"exercise {found[1]} does not say its minutes and how hard it is: {found[0]!r}")
    return Exercise(int(found[1]), int(said[1]), said[2], "depth" in found[2])


if __name__ == "__main__":
    for number, notebook in read_notebooks().items():
        core, depth = notebook.minutes(depth=False), notebook.minutes(depth=True)
        print(f"{number}: {core} minutes of core, by the model {notebook.modelled(depth=False):.0f}; ", end="")
        print(f"{depth} of depth, by the model {notebook.modelled(depth=True):.0f}; ", end="")
        print(f"{sum(one.minutes for one in notebook.exercises)} for the exercises, {notebook.questions} questions")
        for one in notebook.sections:
            depth = "depth" if one.depth else ""
            print(f"   {one.number:2}. {one.title[:60]:60} {one.minutes:3}  {one.modelled:5.1f}  {depth}")
