"""What the writer wrote in earlier sessions, if they asked to keep it: a file that only they can read."""

from __future__ import annotations

from collections.abc import Iterable

from seqchat import locations
from seqchat.corpus.cleaning import clean
from seqchat.errors import SeqchatError
from seqchat.files import write_private

# Older texts are dropped.
MAX_TEXTS = 1_000


def load() -> list[str]:
    """Return the remembered texts, the oldest first."""
    try:
        lines = locations.remembered().read_bytes().decode("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unusable(error) from error
    return [clean(line) for line in lines]


def add(texts: Iterable[str]) -> None:
    """Remember more texts; a line is a text."""
    lines = [line for text in texts for line in map(str.strip, clean(text).split("\n")) if line]
    if not lines:
        return
    write_private(locations.remembered(), "".join(f"{line}\n" for line in [*load(), *lines][-MAX_TEXTS:]))


def forget() -> int:
    """Remove the file; return how many texts were remembered."""
    texts = len(load())
    try:
        locations.remembered().unlink(missing_ok=True)
    except OSError as error:
        raise _unusable(error) from error
    return texts


def _unusable(error: OSError) -> SeqchatError:
    return SeqchatError(f"{locations.remembered()} cannot be used ({error.strerror or error}).")
