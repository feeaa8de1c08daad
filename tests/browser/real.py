"""A real Chromium and a real JupyterLab, for the tests and for the benchmark."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, Playwright

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
IDLE = """() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === "idle" """

# What a prediction would be spoilt by is folded in the file; as a reader who has predicted would, show it.
UNFOLD = "() => window.jupyterapp.commands.execute('notebook:show-all-cell-outputs')"


def launch(playwright: Playwright) -> Browser:
    """Chromium from the system, first the one without windows, which needs a third less of the processor; else Chrome,
    else the one that Playwright installed.

    Raises FileNotFoundError if there is none.
    """
    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    system = next(filter(None, map(shutil.which, names)), None)
    for options in [{"executable_path": system}] if system else [{"channel": "chrome"}, {}]:
        try:
            return playwright.chromium.launch(args=FLAGS, **options)
        except Error:
            continue
    raise FileNotFoundError("no Chromium found: `apt install chromium`, or `python -m playwright install chromium`")


def wait_until_drawn(page: Page) -> None:
    """A widget draws in the frame after it was asked; until then its page shows what it showed before."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


@contextmanager
def jupyterlab(folder: Path, notebooks: list[Path]):
    """JupyterLab as `make lab` starts it, on copies of the notebooks. Yields a function, file name -> address, whose
    `folder` is where they lie, and whose `front` is the address that a reader's browser is sent to.
    """
    opened = folder / "notebooks"
    opened.mkdir()
    for path in notebooks:
        shutil.copy(path, opened)
    # A user's own Jupyter settings and workspaces stay out of it.
    places = {name: str(folder / name) for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    command = [
        *(
            sys.executable,
            str(ROOT / "make.py"),
            "lab",
            "--no-browser",
            "--ServerApp.port=0",
            "--expose-app-in-browser",
        ),
        *(
            f"--ServerApp.root_dir={opened}",
            f"--LabApp.workspaces_dir={folder}",
            f"--LabApp.user_settings_dir={folder}",
        ),
    ]
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(command, env={**os.environ, **places}, stdout=log, stderr=log)
    base, token = _address(folder, server)

    def address(name: str) -> str:
        return f"{base}/lab/tree/{name}?reset&token={token}"

    address.folder, address.front = opened, f"{base}/?token={token}"
    try:
        yield address
    finally:
        # Ask Jupyter itself: it is a child of make.py, and would outlive a signal to that.
        headers = {"Authorization": f"token {token}"}
        urllib.request.urlopen(urllib.request.Request(f"{base}/api/shutdown", method="POST", headers=headers)).close()
        server.wait(timeout=60)


def _address(folder: Path, server: subprocess.Popen) -> tuple[str, str]:
    """Where the server listens, and its token."""
    for _ in range(600):
        for info in (folder / "JUPYTER_RUNTIME_DIR").glob("jpserver-*.json"):
            try:
                about = json.loads(info.read_text())
            except json.JSONDecodeError:
                continue  # it is being written
            assert about["hostname"] == "127.0.0.1"
            assert about["token"]
            return f"http://127.0.0.1:{about['port']}", about["token"]
        assert server.poll() is None, (folder / "log").read_text()
        time.sleep(0.1)
    server.terminate()
    raise TimeoutError((folder / "log").read_text())
