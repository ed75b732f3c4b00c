"""A whole phrase typed in pinyin: beam search over words, with the model as the judge (``woxiangchihuoguo``)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from seqchat.completion.prediction import Predictor
from seqchat.completion.states import Node, StateTree
from seqchat.corpus.pinyin import Letters
from seqchat.corpus.vocabulary import Vocabulary

BEAM = 8
_MAX_WORD_LENGTH = 24


@dataclass(frozen=True)
class Phrase:
    """Several words that agree with the letters: every word but the last in full, the last as a single word may be."""

    ids: tuple[int, ...]
    log_probability: float


@dataclass(frozen=True)
class _Path:
    """Words that use up the letters to some place; the last of them is not read yet."""

    log_probability: float
    before: Node
    ids: tuple[int, ...]


def phrases(
    letters: Letters, start: Node, tree: StateTree, predictor: Predictor, vocabulary: Vocabulary, beam: int = BEAM
) -> list[Phrase]:
    """Return phrases of at least two words for the letters behind `start`, the most probable first.

    At each place in the letters, the `beam` most probable beginnings go on.
    """
    size = len(letters.plain)
    waiting: dict[int, list[_Path]] = {0: [_Path(0.0, start, ())]}
    for place in range(size):
        paths = _best(waiting.pop(place, []))[:beam]
        choices = _choices(letters, place, vocabulary) if paths else []
        if not choices:
            continue
        nodes = tree.read([path.before for path in paths], [path.ids[-1:] for path in paths])
        scores = predictor.log_prob_table(nodes, torch.cat([words for _, words in choices]))
        scores += torch.tensor([[path.log_probability] for path in paths])
        for (end, words), part in zip(
            choices, torch.split(scores, [len(words) for _, words in choices], dim=1), strict=True
        ):
            best = part.flatten().topk(min(beam, part.numel()))
            for value, at in zip(best.values.tolist(), best.indices.tolist(), strict=True):
                row, column = divmod(at, len(words))
                path = _Path(value, nodes[row], (*paths[row].ids, int(words[column])))
                waiting.setdefault(end, []).append(path)
    return [Phrase(path.ids, path.log_probability) for path in _best(waiting.get(size, [])) if len(path.ids) > 1]


def _best(paths: list[_Path]) -> list[_Path]:
    return sorted(paths, key=lambda path: -path.log_probability)


def _choices(letters: Letters, place: int, vocabulary: Vocabulary) -> list[tuple[int, torch.Tensor]]:
    """Return where a word from `place` on may end, and which words these are."""
    rest = letters.suffix(place)
    size = len(letters.plain)
    choices = []
    for length in range(1, min(len(rest.plain), _MAX_WORD_LENGTH + 1)):
        ids = vocabulary.pinyin.spelled(rest.prefix(length))
        if len(ids):
            choices.append((place + length, torch.from_numpy(ids)))
    if place and len(last := vocabulary.pinyin.matching(rest)):
        choices.append((size, torch.from_numpy(last)))
    return choices
