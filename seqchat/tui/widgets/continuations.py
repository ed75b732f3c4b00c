"""Sampled continuations as a tree whose branches stream in word by word."""

from __future__ import annotations

import math
from itertools import accumulate

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from seqchat.tui.branches import Branch, Branches
from seqchat.tui.confidence import branch_confidence
from seqchat.tui.keys import BRANCHES
from seqchat.tui.language import say

# Before the last branch that has words, and before others
_BOUGHS = {True: "└", False: "├"}
# Words that are at least this probable have full contrast.
_PROBABLE = 0.1
# The number of a branch, and how probable it is as a number or a mark
_NUMBER_WIDTH = 3
_WIDTHS = {True: 5, False: 1}


class Continuations(Widget):
    """One row for each branch: its number, how probable it is, and its words, the improbable ones fainter.

    A branch without words has no row: it is not worth a glance, or not yet.
    """

    # Whether the branches have their probabilities, or marks
    numbers = reactive(False)

    class BranchCommitted(Message):
        """A branch was clicked; `text` is its text up to there."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Shown(Message):
        """There is room for them again."""

    def __init__(self) -> None:
        super().__init__()
        self.branches = Branches()

    def on_show(self) -> None:
        """Say that there is room."""
        self.post_message(self.Shown())

    def describe(self, temperature: float, top_p: float) -> None:
        """Show how the branches are drawn."""
        self.border_title = say("Continuations")
        self.border_subtitle = say("temperature {t:.1f}  top-p {p:.2f}", t=temperature, p=top_p)

    def render(self) -> Content:
        """Draw the branches, each cut to one line."""
        last = max((index for index in range(BRANCHES) if self.branches[index].words), default=-1)
        rows = [self._row(index, self.branches[index], index == last) for index in range(last + 1)]
        return Content("\n").join(rows)

    def _row(self, index: int, branch: Branch, last: bool) -> Content:
        if not branch.words:
            return Content.styled("│", "$text-muted")
        sure = branch_confidence(branch.log_probabilities, numbers=self.numbers)
        head = Content.assemble(
            (f"{_BOUGHS[last]}{index + 1} ", "$text-muted"), (f"{sure:>{_WIDTHS[self.numbers]}} ", "$secondary")
        )
        words = [
            (word.replace("\n", " "), "" if value >= math.log(_PROBABLE) else "$text-muted")
            for word, value in zip(branch.words, branch.log_probabilities, strict=True)
        ]
        mark = "⏎" if branch.ended else "▌"
        text = Content.assemble(*words, (mark, "$text-muted"))
        return head + text.truncate(max(self.content_size.width - head.cell_length, 1), ellipsis=True)

    def on_click(self, event: events.Click) -> None:
        """Pick the branch under the mouse, up to the word there."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= BRANCHES:
            return
        branch = self.branches[offset.y]
        ends = accumulate((cell_len(word) for word in branch.words), initial=_NUMBER_WIDTH + _WIDTHS[self.numbers] + 1)
        # A click on the number, or after the last word, inserts all of it.
        taken = sum(end <= offset.x for end in ends)
        words = branch.words[:taken] if taken else branch.words
        if words:
            self.post_message(self.BranchCommitted("".join(words)))
