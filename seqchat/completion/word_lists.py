"""Lists of words as other input methods export them: fcitx5 with libime, Rime, and any with the same columns.

A line is a word with its pinyin and how often it was used, in any order, between tabs or spaces:

    你好	ni hao	12                          Rime's export, and seqchat's own
    ni hao 	你好	c=12 d=0.9 t=300            Rime's copy of a user dictionary (*.userdb.txt)
    你好 ni'hao 0.5                             libime_pinyindict -d; the number is a price
    我 想 吃 火锅                               libime_history -d: words in the order in which they were used
"""

from __future__ import annotations

import math
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from seqchat.completion.habits import MAX_COUNT, Habit, Habits, is_learnable
from seqchat.corpus.cleaning import clean
from seqchat.corpus.encodings import encoding_of
from seqchat.corpus.word_pinyin import pinyin_of, spells
from seqchat.corpus.words import has_han, is_han
from seqchat.errors import SeqchatError, one_line
from seqchat.files import read_bytes

_MAX_BYTES = 100_000_000
_SAMPLE_BYTES = 100_000
# A frequency in a language is none of a writer's: more than this counts as much.
_MOST = 1_000.0
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE]-?\d+)?%?")
_CODE = re.compile(r"[a-zü]+[1-5]?(?:[ '][a-zü]+[1-5]?)*")
_USER_FIELDS = re.compile(r"\bc=(-?\d+)")
# Where a Rime dictionary's head ends, and its words begin
_HEAD_END = "..."
_NOT_TEXT = ("libime_pinyindict -d (fcitx5)", "rime_dict_manager -e (Rime)")


def read_list(path: Path, simplified: Callable[[str], str] = str) -> tuple[list[Habit], int]:
    """Return the words of a file, and how many of its lines have none; simplified: what their characters become.

    Raises:
        SeqchatError: it cannot be read, is no text, or has no words.
    """
    try:
        text = _decoded(read_bytes(path, _MAX_BYTES))
    except OSError as error:
        raise SeqchatError(f"{one_line(path)} cannot be read ({one_line(error.strerror or error)}).") from error
    if text is None:
        raise SeqchatError(f"{one_line(path)} is no text; export it as one first, with {' or '.join(_NOT_TEXT)}.")
    lines = _without_head(text.splitlines())
    habits, skipped = Habits(), 0
    # Words of a list come before those that are taken from now on.
    now = time.time()
    for line in lines:
        found = [*_words(line)]
        for written, letters, count in found:
            word = simplified(written)
            habits.add(Habit(word, pinyin_of(word, letters), count, now))
        skipped += not found
    if not len(habits):
        raise SeqchatError(f"{one_line(path)} has no words; a line is a word, its pinyin, and how often it was used.")
    return sorted(habits, key=lambda habit: habit.count), skipped


def _decoded(content: bytes) -> str | None:
    """Return a text in whatever encoding; None for what is none."""
    encoding = encoding_of(content[:_SAMPLE_BYTES])
    if encoding is None or (b"\0" in content and not encoding.name.startswith("utf-16")):
        return None
    return content.decode(encoding.name, errors="replace").removeprefix("\ufeff")


def _without_head(lines: Sequence[str]) -> list[str]:
    """Return the lines that have words: no comments, no blank lines, and not the head of a Rime dictionary."""
    start = 0
    if any(line.strip() == "---" for line in lines[:100]) and _HEAD_END in lines[:1_000]:
        start = lines.index(_HEAD_END) + 1
    return [line for line in lines[start:] if line.strip() and not line.startswith("#")]


def _words(line: str) -> Iterator[tuple[str, str, float]]:
    """Yield the words of a line, each with the letters that it is typed with and its count."""
    fields = [clean(field).strip() for field in line.split("\t")] if "\t" in line else line.split()
    if "\t" not in line and len(fields) > 1 and all(is_han(field[0]) for field in fields):
        for word, times in Counter(filter(is_learnable, fields)).items():
            yield word, "", float(times)
        return
    word = next((f for f in fields if has_han(f)), "") or (fields[0] if "\t" in line else "")
    if not is_learnable(word) or "\ufffd" in word or _NUMBER.fullmatch(word):
        return
    others = list(fields)
    others.remove(word)
    count = _count(others)
    if count > 0:
        codes = (code for code in map(_plain, others) if _CODE.fullmatch(code))
        yield word, next((code for code in codes if spells(word, code)), ""), count


def _plain(field: str) -> str:
    """Return pinyin without marks of tones, in small letters."""
    letters = unicodedata.normalize("NFD", field.strip(" '").lower().replace("u:", "ü")).replace("u\u0308", "v")
    return "".join(c for c in letters if not unicodedata.combining(c))


def _count(fields: Sequence[str]) -> float:
    """Return how often a word was used; what is no count of uses is 1, and 0 is a word that its owner removed."""
    for field in fields:
        if found := _USER_FIELDS.search(field):
            return float(min(max(int(found[1]), 0), MAX_COUNT))
    number = next((field for field in fields if _NUMBER.fullmatch(field)), "1")
    if number.endswith("%") or not math.isfinite(float(number)) or float(number) < 1:
        return 1.0
    return min(float(number), _MOST)
