import os
from contextlib import contextmanager
from uuid import uuid4

import nbformat
import pytest
from playwright.sync_api import sync_playwright
from real import ROOT, jupyterlab, launch


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        try:
            browser = launch(playwright)
        except FileNotFoundError as error:
            pytest.fail(str(error)) if os.environ.get("CI") else pytest.skip(str(error))
        yield browser
        browser.close()


@contextmanager
def a_page(browser):
    """A page that remembers what went wrong: `page.errors`, and requests that it refused: `page.outside`."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.errors, page.outside = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))

    def stay_inside(route):
        url = route.request.url
        if url.startswith("http") and "//127.0.0.1" not in url:
            page.outside.append(url)
            route.abort()
        else:
            route.continue_()

    page.route("**/*", stay_inside)
    yield page
    page.close()


def hear_the_console(page):
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)


@pytest.fixture
def page(browser):
    with a_page(browser) as page:
        yield page


@pytest.fixture
def silent_page(page):
    """A page that asks for nothing from outside, and whose console stays empty."""
    hear_the_console(page)
    yield page
    assert page.errors == []
    assert page.outside == []


@pytest.fixture
def opened(silent_page, site_folder):
    """Opens a page of the site."""

    def open_it(address, theme="light"):
        silent_page.emulate_media(color_scheme=theme)
        silent_page.goto(f"{site_folder.as_uri()}/{address}")
        return silent_page

    return open_it


@pytest.fixture(scope="module")
def loaded(request, browser, site_folder):
    """A page of the site, loaded once for all tests that are parametrized with its address. They run in the order of
    their file, each on what the one before has left; pytest sorts them by their page where all go through one list.
    """
    with a_page(browser) as page:
        hear_the_console(page)
        page.emulate_media(color_scheme="light")
        page.goto(f"{site_folder.as_uri()}/{request.param}")
        yield page


@pytest.fixture
def shared_page(loaded):
    """The page of `loaded`, as silent as a `silent_page`."""
    yield loaded
    errors, outside = loaded.errors[:], loaded.outside[:]
    loaded.errors.clear()
    loaded.outside.clear()
    assert errors == []
    assert outside == []


LIVE = """\
import torch
from torch import nn
import seqmem_lib as sm
from seqmem_lib.widgets.live_scrubber import LiveScrubber
torch.manual_seed(0)
trace = sm.record(nn.GRU(2, 4, batch_first=True), torch.randn(1, 12, 2))
live = LiveScrubber(trace, step=3, unit=1)
steps = []
live.observe(lambda change: steps.append(change.new), names="step")
live
"""
EXPLORER = """\
decay = torch.tensor([0.5, 0.7, 0.9])[:, None] ** torch.arange(20)
sm.Explorer(range(20), {"norm": decay}, sliders={"rate": [0.5, 0.7, 0.9]}, xlabel="lag", ylabel="norm", log=True)
"""

IMPORTS = "import seqmem_lib as sm\nfrom torch import nn\n"
TYPED = """\
vocabulary = sm.Vocabulary([["a", "good", "bad", "film"]])
sm.TypedText(sm.SequenceClassifier(nn.LSTM, len(vocabulary), seed=0), vocabulary, sm.split_words, "a good film")
"""


def first_part(notebook):
    """Up to the Scrubber, without the outputs that came with the file; the kernel then has something else to do."""
    last = next(k for k, cell in enumerate(notebook.cells) if cell.source.startswith("sm.Scrubber("))
    cells = [*notebook.cells[: last + 1], nbformat.v4.new_code_cell("import time\n\ntime.sleep(600)")]
    for cell in cells:
        cell.update({"outputs": [], "execution_count": None} if cell.cell_type == "code" else {})
    return nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata)


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """JupyterLab with the notebooks, a copy of one with a word changed, its first part, one more that shows a live
    widget and an Explorer, and one to type in.
    """
    folder, more = tmp_path_factory.mktemp("live"), []
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    for name, sources in {
        "live": (LIVE, EXPLORER),
        "typed": (IMPORTS, TYPED),
    }.items():
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        more.append(folder / f"{name}.ipynb")
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), more[-1])
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    changed = nbformat.read(ROOT / "notebooks" / "02_lstm_gates.ipynb", as_version=4)
    changed.cells[0].source += f" {uuid4()}"  # once it was trusted, it would be the next time
    more.append(folder / "changed.ipynb")
    nbformat.write(changed, more[-1])
    more.append(folder / "first_part.ipynb")
    nbformat.write(first_part(changed), more[-1])
    with jupyterlab(tmp_path_factory.mktemp("lab"), [*notebooks, *more]) as address:
        yield address
