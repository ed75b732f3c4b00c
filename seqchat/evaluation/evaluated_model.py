"""A model as it is evaluated: its network reads whole texts instead of one keystroke after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.evaluation.predictor import TextPredictor
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import CacheWeights
from seqchat.model.network import Network, build

# The heads of a network that reads from both sides
_HEADS = ("forward", "backward", "joint")


@dataclass(frozen=True)
class EvaluatedModel:
    """A model, ready to be evaluated."""

    name: str
    checkpoint: Checkpoint
    network: Network
    vocabulary: Vocabulary

    @classmethod
    def of(cls, name: str, checkpoint: Checkpoint) -> EvaluatedModel:
        """Build the network and the vocabulary of a checkpoint."""
        network = build(checkpoint.config)
        network.load_state_dict(checkpoint.weights)
        return cls(name, checkpoint, network.eval(), Vocabulary(checkpoint.words, segmenter(checkpoint.segmenter)))

    @classmethod
    def load(cls, folder: Path, *, ngrams: bool = True, cache: bool = True) -> EvaluatedModel:
        """Load a model, with or without its n-grams and its cache of the turns before.

        Raises:
            SeqchatError: its files are damaged or do not fit each other.
        """
        checkpoint = Checkpoint.load(folder)
        return cls.of(
            folder.name,
            replace(
                checkpoint,
                mixture=checkpoint.mixture if ngrams else None,
                cache=checkpoint.cache if cache else CacheWeights(),
            ),
        )

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads that are also evaluated alone: none if there is only one."""
        return _HEADS if self.checkpoint.config.objective == "infill" else ()

    def predictor(self) -> TextPredictor:
        """Return what predicts as the engine does, from the left."""
        return TextPredictor(self.network, self.checkpoint.mixture, self.checkpoint.cache)

    def head_predictor(self, head: str) -> TextPredictor:
        """Return a head of the network alone, without n-grams and cache."""
        return TextPredictor(self.network, head=head)
