"""Which letters at the end of a text may be pinyin: all of them, or those after a Latin word, a capital or a digit."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from seqchat.corpus.letters import LETTER, letters_at_end
from seqchat.corpus.pinyin import Letters, double_pinyin_before, letters_before, read_letters
from seqchat.corpus.spelling import Spelling
from seqchat.corpus.verbatim import is_verbatim
from seqchat.corpus.vocabulary import Vocabulary

# A Latin word before pinyin has so many letters at least, and so has what comes after one.
_SHORTEST = 2
# Letters with a digit after them
_TONED = re.compile(rf"([{LETTER}]+)[1-5]")

# A capital after a small letter
_HUMP = re.compile(r"(?<=[a-z])[A-Z]")

# log P(a capital is typed where pinyin needs none)
_CAPITAL = -4.0


class LetterSpan(NamedTuple):
    """Letters that may be pinyin, and the logarithm of how much less probable their form makes that."""

    letters: Letters
    log_price: float


def letter_spans(text: str, vocabulary: Vocabulary, *, tones: bool = True, most: int | None = None) -> list[LetterSpan]:
    """Return the pinyin that may stand at the end of a text, the longest first; none in an address or in code.

    tones: whether digits after letters are tones; most: of how many characters it can be, None for as many as there
    are.
    """
    if vocabulary.spelling.layout:
        letters = double_pinyin_before(text if most is None else text[len(text) - most :], vocabulary.spelling.layout)
        return [LetterSpan(letters, 0.0)] if letters is not None else []
    run = letters_at_end(text[len(text) - most :] if most is not None else text)
    if run and (is_verbatim(text[: len(text) - len(run)]) or is_name(run, vocabulary)):
        return []
    typed = [run, *(run[start:] for start in _starts(run, vocabulary))] if run else []
    toned = letters_before(text) if tones else None
    if toned is not None and not _has_tones(text[-toned.typed :], vocabulary.spelling):
        toned = None
    if toned is not None and len(run) < toned.typed <= (toned.typed if most is None else most):
        typed.insert(0, text[-toned.typed :])
    return [LetterSpan(read_letters(span), _CAPITAL * sum(map(str.isupper, span))) for span in typed]


def _has_tones(typed: str, spelling: Spelling) -> bool:
    """Whether the digits among letters are tones: not that of A4, nor those after what is no syllable (python3)."""
    before = (read_letters(letters).plain for letters in _TONED.findall(typed))
    return typed == typed.lower() and all(spelling.is_full(plain, frozenset(), finished=True) for plain in before)


def is_name(run: str, vocabulary: Vocabulary) -> bool:
    """Whether capitals part the words of a name (``userName``); one may be that of a Latin word after pinyin.

    Pinyin may have a capital for each of its words (``BeiJing``).
    """
    humps = [found.start() for found in _HUMP.finditer(run)]
    plain, syllables = run.lower(), vocabulary.pinyin.syllables
    if not humps or (run[0].isupper() and all(syllables.spell(part, finished=True) for part in _parts(plain, humps))):
        return False
    starts = [start for start in range(humps[0] + 1) if syllables.spell(plain[:start], finished=True)]
    ends = range(humps[-1] + 1, len(plain) + 1)
    return not any(vocabulary.is_foreign(plain[start:end]) for start in starts for end in ends)


def _parts(plain: str, humps: list[int]) -> list[str]:
    """Return the words of a name, without their capitals, which stand at the humps."""
    return [plain[start:end] for start, end in pairwise([0, *humps, len(plain)])]


def _starts(run: str, vocabulary: Vocabulary) -> list[int]:
    """Return where pinyin may begin within letters: after capitals, and after a Latin word that is no pinyin itself."""
    syllables = vocabulary.pinyin.syllables
    starts = []
    capitals = max((index + 1 for index, character in enumerate(run[:-1]) if character.isupper()), default=0)
    if capitals and syllables.spell(run[capitals:].lower()):
        starts.append(capitals)
    plain = run.lower()
    if not plain.isascii() or not plain.isalpha() or syllables.spell(plain):
        return starts
    ends = range(_SHORTEST, len(plain) - _SHORTEST + 1)
    rests = [end for end in ends if syllables.spell(plain[end:], finished=True)]
    if rests:
        known = [start for start in rests if vocabulary.is_latin_word(plain[:start])]
        starts += dict.fromkeys([*known[-1:], rests[0]])
    return list(dict.fromkeys(starts))
