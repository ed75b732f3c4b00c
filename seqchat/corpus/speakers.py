"""Who wrote what: the turns of the people that a model learns to write as, and those that are only their context."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from seqchat.errors import SeqchatError, one_line
from seqchat.wording import counted, listed

if TYPE_CHECKING:
    from seqchat.corpus.dialogs import Dialog

# Names the owner of an export, where it says who that is
ME = "me"
# What exporters call the owner
_OWNERS = frozenset({ME, "you", "我"})
_SHOWN = 6
_MAX_NAMES = 10_000


def learned_turns(dialog: Dialog, wanted: Sequence[str]) -> tuple[bool, ...]:
    """Return which turns of a dialog were written by one of these people; letters may be large or small."""
    names = {_folded(name) for name in wanted}
    return tuple(
        (bool(name) and _folded(name) in names) or (own and ME in names)
        for name, own in zip(_speakers(dialog), owners_turns(dialog), strict=True)
    )


def owners_turns(dialog: Dialog) -> tuple[bool, ...]:
    """Return which turns of a dialog are the export's owner's, as far as it says so."""
    mine = dialog.mine or (False,) * len(dialog.turns)
    return tuple(own or _folded(name) in _OWNERS for own, name in zip(mine, _speakers(dialog), strict=True))


def _speakers(dialog: Dialog) -> tuple[str, ...]:
    return dialog.speakers or ("",) * len(dialog.turns)


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


@dataclass
class SpeakerCounts:
    """How many turns each person wrote, the owner of an export among them, and how many of all are learned.

    wanted: the people that a model learns to write as; none if it learns from all.
    """

    wanted: list[str] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    own: int = 0
    turns: int = 0
    learned: int = 0

    def add(self, dialog: Dialog) -> None:
        """Count the turns of a dialog."""
        self.turns += len(dialog.turns)
        self.learned += sum(dialog.learned) if dialog.learned else len(dialog.turns)
        self.own += sum(owners_turns(dialog))
        for name in dialog.speakers:
            if name and (name in self.names or len(self.names) < _MAX_NAMES):
                self.names[name] += 1

    def check(self) -> None:
        """Refuse people who wrote nothing.

        Raises:
            SeqchatError: names one, and who is there.
        """
        if not self.wanted:
            return
        if not self.names and not self.own:
            raise SeqchatError("The text does not say who wrote what, so that --speaker has nothing to choose.")
        there = {_folded(name): name for name in self.names}
        for name in self.wanted:
            if _folded(name) == ME and not self.own:
                raise SeqchatError(
                    f"The text does not say which of these people you are; name one: {self._there('or')}."
                )
            if _folded(name) != ME and _folded(name) not in there:
                near = get_close_matches(_folded(name), there, 1)
                meant = f"; did you mean {one_line(there[near[0]], 60)}?" if near else "."
                raise SeqchatError(f"No turn is by {one_line(name, 60)}, but by {self._there()}{meant}")

    def _there(self, conjunction: str = "and") -> str:
        """Name the people, those who wrote most first."""
        shown = [one_line(name, 40) for name, _ in self.names.most_common(_SHOWN)]
        others = len(self.names) - len(shown)
        return listed([*shown, *([f"{others:,} more"] if others else [])], conjunction)

    def sentence(self) -> str:
        """Say how many turns are learned, of whom; empty if all are."""
        if not self.wanted:
            return ""
        folded = {_folded(name) for name in self.wanted}
        people = [
            f"{one_line(name, 60)} ({number:,})" for name, number in self.names.most_common() if _folded(name) in folded
        ]
        if ME in folded and not any(_folded(name) == ME for name in self.names):
            people.insert(0, f"you ({self.own:,})")
        return (
            f"Learned: {self.learned:,} of {counted(self.turns, 'turn')}, by {listed(people)}; the others are context"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {**vars(self), "names": dict(self.names)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> SpeakerCounts:
        """Return the counts that `to_json` wrote."""
        return cls(**{**values, "names": Counter(values["names"])})
