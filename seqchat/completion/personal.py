"""What a writer brings with them: their habits, their phrases, and the script in which they write."""

from __future__ import annotations

from dataclasses import dataclass, field

from seqchat.completion.custom_phrases import Table
from seqchat.completion.habits import Habits


@dataclass(frozen=True)
class Personal:
    """habits: words that are learned; phrases: by their abbreviations; script: simplified or traditional."""

    habits: Habits = field(default_factory=Habits)
    phrases: Table = field(default_factory=dict)
    script: str = "simplified"
