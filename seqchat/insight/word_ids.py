"""Texts of any length and dialogs → the ids of the words that a network reads, one at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from seqchat.completion.context import turns
from seqchat.corpus.cleaning import clean
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import encode_dialog
from seqchat.corpus.vocabulary import DIALOG_ID, TURN_ID, Vocabulary
from seqchat.errors import SeqchatError

# A longer line is cut into words in pieces of about this many characters.
_MAX_CHUNK_LENGTH = 10_000


def text_ids(vocabulary: Vocabulary, text: Iterable[str]) -> Iterator[int]:
    """Return the word ids of a text of any length, the start of a dialog first.

    text: lines with their line breaks, or several lines each. The words are those of the app: a line is a turn, and
    empty lines are skipped.

    Raises:
        SeqchatError: there is no word in it.
    """
    words = chain.from_iterable(_encoded(vocabulary, lines) for lines in text)
    first = next(words, None)
    if first is None:
        raise SeqchatError("There is no word in the text. Give at least one.")
    return chain((DIALOG_ID, first), words)


def dialog_ids(vocabulary: Vocabulary, dialogs: Iterable[Dialog]) -> Iterator[int]:
    """Yield the word ids of dialogs one after the other, each as training reads it."""
    for dialog in dialogs:
        yield from encode_dialog(dialog, vocabulary)[0]


def _encoded(vocabulary: Vocabulary, text: str) -> Iterator[int]:
    finished, current = turns(clean(text))
    for turn in finished:
        yield from _encoded_line(vocabulary, turn)
        yield TURN_ID
    yield from _encoded_line(vocabulary, current)


def _encoded_line(vocabulary: Vocabulary, line: str) -> Iterator[int]:
    """Yield the words of a line, cut at seams if it is long, so that not all of them are held at once."""
    cut = vocabulary.segmenter
    start, before = 0, " "
    for seam in re.finditer(cut.seam, line) if cut.seam else ():
        if seam.start() - start >= _MAX_CHUNK_LENGTH:
            yield from vocabulary.encode(cut.split(line[start : seam.start()], before))
            start, before = seam.start(), line[seam.start() - 1]
    yield from vocabulary.encode(cut.split(line[start:], before))
