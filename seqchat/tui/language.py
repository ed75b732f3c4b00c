"""The language of the interface: English in the code, other languages in tables."""

from __future__ import annotations

import locale
import os

from seqchat.tui.chinese import CHINESE

# code → the translation of each English text
TABLES: dict[str, dict[str, str]] = {"en": {}, "zh": CHINESE}
AUTO = "auto"

_code = "en"


def use(code: str) -> None:
    """Use a language from now on: a code of `TABLES`, or ``auto`` for that of the locale."""
    global _code
    _code = of_locale() if code == AUTO else code


def in_use() -> str:
    """Return the code of the language in use."""
    return _code


def of_locale() -> str:
    """Return the language that the environment asks for; English if there is no table for it."""
    # The order of gettext
    named = (os.environ.get(name) for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    code = next((name for name in named if name), None) or locale.getlocale()[0] or "en"
    return code[:2].lower() if code[:2].lower() in TABLES else "en"


def say(text: str, **values: object) -> str:
    """Return an English text in the language in use, with values put in as `str.format` does."""
    said = TABLES[_code].get(text, text)
    return said.format(**values) if values else said
