"""The line of keys at the bottom of a screen."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer, Static

from seqchat.tui.keys import KEYS
from seqchat.tui.language import say

# id of a binding → its position in the table of keys
_ORDER = {f"{scope}.{key.name}": n for n, (scope, key) in enumerate((s, k) for s, keys in KEYS.items() for k in keys)}


class KeyHint(Static):
    """A key and what it does; a click presses it."""

    DEFAULT_CSS = """
    KeyHint {
        width: auto;
        height: 1;
        text-wrap: nowrap;
        background: $footer-item-background;
        &:hover {
            pointer: pointer;
            background: $block-hover-background;
        }
    }
    """
    ALLOW_SELECT = False

    def __init__(self, key: str, display: str, description: str) -> None:
        self.key, self.description = key, description
        content = Content.assemble(
            (f" {display} ", "bold $footer-key-foreground on $footer-key-background"),
            (f"{description} ", "$footer-description-foreground on $footer-description-background"),
        )
        super().__init__(content)
        self.columns = content.cell_length

    def on_mouse_down(self) -> None:
        """Press the key."""
        self.app.simulate_key(self.key)


class KeyLine(Footer):
    """A footer that leaves out the keys it has no room for, instead of cutting one in two."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)

    def compose(self) -> ComposeResult:
        """Yield the keys up to the first that does not fit."""
        room = self.app.size.width
        for binding in shown_bindings(self.screen):
            hint = KeyHint(binding.key, self.app.get_key_display(binding), say(binding.description))
            room -= hint.columns
            if room < 0:
                return
            yield hint

    async def on_resize(self, _: Resize) -> None:
        """Find out again what fits."""
        await self.recompose()


def shown_bindings(screen: Screen[object]) -> list[Binding]:
    """Return one binding for each action that is shown, from the focused widget outwards, in the order of the table."""
    active = [bound for bound in screen.active_bindings.values() if bound.binding.show]
    nodes = list(dict.fromkeys(bound.node for bound in active))
    active.sort(key=lambda bound: (nodes.index(bound.node), _ORDER.get(bound.binding.id or "", len(_ORDER))))
    by_action: dict[str, Binding] = {}
    for bound in active:
        by_action.setdefault(bound.binding.action, bound.binding)
    return list(by_action.values())
