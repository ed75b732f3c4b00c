"""The states of a layer over some of the dialogs of a text, chosen fairly, in memory that does not grow with it."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqchat.completion.engine import Engine
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.splitting import digest
from seqchat.errors import SeqchatError
from seqchat.insight.neurons.states import DialogWords, dialog_words, read_states
from seqchat.insight.selection import find_quantity

# Of a longer dialog, only the first turns are read, up to this many characters.
_MAX_DIALOG_LENGTH = 2_000
# Words cannot be counted before they are cut; an English word has about this many characters with its space.
_CHARACTERS_PER_WORD = 6
MIN_DIALOGS = 10


@dataclass(frozen=True)
class Sample:
    """Some dialogs, and a layer's values over their words.

    dialogs: all different; states: float32 [tokens, neurons], dialog after dialog, without the start of each.
    """

    dialogs: list[DialogWords]
    states: NDArray[np.float32]

    @property
    def lengths(self) -> list[int]:
        """How many rows of `states` each dialog has."""
        return [len(dialog.ids) - 1 for dialog in self.dialogs]


def collect(
    engine: Engine,
    dialogs: Iterable[Dialog],
    layer: int | str | None = None,
    quantity: str = "hidden",
    *,
    words: int = 20_000,
    progress: Callable[[int], None] = lambda _: None,
) -> Sample:
    """Read all dialogs, choose some with about this many words in all, and step the network over these.

    The choice depends only on their text. It starts with those that training on the same text holds out
    (`corpus.splitting`), so that the network has mostly not learned from them.

    Raises:
        SeqchatError: there is no such layer or quantity, or there are fewer than `MIN_DIALOGS` different dialogs.
    """
    selected = find_quantity(engine.network, layer, quantity)
    chosen: list[DialogWords] = []
    missing = words
    for dialog in sample_dialogs(dialogs, words * _CHARACTERS_PER_WORD, progress):
        if missing <= 0:
            break
        chosen.append(dialog_words(dialog.turns, engine.vocabulary))
        missing -= len(chosen[-1].ids) - 1
    if len(chosen) < MIN_DIALOGS:
        raise SeqchatError(
            f"There are {len(chosen)} different dialogs, and at least {MIN_DIALOGS} are needed, so that "
            "neurons can be tested on other dialogs than those they are chosen on; give more text or more words."
        )
    values = [values[1:] for _, values in read_states(engine.network, chosen, selected)]
    return Sample(chosen, np.concatenate(values))


def sample_dialogs(
    dialogs: Iterable[Dialog], characters: int, progress: Callable[[int], None] = lambda _: None
) -> list[Dialog]:
    """Choose the dialogs with the smallest hashes, up to this many characters in all, each only once."""
    # The largest hash is on top; the number only keeps dialogs from being compared.
    chosen: list[tuple[int, int, Dialog]] = []
    hashes: set[int] = set()
    total = 0
    for number, dialog in enumerate(dialogs, 1):
        progress(number)
        key = digest(dialog)
        if key in hashes or (total >= characters and key > -chosen[0][0]):
            continue
        dialog = _beginning(dialog)
        heapq.heappush(chosen, (-key, number, dialog))
        hashes.add(key)
        total += _size(dialog)
        while total - _size(chosen[0][2]) >= characters:
            largest, _, dropped = heapq.heappop(chosen)
            hashes.remove(-largest)
            total -= _size(dropped)
    return [dialog for _, _, dialog in sorted(chosen, reverse=True)]


def _size(dialog: Dialog) -> int:
    return sum(map(len, dialog.turns))


def _beginning(dialog: Dialog) -> Dialog:
    turns: list[str] = []
    room = _MAX_DIALOG_LENGTH
    for turn in dialog.turns:
        turns.append(turn)
        room -= len(turn)
        if room <= 0:
            break
    return Dialog(tuple(turns))
