"""A model as it is evaluated: its network reads whole texts instead of one keystroke after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from seqchat.completion.engine import Engine, mixed_in
from seqchat.corpus.lexicon_words import NO_LEXICON, Lexicons, LexiconWords, lexicons_of
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.evaluation.predictor import TextPredictor
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import CacheWeights
from seqchat.model.mixture import LexiconMixture
from seqchat.model.network import Network, build
from seqchat.model.output import Precision
from seqchat.model.products import multiplies_bfloat16
from seqchat.model.recurrent import RecurrentStack
from seqchat.model.text_output import TextOutput
from seqchat.model.weights import word_vectors

# The heads of a network that reads from both sides
_HEADS = ("forward", "backward", "joint")


@dataclass(frozen=True)
class EvaluatedModel:
    """A model, ready to be evaluated."""

    name: str
    checkpoint: Checkpoint
    network: Network
    vocabulary: Vocabulary

    lexicons: Lexicons = NO_LEXICON
    precision: Precision = "auto"

    @classmethod
    def of(
        cls, name: str, checkpoint: Checkpoint, lexicons: Lexicons = NO_LEXICON, precision: Precision = "auto"
    ) -> EvaluatedModel:
        """Build the network and the vocabulary of a checkpoint.

        precision: ``auto`` multiplies in whole numbers and bfloat16 where the processor does; as in `TextOutput`.
        """
        network = build(checkpoint.config)
        network.load_state_dict(checkpoint.weights)
        for stack in _stacks(network):
            stack.multiply_in_bfloat16 = precision == "auto" and multiplies_bfloat16()
        vocabulary = Vocabulary(checkpoint.words, segmenter(checkpoint.segmenter))
        if lexicons != NO_LEXICON:
            vocabulary.lexicon = LexiconWords(vocabulary, lexicons.shared, lexicons.own)
        return cls(name, checkpoint, network.eval(), vocabulary, lexicons, precision)

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        ngrams: bool = True,
        cache: bool = True,
        lexicon: str | Path | None = None,
        precision: Precision = "auto",
    ) -> EvaluatedModel:
        """Load a model, with or without its n-grams and its cache of the turns before.

        lexicon: as in `lexicons_of`; precision: as in `TextOutput`.

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
            lexicons_of(folder, lexicon),
            precision,
        )

    @cached_property
    def output(self) -> TextOutput:
        """The output layer over texts."""
        weights = self.checkpoint.weights
        return TextOutput(word_vectors(weights), weights["output_bias"], self.precision)

    @property
    def products(self) -> str:
        """The precision of products: ``fp32``, or how those of output layer and cell differ from it."""
        light = [self.output.precision] if self.output.precision != "fp32" else []
        if any(stack.multiply_in_bfloat16 for stack in _stacks(self.network)):
            light.append("bf16")
        return "+".join(light) or "fp32"

    def engine(self) -> Engine:
        """Return the model as it is typed with."""
        return Engine(self.name, self.checkpoint, lexicons=self.lexicons)

    def lexicon_mixture(self) -> LexiconMixture | None:
        """Return how the lexicon is mixed in; None without one."""
        return mixed_in(self.vocabulary, self.checkpoint.lexicon_shares)

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads that are also evaluated alone: none if there is only one."""
        return _HEADS if self.checkpoint.config.objective == "infill" else ()

    def predictor(self) -> TextPredictor:
        """Return what predicts as the engine does, from the left."""
        mixture, cache = self.checkpoint.mixture, self.checkpoint.cache
        # What is mixed in changes the order, so that any word may become a rival.
        mixed = mixture is not None or bool(cache.cache_lambda) or self.lexicons != NO_LEXICON
        return TextPredictor(self.network, mixture, cache, output=self.output, exact=mixed)

    def head_predictor(self, head: str) -> TextPredictor:
        """Return a head of the network alone, without n-grams and cache."""
        return TextPredictor(self.network, head=head, output=self.output, exact=False)


def _stacks(network: Network) -> list[RecurrentStack]:
    return [part for part in network.modules() if isinstance(part, RecurrentStack)]
