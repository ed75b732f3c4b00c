"""Pinyin among other things: behind digits, Latin words and marks, with English words between, and letters that stay.

    python tests/benchmarks/mixed.py ../shared/data/written/zh-*.jsonl

Phrases of Chinese characters, typed in full after what stands before them in dialogs that the model did not learn from,
are counted where they are the first candidate, or among the first five. Chinese typed at once with the English words
around it is counted likewise. Latin words, and phrases typed by their first letters, are counted where they are taken
for what they are. --half measures one half of the cases: choose prices by one, and report the other.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click
from held_out import held_out_dialogs

from seqchat.completion.composing.meaning import meaning_of
from seqchat.completion.engine import Engine
from seqchat.corpus.readings import readings
from seqchat.corpus.scripts import HAN
from seqchat.model.threads import one_thread

_HAN = re.compile(f"[{HAN}]+")
_LATIN = re.compile(r"[A-Za-z]{2,12}")
# What may stand directly before Chinese letters, by its kind
_BEFORE = {"behind a digit": re.compile(r"\d\Z"), "behind Latin": re.compile(r"[A-Za-z]\Z")}
_BEFORE["behind a mark"] = re.compile(r"[^\w\s]\Z")
_LONGEST = 6
_CANDIDATES = 18


class Case(NamedTuple):
    """Letters typed after a text, and what they are meant for; `meant` is what they are where they stay."""

    kind: str
    before: str
    letters: str
    meant: str


def cases(engine: Engine, turns: Sequence[tuple[str, str]], count: int) -> list[Case]:
    """Return up to `count` cases of each kind; turns: with the text before each."""
    found: dict[str, list[Case]] = {}
    for before, turn in random.Random(1).sample(list(turns), len(turns)):
        words = engine.vocabulary.segmenter.split(turn)
        for case in (*_behind(before, words), *_together(before, words), *_alone(before, words)):
            found.setdefault(case.kind, []).append(case)
    return [case for each in found.values() for case in each[:count]]


def _behind(before: str, words: Sequence[str]) -> Iterator[Case]:
    for start, phrase in _phrases(words):
        text = before + _text(words[:start])
        kind = next((kind for kind, pattern in _BEFORE.items() if pattern.search(text)), "")
        if kind and (letters := _spelled(phrase)):
            yield Case(kind, text, letters, phrase)
        if not kind and start % 5 == 0 and len(phrase) in (2, 3, 4) and (letters := _spelled(phrase, initials=True)):
            yield Case("first letters", text, letters, phrase)


def _together(before: str, words: Sequence[str]) -> Iterator[Case]:
    """Yield a Latin word with the Chinese on one side of it, or on both, typed without a space."""
    for index, word in enumerate(words):
        if _LATIN.fullmatch(word):
            start, end = _extent(words, index)
            left, right = _text(words[start:index]), _text(words[index + 1 : end])
            spelled = [_spelled(left) if left else "", _spelled(right) if right else ""]
            if (left or right) and None not in spelled:
                letters = f"{spelled[0]}{word.lower()}{spelled[1]}"
                yield Case("with English", before + _text(words[:start]), letters, f"{left}{word}{right}")


def _alone(before: str, words: Sequence[str]) -> Iterator[Case]:
    for index, word in enumerate(words):
        if _LATIN.fullmatch(word):
            yield Case("Latin alone", before + _text(words[:index]), word.lower(), word.lower())


def _phrases(words: Sequence[str]) -> Iterator[tuple[int, str]]:
    for start in range(len(words)):
        for length in (3, 2, 1):
            phrase = words[start : start + length]
            if len(phrase) == length and all(map(_HAN.fullmatch, phrase)) and 1 < len("".join(phrase)) <= _LONGEST:
                yield start, "".join(phrase)
                break


def _extent(words: Sequence[str], index: int) -> tuple[int, int]:
    """Return where the Chinese words around a word begin and end, two on each side at most."""
    start, end = index, index + 1
    while index - start < 2 and start and _HAN.fullmatch(words[start - 1]):
        start -= 1
    while end - index < 3 and end < len(words) and _HAN.fullmatch(words[end]):
        end += 1
    return start, end


def _text(words: Sequence[str]) -> str:
    return "".join(words)


def _spelled(phrase: str, *, initials: bool = False) -> str | None:
    ways = readings([phrase])[0]
    return "".join(s[0] if initials else s for s in ways[0].syllables) if ways else None


def rank(engine: Engine, case: Case) -> int:
    """Return the rank of what was meant, 0 where it is not among five; letters that stay are first or not."""
    meaning = meaning_of(engine, case.before + case.letters, len(case.letters), _CANDIDATES)
    if case.kind in ("Latin alone", "first letters"):
        return int(meaning.literal == (case.kind == "Latin alone"))
    found = [] if meaning.literal else [s.insert.lower().replace(" ", "") for s in meaning.candidates[:5]]
    meant = case.meant.lower()
    return found.index(meant) + 1 if meant in found else 0


@click.command()
@click.argument("sources", nargs=-1, required=True)
@click.option("--model", default="lstm-chat", show_default=True)
@click.option("--count", default=100, show_default=True, help="How many of each kind, at most.")
@click.option("--half", type=click.Choice(["0", "1"]), help="Measure one half of the cases alone.")
@click.option("--misses", is_flag=True, help="Print what is not first.")
@one_thread()
def main(sources: tuple[str, ...], model: str, count: int, half: str | None, misses: bool) -> None:
    """Print how often what was meant is first, and among five."""
    engine = Engine.load(model)
    turns = [
        ("".join(f"{t}\n" for t in dialog.turns[max(0, i - 3) : i]), turn)
        for dialog in held_out_dialogs(model, sources)
        for i, turn in enumerate(dialog.turns)
    ]
    ranks: dict[str, list[int]] = {}
    for number, case in enumerate(cases(engine, turns, count)):
        if half is None or number % 2 == int(half):
            found = rank(engine, case)
            ranks.setdefault(case.kind, []).append(found)
            if misses and found != 1:
                click.echo(f"{case.kind}: {case.before[-12:]!r} {case.letters} {case.meant} {found}")
    for kind, found in ranks.items():
        first, five = sum(r == 1 for r in found), sum(r > 0 for r in found)
        click.echo(f"{kind}: {first / len(found):.1%} {five / len(found):.1%} of {len(found)}")


if __name__ == "__main__":
    main()
