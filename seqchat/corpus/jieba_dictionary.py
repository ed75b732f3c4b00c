"""jieba's dictionary as a mapped file: the words that begin with a character are read once a text has it.

Read as a whole, it takes half a second and 60 MB; a conversation has some hundred characters.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.apart import run_apart
from seqchat.corpus.mapped import map_arrays, write_arrays
from seqchat.errors import SeqchatError
from seqchat.files import private_folder, write_file
from seqchat.locations import cache

_FORMAT = "1"
# The words of so many characters take 10 MB; those of all characters take 50.
_MANY = 400


class JiebaDictionary:
    """How often words occur in jieba's corpus, 0 for what is only the beginning of words.

    frequencies: of all words that begin with a character that is known. total: of all words.
    """

    def __init__(self, path: Path) -> None:
        """Map a file.

        Raises:
            SeqchatError: it is missing, damaged, or of another version.
        """
        arrays, notes = map_arrays(path)
        try:
            characters, ends, self._text = arrays["characters"].tolist(), arrays["ends"].tolist(), arrays["text"]
            self.total = int(notes["total"])
            if notes["format"] != _FORMAT or len(ends) != len(characters) or (ends and ends[-1] != len(self._text)):
                raise ValueError
        except (KeyError, ValueError):
            raise SeqchatError("The dictionary in the cache is damaged.") from None
        self._ranges = dict(zip(map(chr, characters), zip([0, *ends], ends, strict=False), strict=True))
        self.frequencies: dict[str, int] = {}
        self._known: set[str] = set()

    def know(self, text: str) -> None:
        """Read the words that begin with any character of a text."""
        for character in set(text) - self._known:
            first, end = self._ranges.get(character, (0, 0))
            self.frequencies |= _entries(self._text[first:end].tobytes())
            self._known.add(character)

    def forget(self) -> None:
        """Once the words of many characters were read, drop them all; they are read again where a text has them."""
        if len(self._known) > _MANY:
            self.frequencies.clear()
            self._known.clear()

    def whole(self) -> dict[str, int]:
        """Return all words, apart from `frequencies`."""
        return _entries(self._text.tobytes())


def _entries(text: bytes) -> dict[str, int]:
    fields = text.decode("utf-8").split()
    return dict(zip(fields[::2], map(int, fields[1::2]), strict=True))


def write_dictionary(frequencies: Mapping[str, int], total: int, path: Path) -> None:
    """Write the file that a `JiebaDictionary` maps."""
    parts, characters = [], []
    for character, words in groupby(sorted(word for word in frequencies if word), key=lambda word: word[0]):
        parts.append("".join(f"{word} {frequencies[word]}\n" for word in words).encode("utf-8"))
        characters.append(ord(character))
    arrays: dict[str, NDArray[Any]] = {
        "characters": np.array(characters, dtype=np.uint32),
        "ends": np.cumsum([len(part) for part in parts]).astype(np.uint32),
        "text": np.frombuffer(b"".join(parts), dtype=np.uint8),
    }
    write_file(path, write_arrays(arrays, {"format": _FORMAT, "total": str(total)}))


def dictionary() -> JiebaDictionary:
    """Return the dictionary from the user's cache, where it is written at the first use.

    Raises:
        SeqchatError, OSError: the cache cannot be written.
    """
    import jieba

    path = cache() / "jieba" / f"{_key(Path(jieba.__file__).with_name('dict.txt'))}.safetensors"
    with suppress(SeqchatError):
        return JiebaDictionary(path)
    private_folder(path.parent)
    # As a whole, the dictionary would stay in the memory of this process.
    if not run_apart("seqchat.corpus.jieba_dictionary", str(path)):
        _write_whole(path)
    return JiebaDictionary(path)


def _write_whole(path: Path) -> None:
    import jieba

    frequencies, total = jieba.Tokenizer.gen_pfdict(jieba.Tokenizer().get_dict_file())
    write_dictionary(frequencies, total, path)


def _key(source: Path) -> str:
    status = source.stat()
    described = f"{version('jieba')} {status.st_size} {status.st_mtime_ns}"
    return hashlib.blake2b(described.encode(), digest_size=8).hexdigest()


if __name__ == "__main__":
    _write_whole(Path(sys.argv[1]))
