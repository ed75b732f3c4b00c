"""Traditional characters: models read and write simplified ones, and OpenCC rewrites them, with Taiwan's words.

What is read keeps its length, so that every position in it is one in the text as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, get_args

from seqchat.corpus.scripts import HAN
from seqchat.errors import SeqchatError

if TYPE_CHECKING:
    from seqchat.completion.suggestion import Suggestion

Script = Literal["simplified", "traditional"]
SCRIPTS: tuple[Script, ...] = get_args(Script)

_RUN = re.compile(f"[{HAN}]+")
# How much on the left decides how a character is written: 吃 makes a 面 of noodles of it.
LEFT = 8


class TraditionalScript:
    """The conversions between simplified characters and the traditional ones of Taiwan."""

    def __init__(self) -> None:
        """Load OpenCC.

        Raises:
            SeqchatError: it is not installed.
        """
        try:
            from opencc import OpenCC
        except ImportError as error:
            raise SeqchatError("Traditional characters need opencc; install it with 'pip install opencc'.") from error
        self._write: Callable[[str], str] = OpenCC("s2twp").convert
        # Words of Taiwan are read as those that models know, if they are as long, and otherwise character by character.
        self._readers = [OpenCC(name).convert for name in ("tw2sp", "t2s")]
        self._read_line = lru_cache(2_000)(self._find_read)

    def read(self, text: str) -> str:
        """Return a text in simplified characters, exactly as long as it is."""
        return "\n".join(map(self._read_line, text.split("\n")))

    def simplified(self, word: str) -> str:
        """Return a word in simplified characters, without another one in its place."""
        return str(self._readers[-1](word))

    def _find_read(self, line: str) -> str:
        return _RUN.sub(lambda run: self._simplified(run[0]), line)

    def _simplified(self, run: str) -> str:
        for convert in self._readers:
            if len(found := str(convert(run))) == len(run):
                return found
        characters = map(self._readers[-1], run)
        return "".join(new if len(new) == 1 else old for new, old in zip(characters, run, strict=True))

    def written(self, text: str, left: str = "") -> str:
        """Return a text in traditional characters; left: what it follows, in simplified ones."""
        # What is longer than a character is a word of its own, which characters on its left would tear apart.
        before = _RUN.findall(left[-LEFT:])[-1:] if len(text) == 1 and left and _RUN.match(left[-1]) else []
        if not before:
            return self._write(text)
        both, start = self._write(before[0] + text), self._write(before[0])
        if both.startswith(start):
            return both[len(start) :]
        return both[-1] if len(both) == len(before[0]) + 1 else self._write(text)

    def suggestion(self, plain: Suggestion, left: str, words: Iterable[str]) -> Suggestion:
        """Return a suggestion in traditional characters.

        left: the text that its insertion follows, in simplified ones; words: what the insertion consists of.
        """
        insert = ""
        for word in words:
            insert += self.written(word, left)
            left = (left + word)[-LEFT:]
        # A word is what was typed of it, and the insertion.
        if plain.word == plain.insert:
            return replace(plain, word=insert, insert=insert)
        typed = plain.word.removesuffix(plain.insert)
        word = self._write(typed) + insert if typed != plain.word else self._write(plain.word)
        return replace(plain, word=word, insert=insert)


def script_of(name: str) -> TraditionalScript | None:
    """Return the script of a name; None for simplified characters, which models write."""
    return _traditional() if name == "traditional" else None


@lru_cache(1)
def _traditional() -> TraditionalScript:
    return TraditionalScript()
