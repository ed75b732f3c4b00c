"""What is new in this version."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from seqchat import __version__
from seqchat.changes import newest
from seqchat.tui.language import say
from seqchat.tui.screens.dialog import ModalDialog


class WhatIsNew(ModalDialog[None]):
    """The newest section of the changelog."""

    TITLE_TEXT = "What is new"

    def content(self) -> ComposeResult:
        """List the changes."""
        title, paragraphs = newest()
        with VerticalScroll():
            yield Static(Content.styled(f"seqchat {__version__}", "bold $accent"))
            if not paragraphs:
                yield Static(Content(say("The list of changes is not there.")))
            elif title.partition(" ")[0].strip("[]") != __version__:
                yield Static(Content.styled(title, "$text-muted"))
            for text, is_heading in paragraphs:
                yield Static(Content.styled(f"\n{text}", "bold") if is_heading else Content(text))
