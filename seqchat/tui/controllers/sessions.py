"""What was written, saved while it is written, and continued at the next start."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from textual.css.query import NoMatches

from seqchat.errors import SeqchatError
from seqchat.tui.language import say
from seqchat.tui.screens.dialog import Confirm
from seqchat.tui.session import Session, Sessions

if TYPE_CHECKING:
    from seqchat.tui.screens.workspace import Workspace


class SessionController:
    """Saves the session of a workspace, and restores earlier ones."""

    def __init__(self, workspace: Workspace, folder: Path) -> None:
        self._workspace = workspace
        self._store = Sessions(folder)
        self._last = Session()
        self._is_failing = False
        self._is_closed = False

    @property
    def text(self) -> str:
        """All that the writer wrote, as it was when it was last looked at."""
        own_turns = (text for speaker, text, *_ in self._last.turns if speaker == "you")
        return "\n".join([self._last.text, *own_turns]).strip("\n")

    def _capture(self) -> Session:
        """Look at what the next start needs to continue."""
        views, document = self._workspace.views, self._workspace.document
        self._last = Session(
            mode=views.mode,
            text=views.editor.text,
            cursor=views.editor.cursor_location,
            path=str(document.path or ""),
            turns=[(turn.speaker, turn.text, *filter(None, [turn.name])) for turn in views.chat.conversation.turns],
            draft=views.chat.prompt.text,
        )
        return self._last

    # --- saving

    def save(self) -> None:
        """Save the session; a failure is reported once. After `close`, what is saved stays."""
        if self._is_closed:
            return
        try:
            self._store.save(self._capture())
        except NoMatches:
            return  # The app is closing and its widgets are gone; `close` has saved, or will.
        except SeqchatError as error:
            if not self._is_failing:
                self._workspace.notify(str(error), severity="warning", markup=False)
            self._is_failing = True

    def save_after_crash(self) -> None:
        """Save what can be saved of an app that fails."""
        with suppress(Exception):
            self._store.save(self._capture())

    def close(self, *, saved: bool, crashed: bool) -> None:
        """Look at the session for the last time, and save it unless it is not to be `saved`."""
        self._is_closed = True
        with suppress(Exception):
            self._capture()
        if saved:
            with suppress(SeqchatError, OSError):
                self._store.close(self._last, crashed=crashed)

    # --- restoring

    def earlier(self) -> list[Session]:
        """Return the sessions that can be continued, the latest first."""
        return [session for _, session in self._store.earlier()]

    async def resume(self) -> None:
        """Continue the last session; one that did not end well only if the writer wants it."""
        path, session = next(self._store.earlier(), (None, None))
        if path is None or session is None:
            return
        if session.ended:
            await self.restore(session)
            return

        async def decide(start_new: bool | None) -> None:
            self._store.mark_ended(path)
            if not start_new:
                await self.restore(session)

        question = say("The last session did not end normally. Continue with “{title}”?", title=session.title())
        self._workspace.app.push_screen(Confirm(question, say("Continue"), say("Start new")), decide)

    async def restore(self, session: Session) -> None:
        """Show a session instead of the current text."""
        views, editor = self._workspace.views, self._workspace.views.editor
        editor.load_text(session.text)
        editor.move_cursor(editor.clamp_visitable(session.cursor))
        await views.chat.load(session.conversation(), session.draft)
        self._workspace.document.resume(session.path)
        self._workspace.use_mode(session.mode)
