"""Lists of words → the file of a lexicon."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.cleaning import GLUE, is_safe
from seqchat.corpus.lexicon import FORMAT, MAX_HAN, MAX_LENGTH, Lexicon, bytes_of, coded_frequencies, is_han_word
from seqchat.corpus.mapped import write_arrays
from seqchat.corpus.readings import readings
from seqchat.errors import SeqchatError, one_line, quoted
from seqchat.files import expanded, read_bytes
from seqchat.progress import SILENT, Progress
from seqchat.wording import counted

MAX_WORDS = 1_000_000
_MAX_BYTES = 200_000_000
# A letter of Latin script, and those within a word after an apostrophe: don't, o'clock
_LATIN_WORD = re.compile(r"[a-zà-öø-ÿœ]{2,}(?:['’][a-zà-öø-ÿœ]+)*|[a-z](?:['’][a-z]+)+", re.IGNORECASE)
_WEIGHT_STEPS = 255
# Words whose readings are found between two reports of progress
_BLOCK = 1_000
# A word that is so much more often a half of another one is no word of its own.
_MOSTLY = 3
# A list with more wrong lines than this share is something else.
_MOST_WRONG = 0.1


@dataclass(frozen=True)
class WordList:
    """The words of a list with how often each occurs, in any unit: those in Chinese characters, and all others."""

    han: Mapping[str, float]
    others: Mapping[str, float]

    @property
    def is_chinese(self) -> bool:
        """Whether most of the list is Chinese."""
        return sum(self.han.values()) >= sum(self.others.values())


# The name of the dictionary that is installed with jieba
JIEBA = "jieba"


def read_list(name: str, progress: Progress = SILENT) -> WordList:
    """Read a list: a word a line, with a number after white space if there is one; what follows is ignored.

    Words that could not be shown, such as those with control characters, are left out; so are a few wrong lines, of
    which `progress` says the first.

    name: of a file, or `JIEBA`.

    Raises:
        SeqchatError: the file is missing or is not in UTF-8, or is no list.
    """
    path = _jieba_dictionary() if name == JIEBA else expanded(name)
    words: tuple[Counter[str], Counter[str]] = Counter(), Counter()
    lines, wrong = 0, 0
    first = ""
    for number, line in enumerate(_text(path).splitlines(), 1):
        fields = line.split()
        lines += bool(fields)
        if problem := _problem(fields):
            first = first or f"{one_line(path, 300)}, line {number}: {problem}"
            wrong += 1
        elif fields and _can_be_shown(fields[0]):
            count = float(fields[1]) if len(fields) > 1 else 1.0
            words[0 if is_han_word(fields[0]) else 1][fields[0]] += count  # type: ignore[assignment]
    if wrong > lines * _MOST_WRONG:
        raise SeqchatError(f"{first}.")
    if not any(words):
        raise SeqchatError(f"{one_line(path, 300)} has no words.")
    if wrong:
        progress.message(f"{first}; {counted(wrong, 'such line')} left out")
    return WordList(*words)


def _can_be_shown(word: str) -> bool:
    return (word.isprintable() or all(map(is_safe, word))) and GLUE not in word


def _jieba_dictionary() -> Path:
    # Found without importing it, which would load the dictionary
    package = find_spec("jieba")
    assert package is not None and package.origin is not None
    return Path(package.origin).with_name("dict.txt")


def _text(path: Path) -> str:
    shown = one_line(path, 300)
    try:
        return read_bytes(path, _MAX_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        raise SeqchatError(f"There is no file {shown}.") from None
    except UnicodeDecodeError as error:
        raise SeqchatError(f"{shown} is not in UTF-8 (byte {error.start + 1}); save it in UTF-8.") from None
    except OSError as error:
        raise SeqchatError(f"{shown} cannot be read ({error.strerror or error}).") from error


def _problem(fields: Sequence[str]) -> str | None:
    """Say what is wrong with a line, if anything."""
    if len(fields) > 1:
        try:
            count = float(fields[1])
        except ValueError:
            return f"a line is a word, or a word and how often it occurs, not {quoted(' '.join(fields))}"
        if not 0 <= count < 1e300:
            return f"{quoted(fields[1])} is not how often a word can occur"
    return None


def merged(lists: Sequence[WordList], *, han: int, others: int) -> WordList:
    """Merge lists to the most frequent words: Chinese ones and words in Latin letters, as many as asked for.

    Each list counts for the language that most of it is in. A word's frequency is the mean of its relative frequencies
    in the lists. A list of few words, such as one of a trade, is scaled so that the words it shares with the first list
    are as frequent there as here. The first list also decides which Chinese characters there are, so that traditional
    ones in later lists are left out.
    """
    chinese = [each.han for each in lists if each.is_chinese]
    latin = [_latin(each.others) for each in lists if not each.is_chinese]
    characters = {c for word in chinese[0] for c in word} if chinese else set()
    chinese = [{w: n for w, n in words.items() if characters.issuperset(w)} for words in chinese]
    halves = _halves(latin)
    latin = [{w: n for w, n in words.items() if w.lower() not in halves} for words in latin]
    return WordList(_mean(chinese, han), _mean(latin, others))


def _halves(lists: Sequence[Mapping[str, float]]) -> set[str]:
    """Return words that are mostly the halves of others, such as *shouldn* and *ll*, which some lists cut apart.

    Lists that know words with an apostrophe say how often a word is alone and how often it is a half.
    """
    alone: Counter[str] = Counter()
    half: Counter[str] = Counter()
    for words in lists:
        if not any("'" in word for word in words):
            continue
        for word, n in words.items():
            parts = word.lower().split("'")
            for part in parts:
                (half if len(parts) > 1 else alone)[part] += n  # type: ignore[assignment]
    return {word for word, n in half.items() if n > _MOSTLY * alone[word]}


def _latin(words: Mapping[str, float]) -> dict[str, float]:
    found: Counter[str] = Counter()
    for word, count in words.items():
        if _LATIN_WORD.fullmatch(word) and len(word) <= MAX_LENGTH:
            found[word.replace("’", "'")] += count  # type: ignore[assignment]
    return dict(found)


def _mean(lists: Sequence[Mapping[str, float]], count: int) -> dict[str, float]:
    lists = [words for words in lists if sum(words.values())]
    means: Counter[str] = Counter()
    for words in lists:
        scale = _scale(words, lists[0]) / len(lists)
        for word, n in words.items():
            means[word] += n * scale  # type: ignore[assignment]
    chosen = sorted(means.items(), key=lambda item: (-item[1], item[0]))[:count]
    return {word: n for word, n in chosen if n > 0}


def _scale(words: Mapping[str, float], first: Mapping[str, float]) -> float:
    """Return what makes a list's counts relative frequencies."""
    shared = sum(n for word, n in words.items() if word in first)
    if not shared:
        return 1 / sum(words.values())
    return sum(n for word, n in first.items() if word in words) / sum(first.values()) / shared


def build(words: WordList, progress: Progress = SILENT) -> bytes:
    """Return the content of a lexicon's file.

    Raises:
        SeqchatError: there are too many words, or none.
    """
    count = len(words.han) + len(words.others)
    if not count:
        raise SeqchatError("There are no words to make a lexicon of.")
    if count > MAX_WORDS:
        raise SeqchatError(f"A lexicon has at most {MAX_WORDS:,} words, not {count:,}.")
    return write_arrays(arrays_of(words, progress), {"seqchat-lexicon": str(FORMAT)})


def read_own(name: str, progress: Progress = SILENT) -> WordList:
    """Read a person's own list of words.

    Raises:
        SeqchatError: as `read_list`, or a word is too long.
    """
    words = read_list(name, progress)
    if too_long := [word for word in words.others if len(word) > MAX_LENGTH]:
        raise SeqchatError(f"A word has at most {MAX_LENGTH} characters, not {quoted(too_long[0])}.")
    return words


def in_memory(words: WordList) -> Lexicon:
    """Return a lexicon that has no file."""
    return Lexicon(arrays_of(words))


def arrays_of(words: WordList, progress: Progress = SILENT) -> dict[str, NDArray[Any]]:
    """Return what `Lexicon` is made of."""
    by_length = [sorted(w for w in words.han if len(w) == n) for n in range(1, MAX_HAN + 1)]
    pronounced = [_readings(group, progress) for group in by_length]
    # Codes are in the order of the alphabet, so that the syllables that begin alike are next to each other.
    syllables = sorted({s for ways in pronounced for _, reading, _ in ways for s in reading})
    code = {syllable: i for i, syllable in enumerate(syllables)}
    arrays: dict[str, NDArray[Any]] = {"syllables": np.frombuffer(" ".join(syllables).encode(), dtype=np.uint8)}
    for length, (group, ways) in enumerate(zip(by_length, pronounced, strict=True), 1):
        rows = sorted(([code[s] for s in reading], reader, weight) for reader, reading, weight in ways)
        codes = np.array([codes for codes, _, _ in rows], dtype=">u2").reshape(len(rows), length)
        arrays[f"han.{length}.characters"] = bytes_of(group, length)
        arrays[f"han.{length}.syllables"] = codes.view(np.uint8).reshape(len(rows), 2 * length)
        arrays[f"han.{length}.readers"] = np.array([reader for _, reader, _ in rows], dtype=np.uint32)
        weights = np.array([weight for _, _, weight in rows]) * _WEIGHT_STEPS
        arrays[f"han.{length}.weights"] = weights.round().clip(1, _WEIGHT_STEPS).astype(np.uint8)
    others = sorted(words.others)
    encoded = [word.encode() for word in others]
    arrays["other.text"] = np.frombuffer(b"".join(encoded), dtype=np.uint8)
    arrays["other.lengths"] = np.array([len(word) for word in encoded], dtype=np.uint8)
    frequencies = [*_relative(words.han, [w for group in by_length for w in group]), *_relative(words.others, others)]
    arrays["frequencies"] = coded_frequencies(np.array(frequencies, dtype=np.float64))
    return arrays


def _relative(counts: Mapping[str, float], words: Iterable[str]) -> list[float]:
    total = sum(counts.values()) or 1.0
    return [counts[word] / total for word in words]


def _readings(words: Sequence[str], progress: Progress) -> list[tuple[int, tuple[str, ...], float]]:
    """Return the readings of words: the index of the word, the syllables, and the share of this reading."""
    found = []
    for first in range(0, len(words), _BLOCK):
        block = words[first : first + _BLOCK]
        progress.progress(f"Readings of words of {len(block[0])} characters", first / len(words))
        for index, ways in enumerate(readings(block), first):
            found += [(index, way.syllables, way.probability) for way in ways]
    return found
