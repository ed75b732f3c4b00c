"""Letters that became Chinese, and that what follows shows to be an address, a file, a command or a password."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from seqchat.completion.composing.keys import Command, Effect, PassOn, Press, Replace, Surroundings
from seqchat.corpus.letters import is_pinyin_letter
from seqchat.corpus.spelling import SPELLING

_LONGEST = 80
_CHUNK = re.compile(r"[\w.+@~/-]*\Z", re.ASCII)
_ENDS_PIECE = re.compile(r"""\w[,;:!?()\[\]{}"'<>\\^$]\Z""")
# Names of computers and files end so; others are too often first letters of Chinese words (``js`` 就是).
_ENDINGS = (
    "com cn net org edu gov io app dev txt pdf docx? xlsx? pptx? jpe?g png gif svg webp zip rar gz tar mp[34] avi mkv "
    "mov wav csv tsv json xml html? css cpp exe apk iso log ya?ml toml ini cfg bak"
).replace(" ", "|")
_NAME = r"[a-z][\w-]*"

# What the keys of a piece of text look like as soon as they can be no Chinese
_SHOWN = (
    # An address of mail
    rf"(?:{_NAME}[.+])*{_NAME}@",
    # A command with a file
    rf"{_NAME} (?:~|\.\.?)/",
    # Code: an operator between spaces, of which the first one took a candidate
    rf"{_NAME} (?:[-+*/%!<>=]?=|->|=>|&&|\|\|?|<<|>>) ",
)
# The same, where the first word is not spelled in full: ``ls -l``, but not ``beijing -shanghai``
_SHOWN_AFTER_LETTERS = (rf"{_NAME} --?[a-z]", rf"{_NAME} [-+*<>] ")
_SHOWS = re.compile(rf"(?:{'|'.join(_SHOWN)})\Z", re.IGNORECASE | re.ASCII)
_SHOWS_AFTER_LETTERS = re.compile(rf"(?:{'|'.join(_SHOWN_AFTER_LETTERS)})\Z", re.IGNORECASE | re.ASCII)
# A password: otherwise a number begins with 0, or follows a candidate that Space takes, or that hardly anyone takes.
_PASSWORD = re.compile(r"[a-z]{4,}(?:0\d|[1-9]0\d|1\d\d)\Z|[a-z]{5,}[5-9]\d\d\Z", re.IGNORECASE)
# The name of a computer or a file shows itself by what comes after it.
_ENDS_NAME = re.compile(rf"(?:{_NAME}\.)+(?:{_ENDINGS})[^\w-]\Z", re.IGNORECASE | re.ASCII)
_ENDS_WORDS = re.compile(rf"{_NAME} {_NAME}[^\w-]\Z", re.IGNORECASE | re.ASCII)


class Trail(NamedTuple):
    """The keys of a piece of text since it began, and what is written for them left of the cursor.

    is_word: whether the first letters are a Latin word as well.
    """

    typed: str = ""
    written: str = ""
    is_word: bool = False

    def after(
        self, press: Press, around: Surroundings, effects: Iterable[Effect], *, done: bool, is_word: bool
    ) -> Trail:
        """Return the trail after a key that has these effects; empty after one that writes nothing.

        around: as it was before the key; done: whether the key was done, and not held; is_word: whether the letters
        before it are a Latin word.
        """
        before = around.before
        if not press.character.isprintable() or not press.character or is_pinyin_letter(around.after[:1]):
            return Trail()
        chunk = _CHUNK.findall(before)[0]
        old = self if self._goes_on(press, before) else Trail(chunk, chunk, is_word)
        written = _text_after(before, effects)[len(before) - len(old.written) :]
        return Trail(old.typed + press.character * done, written, old.is_word)

    @property
    def lasts(self) -> bool:
        """Whether what is written may still have to become what was typed."""
        return self.typed != self.written and len(self.typed) <= _LONGEST and not self.written.endswith(" ")

    def restored(self, press: Press) -> Replace | None:
        """Return what writes the keys as they were typed, where they show that they are meant so."""
        if press.command == Command.LETTERS:
            ended = f"{self.typed}\n"
            return self._replaced(self.typed) if _ENDS_NAME.match(ended) or self._are_words(ended) else None
        if self.typed == self.written:
            return None
        if _ENDS_NAME.match(self.typed):
            # A mark after a name is what the text makes of it.
            last = " " if self.typed.endswith(" ") else self.written[-1:]
            return self._replaced(self.typed[:-1] + last)
        shown = (
            _SHOWS.match(self.typed)
            or (_SHOWS_AFTER_LETTERS.match(self.typed) and not _is_spelled(self.typed))
            # Its last digits took nothing.
            or (_PASSWORD.match(self.typed) and self.written.endswith(self.typed[-2:]))
            or self._are_words(self.typed)
        )
        return self._replaced(self.typed) if shown else None

    def _are_words(self, typed: str) -> bool:
        """Whether a Latin word that was shortened Chinese before goes on with another one that is none: a command."""
        _, _, second = typed.partition(" ")
        stays = (self.written + typed[len(self.typed) :]).endswith(second)
        return self.is_word and stays and _ENDS_WORDS.match(typed) is not None and not _is_spelled(typed)

    def _replaced(self, text: str) -> Replace:
        return Replace(len(self.written), 0, text, finished=True)

    def _goes_on(self, press: Press, before: str) -> bool:
        """Whether a key belongs to the same piece of text; after a space that took a candidate, a sign does.

        If what became Chinese was a Latin word, another word does as well.
        """
        ended = _ENDS_PIECE.search(self.typed) is not None
        if self.typed.endswith(" ") and press.character.isalnum():
            ended = not self.is_word or " " in self.typed[:-1]
        return bool(self.typed) and before.endswith(self.written) and not ended


def _text_after(before: str, effects: Iterable[Effect]) -> str:
    for effect in effects:
        match effect:
            case PassOn(press):
                before += press.character
            case Replace(left, _, text):
                before = before[: len(before) - left] + text
    return before


def _is_spelled(typed: str) -> bool:
    """Whether the first word is of syllables in full."""
    return SPELLING.is_full(typed.partition(" ")[0].lower(), frozenset(), finished=True)
