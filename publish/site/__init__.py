"""Build the site: `make site` writes notebooks, claims and the reference of the package as pages to `_site/`.

Sphinx makes them; conf.py says how. The pages need no kernel, no server and no network: widgets run in the page,
equations are MathML, which browsers draw themselves, and a content security policy in each page forbids the rest.
"""

import json
import pickle
import shutil
from collections.abc import Container
from pathlib import Path
from tempfile import TemporaryDirectory

from docutils import nodes
from sphinx.cmd.build import build_main

from publish.claims import ROOT
from publish.site.sources import documents, write_sources
from publish.translate import LANGUAGES

HERE = Path(__file__).parent
SITE = ROOT / "_site"


def build(folder: Path = SITE, run: Container[str] | None = None) -> None:
    """Write the site anew, each other language in a folder of its own. What was there is replaced only once every page
    has been made. If names are given in `run`, only these notebooks are run in another language.
    """
    with TemporaryDirectory() as place:
        made = Path(place, "made")
        for language in ("en", *LANGUAGES):
            sources = Path(place, language)
            write_sources(sources, language, run)
            if language == "en":
                run_sphinx(sources, made)
            else:
                english = made.with_name("read-en")
                sections = {name: _sections(english / f"{name}.doctree") for name in documents(language)}
                (sources / "sections.json").write_text(json.dumps(sections), "utf-8", newline="\n")
                run_sphinx(sources, made / language, language)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(made, folder)


def run_sphinx(sources: Path, made: Path, language: str = "en") -> None:
    """Raises RuntimeError if Sphinx warns of anything."""
    read = sources.with_name(f"read-{language}")
    options = ["-W", "--keep-going", "-q", "-c", HERE, "-t", language, "-d", read, sources, made]
    if build_main([str(option) for option in options]):
        raise RuntimeError("Sphinx could not build the site; it says above why")


def _sections(doctree: Path) -> list[list[str]]:
    """The names of the sections of a page, in their order: another language has the same, so that one can go from each
    section to the same one there.
    """
    return [section["ids"] for section in pickle.loads(doctree.read_bytes()).findall(nodes.section)]
