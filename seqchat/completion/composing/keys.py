"""What goes into a composition, keys, and what comes out of it, effects; plain data."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from seqchat.completion.composing.punctuation import Punctuation


class Command(StrEnum):
    """What a key means while letters are open and may be pinyin."""

    FIRST = "first"
    TAKE = "take"
    LETTERS = "letters"
    LEAVE = "leave"
    DELETE_LEFT = "delete_left"
    DELETE_RIGHT = "delete_right"
    DELETE_SYLLABLE = "delete_syllable"
    FORGET = "forget"
    LEFT = "left"
    SYLLABLE_LEFT = "syllable_left"
    RIGHT = "right"
    START = "start"
    END = "end"
    NEXT_PAGE = "next_page"
    PREVIOUS_PAGE = "previous_page"


class Press(NamedTuple):
    """A key: its name, the character it types if it types one, and what it means in a composition, if anything.

    number: of the candidate on the page, from 0, for `TAKE`; is_tone: whether it is a tone after a letter.
    """

    key: str
    character: str = ""
    command: Command | None = None
    number: int = 0
    is_tone: bool = False


class Insertable(Protocol):
    """A candidate: it inserts a text instead of `replace` characters; the last `rest` characters of it are letters."""

    @property
    def insert(self) -> str: ...

    @property
    def replace(self) -> int: ...

    @property
    def rest(self) -> int: ...


class Answer(NamedTuple):
    """What open letters mean: the candidates, and whether the letters themselves come before all of them.

    ends: after how many letters each syllable ends; is_word: whether the letters are a Latin word as well; digits:
    those that make a name of the letters (mp3) rather than take a candidate; counts: those that begin a number after
    the first candidate (3月15日).
    """

    candidates: Sequence[Insertable] = ()
    literal: bool = True
    ends: Sequence[int] = ()
    is_word: bool = False
    digits: Container[str] = ""
    counts: Container[str] = ""


class Page(NamedTuple):
    """The candidates that have numbers now, and whether there are others before them."""

    candidates: Sequence[Insertable] = ()
    is_first: bool = True


class Surroundings(NamedTuple):
    """The text on both sides of the cursor, up to the ends of its line; finished: whether a word was taken before it.

    composes: whether letters that are typed here may be pinyin at all; selects: whether text is selected; layout: of
    double pinyin, empty for letters that spell; punctuation: how marks are typed, None for as they are; above: the text
    of a line before this one.
    """

    before: str
    after: str
    finished: bool = False
    composes: bool = True
    selects: bool = False
    layout: str = ""
    punctuation: Punctuation | None = None
    above: str = ""


# --- effects, in the order in which they happen


@dataclass(frozen=True)
class PassOn:
    """The key does what it does when no letters are open."""

    press: Press


@dataclass(frozen=True)
class Replace:
    """`left` characters before the cursor and `right` after it become a text; a step of undo of its own.

    The cursor is at the end of the text; finished: whether a composition ends with it.
    """

    left: int
    right: int
    text: str
    finished: bool = False


@dataclass(frozen=True)
class Move:
    """The cursor moves by some characters, to the left if they are negative."""

    by: int


@dataclass(frozen=True)
class Turn:
    """Another page of candidates is shown."""

    pages: int


@dataclass(frozen=True)
class Learn:
    """A phrase was put together from letters."""

    text: str
    letters: str


@dataclass(frozen=True)
class Forget:
    """A candidate is forgotten, if it was learned."""

    text: str


Effect = PassOn | Replace | Move | Turn | Learn | Forget
