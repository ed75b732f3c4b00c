"""Where in a text a neuron is highest, and where lowest, with the words around (as LSTMVis, Strobelt et al. 2018)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from seqchat.completion.engine import Engine
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.errors import SeqchatError
from seqchat.insight.neurons.states import DialogWords, dialog_words, read_states
from seqchat.insight.selection import check_neuron, find_quantity

# Each dialog, and each passage of this many words of a long one, gives at most one context.
PASSAGE_WORDS = 1_000


@dataclass(frozen=True)
class NeuronContext:
    """A word where a neuron has a value, and the text around it; dialog: which one of the text, from 1."""

    value: float
    dialog: int
    before: str
    word: str
    after: str


@dataclass(frozen=True)
class NeuronContexts:
    """What was read, and the contexts of a neuron: from the highest value down, and from the lowest up."""

    dialogs: int
    words: int
    highest: list[NeuronContext]
    lowest: list[NeuronContext]


def contexts(
    engine: Engine,
    dialogs: Iterable[Dialog],
    layer: int | str | None,
    neuron: int,
    quantity: str = "hidden",
    *,
    k: int = 10,
    around: int = 8,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> NeuronContexts:
    """Find the k contexts where a neuron is highest and lowest, `around` words on each side.

    They come from different dialogs (or passages of a long one), and no two have the same words up to that word; the
    beginning of a turn counts as a word. Dialogs are read one after the other, and memory does not grow with their
    number.

    Raises:
        SeqchatError: there is no such layer, quantity or neuron, or no dialog.
    """
    selected = find_quantity(engine.network, layer, quantity)
    check_neuron(engine.network, neuron)
    highest, lowest = _TopContexts(k, 1), _TopContexts(k, -1)
    number = words = 0
    readings = (dialog_words(dialog.turns, engine.vocabulary) for dialog in dialogs)
    for number, (read, columns) in enumerate(
        read_states(engine.network, readings, selected, slice(neuron, neuron + 1)), 1
    ):
        values = columns[:, 0]
        words += len(values) - 1
        for passage in _passages(len(values)):
            for best in (highest, lowest):
                at = best.extreme(values, passage)
                key = tuple(read.ids[max(at - around, 0) : at + 1])
                if best.accepts(float(values[at]), key):
                    best.add(key, _context(read, at, around, float(values[at]), number, engine.vocabulary))
        progress(number, words)
    if not words:
        raise SeqchatError("There is no dialog to search for contexts.")
    return NeuronContexts(number, words, highest.ranked(), lowest.ranked())


@dataclass
class _TopContexts:
    """The k best contexts, by the words that end there: the best of equal words, and the first of equal scores.

    sign: 1 where the highest values are the best, −1 where the lowest are.
    """

    k: int
    sign: int
    found: dict[tuple[int, ...], tuple[float, NeuronContext]] = field(default_factory=dict)

    def extreme(self, values: NDArray[np.float32], passage: slice) -> int:
        """Return where the values [tokens] are best within a passage."""
        return int(passage.start + np.argmax(self.sign * values[passage]))

    def accepts(self, value: float, key: tuple[int, ...]) -> bool:
        """Whether a context of this value would be among the best."""
        score = self.sign * value
        if key in self.found:
            return score > self.found[key][0]
        return len(self.found) < self.k or score > min(worst for worst, _ in self.found.values())

    def add(self, key: tuple[int, ...], context: NeuronContext) -> None:
        self.found.pop(key, None)
        self.found[key] = (self.sign * context.value, context)
        if len(self.found) > self.k:
            # The latest of equally bad ones is dropped.
            worst = min(reversed(self.found), key=lambda entry: self.found[entry][0])
            del self.found[worst]

    def ranked(self) -> list[NeuronContext]:
        return [context for _, context in sorted(self.found.values(), key=lambda entry: -entry[0])]


def _passages(tokens: int) -> Iterator[slice]:
    """Cut what follows the start of a dialog into passages; a short rest belongs to the one before."""
    firsts = range(1, max(tokens - PASSAGE_WORDS // 2, 2), PASSAGE_WORDS)
    for first, last in zip(firsts, [*firsts[1:], tokens], strict=True):
        if first < last:
            yield slice(first, last)


def _context(
    read: DialogWords, at: int, around: int, value: float, number: int, vocabulary: Vocabulary
) -> NeuronContext:
    surfaces = read.surfaces(vocabulary)
    word = surfaces[at].lstrip(" ") or surfaces[at]
    space = surfaces[at].removesuffix(word)
    before = "".join(surfaces[max(at - around, 0) : at]).lstrip(" ") + space
    return NeuronContext(value, number, before, word, "".join(surfaces[at + 1 : at + 1 + around]))
