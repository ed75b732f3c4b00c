"""The composition: what each key does, and 1,000 random sessions against a reference that knows only letters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seqchat.completion.composing.composition import Composition
from seqchat.completion.composing.hindsight import Trail
from seqchat.completion.composing.keys import (
    Answer,
    Command,
    Effect,
    Forget,
    Learn,
    Move,
    Page,
    PassOn,
    Press,
    Replace,
    Surroundings,
    Turn,
)
from seqchat.completion.composing.punctuation import Punctuation, in_single_quotes, punctuation
from seqchat.corpus.letters import letters_at_end
from seqchat.corpus.verbatim import is_verbatim

COMMANDS = {
    " ": Command.FIRST, "enter": Command.LETTERS, "escape": Command.LEAVE, "backspace": Command.DELETE_LEFT,
    "delete": Command.DELETE_RIGHT, "left": Command.LEFT, "right": Command.RIGHT, "home": Command.START,
    "end": Command.END, "-": Command.PREVIOUS_PAGE, "=": Command.NEXT_PAGE, "forget": Command.FORGET,
    "ctrl+left": Command.SYLLABLE_LEFT, "ctrl+w": Command.DELETE_SYLLABLE,
}  # fmt: skip


def press(key: str) -> Press:
    if key.isdigit() and key != "0":
        return Press(key, key, Command.TAKE, int(key) - 1)
    return Press(key, key if len(key) == 1 else "", COMMANDS.get(key))


class Candidate(NamedTuple):
    insert: str
    replace: int
    rest: int = 0


def chinese(letters: str) -> str:
    """A character for each letter, so that no letter can be lost unnoticed."""
    return "".join(chr(0x4E00 + ord(letter)) for letter in letters)


def letters_of(text: str) -> str:
    return "".join(chr(ord(c) - 0x4E00) if 0x4E00 <= ord(c) < 0x9FFF else c for c in text)


def is_literal(letters: str) -> bool:
    """What the model of these tests says: with a q, letters are English."""
    return "q" in letters


def answer_to(letters: str) -> Answer:
    whole = [Candidate(chinese(letters), len(letters))]
    ends = range(len(letters) - 1, 0, -1)
    parts = [Candidate(chinese(letters[:end]) + letters[end:], len(letters), len(letters) - end) for end in ends]
    # Every second letter ends a syllable.
    every_second = [*range(2, len(letters), 2), len(letters)]
    digits, counts = "3" if letters == "mp" else "", "2" if letters == "yue" else ""
    return Answer([*whole, *parts], is_literal(letters), every_second, letters == "npm", digits, counts)


@dataclass
class Desk:
    """An editor of one line, as small as possible: a text, a cursor, steps of undo."""

    before: str = ""
    after: str = ""
    composition: Composition = field(default_factory=Composition)
    learnt: list[tuple[str, str]] = field(default_factory=list)
    pages: int = 0
    forgotten: list[str] = field(default_factory=list)
    punctuation: Punctuation | None = None
    undone: list[tuple[str, str]] = field(default_factory=list)
    done: list[tuple[str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.before + self.after

    def type(self, *keys: str) -> Desk:
        """Press keys one by one; the model answers before each next one."""
        for key in keys:
            self.press(key)
            self.answer()
        return self

    def press(self, key: str) -> None:
        if key in ("undo", "redo"):
            # The app waits as well.
            self.answer()
            self._travel(*((self.done, self.undone) if key == "undo" else (self.undone, self.done)))
            return
        self._follow(*self.composition.press(press(key), self._around(), self._page()))

    def answer(self) -> None:
        while True:
            if self.composition.is_open and self.composition.answer is None:
                self.composition, self.pages = self.composition.answered(answer_to(self.composition.typed)), 0
            if not self.composition.held:
                return
            self._follow(*self.composition.resume(self._around(), self._page()))

    def _travel(self, past: list[tuple[str, str]], future: list[tuple[str, str]]) -> None:
        if past:
            future.append((self.before, self.after))
            self.before, self.after = past.pop()
            self.composition = Composition.reopened(self._around(), among=True)

    def _around(self) -> Surroundings:
        return Surroundings(self.before, self.after, punctuation=self.punctuation)

    def _page(self) -> Page:
        found = self.composition.answer.candidates if self.composition.answer else ()
        return Page(found[3 * self.pages : 3 * self.pages + 3], not self.pages)

    def _follow(self, composition: Composition, effects: tuple[Effect, ...]) -> None:
        self.composition = composition
        for effect in effects:
            match effect:
                case PassOn(key):
                    self._plain(key)
                case Replace(left, right, text):
                    assert left <= len(self.before) and right <= len(self.after)
                    self._change(self.before[: len(self.before) - left] + text, self.after[right:])
                case Move(by):
                    at = len(self.before) + by
                    self.before, self.after = self.text[:at], self.text[at:]
                case Turn(pages):
                    self.pages = max(self.pages + pages, 0)
                case Learn(text, letters):
                    self.learnt.append((text, letters))
                case Forget(text):
                    self.forgotten.append(text)

    def _change(self, before: str, after: str) -> None:
        self.done.append((self.before, self.after))
        self.undone.clear()
        self.before, self.after, self.pages = before, after, 0

    def _plain(self, key: Press) -> None:
        where, unchanged = len(self.before), (self.before, self.after)
        match key.key:
            case "backspace" if self.before:
                self._change(self.before[:-1], self.after)
            case "delete" if self.after:
                self._change(self.before, self.after[1:])
            case "left" | "right" | "home" | "end":
                at = {"left": max(where - 1, 0), "right": where + 1, "home": 0, "end": len(self.text)}[key.key]
                self.before, self.after = self.text[:at], self.text[at:]
            case "enter":
                self._change(self.before + "\n", self.after)
            case _ if key.character:
                self._change(self.before + key.character, self.after)
        if (self.before, self.after) != unchanged:
            self.composition, effects = self.composition.synchronised(self._around())
            assert all(isinstance(effect, Learn) for effect in effects)


# --- each key


@pytest.mark.parametrize(
    ("keys", "text", "open_letters"),
    [
        ([*"nihao"], "nihao", "nihao"),
        ([*"nihao", " "], chinese("nihao"), ""),
        ([*"nihao", "1"], chinese("nihao"), ""),
        ([*"nihao", "2"], chinese("niha") + "o", "o"),
        ([*"nihao", "2", " "], chinese("nihao"), ""),
        ([*"nihao", "9"], "nihao", "nihao"),
        ([*"3yue2"], "3" + chinese("yue") + "2", ""),
        ([*"3yue3"], "3" + chinese("y") + "ue", "ue"),
        ([*"nihao", "=", "1"], chinese("ni") + "hao", "hao"),
        ([*"nihao", "=", "-", "1"], chinese("nihao"), ""),
        ([*"nihao", "enter"], "nihao", ""),
        ([*"nihao", "enter", "enter"], "nihao\n", ""),
        ([*"nihao", "enter", *"wo", " "], "nihao" + chinese("wo"), ""),
        ([*"nihao", "escape"], "nihao", "nihao"),
        ([*"nihao", "escape", " "], "nihao ", ""),
        ([*"nihao", "escape", "1"], "nihao1", ""),
        ([*"nihao", "escape", "escape"], "", ""),
        ([*"nihao", "escape", "escape", "undo", " "], chinese("nihao"), ""),
        ([*"nihao", "backspace"], "niha", "niha"),
        ([*"ni", "backspace", "backspace"], "", ""),
        ([*"nihao", "left", "left", "1"], chinese("nih") + "ao", "ao"),
        ([*"nihao", "home", " "], chinese("nihao"), ""),
        ([*"nihao", "left", "delete"], "niha", "niha"),
        ([*"nihao", "right", " "], chinese("nihao"), ""),
        ([*"nihao", "ctrl+left", " "], chinese("niha") + "o", "o"),
        ([*"nihao", "ctrl+left", "ctrl+left", "ctrl+w"], "hao", "hao"),
        ([*"nihao", "ctrl+w", "ctrl+w"], "ni", "ni"),
        ([*"ni", "ctrl+w", "undo"], "ni", "ni"),
        ([*"nihao", "home", "ctrl+w", "ctrl+left"], "nihao", "nihao"),
        ([*"nihao", "2", "ctrl+w"], chinese("niha"), ""),
        ([*"nihao", "2", "home", "ctrl+w"], "nihao", "nihao"),
        ([*"ni'hao", " "], chinese("ni'hao"), ""),
        ([*"nihao,zaima", " "], chinese("nihao") + "," + chinese("zaima"), ""),
        ([*"nihao0"], chinese("nihao") + "0", ""),
        ([*"nihao！"], chinese("nihao") + "！", ""),
        ([*"nihao我"], "nihao我", ""),
        ([*"e-"], "e-", ""),
        ([*"nihao", "=", "-", "-", "1"], chinese("nihao"), ""),
        ([*"nihao", "2", "-", "1"], chinese("nihao"), ""),
        ([*"zhang@"], "zhang@", ""),
        ([*"www.baidu "], "www.baidu ", ""),
        ([*"qython3", " "], "qython3 ", ""),
        ([*"3dian "], "3" + chinese("dian"), ""),
        ([*"q n "], "q " + chinese("n"), ""),
        ([*"qn3"], "qn3", ""),
        ([*"q-n'q "], "q-n'q ", ""),
        ([*"qq", "enter"], "qq\n", ""),
        ([*"'n "], "'" + chinese("n"), ""),
        ([*" 1,"], " 1,", ""),
        ([*"nihao", "2", "backspace"], "nihao", "nihao"),
        ([*"nihao", "3", "1", "backspace"], chinese("niha"), ""),
        ([*"nihao", "3", "2", "backspace", "backspace"], "nihao", "nihao"),
        ([*"nihao", " ", "backspace"], chinese("niha"), ""),
        ([*"nihao", " ", "undo", "2"], chinese("niha") + "o", "o"),
        ([*"nihao", "home", " ", "undo", " "], chinese("nihao"), ""),
        ([*"nihao", "left", " ", "undo", " "], chinese("niha") + "o", "o"),
        ([*"nihao", " ", "undo", "redo"], chinese("nihao"), ""),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else None,
)
def test_what_keys_do(keys, text, open_letters):
    desk = Desk().type(*keys)
    assert (desk.text, desk.composition.letters) == (text, open_letters)


def test_letters_before_the_cursor_belong_to_the_word_and_those_after_it_stay():
    assert Desk("我ni", "ok").composition.letters == ""
    desk = Desk("我nih", "，")
    assert desk.type("a").composition.letters == "niha"
    assert Desk("hel", "lo").type("x").composition.letters == ""
    assert Desk("我", "是").type(*"wo").composition.letters == "wo"


@pytest.mark.parametrize(
    ("layout", "letters", "is_letter"),
    [
        ("microsoft", "b", True),
        ("sogou", "niB", True),
        ("sogou", "ni", False),
        ("xiaohe", "b", False),
        ("", "b", False),
    ],
)
def test_a_semicolon_is_a_letter_where_it_stands_for_a_sound(layout, letters, is_letter):
    around = Surroundings(letters, "", layout=layout)
    opened = Composition(letters, len(letters))
    step = opened.press(Press("semicolon", ";"), around)
    assert step.composition.letters == (f"{letters};" if is_letter else letters)
    assert bool(step.composition.held) is not is_letter
    plain = Composition(letters, len(letters), plain=True).press(Press("semicolon", ";"), around)
    assert plain.composition.letters == (f"{letters};" if is_letter else "")


def test_what_letters_mean_is_known_as_long_as_they_are_the_same():
    desk = Desk().type(*"nn", "home")
    for key in ("end", "home"):
        desk.press(key)
        assert desk.composition.composes, "the app asks for the same letters once"
    desk = Desk().type(*"nn", "left")
    desk.press("delete")
    assert desk.composition.composes
    desk = Desk().type(*"nini", "ctrl+left")
    desk.press("ctrl+w")
    assert desk.composition.composes and desk.text == "ni"


def test_nothing_is_open_while_text_is_selected():
    composition = Desk().type(*"ni").composition
    assert composition.synchronised(Surroundings("ni", "", selects=True)).composition == Composition()


def test_what_is_put_together_in_parts_is_one_phrase():
    assert Desk().type(*"nihao", "3", " ").learnt == [(chinese("nihao"), "nihao")]
    assert Desk().type(*"nihao", "3", "enter").learnt == [(chinese("nih"), "nih")]
    assert Desk().type(*"qq ").learnt == []
    assert Desk().type(*"nihao", "3", "2", "backspace", "backspace", "escape").learnt == []


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("ni,hao.", f"{chinese('ni')}，{chinese('hao')}。"),
        ("ni 3.", f"{chinese('ni')}3."),
        ("ni 3..", f"{chinese('ni')}3。"),
        ("q,n.", f"q,{chinese('n')}。"),
        ('ni:"hao".', f"{chinese('ni')}：“{chinese('hao')}”。"),
        ("nihao2,", f"{chinese('nihao')}，"),
        ("ni 'hao'ni ", f"{chinese('ni')}‘{chinese('hao')}’{chinese('ni')}"),
        ("'q'", "'q'"),
    ],
)
def test_marks_are_chinese_after_what_was_taken(keys, text):
    desk = Desk(punctuation=punctuation()).type(*keys)
    assert (desk.text, desk.composition.letters) == (text, "")


def test_an_undo_takes_back_that_a_mark_is_chinese_and_then_the_mark():
    desk = Desk(punctuation=punctuation()).type(*"ni,", "undo")
    assert desk.text == chinese("ni") + ","
    assert desk.type("undo").text == chinese("ni")
    assert desk.type("undo").composition.letters == "ni"
    assert desk.type("redo", "redo", "redo").text == chinese("ni") + "，"
    assert desk.type("backspace").text == chinese("ni")


def test_a_candidate_is_forgotten_by_its_number():
    desk = Desk().type(*"nihao", "forget", "2")
    assert (desk.text, desk.forgotten) == ("nihao", [chinese("niha")])
    assert desk.type("forget", "escape", "forget", "9", "2").text == chinese("niha") + "o"
    assert desk.type("forget", " ", "forget", "n", " ").text == chinese("nihaon")
    assert desk.forgotten == [chinese("niha"), chinese("o")]
    assert Desk().type(*"qq", "forget", "1").text == "qq1"


def test_a_long_phrase_that_has_no_whole_candidate_is_taken_up_to_the_punctuation():
    desk = Desk()
    for key in "nihaozaima,":
        desk.press(key)
    while desk.composition.held:
        letters = desk.composition.typed
        first = Candidate(chinese(letters[:3]) + letters[3:], len(letters), max(len(letters) - 3, 0))
        desk.composition = desk.composition.answered(Answer([first], literal=False))
        desk._follow(*desk.composition.resume(desk._around(), desk._page()))
    assert desk.text == chinese("nihaozaima") + ","


# --- a reference that knows nothing of Chinese: letters stay letters, whatever is taken for them


@dataclass
class Reference:
    """The text as letters. first: where open letters begin, None without any; parts: the lengths of what was taken."""

    text: str = ""
    cursor: int = 0
    first: int | None = None
    last: int = 0
    chinese: list[bool] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    plain: bool = False
    fresh: bool = False
    settled: bool = False
    turned: bool = False
    page: int = 0

    def press(self, key: str) -> None:
        name = {"ctrl+left": "syllable_left", "ctrl+w": "delete_syllable"}.get(key, key)
        getattr(self, f"_{name}", lambda: self._character(key))()

    @property
    def letters(self) -> str:
        return "" if self.first is None else self.text[self.first : self.last]

    @property
    def typed(self) -> str:
        return self.letters[: self.cursor - (self.first or 0)] or self.letters

    @property
    def composes(self) -> bool:
        return bool(self.letters) and not self.plain and not is_literal(self.typed)

    def _close(self, *, settled: bool = False) -> None:
        self.first, self.parts, self.plain, self.fresh, self.settled, self.page = None, [], False, False, settled, 0
        self.turned = False

    def _insert(self, character: str) -> None:
        self.text = self.text[: self.cursor] + character + self.text[self.cursor :]
        self.chinese.insert(self.cursor, False)
        self.cursor += 1
        self.page = 0

    def _remove(self, at: int) -> None:
        self.text = self.text[:at] + self.text[at + 1 :]
        del self.chinese[at]
        self.page = 0

    def raw(self, low: int, high: int) -> str:
        return "".join("我" if self.chinese[i] else self.text[i] for i in range(low, high))

    def _character(self, key: str) -> None:
        quoted = in_single_quotes(self.raw(0, self.cursor))
        letter = key.isalpha() or (key == "'" and self.first is not None and self.cursor > self.first and not quoted)
        if self.first is not None and letter:
            self._insert(key)
            self.last += 1
            self.fresh = False
        elif letter:
            before = "" if self.settled else letters_at_end(self.raw(0, self.cursor))
            inside = self.raw(0, self.cursor)[-1:].isascii() and self.raw(0, self.cursor)[-1:].isalpha()
            after = self.raw(self.cursor, len(self.text))[:1]
            self._insert(key)
            self._close()
            alone = is_verbatim(self.raw(0, self.cursor - 1 - len(before)))
            if not alone and not (inside and after.isascii() and after.isalpha()):
                self.first, self.last = self.cursor - 1 - len(before), self.cursor
        elif not self.composes:
            self._close()
            self._write(key)
        elif key in " 123456789":
            self._take(0 if key == " " else self.page * 3 + int(key) - 1, key)
        elif key == "=":
            self.page, self.fresh, self.turned = self.page + 1, False, True
        elif key == "-" and self.page:
            self.page, self.fresh = self.page - 1, False
        elif key == "-" and (self.turned or self.parts):
            self.fresh = False
        elif key == "-":
            self._close()
            self._write(key)
        else:
            # Letters right of the cursor are taken as well, as another phrase.
            self._all()
            self._write(key)

    def _write(self, key: str) -> None:
        """Write a character, as Chinese text has it."""
        found = punctuation().typed(key, self.raw(0, self.cursor))
        if found and found.again and len(found.text) == found.again + 1:
            # What a pair of marks encloses stays.
            at = self.cursor - found.again
            self.text = f"{self.text[:at]}{found.text[0]}{self.text[at + 1 :]}"
            self._insert(found.text[-1])
            return
        for _ in range(found.again if found else 0):
            self.cursor -= 1
            self._remove(self.cursor)
        for character in found.text if found else key:
            self._insert(character)

    def _all(self) -> None:
        while self.composes:
            self._take(0, " ")
        self._close()

    def _take(self, number: int, key: str) -> None:
        assert self.first is not None
        if key != " " and not self.page * 3 <= number < self.page * 3 + 3:
            return
        size = len(self.typed) - number
        if size < 1:
            return
        self.chinese[self.first : self.first + size] = [True] * size
        self.first, self.cursor, self.page = self.first + size, self.last, 0
        self.parts, self.fresh, self.turned = [*self.parts, size], True, False
        if not self.letters:
            self._close(settled=True)

    def _enter(self) -> None:
        if self.composes:
            self._close(settled=True)
        else:
            self._insert("\n")
            self._close()

    def _escape(self) -> None:
        if self.plain:
            assert self.first is not None
            for _ in self.letters:
                self._remove(self.first)
            self.cursor = self.first
            self._close()
        elif self.composes:
            self.plain, self.parts, self.fresh, self.turned = True, [], False, False
        else:
            self.fresh = False

    def _backspace(self) -> None:
        if self.first is not None and self.parts and (self.fresh or self.cursor == self.first):
            size = self.parts.pop()
            self.first -= size
            self.chinese[self.first : self.first + size] = [False] * size
            self.cursor, self.fresh, self.turned, self.page = self.last, bool(self.parts), False, 0
        elif self.cursor:
            self._delete_at(self.cursor - 1)

    def _delete(self) -> None:
        self.fresh = False
        if self.cursor < len(self.text):
            self._delete_at(self.cursor)

    def _delete_at(self, at: int) -> None:
        inside = self.first is not None and self.first <= at < self.last
        self._remove(at)
        self.cursor -= at < self.cursor
        self.fresh = False
        if self.first is None:
            self._close()
        elif inside:
            self.last -= 1
            if self.first == self.last:
                self._close(settled=True)
        elif at < self.first:
            self.first, self.last = self.first - 1, self.last - 1

    def _move(self, to: int) -> None:
        to = min(max(to, 0), len(self.text))
        if self.composes:
            assert self.first is not None
            self.fresh = False
            if self.first <= to <= self.last and to != self.cursor:
                typed, self.cursor = self.typed, to
                # The candidates stay where they are for the same letters.
                self.page = self.page if self.typed == typed else 0
        else:
            if to != self.cursor or self.first is not None:
                self._close()
            self.cursor, self.fresh = to, False

    def _left(self) -> None:
        self._move(self.cursor - 1)

    def _right(self) -> None:
        self._move(self.cursor + 1)

    @property
    def _syllable_start(self) -> int:
        """Every second letter ends a syllable."""
        assert self.first is not None
        return self.first + max((self.cursor - self.first - 1) // 2, 0) * 2

    def _syllable_left(self) -> None:
        if self.composes:
            self._move(self._syllable_start)
        elif self.first is not None:
            self._close()
        self.fresh = False

    def _delete_syllable(self) -> None:
        if not self.composes:
            self.fresh = False
            return
        if self.parts and self.cursor == self.first:
            self._backspace()
            return
        start, self.fresh = self._syllable_start, False
        if start == self.first and self.last == self.cursor:
            self._drop()
            self._close(settled=True)
            return
        while self.cursor > start:
            self.cursor -= 1
            self.last -= 1
            self._remove(self.cursor)

    def _drop(self) -> None:
        assert self.first is not None
        for _ in self.letters:
            self._remove(self.first)
            self.last -= 1
        self.cursor = self.first

    def _home(self) -> None:
        self._move((self.first or 0) if self.composes else 0)

    def _end(self) -> None:
        self._move(self.last if self.composes else len(self.text))


KEYS = [
    *"nihnihq'  12390,,.\"=-",
    *("enter", "escape", "backspace", "backspace", "delete", "left", "right", "home", "end", "ctrl+left", "ctrl+w"),
]


# What follows may change what letters and digits were taken for; those changes have tests of their own.
@pytest.mark.slow
@patch.object(Trail, "restored", lambda *_: None)
@settings(max_examples=1_000)
@given(st.lists(st.sampled_from(KEYS), max_size=40))
@example(keys=["n", "n", "2", "delete", "backspace"])
@example(keys=["q", "left", "q", "right"])
def test_no_letter_is_ever_lost_or_doubled(keys):
    desk, reference = Desk(punctuation=punctuation()), Reference()
    for key in keys:
        desk.type(key)
        reference.press(key)
        assert letters_of(desk.text) == reference.text, key
        assert desk.text == "".join(
            chinese(c) if taken else c for c, taken in zip(reference.text, reference.chinese, strict=True)
        ), key
        assert len(desk.before) == reference.cursor, key
        assert desk.composition.letters == reference.letters, key


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from([*KEYS, "undo", "redo"]), st.booleans()), max_size=40))
def test_the_same_keys_give_the_same_text_however_late_the_model_answers(keys):
    quick, slow = Desk(punctuation=punctuation()), Desk(punctuation=punctuation())
    for key, answered in keys:
        quick.type(key)
        slow.press(key)
        if answered:
            slow.answer()
    slow.answer()
    assert (slow.before, slow.after, slow.learnt) == (quick.before, quick.after, quick.learnt)
    assert slow.composition == quick.composition


@settings(max_examples=200)
@given(st.lists(st.sampled_from(KEYS), max_size=40), st.integers(0, 60))
def test_undo_and_redo_cross_commits(keys, steps):
    desk = Desk(punctuation=punctuation()).type(*keys)
    text = desk.text
    desk.type(*["undo"] * steps)
    desk.type(*["redo"] * steps)
    assert desk.text == text
    desk.type(*["undo"] * (len(desk.done)))
    assert desk.text == ""
