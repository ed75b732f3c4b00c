"""Networks of the memory test as ordinary models, which every command opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from seqchat.corpus.vocabulary import SPECIAL_WORDS
from seqchat.files import new_folder, write_file
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.folder import CARD
from seqchat.training.lab.results import MemoryReport, MemoryResult
from seqchat.training.lab.scores import scores
from seqchat.training.lab.task import WORDS
from seqchat.wording import percentage

# Words between spaces, since the made-up texts are no sentences that could be cut
_SEGMENTER = "whitespace"
# The logit of words that no text has: e⁻³⁰ of a word's probability
_NEVER = -30.0

_CARD = """\
# {name}

{cell}, {parameters:,} parameters, that learned the memory test: a text names 小帅 or 小美 as its subject after 说到,
goes on with words that say nothing about them, and ends with 他 or 她. It knows {words} words, which a text separates
by spaces, and predicts a pronoun after each of them.

{updates:,} updates; of the runs, the one with the lowest loss on validation texts. Of {texts} test texts a distance:

| words between subject and pronoun | right | |
| --- | --- | --- |
{rows}

Half of all guesses are right.

## Made by

```
{command}
```
"""


def save_networks(report: MemoryReport, folder: Path, command: str) -> list[str]:
    """Write the best network of each contender into a folder that appears whole or not at all; return their names.

    Raises:
        SeqchatError: the folder cannot be written.
    """
    with new_folder(folder) as partial:
        for result in report.results:
            path = partial / result.contender.name
            path.mkdir()
            _checkpoint(result, command).save(path)
            write_file(path / CARD, _card(report, result, command))
    return [result.contender.name for result in report.results]


def _checkpoint(result: MemoryResult, command: str) -> Checkpoint:
    config = result.contender.config
    config = replace(config, vocabulary_size=config.vocabulary_size + len(SPECIAL_WORDS))
    data = {"sources": ["lab memory"], "command": command}
    weights = with_special_words(result.runs[result.best].weights)
    return Checkpoint(config, [*SPECIAL_WORDS, *WORDS], weights, _SEGMENTER, data)


def with_special_words(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of a network that knows the special words too: without a vector, and never predicted."""
    vectors, bias = weights["embedding.weight"], weights["output_bias"]
    special = len(SPECIAL_WORDS)
    return {
        **weights,
        "embedding.weight": torch.cat((vectors.new_zeros(special, vectors.shape[1]), vectors)),
        "output_bias": torch.cat((bias.new_full((special,), _NEVER), bias)),
    }


def _card(report: MemoryReport, result: MemoryResult, command: str) -> str:
    best, settings = result.best, report.settings
    rows = [
        f"| {score.distance} | {percentage(score.correct[best] / settings.texts)} "
        f"| {'farther than in training' if score.distance > settings.longest else ''} |"
        for score in scores(report, result)
    ]
    return _CARD.format(
        name=result.contender.name,
        cell=result.contender.config.cell_kind.title,
        parameters=result.contender.parameters,
        words=len(WORDS),
        updates=report.updates[best],
        texts=settings.texts,
        rows="\n".join(rows),
        command=command,
    )
