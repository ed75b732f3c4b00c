"""Makes the animated picture of README, an SVG: presses keys in the real app with the shipped model.

Run it as ``python tests/pictures/record.py [MODEL]``. Each row of the screen is drawn once for each of its contents
and shown while it has that content, so that the file stays small.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from html import escape
from itertools import groupby
from pathlib import Path

from rich.cells import cell_len
from rich.segment import Segment
from take import HERE, new_app, settle

from seqchat.model.model_registry import DEFAULT_MODEL
from seqchat.tui.app import SeqchatApp

COLUMNS, ROWS = 104, 30
CELL, LINE, SIZE = 9.0, 20, 15
GROUND = "#11161d"

# key, seconds it stays on the screen; "…" waits for the model
SCRIPT: tuple[tuple[str, float], ...] = (
    ("…", 0.8),
    *((key, 0.35) for key in "今天"),
    ("…", 0.6),
    *((key, 0.14) for key in "xiangchihuoguo"),
    ("…", 1.2),
    ("space", 0.3),
    ("…", 1.2),
    ("down", 0.5),
    ("right", 0.5),
    ("space", 0.3),
    ("…", 1.0),
    ("alt+j", 0.6),
    ("alt+j", 0.6),
    ("…", 0.8),
    ("alt+g", 0.9),
    ("alt+g", 1.2),
    ("alt+e", 2.0),
    ("escape", 0.4),
    ("alt+m", 0.6),
    *((key, 0.2) for key in "你好"),
    ("enter", 0.3),
    ("…", 2.5),
)

Row = tuple[tuple[str, str, str, bool, bool], ...]


def look(segment: Segment) -> tuple[str, str, str, bool, bool]:
    """Return a segment's text, colour, ground, and whether it is bold or italic."""
    style = segment.style
    if style is None:
        return segment.text, "#d8dee6", GROUND, False, False
    colour = style.color.get_truecolor().hex if style.color else "#d8dee6"
    ground = style.bgcolor.get_truecolor().hex if style.bgcolor else GROUND
    if style.reverse:
        colour, ground = ground, colour
    return segment.text, colour, ground, bool(style.bold), bool(style.italic)


def frame(app: SeqchatApp) -> list[Row]:
    """Return what is on the screen, dialogs over it included."""
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    return [merged([look(segment) for strip in line for segment in strip]) for line in update.strips]


def merged(parts: list[tuple[str, str, str, bool, bool]]) -> Row:
    """Join neighbours that look alike, and drop blanks on the common ground at the end."""
    row = []
    for looks, group in groupby(parts, key=lambda part: part[1:]):
        row.append(("".join(text for text, *_ in group), *looks))
    while row and not row[-1][0].strip() and row[-1][2] == GROUND:
        row.pop()
    return tuple(row)


async def play(model: str) -> list[tuple[list[Row], float]]:
    """Play the script; return each frame with the seconds that it is shown."""
    app = new_app(model)
    frames = []
    async with app.run_test(size=(COLUMNS, ROWS)) as pilot:
        for key, seconds in SCRIPT:
            if key == "…":
                await settle(pilot)
            else:
                await pilot.press(key)
                await asyncio.sleep(0.12)
                await pilot.pause()
            frames.append((frame(app), seconds))
    return frames


def draw(row: Row, y: int) -> str:
    """Return a row of the screen as SVG."""
    parts, x = [], 0
    for text, colour, ground, bold, italic in row:
        width = cell_len(text)
        left, length = x * CELL, width * CELL
        if ground != GROUND:
            parts.append(f'<rect x="{left:g}" y="{y * LINE}" width="{length:g}" height="{LINE}" fill="{ground}"/>')
        if set(text) == {"▀"}:
            parts.append(f'<rect x="{left:g}" y="{y * LINE}" width="{length:g}" height="{LINE // 2}" fill="{colour}"/>')
        elif text.strip():
            # Blanks at the ends would not be drawn, and their room be given to the other characters.
            left += (width - cell_len(text.lstrip())) * CELL
            length = cell_len(text.strip()) * CELL
            looks = ' font-weight="bold"' * bold + ' font-style="italic"' * italic
            position = f'x="{left:g}" y="{y * LINE + 15}" textLength="{length:g}"'
            shown = escape(text.strip()).replace("  ", " \xa0")
            parts.append(f'<text {position} fill="{colour}"{looks}>{shown}</text>')
        x += width
    return "".join(parts)


def animate(frames: list[tuple[list[Row], float]]) -> str:
    """Return the frames as one SVG that runs for ever."""
    total = sum(seconds for _, seconds in frames)
    starts = [sum(seconds for _, seconds in frames[:n]) / total for n in range(len(frames))]
    shown: dict[tuple[int, Row], set[int]] = defaultdict(set)
    for number, (rows, _) in enumerate(frames):
        for y, row in enumerate(rows):
            shown[y, row].add(number)
    groups = []
    for (y, row), numbers in shown.items():
        drawn = draw(row, y)
        if drawn and len(numbers) < len(frames):
            drawn = f"{drawn}{_visibility(numbers, starts, total)}"
        groups.append(f"<g>{drawn}</g>" if drawn else "")
    width, height = COLUMNS * CELL + 20, ROWS * LINE + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -10 {width:g} {height}" font-size="{SIZE}" '
        f'font-family="DejaVu Sans Mono, Menlo, Consolas, Noto Sans Mono CJK SC, monospace" xml:space="preserve">'
        f'<rect x="-10" y="-10" width="{width:g}" height="{height}" rx="8" fill="{GROUND}"/>{"".join(groups)}</svg>\n'
    )


def _visibility(numbers: set[int], starts: list[float], total: float) -> str:
    """Return the animation that shows something in some frames only."""
    times, values = [], []
    for number, start in enumerate(starts):
        value = "visible" if number in numbers else "hidden"
        if not values or values[-1] != value:
            times.append(f"{start:.4g}")
            values.append(value)
    keys = f'values="{";".join(values)}" keyTimes="{";".join(times)}"'
    return f'<animate attributeName="visibility" calcMode="discrete" dur="{total:g}s" repeatCount="indefinite" {keys}/>'


if __name__ == "__main__":
    played = asyncio.run(play(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_MODEL))
    Path(HERE / "tour.svg").write_text(animate(played), encoding="utf-8")
