"""The letters that pinyin is typed with; a plain module without numbers, for what is imported first."""

from __future__ import annotations

import re

# Vowels may have a tone mark.
VOWELS = "üāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"
LETTER = f"a-z{VOWELS}"
# More letters than these are not read at once.
MAX_LETTERS = 60

_ONE = re.compile(rf"[{LETTER}]", re.IGNORECASE)
# Some keyboards turn ' into ’.
_RUN = re.compile(rf"[{LETTER}](?:[{LETTER}]|(?<=[{LETTER}])['’])*\Z", re.IGNORECASE)


def is_pinyin_letter(character: str) -> bool:
    """Whether pinyin is typed with a character, a capital too; False for an empty text."""
    return _ONE.fullmatch(character) is not None


def letters_at_end(text: str, most: int = MAX_LETTERS - 1) -> str:
    """Return the letters at the end of a text, with the marks that part syllables; they may follow anything.

    most: where there are more, there are none.
    """
    match = _RUN.search(text, max(len(text) - most - 1, 0))
    return "" if match is None or len(match[0]) > most else match[0]
