"""The values of a layer's neurons over many dialogs, read side by side, each word exactly once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.vocabulary import DIALOG_ID, TURN_ID, Vocabulary
from seqchat.insight.selection import LayerQuantity
from seqchat.model.stepping import StepNetwork

# How many dialogs of similar length are stepped together: large products are faster.
_TOGETHER = 64
_GROUP = 4 * _TOGETHER
# After so many tokens a group is full: 640 neurons of them take 50 MB.
_GROUP_TOKENS = 20_000
# Of a longer dialog, so many tokens are read at once.
PASSAGE_TOKENS = 1_000


@dataclass(frozen=True)
class DialogWords:
    """A dialog as a network reads it.

    turns: the words of each turn, spelled in characters where the vocabulary lacks them; ids: [tokens], for each turn
    what begins it (``<dialog>``, or the ``<turn>`` that ended the one before) and then its words. The end of the last
    turn is not read, since nothing follows it.
    """

    turns: list[list[str]]
    ids: list[int]

    @property
    def plain_turns(self) -> list[list[str]]:
        """The words of each turn without the marks of how they are joined."""
        return [[word.removeprefix(GLUE) if len(word) > 1 else word for word in turn] for turn in self.turns]

    def surfaces(self, vocabulary: Vocabulary) -> list[str]:
        """Return what each token adds to the text: [tokens], nothing for ``<dialog>``, a line break for ``<turn>``."""
        surfaces: list[str] = []
        for number, turn in enumerate(self.turns):
            surfaces.append("\n" if number else "")
            surfaces += map(vocabulary.segmenter.surface, turn, ["", *turn])
        return surfaces

    def excerpt(self, first: int, last: int, around: int, vocabulary: Vocabulary) -> tuple[str, str, str]:
        """Return the text of the tokens from the first to the last, between that of so many before and after them."""
        surfaces = self.surfaces(vocabulary)
        text = "".join(surfaces[first : last + 1])
        chosen = text.lstrip(" ") or text
        before = "".join(surfaces[max(first - around, 0) : first]).lstrip(" ") + text.removesuffix(chosen)
        return before, chosen, "".join(surfaces[last + 1 : last + 1 + around])


@dataclass(frozen=True)
class Passage:
    """Tokens of a dialog that follow each other, with their values [tokens, neurons].

    number: of the dialog, from 1; start: the first of the tokens.
    """

    number: int
    dialog: DialogWords
    start: int
    values: NDArray[np.float32]


def dialog_words(turns: Iterable[str], vocabulary: Vocabulary) -> DialogWords:
    """Cut the turns of a dialog into words, as for training; a line break within a turn begins another one."""
    spelled: list[list[str]] = []
    ids: list[int] = []
    for text in turns:
        for line in text.split("\n"):
            ids.append(TURN_ID if spelled else DIALOG_ID)
            spelled.append([])
            for word in vocabulary.segmenter.split(line):
                ids += vocabulary.encode_word(word)
                spelled[-1] += [word] if word in vocabulary else vocabulary.segmenter.spell(word)
    return DialogWords(spelled, ids)


def read_states(
    network: StepNetwork, dialogs: Iterable[DialogWords], selected: LayerQuantity, neurons: slice = slice(None)
) -> Iterator[tuple[DialogWords, NDArray[np.float32]]]:
    """Yield each dialog, in order, with the values [tokens, neurons] of its tokens.

    Every dialog starts with the network's initial state. At most a few hundred dialogs are held in memory.
    """
    for group in _groups(dialogs):
        order = sorted(range(len(group)), key=lambda i: -len(group[i].ids))
        found: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(group)
        for first in range(0, len(order), _TOGETHER):
            together = order[first : first + _TOGETHER]
            values, _ = _step(network, [group[i].ids for i in together], selected, neurons)
            for i, of_dialog in zip(together, values, strict=True):
                found[i] = of_dialog
        yield from zip(group, found, strict=True)


def read_passages(
    network: StepNetwork, dialogs: Iterable[DialogWords], selected: LayerQuantity, overlap: int = 0
) -> Iterator[Passage]:
    """Yield the dialogs in passages of at most `PASSAGE_TOKENS` tokens, in order; short ones are one passage.

    Memory does not grow with a dialog's length, apart from its text. overlap: how many tokens a passage has in common
    with the one before, in addition.
    """
    number = 0
    for is_long, together in groupby(dialogs, lambda dialog: len(dialog.ids) > PASSAGE_TOKENS):
        read = (
            (piece for dialog in together for piece in _pieces(network, dialog, selected, overlap))
            if is_long
            else ((dialog, 0, values) for dialog, values in read_states(network, together, selected))
        )
        for dialog, start, values in read:
            number += start == 0
            yield Passage(number, dialog, start, values)


def _pieces(
    network: StepNetwork, dialog: DialogWords, selected: LayerQuantity, overlap: int
) -> Iterator[tuple[DialogWords, int, NDArray[np.float32]]]:
    """Yield a long dialog piece by piece: where each starts, and its values."""
    state, before = network.initial_state(), np.empty((0, network.config.hidden_size), np.float32)
    for start in range(0, len(dialog.ids), PASSAGE_TOKENS):
        (values,), state = _step(network, [dialog.ids[start : start + PASSAGE_TOKENS]], selected, slice(None), state)
        yield dialog, start - len(before), np.concatenate((before, values))
        before = values[len(values) - min(overlap, len(values)) :]


def _groups(dialogs: Iterable[DialogWords]) -> Iterator[list[DialogWords]]:
    """Yield dialogs in groups whose values are held at once."""
    group: list[DialogWords] = []
    for dialog in dialogs:
        group.append(dialog)
        if len(group) == _GROUP or sum(len(each.ids) for each in group) > _GROUP_TOKENS:
            yield group
            group = []
    if group:
        yield group


def _step(
    network: StepNetwork,
    dialogs: list[list[int]],
    selected: LayerQuantity,
    neurons: slice,
    state: Tensor | None = None,
) -> tuple[list[NDArray[np.float32]], Tensor]:
    """Step over dialogs of ids, the longest first, from a state; return the values of each, and the last state."""
    lengths = np.array([len(ids) for ids in dialogs])
    state = network.initial_state(len(dialogs)) if state is None else state
    rows: list[NDArray[np.float32]] = []
    firsts: list[int] = []
    done = 0
    for time in range(lengths[0]):
        # Those that have ended are the last rows.
        going = int((lengths > time).sum())
        ids = torch.tensor([dialog[time] for dialog in dialogs[:going]])
        stepped = network.step(ids, state[..., :going, :])
        state = stepped.state
        rows.append(stepped.gates[selected.layer][selected.quantity][:, neurons].numpy().copy())
        firsts.append(done)
        done += going
    table = np.concatenate(rows)
    return [table[np.array(firsts[:length]) + i] for i, length in enumerate(lengths)], state
