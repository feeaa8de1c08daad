"""A plugin of pytest for what runs in the copy: the quickest tests first, and no search for a smaller example.

Tests that fail there although nothing is changed, because they ask git or read the source, are left out from then on.
In a page, Stryker's change is in force as it is in Node.
"""

import json
import os
from pathlib import Path

import pytest
import torch._inductor  # noqa: F401 -- what torch loads at the first training: once, and not in each fork
from hypothesis import Phase, settings
from playwright.sync_api import Browser, BrowserContext

COPY = Path(__file__).parents[2]
UNFIT = COPY.parent / "unfit.txt"


def pytest_configure():
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutation", settings.get_profile("seqmem"), phases=phases)
    settings.load_profile("mutation")
    if number := os.environ.get("__STRYKER_ACTIVE_MUTANT__"):
        for kind in (Browser, BrowserContext):
            kind.new_page = in_force(kind.new_page, f"globalThis.__stryker__ = {{ activeMutant: '{number}' }}")


def in_force(new_page, script: str):
    """The function, whose pages run this script first."""

    def made(*given, **options):
        page = new_page(*given, **options)
        page.add_init_script(script)
        return page

    return made


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    stats = COPY / "mutmut-stats.json"
    durations = json.loads(stats.read_text("utf-8"))["duration_by_test"] if stats.exists() else {}
    unfit = UNFIT.read_text("utf-8").splitlines() if UNFIT.exists() else []
    fit = [item for item in items if item.nodeid not in unfit]
    items[:] = sorted(fit, key=lambda item: durations.get(item.nodeid, 0))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if report.failed and os.environ.get("MUTANT_UNDER_TEST") == "stats":
        with UNFIT.open("a", encoding="utf-8") as file:
            file.write(item.nodeid + "\n")
        report.outcome, report.longrepr = "skipped", (str(item.path), 0, "fails in the copy")
    return report
