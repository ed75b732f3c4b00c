"""From text to what a run trains on: streams of ids for learning and validation, and the untrained model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqchat.corpus import lexicon_words
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.lexicon_building import build as build_lexicon
from seqchat.corpus.lexicon_building import read_own
from seqchat.corpus.segmentation import CorpusSpec, SegmentedText, segment_corpus
from seqchat.corpus.source_files import public_name
from seqchat.corpus.splitting import HeldOut, cut_in_two, hold_out
from seqchat.corpus.vocabulary import SPECIAL_WORDS, Vocabulary
from seqchat.corpus.weighting import SourceWeights, copies, short_names
from seqchat.corpus.word_cutters import languages_of
from seqchat.corpus.words import name_with_cutters, name_with_words, segmenter
from seqchat.errors import SeqchatError
from seqchat.files import write_file
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.folder import TRAINING
from seqchat.model.network import build
from seqchat.progress import Progress
from seqchat.training.assessment import keep_dialogs
from seqchat.training.fine_tuning import MAX_NEW_WORDS, Base, keep_beginning
from seqchat.training.settings import TrainingSettings
from seqchat.training.task import Task
from seqchat.wording import counted, listed, percentage

# docs/own-chats.md gives the same number.
_FEW_WORDS = 20_000
_TOO_FEW = (
    f"Fewer than {_FEW_WORDS:,} words are too few for a model of its own; with '--from lstm-chat', the shipped model "
    "learns them in addition"
)

# Files beside the text to validate on
_ORIGINS, _SOURCES = "origins.npy", "sources.json"
# More than these, such as a folder with a file a chat, are measured together.
_MOST_SOURCES = 50

_Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class _Split:
    """A text to learn from and one to validate on, and the rule that held some of its dialogs out.

    copies: how often each dialog of the first is read in an epoch; validated_mask: which of the second are used.
    """

    learned: SegmentedText
    validated: SegmentedText
    copies: NDArray[np.int64]
    validated_mask: _Mask
    held_out: HeldOut | None = None

    @property
    def tested_mask(self) -> _Mask:
        """Which of the second text's dialogs to measure the finished model on: those that choose nothing, if any."""
        if self.held_out is not None and self.held_out.tested:
            return self.held_out.test_mask(self.validated.digests)
        return self.validated_mask


@dataclass(frozen=True)
class _Streams:
    """The ids to learn and those to validate on."""

    learned: IdStream
    validated: IdStream


def prepare(task: Task, settings: TrainingSettings, folder: Path, progress: Progress, command: str) -> None:
    """Read and encode the text into a folder, and write the untrained model there, or the one to go on from.

    Raises:
        SeqchatError: the text cannot be used, or there is nothing in it to learn or to validate on.
    """
    base = None if task.base is None else Base.load(task.base)
    own = None if task.lexicon is None else read_own(task.lexicon, progress)
    # Read before the text, so that a mistake costs no time
    own_lexicon = _lexicon_of(base) if own is None else build_lexicon(own, progress)
    cut = task.segmenter if base is None else base.vocabulary.segmenter.name
    cut = cut if own is None else name_with_words(cut, [*own.han, *own.others])
    with TemporaryDirectory(dir=folder) as name:
        text = _segmented(task, cut, task.data, Path(name) / "text", progress)
        if base is None:
            text, cut = _cut_as_needed(task, text, cut, Path(name) / "again", progress)
        split = _read(task, text, cut, Path(name), progress, base.held_out if base else None)
        progress.message("Choosing the vocabulary")
        vocabulary = _vocabulary(task, cut, split, base)
        streams = _Streams(
            split.learned.encode(folder / TRAINING / "train", vocabulary, split.copies),
            split.validated.encode(folder / TRAINING / "validation", vocabulary, split.validated_mask),
        )
        _write_sources(folder / TRAINING / "validation", split)
        keep_dialogs(folder, split.validated, vocabulary.segmenter, split.tested_mask)
    _check(streams, vocabulary)
    _describe(streams, vocabulary, progress)
    if base is None and streams.learned.words < _FEW_WORDS:
        progress.message(_TOO_FEW)
    counts, data = streams.learned.counts(len(vocabulary)), _provenance(task, split, streams, command)
    if base is None:
        begun = _untrained(task, vocabulary, counts, data, settings.seed)
    else:
        begun = base.begun(vocabulary, counts, data)
        new, words = len(vocabulary) - len(base.vocabulary), counted(len(base.vocabulary), "word")
        progress.message(f"Going on from {base.folder.name}: its {words}, and {new:,} new ones")
    begun.save(folder)
    if base is not None and settings.replay:
        keep_beginning(folder, begun)
    if own_lexicon is not None:
        write_file(folder / lexicon_words.FILE, own_lexicon)


def _untrained(
    task: Task, vocabulary: Vocabulary, counts: NDArray[np.int64], data: dict[str, Any], seed: int
) -> Checkpoint:
    """Return a model with random weights, which knows how frequent each word is: counts [words]."""
    torch.manual_seed(seed)
    config = ModelConfig(len(vocabulary), **task.network)
    network = build(config)
    network.init_output_bias(torch.from_numpy(counts))
    return Checkpoint(config, vocabulary.words, network.state_dict(), vocabulary.segmenter.name, data)


def _lexicon_of(base: Base | None) -> bytes | None:
    """Return the lexicon that the model to go on from has of its own, if any."""
    path = base.folder / lexicon_words.FILE if base else None
    return path.read_bytes() if path and path.is_file() else None


def _cut_as_needed(
    task: Task, text: SegmentedText, cut: str, workspace: Path, progress: Progress
) -> tuple[SegmentedText, str]:
    """Return a text in whose scripts the words are found, as far as libraries are there, and the segmenter for it."""
    needed = languages_of(text.counts(_all_of(text)))
    used = name_with_cutters(cut, [cutter.code for cutter in needed if cutter.is_installed])
    if used != cut:
        progress.message(f"Finding the words of {listed([c.language for c in needed if c.is_installed])}")
        text = _segmented(task, used, task.data, workspace, progress, told=True)
    if cut.startswith("unicode"):
        for cutter in needed:
            if not cutter.is_installed:
                progress.message(cutter.missing)
    return text, used


def _read(
    task: Task, text: SegmentedText, cut: str, workspace: Path, progress: Progress, before: HeldOut | None
) -> _Split:
    weights = SourceWeights.parse(task.weights).of(text.sources)
    if not task.validation:
        split = _divided(text, weights[text.origins], task.validation_share, workspace / "halves", before)
    else:
        validation = _segmented(task, cut, task.validation, workspace / "validation", progress)
        split = _Split(text, validation, copies(weights[text.origins], text.digests), _all_of(validation))
    return replace(split, validated_mask=_limited(split.validated, split.validated_mask, task.max_validation))


def _segmented(
    task: Task, cut: str, names: Sequence[str], workspace: Path, progress: Progress, *, told: bool = False
) -> SegmentedText:
    """Read a text, cut into words, and say what could not be used; told: that was said before."""
    if not told:
        progress.message(f"Reading {', '.join(names)}")
    corpus = CorpusSpec(names, cut, task.reading, task.streaming, task.max_dialogs, task.drop)
    text = segment_corpus(
        corpus,
        workspace,
        processes=task.processes,
        progress=lambda dialogs, words, share: progress.progress(
            f"{counted(dialogs, 'dialog')}, {counted(words, 'word')}", share
        ),
    )
    for sentence in () if told else text.report.sentences():
        progress.message(sentence)
    return text


def _divided(
    text: SegmentedText, weights: NDArray[np.float64], share: float, workspace: Path, before: HeldOut | None = None
) -> _Split:
    """Hold out a share of the dialogs, which have these weights [dialogs]; a single dialog is cut in two.

    before: which dialogs the model to go on from had held out.
    """
    if text.stream.dialogs == 1:
        halves = replace(
            text,
            stream=cut_in_two(text.stream, share, workspace),
            digests=text.digests.repeat(2),
            origins=text.origins.repeat(2),
        )
        return _Split(halves, halves, np.array([1, 0]), np.array([False, True]))
    held = hold_out(text.digests, share, before)
    read = copies(weights, text.digests)
    # What is learned seldom is seldom validated on, so that the whole stays the text that is learned.
    validated = held.validation_mask(text.digests) & (read > 0)
    if not validated.any():
        validated = held.validation_mask(text.digests)
    return _Split(text, text, np.where(held.held_out_mask(text.digests), 0, read), validated, held)


def _limited(text: SegmentedText, mask: _Mask, words: int) -> _Mask:
    """Return which of these dialogs are within a limit of words, by their hashes; large sources are limited first."""
    lengths = (np.diff(text.stream.starts) * mask).astype(np.float64)
    sizes = np.bincount(text.origins, lengths, len(text.sources)).astype(np.float64)
    if sizes.sum() <= words:
        return mask
    limit = _common_limit(sizes, words)
    dialogs = np.flatnonzero(mask)
    dialogs = dialogs[np.lexsort((text.digests[dialogs], text.origins[dialogs]))]
    ends = lengths[dialogs].cumsum()
    begins_source = np.diff(text.origins[dialogs].astype(np.int64), prepend=-1) > 0
    before_source = np.maximum.accumulate(np.where(begins_source, ends - lengths[dialogs], 0))
    limited = np.zeros_like(mask)
    limited[dialogs[(ends - before_source <= limit) | begins_source]] = True
    return limited


def _common_limit(sizes: NDArray[np.float64], whole: int) -> float:
    """Return the size that, as the limit of each part, leaves this much of the whole."""
    left = float(whole)
    for count, size in zip(range(len(sizes), 0, -1), np.sort(sizes), strict=True):
        if size * count >= left:
            return left / count
        left -= float(size)
    return float(sizes.max())


def _write_sources(folder: Path, split: _Split) -> None:
    """Write which source each dialog of the text to validate on is from."""
    text = split.validated
    np.save(folder / _ORIGINS, text.origins[split.validated_mask])
    write_file(folder / _SOURCES, json.dumps(short_names(text.sources)))


def validation_sources(folder: Path, stream: IdStream) -> dict[str, IdStream] | None:
    """Return the parts of the text to validate on by source; None if they are many, or an older version prepared it."""
    try:
        origins = np.load(folder / _ORIGINS, allow_pickle=False)
        names = json.loads((folder / _SOURCES).read_text("utf-8"))
        if len(names) > _MOST_SOURCES:
            return None
        return {names[source]: stream.selected(origins == source) for source in np.unique(origins)}
    except (OSError, ValueError, IndexError, TypeError):
        return None


def _all_of(text: SegmentedText) -> _Mask:
    return np.ones(text.stream.dialogs, dtype=np.bool_)


def _vocabulary(task: Task, cut: str, split: _Split, base: Base | None) -> Vocabulary:
    counts = split.learned.counts(split.copies)
    if base is not None:
        return base.vocabulary.extended(counts, segmenter(cut), min_count=task.min_count, max_new=MAX_NEW_WORDS)
    return Vocabulary.build(counts, segmenter(cut), min_count=task.min_count, max_words=task.max_words)


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
        "speakers": list(task.speakers),
        "lexicon": None if task.lexicon is None else public_name(task.lexicon),
        "weights": list(task.weights),
        "held_out": asdict(split.held_out) if split.held_out else None,
        "command": command,
    }
