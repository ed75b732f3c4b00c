"""The gates of each model, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Container

from seqchat.tui.widgets.gate_panel import GatePanel

if TYPE_CHECKING:
    from seqchat.insight.gates import GateTrace
    from seqchat.tui.inference_messages import ModelReady

# By how many columns a key widens the panel; panels below the text grow by one line.
_COLUMNS_A_STEP = 5
_MIN_COLUMNS, _MIN_LINES = 18, 5
# The columns that are left for the text
_TEXT_COLUMNS, _TEXT_LINES = 24, 8


class Panels(Container):
    """One panel for each model; actions apply to the panel with the focus, or to all."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._steps = 0

    async def show_models(self, count: int, *, bars: bool) -> None:
        """Show this number of panels."""
        await self.remove_children()
        await self.mount_all(GatePanel() for _ in range(count))
        self.draw_bars(bars)

    @property
    def all(self) -> list[GatePanel]:
        """The panels, from left to right."""
        return list(self.query(GatePanel))

    @property
    def in_use(self) -> list[GatePanel]:
        """The panel that has the focus, or all."""
        return [panel for panel in self.all if panel.has_focus] or self.all

    def draw_bars(self, bars: bool) -> None:
        """Draw bars instead of colours, or colours."""
        for panel in self.all:
            panel.bars = bars

    def describe(self, message: ModelReady, model: str) -> None:
        """Set what a model is made of, and where it is loaded from."""
        self.all[message.index].describe(message.name, message.cell, message.gates, model)

    def show(self, index: int, gates: GateTrace, *, new: bool) -> None:
        """Show a model's gates."""
        self.all[index].show(gates, new=new)

    def next_gate(self, steps: int) -> None:
        """Show one gate alone, or all."""
        for panel in self.in_use:
            panel.action_gate(steps)

    def next_layer(self, steps: int) -> None:
        """Show another layer."""
        for panel in self.in_use:
            panel.action_layer(steps)

    def focus_next(self) -> bool:
        """Go to the first panel, or from one to the next; False after the last one."""
        panels = self.all
        following = next((i + 1 for i, panel in enumerate(panels) if panel.has_focus), 0)
        if following < len(panels):
            panels[following].focus()
        return following < len(panels)

    def resize(self, steps: int) -> None:
        """Become wider or narrower."""
        self._steps += steps
        self.fit()

    def fit(self) -> None:
        """Take the size of the stylesheet, changed by the steps that were asked for."""
        self.styles.width = self.styles.height = None
        if not self._steps:
            return
        size = self.screen.size
        if any(map(self.screen.has_class, ("-several", "-maximised", "-narrow"))):
            most = max(size.height - _TEXT_LINES, _MIN_LINES)
            self.styles.height = min(max(size.height // 2 + self._steps, _MIN_LINES), most)
        else:
            most = max(size.width - _TEXT_COLUMNS, _MIN_COLUMNS)
            wanted = size.width * 45 // 100 + self._steps * _COLUMNS_A_STEP
            self.styles.width = min(max(wanted, _MIN_COLUMNS), most)

    def on_gate_panel_resize_wanted(self, message: GatePanel.ResizeWanted) -> None:
        """Become wider or narrower, as one of the panels asked."""
        message.stop()
        self.resize(message.steps)
