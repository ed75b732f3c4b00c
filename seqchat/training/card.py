"""The README of a trained model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqchat.corpus.lexicon_words import LexiconWords
from seqchat.errors import one_line
from seqchat.evaluation.metrics import Metrics
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.mixture import LexiconShares
from seqchat.model.ngrams import Mixture
from seqchat.training.settings import TrainingSettings
from seqchat.wording import counted, duration, listed, percentage

_CARD = """\
# {name}

A word-level {cell} language model made with seqchat. It predicts words of a chat.

| | |
| --- | --- |
| network | {cell}, {layers}, embedding {embedding}, hidden {hidden}, tied output layer; objective: {objective} |
| parameters | {parameters:,}, stored as float16, the words' vectors in a byte a number |
| vocabulary | {words:,} words{base} |
| data | {sources}: {learned}{speakers} |
| validation | {dialogs}, {words_in_them}, {oov} of them out of vocabulary |
| training | {tokens:,} tokens in {time} |
| recipe | {recipe} |
| n-grams | {ngrams} |
| memory | {memory}, tuned on the validation dialogs |
| lexicon | {lexicon} |

## Results of the network alone on the validation dialogs

| reading | perplexity | top-1 | top-3 | top-5 |
| --- | --- | --- | --- | --- |
{results}

Perplexity is per token, ends of turns included. Top-k is over every real word; words that the vocabulary lacks count as
misses, those of a lexicon too. The best weights were chosen by the perplexity of these same dialogs, so it is slightly
optimistic.

## Made by

```
{command}
```
"""

# In the order of the parts of a lexicon
_PARTS = ("Chinese words", "other words", "words of its own")
_READS = {"forward": "from the left", "backward": "from the right", "joint": "from both sides"}


def model_card(
    name: str,
    checkpoint: Checkpoint,
    settings: TrainingSettings,
    heads: dict[str, Metrics],
    lexicon: LexiconWords | None,
    *,
    tokens: int,
    seconds: float,
) -> str:
    """Return the model card as Markdown; lexicon: the one that its shares were tuned with."""
    config, data, cache = checkpoint.config, checkpoint.data, checkpoint.cache
    return _CARD.format(
        name=name,
        cell=config.cell_kind.title,
        layers=counted(config.layers, "layer"),
        objective=config.objective,
        embedding=config.embedding_size,
        hidden=config.hidden_size,
        parameters=config.parameters,
        words=config.vocabulary_size,
        base=_base(data.get("base")),
        sources=", ".join(data["sources"]),
        learned=f"{counted(data['dialogs'], 'dialog')}, {counted(data['words'], 'word')}",
        speakers=_speakers(data.get("speakers")),
        dialogs=counted(data["validation_dialogs"], "other dialog"),
        words_in_them=counted(data["validation_words"], "word"),
        oov=percentage(data["validation_unknown_words"] / max(data["validation_words"], 1)),
        tokens=tokens,
        time=duration(seconds),
        recipe=", ".join(f"{name} {value}" for name, value in settings.to_json().items() if value is not None),
        ngrams=_ngrams(checkpoint.mixture),
        memory=f"λ {cache.cache_lambda:g}, θ {cache.cache_theta:g}" if cache.cache_lambda else "none",
        lexicon=_lexicon(checkpoint.lexicon_shares, lexicon),
        results="\n".join(_row(_READS[head], quality) for head, quality in heads.items()),
        command=data.get("command") or "(not recorded)",
    )


def _speakers(speakers: Sequence[str] | None) -> str:
    """Say as whom the model learned to write, if not as everybody."""
    return f", written by {one_line(listed(list(speakers)))}; the turns of others are only context" if speakers else ""


def _base(base: Mapping[str, Any] | None) -> str:
    """Say which model this one goes on from, if any."""
    if base is None:
        return ""
    return (
        f"; it goes on from {base['name']}, which has {base['words']:,} of them and learned from "
        f"{', '.join(base['sources']) or 'a text that it does not name'}"
    )


def _ngrams(mixture: Mixture | None) -> str:
    if mixture is None:
        return "none"
    return "; ".join(
        f"{part.ngrams.entries:,} of up to {part.ngrams.order} words, whose part after 0, 1 … known words is "
        f"{', '.join(f'{weight:g}' for weight in part.weights)}, tuned on the validation dialogs"
        for part in mixture.parts
    )


def _lexicon(shares: LexiconShares, lexicon: LexiconWords | None) -> str:
    if lexicon is None:
        return "none when it was trained"
    parts = zip(_PARTS, shares.table().T, lexicon.present, strict=True)
    tuned = [f"{name} {', '.join(map(percentage, values))}" for name, values, present in parts if present]
    return (
        f"{len(lexicon):,} words, some of which the vocabulary has; the share of the others at the start, after "
        f"Chinese, after letters and elsewhere, tuned on the validation dialogs: {'; '.join(tuned)}"
    )


def _row(name: str, quality: Metrics) -> str:
    hits = " | ".join(percentage(share) for share in (quality.top1, quality.top3, quality.top5))
    return f"| {name} | {quality.perplexity:.1f} | {hits} |"
