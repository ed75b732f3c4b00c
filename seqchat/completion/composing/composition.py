"""The open letters: an automaton without screen or model. Keys and answers of the model go in, effects come out.

The letters are part of the text at all times, so that nothing can be lost. What a key does depends on what the letters
mean; a key that comes before the model has answered is held, and all keys after it, so that the same keys always give
the same text.
"""

from __future__ import annotations

from typing import NamedTuple

from seqchat.completion.composing.hindsight import Trail
from seqchat.completion.composing.keys import (
    Answer,
    Command,
    Effect,
    Forget,
    Insertable,
    Move,
    Page,
    PassOn,
    Press,
    Replace,
    Surroundings,
    Turn,
)
from seqchat.completion.composing.typed import (
    Part,
    is_letter,
    learnt,
    letters_after,
    letters_before,
    may_open,
    text_of,
    written,
)
from seqchat.corpus.letters import is_pinyin_letter
from seqchat.corpus.verbatim import is_verbatim, makes_verbatim

_MOVES = frozenset({Command.LEFT, Command.SYLLABLE_LEFT, Command.RIGHT, Command.START, Command.END})


class Step(NamedTuple):
    """What a key or an answer leads to."""

    composition: Composition
    effects: tuple[Effect, ...] = ()


class Composition(NamedTuple):
    """The letters that are open, with the cursor among them.

    letters: empty where none are open; caret: how many of them are left of the cursor; parts: what was taken for
    letters before these; answer: what the letters mean, None until that is known; held: keys that wait for it; plain:
    the letters stay as they are; fresh: a part was taken with the last key; settled: letters that end at the cursor
    are not open, and those typed next do not belong to them; forgets: the next number forgets a candidate; turned: a
    page was turned for them; trail: the
    keys of the last piece of text, if some of it became Chinese.
    """

    letters: str = ""
    caret: int = 0
    parts: tuple[Part, ...] = ()
    answer: Answer | None = None
    held: tuple[Press, ...] = ()
    plain: bool = False
    fresh: bool = False
    settled: bool = False
    forgets: bool = False
    turned: bool = False
    trail: Trail = Trail()

    @property
    def is_open(self) -> bool:
        """Whether there are letters that may become something else."""
        return bool(self.letters) and not self.plain

    @property
    def composes(self) -> bool:
        """Whether the keys of composing apply: letters are open that are probably pinyin."""
        return self.is_open and self.answer is not None and not self.answer.literal

    @property
    def typed(self) -> str:
        """The letters that candidates are for: those left of the cursor, all if there are none."""
        return self.letters[: self.caret] or self.letters

    @property
    def waits(self) -> bool:
        """Whether keys are held until an answer comes."""
        return bool(self.held) and self.is_open and self.answer is None

    # --- events

    def press(self, press: Press, around: Surroundings, page: Page = Page()) -> Step:  # noqa: B008 - it is frozen
        """Press a key; while keys are held, it is held as well."""
        if self.held:
            return Step(self._replace(held=(*self.held, press)))
        return self._do(press, around, page)

    def answered(self, answer: Answer) -> Composition:
        """Take in what the letters mean; letters without candidates mean themselves."""
        known = answer if answer.candidates else Answer()
        return self._replace(answer=known) if self.is_open else self

    def resume(self, around: Surroundings, page: Page = Page()) -> Step:  # noqa: B008
        """Press the first key that was held, unless it has to wait still."""
        if not self.held or self.waits:
            return Step(self)
        first, *others = self.held
        composition, effects = self._replace(held=())._do(first, around, page)
        return Step(composition._replace(held=(*composition.held, *others)), effects)

    def take(self, candidate: Insertable) -> Step:
        """Take a candidate for the letters left of the cursor, or for the first ones of them."""
        end = self.caret or len(self.letters)
        start = max(end - candidate.replace, 0)
        used = max(candidate.replace - candidate.rest, 0)
        text = text_of(candidate)
        taken, rest = self.letters[start : start + used], self.letters[start + used :]
        parts = self.parts if text.isascii() else (*self.parts, Part(text, taken))
        change = Replace(self.caret, len(self.letters) - self.caret, self.letters[:start] + text + rest, not rest)
        if rest:
            return Step(Composition(rest, len(rest), parts, held=self.held, fresh=bool(parts)), (change,))
        return Step(Composition(held=self.held, settled=True), (change, *learnt(parts)))

    def synchronised(self, around: Surroundings) -> Step:
        """Close the composition where the text at the cursor is another one, changed by something else."""
        before, after = self.letters[: self.caret], self.letters[self.caret :]
        there = around.before.endswith(before) and around.after.startswith(after)
        if self.letters and there and not around.selects:
            return Step(self)
        return Step(Composition(held=self.held, trail=self.trail), learnt(self.parts))

    @classmethod
    def reopened(cls, around: Surroundings, *, among: bool = False) -> Composition:
        """Open the letters that end at the cursor; `among`: those on both sides of it, as after an undo."""
        before = letters_before(around) if may_open(around) or among else ""
        after = letters_after(around) if among else ""
        return cls(before + after, len(before)) if around.composes else cls()

    # --- what a key does

    def _do(self, press: Press, around: Surroundings, page: Page) -> Step:
        """Do what a key means, and write what was typed as it was once it can be no Chinese."""
        if press.command == Command.LETTERS and (restored := self.trail.restored(press)):
            return Step(Composition(settled=True), (restored,))
        composition, effects = self._meant(press, around, page)
        trail = self.trail.after(press, around, effects, self.answer, done=not composition.held)
        if restored := trail.restored(press):
            trail = trail._replace(written=restored.text)
            composition, effects = Composition(), (*effects, restored)
        return Step(composition._replace(trail=trail if trail.lasts else Trail()), effects)

    def _meant(self, press: Press, around: Surroundings, page: Page) -> Step:
        if not self.letters:
            return self._begin(press, around)
        if self.plain:
            return self._go_on_plainly(press, around)
        if is_letter(self.letters[: self.caret], press, around):
            return Step(self._typed(press.character), (PassOn(press),))
        if press.command in (Command.DELETE_LEFT, Command.DELETE_RIGHT):
            return self._delete(press)
        if self.answer is None:
            return Step(self._replace(held=(press,)))
        if self.answer.literal:
            return self._leave_alone(press, around)
        return self._compose(press, around, page)

    def _typed(self, character: str) -> Composition:
        letters = self.letters[: self.caret] + character + self.letters[self.caret :]
        return Composition(letters, self.caret + 1, self.parts, plain=self.plain, turned=self.turned)

    def _begin(self, press: Press, around: Surroundings) -> Step:
        if not is_pinyin_letter(press.character) or not may_open(around):
            return self._leave_alone(press, around)
        # Letters that stand there already belong to the word, unless it is finished.
        before = "" if self.settled or around.finished else letters_before(around)
        if is_verbatim(around.before[: len(around.before) - len(before)]):
            return self._leave_alone(press, around)
        return Step(Composition(before + press.character, len(before) + 1), (PassOn(press),))

    def _go_on_plainly(self, press: Press, around: Surroundings) -> Step:
        if is_letter(self.letters[: self.caret], press, around):
            return Step(self._typed(press.character), (PassOn(press),))
        if press.command == Command.LEAVE:
            dropped = Replace(self.caret, len(self.letters) - self.caret, "")
            return Step(Composition(), (dropped,))
        if press.command in (Command.DELETE_LEFT, Command.DELETE_RIGHT):
            return self._delete(press)
        return self._leave_alone(press, around)

    def _leave_alone(self, press: Press, around: Surroundings) -> Step:
        """Let a key do what it does without a composition; a character that is typed ends it."""
        if self.letters and press.command in (*_MOVES, Command.LETTERS):
            # The cursor may come to stand at the same letters elsewhere.
            return Step(Composition(), (*learnt(self.parts), PassOn(press)))
        if not press.character:
            return Step(self._replace(fresh=False), (PassOn(press),))
        return Step(Composition(), (*learnt(self.parts), *written(press, around)))

    def _delete(self, press: Press) -> Step:
        left = press.command == Command.DELETE_LEFT
        if left and self.parts and (self.fresh or not self.caret):
            return self._take_back()
        at = self.caret - 1 if left else self.caret
        if not 0 <= at < len(self.letters):
            return Step(self._replace(fresh=False), (PassOn(press),))
        if len(self.letters) == 1:
            return self._emptied()
        letters = self.letters[:at] + self.letters[at + 1 :]
        return Step(self._with(letters, at), (PassOn(press),))

    def _with(self, letters: str, caret: int) -> Composition:
        """Return this with other letters; what those left of the cursor mean is known if they are the same."""
        changed = Composition(letters, caret, self.parts, plain=self.plain, turned=self.turned)
        return changed._replace(answer=self.answer) if changed.typed == self.typed else changed

    def _emptied(self) -> Step:
        # What stands before the last letter is as settled as it was.
        change = Replace(self.caret, len(self.letters) - self.caret, "")
        return Step(Composition(settled=True), (change, *learnt(self.parts)))

    def _delete_syllable(self) -> Step:
        """Delete the syllable left of the cursor, as far as it is there."""
        if self.parts and not self.caret:
            return self._take_back()
        start = self._syllable_start
        letters = self.letters[:start] + self.letters[self.caret :]
        if not letters:
            return self._emptied()
        if start == self.caret:
            return Step(self._replace(fresh=False))
        return Step(self._with(letters, start), (Replace(self.caret - start, 0, ""),))

    @property
    def _syllable_start(self) -> int:
        ends = self.answer.ends if self.answer is not None else ()
        return max((end for end in ends if end < self.caret), default=0)

    def _take_back(self) -> Step:
        """Make the last part letters again."""
        *parts, last = self.parts
        letters = last.letters + self.letters
        change = Replace(len(last.text) + self.caret, len(self.letters) - self.caret, letters)
        return Step(Composition(letters, len(letters), tuple(parts), fresh=bool(parts)), (change,))

    def _compose(self, press: Press, around: Surroundings, page: Page) -> Step:
        """Do what a key means while the letters are probably pinyin."""
        assert self.answer is not None
        if self.forgets:
            return self._forget(press, around, page)
        match press.command:
            case Command.FIRST:
                return self.take(self.answer.candidates[0])
            case Command.TAKE if press.character in self.answer.digits and press.character:
                return self._leave_alone(press, around)
            case Command.TAKE if press.character in self.answer.counts and press.character:
                return self._type(press, around)
            case Command.TAKE:
                found = page.candidates[press.number : press.number + 1]
                return self.take(found[0]) if found else Step(self)
            case Command.FORGET:
                return Step(self._replace(forgets=True, fresh=False))
            case Command.LETTERS:
                return Step(Composition(settled=True), learnt(self.parts))
            case Command.LEAVE:
                return Step(Composition(self.letters, self.caret, plain=True), learnt(self.parts))
            case Command.DELETE_SYLLABLE:
                return self._delete_syllable()
            case command if command in _MOVES:
                return self._move(command)
            case Command.NEXT_PAGE:
                return Step(self._replace(fresh=False, turned=True), (Turn(1),))
            case Command.PREVIOUS_PAGE if not (page.is_first and press.character):
                return Step(self._replace(fresh=False), (Turn(-1),))
            case Command.PREVIOUS_PAGE if self.turned or self.parts:
                # Letters that were looked at so are no part of a name with a hyphen.
                return Step(self._replace(fresh=False))
            case _:
                return self._type(press, around)

    def _forget(self, press: Press, around: Surroundings, page: Page) -> Step:
        """Forget the candidate of a number; Esc and the key itself forget none, and others do what they do."""
        composition = self._replace(forgets=False)
        if press.command in (Command.LEAVE, Command.FORGET):
            return Step(composition)
        if press.command not in (Command.FIRST, Command.TAKE):
            return composition._compose(press, around, page)
        found = page.candidates[press.number : press.number + 1]
        return Step(composition, tuple(Forget(text_of(candidate)) for candidate in found))

    def _move(self, command: Command) -> Step:
        size = len(self.letters)
        targets = {
            Command.LEFT: self.caret - 1,
            Command.SYLLABLE_LEFT: self._syllable_start,
            Command.RIGHT: self.caret + 1,
            Command.START: 0,
            Command.END: size,
        }
        caret = min(max(targets[command], 0), size)
        if caret == self.caret:
            return Step(self._replace(fresh=False))
        return Step(self._with(self.letters, caret), (Move(caret - self.caret),))

    def _type(self, press: Press, around: Surroundings) -> Step:
        """Type a character that is no letter: what the letters mean comes before it."""
        assert self.answer is not None
        if not press.character:
            return Step(self._replace(fresh=False), (PassOn(press),))
        # A hyphen can turn no page back from the first one; Chinese that is typed comes from another input method.
        alone = press.command == Command.PREVIOUS_PAGE or press.character.isalpha()
        marks = around.punctuation.inside_chinese if around.punctuation else ""
        if alone or makes_verbatim(self.letters, press.character, marks):
            return self._leave_alone(press, around)
        composition, effects = self.take(self.answer.candidates[0])
        return Step(composition._replace(held=(press,)), effects)
