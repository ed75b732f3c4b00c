"""The gates of the network over the last words, as heat maps."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from seqchat.tui import panel_drawing
from seqchat.tui.heatmap import COLUMN, fit, label_row
from seqchat.tui.keys import bindings
from seqchat.tui.language import say
from seqchat.tui.panel_cursor import PanelCursor
from seqchat.tui.panel_layout import Layout, Line, lay_out

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seqchat.insight.gates import GateTrace
    from seqchat.model.cells import Gate

# Left of the heat map are the neurons' numbers if one gate is shown, or else a mark at the selected neuron.
_NUMBERS, _MARK = 5, 1
_MAX_TOP_CHANGES = 12


class GatePanel(Widget, can_focus=True):
    """Every gate of one layer in a band of its own, or one gate alone; a column is a word, a row one or two neurons."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("panel")

    # Bars instead of colours
    bars = reactive(False)

    class EarlierWordsWanted(Message):
        """Earlier words than those in the trace are wanted."""

    class SelectionMoved(Message):
        """Another neuron, layer, gate or word is selected."""

        def __init__(self, panel: GatePanel) -> None:
            super().__init__()
            self.panel = panel

    class ResizeWanted(Message):
        """The panel should be wider, or narrower, by some steps."""

        def __init__(self, steps: int) -> None:
            super().__init__()
            self.steps = steps

    def __init__(self) -> None:
        super().__init__()
        self.trace: GateTrace | None = None
        self.cursor = PanelCursor()
        # The gates of the last word, before the last key
        self._before: list[dict[str, NDArray[np.float32]]] | None = None
        self._gates: tuple[Gate, ...] = ()
        self._model = self._cell = self._notice = ""
        self._layout = Layout((), 0, 0)

    def on_mount(self) -> None:
        """Show a sentence until there is something to show."""
        self._notice = say("They appear with the first word.")
        self._update()

    # --- what is shown

    def describe(self, name: str, cell: str, gates: tuple[Gate, ...]) -> None:
        """Set the model and the cell that are shown."""
        self._model, self._cell, self._gates = name, cell, gates
        self.trace, self._before, self.cursor.layer, self.cursor.gate = None, None, 0, None
        self._update()

    def follow(self, other: GatePanel) -> None:
        """Show the same layer, gate, neurons and word as another panel."""
        words = len(self.trace.words) if self.trace is not None else 1
        self.cursor = dataclasses.replace(other.cursor, back=min(other.cursor.back, words - 1))
        self._update()

    def notice(self, text: str) -> None:
        """Show a sentence where no gates can be shown."""
        self._notice = text
        self.refresh()

    def show(self, trace: GateTrace, *, new: bool = True) -> None:
        """Show the gates of another text; not `new`: of the same text, over more words."""
        if new:
            self._before = _last_words(self.trace)
            self.cursor.back = 0
        self.trace = trace
        self._update()

    def select_word(self, index: int) -> None:
        """Select the word of an index in the trace."""
        if self.trace is not None:
            self.cursor.select_word(index, len(self.trace.words))
            self._update()

    @property
    def selection(self) -> tuple[int, Gate, int] | None:
        """The selected layer, the gate that is shown alone (or the last one), and the neuron; None without gates."""
        return (self.cursor.layer, self._gate, self.cursor.neuron) if self._gates else None

    @property
    def layer_name(self) -> str:
        """What the selected layer is called."""
        return self.trace.names[self.cursor.layer] if self.trace is not None else str(self.cursor.layer + 1)

    @property
    def column(self) -> int:
        """The index of the selected word in the trace."""
        return len(self.trace.words) - 1 - self.cursor.back if self.trace is not None else 0

    @property
    def cell(self) -> str:
        """The title of the cell, empty before there is one."""
        return self._cell

    @property
    def gates(self) -> tuple[Gate, ...]:
        """All gates of the cell."""
        return self._gates

    @property
    def alone(self) -> str | None:
        """The name of the gate that is shown alone."""
        return self._gates[self.cursor.gate].name if self.cursor.gate is not None else None

    # --- keys and mouse

    def action_gate(self, steps: int) -> None:
        """Show the next gate alone; after the last, all of them."""
        self.cursor.step_gate(steps, len(self._gates))
        self._selection_moved()

    def action_layer(self, steps: int) -> None:
        """Show the layer above, or below; after the last, the first."""
        if self.trace is not None:
            self.cursor.step_layer(steps, len(self.trace.layers))
        self._selection_moved()

    def action_word(self, steps: int) -> None:
        """Select a later word, or an earlier one."""
        if self.trace is None:
            return
        words = len(self.trace.words)
        # The trace may begin after the start of the text.
        if self.cursor.back - steps >= words - self._columns() and not self.trace.whole:
            self.post_message(self.EarlierWordsWanted())
        self.cursor.step_word(steps, words)
        self._selection_moved()

    def action_neuron(self, steps: int) -> None:
        """Select a neuron, and show it."""
        self.cursor.step_neuron(steps, self._neurons(), self._layout.neurons, self._per_line)
        self._selection_moved()

    def action_neurons(self, pages: int) -> None:
        """Show the neurons after those on the screen, or before."""
        self.cursor.scroll_neurons(pages, self._neurons(), self._layout.neurons)
        self._selection_moved()

    def action_resize(self, steps: int) -> None:
        """Ask for another width."""
        self.post_message(self.ResizeWanted(steps))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Show later neurons."""
        self.action_neurons(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Show earlier neurons."""
        self.action_neurons(-1)

    def on_click(self, event: events.Click) -> None:
        """Select the word and the neuron under the mouse."""
        offset = event.get_content_offset(self)
        if offset is None or self.trace is None:
            return
        start, words = self._window()
        column = (offset.x - self._gutter) // COLUMN
        if 0 <= column < len(words):
            self.cursor.select_word(start + column, len(self.trace.words))
        line = self._layout.line(offset.y)
        if line.what == "heat":
            self.cursor.neuron = min(self.cursor.first_neuron + line.neuron, self._neurons() - 1)
        self._selection_moved()

    def on_resize(self, event: events.Resize) -> None:
        """Fit everything to the new size."""
        self._update()

    def watch_bars(self) -> None:
        """Switch between colours and bars."""
        self._update()

    def _selection_moved(self) -> None:
        self._update()
        self.post_message(self.SelectionMoved(self))

    # --- drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw some lines; their common style is looked up once."""
        self._ground = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the panel."""
        ground, width = self._ground, self.content_size.width
        if self.trace is None or not self._gates:
            lines = self._notice_lines(max(width, 1))
            segments = [Segment(fit(lines[y], width), ground)] if y < len(lines) else []
        else:
            segments = self._segments(self._layout.line(y), self.trace, ground)
        return Strip(segments).adjust_cell_length(width, ground)

    def _notice_lines(self, width: int) -> list[str]:
        """Return the notice in lines; it may be cut."""
        return [self._notice]

    def _segments(self, line: Line, trace: GateTrace, ground: Style) -> list[Segment]:
        width = self.content_size.width
        start, words = self._window()
        match line.what:
            case "labels":
                return [Segment(" " * self._gutter, ground), *label_row(words, self.column - start, ground)]
            case "values":
                layer, neuron = trace.layers[self.cursor.layer], self.cursor.neuron
                values = [(gate.symbol, float(layer[gate.name][self.column, neuron])) for gate in self._gates]
                return panel_drawing.exact_values(f"n{neuron}", trace.words[self.column], values, width, ground)
            case "top_changes":
                return panel_drawing.top_changes(self._gate.symbol, self._top_changes(), width, ground)
            case "heading":
                gate = self._bands()[line.band]
                return panel_drawing.heading(gate, self._values(gate)[self.column], width, ground)
            case "heat":
                return self._heat(line, start, len(words), ground)
        return []

    def _heat(self, line: Line, start: int, words: int, ground: Style) -> list[Segment]:
        gate, first = self._bands()[line.band], self.cursor.first_neuron + line.neuron
        return panel_drawing.heat_line(
            self._values(gate)[start : start + words, first : first + self._per_line],
            gate,
            first,
            high=gate.top(self._values(gate)),
            gutter=self._gutter,
            mark=first <= self.cursor.neuron < first + self._per_line,
            bars=self.bars,
            ground=ground,
        )

    def _top_changes(self) -> list[tuple[int, float]]:
        """Return which neurons changed most: at the last word since the last key, else since the word before."""
        from seqchat.insight.gates import top_changes

        values = self._values(self._gate)
        if self.cursor.back == 0 and self._before is not None:
            before = self._before[self.cursor.layer][self._gate.name]
        elif self.column > 0:
            before = values[self.column - 1]
        else:
            return []
        return top_changes(before, values[self.column], _MAX_TOP_CHANGES)

    # --- sizes

    @property
    def _per_line(self) -> int:
        return 1 if self.bars else 2

    @property
    def _gutter(self) -> int:
        return _NUMBERS if self.cursor.gate is not None else _MARK

    @property
    def _gate(self) -> Gate:
        return self._gates[self.cursor.gate if self.cursor.gate is not None else -1]

    def _bands(self) -> tuple[Gate, ...]:
        """Return the gates that are shown, each in a band of its own."""
        return self._gates if self.cursor.gate is None else (self._gates[self.cursor.gate],)

    def _columns(self) -> int:
        return max(1, (self.content_size.width - self._gutter) // COLUMN)

    def _window(self) -> tuple[int, list[str]]:
        """Return the index of the first word that is shown, and all that are; the selected one is among them."""
        words = self.trace.words if self.trace is not None else []
        columns = self._columns()
        end = len(words) - max(self.cursor.back - columns + 1, 0)
        start = max(end - columns, 0)
        return start, words[start:end]

    def _neurons(self) -> int:
        return self._values(self._gates[0]).shape[1] if self.trace is not None and self._gates else 1

    def _values(self, gate: Gate) -> NDArray[np.float32]:
        assert self.trace is not None
        return self.trace.layers[self.cursor.layer][gate.name]

    def _update(self) -> None:
        """Lay the panel out again, and name in its frame what is shown."""
        neurons = self._neurons()
        self._layout = lay_out(self.content_size.height, max(len(self._bands()), 1), neurons, self._per_line)
        self.cursor.first_neuron = min(self.cursor.first_neuron, max(neurons - self._layout.neurons, 0))
        # Not as strings, which would be read as markup
        self.border_title = Content(" · ".join(self._title()))
        self.border_subtitle = Content(self._subtitle(neurons))
        self.refresh()

    def _title(self) -> list[str]:
        title = [self._model, self._cell] if self._model else [say("Gates")]
        if self.trace is not None and len(self.trace.layers) > 1:
            title.append(say("layer {name}/{count}", name=self.layer_name, count=len(self.trace.names)))
        return title

    def _subtitle(self, neurons: int) -> str:
        if self.trace is None:
            return ""
        first = self.cursor.first_neuron
        last = min(first + self._layout.neurons, neurons) - 1
        subtitle = say("neurons {first}–{last} of {all}", first=first, last=last, all=neurons)
        return subtitle + (say(" · {back} back", back=self.cursor.back) if self.cursor.back else "")


def _last_words(trace: GateTrace | None) -> list[dict[str, NDArray[np.float32]]] | None:
    """Return the gates of the last word, layer by layer."""
    return None if trace is None else [{name: values[-1] for name, values in layer.items()} for layer in trace.layers]
