"""What one model makes of the example of a lesson."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqchat.lessons.choice import Untrained
from seqchat.lessons.lesson import View

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.completion.states import Node
    from seqchat.completion.suggestion import Suggestion
    from seqchat.insight.gates import GateTrace
    from seqchat.insight.shapes import Shapes
    from seqchat.model.cells import Gate

_SUGGESTIONS = 5
_TRACED_WORDS = 64


@dataclass(frozen=True)
class StudyRequest:
    """An example to read; a newer request replaces it.

    models: one for each panel of the page, or None; view: what to compute in addition to the gates, the words that fit
    at the `cursor` or the reach of the gradient on the score of the word `target`; traced: how many words the panels
    show.
    """

    models: tuple[str | Untrained | None, ...]
    text: str
    view: View = "gates"
    cursor: int = 0
    target: str = ""
    traced: int = _TRACED_WORDS


@dataclass(frozen=True)
class Study:
    """What one model makes of an example, the `text`.

    cell: its title, such as ``LSTM``; suggestions: of the next word, or in a gap from its left side only; fitting: in a
    gap from both sides; awaited: the word that the reach is about, by default the most probable next word; reach: how
    strongly each word after the start affects that word (`insight.connectivity`), empty if it was not asked for;
    tokens, ids: the words after the start as the model reads them; sizes: of a word's vector, and of a layer; shapes:
    of what torch.nn returns, if they were asked for.
    """

    text: str
    name: str
    cell: str
    gates: tuple[Gate, ...]
    layers: int
    parameters: int
    trace: GateTrace
    suggestions: list[Suggestion]
    fitting: list[Suggestion]
    awaited: str = ""
    reach: tuple[float, ...] = ()
    tokens: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    sizes: tuple[int, int] = (0, 0)
    shapes: tuple[Shapes, ...] = ()


def study(engine: Engine, request: StudyRequest) -> Study:
    """Read an example with a model.

    Raises:
        AbandonedError: the engine's tree was told to give up.
    """
    from seqchat.completion.suggestion import suggest
    from seqchat.insight.gates import label
    from seqchat.insight.observing import observe
    from seqchat.insight.shapes import shapes_of

    text, node = request.text, engine.context.node(request.text)
    fitting: list[Suggestion] = []
    if request.view == "gap":
        left, right = text[: request.cursor], text[request.cursor :]
        suggestions = suggest(engine, left, _SUGGESTIONS, pinyin=False)
        fitting = suggest(engine, left, _SUGGESTIONS, after=right, pinyin=False) if right.strip() else suggestions
    else:
        suggestions = suggest(engine, text, _SUGGESTIONS, pinyin=False)
    cell = engine.network.cell
    awaited, reach = _reach(engine, node, request) if request.view == "reach" else ("", ())
    read = [n.word_id for n in node.path_to_root()][::-1][1:]
    sizes = engine.config.embedding_size, engine.config.hidden_size
    return Study(
        text=text,
        name=engine.name,
        cell=cell.title,
        gates=cell.gates,
        layers=engine.config.layers,
        parameters=engine.config.parameters,
        trace=observe(engine, node, request.traced),
        suggestions=suggestions,
        fitting=fitting,
        awaited=awaited,
        reach=reach,
        tokens=tuple(label(engine.vocabulary, word_id) for word_id in read),
        ids=tuple(read),
        sizes=sizes,
        shapes=tuple(shapes_of(cell.name, *sizes, len(read))) if request.view == "shapes" else (),
    )


def _reach(engine: Engine, node: Node, request: StudyRequest) -> tuple[str, tuple[float, ...]]:
    """Return the word that was asked for, or else the most probable one, and how strongly each word affects it."""
    from seqchat.corpus.cleaning import GLUE
    from seqchat.insight.connectivity import connectivity

    if request.target in engine.vocabulary:
        word_id = engine.vocabulary.ids_of(request.target)[0]
    else:
        word_id = int(engine.context.tree.top_words(node, 1, engine.suggestible_mask)[0][0])
    norms = connectivity(engine, node, word_id, request.traced)
    return engine.vocabulary.words[word_id].removeprefix(GLUE), tuple(norms.tolist())


def word_at(words: Sequence[str], text: str, cursor: int) -> int:
    """Return the index of the word that the cursor is in or after; 0 is the start of the dialog.

    words: all that is written below the columns; □ is some character that the model does not know.
    """
    index = offset = 0
    for number, word in enumerate(words[1:], 1):
        found = _skip_spaces(text, offset) if word == "□" else text.find("\n" if word == "⏎" else word, offset)
        if found >= cursor:
            break
        if found >= 0:
            index, offset = number, found + len(word)
    return index


def _skip_spaces(text: str, offset: int) -> int:
    return offset + len(text[offset:]) - len(text[offset:].lstrip())
