"""Every number of the recipe, with its default, and the presets by size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from seqchat.errors import SeqchatError

Precision = Literal["auto", "fp32", "bf16"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Softmax = Literal["auto", "full", "sampled"]
OptimizerName = Literal["adamw", "sgd"]

# Small corpora are read more often: as many epochs as make this many words, within the limits.
_WORDS_WANTED = 4_000_000
_EPOCHS_LEAST, _EPOCHS_MOST = 6, 40

# What may change when a run goes on; all else would make its place in the text or its state meaningless.
RESUMABLE = (
    "epochs",
    "patience",
    "time_limit",
    "report_words",
    "learning_rate",
    "clip",
    "ngrams",
    "device",
    "precision",
)

_SHARES = (
    "embedding_dropout",
    "input_dropout",
    "hidden_dropout",
    "output_dropout",
    "weight_dropout",
    "full_window_share",
    "warmup",
)
_POSITIVE = ("batch_size", "window", "patience", "report_words", "learning_rate", "clip", "samples")
_NOT_NEGATIVE = ("seed", "ngrams", "weight_decay", "activation", "slowness", "non_monotonic")


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained; the regularisation is that of AWD-LSTM (Merity, Keskar and Socher 2017).

    batch_size: dialogs read side by side; window: words of truncated back-propagation, `full_window_share` of the
    windows having that length and the others half of it, both varied at random. embedding_dropout … weight_dropout: as
    in `Dropouts`; activation, slowness: the penalties alpha and beta on activations and their changes.
    optimizer: ``adamw`` with `warmup` (share of all steps) to the peak `learning_rate` and a cosine to a tenth, or
    ``sgd`` at a constant rate that averages its weights once a report is worse than the best one from before the last
    `non_monotonic`. clip: norm of the gradient. softmax: ``sampled`` trains against `samples` other words, which
    pays with large vocabularies.
    epochs: None chooses by the size of the corpus; patience: reports without a better validation perplexity before it
    stops; time_limit: seconds, None for no limit; report_words: words between two reports, at most an epoch. ngrams:
    how many of the text's n-grams are kept and mixed in at the end, at most; 0 for none.
    """

    batch_size: int = 32
    window: int = 40
    full_window_share: float = 0.95
    learning_rate: float = 3e-3
    optimizer: OptimizerName = "adamw"
    weight_decay: float = 0.05
    warmup: float = 0.02
    non_monotonic: int = 5
    clip: float = 1.0
    embedding_dropout: float = 0.05
    input_dropout: float = 0.4
    hidden_dropout: float = 0.3
    output_dropout: float = 0.4
    weight_dropout: float = 0.1
    activation: float = 2.0
    slowness: float = 1.0
    softmax: Softmax = "auto"
    samples: int = 8_192
    epochs: int | None = None
    patience: int = 4
    time_limit: float | None = None
    report_words: int = 1_000_000
    ngrams: int = 1_200_000
    seed: int = 1
    precision: Precision = "auto"
    device: Device = "auto"

    def __post_init__(self) -> None:
        for name in _POSITIVE:
            if not getattr(self, name) > 0:
                raise SeqchatError(f"{name} is more than 0, not {getattr(self, name)}.")
        for name in _NOT_NEGATIVE:
            if not getattr(self, name) >= 0:
                raise SeqchatError(f"{name} is at least 0, not {getattr(self, name)}.")
        for name in _SHARES:
            upper = 1 if name in ("full_window_share", "warmup") else 0.99
            if not 0 <= getattr(self, name) <= upper:
                raise SeqchatError(f"{name} is a share, at least 0 and at most {upper}, not {getattr(self, name)}.")
        if self.epochs is not None and self.epochs < 1:
            raise SeqchatError(f"epochs is at least 1, not {self.epochs}.")
        if self.time_limit is not None and not self.time_limit > 0:
            raise SeqchatError(f"time_limit is more than 0 seconds, not {self.time_limit}.")

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
