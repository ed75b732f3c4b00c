"""Takes the pictures of the documents: types into the real app with the shipped model and saves the screen.

Run it as ``python tests/pictures/take.py [MODEL]``; ``record.py`` makes the moving one.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from seqchat.model.model_registry import DEFAULT_MODEL
from seqchat.tui.app import SeqchatApp
from seqchat.tui.screens.gradients import GradientsScreen
from seqchat.tui.settings import Settings
from seqchat.tui.tour.screen import Tour

HERE = Path(__file__).parent

# An experiment: the forget gate held at 0, on a text with two subjects
_HOLD = [*"小帅是一名程序员，他每天都", "PAUSE", "alt+w", "g", "g", "0", "PAUSE"]

# name, columns, rows, theme, language, keys
PICTURES = (
    ("lesson", 100, 34, "seqchat-dark", "en", ["LESSONS", "alt+0", *["alt+n"] * 5, "PAUSE"]),
    ("gradients", 110, 36, "seqchat-light", "en", ["alt+shift+g", "PAUSE"]),
    ("experiment", 110, 36, "seqchat-dark", "en", _HOLD),
    (
        "shading",
        110,
        32,
        "seqchat-light",
        "en",
        [*"我明天想去北京看升旗，你去吗？\n还没想好，不过听说那里", "PAUSE", "alt+shift+d", "PAUSE"],
    ),
    ("compose-light", 110, 32, "seqchat-light", "zh", [*"我们周末", "PAUSE", *"qubeijingkanshengqi"]),
    ("chat", 110, 32, "seqchat-dark", "en", ["alt+m", *"你好，附近有什么好吃的？", "enter", *"人均"]),
)


def new_app(model: str, theme: str = "seqchat-dark", lang: str = "en") -> SeqchatApp:
    """Return an app in colours, with empty folders for the user."""
    for name in ("STATE", "CONFIG", "DATA"):
        os.environ[f"XDG_{name}_HOME"] = tempfile.mkdtemp()
    return SeqchatApp([model], chosen=Settings(theme=theme, language=lang, heat_map="colours"), fresh=True)


async def settle(pilot: Pilot[object]) -> None:
    """Wait until the screen shows everything that follows from the last key."""
    app = pilot.app
    assert isinstance(app, SeqchatApp)
    if isinstance(app.screen, Tour):
        # Three models are loaded one after the other.
        await pilot.pause(15)
        return
    if isinstance(app.screen, GradientsScreen):
        while not app.screen.is_finished:
            await asyncio.sleep(0.1)
        await pilot.pause(0.3)
        return
    workspace = app.workspace
    for _ in range(600):
        await asyncio.sleep(0.05)
        if workspace.is_settled:
            break
    await pilot.pause(0.3)


async def take(model: str, name: str, columns: int, rows: int, theme: str, lang: str, keys: list[str]) -> None:
    """Press the keys and save the screen as SVG."""
    app = new_app(model, theme, lang)
    async with app.run_test(size=(columns, rows)) as pilot:
        for key in keys:
            if key == "PAUSE":
                await settle(pilot)
            elif key == "LESSONS":
                await app.run_action("tour")
                await pilot.pause(1)
            else:
                await pilot.press("enter" if key == "\n" else key)
            if key == "enter":
                await settle(pilot)
        await settle(pilot)
        (HERE / f"{name}.svg").write_text(app.export_screenshot(title="seqchat tui"), encoding="utf-8")


if __name__ == "__main__":
    for picture in PICTURES:
        asyncio.run(take(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_MODEL, *picture))
