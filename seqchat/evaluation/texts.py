"""The texts that a model is measured on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.segmentation import CorpusSpec, SegmentedText, segment_corpus
from seqchat.corpus.splitting import HeldOut
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import Segmenter
from seqchat.errors import SeqchatError, one_line
from seqchat.evaluation.keystrokes import Dialogs, DialogTexts

# Which of the dialogs with these hashes are wanted
Choice = Callable[[NDArray[np.uint64]], NDArray[np.bool_]]


@dataclass(frozen=True)
class Text:
    """The dialogs of a source that are wanted: bool [dialogs].

    name: short, and of this one of several texts alone.
    """

    name: str
    source: str
    segmented: SegmentedText
    chosen: NDArray[np.bool_]

    @property
    def dialogs(self) -> int:
        """How many dialogs are wanted."""
        return int(self.chosen.sum())

    def stream(self, vocabulary: Vocabulary, folder: Path) -> IdStream:
        """Write the dialogs as ids of a vocabulary into a folder, and open the result."""
        return self.segmented.encode(folder, vocabulary, self.chosen)


def read_texts(
    sources: Sequence[str],
    folder: Path,
    *,
    segmenter: str,
    field: str | None = None,
    drop: Sequence[str] = (),
    choice: Choice | None = None,
    message: Callable[[str], None] = lambda _: None,
) -> list[Text]:
    """Cut the texts of sources into words, each for itself; `folder` takes what the cache does not.

    segmenter, field, drop: as in `CorpusSpec`; choice: which dialogs are wanted, all without it. Texts that have none
    of them are left out.

    Raises:
        SeqchatError: a source cannot be used, or none has a dialog that is wanted.
    """
    texts, names = [], _names(sources)
    for number, source in enumerate(sources):
        message(f"Reading {one_line(source)}")
        text = segment_corpus(CorpusSpec([source], segmenter, field, drop=drop), folder / f"text-{number}")
        for sentence in text.report.sentences():
            message(sentence)
        chosen = np.ones(text.stream.dialogs, dtype=np.bool_) if choice is None else choice(text.digests)
        if chosen.any():
            texts.append(Text(names[number], source, text, chosen))
        else:
            message(nothing_kept(source))
    if not texts:
        raise SeqchatError("None of these dialogs were held out for testing when the model was trained.")
    return texts


def nothing_kept(source: str) -> str:
    """Say that a text has no dialog that is wanted."""
    return f"No dialog of {one_line(source)} was kept for testing"


def _names(sources: Sequence[str]) -> list[str]:
    """Return a short name for each source; where others have the same, all of it, and its number if need be."""
    short = [Path(source).stem for source in sources]
    return [
        stem if short.count(stem) == 1 else source if sources.count(source) == 1 else f"{source} ({number})"
        for number, (stem, source) in enumerate(zip(short, sources, strict=True), 1)
    ]


def kept_for_testing(data: dict[str, Any]) -> HeldOut:
    """Return which dialogs a model's training has held out, given what its checkpoint says about its data.

    Raises:
        SeqchatError: it does not say so.
    """
    values = data.get("held_out")
    if "held_out" in data and values is None:
        raise SeqchatError(
            "The model's training kept no dialog for testing: it validated on a text of its own, or on the end of a "
            "single dialog; measure it on other text."
        )
    if not isinstance(values, dict) or not (type(values.get("last")) is int and type(values.get("tested")) is bool):
        raise SeqchatError("The model does not say which dialogs its training held out; measure it on other text.")
    if not 0 <= values["last"] < 1 << 64:
        raise SeqchatError("The model's entry 'held_out' is not the hash of a dialog.")
    if not values["tested"]:
        raise SeqchatError(
            "The model's training held out too few dialogs to keep some for testing; measure it on other text."
        )
    return HeldOut(values["last"], values["tested"])


class _Written:
    """The dialogs of several texts as they were written, one after the other."""

    def __init__(self, parts: Sequence[DialogTexts]) -> None:
        self._parts = parts
        self._ends = np.cumsum([len(part) for part in parts])

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, place: int) -> Dialog:
        part = int(np.searchsorted(self._ends, place, side="right"))
        return self._parts[part][place - int(self._ends[part]) + len(self._parts[part])]


def written(texts: Sequence[Text], segmenter: Segmenter) -> Dialogs:
    """Return the dialogs of texts as they were written; `segmenter` has cut them."""
    return _Written([DialogTexts(text.segmented, segmenter, text.chosen) for text in texts])
