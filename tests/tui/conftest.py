"""A desk to test the app at: the real app with a real small model, and a hand that types."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from seqchat.completion import worth
from seqchat.tui import language
from seqchat.tui.app import SeqchatApp
from seqchat.tui.screens.workspace import Workspace
from seqchat.tui.settings import Settings
from seqchat.tui.widgets.candidates import Candidates
from seqchat.tui.widgets.editor import Editor
from seqchat.tui.widgets.gate_panel import GatePanel


@dataclass
class Desk:
    """A running app."""

    app: SeqchatApp
    pilot: Pilot[Any]

    @property
    def workspace(self) -> Workspace:
        return self.app.workspace

    @property
    def editor(self) -> Editor:
        return self.workspace.views.active_editor

    @property
    def bar(self) -> Candidates:
        return self.workspace.views.bars[0]

    @property
    def panel(self) -> GatePanel:
        return self.workspace.views.panels.all[0]

    @property
    def branches(self) -> list[str]:
        branches = self.workspace.views.continuations.branches
        return [branches[index].text for index in range(3)]

    @property
    def screen(self) -> str:
        return "\n".join("".join(s.text for s in line) for line in self.app.screen._compositor.render_strips())

    @property
    def notices(self) -> list[str]:
        return [notification.message for notification in self.app._notifications]

    async def press(self, *keys: str) -> None:
        """Press keys; those that wait for the model have been done then."""
        await self.pilot.press(*keys)
        composer = self.editor.composer
        if composer.composition.held:
            await self.until(lambda: not composer.composition.held, "the model's answer to letters")
            await self.pilot.pause()

    async def until(self, condition: Callable[[], object], what: str = "it") -> None:
        # A pause is 20 ms at least.
        for _ in range(1_800):
            await self.pilot.pause()
            if condition():
                return
        pytest.fail(f"{what} did not happen; the screen is\n{self.screen}")

    async def thought(self) -> None:
        """Wait until the candidates are those of the text at the cursor."""
        await self.until(self.workspace.completion.is_current, "suggestions for the text at the cursor")

    async def settled(self) -> None:
        """Wait until the continuations are written too, and the worker has nothing to do."""
        await self.until(lambda: self.workspace.is_settled, "the end of all work")


Sitting = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture(autouse=True)
def english() -> None:
    """Begin in English, whatever the test before spoke."""
    language.use("en")


@pytest.fixture
def desk(models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sitting:
    """Return what opens the app: ``async with desk("lstm", size=(80, 24), ghost_words=0) as d``."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    # The small models are sure of nothing, so that hardly anything they offer would be worth a glance.
    for what in worth.COSTS:
        monkeypatch.setitem(worth.COSTS, what, -math.inf)

    @asynccontextmanager
    async def sit(
        *names: str, size: tuple[int, int] = (110, 34), options: dict[str, Any] | None = None, **settings: Any
    ) -> AsyncIterator[Desk]:
        chosen = Settings(**{"heat_map": "colours", **settings})
        paths = [str(models[name]) if name in models else name for name in names or ("lstm",)]
        app = SeqchatApp(paths, chosen=chosen, **(options or {}))
        async with app.run_test(size=size) as pilot:
            yield Desk(app, pilot)

    return sit
