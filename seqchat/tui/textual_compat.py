"""All that is used of Textual, and of Rich below it, beyond their public interfaces, each with its reason.

`tests/tui/test_textual_compat.py` checks that every name exists, so that an incompatible Textual fails there first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, NamedTuple, TypeVar

from rich.color import ColorSystem
from rich.containers import Lines
from rich.style import Style, StyleType
from rich.text import Text
from textual import _cells, _wrap, content
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.css.stylesheet import Stylesheet
from textual.document import _wrapped_document
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import TextArea, _text_area

from seqchat.tui.clusters import widened

Result = TypeVar("Result")


class _KeyName(NamedTuple):
    """A key, in the form in which Textual's table of escape sequences holds one."""

    value: str


def name_sequence(sequence: str, key: str) -> None:
    """Read an escape sequence of the terminal as a key.

    Why: Textual has no way to add a sequence to its table.
    """
    ANSI_SEQUENCES_KEYS[sequence] = (_KeyName(key),)  # type: ignore[index]


def sequences_read_as_escape() -> dict[str, str]:
    """Return the escape sequences that are read as two keys, Esc and another one, with the other one.

    Why: only Textual's table says which they are.
    """
    return {
        sequence: keys[1].value
        for sequence, keys in ANSI_SEQUENCES_KEYS.items()
        if isinstance(keys, tuple) and len(keys) == 2 and keys[0].value == "escape"
    }


def filter_input(make_filter: Callable[[], Callable[[str], str]]) -> None:
    """Pass all that the terminal sends through a filter, one for each parser, before Textual reads it.

    Why: Textual has no hook between the terminal and its parser.
    """
    feed = XTermParser.feed
    if hasattr(feed, "is_filtered"):
        return

    def filtered_feed(self: XTermParser, data: str) -> Iterable[Message]:
        clean: Callable[[str], str] = self.__dict__.setdefault("_seqchat_filter", make_filter())
        cleaned = clean(data)
        # The end of all input is an empty string, which has to arrive.
        return feed(self, cleaned) if cleaned or not data else ()

    filtered_feed.is_filtered = True  # type: ignore[attr-defined]
    XTermParser.feed = filtered_feed  # type: ignore[method-assign]


def break_lines(breaks: Callable[[str, int, bool], list[int]]) -> None:
    """Break the lines of all that is drawn, except text areas, at the indices given for a text and a width.

    Why: Textual breaks lines at spaces alone, so that a Chinese text would begin on the line after its name.
    """
    content.divide_line = breaks  # type: ignore[attr-defined,assignment]


def measure_characters(stand_in: Callable[[str], str]) -> None:
    """Wrap text areas and find their columns in a text that stands in for theirs, with as many code points.

    Why: Textual measures each code point alone, and would cut a character of several in two.
    """
    wrap, find = _wrap.compute_wrap_offsets, _cells.cell_width_to_column_index
    if hasattr(_wrapped_document, "stands_in"):
        return

    def compute_wrap_offsets(text: str, *args: Any, **options: Any) -> list[int]:
        return wrap(stand_in(text), *args, **options)

    def cell_width_to_column_index(line: str, cell_width: int, tab_width: int) -> int:
        return find(stand_in(line), cell_width, tab_width)

    _wrapped_document.stands_in = True  # type: ignore[attr-defined]
    _wrapped_document.compute_wrap_offsets = compute_wrap_offsets  # type: ignore[attr-defined]
    for module in (_wrapped_document, _text_area):
        module.cell_width_to_column_index = cell_width_to_column_index  # type: ignore[attr-defined]


def find_words(area: TextArea, seams: re.Pattern[str]) -> None:
    """Let the cursor of a text area move over words that begin and end where a pattern matches.

    Why: Textual's words end at every mark on a letter, and it has no setting for them.
    """
    area._word_pattern = seams


def anchor_characters(anchored: Callable[[str], str]) -> None:
    """Send the text of every style to the terminal as a function returns it.

    Why: Textual has no hook between a cut line and the terminal.
    """
    render = Strip.render_style
    if hasattr(render, "is_patched"):
        return

    def render_style(cls: type[Strip], style: Style, text: str, color_system: ColorSystem) -> str:
        return render(style, anchored(text), color_system)

    render_style.is_patched = True  # type: ignore[attr-defined]
    Strip.render_style = classmethod(render_style)  # type: ignore[method-assign,assignment]


def draw_now(screen: Screen[Any], widget: Widget) -> None:
    """Draw a widget that has changed at once.

    Why: a public refresh waits for the next frame, in which all other widgets are drawn too.
    """
    screen._dirty_widgets.add(widget)
    screen._on_timer_update()


def draw_everything(app: App[Any]) -> None:
    """Send every cell of the screen to the terminal again.

    Why: a public refresh sends only cells that have changed, but a terminal may come back empty after a suspend.
    """
    app._display(app.screen, app.screen._compositor.render_full_update())


def can_suspend(app: App[Any]) -> bool:
    """Return whether the app runs in a terminal from which it can be suspended.

    Why: only the driver knows, and the app does not publish it.
    """
    return app._driver is not None and app._driver.can_suspend


class LineText(Text):
    """A line of a text area; it remembers its last cut, since each visible line of it asks for the same one.

    Why: Rich's constructor looks for control characters, and there are none here; of a line of 500 characters it makes
    a text in 340 µs, and this one in 1 µs.
    """

    _key: ClassVar[tuple[object, ...]] = ()
    _sections: ClassVar[Lines] = Lines()

    def __init__(self, text: str) -> None:
        super().__init__(end="", no_wrap=True)
        self._text, self._length = [text], len(text)

    def set_length(self, new_length: int) -> None:
        """Add spaces at the end."""
        self._text.append(" " * (new_length - self._length))
        self._length = new_length

    def stylize(self, style: StyleType, start: int = 0, end: int | None = None) -> None:
        """Draw a part of the line in a style, and no part of a character."""
        if start or end is not None:
            start, end = widened(self.plain, start, len(self.plain) if end is None else end)
        super().stylize(style, start, end)

    def divide(self, offsets: Iterable[int]) -> Lines:
        """Cut the line at offsets."""
        key = (self.plain, tuple(self.spans), tuple(offsets))
        if key != LineText._key:
            LineText._key, LineText._sections = key, super().divide(key[2])
        return LineText._sections


class KeptStylesheet(Stylesheet):
    """A stylesheet that parses its rules again only when the values in them have changed.

    Why: Textual parses all rules twice more while an app starts, which is a tenth of the time to the first frame.
    """

    _is_stale = False

    def set_variables(self, variables: dict[str, str]) -> None:
        """Take the values of a theme."""
        if variables != self._variables:
            super().set_variables(variables)
            self._is_stale = True

    def reparse(self) -> None:
        """Parse all rules with new values, or new rules, if there are any."""
        if self._is_stale:
            super().reparse()
            self._is_stale = False
        elif self._require_parse:
            self.parse()


class LifecycleApp(App[Result]):
    """An app that is told before it ends and when it fails.

    Why: Textual removes the widgets before it calls public code, and prints a traceback over what was written.
    """

    def before_shutdown(self) -> None:
        """Save what has to be saved while the widgets still exist."""

    def on_crash(self, error: Exception) -> None:
        """Save what has to be saved after an error that nobody handled; it ends the app."""

    async def _shutdown(self) -> None:
        self.before_shutdown()
        await super()._shutdown()

    def _handle_exception(self, error: Exception) -> None:
        self.on_crash(error)
        super()._handle_exception(error)

    def _print_error_renderables(self) -> None:
        # Whoever started the app explains the error.
        self._exit_renderables.clear()
