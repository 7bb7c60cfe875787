"""A real headless Chromium, driven over the WebDriver protocol by Debian's chromedriver."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HOW_TO_GET_IT = "no Chromium here: `apt-get install chromium chromium-driver` (Debian) installs it"
BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
_START_SECONDS = 20.0


class Browser:
    """One session. `log` holds what the browser complained about, such as a violated policy."""

    def __init__(self, address: str, session: str) -> None:
        self._session = f"{address}/session/{session}"

    def open(self, path: Path) -> None:
        self._call("POST", "url", {"url": path.as_uri()})

    def run(self, script: str, *arguments: Any) -> Any:
        """The value that a script returns."""
        return self._call("POST", "execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script: str, *arguments: Any) -> Any:
        """The value that a script gives to the function that is its last argument."""
        return self._call("POST", "execute/async", {"script": script, "args": list(arguments)})

    def resize(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.devtools("Emulation.setDeviceMetricsOverride", **metrics)

    def prefer(self, scheme: str) -> None:
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.devtools("Emulation.setEmulatedMedia", media="", features=[feature])

    def press(self, *keys: str) -> None:
        """Press keys one after the other, as a person without a mouse."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._call("POST", "actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def screenshot(self) -> bytes:
        return base64.b64decode(self._call("GET", "screenshot"))

    def pdf(self) -> bytes:
        return base64.b64decode(self._call("POST", "print", {}))

    def log(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call("POST", "se/log", {"type": kind})
        return found

    def devtools(self, command: str, **parameters: Any) -> Any:
        return self._call("POST", "goog/cdp/execute", {"cmd": command, "params": parameters})

    def close(self) -> None:
        self._call("DELETE", "")

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        return _request(method, f"{self._session}/{path}".rstrip("/"), body)


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser with a profile of its own."""
    assert BROWSER
    assert DRIVER
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen([DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL) as driver:
        try:
            _wait_until_ready(address)
            opened = Browser(address, _request("POST", f"{address}/session", _capabilities())["sessionId"])
            try:
                yield opened
            finally:
                opened.close()
        finally:
            driver.terminate()


def _capabilities() -> dict[str, Any]:
    options = {
        "binary": BROWSER,
        "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    }
    always = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
    return {"capabilities": {"alwaysMatch": always}}


def _wait_until_ready(address: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            if _request("GET", f"{address}/status")["ready"]:
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def _request(method: str, url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)["value"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
