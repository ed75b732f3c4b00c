"""All settings, as a form; a change applies at once and is saved in the config file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, Select, Static, Switch

from seqchat import locations
from seqchat.declared import Declaration
from seqchat.model.model_registry import installed
from seqchat.tui.keys import bindings
from seqchat.tui.language import say
from seqchat.tui.live_settings import LiveSettings
from seqchat.tui.screens.dialog import ModalDialog
from seqchat.tui.settings import DECLARATIONS, Value, problem

# What the choices are called
_CHOICES = {
    "auto": "automatic",
    "en": "English",
    "zh": "中文",
    "types": "never",
    "completes": "if it finishes a word",
    "commits": "always",
    "popup": "at the cursor",
    "docked": "in the bar",
    "colours": "colours",
    "bars": "bars",
    "none": "nothing",
    "candidate": "what the candidate depends on",
    "neuron": "the selected neuron",
    "simplified": "simplified",
    "traditional": "traditional, with Taiwan's words",
    "ask": "until you are asked",
    "keep": "for good",
    "forget": "until the app ends",
    "wide": "from 100 columns on",
    "shown": "always",
    "hidden": "never",
    "off": "no",
    "xiaohe": "Xiaohe",
    "ziranma": "Ziranma",
    "microsoft": "Microsoft",
    "sogou": "Sogou",
    "zh-ch-sh": "zh z, ch c, sh s",
    "n-l": "n l",
    "an-en-in": "an ang, en eng, in ing",
    "zh-ch-sh-an-en-in": "zh z, ch c, sh s, an ang, en eng, in ing",
    "all": "all, n l, f h and r l too",
}


_STATES = {True: "on", False: "off"}


class Rows(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Rows that scroll to the one with the focus; the arrows belong to the form."""


class Choice(Select[str], inherit_bindings=False):
    """One of several texts; the arrows belong to the form until the list is open."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "show_overlay", show=False)]

    def __init__(self, texts: Sequence[tuple[Content, str]], value: str, name: str) -> None:
        """Take each text with its value, and the value that is chosen now."""
        super().__init__(texts, value=value, allow_blank=False, id=name, compact=True)
        self._values = [value for _, value in texts]

    def step(self, steps: int) -> None:
        """Choose the text some places further on, within the list."""
        index = self._values.index(str(self.value)) + steps
        self.value = self._values[min(max(index, 0), len(self._values) - 1)]


class SettingsForm(ModalDialog[None]):
    """One row for each setting."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("form")
    TITLE_TEXT = "Settings"
    HINT_TEXT = "↑ ↓ move  ← → change  Esc closes"

    class SettingChanged(Message):
        """A setting has another value."""

        def __init__(self, name: str, value: Value) -> None:
            super().__init__()
            self.name, self.value = name, value

    def __init__(self, settings: LiveSettings, themes: list[str]) -> None:
        super().__init__()
        self._settings = settings
        self._texts = {"theme": themes, "model": [model.name for model in installed()]}

    def content(self) -> ComposeResult:
        """Show each setting with what fits it: a switch, a choice, or a field for a number."""
        with Rows():
            for declaration in DECLARATIONS.values():
                with Horizontal(classes="row"):
                    yield Label(Content(say(declaration.help)))
                    yield from self._field(declaration)
            yield Static(
                Content(say("They are saved in {path}, where you can also set keys.", path=locations.settings()))
            )

    def _field(self, declaration: Declaration) -> Iterator[Widget]:
        name, value = declaration.name, getattr(self._settings.saved, declaration.name)
        if declaration.kind is bool:
            yield Switch(value, id=name)
            yield Label(say(_STATES[value]), classes="state")
        elif declaration.kind is not str:
            kind: Literal["integer", "number"] = "integer" if declaration.kind is int else "number"
            yield Input(f"{value:g}", type=kind, id=name, compact=True)
        else:
            choices = declaration.choices or tuple(dict.fromkeys([*self._texts[name], value]))
            named = [(Content(say(_CHOICES.get(c, c)) if declaration.choices else c), c) for c in choices]
            yield Choice(named, value, name)

    def action_move(self, steps: int) -> None:
        """Go to a row further down, or up."""
        fields = [self.query_one(f"#{name}") for name in DECLARATIONS]
        index = next((i for i, field in enumerate(fields) if field.has_focus), 0)
        fields[min(max(index + steps, 0), len(fields) - 1)].focus()

    def action_change(self, steps: int) -> None:
        """Set the next value, or the one before."""
        match self.focused:
            case Switch() as switch:
                switch.value = steps > 0
            case Choice() as choice:
                choice.step(steps)

    @on(Switch.Changed)
    def _switched(self, message: Switch.Changed) -> None:
        row = message.switch.parent
        if row is not None:
            row.query_one(".state", Label).update(say(_STATES[message.value]))
        self._set(message.switch.id, message.value)

    @on(Select.Changed)
    def _selected(self, message: Select.Changed) -> None:
        self._set(message.select.id, str(message.value))

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        declaration = DECLARATIONS[message.input.id or ""]
        try:
            value = declaration.kind(message.value)
        except ValueError:
            return
        wrong = problem(declaration.name, value)
        message.input.set_class(wrong is not None, "-invalid")
        if wrong is None:
            self._set(declaration.name, value)

    def _set(self, name: str | None, value: Value) -> None:
        if name is not None and getattr(self._settings.saved, name) != value:
            self.app.post_message(self.SettingChanged(name, value))
