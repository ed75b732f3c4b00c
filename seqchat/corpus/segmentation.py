"""Texts cut into words once, and kept on disk for the next time.

The cache does not depend on the vocabulary: it is an id stream over all words of the text, so another vocabulary, or
another share for validation, does not need the text to be cut again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from seqchat.corpus.cutting import Cutter, GrowingVocabulary, available_cores, cut_all
from seqchat.corpus.encoding import KIND, WORD, IdStream, Kinds, Recoding, StreamWriter, TokenIds
from seqchat.corpus.reading_options import DEFAULT_READING, ReadingOptions
from seqchat.corpus.source_report import SourceReport
from seqchat.corpus.sources import content_key, read_dialogs
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError, one_line
from seqchat.files import new_folder, private_folder
from seqchat.locations import cache

# Receives the dialogs and real words so far, and the share of the sources that is read, 0 if unknown.
SegmentationProgress = Callable[[int, int, float], None]

_MAX_TEXTS = 8

# Texts are cut again when the stored form changes, or one of the modules that decide how to cut.
_FORMAT = 3
_DECIDING = (
    "cleaning.py",
    "contents.py",
    "conversations.py",
    "dialogs.py",
    "encodings.py",
    "formats/*.py",
    "jieba_dictionary.py",
    "jieba_words.py",
    "parts.py",
    "readers/*.py",
    "records.py",
    "scripts.py",
    "source_files.py",
    "sources.py",
    "speakers.py",
    "word_cutters.py",
    "words.py",
)


@dataclass(frozen=True)
class SegmentedText:
    """A text cut into words, on disk.

    stream: its tokens, as ids of `words`; digests: uint64 [dialogs], a hash of each dialog's text; sources: the files
    and data sets that have dialogs; origins: uint32 [dialogs], the source of each; report: what was read of them.
    """

    stream: IdStream
    words: list[str]
    digests: NDArray[np.uint64]
    sources: list[str]
    origins: NDArray[np.uint32]
    report: SourceReport

    @classmethod
    def open(cls, folder: Path) -> SegmentedText:
        """Open what `segment_corpus` wrote."""
        try:
            content = json.loads((folder / "text.json").read_text("utf-8"))
            digests = np.load(folder / "digests.npy", allow_pickle=False)
            origins = np.load(folder / "origins.npy", allow_pickle=False)
            report = SourceReport.from_json(content["report"])
            return cls(IdStream.open(folder), content["words"], digests, content["sources"], origins, report)
        except SeqchatError:
            raise
        except Exception as error:  # the libraries raise many kinds for damaged files
            raise SeqchatError(f"The segmented text in {folder} cannot be read ({one_line(error)}).") from error

    def counts(self, copies: NDArray[np.integer | np.bool_]) -> Counter[str]:
        """Count the words of dialogs, each as often as it is read [dialogs]; what is only context is read too."""
        totals = np.zeros(len(self.words), dtype=np.int64)
        for ids, kinds in self._tokens(copies):
            totals += np.bincount(ids[kinds & KIND == WORD], minlength=len(totals))
        return Counter({word: int(n) for word, n in zip(self.words, totals, strict=True) if n})

    def encode(self, folder: Path, vocabulary: Vocabulary, copies: NDArray[np.integer | np.bool_]) -> IdStream:
        """Write dialogs, each as often as it is read [dialogs], as ids of a vocabulary, and open the result."""
        recoding = Recoding(self.words, vocabulary)
        with StreamWriter(folder) as writer:
            for ids, kinds in self._tokens(copies):
                writer.append(*recoding(ids, kinds))
        return IdStream.open(folder)

    def _tokens(self, copies: NDArray[np.integer | np.bool_]) -> Iterator[tuple[TokenIds, Kinds]]:
        for times in range(int(copies.max(initial=0))):
            yield from self._chosen_tokens(copies > times)

    def _chosen_tokens(self, chosen: NDArray[np.bool_]) -> Iterator[tuple[TokenIds, Kinds]]:
        first = 0
        starts = self.stream.starts
        for ids, kinds in self.stream.blocks():
            dialog = np.searchsorted(starts, np.arange(first, first + len(ids)), side="right") - 1
            first += len(ids)
            yield ids[chosen[dialog]], kinds[chosen[dialog]]


@dataclass(frozen=True)
class CorpusSpec:
    """Which text to read, and how to cut it.

    names, streaming: as for `read_dialogs`; reading: its options; max_dialogs: read at most this many; drop: patterns
    to remove from the turns, such as a messenger's placeholders for pictures.
    """

    names: Sequence[str]
    segmenter: str = "auto"
    reading: ReadingOptions = DEFAULT_READING
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
        for module in chain.from_iterable(sorted(Path(__file__).parent.glob(name)) for name in _DECIDING):
            key.update(module.read_bytes())
        settings = (_FORMAT, content, self.segmenter, self.reading, self.max_dialogs, version("jieba"), *self.drop)
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
    vocabulary = GrowingVocabulary(segmenter(spec.segmenter))
    dialogs = islice(
        read_dialogs(spec.names, streaming=spec.streaming, report=report, options=spec.reading),
        spec.max_dialogs,
    )
    digests, origins = array("Q"), array("I")
    sources: dict[str, int] = {}
    real_words = 0
    with StreamWriter(folder) as writer:
        for piece in cut_all(dialogs, Cutter(spec.segmenter, spec.drop), processes or available_cores()):
            writer.append(*Recoding(piece.words, vocabulary)(piece.ids, piece.kinds))
            digests.extend(piece.digests)
            origins.extend(sources.setdefault(source, len(sources)) for source in piece.sources)
            real_words += piece.real_words
            progress(len(digests), real_words, report.share)
    np.save(folder / "digests.npy", np.array(digests, dtype=np.uint64))
    np.save(folder / "origins.npy", np.array(origins, dtype=np.uint32))
    content = {"words": vocabulary.words, "sources": list(sources), "report": report.to_json()}
    (folder / "text.json").write_text(json.dumps(content), "utf-8")
    return SegmentedText.open(folder)
