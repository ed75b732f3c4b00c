"""The choice of a model, or of several side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import DataTable, Static

from seqchat.errors import SeqchatError
from seqchat.model.model_registry import InstalledModel, installed
from seqchat.training.history import History
from seqchat.tui.language import say
from seqchat.tui.screens.dialog import ModalDialog
from seqchat.wording import percentage

MAX_MODELS = 4
_COLUMNS = ("", "Model", "Network", "Words", "Parameters", "Size", "Perplexity", "Top-5")
# A narrower screen has no room for these.
_ROOMY, _IF_ROOMY = 100, ("Words", "Size")


class Models(ModalDialog[list[str]]):
    """A table of the installed models; the result is the names that were chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [("space", "mark", "")]
    TITLE_TEXT = "Models"

    def __init__(self, opened: Sequence[str]) -> None:
        super().__init__()
        self._installed = {model.name: model for model in installed()}
        self._marked = [name for name in opened if name in self._installed]

    def content(self) -> ComposeResult:
        """Show the table."""
        yield DataTable(cursor_type="row", zebra_stripes=True)
        yield Static(say("Enter opens a model; Space marks several, which are shown side by side."), classes="hint")
        yield Static(
            say(
                "Perplexity and top-5: of the network alone, on the validation dialogs of its training; an "
                "infill model sees both sides there."
            ),
            classes="hint",
        )

    def on_mount(self) -> None:
        """Fill the table."""
        table = self.query_one(DataTable)
        shown = [column for column in _COLUMNS if self.app.size.width >= _ROOMY or column not in _IF_ROOMY]
        for column in shown:
            table.add_column(say(column) if column else " ", key=column)
        for name, model in self._installed.items():
            mark = "●" if name in self._marked else " "
            row = dict(zip(_COLUMNS, [mark, *_row(model)], strict=True))
            table.add_row(*(Text(row[column]) for column in shown), key=name)
        if self._marked:
            table.move_cursor(row=list(self._installed).index(self._marked[0]))
        table.focus()

    def action_mark(self) -> None:
        """Mark or unmark the model under the cursor."""
        table = self.query_one(DataTable)
        if not table.row_count:
            return
        name = str(table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value)
        if name in self._marked:
            self._marked.remove(name)
        elif len(self._marked) < MAX_MODELS:
            self._marked.append(name)
        table.update_cell(name, "", "●" if name in self._marked else " ")

    def on_data_table_row_selected(self, message: DataTable.RowSelected) -> None:
        """Open the marked models and the one under the cursor; without marks, only the latter."""
        name = str(message.row_key.value)
        self.dismiss(self._marked if name in self._marked and len(self._marked) > 1 else [name])


def _row(model: InstalledModel) -> list[str]:
    config = model.config
    size = sum(path.stat().st_size for path in model.path.glob("*") if path.is_file())
    return [
        model.name,
        f"{config.cell_kind.title} {config.layers} × {config.hidden_size}",
        f"{config.vocabulary_size:,}",
        f"{config.parameters / 1e6:.1f} M",
        f"{size / 1e6:.1f} MB",
        *_quality(model),
    ]


def _quality(model: InstalledModel) -> tuple[str, str]:
    """Return perplexity and top-5 of the best report on the model's own validation dialogs."""
    try:
        reports = History.read(model.path).reports
        best = min(reports, key=lambda report: float(report["validation_perplexity"]))
        return f"{best['validation_perplexity']:.1f}", percentage(best["validation_top5"])
    except (SeqchatError, KeyError, TypeError, ValueError):
        return "–", "–"
