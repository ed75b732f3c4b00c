"""Keystroke savings: how many keys suggestions save someone who types a text."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from seqchat.completion.engine import Engine
from seqchat.completion.spacing import begins_word, is_finished
from seqchat.completion.suggestion import Suggestion, suggest
from seqchat.corpus.cleaning import clean
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.errors import SeqchatError
from seqchat.progress import SILENT, Progress

# The text before the cursor, and whether its last word was taken → the suggestions for it
Suggester = Callable[[str, bool], Sequence[Suggestion]]

# Steps of this length around a circle spread evenly over it, however few are taken.
_GOLDEN_RATIO = (5**0.5 - 1) / 2


class Dialogs(Protocol):
    """Dialogs that can be asked for one at a time."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Dialog: ...


@dataclass(frozen=True)
class KeystrokeSavings:
    """The result of `simulate`; line ends count neither as characters nor as keys.

    savings: 1 - keys / characters
    ceiling: the savings of the same user if each next word that the vocabulary has were always suggested: one key for
        such a word with the space before it, and one for each character of other words, the space before them only
        where no word was taken
    characters: typed
    keys: pressed with the suggestions
    dialogs: begun
    milliseconds: from a key to its suggestions, the median
    """

    savings: float
    ceiling: float
    characters: int
    keys: int
    dialogs: int
    milliseconds: float

    @property
    def keys_per_character(self) -> float:
        """The keys pressed for each character."""
        return self.keys / self.characters


def simulate(
    engine: Engine, dialogs: Dialogs, *, characters: int, k: int = 5, progress: Progress = SILENT
) -> KeystrokeSavings:
    """Type some dialogs with a model's suggestions, each turn after the finished turns of its dialog.

    The user types character by character, and accepts a suggestion, for one key, as soon as one of the first `k`
    continues the text by at least one character; the longest such wins. A word that was accepted is finished: the next
    letter brings the space before it along. Whole dialogs are typed, chosen evenly from those given, until there are
    this many `characters`; the last one is cut off there. Turns that are only context are there already.

    Raises:
        SeqchatError: there is nothing to type.
    """
    return simulate_with(
        lambda text, finished: suggest(engine, text, k, finished=finished),
        engine.vocabulary,
        dialogs,
        characters=characters,
        progress=progress,
        title=f"{engine.name} types",
    )


def simulate_with(
    suggester: Suggester,
    vocabulary: Vocabulary,
    dialogs: Dialogs,
    *,
    characters: int,
    progress: Progress = SILENT,
    title: str = "",
) -> KeystrokeSavings:
    """Type with suggestions from anywhere, otherwise as `simulate`.

    vocabulary: the words of the ceiling; title: what `progress` shows.
    """
    if characters < 1:
        raise SeqchatError(f"The number of characters to type is at least 1, not {characters}.")
    typist = _Typist(suggester)
    typed = min_keys = count = 0
    for index in evenly(len(dialogs)):
        if typed == characters:
            break
        count += 1
        history = ""
        for line, learned in lines_with_mask(dialogs[index]):
            if not learned:
                history += f"{line}\n"
                continue
            turn = line[: characters - typed]
            typist.type(turn, history)
            history += f"{turn}\n"
            typed += len(turn)
            min_keys += _min_keys(turn, vocabulary)
            progress.progress(title, typed / characters)
    if not typed:
        raise SeqchatError("There is no text to type.")
    keys = len(typist.seconds)
    milliseconds = 1e3 * statistics.median(typist.seconds)
    return KeystrokeSavings(1 - keys / typed, 1 - min_keys / typed, typed, keys, count, milliseconds)


class _Typist:
    """Types turns with suggestions; seconds: how long each key waited for its suggestions."""

    def __init__(self, suggester: Suggester) -> None:
        self._suggester = suggester
        self.seconds: list[float] = []

    def type(self, turn: str, history: str) -> None:
        """Type a turn after the finished ones, which are a line each."""
        typed, finished = 0, False
        while typed < len(turn):
            began = time.perf_counter()
            suggestions = self._suggester(history + turn[:typed], finished)
            self.seconds.append(time.perf_counter() - began)
            by_key = typed + 1 + (finished and _brings_space(turn, typed))
            longest = max((_length_with(s, typed, turn) for s in suggestions), default=0)
            finished = longest >= by_key and is_finished(turn[:longest])
            typed = max(by_key, longest)


def _length_with(suggestion: Suggestion, typed: int, turn: str) -> int:
    """Return how many characters of a turn are written after accepting a suggestion; 0 if it does not fit."""
    text = turn[: max(typed - suggestion.replace, 0)] + suggestion.insert
    # The letters after a word that was accepted would be another word.
    cut = is_finished(text) and begins_word(turn[len(text) :], text)
    return len(text) if turn.startswith(text) and not cut else 0


def _brings_space(turn: str, typed: int) -> bool:
    """Whether the next key after a finished word is the first of another word, and not the space between them."""
    return turn[typed : typed + 1] == " " and begins_word(turn[typed + 1 :], turn[:typed])


def lines_of(dialog: Dialog) -> list[str]:
    """Return the turns of a dialog as an engine reads them."""
    return [line for line, _ in lines_with_mask(dialog)]


def lines_with_mask(dialog: Dialog) -> list[tuple[str, bool]]:
    """Return the lines of a dialog's turns, and whether they are more than context."""
    turns = zip(dialog.turns, dialog.learned or (True,) * len(dialog.turns), strict=True)
    lines = [(line.strip(), learned) for turn, learned in turns for line in clean(turn).split("\n")]
    return [(line, learned) for line, learned in lines if line]


def _min_keys(turn: str, vocabulary: Vocabulary) -> int:
    """Return the keys that a turn takes if every word of the vocabulary is always suggested."""
    keys, left, finished, written = 0, "", False, 0
    for word in vocabulary.segmenter.split(turn):
        surface = vocabulary.segmenter.surface(word, left)
        known = word in vocabulary and vocabulary.suggestible[vocabulary.encode_word(word)[0]]
        keys += 1 if known else len(surface) - (finished and _brings_space(turn, written))
        left, finished, written = word, known and is_finished(word), written + len(surface)
    return keys


def evenly(count: int) -> list[int]:
    """Return indices 0 to count - 1 in an order whose first ones, however many, are spread over all of them."""
    return sorted(range(count), key=lambda index: index * _GOLDEN_RATIO % 1)
