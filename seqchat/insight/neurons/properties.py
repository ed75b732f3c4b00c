"""Properties of each word of a dialog, without a network: in brackets or not, how far into its turn, and so on.

A rule gets the turns of a dialog, each the list of its words (punctuation marks are words), and gives a list of values
for each turn: the first belongs to the turn's beginning, before any of its words, the others to its words in order. A
value describes what was read up to and including its word, as the state of a network does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from seqchat.errors import SeqchatError

Turns = Sequence[Sequence[str]]
Values = list[list[float]]
Rule = Callable[[Turns], Values]

# The marks that close each opening mark; in chat, half-width and full-width marks close each other.
_BRACKETS = {
    "(": ")）",
    "（": ")）",
    "[": "]］",
    "［": "]］",
    "{": "}｝",
    "｛": "}｝",
    "【": "】",
    "〔": "〕",
    "〖": "〗",
}
_TITLES = {"《": "》", "〈": "〉"}
_QUOTES = {"“": "”", "‘": "’", "「": "」", "『": "』", "﹁": "﹂", '"': '"', "＂": "＂"}

_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_ASKS = re.compile(r"[?？][^\w?？]*$")
_LATIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ɏ]")
_NUMBER = re.compile(r"\d")


@dataclass(frozen=True)
class Property:
    """Something that a neuron may track.

    about: one line for a person; trend: whether the values only grow in every dialog, so that shifting them along the
    dialog would not make them independent of it.
    """

    name: str
    about: str
    values: Rule
    trend: bool = False


def inside(pairs: Mapping[str, str]) -> Rule:
    """Make the rule that is 1 from an opening mark up to the word before the closing one, and 0 elsewhere.

    pairs: the marks that close each opening mark. A mark that is never closed counts up to the end of its turn; a
    closing mark without an opening one does not count.
    """

    def of_turn(turn: Sequence[str]) -> list[float]:
        open_marks: list[str] = []
        values = [0.0]
        for word in turn:
            for character in _APOSTROPHE.sub("", word):
                closed = [i for i, closing in enumerate(open_marks) if character in closing]
                if closed:
                    del open_marks[closed[-1] :]
                elif character in pairs:
                    open_marks.append(pairs[character])
            values.append(float(bool(open_marks)))
        return values

    return lambda turns: [of_turn(turn) for turn in turns]


def _of_word(matches: re.Pattern[str]) -> Rule:
    return lambda turns: [[0.0, *(float(matches.match(word) is not None) for word in turn)] for turn in turns]


def _position(turns: Turns) -> Values:
    return [[float(i) for i in range(len(turn) + 1)] for turn in turns]


def _remaining(turns: Turns) -> Values:
    return [[float(i) for i in range(len(turn), -1, -1)] for turn in turns]


def _elapsed(turns: Turns) -> Values:
    positions = count()
    return [[float(next(positions)) for _ in range(len(turn) + 1)] for turn in turns]


def _answer(turns: Turns) -> Values:
    asked = [False, *(_ASKS.search("".join(turn)) is not None for turn in turns[:-1])]
    return [[float(was_asked)] * (len(turn) + 1) for turn, was_asked in zip(turns, asked, strict=False)]


def _speaker(turns: Turns) -> Values:
    return [[float(i % 2)] * (len(turn) + 1) for i, turn in enumerate(turns)]


PROPERTIES: dict[str, Property] = {
    p.name: p
    for p in (
        Property("brackets", "inside ( ), [ ], { }, （ ） or 【 】", inside(_BRACKETS)),
        Property("title", "inside the marks of a title, 《 》", inside(_TITLES)),
        Property("quotation", "inside “ ”, ‘ ’, 「 」, 『 』 or straight double quotes", inside(_QUOTES)),
        Property("position", "how many words of the turn were read", _position),
        Property("remaining", "how many words of the turn are still to come", _remaining),
        Property("elapsed", "how many words of the dialog were read", _elapsed, trend=True),
        Property("answer", "the turn before this one ended with a question mark", _answer),
        Property("speaker", "the second of two speakers who take turns", _speaker),
        Property("latin", "the word just read begins with a Latin letter", _of_word(_LATIN)),
        Property("number", "the word just read begins with a digit", _of_word(_NUMBER)),
    )
}


def find_properties(names: Sequence[str]) -> list[Property]:
    """Look properties up by their names; without names, return all.

    Raises:
        SeqchatError: there is no such property.
    """
    for name in names:
        if name not in PROPERTIES:
            raise SeqchatError(f"There is no property {name!r}; there are {', '.join(PROPERTIES)}.")
    return [PROPERTIES[name] for name in dict.fromkeys(names or PROPERTIES)]
