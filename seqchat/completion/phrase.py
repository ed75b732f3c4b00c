"""A whole phrase typed in pinyin: beam search over words, with the model as the judge (``woxiangchihuoguo``)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from seqchat.completion.prediction import Predictor
from seqchat.completion.states import Node, StateTree
from seqchat.corpus.lexicon_words import EntrySet
from seqchat.corpus.pinyin import LetterMatch, Letters
from seqchat.corpus.vocabulary import Vocabulary

BEAM = 8
_NO_WORDS = LetterMatch(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32))


@dataclass(frozen=True)
class Phrase:
    """Several words that agree with the letters: all but the last typed in full, the last as any single word may be.

    log_probability: log P(words, letters).
    """

    ids: tuple[int, ...]
    log_probability: float


@dataclass(frozen=True)
class _PartialPhrase:
    """Words that spell the first letters; before: the node of all of them but the last."""

    log_probability: float
    before: Node
    ids: tuple[int, ...]


@dataclass(frozen=True)
class _Choice:
    """Words that may come next: where they end in the letters, and which they are.

    words, log_typed: [words], of the vocabulary, and log P(the letters that are typed | word).
    """

    end: int
    words: Tensor
    log_typed: Tensor
    entries: tuple[EntrySet, ...]
    ids: list[int]

    @classmethod
    def of(cls, end: int, match: LetterMatch, entries: tuple[EntrySet, ...]) -> _Choice:
        """Take the words of the vocabulary, and those of a lexicon."""
        ids = [*match.ids.tolist(), *(i for found in entries for i in found.ids.tolist())]
        return cls(end, torch.from_numpy(match.ids), torch.from_numpy(match.log_probs), entries, ids)


def find_phrases(
    letters: Letters, start: Node, tree: StateTree, predictor: Predictor, vocabulary: Vocabulary, beam: int = BEAM
) -> list[Phrase]:
    """Return phrases of at least two words for the letters after `start`, the most probable first.

    At each position in the letters, the `beam` most probable beginnings are continued.
    """
    size = len(letters.plain)
    words = vocabulary.pinyin.phrase_words(letters)
    ending_at: dict[int, list[_PartialPhrase]] = defaultdict(list)
    ending_at[0] = [_PartialPhrase(0.0, start, ())]
    for position in range(size):
        partial = _ordered(ending_at.pop(position, []))[:beam]
        choices = _choices(words.get(position, {}), letters, position, vocabulary, beam) if partial else []
        if not choices:
            continue
        nodes = tree.read([p.before for p in partial], [vocabulary.spelled(p.ids[-1:]) for p in partial])
        for choice, scores in zip(choices, _scores(partial, nodes, choices, predictor), strict=True):
            ending_at[choice.end] += _extend(partial, nodes, choice, scores, beam)
    return _phrases(ending_at[size])


def _scores(
    partial: list[_PartialPhrase], nodes: list[Node], choices: list[_Choice], predictor: Predictor
) -> list[Tensor]:
    """Return the log-probabilities of phrases that are longer by a word: [partial, words of a choice] each."""
    before = torch.tensor([[p.log_probability] for p in partial])
    kept = torch.tensor([[predictor.log_kept(node)] for node in nodes])
    known = predictor.log_prob_table(nodes, torch.cat([choice.words for choice in choices])) + (before + kept)
    known += torch.cat([choice.log_typed for choice in choices])
    parts = torch.split(known, [len(choice.words) for choice in choices], dim=1)
    scores = []
    for choice, words in zip(choices, parts, strict=True):
        entries = [
            torch.tensor([[predictor.log_share(node, found.part)] for node in nodes]) + before + _log_probs(found)
            for found in choice.entries
        ]
        scores.append(torch.cat([words, *entries], dim=1) if entries else words)
    return scores


def _log_probs(entries: EntrySet) -> Tensor:
    return torch.from_numpy(entries.log_probs)


def _phrases(complete: list[_PartialPhrase]) -> list[Phrase]:
    return [Phrase(p.ids, p.log_probability) for p in _ordered(complete) if len(p.ids) > 1]


def _extend(
    partial: list[_PartialPhrase], nodes: list[Node], choice: _Choice, scores: Tensor, beam: int
) -> list[_PartialPhrase]:
    """Return the most probable phrases that are longer by a word; scores: log-probabilities [partial, words]."""
    best = scores.flatten().topk(min(beam, scores.numel()))
    ids = choice.ids
    longer = []
    for value, index in zip(best.values.tolist(), best.indices.tolist(), strict=True):
        row, column = divmod(index, len(ids))
        longer.append(_PartialPhrase(value, nodes[row], (*partial[row].ids, ids[column])))
    return longer


def _ordered(partial: list[_PartialPhrase]) -> list[_PartialPhrase]:
    return sorted(partial, key=lambda p: -p.log_probability)


def _choices(
    words: dict[int, LetterMatch], letters: Letters, position: int, vocabulary: Vocabulary, beam: int
) -> list[_Choice]:
    """Return where a word that starts at `position` may end, and which words these are; words: the vocabulary's.

    Of a lexicon these are the most probable ones, as many as a beam can hold: nothing on the left changes their order.
    """
    entries = {} if vocabulary.lexicon is None else vocabulary.lexicon.from_position(letters, position, beam)
    if not position:
        # A single word is no phrase.
        entries.pop(len(letters.plain), None)
    choices = [_Choice.of(end, words.get(end, _NO_WORDS), entries.get(end, ())) for end in sorted({*words, *entries})]
    return [choice for choice in choices if choice.ids]
