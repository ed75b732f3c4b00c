"""A loaded model, ready to type with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from seqchat.completion.context import Context
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.shelf import find
from seqchat.model.stepping import StepNetwork, build_steps


@dataclass(frozen=True)
class Engine:
    """A model, its words, and the states of the text at hand. Not safe to use from several threads at once."""

    name: str
    config: ModelConfig
    vocabulary: Vocabulary
    network: StepNetwork
    context: Context

    @classmethod
    def load(cls, model: str | Path) -> Engine:
        """Load a model by its path or name.

        Raises:
            SeqchatError: there is no such model, or its files are damaged or do not fit each other.
        """
        # One thread is faster and steadier than several for the small products of a single step.
        torch.set_num_threads(1)
        folder = find(str(model))
        checkpoint = Checkpoint.load(folder)
        try:
            vocabulary = Vocabulary(checkpoint.words, segmenter(checkpoint.segmenter))
        except SeqchatError as error:
            raise SeqchatError(f"The model in {folder} cannot be used: {error}") from error
        network = build_steps(checkpoint.config, checkpoint.weights)
        return cls(folder.name, checkpoint.config, vocabulary, network, Context(network, vocabulary))
