"""A conversation: its turns, and what can be done with them; independent of widgets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Speaker = Literal["you", "model"]


@dataclass
class Turn:
    """What one side said; `name` is that of the model that said it, if known."""

    speaker: Speaker
    text: str
    name: str = ""


@dataclass
class Conversation:
    """Turns, oldest first."""

    turns: list[Turn] = field(default_factory=list)

    def history(self) -> list[str]:
        """Return what was said, in the form that a model reads."""
        return [turn.text for turn in self.turns]

    def add(self, text: str, model: str = "") -> None:
        """Add what the writer said, and an empty turn for the reply of a model."""
        self.turns += [Turn("you", text), Turn("model", "", model)]

    def own_turn(self, index: int) -> int:
        """Return the number of the writer's turn that is `index`, or the one before a reply."""
        while index > 0 and self.turns[index].speaker == "model":
            index -= 1
        return index

    def remove_from(self, index: int) -> str:
        """Drop the writer's turn `index`, or the one before a reply, with all that follows; return what it said."""
        index = self.own_turn(index) if self.turns else 0
        text = self.turns[index].text if self.turns else ""
        del self.turns[index:]
        return text

    def restart_reply(self, index: int, model: str = "") -> bool:
        """Empty the reply at `index`, or after the writer's turn there, and drop what follows; False if there is
        none."""
        if index < len(self.turns) and self.turns[index].speaker == "you":
            index += 1
        if not 0 < index <= len(self.turns):
            return False
        del self.turns[index:]
        self.turns.append(Turn("model", "", model))
        return True

    def last(self, speaker: Speaker) -> int | None:
        """Return the number of the last turn of one side, or None."""
        return next((i for i in reversed(range(len(self.turns))) if self.turns[i].speaker == speaker), None)

    def as_text(self, names: dict[Speaker, str]) -> str:
        """Return a turn a line, each with its speaker's name; `names` are for turns that have none."""
        return "".join(f"{line}\n" for line in self._lines("{name}: {text}", names))

    def as_markdown(self, names: dict[Speaker, str]) -> str:
        """Return one paragraph for each turn; characters with a meaning in Markdown are escaped."""
        return "\n\n".join(self._lines("**{name}:** {text}", names, _MARKDOWN)) + "\n"

    def _lines(self, form: str, names: dict[Speaker, str], escapes: dict[int, str] | None = None) -> Iterator[str]:
        for turn in self.turns:
            text = " ".join(turn.text.split())
            name = turn.name or names[turn.speaker]
            yield (
                form.format(name=name, text=text).strip()
                if escapes is None
                else form.format(name=name.translate(escapes), text=text.translate(escapes))
            )


# What has a meaning in the middle of a line
_MARKDOWN = {ord(sign): f"\\{sign}" for sign in "\\`*_[]<>|~&"}
