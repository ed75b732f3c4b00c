"""Patterns of neurons that are on together, the passages that share them, groups, and what chance reaches."""

from dataclasses import asdict

import numpy as np
import pytest

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.vocabulary import DIALOG_ID
from seqchat.errors import SeqchatError
from seqchat.insight.neurons import matches as matching
from seqchat.insight.neurons import states as reading
from seqchat.insight.neurons.best import Best
from seqchat.insight.neurons.groups import find_groups
from seqchat.insight.neurons.matches import find_matches, shuffled_counts, throughout
from seqchat.insight.neurons.order import groups_of
from seqchat.insight.neurons.patterns import ReadText, Span, on, read_text
from seqchat.insight.neurons.sample import Sample
from seqchat.insight.neurons.states import DialogWords, dialog_words, read_passages, read_states
from seqchat.insight.selection import find_quantity
from seqchat.model.cells import CELLS

from ...conftest import small_engine

WORDS = ["我", "想", "吃火锅", "，", "去", "好"]
TEXT = "我想吃火锅，好"
DIALOGS = [
    Dialog(("我想去，去，吃火锅", "好，去，吃火锅")),
    Dialog(("好",)),
    Dialog(("吃火锅，去，好", "我想吃火锅，好", "去")),
]
# One of each kind of value: signed, from 0 to 1, and without an upper end
QUANTITIES = [("lstm", "hidden"), ("lstm", "forget"), ("mingru", "hidden")]


def pattern_of(engine, span="2:3", quantity="hidden", threshold=None):
    read = read_text(engine, TEXT, quantity=quantity)
    return read.pattern(Span.parse(span), read.usual if threshold is None else threshold)


# --- a pattern ---------------------------------------------------------------------------------------------------


def test_neurons_are_on_that_are_throughout_the_span():
    values = np.array([[9, 9, 9, 9], [0.5, 0.6, -0.7, 0.1], [0.5, 0.4, -0.5, 0.9]], np.float32)
    read = ReadText("1", CELLS["lstm"].gate("hidden"), ["▶", "a", "b"], values, 0.5)
    both = read.pattern(Span(1, 2), 0.5)
    assert (both.high, both.low, both.size, both.words) == ([0], [2], 2, ["a", "b"])
    assert read.pattern(Span(2, 2), 0.5).high == [0, 3]
    gate = ReadText("1", CELLS["lstm"].gate("forget"), ["▶", "a", "b"], values, 0.9)
    assert (gate.pattern(Span(2, 2), 0.9).high, gate.pattern(Span(1, 2), 0.1).low) == ([3], [])


@pytest.mark.parametrize(("text", "span"), [("3:6", Span(3, 6)), ("4", Span(4, 4))])
def test_a_span_is_read_as_it_is_written(text, span):
    assert Span.parse(text) == span


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "is not a span"), ("3-6", "is not a span"), ("3:", "is not a span"), ("6:3", "write 3:6 for 6:3")],
)
def test_a_wrong_span_is_one_sentence(text, says):
    with pytest.raises(SeqchatError, match=says):
        Span.parse(text)


@pytest.mark.parametrize("span", ["0:1", "4:6", "6"])
def test_words_that_are_not_there(span):
    with pytest.raises(SeqchatError, match="the text has the words 1 to 5"):
        pattern_of(small_engine(WORDS), span)


def test_the_usual_threshold_is_that_of_the_gate():
    engine = small_engine(WORDS)
    assert read_text(engine, TEXT, quantity="forget").usual == 0.9
    read = read_text(engine, TEXT)
    assert 0 < read.usual < np.abs(read.values).max()
    assert read.words[read.last_words().first :] == ["吃火锅", "，", "好"]
    assert read_text(engine, "好").last_words() == Span(1, 1)


# --- passages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cell", "quantity"), QUANTITIES)
def test_passages_are_compared_as_the_definition_says(cell, quantity):
    """Against loops over all passages."""
    engine = small_engine(WORDS, cell=cell, layers=2)
    threshold = 0.5 if quantity == "forget" else 0.1
    pattern = pattern_of(engine, quantity=quantity, threshold=threshold)
    assert pattern.size > 2
    found = find_matches(engine, DIALOGS, pattern, k=50, around=0)
    selected = find_quantity(engine.network, "2", quantity)
    readings = [dialog_words(dialog.turns, engine.vocabulary) for dialog in DIALOGS]
    wanted = {(n, 1) for n in pattern.high} | {(n, -1) for n in pattern.low}
    best, counts = {}, []
    for dialog, values in read_states(engine.network, readings, selected):
        compared = []
        for start in range(1, len(dialog.ids) - 1):
            span = values[start : start + 2]
            is_on = {(n, 1) for n in range(12) if (span[:, n] >= threshold).all()}
            if pattern.signed:
                is_on |= {(n, -1) for n in range(12) if (span[:, n] <= -threshold).all()}
            compared.append((len(is_on & wanted), -len(is_on - wanted), -start, dialog.ids[start : start + 2]))
        counts += [shared for shared, *_ in compared]
        if compared:
            *score, _, words = max(compared)
            best[tuple(words)] = max(best.get(tuple(words), score), score)
    assert [[m.shared, -m.others] for m in found.found] == sorted(best.values(), reverse=True)
    assert found.passages == len(counts)
    assert [m.passages for m in found.found] == [sum(c >= m.shared for c in counts) for m in found.found]
    assert (found.dialogs, found.words) == (3, sum(len(dialog.ids) - 1 for dialog in readings))


def test_the_passage_itself_is_found_with_its_words_around():
    engine = small_engine(WORDS)
    pattern = pattern_of(engine, "1:2", threshold=0.2)
    first = find_matches(engine, [Dialog(("去，去，去",)), Dialog((TEXT, "好"))], pattern, around=2).found[0]
    assert (first.shared, first.others, first.dialog) == (pattern.size, 0, 2)
    assert (first.before, first.text, first.after) == ("", "我想", "吃火锅，")


@pytest.mark.parametrize("tokens", [3, 5, 8])
def test_a_long_dialog_is_read_in_pieces_with_the_same_result(monkeypatch, tokens):
    engine = small_engine(WORDS)
    pattern = pattern_of(engine, "1:3", threshold=0.2)
    dialogs = [*DIALOGS, Dialog((TEXT,) * 5), DIALOGS[1]]
    whole = find_matches(engine, dialogs, pattern, k=1)
    monkeypatch.setattr(reading, "PASSAGE_TOKENS", tokens)
    pieces = find_matches(engine, dialogs, pattern, k=1)
    assert (pieces.dialogs, pieces.words, pieces.passages) == (whole.dialogs, whole.words, whole.passages)
    counts = ("shared", "others", "passages", "dialog")
    assert [getattr(pieces.found[0], c) for c in counts] == [getattr(whole.found[0], c) for c in counts]


def test_pieces_have_the_values_of_the_whole(monkeypatch):
    engine = small_engine(WORDS, layers=2)
    selected = find_quantity(engine.network)
    dialogs = [dialog_words(dialog.turns, engine.vocabulary) for dialog in DIALOGS]
    expected = [values for _, values in read_states(engine.network, dialogs, selected)]
    monkeypatch.setattr(reading, "PASSAGE_TOKENS", 4)
    monkeypatch.setattr(reading, "_GROUP_TOKENS", 4)
    seen = [0] * len(dialogs)
    for piece in read_passages(engine.network, dialogs, selected, 1):
        end = piece.start + len(piece.values)
        assert piece.start == max(seen[piece.number - 1] - 1, 0)
        np.testing.assert_allclose(piece.values, expected[piece.number - 1][piece.start : end], atol=1e-6)
        seen[piece.number - 1] = end
    assert seen == [len(dialog.ids) for dialog in dialogs]


def test_nothing_to_compare_is_one_sentence():
    engine = small_engine(WORDS)
    with pytest.raises(SeqchatError, match=r"No neuron is on throughout the words 2:3 at the threshold 5; "):
        find_matches(engine, DIALOGS, pattern_of(engine, threshold=5))
    for dialogs in ([], [DIALOGS[1]]):
        with pytest.raises(SeqchatError, match="no dialog of 2 words or more"):
            find_matches(engine, dialogs, pattern_of(engine, threshold=0.2))
    with pytest.raises(SeqchatError, match="There is no text to take a pattern from"):
        read_text(engine, " \n")


# --- chance ------------------------------------------------------------------------------------------------------


def test_a_shuffle_rotates_each_neuron_by_itself():
    held = np.random.default_rng(1).random((7, 3)) < 0.4
    found = shuffled_counts(held, 5, np.random.default_rng(0))
    by = np.random.default_rng(0).integers(7, size=(3, 5))
    for shuffle in range(5):
        rotated = [np.roll(held[:, neuron], by[neuron, shuffle]) for neuron in range(3)]
        assert found[:, shuffle].tolist() == np.sum(rotated, axis=0).tolist()


@pytest.mark.parametrize(("together", "is_chance"), [(True, False), (False, True)])
def test_neurons_that_are_on_together_are_told_from_those_that_are_not(together, is_chance):
    """Eight neurons, each on for three words of each dialog, at the same place or anywhere."""
    rng = np.random.default_rng(0)
    chance = matching._Chance(8, 100, 0)
    best = 0
    for _ in range(20):
        held = np.zeros((40, 8), bool)
        starts = np.full(8, rng.integers(37)) if together else rng.integers(37, size=8)
        for neuron, start in enumerate(starts):
            held[start : start + 3, neuron] = True
        best = max(best, int(held.sum(axis=1).max()))
        chance.add(held)
    found = chance.beside((best, 0, 1, ("", "", "")))
    assert (found.p > 0.05) == is_chance
    assert (found.passages > 10 * found.by_chance) != is_chance
    assert (best > chance.reached) != is_chance
    assert chance.passages == 800


def test_what_is_on_throughout():
    is_on = np.array([[1, 0], [1, 1], [1, 1], [0, 1]], bool)
    assert throughout(is_on, 2).tolist() == [[True, False], [True, True], [False, True]]
    assert throughout(is_on, 4).tolist() == [[False, False]]
    assert throughout(is_on, 5).shape == (0, 2)
    assert on(np.array([[0.3, -0.3]], np.float32), 0.3, signed=False).tolist() == [[True, False]]


def test_the_best_are_kept_each_once():
    best = Best[str](2)
    for score, key, find in ((1, 1, "a"), (3, 2, "b"), (2, 2, "worse"), (1, 3, "later"), (2, 1, "better")):
        if best.accepts((score,), (key,)):
            best.add((score,), (key,), find)
    assert best.ranked() == ["b", "better"]


# --- groups ------------------------------------------------------------------------------------------------------


def sample_of(states, dialogs, engine):
    """Wrap states [tokens, neurons] as those of dialogs of equal length, whose words alternate by the first neuron."""
    lengths = len(states) // dialogs
    ids = [engine.vocabulary.words.index("好" if high else "去") for high in states[:, 0] > 0]
    return Sample([DialogWords([], [DIALOG_ID, *ids[k * lengths : (k + 1) * lengths]]) for k in range(dialogs)], states)


def slow(rng, words, neurons):
    """Values that change slowly, so that they correlate by chance."""
    noise = rng.normal(size=(words, neurons))
    return np.array([noise[max(t - 8, 0) : t + 1].mean(axis=0) for t in range(words)])


def test_neurons_that_move_together_are_a_group_and_others_are_not():
    rng = np.random.default_rng(0)
    courses = slow(rng, 1_000, 3)
    states = slow(rng, 1_000, 12)
    states[:, [0, 4, 7]] = courses[:, :1] * [1, -1, 0.5] + 0.02 * rng.normal(size=(1_000, 3))
    states[:, [2, 9]] = courses[:, 1:2] + 0.02 * rng.normal(size=(1_000, 2))
    # What only tells dialogs apart moves with nothing within them, and neither does a constant.
    states[:, [5, 6]] = np.repeat(rng.normal(size=20), 50)[:, None]
    states[:, 11] = 1
    engine = small_engine(WORDS)
    found = find_groups(sample_of(states.astype(np.float32), 20, engine), engine.vocabulary, shuffles=20)
    assert [(group.together, group.opposite) for group in found.found] == [([0, 7], [4]), ([2, 9], [])]
    assert all(group.correlation > 0.9 for group in found.found)
    assert (found.found[0].highest, found.found[0].lowest) == (["好", "去"], ["去", "好"])
    assert 0.1 < found.chance < 0.5 == found.least < found.closest
    assert (found.words, found.neurons, found.dialogs) == (1_000, 12, 20)


def test_without_groups_the_closest_two_are_what_chance_reaches():
    engine = small_engine(WORDS)
    states = slow(np.random.default_rng(3), 1_000, 12).astype(np.float32)
    found = find_groups(sample_of(states, 20, engine), engine.vocabulary, least=0.0, shuffles=40)
    assert found.least == found.chance >= found.closest
    assert found.found == [] and asdict(found)["shuffles"] == 40


def test_groups_are_joined_by_their_mean():
    similarity = np.eye(4)
    for (a, b), value in {(0, 2): 0.9, (1, 3): 0.8, (0, 1): 0.7, (2, 3): 0.1, (0, 3): 0.1, (1, 2): 0.1}.items():
        similarity[a, b] = similarity[b, a] = value
    assert [sorted(group) for group in groups_of(similarity, 0.5)] == [[0, 2], [1, 3]]
    assert [sorted(group) for group in groups_of(similarity, 0.25)] == [[0, 1, 2, 3]]
    assert groups_of(similarity, 0.95) == []
