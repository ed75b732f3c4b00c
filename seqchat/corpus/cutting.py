"""Dialogs cut into words, in this process or in several."""

from __future__ import annotations

import os
import signal
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing import get_context

import numpy as np

from seqchat.corpus.dialogs import Dialog, without_patterns
from seqchat.corpus.encoding import WORD, Kinds, TokenIds, encode_dialog
from seqchat.corpus.splitting import digest
from seqchat.corpus.vocabulary import SPECIAL_WORDS, TURN_ID
from seqchat.corpus.words import Segmenter, segmenter
from seqchat.errors import SeqchatError

# A million words take about 150 MB; words that first appear later are spelled in characters.
_MAX_WORDS = 1_000_000

# The size of a piece for one process, and up to how many pieces starting processes would take longer.
_PIECE_CHARACTERS = 200_000
_PIECES_ALONE = 4


class GrowingVocabulary:
    """The words of a text in the order in which they first appear; it grows as words are encoded."""

    def __init__(self, segmenter: Segmenter, max_words: int = _MAX_WORDS) -> None:
        self.segmenter = segmenter
        self.words = list(SPECIAL_WORDS)
        self._max_words = max_words
        self._id: dict[str, int] = {}

    def __contains__(self, word: str) -> bool:
        return word in self._id

    def encode_word(self, word: str) -> list[int]:
        """Return the id of a word, new or not; once there are too many, new ones are spelled in characters."""
        if word == "\n":
            return [TURN_ID]
        if word in self._id or len(self.words) < self._max_words:
            return [self._add(word)]
        return [self._add(character) for character in self.segmenter.spell(word)]

    def _add(self, word: str) -> int:
        if word not in self._id:
            self._id[word] = len(self.words)
            self.words.append(word)
        return self._id[word]


@dataclass(frozen=True)
class CutPiece:
    """Some dialogs cut into words; ids are those of its own list of words.

    digests, sources: of each dialog its hash, and the file or data set it is of.
    """

    words: list[str]
    ids: TokenIds
    kinds: Kinds
    digests: list[int]
    sources: list[str]
    real_words: int


def _pieces(dialogs: Iterable[Dialog]) -> Iterator[list[Dialog]]:
    piece: list[Dialog] = []
    characters = 0
    for dialog in dialogs:
        piece.append(dialog)
        characters += sum(map(len, dialog.turns))
        if characters >= _PIECE_CHARACTERS:
            yield piece
            piece, characters = [], 0
    if piece:
        yield piece


@dataclass(frozen=True)
class Cutter:
    """Cuts dialogs into words; sent to other processes, so it holds only the segmenter's name."""

    segmenter: str
    drop: Sequence[str]

    def __call__(self, dialogs: list[Dialog]) -> CutPiece:
        vocabulary = GrowingVocabulary(segmenter(self.segmenter))
        # Dropping parts must not change on which side of a split a dialog is.
        left = [
            (digest(dialog), rest) for dialog in dialogs if _is_learned(rest := without_patterns(dialog, self.drop))
        ]
        ids, kinds = array("i"), array("B")
        for _, dialog in left:
            dialog_ids, dialog_kinds = encode_dialog(dialog, vocabulary)
            ids.extend(dialog_ids)
            kinds.extend(dialog_kinds)
        return CutPiece(
            vocabulary.words,
            np.array(ids, dtype=np.int32),
            np.array(kinds, dtype=np.uint8),
            [key for key, _ in left],
            [dialog.source for _, dialog in left],
            kinds.count(WORD),
        )


def _is_learned(dialog: Dialog) -> bool:
    """Whether anything of a dialog is learned."""
    return any(dialog.learned) if dialog.learned else bool(dialog.turns)


def cut_all(dialogs: Iterable[Dialog], cut: Cutter, processes: int) -> Iterator[CutPiece]:
    """Cut the pieces, in order; few of them in this process, many in several."""
    pieces = _pieces(dialogs)
    first = list(islice(pieces, _PIECES_ALONE))
    if processes == 1 or len(first) < _PIECES_ALONE:
        yield from map(cut, chain(first, pieces))
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _ignore_interrupts)
    waiting: deque[Future[CutPiece]] = deque()
    try:
        for piece in chain(first, pieces):
            with _interrupts_held():
                waiting.append(pool.submit(cut, piece))
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise SeqchatError(
            "A process that cut the text into words was killed, perhaps for lack of memory; try --processes 1."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


# Ctrl-C reaches all processes of a terminal; the first one decides. The others are deaf to it from their start, which
# Windows does not offer, or from their first piece on.


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back; a process that is started meanwhile never gets it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def available_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
