"""The gates of the network over the last words: all neurons at a glance, or some with their curves."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
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

from seqchat.tui.heatmap import fit
from seqchat.tui.keys import bindings
from seqchat.tui.language import say
from seqchat.tui.panel import drawing
from seqchat.tui.panel.bands import BandsView
from seqchat.tui.panel.cursor import PanelCursor
from seqchat.tui.panel.curves import CurvesView
from seqchat.tui.panel.rows import RowsView
from seqchat.tui.panel.state import PanelState

if TYPE_CHECKING:
    from seqchat.insight.gates import GateTrace
    from seqchat.insight.neurons.overview import LayerOverview
    from seqchat.insight.neurons.tracked import TrackedNeuron
    from seqchat.model.cells import Gate

# Lower panels show only the gates, without the lines of numbers below them.
_ROOM_FOR_VALUES, _ROOM_FOR_CHANGES = 9, 12


class GatePanel(Widget, can_focus=True):
    """Every gate of one layer, or one gate alone: all neurons, or single ones with their curves over the words."""

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

    class OpenWanted(Message):
        """The selected neuron should be opened at the selected word."""

        def __init__(self, panel: GatePanel) -> None:
            super().__init__()
            self.panel = panel

    class PatternsWanted(Message):
        """Patterns of the selected layer should be looked for."""

        def __init__(self, panel: GatePanel) -> None:
            super().__init__()
            self.panel = panel

    class ResizeWanted(Message):
        """The panel should be wider, or narrower, by some steps."""

        def __init__(self, steps: int) -> None:
            super().__init__()
            self.steps = steps

    class MeasuresWanted(Message):
        """What a model's neurons are drawn by is wanted, or which ones of a layer, if one is named, track something."""

        def __init__(self, panel: GatePanel, model: str, layer: str = "") -> None:
            super().__init__()
            self.panel, self.model, self.layer = panel, model, layer

    class Measured(Message):
        """How each layer of a model is drawn."""

        def __init__(self, wanted: GatePanel.MeasuresWanted, overviews: Mapping[str, LayerOverview]) -> None:
            super().__init__()
            self.wanted, self.overviews = wanted, overviews

    class Tracked(Message):
        """The neurons of a layer that track something."""

        def __init__(self, wanted: GatePanel.MeasuresWanted, neurons: Sequence[TrackedNeuron]) -> None:
            super().__init__()
            self.wanted, self.neurons = wanted, neurons

    def __init__(self, featured: Sequence[str] = ()) -> None:
        """Set the names of the gates that are shown where none is alone; all by default."""
        super().__init__()
        self.state = PanelState(featured=tuple(featured))
        self._name = self._cell = self._model = self._notice = ""
        self._bands, self._rows, self._curves = BandsView(self.state), RowsView(self.state), CurvesView(self.state)
        self._view: BandsView | RowsView | CurvesView = self._rows

    def on_mount(self) -> None:
        """Show a sentence until there is something to show."""
        self._notice = self._notice or say("They appear with the first word.")
        self._update()

    # --- what is shown

    def describe(self, name: str, cell: str, gates: tuple[Gate, ...], model: str = "") -> None:
        """Set the model and the cell that are shown; model: what to load to measure its neurons, if anything."""
        self._name, self._cell, self._model = name, cell, model
        state = self.state
        state.gates, state.trace, state.before, state.overviews = gates, None, None, {}
        state.chosen.tracked, state.cursor.layer, state.cursor.gate = {}, 0, None
        if model:
            self._want_measures()
        self._update()

    def _want_measures(self, layer: str = "") -> None:
        # Not by bubbling, which ends at the screen where that told the panel what to show.
        self.app.post_message(self.MeasuresWanted(self, self._model, layer))

    def on_gate_panel_measured(self, message: Measured) -> None:
        """Draw the neurons in their order from now on, to their scales."""
        message.stop()
        if message.wanted.model == self._model:
            self.state.overviews = message.overviews
            self._update()

    def on_gate_panel_tracked(self, message: Tracked) -> None:
        """Know which neurons of a layer track something."""
        message.stop()
        if message.wanted.model == self._model:
            self.state.chosen.tracked = {**self.state.chosen.tracked, message.wanted.layer: message.neurons}
            self._update()

    def follow(self, other: GatePanel) -> None:
        """Show the same layer, gate, neurons and word as another panel."""
        words = len(self.trace.words) if self.trace is not None else 1
        cursor = other.state.cursor
        self.state.cursor = dataclasses.replace(cursor, back=min(cursor.back, words - 1))
        self.state.chosen = other.state.chosen
        self._update()

    def notice(self, text: str) -> None:
        """Show a sentence where no gates can be shown."""
        self._notice = text
        self.refresh()

    def show(self, trace: GateTrace, *, new: bool = True) -> None:
        """Show the gates of another text; not `new`: of the same text, over more words."""
        self.state.replace_trace(trace, new=new)
        self._update()

    def select_word(self, index: int) -> None:
        """Select the word of an index in the trace."""
        if self.trace is not None:
            self.cursor.select_word(index, len(self.trace.words))
            self._update()

    def choose(self, neurons: Sequence[int]) -> None:
        """Go to the first of some neurons, and show their curves where single neurons are shown."""
        self.state.chosen.type(neurons)
        self.cursor.neuron = neurons[0]
        if isinstance(self._view, RowsView):
            self._view.move_neuron(0)
        self._selection_moved()

    @property
    def trace(self) -> GateTrace | None:
        """The gates that are shown."""
        return self.state.trace

    @property
    def cursor(self) -> PanelCursor:
        """What is selected."""
        return self.state.cursor

    @property
    def selection(self) -> tuple[int, Gate, int] | None:
        """The selected layer, the gate that is shown alone (or the last one), and the neuron; None without gates."""
        return (self.cursor.layer, self.state.gate, self.cursor.neuron) if self.state.gates else None

    @property
    def layer_name(self) -> str:
        """What the selected layer is called."""
        return self.state.layer_name

    @property
    def column(self) -> int:
        """The index of the selected word in the trace."""
        return self.state.column

    @property
    def cell(self) -> str:
        """The title of the cell, empty before there is one."""
        return self._cell

    @property
    def gates(self) -> tuple[Gate, ...]:
        """All gates of the cell."""
        return self.state.gates

    @property
    def alone(self) -> str | None:
        """The name of the gate that is shown alone."""
        return self.state.gate.name if self.cursor.gate is not None else None

    # --- keys and mouse

    def action_gate(self, steps: int) -> None:
        """Show the next gate alone; after the last, all of them."""
        self.cursor.step_gate(steps, len(self.gates))
        self._selection_moved()

    def action_layer(self, steps: int) -> None:
        """Show the layer above, or below; after the last, the first."""
        if self.trace is not None:
            self.cursor.step_layer(steps, len(self.trace.layers))
        self._selection_moved()

    def action_curves(self) -> None:
        """Show single neurons with their curves, or all neurons again."""
        self.cursor.chosen_only = not self.cursor.chosen_only
        self._selection_moved()

    def action_choice(self) -> None:
        """Show the curves of neurons that are chosen in another way."""
        if self.cursor.chosen_only:
            self.state.chosen.next_way()
        self.cursor.chosen_only = True
        self._selection_moved()

    def action_move(self, right: int, down: int) -> None:
        """Select the next word or neuron in a direction, as they are on the screen."""
        words, neurons = (down, right) if self._view.upright else (right, down)
        if words:
            self.action_word(words)
        elif self.trace is not None:
            self._view.move_neuron(neurons)
            self._selection_moved()

    def action_word(self, steps: int) -> None:
        """Select a later word, or an earlier one."""
        if self.trace is None:
            return
        words = len(self.trace.words)
        # The trace may begin after the start of the text.
        if self.cursor.back - steps >= words - self._view.words and not self.trace.whole:
            self.post_message(self.EarlierWordsWanted())
        self.cursor.step_word(steps, words)
        self._selection_moved()

    def action_scroll_pages(self, pages: int) -> None:
        """Show what comes after what is on the screen, or before."""
        if self.trace is not None:
            self._view.scroll(pages)
            self._selection_moved()

    def action_open(self) -> None:
        """Ask to open the selected neuron at the selected word."""
        if self.trace is not None:
            self.post_message(self.OpenWanted(self))

    def action_patterns(self) -> None:
        """Ask for the patterns of the selected layer."""
        if self.trace is not None:
            self.post_message(self.PatternsWanted(self))

    def action_resize(self, steps: int) -> None:
        """Ask for another width."""
        self.post_message(self.ResizeWanted(steps))

    def action_find(self) -> None:
        """Ask for neurons by their numbers."""
        from seqchat.tui.screens.neuron_numbers import NeuronNumbers

        if self.trace is not None:
            self.app.push_screen(NeuronNumbers(self.state.neurons), lambda found: self.choose(found) if found else None)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Show what comes after."""
        self.action_scroll_pages(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Show what came before."""
        self.action_scroll_pages(-1)

    def on_click(self, event: events.Click) -> None:
        """Select the word and the neuron under the mouse; open what is selected already."""
        offset = event.get_content_offset(self)
        if offset is None or self.trace is None:
            return
        before = (self.cursor.back, self.cursor.neuron)
        word, neuron = self._view.at(offset.x, offset.y)
        if word is not None:
            self.cursor.select_word(word, len(self.trace.words))
        if neuron is not None:
            self.cursor.neuron = neuron
        self._selection_moved()
        if None not in (word, neuron) and before == (self.cursor.back, self.cursor.neuron):
            self.action_open()

    def on_resize(self, event: events.Resize) -> None:
        """Fit everything to the new size."""
        self._update()

    def watch_bars(self, bars: bool) -> None:
        """Switch between colours and bars."""
        self.state.bars = bars
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
        if self.trace is None or not self.gates:
            lines = self._notice_lines(max(width, 1))
            segments = [Segment(fit(lines[y], width), ground)] if y < len(lines) else []
        elif y < self._view.height:
            segments = self._view.line(y, width, ground)
        else:
            segments = self._numbers(y - self._view.height, width, ground)
        return Strip(segments).adjust_cell_length(width, ground)

    def _notice_lines(self, width: int) -> list[str]:
        """Return the notice in lines; it may be cut."""
        return [self._notice]

    def _numbers(self, line: int, width: int, ground: Style) -> list[Segment]:
        """Draw a line below the gates: the exact values of the selected neuron, and what changed most."""
        state, neuron = self.state, self.cursor.neuron
        match line if line < self._foot else -1:
            case 0:
                found = [(gate.symbol, float(state.values(gate)[state.column, neuron])) for gate in state.gates]
                return drawing.exact_values(f"n{neuron}", state.words[state.column], found, width, ground)
            case 1:
                return drawing.top_changes(state.gate.symbol, state.top_changes(), width, ground)
        return []

    @property
    def _foot(self) -> int:
        """How many lines there are below the gates."""
        height = self.content_size.height
        return (height >= _ROOM_FOR_VALUES) + (height >= _ROOM_FOR_CHANGES)

    def _update(self) -> None:
        """Lay the panel out again, and name in its frame what is shown."""
        if self.trace is not None and self.gates:
            self._choose_view(self.content_size.width, self.content_size.height - self._foot)
        # Not as strings, which would be read as markup
        self.border_title = Content(" · ".join(self._title()))
        self.border_subtitle = Content(self._subtitle())
        self.refresh()

    def _choose_view(self, width: int, height: int) -> None:
        """Take the view that is asked for; all neurons are below each other where every one has a place."""
        self._rows.lay_out(width, height)
        self._view = self._rows
        if self.cursor.chosen_only:
            self._view = self._curves
            if self.state.chosen.waits(self.layer_name):
                self._want_measures(self.layer_name)
        elif not self.bars and not self._rows.shows_all:
            self._view = self._bands
        if self._view is not self._rows:
            self._view.lay_out(width, height)

    def _title(self) -> list[str]:
        title = [self._name, self._cell] if self._name else [say("Gates")]
        if self.trace is not None and len(self.trace.layers) > 1:
            title.append(say("layer {name}/{count}", name=self.layer_name, count=len(self.trace.names)))
        return title

    def _subtitle(self) -> str:
        if self.trace is None or not self.gates:
            return ""
        # The words right of the cursor do not count.
        back = self.cursor.back - self.trace.after
        return (say("{back} back · ", back=back) if back > 0 else "") + self._view.subtitle
