"""Earlier sessions, one of which can be continued."""

from __future__ import annotations

import time

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from seqchat.tui.language import say
from seqchat.tui.screens.dialog import ModalDialog
from seqchat.tui.session import Session


class EarlierSessions(ModalDialog[Session]):
    """A list of sessions; the result is the one that was chosen."""

    TITLE_TEXT = "Earlier sessions"

    def __init__(self, sessions: list[Session]) -> None:
        super().__init__()
        self._sessions = sessions

    def content(self) -> ComposeResult:
        """List when they were left and how they begin."""
        names = [Content(f"{_when(session)}  {session.title()}") for session in self._sessions]
        yield OptionList(*map(Option, names or [Content(say("There are none."))]))

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Continue it."""
        self.dismiss(self._sessions[message.option_index] if self._sessions else None)


def _when(session: Session) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(session.time))
