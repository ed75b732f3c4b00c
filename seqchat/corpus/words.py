"""Text ↔ words, without loss: joining the words of a text gives the text back.

A space between two words is left out where typography implies it (``hello world``) and is a word of its own where
it does not (``你好 世界``). Where a space would be implied but the text has none (``好的,ok``), the right word
begins with `GLUE`. The convention is that of joiner annotation in OpenNMT's Tokenizer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from seqchat.corpus import scripts
from seqchat.corpus.cleaning import GLUE, ZERO_WIDTH_JOINER
from seqchat.corpus.scripts import HAN, HAN_MARK, KANA, MARK
from seqchat.corpus.word_cutters import CUTTERS, cutting
from seqchat.errors import SeqchatError, quoted

if TYPE_CHECKING:
    import jieba

_LETTER = rf"[^\W_{HAN}{KANA}]"
_GRAPHEME = rf"(?:[\U0001f1e6-\U0001f1ff]{{2}}|.[{MARK}]*(?:{ZERO_WIDTH_JOINER}.[{MARK}]*)*)"

# A class with all Chinese characters takes a millisecond to compile: patterns with it wait for their first use.
_PIECE = (
    rf"(?P<han>[{HAN}]+)"
    rf"|\d+(?:[.,:]\d+)+(?!{_LETTER})"  # 3.14 and 8:30 are one word
    rf"|{_LETTER}+(?:['’]{_LETTER}+)*"
    rf"|\s|{_GRAPHEME}"
)
_GRAPHEMES = re.compile(_GRAPHEME, re.DOTALL)
_RUNS = re.compile(r"\s|\S+")

# Between Chinese and other characters, and before a space: no word crosses these positions.
_JOINED = rf"\s{ZERO_WIDTH_JOINER}"
_SPACE_SEAM = rf"(?<=[^{_JOINED}])(?= )"
_AUTO_SEAM = rf"{_SPACE_SEAM}|(?<=[{HAN}])(?=[^{HAN}\s])|(?<=[^{HAN}{_JOINED}])(?=[{HAN}])"


# A mark stays with the character before it, so that none is next to such a position.
def _unicode_seam(run: str) -> str:
    """Return the seams of text in which characters of this class make up runs that are cut together."""
    return (
        rf"(?<=[^{MARK}{_JOINED}])(?= )|(?<=[{run}])(?=[^{run}{HAN_MARK}{_JOINED}])"
        rf"|(?<=[^{run}{HAN_MARK}{_JOINED}])(?=[{run}])"
    )


_UNICODE_SEAM = _unicode_seam(HAN)

_CLOSING = frozenset(",.!?;:)]}%…")
_OPENING = frozenset("([{")


@lru_cache(10_000)
def is_han(character: str) -> bool:
    """Whether a character is a Chinese one."""
    return re.match(f"[{HAN}]", character) is not None


def has_han(text: str) -> bool:
    """Whether any character of a text is a Chinese one."""
    return re.search(f"[{HAN}]", text) is not None


@lru_cache(10_000)
def is_letter(character: str) -> bool:
    """Whether a character belongs to a word that spaces separate: Latin letters and digits, not Chinese."""
    return re.match(_LETTER, character) is not None


def graphemes(text: str) -> list[str]:
    """Cut a text into what a reader sees as single characters; emoji sequences stay whole."""
    return _GRAPHEMES.findall(text)


_Cut = Callable[[str], Iterable[str]]


def _cut(block: str) -> tuple[str, ...]:
    from seqchat.corpus.jieba_words import cut

    return cut(block)


_cut_han = lru_cache(maxsize=50_000)(_cut)


def _auto_pieces(text: str, cut: _Cut = _cut_han) -> Iterable[str]:
    for match in re.finditer(_PIECE, text, re.DOTALL):
        if match["han"]:
            yield from cut(match["han"])
        else:
            yield match[0]


def _unicode_pieces(text: str, cut: _Cut = _cut_han, cutters: Sequence[str] = ()) -> Iterable[str]:
    """Yield the pieces of a text; cutters: the codes of those that find the words of further scripts."""
    cuts: dict[str, _Cut] = {"han": cut, **{code: cutting(code) for code in cutters}}
    runs = "".join(rf"(?P<{code}>[{CUTTERS[code].run}]+)|" for code in cutters)
    for match in scripts.pieces(text, runs):
        if match.lastgroup:
            yield from cuts[match.lastgroup](match[0])
        else:
            yield match[0]


def _jieba_pieces(text: str, cut: _Cut = _cut) -> Iterable[str]:
    for line in text.splitlines(keepends=True):
        yield from cut(line)


def _whitespace_pieces(text: str) -> Iterable[str]:
    return _RUNS.findall(text)


@lru_cache(10_000)
def _typographic_after(word: str) -> bool:
    return is_letter(word[-1]) or word[-1] in _CLOSING


@lru_cache(10_000)
def _typographic_before(word: str) -> bool:
    return is_letter(word[0]) or word[0] in _OPENING


@lru_cache(10_000)
def _space_after(word: str) -> bool:
    return scripts.ends_in_letter(word) or word[-1] in _CLOSING


def _space_before(word: str) -> bool:
    return _takes_space(word[0])


@lru_cache(10_000)
def _takes_space(first: str) -> bool:
    return scripts.begins_with_letter(first) or first in _OPENING


def _not_space(word: str) -> bool:
    return not word.isspace()


class Segmenter(NamedTuple):
    """One way to cut text into words, and the way back.

    `pieces` cuts a text into strings that make it up; a space belongs between two neighbours where `space_after` holds
    for the left one and `space_before` for the right one. `seam` is a pattern of the positions in a line at which the
    words on either side do not depend on the other side; None if there are none. `characters` cuts a word into single
    ones, and `normalize` gives a text the form that it is cut in.
    """

    name: str
    pieces: Callable[[str], Iterable[str]]
    space_after: Callable[[str], bool]
    space_before: Callable[[str], bool]
    seam: str | None = None
    characters: Callable[[str], list[str]] = graphemes
    normalize: Callable[[str], str] = str

    def split(self, text: str, before: str = " ") -> list[str]:
        """Cut a cleaned text into words; ``join(split(text)) == normalize(text)``.

        `before` is the character before the text where the text begins at a seam; then
        ``split(left) + split(right, left[-1]) == split(left + right)``.
        """
        return self._mark(list(self.pieces(self.normalize(text))), before)

    def join(self, words: Iterable[str]) -> str:
        """Join words to text."""
        parts: list[str] = []
        left = ""
        for word in words:
            parts.append(self.surface(word, left))
            left = word
        return "".join(parts)

    def surface(self, word: str, left: str) -> str:
        """Return the characters that `word` adds to a text whose last word is `left` (empty: none)."""
        if word.startswith(GLUE) and len(word) > 1:
            return word[1:]
        return f" {word}" if left and self._spaced(left, word) else word

    def spell(self, word: str) -> list[str]:
        """Cut one word into its single characters, marked so that they join to the word again."""
        glued = word.startswith(GLUE) and len(word) > 1
        first, *rest = self._mark(self.characters(word[1:] if glued else word), " ")
        return [GLUE + first if glued else first, *rest]

    def _spaced(self, left: str, right: str) -> bool:
        return self.space_after(left) and self.space_before(right)

    def _mark(self, pieces: list[str], before: str) -> list[str]:
        words: list[str] = []
        space_implied = False
        for i, piece in enumerate(pieces):
            left = pieces[i - 1] if i else before
            right = pieces[i + 1] if i + 1 < len(pieces) else " "
            if piece == " " and not left.isspace() and not right.isspace() and self._spaced(left, right):
                space_implied = True
                continue
            glued = not space_implied and self._spaced(left, piece)
            words.append(GLUE + piece if glued else piece)
            space_implied = False
        return words


SEGMENTERS = {
    s.name: s
    for s in (
        # jieba for each run of Chinese characters, the word boundaries of Unicode for all else
        Segmenter(
            "unicode",
            _unicode_pieces,
            _space_after,
            _space_before,
            _UNICODE_SEAM,
            scripts.graphemes,
            scripts.composed,
        ),
        # as older models were trained: jieba for each run of Chinese characters, spaces and punctuation for all else
        Segmenter("auto", _auto_pieces, _typographic_after, _typographic_before, _AUTO_SEAM),
        # jieba for everything, so that its dictionary's words with Latin letters (卡拉OK) stay whole
        Segmenter("jieba", _jieba_pieces, _typographic_after, _typographic_before),
        # for text that is segmented already: only white space separates words
        Segmenter("whitespace", _whitespace_pieces, _not_space, _not_space, _SPACE_SEAM),
    )
}


# What cuts with jieba can cut with more words than its own.
_WITH_JIEBA: dict[str, Callable[..., Iterable[str]]] = {
    "unicode": _unicode_pieces,
    "auto": _auto_pieces,
    "jieba": _jieba_pieces,
}


_WITH_CUTTERS = frozenset({"unicode"})


@lru_cache(8)
def segmenter(name: str) -> Segmenter:
    """Look a segmenter up by its name, which may have cutters (``unicode+ja``, `name_with_cutters`), and lines with a
    person's own words after it (`name_with_words`).

    Raises:
        SeqchatError: there is none of this name, or the library of a cutter is not installed.
    """
    base, _, own = name.partition("\n")
    base, *cutters = base.split("+")
    if base not in SEGMENTERS:
        raise SeqchatError(f"There is no segmenter {quoted(base)}; choose one of {', '.join(SEGMENTERS)}.")
    found = SEGMENTERS[base]
    if cutters:
        if base not in _WITH_CUTTERS:
            raise SeqchatError(f"The segmenter {quoted(base)} has no cutters of other scripts.")
        for code in cutters:
            cutting(code)
        seam = _unicode_seam(HAN + KANA) if "ja" in cutters else found.seam
        found = found._replace(name=name, pieces=partial(_unicode_pieces, cutters=cutters), seam=seam)
    if not own:
        return found
    try:
        words = {word: int(count) for word, count in (line.split(" ") for line in own.split("\n"))}
        pieces = partial(_unicode_pieces if cutters else _WITH_JIEBA[base], cut=_cutting_with(words))
    except (ValueError, KeyError):
        raise SeqchatError(f"The segmenter {quoted(base)} has words that it cannot be given.") from None
    return found._replace(name=name, pieces=partial(pieces, cutters=cutters) if cutters else pieces)


def name_with_cutters(name: str, cutters: Iterable[str]) -> str:
    """Return the name of a segmenter that also finds the words of further scripts, in place of those it found."""
    first, separator, own = name.partition("\n")
    base = first.partition("+")[0]
    return "+".join([base, *cutters]) + separator + own if base in _WITH_CUTTERS else name


def name_with_words(name: str, words: Iterable[str]) -> str:
    """Return the name of a segmenter that cuts like another one, and leaves these Chinese words whole too."""
    from seqchat.corpus.jieba_words import whole_words

    base, *known = name.split("\n")
    chosen = [word for word in words if len(word) > 1 and has_han(word)]
    if base.partition("+")[0] not in _WITH_JIEBA or not chosen:
        return name
    chosen = list(dict.fromkeys([*(line.partition(" ")[0] for line in known), *chosen]))
    return "\n".join([base, *(f"{word} {count}" for word, count in whole_words(chosen).items())])


def _cutting_with(words: dict[str, int]) -> _Cut:
    @lru_cache(maxsize=50_000)
    def cut(block: str) -> tuple[str, ...]:
        return tuple(tokenizer().cut(block))

    @cache
    def tokenizer() -> jieba.Tokenizer:
        from seqchat.corpus.jieba_words import tokenizer_with

        return tokenizer_with(words)

    return cut
