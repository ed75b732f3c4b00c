"""How files are read, as far as a person can choose it."""

from __future__ import annotations

from dataclasses import dataclass

PAUSE = 6 * 3600.0


@dataclass(frozen=True)
class ReadingOptions:
    """How files are read.

    field: of the turns or the text, None to guess it; columns: fields of which each is a turn; pause: after how many
    seconds of silence another dialog begins; keep_notes: whether a messenger's own notes are kept; encoding: of texts,
    None to find it out; speakers: whose turns count, `me` for the owner of an export, all by default.
    """

    field: str | None = None
    columns: tuple[str, ...] = ()
    pause: float = PAUSE
    keep_notes: bool = False
    encoding: str | None = None
    speakers: tuple[str, ...] = ()


DEFAULT_READING = ReadingOptions()
