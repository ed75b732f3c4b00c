"""The question at the first quit after words were learned: whether they are kept."""

from __future__ import annotations

from seqchat.tui.language import say
from seqchat.tui.screens.dialog import Confirm


class KeepLearned(Confirm):
    """Asks whether words are kept; Enter keeps them, and Esc goes on without an answer."""

    def __init__(self, words: int) -> None:
        question = say(
            "Keep the words that you took ({n}), and those to come, in a file that only you can read? You can change "
            "this in the settings.",
            n=words,
        )
        super().__init__(question, say("Keep them"), say("Forget them"))
