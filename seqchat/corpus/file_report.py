"""What was read of a file, for a person: format, messages, people, days, and what was left out for which reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from seqchat.corpus.conversations import MessageCounts
from seqchat.corpus.dialogs import Dialog
from seqchat.errors import one_line
from seqchat.wording import counted, listed

_AFTER_NOUN = (" without ", " of ", " before ", " that ")


@dataclass
class FileReport:
    """What was read of a file or a data set.

    format: the messenger or the kind of file; encoding: other than UTF-8, and whether it was guessed; counts: of its
    messages; stamped: lines that look like those of a chat whose format is not known; hint: what was wrong last;
    lacks_field: whether records had no field with a text.
    """

    name: str
    format: str = ""
    encoding: str = ""
    dialogs: int = 0
    turns: int = 0
    characters: int = 0
    counts: MessageCounts = field(default_factory=MessageCounts)
    stamped: list[str] = field(default_factory=list)
    hint: str = ""
    lacks_field: bool = False

    @property
    def is_told(self) -> bool:
        """Whether there is more to say than that it was read: a chat, a guess, something left out."""
        return bool(self.counts.messages or self.counts.left_out or self.encoding or self.stamped)

    def add(self, dialog: Dialog) -> None:
        """Count a dialog."""
        self.dialogs += 1
        self.turns += len(dialog.turns)
        self.characters += sum(map(len, dialog.turns))

    def nothing_but(self) -> str:
        """Return why a file without a dialog has none."""
        left_out = [_counted(reason, number) for reason, number in self.counts.left_out.most_common()]
        return f"it has nothing but {listed(left_out)}" if left_out else "it is empty"

    def sentences(self) -> list[str]:
        """Return a line on the file, and one on each thing that may be wrong with it."""
        counts = self.counts
        if counts.messages:
            what = counted(counts.messages, "message" if counts.people else "turn")
            if counts.people:
                what += f" by {_people(len(counts.people))}"
            if counts.days:
                what += f" on {counted(len(counts.days), 'day')}"
        else:
            what = f"{counted(self.dialogs, 'dialog')}, {counted(self.turns, 'turn')}"
        left_out = [_counted(reason, number) for reason, number in counts.left_out.most_common()]
        line = f"{one_line(self.name)}: {self.format or 'nothing'}, {what}"
        line += f"; left out: {', '.join(left_out)}" if left_out else ""
        line += f"; read as {self.encoding}" if self.encoding else ""
        if not self.stamped:
            return [line]
        shown = listed([f"“{one_line(text, 60)}”" for text in self.stamped])
        return [
            line,
            f"{one_line(self.name)}: many lines begin with a date, a clock or a name, but no format of chats fits, so "
            f"all of each line would be learned; {shown}",
        ]

    def summary(self) -> dict[str, Any]:
        """Return what a person asks for: numbers, without the names of people."""
        counts = self.counts
        return {
            "file": self.name,
            "format": self.format,
            "encoding": self.encoding or "UTF-8",
            "dialogs": self.dialogs,
            "turns": self.turns,
            "messages": counts.messages,
            "people": len(counts.people),
            "days": len(counts.days),
            "left_out": dict(counts.left_out),
            "unknown_lines": self.stamped,
            "problem": self.hint if not self.dialogs else "",
        }

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        counts = self.counts
        return {
            **vars(self),
            "counts": {
                "messages": counts.messages,
                "people": sorted(counts.people),
                "days": sorted(counts.days),
                "left_out": dict(counts.left_out),
            },
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> FileReport:
        """Return the report that `to_json` wrote."""
        counts = values["counts"]
        read = MessageCounts(
            counts["messages"], set(counts["people"]), set(counts["days"]), Counter(counts["left_out"])
        )
        return cls(**{**values, "counts": read})


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"


def _counted(reason: str, number: int) -> str:
    """Return how often a reason applied, with the plural at its first noun: 2 messages of another kind."""
    noun, space, rest = reason.partition(next((word for word in _AFTER_NOUN if word in reason), "\0"))
    return f"{counted(number, noun)}{space}{rest}"
