"""What this writer uses: the words and phrases that they took, and how often; a take counts less the older it is."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seqchat.corpus.cleaning import GLUE, clean

# Longer texts are no words or phrases.
MAX_LENGTH = 40
MAX_COUNT = 1e6
_PINYIN = re.compile(r"[a-z]{1,6}(?: [a-z]{1,6})*")

# A take counts half as much after so many seconds.
HALF_LIFE = 90 * 24 * 3600.0


@dataclass
class Habit:
    """A word or phrase with how it is read.

    pinyin: a syllable a character, ü as v, without tones, separated by spaces; empty if it has none. count: how often
    it was taken, as much as that counted at `time`, seconds since 1970, when it was taken last; 0 once it is forgotten.
    """

    word: str
    pinyin: str
    count: float
    time: float

    def count_at(self, now: float) -> float:
        """Return what its takes count at a later time."""
        return self.count * decay(now - self.time)


class Habits:
    """All habits, those used last at the end.

    changes: every habit that has changed, in order and again each time, for whoever follows; only ever longer.
    """

    def __init__(self, habits: Iterable[Habit] = ()) -> None:
        self._habits: dict[tuple[str, str], Habit] = {}
        self.changes: list[Habit] = []
        for habit in habits:
            self.add(habit)

    def __len__(self) -> int:
        return len(self._habits)

    def __iter__(self) -> Iterator[Habit]:
        return iter([*self._habits.values()])

    def add(self, habit: Habit) -> None:
        """Count a habit together with the one of the same word and pinyin; what was used last comes last."""
        key = habit.word, habit.pinyin
        known = self._habits.pop(key, None)
        if known is None:
            known = habit
        else:
            latest = max(known.time, habit.time)
            known.count = min(known.count_at(latest) + habit.count_at(latest), MAX_COUNT)
            known.time = latest
        self._habits[key] = known
        self.changes.append(known)

    def take(self, word: str, pinyin: str = "") -> Habit | None:
        """Count that a word was taken; return what is to be kept of it, None for what is no word."""
        if not is_learnable(word):
            return None
        habit = Habit(word, pinyin if _PINYIN.fullmatch(pinyin) else "", 1.0, time.time())
        self.add(Habit(habit.word, habit.pinyin, habit.count, habit.time))
        return habit

    def forget(self, word: str) -> bool:
        """Forget a word, however it is read; return whether it was known."""
        found = [habit for habit in self if habit.word == word]
        for habit in found:
            del self._habits[habit.word, habit.pinyin]
            habit.count = 0.0
            self.changes.append(habit)
        return bool(found)


def is_learnable(word: str) -> bool:
    """Whether a text may be learned as a word or a phrase: one clean line that is not too long."""
    return 0 < len(word) <= MAX_LENGTH and word == clean(word).strip() and not set(word) & {"\n", GLUE}


def is_pinyin(text: str) -> bool:
    """Whether a text is syllables separated by spaces, or empty."""
    return not text or _PINYIN.fullmatch(text) is not None


def decay(seconds: float) -> float:
    """Return how much a take counts after some time."""
    return float(0.5 ** (max(seconds, 0.0) / HALF_LIFE))
