"""From text to what a run trains on: streams of ids for learning and validation, and the untrained model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqchat.corpus.encoding import IdStream
from seqchat.corpus.segmentation import CorpusSpec, SegmentedText, segment_corpus
from seqchat.corpus.sources import public_name
from seqchat.corpus.splitting import HeldOut, cut_in_two, hold_out
from seqchat.corpus.vocabulary import SPECIAL_WORDS, Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.folder import TRAINING
from seqchat.model.network import build
from seqchat.progress import Progress
from seqchat.training.task import Task
from seqchat.wording import counted, percentage

# docs/own-chats.md gives the same number.
_FEW_WORDS = 20_000

_Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class _Split:
    """A text to learn from and one to validate on, which dialogs of each are used, and the rule that held some out."""

    learned: SegmentedText
    validated: SegmentedText
    learned_mask: _Mask
    validated_mask: _Mask
    held_out: HeldOut | None = None


@dataclass(frozen=True)
class _Streams:
    """The ids to learn and those to validate on."""

    learned: IdStream
    validated: IdStream


def prepare(task: Task, seed: int, folder: Path, progress: Progress, command: str) -> None:
    """Read and encode the text into a folder, and write the untrained model there.

    Raises:
        SeqchatError: the text cannot be used, or there is nothing in it to learn or to validate on.
    """
    with TemporaryDirectory(dir=folder) as name:
        split = _read(task, Path(name), progress)
        progress.message("Choosing the vocabulary")
        vocabulary = _vocabulary(task, split)
        streams = _Streams(
            split.learned.encode(folder / TRAINING / "train", vocabulary, split.learned_mask),
            split.validated.encode(folder / TRAINING / "validation", vocabulary, split.validated_mask),
        )
    _check(streams, vocabulary)
    _describe(streams, vocabulary, progress)
    torch.manual_seed(seed)
    config = ModelConfig(len(vocabulary), **task.network)
    network = build(config)
    network.init_output_bias(torch.from_numpy(streams.learned.counts(len(vocabulary))))
    data = _provenance(task, split, streams, command)
    Checkpoint(config, vocabulary.words, network.state_dict(), vocabulary.segmenter.name, data).save(folder)


def _read(task: Task, workspace: Path, progress: Progress) -> _Split:
    text = _segmented(task, task.data, workspace / "text", progress)
    if not task.validation:
        return _divided(text, task.validation_share, workspace / "halves")
    validation = _segmented(task, task.validation, workspace / "validation", progress)
    return _Split(text, validation, _all_of(text), _all_of(validation))


def _segmented(task: Task, names: Sequence[str], workspace: Path, progress: Progress) -> SegmentedText:
    """Read a text, cut into words, and say what could not be used."""
    progress.message(f"Reading {', '.join(names)}")
    corpus = CorpusSpec(names, task.segmenter, task.field, task.streaming, task.max_dialogs, task.drop)
    text = segment_corpus(
        corpus,
        workspace,
        processes=task.processes,
        progress=lambda dialogs, words, share: progress.progress(
            f"{counted(dialogs, 'dialog')}, {counted(words, 'word')}", share
        ),
    )
    for sentence in text.report.sentences():
        progress.message(sentence)
    return text


def _divided(text: SegmentedText, share: float, workspace: Path) -> _Split:
    """Hold out a share of the dialogs; a single dialog is cut in two."""
    if text.stream.dialogs == 1:
        halves = replace(text, stream=cut_in_two(text.stream, share, workspace))
        return _Split(halves, halves, np.array([True, False]), np.array([False, True]))
    held = hold_out(text.digests, share)
    return _Split(text, text, ~held.held_out_mask(text.digests), held.validation_mask(text.digests), held)


def _all_of(text: SegmentedText) -> _Mask:
    return np.ones(text.stream.dialogs, dtype=np.bool_)


def _vocabulary(task: Task, split: _Split) -> Vocabulary:
    counts = split.learned.counts(split.learned_mask)
    return Vocabulary.build(counts, segmenter(task.segmenter), min_count=task.min_count, max_words=task.max_words)


def _check(streams: _Streams, vocabulary: Vocabulary) -> None:
    if streams.validated.words == 0:
        raise SeqchatError("The text to validate on has no words.")
    if len(vocabulary) < len(SPECIAL_WORDS) + 2:
        raise SeqchatError("The vocabulary has a single word, so there is nothing to learn. Give more text.")


def _describe(streams: _Streams, vocabulary: Vocabulary, progress: Progress) -> None:
    """Say how much there is to learn, and whether it is enough."""
    learned, validated = streams.learned, streams.validated
    progress.message(
        f"{counted(learned.dialogs, 'dialog')} and {counted(learned.words, 'word')} to learn, {validated.words:,} to "
        f"validate on ({percentage(validated.unknown_words / validated.words)} of them not among the "
        f"{len(vocabulary):,} words "
        f"of the vocabulary)"
    )
    if learned.words < _FEW_WORDS:
        progress.message(
            f"Fewer than {_FEW_WORDS:,} words are too few for a model of its own; 'seqchat tui --remember' learns them "
            "in addition to a shipped model"
        )


def _provenance(task: Task, split: _Split, streams: _Streams, command: str) -> dict[str, Any]:
    """Return what the model says of its data, as JSON values."""
    return {
        "sources": [public_name(source) for source in task.data],
        "dialogs": streams.learned.dialogs,
        "words": streams.learned.words,
        "validation_dialogs": streams.validated.dialogs,
        "validation_words": streams.validated.words,
        "validation_unknown_words": streams.validated.unknown_words,
        "min_count": task.min_count,
        "drop": list(task.drop),
        "held_out": asdict(split.held_out) if split.held_out else None,
        "command": command,
    }
