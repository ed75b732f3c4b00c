"""The dialogs of some files that the training of a model kept for testing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from seqchat.corpus.dialogs import Dialog, without_patterns
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.splitting import digest
from seqchat.evaluation.texts import held_out_rule
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.model_registry import find


def held_out_dialogs(model: str, sources: Sequence[str]) -> Iterator[Dialog]:
    """Yield them as the training would have read them; the model was trained on these files, in any order."""
    data = Checkpoint.load(find(model)).data
    rule = held_out_rule(data)
    for dialog in read_dialogs(sources):
        rest = without_patterns(dialog, data.get("drop", []))
        if rest.turns and rule.test_mask(np.array([digest(dialog)], dtype=np.uint64))[0]:
            yield rest
