"""Opening, saving and copying what is written; the part of the place of work that deals with files."""

from __future__ import annotations

from pathlib import Path

from textual import work

from seqchat.errors import SeqchatError
from seqchat.files import is_folder, is_there
from seqchat.tui.documents import Document
from seqchat.tui.language import say
from seqchat.tui.screens.dialog import Confirm
from seqchat.tui.screens.parts import Parts
from seqchat.tui.widgets.chat import Chat


class Filing(Parts):
    """Knows the file that the text belongs to."""

    # The file as it was read or written last
    document: Document | None = None

    def _describe_text(self) -> None:
        raise NotImplementedError

    @property
    def unsaved(self) -> bool:
        """Whether the text is not what its file holds."""
        return self.document is not None and self.editor.text != self.document.text

    def adopt(self, path: str) -> None:
        """Go on with a file of an earlier session; its text may have changed on either side."""
        self.document = None
        if path:
            try:
                self.document = Document.read(Path(path))
            except SeqchatError:
                return
        self._describe_text()

    def open_file(self, path: Path, *, new: bool = False) -> bool:
        """Put a file's text into the editor; False if it cannot be read. new: one that is not there yet is empty."""
        try:
            document = Document.new(path) if new and not is_there(path) else Document.read(path)
        except SeqchatError as error:
            self._say(str(error), wrong=True)
            return False
        self.editor.load_text(document.text)
        self.document = document
        self._describe_text()
        return True

    @work
    async def action_open(self) -> None:
        """Ask for a file, and open it."""
        lost = self.unsaved if self.document else bool(self.editor.text.strip())
        if lost and not await self._sure(say("The text is not saved. Open another one?"), say("Open")):
            return
        from seqchat.tui.screens.file_dialogs import OpenFile

        path = await self.app.push_screen_wait(OpenFile(self._folder()))
        if path is not None and self.open_file(path):
            self._to_text()

    @work
    async def action_save(self) -> None:
        """Save the text into its file, or the conversation; ask for a name where there is none."""
        if self.mode == "chat" or self.document is None:
            await self._save_as()
            return
        question = say("{name} was changed by another program. Write over it?", name=self.document.path.name)
        if not self.document.changed_by_others or await self._sure(question, say("Write over")):
            self._write(self.document.path)

    @work
    async def action_save_as(self) -> None:
        """Ask for a name, and save."""
        await self._save_as()

    async def _save_as(self) -> None:
        name = "conversation.md" if self.mode == "chat" else self.document.path.name if self.document else "text.txt"
        from seqchat.tui.screens.file_dialogs import SaveFile

        path = await self.app.push_screen_wait(SaveFile(self._folder(), name))
        while path is not None and not is_folder(path.parent):
            self._say(say("There is no folder {path}.", path=path.parent), wrong=True)
            path = await self.app.push_screen_wait(SaveFile(self._folder(), str(path)))
        if path is None:
            return
        known = self.document is not None and self.document.path == path and self.mode == "compose"
        if (
            not is_there(path)
            or known
            or await self._sure(say("{name} is there already. Write over it?", name=path.name), say("Write over"))
        ):
            self._write(path)

    def _write(self, path: Path) -> None:
        try:
            if self.mode == "chat":
                conversation, names = self.chat.conversation, self.chat.names
                markdown = path.suffix.lower() in (".md", ".markdown")
                Document.write(path, conversation.as_markdown(names) if markdown else conversation.as_text(names))
            else:
                same = self.document is not None and self.document.path == path
                newline = self.document.newline if same and self.document else "\n"
                self.document = Document.write(path, self.editor.text, newline)
                self._describe_text()
            self._say(say("Saved {path}.", path=path))
        except (SeqchatError, OSError) as error:
            self._say(str(error), wrong=True)

    @work
    async def action_new(self) -> None:
        """Begin a new text, or a new conversation."""
        if self.mode == "chat":
            turns = bool(self.chat.conversation.turns)
            if not turns or await self._sure(say("Begin a new conversation? This one ends."), say("Begin anew")):
                await self.chat.clear()
            return
        lost = self.unsaved if self.document else bool(self.editor.text.strip())
        if not lost or await self._sure(say("The text is not saved. Begin a new one?"), say("Begin anew")):
            self.editor.load_text("")
            self.document = None
            self._describe_text()

    @work
    async def on_chat_other_reply_wanted(self, message: Chat.OtherReplyWanted) -> None:
        """Ask for another reply; where turns follow it, only if they may go."""
        chat = self.chat
        following = len(chat.conversation.turns) - message.index - 1
        question = say("The turns behind it go then. Ask for another reply?")
        if following <= (chat.conversation.turns[message.index].speaker == "you") or await self._sure(
            question, say("Another reply")
        ):
            await chat.again(message.index)
            chat.prompt.focus()

    def action_copy_all(self) -> None:
        """Copy the whole text, or the last reply."""
        if self.mode == "chat":
            place = self.chat.conversation.last("model")
            text = self.chat.conversation.turns[place].text if place is not None else ""
        else:
            text = self.editor.text
        if text:
            self.app.copy_to_clipboard(text)
            self._say(say("Copied."))

    def _folder(self) -> Path:
        return self.document.path.parent if self.document else Path()

    async def _sure(self, question: str, yes: str) -> bool:
        return await self.app.push_screen_wait(Confirm(question, say("Cancel"), yes)) is True

    def _to_text(self) -> None:
        raise NotImplementedError

    def _say(self, text: str, *, wrong: bool = False) -> None:
        self.notify(text, severity="error" if wrong else "information", markup=False)
