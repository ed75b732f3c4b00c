"""The trie of a vocabulary's readings, built once and kept on disk for the next start."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from seqchat.corpus.apart import run_apart
from seqchat.corpus.readings import readings
from seqchat.corpus.scripts import HAN
from seqchat.corpus.syllable_trie import SyllableTrie
from seqchat.errors import SeqchatError
from seqchat.files import new_folder, private_folder
from seqchat.locations import cache

_HAN_WORD = re.compile(f"[{HAN}]+")
# Fewer are built in no time.
_MIN_WORDS = 2_000
_MAX_KEPT = 8
# From so many on, another process builds: the dictionaries of readings would stay in this one, 100 MB.
_APART_FROM = 20_000
# A trie is built again when one of the modules or packages changes that decide what is in it.
_DECIDING = (
    "jieba_dictionary.py",
    "jieba_words.py",
    "pinyin_cache.py",
    "reading_tables.py",
    "readings.py",
    "scripts.py",
    "syllable_trie.py",
    "words.py",
)
_PACKAGES = ("jieba", "pypinyin")


def trie_of(words: Sequence[str]) -> SyllableTrie:
    """Return the trie of the Chinese words among those of a vocabulary, from the cache if it is there."""
    if len(words) < _MIN_WORDS:
        return _built(_chinese(words))
    try:
        return _cached(words)
    except (OSError, SeqchatError):
        # The user's cache folder cannot be written.
        return _built(_chinese(words))


def _chinese(words: Sequence[str]) -> dict[int, str]:
    return {number: word for number, word in enumerate(words) if _HAN_WORD.fullmatch(word)}


def _cached(words: Sequence[str]) -> SyllableTrie:
    path = cache() / "pinyin" / _key(words)
    if (kept := _opened(path, len(words))) is not None:
        return kept
    chinese = _chinese(words)
    if len(chinese) < _MIN_WORDS:
        return _built(chinese)
    from filelock import FileLock

    private_folder(path.parent)
    # A second program that needs the same trie waits for the first to build it.
    with FileLock(path.with_suffix(".lock")):
        if (kept := _opened(path, len(words))) is not None:
            return kept
        with new_folder(path) as partial:
            if len(chinese) < _APART_FROM or not _build_apart(chinese, partial):
                _built(chinese).save(partial)
        _forget_oldest(path.parent)
    return _opened(path, len(words)) or _built(chinese)


def _opened(path: Path, words: int) -> SyllableTrie | None:
    """Return what is in the cache; None if it is not there, or damaged."""
    try:
        trie = SyllableTrie.open(path)
        os.utime(path)
    except (OSError, ValueError, EOFError):
        return None
    return trie if int(trie.words.max(initial=0)) < words else None


def _build_apart(chinese: Mapping[int, str], folder: Path) -> bool:
    """Let another process write the trie into a folder; return whether it could."""
    lines = "".join(f"{number} {word}\n" for number, word in chinese.items())
    return run_apart("seqchat.corpus.pinyin_cache", str(folder), text=lines)


def _built(chinese: Mapping[int, str]) -> SyllableTrie:
    found = zip(chinese, readings([*chinese.values()]), strict=True)
    return SyllableTrie.build((number, way.syllables, way.probability) for number, ways in found for way in ways)


def _key(words: Sequence[str]) -> str:
    """Return a name that changes with the words and with how they are read."""
    key = hashlib.blake2b("\n".join(words).encode("utf-8", "surrogatepass"), digest_size=16)
    for module in _DECIDING:
        key.update(Path(__file__).with_name(module).read_bytes())
    key.update(repr([version(package) for package in _PACKAGES]).encode())
    return key.hexdigest()


def _forget_oldest(folder: Path) -> None:
    tries = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for path in tries[:-_MAX_KEPT]:
        shutil.rmtree(path, ignore_errors=True)
        path.with_suffix(".lock").unlink(missing_ok=True)


if __name__ == "__main__":
    _numbered = (line.split() for line in sys.stdin.buffer.read().decode("utf-8").splitlines())
    _built({int(number): word for number, word in _numbered}).save(Path(sys.argv[1]))
