"""Build the site: `make site` writes notebooks, claims and the reference of the package as pages to `_site/`.

Sphinx makes them; conf.py says how. The pages need no kernel, no server and no network: widgets run in the page,
equations are MathML, which browsers draw themselves, and a content security policy in each page forbids the rest.
"""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from sphinx.cmd.build import build_main

from publish.claims import ROOT
from publish.site.sources import write_sources

HERE = Path(__file__).parent
SITE = ROOT / "_site"


def build(folder: Path = SITE) -> None:
    """Write the site anew. What was there is replaced only once every page has been made."""
    with TemporaryDirectory() as place:
        sources, made = Path(place, "sources"), Path(place, "made")
        write_sources(sources)
        run_sphinx(sources, made)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(made, folder)


def run_sphinx(sources: Path, made: Path) -> None:
    """Raises RuntimeError if Sphinx warns of anything."""
    options = ["-W", "--keep-going", "-q", "-c", HERE, "-d", made.with_name("read"), sources, made]
    if build_main([str(option) for option in options]):
        raise RuntimeError("Sphinx could not build the site; it says above why")
