"""Shading the text by what a candidate depends on, and by a neuron."""

import numpy as np
import pytest
from rich.style import Style
from textual.color import Color

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import suggest
from seqchat.insight.connectivity import connections
from seqchat.tui import shading

BLACK, RED = Color(0, 0, 0), Color(200, 0, 0)


@pytest.fixture
def engine(models):
    return Engine.load(models["lstm"])


def backgrounds(d):
    """The background of each character that is written, from left to right."""
    strip = d.editor.render_line(0)
    text = d.editor.text
    styles = [segment.style for segment in strip for _ in segment.text]
    return [style.bgcolor for style in styles][: len(text)]


def test_the_strongest_word_has_the_strongest_shade(engine):
    text = "今天天气"
    (best, *_) = suggest(engine, text, 3)
    shades = shading.by_candidate(engine, text, best)
    norms = [c.norm for c in connections(engine, text, best)]
    assert [share for _, _, share in shades] == pytest.approx([norm / max(norms) for norm in norms])
    assert max(share for _, _, share in shades) == 1


def test_a_neuron_shades_by_its_own_values(engine):
    text = "今天天气很好"
    gate = next(gate for gate in engine.network.cell.gates if gate.name == "hidden")
    shades = shading.by_neuron(engine, text, 0, gate, 3, 64)
    values = [float(node.gate(0, "hidden")[3]) for node in engine.context.node(text).path_to_root()][-2::-1]
    most = max(0.2, np.abs(values).max())
    assert [share for _, _, share in shades] == pytest.approx([value / most for value in values], abs=1e-5)
    assert "".join(text[start:end] for start, end, _ in shades) == text
    assert shading.by_neuron(engine, "", 0, gate, 3, 64) == []


def test_shades_are_blends_with_the_ground_or_without_colours_lines_and_weights():
    (full, half, below, unseen) = (0, 1, 1.0), (1, 2, 0.5), (2, 3, -1.0), (3, 4, 0.01)
    styles = shading.styled([full, half, below, unseen], BLACK, RED, colours=True)
    assert [(start, end) for start, end, _ in styles] == [(0, 1), (1, 2), (2, 3)]
    reds = [style.bgcolor.triplet.red for _, _, style in styles]
    assert reds[0] > reds[1] > reds[2]
    plain = shading.styled([full, half, below, (4, 5, 0.3)], BLACK, RED, colours=False)
    assert [style for _, _, style in plain] == [
        Style(underline=True, bold=True, italic=False),
        Style(underline=True, bold=True, italic=False),
        Style(underline=True, bold=True, italic=True),
        Style(underline=True, bold=False, italic=False),
    ]


async def test_the_text_is_shaded_by_the_candidate_then_by_the_neuron_then_not(desk):
    async with desk(ghost_words=0, continuations=False) as d:
        await d.press(*"今天天气")
        await d.thought()
        plain = backgrounds(d)
        await d.press("alt+shift+d")
        assert d.app.settings.current.shading == "candidate"
        await d.until(lambda: backgrounds(d) != plain, "shades of the candidate")
        by_candidate = backgrounds(d)
        await d.press("alt+shift+d")
        assert d.app.settings.current.shading == "neuron"
        await d.until(lambda: backgrounds(d) not in (plain, by_candidate), "shades of the neuron")
        by_neuron = backgrounds(d)
        await d.press("alt+w", "right", "right", "right")
        await d.until(lambda: backgrounds(d) not in (plain, by_neuron), "shades of another neuron")
        await d.press("escape", "alt+shift+d")
        assert d.app.settings.current.shading == "none"
        await d.until(lambda: backgrounds(d) == plain, "no shades")


async def test_another_candidate_is_another_shade_and_typing_goes_on(desk):
    async with desk(ghost_words=0, continuations=False, shading="candidate") as d:
        await d.press(*"今天天气很")
        await d.thought()
        await d.until(lambda: d.editor.shades, "shades")
        first = d.editor.shades
        await d.press("down", "right", "right")
        await d.until(lambda: d.editor.shades != first, "shades of the third candidate")
        await d.press("escape", "好")
        assert d.editor.text == "今天天气很好"
        await d.until(lambda: d.editor.shades and max(end for _, end, _ in d.editor.shades[0]) == 6, "new shades")
        await d.press("ctrl+u")
        assert d.editor.shades in ({}, {0: []})


async def test_in_a_chat_the_prompt_is_shaded(desk):
    async with desk(ghost_words=0, shading="candidate") as d:
        await d.press("alt+m", *"你好", "enter")
        await d.until(lambda: not d.workspace.replies.is_writing, "a reply")
        await d.press(*"今天")
        await d.thought()
        await d.until(lambda: d.editor.shades.get(0), "shades")
        assert all(0 <= start < end <= 2 for start, end, _ in d.editor.shades[0])
