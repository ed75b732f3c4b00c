"""Which words may be generated: nothing special, no letters that only spell words, no bracket that nothing opened."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from seqchat.completion.engine import Engine
from seqchat.completion.worth import CLOSING, closes
from seqchat.corpus.vocabulary import DIALOG_ID, PAD_ID, UNKNOWN_ID

_NEVER = (PAD_ID, UNKNOWN_ID, DIALOG_ID)


def allowed(engine: Engine, line: str) -> Tensor:
    """Return 0 for each of the words [words] that may come after a line, and minus infinity for the others."""
    unopened = [i for mark in CLOSING if not closes(mark, line) for i in engine.vocabulary.ids_of(mark)]
    never = torch.tensor([*_NEVER, *engine.fragments, *unopened])
    return torch.zeros(len(engine.vocabulary)).index_fill(0, never, -math.inf)
