"""Places where letters are meant as they are: addresses, paths, names in code, passwords; recognised by their form."""

from __future__ import annotations

import re
from collections.abc import Container

# What stands before the letters, up to a space or a character that is not ASCII; "^" is after a space alone.
_VERBATIM: dict[str, str] = {
    "an address": r"://|\bwww\.|\bmailto:|[\w.]@",
    "a path": r"(?:^|[a-z.~])/|\\",
    "a name of parts": r"[a-z_]\w*[._]$|_$",
    "a compound": r"[a-z]-$",
    "a value": r"[a-z_]\w*=$",
    "an option": r"^--|^-$",
    "a call": r"[a-z_]\w*[._]\w+\(",
    "a variable": r"[$`%]$",
    "a password": r"[a-z]+\d+[a-z]+\d+$",
}
# A line of a shell or of Python after its prompt, up to a quotation or a comment
_PROMPT = re.compile(r"[ \t]*(?:[\w.@~:/-]*\$|[\w.@~:/-]*[a-z~]%|>>>) [^\"'“‘#]*\Z", re.IGNORECASE | re.ASCII)
_FOUND = re.compile("|".join(f"(?:{pattern})" for pattern in _VERBATIM.values()), re.IGNORECASE | re.ASCII)
_CHUNK = re.compile(r"[!-~]*\Z")
# The beginnings of addresses, with the character after them
_ADDRESS_BEGINS = re.compile(r"(?:www\.|(?:https?|ftp|file|mailto|ssh|git):)\Z", re.IGNORECASE)
# Between letters, these make one name of them.
_JOINS_NAMES = frozenset("@_\\/#$&*+|<>%^`~")
_LOOKED_AT = 200


def is_verbatim(before: str) -> bool:
    """Whether letters that are typed after a text belong to something that is no language."""
    if _PROMPT.match(before, before.rfind("\n") + 1):
        return True
    start = max(len(before) - _LOOKED_AT, 0)
    chunk = _CHUNK.search(before, start)
    if chunk is None or not chunk[0]:
        return False
    follows_space = chunk.start() == 0 or before[chunk.start() - 1].isspace()
    # Another character in front keeps "^" from matching.
    return _FOUND.search(chunk[0] if follows_space else f"\x00{chunk[0]}") is not None


def makes_verbatim(letters: str, typed: str, marks: Container[str] = "") -> bool:
    """Whether a character after letters says that they are no language: ``www.``, ``https:``, ``name@``.

    marks: those that are punctuation where others see names that are joined.
    """
    return (typed in _JOINS_NAMES and typed not in marks) or _ADDRESS_BEGINS.search(letters + typed) is not None
