import os

import pytest
from playwright.sync_api import sync_playwright
from real import ROOT, jupyterlab, launch


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            message = "no Chromium found: `apt install chromium`, or `python -m playwright install chromium`"
            pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
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


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    with jupyterlab(tmp_path_factory.mktemp("lab"), sorted((ROOT / "notebooks").glob("*.ipynb"))) as address:
        yield address
