"""Finding in the text or the conversation, and replacing in the text."""

from __future__ import annotations

from bisect import bisect_left

from textual.widgets.text_area import Selection

from seqchat.tui.finding import Hit, find, replaced
from seqchat.tui.language import say
from seqchat.tui.screens.views import Views
from seqchat.tui.widgets.find_bar import What


class FindController:
    """Knows the hits of what is wanted, highlights them, and goes from one to the next."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._hits: list[Hit] = []
        # Where the search began, as a hit without length; and the number of the current hit
        self._origin = Hit(0, 0, 0)
        self._current = -1

    @property
    def is_open(self) -> bool:
        """Whether something is being found."""
        return self._views.find_bar.display

    def open(self) -> None:
        """Ask what is wanted: what is selected, or what was wanted last."""
        editor, composes = self._views.editor, self._views.mode == "compose"
        selected = editor.selected_text if composes and not self.is_open else ""
        start = editor.offset_of(min(editor.selection)) if composes else 0
        self._origin = Hit(0, start, start) if composes else Hit(len(self._texts), 0, 0)
        self._views.screen.add_class("-finding")
        self._views.find_bar.open("" if "\n" in selected else selected, replaces=composes)
        self.search()

    def close(self) -> None:
        """Go back to the text; the current hit stays selected."""
        self._views.screen.remove_class("-finding")
        self._views.find_bar.close()
        self._hits, self._current = [], -1
        self._highlight()
        self._views.focus_text()

    # --- hits

    @property
    def _texts(self) -> list[str]:
        if self._views.mode == "compose":
            return [self._views.editor.text]
        return [turn.text for turn in self._views.chat.conversation.turns]

    def search(self) -> None:
        """Find what is wanted now, from where the search began."""
        self._hits = find(self._texts, self._views.find_bar.wanted.text)
        after = bisect_left(self._hits, self._origin)
        # In a conversation, the last hit is the nearest.
        self._go(after if self._views.mode == "compose" else after - 1)

    def refresh(self) -> None:
        """Find it again, since the text has changed; the current hit is not shown."""
        if self.is_open:
            self._hits = find(self._texts, self._views.find_bar.wanted.text)
            self._current = min(self._current, len(self._hits) - 1)
            self._highlight()

    def step(self, steps: int) -> None:
        """Go to another hit; after the last one, the first one follows."""
        self._go(self._current + steps)

    def _go(self, number: int) -> None:
        self._current = number % len(self._hits) if self._hits else -1
        self._highlight()
        if self._current < 0:
            return
        hit = self._hits[self._current]
        if self._views.mode == "compose":
            locate = self._views.editor.location_at
            self._views.editor.selection = Selection(locate(hit.start), locate(hit.end))
            self._views.editor.scroll_cursor_visible(center=True)
        else:
            self._views.screen.call_later(self._reveal, hit)

    async def _reveal(self, hit: Hit) -> None:
        """Show a hit of the conversation; earlier turns are drawn only now."""
        await self._views.chat.reveal(hit)
        self._highlight()

    def _highlight(self) -> None:
        """Show all hits, and how many there are."""
        bar = self._views.find_bar
        bar.count(self._current + 1, len(self._hits))
        composes = self._views.mode == "compose"
        self._views.editor.mark([(hit.start, hit.end) for hit in self._hits] if composes else [])
        current = self._hits[self._current] if self._current >= 0 else None
        self._views.chat.mark([] if composes else self._hits, current)

    # --- replacing

    def replace(self) -> None:
        """Put something else in the place of the current hit, and go to the next one."""
        if self._current >= 0:
            hit, by = self._hits[self._current], self._views.find_bar.replacement.text
            self._write([hit], by)
            self._origin = Hit(0, hit.start + len(by), hit.start + len(by))
            self.search()

    def replace_all(self) -> None:
        """Put something else in the place of all hits, as one step of undo."""
        hits = self._hits
        if hits and self._views.mode == "compose":
            self._write(hits, self._views.find_bar.replacement.text)
            self.refresh()
            self._views.screen.notify(say("{n} replaced.", n=len(hits)), timeout=3, markup=False)

    def _write(self, hits: list[Hit], by: str) -> None:
        editor, first, last = self._views.editor, hits[0].start, hits[-1].end
        part = [Hit(0, hit.start - first, hit.end - first) for hit in hits]
        locate = editor.location_at
        editor.history.checkpoint()
        text = replaced(editor.text[first:last], part, by)
        editor.replace(text, locate(first), locate(last), maintain_selection_offset=False)
        editor.history.checkpoint()

    def do(self, what: What) -> None:
        """Do what was asked for in the bar."""
        actions = {
            "next": lambda: self.step(1),
            "previous": lambda: self.step(-1),
            "replace": self.replace,
            "replace_all": self.replace_all,
        }
        actions[what]()
