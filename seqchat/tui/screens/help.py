"""All keys, as they are set."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from seqchat import locations
from seqchat.tui.keys import SCOPES, Key, shown
from seqchat.tui.language import say
from seqchat.tui.screens.dialog import Dialog


class Help(Dialog[None]):
    """Every key with what it does, and the name that the config file has for it."""

    TITLE_TEXT = "Help"

    def __init__(self, keys: Mapping[str, tuple[Key, ...]]) -> None:
        super().__init__()
        self._keys = keys

    def content(self) -> ComposeResult:
        """List the scopes one after the other."""
        with VerticalScroll():
            yield Static(
                Content(
                    say(
                        "Type; the grey text and the candidates follow every key. Other keys can be set in {path}: "
                        'a table [keys.SCOPE] with lines such as save = "ctrl+s".',
                        path=locations.settings(),
                    )
                )
            )
            for scope, keys in self._keys.items():
                yield Static(Content.styled(f"\n{say(SCOPES[scope])}  [keys.{scope}]", "bold $accent"))
                yield Static(Content("\n").join(map(_line, keys)))


def _line(key: Key) -> Content:
    return Content.assemble((f"{shown(key.keys):<24} ", "$secondary"), str(key), (f"  {key.name}", "$text-muted"))
