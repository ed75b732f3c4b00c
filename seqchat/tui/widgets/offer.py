"""What the editor offers at the cursor."""

from __future__ import annotations

from typing import NamedTuple


class Offer(NamedTuple):
    """What can be committed at the cursor.

    insert, replace: the first candidate, and how many characters before the cursor it replaces; completes: whether it
    finishes a word; ahead: what probably follows it; grey: whether it is worth being shown as grey text; word: all of
    the candidate, what was typed of it included.
    """

    insert: str = ""
    replace: int = 0
    completes: bool = False
    ahead: str = ""
    grey: bool = True
    word: str = ""

    @property
    def ghost(self) -> str:
        """The grey text; none where letters would have to be replaced."""
        return self.insert + self.ahead if self.grey and not self.replace else ""
