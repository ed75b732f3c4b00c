"""What a person gets: a finished model with all that it predicts with, on held-out dialogs, beside the shipped one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.reading_options import ReadingOptions
from seqchat.corpus.segmentation import SegmentedText
from seqchat.corpus.speakers import ME
from seqchat.corpus.words import Segmenter
from seqchat.errors import SeqchatError
from seqchat.evaluation.evaluated_model import EvaluatedModel
from seqchat.evaluation.pipeline import evaluate_texts
from seqchat.evaluation.texts import SelectedDialogs, read_texts
from seqchat.files import write_private
from seqchat.model.folder import TRAINING
from seqchat.model.model_registry import DEFAULT_MODEL, find
from seqchat.progress import Progress
from seqchat.training.closing import UNLIMITED, TimeToMeasure

# The dialogs to measure on, as they were written
_DIALOGS = Path(TRAINING) / "held_out.jsonl"
_OTHERS = "others"
# So few that a run ends soon; a typed character costs as much as ten words.
_MAX_CHARACTERS, _TYPED_CHARACTERS = 6_000, 300
# How many times longer the shipped model takes than a new one, which is smaller (measured)
_SHIPPED_TAKES = 2.5


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
    kept = _beginning((chosen[int(i)] for i in order), _MAX_CHARACTERS)
    write_private(folder / _DIALOGS, "".join(f"{json.dumps({'dialog': _turns(dialog)})}\n" for dialog in kept))


def _turns(dialog: Dialog) -> Sequence[str | dict[str, str]]:
    """Return the turns of a dialog, with who wrote them if only some are measured."""
    if not dialog.learned:
        return dialog.turns
    turns = zip(dialog.turns, dialog.learned, strict=True)
    return [{"speaker": ME if learned else _OTHERS, "text": turn} for turn, learned in turns]


def _beginning(dialogs: Iterable[Dialog], characters: int) -> Iterator[Dialog]:
    """Yield dialogs until there are so many characters to measure; the last one is cut after a turn."""
    for dialog in dialogs:
        learned = dialog.learned or (True,) * len(dialog.turns)
        lengths = [len(turn) * counts for turn, counts in zip(dialog.turns, learned, strict=True)]
        ends = np.cumsum(lengths)
        first = int(np.flatnonzero(ends > 0)[0]) + 1
        count = max(int((ends <= characters).sum()), first)
        yield replace(dialog, turns=dialog.turns[:count], learned=dialog.learned[:count])
        characters -= int(ends[count - 1])
        if count < len(dialog.turns) or characters <= 0:
            return


def assess(folder: Path, progress: Progress, time: TimeToMeasure = UNLIMITED) -> Assessment | None:
    """Measure a finished model on the dialogs that were kept of its text, as far as there is time; None if there are
    none, or no word in them.

    Raises:
        SeqchatError: the model is damaged.
    """
    if not (folder / _DIALOGS).is_file():
        return None
    with TemporaryDirectory() as name:
        dialogs = _share_of(folder / _DIALOGS, Path(name), time.share)
        return _assessed(folder, dialogs, round(time.share * _TYPED_CHARACTERS), progress, time)


def _share_of(dialogs: Path, folder: Path, share: float) -> Path:
    """Return a file with the first of these dialogs, so many that they have this share of the characters."""
    lines = dialogs.read_text("utf-8").splitlines(keepends=True)
    before = np.cumsum([0, *map(len, lines)])
    kept = [line for line, length in zip(lines, before, strict=False) if length < share * before[-1]]
    path = folder / dialogs.name
    path.write_text("".join(kept), "utf-8")
    return path


def _assessed(folder: Path, dialogs: Path, typed: int, progress: Progress, time: TimeToMeasure) -> Assessment | None:
    began = monotonic()
    model = EvaluatedModel.load(folder)
    held_out = model.checkpoint.data.get("held_out")
    progress.message("Measuring it on held-out dialogs, and typing some of them")
    try:
        reading = ReadingOptions(speakers=(ME,) if model.checkpoint.data.get("speakers") else ())
        own, words, number = _measured(model, dialogs, typed, reading, progress)
    except SeqchatError:
        return None
    tested = bool(held_out and held_out["tested"])
    shipped = None
    if time.allows(_SHIPPED_TAKES * (monotonic() - began)):
        shipped = _shipped(folder, dialogs, typed, reading, progress)
    else:
        progress.message(f"There is no time left to measure {DEFAULT_MODEL} on them as well")
    return Assessment(own, shipped, tested, words, number, "base" in model.checkpoint.data)


def _shipped(folder: Path, dialogs: Path, typed: int, reading: ReadingOptions, progress: Progress) -> Quality | None:
    """Return how good the shipped model is; None if it is the same one, or cannot be used."""
    try:
        shipped = find(DEFAULT_MODEL)
        if shipped.resolve() == folder.resolve():
            return None
        return _measured(EvaluatedModel.load(shipped), dialogs, typed, reading, progress)[0]
    except SeqchatError:
        return None


def _measured(
    model: EvaluatedModel, dialogs: Path, typed: int, reading: ReadingOptions, progress: Progress
) -> tuple[Quality, int, int]:
    """Return how good a model is on dialogs, how many words they have by its segmenter, and how many they are."""
    with TemporaryDirectory() as name:
        texts = read_texts([str(dialogs)], Path(name), segmenter=model.checkpoint.segmenter, reading=reading)
        report = evaluate_texts(model, texts, Path(name), typed, progress)
    overall, keys = report.text.overall, report.keystrokes
    assert keys is not None
    quality = Quality(model.name, report.text.bits_per_character, overall.top1, overall.top5, keys.savings)
    return quality, overall.words, report.dialogs
