"""Composing in the workspace: the keys and settings of every editor, and where the candidates stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from textual.content import Content

from seqchat.completion.composing.keys import Command, Page
from seqchat.completion.composing.punctuation import Punctuation, punctuation
from seqchat.tui.inference_messages import SuggestionsReady
from seqchat.tui.keys import Key
from seqchat.tui.language import say
from seqchat.tui.live_settings import LiveSettings
from seqchat.tui.screens.views import Views
from seqchat.tui.settings import Settings
from seqchat.tui.widgets.candidates import Candidates
from seqchat.tui.widgets.composer import Composing
from seqchat.tui.widgets.editor import Editor

# What letters are, in the order of the key that changes it: the settings, the sign in the border, what is said
_WAYS: tuple[tuple[dict[str, bool], str, str], ...] = (
    ({"pinyin": True, "pinyin_first": False}, "中/英", "The model judges whether letters are pinyin."),
    ({"pinyin": True, "pinyin_first": True}, "中", "Letters are pinyin wherever they can be."),
    ({"pinyin": False, "pinyin_first": False}, "英", "Letters are never pinyin."),
)
# Whether punctuation is Chinese: the sign in the border, what is said
_MARKS = {True: ("，。", "Punctuation in Chinese text is Chinese."), False: (",.", "Punctuation stays as it is typed.")}


def commands(keys: Iterable[Key]) -> dict[str, tuple[Command, int]]:
    """Return what each key means in a composition, with the number of the candidate from 0."""
    return {
        one: (Command(key.action.partition("(")[0]), max(key.number - 1, 0))
        for key in keys
        for one in key.keys.split(",")
    }


class CompositionController:
    """Lets editors compose, hands them what the model says of open letters, and shows the candidates at the cursor."""

    def __init__(
        self,
        views: Views,
        settings: LiveSettings,
        keys: Mapping[str, Sequence[Key]],
        learn: Callable[[str, str], object],
        forget: Callable[[str], object],
    ) -> None:
        """Take what learns a phrase and the letters that were typed for it, and what forgets it."""
        self._views, self._settings, self._learn, self._forget = views, settings, learn, forget
        self._keys = commands(keys["composition"])
        self._has_chinese = False

    def mount(self, editors: Iterable[Editor]) -> None:
        """Connect editors with what shows their candidates."""
        for editor in editors:
            composer = editor.composer
            composer.page, composer.turn = self._page, self._turn
            composer.learn, composer.forget = self._learn, self._forget
        self.apply_settings()

    def know_model(self, *, has_chinese: bool) -> None:
        """Compose with a model that has Chinese words, and with no other."""
        self._has_chinese = has_chinese
        self.apply_settings()

    def apply_settings(self) -> None:
        """Compose as the settings say from now on."""
        now = self._settings.current
        layout = now.spelling.layout
        # Double pinyin has no tones.
        reads, tones = now.pinyin and self._has_chinese, now.tone_digits and not layout
        ways = Composing(reads, tones, layout, self._punctuation(now), self._keys)
        for editor in self._views.screen.query(Editor):
            editor.composer.compose(ways)
        self._sign(now)

    def _punctuation(self, now: Settings) -> Punctuation | None:
        if not (now.pinyin and now.chinese_punctuation and self._has_chinese):
            return None
        return punctuation(traditional=now.script == "traditional", always=now.pinyin_first)

    def _sign(self, now: Settings) -> None:
        """Show in the border how letters and marks are taken, where there is a choice."""
        sign = next((sign for values, sign, _ in _WAYS if _fits(values, now)), "")
        marks, _ = _MARKS[self._punctuation(now) is not None]
        self._views.show_sign(Content(f"{sign} {marks}" if self._has_chinese else ""))

    def next_way(self) -> None:
        """Let the model judge letters, take all as pinyin, or none."""
        current = next((i for i, way in enumerate(_WAYS) if _fits(way[0], self._settings.current)), 0)
        values, _, text = _WAYS[(current + 1) % len(_WAYS)]
        for name, value in values.items():
            self._settings.change(name, value)
        self._views.screen.notify(say(text), timeout=3, markup=False)

    def switch_punctuation(self) -> None:
        """Write Chinese punctuation in Chinese text, or all as it is typed."""
        chinese = not self._settings.current.chinese_punctuation
        self._settings.change("chinese_punctuation", chinese)
        _, text = _MARKS[chinese]
        self._views.screen.notify(say(text), timeout=3, markup=False)

    # --- answers

    def show(self, message: SuggestionsReady) -> None:
        """Give the editor what its open letters mean; show the candidates at the cursor."""
        meaning, composer = message.meaning, self._views.active_editor.composer
        if meaning is None:
            self.hide()
            return
        if meaning.literal or not self._floats:
            self.hide()
        else:
            self._views.popup.show_at(self._views.active_editor, meaning)
        for bar in self._views.bars[:1]:
            bar.covered = self._views.popup.display
            bar.describe("" if meaning.literal or bar.covered else meaning.syllables)
        composer.answer(meaning.answer)

    def follow(self) -> None:
        """Hide the candidates at the cursor once no letters are open; say that the next number forgets one."""
        composer = self._views.active_editor.composer
        if not composer.open_letters:
            self.hide()
        question = say("1–9 forgets, Esc leaves") if composer.composition.forgets else ""
        for candidates in (self._views.popup, *self._views.bars[:1]):
            candidates.ask(question if candidates is self.shown else "")

    def give_up(self) -> None:
        """Go on without what the model would have said."""
        self._views.active_editor.composer.give_up()

    def hide(self) -> None:
        """Show candidates in the bar alone."""
        self._views.popup.display = False
        for bar in self._views.bars[:1]:
            bar.covered = False
            bar.describe("")

    @property
    def _floats(self) -> bool:
        is_small = any(map(self._views.screen.has_class, ("-inline", "-flat")))
        return self._settings.current.candidates == "popup" and not is_small

    @property
    def shown(self) -> Candidates:
        """What shows the candidates whose numbers can be typed."""
        return self._views.popup if self._views.popup.display else self._views.bars[0]

    def _page(self) -> Page:
        shown = self.shown
        slots = shown.slots
        return Page([shown.suggestions[slot.index] for slot in slots], not slots or slots[0].index == 0)

    def _turn(self, pages: int) -> None:
        self.shown.action_page(pages)


def _fits(values: Mapping[str, bool], settings: Settings) -> bool:
    return all(getattr(settings, name) == value for name, value in values.items())
