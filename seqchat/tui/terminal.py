"""What this app needs of terminals beyond what Textual does."""

from __future__ import annotations

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS


def let_alt_digits_through() -> None:
    """Make Alt with a digit a key of its own.

    Textual turns the two bytes that terminals send for it into the characters that Option types on a Mac (Alt+2: ™).
    """
    for digit in "0123456789":
        ANSI_SEQUENCES_KEYS.pop(f"\x1b{digit}", None)  # type: ignore[attr-defined]
