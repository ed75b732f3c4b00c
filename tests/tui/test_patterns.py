"""Patterns in the app: what the keys choose, and what is found."""

import numpy as np

from seqchat.corpus import source_files
from seqchat.insight.neurons.groups import NeuronGroup, NeuronGroups
from seqchat.insight.neurons.matches import Matches
from seqchat.insight.neurons.patterns import ReadText
from seqchat.model.cells import CELLS
from seqchat.tui import pattern_drawing
from seqchat.tui.pattern_choice import PatternChoice
from seqchat.tui.screens.patterns import PatternsScreen


def choice(words=6, back=0):
    values = np.tile(np.array([0.9, -0.6, 0.2], np.float32), (words, 1))
    return PatternChoice.ending(
        ReadText("1", CELLS["lstm"].gate("hidden"), list("▶abcdefgh"[:words]), values, 0.5), back
    )


def span(chosen):
    return chosen.first, chosen.last


def test_keys_choose_words_that_are_there():
    chosen = choice()
    assert span(chosen) == (3, 5) and span(choice(back=2)) == (1, 3) and span(choice(words=2)) == (1, 1)
    assert span(chosen.moved(1)) == (3, 5) and span(chosen.moved(-9)) == (1, 3)
    assert span(chosen.lengthened(-9)) == (3, 3) and span(chosen.moved(-1).lengthened(9)) == (2, 5)


def test_the_threshold_says_which_neurons_are_on():
    chosen = choice()
    assert (chosen.pattern.high, chosen.pattern.low) == ([0], [1])
    assert chosen.raised(3).pattern.low == [] and chosen.raised(3).pattern.high == [0]
    assert chosen.raised(-12).pattern.high == [0, 2]
    assert "threshold ±0.5: 2 neurons are on  0 −1" in pattern_drawing.neurons(chosen).plain


def test_the_chosen_words_stay_on_a_narrow_screen():
    for width in (8, 12, 40):
        drawn = pattern_drawing.words(choice(words=9), width)
        assert "f g h" in drawn.plain and drawn.cell_length <= width + 1


def test_groups_are_written_with_chance_beside_them():
    found = NeuronGroups(20, 1_000, 12, 50, 0.5, 0.12, 0.9, [NeuronGroup([0, 7], [4], 0.61, ["好"], ["⏎"])])
    lines = pattern_drawing.found(found, 80).plain.splitlines()
    assert "0.50 or more" in lines[0] and "reach 0.12 in one of twenty" in lines[0]
    assert lines[1:] == ["0.61  0 7 −4", "      highest at 好, lowest at ⏎"]


async def test_patterns_of_the_panel_are_found_in_the_sample(desk, monkeypatch, tmp_path):
    sample = tmp_path / "sample.jsonl"
    sample.write_text('["我们去吃饭吧", "好"]\n' * 3, "utf-8")
    monkeypatch.setattr(source_files, "SAMPLE_CORPUS", sample)
    async with desk("rnn", size=(100, 40)) as d:
        await d.press(*"我们去吃饭")
        await d.settled()
        await d.press("alt+w", "p")
        await d.until(lambda: isinstance(d.app.screen, PatternsScreen) and d.app.screen.choice, "the text")
        screen = d.app.screen
        assert screen.choice.last == len(screen.choice.read.words) - 1
        await d.press("shift+left", "shift+left", "right", "up")
        assert span(screen.choice) == (2, 2)
        assert screen.choice.threshold > screen.choice.read.usual
        await d.press("enter")
        await d.until(lambda: isinstance(screen.found, Matches), "the passages")
        first = screen.found.found[0]
        assert screen.found.dialogs == 3 and first.shared > 0
        assert f"{first.shared}/{screen.found.pattern.size}" in d.screen
        assert "by chance" in d.screen
        await d.press("escape")
        assert d.app.screen is d.workspace
