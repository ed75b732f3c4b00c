"""What to find in a text or a conversation, and what to write instead."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static
from textual.widgets.text_area import Edit, EditResult

from seqchat.tui.keys import bindings
from seqchat.tui.language import say
from seqchat.tui.widgets.editor import Editor
from seqchat.tui.widgets.offer import Offer

What = Literal["next", "previous", "replace", "replace_all"]


class FindField(Editor):
    """A line in which one composes as in the text."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("find")

    class Asked(Message):
        """Something should be done with the hits."""

        def __init__(self, what: What) -> None:
            super().__init__()
            self.what = what

    class OtherFieldWanted(Message):
        """The other field should have the focus."""

    def edit(self, edit: Edit) -> EditResult:
        """Change the line, which stays one."""
        return super().edit(replace(edit, text=" ".join(edit.text.split("\n"))))

    def offer(self, offer: Offer) -> None:
        """Offer nothing in grey: it would look like what is searched for."""
        super().offer(offer._replace(grey=False))

    def action_submit(self) -> None:
        """Go to the next hit, or replace this one."""
        self.post_message(self.Asked("replace" if self.id == "replacement" else "next"))

    def action_cursor_down(self, select: bool = False) -> None:
        """Go to the next hit; from open letters, into the candidates."""
        if self.composer.composition.composes:
            super().action_cursor_down(select)
        else:
            self.post_message(self.Asked("next"))

    def action_previous(self) -> None:
        """Go to the hit before."""
        self.post_message(self.Asked("previous"))

    def action_replace_all(self) -> None:
        """Replace all hits."""
        self.post_message(self.Asked("replace_all"))

    def action_other_field(self) -> None:
        """Go to the other field."""
        self.post_message(self.OtherFieldWanted())


class FindBar(Vertical):
    """Two fields and a count of hits; conversations are not changed, and have one field."""

    class WantedChanged(Message):
        """Something else should be found."""

    def compose(self) -> ComposeResult:
        """Lay out a row for each field."""
        for name, label in (("wanted", say("Find")), ("replacement", say("Replace with"))):
            with Horizontal(id=f"{name}-row"):
                yield Static(Content(label), classes="label")
                yield FindField(id=name, compact=True)
                yield Static(classes="count")

    @property
    def wanted(self) -> FindField:
        """The field that says what is to be found."""
        return self.query_one("#wanted", FindField)

    @property
    def replacement(self) -> FindField:
        """The field that says what is written instead."""
        return self.query_one("#replacement", FindField)

    @property
    def active(self) -> FindField | None:
        """The field that is typed into while the bar is open; None if none is."""
        return self._active if self.display else None

    _active: FindField | None = None

    def on_mount(self) -> None:
        """Have lines that do not wrap."""
        for field in self.query(FindField):
            field.soft_wrap = False

    def open(self, wanted: str, *, replaces: bool) -> None:
        """Show the bar with something to find, all of it selected; replaces: whether hits can be replaced."""
        self.display = True
        self.query_one("#replacement-row").display = replaces
        field = self.wanted
        if wanted:
            field.load_text(wanted)
        field.select_all()
        self.activate(field)

    def close(self) -> None:
        """Hide the bar."""
        self.display, self._active = False, None

    def activate(self, field: FindField | None) -> None:
        """Type into a field from now on, or into none."""
        self._active = field
        if field is not None and not field.has_focus:
            field.focus()

    def count(self, current: int, hits: int) -> None:
        """Show which hit of how many is the current one."""
        text = f"{current}/{hits}" if self.wanted.text else ""
        self.query_one("#wanted-row .count", Static).update(Content(text))

    def on_text_area_changed(self, message: Editor.Changed) -> None:
        """Say that something else is wanted."""
        if message.text_area is self.wanted:
            self.post_message(self.WantedChanged())

    def on_find_field_other_field_wanted(self, message: FindField.OtherFieldWanted) -> None:
        """Go from one field to the other."""
        message.stop()
        other = self.wanted if self._active is self.replacement else self.replacement
        if other.parent is not None and other.parent.display:
            self.activate(other)
