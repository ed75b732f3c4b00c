"""A form for training: the text, the networks, their size, and where the model is to be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, Label, Select, Static

from seqchat import locations
from seqchat.corpus.source_names import SAMPLE
from seqchat.model.cells import CELLS
from seqchat.training.presets import DEFAULT_PRESET, PRESETS, SHOWS
from seqchat.tui.language import say
from seqchat.tui.screens.dialog import ModalDialog

_RACE = ("rnn", "lstm", "gru")
# What the choices other than a single cell are called
_CHOICES = {
    "race": "RNN, LSTM and GRU side by side",
    "vanish": "a gradient that vanishes",
    "explode": "a gradient that explodes",
}


@dataclass(frozen=True)
class TrainingRequest:
    """What is to be trained: the arguments of `seqchat train`, and the folder of each run with those of its own."""

    arguments: list[str]
    folders: dict[Path, list[str]]


class TrainForm(ModalDialog[TrainingRequest]):
    """The result is what was asked for; it is checked by `seqchat train` itself."""

    TITLE_TEXT = "Train"

    def content(self) -> ComposeResult:
        """Show a field for each choice."""
        networks = [(CELLS[cell].title, cell) for cell in CELLS]
        networks += [(say(text), name) for name, text in _CHOICES.items()]
        yield from self._row(say("Text: a file, a folder, or sample"), Input(SAMPLE, id="data", compact=True))
        yield from self._row(
            say("Network"), Select(networks, value="lstm", allow_blank=False, id="network", compact=True)
        )
        sizes = [(name, name) for name in PRESETS]
        yield from self._row(
            say("Size"), Select(sizes, value=DEFAULT_PRESET, allow_blank=False, id="size", compact=True)
        )
        yield from self._row(say("Time limit, such as 10m, or none"), Input(id="limit", compact=True))
        yield from self._row(say("Name of the model"), Input(id="name", compact=True))
        yield Static(id="problem", classes="hint")
        with Horizontal(classes="buttons"):
            yield Button(Content(say("Start")), id="start", variant="primary")

    def _row(self, text: str, field: Input | Select[str]) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Label(Content(text))
            yield field

    def on_mount(self) -> None:
        """Name the model, and begin with the text."""
        self._suggest_name()
        self.query_one("#data", Input).focus()

    def on_select_changed(self, message: Select.Changed) -> None:
        """Give the model another name, and leave out sizes where there is no choice."""
        if message.select.id == "network":
            self._suggest_name()
            self.query_one("#size", Select).disabled = self._network in SHOWS

    @property
    def _network(self) -> str:
        return str(self.query_one("#network", Select).value)

    def _value(self, field: str) -> str:
        return self.query_one(f"#{field}", Input).value.strip()

    def _suggest_name(self) -> None:
        """Suggest a name that no model has."""
        text = Path(self._value("data")).stem.lower() or SAMPLE
        name, number = f"{self._network}-{text}", 1
        while (locations.local_checkpoints() / name).exists():
            number += 1
            name = f"{self._network}-{text}-{number}"
        self.query_one("#name", Input).value = name

    def on_input_submitted(self) -> None:
        """Start with Enter, too."""
        self._start()

    def on_button_pressed(self) -> None:
        """Start."""
        self._start()

    def _start(self) -> None:
        problem = self._problem()
        self.query_one("#problem", Static).update(Content(problem))
        if not problem:
            self.dismiss(self._request())

    def _problem(self) -> str:
        name = self._value("name")
        if not name or Path(name).name != name or name.startswith((".", "-")):
            return say("{name} cannot be the name of a model.", name=name or "“”")
        if (locations.local_checkpoints() / name).exists():
            return say("{name} already exists; choose another name.", name=name)
        return ""

    def _request(self) -> TrainingRequest:
        network, out = self._network, locations.local_checkpoints() / self._value("name")
        arguments = [self._value("data") or SAMPLE]
        if limit := self._value("limit"):
            arguments += ["--time-limit", limit]
        if network in SHOWS:
            return TrainingRequest([*arguments, "--show", network], {out: []})
        arguments += ["--preset", str(self.query_one("#size", Select).value)]
        if network == "race":
            return TrainingRequest(arguments, {out / cell: ["--cell", cell] for cell in _RACE})
        return TrainingRequest(arguments, {out: ["--cell", network]})
