"""How often each command was chosen from the palette, for the next start; independent of widgets."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path

from seqchat.errors import SeqchatError
from seqchat.files import read_bytes, write_private

_MAX_BYTES = 100_000
# A use counts half as much after this time.
_HALF_LIFE_SECONDS = 30 * 86_400.0


class CommandUse:
    """A weight for each command, by name: how often it was chosen, with uses long ago counting less.

    A file that is damaged or cannot be written only loses the order.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._path, self._now = path, now
        self._used: dict[str, tuple[float, float]] | None = None

    def weight(self, name: str) -> float:
        """Return the weight of a command; 0 if it was never chosen."""
        weight, last = self._weights.get(name, (0.0, 0.0))
        return float(weight * 0.5 ** (max(self._now() - last, 0.0) / _HALF_LIFE_SECONDS))

    def note(self, name: str) -> None:
        """Note that a command was chosen, in the file too."""
        self._weights[name] = self.weight(name) + 1.0, self._now()
        with contextlib.suppress(OSError, SeqchatError):
            write_private(self._path, json.dumps(self._weights))

    @property
    def _weights(self) -> dict[str, tuple[float, float]]:
        if self._used is None:
            self._used = _read(self._path)
        return self._used


def _read(path: Path) -> dict[str, tuple[float, float]]:
    try:
        document = json.loads(read_bytes(path, _MAX_BYTES))
        return {str(name): (float(weight), float(last)) for name, (weight, last) in document.items()}
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return {}
