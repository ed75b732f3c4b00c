"""Subtitles, SubRip and WebVTT: a cue is a turn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from itertools import pairwise

from seqchat.corpus.formats.base import HEADING, MEDIA, TIMING, Item, LeftOut, Message

NAME = "subtitles"
_TIMES = re.compile(r"(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}.*")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|\{\\[^{}]*\}|<\d[\d:.]*>")
_VOICE = re.compile(r"<v(?:\.[\w.]+)?\s+([^<>]+)>")
_SOUND = re.compile(r"[\[(（【♪♫][^\[\]]*[\])）】♪♫]|[♪♫].*")
_HEADER = re.compile(r"\ufeff?WEBVTT.*")
_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s.*)?")
_DASH = re.compile(r"[-–—]\s?(?=\S)")

# Meetings that are written down: Alice Smith: hello
_NAMED = re.compile(r"([^\W\d_][^:<>]{0,59}?):\s+(?=\S)")
_MOST, _OFTEN = 0.6, 0.6


def fits(lines: Sequence[str]) -> float:
    """Return which share of a text is subtitles, 0 if it is none."""
    said = [line.strip() for line in lines if line.strip()]
    timed = sum(_TIMES.fullmatch(line) is not None for line in said)
    return min(1.0, 3 * timed / len(said)) if timed and 5 * timed >= len(said) else 0.0


def read(beginning: Sequence[str], lines: Iterable[str], keep_notes: bool) -> Iterator[list[Item]]:
    """Yield what each line adds: for a blank one, the cue that it ends."""
    cue: list[str] = []
    named = _with_names(beginning)
    number, timed, passed = "", False, False
    for raw in lines:
        line = raw.strip()
        if not line:
            yield [*cue_items(cue, keep_notes, named), *([LeftOut(TIMING)] if number else [])]
            cue, number, timed, passed = [], "", False, False
        elif _TIMES.fullmatch(line):
            yield [*cue_items(cue, keep_notes, named), LeftOut(TIMING, 1 + bool(number))]
            cue, number, timed = [], "", True
        elif timed:
            cue.append(line)
            yield []
        elif passed or _HEADER.fullmatch(line) or _BLOCK.fullmatch(line):
            passed = True
            yield [LeftOut(HEADING)]
        else:
            # The number or the name of the cue
            yield [LeftOut(TIMING)] if number else []
            number = line
    yield [*cue_items(cue, keep_notes, named), *([LeftOut(TIMING)] if number else [])]


def _with_names(lines: Sequence[str]) -> bool:
    """Whether most cues begin with a name that occurs again."""
    first = [below.strip() for line, below in pairwise(lines) if _TIMES.fullmatch(line.strip())]
    names = [match[1] for line in first if (match := _NAMED.match(line))]
    return len(names) > 2 and len(names) >= _MOST * len(first) and len(set(names)) <= max(2, _OFTEN * len(names))


def cue_items(lines: Sequence[str], keep_notes: bool, named: bool) -> Iterator[Item]:
    """Yield the turns of a cue; named: whether its lines begin with names."""
    turns: list[tuple[str, list[str]]] = []
    several = sum(_DASH.match(_TAG.sub("", line)) is not None for line in lines) > 1
    for line in lines:
        voice = _VOICE.match(line) or (_NAMED.match(line) if named else None)
        text = unescape(_TAG.sub("", line[voice.end() :] if voice and named else line)).strip()
        if not text or (not keep_notes and _SOUND.fullmatch(text)):
            yield LeftOut(MEDIA)
            continue
        if several or voice or not turns:
            turns.append((voice[1].strip() if voice else "", []))
        turns[-1][1].append(_DASH.sub("", text, count=1) if several else text)
    yield from (Message("\n".join(said), name) for name, said in turns)
