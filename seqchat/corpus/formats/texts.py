"""All formats of texts behind one interface, in the order in which they are preferred."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from seqchat.corpus.formats import (
    discord,
    headed,
    imessage,
    irc,
    kakaotalk,
    line,
    markdown_chats,
    meetings,
    pairs,
    plain,
    prose,
    qq,
    signal,
    substation,
    subtitles,
    telegram,
    threema,
    viber,
    wechat,
    whatsapp,
)
from seqchat.corpus.formats.base import Item
from seqchat.corpus.formats.lines import LineFormat, read_lines

Lines = Iterable[str]


class TextFormat(NamedTuple):
    """fits: which share of the first lines is of this format, 0 if it is not taken; read: yields what each line adds,
    given the first lines, all lines, and whether the messenger's own notes are kept."""

    name: str
    fits: Callable[[Sequence[str]], float]
    read: Callable[[Sequence[str], Lines, bool], Iterator[list[Item]]]


def _of_lines(form: LineFormat) -> TextFormat:
    def refined(beginning: Sequence[str]) -> LineFormat | None:
        return form.refine(beginning) if form.refine else form

    def fits(beginning: Sequence[str]) -> float:
        found = refined(beginning)
        return found.fits(beginning) if found else 0.0

    return TextFormat(
        form.name,
        fits,
        lambda beginning, lines, keep_notes: read_lines(refined(beginning) or form, beginning, lines, keep_notes),
    )


MARKDOWN = TextFormat("Markdown", lambda _: 1.0, prose.read_markdown)
MARKDOWN_CHAT = TextFormat(markdown_chats.NAME, markdown_chats.fits, markdown_chats.read)
TABBED = TextFormat("pairs with tabs", pairs.fits_tabs, pairs.read_tabs)
SUBTITLES = tuple(TextFormat(form.NAME, form.fits, form.read) for form in (subtitles, substation))

# A file a messenger or a family of them; where several fit equally well, the first is taken.
_LINE_FORMATS = (
    signal,
    telegram,
    kakaotalk,
    whatsapp,
    line,
    irc,
    qq,
    imessage,
    discord,
    meetings,
    viber,
    wechat,
    threema,
)
TEXT_FORMATS: tuple[TextFormat, ...] = (
    *SUBTITLES,
    *(TextFormat(form.name, form.fits, form.read) for form in headed.FORMATS),
    TextFormat("dialogs with marked ends of turns", pairs.fits_marked, pairs.read_marked),
    TextFormat("dialogs marked E and M", pairs.fits_letters, pairs.read_letters),
    *(_of_lines(form) for module in _LINE_FORMATS for form in module.FORMATS),
    TABBED,
    TextFormat("prose with broken lines", prose.fits_wrapped, prose.read_wrapped),
    *(_of_lines(form) for form in plain.FORMATS),
)


def text_format(beginning: Sequence[str]) -> TextFormat | None:
    """Return the format of a text that begins with these lines; None if it has none."""
    best, found = 0.0, None
    for form in TEXT_FORMATS:
        share = form.fits(beginning)
        if share > best:
            best, found = share, form
    return found
