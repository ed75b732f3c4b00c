"""Every number of the recipe: what it means, which values it accepts, and its default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from seqchat.declared import Condition, Range, check, declarations, declared
from seqchat.errors import SeqchatError
from seqchat.model.cells import CELLS

Precision = Literal["auto", "fp32", "bf16"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Softmax = Literal["auto", "full", "sampled"]
OptimizerName = Literal["adamw", "sgd"]

# Small corpora are read more often: enough epochs for this many words, within the limits.
_WANTED_WORDS = 4_000_000
_MIN_EPOCHS, _MAX_EPOCHS = 6, 40

_SHARE = Range(0, 1)
# Of dropout and of replay, something is left.
_DROPOUT = Range(0, 0.99)
_COUNT = Range(1)
_NOT_NEGATIVE = Range(0)
_POSITIVE = Range(above=0)


# The cells that weight dropout can drop something of
_WITH_RECURRENT_WEIGHTS = tuple(name for name, cell in CELLS.items() if cell.recurrent_weights)


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained; the regularisation is that of AWD-LSTM (Merity, Keskar and Socher 2017).

    The optimizer ``adamw`` warms up to the peak learning rate and then follows a cosine down to a tenth of it; ``sgd``
    has a constant rate and averages its weights once a report is worse than the best one before the last
    `non_monotonic` (NT-ASGD).
    """

    batch_size: int = declared(32, "How many dialogs to read side by side.", _COUNT, option="--batch")
    window: int = declared(40, "Words of truncated back-propagation through time, varied at random.", _COUNT)
    full_window_share: float = declared(0.95, "Share of the windows that are not halved.", _SHARE)
    learning_rate: float = declared(
        3e-3,
        "Peak learning rate; with sgd, the constant rate.",
        _POSITIVE,
        shown="by preset, optimizer and cell",
        resumable=True,
    )
    optimizer: OptimizerName = declared("adamw", "Optimizer; sgd averages its weights towards the end.")
    weight_decay: float = declared(0.05, "Weight decay.", _NOT_NEGATIVE)
    warmup: float = declared(
        0.02,
        "Share of the run in which the learning rate rises.",
        _SHARE,
        conditions=(Condition("optimizer", ("adamw",)),),
    )
    non_monotonic: int = declared(
        5,
        "Evaluations that sgd looks back before it starts to average.",
        _NOT_NEGATIVE,
        conditions=(Condition("optimizer", ("sgd",)),),
    )
    clip: float = declared(1.0, "Largest norm of the gradient; 0 for any.", _NOT_NEGATIVE, resumable=True)
    embedding_dropout: float = declared(0.05, "Share of words dropped from the embedding.", _DROPOUT)
    input_dropout: float = declared(0.4, "Share of units dropped after the embedding.", _DROPOUT)
    hidden_dropout: float = declared(
        0.3, "Share of units dropped between layers.", _DROPOUT, conditions=(Condition("layers", minimum=2),)
    )
    output_dropout: float = declared(0.4, "Share of units dropped after the last layer.", _DROPOUT)
    weight_dropout: float = declared(
        0.1,
        "Share of recurrent weights dropped.",
        _DROPOUT,
        conditions=(Condition("objective", ("next", "infill")), Condition("cell", _WITH_RECURRENT_WEIGHTS)),
    )
    ar_alpha: float = declared(2.0, "Penalty on large activations (α of AWD-LSTM).", _NOT_NEGATIVE)
    tar_beta: float = declared(1.0, "Penalty on changes of activations (β of AWD-LSTM).", _NOT_NEGATIVE)
    replay: float = declared(
        0.0,
        "Share of the loss that keeps what the model of --from knows: how far the two differ (KL) on this text.",
        _DROPOUT,
        conditions=(Condition("objective", ("next",), text="with a model that predicts the next word from the left"),),
    )
    softmax: Softmax = declared(
        "auto",
        "Train against all words or a sample of them.",
        shown="auto: a sample for 8,000 words or more",
    )
    samples: int = declared(
        8_192, "Size of that sample.", _COUNT, conditions=(Condition("softmax", ("auto", "sampled")),)
    )
    epochs: int | None = declared(
        None,
        "How often the text is read; 0 leaves the network untrained.",
        _NOT_NEGATIVE,
        shown="by the size of the text",
        resumable=True,
    )
    patience: int = declared(4, "Evaluations without improvement before training stops.", _COUNT, resumable=True)
    time_limit: float | None = declared(
        None, "Stop after this time, such as 90s, 10m or 2h.", _POSITIVE, unit="seconds", resumable=True
    )
    eval_interval: int = declared(1_000_000, "Words between two evaluations, at most an epoch.", _COUNT, resumable=True)
    ngrams: int = declared(
        1_200_000, "N-grams of the text to keep and mix in at most; 0 for none.", _NOT_NEGATIVE, resumable=True
    )
    ngram_words: int = declared(
        4_000_000, "Count n-grams in at most this many words; each takes 60 bytes of memory.", _COUNT, resumable=True
    )
    seed: int = declared(1, "The same seed gives the same model.", _NOT_NEGATIVE)
    precision: Precision = declared("auto", "Precision of matrix products.", resumable=True)
    device: Device = declared("auto", "Where to train.", resumable=True)

    def __post_init__(self) -> None:
        check(self)

    def epochs_for(self, tokens: int) -> int:
        """Return the number of epochs for a corpus of this many tokens."""
        if self.epochs is not None:
            return self.epochs
        return max(_MIN_EPOCHS, min(_MAX_EPOCHS, round(_WANTED_WORDS / tokens)))

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TrainingSettings:
        """Read the fields back; entries of later versions are an error."""
        if unknown := set(values) - {f.name for f in fields(cls)}:
            raise SeqchatError(f"The training settings have unknown entries: {', '.join(sorted(unknown))}.")
        return cls(**values)


# What may change when a run is resumed; anything else would make its position in the text or its state meaningless.
RESUMABLE = tuple(name for name, declaration in declarations(TrainingSettings).items() if declaration.resumable)
