"""What a text is as a whole: its first turns, how many words it has, in which scripts, and how much is held out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.splitting import digest, hold_out
from seqchat.corpus.word_cutters import languages_of
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError

_SHARE = 0.05
_FIRST = 12
# Words are counted in this many turns, and estimated for the others by their characters.
_COUNTED = 3_000
_LEAST_SHARE = 0.005
_SCRIPTS = {
    "Chinese": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff",
    "Japanese kana": "\u3041-\u3096\u30a1-\u30fa",
    "Korean": "\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e",
    "Latin": "A-Za-z\u00c0-\u024f\u1e00-\u1eff",
    "Cyrillic": "\u0400-\u052f",
    "Greek": "\u0370-\u03ff\u1f00-\u1fff",
    "Arabic": "\u0620-\u064a\u066e-\u06ef\u0750-\u077f",
    "Hebrew": "\u05d0-\u05ea",
    "Devanagari": "\u0904-\u0939\u0958-\u0961",
    "Thai": "\u0e01-\u0e30\u0e40-\u0e46",
    "Khmer": "\u1780-\u17b3",
    "Burmese": "\u1000-\u102a\u103f",
    "Lao": "\u0e81-\u0eb0\u0ec0-\u0ec6",
}
_LETTERS = {name: re.compile(f"[{letters}]") for name, letters in _SCRIPTS.items()}


@dataclass(frozen=True)
class Overview:
    """first_turns: speaker and text; words: estimated from a part of the text; scripts: the share of the letters of
    each, the largest first; held_out_…: what a training with the default share would hold out; advice: on libraries
    that would find more of the words."""

    dialogs: int
    turns: int
    words: int
    first_turns: list[tuple[str, str]]
    scripts: dict[str, float]
    held_out_dialogs: int
    held_out_turns: int
    advice: list[str]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def overview(dialogs: Iterable[Dialog]) -> Overview:
    """Return what dialogs are as a whole.

    Raises:
        SeqchatError: they cannot be read.
    """
    first: list[tuple[str, str]] = []
    digests, lengths = [], []
    letters, words, counted_characters, characters = Counter[str](), 0, 0, 0
    split, pieces = segmenter("unicode").split, Counter[str]()
    for dialog in dialogs:
        digests.append(digest(dialog))
        lengths.append(len(dialog.turns))
        speakers = dialog.speakers or ("",) * len(dialog.turns)
        if len(first) < _FIRST:
            first += list(zip(speakers, dialog.turns, strict=True))[: _FIRST - len(first)]
        for turn in dialog.turns:
            characters += len(turn)
            if sum(lengths) <= _COUNTED or not counted_characters:
                counted_characters += len(turn)
                found_words = split(turn)
                words += len(found_words)
                pieces.update(found_words)
                letters.update(
                    {name: len(found) for name, pattern in _LETTERS.items() if (found := pattern.findall(turn))}
                )
    held, held_turns = _held_out(digests, lengths)
    total = letters.total()
    shares = {name: number / total for name, number in letters.most_common() if number >= _LEAST_SHARE * total}
    estimated = round(words * characters / max(counted_characters, 1))
    advice = [cutter.missing for cutter in languages_of(pieces) if not cutter.is_installed]
    return Overview(len(lengths), sum(lengths), estimated, first, shares, held, held_turns, advice)


def _held_out(digests: list[int], lengths: list[int]) -> tuple[int, int]:
    """Return how many dialogs and turns a training would hold out; a single dialog is cut in two."""
    hashes = np.array(digests, dtype=np.uint64)
    try:
        mask = hold_out(hashes, _SHARE).held_out_mask(hashes)
    except SeqchatError:
        return 0, max(1, round(_SHARE * sum(lengths))) if sum(lengths) > 1 else 0
    return int(mask.sum()), int(np.array(lengths)[mask].sum())
