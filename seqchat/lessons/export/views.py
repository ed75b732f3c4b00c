"""What a model makes of the example of a lesson, as HTML: one function for each kind of view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

from seqchat.completion.engine import MAX_RIGHT_WORDS, Engine
from seqchat.completion.suggestion import Suggestion
from seqchat.insight.export import pages
from seqchat.insight.export.page_steps import step_data
from seqchat.insight.gates import GateTrace
from seqchat.insight.observing import observe
from seqchat.insight.recording import Block
from seqchat.insight.view import View, select_view
from seqchat.lessons.export import drawings
from seqchat.lessons.lesson import WINDOW, Lesson
from seqchat.lessons.shape_lines import shape_lines
from seqchat.lessons.study import Study, StudyRequest, study, word_at
from seqchat.model.cells import Gate
from seqchat.wording import Say, probability

_LEFT, _BOTH, _NEXT = "left alone", "both sides", "next word"
_WORDS, _IDS, _PAIR = "words", "ids", "X → y"
_EFFECT = "effect on the score of {word}, as a share of the strongest (logarithmic)"
TEXTS = (_LEFT, _BOTH, _NEXT, _WORDS, _IDS, _EFFECT)

# What is between sentences
_BETWEEN = {"zh": ""}
# Words of an example; longer ones are read from their end
_MOST_WORDS = 200
# With more, a page would be slow to open.
_MOST_NEURONS = 64


class Seen(NamedTuple):
    """A model, what it makes of an example, its gates at every word of it, and the language in which this is shown."""

    engine: Engine
    study: Study
    trace: GateTrace
    language: str

    def named(self, gate: Gate) -> str:
        """Return what a gate is called."""
        return f"{gate.chinese} {gate.symbol}" if self.language == "zh" else gate.name


def gap_of(lesson: Lesson) -> int:
    """Return how many characters of the example are before the gap."""
    return lesson.example.rfind(lesson.word) + len(lesson.word) if lesson.word else len(lesson.example)


def see(lesson: Lesson, engine: Engine, language: str) -> Seen:
    """Read the example of a lesson with a model; a gap is where the lesson's word ends."""
    text = lesson.example
    cursor = gap_of(lesson) if lesson.view == "gap" else len(text)
    request = StudyRequest((None,), text, lesson.view, cursor, lesson.target, _MOST_WORDS)
    left, right = text[:cursor], text[cursor:]
    ids = engine.right_ids(right, left[-1:] or " ")[:MAX_RIGHT_WORDS]
    trace = observe(engine, engine.context.node(left), _MOST_WORDS, ids)
    return Seen(engine, study(engine, request), trace, language)


def _explorer(lesson: Lesson, seen: Seen, say: Say) -> str:
    """Show the gates of the lesson in heat maps, at its word and neuron."""
    view = _view(lesson, seen)
    layers = dict(zip(seen.trace.names, seen.trace.layers, strict=True))
    arrays = [{gate.name: layers[name][gate.name] for gate in view.gates} for name in view.layers]
    block = Block(list(seen.trace.ids), seen.trace.words, arrays)
    few = len(view.neurons) <= _MOST_NEURONS
    steps = step_data(seen.engine, view, seen.trace) if few else None
    start = pages.Start(_layer(lesson, view), lesson.gates[0], _word(lesson, seen), lesson.neuron)
    return pages.explorer(view, block, None, steps, start=start, unopened="", say=say, named=seen.named)


def how_to_explore(lesson: Lesson, seen: Seen, say: Say) -> str:
    """Say how the heat maps of a page are explored, and how to read them, if there are any."""
    if VIEWS[lesson.view] is not _explorer:
        return ""
    sentences = pages.guide(_view(lesson, seen), say)
    return f'<p class="note">{escape(_BETWEEN.get(seen.language, " ").join(sentences))}</p>'


def _view(lesson: Lesson, seen: Seen) -> View:
    """Choose the gates that the lesson is about; beside gates, the state that the cell keeps."""
    cell = seen.engine.network.cell
    names = {*lesson.gates, *(gate for name, gate in lesson.formulas if name.lower() == cell.name)}
    if not names <= set(cell.state_names):
        names.add(cell.kept_state)
    return select_view(seen.engine, gates=[gate.name for gate in cell.gates if gate.name in names])


def _layer(lesson: Lesson, view: View) -> str:
    return view.layers[min(lesson.layer, len(view.layers) - 1)]


def _word(lesson: Lesson, seen: Seen) -> int:
    words = seen.trace.words
    if not lesson.word or not seen.trace.whole or "∅" in words:
        return len(words) - 1
    end = lesson.example.rfind(lesson.word) + len(lesson.word)
    return word_at(words, lesson.example, end)


def _reach(lesson: Lesson, seen: Seen, say: Say) -> str:
    values = seen.study.reach
    if not values:
        return ""
    words = seen.study.trace.words[-len(values) :]
    caption = say(_EFFECT, word=seen.study.awaited)
    return f'{drawings.bars(words, values)}\n<p class="note">{escape(caption)}</p>'


def _windows(lesson: Lesson, seen: Seen, say: Say) -> str:
    """Show the words and ids of the example in a row, and below it a window over them a row."""
    tokens, ids = seen.study.tokens, seen.study.ids
    count = len(tokens)
    rows = [_row(say(_WORDS), list(tokens)), _row(say(_IDS), [str(number) for number in ids])]
    for start in range(count - WINDOW):
        cells = ["" for _ in range(count)]
        cells[start : start + WINDOW + 1] = [str(number) for number in ids[start : start + WINDOW + 1]]
        rows.append(_row(_PAIR, cells, target=start + WINDOW))
    return f'<div class="drawing"><table class="windows">{"".join(rows)}</table></div>'


def _row(head: str, cells: Sequence[str], target: int | None = None) -> str:
    kinds = ["none" if not cell else "target" if k == target else "" for k, cell in enumerate(cells)]
    shown = "".join(f'<td class="{kind}">{escape(cell)}</td>' for kind, cell in zip(kinds, cells, strict=True))
    return f'<tr><th scope="row">{escape(head)}</th>{shown}</tr>'


def _shapes(lesson: Lesson, seen: Seen, say: Say) -> str:
    lines = "\n".join(shape_lines(seen.study, say))
    return f'<pre class="code">{escape(lines)}</pre>'


VIEWS: dict[str, Callable[[Lesson, Seen, Say], str]] = {
    "gates": _explorer,
    "gap": _explorer,
    "reach": _reach,
    "windows": _windows,
    "shapes": _shapes,
}


def expected(lesson: Lesson, seen: Seen, say: Say) -> str:
    """Show the words that are expected: next, or in a gap."""
    found = seen.study
    if lesson.view == "gap":
        rows = [(_LEFT, found.suggestions), (_BOTH, found.fitting)]
    elif lesson.view == "gates":
        rows = [(_NEXT, found.suggestions)]
    else:
        return ""
    terms = (f"<dt>{escape(say(head))}</dt><dd>{_listed(words)}</dd>" for head, words in rows)
    return f'<dl class="expected">{"".join(terms)}</dl>'


def _listed(words: Sequence[Suggestion]) -> str:
    return "".join(
        f'<span lang="zh">{escape(s.word)} <small>{escape(probability(s.probability))}</small></span>' for s in words
    )
