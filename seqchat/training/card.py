"""The README of a trained model."""

from __future__ import annotations

from typing import Any

from seqchat.evaluation.quality import Quality
from seqchat.model.cells import CELLS
from seqchat.model.config import ModelConfig
from seqchat.training.settings import TrainingSettings

_CARD = """\
# {name}

A word-level {cell} language model made with seqchat. It predicts the next word of a chat from all words before it.

| | |
| --- | --- |
| network | {cell}, {layers}, embedding {embedding}, hidden {hidden}, tied output layer |
| parameters | {parameters:,}, stored as float16 |
| vocabulary | {words:,} words |
| data | {sources}: {dialogs:,} dialogs, {train_words:,} words |
| validation | {validation_dialogs:,} other dialogs, {validation_words:,} words, {oov:.1%} of them out of vocabulary |
| training | {tokens:,} tokens in {minutes:.0f} minutes |
| recipe | batch {batch}, window {window}, dropout {dropout}, AdamW at {rate} with a cosine decay |

## Results on the validation dialogs

| perplexity | top-1 | top-3 | top-5 |
| --- | --- | --- | --- |
| {perplexity:.1f} | {top1:.1%} | {top3:.1%} | {top5:.1%} |

Perplexity is per token, ends of turns included. Top-k is over every real word; words that the vocabulary lacks count as
misses. The best weights were chosen by the perplexity of these same dialogs, so it is slightly flattering.

## Made by

```
{command}
```
"""


def model_card(
    name: str,
    config: ModelConfig,
    settings: TrainingSettings,
    data: dict[str, Any],
    quality: Quality,
    tokens: int,
    seconds: float,
) -> str:
    """Return the model card as Markdown."""
    return _CARD.format(
        name=name,
        cell=CELLS[config.cell].title,
        layers="1 layer" if config.layers == 1 else f"{config.layers} layers",
        embedding=config.embedding_size,
        hidden=config.hidden_size,
        parameters=config.parameters,
        words=config.vocabulary_size,
        sources=", ".join(data["sources"]),
        dialogs=data["dialogs"],
        train_words=data["words"],
        validation_dialogs=data["validation_dialogs"],
        validation_words=data["validation_words"],
        oov=data["validation_unknown_words"] / max(data["validation_words"], 1),
        tokens=tokens,
        minutes=seconds / 60,
        batch=settings.batch_size,
        window=settings.window,
        dropout=config.dropout,
        rate=settings.learning_rate,
        perplexity=quality.perplexity,
        top1=quality.top1,
        top3=quality.top3,
        top5=quality.top5,
        command=data.get("command") or "(not recorded)",
    )
