"""Keystroke savings: how many keys the suggestions spare someone who types a text."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import Suggestion, suggest
from seqchat.corpus.cleaning import clean
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.segmentation import SegmentedText
from seqchat.corpus.vocabulary import TURN_ID, Vocabulary
from seqchat.corpus.words import Segmenter
from seqchat.errors import SeqchatError

# What stands before the cursor → what is offered there
Suggester = Callable[[str], Sequence[Suggestion]]
# Told how many characters stand there so far
Progress = Callable[[int], None]

# Steps of this length, taken around a circle, come near every place of it, however few are taken.
_GOLDEN = (5**0.5 - 1) / 2


class Dialogs(Protocol):
    """Dialogs that can be asked for one at a time."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> Dialog: ...


@dataclass(frozen=True)
class KeystrokeSavings:
    """What `simulate` found; line ends are neither characters nor keys.

    savings: 1 - keys / characters; ceiling: what the same user would save if each word that comes next were offered at
    once, as far as the vocabulary has it: one key for such a word, with the space before it, and one for each character
    of the others; characters, dialogs: of the text; keys: pressed with the suggestions; milliseconds: from a key to its
    suggestions, the median.
    """

    savings: float
    ceiling: float
    characters: int
    keys: int
    dialogs: int
    milliseconds: float


def simulate(
    engine: Engine, dialogs: Dialogs, *, characters: int, k: int = 5, progress: Progress = lambda _: None
) -> KeystrokeSavings:
    """Type some dialogs with a model's suggestions, each turn with the finished turns of its dialog before it.

    The user types character by character, and accepts a suggestion, for one key, as soon as one of the first `k`
    continues the text by a character or more; the longest such wins. Whole dialogs are typed, chosen evenly from those
    given, until there are so many `characters`; the last one is cut off there.

    Raises:
        SeqchatError: there is nothing to type.
    """
    return simulate_with(
        lambda text: suggest(engine, text, k), engine.vocabulary, dialogs, characters=characters, progress=progress
    )


def simulate_with(
    suggester: Suggester,
    vocabulary: Vocabulary,
    dialogs: Dialogs,
    *,
    characters: int,
    progress: Progress = lambda _: None,
) -> KeystrokeSavings:
    """Do as `simulate` does with suggestions from anywhere; `vocabulary` holds the words of the ceiling."""
    if characters < 1:
        raise SeqchatError(f"The number of characters to type is at least 1, not {characters}.")
    typist = _Typist(suggester)
    written = least = count = 0
    for dialog in _evenly(dialogs):
        if written == characters:
            break
        count += 1
        history = ""
        for line in _lines(dialog):
            turn = line[: characters - written]
            typist.write(turn, history)
            history += f"{turn}\n"
            written += len(turn)
            least += _least_keys(turn, vocabulary)
            progress(written)
    if not written:
        raise SeqchatError("There is no text to type.")
    keys = len(typist.seconds)
    milliseconds = 1e3 * statistics.median(typist.seconds)
    return KeystrokeSavings(1 - keys / written, 1 - least / written, written, keys, count, milliseconds)


class DialogTexts:
    """Some dialogs of a text that was cut into words, put together again one at a time."""

    def __init__(self, text: SegmentedText, segmenter: Segmenter, chosen: NDArray[np.bool_]) -> None:
        """Take the segmenter that cut the text, and which of its dialogs are wanted: bool [dialogs]."""
        self._text, self._segmenter = text, segmenter
        self._numbers = np.flatnonzero(chosen)

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, place: int) -> Dialog:
        number = self._numbers[place]
        first, end = self._text.stream.starts[number : number + 2]
        ids = self._text.stream.ids[first + 1 : end]
        turns = np.split(ids, np.flatnonzero(ids == TURN_ID) + 1)
        return Dialog(tuple(self._joined(turn[:-1]) for turn in turns if len(turn)))

    def _joined(self, ids: NDArray[np.int32]) -> str:
        return self._segmenter.join(self._text.words[i] for i in ids)


class _Typist:
    """Writes turns with suggestions; seconds: how long each key had to wait for those before it."""

    def __init__(self, suggester: Suggester) -> None:
        self._suggester = suggester
        self.seconds: list[float] = []

    def write(self, turn: str, history: str) -> None:
        """Write a turn behind the finished ones, a line each."""
        typed = 0
        while typed < len(turn):
            began = time.perf_counter()
            suggestions = self._suggester(history + turn[:typed])
            self.seconds.append(time.perf_counter() - began)
            typed = max([typed + 1, *(_reached(s, typed, turn) for s in suggestions)])


def _reached(suggestion: Suggestion, typed: int, turn: str) -> int:
    """Return how many characters of a turn stand there after accepting a suggestion; 0 where it is not what comes."""
    text = turn[: max(typed - suggestion.replace, 0)] + suggestion.insert
    return len(text) if turn.startswith(text) else 0


def _lines(dialog: Dialog) -> list[str]:
    """Return the turns of a dialog as an engine reads them."""
    return [line.strip() for turn in dialog.turns for line in clean(turn).split("\n") if line.strip()]


def _least_keys(turn: str, vocabulary: Vocabulary) -> int:
    """Return the keys that a turn takes where all words of the vocabulary are offered at once."""
    keys, left = 0, ""
    for word in vocabulary.segmenter.split(turn):
        offered = word in vocabulary and vocabulary.suggestible[vocabulary.encode_word(word)[0]]
        keys += 1 if offered else len(vocabulary.segmenter.surface(word, left))
        left = word
    return keys


def _evenly(dialogs: Dialogs) -> Iterator[Dialog]:
    """Yield dialogs in an order of which each beginning is spread over all of them."""
    for place in sorted(range(len(dialogs)), key=lambda place: place * _GOLDEN % 1):
        yield dialogs[place]
