"""A real Chromium, driven over its own pipe: no library, no port, no network."""

import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 60  # seconds for anything a browser does
_BEGIN = """
import os, sys
pipes = [os.dup(int(one)) for one in sys.argv[1:3]]
high = [os.dup2(one, at) for at, one in zip((100, 101), pipes)]
os.dup2(100, 3), os.dup2(101, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """One page in a browser without a screen. `with` ends the browser."""

    def __init__(self, profile: Path) -> None:
        if not CHROMIUM:
            pytest.skip("there is no Chromium here: apt-get install chromium")
        self._number, self._session, self._rest = 0, "", b""
        to_browser, self._to = os.pipe()
        self._from, from_browser = os.pipe()
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        command += [f"--user-data-dir={profile}", "--no-first-run", "--window-size=1280,900", "about:blank"]
        quiet, pipes = subprocess.DEVNULL, (to_browser, from_browser)
        begun = [sys.executable, "-c", _BEGIN, *map(str, pipes), *command]
        self._process = subprocess.Popen(begun, stdout=quiet, stderr=quiet, pass_fds=pipes)
        os.close(to_browser)
        os.close(from_browser)
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._ask("Page.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._to)
        os.close(self._from)
        self._process.terminate()
        self._process.wait(PATIENCE)

    def open(self, path: Path, fragment: str = "") -> None:
        """Show a file and wait until it is whole and its script has run."""
        self._ask("Page.navigate", url=path.as_uri() + fragment)
        self.until("document.readyState === 'complete' && location.protocol === 'file:'")

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, as somebody at the keyboard does: letters, Enter, Escape, arrows."""
        for key in keys:
            text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
            self._ask("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
            self._ask("Input.dispatchKeyEvent", type="keyUp", key=key)

    def says(self, expression: str) -> Any:
        """Return what an expression is in the page."""
        answer = self._ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until an expression holds in the page."""
        ends = time.monotonic() + PATIENCE
        while not self.says(expression):
            assert time.monotonic() < ends, f"never: {expression}"
            time.sleep(0.02)

    def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def _read(self) -> Any:
        while b"\0" not in self._rest:
            ready, _write, _error = select.select([self._from], [], [], PATIENCE)
            assert ready, "the browser says nothing"
            data = os.read(self._from, 1 << 16)
            assert data, "the browser is gone"
            self._rest += data
        message, _end, self._rest = self._rest.partition(b"\0")
        return json.loads(message)
