"""The gates of the network over the last words, as heat maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
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

from seqchat.tui.formulas import FORMULAS, Formula
from seqchat.tui.heatmap import COLUMN, bar_row, fit, heat_rows, label_row
from seqchat.tui.keys import bindings
from seqchat.tui.language import in_use, say
from seqchat.tui.panel_layout import Layout, Line, lay_out

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seqchat.insight.gates import GateTrace
    from seqchat.model.cells import Gate

# Left of the heat map stand neurons' numbers where one gate is shown, and else a mark at the selected neuron.
_NUMBERS, _MARK = 5, 1
_MAX_TOP_CHANGES = 12


class GatePanel(Widget, can_focus=True):
    """Every gate of one layer in a band of its own, or one gate alone; a column a word, a row one or two neurons."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("panel")

    # Bars instead of colours
    bars = reactive(False)

    class EarlierWordsWanted(Message):
        """Earlier words than those that were traced were asked for."""

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
        self._trace: GateTrace | None = None
        # The last word's gates before the last key
        self._before: list[dict[str, NDArray[np.float32]]] | None = None
        self._gates: tuple[Gate, ...] = ()
        self._name = self._cell = self._notice = ""
        self._layer = 0
        self._alone: int | None = None
        self._first_neuron = 0
        self._neuron = 0
        # The selected word, counted back from the last one
        self._back = 0
        self._layout = Layout((), 0, 0)

    def on_mount(self) -> None:
        """Say that something will come."""
        self._notice = say("They appear with the first word.")
        self._retitle()

    # --- what is shown

    def describe(self, name: str, cell: str, gates: tuple[Gate, ...]) -> None:
        """Learn which model and cell is shown."""
        self._name, self._cell, self._gates = name, cell, gates
        self._trace, self._before, self._layer, self._alone = None, None, 0, None
        self._retitle()

    def follow(self, other: GatePanel) -> None:
        """Show the same layer, gate, neurons and word as another panel."""
        self._layer, self._alone, self._first_neuron = other._layer, other._alone, other._first_neuron
        self._neuron, self._back = other._neuron, min(other._back, len(self._trace.words) - 1 if self._trace else 0)
        self._retitle()

    def notice(self, text: str) -> None:
        """Show a sentence where no gates can be shown."""
        self._notice = text
        self.refresh()

    def show(self, trace: GateTrace, *, new: bool = True) -> None:
        """Show the gates of another text; not `new`: of the same text, over more words."""
        if new:
            self._before = (
                None if self._trace is None else [{n: v[-1] for n, v in layer.items()} for layer in self._trace.layers]
            )
            self._back = 0
        self._trace = trace
        self._retitle()

    @property
    def selection(self) -> tuple[int, Gate, int] | None:
        """The selected layer, the gate that is shown alone (else the last one), and the neuron; None without gates."""
        return (self._layer, self._gate, self._neuron) if self._gates else None

    @property
    def layer_name(self) -> str:
        """What the selected layer is called."""
        return self._trace.names[self._layer] if self._trace is not None else str(self._layer + 1)

    @property
    def column(self) -> int:
        """The selected word, counted from the first one of the trace."""
        return len(self._trace.words) - 1 - self._back if self._trace is not None else 0

    @property
    def _gate(self) -> Gate:
        return self._gates[self._alone if self._alone is not None else -1]

    @property
    def formula(self) -> tuple[str, str | None]:
        """The cell, and the gate that is shown alone."""
        return self._cell, self._gates[self._alone].name if self._alone is not None else None

    # --- actions

    def action_gate(self, steps: int) -> None:
        """Show the next gate alone; after the last, all of them."""
        if self._gates:
            places = [None, *range(len(self._gates))]
            self._alone = places[(places.index(self._alone) + steps) % len(places)]
        self._retitle()
        self.post_message(self.SelectionMoved(self))

    def action_layer(self, steps: int) -> None:
        """Show the layer above, or below; after the last, the first."""
        if self._trace is not None:
            self._layer = (self._layer + steps) % len(self._trace.layers)
        self._retitle()
        self.post_message(self.SelectionMoved(self))

    def action_word(self, steps: int) -> None:
        """Select a later word, or an earlier one."""
        if self._trace is None:
            return
        last = len(self._trace.words) - 1
        wanted = self._back - steps
        self._back = min(max(wanted, 0), last)
        # The trace may begin behind the start of the text.
        if wanted > last - self._columns() and not self._trace.whole:
            self.post_message(self.EarlierWordsWanted())
        self._retitle()
        self.post_message(self.SelectionMoved(self))

    def action_neuron(self, steps: int) -> None:
        """Select a neuron, and show it."""
        self._neuron = min(max(self._neuron + steps, 0), self._neurons() - 1)
        shown = self._layout.neurons
        if self._neuron < self._first_neuron:
            self._first_neuron = self._neuron // self._per_line * self._per_line
        elif self._neuron >= self._first_neuron + shown:
            self._first_neuron = (self._neuron - shown + self._per_line) // self._per_line * self._per_line
        self._retitle()
        self.post_message(self.SelectionMoved(self))

    def action_neurons(self, pages: int) -> None:
        """Show the neurons that come after those shown now, or before."""
        shown = self._layout.neurons
        last = max(self._neurons() - shown, 0)
        self._first_neuron = min(max(self._first_neuron + pages * shown, 0), last)
        self._neuron = min(max(self._neuron, self._first_neuron), self._first_neuron + max(shown, 1) - 1)
        self._retitle()
        self.post_message(self.SelectionMoved(self))

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
        if offset is None or self._trace is None:
            return
        start, words = self._window()
        place = (offset.x - self._gutter) // COLUMN
        if 0 <= place < len(words):
            self._back = len(self._trace.words) - 1 - start - place
        line = self._layout.lines[offset.y] if offset.y < len(self._layout.lines) else Line("empty")
        if line.what == "heat":
            self._neuron = min(self._first_neuron + line.neuron, self._neurons() - 1)
        self._retitle()
        self.post_message(self.SelectionMoved(self))

    def on_resize(self, event: events.Resize) -> None:
        """Fit everything to the new size."""
        self._retitle()

    def watch_bars(self) -> None:
        """Draw in the other way."""
        self._retitle()

    # --- drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw some lines; their common style is looked up once."""
        self._ground = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the panel."""
        ground = self._ground
        return Strip(self._line(y, ground)).adjust_cell_length(self.content_size.width, ground)

    def _line(self, y: int, ground: Style) -> list[Segment]:
        if self._trace is None or not self._gates:
            lines = [self._notice] if y == 0 else []
            return [Segment(fit(line, self.content_size.width), ground) for line in lines]
        line = self._layout.lines[y] if y < len(self._layout.lines) else Line("empty")
        start, words = self._window()
        selected = len(self._trace.words) - 1 - self._back
        if line.what == "labels":
            return [Segment(" " * self._gutter, ground), *label_row(words, selected - start, ground)]
        if line.what == "values":
            return self._exact(selected, ground)
        if line.what == "top_changes":
            return [Segment(self._moved(selected), ground + Style(dim=True))]
        if line.what == "empty":
            return []
        gate = self._bands()[line.band]
        values = self._values(gate)
        if line.what == "heading":
            return self._heading(gate, values[selected], ground)
        return self._heat(values[start : start + len(words)], gate, self._first_neuron + line.neuron, ground)

    def _heading(self, gate: Gate, current: NDArray[np.float32], ground: Style) -> list[Segment]:
        """Name a gate, with its mean at the selected word and, for a sigmoid, the neurons below 0.1 and above 0.9."""
        formula = self._formula(gate)
        name = f"{gate.name} {formula.sign}" if in_use() == "en" else f"{formula.chinese} {gate.name} {formula.sign}"
        if gate.low == 0:
            shut, opened = (current < 0.1).mean(), (current > 0.9).mean()
            rest = say("{mean:.2f} shut {shut:.0%} open {opened:.0%}", mean=current.mean(), shut=shut, opened=opened)
        else:
            low, high = (current < 0.9 * gate.low).mean(), (current > 0.9 * gate.high).mean()
            rest = f"{current.mean():+.2f} ⊖{low:.0%} ⊕{high:.0%}"
        return [Segment(fit(f"{name} {rest}", self.content_size.width), ground + Style(italic=True))]

    def _heat(self, values: NDArray[np.float32], gate: Gate, first: int, ground: Style) -> list[Segment]:
        shown = values[:, first : first + self._per_line]
        if not shown.shape[1]:
            return []
        here = first <= self._neuron < first + self._per_line
        number = f"{first:>{self._gutter - 1}}" if self._gutter > _MARK else ""
        head = Segment(number + ("▸" if here else " "), ground + Style(dim=not here, bold=here))
        if self.bars:
            return [head, *bar_row(shown[:, 0], gate.low, gate.high, ground)]
        return [head, *heat_rows(shown, gate.low, gate.high, ground)[0]]

    def _exact(self, selected: int, ground: Style) -> list[Segment]:
        """Write the selected neuron's values at the selected word, with as many decimals as there is room for."""
        assert self._trace is not None
        layer = self._trace.layers[self._layer]
        values = [(self._formula(gate).sign, float(layer[gate.name][selected, self._neuron])) for gate in self._gates]
        neuron = f"n{self._neuron}"
        forms = (
            (f"{neuron} {self._trace.words[selected]}", [f" {value:.4f}" for _, value in values], "  "),
            (neuron, [short(value) for _, value in values], " "),
            (neuron, [short(value) for _, value in values], ""),
        )
        room = self.content_size.width
        head, numbers, gap = next((f for f in forms if _length(*f) <= room), forms[-1])
        segments = [Segment(f"{head} ", ground + Style(dim=True))]
        for shown, ((sign, _), number) in enumerate(zip(values, numbers, strict=True), 1):
            # A value that is cut would be read as another one.
            if _length(head, numbers[:shown], gap) + (shown < len(numbers)) > room:
                return [*segments, Segment("…", ground)]
            segments += [Segment(sign, ground + Style(bold=True, italic=True)), Segment(number + gap, ground)]
        return segments

    def _moved(self, selected: int) -> str:
        """Write which neurons changed most: at the last word since the last key, else since the word before."""
        from seqchat.insight.gates import top_changes

        assert self._trace is not None
        gate = self._gate
        values = self._values(gate)
        if self._back == 0 and self._before is not None:
            before = self._before[self._layer][gate.name]
        elif selected > 0:
            before = values[selected - 1]
        else:
            return ""
        changes = top_changes(before, values[selected], _MAX_TOP_CHANGES)
        text = f"Δ{self._formula(gate).sign} " + "  ".join(
            f"n{neuron} {short(change, sign=True)}" for neuron, change in changes
        )
        return text[: self.content_size.width].rsplit("  ", 1)[0] if len(text) > self.content_size.width else text

    # --- measures

    @property
    def _per_line(self) -> int:
        return 1 if self.bars else 2

    @property
    def _gutter(self) -> int:
        return _NUMBERS if self._alone is not None else _MARK

    def _formula(self, gate: Gate) -> Formula:
        return FORMULAS[self._cell][gate.name]

    def _bands(self) -> tuple[Gate, ...]:
        return self._gates if self._alone is None else (self._gates[self._alone],)

    def _columns(self) -> int:
        return max(1, (self.content_size.width - self._gutter) // COLUMN)

    def _window(self) -> tuple[int, list[str]]:
        """Return the first word that is shown, and all that are; the selected one is among them."""
        assert self._trace is not None
        columns = self._columns()
        end = len(self._trace.words) - max(self._back - columns + 1, 0)
        start = max(end - columns, 0)
        return start, self._trace.words[start:end]

    def _neurons(self) -> int:
        return self._values(self._gates[0]).shape[1] if self._trace is not None and self._gates else 1

    def _values(self, gate: Gate) -> NDArray[np.float32]:
        assert self._trace is not None
        return self._trace.layers[self._layer][gate.name]

    def _retitle(self) -> None:
        neurons = self._neurons()
        self._layout = lay_out(self.content_size.height, max(len(self._bands()), 1), neurons, self._per_line)
        self._first_neuron = min(self._first_neuron, max(neurons - self._layout.neurons, 0))
        title = [self._name, self._cell] if self._name else [say("Gates")]
        subtitle = ""
        if self._trace is not None:
            if len(self._trace.layers) > 1:
                title.append(say("layer {name}/{count}", name=self.layer_name, count=len(self._trace.names)))
            last = min(self._first_neuron + self._layout.neurons, neurons)
            subtitle = say("neurons {first}–{last} of {all}", first=self._first_neuron, last=last - 1, all=neurons)
            if self._back:
                subtitle += say(" · {back} back", back=self._back)
        # Not as strings, which would be read as markup
        self.border_title = Content(" · ".join(title))
        self.border_subtitle = Content(subtitle)
        self.refresh()


def _length(head: str, numbers: list[str], gap: str) -> int:
    return cell_len(head) + 1 + sum(1 + len(number) for number in numbers) + len(gap) * (len(numbers) - 1)


def short(value: float, *, sign: bool = False) -> str:
    """Return a value with two decimals and without a zero before the point: ``.91``, ``-.44``, ``1.20``."""
    text = f"{value:+.2f}" if sign else f"{value:.2f}"
    return text.replace("0.", ".", 1) if abs(value) < 0.995 else text
