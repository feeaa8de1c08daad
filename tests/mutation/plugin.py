"""A plugin of pytest for what runs in the copy: the quickest tests first, and no search for a smaller example.

Tests that fail there although nothing is changed, because they ask git or read the source, are left out from then on.
Of JavaScript, one process tries all the changes (javascript.py); in a page, they are in force as they are in Node.
"""

import faulthandler
import json
import os
import time
from pathlib import Path

import pytest
import torch._inductor  # noqa: F401 -- what torch loads at the first training: once, and not in each fork
from hypothesis import Phase, settings
from playwright.sync_api import Browser, BrowserContext

COPY = Path(__file__).parents[2]
UNFIT = COPY.parent / "unfit.txt"
ACTIVE = "__STRYKER_ACTIVE_MUTANT__"
MADE = {}  # fixture -> the functions that ran when it was made
NOTES = Path(os.environ["SEQMEM_CHANGES"]) if "SEQMEM_CHANGES" in os.environ else None


def pytest_configure():
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutation", settings.get_profile("seqmem"), phases=phases)
    settings.load_profile("mutation")
    if NOTES:
        for kind in (Browser, BrowserContext):
            kind.new_page = in_force(kind.new_page)


def in_force(new_page):
    """The function, whose pages have the change of now, and wait five seconds for what it may have taken away."""

    def made(*given, **options):
        page = new_page(*given, **options)
        page.add_init_script(f"globalThis.__stryker__ = {{ activeMutant: '{os.environ[ACTIVE]}' }}")
        page.set_default_timeout(5000)
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


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef):
    """What a fixture runs that several tests share, each of them tests, and not only the first that asks for it."""
    if os.environ.get("MUTANT_UNDER_TEST") != "stats":
        return (yield)
    from mutmut.state import state

    before = state()._stats.copy()
    state()._stats.clear()
    try:
        return (yield)
    finally:
        MADE[fixturedef] = state()._stats.copy()
        state()._stats.update(before)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    shared = [
        MADE.get(one, set()) for name in item.fixturenames for one in item._fixtureinfo.name2fixturedefs.get(name, ())
    ]
    if any(shared):
        from mutmut.state import state

        state()._stats.update(*shared)


def pytest_runtestloop(session):
    """For each change the tests until one fails, which is tried first with the next; unchanged, all of them once."""
    if not NOTES:
        return None
    notes, took = json.loads(NOTES.read_text("utf-8")), {}

    def passes(item, following) -> bool:
        failed = session.testsfailed
        faulthandler.dump_traceback_later(30 + 5 * took.get(item, 60), exit=True)  # a page that runs on and on
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        faulthandler.cancel_dump_traceback_later()
        return session.testsfailed == failed

    def first_to_fail(items):
        for item, following in zip(items, [*items[1:], session], strict=True):
            if not passes(item, following):
                session._setupstate.teardown_exact(session)  # a page that is left open has the change of now
                return item

    def say(number: str, outcome: str) -> None:
        notes["said"][number] = outcome
        NOTES.write_text(json.dumps(notes), "utf-8")

    os.environ[ACTIVE] = ""
    for item in session.items:
        start = time.perf_counter()
        if passes(item, session):
            took[item] = time.perf_counter() - start
    files = {item.path: sum(took[one] for one in took if one.path == item.path) for item in took}
    items = sorted(took, key=lambda item: files[item.path])  # a file's tests share what they set up
    for number in notes["left"]:
        os.environ[ACTIVE] = number
        say(number, "timeout")  # and it stays so if this process ends here
        failed = first_to_fail(items)
        say(number, "killed" if failed else "survived")
        if failed:
            items.insert(0, items.pop(items.index(failed)))
    return True
