"""The file of the text: open, save, describe; a conversation is saved here too."""

from __future__ import annotations

from pathlib import Path

from textual.content import Content
from textual.timer import Timer

from seqchat.errors import SeqchatError
from seqchat.files import is_folder, is_there
from seqchat.tui.conversation import Conversation
from seqchat.tui.documents import Document, describe_length
from seqchat.tui.language import say
from seqchat.tui.screens.dialog import confirm
from seqchat.tui.screens.views import Views

# The title is updated when nothing was typed for this long.
_PAUSE_SECONDS = 0.2


class DocumentController:
    """Knows which file the text belongs to, and how it was read or written last."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._document: Document | None = None
        self._pause: Timer | None = None

    @property
    def path(self) -> Path | None:
        """The file of the text, or None."""
        return self._document.path if self._document else None

    @property
    def is_unsaved(self) -> bool:
        """Whether the text differs from its file."""
        return self._document is not None and self._views.editor.text != self._document.text

    @property
    def _would_be_lost(self) -> bool:
        return self.is_unsaved if self._document else bool(self._views.editor.text.strip())

    # --- the title

    def describe(self) -> None:
        """Show which text this is, and how long."""
        editor = self._views.editor
        name = self._document.path.name if self._document else say("Compose")
        editor.border_title = Content(f"{name}{' •' if self.is_unsaved else ''}")
        editor.description = Content(describe_length(editor.text))

    def describe_soon(self) -> None:
        """Describe the text after a pause in typing."""
        self.stop()
        self._pause = self._views.screen.set_timer(_PAUSE_SECONDS, self.describe)

    def stop(self) -> None:
        """Describe nothing any more."""
        if self._pause is not None:
            self._pause.stop()

    # --- opening

    def _set(self, document: Document | None) -> None:
        self._document = document
        self.describe()

    def resume(self, path: str) -> None:
        """Continue with the file of an earlier session; its text may have changed on either side."""
        self._document = None
        if path:
            try:
                self._document = Document.read(Path(path))
            except SeqchatError:
                return
        self.describe()

    def load(self, path: Path, *, new: bool = False) -> bool:
        """Put a file's text into the editor; False if it cannot be read. new: one that does not exist yet is empty."""
        try:
            document = Document.new(path) if new and not is_there(path) else Document.read(path)
        except SeqchatError as error:
            self._report(error)
            return False
        self._views.editor.load_text(document.text)
        self._set(document)
        return True

    async def open(self) -> bool:
        """Ask for a file and load it; return whether that was done."""
        question = say("The text is not saved. Open another one?")
        if self._would_be_lost and not await confirm(self._views.screen, question, say("Open")):
            return False
        from seqchat.tui.screens.file_dialogs import OpenFile

        path = await self._views.screen.app.push_screen_wait(OpenFile(self._folder()))
        return path is not None and self.load(path)

    async def new(self) -> None:
        """Start a new text, or a new conversation."""
        if self._views.mode == "chat":
            question, lost = say("Start a new conversation? This one will be lost."), bool(self._conversation.turns)
        else:
            question, lost = say("The text is not saved. Start a new one?"), self._would_be_lost
        if lost and not await confirm(self._views.screen, question, say("Start new")):
            return
        if self._views.mode == "chat":
            await self._views.chat.clear()
        else:
            self._views.editor.load_text("")
            self._set(None)

    # --- saving

    async def save(self) -> None:
        """Save the text to its file, or the conversation; ask for a name if there is none."""
        document = self._document
        if self._views.mode == "chat" or document is None:
            await self.save_as()
            return
        question = say("{name} was changed by another program. Overwrite it?", name=document.path.name)
        if not document.changed_by_others or await confirm(self._views.screen, question, say("Overwrite")):
            self._write(document.path)

    async def save_as(self) -> None:
        """Ask for a name, and save."""
        path = await self._ask_for_name()
        if path is None:
            return
        known = self.path == path and self._views.mode == "compose"
        question = say("{name} exists already. Overwrite it?", name=path.name)
        if known or not is_there(path) or await confirm(self._views.screen, question, say("Overwrite")):
            self._write(path)

    async def _ask_for_name(self) -> Path | None:
        """Ask until the name is in a folder that exists."""
        from seqchat.tui.screens.file_dialogs import SaveFile

        app = self._views.screen.app
        name = "conversation.md" if self._views.mode == "chat" else self.path.name if self.path else "text.txt"
        path: Path | None = await app.push_screen_wait(SaveFile(self._folder(), name))
        while path is not None and not is_folder(path.parent):
            self._report(say("There is no folder {path}.", path=path.parent))
            path = await app.push_screen_wait(SaveFile(self._folder(), str(path)))
        return path

    def _write(self, path: Path) -> None:
        try:
            if self._views.mode == "chat":
                markdown, names = path.suffix.lower() in (".md", ".markdown"), self._views.chat.names
                write = self._conversation.as_markdown if markdown else self._conversation.as_text
                Document.write(path, write(names))
            else:
                newline = self._document.newline if self._document and self.path == path else "\n"
                self._set(Document.write(path, self._views.editor.text, newline))
            self._views.screen.notify(say("Saved {path}.", path=path), markup=False)
        except (SeqchatError, OSError) as error:
            self._report(error)

    # --- copying

    def copy(self) -> None:
        """Copy the whole text, or the last reply."""
        text = self._views.editor.text
        if self._views.mode == "chat":
            index = self._conversation.last("model")
            text = self._conversation.turns[index].text if index is not None else ""
        if text:
            self._views.screen.app.copy_to_clipboard(text)
            self._views.screen.notify(say("Copied."), markup=False)

    @property
    def _conversation(self) -> Conversation:
        return self._views.chat.conversation

    def _folder(self) -> Path:
        return self.path.parent if self.path else Path()

    def _report(self, problem: object) -> None:
        self._views.screen.notify(str(problem), severity="error", markup=False)
