"""The claims ledger: what the notebooks' tables "What we measured" say, in one list. The notebooks are its only source,
so that the two cannot disagree. `make site` shows the list as a page, and stores it beside the tables of results."""

import csv
import io
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
LEDGER = ROOT / "seqmem_lib" / "course" / "results" / "claims.csv"

COLUMNS = ["Claim", "Who says so", "Measured here", "Verdict"]
FORMS = {  # language -> the heading, the columns, and how a section is named
    "en": ("## What we measured\n", COLUMNS, re.compile(r"sections? (\d+)")),
    "zh": ("## 我们测到了什么\n", ["说法", "谁说的", "这里测得", "结论"], re.compile(r"第 (\d+)[^）]*节")),
}


@dataclass
class Claim:
    claim: str
    who: str
    measured: str
    verdict: str
    section: int  # of the notebook, where it is measured; the first, if several are named


def read_claims(notebook, language: str = "en") -> list[Claim]:
    """The rows of a notebook's table, as Markdown.

    Raises ValueError if the table is missing, has other columns, or a row has an empty cell or names no section.
    """
    heading, columns, named = FORMS[language]
    found = [cell.source for cell in notebook.cells if heading in cell.source]
    if len(found) != 1:
        raise ValueError(f"a notebook needs one section {heading[3:-1]!r}, and has {len(found)}")
    lines = found[0].split(heading)[1].split("\n## ")[0].splitlines()
    head, _, *rows = [_cells(line) for line in lines if line.startswith("|")]
    if head != columns:
        raise ValueError(f"the table must have the columns {columns}, not {head}")
    claims = []
    for row in rows:
        section = named.search(row[2])
        if len(row) != len(columns) or not all(row) or not section:
            raise ValueError(f"a row needs {len(columns)} cells and must name a section: {' | '.join(row)}")
        claims.append(Claim(*row, int(section[1])))
    return claims


def ledger() -> str:
    """All claims as a table in CSV, whose cells are Markdown."""
    file = io.StringIO()
    file.write("# What is said about recurrent networks, and what the notebooks measured; written by make site\n")
    columns = ["notebook", "section", "claim", "who", "measured", "verdict"]
    table = csv.DictWriter(file, columns, lineterminator="\n")
    table.writeheader()
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        for claim in read_claims(nbformat.read(path, as_version=4)):
            table.writerow({"notebook": path.stem, **asdict(claim)})
    return file.getvalue()


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
