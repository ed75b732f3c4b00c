"""Texts cut into words: in several processes, once, and kept on disk for the next time.

The cache does not depend on the vocabulary: it is an id stream over all words of the text, so another vocabulary, or
another share for validation, does not need the text to be cut again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from seqchat.corpus.dialogs import Dialog, without_patterns
from seqchat.corpus.encoding import WORD, IdStream, Kinds, Recoding, StreamWriter, TokenIds, encode_dialog
from seqchat.corpus.sources import SourceReport, content_key, read_dialogs
from seqchat.corpus.splitting import digest
from seqchat.corpus.vocabulary import SPECIAL_WORDS, TURN_ID, Vocabulary
from seqchat.corpus.words import Segmenter, segmenter
from seqchat.errors import SeqchatError, one_line
from seqchat.files import new_folder, private_folder
from seqchat.locations import cache

# Receives the dialogs and real words so far, and the share of the sources that is read, 0 if unknown.
SegmentationProgress = Callable[[int, int, float], None]

# A lexicon of this many words takes about 150 MB; words that first appear later are spelled in characters.
_MAX_WORDS = 1_000_000

# The size of a piece for one process, and up to how many pieces starting processes would take longer.
_PIECE_CHARACTERS = 200_000
_PIECES_ALONE = 4

_MAX_TEXTS = 8

# Texts are cut again when the stored form changes, or one of the modules that decide how to cut.
_FORMAT = 1
_DECIDING = (
    "cleaning.py",
    "conversations.py",
    "dialogs.py",
    "messengers.py",
    "readers.py",
    "sources.py",
    "words.py",
)


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
class SegmentedText:
    """A text cut into words, on disk.

    stream: its tokens, as ids of `words`; digests: uint64 [dialogs], a hash of each dialog's text; report: what was
    read of its sources.
    """

    stream: IdStream
    words: list[str]
    digests: NDArray[np.uint64]
    report: SourceReport

    @classmethod
    def open(cls, folder: Path) -> SegmentedText:
        """Open what `segment_corpus` wrote."""
        try:
            content = json.loads((folder / "text.json").read_text("utf-8"))
            digests = np.load(folder / "digests.npy", allow_pickle=False)
            return cls(IdStream.open(folder), content["words"], digests, SourceReport(**content["report"]))
        except SeqchatError:
            raise
        except Exception as error:  # the libraries raise many kinds for damaged files
            raise SeqchatError(f"The segmented text in {folder} cannot be read ({one_line(error)}).") from error

    def counts(self, chosen: NDArray[np.bool_]) -> Counter[str]:
        """Count the words of the chosen dialogs: bool [dialogs]."""
        totals = np.zeros(len(self.words), dtype=np.int64)
        for ids, kinds in self._tokens(chosen):
            totals += np.bincount(ids[kinds == WORD], minlength=len(totals))
        return Counter({word: int(n) for word, n in zip(self.words, totals, strict=True) if n})

    def encode(self, folder: Path, vocabulary: Vocabulary, chosen: NDArray[np.bool_]) -> IdStream:
        """Write the chosen dialogs [dialogs] as ids of a vocabulary into a folder, and open the result."""
        recoding = Recoding(self.words, vocabulary)
        with StreamWriter(folder) as writer:
            for ids, kinds in self._tokens(chosen):
                writer.append(*recoding(ids, kinds))
        return IdStream.open(folder)

    def _tokens(self, chosen: NDArray[np.bool_]) -> Iterator[tuple[TokenIds, Kinds]]:
        first = 0
        starts = self.stream.starts
        for ids, kinds in self.stream.blocks():
            dialog = np.searchsorted(starts, np.arange(first, first + len(ids)), side="right") - 1
            first += len(ids)
            yield ids[chosen[dialog]], kinds[chosen[dialog]]


@dataclass(frozen=True)
class CorpusSpec:
    """Which text to read, and how to cut it.

    names, field, streaming: as for `read_dialogs`; max_dialogs: read at most this many; drop: patterns to remove from
    the turns, such as a messenger's placeholders for pictures.
    """

    names: Sequence[str]
    segmenter: str = "auto"
    field: str | None = None
    streaming: bool = False
    max_dialogs: int | None = None
    drop: Sequence[str] = ()

    @property
    def key(self) -> str | None:
        """A name for the text cut in this way, which changes with either; None if only reading the text could tell."""
        content = None if self.streaming else content_key(self.names)
        if content is None:
            return None
        key = hashlib.blake2b(digest_size=16)
        for module in _DECIDING:
            key.update(Path(__file__).with_name(module).read_bytes())
        settings = (_FORMAT, content, self.segmenter, self.field, self.max_dialogs, version("jieba"), *self.drop)
        key.update(repr(settings).encode())
        return key.hexdigest()


def segment_corpus(
    spec: CorpusSpec,
    workspace: Path,
    *,
    processes: int | None = None,
    progress: SegmentationProgress = lambda *_: None,
) -> SegmentedText:
    """Return a text cut into words, from the cache if it is there.

    The cache is part of the user's own cache folder and keeps the texts used last. A text whose content is not known
    beforehand is written into `workspace` instead. processes: how many cut the text, as many as there are cores by
    default. Memory does not grow with the text, except for the list of its different words.

    Raises:
        SeqchatError: a source cannot be used.
    """
    key = spec.key
    if key is None:
        return _segment(spec, workspace, processes, progress)
    path = cache() / "texts" / key
    private_folder(path.parent)
    # A second training on the same text waits for the first to cut it.
    with FileLock(path.with_suffix(".lock")):
        try:
            text = SegmentedText.open(path)
            os.utime(path)
        except (SeqchatError, OSError):
            with new_folder(path) as partial:
                _segment(spec, partial, processes, progress)
            text = SegmentedText.open(path)
            _forget_oldest(path.parent)
    return text


def encode_sources(sources: Sequence[str], vocabulary: Vocabulary, folder: Path) -> IdStream:
    """Cut the texts of some sources and encode all their dialogs with a vocabulary; the files go into `folder`.

    Raises:
        SeqchatError: a source cannot be read, or holds no dialogs.
    """
    text = segment_corpus(CorpusSpec(list(sources), vocabulary.segmenter.name), folder / "text")
    return text.encode(folder / "ids", vocabulary, np.ones(text.stream.dialogs, dtype=np.bool_))


def _forget_oldest(folder: Path) -> None:
    texts = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for path in texts[:-_MAX_TEXTS]:
        shutil.rmtree(path, ignore_errors=True)
        path.with_suffix(".lock").unlink(missing_ok=True)


def _segment(spec: CorpusSpec, folder: Path, processes: int | None, progress: SegmentationProgress) -> SegmentedText:
    report = SourceReport()
    lexicon = GrowingVocabulary(segmenter(spec.segmenter))
    dialogs = islice(
        read_dialogs(spec.names, field=spec.field, streaming=spec.streaming, report=report),
        spec.max_dialogs,
    )
    digests = array("Q")
    real_words = 0
    with StreamWriter(folder) as writer:
        for piece in _cut_all(_pieces(dialogs), _Cutter(spec.segmenter, spec.drop), processes or _cores()):
            writer.append(*Recoding(piece.words, lexicon)(piece.ids, piece.kinds))
            digests.extend(piece.digests)
            real_words += piece.real_words
            progress(len(digests), real_words, report.share)
    np.save(folder / "digests.npy", np.array(digests, dtype=np.uint64))
    content = {"words": lexicon.words, "report": asdict(report)}
    (folder / "text.json").write_text(json.dumps(content), "utf-8")
    return SegmentedText.open(folder)


# --- cutting, in this process or in several ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Piece:
    """Some dialogs cut into words; ids are those of its own list of words."""

    words: list[str]
    ids: TokenIds
    kinds: Kinds
    digests: list[int]
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
class _Cutter:
    """Cuts dialogs into words; sent to other processes, so it holds only the segmenter's name."""

    segmenter: str
    drop: Sequence[str]

    def __call__(self, dialogs: list[Dialog]) -> _Piece:
        lexicon = GrowingVocabulary(segmenter(self.segmenter))
        # Dropping parts must not change on which side of a split a dialog is.
        left = [(digest(dialog), rest) for dialog in dialogs if (rest := without_patterns(dialog, self.drop)).turns]
        ids, kinds = array("i"), array("B")
        for _, dialog in left:
            dialog_ids, dialog_kinds = encode_dialog(dialog, lexicon)
            ids.extend(dialog_ids)
            kinds.extend(dialog_kinds)
        return _Piece(
            lexicon.words,
            np.array(ids, dtype=np.int32),
            np.array(kinds, dtype=np.uint8),
            [key for key, _ in left],
            kinds.count(WORD),
        )


def _cut_all(pieces: Iterator[list[Dialog]], cut: _Cutter, processes: int) -> Iterator[_Piece]:
    """Cut the pieces, in order; few of them in this process, many in several."""
    first = list(islice(pieces, _PIECES_ALONE))
    if processes == 1 or len(first) < _PIECES_ALONE:
        yield from map(cut, chain(first, pieces))
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _ignore_interrupts)
    waiting: deque[Future[_Piece]] = deque()
    try:
        for piece in chain(first, pieces):
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


def _ignore_interrupts() -> None:
    # Ctrl-C reaches all processes of a terminal; the first one decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
