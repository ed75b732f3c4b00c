"""The values of a layer's neurons over many dialogs, read side by side, each word exactly once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray

from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.vocabulary import DIALOG_ID, TURN_ID, Vocabulary
from seqchat.insight.selection import LayerQuantity
from seqchat.model.stepping import StepNetwork

# How many dialogs of similar length are stepped together: large products are faster.
_TOGETHER = 64
_GROUP = 4 * _TOGETHER


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
    remaining = iter(dialogs)
    while group := list(islice(remaining, _GROUP)):
        order = sorted(range(len(group)), key=lambda i: -len(group[i].ids))
        found: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(group)
        for first in range(0, len(order), _TOGETHER):
            together = order[first : first + _TOGETHER]
            for i, values in zip(
                together, _step(network, [group[i].ids for i in together], selected, neurons), strict=True
            ):
                found[i] = values
        yield from zip(group, found, strict=True)


def _step(
    network: StepNetwork, dialogs: list[list[int]], selected: LayerQuantity, neurons: slice
) -> list[NDArray[np.float32]]:
    """Step over dialogs of ids, the longest first; return the values of each."""
    lengths = np.array([len(ids) for ids in dialogs])
    state = network.initial_state(len(dialogs))
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
    return [table[np.array(firsts[:length]) + i] for i, length in enumerate(lengths)]
