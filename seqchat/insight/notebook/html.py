"""Parts of HTML that any notebook shows: styles are inline, colours fit any ground, every text is escaped."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

_CELL = "padding:.15em .6em;border:0;border-bottom:1px solid rgba(128,128,128,.35);text-align:{}"
_FAINT = "opacity:.65"

# As on the page of `seqchat inspect`: from shut to open, and from negative to positive values
_SEQUENTIAL = ((38, 24, 74), (47, 79, 127), (35, 137, 129), (110, 190, 84), (250, 226, 60))
_DIVERGING = ((24, 100, 200), (244, 244, 246), (206, 40, 48))
_LINES = ("#d0006f", "#1864c8", "#23897f", "#b07a00")

# Pixels: a word's column, and how high all neurons are
_COLUMN, _LEAST, _MOST = 26, 60, 240
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def heading(title: str, note: str = "") -> str:
    """Return a title in bold, and a note after it."""
    return f'<p><b>{escape(title)}</b> <span style="{_FAINT}">{escape(note)}</span></p>'


def paragraph(text: str) -> str:
    """Return a paragraph."""
    return f'<p style="max-width:60em">{escape(text)}</p>'


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, left: Sequence[int] = (0,)) -> str:
    """Return a table of texts; columns are aligned at their right side, but those on the `left`."""
    sides = ["left" if k in left else "right" for k in range(len(heads))]
    head = "".join(
        f'<th style="{_CELL.format(side)};font-weight:400;{_FAINT}">{escape(text)}</th>'
        for side, text in zip(sides, heads, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL.format(side)}">{escape(text)}</td>' for side, text in zip(sides, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    style = "border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.4em 0 1em"
    return f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def beside(parts: Iterable[str]) -> str:
    """Return parts side by side, as far as there is room."""
    return f'<div style="display:flex;flex-wrap:wrap;gap:1em 1.5em;align-items:flex-start">{"".join(parts)}</div>'


def heat_map(
    title: str, words: Sequence[str], values: NDArray[np.float32], ends: tuple[float, float], *, signed: bool
) -> str:
    """Return a picture of values [words, neurons] with the words below; ends: those of the colours."""
    picture = base64.b64encode(_png(_colours(values, ends, signed))).decode()
    width = len(words) * _COLUMN
    height = min(max(4 * values.shape[1], _LEAST), _MOST)
    label = f"width:{_COLUMN}px;padding:2px 7px;box-sizing:border-box;line-height:1;word-break:break-all"
    below = "".join(f'<span style="{label}">{escape(word)}</span>' for word in words)
    limits = f"{ends[0]:.2g} … {ends[1]:.2g}"
    return (
        f'<div style="max-width:100%;overflow-x:auto"><div>{escape(title)} '
        f'<span style="{_FAINT}">{escape(limits)}</span></div>'
        f'<img alt="{escape(title)}" style="display:block;max-width:none;image-rendering:pixelated;width:{width}px;'
        f'height:{height}px" src="data:image/png;base64,{picture}">'
        f'<div style="display:flex;width:{width}px;font-size:12px;text-align:center">{below}</div></div>'
    )


def curves(lines: Mapping[str, Sequence[float]], label: str) -> str:
    """Return curves of shares on a logarithmic scale, with their names; label: of the horizontal axis."""
    width, height, margin = 520, 220, 50
    logs = {name: [math.log10(v) if 0 < v < math.inf else None for v in values] for name, values in lines.items()}
    found = [value for values in logs.values() for value in values if value is not None]
    low, high = math.floor(min([*found, -1.0])), math.ceil(max([*found, 0.0]))
    longest = max(map(len, lines.values())) - 1

    def place(k: int, value: float) -> str:
        x = margin + k / max(longest, 1) * (width - margin - 10)
        return f"{x:.1f},{10 + (high - value) / (high - low) * (height - 40):.1f}"

    parts = []
    for decade in range(low, high + 1, max(1, (high - low) // 4)):
        (x1, y), (x2, _) = place(0, decade).split(","), place(longest, decade).split(",")
        parts.append(f'<line x1="{x1}" y1="{y}" x2="{x2}" y2="{y}" stroke="currentColor" opacity=".2"/>')
        parts.append(
            f'<text x="{margin - 6}" y="{y}" text-anchor="end" dominant-baseline="central">{10.0**decade:g}</text>'
        )
    keys = []
    for (name, values), colour in zip(logs.items(), cycle(_LINES), strict=False):
        points = " ".join(place(k, value) for k, value in enumerate(values) if value is not None)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        keys.append(f'<span style="color:{colour};margin-right:1.5em">{escape(name)}</span>')
    for k in range(0, longest + 1, max(1, longest // 5)):
        x = place(k, low).split(",")[0]
        parts.append(f'<text x="{x}" y="{height - 16}" text-anchor="middle">{k}</text>')
    parts.append(f'<text x="{width}" y="{height - 2}" text-anchor="end" opacity=".65">{escape(label)}</text>')
    size = f'width="{width}" height="{height}" font-size="12" fill="currentColor"'
    return f"<div>{''.join(keys)}</div><svg {size}>{''.join(parts)}</svg>"


def _colours(values: NDArray[np.float32], ends: tuple[float, float], signed: bool) -> NDArray[np.uint8]:
    """Return the colours [neurons, words, 3] of values [words, neurons]."""
    stops = np.array(_DIVERGING if signed else _SEQUENTIAL, dtype=np.float64)
    low, high = ends
    shares = np.clip((values.T.astype(np.float64) - low) / (high - low), 0, 1)
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(shares, places, stops[:, part]) for part in range(3)], axis=-1).round().astype(np.uint8)


def _png(colours: NDArray[np.uint8]) -> bytes:
    """Return colours [rows, columns, 3] as a PNG file."""
    rows, columns, _ = colours.shape
    # Each row begins with its filter, none.
    lines = np.concatenate([np.zeros((rows, 1), np.uint8), colours.reshape(rows, -1)], axis=1)
    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    return b"".join(
        [
            _SIGNATURE,
            *(_chunk(*part) for part in ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes())), (b"IEND", b""))),
        ]
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
