"""Letters that became Chinese, or digits that took candidates, and that what follows shows to be meant otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable
from string import ascii_letters, digits
from typing import NamedTuple

from seqchat.completion.composing.keys import Answer, Command, Effect, PassOn, Press, Replace, Surroundings
from seqchat.corpus.letters import is_pinyin_letter
from seqchat.corpus.mandarin_syllables import SYLLABLES
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
    # A name of code
    rf"{_NAME}::",
    # Letters and digits in turns
    r"(?:[a-z]\d){3}",
    # A command with a file
    rf"{_NAME} (?:~|\.\.?)/",
    # Code: an operator between spaces, of which the first one took a candidate
    rf"{_NAME} (?:[-+*/%!<>=]?=|->|=>|&&|\|\|?|<<|>>) ",
)
# The same, where the first word is not spelled in full: ``ls -l``, but not ``beijing -shanghai``
_SHOWN_AFTER_LETTERS = (rf"{_NAME} --?[a-z]", rf"{_NAME} [-+*<>] ")
_SHOWS = re.compile(rf"(?:{'|'.join(_SHOWN)})\Z", re.IGNORECASE | re.ASCII)
_SHOWS_AFTER_LETTERS = re.compile(rf"(?:{'|'.join(_SHOWN_AFTER_LETTERS)})\Z", re.IGNORECASE | re.ASCII)
# Letters and a number of them, after which none begins with 0; or of a unit after another number (3月15日)
_NUMBERED = re.compile(r"[a-z]+[1-9]0\Z|\d+[a-z]+[1-9]\d\Z", re.IGNORECASE)
# A password or a name: otherwise a number begins with 0, or follows a candidate that Space takes, or that hardly anyone
# takes; or it is a year.
_PASSWORD = re.compile(r"[a-z]{4,}0\d\Z|[a-z]+1[1-9]\d\Z|[a-z]{5,}[5-9]\d\d\Z|[a-z]{4,}20[0-3]\d\Z", re.IGNORECASE)
# A name with a number has longer letters than a syllable that is counted.
_LONGEST_COUNTED = 3
# Letters and digits that are counted after all, since a unit follows (我要100个)
_MAY_BE_COUNTED = re.compile(r"[a-z]+\d+[a-z]*\Z", re.IGNORECASE)
_COUNTED = re.compile(r"[a-z]+\d+(?=[a-z]+[^a-z]\Z)", re.IGNORECASE)
_UNITS = frozenset(
    "个只条张本块元角分毛岁年月日号点天时秒周次遍回趟人位名口家间层楼栋度斤两克吨米里公尺升件套台辆部把根支枝瓶杯碗盘包袋箱盒"
    "万千百亿页章节集届期班级路站倍种样首篇字行步句声场顿道份排组队"
)
# The name of a computer or a file shows itself by what comes after it.
_ENDS_NAME = re.compile(rf"(?:{_NAME}\.)+(?:{_ENDINGS})[^\w-]\Z", re.IGNORECASE | re.ASCII)
_ENDS_WORDS = re.compile(rf"{_NAME} {_NAME}[^\w-]\Z", re.IGNORECASE | re.ASCII)


class Trail(NamedTuple):
    """The keys of a piece of text since it began, and what is written for them left of the cursor.

    is_word: whether the first letters are a Latin word as well; first: what is written for them if they are Chinese.
    """

    typed: str = ""
    written: str = ""
    is_word: bool = False
    first: str = ""

    def after(
        self, press: Press, around: Surroundings, effects: Iterable[Effect], answer: Answer | None, *, done: bool
    ) -> Trail:
        """Return the trail after a key that has these effects; empty after one that writes nothing.

        around: as it was before the key; answer: what the letters before it mean; done: whether the key was done, and
        not held.
        """
        before = around.before
        if not press.character.isprintable() or not press.character or is_pinyin_letter(around.after[:1]):
            return Trail()
        chunk = _CHUNK.findall(before)[0]
        old = self if self._goes_on(press, before) else _begun(chunk, answer)
        written = _text_after(before, effects)[len(before) - len(old.written) :]
        return old._replace(typed=old.typed + press.character * done, written=written)

    @property
    def lasts(self) -> bool:
        """Whether what is written may still have to become what was typed, or Chinese after all."""
        is_open = self.typed != self.written or (self.first != "" and _MAY_BE_COUNTED.match(self.typed) is not None)
        return is_open and len(self.typed) <= _LONGEST and not self.written.endswith(" ")

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
            or self._are_words(self.typed)
        )
        meant = self.typed if shown else self._with_digits() or self._counted()
        return self._replaced(meant) if meant and meant != self.written else None

    def _with_digits(self) -> str:
        """Return what letters and digits mean that belong together, empty where they do not."""
        letters = self.typed.rstrip(digits)
        number = self.typed[len(letters) :]
        # The last digits took nothing.
        if not self.written.endswith(number[1:]):
            return ""
        is_syllable = len(letters) <= _LONGEST_COUNTED and letters.lower() in SYLLABLES
        if self.first and (_NUMBERED.match(self.typed) or (is_syllable and _PASSWORD.match(self.typed))):
            return f"{self.first}{number}" if letters[0].isdecimal() or _is_spelled(letters) else self.typed
        return self.typed if _PASSWORD.match(self.typed) else ""

    def _counted(self) -> str:
        """Return letters and a number as Chinese before a unit, empty where none was taken."""
        found = _COUNTED.match(self.typed)
        if found is None or not self.first or not self.written.startswith(found[0]):
            return ""
        number, unit = found[0].lstrip(ascii_letters), self.written[found.end() :]
        return f"{self.first}{number}{unit}" if unit and unit[0] in _UNITS else ""

    def _are_words(self, typed: str) -> bool:
        """Whether a Latin word that was shortened Chinese before goes on with another one that is none: a command."""
        _, _, second = typed.partition(" ")
        stays = (self.written + typed[len(self.typed) :]).endswith(second)
        return self.is_word and stays and _ENDS_WORDS.match(typed) is not None and not _is_spelled(typed)

    def _replaced(self, text: str) -> Replace:
        return Replace(len(self.written), 0, text)

    def _goes_on(self, press: Press, before: str) -> bool:
        """Whether a key belongs to the same piece of text; after a space that took a candidate, a sign does.

        If what became Chinese was a Latin word, another word does as well.
        """
        # A mark that is doubled is a sign of code.
        ended = _ENDS_PIECE.search(self.typed) is not None and press.character != self.typed[-1:]
        if self.typed.endswith(" ") and press.character.isalnum():
            ended = not self.is_word or " " in self.typed[:-1]
        return bool(self.typed) and before.endswith(self.written) and not ended


def _begun(chunk: str, answer: Answer | None) -> Trail:
    """Return the trail of a piece of text that ends in letters with this meaning."""
    if answer is None or not answer.candidates:
        return Trail(chunk, chunk)
    first = answer.candidates[0]
    whole = not answer.literal and not first.rest
    return Trail(chunk, chunk, answer.is_word, f"{chunk[: len(chunk) - first.replace]}{first.insert}" if whole else "")


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
