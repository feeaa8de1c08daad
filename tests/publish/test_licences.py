"""Whose it is goes along with what is handed on: notebooks and what is made of them, tables, the trained reader."""

import re
import tomllib
from datetime import date
from pathlib import Path

import nbformat
import pytest
import yaml
from safetensors import safe_open

from figures.tables.n07_imdb import WHOSE
from publish.student import student_edition
from seqmem_lib.course.results import RESULTS

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
LINE = "*seqmem, by the seqmem authors. Text and figures: CC BY 4.0; code: BSD 3-Clause.*"
CONTENT = " ".join((ROOT / "LICENSE-CONTENT").read_text("utf-8").split())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_says_whose_it_is_and_so_does_a_students(path):
    notebook = nbformat.read(path, as_version=4)
    assert notebook.cells[-1].source.endswith(f"\n\n{LINE}")
    assert student_edition(notebook).cells[-1].source.endswith(LINE)


def test_the_licence_travels_with_the_package_and_names_what_it_is_for():
    assert set(PROJECT["license-files"]) == {"LICENSE", "LICENSE-CONTENT"}
    for said in ("tables of results", "reader of film reviews", "slides", "edition for students", "Maas", "(2011)"):
        assert said in CONTENT
    folder = re.search(r"in (seqmem_lib/\S+), and what", CONTENT)[1]
    assert (ROOT / folder).samefile(RESULTS)
    assert (RESULTS / re.search(r"\((\S+\.safetensors)\)", CONTENT)[1]).exists()
    assert list(RESULTS.glob(re.search(r"tables whose names begin with (\w+)", CONTENT)[1] + "*.csv"))


def test_a_deck_says_whose_it_is():
    head = (ROOT / "publish" / "templates" / "deck" / "index.html.j2").read_text("utf-8").partition("</head>")[0]
    said = dict(re.findall(r'<meta name="(author|rights)" content="(.+?)">', head))
    assert f"*seqmem, by {said['author'].lower()}. {said['rights']}.*" == LINE


def test_the_reader_says_whose_it_is():
    with safe_open(RESULTS / "imdb_reader.safetensors", framework="pt") as file:
        assert WHOSE.items() <= file.metadata().items()
    assert "Maas" in WHOSE["trained on"]
    assert "CC BY 4.0" in WHOSE["licence"]


def test_citation():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == PROJECT["version"]
    assert date(2026, 1, 1) < date.fromisoformat(citation["date-released"])
    assert " AND ".join(citation["license"]) == PROJECT["license"]
    (reviews,) = citation["references"]
    assert [one["family-names"] for one in reviews["authors"]] == ["Maas", "Daly", "Pham", "Huang", "Ng", "Potts"]
    assert reviews["year"] == 2011
