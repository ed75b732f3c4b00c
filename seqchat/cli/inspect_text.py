"""The text that `seqchat inspect` reads: given on the command line, in a file, or in dialogs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from seqchat.errors import SeqchatError

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine

_STDIN = "-"
# A line is read as a whole; a longer one is no text.
_MAX_LINE_LENGTH = 1 << 24


def word_ids(engine: Engine, text: str | None, file: str | None, data: str | None) -> Iterator[int]:
    """Return the word ids of the given text, or of the built-in sample if there is none."""
    from seqchat.insight.word_ids import dialog_ids, text_ids

    if file is not None or text == _STDIN:
        return text_ids(engine.vocabulary, _lines(file or _STDIN))
    if text is not None:
        return text_ids(engine.vocabulary, [text])

    from seqchat.corpus.source_names import SAMPLE
    from seqchat.corpus.sources import read_dialogs

    return dialog_ids(engine.vocabulary, read_dialogs([data or SAMPLE]))


def _lines(file: str) -> Iterator[str]:
    """Yield the lines of a file with their line breaks, holding one at a time."""

    try:
        with _opened(file) as source:
            for number, line in enumerate(iter(lambda: source.readline(_MAX_LINE_LENGTH), b""), 1):
                if len(line) == _MAX_LINE_LENGTH and not line.endswith(b"\n"):
                    limit = f"{_MAX_LINE_LENGTH >> 20} MB"
                    raise SeqchatError(f"Line {number:,} of the text is longer than {limit}; break it into lines.")
                yield line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SeqchatError(
            f"Line {number:,} of the text is not in UTF-8; convert it, an older Chinese file with "
            "'iconv -f GB18030 -t UTF-8'."
        ) from error
    except OSError as error:
        raise SeqchatError(f"{file} cannot be read ({error.strerror or error}).") from error


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if file == _STDIN else Path(file).open("rb")
