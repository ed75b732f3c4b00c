"""Going on from a trained model: its words and those of a new text, and a network that begins with what it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqchat.corpus.splitting import HeldOut
from seqchat.corpus.vocabulary import SPECIAL_WORDS, UNKNOWN_ID, Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError
from seqchat.evaluation.texts import held_out_rule
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.folder import MAX_NGRAM_MODELS, TRAINING
from seqchat.model.model_registry import find
from seqchat.model.network import Network, build
from seqchat.model.ngrams import Mixture
from seqchat.model.weights import load_weights, save_weights

# A text adds at most so many words.
MAX_NEW_WORDS = 20_000
# Where the network as it began is kept, for a run that compares itself with it
_BEGINNING = Path(TRAINING) / "base"

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Base:
    """The model that a training goes on from."""

    folder: Path
    checkpoint: Checkpoint
    vocabulary: Vocabulary

    @classmethod
    def load(cls, name: str) -> Base:
        """Load a model by its name or folder.

        Raises:
            SeqchatError: there is no such model, or it is damaged.
        """
        folder = find(name)
        checkpoint = Checkpoint.load(folder)
        return cls(folder, checkpoint, Vocabulary(checkpoint.words, segmenter(checkpoint.segmenter)))

    @property
    def held_out(self) -> HeldOut | None:
        """Which dialogs its training kept for testing, if it says so."""
        try:
            return held_out_rule(self.checkpoint.data)
        except SeqchatError:
            return None

    def begun(self, vocabulary: Vocabulary, counts: Counts, data: dict[str, Any]) -> Checkpoint:
        """Return the model with a larger vocabulary, before it learns.

        counts: [words], how often each occurs in the text to learn; data: what the new model says of it.
        """
        own = self.checkpoint
        return replace(
            own,
            config=replace(own.config, vocabulary_size=len(vocabulary)),
            words=vocabulary.words,
            segmenter=vocabulary.segmenter.name,
            weights=widened_weights(own.weights, self.vocabulary, vocabulary.words, counts),
            data={**data, "base": self._described(len(vocabulary))},
            mixture=self._mixture(len(vocabulary)),
        )

    def _mixture(self, words: int) -> Mixture | None:
        if self.checkpoint.mixture is None:
            return None
        first, *others = self.checkpoint.mixture.parts
        # The first ones are those of most text; of the others, the last ones are the newest.
        kept = (first, *others[max(len(others) + 2 - MAX_NGRAM_MODELS, 0) :])
        return Mixture(tuple(replace(part, ngrams=part.ngrams.widened(words)) for part in kept))

    def _described(self, words: int) -> dict[str, Any]:
        own = self.checkpoint
        before = own.data.get("base")
        sources = _names(own.data) + (_names(before) if isinstance(before, Mapping) else [])
        mixture = self._mixture(words)
        return {
            "name": self.folder.resolve().name,
            "words": len(own.words),
            "new_words": words - len(own.words),
            "ngram_models": len(mixture.parts) if mixture else 0,
            "sources": sources,
        }


def _names(data: Mapping[str, Any]) -> list[str]:
    """Return the sources that a model names, as far as it does."""
    sources = data.get("sources")
    return [str(source) for source in sources] if isinstance(sources, list) else []


def base_mixture(checkpoint: Checkpoint) -> Mixture | None:
    """Return the n-grams that a model has from the one that it goes on from."""
    base = checkpoint.data.get("base")
    count = base.get("ngram_models") if isinstance(base, Mapping) else 0
    if checkpoint.mixture is None or not isinstance(count, int) or count < 1:
        return None
    return Mixture(checkpoint.mixture.parts[:count])


@torch.no_grad()
def widened_weights(
    weights: Mapping[str, Tensor], vocabulary: Vocabulary, words: list[str], counts: Counts
) -> dict[str, Tensor]:
    """Return the weights of a network for more words at the end of its vocabulary.

    A new word's vector is the mean of those of its characters; its bias is that of words of the vocabulary that are as
    frequent in the new text. counts: [words], how often each occurs there.
    """
    vectors, bias = weights["embedding.weight"], weights["output_bias"]
    known = len(vocabulary)
    mean = vectors[len(SPECIAL_WORDS) :].mean(dim=0)
    added = [_mean_vector(vectors, vocabulary.encode_word(word), mean) for word in words[known:]]
    log_counts = torch.from_numpy(counts).double().clamp(min=0.5).log().float()
    seen = torch.from_numpy(counts[:known] > 0)
    seen[: len(SPECIAL_WORDS)] = False
    offset = (bias - log_counts[:known])[seen].median() if bool(seen.any()) else bias.median()
    return {
        **weights,
        "embedding.weight": torch.cat((vectors, torch.stack(added))) if added else vectors.clone(),
        "output_bias": torch.cat((bias, log_counts[known:] + offset)),
    }


def _mean_vector(vectors: Tensor, characters: list[int], otherwise: Tensor) -> Tensor:
    known = [i for i in characters if i != UNKNOWN_ID]
    return vectors[known].mean(dim=0) if known else otherwise


def keep_beginning(folder: Path, checkpoint: Checkpoint) -> None:
    """Keep the weights that a run begins with in its folder."""
    (folder / _BEGINNING).mkdir(parents=True, exist_ok=True)
    save_weights(folder / _BEGINNING, checkpoint.weights)


def beginning(folder: Path, config: ModelConfig) -> Network:
    """Return the network that a run began with, which does not learn.

    Raises:
        SeqchatError: it was not kept, or is damaged.
    """
    network = build(config)
    network.load_state_dict(load_weights(folder / _BEGINNING, config))
    return network.requires_grad_(False).eval()
