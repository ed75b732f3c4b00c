"""Every gate at every word of a text of any length, from the steps that make suggestions, in blocks of words.

Memory is that of one block, whatever the length of the text. The meaning of a word's column depends on the objective:

- ``next``: the gates of the step in which a layer reads the word, having read all words left of it in its dialog.
- ``infill``: two stacks. In a layer ``1→`` it is the step in which the forward stack reads the word, having read the
  words left of it; in a layer ``1←`` the step in which the backward stack reads the word, having read the words right
  of it up to the end of the dialog. Both are what `torch.nn` returns at that position with ``bidirectional=True``. So a
  gap left of a word is predicted from ``hidden`` of ``→`` one column earlier and of ``←`` in the word's own column;
  where more words follow, suggestions read only the next `completion.engine.MAX_RIGHT_WORDS`. ``←`` reads the start of
  a dialog last, and nothing is predicted from it.
- ``window``: the whole window that ends with the word is read again, and each of its words is shown, in an array
  [words, window, neurons]. At the last word of a window, a layer ``1→`` has read the whole window and a layer ``1←``
  that word alone; at the first one, it is the other way round. `record_window` shows the last window only.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, repeat

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqchat.completion.engine import Engine
from seqchat.corpus.vocabulary import DIALOG_ID, PAD_ID
from seqchat.errors import SeqchatError
from seqchat.insight.gates import GateTrace, label
from seqchat.insight.observing import unrolled
from seqchat.insight.view import View, select_view
from seqchat.model.cells import Gates, run_layers
from seqchat.model.stepping import InfillSteps, StepNetwork, WindowSteps

# Words in a block: with two layers of 512 neurons, their gates take about 6 MB.
BLOCK_WORDS = 256


@dataclass(frozen=True)
class Block:
    """Some words of a text, in order.

    ids: [words]; words: their labels, ``▶`` for the start of a dialog and ``⏎`` for the end of a turn; layers: in the
    order of the view, for each gate an array [words, neurons]; windows: of a model that reads windows, the ids [words,
    window] of the one that ends with each word, in which case the arrays are [words, window, neurons].
    """

    ids: list[int]
    words: list[str]
    layers: list[dict[str, NDArray[np.float32]]]
    windows: NDArray[np.int64] | None = None


def record(engine: Engine, view: View, ids: Iterable[int], max_words: int = BLOCK_WORDS) -> Iterator[Block]:
    """Read words and yield what is in view, in blocks of at most this many words.

    ids: of the engine's vocabulary; each start of a dialog resets the state. An `infill` model reads in two directions,
    and so holds the ids of a dialog, and one state for each of its blocks.
    """
    network = engine.network
    if isinstance(network, WindowSteps):
        yield from _windows(engine, network, view, ids, max_words)
        return
    read = (
        _both_ways(network, ids, max_words) if isinstance(network, InfillSteps) else _forward(network, ids, max_words)
    )
    everything = len(view.neurons) == engine.config.hidden_size
    chosen = slice(None) if everything else list(view.neurons)
    for part, steps in read:
        layers = [
            {
                gate.name: torch.cat([gates[gate.name] for gates in steps[name]])[:, chosen].numpy()
                for gate in view.gates
            }
            for name in view.layers
        ]
        yield Block(part, [label(engine.vocabulary, word_id) for word_id in part], layers)


def _windows(engine: Engine, network: WindowSteps, view: View, ids: Iterable[int], max_words: int) -> Iterator[Block]:
    """Yield what is in view at each word of the windows that end with some words, those of a block read at once."""
    size, chosen = network.config.window, list(view.neurons)
    before, remaining = [PAD_ID] * (size - 1), iter(ids)
    while part := list(islice(remaining, max_words)):
        windows = []
        for word_id in part:
            # A dialog begins with no words before it.
            before = [PAD_ID] * (size - 1) if word_id == DIALOG_ID else before
            windows.append([*before, word_id])
            before = windows[-1][1:]
        read = dict(zip(network.layer_names, network.unroll(torch.tensor(windows).T), strict=True))
        layers = [
            {
                gate.name: torch.stack([step[gate.name] for step in read[name]], 1)[..., chosen].numpy()
                for gate in view.gates
            }
            for name in view.layers
        ]
        yield Block(part, [label(engine.vocabulary, word_id) for word_id in part], layers, np.array(windows))


def record_window(engine: Engine, view: View, ids: Iterable[int]) -> Block:
    """Return what is in view of the window that ends with some words, at each of its words.

    The model's objective is ``window``. A text that is shorter than the window begins with ``∅``, no word.
    """
    network = engine.network
    assert isinstance(network, WindowSteps)
    last = deque(repeat(PAD_ID, network.config.window), network.config.window)
    last.extend(ids)
    seen = unrolled(engine, network, list(last))
    by_name, chosen = dict(zip(seen.names, seen.layers, strict=True)), list(view.neurons)
    layers = [{gate.name: by_name[name][gate.name][:, chosen] for gate in view.gates} for name in view.layers]
    return Block(list(seen.ids), seen.words, layers)


def observe_ids(engine: Engine, ids: Iterable[int], max_words: int) -> GateTrace:
    """Return everything at each of some words that begin a dialog, or at each word of the window that ends with them.

    Raises:
        SeqchatError: there are more than this many words.
    """
    view = select_view(engine)
    if isinstance(engine.network, WindowSteps):
        block = record_window(engine, view, ids)
    else:
        block = join_blocks(record(engine, view, ids), max_words, "opening a step")
    return GateTrace(block.words, list(view.layers), block.layers, True, tuple(block.ids))


def join_blocks(blocks: Iterable[Block], max_words: int, kind: str) -> Block:
    """Join blocks.

    Raises:
        SeqchatError: they have more than this many words; the message says that this is too much for a `kind`.
    """
    found: list[Block] = []
    words = 0
    for block in blocks:
        words += len(block.ids)
        if words > max_words:
            raise SeqchatError(
                f"The text has more than {max_words:,} words, too many for {kind}; write an .npz file, which holds "
                "a text of any length, or choose fewer layers, gates or neurons."
            )
        found.append(block)
    return Block(
        [word_id for block in found for word_id in block.ids],
        [word for block in found for word in block.words],
        [
            {gate: np.concatenate([block.layers[k][gate] for block in found]) for gate in layer}
            for k, layer in enumerate(found[0].layers)
        ],
        None if found[0].windows is None else np.concatenate([b.windows for b in found if b.windows is not None]),
    )


# Words, and by the name of a layer its gates at each of them.
_Part = tuple[list[int], dict[str, list[Gates]]]


def _forward(network: StepNetwork, ids: Iterable[int], max_words: int) -> Iterator[_Part]:
    state = network.initial_state()
    remaining = iter(ids)
    while part := list(islice(remaining, max_words)):
        steps: list[list[Gates]] = []
        for word_id in part:
            if word_id == DIALOG_ID:
                state = network.initial_state()
            stepped = network.step(torch.tensor([word_id]), state)
            state = stepped.state
            steps.append(stepped.gates)
        yield part, _by_layer(network.layer_names, steps)


def _both_ways(network: InfillSteps, ids: Iterable[int], max_words: int) -> Iterator[_Part]:
    """Read each dialog twice from its end: once for the states at the ends of blocks, once block by block."""
    for dialog in _dialogs(ids):
        states = [network.initial_state()]
        for start in range(0, len(dialog), max_words)[:0:-1]:
            states.append(_read_backward(network, dialog[start : start + max_words], states[-1])[0])
        for (part, forward), state in zip(_forward(network, dialog, max_words), reversed(states), strict=True):
            _, steps = _read_backward(network, part, state)
            backward = _by_layer(network.layer_names, steps)
            yield part, {f"{n}→": g for n, g in forward.items()} | {f"{n}←": g for n, g in backward.items()}


@torch.inference_mode()
def _read_backward(network: InfillSteps, ids: Sequence[int], state: Tensor) -> tuple[Tensor, list[list[Gates]]]:
    """Read words from right to left; return the state left of them, and the gates at each in the order of the text."""
    steps: list[list[Gates]] = []
    for word_id in reversed(ids):
        x = network.vectors[torch.tensor([word_id])]
        state, gates = run_layers(x, state, network.backward_layers, network.cell)
        steps.append(gates)
    return state, steps[::-1]


def _by_layer(names: Sequence[str], steps: list[list[Gates]]) -> dict[str, list[Gates]]:
    return dict(zip(names, map(list, zip(*steps, strict=True)), strict=True))


def _dialogs(ids: Iterable[int]) -> Iterator[array[int]]:
    dialog = array("i")
    for word_id in ids:
        if word_id == DIALOG_ID and dialog:
            yield dialog
            dialog = array("i")
        dialog.append(word_id)
    if dialog:
        yield dialog
