"""The result of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqchat.evaluation.keystrokes import KeystrokeSavings
from seqchat.evaluation.metrics import Metrics, TextMetrics
from seqchat.evaluation.pinyin import PinyinResult


@dataclass(frozen=True)
class EvaluationReport:
    """All metrics of a model on some texts.

    text: of all texts together
    heads: of each head of a network that reads from both sides, alone
    sources: of each text
    keystrokes: None if nothing was typed
    dialogs: in the texts
    words_per_second: of predicting and counting, without segmenting the text
    pinyin: None if nothing was typed in pinyin
    precision: of products, as in `EvaluatedModel`
    """

    text: TextMetrics
    heads: Mapping[str, Metrics]
    sources: Mapping[str, Metrics]
    keystrokes: KeystrokeSavings | None
    dialogs: int
    words_per_second: float
    pinyin: PinyinResult | None = None
    precision: str = "fp32"

    def to_json(self) -> dict[str, Any]:
        """Return what `eval` and `compare` both print as JSON values; null for what is not known."""
        keystrokes = self.keystrokes
        return {
            "dialogs": self.dialogs,
            **self.text.to_json(),
            "keystroke_savings": keystrokes.savings if keystrokes else None,
            "keystroke_ceiling": keystrokes.ceiling if keystrokes else None,
            "keystroke_characters": keystrokes.characters if keystrokes else 0,
            "keystrokes_per_character": keystrokes.keys_per_character if keystrokes else None,
            "precision": self.precision,
        }


def groups_json(groups: Mapping[str, Metrics]) -> dict[str, Any]:
    """Return the metrics of each group as JSON values."""
    return {name: metrics.to_json() for name, metrics in groups.items()}
