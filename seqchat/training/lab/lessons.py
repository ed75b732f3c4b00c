"""The small networks of the lessons: every structure of the course learns who 他 and 她 are."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import pad_sequence

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import encode_dialog
from seqchat.corpus.vocabulary import PAD_ID, Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.files import new_folder, write_file
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.folder import CARD
from seqchat.model.network import Network, build
from seqchat.model.threads import one_thread
from seqchat.model.weights import compact
from seqchat.progress import SILENT, Progress
from seqchat.training.lab.pronouns import texts
from seqchat.training.lab.task import PRONOUNS

_SHAPE: dict[str, Any] = {"embedding_size": 20, "hidden_size": 40}
# One layer, several, and several in two directions, which only a window of the last words can have
NETWORKS: dict[str, dict[str, Any]] = {
    "lesson-rnn": {"cell": "rnn", "layers": 1},
    "lesson-lstm": {"cell": "lstm", "layers": 1},
    "lesson-gru": {"cell": "gru", "layers": 1},
    "lesson-mingru": {"cell": "mingru", "layers": 1},
    "lesson-lstm-deep": {"cell": "lstm", "layers": 2},
    "lesson-window": {"cell": "lstm", "layers": 2, "objective": "window", "bidirectional": True, "window": 16},
}
_SEGMENTER = "unicode"
# Texts that show all words
_SAMPLE = 2_000
_BATCH, _RATE, _CLIP = 32, 0.01, 1.0
# How much a word counts that is no pronoun; most words are none, and chance decides most of them.
_OTHER_WORDS = 0.1

_CARD = """\
# {name}

{cell}, {layers} of {hidden} units, {parameters:,} parameters: a network to look into. It learned made-up sentences
such as

> {example}

The subject is 小帅 or 小美, up to five clauses that say nothing about them follow, and then 他 or 她. In training, a
pronoun counted ten times as much as another word. Beyond these sentences it knows nothing.

{updates:,} updates of {batch} texts, seed {seed}.

## Made by

```
{command}
```
"""


def train_lessons(folder: Path, updates: int, seed: int, command: str, progress: Progress = SILENT) -> list[str]:
    """Train the networks one after the other and write each into its folder in `folder`; return their names.

    Raises:
        SeqchatError: a folder cannot be written.
    """
    vocabulary = _vocabulary(seed)
    with one_thread():
        for number, (name, shape) in enumerate(NETWORKS.items()):
            config = ModelConfig(len(vocabulary.words), **_SHAPE, **shape)
            network = _Lesson(vocabulary, config, seed).train(updates, name, number / len(NETWORKS), progress)
            data = {"sources": ["lab pronouns"], "command": command}
            checkpoint = Checkpoint(config, list(vocabulary.words), compact(network.state_dict()), _SEGMENTER, data)
            with new_folder(folder / name) as partial:
                checkpoint.save(partial)
                write_file(partial / CARD, _card(name, config, updates, seed, command))
    return list(NETWORKS)


def _vocabulary(seed: int) -> Vocabulary:
    cutter = segmenter(_SEGMENTER)
    return Vocabulary.build(Counter(word for text in texts(_SAMPLE, seed) for word in cutter.split(text)), cutter)


class _Lesson:
    """A network that learns sentences; the texts are the same for each network."""

    def __init__(self, vocabulary: Vocabulary, config: ModelConfig, seed: int) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._network = build(config)
        self._vocabulary, self._rng = vocabulary, Random(seed)
        self._pronouns = torch.tensor([vocabulary.ids_of(word)[0] for word in PRONOUNS])

    def train(self, updates: int, name: str, share: float, progress: Progress) -> Network:
        """Learn with Adam, its rate falling to nothing along a cosine."""
        optimizer = torch.optim.Adam(self._network.parameters(), lr=_RATE)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: 0.5 + 0.5 * math.cos(math.pi * n / updates))
        for update in range(updates):
            progress.progress(f"{name}, update {update + 1:,} of {updates:,}", share + update / updates / len(NETWORKS))
            optimizer.zero_grad()
            self._loss().backward()  # type: ignore[no-untyped-call]
            clip_grad_norm_(self._network.parameters(), _CLIP)
            optimizer.step()
            schedule.step()
        return self._network

    def _loss(self) -> Tensor:
        """Return the mean negative log-likelihood of the words of new texts, pronouns counting more than others."""
        dialogs = [Dialog((text,)) for text in texts(_BATCH, self._rng.getrandbits(32))]
        rows = [torch.tensor(encode_dialog(dialog, self._vocabulary)[0]) for dialog in dialogs]
        inputs = pad_sequence([row[:-1] for row in rows], padding_value=PAD_ID)
        targets = pad_sequence([row[1:] for row in rows], padding_value=PAD_ID)
        run = self._network(inputs, self._network.initial_state(_BATCH), targets)
        losses = cross_entropy(
            self._network.logits(run.heads["forward"]).flatten(0, 1), targets.flatten(), reduction="none"
        )
        weights = torch.where(torch.isin(targets, self._pronouns), 1.0, _OTHER_WORDS) * (targets != PAD_ID)
        return (losses * weights.flatten()).sum() / weights.sum()


def _card(name: str, config: ModelConfig, updates: int, seed: int, command: str) -> str:
    return _CARD.format(
        name=name,
        cell=config.cell_kind.title,
        layers="two layers" if config.layers == 2 else "one layer",
        hidden=config.hidden_size,
        parameters=config.parameters,
        example=next(texts(1, seed)),
        updates=updates,
        batch=_BATCH,
        seed=seed,
        command=command,
    )
