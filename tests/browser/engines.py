"""Firefox and WebKit, each behind the same few doors. Playwright's builds of them are not what people use, and
have to be downloaded from its makers. Debian's are, and speak standards: Firefox WebDriver BiDi, over a WebSocket, and
WebKit WebDriver, over HTTP.
"""

import base64
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import websocket

KEYS = {"Tab": "\ue004", "Enter": "\ue007", "End": "\ue010", "Home": "\ue011"}
KEYS |= {"ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015"}
NOWHERE = {"proxyType": "manual", "httpProxy": "127.0.0.1:9", "sslProxy": "127.0.0.1:9"}  # no one listens there
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Engine:
    """A browser with one page and no network. A subclass knows how to `open` an address, `resize` what it shows,
    `evaluate` an expression to a text, `perform` input actions as the standard writes them, take a `screenshot`, and
    `close`; its `missing()` says how to get what is not installed, or nothing.
    """

    def run(self, function: str, *arguments):
        """What this function of the page, in JavaScript, returns, or resolves to."""
        call = f"({function})(...{json.dumps(arguments)})"
        return json.loads(self.evaluate(f"(async () => JSON.stringify((await {call}) ?? null))()"))

    def wait_until_drawn(self) -> None:
        self.run(FRAMES)

    def wait_for(self, function: str, *arguments, seconds: float = 20) -> None:
        until = time.monotonic() + seconds
        while not self.run(function, *arguments):
            assert time.monotonic() < until, f"{function} stays false"

    def press(self, key: str) -> None:
        value = KEYS.get(key, key)
        actions = [{"type": kind, "value": value} for kind in ("keyDown", "keyUp")]
        self.perform([{"type": "key", "id": "keyboard", "actions": actions}])
        self.wait_until_drawn()

    def click(self, x: float, y: float) -> None:
        move = {"type": "pointerMove", "x": round(x), "y": round(y), "duration": 0}
        actions = [move, *({"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp"))]
        self.perform([{"type": "pointer", "id": "mouse", "actions": actions}])
        self.wait_until_drawn()


def retry(attempt, *errors, seconds: float = 60):
    """What `attempt()` returns once it raises none of these errors, which a program that is starting causes."""
    until = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except errors:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


class Firefox(Engine):
    def __init__(self, folder: Path):
        command = [self._program(), "--headless", "--no-remote", "--profile", folder, "--remote-debugging-port=0"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # It says there where it listens.
        server = retry(lambda: json.loads((folder / "WebDriverBiDiServer.json").read_text()), OSError, ValueError)
        address = f"ws://{server['ws_host']}:{server['ws_port']}/session"
        self.socket = websocket.create_connection(address, suppress_origin=True, timeout=60)
        self.asked = 0
        self._ask("session.new", capabilities={"alwaysMatch": {"proxy": NOWHERE}})
        self.tab = {"context": self._ask("browsingContext.getTree")["contexts"][0]["context"]}

    @staticmethod
    def _program() -> str | None:
        return shutil.which("firefox-esr") or shutil.which("firefox")

    @classmethod
    def missing(cls) -> str:
        return "" if cls._program() else "no Firefox found: `apt install firefox-esr`"

    def _ask(self, method: str, **params):
        self.asked += 1
        self.socket.send(json.dumps({"id": self.asked, "method": method, "params": params}))
        while (answer := json.loads(self.socket.recv())).get("id") != self.asked:
            pass  # news that nobody asked for
        assert answer["type"] == "success", answer
        return answer["result"]

    def open(self, address: str) -> None:
        self._ask("browsingContext.navigate", **self.tab, url=address, wait="complete")

    def resize(self, width: int, height: int) -> None:
        self._ask("browsingContext.setViewport", **self.tab, viewport={"width": width, "height": height})

    def evaluate(self, expression: str) -> str:
        answer = self._ask("script.evaluate", expression=expression, awaitPromise=True, target=self.tab)
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return answer["result"]["value"]

    def perform(self, actions: list[dict]) -> None:
        self._ask("input.performActions", **self.tab, actions=actions)

    def screenshot(self) -> bytes:
        return base64.b64decode(self._ask("browsingContext.captureScreenshot", **self.tab)["data"])

    def close(self) -> None:
        self._ask("browser.close")
        self.socket.close()
        self.process.wait(timeout=60)


class WebKit(Engine):
    """WebKitGTK's own small browser, on a screen that nobody sees."""

    def __init__(self, folder: Path):
        screen = ["Xvfb", "-displayfd", "1", "-screen", "0", "1400x1200x24", "-nolisten", "tcp"]
        self.screen = subprocess.Popen(screen, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        display = {"DISPLAY": f":{self.screen.stdout.readline().strip()}", "GDK_BACKEND": "x11"}
        places = {name: str(folder) for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = ["WebKitWebDriver", f"--port={port}"]
        self.driver = subprocess.Popen(command, env={**os.environ, **display, **places}, stderr=subprocess.DEVNULL)
        self.address = f"http://127.0.0.1:{port}/session"
        browser = {"binary": self._program(), "args": ["--automation"]}
        wanted = {"browserName": "MiniBrowser", "proxy": NOWHERE, "webkitgtk:browserOptions": browser}
        session = retry(lambda: self._ask("POST", "", capabilities={"alwaysMatch": wanted}), URLError)
        self.address += f"/{session['sessionId']}"

    @staticmethod
    def _program() -> str | None:
        return next(map(str, sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))), None)

    @classmethod
    def missing(cls) -> str:
        found = cls._program() and shutil.which("WebKitWebDriver") and shutil.which("Xvfb")
        return "" if found else "no WebKit found: `apt install webkit2gtk-driver xvfb`"

    def _ask(self, method: str, path: str, **body):
        data = json.dumps(body).encode() if method == "POST" else None
        with urlopen(Request(self.address + path, data, method=method), timeout=60) as response:
            return json.load(response)["value"]

    def open(self, address: str) -> None:
        self._ask("POST", "/url", url=address)

    def resize(self, width: int, height: int) -> None:
        self._ask("POST", "/window/rect", width=width, height=height)
        # Its buttons keep the window from being as narrow as a telephone. What stands beside the sidebar can be.
        article = "document.querySelector('article')"
        self.run(f"(width) => {{ if ({article}) {article}.style.maxWidth = `${{width}}px`; }}", width)
        self.wait_until_drawn()  # the window's own frame comes late

    def evaluate(self, expression: str) -> str:
        return self._ask("POST", "/execute/sync", script=f"return {expression};", args=[])

    def perform(self, actions: list[dict]) -> None:
        self._ask("POST", "/actions", actions=actions)

    def screenshot(self) -> bytes:
        return base64.b64decode(self._ask("GET", "/screenshot"))

    def close(self) -> None:
        self._ask("DELETE", "")
        for process in (self.driver, self.screen):
            process.terminate()
            process.wait(timeout=60)
        self.screen.stdout.close()
