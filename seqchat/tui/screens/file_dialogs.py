"""The dialogs that ask for a file; imported when the first one is opened."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.widgets import Input
from textual_fspicker import FileOpen, FileSave

from seqchat.tui.keys import bindings
from seqchat.tui.language import say


class OpenFile(FileOpen):
    """Asks for an existing file."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("always")

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, say("Open a file"), open_button=say("Open"), cancel_button=say("Cancel"))

    def on_mount(self) -> None:
        """Focus the name, once the dialog has focused its list."""
        self.call_after_refresh(self.query_one(Input).focus)


class SaveFile(FileSave):
    """Asks for a name, which can be typed at once."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("always")

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(
            folder, say("Save as"), default_file=name, save_button=say("Save"), cancel_button=say("Cancel")
        )

    def on_mount(self) -> None:
        """Focus the name, once the dialog has focused its list."""
        self.call_after_refresh(self.query_one(Input).focus)
