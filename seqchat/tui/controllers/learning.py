"""What is the writer's own: the words that they take, learned until the app ends or for good, and their phrases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

from seqchat.completion import custom_phrases
from seqchat.completion.habit_file import HabitFile
from seqchat.completion.habits import Habit, Habits, is_learnable
from seqchat.completion.personal import Personal
from seqchat.corpus.cleaning import clean
from seqchat.errors import SeqchatError
from seqchat.tui.live_settings import LiveSettings

Policy = Literal["ask", "keep", "forget"]


class LearningController:
    """Learns words, and keeps them on disk once the writer has agreed; until then they are in memory alone.

    policy: instead of that of the settings, until the app ends.
    """

    def __init__(self, settings: LiveSettings, policy: Policy | None = None) -> None:
        self._settings, self._policy = settings, policy
        self.habits = Habits()
        self._file = HabitFile()
        self._phrases: custom_phrases.Table = {}
        # What was taken and is not on disk
        self._taken: list[Habit] = []
        self._loading = threading.Lock()
        self._is_loaded = False
        # Sentences that are to be said, and those that were
        self._problems: list[str] = []
        self._said: set[str] = set()

    def personal(self) -> Personal:
        """Return the habits, with those of earlier sessions, and all else that is the writer's.

        The first call reads it, in whichever thread.
        """
        with self._loading:
            if not self._is_loaded:
                self._is_loaded = True
                self._phrases, problems = custom_phrases.load()
                self._problems += problems
                self._attempt(self._load)
        return Personal(self.habits, self._phrases, self._settings.current.script)

    def _load(self) -> None:
        habits, problem = self._file.load()
        for habit in habits:
            self.habits.add(habit)
        self._problems += filter(None, [problem])

    # --- learning

    def learn(self, text: str, letters: str = "") -> None:
        """Count that a word or phrase was taken, or put together; letters: the pinyin that was typed for it, if any.

        A text that is no word, such as one of several lines, is not learned.
        """
        from seqchat.corpus.word_pinyin import pinyin_of

        word = self._simplified(clean(text).strip())
        habit = self.habits.take(word, pinyin_of(word, letters)) if is_learnable(word) else None
        if habit is not None:
            self._taken.append(habit)

    def forget(self, word: str) -> bool:
        """Forget a word, on disk too; return whether it was known."""
        word = self._simplified(word)
        self._taken = [habit for habit in self._taken if habit.word != word]
        known = self.habits.forget(word)
        if known:
            self._attempt(lambda: self._file.forget(word))
        return known

    def _simplified(self, word: str) -> str:
        """Return a word as models know it."""
        from seqchat.completion.script import script_of

        script = script_of(self._settings.current.script)
        return word if script is None else script.read(word)

    # --- for good

    @property
    def policy(self) -> Policy:
        """What becomes of the words when the app ends."""
        policy = self._policy or self._settings.current.learning
        return "keep" if policy == "keep" else "forget" if policy == "forget" else "ask"

    @property
    def should_ask(self) -> bool:
        """Whether the writer has to say what becomes of what was learned."""
        return self.policy == "ask" and bool(self._taken)

    @property
    def new_words(self) -> int:
        """How many different words are in memory alone."""
        return len({habit.word for habit in self._taken})

    def save(self) -> None:
        """Write what was taken since the last time, if the writer has agreed; if that fails, it stays in memory."""
        if self.policy == "keep" and self._taken:
            taken, self._taken = self._taken, []
            if not self._attempt(lambda: self._file.add(taken)):
                self._taken = taken + self._taken

    def report(self, notify: Callable[[str], object]) -> None:
        """Say what went wrong, each sentence once."""
        while self._problems:
            notify(self._problems.pop())

    def _attempt(self, do: Callable[[], object]) -> bool:
        try:
            do()
        except SeqchatError as error:
            if str(error) not in self._said:
                self._said.add(str(error))
                self._problems.append(str(error))
            return False
        return True
