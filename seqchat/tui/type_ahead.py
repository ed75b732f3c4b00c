"""Keys that are typed faster than they are served: each waits until the one before has done what it does."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import NamedTuple

from textual import events
from textual.app import ScreenStackError
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widgets import Input, TextArea

from seqchat.tui.textual_compat import LifecycleApp, Result

# What takes longer than this is not waited for: it may be waiting for a key itself.
_PATIENCE_SECONDS = 2.0
# What a key does is done when all widgets that it reaches have handled it, and the messages that they sent.
_ROUNDS = 2
# How often a widget that keeps keys until it knows what they mean is asked whether it has done so
_LOOK_SECONDS = 0.01


class _Wait(NamedTuple):
    """Keys wait for one that was served on a screen; since: when, which tells this wait from one that was given up."""

    since: float
    screen: Screen[object]
    rounds: int = _ROUNDS


class TypeAheadApp(LifecycleApp[Result]):
    """An app in which a key goes to the screen that the key before it opened, however soon it follows.

    Textual gives a key to the widget that has the focus when it arrives, though the key before may still wait in that
    widget's queue: what is typed right behind Ctrl+P would stand in the text, and not in the palette.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[events.Key | events.Paste] = deque()
        self._waits_since: float | None = None

    async def on_event(self, event: events.Event) -> None:
        """Let keys and pastes wait for their turn."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        self._waiting.append(event)
        if self._waits_since is None or monotonic() - self._waits_since > _PATIENCE_SECONDS:
            await self._serve()

    async def _serve(self) -> None:
        """Give keys to the widget that has the focus now, up to one after which that may be another widget."""
        self._waits_since = None
        while self._waiting and self._waits_since is None:
            event = self._waiting.popleft()
            screen, way, types = self.screen, self._way(), self._types(event)
            await super().on_event(event)
            if not types:
                self._waits_since = monotonic()
                self._follow(way, _Wait(self._waits_since, screen))

    def _types(self, event: events.Key | events.Paste) -> bool:
        """Whether an event does no more than to write into a text."""
        writes = isinstance(event, events.Paste) or event.is_printable
        return writes and isinstance(self.focused, TextArea | Input)

    def _way(self) -> Sequence[MessagePump]:
        """Return the widgets whose queues a key goes through."""
        return [node for node in (self.focused or self.screen).ancestors_with_self if node is not self]

    def _follow(self, way: Sequence[MessagePump], wait: _Wait) -> None:
        """Go the way of a key behind it."""
        for index, node in enumerate(way):
            if node.call_later(self._follow, way[index + 1 :], wait):
                return
        self.call_later(self._arrive, wait)

    async def _arrive(self, wait: _Wait) -> None:
        """Go on with the next key, once the screen that this one opened is there."""
        if wait.since != self._waits_since:
            return
        with contextlib.suppress(ScreenStackError):  # the app ends
            if getattr(self.focused, "holds_keys", False):
                self.set_timer(_LOOK_SECONDS, partial(self._arrive, wait))
            elif wait.rounds > 1 and self._waiting:
                self._follow(self._way(), wait._replace(rounds=wait.rounds - 1))
            elif self.screen is not wait.screen:
                self.screen.call_after_refresh(self.call_later, self._serve)
            else:
                await self._serve()
