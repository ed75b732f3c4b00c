"""Takes the pictures of README: types into the real app with the shipped model and saves what is on the screen.

Run it as ``python tests/pictures/take.py [MODEL]``.
"""

from __future__ import annotations

import asyncio
import html
import re
import sys
from pathlib import Path

from rich.cells import cell_len

from seqchat.model.shelf import DEFAULT_MODEL
from seqchat.tui.app import SeqchatApp
from seqchat.tui.widgets.continuations import Continuations
from seqchat.tui.widgets.suggestion_bar import SuggestionBar

HERE = Path(__file__).parent
CHARACTER_WIDTH = 12.2
TEXT_ELEMENT = re.compile(r'textLength="[\d.]+"([^>]*)>([^<]*)</text>')
FONT_FACE = re.compile(r"@font-face \{.*?\}", re.DOTALL)
TEXT = "我想去北京"

# name, columns, rows, theme
PICTURES = (
    ("compose", 110, 32, "textual-dark"),
    ("compose-light", 110, 32, "textual-light"),
    ("compose-80x24", 80, 24, "textual-dark"),
)


def right_width(match: re.Match[str]) -> str:
    """Return a text element whose length is that of its terminal cells."""
    length = cell_len(html.unescape(match[2])) * CHARACTER_WIDTH
    return f'textLength="{length:.1f}"{match[1]}>{match[2]}</text>'


async def take(model: str, name: str, columns: int, rows: int, theme: str) -> None:
    """Type the text, wait for the model to have said all, and save the screen as SVG."""
    app = SeqchatApp(model)
    async with app.run_test(size=(columns, rows)) as pilot:
        app.theme = theme
        await pilot.press(*TEXT)
        for _ in range(600):
            await asyncio.sleep(0.05)
            if app.query_one(SuggestionBar).suggestions and app.query_one(Continuations).finished:
                break
        await pilot.pause()
        svg = app.export_screenshot(title=f"seqchat tui · {TEXT}")
        # Rich takes every character for one cell wide; Chinese ones are two.
        svg = TEXT_ELEMENT.sub(right_width, svg)
        # The fonts would be fetched from the network; every reader has a monospaced one.
        (HERE / f"{name}.svg").write_text(FONT_FACE.sub("", svg), encoding="utf-8")


if __name__ == "__main__":
    for picture in PICTURES:
        asyncio.run(take(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_MODEL, *picture))
