"""The lessons: their data, their screen with real small models, and pictures with canned ones."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from textual.containers import Container
from textual.widgets import Footer

from seqchat.cli.tui import tui
from seqchat.completion.engine_pool import EnginePool
from seqchat.completion.states import AbandonedError
from seqchat.completion.suggestion import Suggestion
from seqchat.insight.connectivity import connectivity
from seqchat.insight.gates import GateTrace
from seqchat.insight.shapes import shapes_of
from seqchat.lessons import reach as scale
from seqchat.lessons.built_in import LESSONS
from seqchat.lessons.choice import Choice, Need, Untrained, choose
from seqchat.lessons.lesson import LessonText
from seqchat.lessons.study import Study, StudyRequest, study, word_at
from seqchat.model.cells import CELLS
from seqchat.model.config import ModelConfig
from seqchat.tui import keys, language
from seqchat.tui.app import SeqchatApp
from seqchat.tui.settings import Settings
from seqchat.tui.tour import course_views, network_diagram, reach, tutor
from seqchat.tui.tour.fitted import GAP, packed
from seqchat.tui.tour.model_view import expected
from seqchat.tui.tour.panel import LessonPanel
from seqchat.tui.tour.prose import Prose
from seqchat.tui.tour.screen import Tour
from seqchat.tui.tour.tutor import StudyNotice, StudyReady, Tutor

from ..conftest import small_engine

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def english():
    """Leave no other language to the tests that follow."""
    yield
    language.use("en")


def test_words_are_shown_whole_or_not_at_all():
    words = [Suggestion(word, word, 0, probability, False) for word, probability in (("她", 0.8), ("电影", 0.018))]
    assert expected(words) == "她 80%  电影 1.8%"
    assert expected(words, 17) == "她 80%  电影 1.8%"
    assert expected(words, 16) == "她 80%"
    assert expected(words, 3) == "她 80%"


# --- the lessons as data


def test_the_first_ten_lessons_have_a_key_each():
    assert [key.action for key in keys.KEYS["tour"] if key.name.startswith("lesson_")] == [
        f"page({n})" for n in range(10)
    ]


@pytest.mark.parametrize("number", range(len(LESSONS)))
def test_every_lesson_is_complete_in_both_languages(number):
    lesson = LESSONS[number]
    for said in (lesson.english, lesson.chinese):
        assert said.title
        assert said.text
        assert said.task
        needs_more = any(need.layers > 1 or need.both_sides or need.window for need in lesson.needs)
        assert bool(said.lacking) == needs_more
        assert not said.lacking or "{model}" in said.lacking
    assert lesson.said("zh") is lesson.chinese
    assert lesson.said("en") is lesson.english
    assert lesson.example
    assert re.sub(r"⟨gap⟩", "", lesson.translation).isascii()
    assert lesson.word in lesson.example
    assert lesson.formulas or lesson.more


def test_formulas_and_gates_are_those_of_the_cells():
    for lesson in LESSONS:
        cells = {CELLS[need.cell].title: {gate.name for gate in CELLS[need.cell].gates} for need in lesson.needs}
        for cell, gate in lesson.formulas:
            assert gate in [g.name for g in CELLS[cell.lower()].gates]
            assert cell in cells
        for names in cells.values():
            assert set(lesson.gates) <= names


def test_chinese_texts_are_chinese_and_english_ones_name_each_chinese_word_in_english():
    for lesson in LESSONS:
        assert sum("一" <= c <= "鿿" for c in lesson.chinese.text) > 20
        assert sum("一" <= c <= "鿿" for c in lesson.english.text) < 24


# --- which model


def config(folder, name, **network):
    (folder / name).mkdir(parents=True)
    model = ModelConfig(100, **network).to_json()
    (folder / name / "config.json").write_text(json.dumps({"model": model}))
    return str(folder / name)


@pytest.fixture
def model_folders(tmp_path, monkeypatch):
    monkeypatch.setattr("seqchat.locations.local_checkpoints", lambda: tmp_path / "none")
    monkeypatch.setattr("seqchat.locations.user_checkpoints", lambda: tmp_path / "own")
    monkeypatch.setattr("seqchat.locations.shipped_checkpoints", lambda: tmp_path / "shipped")
    return tmp_path


def test_the_model_of_a_lesson(model_folders):
    assert choose(Need("rnn")) == Choice("rnn-chat", there=False, fits=False)
    config(model_folders / "shipped", "lstm-chat-small", cell="lstm")
    config(model_folders / "shipped", "rnn-chat", cell="rnn")
    assert choose(Need("rnn")) == Choice("rnn-chat")
    assert choose(Need("lstm")) == Choice("lstm-chat-small")
    assert choose(Need("lstm", layers=2)) == Choice("lstm-chat-small", fits=False)
    assert choose(Need("lstm", both_sides=True)) == Choice("lstm-chat-small", fits=False)
    config(model_folders / "shipped", "lstm-chat-infill", cell="lstm", objective="infill")
    config(model_folders / "own", "a-deep-one", cell="lstm", layers=3)
    config(model_folders / "own", "a-window", cell="gru", objective="window")
    assert choose(Need("lstm")) == Choice("lstm-chat-small")
    assert choose(Need("lstm", layers=2)) == Choice("a-deep-one")
    assert choose(Need("lstm", both_sides=True)) == Choice("lstm-chat-infill")
    assert choose(Need("gru")) == Choice("gru-chat", there=False, fits=False)
    assert choose(Need("gru", window=True)) == Choice("a-window", fits=False)
    config(model_folders / "own", "two-ways", cell="gru", objective="window", bidirectional=True)
    assert choose(Need("gru", window=True)) == Choice("two-ways")
    assert choose(Need("rnn", model="lesson-rnn")) == Choice("rnn-chat")
    config(model_folders / "shipped", "lesson-rnn", cell="rnn")
    assert choose(Need("rnn", model="lesson-rnn")) == Choice("lesson-rnn")
    assert choose(Need("mingru", model="lesson-mingru")) == Choice("lesson-mingru", there=False, fits=False)
    assert choose(Need("lstm", untrained=Untrained("lstm"))) == Choice(Untrained("lstm"))


def test_given_models_come_first_where_they_fit(model_folders):
    config(model_folders / "shipped", "lstm-chat-small", cell="lstm")
    own = config(model_folders / "elsewhere", "my-lstm", cell="lstm", layers=2)
    other = config(model_folders / "elsewhere", "my-gru", cell="gru")
    assert choose(Need("lstm"), [other, own]) == Choice(own)
    assert choose(Need("lstm", layers=2), [other, own]) == Choice(own)
    assert choose(Need("gru"), [other, own]) == Choice(other)
    assert choose(Need("lstm"), ["no-such-model"]) == Choice("lstm-chat-small")


# --- plain functions


@pytest.mark.parametrize(
    ("cursor", "word"), [(0, 0), (1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 4), (7, 4), (8, 5), (99, 5)]
)
def test_the_word_at_the_cursor(cursor, word):
    assert word_at(["▶", "我们", "北京", "⏎", "我", "a"], "我们北京\n我 a", cursor) == word


@pytest.mark.parametrize(("cursor", "word"), [(1, 1), (2, 1), (3, 2), (4, 3)])
def test_a_sign_for_an_unknown_character_is_found_too(cursor, word):
    assert word_at(["▶", "我", "□", "去"], "我 𰻞去", cursor) == word


def test_as_many_formulas_on_a_line_as_fit():
    assert packed(["aaaa", "bbbb", "cccc"], 11) == ["aaaa   bbbb", "cccc"]
    assert packed(["aaaa", "bbbb"], 10) == ["aaaa", "bbbb"]
    assert packed(["aaaa"], 2) == ["aaaa"]


def test_layers_are_drawn_above_each_other_over_the_words():
    lines = network_diagram.layers(["▶", "我们", "吃火锅"], 2, "h", 40)
    assert lines == [
        "  2  h───▸h───▸h",
        "     ↑    ↑    ↑",
        "  1  h───▸h───▸h",
        "     ↑    ↑    ↑",
        "     ▶    我们 吃… ",
    ]
    assert network_diagram.layers(["a", "b"], 1, "c,h", 40)[0] == "  1  c,h─▸c,h"
    assert len(network_diagram.layers(["a"], 9, "h", 40)) == 7


def test_only_the_last_words_are_drawn_where_there_is_no_room():
    assert network_diagram.layers(list("abcdef"), 1, "h", 15)[-1].split() == ["e", "f"]
    assert network_diagram.directions(list("abcdef"), 15)[-1].split() == ["e", "f"]
    assert network_diagram.directions(["a", "b"], 40)[:2] == ["  →  h───▸h", "  ←  h◂───h"]


def test_bars_are_logarithmic():
    assert scale.height(1, 1) == 1
    assert scale.height(10**-scale.DECADES, 1) == pytest.approx(0)
    assert scale.height(10 ** (-scale.DECADES / 2), 1) == pytest.approx(0.5)
    assert [scale.height(value, 1) for value in (0, -1, 1e-30)] == [0, 0, 0]
    assert scale.height(0, 0) == 0
    assert reach.bars([1.0, 10 ** (-scale.DECADES / 2), 0.0], 1.0, 2) == ["████           ", "████ ████      "]


@pytest.mark.parametrize(
    ("value", "text"), [(2, "100%"), (1, "50%"), (0.02, "1%"), (0.002, "1e-3"), (0.0004, "2e-4"), (0, "0")]
)
def test_shares_take_four_cells_at_most(value, text):
    assert scale.share(value, 2) == text
    assert scale.share(0, 0) == "0"


# --- what a model makes of an example


def test_a_study_of_gates(lstm):
    found = study(lstm, StudyRequest(("lstm",), "我们去吃火锅"))
    assert found.trace.words[0] == "▶"
    assert (found.cell, found.layers) == ("LSTM", 2)
    assert found.parameters == lstm.config.parameters
    assert len(found.suggestions) == 5
    assert (found.fitting, found.awaited, found.reach) == ([], "", ())


def test_the_reach_is_that_of_the_most_probable_word(engine):
    found = study(engine, StudyRequest(("x",), "我们去吃火锅", view="reach"))
    word_id = next(i for i, word in enumerate(engine.vocabulary.words) if word == found.awaited)
    node = engine.context.node("我们去吃火锅")
    assert word_id == int(engine.context.tree.top_words(node, 1, engine.suggestible_mask)[0][0])
    assert found.reach == pytest.approx(tuple(connectivity(engine, node, word_id)))
    assert len(found.reach) == len(found.trace.words) - 1
    assert study(engine, StudyRequest(("x",), "", view="reach")).reach == ()


def test_a_gap_is_filled_from_the_left_and_from_both_sides():
    engine = small_engine(["a", "b", "c", "d", "e"], objective="infill")
    request = StudyRequest(("x",), "a b d e", view="gap", cursor=4)
    found = study(engine, request)
    other = study(engine, replace(request, text="a b c a"))
    end = study(engine, replace(request, cursor=7))
    assert [s.word for s in found.suggestions] == [s.word for s in other.suggestions]
    assert [s.probability for s in found.fitting] != pytest.approx([s.probability for s in other.fitting])
    assert end.fitting == end.suggestions


class Hall:
    """What a tutor publishes to."""

    def __init__(self):
        self.messages = []
        self.heard = threading.Condition()

    def __call__(self, message):
        with self.heard:
            self.messages.append(message)
            self.heard.notify_all()

    def until(self, condition):
        with self.heard:
            assert self.heard.wait_for(lambda: any(map(condition, self.messages)), 30), self.messages


@pytest.fixture
def hall():
    hall = Hall()
    hall.tutor = Tutor(hall, EnginePool())
    hall.tutor.start()
    yield hall
    hall.tutor.stop()
    hall.tutor.join()
    assert not hall.tutor.is_running


def test_the_tutor_loads_what_is_asked_for_and_goes_on_after_a_failure(hall, models, tmp_path):
    (tmp_path / "broken").mkdir()
    request = StudyRequest((None, str(tmp_path / "broken"), str(models["gru"])), "我们")
    hall.tutor.ask(request)
    hall.until(lambda m: isinstance(m, StudyReady))
    assert [m.index for m in hall.messages if isinstance(m, StudyReady)] == [2]
    said = [m.text for m in hall.messages if isinstance(m, StudyNotice) and m.index == 1]
    assert "broken" in said[-1]
    assert "Starting PyTorch…" in said
    assert all(m.request is request for m in hall.messages)


def test_the_tutor_drops_a_question_that_was_overtaken(hall, models, monkeypatch):
    second = StudyRequest((str(models["rnn"]),), "b")
    real = tutor.study

    def overtaken(engine, request):
        if request.text == "a":
            hall.tutor.ask(second)
            engine.context.tree.interrupted() or pytest.fail("nobody said that it was overtaken")
            raise AbandonedError
        return real(engine, request)

    monkeypatch.setattr(tutor, "study", overtaken)
    hall.tutor.ask(StudyRequest((str(models["rnn"]), str(models["gru"])), "a"))
    hall.until(lambda m: isinstance(m, StudyReady))
    assert [m.request for m in hall.messages if isinstance(m, StudyReady)] == [second]


def test_windows_slide_over_the_ids(lstm):
    found = study(lstm, StudyRequest(("lstm",), "我们明天去吃火锅吧", view="windows"))
    lines = course_views.windows(found, 100, 20)
    ids = list(found.ids)
    assert lstm.vocabulary.ids_of(found.tokens[0])[0] == ids[0]
    rows = [line for line in lines if "[" in line]
    assert len(rows) == len(ids) - course_views.WINDOW
    for start, row in enumerate(rows):
        read, _, rest = row.partition("[")[2].partition("]")
        assert [int(number) for number in read.split()] == ids[start : start + 5]
        assert int(rest.split()[1]) == ids[start + 5]
    assert (
        "needs more text" in course_views.windows(study(lstm, StudyRequest(("lstm",), "我", view="windows")), 80, 9)[-1]
    )


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_shapes_are_those_that_torch_returns(cell):
    found = shapes_of(cell, 20, 40, 7)
    assert [(s.output, s.states[0]) for s in found] == [
        ((1, 7, 40), (1, 1, 40)),
        ((1, 7, 40), (2, 1, 40)),
        ((1, 7, 80), (2, 1, 40)),
        ((1, 7, 80), (4, 1, 40)),
    ]
    assert {len(s.states) for s in found} == {2 if cell == "lstm" else 1}


def test_both_directions_of_several_layers_are_drawn():
    lines = network_diagram.both(["a", "b"], 2, 40)
    assert [line.split()[0] for line in lines] == ["2→", "2←", "↑", "1→", "1←", "a"]


# --- the screen


@pytest.fixture
def lesson(desk, models):
    """Return what opens the lessons: ``async with lesson(6, size=(80, 24)) as d``."""
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def sit(number=1, names=("rnn", "lstm", "gru"), **options):
        async with desk("gru", **options) as d:
            await d.thought()
            d.app.push_screen(Tour(d.app.keys, d.app.pool, [str(models[name]) for name in names]))
            await d.until(lambda: isinstance(d.app.screen, Tour) and d.app.screen.is_mounted)
            await d.pilot.pause()
            await d.app.screen.action_page(number - 1)
            await studied(d)
            yield d

    return sit


async def studied(d):
    """Wait until every model that is there has read the example at hand."""

    def done():
        page = d.app.screen.page
        return all(
            view.study is not None and view.study.text == page.example.text
            for view, choice in zip(page.views, page.choices, strict=True)
            if choice.there
        )

    await d.until(done, "the reading of the example")
    await d.pilot.pause()


def first(d):
    return d.app.screen.page.views[0]


def headings(d):
    """The gates that the first panel shows, each with its name."""
    found = {gate.name for gate in first(d).panel.state.shown_gates}
    assert all(f"{name} " in d.screen for name in found)
    return found


async def test_the_pages_are_turned_by_keys_numbers_and_the_mouse(lesson):
    async with lesson(size=(100, 30)) as d:
        for number in (1, 2, 3):
            assert f"{number}/16 {LESSONS[number - 1].english.title}" in d.screen
            await d.press("alt+n")
        await d.press("alt+p", "alt+p")
        assert "2/16" in d.screen
        await d.press("alt+0")
        assert "10/16" in d.screen
        row = d.screen.splitlines()[0]
        await d.pilot.click(offset=(row.rindex(" 16") + 1, 0))
        await d.pilot.pause()
        assert "16/16" in d.screen
        await d.press("alt+n")
        assert "16/16" in d.screen
        await d.press("alt+1", "alt+p")
        assert "1/16" in d.screen
        row = d.screen.splitlines()[0]
        await d.pilot.click(offset=(row.rindex(" 7 ") + 1, 0))
        await d.pilot.pause()
        assert "7/16" in d.screen
        assert d.app.screen.page.example.has_focus


@pytest.mark.parametrize("code", ["en", "zh"])
@pytest.mark.parametrize("size", [(80, 24), (180, 50)])
async def test_every_page_is_whole_on_one_screen(lesson, code, size):
    async with lesson(size=size, language=code) as d:
        for number, page in enumerate(LESSONS, 1):
            await d.app.screen.action_page(number - 1)
            await studied(d)
            said = page.said(code)
            prose = list(d.app.screen.page.query(".lesson Prose").results(Prose))
            assert [said.text, said.task] == [p.text for p in prose if "lacking" not in p.classes]
            for line in [line for p in prose for line in p.lines(p.content_size.width)]:
                assert line in d.screen, (number, line)
            assert f"{number}/16 {said.title}" in d.screen
            assert page.example[:20] in d.screen
            for formula in [CELLS[cell.lower()].gate(gate).formula for cell, gate in page.formulas] + page.more.split(
                GAP
            ):
                assert formula in d.screen
            assert ("Try this" if code == "en" else "试一试") in d.screen
            if code == "en":
                assert page.translation[:30] in d.screen
            charts = [p.course or (p.reach if page.view == "reach" else p.panel) for p in d.app.screen.page.views]
            least = 2 if page.drawing == "both" else 4 if page.drawing or page.view == "reach" else 6
            for chart in charts:
                assert chart.content_size.height >= least, number
                assert chart.region.bottom <= size[1] - 1
            assert d.app.screen.query_one(Footer).region.bottom == size[1]


@pytest.mark.parametrize(
    ("number", "gates"),
    [(3, {"hidden"}), (9, {"cell"}), (10, {"forget"}), (11, {"input", "output"}), (14, {"reset", "update"})],
)
async def test_the_panel_shows_what_the_page_speaks_of(lesson, number, gates):
    async with lesson(number) as d:
        assert headings(d) == gates
        cell = {3: "RNN", 14: "GRU"}.get(number, "LSTM")
        assert f" · {cell}" in d.screen


async def test_the_other_gates_come_with_the_panels_keys(lesson):
    async with lesson(11) as d:
        await d.press("alt+w", "g")
        assert first(d).panel.has_focus
        assert headings(d) == {"input"}
        await d.press("g")
        assert headings(d) == {"forget"}
        await d.press("G", "G")
        assert headings(d) == {"input", "output"}


async def test_an_edit_changes_the_columns_from_its_word_on(lesson):
    async with lesson(3) as d:
        before = first(d).study
        at = next(i for i, word in enumerate(before.trace.words) if word.startswith("公"))
        await d.press("backspace", "backspace", *"吃")
        await studied(d)
        after = first(d).study
        assert after.text == LESSONS[2].example.replace("公司", "吃")
        old, new = (s.trace.layers[0]["hidden"] for s in (before, after))
        assert np.array_equal(old[:at], new[:at])
        assert not np.array_equal(old[at], new[at])
        assert not np.array_equal(old[-1], new[-1])


async def test_the_selected_word_is_the_one_at_the_cursor(lesson):
    async with lesson(10) as d:
        words = first(d).study.trace.words

        def selected():
            return words[len(words) - 1 - first(d).panel.cursor.back]

        assert selected() in ("；", "□")  # a small vocabulary may lack it
        await d.press("end")
        assert selected() == words[-1]
        await d.press("home")
        assert selected() == "▶"
        await d.press("right")
        assert selected() == words[1]
        await d.press("alt+w", "end")
        assert selected() == words[-1]


async def test_an_edited_example_stays_and_can_be_put_back(lesson):
    async with lesson(1) as d:
        await d.press("home", *"我说")
        await d.press("alt+n", "alt+p")
        await studied(d)
        assert d.app.screen.page.example.text == "我说" + LESSONS[0].example
        assert LESSONS[0].translation not in d.screen
        await d.press("alt+r")
        await studied(d)
        assert d.app.screen.page.example.text == LESSONS[0].example
        assert LESSONS[0].translation in d.screen
        assert d.app.screen.page.example.cursor_at_end_of_text


async def test_the_same_example_on_the_next_page_is_read_again(lesson):
    """Lessons 9 and 10 ask the same question of the same model."""
    async with lesson(9) as d:
        await d.press("alt+n")
        await studied(d)
        assert headings(d) == {"forget"}


async def test_escape_leaves_the_panel_and_then_the_lessons(lesson):
    async with lesson(10) as d:
        tour = d.app.screen
        await d.press("alt+w", "escape")
        assert tour.page.example.has_focus
        await d.press("escape")
        await d.until(lambda: d.app.screen is d.workspace)
        await d.until(lambda: "tutor" not in {thread.name for thread in threading.enumerate()})
        await d.press(*"我们")
        await d.thought()
        assert d.editor.text == "我们"


async def test_the_arrow_below_the_text_goes_into_the_panel_and_the_panel_fills_the_screen(lesson):
    async with lesson(10, size=(80, 24)) as d:
        await d.press("down")
        assert first(d).panel.has_focus
        height = first(d).panel.size.height
        await d.press("m")
        await d.pilot.pause()
        assert first(d).panel.size.height > height + 5
        assert "Δf" in d.screen
        await d.press("m", "f")
        await d.pilot.pause()
        assert "forget gate · 遗忘门" in d.screen


async def test_one_page_draws_the_layers_that_a_model_has(lesson):
    async with lesson(4, size=(100, 40)) as d:
        assert "  2  h───▸h" in d.screen
        assert "has one layer" not in d.screen
        await d.press("alt+w")
        first_layer = d.screen
        await d.press("]")
        assert "layer 2/2" in d.screen
        assert d.screen != first_layer
        words = len(first(d).study.trace.words)
        await d.press("escape", *"吃")
        await studied(d)
        assert len(first(d).study.trace.words) == words + 1
        assert d.screen.count("↑") == 2 * (words + 1)


async def test_a_page_says_what_its_model_lacks(lesson, model_folders):
    async with lesson(5, names=["lstm"], size=(100, 30)) as d:
        assert "lstm has one direction" in d.screen
        assert "left alone" in d.screen
        before = first(d).study.fitting
        assert all(s.word in d.screen for s in before)
        left = first(d).study.suggestions
        await d.press("delete", "delete", "delete", *"爬长城")
        await studied(d)
        await d.press("left", "left", "left")
        await d.until(lambda: [s.word for s in first(d).study.suggestions] == [s.word for s in left])
        assert first(d).study.fitting != before


async def test_a_missing_model_is_said_in_its_panel_and_the_page_stays(lesson, model_folders):
    async with lesson(3, names=["lstm"], size=(100, 30)) as d:
        sentence = "The model lesson-rnn is not installed; seqchat lab pronouns --train checkpoints makes it"
        assert sentence[:60] in d.screen
        assert LESSONS[2].english.text[:40] in d.screen
        await d.press(*"我们")
        assert "我们" in d.app.screen.page.example.text
        await d.app.screen.action_page(14)
        await studied(d)
        assert d.screen.count("not installed") + d.screen.count("is not") >= 1
        assert [view.study is not None for view in d.app.screen.page.views] == [False, True, False]
        await d.press("alt+e")
        assert d.app.crash is None


async def test_three_networks_side_by_side(lesson):
    async with lesson(15, size=(120, 36)) as d:
        assert [view.study.cell for view in d.app.screen.page.views] == ["RNN", "LSTM", "GRU"]
        for view in d.app.screen.page.views:
            assert view.study.suggestions[0].word in d.screen
        await d.press("alt+w", "alt+w", "alt+w")
        assert d.app.screen.page.views[2].panel.has_focus
        await d.press("alt+w")
        assert d.app.screen.page.example.has_focus


async def test_the_gradient_vanishes_and_explodes_in_networks_before_training(lesson):
    async with lesson(8, size=(120, 36)) as d:
        vanishing, exploding = (view.study for view in d.app.screen.page.views)
        assert vanishing.reach[0] < 0.01 * vanishing.reach[-1]
        assert exploding.reach[0] > 10 * exploding.reach[-1]
        assert "untrained RNN → 他" in d.screen
        assert "untrained RNN, W × 4 → 他" in d.screen
        assert d.screen.count("100%") == 2
        await d.press("home", *["delete"] * 40)
        await studied(d)
        assert d.app.crash is None


async def test_earlier_words_are_traced_when_they_are_asked_for(lesson):
    async with lesson(10) as d:
        await d.press("end")
        d.app.screen.page.example.insert("我们去吃火锅" * 30)
        await studied(d)
        assert not first(d).study.trace.whole
        traced = len(first(d).study.trace.words)
        await d.press("alt+w", "home")
        await d.until(lambda: len(first(d).study.trace.words) > traced)
        assert first(d).panel.cursor.back == traced - 1


async def test_the_app_begins_with_the_lessons_and_opens_them_from_the_palette(desk):
    async with desk("gru", options={"tour": True}) as d:
        await d.until(lambda: isinstance(d.app.screen, Tour) and d.app.screen.is_mounted)
        await d.press("escape")
        await d.until(lambda: d.app.screen is d.workspace)
        await d.press("ctrl+p")
        await d.pilot.pause()
        await d.press(*"Lessons")
        await d.pilot.pause(0.5)
        await d.press("enter")
        await d.until(lambda: isinstance(d.app.screen, Tour))


def test_a_line_and_the_lessons_exclude_each_other():
    done = CliRunner().invoke(tui, ["--tour", "--inline"])
    assert done.exit_code == 2
    assert "--inline and --tour exclude each other" in done.output


def own_lesson(folder):
    lesson = ['title = "Who is it?"', 'text = "Look."', 'models = ["lesson-lstm"]', 'example = "你好"']
    (folder / "who.toml").write_text("\n".join(lesson), "utf-8")
    return str(folder)


def test_the_app_takes_lessons_of_ones_own(monkeypatch, tmp_path):
    opened = {}
    monkeypatch.setattr("seqchat.cli.tui.check_terminal", lambda inline: None)
    monkeypatch.setattr("seqchat.cli.tui.open_app", lambda models, **options: opened.update(options))
    done = CliRunner().invoke(tui, ["--lessons", own_lesson(tmp_path)])
    assert done.exit_code == 0, done.output
    assert [lesson.english.title for lesson in opened["lessons"]] == ["Who is it?"]
    assert not opened["tour"]
    served = []
    monkeypatch.setattr("seqchat.tui.web.serve", lambda arguments, host, port: served.extend(arguments))
    assert CliRunner().invoke(tui, ["--lessons", str(tmp_path), "--web"]).exit_code == 0
    assert served == ["--lessons", str(tmp_path)]
    assert "--inline and --lessons exclude" in CliRunner().invoke(tui, ["--lessons", str(tmp_path), "--inline"]).output
    (tmp_path / "who.toml").write_text("title = 3", "utf-8")
    assert CliRunner().invoke(tui, ["--lessons", str(tmp_path)]).exit_code == 1


def test_the_web_app_begins_with_the_lessons_too(monkeypatch):
    served = []
    monkeypatch.setattr("seqchat.tui.web.serve", lambda arguments, host, port: served.extend(arguments))
    assert CliRunner().invoke(tui, ["--tour", "--web"]).exit_code == 0
    assert served == ["--tour"]


async def test_an_answer_that_comes_while_the_page_is_turned_is_dropped(lesson, monkeypatch):
    async with lesson(15, size=(100, 30)) as d:
        tour = d.app.screen
        late = StudyReady(tour._request, 2, tour.page.views[2].study)
        mount = Container.mount

        def mount_late(container, *parts, **places):
            tour.on_study_ready(late)
            return mount(container, *parts, **places)

        monkeypatch.setattr(Container, "mount", mount_late)
        await d.press("alt+n")
        await studied(d)
        assert [view.study.cell for view in tour.page.views] == ["minGRU"]


async def test_a_question_is_answered_and_its_answer_shown(lesson):
    async with lesson(13, size=(80, 24)) as d:
        await d.press("alt+t", "x", "enter")
        await d.pilot.pause()
        assert "Which values does layer 2 get from layer 1?" in d.screen
        assert "a) c and h   b) only c   c) only h" in d.screen
        assert "? Write a letter, a to c." in d.screen
        await d.press("backspace", "a", "enter")
        await d.pilot.pause()
        assert "✗ Not right. Look again, or show the answer with Alt+Shift+T." in d.screen
        await d.press("alt+w")
        assert first(d).panel.has_focus
        await d.press("alt+t", "alt+shift+t")
        await d.pilot.pause()
        assert "Answer: c) only h" in d.screen
        await d.press("backspace", "c", "enter")
        await d.pilot.pause()
        assert "✓ Right." in d.screen
        await d.press("alt+p", "alt+n")
        await d.pilot.pause()
        assert "✓ Right." in d.screen
        assert first(d).panel.content_size.height >= 2
        await d.press("escape")
        assert d.app.screen.page.example.has_focus
        assert "Which values" not in d.screen


async def test_lessons_of_ones_own_follow_the_built_in_ones(desk, models):
    own = [
        replace(
            LESSONS[8],
            needs=(Need("gru", model=str(models["gru"]), only=True),),
            gates=("update",),
            formulas=(),
            english=LessonText(f"Mine {n}", "A [b]text[/b].", ""),
            questions=(*LESSONS[8].questions, *LESSONS[9].questions) if n == 1 else (),
        )
        for n in (1, 2)
    ]
    async with desk("gru", options={"tour": True, "lessons": own}, size=(100, 30)) as d:
        await d.until(lambda: isinstance(d.app.screen, Tour) and d.app.screen.is_mounted)
        await d.app.screen.action_page(16)
        await studied(d)
        assert "17/18 Mine 1" in d.screen
        assert "A [b]text[/b]." in d.screen
        assert "Try this" not in d.screen
        await d.press("alt+t", "1", "down")
        assert "Question 2/2" in d.screen
        await d.press("up")
        assert "Question 1/2" in d.screen
        assert d.app.screen.focused.value == "1"
        await d.press("alt+n")
        await studied(d)
        assert "18/18 Mine 2" in d.screen
        assert "Alt+T" not in d.screen


# --- pictures

WORDS = ["▶", "小", "帅", "是", "一名", "程", "序", "员", "，", "他", "每天", "都", "加班", "；", "小", "美"]


def canned(request, cell):
    random = np.random.default_rng(1)
    gates = CELLS[cell].gates
    layer = {g.name: random.uniform(g.low, g.high, (len(WORDS), 64)).astype(np.float32) for g in gates}
    words = [Suggestion(word, word, 0, 0.4 / (n + 1), False) for n, word in enumerate(("，", "美丽", "的", "人", "是"))]
    return Study(
        text=request.text,
        name=f"{cell}-chat",
        cell=CELLS[cell].title,
        gates=gates,
        layers=1,
        parameters=4_000_000,
        trace=GateTrace(WORDS, ["1"], [layer]),
        suggestions=words,
        fitting=words[::-1],
        awaited="，",
        reach=tuple(float(10 ** (-n / (4 if cell == "rnn" else 12))) for n in range(len(WORDS) - 1, 0, -1)),
    )


class Canned(Tutor):
    """Says the same of every example, at once."""

    def start(self):
        pass

    def ask(self, request):
        for index, model in enumerate(request.models):
            self._publish(
                StudyReady(
                    request, index, canned(request, model.partition("-")[0] if isinstance(model, str) else model.cell)
                )
            )


@pytest.fixture
def app(monkeypatch, tmp_path):
    """Return what makes an app that begins with a lesson."""
    for name in ("STATE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("textual.widgets.TextArea._toggle_cursor_blink_visible", lambda self: None)
    monkeypatch.setattr("seqchat.tui.controllers.measures.MeasuresController.find", lambda self, wanted: None)
    monkeypatch.setattr("seqchat.tui.tour.screen.Tutor", Canned)
    monkeypatch.setattr("seqchat.tui.inference_worker.InferenceWorker.start", lambda self: None)
    monkeypatch.setattr(
        "seqchat.tui.tour.screen.choose",
        lambda need, given: Choice(f"{need.cell}-chat", fits=need.layers == 1 and not need.both_sides),
    )
    return lambda **chosen: SeqchatApp(
        ["lstm-chat-small"],
        chosen=Settings(**{"language": "en", "heat_map": "colours", **chosen}),
        fresh=True,
        tour=True,
    )


def opened(number):
    async def open_it(pilot):
        for _ in range(300):
            await pilot.pause(0.02)
            if isinstance(pilot.app.screen, Tour) and pilot.app.screen.query(LessonPanel):
                break
        await pilot.app.screen.action_page(number - 1)
        for _ in range(300):
            await pilot.pause(0.02)
            if all(view.study for view in pilot.app.screen.page.views):
                break
        await pilot.pause()

    return open_it


@pytest.mark.parametrize(
    ("number", "size", "chosen"),
    [
        (4, (80, 24), {}),
        (10, (80, 24), {}),
        (8, (180, 50), {"theme": "seqchat-light"}),
        (11, (180, 50), {"theme": "seqchat-light", "language": "zh"}),
        (15, (80, 24), {"language": "zh"}),
    ],
    ids=["layers", "forget gate", "gradient, large", "gates in Chinese, large", "side by side in Chinese"],
)
def test_pictures(snap_compare, app, number, size, chosen):
    assert snap_compare(app(**chosen), terminal_size=size, run_before=opened(number))
