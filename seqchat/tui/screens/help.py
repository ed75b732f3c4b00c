"""All keys, as they are set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from seqchat import locations
from seqchat.tui.keys import SCOPES, Key, keys_of, shown
from seqchat.tui.language import say
from seqchat.tui.screens.dialog import ModalDialog

_COLUMN = 26
# What people need first comes first.
_ORDER = (
    *("app", "composition", "bar", "text", "find", "panel", "step", "patterns", "prompt", "turn"),
    *("experiment", "form", "page", "watching", "tour", "question", "always"),
)


class Help(ModalDialog[None]):
    """Every key with what it does, and its name in the config file."""

    TITLE_TEXT = "Help"

    def __init__(self, keys: Mapping[str, tuple[Key, ...]], first: Sequence[str] = ()) -> None:
        """Show all keys, those of some scopes `first`."""
        super().__init__(keys_of("help", keys))
        self._keys, self._first = keys, first

    def content(self) -> ComposeResult:
        """List the scopes one after the other."""
        with VerticalScroll():
            yield Static(Content(say("Type; the grey text and the candidates follow every key.")))
            for scope in dict.fromkeys([*self._first, *sorted(self._keys, key=_ORDER.index)]):
                yield Static(Content.styled(f"\n{say(SCOPES[scope])}  [keys.{scope}]", "bold $accent"))
                yield Static(Content("\n").join(_lines(self._keys[scope])))
            note = say(
                'Set other keys in {path}: a table [keys.SCOPE] with lines such as save = "ctrl+s" (names in grey).',
                path=locations.settings(),
            )
            yield Static(Content(f"\n{note}"))


def _lines(keys: Sequence[Key]) -> Iterator[Content]:
    """One line for each key, or for keys that differ only in their numbers."""
    for _, group in groupby(keys, key=lambda key: key.text if key.number else key.name):
        alike = list(group)
        first, last = alike[0], alike[-1]
        several = len(alike) > 1
        what = say(first.text, n=f"{first.number} … {last.number}") if several else str(first)
        pressed = f"{shown(first.keys)} … {shown(last.keys)}" if several else shown(first.keys)
        name = f"{first.name} … {last.name}" if several else first.name
        # Longer texts have a line of their own.
        gap = " " * (_COLUMN - cell_len(pressed)) if cell_len(pressed) < _COLUMN else "\n" + " " * _COLUMN
        yield Content.assemble((pressed, "$secondary"), f"{gap}{what}", (f"  {name}", "$text-muted"))
