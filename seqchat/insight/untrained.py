"""Networks that have learned nothing, with the words of a model: what a gradient does before there was any training."""

from __future__ import annotations

import torch

from seqchat.completion.engine import Engine
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.model_registry import find
from seqchat.model.network import build


def untrained(
    like: str, cell: str, *, nonlinearity: str = "tanh", factor: float = 1.0, seed: int = 0, name: str = "untrained"
) -> Engine:
    """Return a network of the sizes and words of a model, as training would begin with it.

    like: the name of the model; cell: of the network; factor: by which its recurrent weights are multiplied, so that
    the gradient vanishes sooner (below 1) or explodes (far above 1); name: of the engine.

    Raises:
        SeqchatError: there is no such model.
    """
    words = Checkpoint.load(find(like))
    sizes = words.config.embedding_size, words.config.hidden_size
    config = ModelConfig(
        len(words.words), cell=cell, embedding_size=sizes[0], hidden_size=sizes[1], nonlinearity=nonlinearity
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        weights = build(config).state_dict()
    recurrent = config.cell_kind.recurrent_weights
    for weight in weights:
        if any(part in weight for part in recurrent):
            weights[weight] = weights[weight] * factor
    return Engine(name, Checkpoint(config, words.words, weights, words.segmenter))
