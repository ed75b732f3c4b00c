"""The texts that a model is evaluated on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import IdStream, is_learned
from seqchat.corpus.reading_options import DEFAULT_READING, ReadingOptions
from seqchat.corpus.segmentation import CorpusSpec, SegmentedText, segment_corpus
from seqchat.corpus.splitting import HeldOut
from seqchat.corpus.vocabulary import TURN_ID, Vocabulary
from seqchat.corpus.weighting import short_names
from seqchat.corpus.words import Segmenter
from seqchat.errors import SeqchatError, one_line
from seqchat.evaluation.keystrokes import Dialogs
from seqchat.progress import SILENT, Progress

# Maps the hashes of dialogs to which of them are selected: both [dialogs]
Selection = Callable[[NDArray[np.uint64]], NDArray[np.bool_]]


@dataclass(frozen=True)
class EvaluationText:
    """The selected dialogs of a source.

    name: short, and different for each of several texts
    source: as the person named it
    selected: bool [dialogs]
    """

    name: str
    source: str
    segmented: SegmentedText
    selected: NDArray[np.bool_]

    @property
    def dialogs(self) -> int:
        """The number of selected dialogs."""
        return int(self.selected.sum())

    def stream(self, vocabulary: Vocabulary, folder: Path) -> IdStream:
        """Write the selected dialogs as ids of a vocabulary into a folder, and open the result."""
        return self.segmented.encode(folder, vocabulary, self.selected)


def read_texts(
    sources: Sequence[str],
    folder: Path,
    *,
    segmenter: str,
    reading: ReadingOptions = DEFAULT_READING,
    drop: Sequence[str] = (),
    selection: Selection | None = None,
    progress: Progress = SILENT,
) -> list[EvaluationText]:
    """Segment the text of each source; `folder` is for what the cache does not take.

    segmenter, reading, drop: as in `CorpusSpec`; selection: which dialogs to select, all by default. Texts without a
    selected dialog are left out.

    Raises:
        SeqchatError: a source cannot be used, or no dialog is selected.
    """
    texts, names = [], _distinct_names(sources)
    for number, source in enumerate(sources):
        progress.message(f"Reading {one_line(source)}")
        text = segment_corpus(CorpusSpec([source], segmenter, reading, drop=drop), folder / f"text-{number}")
        for sentence in text.report.sentences():
            progress.message(sentence)
        selected = np.ones(text.stream.dialogs, dtype=np.bool_) if selection is None else selection(text.digests)
        if selected.any():
            texts.append(EvaluationText(names[number], source, text, selected))
        else:
            progress.message(no_test_dialogs(source))
    if not texts:
        raise SeqchatError("None of these dialogs were held out for testing when the model was trained.")
    return texts


def no_test_dialogs(source: str) -> str:
    """Return the message that a source has no dialog kept for testing."""
    return f"No dialog of {one_line(source)} was kept for testing"


def _distinct_names(sources: Sequence[str]) -> list[str]:
    """Return a short name for each source, with its number where one is named twice."""
    names = short_names(sources)
    return [name if names.count(name) == 1 else f"{name} ({number})" for number, name in enumerate(names, 1)]


def held_out_rule(data: dict[str, Any]) -> HeldOut:
    """Return which dialogs a model's training kept for testing, given what its checkpoint says about its data.

    Raises:
        SeqchatError: its checkpoint does not say.
    """
    values = data.get("held_out")
    if "held_out" in data and values is None:
        raise SeqchatError(
            "The model's training kept no dialog for testing: it validated on a text of its own, or on the end of a "
            "single dialog; evaluate it on other text."
        )
    if not isinstance(values, dict) or not (type(values.get("last")) is int and type(values.get("tested")) is bool):
        raise SeqchatError("The model does not say which dialogs its training held out; evaluate it on other text.")
    if not 0 <= values["last"] < 1 << 64:
        raise SeqchatError("The model's entry 'held_out' is not the hash of a dialog.")
    if not values["tested"]:
        raise SeqchatError(
            "The model's training held out too few dialogs to keep some for testing; evaluate it on other text."
        )
    return HeldOut(values["last"], values["tested"])


class SelectedDialogs:
    """The selected dialogs of a segmented text, joined again one at a time."""

    def __init__(self, text: SegmentedText, segmenter: Segmenter, selected: NDArray[np.bool_]) -> None:
        """Take the segmenter that cut the text, and which of its dialogs are selected: bool [dialogs]."""
        self._text, self._segmenter = text, segmenter
        self._numbers = np.flatnonzero(selected)

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: int) -> Dialog:
        number = self._numbers[index]
        first, end = self._text.stream.starts[number : number + 2]
        ids = self._text.stream.ids[first + 1 : end]
        ends = np.flatnonzero(ids == TURN_ID)
        learned = is_learned(self._text.stream.kinds[first + 1 : end][ends])
        turns = tuple(self._joined(turn[:-1]) for turn in np.split(ids, ends + 1) if len(turn))
        return Dialog(turns, learned=() if learned.all() else tuple(learned.tolist()))

    def _joined(self, ids: NDArray[np.int32]) -> str:
        return self._segmenter.join(self._text.words[i] for i in ids)


class _ConcatenatedDialogs:
    """The dialogs of several texts, one text after the other."""

    def __init__(self, parts: Sequence[SelectedDialogs]) -> None:
        self._parts = parts
        self._ends = np.cumsum([len(part) for part in parts])

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, index: int) -> Dialog:
        part = int(np.searchsorted(self._ends, index, side="right"))
        return self._parts[part][index - int(self._ends[part]) + len(self._parts[part])]


def original_dialogs(texts: Sequence[EvaluationText], segmenter: Segmenter) -> Dialogs:
    """Return the selected dialogs of texts as they were written; `segmenter` has cut them."""
    return _ConcatenatedDialogs([SelectedDialogs(text.segmented, segmenter, text.selected) for text in texts])
