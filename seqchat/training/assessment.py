"""What a person gets: a finished model with all that it predicts with, on held-out dialogs, beside the shipped one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.segmentation import SegmentedText
from seqchat.corpus.words import Segmenter
from seqchat.errors import SeqchatError
from seqchat.evaluation.evaluated_model import EvaluatedModel
from seqchat.evaluation.pipeline import evaluate_texts
from seqchat.evaluation.texts import SelectedDialogs, read_texts
from seqchat.files import write_private
from seqchat.model.folder import TRAINING
from seqchat.model.model_registry import DEFAULT_MODEL, find
from seqchat.progress import Progress

# The dialogs to measure on, as they were written
_DIALOGS = Path(TRAINING) / "held_out.jsonl"
# So few that a run ends soon; a typed character costs as much as ten words.
_MAX_CHARACTERS, _TYPED_CHARACTERS = 6_000, 300


@dataclass(frozen=True)
class Quality:
    """How good a model is on some dialogs, with its n-grams, lexicon and cache."""

    model: str
    bits_per_character: float
    top1: float
    top5: float
    keystroke_savings: float

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return dict(vars(self))


@dataclass(frozen=True)
class Assessment:
    """The quality of a new model on held-out dialogs, and of the shipped one if it can be used.

    tested: whether these dialogs chose nothing; words, dialogs: how many there are; goes_on: whether the new model went
    on from another one.
    """

    own: Quality
    shipped: Quality | None
    tested: bool
    words: int
    dialogs: int
    goes_on: bool

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        shipped = self.shipped.to_json() if self.shipped else None
        return {
            "dialogs": self.dialogs,
            "words": self.words,
            "tested": self.tested,
            **self.own.to_json(),
            "shipped": shipped,
        }


def keep_dialogs(folder: Path, text: SegmentedText, segmenter: Segmenter, mask: NDArray[np.bool_]) -> None:
    """Keep some dialogs of a text, those of a mask [dialogs], in the folder of a run; of many, the first by hash."""
    chosen = SelectedDialogs(text, segmenter, mask)
    order = np.argsort(text.digests[np.flatnonzero(mask)], kind="stable")
    lines = list(_lines((list(chosen[int(i)].turns) for i in order), _MAX_CHARACTERS))
    write_private(folder / _DIALOGS, "".join(f"{json.dumps({'dialog': turns})}\n" for turns in lines))


def _lines(dialogs: Iterator[list[str]], characters: int) -> Iterator[list[str]]:
    """Yield dialogs until there are so many characters; the last one is cut after a turn."""
    for turns in dialogs:
        ends = np.cumsum([len(turn) for turn in turns])
        kept = turns[: max(int((ends <= characters).sum()), 1)]
        yield kept
        characters -= int(ends[len(kept) - 1])
        if len(kept) < len(turns) or characters <= 0:
            return


def assess(folder: Path, progress: Progress) -> Assessment | None:
    """Measure a finished model on the dialogs that were kept of its text; None if there are none, or no word in them.

    Raises:
        SeqchatError: the model is damaged.
    """
    if not (folder / _DIALOGS).is_file():
        return None
    model = EvaluatedModel.load(folder)
    held_out = model.checkpoint.data.get("held_out")
    progress.message("Measuring it on held-out dialogs, and typing some of them")
    try:
        own, words, dialogs = _measured(model, folder / _DIALOGS, progress)
    except SeqchatError:
        return None
    tested = bool(held_out and held_out["tested"])
    return Assessment(own, _shipped(folder, progress), tested, words, dialogs, "base" in model.checkpoint.data)


def _shipped(folder: Path, progress: Progress) -> Quality | None:
    """Return how good the shipped model is; None if it is the same one, or cannot be used."""
    try:
        shipped = find(DEFAULT_MODEL)
        if shipped.resolve() == folder.resolve():
            return None
        return _measured(EvaluatedModel.load(shipped), folder / _DIALOGS, progress)[0]
    except SeqchatError:
        return None


def _measured(model: EvaluatedModel, dialogs: Path, progress: Progress) -> tuple[Quality, int, int]:
    """Return how good a model is on dialogs, how many words they have by its segmenter, and how many they are."""
    with TemporaryDirectory() as name:
        texts = read_texts([str(dialogs)], Path(name), segmenter=model.checkpoint.segmenter)
        report = evaluate_texts(model, texts, Path(name), _TYPED_CHARACTERS, progress)
    overall, typed = report.text.overall, report.keystrokes
    assert typed is not None
    quality = Quality(model.name, report.text.bits_per_character, overall.top1, overall.top5, typed.savings)
    return quality, overall.words, report.dialogs
