"""Pictures of the main screens; ``pytest tests/tui/test_snapshots.py --snapshot-update`` takes them anew.

What the models say is fixed here, since processors round differently; everything else is the app itself.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqchat.completion.composing.meaning import Meaning
from seqchat.completion.continuation import GeneratedWord
from seqchat.completion.suggestion import Suggestion
from seqchat.insight.gates import GateTrace
from seqchat.model.cells import CELLS
from seqchat.tui import inference_messages as messages
from seqchat.tui import inference_worker
from seqchat.tui.app import SeqchatApp
from seqchat.tui.conversation import Conversation, Turn
from seqchat.tui.settings import Settings

pytestmark = pytest.mark.slow

SIZES = {"small": (80, 24), "middle": (120, 36), "large": (180, 50)}
THEMES = ("seqchat-dark", "seqchat-light")
WORDS = ["▶", "我", "想", "去", "北京"]
NEXT = ("玩", "看看", "吃烤鸭", "旅游", "大学", "了", "。", "，", "的", "天安门")


def suggestions() -> list[Suggestion]:
    return [Suggestion(word, word, 0, 0.4 / (n + 1), n == 3) for n, word in enumerate(NEXT)]


def trace(cell: str) -> GateTrace:
    random = np.random.default_rng(1)
    layers = [
        {
            gate.name: random.uniform(gate.low, gate.high, (len(WORDS), 64)).astype(np.float32)
            for gate in CELLS[cell].gates
        }
        for _ in range(2)
    ]
    return GateTrace(WORDS, ["1", "2"], layers)


class Canned(inference_worker.InferenceWorker):
    """Says the same to every text, at once."""

    def start(self) -> None:
        for index, model in enumerate(self._models):
            cell = CELLS[Path(model).name]
            self._publish(messages.ModelReady(self, index, f"{Path(model).name}-chat", cell.title, cell.gates))

    def request_suggestions(self, request: messages.SuggestionRequest) -> None:
        for index, model in enumerate(self._models):
            self._publish(messages.SuggestionsReady(request, index, suggestions(), trace(Path(model).name)))
        self._publish(messages.GhostTextReady(request, "一玩"))
        continuations = request.continuations
        for branch in continuations.branches if continuations else ():
            for word, share in (("天安门", 0.4), ("看看", 0.02), ("升旗", 0.3)):
                self._publish(
                    messages.ContinuationToken(
                        continuations, branch, GeneratedWord(branch, word, float(np.log(share)), branch == 0)
                    )
                )

    def request_reply(self, request: messages.ReplyRequest) -> None:
        pass


LETTERS = "youyugongyingshangdeyuanyin"
PHRASES = ("由于供应商的原因", "鱿鱼供应商的原因", "由于", "优于", "犹豫", "有", "又", "由", "鱿", "油")


class CannedPinyin(Canned):
    """Reads all open letters as the same phrase."""

    def start(self) -> None:
        cell = CELLS["lstm"]
        self._publish(messages.ModelReady(self, 0, "lstm-chat", cell.title, cell.gates, has_chinese=True))

    def request_suggestions(self, request: messages.SuggestionRequest) -> None:
        letters = request.open_letters or 0
        if not letters:
            super().request_suggestions(request)
            return
        rests = [0, 0, *[22] * 3, *[24] * 5]
        found = [
            Suggestion(word, word + LETTERS[letters - rest : letters], letters, 0.1, True, rest)
            for word, rest in zip(PHRASES, rests, strict=True)
        ]
        cut = "you'yu'gong'ying'shang'de'yuan'yin"
        meaning = Meaning(False, found, cut if letters == len(LETTERS) else "", True)
        self._publish(messages.SuggestionsReady(request, 0, found, trace("lstm"), complete=True, meaning=meaning))


@pytest.fixture
def app(monkeypatch, tmp_path):
    """Return what makes an app whose models are canned."""
    for name in ("STATE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(inference_worker, "InferenceWorker", Canned)
    # A cursor that blinks would be in the picture by chance.
    monkeypatch.setattr("textual.widgets.TextArea._toggle_cursor_blink_visible", lambda self: None)
    monkeypatch.setattr("seqchat.tui.controllers.measures.MeasuresController.find", lambda self, wanted: None)
    monkeypatch.setattr("seqchat.locations.settings", lambda: Path("~/.config/seqchat/config.toml"))

    def make(*models: str, **settings: object) -> SeqchatApp:
        chosen = Settings(**{"language": "en", "heat_map": "colours", **settings})
        return SeqchatApp(models or ["lstm"], chosen=chosen, fresh=True)

    return make


async def write(pilot):
    await pilot.press(*"我想去北京")
    workspace = pilot.app.workspace
    for _ in range(300):
        await pilot.pause(0.02)
        thought = [workspace.completion.is_current(index) for index in range(len(workspace.models.names))]
        grown = [len(workspace.views.continuations.branches[index].words) == 3 for index in range(3)]
        counted = str(workspace.views.editor.border_subtitle).split(" · ")[-1].startswith("5 ")
        if all(thought) and counted and (all(grown) or not workspace.views.continuations.display):
            break
    await pilot.pause()


async def talk(pilot):
    await write(pilot)
    await pilot.press("alt+m")
    turns = [Turn("you", "周末去哪里玩？"), Turn("model", "去[b]颐和园[/b]吧。"), Turn("you", "好")]
    await pilot.app.workspace.views.chat.load(Conversation(turns), "几点")
    await pilot.pause()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_compose(snap_compare, app, size, theme):
    assert snap_compare(app(theme=theme), terminal_size=SIZES[size], run_before=write)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_chat(snap_compare, app, size, theme):
    assert snap_compare(app(theme=theme), terminal_size=SIZES[size], run_before=talk)


async def write_pinyin(pilot):
    await pilot.press(*f"我们{LETTERS}")
    workspace = pilot.app.workspace
    for _ in range(300):
        await pilot.pause(0.02)
        counted = str(workspace.views.editor.border_subtitle).split(" · ")[-1].startswith("29 ")
        if workspace.completion.is_current() and counted:
            break
    await pilot.pause()


@pytest.mark.parametrize("settings", [{}, {"language": "zh", "theme": "seqchat-light", "candidates": "docked"}])
def test_a_composition(snap_compare, app, monkeypatch, settings):
    monkeypatch.setattr(inference_worker, "InferenceWorker", CannedPinyin)
    assert snap_compare(app(**settings), terminal_size=SIZES["small"], run_before=write_pinyin)


def test_three_models_side_by_side(snap_compare, app):
    assert snap_compare(app("rnn", "lstm", "gru"), terminal_size=SIZES["middle"], run_before=write)


def test_chinese(snap_compare, app):
    assert snap_compare(app(language="zh"), terminal_size=SIZES["small"], run_before=write)


def test_bars(snap_compare, app):
    assert snap_compare(app(heat_map="bars"), terminal_size=SIZES["small"], run_before=write)


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("help", ["alt+h"]),
        ("settings", ["alt+i"]),
        ("formulas", ["alt+g", "alt+g", "alt+e"]),
        ("one gate", ["alt+g", "alt+g"]),
        ("whole width", ["alt+x"]),
        ("in the bar", ["down", "right"]),
    ],
)
def test_what_keys_open(snap_compare, app, name, keys):
    async def open_it(pilot):
        await write(pilot)
        await pilot.press(*keys)
        await pilot.pause()

    assert snap_compare(app(), terminal_size=SIZES["small"], run_before=open_it)


def test_a_tiny_terminal(snap_compare, app):
    assert snap_compare(app(), terminal_size=(20, 5), run_before=write)
