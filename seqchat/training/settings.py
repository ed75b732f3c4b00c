"""Every number of the recipe, with its default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from seqchat.errors import SeqchatError

Precision = Literal["auto", "fp32", "bf16"]

# Small corpora are read more often: as many epochs as make this many words, within the limits.
_WORDS_WANTED = 4_000_000
_EPOCHS_LEAST, _EPOCHS_MOST = 6, 40


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained.

    batch_size: dialogs read side by side; window: words of truncated back-propagation; learning_rate: its peak, after
    `warmup` (share of all steps) and before a cosine decay to a tenth; epochs: None chooses by the size of the corpus;
    patience: reports without a better validation perplexity before it stops; time_limit: seconds, None for no limit;
    report_words: words between two reports, at most an epoch.
    """

    batch_size: int = 32
    window: int = 40
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    clip: float = 1.0
    warmup: float = 0.02
    epochs: int | None = None
    patience: int = 3
    time_limit: float | None = None
    report_words: int = 1_000_000
    seed: int = 1
    precision: Precision = "auto"

    def __post_init__(self) -> None:
        for name in ("batch_size", "window", "patience", "report_words"):
            if getattr(self, name) < 1:
                raise SeqchatError(f"{name} is at least 1, not {getattr(self, name)}.")
        if self.epochs is not None and self.epochs < 1:
            raise SeqchatError(f"epochs is at least 1, not {self.epochs}.")
        if self.time_limit is not None and not self.time_limit > 0:
            raise SeqchatError(f"time_limit is more than 0 seconds, not {self.time_limit}.")
        for name in ("learning_rate", "clip"):
            if not getattr(self, name) > 0:
                raise SeqchatError(f"{name} is more than 0, not {getattr(self, name)}.")

    def epochs_for(self, tokens: int) -> int:
        """Return the number of epochs for a corpus of so many tokens."""
        if self.epochs is not None:
            return self.epochs
        return max(_EPOCHS_LEAST, min(_EPOCHS_MOST, round(_WORDS_WANTED / tokens)))

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TrainingSettings:
        """Read the fields back; entries of later versions are an error."""
        if unknown := set(values) - {f.name for f in fields(cls)}:
            raise SeqchatError(f"The training settings have unknown entries: {', '.join(sorted(unknown))}.")
        return cls(**values)
