"""A whole phrase typed in pinyin: beam search over words, with the model as the judge (``woxiangchihuoguo``)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import torch
from torch import Tensor

from seqchat.completion.prediction import Predictor
from seqchat.completion.states import Node, StateTree
from seqchat.corpus.pinyin import Letters
from seqchat.corpus.vocabulary import Vocabulary

BEAM = 8
# In letters
_MAX_WORD_LENGTH = 24


@dataclass(frozen=True)
class Phrase:
    """Several words that agree with the letters: all but the last typed in full, the last as any single word may be."""

    ids: tuple[int, ...]
    log_probability: float


@dataclass(frozen=True)
class _PartialPhrase:
    """Words that spell the first letters; before: the node of all of them but the last."""

    log_probability: float
    before: Node
    ids: tuple[int, ...]


def find_phrases(
    letters: Letters, start: Node, tree: StateTree, predictor: Predictor, vocabulary: Vocabulary, beam: int = BEAM
) -> list[Phrase]:
    """Return phrases of at least two words for the letters after `start`, the most probable first.

    At each position in the letters, the `beam` most probable beginnings are continued.
    """
    size = len(letters.plain)
    ending_at: dict[int, list[_PartialPhrase]] = defaultdict(list)
    ending_at[0] = [_PartialPhrase(0.0, start, ())]
    for position in range(size):
        partial = _ordered(ending_at.pop(position, []))[:beam]
        choices = _next_words(letters, position, vocabulary) if partial else []
        if not choices:
            continue
        nodes = tree.read([p.before for p in partial], [p.ids[-1:] for p in partial])
        scores = predictor.log_prob_table(nodes, torch.cat([words for _, words in choices]))
        scores += torch.tensor([[p.log_probability] for p in partial])
        first = 0
        for end, words in choices:
            ending_at[end] += _extend(partial, nodes, words, scores[:, first : first + len(words)], beam)
            first += len(words)
    return _phrases(ending_at[size])


def _phrases(complete: list[_PartialPhrase]) -> list[Phrase]:
    return [Phrase(p.ids, p.log_probability) for p in _ordered(complete) if len(p.ids) > 1]


def _extend(
    partial: list[_PartialPhrase], nodes: list[Node], words: Tensor, scores: Tensor, beam: int
) -> list[_PartialPhrase]:
    """Return the most probable phrases that are longer by a word; scores: log-probabilities [partial, words]."""
    best = scores.flatten().topk(min(beam, scores.numel()))
    longer = []
    for value, index in zip(best.values.tolist(), best.indices.tolist(), strict=True):
        row, column = divmod(index, len(words))
        longer.append(_PartialPhrase(value, nodes[row], (*partial[row].ids, int(words[column]))))
    return longer


def _ordered(partial: list[_PartialPhrase]) -> list[_PartialPhrase]:
    return sorted(partial, key=lambda p: -p.log_probability)


def _next_words(letters: Letters, position: int, vocabulary: Vocabulary) -> list[tuple[int, Tensor]]:
    """Return where a word that starts at `position` may end, and which words these are."""
    rest = letters.suffix(position)
    choices = []
    for length in range(1, min(len(rest.plain), _MAX_WORD_LENGTH + 1)):
        ids = vocabulary.pinyin.spelled(rest.prefix(length))
        if len(ids):
            choices.append((position + length, torch.from_numpy(ids)))
    if position and len(last := vocabulary.pinyin.matching(rest)):
        choices.append((len(letters.plain), torch.from_numpy(last)))
    return choices
