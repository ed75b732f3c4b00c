"""Removes what must never reach the vocabulary or the terminal: control characters and hidden sequences."""

import re
import unicodedata

_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movement
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]{0,4096}(?:\x07|\x1b\\|\x9c)"  # OSC, DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]?"  # two-character escapes
)
_ESCAPES = dict.fromkeys(map(ord, "\x1b\x90\x98\x9b\x9c\x9d\x9e\x9f"))
_LINE_BREAK = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_WIDE_SPACE = re.compile(r"[^\S\n]")
ZERO_WIDTH_JOINER, ZERO_WIDTH_NON_JOINER = "\u200d", "\u200c"
# Between letters of scripts that join them, as in Persian, it is a part of the word; elsewhere it shows nothing.
_STRAY_NON_JOINER = re.compile("(?<![^\x00-\x7f\\s\u200c\u200d])\u200c|\u200c(?![^\x00-\x7f\\s\u200c\u200d])")

# The mark that words.py puts before a word that takes no space; in text it is replaced by a look-alike.
GLUE = "\uffed"
_GLUE_LOOKALIKE = "■"

_FORBIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn"}


def is_safe(character: str) -> bool:
    """Whether one character may be stored and shown: no control, no hidden direction, no surrogate."""
    return (
        character in (ZERO_WIDTH_JOINER, ZERO_WIDTH_NON_JOINER)
        or unicodedata.category(character) not in _FORBIDDEN_CATEGORIES
    )


def without_escapes(text: str) -> str:
    """Return the text without escape sequences, and without the characters that begin them."""
    return _ESCAPE_SEQUENCE.sub("", text).translate(_ESCAPES)


def clean(text: str) -> str:
    """Return the text as the program keeps it.

    Escape sequences, control characters, bidirectional overrides and lone surrogates are dropped, every kind
    of line break becomes a line feed, and every other white space a plain space.
    """
    # Printable text needs no cleaning; long texts are cleaned at every keystroke, and this check runs in C.
    if text.replace("\n", "").replace(ZERO_WIDTH_JOINER, "").isprintable() and GLUE not in text:
        return text
    text = _LINE_BREAK.sub("\n", _ESCAPE_SEQUENCE.sub("", text))
    text = _WIDE_SPACE.sub(" ", text).replace(GLUE, _GLUE_LOOKALIKE)
    return _STRAY_NON_JOINER.sub("", "".join(c for c in text if c == "\n" or is_safe(c)))
