"""Blocks of words → an .npz file, in memory that does not grow with the text.

The file holds ``words``, an array of strings, and for each layer and gate an array ``layer1/forget`` of float32
[words, neurons], in the order of the text; of a model that reads windows, [words, window, neurons], each word of the
window that ends with a word, ``∅`` before the start of the text included. `numpy.load` reads it without pickle.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from seqchat.errors import SeqchatError
from seqchat.insight.recording import Block
from seqchat.insight.view import View

_COPIED_BYTES = 1 << 20
_WORDS_AT_ONCE = 10_000


def write_npz(path: Path, view: View, blocks: Iterable[Block]) -> int:
    """Write what was recorded; return the number of words.

    Until it is complete, the file is a hidden folder next to `path`, which needs additional space for the largest
    array.

    Raises:
        SeqchatError: the file cannot be written.
    """
    with _new_file(path) as (partial, parts):
        longest, words, window = _spool(parts, view, blocks)
        with zipfile.ZipFile(partial, "w") as archive:
            with _member(archive, "words", f"<U{longest}", (words,)) as member, _words_file(parts).open("rb") as lines:
                for some in _some_lines(lines):
                    member.write(np.array(some, dtype=f"<U{longest}").tobytes())
            for number, (layer, gate) in enumerate(_arrays(view)):
                shape = (words, *window, len(view.neurons))
                source = _values_file(parts, number)
                with _member(archive, f"layer{layer}/{gate}", "<f4", shape) as member, source.open("rb") as values:
                    shutil.copyfileobj(values, member, _COPIED_BYTES)
                source.unlink()
    return words


def _spool(parts: Path, view: View, blocks: Iterable[Block]) -> tuple[int, int, tuple[int, ...]]:
    """Write each array into a file of its own; return the length of the longest word, and how many words there are.

    Of a model that reads windows, the size of a window is the last one returned.
    """
    longest, words = 1, 0
    window: tuple[int, ...] = ()
    with ExitStack() as stack:
        lines = stack.enter_context(_words_file(parts).open("wb"))
        files = [stack.enter_context(_values_file(parts, k).open("wb")) for k in range(len(_arrays(view)))]
        for block in blocks:
            longest = max(longest, *map(len, block.words))
            words += len(block.words)
            window = block.windows.shape[1:] if block.windows is not None else ()
            lines.write("".join(f"{word}\n" for word in block.words).encode())
            values = (layer[gate.name] for layer in block.layers for gate in view.gates)
            for file, array in zip(files, values, strict=True):
                file.write(array.astype("<f4", copy=False).tobytes())
    return longest, words, window


def _arrays(view: View) -> list[tuple[str, str]]:
    return [(layer, gate.name) for layer in view.layers for gate in view.gates]


def _words_file(parts: Path) -> Path:
    return parts / "words"


def _values_file(parts: Path, number: int) -> Path:
    return parts / str(number)


def _some_lines(lines: IO[bytes]) -> Iterator[list[str]]:
    some: list[str] = []
    for line in lines:
        some.append(line[:-1].decode())
        if len(some) == _WORDS_AT_ONCE:
            yield some
            some = []
    if some:
        yield some


@contextmanager
def _member(archive: zipfile.ZipFile, name: str, kind: str, shape: tuple[int, ...]) -> Iterator[IO[bytes]]:
    """Start an array of an .npz file; its values are written after its header."""
    # The current date would make two files of the same text differ.
    with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
        header: dict[str, Any] = {"descr": kind, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_2_0(member, header)
        yield member


@contextmanager
def _new_file(path: Path) -> Iterator[tuple[Path, Path]]:
    """Yield a hidden folder next to `path`, and a file in it that is renamed to `path` when the block succeeds."""
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            partial = Path(folder) / "complete"
            yield partial, Path(folder)
            partial.replace(path)
    except OSError as error:
        raise SeqchatError(f"{path} cannot be written ({error.strerror or error}).") from error
