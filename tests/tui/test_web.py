"""The app in a browser: what its page loads, whom its server lets in, and real keys in a real Chromium."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

aiohttp = pytest.importorskip("aiohttp", reason="textual-serve, which brings aiohttp, is not installed")
pytest.importorskip("textual_serve", reason="textual-serve is not installed")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc that lists processes"),
]

REPOSITORY = Path(__file__).parents[2]
MOST_SECONDS = 60


async def until(condition: Callable[[], object], what: Callable[[], object] = str) -> None:
    end = time.monotonic() + MOST_SECONDS
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited in vain; there was: {what()}")
        await asyncio.sleep(0.05)


def until_listening(port: int) -> None:
    end = time.monotonic() + MOST_SECONDS
    while time.monotonic() < end:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the server never listened")


def runs(process: str) -> bool:
    """Whether a process is there, and not only what its parent has yet to take note of."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


@dataclass
class Served:
    """A running ``seqchat tui --web``, and where its apps keep their sessions."""

    process: subprocess.Popen[str]
    port: int
    sessions: Path

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def text(self) -> str:
        """The text of the latest session on the disk."""
        files = sorted(self.sessions.glob("*.json"))
        return json.loads(files[-1].read_text(encoding="utf-8"))["text"] if files else ""

    def apps(self) -> list[str]:
        """The processes that the server has started and that still run."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [child for child in children if runs(child)]


@pytest.fixture
def served(models, tmp_path) -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    folders = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("DATA", "CONFIG", "CACHE", "STATE")}
    own = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", **folders}
    process = subprocess.Popen(
        [sys.executable, "-m", "seqchat", "tui", str(models["lstm"]), "--web", "--port", str(port)],
        cwd=REPOSITORY,
        env=own,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert f"http://localhost:{port}" in line, line + process.stdout.read()
        until_listening(port)
        yield Served(process, port, tmp_path / "state" / "seqchat" / "sessions")
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=MOST_SECONDS)
        assert "Traceback" not in rest
    finally:
        # Its apps too, should some have outlived it
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


async def test_the_page_needs_no_other_host(served):
    async with aiohttp.ClientSession(served.address) as client:
        async with client.get("/") as answer:
            assert answer.status == 200
            page = await answer.text()
        assert not re.search(r"https?://|['\"(]//", page)
        links = re.findall(r"""(?:src|href)="([^"]+)"|url\("([^"]+)"\)""", page)
        files = [link for link in map("".join, links) if not link.startswith("data:")]
        assert {Path(file).suffix for file in files} >= {".js", ".css", ".ttf"}
        for file in files:
            async with client.get(f"/{file}") as answer:
                assert answer.status == 200, file
                assert await answer.read(), file


async def test_only_its_own_page_gets_an_app(served):
    own = f"localhost:{served.port}"
    strangers = [
        {"Origin": "http://evil.example"},
        {"Origin": f"http://localhost:{served.port + 1}"},
        {"Origin": "null"},
        {},
        # A page whose name was turned into this machine's address
        {"Origin": f"http://evil.example:{served.port}", "Host": f"evil.example:{served.port}"},
    ]
    async with aiohttp.ClientSession(served.address) as client:
        for headers in strangers:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect("/ws", headers=headers)
            assert refused.value.status == 403, headers
        assert served.apps() == []
        for name in (own, f"127.0.0.1:{served.port}"):
            async with client.ws_connect("/ws", headers={"Origin": f"http://{name}", "Host": name}) as websocket:
                assert (await websocket.receive(MOST_SECONDS)).type == aiohttp.WSMsgType.BINARY


@contextlib.asynccontextmanager
async def visitor(served: Served) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Somebody who has opened the page and typed 今天."""
    seen = b""
    async with (
        aiohttp.ClientSession(served.address) as client,
        client.ws_connect("/ws?width=100&height=30", origin=served.address) as websocket,
    ):
        async with asyncio.timeout(MOST_SECONDS):
            while "Candidates · lstm".encode() not in seen:
                seen += (await websocket.receive()).data
            await websocket.send_json(["stdin", "今天"])
            while b"2 characters" not in seen:
                seen += (await websocket.receive()).data
        yield websocket


async def test_what_was_written_is_kept_when_the_page_is_closed(served):
    async with visitor(served):
        assert served.apps()
    await until(lambda: not served.apps(), served.apps)
    assert served.text == "今天"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL"])
async def test_no_app_outlives_its_server(served, name):
    async with visitor(served) as websocket:
        apps = served.apps()
        served.process.send_signal(getattr(signal, name))
        # The page is told at once, and not taken for one that answers no more, which takes half a minute.
        async with asyncio.timeout(MOST_SECONDS / 4):
            while not websocket.closed:
                await websocket.receive()
        await until(lambda: served.process.poll() is not None)
        await until(lambda: not any(map(runs, apps)))
    assert served.text == "今天"


# --- a browser, by the DevTools protocol


class Browser:
    """A page of a headless Chromium, and what it asked the network for."""

    def __init__(self, websocket) -> None:
        self._websocket = websocket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict]] = {}
        self.requests: list[str] = []
        self.problems: list[str] = []
        self._received = b""
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._websocket:
            event = message.json()
            what = event.get("params", {})
            if "id" in event:
                self._answers.pop(event["id"]).set_result(event)
            elif event["method"] == "Network.requestWillBeSent":
                self.requests.append(what["request"]["url"])
            elif event["method"] == "Network.webSocketCreated":
                self.requests.append(what["url"])
            elif event["method"] == "Network.webSocketFrameReceived" and what["response"]["opcode"] == 2:
                self._received += base64.b64decode(what["response"]["payloadData"])
            elif event["method"] == "Runtime.exceptionThrown":
                self.problems.append(str(what["exceptionDetails"]))

    @property
    def drawn(self) -> str:
        """All that the app has drawn up to now."""
        return self._received.decode("utf-8", "replace")

    async def do(self, method: str, **parameters: object) -> dict:
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._websocket.send_json({"id": number, "method": method, "params": parameters})
        answer = await asyncio.wait_for(self._answers[number], MOST_SECONDS)
        assert "error" not in answer, answer
        return answer["result"]

    async def until_marked(self, name: str) -> None:
        """Wait until the page has a class by which its style sheet tells how far it is."""
        expression = f"document.body.classList.contains('{name}')"
        end = time.monotonic() + MOST_SECONDS
        while not (await self.do("Runtime.evaluate", expression=expression))["result"].get("value"):
            assert time.monotonic() < end, f"the page was never {name}"
            await asyncio.sleep(0.05)

    async def press(self, key: str, code: str, number: int, *, alt: bool = False) -> None:
        how = {"key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": int(alt)}
        await self.do("Input.dispatchKeyEvent", type="rawKeyDown", **how)
        await self.do("Input.dispatchKeyEvent", type="keyUp", **how)


# What a candidate is drawn with: the mark of its probability
CANDIDATE = re.compile("[▁▂▃▄▅▆▇█]")


async def press_until_longer(served: Served, press: Callable[[], Awaitable[None]]) -> None:
    """Press a key once a second until the text has something more at its end."""
    text = served.text
    for _ in range(MOST_SECONDS):
        await press()
        await asyncio.sleep(1)
        if served.text != text:
            break
    assert served.text.startswith(text)
    assert len(served.text) > len(text)


FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --no-proxy-server --enable-unsafe-swiftshader"
    " --window-size=1200,800 --remote-debugging-port=0"
)


@contextlib.asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Browser]:
    process = subprocess.Popen(
        ["chromium", *FLAGS.split(), f"--user-data-dir={folder}", "about:blank"],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        written = folder / "DevToolsActivePort"
        await until(lambda: written.is_file() and written.read_text().count("\n") >= 1)
        port = written.read_text().splitlines()[0]
        async with aiohttp.ClientSession() as client:
            async with client.get(f"http://127.0.0.1:{port}/json/list") as answer:
                (page,) = (target for target in await answer.json() if target["type"] == "page")
            async with client.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as websocket:
                browser = Browser(websocket)
                for domain in ("Page", "Network", "Runtime"):
                    await browser.do(f"{domain}.enable")
                yield browser
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no chromium that could open the page")
async def test_keys_in_a_real_browser_reach_the_app(served, tmp_path):
    async with chromium(tmp_path / "chromium") as browser:
        # A window that a person looks at has the focus, and so should what is typed into.
        await browser.do("Emulation.setFocusEmulationEnabled", enabled=True)
        await browser.do("Page.navigate", url=served.address)
        await until(lambda: "Candidates · lstm" in browser.drawn, lambda: browser.drawn)
        await until(lambda: "Insert" in browser.drawn, lambda: browser.drawn[-2000:])
        await browser.until_marked("-first-byte")

        before = len(browser.drawn)
        await browser.do("Input.insertText", text="今天")
        await until(lambda: served.text == "今天", lambda: browser.drawn[-2000:])
        await until(lambda: CANDIDATE.search(browser.drawn, before), lambda: browser.drawn[-2000:])
        # A candidate is taken once those that are shown are for this text,
        await press_until_longer(served, partial(browser.press, "2", "Digit2", 50, alt=True))
        # and grey text once there is some; Tab leaves the page's focus alone.
        await press_until_longer(served, partial(browser.press, "Tab", "Tab", 9))

        picture = base64.b64decode((await browser.do("Page.captureScreenshot"))["data"])
        (tmp_path / "page.png").write_bytes(picture)
        # An empty page is a tenth of that.
        assert len(picture) > 20_000
        assert all(
            request.startswith(("data:", "about:", served.address, f"ws://localhost:{served.port}/ws"))
            for request in browser.requests
        )
        assert browser.problems == []
        columns, lines = map(int, re.search(r"width=(\d+)&height=(\d+)", browser.requests[-1]).groups())
        assert 100 < columns < 160
        assert 30 < lines < 60

        await browser.press("q", "KeyQ", 81, alt=True)
        await until(lambda: "Keep them" in browser.drawn, lambda: browser.drawn[-2000:])
        await browser.press("Enter", "Enter", 13)
        await until(lambda: not served.apps(), served.apps)
        await browser.until_marked("-closed")
