"""Chinese punctuation: what a mark of the keyboard becomes, by a table and by the text before it.

Nothing is remembered from key to key, so that a mark is the same however the text before it came to be there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from seqchat.corpus.scripts import HAN
from seqchat.corpus.words import is_han


class Mark(NamedTuple):
    """A mark in Chinese text.

    text: the mark; closing: its other half, where one key types both; opens, closes: the key of its other half, where
    another one does; after_word, after_number: whether it is Chinese in a Chinese sentence directly after a Latin word
    or a number too; again: whether it is Chinese there once its key is pressed again; joins: whether its key joins
    letters to names, so that it is no punctuation directly after letters that may be some; as_before: whether it stays
    as it is typed where its line has one so already; inner: the mark between two others of its kind.
    """

    text: str
    closing: str = ""
    opens: str = ""
    closes: str = ""
    after_word: bool = False
    after_number: bool = False
    again: bool = False
    joins: bool = False
    as_before: bool = False
    inner: str = ""


MARKS: dict[str, Mark] = {
    ",": Mark("，", after_word=True, again=True),
    ".": Mark("。", again=True),
    ":": Mark("：", again=True),
    "?": Mark("？", after_word=True, after_number=True),
    "!": Mark("！", after_word=True, after_number=True),
    ";": Mark("；", after_word=True, after_number=True),
    "\\": Mark("、", after_word=True, after_number=True),
    '"': Mark("“", "”"),
    "'": Mark("‘", "’"),
    "(": Mark("（", opens=")", after_number=True),
    ")": Mark("）", closes="(", after_word=True, after_number=True),
    "<": Mark("《", opens=">", as_before=True, inner="〈"),
    ">": Mark("》", closes="<", inner="〉"),
    "[": Mark("【", opens="]"),
    "]": Mark("】", closes="["),
    "$": Mark("¥"),
    "^": Mark("……"),
    "_": Mark("——", joins=True),
    "~": Mark("～"),
}
# Where traditional characters are written, quotation marks are corners.
TRADITIONAL_MARKS: dict[str, Mark] = MARKS | {'"': Mark("「", "」"), "'": Mark("『", "』")}

# Marks of Chinese alone; quotation marks, dashes and dots are used in Latin text too.
_CHINESE_MARK = re.compile(r"[\u3001-\u303f\uff01-\uff60\uffe5]")
_CHINESE_END = rf"[{HAN}\u3001-\u303f\uff01-\uff60]\Z"
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")
_CHUNK = re.compile(r"[!-~]*\Z")
_NUMBER = re.compile(r"\d[\d.,:/-]*")
# A name such as C++ or e-mail, or a share, but no part of an address or of code
_WORD = re.compile(r"[A-Za-z0-9]+(?:[-'&][A-Za-z0-9]+)*[+#]*|\d[\d.,]*%")
# Han characters are letters too.
_OTHER_WORD = rf"[^\W\d_{HAN}]+"
_SENTENCE_END = re.compile(r"[。！？!?…]|\.\s")
_LOOKED_AT = 400


class Conversion(NamedTuple):
    """A text in the place of a mark that was typed, and of `again` characters before it."""

    text: str
    again: int = 0


class Punctuation(NamedTuple):
    """How marks are typed: as the text before them is Chinese or not, or `always` as if it were Chinese."""

    marks: Mapping[str, Mark]
    always: bool = False

    @property
    def inside_chinese(self) -> frozenset[str]:
        """The keys that are punctuation after letters of pinyin, and no part of a name."""
        return frozenset(key for key, mark in self.marks.items() if self.always or not mark.joins)

    def typed(self, character: str, before: str, above: str = "") -> Conversion | None:
        """Return what a character becomes; None if it stays as it is.

        before: the text of its line up to there; above: text before that line, asked where the line has no words.
        """
        mark = self.marks.get(character)
        if mark is None:
            return None
        before = before[-_LOOKED_AT:]
        if mark.again and before.endswith(character):
            return self._pressed_again(mark, before[:-1], above)
        if mark.as_before and character in before:
            return None
        if mark.closing or mark.closes:
            key, opening = (character, mark) if mark.closing else (mark.closes, self.marks[mark.closes])
            pairs = {key: character, opening.text: mark.closing or mark.text} | _inner_pair(opening, mark)
            at = _innermost(before, pairs)
            if at is not None:
                return _both(mark, before, at, above) if before[at] == key else Conversion(pairs[before[at]])
        elif mark.inner and self._is_inside(mark, before):
            return Conversion(mark.inner)
        return Conversion(mark.text) if self._is_chinese(mark, before, above) else None

    def _is_inside(self, mark: Mark, before: str) -> bool:
        """Whether an opening mark stands between two of its kind."""
        closing = self.marks[mark.opens]
        at = _innermost(before, {mark.text: closing.text} | _inner_pair(mark, closing))
        return at is not None and before[at] == mark.text

    def _pressed_again(self, mark: Mark, before: str, above: str) -> Conversion | None:
        chunk = _chunk(before)
        follows = chunk[-1:].isalnum() and (_NUMBER.fullmatch(chunk) or _WORD.fullmatch(chunk))
        return Conversion(mark.text, 1) if follows and self._in_chinese(before, above) else None

    def _is_chinese(self, mark: Mark, before: str, above: str) -> bool:
        """Whether a mark that closes nothing is Chinese after a text."""
        text = before.rstrip()
        if is_han(text[-1:]) or _CHINESE_MARK.fullmatch(text[-1:]):
            return self.always or not _KANA.search(_sentence(text))
        chunk = _chunk(text)
        if chunk and text != before:
            # After a space, an opening mark belongs to what follows; others are signs of formulas.
            follows = bool(mark.closing or mark.opens)
        elif _NUMBER.fullmatch(chunk):
            follows = mark.after_number
        else:
            # What else there is without a space is part of an address, of a path or of code.
            follows = not chunk or (mark.after_word and _WORD.fullmatch(chunk) is not None)
        return follows and self._in_chinese(text, above)

    def _in_chinese(self, text: str, above: str) -> bool:
        """Whether a text is Chinese at its end: its last sentence, or what is before that if it has no words."""
        return self.always or next(filter(lambda found: found is not None, _languages(text, above)), False) is True


def _inner_pair(opening: Mark, closing: Mark) -> dict[str, str]:
    return {opening.inner: closing.inner} if opening.inner else {}


def _both(mark: Mark, before: str, at: int, above: str) -> Conversion | None:
    """Return what makes quotation marks Chinese, the first of which stands at an offset and began the text.

    Where nothing before it could say so, what the marks enclose does.
    """
    quoted, knows = before[at + 1 :], before[:at].strip() or _says_chinese(above[-_LOOKED_AT:]) is not None
    if not mark.closing or knows or not (_says_chinese(quoted) and re.search(_CHINESE_END, quoted)):
        return None
    return Conversion(f"{mark.text}{quoted}{mark.closing}", len(before) - at)


@lru_cache(4)
def punctuation(*, traditional: bool = False, always: bool = False) -> Punctuation:
    """Return how marks are typed in simplified or traditional Chinese."""
    return Punctuation(TRADITIONAL_MARKS if traditional else MARKS, always)


def _languages(text: str, above: str) -> Iterator[bool | None]:
    for part in (_sentence(text), text, above[-_LOOKED_AT:]):
        yield _says_chinese(part)


def _chunk(text: str) -> str:
    """Return the characters of ASCII at the end of a text, up to a space."""
    found = _CHUNK.search(text)
    return "" if found is None else found[0]


def _sentence(text: str) -> str:
    return _SENTENCE_END.split(text)[-1]


def _says_chinese(text: str) -> bool | None:
    """Whether most of a text is Chinese, or its beginning; None for a text without words."""
    if _KANA.search(text):
        return False
    han, others = sum(map(is_han, text)), len(re.findall(_OTHER_WORD, text))
    if not han and not others:
        return None
    return han >= others or is_han(next(filter(str.isalpha, text)))


def in_single_quotes(text: str) -> bool:
    """Whether a single quotation mark is open at the end of a text, so that the next one closes it."""
    return _innermost(text, {"'": "'", "‘": "’"}) is not None


def _innermost(text: str, closing: Mapping[str, str]) -> int | None:
    """Return where the last mark of these that is open stands; an apostrophe in a word or at its end is none."""
    opened: list[int] = []
    for index, character in enumerate(text):
        if character in "'’" and _is_latin(text[index - 1 : index]) and not (opened and _ends(text, index)):
            continue
        if opened and character == closing[text[opened[-1]]]:
            opened.pop()
        elif character in closing:
            opened.append(index)
    return opened[-1] if opened else None


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalpha()


def _ends(text: str, index: int) -> bool:
    """Whether a word ends before a position."""
    return not _is_latin(text[index + 1 : index + 2])
