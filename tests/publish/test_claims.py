"""The ledger of claims: whole, the same everywhere, and true to what its notebook prints."""

import re
from pathlib import Path

import nbformat
import pytest

from publish.claims import COLUMNS, LEDGER, Claim, ledger, read_claims
from seqmem_lib import load_results

ROOT = Path(__file__).parents[2]

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def test_the_stored_ledger_is_what_the_notebooks_say():
    assert LEDGER.read_text("utf-8") == ledger(), "make site writes seqmem_lib/course/results/claims.csv again"
    table = load_results("claims")
    assert len(table) >= 40
    assert not table.isna().any(axis=None)
    assert set(table["notebook"]) == {path.stem for path in NOTEBOOKS}


def numbers(text):
    """Each number of a text, with its decimals."""
    found = re.findall(r"(?<![\w.^{])(?!10⁻)\d[\d,]*(?:\.\d+)?", text)
    return [(float(one.replace(",", "")), len(one.partition(".")[2])) for one in found]


def by_section(notebook):
    """What a reader sees in each section: prose, code, printed text, and the cells and descriptions of tables, figures
    and widgets."""
    shown, section = {}, 0
    for cell in notebook.cells:
        for heading in re.finditer(r"^## (?:(\d+)\.)?", cell.source if cell.cell_type == "markdown" else "", re.M):
            section = int(heading[1] or 0)
        texts = shown.setdefault(section, [])
        texts.append(cell.source)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            texts += [output.get("text", ""), data.get("text/plain", "")]
            texts += re.findall(r'alt="([^"]*)"|<t[dh][^>]*>(.*?)</t', data.get("text/html", ""))
    return {
        section: " ".join(" ".join(one) if isinstance(one, tuple) else one for one in texts)
        for section, texts in shown.items()
    }


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_number_of_a_claim_is_shown_where_the_claim_points(path):
    """Rounded to the decimals of the claim, and as a share or in percent."""
    notebook = nbformat.read(path, as_version=4)
    shown = {section: [value for value, _ in numbers(text)] for section, text in by_section(notebook).items()}
    missing = []
    for claim in read_claims(notebook):
        pointed = re.findall(r"\(sections? [^)]*\)", claim.measured)
        sections = {int(one) for text in pointed for one in re.findall(r"\d+", text)}
        assert sections <= set(shown), claim
        values = [value for section in sections for value in shown[section]]
        for number, decimals in numbers(re.sub(r"\(sections? [^)]*\)", "", claim.measured)):
            if not any(number in (round(value, decimals), round(100 * value, decimals)) for value in values):
                missing.append((number, claim.measured))
    assert missing == []


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("nothing", "needs one section 'What we measured', and has 0"),
        ("## What we measured\n\n| Claim | Verdict |\n|---|---|\n| a | b |", "columns"),
        ("## What we measured\n\n{head}\n| a | b | (section 1) | |", "cells"),
        ("## What we measured\n\n{head}\n| a | b | c | d |", "name a section"),
    ],
)
def test_a_claim_must_be_whole(table, fault):
    head = "| " + " | ".join(COLUMNS) + " |\n|---|---|---|---|"
    cell = nbformat.v4.new_markdown_cell(table.replace("{head}", head))
    with pytest.raises(ValueError, match=fault):
        read_claims(nbformat.v4.new_notebook(cells=[cell]))


def test_what_is_read_of_a_table():
    """The part of the course that it stands in ends with the next section; of several sections, the first counts."""
    table = "| Claim | Who says so | Measured here | Verdict |\n|---|---|---|---|\n"
    rows = "| *a* | b | 3 of 4 (sections 12 and 3) | yes |\n| e | f | g (section 4) | h |\n"
    text = f"## What we measured\n\nIn a table:\n\n{table}{rows}\n## Quiz\n\n| no | row |"
    cells = [nbformat.v4.new_markdown_cell(one) for one in ("## 1. What we measured ourselves", text)]
    claims = read_claims(nbformat.v4.new_notebook(cells=cells))
    assert claims == [
        Claim("*a*", "b", "3 of 4 (sections 12 and 3)", "yes", 12),
        Claim("e", "f", "g (section 4)", "h", 4),
    ]
    cells[0].source = text
    with pytest.raises(ValueError, match="has 2"):
        read_claims(nbformat.v4.new_notebook(cells=cells))
