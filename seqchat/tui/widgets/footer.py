"""The line of keys below a screen."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.events import Resize
from textual.widgets import Footer
from textual.widgets._footer import FooterKey


class KeyLine(Footer):
    """A footer that leaves out the keys it has no room for, in place of cutting one in two."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)

    def compose(self) -> ComposeResult:
        """Yield the keys up to the first that does not fit."""
        room = self.app.size.width
        for key in super().compose():
            if isinstance(key, FooterKey):
                room -= _width(key)
                if room < 0:
                    return
            yield key

    async def on_resize(self, _: Resize) -> None:
        """Find out anew what fits."""
        await self.recompose()


def _width(key: FooterKey) -> int:
    """Return how many columns a key takes, with the space around it."""
    return cell_len(f" {key.key_display} {key.description} ")
