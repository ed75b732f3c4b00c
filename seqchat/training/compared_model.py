"""A model of a comparison: one of the user's, or a baseline that was trained for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from seqchat.errors import SeqchatError
from seqchat.evaluation.evaluated_model import EvaluatedModel
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.folder import CONFIG, LEXICON, MAX_NGRAM_MODELS, VOCABULARY, WEIGHTS, ngram_files
from seqchat.model.output import Precision
from seqchat.model.weights import compact
from seqchat.training.history import History

# The files of a model's folder that are needed to use it
_FILES = (CONFIG, VOCABULARY, WEIGHTS, LEXICON, *ngram_files(MAX_NGRAM_MODELS))


@dataclass(frozen=True)
class ComparedModel:
    """A model with its size and the cost of its training.

    parameters: of its network, 0 for n-grams alone
    megabytes: of its files, without those that only training needs
    training_seconds: None if unknown
    """

    model: EvaluatedModel
    parameters: int
    megabytes: float
    training_seconds: float | None

    @classmethod
    def load(
        cls, folder: Path, *, network_only: bool = False, lexicon: str | None = None, precision: Precision = "auto"
    ) -> ComparedModel:
        """Load a model; network_only: without its n-grams, its cache and a lexicon.

        lexicon: as in `lexicons_of`; precision: as in `TextOutput`.

        Raises:
            SeqchatError: its files are damaged or do not fit each other.
        """
        model = EvaluatedModel.load(
            folder,
            ngrams=not network_only,
            cache=not network_only,
            lexicon="none" if network_only else lexicon,
            precision=precision,
        )
        return cls(model, model.checkpoint.config.parameters, _megabytes(folder), _training_seconds(folder))

    @classmethod
    def trained(cls, name: str, checkpoint: Checkpoint, parameters: int, seconds: float) -> ComparedModel:
        """Return a model that has just been trained, in this many seconds."""
        return cls(EvaluatedModel.of(name, checkpoint), parameters, _stored_megabytes(checkpoint), seconds)

    @property
    def name(self) -> str:
        """The name of the model."""
        return self.model.name

    @property
    def checkpoint(self) -> Checkpoint:
        """The model as it is stored."""
        return self.model.checkpoint

    @property
    def ngrams(self) -> int:
        """How many n-grams the model has."""
        mixture = self.checkpoint.mixture
        return mixture.entries if mixture else 0


def _stored_megabytes(checkpoint: Checkpoint) -> float:
    with TemporaryDirectory() as name:
        replace(checkpoint, weights=compact(checkpoint.weights)).save(Path(name))
        return _megabytes(Path(name))


def _megabytes(folder: Path) -> float:
    return sum((folder / name).stat().st_size for name in _FILES if (folder / name).is_file()) / 1e6


def _training_seconds(folder: Path) -> float | None:
    """Return how long a model was trained according to its last report; None if that does not say."""
    try:
        seconds = History.read(folder).reports[-1].get("seconds")
    except SeqchatError:
        return None
    return float(seconds) if isinstance(seconds, int | float) else None
