"""The settings at work: the only copy in the app, which everybody reads and through which everybody changes them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from seqchat.declared import Range
from seqchat.tui import settings
from seqchat.tui.settings import Settings, Value

# Told what the settings were and what they are now
Listener = Callable[[Settings, Settings], object]


class LiveSettings:
    """The settings in the config file (`saved`), and with what keys have changed since the start (`current`)."""

    def __init__(self, saved: Settings) -> None:
        self.saved = self.current = saved
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        """Call a function after each change."""
        self._listeners.append(listener)

    def change(self, name: str, value: Value) -> None:
        """Change a setting until the app ends."""
        before, self.current = self.current, self.current.changed(name, value)
        for listener in self._listeners:
            listener(before, self.current)

    def step(self, name: str, steps: int) -> None:
        """Change a number by some of its steps, within its range, until the app ends."""
        limits = settings.DECLARATIONS[name].range or Range()
        low, high = limits.low or 0, math.inf if limits.high is None else limits.high
        self.change(name, round(min(max(getattr(self.current, name) + steps * limits.step, low), high), 2))

    def save(self, path: Path, name: str, value: Value) -> None:
        """Change a setting, and write it into the config file.

        Raises:
            SeqchatError: it cannot be written; the change is at work all the same.
        """
        self.saved = self.saved.changed(name, value)
        self.change(name, value)
        settings.save(path, name, value)
